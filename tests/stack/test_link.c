/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The wire: when packets arrive, in which order, and who gets them.
 */
#include "tests/stack/segment.h"

#define HEADERS 28 /* of a UDP datagram over IPv4 */

static const char *const remotes[] = {"192.168.1.20", "2001:db8::20"};
static const char *const locals[] = {"192.168.1.5", "2001:db8::5"};

/* A socket of the remote host, and a datagram of `size` bytes to it. */
static sonode_t *listen_remotely(host_t *host)
{
    sonode_t *so;
    assert_int_equal(so_udp(host->remote, &in6addr_any, 53, &so), 0);
    return so;
}

static void nothing(void *arg)
{
    (void)arg;
}

static void send_to(host_t *host, sonode_t *from, const char *to, const void *data, size_t size)
{
    ip_endpoint_t remote = {address_of(to), 53};
    (void)host;
    assert_int_equal(so_sendto(from, data, size, &remote), 0);
}

/* When the next datagram is there, in us; what it begins with is *first. */
static uint64_t arrival(host_t *host, sonode_t *so, char *first)
{
    char buffer[2000];
    size_t n;
    ip_endpoint_t from;
    int error;
    while ((error = so_recvfrom(so, buffer, sizeof(buffer), &n, &from)) == EAGAIN &&
           vclock_run_next(host->clock))
        continue;
    assert_int_equal(error, 0);
    *first = buffer[0];
    return vclock_now(host->clock);
}

static void a_packet_arrives_after_its_last_bit_and_the_latency(void **state)
{
    static const struct {
        uint64_t latency_us, rate_bps;
        size_t size; /* of the whole packet */
        uint64_t at_us;
    } rows[] = {
        {0, 0, 100, 0},
        {250, 0, 100, 250},
        {250, 0, 1500, 250},
        {0, 8000000, 100, 100}, /* a byte takes a microsecond */
        {0, 8000000, 1500, 1500},
        {10000, 8000000, 1500, 11500},
        {0, 1000000000, 1500, 12},
        {0, 1000000000, 100, 1}, /* 0.8 us: times are whole, and never early */
        {0, 3, 100, 266666667},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        char data[1500] = "x", first;
        sonode_t *client, *server;
        host_setup(&own);
        host_t *host = own;
        add_wire(host, rows[i].latency_us, rows[i].rate_bps);
        server = listen_remotely(host);
        assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &client), 0);
        send_to(host, client, remotes[0], data, rows[i].size - HEADERS);
        uint64_t at_us = arrival(host, server, &first);
        if (at_us != rows[i].at_us)
            fail_msg("row %zu: at %lu us", i, (unsigned long)at_us);
        so_close(client);
        so_close(server);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* One after the other, in order; the wire is full duplex, and idle time is not saved up. */
static void packets_of_one_sender_queue_behind_each_other(void **state)
{
    host_t *host = *state;
    char data[1000 - HEADERS], first;
    sonode_t *client, *server, *away, *here;
    add_wire(host, 100, 8000000);
    server = listen_remotely(host);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &client), 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 53, &here), 0);
    assert_int_equal(so_udp(host->remote, &in6addr_any, 0, &away), 0);
    for (char c = 'a'; c <= 'c'; c++) {
        data[0] = c;
        send_to(host, client, remotes[0], data, sizeof(data));
    }
    data[0] = 'z';
    send_to(host, away, locals[0], data, sizeof(data));
    assert_int_equal(arrival(host, here, &first), 1100);
    assert_int_equal(first, 'z');
    for (uint64_t i = 0; i < 3; i++) {
        assert_int_equal(arrival(host, server, &first), 1100 + 1000 * i);
        assert_int_equal(first, 'a' + (int)i);
    }
    run_until(host, 1000000);
    data[0] = 'd';
    uint64_t now_us = vclock_now(host->clock);
    send_to(host, client, remotes[0], data, sizeof(data));
    assert_int_equal(arrival(host, server, &first), now_us + 1100);
    so_close(client);
    so_close(server);
    so_close(away);
    so_close(here);
}

static void a_connection_over_the_wire_takes_a_round_trip_and_carries_data(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        void *own;
        sonode_t *listener, *client, *server;
        char buffer[10];
        size_t n;
        host_setup(&own);
        host_t *host = own;
        in6_addr_t address = address_of(locals[i]);
        add_wire(host, 10000, 0);
        assert_int_equal(so_listen(host->ips, &in6addr_any, 22, 5, &listener), 0);
        assert_int_equal(so_connect(host->remote, &address, 22, &client), EINPROGRESS);
        run_connect(host, client);
        assert_int_equal(so_connect_error(client), 0);
        assert_int_equal(vclock_now(host->clock), 20000);
        assert_int_equal(so_send(client, "hello", 5, &n), 0);
        run_until(host, 30000);
        assert_int_equal(so_accept(listener, &server), 0);
        assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), 0);
        assert_int_equal(n, 5);
        assert_int_equal(log_count(host, "LOOPBACK"), 0);
        so_close(client);
        so_close(server);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* There is no ARP on it, so there is no answer either. */
static void what_nobody_on_the_wire_owns_is_lost(void **state)
{
    host_t *host = *state;
    sonode_t *client;
    add_wire(host, 0, 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &client), 0);
    send_to(host, client, "192.168.1.99", "x", 1);
    assert_int_equal(log_count(host, "wire: no host"), 1);
    assert_int_equal(mblk_in_use(), 0);
    so_close(client);
}

static void an_interface_without_a_wire_loses_what_it_sends(void **state)
{
    host_t *host = *state;
    sonode_t *client;
    in6_addr_t v4 = address_of("10.0.0.1"), v6 = address_of("fd00::1");
    assert_int_equal(ip_stack_plumb(host->ips, "bge0", &v4, 8, &v6, 64), 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &client), 0);
    send_to(host, client, "10.9.9.9", "x", 1);
    assert_int_equal(log_count(host, "wire: no link"), 1);
    so_close(client);
}

static void what_is_on_its_way_is_freed_with_the_wire(void **state)
{
    host_t *host = *state;
    sonode_t *client;
    add_wire(host, 1000000, 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &client), 0);
    send_to(host, client, remotes[1], "x", 1);
    assert_int_equal(mblk_in_use(), 1);
    link_flush(host->link);
    assert_int_equal(mblk_in_use(), 0);
    so_close(client);
}

/* Messages are counted for all hosts together; one that waits in the other host is no leak of this.
 */
static void packets_that_wait_in_several_hosts_at_the_end_are_no_leak(void **state)
{
    host_t *host = *state;
    sonode_t *here, *there;
    ip_endpoint_t local = {address_of(locals[0]), 53}, remote = {address_of(remotes[0]), 53};
    add_wire(host, 0, 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &here), 0);
    assert_int_equal(so_udp(host->remote, &in6addr_any, 0, &there), 0);
    assert_int_equal(so_sendto(here, "x", 1, &local), 0);
    assert_int_equal(so_sendto(there, "x", 1, &remote), 0);
    assert_int_equal(mblk_in_use(), 2);
    so_close(here);
    so_close(there);
}

static void interfaces_are_plumbed_and_attached_once(void **state)
{
    host_t *host = *state;
    in6_addr_t v4 = address_of("10.0.0.1"), v6 = address_of("fd00::1");
    add_wire(host, 0, 0);
    assert_int_equal(link_attach(host->link, host->ips, "e1000g0"), EBUSY);
    assert_int_equal(link_attach(host->link, host->ips, "lo0"), ENXIO);
    assert_int_equal(link_attach(host->link, host->ips, "bge0"), ENXIO);
    assert_int_equal(link_attach(host->link, host->ips, ""), ENXIO);
    assert_int_equal(ip_stack_plumb(host->ips, "e1000g0", &v4, 8, &v6, 64), EEXIST);
    assert_int_equal(ip_stack_plumb(host->ips, "lo0", &v4, 8, &v6, 64), EEXIST);
    assert_int_equal(ip_stack_plumb(host->ips, "a_name_that_is_too_long", &v4, 8, &v6, 64), EINVAL);
    assert_int_equal(ip_stack_plumb(host->ips, "bge0", &v4, 8, &v6, 64), 0);
    assert_int_equal(ip_stack_plumb(host->ips, "bge1", &v4, 8, &v6, 64), 0);
    assert_int_equal(ip_stack_plumb(host->ips, "bge2", &v4, 8, &v6, 64), ENOSPC);
}

static void sixteen_hosts_are_on_a_wire(void **state)
{
    ip_stack_t *hosts[LINK_HOSTS_MAX + 1];
    vclock_t *clock = vclock_create();
    link_t *link = link_create(clock, 0, 0);
    (void)state;
    for (size_t i = 0; i <= LINK_HOSTS_MAX; i++) {
        char text[20];
        snprintf(text, sizeof(text), "10.0.0.%zu", i + 1);
        in6_addr_t v4 = address_of(text), v6 = address_of("fd00::1");
        hosts[i] = ip_stack_create(clock, i, &post_build);
        assert_int_equal(ip_stack_plumb(hosts[i], "e0", &v4, 24, &v6, 64), 0);
        assert_int_equal(link_attach(link, hosts[i], "e0"), i < LINK_HOSTS_MAX ? 0 : ENOSPC);
    }
    for (size_t i = 0; i <= LINK_HOSTS_MAX; i++)
        ip_stack_destroy(hosts[i]);
    link_destroy(link);
    link_destroy(NULL);
    vclock_destroy(clock);
}

/* A neighbour that is not there: Linux asks for it for three seconds, and all that waits then comes
 * back; Solaris drops it. */
static void a_neighbour_that_does_not_answer_is_a_host_that_cannot_be_reached(void **state)
{
    static const struct {
        bool is_linux;
        const char *to[2];
        size_t at_3_s, at_4_s; /* how many come back */
    } rows[] = {
        {true, {"192.168.1.9", "192.168.1.9"}, 2, 0},
        {true, {"192.168.1.9", "192.168.1.10"}, 1, 1},
        {true, {"2001:db8::9", "2001:db8::9"}, 2, 0},
        {false, {"192.168.1.9", "192.168.1.9"}, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        ip_build_t linux_build = post_build;
        linux_build.ib_linux_sockets = linux_build.ib_linux_errnos = rows[i].is_linux;
        assert_int_equal(ip_stack_set_build(host->ips, &linux_build), 0);
        add_wire(host, 0, 0);
        sonode_t *so[2];
        vtimer_t later = {0};
        for (size_t k = 0; k < 2; k++) {
            in6_addr_t to = address_of(rows[i].to[k]);
            int family = ip_address_family(&to);
            ip_endpoint_t remote = {to, 9};
            assert_int_equal(so_socket(host->ips, family, SO_KIND_DGRAM, &so[k]), 0);
            assert_int_equal(so_connect_to(so[k], &remote), 0);
            assert_int_equal(so_sendto(so[k], "x", 1, NULL), 0);
            if (k == 0) {
                vclock_set(host->clock, &later, 1000000, nothing, NULL);
                run_until(host, 1000000);
            }
        }
        run_until(host, 5000000);
        if (log_count(host, "3.000 icmp icmp_unreachable") != rows[i].at_3_s ||
            log_count(host, "4.000 icmp icmp_unreachable") != rows[i].at_4_s ||
            ip_stack_stats(host->ips)->icmp_sent != rows[i].at_3_s + rows[i].at_4_s)
            fail_msg("%s, %s: %s", rows[i].to[0], rows[i].to[1], host->log);
        so_close(so[0]);
        so_close(so[1]);
        assert_int_equal(host_teardown(&own), 0);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_arrives_after_its_last_bit_and_the_latency),
        test(packets_of_one_sender_queue_behind_each_other),
        cmocka_unit_test(a_connection_over_the_wire_takes_a_round_trip_and_carries_data),
        test(what_nobody_on_the_wire_owns_is_lost),
        test(an_interface_without_a_wire_loses_what_it_sends),
        test(what_is_on_its_way_is_freed_with_the_wire),
        test(packets_that_wait_in_several_hosts_at_the_end_are_no_leak),
        test(interfaces_are_plumbed_and_attached_once),
        cmocka_unit_test(sixteen_hosts_are_on_a_wire),
        cmocka_unit_test(a_neighbour_that_does_not_answer_is_a_host_that_cannot_be_reached),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
