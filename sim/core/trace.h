/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace: one stream of typed events, in which everything that happened stands. What people
 * read (the timeline), what tests compare (goldens, expect_packets) and what a failure shows (the
 * last events) are made from it, and from nothing else.
 */
#ifndef LO0SIM_SIM_CORE_TRACE_H
#define LO0SIM_SIM_CORE_TRACE_H

#include "filter/ipf.h"
#include "sim/core/isn.h"
#include "stack/ip_stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum trace_station {
    TRACE_CALL,          /* a process made a call, and this is what came of it */
    TRACE_NOTE,          /* the simulator has something to say */
    TRACE_CONNECT,       /* connect began */
    TRACE_CONNECTED,     /* connect succeeded */
    TRACE_ERRNO,         /* an endpoint failed */
    TRACE_TIMER,         /* a timer ran out */
    TRACE_IP_WPUT_IRE,   /* a packet left TCP */
    TRACE_HOOKS_START,   /* an event's hooks are about to see it */
    TRACE_HOOK,          /* a hook has seen it */
    TRACE_HOOKS_END,     /* all have */
    TRACE_IP_WPUT_LOCAL, /* it came to the receiving half */
    TRACE_SNOOP,         /* it came to where snoop looks */
    TRACE_WIRE,          /* it is on the wire; `text`: nobody gets it */
    TRACE_IP_RPUT,       /* it came from the wire */
    TRACE_FANOUT,        /* its endpoint was looked for, by the function `name` */
    TRACE_RESET,         /* the stack answers with a RST of its own */
    TRACE_ICMP,          /* the stack answers with an ICMP message of its own; `name` is who */
    TRACE_FUSION,        /* a connection is fused, or no longer */
    TRACE_DISCARD,       /* it ended */
    TRACE_NET_INJECT,    /* net_inject was asked to send it */
    TRACE_FR_CHECKSTATE, /* the filter knows the connection: `text` is the rule that began it */
    TRACE_FR_KNOWNFRAG,  /* the filter knows the datagram: `text` is the rule that kept it */
    TRACE_FR_ADDSTATE,   /* `keep state`: an entry was made, or, with `text`, could not be */
    TRACE_FR_FIREWALL,   /* the filter's rules decided */
    TRACE_LOG,           /* the filter logged it */
    TRACE_FR_MAKE_RST,   /* the fix: it became the RST */
    TRACE_FR_MAKE_ICMP,  /* the fix: it became the ICMP error */
    TRACE_FR_REFUSED,    /* there is no reply to this packet */
    TRACE_FR_SEND,       /* a reply of its own was built, by the function `name` */
    TRACE_FR_FASTROUTE,  /* what the filter made of net_inject's answer */
} trace_station_t;

/* One event. Strings and bytes are good during the call only, or belong to the copy. What a
 * station does not use is NULL or 0. */
typedef struct trace_event {
    uint64_t time_us;
    uint64_t sequence; /* from 1, without gaps */
    trace_station_t station;
    uint32_t packet; /* the packet's number; a rewrite keeps it */
    const uint8_t *bytes;
    size_t length;
    const uint8_t *before; /* the packet before a rewrite */
    size_t before_length;
    struct packet_base base;        /* makes the packet's seq and ack relative */
    struct packet_base before_base; /* the same for `before` */
    ip_endpoint_t local, remote;
    const char *host;   /* whose stack; NULL: the box' */
    const char *ifname; /* the packet's interface, where it is known */
    const char *name;   /* of the process, of the hook event, of the function */
    const char *hook;   /* of the hook */
    const char *state;  /* of the endpoint */
    const char *text;   /* in words; the rule's text */
    const char *group;  /* the rule's */
    int number;         /* the rule's */
    int verdict;        /* a hook's, net_inject's; the rules': 1 is block */
    int error;
    unsigned phy;
    bool out;        /* the filter's list */
    bool interested; /* HOOKS_START: there are hooks */
    bool changed;    /* HOOK: the packet is not what it was */
    bool waits;      /* CALL: it could wait, and did so for `waited_us` */
    uint64_t waited_us;
} trace_event_t;

/* A copy of an event with all it points to, in one block.
 * => The caller frees it. */
trace_event_t *trace_event_copy(const trace_event_t *event);

typedef void (*trace_sink_t)(void *arg, const trace_event_t *event);

typedef struct trace trace_t;

/* A trace that keeps the last `keep` events, for who asks what happened last.
 * => Returns NULL if there is no memory. The caller ends it with trace_destroy(). */
trace_t *trace_create(const vclock_t *clock, size_t keep);
void trace_destroy(trace_t *trace);

/* Adds who is told of every event from now on. There may be TRACE_SINKS_MAX. */
#define TRACE_SINKS_MAX 8
void trace_add_sink(trace_t *trace, trace_sink_t sink, void *arg);

/* Whether anybody is told. If not, the probes of stack and filter are not set, and an event costs
 * nothing: no packet is copied, no rule's text made, no sequence number learned. */
bool trace_is_watched(const trace_t *trace);

/* Connects the trace to a stack and a filter, whose probes it sets once it is watched; both may be
 * NULL. */
void trace_attach(trace_t *trace, ip_stack_t *ips, ipf_stack_t *ifs);

/* Connects it to one more stack, whose events carry `host`; both must outlive the trace, or be gone
 * without another event. */
#define TRACE_HOSTS_MAX 16
void trace_attach_host(trace_t *trace, ip_stack_t *ips, const char *host);

/* The simulator's own events. `began_us` is when a call began that could wait; NULL for others.
 * `process` and `text` are copied where they are kept. */
void trace_call(trace_t *trace, const char *process, const char *text, const uint64_t *began_us);
void trace_note(trace_t *trace, const char *text);

/* Hands the events that are kept, oldest first, to `sink`. */
void trace_last(const trace_t *trace, trace_sink_t sink, void *arg);

/* How many events there were. */
uint64_t trace_count(const trace_t *trace);

/* The name that a station goes by in the timeline. */
const char *trace_station_name(const trace_event_t *event);

#endif
