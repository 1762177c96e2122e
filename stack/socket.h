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

/* ---- as socket(2) has them ---- */

/* A socket of a family (AF_INET, AF_INET6) that is neither bound nor connected. */
typedef enum so_kind { SO_KIND_STREAM, SO_KIND_DGRAM } so_kind_t;

/* => Returns 0 and the socket in *so; ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_socket(ip_stack_t *ips, int family, so_kind_t kind, sonode_t **so);

/* Gives a socket its own end. An unspecified address of its family is every address of it; with
 * AF_INET6 of IPv4, too, unless it is SO_OPT_V6ONLY. Port 0 is a free one.
 * => Returns 0; EINVAL if it has one already, or an IPv4 address meets V6ONLY; EAFNOSUPPORT for an
 *    address of the other family, EADDRNOTAVAIL if it is not the host's, EADDRINUSE, EAGAIN if
 *    no port is free, ENOMEM. */
int so_bind(sonode_t *so, const ip_endpoint_t *local);

/* Makes it a listener, on a free port if it has none; once more: another backlog. How many wait to
 * be accepted: on Linux one more than the backlog, on Solaris as many, and at least one.
 * => Returns 0; EOPNOTSUPP if it is no stream, EINVAL if it is connected, or is about to be;
 *    EADDRINUSE, EAGAIN, ENOMEM. */
int so_listen_on(sonode_t *so, int backlog);

/* What connect(2) does on a socket that does not block. Of a stream it begins to connect, and says
 * how it went when it is called again.
 * => Returns 0 if it is connected (a datagram socket at once, Linux' stream once); EINPROGRESS when
 *    it has begun; EALREADY; EISCONN; why it failed, once, or ECONNABORTED if SO_ERROR has told:
 *    then the next call begins anew; EISCONN (Linux) or EOPNOTSUPP for a listener; ENETUNREACH,
 *    EADDRNOTAVAIL (no port is free; Linux: there is such a connection), EADDRINUSE (Solaris:
 *    there is), EAFNOSUPPORT, ENOMEM. */
int so_connect_to(sonode_t *so, const ip_endpoint_t *remote);

/* The outcome of a connect, for a call that waited: as so_connect_error(), and it is told.
 * After a failure the socket is as it was before. */
int so_connect_outcome(sonode_t *so);

/* A datagram socket has no peer any more (a connect to AF_UNSPEC). A stream on Linux is as good as
 * new: its connection is reset, a connect or a listener given up.
 * => Returns 0, or EOPNOTSUPP for a stream elsewhere. */
int so_disconnect(sonode_t *so);

/* Its own end as getsockname(2) has it: unspecified where it is not bound. */
ip_endpoint_t so_sockname(const sonode_t *so);

/* The peer.
 * => Returns 0, or ENOTCONN. */
int so_peername(const sonode_t *so, ip_endpoint_t *remote);

/* AF_INET or AF_INET6: with the latter an IPv4 address is to be shown as it is held, mapped. */
int so_family(const sonode_t *so);

/* Options: a number each; times are microseconds, 0: none. What has no meaning for a kind of socket
 * is kept and does nothing; KEEPALIVE and its times, and USER_TIMEOUT, are kept and not modelled.
 */
typedef enum so_option {
    SO_OPT_REUSEADDR,
    SO_OPT_V6ONLY,       /* before it is bound */
    SO_OPT_NODELAY,      /* TCP_NODELAY */
    SO_OPT_KEEPALIVE,    /* whether */
    SO_OPT_KEEPIDLE,     /* until the first probe */
    SO_OPT_KEEPINTVL,    /* between two */
    SO_OPT_KEEPCNT,      /* how many without an answer end it */
    SO_OPT_USER_TIMEOUT, /* how long data may be without an ACK */
    SO_OPT_LINGER,       /* -1: off; 0: a close is a RST; else how long a close waits */
    SO_OPT_RCVBUF,       /* bytes */
    SO_OPT_SNDBUF,
    SO_OPT_RCVTIMEO, /* for who waits: the socket itself never does */
    SO_OPT_SNDTIMEO,
    SO_OPT_COUNT
} so_option_t;

/* => Returns 0; EINVAL for a value out of its range, or V6ONLY of a bound socket or of AF_INET. */
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

/* The same from `local`: an unspecified address is the one that the route has, port 0 a free one.
 * => Besides, EADDRNOTAVAIL if the address is not the host's, EADDRINUSE if the port is taken. */
int so_connect_from(ip_stack_t *ips, const ip_endpoint_t *local, const in6_addr_t *address,
                    uint16_t port, sonode_t **so);

/* A free port, from a random place on.
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
 * => Returns 0; EAGAIN if it has no room; ENOMEM if there is no memory and nothing is on its way
 *    whose end could be waited for; EPIPE after so_shutdown() or once the connection is
 *    gone; ENOTCONN; or the socket's pending error (ECONNRESET, ETIMEDOUT), once. */
int so_send(sonode_t *so, const void *data, size_t length, size_t *sent);

/* Takes what has arrived, up to `max` bytes; *received 0 is the end of the stream.
 * => Returns 0; EAGAIN if nothing has come yet; ENOTCONN; or the socket's pending error
 *    (ECONNRESET, ETIMEDOUT), once; after it the stream is at its end. */
int so_recv(sonode_t *so, void *buffer, size_t max, size_t *received);

/* ---- datagrams ---- */

/* A UDP socket on a port of the host's own address, or of any as with so_listen(); port 0 is a free
 * one.
 * => Returns 0 and the socket in *so; EADDRINUSE, EADDRNOTAVAIL, ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_udp(ip_stack_t *ips, const in6_addr_t *address, uint16_t port, sonode_t **so);

/* A raw socket that gets a copy of every ICMP message of a family (AF_INET, AF_INET6) that arrives,
 * and sends such messages.
 * => Returns 0 and the socket in *so; ENOMEM.
 * => The caller owns the socket and ends it with so_close(). */
int so_icmp(ip_stack_t *ips, int family, sonode_t **so);

/* Gives a UDP socket its peer: it takes datagrams from nobody else, and learns of ICMP errors.
 * => Returns 0; ENETUNREACH if there is no route, EADDRNOTAVAIL for port 0, EAFNOSUPPORT if its own
 *    address is of the other family, EOPNOTSUPP if it is no UDP socket. */
int so_udp_connect(sonode_t *so, const in6_addr_t *address, uint16_t port);

/* Sends data[length] in one datagram; `to` NULL is the peer. An ICMP message of a raw socket begins
 * with its type; its checksum is put right, and the port is of no meaning.
 * => Returns 0; the socket's pending error (ECONNREFUSED), once; what a hook made of the packet,
 *    where the build tells it (ENETUNREACH, ECONNRESET, EPERM); EDESTADDRREQ without a peer,
 *    ENETUNREACH without a route, EMSGSIZE, EAFNOSUPPORT, EOPNOTSUPP, ENOMEM. */
int so_sendto(sonode_t *so, const void *data, size_t length, const ip_endpoint_t *to);

/* Takes one datagram, up to `max` bytes; the rest of it is lost. *from is its sender.
 * => Returns 0; EAGAIN if none has come; EOPNOTSUPP; the socket's pending error, once. One that
 * reads no more: 0 and *received 0; on Linux EAGAIN, see so_waits_in_vain(). */
int so_recvfrom(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from);

/* Whether a call that would wait for a datagram has the end at once instead: the socket reads no
 * more. */
bool so_waits_in_vain(const sonode_t *so);

/* ---- looking ---- */

/* What is on its way on the host itself arrives now, as on a real one it has when the call that
 * sent it returns. In Linux' builds each call begins with it; in others a call that does not wait
 * may want it. Nothing happens where it is called from a hook. */
void so_settle(sonode_t *so);

/* What is ready, as poll(2) has it: something can be read, or accepted; there is room to send; an
 * error waits; both directions are over, or it was never connected; the peer sends no more. */
#define SO_READY_IN    0x1u
#define SO_READY_OUT   0x2u
#define SO_READY_ERR   0x4u
#define SO_READY_HUP   0x8u
#define SO_READY_RDHUP 0x10u
unsigned so_ready(sonode_t *so);

/* How often something came that may have made it ready: epoll's edges. */
uint64_t so_change_count(const sonode_t *so);

/* How many bytes can be received at once: of a stream all, of datagrams the first one's. */
size_t so_readable(const sonode_t *so);

/* What so_recv() or so_recvfrom() would take, which stays there (MSG_PEEK). A pending error is told
 * once here, too.
 * => Returns as they do. */
int so_peek(sonode_t *so, void *buffer, size_t max, size_t *received, ip_endpoint_t *from);

/* Takes the socket's pending error (SO_ERROR), on Linux else what a connect has only remembered.
 * => Returns 0 if there is none. */
int so_take_error(sonode_t *so);

/* ---- ending ---- */

/* Ends the sending direction: a FIN follows the data.
 * => Returns 0, also when it was ended before; ENOTCONN. */
int so_shutdown(sonode_t *so);

/* Ends directions. A listener that reads no more is none any more; a connect that has begun is
 * given up (Linux).
 * => Returns 0; ENOTCONN. */
#define SO_SHUT_READ  1u
#define SO_SHUT_WRITE 2u
int so_shutdown_how(sonode_t *so, unsigned how);

/* Whether the end of what was sent is not acknowledged yet: what a lingering close waits for, after
 * so_shutdown(). */
bool so_is_lingering(const sonode_t *so);

/* Closes the socket with a RST, whatever is on its way (SO_LINGER with 0). */
void so_abort(sonode_t *so);

/* Closes the socket. A connection sends its FIN in the background, or a RST if data was left
 * unread, or SO_OPT_LINGER is 0; a listener resets what was not accepted. The end of a process
 * closes its sockets so. NULL is allowed. The socket is gone. */
void so_close(sonode_t *so);

/* Sets who is notified; NULL for nobody. */
void so_set_notify(sonode_t *so, so_notify_t notify, void *arg);

/* The two ends of a socket; the remote one is unspecified where there is none. */
ip_endpoint_t so_local(const sonode_t *so);
ip_endpoint_t so_remote(const sonode_t *so);

/* Whether the data of a connection goes past IP, and no hook sees it (tcp_fusion.c). */
bool so_is_past_hooks(const sonode_t *so);

/* One endpoint, as netstat lists it. */
typedef struct so_endpoint {
    const char *proto; /* "tcp", "udp" */
    ip_endpoint_t local, remote;
    const char *state; /* of TCP: "LISTEN", "SYN_SENT", ...; NULL: it has none */
    bool fused;
} so_endpoint_t;

/* Hands each endpoint of a stack to `func`, those that no socket has any more (TIME_WAIT) too, in
 * no order that means anything. May be called from a probe: it only looks.
 * => Returns false, and nothing is handed over, where the stack cannot be looked at now, since
 *    another host is at work. */
bool so_list(const ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint),
             void *arg);

/* The same from outside of a probe, whichever host was at work last. */
bool so_list_now(ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint),
                 void *arg);

/* The state of a TCP socket's endpoint: "ESTABLISHED", ...; "CLOSED" if it has none. */
const char *so_state(const sonode_t *so);

/* How many sockets of a stack are open. */
size_t so_count(const ip_stack_t *ips);

/* How many ports were looked at to find free ones, since this was called last: who counts work
 * counts them, since there can be thousands for one socket. */
uint64_t so_take_ports_tried(ip_stack_t *ips);

#endif
