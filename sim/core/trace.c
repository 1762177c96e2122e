/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace: from the probes of stack and filter into one stream, numbered and timed.
 */
#include "sim/core/trace.h"

#include "sim/base/must.h"
#include "sim/packet/packet.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A stack that the trace is connected to. */
typedef struct traced_host {
    trace_t *trace;
    ip_stack_t *ips;
    const char *name; /* NULL: the box */
} traced_host_t;

struct trace {
    const vclock_t *clock;
    isn_table_t *isns;
    uint64_t sequence;
    struct {
        trace_sink_t sink;
        void *arg;
    } sinks[TRACE_SINKS_MAX];
    size_t sink_count;
    trace_event_t **kept; /* a ring */
    size_t keep;
    ipf_stack_t *ifs;
    traced_host_t hosts[TRACE_HOSTS_MAX]; /* the first is the box */
    size_t host_count;
    uint8_t *seen; /* the packet as the present hook got it */
    size_t seen_length;
};

trace_t *trace_create(const vclock_t *clock, size_t keep)
{
    trace_t *trace = calloc(1, sizeof(*trace));
    if (trace == NULL)
        return NULL;
    trace->clock = clock;
    trace->keep = keep;
    trace->hosts[0].trace = trace;
    trace->host_count = 1;
    trace->kept = calloc(keep + 1, sizeof(*trace->kept));
    if (trace->kept == NULL) {
        trace_destroy(trace);
        return NULL;
    }
    return trace;
}

void trace_destroy(trace_t *trace)
{
    if (trace == NULL)
        return;
    trace_attach(trace, NULL, NULL);
    for (size_t i = 0; trace->kept != NULL && i < trace->keep; i++)
        free(trace->kept[i]);
    free(trace->kept);
    isn_destroy(trace->isns);
    free(trace->seen);
    free(trace);
}

/* ---- keeping the last events ---- */

static const char *keep_string(char **room, const char *string)
{
    if (string == NULL)
        return NULL;
    size_t size = strlen(string) + 1;
    char *copy = memcpy(*room, string, size);
    *room += size;
    return copy;
}

static const uint8_t *keep_bytes(char **room, const uint8_t *bytes, size_t length)
{
    if (bytes == NULL)
        return NULL;
    const uint8_t *copy = memcpy(*room, bytes, length);
    *room += length;
    return copy;
}

static size_t string_size(const char *string)
{
    return string != NULL ? strlen(string) + 1 : 0;
}

trace_event_t *trace_event_copy(const trace_event_t *event)
{
    size_t size = sizeof(*event) + event->length + event->before_length + string_size(event->name) +
                  string_size(event->hook) + string_size(event->state) + string_size(event->text) +
                  string_size(event->group) + string_size(event->host) + string_size(event->ifname);
    trace_event_t *copy = must_malloc(size);
    *copy = *event;
    char *room = (char *)(copy + 1);
    copy->host = keep_string(&room, event->host);
    copy->ifname = keep_string(&room, event->ifname);
    copy->name = keep_string(&room, event->name);
    copy->hook = keep_string(&room, event->hook);
    copy->state = keep_string(&room, event->state);
    copy->text = keep_string(&room, event->text);
    copy->group = keep_string(&room, event->group);
    copy->bytes = keep_bytes(&room, event->bytes, event->length);
    copy->before = keep_bytes(&room, event->before, event->before_length);
    return copy;
}

static void keep(trace_t *trace, const trace_event_t *event)
{
    if (trace->keep == 0)
        return;
    trace_event_t **slot = &trace->kept[event->sequence % trace->keep];
    free(*slot);
    *slot = trace_event_copy(event);
}

void trace_last(const trace_t *trace, trace_sink_t sink, void *arg)
{
    for (size_t i = 1; i <= trace->keep; i++) {
        const trace_event_t *event = trace->kept[(trace->sequence + i) % trace->keep];
        if (event != NULL)
            sink(arg, event);
    }
}

uint64_t trace_count(const trace_t *trace)
{
    return trace->sequence;
}

/* ---- emitting ---- */

static struct packet_base base_of(trace_t *trace, const uint8_t *bytes, size_t length)
{
    struct packet packet;
    struct packet_base none = {0};
    if (bytes == NULL || !packet_parse(bytes, length, &packet))
        return none;
    return isn_base(trace->isns, &packet);
}

static void emit(trace_t *trace, trace_event_t *event)
{
    if (!trace_is_watched(trace))
        return;
    event->time_us = vclock_now(trace->clock);
    event->sequence = ++trace->sequence;
    event->base = base_of(trace, event->bytes, event->length);
    event->before_base = base_of(trace, event->before, event->before_length);
    for (size_t i = 0; i < trace->sink_count; i++)
        trace->sinks[i].sink(trace->sinks[i].arg, event);
    keep(trace, event);
}

void trace_call(trace_t *trace, const char *process, const char *text, const uint64_t *began_us)
{
    emit(trace, &(trace_event_t){.station = TRACE_CALL,
                                 .name = process,
                                 .text = text,
                                 .waits = began_us != NULL,
                                 .waited_us =
                                     began_us != NULL ? vclock_now(trace->clock) - *began_us : 0});
}

void trace_note(trace_t *trace, const char *text)
{
    emit(trace, &(trace_event_t){.station = TRACE_NOTE, .text = text});
}

/* ---- from the stack ---- */

static const trace_station_t ip_stations[] = {
    [IP_EV_CONNECT] = TRACE_CONNECT,
    [IP_EV_CONNECTED] = TRACE_CONNECTED,
    [IP_EV_ERRNO] = TRACE_ERRNO,
    [IP_EV_TIMER] = TRACE_TIMER,
    [IP_EV_WPUT_IRE] = TRACE_IP_WPUT_IRE,
    [IP_EV_HOOKS_START] = TRACE_HOOKS_START,
    [IP_EV_HOOK] = TRACE_HOOK,
    [IP_EV_HOOKS_END] = TRACE_HOOKS_END,
    [IP_EV_WPUT_LOCAL] = TRACE_IP_WPUT_LOCAL,
    [IP_EV_SNOOP] = TRACE_SNOOP,
    [IP_EV_WIRE] = TRACE_WIRE,
    [IP_EV_RPUT] = TRACE_IP_RPUT,
    [IP_EV_FANOUT] = TRACE_FANOUT,
    [IP_EV_ICMP] = TRACE_ICMP,
    [IP_EV_FUSION] = TRACE_FUSION,
    [IP_EV_RESET] = TRACE_RESET,
    [IP_EV_DISCARD] = TRACE_DISCARD,
    [IP_EV_NET_INJECT] = TRACE_NET_INJECT,
};

/* The initial sequence numbers are learned from what TCP itself sends, before any hook. */
static void learn_isn(trace_t *trace, const trace_event_t *event)
{
    struct packet packet;
    if (packet_parse(event->bytes, event->length, &packet))
        isn_learn(trace->isns, &packet);
}

/* Keeps the packet as a hook gets it. */
static void remember(trace_t *trace, const trace_event_t *event)
{
    uint8_t *room = must_realloc(trace->seen, event->length + 1);
    if (event->length > 0)
        memcpy(room, event->bytes, event->length);
    trace->seen = room;
    trace->seen_length = event->length;
}

static bool differs(const trace_t *trace, const trace_event_t *event)
{
    return event->bytes != NULL && (event->length != trace->seen_length ||
                                    memcmp(event->bytes, trace->seen, event->length) != 0);
}

static void from_stack(void *arg, const ip_event_t *ip)
{
    const traced_host_t *host = arg;
    trace_t *trace = host->trace;
    trace_event_t event = {
        .station = ip_stations[ip->kind],
        .host = host->name,
        .ifname = ip->ifname,
        .local = ip->local,
        .remote = ip->remote,
        .name = ip->event,
        .hook = ip->hook,
        .state = ip->state,
        .text = ip->text,
        .verdict = ip->verdict,
        .error = ip->error,
        .phy = ip->phy,
        .interested = ip->kind == IP_EV_HOOKS_START && ip->verdict != 0,
    };
    if (ip->mp != NULL) {
        event.packet = ip->mp->b_packet;
        event.bytes = ip->mp->b_rptr;
        event.length = msgdsize(ip->mp);
    }
    if (event.station == TRACE_IP_WPUT_IRE)
        learn_isn(trace, &event);
    if (event.station == TRACE_HOOK)
        event.changed = differs(trace, &event);
    if (event.station == TRACE_HOOKS_START || event.station == TRACE_HOOK)
        remember(trace, &event);
    emit(trace, &event);
}

/* ---- from the filter ---- */

static trace_station_t ipf_station(const ipf_event_t *ipf)
{
    switch (ipf->kind) {
    case IPF_EV_LOG:
        return TRACE_LOG;
    case IPF_EV_STATE:
        return TRACE_FR_CHECKSTATE;
    case IPF_EV_FRAG:
        return TRACE_FR_KNOWNFRAG;
    case IPF_EV_ADDSTATE:
        return TRACE_FR_ADDSTATE;
    case IPF_EV_MAKE_RST:
        return TRACE_FR_MAKE_RST;
    case IPF_EV_REFUSED:
        return TRACE_FR_REFUSED;
    case IPF_EV_MAKE_ICMP:
        return TRACE_FR_MAKE_ICMP;
    case IPF_EV_SEND:
        return TRACE_FR_SEND;
    case IPF_EV_INJECTED:
        return TRACE_FR_FASTROUTE;
    default:
        return TRACE_FR_FIREWALL;
    }
}

static void from_filter(void *arg, const ipf_event_t *ipf)
{
    char rule[512] = "";
    trace_event_t event = {
        .station = ipf_station(ipf),
        .bytes = ipf->packet,
        .length = ipf->length,
        .before = ipf->before,
        .before_length = ipf->before_length,
        .text = ipf->reason,
        .group = ipf->group,
        .number = ipf->number,
        .verdict = ipf->block,
        .out = ipf->out,
        .ifname = ipf->ifname,
        .name = ipf->function,
        .error = ipf->value,
    };
    bool by_rule = event.station == TRACE_FR_FIREWALL || event.station == TRACE_FR_CHECKSTATE ||
                   event.station == TRACE_FR_KNOWNFRAG;
    if (by_rule && ipf->rule != NULL) {
        ipf_rule_text(ipf->rule, rule, sizeof(rule));
        event.text = rule;
    }
    emit(arg, &event);
}

/* ---- who is listened to ---- */

bool trace_is_watched(const trace_t *trace)
{
    return trace->sink_count > 0 || trace->keep > 0;
}

/* Sets the probes of all that the trace is connected to, once somebody wants to know. */
static void listen_in(trace_t *trace)
{
    if (!trace_is_watched(trace))
        return;
    if (trace->isns == NULL && (trace->isns = isn_create()) == NULL)
        must_end();
    for (size_t i = 0; i < trace->host_count; i++) {
        if (trace->hosts[i].ips != NULL)
            ip_stack_set_probe(trace->hosts[i].ips, from_stack, &trace->hosts[i]);
    }
    if (trace->ifs != NULL)
        ipf_set_probe(trace->ifs, from_filter, trace);
}

void trace_attach(trace_t *trace, ip_stack_t *ips, ipf_stack_t *ifs)
{
    if (trace->hosts[0].ips != NULL)
        ip_stack_set_probe(trace->hosts[0].ips, NULL, NULL);
    if (trace->ifs != NULL)
        ipf_set_probe(trace->ifs, NULL, NULL);
    trace->hosts[0].ips = ips;
    trace->ifs = ifs;
    listen_in(trace);
}

void trace_attach_host(trace_t *trace, ip_stack_t *ips, const char *host)
{
    assert(trace->host_count < TRACE_HOSTS_MAX);
    trace->hosts[trace->host_count++] = (traced_host_t){.trace = trace, .ips = ips, .name = host};
    listen_in(trace);
}

void trace_add_sink(trace_t *trace, trace_sink_t sink, void *arg)
{
    assert(trace->sink_count < TRACE_SINKS_MAX);
    trace->sinks[trace->sink_count].sink = sink;
    trace->sinks[trace->sink_count++].arg = arg;
    listen_in(trace);
}

const char *trace_station_name(const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_CALL:
        return event->name;
    case TRACE_NOTE:
        return "note";
    case TRACE_CONNECT:
        return "connect";
    case TRACE_CONNECTED:
        return "connected";
    case TRACE_ERRNO:
        return "errno";
    case TRACE_TIMER:
        return "timer";
    case TRACE_IP_WPUT_IRE:
        return "ip_wput_ire";
    case TRACE_HOOKS_START:
    case TRACE_HOOK:
    case TRACE_HOOKS_END:
        return event->name;
    case TRACE_IP_WPUT_LOCAL:
        return "ip_wput_local";
    case TRACE_SNOOP:
        return "snoop";
    case TRACE_WIRE:
        return "wire";
    case TRACE_IP_RPUT:
        return "ip_rput";
    case TRACE_FANOUT:
    case TRACE_ICMP:
    case TRACE_FR_SEND:
    case TRACE_FUSION:
        return event->name;
    case TRACE_RESET:
        return "tcp_xmit_listeners_reset";
    case TRACE_DISCARD:
        return "discard";
    case TRACE_NET_INJECT:
        return "net_inject";
    case TRACE_FR_CHECKSTATE:
        return "fr_checkstate";
    case TRACE_FR_KNOWNFRAG:
        return "fr_knownfrag";
    case TRACE_FR_ADDSTATE:
        return "fr_addstate";
    case TRACE_FR_FIREWALL:
        return "fr_firewall";
    case TRACE_LOG:
        return "log";
    case TRACE_FR_MAKE_RST:
        return "fr_make_rst";
    case TRACE_FR_MAKE_ICMP:
        return "fr_make_icmp";
    case TRACE_FR_REFUSED:
        return event->name;
    case TRACE_FR_FASTROUTE:
        return "fr_fastroute";
    }
    return "?";
}
