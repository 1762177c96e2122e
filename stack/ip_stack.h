/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The IP stack of one host: its interfaces, the path ip_wput_ire -> LOOPBACK_OUT -> ip_wput_local
 * -> LOOPBACK_IN -> ip_fanout_tcp, and TCP and UDP (lwIP) at both of its ends.
 *
 * No lwIP type is in this header. Sockets are in socket.h, hooks in hook.h, what a filter can
 * call in neti.h, the wire between hosts in link.h.
 */
#ifndef LO0SIM_STACK_IP_STACK_H
#define LO0SIM_STACK_IP_STACK_H

#include "stack/hook.h"
#include "stack/ip_address.h"
#include "stack/neti.h"
#include "stack/vclock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ip_stack ip_stack_t;

/* ---- builds: what one stack does differently from another ---- */

/* When SYNs or SYN|ACKs are sent, counted from the first one, and when TCP gives up. */
typedef struct syn_schedule {
    const uint64_t *sy_at_us; /* ascending; the first is 0 */
    size_t sy_count;
    uint64_t sy_abort_us; /* ETIMEDOUT */
} syn_schedule_t;

/* TCP's times beyond SYN and SYN|ACK. Solaris: tcp_param_arr, tcp_tunables.c. */
typedef struct tcp_times {
    uint64_t tt_rto_first_us; /* the retransmission timer before a round trip was measured */
    uint64_t tt_rto_min_us, tt_rto_max_us;
    uint64_t tt_abort_us;      /* after so long without an ACK the connection ends: ETIMEDOUT */
    uint64_t tt_orphan_us;     /* the same where its socket is closed */
    uint64_t tt_ack_us;        /* a delayed ACK */
    uint64_t tt_ack_local_us;  /* on one's own host */
    uint64_t tt_fin_wait_2_us; /* FIN_WAIT_2 of a closed socket */
    uint64_t tt_time_wait_us;
    uint64_t tt_keep_idle_us;     /* keepalive: before the first probe */
    uint64_t tt_keep_interval_us; /* between two; 0: the retransmission timer, which doubles */
    uint64_t tt_keep_count;       /* how many without an answer end it */
    uint64_t tt_keep_abort_us;    /* if the interval is 0: how long after the first it ends */
} tcp_times_t;

/* Where snoop looks at a loopback packet. */
typedef enum ip_snoop_place {
    IP_SNOOP_AFTER_IN, /* in ip_wput_local, after the LOOPBACK_IN hooks */
    IP_SNOOP_BETWEEN   /* after LOOPBACK_OUT, before LOOPBACK_IN */
} ip_snoop_place_t;

/* What becomes of the error that a hook returned (FW_HOOKS). */
typedef enum ip_hook_error {
    IP_HOOK_ERROR_LOST, /* FW_HOOKS discards it: the sender never sees it */
    IP_HOOK_ERROR_ULP,  /* it goes up to the transport: UDP's send returns it, TCP ignores it */
    IP_HOOK_ERROR_EPERM /* a packet eaten on its way out: UDP's send returns EPERM */
} ip_hook_error_t;

/* Whether established loopback connections hand data over without IP (tcp_fusion.c). */
typedef enum ip_fusion {
    IP_FUSION_NONE,
    IP_FUSION_BYPASS, /* the hooks see nothing of fused data */
    IP_FUSION_COPY    /* they see a copy; dropping it un-fuses */
} ip_fusion_t;

/* Solaris' of the post's time. */
extern const tcp_times_t tcp_times_solaris;

typedef struct ip_build {
    syn_schedule_t ib_syns;
    const syn_schedule_t *ib_syn_acks; /* NULL: as for SYNs */
    const tcp_times_t *ib_times;       /* NULL: tcp_times_solaris */
    ip_snoop_place_t ib_snoop;
    ip_hook_error_t ib_hook_error;
    ip_fusion_t ib_fusion;
    bool ib_snoop_unfuses;    /* an open snoop un-fuses connections */
    bool ib_inject_local;     /* net_inject() reaches the host's own addresses, without hooks */
    bool ib_nested_delivery;  /* CR 6847298: delivery was a recursion; its depth is reported */
    uint32_t ib_resets_per_s; /* of the stack's own RSTs; 0: no limit */
    uint32_t ib_icmp_burst;   /* of the stack's own ICMP errors, in 100 ms; 0: no limit */
    uint32_t ib_icmp_quote;   /* bytes of the packet that they quote, after its IP header */
    uint8_t ib_icmp_ttl;      /* of its own ICMP messages, and of what datagram sockets send */
    bool ib_quick_ack;        /* Linux' rules of when data is acknowledged; else Solaris' */
    bool ib_linux_sockets;    /* what calls return where Linux and Solaris differ */
    bool ib_linux_errnos;     /* of ICMP errors: which code is which errno, when a connect learns of
                               * one,     and their IP header: Linux', not Solaris' */
} ip_build_t;

/* ---- the host ---- */

/* A host with lo0 (127.0.0.1, ::1) and no hooks. `clock` drives it, and it is made of the clock's
 * memory; `seed` feeds its initial sequence numbers, its ports and its IP identifiers.
 * => Returns NULL, and errno says why: ENOMEM, or EINVAL for a build whose SYN schedule is empty,
 *    does not begin at 0, does not ascend, or is longer than its connect timer.
 * => `clock` and `build` stay the caller's and must outlive the stack. The caller ends the stack
 *    with ip_stack_destroy(). */
ip_stack_t *ip_stack_create(vclock_t *clock, uint64_t seed, const ip_build_t *build);

/* Changes the build from now on; `build` must outlive the stack.
 * => Returns 0, or EINVAL as ip_stack_create() does: then the build stays as it was. */
int ip_stack_set_build(ip_stack_t *ips, const ip_build_t *build);

/* Whether a hook's ECONNREFUSED is returned by the connect() or send() whose packet it ate: the
 * first solution that the post considers and rejects. Off at first. */
void ip_stack_set_verdict_returns(ip_stack_t *ips, bool on);

/* Whether fusion is on (do_tcp_fusion); at first it is, in builds that have it. */
void ip_stack_set_fusion(ip_stack_t *ips, bool on);

/* A listener gets each connection `us` after it was made, as if its server were slow to accept; 0
 * at first. */
void ip_stack_set_accept_delay(ip_stack_t *ips, uint64_t us);

/* Opens or closes Solaris' observer (snoop): some builds un-fuse connections while it is open. */
void ip_stack_set_snoop(ip_stack_t *ips, bool open);

/* Adds a physical interface with an IPv4 and an IPv6 address, and their prefixes in bits. Its
 * index is the next free one; lo0 is 1.
 * => Returns 0; EEXIST if the name is taken, ENOSPC if no interface is left, EINVAL for a name that
 *    is too long. */
int ip_stack_plumb(ip_stack_t *ips, const char *name, const in6_addr_t *v4, unsigned v4_bits,
                   const in6_addr_t *v6, unsigned v6_bits);

/* Ends everything without sending a packet: sockets, endpoints (those in TIME_WAIT, too), the
 * queue. Then frees the stack. None of its sockets can be used any more. */
void ip_stack_destroy(ip_stack_t *ips);

/* Forgets all hosts, whatever they were doing, once their memory is gone or was put back. */
void ip_stack_abandon(void);

/* What the hosts share outside of their memory: lwIP's variables, and whose they are. A copy of
 * hosts that are in the middle of something is whole only with these bytes. */
size_t ip_stack_shared_size(void);
void ip_stack_shared_save(uint8_t *to);
void ip_stack_shared_restore(const uint8_t *from);

/* Ends everything as ip_stack_destroy() does, but keeps the stack. */
void ip_stack_stop(ip_stack_t *ips);

/* Stops the stack, and compares the counts of lwIP's pools and heap and of the messages with those
 * at the stack's start. Messages are counted for all hosts together: with several hosts, stop all
 * before the first is drained.
 * => Returns true if nothing leaked; otherwise false, and names the leak in buffer[size]. */
bool ip_stack_drain(ip_stack_t *ips, char *buffer, size_t size);

/* The handle of a family, NHF_INET or NHF_INET6, for hooks and filters. The stack owns it. */
net_handle_t ip_stack_net(ip_stack_t *ips, const char *family);

/* Whether `address` is one of the host's own, so that packets to it take the loopback path. */
bool ip_is_local(ip_stack_t *ips, const in6_addr_t *address);

/* The host's own address from which a packet to `remote` is sent.
 * => Returns false if there is no route to it. */
bool ip_source_for(ip_stack_t *ips, const in6_addr_t *remote, in6_addr_t *source);

/* The next of the host's random numbers, so that a scenario draws from the same seed. */
uint32_t ip_stack_random(ip_stack_t *ips);

/* Sets what is called, with lwIP's message, when an assertion inside lwIP fails. It must not
 * return. Without it the process aborts. */
void ip_stack_on_panic(void (*panic)(void *arg, const char *message, const char *file, int line),
                       void *arg);

/* Where a packet can be put into the path. */
typedef enum ip_station {
    IP_STATION_WPUT_IRE,     /* before the hooks on the way out, as the host's transport sends */
    IP_STATION_WPUT_LOCAL,   /* after LOOPBACK_OUT, before LOOPBACK_IN */
    IP_STATION_DELIVER,      /* after LOOPBACK_IN */
    IP_STATION_XMIT,         /* after PHYSICAL_OUT, onto the wire */
    IP_STATION_RPUT,         /* as it comes from the wire, before PHYSICAL_IN */
    IP_STATION_DELIVER_WIRE, /* after PHYSICAL_IN */
} ip_station_t;

/* Puts any packet there, even a malformed one.
 * => Returns 0, and takes `mp`; EADDRNOTAVAIL if no interface there leads to its destination: `mp`
 *    is still the caller's. */
int ip_inject(ip_stack_t *ips, ip_station_t station, mblk_t *mp);

/* Counters that say where packets went (ip kstats). */
typedef struct ip_stats {
    uint64_t loopback_packets;  /* came through ip_wput_local */
    uint64_t in_discards;       /* malformed, or nothing here accepts it */
    uint64_t out_discards;      /* net_inject found no way out (ipIfStatsOutDiscards) */
    uint64_t resets_sent;       /* by tcp_xmit_listeners_reset */
    uint64_t resets_limited;    /* not sent: over the limit */
    uint64_t icmp_sent;         /* the stack's own ICMP errors */
    uint64_t icmp_limited;      /* not sent: over the limit */
    uint64_t icmp_cksum_errors; /* icmpInCksumErrs */
    uint64_t fused_bytes;       /* handed over without IP */
    uint64_t depth_max;         /* of nested delivery, in builds that have it */
    uint64_t accepts_delayed;   /* connections that can be accepted later: the accept delay */
} ip_stats_t;

const ip_stats_t *ip_stack_stats(const ip_stack_t *ips);

/* Calls each(arg, mp) for each packet that waits in a host to go on, between two events, but for
 * fragments and what is on a wire.
 * => Returns how many there are. */
size_t ip_stack_each_packet(const ip_stack_t *ips, void (*each)(void *arg, const mblk_t *mp),
                            void *arg);

/* Tells what of a host is bookkeeping: its counters, lwIP's, and those of its hooks. */
void ip_stack_bookkeeping(ip_stack_t *ips, memory_bookkeeping_t tell, void *arg);

/* ---- faults ---- */

/* Where a packet can suffer one. */
typedef enum ip_place {
    IP_AT_LOOPBACK_OUT, /* in ip_wput_ire, before the LOOPBACK_OUT hooks */
    IP_AT_LOOPBACK_IN,  /* in ip_wput_local, before the LOOPBACK_IN hooks */
    IP_AT_PHYSICAL_OUT, /* in ip_wput_ire, before the PHYSICAL_OUT hooks */
    IP_AT_WIRE,         /* after them, on the sender's end of the wire */
    IP_AT_PHYSICAL_IN,  /* in ip_rput, before the PHYSICAL_IN hooks */
    IP_AT_FANOUT,       /* after all hooks, before it is queued for its endpoint */
    IP_PLACES
} ip_place_t;

typedef enum ip_fault_what {
    IP_FAULT_NONE,
    IP_FAULT_DROP,
    IP_FAULT_DUPLICATE, /* a copy, with a number of its own, goes the same way later */
    IP_FAULT_DELAY,
    IP_FAULT_REORDER, /* it follows the next packet that passes the place, or goes on after
                       * IP_REORDER_US */
    IP_FAULT_CORRUPT, /* it has been changed */
    IP_FAULT_COPY,    /* only in events: the copy sets out */
    IP_FAULT_GOES_ON  /* only in events: a packet that was held back goes on */
} ip_fault_what_t;

#define IP_REORDER_US 1000000

typedef struct ip_fault {
    ip_fault_what_t if_what;
    uint64_t if_delay_us; /* of a copy, and of DELAY */
} ip_fault_t;

/* Called with each packet at each place. The host is entered, so it may not send. To corrupt, it
 * changes the bytes in place, or replaces *mp, whose old packet it then frees.
 * => Returns what the packet suffers. */
typedef ip_fault_t (*ip_fault_func_t)(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp);

/* Whether there are hooks between a place and the place before it on a packet's way. */
bool ip_stack_had_hooks(const ip_stack_t *ips, ip_place_t place, const mblk_t *mp);

/* Sets the function that is asked; NULL removes it. Packets that are held back already stay so. */
void ip_stack_set_fault(ip_stack_t *ips, ip_fault_func_t func, void *arg);

/* ---- what happened: one call for each station that a packet passes ---- */

typedef enum ip_event_kind {
    IP_EV_CONNECT,     /* a connect began: `local`, `remote` */
    IP_EV_CONNECTED,   /* it succeeded */
    IP_EV_ERRNO,       /* an endpoint failed: `error` is what its application will see */
    IP_EV_TIMER,       /* a timer ran out: `timer`; `local`, `remote` if it is a connect's */
    IP_EV_WPUT_IRE,    /* a packet enters ip_wput_ire; `is_copy`: of fused data, for the hooks */
    IP_EV_HOOKS_START, /* an event's hooks are about to see the packet: `event`, `interested` */
    IP_EV_HOOK,        /* one hook has seen it: `hook`, `verdict` */
    IP_EV_HOOKS_END,   /* all hooks have; no packet if it was eaten: `verdict` is what a hook
                        * returned, `fate` what becomes of that */
    IP_EV_WPUT_LOCAL,  /* the packet enters ip_wput_local: `depth` */
    IP_EV_SNOOP,       /* the packet is where snoop looks */
    IP_EV_WIRE,        /* the packet is on the wire: `wire` */
    IP_EV_RPUT,        /* a packet came from the wire: ip_rput */
    IP_EV_FANOUT,      /* `event` is the fan-out's name: `state` of the endpoint, `reason`: why it
                        * is not simply delivered; `answered` */
    IP_EV_RESET,       /* tcp_xmit_listeners_reset answers with this packet */
    IP_EV_ICMP,    /* the stack answers with this ICMP message: `icmp`; `event` is the function */
    IP_EV_DISCARD, /* the packet ends here: `reason` */
    IP_EV_NET_INJECT, /* net_inject was called: `event` is the style, `phy`, `route`, `error`, and
                       * `verdict`, what it returns */
    IP_EV_FUSION,     /* `fused` says what; `event` is the function, `reason` why it ended */
    IP_EV_FAULT       /* the packet suffers `fault` at `place`; the packet is as it is afterwards */
} ip_event_kind_t;

typedef enum ip_timer {
    IP_TIMER_SYN,       /* a SYN is sent again */
    IP_TIMER_CONNECT,   /* the connect gives up */
    IP_TIMER_REXMIT,    /* SYN|ACK, data or FIN are sent again */
    IP_TIMER_PROBE,     /* the peer's window is closed: a probe */
    IP_TIMER_ACK,       /* a delayed ACK is sent */
    IP_TIMER_KEEPALIVE, /* an idle connection: a probe */
    IP_TIMER_ABORT,     /* the connection had no answer for too long, and ends */
    IP_TIMER_FIN_WAIT_2 /* the peer of a closed socket sent no FIN: it ends */
} ip_timer_t;

/* What happens to the value that a hook returned. */
typedef enum ip_hook_fate {
    IP_HOOK_FATE_NONE,      /* 0: nothing was eaten */
    IP_HOOK_FATE_LOST,      /* FW_HOOKS discards it */
    IP_HOOK_FATE_CALLER,    /* it goes back to the call that sent the packet */
    IP_HOOK_FATE_TRANSPORT, /* it goes up to the transport */
    IP_HOOK_FATE_EPERM,     /* UDP's send returns EPERM */
    IP_HOOK_FATE_ENDS       /* it ends here, on the packet's way in */
} ip_hook_fate_t;

typedef enum ip_wire {
    IP_WIRE_SENT,
    IP_WIRE_NO_LINK,  /* the interface has no wire */
    IP_WIRE_NO_HOST,  /* no host on it has the packet's destination */
    IP_WIRE_NO_MEMORY /* no room for it on its way */
} ip_wire_t;

/* The ICMP message that answers a packet. */
typedef enum ip_icmp {
    IP_ICMP_ECHO_REPLY,
    IP_ICMP_PORT_UNREACHABLE,
    IP_ICMP_HOST_UNREACHABLE,
    IP_ICMP_REASSEMBLY_TIME_EXCEEDED
} ip_icmp_t;

/* Where net_inject() would send to. */
typedef enum ip_route {
    IP_ROUTE_NONE,      /* no route */
    IP_ROUTE_LOOPBACK,  /* IRE_LOOPBACK */
    IP_ROUTE_LOCAL,     /* IRE_LOCAL */
    IP_ROUTE_INTERFACE, /* IRE_INTERFACE */
    IP_ROUTE_QUEUED,    /* it is queued: not looked up */
    IP_ROUTE_NO_INPUT,  /* NI_QUEUE_IN: nothing is received on this interface */
    IP_ROUTE_NO_STYLE   /* there is no such style */
} ip_route_t;

typedef enum ip_fused {
    IP_FUSED,      /* a connection is fused */
    IP_UNFUSED,    /* it is not fused any more: `reason` */
    IP_HANDED_OVER /* data went past IP */
} ip_fused_t;

typedef struct ip_endpoint {
    in6_addr_t ie_addr;
    uint16_t ie_port; /* host order */
} ip_endpoint_t;

static inline bool ip_endpoint_same(const ip_endpoint_t *a, const ip_endpoint_t *b)
{
    return a->ie_port == b->ie_port && ip_address_same(&a->ie_addr, &b->ie_addr);
}

/* All pointers are valid only during the call; members that a kind does not use are NULL or 0. */
typedef struct ip_event {
    ip_event_kind_t kind;
    const mblk_t *mp;    /* the packet */
    uint32_t packet;     /* its number, if it can be gone: HOOK, HOOKS_END, WIRE */
    const char *ifname;  /* its interface */
    const char *event;   /* LOOPBACK_OUT, LOOPBACK_IN, ...; a style, a function */
    const char *hook;    /* h_name */
    const char *state;   /* SYN_SENT, LISTEN, ... or NULL: no endpoint */
    const char *reason;  /* in words, for people: never compared */
    ip_endpoint_t local; /* of the endpoint */
    ip_endpoint_t remote;
    phy_if_t phy;
    int verdict;
    int error;      /* errno */
    unsigned depth; /* of a nested delivery, from 1; 0 in builds without it */
    ip_timer_t timer;
    ip_hook_fate_t fate;
    ip_wire_t wire;
    ip_icmp_t icmp;
    ip_route_t route;
    ip_fused_t fused;
    ip_place_t place;
    ip_fault_t fault;
    bool interested; /* there are hooks */
    bool is_copy;
    bool answered; /* a packet of the stack's own follows */
} ip_event_t;

typedef void (*ip_probe_t)(void *arg, const ip_event_t *event);

/* Sets the one probe; NULL removes it. It must change nothing. */
void ip_stack_set_probe(ip_stack_t *ips, ip_probe_t probe, void *arg);

/* Whether the probe is told of stations that a packet only passes, too: WPUT_LOCAL and SNOOP. At
 * first it is. */
void ip_stack_tell_passing(ip_stack_t *ips, bool on);

/* The version of the lwIP inside: "2.1.3". */
const char *ip_stack_lwip_version(void);

#endif
