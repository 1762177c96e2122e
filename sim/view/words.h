/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The words for the typed fields of an event that several views use.
 */
#ifndef LO0SIM_SIM_VIEW_WORDS_H
#define LO0SIM_SIM_VIEW_WORDS_H

#include "sim/core/trace.h"
#include "sim/packet/packet.h"

#include <stddef.h>

#define WORDS_MAX 1200 /* room for the text of one event */

/* A call as a script's reader knows it, "connect 127.0.0.1.22", into what[WORDS_MAX], and its
 * result, "ECONNREFUSED", into result[WORDS_MAX], or "" if it is not shown. */
void words_call(const trace_call_t *call, char *what, char *result);

/* Both in one: "connect 127.0.0.1.22: ECONNREFUSED", into text[WORDS_MAX].
 * => Returns text. */
const char *words_call_text(const trace_call_t *call, char *text);

/* A note, into text[WORDS_MAX].
 * => Returns text. */
const char *words_note(const trace_event_t *event, char *text);

/* A packet's short name, "SYN", "RST|ACK", "udp 5 bytes", into name[size]. */
#define WORDS_PACKET_MAX 48
void words_packet(const struct packet *packet, char *name, size_t size);

/* "ADDRESS.PORT", into text[WORDS_ENDPOINT_MAX].
 * => Returns text. */
#define WORDS_ENDPOINT_MAX (IP_ADDRESS_TEXT_MAX + 6)
const char *words_endpoint(const ip_endpoint_t *endpoint, char *text);

/* What happens to the value that a hook returned; NULL: there is nothing to say. */
const char *words_hook_fate(ip_hook_fate_t fate);

/* Why no host receives a packet that is on the wire; NULL: one does. */
const char *words_wire(ip_wire_t fate);

const char *words_route(ip_route_t route);
const char *words_icmp(ip_icmp_t what);

/* What a timer that has run out is for. */
const char *words_timer(const trace_event_t *event);

/* What a fault does to a packet, without the packet: "lost before LOOPBACK_OUT", into
 * text[WORDS_MAX].
 * => Returns text. */
const char *words_fault(const trace_event_t *event, char *text);

/* What happened to a connection that is, or was, fused. */
const char *words_fusion(const trace_event_t *event);

#endif
