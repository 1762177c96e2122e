/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Words for people. They are written here and shown; nothing compares them.
 */
#include "sim/view/words.h"

#include "sim/base/digits.h"
#include "sim/base/errno_name.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_icmp.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *words_endpoint(const ip_endpoint_t *endpoint, char *text)
{
    ip_address_text(&endpoint->ie_addr, text, WORDS_ENDPOINT_MAX);
    char *end = text + strlen(text);
    *end++ = '.';
    end += digits_unsigned(end, endpoint->ie_port);
    *end = '\0';
    return text;
}

/* ---- packets ---- */

static void name_tcp(const struct packet *p, char *name, size_t size)
{
    static const struct {
        uint8_t flag;
        const char *word;
    } words[] = {{PACKET_SYN, "SYN"}, {PACKET_FIN, "FIN"}, {PACKET_RST, "RST"},
                 {PACKET_PSH, "PSH"}, {PACKET_URG, "URG"}, {PACKET_ECE, "ECE"},
                 {PACKET_CWR, "CWR"}, {PACKET_ACK, "ACK"}};
    size_t used = 0;
    name[0] = '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if ((p->flags & words[i].flag) != 0)
            used += (size_t)snprintf(name + used, size - used, "%s%s", used > 0 ? "|" : "",
                                     words[i].word);
    }
    if (used == 0)
        used = (size_t)snprintf(name, size, "no flags");
    /* A rewritten segment keeps its old length; it carries no data. */
    if (p->payload_length > 0 && (p->flags & PACKET_RST) == 0)
        snprintf(name + used, size - used, " %zu bytes", p->payload_length);
}

static void name_icmp(const struct packet *p, char *name, size_t size)
{
    const char *type = packet_icmp_type_name(p->family, p->icmp_type);
    const char *code = packet_icmp_code_name(p->family, p->icmp_type, p->icmp_code);
    if (type == NULL)
        snprintf(name, size, "icmp %u/%u", p->icmp_type, p->icmp_code);
    else
        snprintf(name, size, "icmp %s%s%s", type, code != NULL ? " " : "",
                 code != NULL ? code : "");
}

void words_packet(const struct packet *p, char *name, size_t size)
{
    if (p->kind == PACKET_TCP)
        name_tcp(p, name, size);
    else if (p->kind == PACKET_UDP)
        snprintf(name, size, "udp %zu bytes", p->payload_length);
    else if (p->kind == PACKET_ICMP)
        name_icmp(p, name, size);
    else
        snprintf(name, size, "IP protocol %u", p->proto);
}

/* ---- calls ---- */

/* The call without its result. */
static void write_what(const trace_call_t *call, char *what)
{
    char peer[WORDS_ENDPOINT_MAX], address[IP_ADDRESS_TEXT_MAX];
    const char *name = call->name != NULL ? call->name : "";
    words_endpoint(&call->peer, peer);
    switch (call->verb) {
    case TRACE_VERB_CONNECT:
    case TRACE_VERB_UDP_CONNECT:
        snprintf(what, WORDS_MAX, "connect %s", peer);
        break;
    case TRACE_VERB_LISTEN:
        snprintf(what, WORDS_MAX, "listen %u", call->port);
        break;
    case TRACE_VERB_ACCEPT:
        snprintf(what, WORDS_MAX, "accept");
        break;
    case TRACE_VERB_SEND:
        snprintf(what, WORDS_MAX, "send");
        break;
    case TRACE_VERB_RECV:
        snprintf(what, WORDS_MAX, "recv");
        break;
    case TRACE_VERB_SHUTDOWN:
        snprintf(what, WORDS_MAX, "shutdown");
        break;
    case TRACE_VERB_CLOSE:
        snprintf(what, WORDS_MAX, "close");
        break;
    case TRACE_VERB_UDP:
        snprintf(what, WORDS_MAX, "udp %u", call->port);
        break;
    case TRACE_VERB_PING:
        snprintf(what, WORDS_MAX, "ping %s",
                 ip_address_text(&call->peer.ie_addr, address, sizeof(address)));
        break;
    case TRACE_VERB_FILTER:
        snprintf(what, WORDS_MAX, "%s%s%s",
                 call->no_rules ? "no rules are loaded" : "rules are loaded",
                 name[0] != '\0' ? ": " : "", name);
        break;
    case TRACE_VERB_IPF_ADD:
        snprintf(what, WORDS_MAX, "rules are added");
        break;
    case TRACE_VERB_IPF_REMOVE:
        snprintf(what, WORDS_MAX, "rules are removed");
        break;
    case TRACE_VERB_REPLY_MODE:
        snprintf(what, WORDS_MAX, "reply mode %s", name);
        break;
    case TRACE_VERB_ERA:
        snprintf(what, WORDS_MAX, "era %s", name);
        break;
    case TRACE_VERB_SLEEP:
        snprintf(what, WORDS_MAX, "sleep %.6g s", (double)call->sleep_us / 1e6);
        break;
    case TRACE_VERB_SNOOP:
        snprintf(what, WORDS_MAX, "snoop -d lo0%s", call->on ? "" : " ends");
        break;
    case TRACE_VERB_FUSION:
        snprintf(what, WORDS_MAX, "fusion %s", call->on ? "on" : "off");
        break;
    case TRACE_VERB_REWRITE_ANY:
        snprintf(what, WORDS_MAX, "fr_make_rst turns %s",
                 call->on ? "any segment" : "SYN and FIN only");
        break;
    case TRACE_VERB_EXEC:
        snprintf(what, WORDS_MAX, "exec %.300s", name);
        break;
    case TRACE_VERB_REMOTE:
        snprintf(what, WORDS_MAX, "remote host %s", name);
        break;
    case TRACE_VERB_HOOK:
        snprintf(what, WORDS_MAX, "hook %s %s", call->event, name);
        break;
    case TRACE_VERB_REMOVE_HOOK:
        snprintf(what, WORDS_MAX, "remove hook %s", name);
        break;
    case TRACE_VERB_INJECT:
        snprintf(what, WORDS_MAX, "inject at %s", name);
        break;
    case TRACE_VERB_BIND:
        snprintf(what, WORDS_MAX, "bind %s", peer);
        break;
    case TRACE_VERB_POLL:
        snprintf(what, WORDS_MAX, "%s", name);
        break;
    case TRACE_VERBS:
        what[0] = '\0';
    }
}

/* The result of a call that succeeded. */
static void write_success(const trace_call_t *call, char *result)
{
    result[0] = '\0';
    switch (call->verb) {
    case TRACE_VERB_CONNECT:
        snprintf(result, WORDS_MAX, "connected");
        break;
    case TRACE_VERB_ACCEPT:
        words_endpoint(&call->peer, result);
        break;
    case TRACE_VERB_SEND:
    case TRACE_VERB_RECV:
        if (call->at_end)
            snprintf(result, WORDS_MAX, "end of the stream");
        else
            snprintf(result, WORDS_MAX, "%" PRIu64 " bytes", call->bytes);
        break;
    case TRACE_VERB_POLL:
        snprintf(result, WORDS_MAX, "%s", call->on ? "ready" : "timed out");
        break;
    case TRACE_VERB_PING:
        snprintf(result, WORDS_MAX, "answered");
        break;
    case TRACE_VERB_REPLY_MODE:
    case TRACE_VERB_ERA:
        if (call->overridden)
            snprintf(result, WORDS_MAX, "overridden");
        break;
    default:
        break;
    }
}

void words_call(const trace_call_t *call, char *what, char *result)
{
    write_what(call, what);
    if (call->error != 0)
        snprintf(result, WORDS_MAX, "%s", errno_name(call->error));
    else
        write_success(call, result);
}

const char *words_call_text(const trace_call_t *call, char *text)
{
    char what[WORDS_MAX], result[WORDS_MAX];
    words_call(call, what, result);
    snprintf(text, WORDS_MAX, "%.*s%s%.300s", WORDS_MAX - 310, what, result[0] != '\0' ? ": " : "",
             result);
    return text;
}

/* ---- the rest ---- */

const char *words_note(const trace_event_t *event, char *text)
{
    switch (event->note.kind) {
    case TRACE_NOTE_RULE:
        snprintf(text, WORDS_MAX, "rules, line %d, column %d: %s", event->note.line,
                 event->note.column, event->note.text);
        break;
    case TRACE_NOTE_NO_INTERCEPT:
        snprintf(text, WORDS_MAX,
                 "without `set intercept_loopback true;` no packet on lo0 reaches the rules");
        break;
    default:
        snprintf(text, WORDS_MAX, "%s", event->note.text);
    }
    return text;
}

const char *words_hook_fate(ip_hook_fate_t fate)
{
    static const char *const words[] = {
        [IP_HOOK_FATE_NONE] = NULL,
        [IP_HOOK_FATE_LOST] = "is discarded: the sender never learns",
        [IP_HOOK_FATE_CALLER] = "goes back to the caller",
        [IP_HOOK_FATE_TRANSPORT] = "goes up to the transport: UDP returns it, TCP ignores it",
        [IP_HOOK_FATE_EPERM] = "becomes EPERM, for UDP",
        [IP_HOOK_FATE_ENDS] = "ends here",
    };
    return words[fate];
}

const char *words_wire(ip_wire_t fate)
{
    static const char *const words[] = {
        [IP_WIRE_SENT] = NULL,
        [IP_WIRE_NO_LINK] = "there is nobody at the other end",
        [IP_WIRE_NO_HOST] = "nobody on the wire has its destination",
        [IP_WIRE_NO_MEMORY] = "no memory",
    };
    return words[fate];
}

const char *words_route(ip_route_t route)
{
    static const char *const words[] = {
        [IP_ROUTE_NONE] = "no route",
        [IP_ROUTE_LOOPBACK] = "IRE_LOOPBACK",
        [IP_ROUTE_LOCAL] = "IRE_LOCAL",
        [IP_ROUTE_INTERFACE] = "IRE_INTERFACE",
        [IP_ROUTE_QUEUED] = "queued",
        [IP_ROUTE_NO_INPUT] = "nothing is received on such an interface",
        [IP_ROUTE_NO_STYLE] = "there is no such style",
    };
    return words[route];
}

const char *words_icmp(ip_icmp_t what)
{
    static const char *const words[] = {
        [IP_ICMP_ECHO_REPLY] = "echo reply",
        [IP_ICMP_PORT_UNREACHABLE] = "port unreachable",
        [IP_ICMP_HOST_UNREACHABLE] = "host unreachable",
        [IP_ICMP_REASSEMBLY_TIME_EXCEEDED] = "reassembly time exceeded",
    };
    return words[what];
}

const char *words_timer(const trace_event_t *event)
{
    static const char *const words[] = {
        [IP_TIMER_SYN] = "the SYN again",
        [IP_TIMER_CONNECT] = "the connect timer has run out",
        [IP_TIMER_REXMIT] = "no ACK: once more",
        [IP_TIMER_PROBE] = "the window is closed: a probe",
        [IP_TIMER_ACK] = "the delayed ACK",
        [IP_TIMER_KEEPALIVE] = "silent for long: a probe",
        [IP_TIMER_ABORT] = "no answer for too long: it ends",
        [IP_TIMER_FIN_WAIT_2] = "no FIN for too long: it ends",
    };
    return words[event->timer.which];
}

const char *words_fusion(const trace_event_t *event)
{
    if (event->fusion.what == IP_FUSED)
        return "data goes past IP from now on";
    return event->fusion.what == IP_HANDED_OVER ? "handed over past IP" : event->fusion.reason;
}

const char *words_fault(const trace_event_t *event, char *text)
{
    const char *place = trace_place_name(event->fault.place);
    const char *where = event->fault.place == IP_AT_WIRE ? "on the wire" : "before ";
    const char *name = event->fault.place == IP_AT_WIRE ? "" : place;
    double seconds = (double)event->fault.delay_us / 1e6;
    switch (event->fault.what) {
    case IP_FAULT_DROP:
        snprintf(text, WORDS_MAX, "lost %s%s", where, name);
        break;
    case IP_FAULT_DUPLICATE:
        snprintf(text, WORDS_MAX, "doubled %s%s", where, name);
        break;
    case IP_FAULT_DELAY:
        snprintf(text, WORDS_MAX, "held back for %.6f s %s%s", seconds, where, name);
        break;
    case IP_FAULT_REORDER:
        snprintf(text, WORDS_MAX, "held back for the next packet %s%s", where, name);
        break;
    case IP_FAULT_CORRUPT:
        snprintf(text, WORDS_MAX, "changed %s%s", where, name);
        break;
    case IP_FAULT_COPY:
        snprintf(text, WORDS_MAX, "the copy sets out %s%s", where, name);
        break;
    default:
        snprintf(text, WORDS_MAX, "goes on %s%s", where, name);
    }
    return text;
}
