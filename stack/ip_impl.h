/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of stack/ share with each other. lwIP's types appear no further than here.
 */
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
    PCB_REUSE,
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

/* ---- the path ---- */

/* A packet leaves the host's transport: takes `mp`. It takes the loopback path to one of the host's
 * own addresses, and the wire to any other address.
 * => Sets ips_send_error to what the hooks' verdict means for a caller that is sending. */
void ip_wput_ire(ip_stack_t *ips, mblk_t *mp);

/* netif->output for lwIP: copies the packet, writes its identifier, and calls ip_wput_ire(). */
err_t ill_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address);
err_t ill_output_ip6(struct netif *netif, struct pbuf *p, const ip6_addr_t *address);

/* Puts a packet onto the wire, past all hooks: takes `mp`. */
void ip_xmit(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop);

/* The receiving half of the loopback path, for the interface that owns the destination: takes
 * `mp`. */
void ip_wput_local(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* A packet comes from the wire: takes `mp`. (ip_rput, ip_input) */
void ip_rput(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* The end of both paths: discards what cannot be delivered, and queues the rest for ip_fanout().
 * Takes `mp`. */
void ip_deliver(ip_stack_t *ips, ill_t *ill, mblk_t *mp);

/* After the hooks: hands a packet to the transport that it is addressed to. Takes `mp`. */
void ip_fanout(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Runs an event's hooks over a packet, if there are any (Solaris: the macro FW_HOOKS).
 * => Returns the packet, perhaps another one; NULL if it was eaten.
 * => Takes `mp` if it returns NULL; otherwise the caller owns what it returns. */
mblk_t *fw_hooks(ip_stack_t *ips, ip_hook_event_t event, const ill_t *ill, mblk_t *mp);

/* Finds the endpoint for a packet and hands it over: takes `mp`. */
void ip_fanout_tcp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void ip_fanout_udp(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void icmp_inbound(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Reports which endpoint a packet found. `fanout` is the function's name. */
void ip_found(ip_stack_t *ips, const char *fanout, const mblk_t *mp, const ip_header_t *iph,
              const char *state, const char *text);

/* Hands a packet to lwIP, on the interface that owns its destination: takes `mp`. */
void ip_to_lwip(ill_t *ill, mblk_t *mp, const ip_header_t *iph);

/* Answers a segment that has no endpoint, if it must be answered: takes `mp`. */
void tcp_xmit_listeners_reset(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* A fragment has come: takes `mp`.
 * => Returns its datagram if that is complete now; the caller owns it. Else NULL. */
mblk_t *ip_reass(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void ip_reass_flush(ip_stack_t *ips);

/* The next hop of a packet does not answer: takes `mp`. */
void ip_seek_neighbour(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const in6_addr_t *next_hop);

/* Tells the host's own endpoint that its packet reached no host: takes `mp`. */
void icmp_host_unreachable(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Answers a packet with an ICMP port unreachable of the stack's own: takes `mp`. */
void icmp_unreachable(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Answers the first fragment of a datagram whose others have not come in time: takes `mp`. */
void icmp_reassembly_exceeded(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Whether a type is an error's. */
bool icmp_is_error(int family, uint8_t type);

/* What an ICMP error means: errno values, or 0 if it is not reported. `ie_later`: TCP only
 * remembers it; a connect fails with it when it gives up. */
typedef struct icmp_errno {
    int ie_tcp, ie_udp;
    bool ie_later;
} icmp_errno_t;

icmp_errno_t icmp_errno(bool linux_table, int family, uint8_t type, uint8_t code);

/* Reports an ICMP error to the endpoint whose packet it quotes. */
void tcp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted, int error,
                    bool later);
void udp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted, int error);

/* Writes the header of a packet that the stack sends by itself, with `payload` bytes after it; DF
 * is set. */
void ip_write_header(ip_stack_t *ips, uint8_t *ip, const in6_addr_t *src, const in6_addr_t *dst,
                     uint8_t protocol, uint8_t ttl, size_t payload);

/* Whether one more can be sent in this window of time; always if `most` is 0. */
bool ip_limit_take(ip_stack_t *ips, ip_limit_t *limit, uint64_t window_us, uint32_t most);

/* squeue.c: queues a packet for `func`: takes `mp`. */
void squeue_init(ip_stack_t *ips, ip_fanout_t func);
void squeue_enter(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph);
void squeue_flush(ip_stack_t *ips);

/* Hands on the first of the queued packets now.
 * => Returns false if there is none. */
bool squeue_run_one(ip_stack_t *ips);

/* later.c: hands a packet to func(ips, ill) at a given time. The list keeps it until then, at an
 * address that does not change; later_flush() frees what is still in the list.
 * => Returns false if there is no memory; then `mp` is still the caller's. */
bool later_add(later_t **list, uint64_t at_us, ip_recv_t func, ip_stack_t *ips, ill_t *ill,
               mblk_t *mp);
void later_flush(later_t **list);

/* Calls each(arg, mp) for each packet of a list.
 * => Returns how many there are. */
size_t later_each(const later_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg);
size_t ip_held_each(const ip_held_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg);
size_t squeue_each(const squeue_t *sq, void (*each)(void *arg, const mblk_t *mp), void *arg);

/* Hands on now the packet of the list that is due first, if it is due by now and before `other`, a
 * timer that need not be set.
 * => Returns false if there is no such packet. */
bool later_run_one(const later_t *list, const vtimer_t *other);

/* net_inject.c */
extern const net_protocol_t ip_net_protocols[FAMILY_COUNT];

/* ---- tcp_timer.c: the timers of connections ---- */

/* The times of a host's build. */
static inline const tcp_times_t *tcp_times_of(const ip_stack_t *ips)
{
    const tcp_times_t *times = ips->ips_build->ib_times;
    return times != NULL ? times : &tcp_times_solaris;
}

/* Sets the timers that the touched connections need. */
void tcp_timer_arm(ip_stack_t *ips);

/* lwIP works on a connection, which may need other timers afterwards. */
void tcp_timer_touch(ip_stack_t *ips, struct tcp_pcb *pcb);

/* An endpoint's application has sent `length` bytes, or its peer has acknowledged them: counts what
 * waits in between, until the endpoint is freed. */
void tcp_queue_grows(const struct tcp_pcb *pcb, size_t length);
void tcp_queue_shrinks(const struct tcp_pcb *pcb, size_t length);

/* lwIP frees a connection. */
void tcp_timer_forget(ip_stack_t *ips, const struct tcp_pcb *pcb);

/* Its socket's options about keepalive have changed. */
void tcp_timer_keepalive_changed(ip_stack_t *ips, struct tcp_pcb *pcb);

/* tcp_ack.c: called before a segment is delivered to a connection, and afterwards if that still
 * exists. lwIP would acknowledge every second segment: it is made to delay each, and the era's rule
 * decides.
 * => tcp_ack_before() returns how many bytes wait for their ACK: an argument of tcp_ack_after(). */
uint32_t tcp_ack_before(struct tcp_pcb *pcb);
void tcp_ack_after(ip_stack_t *ips, struct tcp_pcb *pcb, uint32_t delayed);

/* tcp_ack.c: data is sent, which may be an answer. */
void tcp_ack_data_sent(ip_stack_t *ips, const struct tcp_pcb *pcb);

/* ---- tcp_window.c ---- */

/* A connection of a socket, or of a listener, is about to begin: sets its window in lwIP. */
void tcp_window_begin(const struct sonode *so);

/* The connection has begun, and keeps that window from now on. */
void tcp_window_keep(struct tcp_pcb *pcb);

/* lwIP is about to work on a connection; NULL if that is not known. */
void tcp_window_use(const struct tcp_pcb *pcb);

/* The buffer has a new size now: the window follows it, as far as its scale allows. */
void tcp_window_change(struct tcp_pcb *pcb, uint64_t buffer);

/* There are `room` bytes of room, which the peer may send. What was promised before the buffer
 * became smaller is still accepted. */
void tcp_window_open(struct tcp_pcb *pcb, size_t room);

/* ---- tcp_validate.c: what Linux looks at before a segment's data ---- */

/* A segment; `ts_length` is that of its data. */
typedef struct tcp_seen {
    uint32_t ts_seq, ts_ack;
    uint8_t ts_flags;
    size_t ts_length;
} tcp_seen_t;

/* For an endpoint in a synchronized state but TIME_WAIT.
 * => Returns NULL if the endpoint takes the segment; else why not, in words, and in *answers
 *    whether an ACK is to be sent. */
const char *tcp_validate_incoming(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                  const tcp_seen_t *seen, bool *answers);

/* The same in TIME_WAIT, of a segment that is neither a RST nor a SYN that opens anew. */
const char *tcp_validate_time_wait(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                   const tcp_seen_t *seen, bool *answers);

/* What a closed socket's connection does with a segment in FIN_WAIT_2: Linux keeps it like one in
 * TIME_WAIT. */
typedef enum tcp_orphan {
    TCP_ORPHAN_TAKES, /* the FIN: into TIME_WAIT */
    TCP_ORPHAN_IGNORES,
    TCP_ORPHAN_ACKS,
    TCP_ORPHAN_RESETS, /* it ends with a RST */
    TCP_ORPHAN_ENDS
} tcp_orphan_t;
tcp_orphan_t tcp_validate_orphan(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                 const tcp_seen_t *seen);

/* Whether a segment goes on after all that an endpoint will ever read: data or a FIN ahead for one
 * that has closed both directions (it reads no more in FIN_WAIT_1 and FIN_WAIT_2), or what has
 * begun before the peer's FIN and ends after it: tcp_rcv_state_process(). A segment that ends
 * CLOSING or LAST_ACK is not looked at any further. */
bool tcp_has_data_for_nobody(const struct tcp_pcb *pcb, const tcp_seen_t *seen);

/* Whether it is a RST with the number of the peer's FIN, which ends the connection as one with the
 * number after it does: tcp_reset_check(). */
bool tcp_is_reset_before_fin(const struct tcp_pcb *pcb, const tcp_seen_t *seen);

/* ---- tcp_both.c: both ends open at once ---- */

/* The peer's SYN, with sequence number `seq`, meets a connect in progress: takes `mp`, and answers
 * with a SYN|ACK. */
void tcp_both_open(struct sonode *so, mblk_t *mp, uint32_t seq);

/* The peer has acknowledged our SYN in a segment without a SYN. Its own SYN came before: makes a
 * SYN|ACK of the two.
 * => Returns the packet, which the caller owns, and its header in *iph; NULL if no SYN had come. */
mblk_t *tcp_both_take(struct sonode *so, ip_header_t *iph);

/* ---- tcp_time_wait.c ---- */

/* Moves a connection that has entered TIME_WAIT from lwIP's list to the host's queue. */
void tcp_time_wait_append(ip_stack_t *ips, struct tcp_pcb *pcb);

/* Its time begins anew, as if it had just entered TIME_WAIT. */
void tcp_time_wait_restart(ip_stack_t *ips, struct tcp_pcb *pcb);

/* Ends it without a packet. */
void tcp_time_wait_end(ip_stack_t *ips, struct tcp_pcb *pcb);

/* The tcp_t of an endpoint ends: takes it out of the queue. */
void tcp_time_wait_remove(tcp_t *tcp);

/* The one after `pcb`, or the first if `pcb` is NULL. Returns NULL if there is none. */
struct tcp_pcb *tcp_time_wait_next(const ip_stack_t *ips, const struct tcp_pcb *pcb);

/* ---- tcp_fusion.c ---- */

/* Fuses a connection with its other end, if that is possible. */
void tcp_fuse(struct sonode *so);

/* The connection goes through IP from now on. If `why` is NULL, nothing is reported. */
void tcp_unfuse(struct sonode *so, const char *why);

/* Hands data to the other end. *sent is how many bytes that took: 0 if it has no room.
 * => Returns false if the connection is not, or is no longer, fused: the data goes through IP. */
bool tcp_fuse_output(struct sonode *so, const void *data, size_t length, size_t *sent);

/* The application of a fused connection has taken `n` bytes. */
void tcp_fuse_received(struct sonode *so, size_t n);

/* ---- sockets ---- */

typedef enum so_type { SO_TCP, SO_UDP, SO_ICMP } so_type_t;

/* What connect() has been told of a stream (Linux: socket_state). */
typedef enum so_ss { SO_UNCONNECTED, SO_CONNECTING, SO_CONNECTED, SO_DISCONNECTING } so_ss_t;

/* A datagram that waits to be received. */
typedef struct dgram {
    struct dgram *dg_next;
    ip_endpoint_t dg_from;
    size_t dg_length;
    uint8_t dg_bytes[];
} dgram_t;

/* What a socket is: a connection, a listener, a UDP socket or a raw one for ICMP. */
struct sonode {
    so_type_t so_type;
    ip_stack_t *so_stack;
    struct sonode *so_next, **so_link;           /* in ips_sockets */
    struct sonode *so_port_next, **so_port_link; /* in ips_so_by_port */
    struct tcp_pcb *so_pcb;                      /* NULL after lwIP has freed it */
    ip_endpoint_t so_local, so_remote;
    bool so_listener;
    bool so_connecting;
    bool so_cantsendmore;             /* SS_CANTSENDMORE */
    bool so_cantrcvmore;              /* SS_CANTRCVMORE: the stream ends after what is buffered */
    bool so_open;                     /* it is, or was, a connection */
    bool so_told;                     /* the end of its connect was reported */
    so_ss_t so_ss;                    /* Linux only */
    bool so_fin;                      /* the peer's FIN has come */
    int so_error;                     /* pending: reported once */
    int so_connect_errno;             /* the errno of a failed connect */
    int so_family;                    /* AF_INET, AF_INET6 */
    bool so_has_address, so_has_port; /* so_bind() gave it one */
    bool so_port_is_new;              /* so_bind() was called since it last connected or listened */
    ip_endpoint_t so_bound;           /* what so_bind() gave it */
    int64_t so_options[SO_OPT_COUNT];
    uint64_t so_changes;
    size_t so_sndmax; /* what lwIP's send buffer holds, at most */
    /* tcp_client_errno: what a connect fails with when it gives up; Linux: sk_err_soft, and of an
     * open connection, too */
    int so_client_errno;
    bool so_errqueue; /* Linux: poll has an error, which only MSG_ERRQUEUE would take */
    uint8_t *so_rcvbuf;
    size_t so_rcvfirst, so_rcvlen, so_rcvsize; /* what is buffered begins at so_rcvfirst */

    /* A connect in progress. */
    uint64_t so_started_us;
    size_t so_syns;
    mblk_t *so_peer_syn; /* a simultaneous open: it is in SYN_RCVD */
    vtimer_t so_syn_timer, so_abort_timer;

    /* A listener's queue of connections that wait to be accepted, its length and its limit. */
    struct sonode *so_acceptq, *so_acceptq_next, *so_acceptor;
    size_t so_acceptq_count, so_acceptq_max;
    uint64_t so_accept_at_us; /* of a waiting connection: it is not accepted earlier */
    vtimer_t so_accept_timer;

    /* Fusion: the other end; whether to fuse again when no observer is left. */
    struct sonode *so_peer;
    bool so_refuse;

    /* A datagram socket. */
    struct udp_pcb *so_udp;
    bool so_connected; /* to so_remote */
    dgram_t *so_dgrams, **so_last_dgram;
    size_t so_dgram_count;

    so_notify_t so_notify;
    void *so_notify_arg;
    vtimer_t so_notify_timer;
};

/* so_listen.c: whether so_accept() would give a connection now. */
bool so_can_accept(const struct sonode *so);

/* sonode.c */
sonode_t *so_create(ip_stack_t *ips);

/* Sets the socket's own end, once until so_unset_local(). */
void so_set_local(sonode_t *so, const in6_addr_t *address, uint16_t port);
void so_unset_local(sonode_t *so);

/* Makes it a listener, or ends that. */
void so_set_listener(sonode_t *so, bool is);

/* so_option.c: sets a new socket's options; applies them to its endpoint; is told that the
 * application has taken data. */
void so_options_init(sonode_t *so);
void so_apply_options(sonode_t *so);
void so_open_window(sonode_t *so);

/* How many bytes can be sent at once. */
size_t so_room(const sonode_t *so);

/* so_settle() for calls that do so by themselves: on Linux. */
void so_catch_up(sonode_t *so);

/* so_bind.c: whether another socket, or a connection without a socket, keeps it from having its
 * address and port. */
bool so_is_hindered(const sonode_t *so);

/* so_bind.c: gives it a free port, if it has none.
 * => Returns 0 or EAGAIN. */
int so_bind_any(sonode_t *so);

/* The address that stands for all addresses of a family. */
in6_addr_t ip_any_of(int family);

/* The hash of sockets by port, empty; and its memory is freed. */
void so_ports_begin(ip_stack_t *ips);
void so_ports_end(ip_stack_t *ips);

/* The head of the list with the sockets on a port, and others; so_port_next leads on. */
sonode_t *so_on_port(const ip_stack_t *ips, uint16_t port);
void so_changed(sonode_t *so);

/* Room for `length` more bytes after what is buffered; so_append() copies them there.
 * => Returns NULL, or false, if there is no memory. */
uint8_t *so_reserve(sonode_t *so, size_t length);
bool so_append(sonode_t *so, const void *data, size_t length);

/* Queues a datagram of `length` bytes to be received; the caller fills in its bytes.
 * => Returns NULL if the queue is full or there is no memory: the datagram is lost, which is
 *    reported. */
dgram_t *so_append_dgram(sonode_t *so, const ip_endpoint_t *from, size_t length);
void so_drop_dgram(sonode_t *so);
void so_dgram_free(sonode_t *so);
void so_fail(sonode_t *so, int error);
void so_connect_done(sonode_t *so, int error);

/* so_match.c: whether a socket takes packets to `address`, by its own address or since it has none.
 */
bool so_accepts_address(const sonode_t *so, const in6_addr_t *address);

/* so_pcb.c: a socket gets an endpoint; it leaves it; a socket without an endpoint is freed. */
void so_attach(sonode_t *so, struct tcp_pcb *pcb);
void so_detach(sonode_t *so);
void so_free(sonode_t *so);

/* Ends a connect in progress without sending a packet. */
void so_abandon_connect(sonode_t *so, int error);

/* so_connect.c: ends a connect in progress without a packet and without reporting it. */
void so_give_up(sonode_t *so);

/* so_connect.c: a stream without an endpoint is as it was before its connect. */
void so_reset(sonode_t *so);

/* so_linux.c, each for a stream on Linux. The state of its endpoint. Whether it has closed, so that
 * a port which bind() did not give it is free again. The errno of a call that sends (0: it can
 * send), and of one that finds nothing to receive (0: the stream's end). The errno with which
 * connect() and listen() are refused, or 0. */
enum tcp_state so_linux_state(const sonode_t *so);
bool so_linux_is_closed(const sonode_t *so);
bool so_linux_port_is_free(const sonode_t *so);
int so_linux_send_error(sonode_t *so);
int so_linux_recv_error(sonode_t *so);
int so_linux_connect_refusal(const sonode_t *so);
int so_linux_listen_refusal(const sonode_t *so);

/* Takes the pending error, but not one that is only remembered, as so_take_error() does. */
static inline int so_take_pending(sonode_t *so)
{
    int error = so->so_error;
    so->so_error = 0;
    return error;
}

/* so_connect.c: an old connection of the peer has answered the first SYN with an ACK, and gets a
 * RST. On Linux the next SYN follows that soon. */
void so_syn_soon(sonode_t *so);

/* so_listen.c: it stops listening and stays bound. Connections that wait to be accepted are reset.
 */
void so_stop_listening(sonode_t *so);

/* so_dgram.c: opens the endpoint that sends a UDP socket's datagrams.
 * => Returns 0 or ENOMEM. */
int so_udp_open(sonode_t *so);

/* so_dgram.c: an ICMP message has arrived. */
void so_raw_input(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *iph);

/* ---- tcp_lists.c: for the host that is entered ---- */

/* The hashes of connections, empty; and their memory is freed. */
void tcp_lists_begin(ip_stack_t *ips);
void tcp_lists_end(ip_stack_t *ips);

/* A connection has been put at the front of lwIP's active list. */
void tcp_lists_insert(ip_stack_t *ips, struct tcp_pcb *pcb);

/* The connection between two ends, in TIME_WAIT too; NULL if there is none. */
struct tcp_pcb *tcp_lists_find(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote);

/* Whether a connection without a socket (most often in TIME_WAIT) has a socket's own address and
 * port, and is in its way. It is not if the socket has SO_REUSEADDR and, on Linux, the connection's
 * former socket had it, too. */
bool tcp_lists_is_left_over(const struct sonode *so);

/* Records whether its socket has SO_REUSEADDR, for when the socket is gone. */
void tcp_lists_set_reuse(struct tcp_pcb *pcb, bool reuse);

/* Whether a connection, in TIME_WAIT too, has a port for its own. */
bool tcp_lists_port_is_used(const ip_stack_t *ips, uint16_t port);

/* How many ACKs of data that it never sent a connection has answered; and counts one more. */
unsigned tcp_lists_unsent_acks(const struct tcp_pcb *pcb);
void tcp_lists_count_unsent_ack(struct tcp_pcb *pcb);

/* Hides all connections from lwIP, which would search all of them; and shows them again, together
 * with those made meanwhile. */
void tcp_lists_hide(ip_stack_t *ips);
void tcp_lists_show(ip_stack_t *ips);

/* ip_to_lwip() for a connection's segment, or for a listener's (`pcb` NULL).
 * => Returns whether the connection is still there, and not in TIME_WAIT. */
bool tcp_lists_deliver(ip_stack_t *ips, struct tcp_pcb *pcb, ill_t *ill, mblk_t *mp,
                       const ip_header_t *iph);

/* ---- ipclassifier.c: for the host that is entered ---- */

/* The connection between two ends, or NULL; ipcl_connected() finds those in TIME_WAIT, too. */
struct tcp_pcb *ipcl_active(const ip_stack_t *ips, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote);
struct tcp_pcb *ipcl_connected(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote);

/* The socket of a connection; NULL if it has no socket (yet), or `pcb` is NULL. */
static inline sonode_t *so_of_pcb(const struct tcp_pcb *pcb)
{
    return pcb != NULL ? pcb->ext_args[PCB_SO].data : NULL;
}

/* The listener on a port, at that address or at any; NULL if there is none. */
sonode_t *ipcl_listener(const ip_stack_t *ips, const ip_endpoint_t *local);

/* An unused port, searched from a random place; never `not_this`.
 * => Returns 0 if no port is left. */
uint16_t so_anonymous_port(ip_stack_t *ips, so_type_t type, uint16_t not_this);

/* The name of a TCP state. */
const char *tcp_state_name(enum tcp_state state);

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

/* Reports an event to the probe; without a probe the event is not even filled in. */
#define ip_emit(ips, ...)                                                                          \
    do {                                                                                           \
        if (ip_probed(ips))                                                                        \
            (ips)->ips_probe((ips)->ips_probe_arg, (__VA_ARGS__));                                 \
    } while (0)

/* ip_fault.c: applies the fault that a packet suffers at a place, if a fault function is set. If
 * the packet is held back, `go_on` takes it on from there.
 * => Returns the packet, which can be another one; NULL if it does not go on now. */
mblk_t *ip_suffer(ip_stack_t *ips, ip_place_t place, ill_t *ill, mblk_t *mp, ip_recv_t go_on);
void ip_held_flush(ip_stack_t *ips);

static inline mblk_t *ip_fault(ip_stack_t *ips, ip_place_t place, ill_t *ill, mblk_t *mp,
                               ip_recv_t go_on)
{
    return ips->ips_fault != NULL ? ip_suffer(ips, place, ill, mp, go_on) : mp;
}

/* ip_discard.c: ends a packet and reports why; `ill` is its interface, or NULL. */
void ip_discard(ip_stack_t *ips, const ill_t *ill, mblk_t *mp, const char *why);

#endif
