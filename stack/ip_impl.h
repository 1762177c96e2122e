/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of stack/ share among themselves: lwIP's types end here.
 */
#ifndef LO0SIM_STACK_IP_IMPL_H
#define LO0SIM_STACK_IP_IMPL_H

#include "stack/ip_stack.h"
#include "stack/socket.h"
#include "stack/wire.h"

#include <string.h>

#include "lwip/netif.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/tcp.h"

#define LO0_IFNAME  "lo0"
#define LO0_IFINDEX 1
#define LO0_MTU     8232 /* IP_LOOPBACK_MTU: 8192 + 40 */

/* An IPv4 packet's header, without options, and TCP's. */
#define IPH_MIN  20
#define TCPH_MIN 20

/* The families' places in the arrays below. */
enum { FAMILY_INET, FAMILY_INET6, FAMILY_COUNT };

/* A packet on its way to lwIP. */
typedef struct sq_entry {
    struct sq_entry *sq_next;
    mblk_t *sq_mp;
} sq_entry_t;

/* Packets that wait for the stack, in order (Solaris: squeue_t). */
typedef struct squeue {
    sq_entry_t *sq_head;
    sq_entry_t **sq_tail;
    vtimer_t sq_drain;
} squeue_t;

struct ip_stack {
    vclock_t *ips_clock;
    const syn_schedule_t *ips_schedule;
    uint8_t *ips_image; /* lwIP's state of this host while another host's is in place */
    uint64_t ips_random;
    uint16_t ips_ident;       /* the next IP identifier */
    uint32_t ips_last_packet; /* the number of the newest packet */
    struct netif ips_lo0;
    squeue_t ips_squeue;
    hook_family_int_t *ips_hooks[FAMILY_COUNT];
    struct net_data ips_net[FAMILY_COUNT];
    ip_probe_t ips_probe;
    void *ips_probe_arg;
    ip_stats_t ips_stats;
    struct sonode *ips_sockets; /* all of them */
    size_t ips_so_count;
    uint64_t ips_next_pcb_id;

    vtimer_t ips_tick;       /* tcp_timer.c: the next tick, if one is needed */
    uint64_t ips_ticks_done; /* ticks that lwIP has had or was told of */
    bool ips_in_tick;
    enum tcp_state ips_fanout_state; /* the state in which the endpoint was when its segment came */

    /* The counters after start-up, for ip_stack_drain(). */
    uint32_t ips_base_mem;
    uint32_t ips_base_memp;
    size_t ips_base_mblk;
};

/* ---- ip_stack.c ---- */

/* Puts the host's lwIP state in place, and says that we are done with it. Calls nest. */
void stack_enter(ip_stack_t *ips);
void stack_leave(ip_stack_t *ips);

/* The host whose lwIP state is in place. */
ip_stack_t *stack_entered(void);

/* ---- lwip_image.c: the sections in which lwIP's mutable state lies ---- */

size_t lwip_image_size(void);
void lwip_image_save(uint8_t *image);
void lwip_image_load(const uint8_t *image);

/* ---- the path ---- */

/* The output function of lo0: takes `mp`. */
void ip_wput_ire(ip_stack_t *ips, mblk_t *mp);

/* netif->output for lwIP: copies the segment, writes its identifier, and calls ip_wput_ire(). */
err_t lo0_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address);

/* The receiving half of the loopback path: takes `mp`. */
void ip_wput_local(ip_stack_t *ips, mblk_t *mp);

/* Runs an event's hooks over a packet, if anybody is interested (Solaris: the macro FW_HOOKS).
 * => Returns the packet, perhaps another one; NULL if it was eaten.
 * => Takes `mp` when it returns NULL; else what it returns is the caller's. */
mblk_t *fw_hooks(ip_stack_t *ips, const char *event, phy_if_t in, phy_if_t out, mblk_t *mp);

/* Finds the endpoint for a TCP packet and hands it to lwIP: takes `mp`. */
void ip_fanout_tcp(ip_stack_t *ips, mblk_t *mp);

/* Answers a segment that has no endpoint, if it is to be answered: takes `mp`. */
void tcp_xmit_listeners_reset(ip_stack_t *ips, mblk_t *mp);

/* squeue.c: queues a packet for ip_fanout_tcp(): takes `mp`. */
void squeue_init(ip_stack_t *ips);
void squeue_enter(ip_stack_t *ips, mblk_t *mp);
void squeue_flush(ip_stack_t *ips);

/* net_inject.c */
extern const net_protocol_t ip_net_protocols[FAMILY_COUNT];

/* ---- tcp_timer.c: lwIP's timers ---- */

/* Sees to it that lwIP's ticks run while an endpoint needs them. */
void tcp_timer_arm(ip_stack_t *ips);

/* Tells lwIP of the ticks that were skipped while it needed none. */
void tcp_timer_catch_up(ip_stack_t *ips);

/* ---- sockets ---- */

/* What a connection or a listener is. */
struct sonode {
    ip_stack_t *so_stack;
    struct sonode *so_next, **so_link; /* in ips_sockets */
    struct tcp_pcb *so_pcb;            /* NULL once lwIP has freed it */
    ip_endpoint_t so_local, so_remote;
    bool so_listener;
    bool so_connecting;
    bool so_cantsendmore; /* SS_CANTSENDMORE */
    bool so_cantrcvmore;  /* SS_CANTRCVMORE: the end of the stream is behind what is buffered */
    int so_error;         /* pending: reported once */
    int so_connect_errno; /* why the connect failed */
    uint8_t *so_rcvbuf;
    size_t so_rcvlen, so_rcvsize;

    /* A connect in progress. */
    uint64_t so_started_us;
    size_t so_syns;
    int16_t so_rto; /* lwIP's own, for when it is connected */
    vtimer_t so_syn_timer, so_abort_timer;

    /* A listener's queue of connections that wait to be accepted; its length. */
    struct sonode *so_acceptq, *so_acceptq_next, *so_acceptor;

    so_notify_t so_notify;
    void *so_notify_arg;
    vtimer_t so_notify_timer;
};

sonode_t *so_create(ip_stack_t *ips);
void so_free(sonode_t *so);
void so_attach(sonode_t *so, struct tcp_pcb *pcb);
void so_detach(sonode_t *so);
void so_changed(sonode_t *so);
void so_fail(sonode_t *so, int error);
void so_connect_done(sonode_t *so, int error);

/* The address in an lwIP address, which is IPv4. */
static inline struct in_addr to_in_addr(const ip_addr_t *address)
{
    return (struct in_addr){.s_addr = ip4_addr_get_u32(ip_2_ip4(address))};
}

/* Whether anybody looks; then an event is worth filling in. */
static inline bool ip_probed(const ip_stack_t *ips)
{
    return ips->ips_probe != NULL;
}

static inline void ip_emit(ip_stack_t *ips, const ip_event_t *event)
{
    if (ips->ips_probe != NULL)
        ips->ips_probe(ips->ips_probe_arg, event);
}

/* Ends a packet and says why. */
void ip_discard(ip_stack_t *ips, mblk_t *mp, const char *why);

#endif
