/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace: turns what the probes of stack and filter report into one stream of numbered, timed
 * events.
 */
#include "sim/core/trace.h"

#include "sim/base/must.h"
#include "sim/core/invariant.h"
#include "sim/core/isn.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A stack that the trace is connected to. */
typedef struct traced_host {
    trace_t *trace;
    ip_stack_t *ips;
    const char *name; /* NULL: the box */
} traced_host_t;

struct trace {
    memory_t *memory;
    const vclock_t *clock;
    isn_table_t *isns;
    uint64_t sequence;
    uint64_t last_us; /* of the last event: time does not go back */
    struct {
        trace_sink_t sink;
        void *arg;
    } sinks[TRACE_SINKS_MAX];
    size_t sink_count;
    invariants_t *invariants; /* NULL: none */
    trace_call_sink_t call_sink;
    void *call_arg;
    trace_event_t **kept; /* a ring */
    size_t keep;
    ipf_stack_t *ifs;
    traced_host_t hosts[TRACE_HOSTS_MAX]; /* the first is the box */
    size_t host_count;
    packet_copy_t *last; /* of the previous event: most events are about the same bytes */
    packet_copy_t *seen; /* the packet as the present hook got it */
};

trace_t *trace_create(memory_t *memory, const vclock_t *clock, size_t keep)
{
    trace_t *trace = memory_zalloc(memory, sizeof(*trace));
    if (trace == NULL)
        return NULL;
    trace->memory = memory;
    trace->clock = clock;
    trace->keep = keep;
    trace->hosts[0].trace = trace;
    trace->host_count = 1;
    trace->kept = memory_zalloc(memory, (keep + 1) * sizeof(*trace->kept));
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
    trace_forget(trace);
}

void trace_forget(trace_t *trace)
{
    if (trace == NULL)
        return;
    for (size_t i = 0; trace->kept != NULL && i < trace->keep; i++)
        trace_event_free(trace->kept[i]);
    memory_free(trace->memory, trace->kept);
    isn_destroy(trace->isns);
    packet_copy_let_go(trace->last);
    packet_copy_let_go(trace->seen);
    memory_free(trace->memory, trace);
}

/* ---- copies of events ---- */

#define STRINGS_MAX 8

/* The addresses of an event's string pointers: a copy of the event copies these strings, too. */
static size_t strings_of(trace_event_t *event, const char **at[STRINGS_MAX])
{
    size_t n = 0;
    at[n++] = &event->host;
    at[n++] = &event->ifname;
    switch (event->station) {
    case TRACE_CALL:
        at[n++] = &event->call.process;
        at[n++] = &event->call.name;
        at[n++] = &event->call.event;
        break;
    case TRACE_NOTE:
        at[n++] = &event->note.text;
        break;
    case TRACE_HOOKS_START:
        at[n++] = &event->hooks_start.event;
        break;
    case TRACE_HOOK:
        at[n++] = &event->hook.event;
        at[n++] = &event->hook.name;
        break;
    case TRACE_HOOKS_END:
        at[n++] = &event->hooks_end.event;
        break;
    case TRACE_FANOUT:
        at[n++] = &event->fanout.function;
        at[n++] = &event->fanout.state;
        at[n++] = &event->fanout.reason;
        break;
    case TRACE_ICMP:
        at[n++] = &event->icmp.function;
        break;
    case TRACE_FUSION:
        at[n++] = &event->fusion.function;
        at[n++] = &event->fusion.reason;
        break;
    case TRACE_DISCARD:
        at[n++] = &event->discard.reason;
        break;
    case TRACE_NET_INJECT:
        at[n++] = &event->inject.style;
        break;
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
    case TRACE_FR_FIREWALL:
        at[n++] = &event->rule.copied;
        at[n++] = &event->rule.group;
        at[n++] = &event->rule.reason;
        break;
    case TRACE_FR_ADDSTATE:
    case TRACE_LOG:
        at[n++] = &event->kept.reason;
        break;
    case TRACE_FR_REFUSED:
        at[n++] = &event->refused.function;
        at[n++] = &event->refused.reason;
        break;
    case TRACE_FR_SEND:
        at[n++] = &event->reply.function;
        break;
    case TRACE_FR_FASTROUTE:
        at[n++] = &event->fastroute.reason;
        break;
    default:
        break;
    }
    return n;
}

/* An event's second packet, besides the one that it is about, or NULL. */
static packet_copy_t *other_packet(const trace_event_t *event)
{
    if (event->station == TRACE_FR_MAKE_RST || event->station == TRACE_FR_MAKE_ICMP)
        return event->rewrite.before;
    return event->station == TRACE_FR_SEND ? event->reply.built : NULL;
}

static bool has_rule(const trace_event_t *event)
{
    return event->station == TRACE_FR_FIREWALL || event->station == TRACE_FR_CHECKSTATE ||
           event->station == TRACE_FR_KNOWNFRAG;
}

trace_event_t *trace_event_copy(const trace_event_t *event)
{
    const char **at[STRINGS_MAX];
    char rule[IPF_RULE_TEXT_MAX];
    trace_event_t now = *event;
    assert(event->station < TRACE_STATIONS);
    size_t size = sizeof(now);
    if (has_rule(event) && event->rule.fr != NULL) {
        now.rule.copied = trace_rule_text(event, rule);
        now.rule.fr = NULL;
    }
    size_t count = strings_of(&now, at);
    for (size_t i = 0; i < count; i++)
        size += *at[i] != NULL ? strlen(*at[i]) + 1 : 0;
    trace_event_t *copy = must_malloc(size);
    char *room = (char *)(copy + 1);
    for (size_t i = 0; i < count; i++) {
        if (*at[i] == NULL)
            continue;
        size_t length = strlen(*at[i]) + 1;
        *at[i] = memcpy(room, *at[i], length);
        room += length;
    }
    *copy = now;
    packet_copy_hold(copy->copy);
    packet_copy_hold(other_packet(copy));
    return copy;
}

void trace_event_free(trace_event_t *event)
{
    if (event == NULL)
        return;
    packet_copy_let_go(event->copy);
    packet_copy_let_go(other_packet(event));
    free(event);
}

packet_copy_t *trace_shown(const trace_event_t *event)
{
    return event->station == TRACE_FR_SEND ? event->reply.built : event->copy;
}

const char *trace_rule_text(const trace_event_t *event, char *text)
{
    const char *ready = event->rule.copied != NULL ? event->rule.copied : event->rule.reason;
    if (event->rule.fr != NULL)
        ipf_rule_text(event->rule.fr, text, IPF_RULE_TEXT_MAX);
    else if (ready != NULL)
        snprintf(text, IPF_RULE_TEXT_MAX, "%s", ready);
    return event->rule.fr != NULL || ready != NULL ? text : NULL;
}

static void keep(trace_t *trace, const trace_event_t *event)
{
    if (trace->keep == 0)
        return;
    trace_event_t **slot = &trace->kept[event->sequence % trace->keep];
    trace_event_free(*slot);
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

/* A copy of bytes, which the trace holds until the next copy. If the bytes have not changed, it is
 * the last copy.
 * => Returns NULL for NULL. */
static packet_copy_t *copy_of(trace_t *trace, const uint8_t *bytes, size_t length)
{
    struct packet packet;
    if (bytes == NULL || packet_copy_is(trace->last, bytes, length))
        return bytes != NULL ? packet_copy_hold(trace->last) : NULL;
    packet_copy_let_go(trace->last);
    trace->last = packet_copy_make(trace->memory, bytes, length);
    if (packet_copy_parse(trace->last, &packet))
        trace->last->base = isn_base(trace->isns, &packet);
    return packet_copy_hold(trace->last);
}

/* Takes the event's packets. */
static void emit(trace_t *trace, trace_event_t *event)
{
    assert(event->station < TRACE_STATIONS);
    event->time_us = vclock_now(trace->clock);
    assert(event->time_us >= trace->last_us);
    trace->last_us = event->time_us;
    event->sequence = ++trace->sequence;
    for (size_t i = 0; i < trace->sink_count; i++)
        trace->sinks[i].sink(trace->sinks[i].arg, event);
    keep(trace, event);
    packet_copy_let_go(event->copy);
    packet_copy_let_go(other_packet(event));
}

void trace_call(trace_t *trace, const trace_call_t *call, const uint64_t *began_us)
{
    trace_event_t event = {.station = TRACE_CALL, .call = *call};
    if (trace->invariants != NULL)
        invariants_call(trace->invariants);
    if (trace->call_sink != NULL)
        trace->call_sink(trace->call_arg, call, vclock_now(trace->clock));
    if (!trace_is_watched(trace))
        return;
    assert(call->process != NULL && (began_us == NULL || *began_us <= vclock_now(trace->clock)));
    event.call.waits = began_us != NULL;
    event.call.waited_us = began_us != NULL ? vclock_now(trace->clock) - *began_us : 0;
    emit(trace, &event);
}

void trace_note(trace_t *trace, trace_note_kind_t kind, const char *text, int line, int column)
{
    if (trace_is_watched(trace))
        emit(trace, &(trace_event_t){.station = TRACE_NOTE, .note = {kind, text, line, column}});
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
    [IP_EV_FAULT] = TRACE_FAULT,
    [IP_EV_NET_INJECT] = TRACE_NET_INJECT,
};

/* Initial sequence numbers are learned from packets as TCP sends them, before any hook. */
static void learn_isn(trace_t *trace, const mblk_t *mp)
{
    struct packet packet;
    if (!packet_parse(mp->b_rptr, msgdsize(mp), &packet) || !isn_learn(trace->isns, &packet))
        return;
    packet_copy_let_go(trace->last); /* its base can have changed */
    trace->last = NULL;
}

/* Whether the packet has changed since the last hook, or since the event's beginning. */
static bool differs(const trace_t *trace, const packet_copy_t *now)
{
    return now != NULL &&
           (trace->seen == NULL || !packet_copy_is(trace->seen, now->bytes, now->length));
}

static void see(trace_t *trace, packet_copy_t *now)
{
    packet_copy_let_go(trace->seen);
    trace->seen = packet_copy_hold(now);
}

/* The part of the union that goes with the station. */
static void take_part(trace_t *trace, trace_event_t *event, const ip_event_t *ip)
{
    switch (event->station) {
    case TRACE_CONNECT:
    case TRACE_CONNECTED:
    case TRACE_ERRNO:
        event->end.local = ip->local;
        event->end.remote = ip->remote;
        event->end.error = ip->error;
        break;
    case TRACE_TIMER:
        event->timer.which = ip->timer;
        event->timer.local = ip->local;
        event->timer.remote = ip->remote;
        break;
    case TRACE_IP_WPUT_IRE:
        event->sent.is_copy = ip->is_copy;
        break;
    case TRACE_HOOKS_START:
        event->hooks_start.event = ip->event;
        event->hooks_start.any = ip->interested;
        see(trace, event->copy);
        break;
    case TRACE_HOOK:
        event->hook.event = ip->event;
        event->hook.name = ip->hook;
        event->hook.value = ip->verdict;
        event->hook.changed = differs(trace, event->copy);
        see(trace, event->copy);
        break;
    case TRACE_HOOKS_END:
        event->hooks_end.event = ip->event;
        event->hooks_end.value = ip->verdict;
        event->hooks_end.fate = ip->fate;
        break;
    case TRACE_IP_WPUT_LOCAL:
        event->received.depth = ip->depth;
        break;
    case TRACE_WIRE:
        event->wire.fate = ip->wire;
        break;
    case TRACE_FANOUT:
        event->fanout.function = ip->event;
        event->fanout.local = ip->local;
        event->fanout.remote = ip->remote;
        event->fanout.state = ip->state;
        event->fanout.reason = ip->reason;
        event->fanout.answered = ip->answered;
        break;
    case TRACE_ICMP:
        event->icmp.function = ip->event;
        event->icmp.what = ip->icmp;
        break;
    case TRACE_FUSION:
        event->fusion.function = ip->event;
        event->fusion.local = ip->local;
        event->fusion.remote = ip->remote;
        event->fusion.what = ip->fused;
        event->fusion.reason = ip->reason;
        break;
    case TRACE_DISCARD:
        event->discard.reason = ip->reason;
        break;
    case TRACE_FAULT:
        event->fault.place = ip->place;
        event->fault.what = ip->fault.if_what;
        event->fault.delay_us = ip->fault.if_delay_us;
        break;
    case TRACE_NET_INJECT:
        event->inject.style = ip->event;
        event->inject.phy = ip->phy;
        event->inject.route = ip->route;
        event->inject.error = ip->error;
        event->inject.value = ip->verdict;
        break;
    default:
        break;
    }
}

/* For who watches. Kept out of from_stack(), which is usually only there for the invariants. */
__attribute__((noinline)) static void tell_of_stack(const traced_host_t *host, const ip_event_t *ip)
{
    trace_t *trace = host->trace;
    trace_event_t event = {.station = ip_stations[ip->kind],
                           .host = host->name,
                           .packet = ip->mp != NULL ? ip->mp->b_packet : ip->packet,
                           .ifname = ip->ifname};
    if (event.station == TRACE_IP_WPUT_IRE)
        learn_isn(trace, ip->mp);
    if (ip->mp != NULL)
        event.copy = copy_of(trace, ip->mp->b_rptr, msgdsize(ip->mp));
    take_part(trace, &event, ip);
    emit(trace, &event);
}

static void from_stack(void *arg, const ip_event_t *ip)
{
    const traced_host_t *host = arg;
    const trace_t *trace = host->trace;
    if (trace->invariants != NULL)
        invariants_ip(trace->invariants, host->ips, vclock_now(trace->clock), ip);
    if (trace_is_watched(trace))
        tell_of_stack(host, ip);
}

/* ---- from the filter ---- */

static const trace_station_t ipf_stations[] = {
    [IPF_EV_RULE] = TRACE_FR_FIREWALL,
    [IPF_EV_NOMATCH] = TRACE_FR_FIREWALL,
    [IPF_EV_STATE] = TRACE_FR_CHECKSTATE,
    [IPF_EV_ADDSTATE] = TRACE_FR_ADDSTATE,
    [IPF_EV_LOG] = TRACE_LOG,
    [IPF_EV_MAKE_RST] = TRACE_FR_MAKE_RST,
    [IPF_EV_MAKE_ICMP] = TRACE_FR_MAKE_ICMP,
    [IPF_EV_SEND] = TRACE_FR_SEND,
    [IPF_EV_REFUSED] = TRACE_FR_REFUSED,
    [IPF_EV_INJECTED] = TRACE_FR_FASTROUTE,
    [IPF_EV_FRAG] = TRACE_FR_KNOWNFRAG,
};

static void from_filter(void *arg, const ipf_event_t *ipf)
{
    trace_t *trace = arg;
    if (trace->invariants != NULL)
        invariants_ipf(trace->invariants, ipf);
    if (!trace_is_watched(trace))
        return;
    trace_event_t event = {.station = ipf_stations[ipf->kind],
                           .packet = ipf->packet_number,
                           .ifname = ipf->ifname,
                           .out = ipf->out};
    packet_copy_t *before = copy_of(trace, ipf->before, ipf->before_length);
    packet_copy_t *now = copy_of(trace, ipf->packet, ipf->length);
    if (event.station != TRACE_FR_SEND)
        event.copy = now;
    switch (event.station) {
    case TRACE_FR_ADDSTATE:
    case TRACE_LOG:
        event.kept.reason = ipf->reason;
        break;
    case TRACE_FR_MAKE_RST:
    case TRACE_FR_MAKE_ICMP:
        event.rewrite.before = before;
        break;
    case TRACE_FR_SEND:
        event.reply.function = ipf->function;
        event.reply.built = now;
        break;
    case TRACE_FR_REFUSED:
        event.refused.function = ipf->function;
        event.refused.reason = ipf->reason;
        break;
    case TRACE_FR_FASTROUTE:
        event.fastroute.value = ipf->value;
        event.fastroute.reason = ipf->reason;
        break;
    default:
        event.rule = (trace_rule_t){.fr = ipf->rule,
                                    .group = ipf->group != NULL ? ipf->group : "0",
                                    .number = ipf->number,
                                    .block = ipf->block,
                                    .reason = ipf->reason};
    }
    emit(trace, &event);
}

void trace_set_call_sink(trace_t *trace, trace_call_sink_t sink, void *arg)
{
    trace->call_sink = sink;
    trace->call_arg = arg;
}

/* ---- who is listened to ---- */

static void listen_in(trace_t *trace);

void trace_set_invariants(trace_t *trace, invariants_t *invariants)
{
    trace->invariants = invariants;
    listen_in(trace);
}

bool trace_is_watched(const trace_t *trace)
{
    return trace->sink_count > 0 || trace->keep > 0;
}

/* Sets the probes of everything that the trace is connected to, once it is watched. */
static void listen_in(trace_t *trace)
{
    if (!trace_is_watched(trace) && trace->invariants == NULL)
        return;
    if (trace->isns == NULL && (trace->isns = isn_create(trace->memory)) == NULL)
        must_end();
    for (size_t i = 0; i < trace->host_count; i++) {
        ip_stack_t *ips = trace->hosts[i].ips;
        if (ips == NULL)
            continue;
        ip_stack_set_probe(ips, from_stack, &trace->hosts[i]);
        ip_stack_tell_passing(ips, trace_is_watched(trace)); /* invariants have no use for them */
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

void trace_bookkeeping(trace_t *trace, memory_bookkeeping_t tell, void *arg)
{
    tell(arg, &trace->sequence, sizeof(trace->sequence));
}
