/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A socket, for the files of stack/ (Solaris: struct sonode): what it consists of, and what the
 * so_*.c do for each other. */
#ifndef LO0SIM_STACK_SONODE_H
#define LO0SIM_STACK_SONODE_H

#include "stack/ip_impl.h"

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
    uint32_t so_started_injected; /* ips_injected at that time */
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
    so_awaited_t so_awaited; /* NULL: always */
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

/* so_match.c: Linux: a socket for both families is in the way of 0.0.0.0 whatever its own address
 * is, ::1 included, and so is what is left of its connection. */
bool so_is_any4(const sonode_t *so);
bool so_is_in_way_of_any4(const sonode_t *so);

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

/* The socket of a connection; NULL if it has no socket (yet), or `pcb` is NULL. */
static inline sonode_t *so_of_pcb(const struct tcp_pcb *pcb)
{
    return pcb != NULL ? pcb->ext_args[PCB_SO].data : NULL;
}

/* An unused port, searched from a random place; never `not_this`.
 * => Returns 0 if no port is left. */
uint16_t so_anonymous_port(ip_stack_t *ips, so_type_t type, uint16_t not_this);

#endif
