/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IP stack of one host: lo0, the path ip_wput_ire -> LOOPBACK_OUT -> ip_wput_local ->
 * LOOPBACK_IN -> ip_fanout_tcp, and TCP (lwIP) at both of its ends.
 *
 * No lwIP type is in this header. Sockets are in socket.h, hooks in hook.h, what a filter may ask
 * for in neti.h.
 */
#ifndef LO0SIM_STACK_IP_STACK_H
#define LO0SIM_STACK_IP_STACK_H

#include "stack/hook.h"
#include "stack/neti.h"
#include "stack/vclock.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ip_stack ip_stack_t;

/* ---- the host ---- */

/* When the SYNs of a connect leave, counted from the call, and when it gives up. Only these timers
 * belong to an era; all others are lwIP's. */
typedef struct syn_schedule {
    const uint64_t *sy_at_us; /* ascending; the first is 0 */
    size_t sy_count;
    uint64_t sy_abort_us; /* ETIMEDOUT */
} syn_schedule_t;

/* A host with lo0 (127.0.0.1) and no hooks. `clock` drives it; `seed` feeds its initial sequence
 * numbers, its ports and its IP identifiers; `schedule` is its connect timer.
 * => Returns NULL if there is no memory.
 * => `clock` and `schedule` stay the caller's and must outlive the stack. The caller ends the
 *    stack with ip_stack_destroy(). */
ip_stack_t *ip_stack_create(vclock_t *clock, uint64_t seed, const syn_schedule_t *schedule);

/* Ends everything without a packet: sockets, endpoints (those in TIME_WAIT too), the queue. Then
 * frees the stack. Every socket of it is gone. */
void ip_stack_destroy(ip_stack_t *ips);

/* Ends everything as ip_stack_destroy() does, but keeps the stack, and compares all that is
 * counted (lwIP's pools and heap, the messages) with what it was when the stack was made.
 * => Returns true if nothing leaked; else false, with what did in buffer[size]. */
bool ip_stack_drain(ip_stack_t *ips, char *buffer, size_t size);

/* The handle of a family, NHF_INET or NHF_INET6, for hooks and filters. The stack owns it. */
net_handle_t ip_stack_net(ip_stack_t *ips, const char *family);

/* Whether `address` (in network order) is one of the host's own: the loopback path. */
bool ip_is_local(const ip_stack_t *ips, struct in_addr address);

/* The next of the host's random numbers: a scenario draws from the same seed. */
uint32_t ip_stack_random(ip_stack_t *ips);

/* Told once, with lwIP's words, when an assertion inside lwIP fails. It must not return. Without
 * one the process aborts. */
void ip_stack_on_panic(void (*panic)(const char *message, const char *file, int line));

/* Counters that say where packets went (ip kstats). */
typedef struct ip_stats {
    uint64_t loopback_packets; /* came through ip_wput_local */
    uint64_t in_discards;      /* malformed, or nothing that is modelled would take it */
    uint64_t out_discards;     /* net_inject found no way out (ipIfStatsOutDiscards) */
    uint64_t resets_sent;      /* by tcp_xmit_listeners_reset */
} ip_stats_t;

const ip_stats_t *ip_stack_stats(const ip_stack_t *ips);

/* ---- what happened: one call for each station that a packet passes ---- */

typedef enum ip_event_kind {
    IP_EV_CONNECT,     /* a connect began: `local`, `remote` */
    IP_EV_CONNECTED,   /* it succeeded */
    IP_EV_ERRNO,       /* an endpoint failed: `error` is what its application will see */
    IP_EV_TIMER,       /* a timer ran out: `text` says which */
    IP_EV_WPUT_IRE,    /* a packet enters ip_wput_ire */
    IP_EV_HOOKS_START, /* an event's hooks are about to see the packet: `event`; `verdict`
                        * is 1 if there are any */
    IP_EV_HOOK,        /* one hook has: `hook`, `verdict` */
    IP_EV_HOOKS_END,   /* they have; no packet if it was eaten */
    IP_EV_WPUT_LOCAL,  /* the packet enters ip_wput_local */
    IP_EV_SNOOP,       /* the packet is where snoop looks */
    IP_EV_FANOUT_TCP,  /* ip_fanout_tcp: `state` of the endpoint, and `text`, what becomes of it */
    IP_EV_RESET,       /* tcp_xmit_listeners_reset answers with this packet */
    IP_EV_DISCARD,     /* the packet ends here: `text` says why */
    IP_EV_NET_INJECT   /* net_inject was called: `phy`, `text` (the route), `error`, `verdict` */
} ip_event_kind_t;

typedef struct ip_endpoint {
    struct in_addr ie_addr; /* network order */
    uint16_t ie_port;       /* host order */
} ip_endpoint_t;

/* All pointers are good only during the call; what a kind does not use is NULL or 0. */
typedef struct ip_event {
    ip_event_kind_t kind;
    const mblk_t *mp;    /* the packet */
    const char *ifname;  /* its interface */
    const char *event;   /* LOOPBACK_OUT, LOOPBACK_IN, ... */
    const char *hook;    /* h_name */
    const char *state;   /* SYN_SENT, LISTEN, ... or NULL: no endpoint */
    const char *text;    /* in words */
    ip_endpoint_t local; /* of the endpoint */
    ip_endpoint_t remote;
    phy_if_t phy;
    int verdict;
    int error; /* errno */
} ip_event_t;

typedef void (*ip_probe_t)(void *arg, const ip_event_t *event);

/* Sets the one probe; NULL for none. It must change nothing. */
void ip_stack_set_probe(ip_stack_t *ips, ip_probe_t probe, void *arg);

#endif
