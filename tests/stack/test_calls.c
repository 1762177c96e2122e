/* SPDX-License-Identifier: BSD-3-Clause
 *
 * socket(2), bind(2), listen(2), connect(2) and the rest, call by call: what each returns in which
 * state, on Linux and on Solaris.
 */
#include "tests/stack/host.h"

#include <sys/socket.h>

enum { RST = 0x04 };

static ip_build_t linux_build;

static void be_linux(host_t *host)
{
    linux_build = post_build;
    linux_build.ib_linux_sockets = true;
    assert_int_equal(ip_stack_set_build(host->ips, &linux_build), 0);
}

static ip_endpoint_t at(const char *address, uint16_t port)
{
    return (ip_endpoint_t){address_of(address), port};
}

static sonode_t *stream(host_t *host, int family)
{
    sonode_t *so;
    assert_int_equal(so_socket(host->ips, family, SO_KIND_STREAM, &so), 0);
    return so;
}

static int bind_to(sonode_t *so, const char *address, uint16_t port)
{
    ip_endpoint_t local = at(address, port);
    return so_bind(so, &local);
}

static int connect_to(sonode_t *so, const char *address, uint16_t port)
{
    ip_endpoint_t remote = at(address, port);
    return so_connect_to(so, &remote);
}

static sonode_t *listener_on(host_t *host, const char *address, uint16_t port, int backlog)
{
    sonode_t *so;
    in6_addr_t any = address_of(address);
    assert_int_equal(so_listen(host->ips, &any, port, backlog, &so), 0);
    return so;
}

static void settle(host_t *host)
{
    run_until(host, vclock_now(host->clock));
}

/* ---- bind ---- */

static void who_may_be_bound_beside_whom(void **state)
{
    host_t *host = *state;
    enum { NO, REUSE };
    static const struct {
        const char *first, *second;
        int v6only, reuse, error;
    } rows[] = {
        {"0.0.0.0", "127.0.0.1", 0, NO, EADDRINUSE},
        {"127.0.0.1", "0.0.0.0", 0, NO, EADDRINUSE},
        {"::", "0.0.0.0", 0, NO, EADDRINUSE},
        {"0.0.0.0", "::", 0, NO, EADDRINUSE},
        {"::", "0.0.0.0", 1, NO, 0},
        {"0.0.0.0", "::", 1, NO, 0},
        {"::1", "127.0.0.1", 0, NO, 0},
        {"::1", "0.0.0.0", 0, NO, 0},
        {"::1", "::", 0, NO, EADDRINUSE},
        {"127.0.0.1", "127.0.0.1", 0, REUSE, 0},
        {"::", "127.0.0.1", 0, REUSE, 0},
    };
    be_linux(host);
    for (so_kind_t kind = SO_KIND_STREAM; kind <= SO_KIND_DGRAM; kind++) {
        for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
            const char *const addresses[] = {rows[i].first, rows[i].second};
            sonode_t *so[2];
            for (size_t k = 0; k < 2; k++) {
                int family = strchr(addresses[k], ':') != NULL ? AF_INET6 : AF_INET;
                assert_int_equal(so_socket(host->ips, family, kind, &so[k]), 0);
                assert_int_equal(so_set_option(so[k], SO_OPT_REUSEADDR, rows[i].reuse), 0);
                if (family == AF_INET6)
                    assert_int_equal(so_set_option(so[k], SO_OPT_V6ONLY, rows[i].v6only), 0);
                assert_int_equal(bind_to(so[k], addresses[k], 6379), k == 0 ? 0 : rows[i].error);
            }
            so_close(so[0]);
            so_close(so[1]);
        }
    }
}

static void redis_listens_on_both_families_of_one_port(void **state)
{
    host_t *host = *state;
    sonode_t *v4 = stream(host, AF_INET), *v6 = stream(host, AF_INET6), *so, *child;
    assert_int_equal(so_set_option(v6, SO_OPT_V6ONLY, 1), 0);
    assert_int_equal(bind_to(v4, "0.0.0.0", 6379), 0);
    assert_int_equal(bind_to(v6, "::", 6379), 0);
    assert_int_equal(so_listen_on(v4, 511), 0);
    assert_int_equal(so_listen_on(v6, 511), 0);
    static const char *const addresses[] = {"127.0.0.1", "::1"};
    sonode_t *const listeners[] = {v4, v6};
    for (size_t i = 0; i < 2; i++) {
        in6_addr_t address = address_of(addresses[i]);
        assert_int_equal(so_connect(host->ips, &address, 6379, &so), EINPROGRESS);
        settle(host);
        assert_int_equal(so_connect_error(so), 0);
        assert_int_equal(so_accept(listeners[1 - i], &child), EAGAIN);
        assert_int_equal(so_accept(listeners[i], &child), 0);
        so_close(child);
        so_close(so);
    }
    so_close(v4);
    so_close(v6);
}

static void a_listener_of_both_families_accepts_ipv4_with_mapped_addresses(void **state)
{
    host_t *host = *state;
    sonode_t *listener = stream(host, AF_INET6), *so = stream(host, AF_INET), *child;
    ip_endpoint_t peer;
    be_linux(host);
    assert_int_equal(bind_to(listener, "::", 8080), 0);
    assert_int_equal(so_listen_on(listener, 5), 0);
    assert_int_equal(connect_to(so, "127.0.0.1", 8080), EINPROGRESS);
    assert_int_equal(so_accept(listener, &child), 0);
    assert_int_equal(so_family(child), AF_INET6);
    assert_int_equal(so_peername(child, &peer), 0);
    assert_true(IN6_IS_ADDR_V4MAPPED(&peer.ie_addr));
    assert_int_equal(peer.ie_port, so_sockname(so).ie_port);
    so_close(child);
    so_close(so);
    so_close(listener);
}

static void bind_refuses_what_cannot_be(void **state)
{
    host_t *host = *state;
    sonode_t *so = stream(host, AF_INET), *v6 = stream(host, AF_INET6);
    assert_int_equal(bind_to(so, "::1", 80), EAFNOSUPPORT);
    assert_int_equal(bind_to(so, "10.9.9.9", 80), EADDRNOTAVAIL);
    assert_int_equal(so_set_option(so, SO_OPT_V6ONLY, 1), EINVAL);
    assert_int_equal(so_set_option(v6, SO_OPT_V6ONLY, 1), 0);
    assert_int_equal(bind_to(v6, "127.0.0.1", 80), EINVAL);
    assert_int_equal(bind_to(so, "127.0.0.1", 0), 0);
    assert_true(so_sockname(so).ie_port >= 32768);
    assert_int_equal(bind_to(so, "127.0.0.1", 81), EINVAL);
    assert_int_equal(bind_to(v6, "::1", 80), 0);
    assert_int_equal(so_set_option(v6, SO_OPT_V6ONLY, 0), EINVAL);
    so_close(so);
    so_close(v6);
}

static void a_port_in_time_wait_is_bound_again_with_reuseaddr_only(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    connect_pair(host, &listener, &client, &server);
    so_close(listener);
    so_close(server); /* the server's end goes to TIME_WAIT */
    settle(host);
    so_close(client);
    settle(host);
    sonode_t *so = stream(host, AF_INET);
    assert_int_equal(bind_to(so, "127.0.0.1", 22), EADDRINUSE);
    assert_int_equal(so_set_option(so, SO_OPT_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(so, "127.0.0.1", 22), 0);
    so_close(so);
}

/* ---- connect ---- */

static void a_connect_that_does_not_block_is_called_again(void **state)
{
    host_t *host = *state;
    for (int is_linux = 0; is_linux <= 1; is_linux++) {
        if (is_linux)
            be_linux(host);
        sonode_t *so = stream(host, AF_INET), *listener;
        assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
        so_settle(so);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), ECONNREFUSED);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
        settle(host);
        assert_int_equal(so_take_error(so), ECONNREFUSED);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), ECONNABORTED);
        listener = listener_on(host, "127.0.0.1", 22, 5);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
        so_settle(so);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), is_linux ? 0 : EISCONN);
        assert_int_equal(connect_to(so, "127.0.0.1", 22), EISCONN);
        assert_int_equal(connect_to(listener, "127.0.0.1", 22), is_linux ? EISCONN : EOPNOTSUPP);
        so_close(so);
        so_close(listener);
        settle(host);
    }
}

static void a_second_connect_before_the_answer_is_ealready(void **state)
{
    host_t *host = *state;
    eater_t eater = {0};
    sonode_t *so = stream(host, AF_INET);
    eat(host, NH_LOOPBACK_OUT, &eater);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EALREADY);
    assert_int_equal(so_ready(so), 0);
    so_close(so);
}

static void a_connect_comes_from_the_end_that_bind_gave(void **state)
{
    host_t *host = *state;
    sonode_t *listener = listener_on(host, "127.0.0.1", 22, 5), *child;
    sonode_t *so = stream(host, AF_INET), *other = stream(host, AF_INET);
    ip_endpoint_t peer;
    assert_int_equal(so_peername(so, &peer), ENOTCONN);
    assert_int_equal(bind_to(so, "0.0.0.0", 1023), 0);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
    so_settle(so);
    assert_int_equal(so_accept(listener, &child), 0);
    assert_int_equal(so_remote(child).ie_port, 1023);
    in6_addr_t local = so_sockname(so).ie_addr;
    assert_true(ip_address_same(&local, &loopback));
    assert_int_equal(so_set_option(so, SO_OPT_REUSEADDR, 1), 0);
    assert_int_equal(so_set_option(other, SO_OPT_REUSEADDR, 1), 0);
    assert_int_equal(bind_to(other, "127.0.0.1", 1023), 0);
    assert_int_equal(connect_to(other, "127.0.0.1", 22), EADDRINUSE);
    so_close(other);
    so_close(so);
    so_close(child);
    so_close(listener);
}

/* ---- backlog ---- */

static void how_many_connections_wait_to_be_accepted(void **state)
{
    host_t *host = *state;
    static const struct {
        bool is_linux;
        int backlog;
        size_t waiting;
    } rows[] = {{false, 0, 1}, {false, 1, 1}, {false, 3, 3}, {true, 0, 1}, {true, 1, 2}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sonode_t *so[6], *child;
        if (rows[i].is_linux)
            be_linux(host);
        sonode_t *listener = listener_on(host, "127.0.0.1", 22, rows[i].backlog);
        size_t connected = 0, accepted = 0;
        for (size_t k = 0; k < 6; k++) {
            assert_int_equal(so_connect(host->ips, &loopback, 22, &so[k]), EINPROGRESS);
            settle(host);
            connected += so_connect_error(so[k]) == 0;
        }
        assert_int_equal(connected, rows[i].waiting);
        while (so_accept(listener, &child) == 0) {
            accepted++;
            so_close(child);
        }
        assert_int_equal(accepted, rows[i].waiting);
        for (size_t k = 0; k < 6; k++)
            so_close(so[k]);
        so_close(listener);
        settle(host);
    }
}

/* ---- readiness ---- */

static void what_is_ready_in_each_state(void **state)
{
    host_t *host = *state;
    enum {
        IN = SO_READY_IN,
        OUT = SO_READY_OUT,
        ERR = SO_READY_ERR,
        HUP = SO_READY_HUP,
        RDHUP = SO_READY_RDHUP
    };
    sonode_t *listener, *client, *server, *so = stream(host, AF_INET);
    size_t n;
    char byte;
    be_linux(host);
    assert_int_equal(so_ready(so), OUT | HUP);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
    assert_int_equal(so_ready(so), IN | OUT | ERR | HUP | RDHUP);
    assert_int_equal(so_take_error(so), ECONNREFUSED);
    assert_int_equal(so_ready(so), IN | OUT | HUP | RDHUP);
    so_close(so);

    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_ready(listener), 0);
    assert_int_equal(so_ready(client), OUT);
    uint64_t before = so_change_count(client);
    assert_int_equal(so_send(server, "x", 1, &n), 0);
    assert_int_equal(so_ready(client), IN | OUT);
    assert_true(so_change_count(client) > before);
    assert_int_equal(so_recv(client, &byte, 1, &n), 0);
    assert_int_equal(so_shutdown(server), 0);
    assert_int_equal(so_ready(client), IN | OUT | RDHUP);
    assert_int_equal(so_shutdown(client), 0);
    assert_int_equal(so_ready(client), IN | OUT | RDHUP | HUP);
    so_close(client);
    so_close(server);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    assert_int_equal(so_ready(listener), IN);
    so_close(so);
    so_close(listener);
}

/* ---- shutdown, close ---- */

static void a_listener_that_reads_no_more_is_none_on_linux(void **state)
{
    host_t *host = *state;
    sonode_t *listener = listener_on(host, "127.0.0.1", 22, 5), *so = stream(host, AF_INET), *child;
    assert_int_equal(so_shutdown_how(listener, SO_SHUT_READ), ENOTCONN);
    be_linux(host);
    assert_int_equal(so_shutdown_how(listener, SO_SHUT_WRITE), 0);
    assert_int_equal(so_accept(listener, &child), EAGAIN);
    assert_int_equal(so_shutdown_how(listener, SO_SHUT_READ), 0);
    assert_int_equal(so_accept(listener, &child), EINVAL);
    assert_int_equal(so_ready(listener), SO_READY_OUT | SO_READY_HUP);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), ECONNREFUSED);
    assert_int_equal(so_listen_on(listener, 5), 0);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), EINPROGRESS);
    assert_int_equal(connect_to(so, "127.0.0.1", 22), 0);
    so_close(so);
    so_close(listener);
}

static void an_aborted_connection_and_one_with_linger_0_are_reset(void **state)
{
    host_t *host = *state;
    for (int way = 0; way < 2; way++) {
        sonode_t *listener, *client, *server;
        size_t n;
        char byte;
        connect_pair(host, &listener, &client, &server);
        assert_int_equal(so_send(client, "x", 1, &n), 0);
        settle(host);
        if (way == 0) {
            so_abort(client);
        } else {
            assert_int_equal(so_set_option(client, SO_OPT_LINGER, 0), 0);
            so_close(client);
        }
        so_settle(server);
        assert_int_equal(so_recv(server, &byte, 1, &n), 0);
        assert_int_equal(so_recv(server, &byte, 1, &n), ECONNRESET);
        assert_int_equal(so_recv(server, &byte, 1, &n), 0);
        assert_int_equal(n, 0);
        so_close(server);
        so_close(listener);
    }
}

static void a_close_that_lingers_waits_for_the_ack_of_the_end(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    size_t n;
    connect_pair(host, &listener, &client, &server);
    assert_false(so_is_lingering(client));
    assert_int_equal(so_send(client, "x", 1, &n), 0);
    assert_int_equal(so_shutdown(client), 0);
    assert_true(so_is_lingering(client));
    run_until(host, vclock_now(host->clock) + 1000000);
    assert_false(so_is_lingering(client));
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void a_reset_connection_waits_to_be_accepted_on_linux(void **state)
{
    host_t *host = *state;
    for (int sends_first = 0; sends_first <= 1; sends_first++) {
        be_linux(host);
        sonode_t *listener = listener_on(host, "127.0.0.1", 22, 5), *so, *child;
        ip_endpoint_t peer;
        char buffer[8];
        size_t n;
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        settle(host);
        assert_int_equal(so_send(so, "aaaa", 4, &n), 0);
        so_abort(so);
        assert_int_equal(so_accept(listener, &child), 0);
        assert_int_equal(so_peername(child, &peer), ENOTCONN);
        if (sends_first)
            assert_int_equal(so_send(child, "x", 1, &n), ECONNRESET);
        assert_int_equal(so_recv(child, buffer, 8, &n), 0);
        assert_int_equal(n, 4);
        if (!sends_first)
            assert_int_equal(so_recv(child, buffer, 8, &n), ECONNRESET);
        assert_int_equal(so_recv(child, buffer, 8, &n), 0);
        assert_int_equal(n, 0);
        assert_int_equal(so_send(child, "x", 1, &n), EPIPE);
        so_close(child);
        so_close(listener);
    }
}

static void a_reset_after_the_peers_end_is_epipe_on_linux(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    char buffer[8];
    size_t n;
    be_linux(host);
    connect_pair(host, &listener, &client, &server);
    assert_int_equal(so_send(client, "abc", 3, &n), 0);
    assert_int_equal(so_shutdown(client), 0);
    settle(host);
    so_abort(client);
    assert_int_equal(so_ready(server),
                     SO_READY_IN | SO_READY_OUT | SO_READY_ERR | SO_READY_HUP | SO_READY_RDHUP);
    assert_int_equal(so_recv(server, buffer, 8, &n), 0);
    assert_int_equal(n, 3);
    assert_int_equal(so_recv(server, buffer, 8, &n), 0);
    assert_int_equal(n, 0);
    assert_int_equal(so_send(server, "x", 1, &n), EPIPE);
    so_close(server);
    so_close(listener);
}

/* ---- calls on what is not connected ---- */

static void calls_on_a_fresh_socket(void **state)
{
    host_t *host = *state;
    for (int is_linux = 0; is_linux <= 1; is_linux++) {
        if (is_linux)
            be_linux(host);
        sonode_t *so = stream(host, AF_INET), *child;
        char byte;
        size_t n;
        assert_int_equal(so_send(so, "x", 1, &n), is_linux ? EPIPE : ENOTCONN);
        assert_int_equal(so_recv(so, &byte, 1, &n), ENOTCONN);
        assert_int_equal(so_shutdown(so), ENOTCONN);
        assert_int_equal(so_accept(so, &child), EINVAL);
        assert_int_equal(so_take_error(so), 0);
        so_close(so);
    }
}

/* ---- looking, options ---- */

static void a_peek_leaves_the_data_where_it_is(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    ip_endpoint_t from;
    char buffer[8];
    size_t n;
    connect_pair(host, &listener, &client, &server);
    be_linux(host);
    assert_int_equal(so_peek(server, buffer, 8, &n, &from), EAGAIN);
    assert_int_equal(so_send(client, "hello", 5, &n), 0);
    assert_int_equal(so_peek(server, buffer, 2, &n, &from), 0);
    assert_memory_equal(buffer, "he", 2);
    assert_int_equal(so_readable(server), 5);
    assert_int_equal(so_recv(server, buffer, 8, &n), 0);
    assert_int_equal(n, 5);
    so_close(client);
    so_close(server);
    so_close(listener);
}

static void small_buffers_hold_the_sender_up(void **state)
{
    host_t *host = *state;
    static char data[60000];
    sonode_t *listener = listener_on(host, "127.0.0.1", 22, 5), *client = stream(host, AF_INET),
             *server;
    size_t sent = 0, n;
    be_linux(host);
    assert_int_equal(so_set_option(listener, SO_OPT_RCVBUF, 4096), 0);
    assert_int_equal(so_set_option(client, SO_OPT_SNDBUF, 10000), 0);
    assert_int_equal(connect_to(client, "127.0.0.1", 22), EINPROGRESS);
    assert_int_equal(so_accept(listener, &server), 0);
    while (so_send(client, data, sizeof(data), &n) == 0)
        sent += n;
    run_until(host, vclock_now(host->clock) + 1000000);
    while (so_send(client, data, sizeof(data), &n) == 0)
        sent += n;
    assert_true(so_readable(server) <= 4096);
    assert_true(sent <= 10000 + 4096);
    size_t got = 0;
    for (int i = 0; i < 400 && got < sent; i++) {
        if (so_recv(server, data, sizeof(data), &n) == 0)
            got += n;
        run_until(host, vclock_now(host->clock) + 1000000);
    }
    assert_int_equal(got, sent);
    so_close(client);
    run_until(host, vclock_now(host->clock) + 1000000);
    so_close(server); /* nothing is unread: a FIN, not a RST */
    settle(host);
    assert_int_equal(log_count(host, "ip_wput_ire flags 14"), 0);
    so_close(listener);
}

static void options_take_what_they_can_be(void **state)
{
    host_t *host = *state;
    static const struct {
        so_option_t option;
        int64_t value;
        int error;
    } rows[] = {
        {SO_OPT_NODELAY, 1, 0},       {SO_OPT_NODELAY, 2, EINVAL},  {SO_OPT_KEEPCNT, 128, EINVAL},
        {SO_OPT_KEEPCNT, 127, 0},     {SO_OPT_LINGER, -2, EINVAL},  {SO_OPT_LINGER, 5000000, 0},
        {SO_OPT_RCVBUF, 0, EINVAL},   {SO_OPT_KEEPIDLE, 0, EINVAL}, {SO_OPT_COUNT, 0, EINVAL},
        {SO_OPT_RCVTIMEO, 100000, 0},
    };
    sonode_t *so = stream(host, AF_INET);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(so_set_option(so, rows[i].option, rows[i].value), rows[i].error);
        if (rows[i].error == 0)
            assert_int_equal(so_option(so, rows[i].option), rows[i].value);
    }
    so_close(so);
}

/* ---- datagrams ---- */

static void a_datagram_socket_has_a_port_from_its_first_use(void **state)
{
    host_t *host = *state;
    sonode_t *so, *server;
    char buffer[8];
    size_t n;
    ip_endpoint_t to = at("127.0.0.1", 53), from;
    be_linux(host);
    assert_int_equal(so_socket(host->ips, AF_INET, SO_KIND_DGRAM, &so), 0);
    assert_int_equal(so_udp(host->ips, &loopback, 53, &server), 0);
    assert_int_equal(so_sockname(so).ie_port, 0);
    assert_int_equal(so_listen_on(so, 5), EOPNOTSUPP);
    assert_int_equal(so_sendto(so, "x", 1, &to), 0);
    assert_true(so_sockname(so).ie_port != 0);
    assert_int_equal(so_recvfrom(server, buffer, 8, &n, &from), 0); /* it is there at once */
    assert_int_equal(from.ie_port, so_sockname(so).ie_port);
    assert_int_equal(so_connect_to(so, &to), 0);
    assert_int_equal(so_peername(so, &from), 0);
    assert_int_equal(so_disconnect(so), 0);
    assert_int_equal(so_sendto(so, "x", 1, NULL), EDESTADDRREQ);
    so_close(so);
    so_close(server);
}

static void every_other_send_to_a_closed_port_is_refused(void **state)
{
    host_t *host = *state;
    sonode_t *so;
    be_linux(host);
    assert_int_equal(so_socket(host->ips, AF_INET, SO_KIND_DGRAM, &so), 0);
    assert_int_equal(connect_to(so, "127.0.0.1", 6565), 0);
    for (int i = 0; i < 6; i++)
        assert_int_equal(so_sendto(so, "FOO", 3, NULL), i % 2 == 0 ? 0 : ECONNREFUSED);
    so_close(so);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(who_may_be_bound_beside_whom),
        TEST(redis_listens_on_both_families_of_one_port),
        TEST(a_listener_of_both_families_accepts_ipv4_with_mapped_addresses),
        TEST(bind_refuses_what_cannot_be),
        TEST(a_port_in_time_wait_is_bound_again_with_reuseaddr_only),
        TEST(a_connect_that_does_not_block_is_called_again),
        TEST(a_second_connect_before_the_answer_is_ealready),
        TEST(a_connect_comes_from_the_end_that_bind_gave),
        TEST(how_many_connections_wait_to_be_accepted),
        TEST(what_is_ready_in_each_state),
        TEST(a_listener_that_reads_no_more_is_none_on_linux),
        TEST(an_aborted_connection_and_one_with_linger_0_are_reset),
        TEST(a_close_that_lingers_waits_for_the_ack_of_the_end),
        TEST(a_reset_connection_waits_to_be_accepted_on_linux),
        TEST(a_reset_after_the_peers_end_is_epipe_on_linux),
        TEST(calls_on_a_fresh_socket),
        TEST(a_peek_leaves_the_data_where_it_is),
        TEST(small_buffers_hold_the_sender_up),
        TEST(options_take_what_they_can_be),
        TEST(a_datagram_socket_has_a_port_from_its_first_use),
        TEST(every_other_send_to_a_closed_port_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
