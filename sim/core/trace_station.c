/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/trace_station.h"

#include <string.h>

/* A station has a row for each of its names; the first row has its word. */
static const struct {
    trace_station_t station;
    const char *word; /* NULL: the word is in a row above */
    const char *name; /* NULL: a process' */
    const char *meaning;
} rows[] = {
    {TRACE_CALL, "call", NULL, "a call of the process, and what came of it"},
    {TRACE_NOTE, "note", "note", "what there is to say besides"},
    {TRACE_CONNECT, "connect", "connect", "a connect that began"},
    {TRACE_CONNECTED, "connected", "connected", "a connect that succeeded"},
    {TRACE_ERRNO, "errno", "errno", "the error that an endpoint got"},
    {TRACE_TIMER, "timer", "timer", "a timer that ran out"},
    {TRACE_IP_WPUT_IRE, "ip_wput_ire", "ip_wput_ire", "a packet as it leaves TCP or UDP"},
    {TRACE_HOOKS_START, "hooks_start", NH_LOOPBACK_OUT, "the hooks on the way out"},
    {TRACE_HOOKS_START, NULL, NH_LOOPBACK_IN, "the hooks on the way in"},
    {TRACE_HOOKS_START, NULL, NH_PHYSICAL_OUT, "the hooks before the wire"},
    {TRACE_HOOKS_START, NULL, NH_PHYSICAL_IN, "the hooks after the wire"},
    {TRACE_HOOK, "hook", "hook", "what one hook said of the packet"},
    {TRACE_HOOKS_END, "hooks_end", "FW_HOOKS",
     "where the value of the hook that ate the packet went"},
    {TRACE_IP_WPUT_LOCAL, "ip_wput_local", "ip_wput_local", "the packet at the receiving half"},
    {TRACE_SNOOP, "snoop", "snoop", "the packet as snoop sees it"},
    {TRACE_WIRE, "wire", "wire", "the packet on the wire"},
    {TRACE_IP_RPUT, "ip_rput", "ip_rput", "the packet from the wire"},
    {TRACE_FANOUT, "ip_fanout", "ip_fanout_tcp", "the endpoint that got the packet"},
    {TRACE_FANOUT, NULL, "ip_fanout_udp", "the socket that got the datagram"},
    {TRACE_FANOUT, NULL, "icmp_inbound", "what ICMP did with the packet"},
    {TRACE_FANOUT, NULL, "tcp_icmp_error", "the endpoint that an ICMP error is about"},
    {TRACE_FANOUT, NULL, "udp_icmp_error", "the socket that an ICMP error is about"},
    {TRACE_RESET, "tcp_xmit_listeners_reset", "tcp_xmit_listeners_reset",
     "the stack's own RST, since there is no endpoint"},
    {TRACE_ICMP, "icmp", "icmp_unreachable",
     "the stack's own ICMP error, since there is no socket"},
    {TRACE_FUSION, "fusion", "tcp_fuse", "a connection whose data goes past IP from now on"},
    {TRACE_FUSION, NULL, "tcp_unfuse", "a connection whose data goes through IP again"},
    {TRACE_FUSION, NULL, "tcp_fuse_output", "data that went past IP"},
    {TRACE_DISCARD, "discard", "discard", "where the packet ended"},
    {TRACE_FAULT, "fault", "fault", "what was done to the packet from outside"},
    {TRACE_NET_INJECT, "net_inject", "net_inject", "what became of the filter's own reply"},
    {TRACE_FR_CHECKSTATE, "fr_checkstate", "fr_checkstate", "a connection that the filter knows"},
    {TRACE_FR_KNOWNFRAG, "fr_knownfrag", "fr_knownfrag", "a datagram that the filter knows"},
    {TRACE_FR_ADDSTATE, "fr_addstate", "fr_addstate", "an entry for keep state"},
    {TRACE_FR_FIREWALL, "fr_firewall", "fr_firewall", "what the rules decided"},
    {TRACE_LOG, "log", "log", "what the filter logged"},
    {TRACE_FR_MAKE_RST, "fr_make_rst", "fr_make_rst", "the packet becomes the RST"},
    {TRACE_FR_MAKE_ICMP, "fr_make_icmp", "fr_make_icmp", "the packet becomes the ICMP error"},
    {TRACE_FR_REFUSED, "fr_refused", "fr_check", "why the filter does not answer"},
    {TRACE_FR_SEND, "fr_send", "fr_send_reset", "a RST of the filter's own"},
    {TRACE_FR_SEND, NULL, "fr_send_icmp_err", "an ICMP error of the filter's own"},
    {TRACE_FR_FASTROUTE, "fr_fastroute", "fr_fastroute",
     "what the filter made of net_inject's answer"},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static size_t row_of(trace_station_t station)
{
    size_t i = 0;
    while (i < ROWS && rows[i].station != station)
        i++;
    return i;
}

const char *trace_station_word(trace_station_t station)
{
    return rows[row_of(station)].word;
}

const char *trace_station_name(const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_CALL:
        return event->call.process;
    case TRACE_HOOKS_START:
        return event->hooks_start.event;
    case TRACE_FANOUT:
        return event->fanout.function;
    case TRACE_ICMP:
        return event->icmp.function;
    case TRACE_FUSION:
        return event->fusion.function;
    case TRACE_FR_REFUSED:
        return event->refused.function;
    case TRACE_FR_SEND:
        return event->reply.function;
    default:
        return rows[row_of(event->station)].name;
    }
}

const char *trace_station_meaning(const char *name)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].name != NULL && strcmp(rows[i].name, name) == 0)
            return rows[i].meaning;
    }
    return rows[row_of(TRACE_CALL)].meaning;
}

const char *trace_place_name(ip_place_t place)
{
    static const char *const names[IP_PLACES] = {
        [IP_AT_LOOPBACK_OUT] = NH_LOOPBACK_OUT, [IP_AT_LOOPBACK_IN] = NH_LOOPBACK_IN,
        [IP_AT_PHYSICAL_OUT] = NH_PHYSICAL_OUT, [IP_AT_WIRE] = "wire",
        [IP_AT_PHYSICAL_IN] = NH_PHYSICAL_IN,   [IP_AT_FANOUT] = "ip_fanout",
    };
    return names[place];
}

const char *trace_verb_word(trace_verb_t verb)
{
    static const char *const words[TRACE_VERBS] = {
        [TRACE_VERB_CONNECT] = "connect",
        [TRACE_VERB_UDP_CONNECT] = "udp_connect",
        [TRACE_VERB_LISTEN] = "listen",
        [TRACE_VERB_ACCEPT] = "accept",
        [TRACE_VERB_SEND] = "send",
        [TRACE_VERB_RECV] = "recv",
        [TRACE_VERB_SHUTDOWN] = "shutdown",
        [TRACE_VERB_CLOSE] = "close",
        [TRACE_VERB_UDP] = "udp",
        [TRACE_VERB_PING] = "ping",
        [TRACE_VERB_FILTER] = "filter",
        [TRACE_VERB_REPLY_MODE] = "reply_mode",
        [TRACE_VERB_ERA] = "era",
        [TRACE_VERB_SLEEP] = "sleep",
        [TRACE_VERB_SNOOP] = "snoop",
        [TRACE_VERB_FUSION] = "fusion",
        [TRACE_VERB_REWRITE_ANY] = "rewrite_any",
        [TRACE_VERB_REMOTE] = "remote",
        [TRACE_VERB_HOOK] = "hook",
        [TRACE_VERB_REMOVE_HOOK] = "remove_hook",
        [TRACE_VERB_INJECT] = "inject",
        [TRACE_VERB_BIND] = "bind",
        [TRACE_VERB_POLL] = "poll",
        [TRACE_VERB_EXEC] = "exec",
        [TRACE_VERB_IPF_ADD] = "ipf_add",
        [TRACE_VERB_IPF_REMOVE] = "ipf_remove",
    };
    return words[verb];
}

bool trace_verb_changes_rules(trace_verb_t verb)
{
    return verb == TRACE_VERB_FILTER || verb == TRACE_VERB_IPF_ADD || verb == TRACE_VERB_IPF_REMOVE;
}
