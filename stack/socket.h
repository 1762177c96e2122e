/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The socket layer: TCP, UDP and raw ICMP, over IPv4 and IPv6, never blocking.
 *
 * It owns what lwIP does not: the connect timer, the SYN schedule and the errno that an
 * application sees. Each call returns at once; a caller that wants to block waits to be notified
 * and calls again. Errors are errno values, positive, as returned by Solaris' sockfs.
 */
#ifndef LO0SIM_STACK_SOCKET_H
#define LO0SIM_STACK_SOCKET_H

#include "stack/ip_stack.h"

#include <stddef.h>
#include <stdint.h>

typedef struct sonode sonode_t; /* Solaris: struct sonode */

/* Called when something about a socket changed: a connect ended, a connection waits for
 * so_accept(), data or room has come, the peer closed, an error arrived. It may call any so_
 * function; it is called outside of lwIP. */
typedef void (*so_notify_t)(void *arg);

/* Whether somebody waits for a change, when there is one: else nobody is told of it. */
typedef bool (*so_awaited_t)(void *arg);

/* ---- as socket(2) has them ---- */

/* A socket of a family (AF_INET, AF_INET6) that is neither bound nor connected. */
typedef enum so_kind { SO_KIND_STREAM, SO_KIND_DGRAM } so_kind_t;

/* => Returns 0 and the socket in *so; ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_socket(ip_stack_t *ips, int family, so_kind_t kind, sonode_t **so);

/* Gives a socket its own address and port. The unspecified address stands for every address of its
 * family; with AF_INET6 for those of IPv4, too, unless SO_OPT_V6ONLY is set. Port 0 takes a free
 * port.
 * => Returns 0; EINVAL if it is bound already, or for an IPv4 address with V6ONLY; EAFNOSUPPORT for
 *    an address of the other family, EADDRNOTAVAIL if it is not the host's, EADDRINUSE, EAGAIN if
 *    no port is free, ENOMEM. */
int so_bind(sonode_t *so, const ip_endpoint_t *local);

/* Makes it a listener, on a free port if it has no port. A second call changes the backlog. On
 * Linux one connection more than the backlog can wait to be accepted; on Solaris as many as the
 * backlog, and at least one.
 * => Returns 0; EOPNOTSUPP if it is not a stream, EINVAL if it is connected or connecting;
 *    EADDRINUSE, EAGAIN, ENOMEM. */
int so_listen_on(sonode_t *so, int backlog);

/* What connect(2) does on a socket that does not block. On a stream the first call begins to
 * connect, and the next call tells how it went.
 * => Returns 0 if it is connected (a datagram socket at once, Linux' stream once); EINPROGRESS when
 *    it has begun; EALREADY; EISCONN; the error of the connect, once, or ECONNABORTED if SO_ERROR
 *    has told it already: after that the next call begins anew; EISCONN (Linux) or EOPNOTSUPP for a
 *    listener; ENETUNREACH, EADDRNOTAVAIL (no port is free; Linux: there is such a connection),
 *    EADDRINUSE (Solaris: there is), EAFNOSUPPORT, ENOMEM. */
int so_connect_to(sonode_t *so, const ip_endpoint_t *remote);

/* The outcome of a connect, for a call that waited: returns what so_connect_error() does, and
 * counts as told. After a failure the socket is as it was before the connect. */
int so_connect_outcome(sonode_t *so);

/* Whether there is a connect to tell of: one in progress, one that succeeded, or one that failed
 * and whose outcome nobody has asked for. */
bool so_has_connect(const sonode_t *so);

/* A connect to AF_UNSPEC. A datagram socket loses its peer. A stream on Linux becomes as good as
 * new: its connection is reset, and it stops connecting or listening.
 * => Returns 0, or EOPNOTSUPP for a stream elsewhere. */
int so_disconnect(sonode_t *so);

/* Its own address and port, as getsockname(2) shows them: unspecified if it is not bound. */
ip_endpoint_t so_sockname(const sonode_t *so);

/* The peer.
 * => Returns 0, or ENOTCONN. */
int so_peername(const sonode_t *so, ip_endpoint_t *remote);

/* AF_INET or AF_INET6. With AF_INET6 an IPv4 address is shown as it is stored, mapped. */
int so_family(const sonode_t *so);

/* Options: each is a number. Times are in microseconds; 0 is none. An option that has no meaning
 * for a kind of socket is kept and does nothing; KEEPALIVE and its times, and USER_TIMEOUT, are
 * kept and not modelled. */
typedef enum so_option {
    SO_OPT_REUSEADDR,
    SO_OPT_V6ONLY,       /* before it is bound */
    SO_OPT_NODELAY,      /* TCP_NODELAY */
    SO_OPT_KEEPALIVE,    /* whether */
    SO_OPT_KEEPIDLE,     /* until the first probe */
    SO_OPT_KEEPINTVL,    /* between two probes */
    SO_OPT_KEEPCNT,      /* how many unanswered probes end it */
    SO_OPT_USER_TIMEOUT, /* how long data may be without an ACK */
    SO_OPT_LINGER,       /* -1: off; 0: a close is a RST; else how long a close waits */
    SO_OPT_RCVBUF,       /* bytes */
    SO_OPT_SNDBUF,
    SO_OPT_RCVTIMEO, /* for callers that wait; the socket itself never does */
    SO_OPT_SNDTIMEO,
    SO_OPT_COUNT
} so_option_t;

/* Whether a socket has an option: those of TCP are a stream's. */
bool so_has_option(const sonode_t *so, so_option_t option);

/* => Returns 0; ENOPROTOOPT if it has no such option; EINVAL for a value out of its range, or for
 *    V6ONLY on a socket that is bound or of AF_INET. */
int so_set_option(sonode_t *so, so_option_t option, int64_t value);
int64_t so_option(const sonode_t *so, so_option_t option);

/* ---- the same in one call ---- */

/* Begins to connect to address and port (host order) from a free port. An unspecified address is
 * its family's loopback (Solaris: tcp_connect_ipv4()).
 * => Returns EINPROGRESS and the socket in *so: ask so_connect_error() when notified;
 *    ENETUNREACH if there is no route, EADDRNOTAVAIL if no port is free, EINVAL for port 0,
 *    ENOMEM; then there is no socket.
 * => The caller owns the socket and ends it with so_close(). */
int so_connect(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **so);

/* The same from `local`. For an unspecified address the route chooses one; port 0 takes a free
 * port.
 * => Also returns EADDRNOTAVAIL if the address is not the host's, EADDRINUSE if the port is taken.
 */
int so_connect_from(ip_stack_t *ips, const ip_endpoint_t *local, const in6_addr_t *address,
                    uint16_t port, sonode_t **so);

/* A free port, searched from a random place.
 * => Returns 0 if there is none. */
uint16_t so_free_port(ip_stack_t *ips, bool udp);

/* How a connect stands.
 * => Returns EINPROGRESS; 0 when connected; ECONNREFUSED (a RST in SYN_SENT, or an ICMP port
 *    unreachable), ENETUNREACH or EHOSTUNREACH (such an ICMP error came, and then no answer),
 *    ETIMEDOUT. */
int so_connect_error(const sonode_t *so);

/* A socket that listens on port at address. `::` is every address of both families, 0.0.0.0 every
 * IPv4 address.
 * => Returns 0 and the socket in *so; EADDRINUSE if another listens there, EADDRNOTAVAIL if the
 *    address is not the host's, EINVAL for port 0 or a negative backlog, ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_listen(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, int backlog,
              sonode_t **so);

/* Takes an established connection from a listener.
 * => Returns 0 and the connection in *child, which the caller then owns; EAGAIN if none waits;
 *    EINVAL if `so` is not a listener. */
int so_accept(sonode_t *so, sonode_t **child);

/* Hands data[length] to the connection; *sent says how many bytes it took, at least one.
 * => Returns 0; EAGAIN if it has no room; ENOMEM if there is no memory, and nothing in flight that
 *    the caller could wait for; EPIPE after so_shutdown() or once the connection is gone; ENOTCONN;
 *    or the socket's pending error (ECONNRESET, ETIMEDOUT), once. */
int so_send(sonode_t *so, const void *data, size_t length, size_t *sent);

/* Takes what has arrived, up to `max` bytes; *received 0 is the end of the stream.
 * => Returns 0; EAGAIN if nothing has come yet; ENOTCONN; or the socket's pending error
 *    (ECONNRESET, ETIMEDOUT), once; after it the stream is at its end. */
int so_recv(sonode_t *so, void *buffer, size_t max, size_t *received);

/* ---- datagrams ---- */

/* A UDP socket on a port of the host's own address, or of every address as with so_listen(). Port 0
 * takes a free port.
 * => Returns 0 and the socket in *so; EADDRINUSE, EADDRNOTAVAIL, ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_udp(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **so);

/* A raw socket that gets a copy of every ICMP message of a family (AF_INET, AF_INET6) that arrives,
 * and sends such messages.
 * => Returns 0 and the socket in *so; ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_icmp(ip_stack_t *ips, int family, sonode_t **so);

/* Gives a UDP socket its peer: from now on it takes datagrams only from that peer, and learns of
 * ICMP errors.
 * => Returns 0; ENETUNREACH if there is no route, EADDRNOTAVAIL for port 0, EAFNOSUPPORT if its own
 *    address is of the other family, EOPNOTSUPP if it is not a UDP socket. */
int so_udp_connect(sonode_t *so, const in6_addr_t *address, uint16_t port);

/* Sends data[length] in one datagram; `to` NULL is the peer. An ICMP message of a raw socket begins
 * with its type; its checksum is filled in, and the port has no meaning.
 * => Returns 0; the socket's pending error (ECONNREFUSED), once; what a hook did to the packet, in
 *    builds that report it (ENETUNREACH, ECONNRESET, EPERM); EDESTADDRREQ without a peer,
 *    ENETUNREACH without a route, EMSGSIZE, EAFNOSUPPORT, EOPNOTSUPP, ENOMEM. */
int so_sendto(sonode_t *so, const void *data, size_t length, const ip_endpoint_t *to);

/* Takes one datagram, up to `max` bytes; the rest of it is lost. *from is its sender.
 * => Returns 0; EAGAIN if none has come; EOPNOTSUPP; the socket's pending error, once. After the
 *    reading direction was shut down: 0 and *received 0; on Linux EAGAIN, see so_waits_in_vain().
 */
int so_recvfrom(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from);

/* Whether a call that would wait for a datagram gets the end at once instead, because the socket's
 * reading direction is shut down. */
bool so_waits_in_vain(const sonode_t *so);

/* ---- looking ---- */

/* Delivers now what is on its way within the host. On a real host that has arrived when the call
 * that sent it returns. In Linux' builds each call begins with this; in others a call that does not
 * wait may want it. Does nothing if it is called from a hook. */
void so_settle(sonode_t *so);

/* What is ready, as poll(2) has it: something can be read, or accepted; there is room to send; an
 * error waits; both directions are over, or it was never connected; the peer sends no more. */
#define SO_READY_IN    0x1u
#define SO_READY_OUT   0x2u
#define SO_READY_ERR   0x4u
#define SO_READY_HUP   0x8u
#define SO_READY_RDHUP 0x10u
unsigned so_ready(sonode_t *so);

/* How often something came that may have made the socket ready: epoll's edges. */
uint64_t so_change_count(const sonode_t *so);

/* How many bytes can be received at once: all of a stream's, or those of the first datagram. */
size_t so_readable(const sonode_t *so);

/* Copies what so_recv() or so_recvfrom() would take, and leaves it there (MSG_PEEK). A pending
 * error is told once here, too.
 * => Returns as they do. */
int so_peek(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from);

/* Takes the socket's pending error (SO_ERROR). If there is none, on Linux: the error that a connect
 * has only remembered.
 * => Returns 0 if there is none. */
int so_take_error(sonode_t *so);

/* ---- ending ---- */

/* Ends the sending direction: a FIN follows the data.
 * => Returns 0, also when it was ended before; ENOTCONN. */
int so_shutdown(sonode_t *so);

/* Ends one direction or both. A listener whose reading direction ends stops listening; a connect
 * that has begun is given up (Linux).
 * => Returns 0; ENOTCONN. */
#define SO_SHUT_READ  1u
#define SO_SHUT_WRITE 2u
int so_shutdown_how(sonode_t *so, unsigned how);

/* Whether what was sent is not acknowledged to its end yet. A lingering close waits for that after
 * so_shutdown(). */
bool so_is_lingering(const sonode_t *so);

/* Closes the socket with a RST, even if data is on its way (SO_LINGER with 0). */
void so_abort(sonode_t *so);

/* Closes the socket. A connection sends its FIN in the background, or a RST if data was left
 * unread, or SO_OPT_LINGER is 0; a listener resets what was not accepted. When a process ends, its
 * sockets are closed like this. NULL is allowed. The socket is freed. */
void so_close(sonode_t *so);

/* Sets the function that is notified; NULL removes it. `awaited` is asked before; NULL: always. */
void so_set_notify(sonode_t *so, so_notify_t notify, so_awaited_t awaited, void *arg);

/* The two ends of a socket; the remote one is unspecified if there is no peer. */
ip_endpoint_t so_local(const sonode_t *so);
ip_endpoint_t so_remote(const sonode_t *so);

/* What tells a socket's packets from those of others. It can be asked when the socket has been
 * closed, since the FIN is sent after that. */
typedef struct so_ends {
    ip_stack_t *se_stack;
    int se_protocol;                   /* IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_ICMPV6 */
    ip_endpoint_t se_local, se_remote; /* no address or no port: any */
} so_ends_t;

so_ends_t so_ends(const sonode_t *so);

/* Whether the socket sends packets of a protocol from `src` to `dst`. */
bool so_ends_send(const so_ends_t *ends, int protocol, const ip_endpoint_t *src,
                  const ip_endpoint_t *dst);

/* Whether the data of a connection goes past IP, and no hook sees it (tcp_fusion.c). */
bool so_is_past_hooks(const sonode_t *so);

/* One endpoint, as netstat lists it. */
typedef struct so_endpoint {
    const char *proto; /* "tcp", "udp" */
    ip_endpoint_t local, remote;
    const char *state; /* of TCP: "LISTEN", "SYN_SENT", ...; else NULL */
    bool fused;
} so_endpoint_t;

/* Hands each endpoint of a stack to `func`, also those without a socket (TIME_WAIT), in no
 * particular order. It changes nothing and may be called from a probe.
 * => Returns false, and hands nothing over, if another host is at work and the stack cannot be read
 *    now. */
bool so_list(const ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint),
             void *arg);

/* The same from outside of a probe, whichever host was at work last. */
bool so_list_now(ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint),
                 void *arg);

/* The state of a TCP socket's endpoint: "ESTABLISHED", ...; "CLOSED" if it has none. */
const char *so_state(const sonode_t *so);

/* How many sockets of a stack are open. */
size_t so_count(const ip_stack_t *ips);

/* How many ports were looked at to find free ones, since the last call of this function. There can
 * be thousands for one socket, so whoever counts work must count them. */
uint64_t so_take_ports_tried(ip_stack_t *ips);

#endif
