/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each call on each kind of socket: a stream that is fresh, connected or listening, a datagram
 * socket with and without a peer, a raw socket; on Solaris and on Linux.
 */
#include "tests/stack/host.h"

#include <sys/socket.h>

enum { FRESH, CONNECTED, LISTENING, DGRAM, DGRAM_PEER, RAW, KINDS };

static const char *const kind_names[] = {"a fresh stream",    "a connected stream", "a listener",
                                         "a datagram socket", "one with a peer",    "a raw socket"};

typedef struct scene {
    host_t *host;
    sonode_t *listener, *peer; /* of the connected stream */
    sonode_t *so;
} scene_t;

static void make_connected(scene_t *s)
{
    connect_pair(s->host, &s->listener, &s->so, &s->peer);
}

static void make(scene_t *s, unsigned kind)
{
    in6_addr_t any = address_of("0.0.0.0");
    ip_endpoint_t peer = {loopback, 9};
    if (kind == FRESH) {
        assert_int_equal(so_socket(s->host->ips, AF_INET, SO_KIND_STREAM, &s->so), 0);
    } else if (kind == CONNECTED) {
        make_connected(s);
    } else if (kind == LISTENING) {
        assert_int_equal(so_listen(s->host->ips, &any, 80, 5, &s->so), 0);
    } else if (kind == RAW) {
        assert_int_equal(so_icmp(s->host->ips, AF_INET, &s->so), 0);
    } else {
        assert_int_equal(so_socket(s->host->ips, AF_INET, SO_KIND_DGRAM, &s->so), 0);
        if (kind == DGRAM_PEER)
            assert_int_equal(so_connect_to(s->so, &peer), 0);
    }
}

/* ---- the calls: each returns an errno ---- */

static int call_listen(scene_t *s)
{
    return so_listen_on(s->so, 5);
}

static int call_accept(scene_t *s)
{
    sonode_t *child;
    int error = so_accept(s->so, &child);
    assert_null(child);
    return error;
}

static int call_disconnect(scene_t *s)
{
    return so_disconnect(s->so);
}

static int call_connect_0(scene_t *s)
{
    ip_endpoint_t to = {loopback, 0};
    return so_connect_to(s->so, &to);
}

static int call_connect_6(scene_t *s)
{
    ip_endpoint_t to = {address_of("::1"), 80};
    return so_connect_to(s->so, &to);
}

static int call_bind(scene_t *s)
{
    ip_endpoint_t local = {loopback, 0};
    return so_bind(s->so, &local);
}

static int call_send(scene_t *s)
{
    size_t n;
    return so_send(s->so, "x", 1, &n);
}

static int call_send_nothing(scene_t *s)
{
    size_t n;
    int error = so_send(s->so, "", 0, &n);
    assert_int_equal(n, 0);
    return error;
}

static int call_recv(scene_t *s)
{
    size_t n;
    char byte;
    return so_recv(s->so, &byte, 1, &n);
}

static int call_sendto(scene_t *s)
{
    return so_sendto(s->so, "12345678", 8, NULL);
}

static int call_sendto_6(scene_t *s)
{
    ip_endpoint_t to = {address_of("::1"), 80};
    return so_sendto(s->so, "12345678", 8, &to);
}

static int call_recvfrom(scene_t *s)
{
    size_t n;
    char byte;
    ip_endpoint_t from;
    return so_recvfrom(s->so, &byte, 1, &n, &from);
}

static int call_peek(scene_t *s)
{
    size_t n;
    char byte;
    ip_endpoint_t from;
    return so_peek(s->so, &byte, 1, &n, &from);
}

static int call_shutdown(scene_t *s)
{
    return so_shutdown(s->so);
}

static int call_shutdown_both(scene_t *s)
{
    return so_shutdown_how(s->so, SO_SHUT_READ | SO_SHUT_WRITE);
}

static int call_udp_connect(scene_t *s)
{
    return so_udp_connect(s->so, &loopback, 7);
}

static int call_peername(scene_t *s)
{
    ip_endpoint_t peer;
    return so_peername(s->so, &peer);
}

static int set_nodelay(scene_t *s)
{
    return so_set_option(s->so, SO_OPT_NODELAY, 1);
}

static int set_keepidle(scene_t *s)
{
    return so_set_option(s->so, SO_OPT_KEEPIDLE, 5000000);
}

static int set_user_timeout(scene_t *s)
{
    return so_set_option(s->so, SO_OPT_USER_TIMEOUT, 5000000);
}

static int set_keepalive(scene_t *s)
{
    return so_set_option(s->so, SO_OPT_KEEPALIVE, 1);
}

static int set_linger(scene_t *s)
{
    return so_set_option(s->so, SO_OPT_LINGER, 1000000);
}

#define CALL(name) #name, name

static const struct {
    const char *name;
    int (*call)(scene_t *s);
    int solaris[KINDS], linux_errno[KINDS];
} rows[] = {
    {CALL(call_listen),
     {0, EINVAL, 0, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP},
     {0, EINVAL, 0, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP}},
    {CALL(call_accept),
     {EINVAL, EINVAL, EAGAIN, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP},
     {EINVAL, EINVAL, EAGAIN, EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP}},
    {CALL(call_disconnect),
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, 0, 0, EOPNOTSUPP},
     {0, 0, 0, 0, 0, EOPNOTSUPP}},
    {CALL(call_connect_0),
     {EADDRNOTAVAIL, EISCONN, EOPNOTSUPP, EADDRNOTAVAIL, EADDRNOTAVAIL, EOPNOTSUPP},
     {EINPROGRESS, 0, EISCONN, EADDRNOTAVAIL, EADDRNOTAVAIL, EOPNOTSUPP}},
    {CALL(call_connect_6),
     {EAFNOSUPPORT, EISCONN, EOPNOTSUPP, EAFNOSUPPORT, EAFNOSUPPORT, EOPNOTSUPP},
     {EAFNOSUPPORT, 0, EISCONN, EAFNOSUPPORT, EAFNOSUPPORT, EOPNOTSUPP}},
    {CALL(call_bind),
     {0, EINVAL, EINVAL, 0, EINVAL, EINVAL},
     {0, EINVAL, EINVAL, 0, EINVAL, EINVAL}},
    {CALL(call_send),
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN},
     {EPIPE, 0, EPIPE, ENOTCONN, ENOTCONN, ENOTCONN}},
    {CALL(call_send_nothing),
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN},
     {EPIPE, 0, EPIPE, ENOTCONN, ENOTCONN, ENOTCONN}},
    {CALL(call_recv),
     {ENOTCONN, EAGAIN, ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN},
     {ENOTCONN, EAGAIN, ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN}},
    {CALL(call_sendto),
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EDESTADDRREQ, 0, EDESTADDRREQ},
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EDESTADDRREQ, 0, EDESTADDRREQ}},
    {CALL(call_sendto_6),
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT},
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EAFNOSUPPORT, EAFNOSUPPORT, EAFNOSUPPORT}},
    {CALL(call_recvfrom),
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EAGAIN, EAGAIN, EAGAIN},
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, EAGAIN, EAGAIN, EAGAIN}},
    {CALL(call_peek),
     {ENOTCONN, EAGAIN, ENOTCONN, EAGAIN, EAGAIN, EAGAIN},
     {ENOTCONN, EAGAIN, ENOTCONN, EAGAIN, EAGAIN, EAGAIN}},
    {CALL(call_shutdown),
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, ENOTCONN, ENOTCONN},
     {ENOTCONN, 0, 0, ENOTCONN, ENOTCONN, ENOTCONN}},
    {CALL(call_shutdown_both),
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, 0, ENOTCONN},
     {ENOTCONN, 0, 0, ENOTCONN, 0, ENOTCONN}},
    {CALL(call_udp_connect),
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, 0, 0, EOPNOTSUPP},
     {EOPNOTSUPP, EOPNOTSUPP, EOPNOTSUPP, 0, 0, EOPNOTSUPP}},
    {CALL(call_peername),
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, 0, ENOTCONN},
     {ENOTCONN, 0, ENOTCONN, ENOTCONN, 0, ENOTCONN}},
    {CALL(set_nodelay),
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT},
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT}},
    {CALL(set_keepidle),
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT},
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT}},
    {CALL(set_user_timeout),
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT},
     {0, 0, 0, ENOPROTOOPT, ENOPROTOOPT, ENOPROTOOPT}},
    {CALL(set_keepalive), {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}},
    {CALL(set_linger), {0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 0, 0}},
};

static int error_of(size_t row, unsigned kind, bool is_linux)
{
    static ip_build_t build;
    void *own;
    host_setup(&own);
    scene_t s = {.host = own};
    build = post_build;
    build.ib_linux_sockets = is_linux;
    assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
    make(&s, kind);
    int error = rows[row].call(&s);
    so_close(s.so);
    so_close(s.peer);
    so_close(s.listener);
    assert_int_equal(host_teardown(&own), 0);
    return error;
}

static void each_call_on_each_kind(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned kind = 0; kind < KINDS; kind++) {
            int solaris = error_of(i, kind, false), linux_errno = error_of(i, kind, true);
            if (solaris != rows[i].solaris[kind] || linux_errno != rows[i].linux_errno[kind])
                fail_msg("%s on %s: %s, on Linux %s", rows[i].name, kind_names[kind],
                         strerror(solaris), strerror(linux_errno));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_on_each_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
