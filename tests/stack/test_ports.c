/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports that the system chooses, when none is left, and which addresses are the host's own.
 */
#include "tests/stack/host.h"

#include <sys/socket.h>

#define LOWEST 32768u
#define COUNT  32768u

static ip_build_t build;

static void be_linux(host_t *host, bool is_linux)
{
    build = post_build;
    build.ib_linux_sockets = is_linux;
    assert_int_equal(ip_stack_set_build(host->ips, &build), 0);
}

static sonode_t *make(host_t *host, so_kind_t kind)
{
    sonode_t *so;
    assert_int_equal(so_socket(host->ips, AF_INET, kind, &so), 0);
    return so;
}

static int bind_any(sonode_t *so)
{
    ip_endpoint_t any = {address_of("0.0.0.0"), 0};
    return so_bind(so, &any);
}

static sonode_t *all[COUNT];

/* Takes all ports of a kind but one, which is the one that is returned. */
static uint16_t take_all_but_one(host_t *host, so_kind_t kind)
{
    static bool taken[COUNT];
    memset(taken, 0, sizeof(taken));
    for (size_t i = 0; i < COUNT - 1; i++) {
        all[i] = make(host, kind);
        assert_int_equal(bind_any(all[i]), 0);
        uint16_t port = so_sockname(all[i]).ie_port;
        assert_true(port >= LOWEST && !taken[port - LOWEST]);
        taken[port - LOWEST] = true;
    }
    size_t rest = 0;
    while (taken[rest])
        rest++;
    return (uint16_t)(LOWEST + rest);
}

static void give_all_back(void)
{
    for (size_t i = 0; i < COUNT - 1; i++)
        so_close(all[i]);
}

static void the_last_free_port_is_found_and_after_it_none(void **state)
{
    for (so_kind_t kind = SO_KIND_STREAM; kind <= SO_KIND_DGRAM; kind++) {
        host_t *host = *state;
        bool is_udp = kind == SO_KIND_DGRAM;
        uint16_t rest = take_all_but_one(host, kind);
        sonode_t *last = make(host, kind), *more = make(host, kind);
        assert_int_equal(so_free_port(host->ips, is_udp), rest);
        assert_int_equal(bind_any(last), 0);
        assert_int_equal(so_sockname(last).ie_port, rest);
        /* once it was searched in vain, nobody looks again until one is given back */
        for (int i = 0; i < 3; i++) {
            so_take_ports_tried(host->ips);
            assert_int_equal(so_free_port(host->ips, is_udp), 0);
            assert_int_equal(bind_any(more), EAGAIN);
            assert_int_equal(so_take_ports_tried(host->ips), 2 * COUNT);
        }
        assert_true(so_free_port(host->ips, !is_udp) >= LOWEST); /* the other kind has its own */
        so_close(last);
        assert_int_equal(so_free_port(host->ips, is_udp), rest);
        assert_int_equal(bind_any(more), 0);
        assert_int_equal(so_sockname(more).ie_port, rest);
        so_close(more);
        give_all_back();
    }
}

/* A socket does not call itself: from its only free port it cannot reach that port. */
static void a_connect_does_not_come_from_the_port_that_it_calls(void **state)
{
    host_t *host = *state;
    uint16_t rest = take_all_but_one(host, SO_KIND_STREAM);
    sonode_t *so = make(host, SO_KIND_STREAM);
    ip_endpoint_t itself = {loopback, rest}, other = {loopback, 22};
    assert_int_equal(so_connect_to(so, &itself), EADDRNOTAVAIL);
    assert_int_equal(so_sockname(so).ie_port, 0);
    assert_int_equal(so_connect_to(so, &other), EINPROGRESS);
    assert_int_equal(so_sockname(so).ie_port, rest);
    run_connect(host, so);
    assert_int_equal(so_connect_error(so), ECONNREFUSED);
    so_close(so);
    give_all_back();
}

static void without_a_port_nothing_is_sent(void **state)
{
    host_t *host = *state;
    take_all_but_one(host, SO_KIND_DGRAM);
    sonode_t *last = make(host, SO_KIND_DGRAM), *so = make(host, SO_KIND_DGRAM);
    ip_endpoint_t to = {loopback, 7};
    assert_int_equal(bind_any(last), 0);
    for (int is_linux = 0; is_linux <= 1; is_linux++) {
        be_linux(host, is_linux);
        assert_int_equal(so_sendto(so, "x", 1, &to), EAGAIN);
        assert_int_equal(so_udp_connect(so, &loopback, 7), EAGAIN);
    }
    assert_int_equal(log_count(host, "ip_wput_ire"), 0);
    so_close(last);
    so_close(so);
    give_all_back();
}

/* A connection without a socket keeps its port, in TIME_WAIT, too. */
static void a_port_in_time_wait_is_not_chosen(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    connect_pair(host, &listener, &client, &server);
    uint16_t port = so_local(client).ie_port;
    so_close(client);
    run_until(host, 0);
    so_close(server);
    run_until(host, 0);
    for (size_t i = 0; i < COUNT - 1; i++) {
        all[i] = make(host, SO_KIND_STREAM);
        assert_int_equal(bind_any(all[i]), 0);
        assert_int_not_equal(so_sockname(all[i]).ie_port, port);
    }
    assert_int_equal(so_free_port(host->ips, false), 0);
    run_until(host, 60000000);
    so_close(all[0]);
    all[0] = NULL;
    assert_int_not_equal(so_free_port(host->ips, false), 0);
    so_close(listener);
    give_all_back();
}

/* ---- whose an address is ---- */

static const struct {
    const char *address;
    bool on_solaris, on_linux;
    const char *source; /* of a packet to it; NULL: no route */
} rows[] = {
    {"127.0.0.1", true, true, "127.0.0.1"},
    {"127.0.0.2", false, true, NULL},
    {"127.255.255.254", false, true, NULL},
    {"127.0.0.0", false, false, NULL},
    {"127.255.255.255", false, false, NULL},
    {"126.0.0.1", false, false, NULL},
    {"128.0.0.1", false, false, NULL},
    {"::1", true, true, "::1"},
    {"::2", false, false, NULL},
    {"192.168.1.5", true, true, "192.168.1.5"},
    {"2001:db8::5", true, true, "2001:db8::5"},
    {"192.168.1.20", false, false, "192.168.1.5"},
    {"2001:db8::20", false, false, "2001:db8::5"},
    {"192.168.2.1", false, false, NULL},
    {"2001:db9::1", false, false, NULL},
};

static void an_address_is_the_hosts_own_on_a_wire_or_without_a_route(void **state)
{
    host_t *host = *state;
    add_wire(host, 0, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in6_addr_t address = address_of(rows[i].address), source = {0};
        be_linux(host, false);
        bool has_route = ip_source_for(host->ips, &address, &source);
        in6_addr_t expected = address_of(rows[i].source != NULL ? rows[i].source : "::");
        if (ip_is_local(host->ips, &address) != rows[i].on_solaris ||
            has_route != (rows[i].source != NULL) ||
            (has_route && !ip_address_same(&source, &expected)))
            fail_msg("%s on Solaris", rows[i].address);
        be_linux(host, true);
        if (ip_is_local(host->ips, &address) != rows[i].on_linux)
            fail_msg("%s on Linux", rows[i].address);
    }
}

static void a_host_has_three_interfaces_beside_lo0_each_with_another_name(void **state)
{
    host_t *host = *state;
    in6_addr_t v4 = address_of("10.0.0.1"), v6 = address_of("fd00::1");
    static const struct {
        const char *name;
        int error;
    } names[] = {{"lo0", EEXIST},        {"e0", 0}, {"e0", EEXIST}, {"0123456789abcdef", EINVAL},
                 {"0123456789abcde", 0}, {"e2", 0}, {"e3", ENOSPC}};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(ip_stack_plumb(host->ips, names[i].name, &v4, 0, &v6, 0), names[i].error);
    in6_addr_t anybody = address_of("203.0.113.9"), source;
    assert_true(ip_source_for(host->ips, &anybody, &source)); /* a prefix of 0 bits is everything */
    assert_true(ip_address_same(&source, &v4));
}

/* None of these is unspecified, though most of their words are 0. */
static void an_address_that_is_mostly_zeros_is_one(void **state)
{
    static const char *const addresses[] = {"1::", "0:0:1::", "::1:0:0", "::2"};
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        for (int is_linux = 0; is_linux <= 1; is_linux++) {
            void *own;
            host_setup(&own);
            host_t *host = own;
            in6_addr_t v4 = address_of("10.0.0.1"), v6 = address_of(addresses[i]);
            sonode_t *listener, *client, *server, *udp, *any_udp, *bound;
            be_linux(host, is_linux);
            assert_int_equal(ip_stack_plumb(host->ips, "e0", &v4, 24, &v6, 64), 0);
            assert_int_equal(so_listen(host->ips, &v6, 22, 5, &listener), 0);
            assert_int_equal(so_connect(host->ips, &v6, 22, &client), EINPROGRESS);
            run_connect(host, client);
            assert_int_equal(so_connect_error(client), 0);
            run_until(host, 0);
            assert_int_equal(so_accept(listener, &server), 0);
            in6_addr_t from = so_remote(server).ie_addr;
            assert_true(ip_address_same(&from, &v6));
            assert_int_equal(so_connect(host->ips, &loopback, 22, &bound), EINPROGRESS);
            run_connect(host, bound);
            assert_int_equal(so_connect_error(bound),
                             ECONNREFUSED); /* it is not at every address */
            /* a datagram socket at it does not reach the other family, one at any address does */
            in6_addr_t any = address_of("::");
            ip_endpoint_t four = {loopback, 9};
            assert_int_equal(so_udp(host->ips, &v6, 53, &udp), 0);
            assert_int_equal(so_udp(host->ips, &any, 54, &any_udp), 0);
            assert_int_equal(so_sendto(udp, "x", 1, &four), EAFNOSUPPORT);
            assert_int_equal(so_sendto(any_udp, "x", 1, &four), 0);
            run_until(host, 0);
            so_close(udp);
            so_close(any_udp);
            so_close(bound);
            so_close(client);
            so_close(server);
            so_close(listener);
            assert_int_equal(host_teardown(&own), 0);
        }
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_last_free_port_is_found_and_after_it_none),
        TEST(a_connect_does_not_come_from_the_port_that_it_calls),
        TEST(without_a_port_nothing_is_sent),
        TEST(a_port_in_time_wait_is_not_chosen),
        TEST(an_address_is_the_hosts_own_on_a_wire_or_without_a_route),
        TEST(a_host_has_three_interfaces_beside_lo0_each_with_another_name),
        cmocka_unit_test(an_address_that_is_mostly_zeros_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
