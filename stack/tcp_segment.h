/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A TCP segment on its way from the fan-out to its endpoint, for the files that decide what becomes
 * of it before lwIP sees it. */
#ifndef LO0SIM_STACK_TCP_SEGMENT_H
#define LO0SIM_STACK_TCP_SEGMENT_H

#include "stack/tcp_endpoint.h"

/* In host order. */
typedef struct tcp_segment {
    const ip_header_t *iph;
    ill_t *ill; /* the owner of its destination */
    ip_endpoint_t local, remote;
    uint32_t seq, ack;
    uint8_t flags;
} tcp_segment_t;

static inline bool is_linux(const ip_stack_t *ips)
{
    return ips->ips_build->ib_linux_sockets;
}

/* => Returns NULL, or why it cannot be delivered. */
const char *tcp_segment_read(ill_t *ill, const ip_header_t *iph, tcp_segment_t *seg);

/* The length of its header, in bytes. */
size_t tcp_segment_header(const tcp_segment_t *seg);

/* What tcp_validate.c wants to know of it. */
tcp_seen_t tcp_segment_seen(const tcp_segment_t *seg);

/* The peer's time stamp (RFC 7323 section 3).
 * => Returns false if the segment has none. */
bool tcp_segment_tsval(const tcp_segment_t *seg, uint32_t *tsval);

/* Whether it begins in the window of an endpoint, or at its end, as a probe of a closed window
 * does. */
bool tcp_segment_in_window(const tcp_segment_t *seg, const struct tcp_pcb *pcb);

/* Whether all of it, data and number, is before the window, or after it. A probe of a closed window
 * is not. */
bool tcp_segment_is_old(const tcp_segment_t *seg, const struct tcp_pcb *pcb);
bool tcp_segment_is_beyond(const tcp_segment_t *seg, const struct tcp_pcb *pcb);

/* Reports the endpoint's state, and in words what becomes of the segment, or NULL. */
void tcp_segment_found(ip_stack_t *ips, const mblk_t *mp, const tcp_segment_t *seg,
                       const char *state, const char *text);

/* Into lwIP, with the interface that owns the destination. `pcb` is NULL for a listener. Takes
 * `mp`. */
void tcp_segment_deliver(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                         struct tcp_pcb *pcb);

/* An endpoint sends an ACK, whatever the segment was. */
void tcp_segment_answer(ip_stack_t *ips, struct tcp_pcb *pcb);

/* ---- tcp_opening.c: each takes `mp` if it deals with the segment ---- */

/* A segment for an endpoint that lwIP has in SYN_SENT. */
void tcp_to_syn_sent(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg, struct tcp_pcb *pcb);

/* SYN_RCVD: an ACK that cannot be the answer to our SYN|ACK.
 * => Returns whether the segment is dealt with. */
bool tcp_reset_in_syn_rcvd(ip_stack_t *ips, mblk_t *mp, const tcp_segment_t *seg,
                           const struct tcp_pcb *pcb);

#endif
