/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Listeners: who may listen where, what their connections inherit, when accept() gives one, and
 * what happens to a handshake that ends while the queue is full.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include <sys/socket.h>

static ip_build_t build;

static void be_linux(host_t *host, bool is_linux)
{
    build = post_build;
    build.ib_linux_sockets = is_linux;
    assert_int_equal(ip_stack_set_build(host->ips, &build), 0);
}

static sonode_t *stream(host_t *host, int family)
{
    sonode_t *so;
    assert_int_equal(so_socket(host->ips, family, SO_KIND_STREAM, &so), 0);
    return so;
}

static int bind_to(sonode_t *so, const char *address, uint16_t port)
{
    ip_endpoint_t local = {address_of(address), port};
    return so_bind(so, &local);
}

static sonode_t *connect_22(host_t *host)
{
    sonode_t *so;
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    run_until(host, vclock_now(host->clock));
    return so;
}

static void count_notice(void *arg)
{
    (*(unsigned *)arg)++;
}

/* ---- a server that is slow to accept ---- */

static void a_slow_server_gets_a_connection_after_a_while(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *child, *clients[2];
    unsigned told = 0;
    ip_stack_set_accept_delay(host->ips, 500000);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    so_set_notify(listener, count_notice, NULL, &told);
    clients[0] = connect_22(host);
    assert_int_equal(so_connect_error(clients[0]), 0); /* the client does not notice */
    clients[1] = connect_22(host);
    assert_int_equal(so_accept(listener, &child), EAGAIN);
    assert_int_equal(so_ready(listener), 0);
    assert_int_equal(told, 0);
    run_until(host, 499999);
    assert_int_equal(so_accept(listener, &child), EAGAIN);
    run_until(host, 500000);
    assert_true(told > 0);
    assert_int_equal(so_ready(listener), SO_READY_IN);
    assert_int_equal(so_accept(listener, &child), 0);
    so_close(child);
    so_close(clients[1]);
    so_close(clients[0]);
    so_close(listener);
    run_until(host, 2000000);
}

/* ---- who is told ---- */

static bool is_awaited;

static bool awaited(void *arg)
{
    (void)arg;
    return is_awaited;
}

/* Nobody waits: nobody is told, not later either. */
static void who_does_not_wait_is_not_told(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *child;
    unsigned told = 0;
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    so_set_notify(listener, count_notice, awaited, &told);
    for (int i = 0; i < 2; i++) {
        is_awaited = i == 1;
        sonode_t *client = connect_22(host);
        assert_int_equal(told > 0, is_awaited);
        assert_int_equal(so_ready(listener), SO_READY_IN);
        assert_int_equal(so_accept(listener, &child), 0);
        so_abort(child);
        so_close(client);
    }
    so_close(listener);
}

/* ---- a full queue ---- */

/* The ACK that ends the handshake is ignored while the queue is full: the connection is the
 * client's alone. Once there is room, a later segment makes it one. */
static void a_handshake_does_not_end_while_the_queue_is_full_on_linux(void **state)
{
    for (int is_linux = 0; is_linux <= 1; is_linux++) {
        host_t *host = *state;
        sonode_t *listener, *child;
        ip_endpoint_t server = {loopback, 22}, ends[2] = {{loopback, 1000}, {loopback, 1001}};
        be_linux(host, is_linux);
        assert_int_equal(so_listen(host->ips, &loopback, 22, is_linux ? 0 : 1, &listener), 0);
        watch_t watch = {.eats = 1 << SERVER};
        watch_install(host, &watch);
        uint32_t iss[2];
        for (size_t i = 0; i < 2; i++) { /* both SYNs come while there is room */
            send_packet(host, segment_of(&ends[i], &server, SYN, 5000, 0));
            iss[i] = watch.sent[SERVER].iss;
        }
        host->log[0] = '\0';
        for (size_t i = 0; i < 2; i++)
            send_packet(host, segment_of(&ends[i], &server, ACK, 5001, iss[i] + 1));
        bool is_full = log_count(host, "SYN_RCVD: the queue of those who wait") == 1;
        assert_int_equal(is_full, is_linux);
        assert_int_equal(so_accept(listener, &child), 0);
        so_abort(child);
        assert_int_equal(so_accept(listener, &child), is_linux ? EAGAIN : 0);
        so_abort(child);
        send_packet(host, segment_of(&ends[1], &server, ACK, 5001, iss[1] + 1));
        assert_int_equal(so_accept(listener, &child), is_linux ? 0 : EAGAIN);
        so_abort(child);
        so_close(listener);
        for (size_t i = 0; i < 2; i++) {
            static const char *const families[] = {NHF_INET, NHF_INET6};
            net_hook_unregister(ip_stack_net(host->ips, families[i]), NH_LOOPBACK_OUT,
                                &watch.hooks[i]);
        }
    }
}

/* A RST or a SYN again is not such an end. */
static void what_is_no_ack_is_taken_though_the_queue_is_full(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client;
    ip_endpoint_t server = {loopback, 22}, peer = {loopback, 1000};
    be_linux(host, true);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 0, &listener), 0);
    watch_t watch = {.eats = 1 << SERVER, .mask = SYN | RST, .flags = SYN};
    watch_install(host, &watch);
    send_packet(host, segment_of(&peer, &server, SYN, 5000, 0));
    watch.eats = 0;
    client = connect_22(host); /* fills the queue */
    host->log[0] = '\0';
    send_packet(host, segment_of(&peer, &server, RST, 5001, 0));
    assert_int_equal(log_count(host, "fanout ip_fanout_tcp SYN_RCVD flags 4"), 1);
    assert_int_equal(log_count(host, "the queue of those who wait"), 0);
    so_close(client);
    so_close(listener);
}

/* ---- what a connection inherits ---- */

static void a_connection_has_its_listeners_options_and_on_linux_its_shutdowns(void **state)
{
    static const struct {
        bool is_linux;
        unsigned how;
        bool reads_no_more, sends_fin;
    } rows[] = {
        {true, 0, false, false},
        {true, SO_SHUT_READ, true, false},
        {true, SO_SHUT_WRITE, false, true},
        {true, SO_SHUT_READ | SO_SHUT_WRITE, true, true},
        {false, SO_SHUT_READ | SO_SHUT_WRITE, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        size_t n = 1;
        char byte;
        be_linux(host, rows[i].is_linux);
        sonode_t *listener = stream(host, AF_INET), *child;
        assert_int_equal(so_set_option(listener, SO_OPT_NODELAY, 1), 0);
        assert_int_equal(so_set_option(listener, SO_OPT_RCVBUF, 5000), 0);
        assert_int_equal(bind_to(listener, "127.0.0.1", 22), 0);
        if (rows[i].how != 0)
            assert_int_equal(so_shutdown_how(listener, rows[i].how), ENOTCONN);
        assert_int_equal(so_listen_on(listener, 5), 0);
        sonode_t *client = connect_22(host);
        assert_int_equal(so_accept(listener, &child), 0);
        assert_int_equal(so_option(child, SO_OPT_NODELAY), 1);
        assert_int_equal(so_option(child, SO_OPT_RCVBUF), 5000);
        assert_int_equal(so_recv(child, &byte, 1, &n), rows[i].reads_no_more ? 0 : EAGAIN);
        assert_int_equal(so_send(child, "x", 1, &n), rows[i].sends_fin ? EPIPE : 0);
        run_until(host, 0);
        assert_string_equal(so_state(client), rows[i].sends_fin ? "CLOSE_WAIT" : "ESTABLISHED");
        so_close(child);
        so_close(client);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* ---- who may listen ---- */

/* Two that were bound to a port with SO_REUSEADDR: one of them may listen. */
static void only_one_of_those_who_share_a_port_listens(void **state)
{
    host_t *host = *state;
    static const char *const pairs[][2] = {{"127.0.0.1", "127.0.0.1"}, {"0.0.0.0", "127.0.0.1"},
                                           {"127.0.0.1", "0.0.0.0"},   {"::", "127.0.0.1"},
                                           {"::", "0.0.0.0"},          {"::1", "::"}};
    be_linux(host, true);
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        sonode_t *so[2];
        for (size_t k = 0; k < 2; k++) {
            so[k] = stream(host, strchr(pairs[i][k], ':') != NULL ? AF_INET6 : AF_INET);
            assert_int_equal(so_set_option(so[k], SO_OPT_REUSEADDR, 1), 0);
            assert_int_equal(bind_to(so[k], pairs[i][k], 6379), 0);
        }
        assert_int_equal(so_listen_on(so[0], 5), 0);
        assert_int_equal(so_listen_on(so[1], 5), EADDRINUSE);
        assert_int_equal(so_ready(so[1]), SO_READY_OUT | SO_READY_HUP); /* it is as it was */
        assert_int_equal(so_shutdown_how(so[0], SO_SHUT_READ), 0);
        assert_int_equal(so_listen_on(so[1], 5), 0);
        so_close(so[0]);
        so_close(so[1]);
    }
}

/* With no port it takes a free one; without any left it cannot listen. */
static void a_listener_without_a_port_gets_one(void **state)
{
    for (int is_linux = 0; is_linux <= 1; is_linux++) {
        host_t *host = *state;
        be_linux(host, is_linux);
        sonode_t *so = stream(host, AF_INET6);
        assert_int_equal(so_listen_on(so, 5), 0);
        assert_true(so_sockname(so).ie_port >= 32768);
        so_close(so);
    }
}

/* On Linux V6ONLY refuses IPv4 from the start, and a mapped peer is not reached. */
static void v6only_keeps_ipv4_out(void **state)
{
    host_t *host = *state;
    for (int v6only = 0; v6only <= 1; v6only++) {
        sonode_t *listener = stream(host, AF_INET6), *so = stream(host, AF_INET6), *four;
        ip_endpoint_t mapped = {loopback, 22};
        be_linux(host, true);
        assert_int_equal(so_set_option(listener, SO_OPT_V6ONLY, v6only), 0);
        assert_int_equal(so_set_option(so, SO_OPT_V6ONLY, v6only), 0);
        assert_int_equal(bind_to(listener, "::", 22), 0);
        assert_int_equal(so_listen_on(listener, 5), 0);
        assert_int_equal(so_connect_to(so, &mapped), v6only ? ENETUNREACH : EINPROGRESS);
        four = connect_22(host);
        assert_int_equal(so_connect_error(four), v6only ? ECONNREFUSED : 0);
        so_close(four);
        so_close(so);
        so_close(listener);
        run_until(host, vclock_now(host->clock));
    }
}

/* On Linux a socket that is bound to an IPv6 address of its own is for IPv6 only from then on. */
static void who_is_bound_to_ipv6_is_v6only_on_linux(void **state)
{
    static const struct {
        const char *address;
        int64_t on_linux, on_solaris;
    } rows[] = {{"::1", 1, 0}, {"::", 0, 0}, {"127.0.0.1", 0, 0}};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        host_t *host = *state;
        be_linux(host, i % 2);
        sonode_t *so = stream(host, AF_INET6);
        assert_int_equal(bind_to(so, rows[i / 2].address, 99), 0);
        assert_int_equal(so_option(so, SO_OPT_V6ONLY),
                         i % 2 ? rows[i / 2].on_linux : rows[i / 2].on_solaris);
        so_close(so);
    }
}

/* Linux: a shutdown before anybody was told of the failure; the failure is told first. */
static void a_connect_that_was_shut_down_does_not_begin_anew(void **state)
{
    host_t *host = *state;
    be_linux(host, true);
    sonode_t *so = stream(host, AF_INET);
    ip_endpoint_t to = {loopback, 22};
    assert_int_equal(so_connect_to(so, &to), EINPROGRESS);
    run_until(host, 0); /* it is refused */
    assert_int_equal(so_shutdown_how(so, SO_SHUT_WRITE), ENOTCONN);
    assert_int_equal(so_connect_to(so, &to), EINVAL);
    assert_int_equal(so_listen_on(so, 5), EINVAL);
    assert_int_equal(so_take_error(so), ECONNREFUSED);
    assert_int_equal(so_disconnect(so), 0);
    assert_int_equal(so_connect_to(so, &to), EINPROGRESS);
    so_close(so);
}

/* What an earlier connection has left is not the next one's. */
static void a_new_connect_has_no_old_error(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *so;
    be_linux(host, true);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    so = connect_22(host);
    assert_int_equal(so_disconnect(so), 0); /* which leaves ECONNRESET */
    ip_endpoint_t to = {loopback, 22}, nowhere = {address_of("203.0.113.1"), 22};
    assert_int_equal(so_connect_to(so, &nowhere), ENETUNREACH);
    assert_int_equal(so_ready(so) & SO_READY_ERR, SO_READY_ERR); /* it did not begin */
    assert_int_equal(so_connect_to(so, &to), EINPROGRESS);
    run_until(host, 0);
    assert_int_equal(so_ready(so), SO_READY_OUT);
    assert_int_equal(so_take_error(so), 0);
    so_close(so);
    so_close(listener);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_slow_server_gets_a_connection_after_a_while),
        TEST(who_does_not_wait_is_not_told),
        TEST(a_handshake_does_not_end_while_the_queue_is_full_on_linux),
        TEST(what_is_no_ack_is_taken_though_the_queue_is_full),
        cmocka_unit_test(a_connection_has_its_listeners_options_and_on_linux_its_shutdowns),
        TEST(only_one_of_those_who_share_a_port_listens),
        TEST(a_listener_without_a_port_gets_one),
        TEST(v6only_keeps_ipv4_out),
        TEST(who_is_bound_to_ipv6_is_v6only_on_linux),
        TEST(a_connect_that_was_shut_down_does_not_begin_anew),
        TEST(a_new_connect_has_no_old_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
