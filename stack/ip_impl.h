/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A host, for the files of stack/: its state, its interfaces, and how it is entered. lwIP's types
 * appear no further than in the headers that include this one. */
#ifndef LO0SIM_STACK_IP_IMPL_H
#define LO0SIM_STACK_IP_IMPL_H

#include "stack/ip_header.h"
#include "stack/ip_stack.h"
#include "stack/link.h"
#include "stack/socket.h"
#include "stack/wire.h"

#include <errno.h>
#include <string.h>

#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"
#include "lwip/udp.h"

#define LO0_IFNAME  "lo0"
#define LO0_IFINDEX 1

#define ILL_NAME_MAX 16
#define ILL_MAX      4

/* The families' places in the arrays below. */
enum { FAMILY_INET, FAMILY_INET6, FAMILY_COUNT };

/* An interface (Solaris: ill_t). */
typedef struct ill {
    char ill_name[ILL_NAME_MAX];
    phy_if_t ill_index; /* from 1; 1 is lo0 */
    in6_addr_t ill_address[FAMILY_COUNT];
    unsigned ill_bits[FAMILY_COUNT]; /* lengths of the prefixes */
    struct netif ill_netif;
    link_t *ill_link; /* the wire, or NULL */
} ill_t;

/* A packet on its way to its endpoint, and the interface that it is received on. */
typedef struct sq_entry {
    mblk_t *sq_mp;
    ip_header_t sq_iph;
    ill_t *sq_ill;
    unsigned sq_depth; /* how deeply its delivery is nested, in builds that nested it */
} sq_entry_t;

/* Functions that take a packet on an interface: before and after its header is read. */
typedef void (*ip_recv_t)(struct ip_stack *ips, ill_t *ill, mblk_t *mp);
typedef void (*ip_fanout_t)(struct ip_stack *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Packets that wait for the stack, in order (Solaris: squeue_t). */
typedef struct squeue {
    ip_fanout_t sq_func; /* takes each packet */
    sq_entry_t *sq_ring; /* sq_size entries: 0 or a power of 2 */
    size_t sq_size, sq_first, sq_count;
    vtimer_t sq_drain;
} squeue_t;

/* The data of a connection's ext_args. */
enum {
    PCB_SO,
    PCB_SELF,
    PCB_PREV,
    PCB_NEXT,
    PCB_BY_ENDS,
    PCB_BY_PORT,
    PCB_BY_PORT_PREV,
    PCB_PORT,
    PCB_UNSENT_ACKS,
    PCB_OPTIONS,
    PCB_TCP,
    PCB_WINDOW,
    PCB_ARGS
};
_Static_assert(PCB_ARGS == LWIP_TCP_PCB_NUM_EXT_ARGS, "lwipopts.h");

#define PCB_BUCKETS      512
#define TOUCHED_MAX      4
#define ANON_PORT_LOWEST 32768 /* tcp_smallest_anon_port */

/* A limit on what the stack sends by itself, per window of time. */
typedef struct ip_limit {
    uint64_t il_window; /* the window that is being counted */
    uint32_t il_count;
} ip_limit_t;

typedef struct later later_t;
typedef struct tcp tcp_t;
typedef struct ip_reass ip_reass_t;
typedef struct ip_held ip_held_t;

/* The hook events at which packets pass, in ips_events. */
typedef enum ip_hook_event {
    IP_LOOPBACK_OUT,
    IP_LOOPBACK_IN,
    IP_PHYSICAL_OUT,
    IP_PHYSICAL_IN,
    IP_EVENT_COUNT
} ip_hook_event_t;

struct ip_stack {
    vclock_t *ips_clock;
    memory_t *ips_memory; /* the clock's */
    const ip_build_t *ips_build;
    bool ips_verdict_returns;
    bool ips_fusion_off;
    uint64_t ips_accept_delay_us;
    bool ips_snoop_open;
    uint8_t *ips_image; /* lwIP's state of this host while another host's is in place */
    uint64_t ips_random;
    uint16_t ips_ident;       /* the next IP identifier */
    uint32_t ips_last_packet; /* the number of the newest packet */
    uint32_t ips_injected;    /* how many packets ip_inject() has put into the path */
    ill_t ips_ills[ILL_MAX];  /* the first is lo0 */
    size_t ips_ill_count;
    const ill_t *ips_hook_ill; /* the interface whose hooks are running */
    uint32_t ips_hook_packet;  /* the number of the packet that they see */
    int ips_send_error;        /* what a hook returned for the packet that is being sent */
    unsigned ips_depth;        /* how deeply ip_wput_local is nested */
    ip_limit_t ips_reset_limit, ips_icmp_limit;
    squeue_t ips_squeue;
    later_t *ips_injects;  /* what net_inject() has queued, and what waits for a neighbour */
    ip_reass_t *ips_reass; /* datagrams of which some fragments are there */
    size_t ips_reass_count;
    /* Takes the first fragment of a datagram whose time is over. */
    void (*ips_reass_over)(struct ip_stack *ips, mblk_t *mp, const ip_header_t *iph);
    in6_addr_t ips_sought; /* ip_neighbour.c: which neighbour is being asked for, and until when */
    uint64_t ips_sought_until_us;
    void (*ips_not_found)(struct ip_stack *ips, mblk_t *mp, const ip_header_t *iph);
    ip_fault_func_t ips_fault;
    void *ips_fault_arg;
    ip_held_t *ips_held; /* what faults hold back */
    hook_family_int_t *ips_hooks[FAMILY_COUNT];
    hook_event_token_t ips_events[FAMILY_COUNT][IP_EVENT_COUNT];
    struct net_data ips_net[FAMILY_COUNT];
    ip_probe_t ips_probe;
    void *ips_probe_arg;
    bool ips_passing_untold; /* ip_stack_tell_passing() is off */
    ip_stats_t ips_stats;
    struct sonode *ips_sockets; /* all sockets */
    size_t ips_so_count;
    uint64_t ips_next_pcb_id;
    uint64_t ips_ports_tried; /* since so_take_ports_tried() */
    bool ips_ports_full[2];   /* UDP, TCP: no anonymous port is free, until one is given back */

    /* tcp_lists.c: connections by their ends, and by their own port; each has ips_pcb_chains
     * chains, a power of two. Both are in one block, ips_few_chains at first. Also all active ones
     * in lwIP's order. */
    struct tcp_pcb **ips_by_ends, **ips_by_port;
    size_t ips_pcb_chains, ips_pcb_count;
    struct tcp_pcb *ips_few_chains[2 * PCB_BUCKETS];
    struct tcp_pcb *ips_first_pcb;
    struct tcp_pcb *ips_delivered; /* lwIP has a segment of it now; NULL once freed */
    bool ips_hidden;
    struct tcp_pcb *ips_hidden_active;

    /* sonode.c: the sockets by their own port, in ips_so_chains chains, a power of two. */
    struct sonode **ips_so_by_port; /* ips_few_so_chains at first */
    size_t ips_so_chains;
    struct sonode *ips_few_so_chains[PCB_BUCKETS];

    /* tcp_timer.c: the connections that lwIP has worked on since the host was entered, or all. */
    struct tcp_pcb *ips_touched[TOUCHED_MAX];
    size_t ips_touched_count;
    bool ips_all_touched;
    vtimer_t ips_look_again; /* there was no memory for timers */
    tcp_t *ips_running;      /* the connection whose timers run; NULL once it is freed */
    bool ips_timed_out;      /* an endpoint ends without an answer */

    /* tcp_time_wait.c: the queue, and the timer of its first. */
    tcp_t *ips_tw_first, *ips_tw_last;
    vtimer_t ips_tw_timer;
    uint32_t ips_iss; /* tcps_iss_incr_extra, from a random number on */
    bool ips_has_iss;
    bool ips_is_muted;               /* what lwIP sends goes nowhere */
    enum tcp_state ips_fanout_state; /* the state in which the endpoint was when its segment came */

    /* The counters after start-up, for ip_stack_drain(). */
    uint32_t ips_base_mem;
    uint32_t ips_base_memp;
    size_t ips_base_messages;
};

/* ---- stack_enter.c ---- */

/* Puts the host's lwIP state in place, and releases it. Calls nest. */
void stack_enter(ip_stack_t *ips);
void stack_leave(ip_stack_t *ips);

/* ---- lwip_image.c: which host's state is lwIP's ---- */

/* An image of lwIP as it is linked, before lwip_init(): a host begins with it.
 * => Returns NULL if there is no memory. The caller frees it. */
uint8_t *lwip_image_create(memory_t *memory);

/* Puts a host's image in place: stack_enter() without timers. Calls for one host nest.
 * => Returns whether this is the outermost call. */
bool lwip_enter(ip_stack_t *ips);
void lwip_leave(void);

/* Whether the next lwip_leave() is the outermost. */
bool lwip_is_entered_once(void);

/* Whether a host is entered. */
bool lwip_is_entered(void);

/* The host whose state is in place, or NULL. */
ip_stack_t *stack_entered(void);

/* Where a host has one of lwIP's variables: in place, or in its image. */
void *lwip_variable_of(ip_stack_t *ips, void *variable);

/* The host ends. If its state is in place, that belongs to no host from now on. */
void lwip_forget(const ip_stack_t *ips);

/* ---- ill.c, ire.c: interfaces and routes ---- */

/* lo0, with its addresses. */
void ill_add_lo0(ip_stack_t *ips);

/* The interface that owns one of the host's addresses; NULL if the address is not the host's.
 * (ire_to_ill of an IRE_LOOPBACK or IRE_LOCAL) */
ill_t *ill_of_local(ip_stack_t *ips, const in6_addr_t *address);

/* The interface whose wire leads to an address; NULL if there is no route to it. */
ill_t *ill_of_onlink(ip_stack_t *ips, const in6_addr_t *address);

/* The interface with an index, or NULL. */
ill_t *ill_lookup(ip_stack_t *ips, phy_if_t index);

/* ---- small things ---- */

/* Converts addresses to lwIP's and back; lwIP's "any of both families" is `::`. */
static inline ip_addr_t to_lwip(const in6_addr_t *address)
{
    ip_addr_t ip = {0};
    if (ip_address_family(address) == AF_INET) {
        IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V4);
        memcpy(&ip_2_ip4(&ip)->addr, address->s6_addr + 12, 4);
    } else {
        IP_SET_TYPE_VAL(ip, IPADDR_TYPE_V6);
        memcpy(ip_2_ip6(&ip)->addr, address->s6_addr, 16);
    }
    return ip;
}

static inline in6_addr_t from_lwip(const ip_addr_t *ip)
{
    if (IP_IS_V4(ip))
        return ip_address_get(AF_INET, (const uint8_t *)&ip_2_ip4(ip)->addr);
    return ip_address_get(AF_INET6, (const uint8_t *)ip_2_ip6(ip)->addr);
}

/* The verdict that TCP's call returns, if verdicts are returned; else 0. In every build TCP ignores
 * any other value that a hook returned. */
static inline int ip_verdict(const ip_stack_t *ips)
{
    bool refused = ips->ips_verdict_returns && ips->ips_send_error == ECONNREFUSED;
    return refused ? ECONNREFUSED : 0;
}

/* Whether there is a probe; only then an event is filled in. */
static inline bool ip_probed(const ip_stack_t *ips)
{
    return ips->ips_probe != NULL;
}

/* Of a function that is called rarely, or only if there is a probe: it is kept out of its caller,
 * which is shorter without it. */
#define IP_RARE __attribute__((noinline))

/* Reports an event to the probe; without a probe the event is not even filled in. */
#define ip_emit(ips, ...)                                                                          \
    do {                                                                                           \
        if (ip_probed(ips))                                                                        \
            (ips)->ips_probe((ips)->ips_probe_arg, (__VA_ARGS__));                                 \
    } while (0)

/* Reports that something is lost or does not happen for want of memory. */
static inline void ip_tell_no_memory(const ip_stack_t *ips)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD, .reason = "no memory"});
}

#endif
