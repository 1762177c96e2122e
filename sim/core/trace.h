/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace: one stream of typed events that records everything that happened. What people
 * read (the timeline, the ladder, the page), what tests compare (goldens, expect_packets) and what
 * programs read (JSON lines, captures) are made from it, and from nothing else.
 *
 * How it fits together:
 *
 *     stack/ and filter/     tell their probes (ip_event_t, ipf_event_t)
 *     script/, box.c         make calls and notes (trace_call, trace_note)
 *          |
 *     trace.c                gives each event its time, number, host, and a copy of its packet
 *          |
 *     sinks                  trace_add_sink(): taps (tap.h), and whatever is in view/
 *
 * An event is a header, the same for all, and a part of a union that its station names
 * (trace_event_t). It holds no sentences: words for people are made in view/words.c, and nothing
 * compares them. The names of stations are in one table (trace_station.h).
 *
 * No events are made unless the trace is watched: without a sink the probes are not set.
 *
 * To add an event: its kind in the stack's or the filter's header and a call of ip_emit() or
 * fr_emit(); a station, a part and a case in trace.h and trace.c; a row in trace_station.c; a line
 * in timeline.c; a case in jsonl.c with its place in docs/jsonl.schema.json. The tests sim/trace
 * and cli/formats say which of these is missing.
 */
#ifndef LO0SIM_SIM_CORE_TRACE_H
#define LO0SIM_SIM_CORE_TRACE_H

#include "filter/ipf.h"
#include "sim/core/packet_copy.h"
#include "stack/ip_stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where an event happens, each with the part of trace_event_t that belongs to it. */
typedef enum trace_station {
    TRACE_CALL,          /* `call`: a process made a call, and its result */
    TRACE_NOTE,          /* `note`: the simulator, or the script, has something to say */
    TRACE_CONNECT,       /* `end`: connect began */
    TRACE_CONNECTED,     /* `end`: connect succeeded */
    TRACE_ERRNO,         /* `end`: an endpoint failed */
    TRACE_TIMER,         /* `timer`: a timer ran out */
    TRACE_IP_WPUT_IRE,   /* `sent`: a packet left TCP */
    TRACE_HOOKS_START,   /* `hooks_start`: an event's hooks are about to see it */
    TRACE_HOOK,          /* `hook`: a hook has seen it */
    TRACE_HOOKS_END,     /* `hooks_end`: all have */
    TRACE_IP_WPUT_LOCAL, /* `received`: it came to the receiving half */
    TRACE_SNOOP,         /* it came to where snoop looks */
    TRACE_WIRE,          /* `wire`: it is on the wire, or no host there takes it */
    TRACE_IP_RPUT,       /* it came from the wire */
    TRACE_FANOUT,        /* `fanout`: its endpoint was looked for */
    TRACE_RESET,         /* the stack answers with a RST of its own */
    TRACE_ICMP,          /* `icmp`: the stack answers with an ICMP message of its own */
    TRACE_FUSION,     /* `fusion`: a connection is fused, is fused no longer, or hands data over */
    TRACE_DISCARD,    /* `discard`: it ended */
    TRACE_FAULT,      /* `fault`: it suffered one */
    TRACE_NET_INJECT, /* `inject`: net_inject was asked to send it */
    TRACE_FR_CHECKSTATE, /* `rule`: the filter knows the connection, which the rule began */
    TRACE_FR_KNOWNFRAG,  /* `rule`: the filter knows the datagram, which the rule kept */
    TRACE_FR_ADDSTATE,   /* `kept`: `keep state`: an entry was made, or could not be */
    TRACE_FR_FIREWALL,   /* `rule`: the filter's rules decided */
    TRACE_LOG,           /* `kept`: the filter logged it, or could not */
    TRACE_FR_MAKE_RST,   /* `rewrite`: the fix: it became the RST */
    TRACE_FR_MAKE_ICMP,  /* `rewrite`: the fix: it became the ICMP error */
    TRACE_FR_REFUSED,    /* `refused`: there is no reply to this packet */
    TRACE_FR_SEND,       /* `reply`: a packet of the filter's own goes out */
    TRACE_FR_FASTROUTE,  /* `fastroute`: what the filter does with net_inject's result */
    TRACE_STATIONS
} trace_station_t;

/* The calls of a script's verbs, and of programs. */
typedef enum trace_verb {
    TRACE_VERB_CONNECT,     /* peer */
    TRACE_VERB_UDP_CONNECT, /* peer */
    TRACE_VERB_LISTEN,      /* port */
    TRACE_VERB_ACCEPT,      /* peer */
    TRACE_VERB_SEND,        /* bytes */
    TRACE_VERB_RECV,        /* bytes, at_end */
    TRACE_VERB_SHUTDOWN,
    TRACE_VERB_CLOSE,
    TRACE_VERB_UDP,         /* port */
    TRACE_VERB_PING,        /* peer, without a port */
    TRACE_VERB_FILTER,      /* name: the rules' file; no_rules */
    TRACE_VERB_REPLY_MODE,  /* name, overridden */
    TRACE_VERB_ERA,         /* name, overridden */
    TRACE_VERB_SLEEP,       /* sleep_us */
    TRACE_VERB_SNOOP,       /* on */
    TRACE_VERB_FUSION,      /* on */
    TRACE_VERB_REWRITE_ANY, /* on: fr_make_rst rewrites any segment */
    TRACE_VERB_REMOTE,      /* name: the host's */
    TRACE_VERB_HOOK,        /* event, name */
    TRACE_VERB_REMOVE_HOOK, /* name */
    TRACE_VERB_INJECT,      /* name: where */
    TRACE_VERB_BIND,        /* peer: its own end */
    TRACE_VERB_POLL,        /* name: poll, select, ...; on: something was ready */
    TRACE_VERB_EXEC,        /* name: the command */
    TRACE_VERB_IPF_ADD,     /* rules were added to those that are there, */
    TRACE_VERB_IPF_REMOVE,  /* and removed */
    TRACE_VERBS
} trace_verb_t;

typedef struct trace_call {
    trace_verb_t verb;
    const char *process; /* the caller; trace_call() takes it */
    ip_endpoint_t peer;
    uint16_t port;
    uint64_t bytes;
    uint64_t sleep_us;
    const char *name;
    const char *event; /* LOOPBACK_OUT, ... */
    bool at_end;       /* the stream's end was received */
    bool no_rules;
    bool overridden; /* the command line chose another */
    bool on;
    int error;  /* errno; 0: it succeeded */
    bool waits; /* it could wait, and waited for: */
    uint64_t waited_us;
} trace_call_t;

typedef enum trace_note_kind {
    TRACE_NOTE_TEXT,        /* box:note(`text`) */
    TRACE_NOTE_RULE,        /* `text` is what the filter remarks on a rule, at line and column */
    TRACE_NOTE_NO_INTERCEPT /* rules name lo0, but its hooks are not there */
} trace_note_kind_t;

/* The rule that decided. */
typedef struct trace_rule {
    const frentry_t *fr; /* or NULL; valid only during the call, NULL in a copy */
    const char *copied;  /* in a copy: its text. Use trace_rule_text() */
    const char *group;   /* "0" outside of all groups */
    int number;          /* in its list, from 1; or -1 */
    bool block;
    const char *reason; /* without a rule: why, in words; or NULL */
} trace_rule_t;

/* One event. Strings and packets are valid only during the call, or belong to the copy
 * (trace_event_copy); hold a packet to keep it (packet_copy_hold). Fields that a station does not
 * use are NULL or 0. `reason` is always a sentence of the stack's or the filter's: it is shown, and
 * never compared or searched. */
typedef struct trace_event {
    uint64_t time_us;
    uint64_t sequence; /* from 1, without gaps */
    trace_station_t station;
    const char *host;    /* the stack's host; NULL: the box */
    uint32_t packet;     /* the number of the packet that it is about; 0: no packet, or a reply that
                          * has no number yet. A rewrite keeps it */
    packet_copy_t *copy; /* that packet as it is now; NULL: no packet, or it was eaten */
    const char *ifname;  /* its interface, if it is known */
    bool out;            /* at the filter's stations: which list */
    union {
        trace_call_t call;
        struct {
            trace_note_kind_t kind;
            const char *text;
            int line, column;
        } note;
        struct {
            ip_endpoint_t local, remote;
            int error; /* errno */
        } end;
        struct {
            ip_timer_t which;
            ip_endpoint_t local, remote;
        } timer;
        struct {
            bool is_copy; /* of fused data, for the hooks */
        } sent;
        struct {
            const char *event;
            bool any; /* there are hooks */
        } hooks_start;
        struct {
            const char *event, *name; /* of the hooks, of this one */
            int value;                /* what it returned */
            bool changed;             /* the packet has changed */
        } hook;
        struct {
            const char *event;
            int value; /* what the eating hook returned, or 0 */
            ip_hook_fate_t fate;
        } hooks_end;
        struct {
            unsigned depth; /* of nested delivery, from 1; 0 in eras without it */
        } received;
        struct {
            ip_wire_t fate;
        } wire;
        struct {
            const char *function;
            ip_endpoint_t local, remote; /* local without a port: no endpoint was looked for */
            const char *state;           /* of the endpoint; NULL: no endpoint */
            const char *reason;
            bool answered; /* a packet of the stack's own follows */
        } fanout;
        struct {
            const char *function;
            ip_icmp_t what;
        } icmp;
        struct {
            const char *function;
            ip_endpoint_t local, remote;
            ip_fused_t what;
            const char *reason;
        } fusion;
        struct {
            const char *reason;
        } discard;
        struct {
            ip_place_t place;
            ip_fault_what_t what;
            uint64_t delay_us;
        } fault;
        struct {
            const char *style; /* NI_DIRECT_OUT, ... */
            unsigned phy;      /* the interface that was asked for */
            ip_route_t route;
            int error; /* errno; 0 if the packet is on its way */
            int value; /* what net_inject returned */
        } inject;
        trace_rule_t rule;
        struct {
            const char *reason; /* why it failed; NULL: it was done */
        } kept;
        struct {
            packet_copy_t *before;
        } rewrite;
        struct {
            const char *function, *reason;
        } refused;
        struct {
            const char *function;
            packet_copy_t *built;
        } reply;
        struct {
            int value; /* what net_inject returned */
            const char *reason;
        } fastroute;
    };
} trace_event_t;

/* The packet that an event shows: the filter's own reply, or the packet that it is about.
 * => Returns NULL if it has no packet. The event owns it. */
packet_copy_t *trace_shown(const trace_event_t *event);

/* The text of the rule of a TRACE_FR_FIREWALL, TRACE_FR_CHECKSTATE or TRACE_FR_KNOWNFRAG into
 * text[IPF_RULE_TEXT_MAX]; without a rule the reason.
 * => Returns text; NULL if there is neither. */
const char *trace_rule_text(const trace_event_t *event, char *text);

/* A copy of an event with all it points to.
 * => The caller ends it with trace_event_free(), which takes NULL, too. */
trace_event_t *trace_event_copy(const trace_event_t *event);
void trace_event_free(trace_event_t *event);

typedef void (*trace_sink_t)(void *arg, const trace_event_t *event);

typedef struct trace trace_t;

/* A trace in `memory` that keeps the last `keep` events, for a failure's report.
 * => Returns NULL if there is no memory. The caller ends it with trace_destroy(). */
trace_t *trace_create(memory_t *memory, const vclock_t *clock, size_t keep);
void trace_destroy(trace_t *trace);
void trace_forget(trace_t *trace); /* does not touch stacks and filter, which are gone */

/* Adds a sink for every later event, TRACE_SINKS_MAX at most. */
#define TRACE_SINKS_MAX 8
void trace_add_sink(trace_t *trace, trace_sink_t sink, void *arg);

/* Tells what of the trace is bookkeeping: the number of the last event. */
void trace_bookkeeping(trace_t *trace, memory_bookkeeping_t tell, void *arg);

/* Sets a function that gets each call of a process, whether the trace is watched or not, because
 * the results of calls are part of an outcome. NULL: none. */
typedef void (*trace_call_sink_t)(void *arg, const trace_call_t *call, uint64_t now_us);
void trace_set_call_sink(trace_t *trace, trace_call_sink_t sink, void *arg);

/* Lets `invariants` check every event of stacks and filter as their probes report it, before a
 * trace event is made, whether the trace is watched or not. NULL: none. It must outlive the
 * trace. */
struct invariants;
void trace_set_invariants(trace_t *trace, struct invariants *invariants);

/* Whether there is any sink. If not, the probes of stack and filter are not set, and an event costs
 * nothing: no packet is copied, no rule's text made, no sequence number learned. */
bool trace_is_watched(const trace_t *trace);

/* Connects the trace to a stack and a filter, whose probes it sets once it is watched; both may be
 * NULL. */
void trace_attach(trace_t *trace, ip_stack_t *ips, ipf_stack_t *ifs);

/* Connects it to one more stack, whose events carry `host`; both must outlive the trace, or cause
 * no event after they end. */
#define TRACE_HOSTS_MAX 16
void trace_attach_host(trace_t *trace, ip_stack_t *ips, const char *host);

/* The simulator's own events. `waits` and `waited_us` of *call are filled in from `began_us`, the
 * time at which a call that could wait began; NULL for other calls. */
void trace_call(trace_t *trace, const trace_call_t *call, const uint64_t *began_us);
void trace_note(trace_t *trace, trace_note_kind_t kind, const char *text, int line, int column);

/* Hands the kept events, oldest first, to `sink`. */
void trace_last(const trace_t *trace, trace_sink_t sink, void *arg);

/* How many events there were. */
uint64_t trace_count(const trace_t *trace);

#endif
