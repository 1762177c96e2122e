/* SPDX-License-Identifier: BSD-3-Clause
 *
 * net_inject with a wire: its three styles, what each passes, and the interface look-ups. And which
 * IPv6 packets cannot be delivered.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include <arpa/inet.h>

typedef struct counts {
    hook_t hooks[4];
    unsigned calls[4]; /* LOOPBACK_OUT, LOOPBACK_IN, PHYSICAL_OUT, PHYSICAL_IN */
} counts_t;

static int count_one(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token;
    (void)data;
    ++*(unsigned *)arg;
    return 0;
}

static void count_hooks(host_t *host, counts_t *counts)
{
    static const char *const events[] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN, NH_PHYSICAL_OUT,
                                         NH_PHYSICAL_IN};
    for (size_t i = 0; i < 4; i++) {
        counts->hooks[i] = (hook_t){.h_version = HOOK_VERSION,
                                    .h_func = count_one,
                                    .h_name = "count",
                                    .h_arg = &counts->calls[i]};
        assert_int_equal(
            net_hook_register(ip_stack_net(host->ips, NHF_INET), events[i], &counts->hooks[i]), 0);
    }
}

static net_inject_t datagram(const char *from, const char *to, phy_if_t phy)
{
    in6_addr_t src = address_of(from), dst = address_of(to);
    uint8_t udp[9];
    put_udp(udp, 1000, 53, "x", 1);
    return (net_inject_t){.ni_version = NETINFO_VERSION,
                          .ni_packet = packet_of(&src, &dst, IPPROTO_UDP, udp, sizeof(udp)),
                          .ni_physical = phy};
}

#define LOCAL  "192.168.1.5"
#define REMOTE "192.168.1.20"

/* Rows: whether it is taken, which hooks it passes, and whether the one whom it is for gets it. */
static void each_style_passes_its_own_hooks(void **state)
{
    static const struct {
        const char *name;
        inject_t style;
        const char *from, *to;
        phy_if_t phy;
        int result;
        unsigned calls[4];
        bool remotely, locally;
    } rows[] = {
        {"straight to the wire", NI_DIRECT_OUT, LOCAL, REMOTE, 2, 0, {0, 0, 0, 0}, true, false},
        {"out, as if sent", NI_QUEUE_OUT, LOCAL, REMOTE, 2, 0, {0, 0, 1, 0}, true, false},
        {"out to oneself", NI_QUEUE_OUT, LOCAL, LOCAL, 2, 0, {1, 1, 0, 0}, false, true},
        {"out to lo0", NI_QUEUE_OUT, "127.0.0.1", "127.0.0.1", 1, 0, {1, 1, 0, 0}, false, true},
        {"in, as if received", NI_QUEUE_IN, REMOTE, LOCAL, 2, 0, {0, 0, 0, 1}, false, true},
        {"in on lo0", NI_QUEUE_IN, "127.0.0.1", "127.0.0.1", 1, 1, {0, 0, 0, 0}, false, false},
        {"straight to oneself", NI_DIRECT_OUT, LOCAL, LOCAL, 2, 1, {0, 0, 0, 0}, false, false},
        {"straight to lo0",
         NI_DIRECT_OUT,
         "127.0.0.1",
         "127.0.0.1",
         1,
         1,
         {0, 0, 0, 0},
         false,
         false},
        {"to nowhere", NI_DIRECT_OUT, LOCAL, "10.0.0.1", 2, 1, {0, 0, 0, 0}, false, false},
        {"in for another", NI_QUEUE_IN, LOCAL, REMOTE, 2, 0, {0, 0, 0, 1}, false, false},
        {"no style at all", (inject_t)9, LOCAL, REMOTE, 2, 1, {0, 0, 0, 0}, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        counts_t counts = {0};
        sonode_t *here, *there;
        char buffer[4];
        size_t n;
        ip_endpoint_t from;
        host_setup(&own);
        host_t *host = own;
        add_wire(host, 0, 0);
        count_hooks(host, &counts);
        assert_int_equal(so_udp(host->ips, &in6addr_any, 53, &here), 0);
        assert_int_equal(so_udp(host->remote, &in6addr_any, 53, &there), 0);
        net_inject_t inject = datagram(rows[i].from, rows[i].to, rows[i].phy);
        int result = net_inject(ip_stack_net(host->ips, NHF_INET), rows[i].style, &inject);
        assert_null(inject.ni_packet);
        run_until(host, 0);
        bool remotely = so_recvfrom(there, buffer, sizeof(buffer), &n, &from) == 0;
        bool locally = so_recvfrom(here, buffer, sizeof(buffer), &n, &from) == 0;
        if (result != rows[i].result || remotely != rows[i].remotely ||
            locally != rows[i].locally ||
            memcmp(counts.calls, rows[i].calls, sizeof(counts.calls)) != 0 ||
            ip_stack_stats(host->ips)->out_discards != (uint64_t)rows[i].result)
            fail_msg("%s: %d\n%s", rows[i].name, result, host->log);
        so_close(here);
        so_close(there);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* From build 129 on a local address is reached, past all hooks. */
static void a_later_build_reaches_its_own_addresses(void **state)
{
    static const uint64_t syns[] = {0};
    static const ip_build_t later = {.ib_syns = {syns, 1, 30000000},
                                     .ib_icmp_quote = 64,
                                     .ib_icmp_ttl = 255,
                                     .ib_inject_local = true};
    host_t *host = *state;
    counts_t counts = {0};
    sonode_t *here;
    char buffer[4];
    size_t n;
    ip_endpoint_t from;
    add_wire(host, 0, 0);
    count_hooks(host, &counts);
    ip_stack_set_build(host->ips, &later);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 53, &here), 0);
    net_inject_t inject = datagram("127.0.0.1", "127.0.0.1", 1);
    assert_int_equal(net_inject(ip_stack_net(host->ips, NHF_INET), NI_DIRECT_OUT, &inject), 0);
    run_until(host, 0);
    assert_int_equal(so_recvfrom(here, buffer, sizeof(buffer), &n, &from), 0);
    assert_memory_equal(counts.calls, ((unsigned[4]){0, 0, 0, 0}), sizeof(counts.calls));
    so_close(here);
}

/* The caller's next hop goes before the packet's destination. */
static void the_next_hop_is_the_callers(void **state)
{
    host_t *host = *state;
    struct sockaddr_in hop = {.sin_family = AF_INET};
    sonode_t *there;
    char buffer[4];
    size_t n;
    ip_endpoint_t from;
    add_wire(host, 0, 0);
    assert_int_equal(so_udp(host->remote, &in6addr_any, 53, &there), 0);
    net_inject_t inject = datagram(LOCAL, "10.0.0.1", 2);
    inet_pton(AF_INET, REMOTE, &hop.sin_addr);
    memcpy(&inject.ni_addr, &hop, sizeof(hop));
    assert_int_equal(net_inject(ip_stack_net(host->ips, NHF_INET), NI_DIRECT_OUT, &inject), 0);
    run_until(host, 0);
    assert_int_equal(so_recvfrom(there, buffer, sizeof(buffer), &n, &from), EAGAIN);
    assert_int_equal(log_count(host, "[remote] 0.000 discard: not for this host"), 1);
    so_close(there);
}

static void interfaces_have_an_address_of_each_family(void **state)
{
    static const struct {
        phy_if_t phy;
        int family;
        const char *address;
        unsigned bits;
    } rows[] = {
        {1, AF_INET, "127.0.0.1", 8},
        {1, AF_INET6, "::1", 128},
        {2, AF_INET, "192.168.1.5", 24},
        {2, AF_INET6, "2001:db8::5", 64},
    };
    host_t *host = *state;
    net_handle_t net = ip_stack_net(host->ips, NHF_INET);
    uint8_t bytes[16];
    unsigned bits;
    char name[16];
    add_wire(host, 0, 0);
    for (size_t i = 0; i < 4; i++) {
        in6_addr_t expected = address_of(rows[i].address);
        assert_int_equal(net_getifaddr(net, rows[i].phy, rows[i].family, bytes, &bits), 0);
        in6_addr_t address = ip_address_get(rows[i].family, bytes);
        assert_true(ip_address_same(&address, &expected));
        assert_int_equal(bits, rows[i].bits);
    }
    assert_int_equal(net_getifaddr(net, 3, AF_INET, bytes, &bits), -1);
    assert_int_equal(net_getifaddr(net, 0, AF_INET, bytes, &bits), -1);
    assert_int_equal(net_phylookup(net, "e1000g0"), 2);
    assert_int_equal(net_getifname(net, 2, name, sizeof(name)), 0);
    assert_string_equal(name, "e1000g0");
}

/* ---- IPv6 on the path ---- */

static void ipv6_that_cannot_be_delivered_is_discarded_with_its_reason(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *reason;
    } rows[] = {
        {4, 1, "bad IP length"},
        {5, 200, "bad IP length"},
        {6, 0, "not TCP, UDP or ICMP: other protocols are not modelled"},  /* hop-by-hop options */
        {6, 44, "not TCP, UDP or ICMP: other protocols are not modelled"}, /* a fragment */
        {6, IPPROTO_ICMP, "not TCP, UDP or ICMP: other protocols are not modelled"},
        {6, IPPROTO_TCP, "TCP header cut short"},
        {39, 2, "no route to its destination"},
    };
    host_t *host = *state;
    in6_addr_t own = address_of("::1");
    uint8_t udp[9];
    put_udp(udp, 1000, 53, "x", 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mblk_t *mp = packet_of(&own, &own, IPPROTO_UDP, udp, sizeof(udp));
        mp->b_rptr[rows[i].at] = rows[i].byte;
        host->log[0] = '\0';
        send_packet(host, mp);
        if (log_count(host, rows[i].reason) != 1 || log_count(host, "discard") != 1)
            fail_msg("row %zu\n%s", i, host->log);
    }
}

static void an_interfaces_name_needs_room_for_its_end(void **state)
{
    host_t *host = *state;
    net_handle_t net = ip_stack_net(host->ips, NHF_INET);
    static const struct {
        phy_if_t phy;
        size_t size;
        int result;
        const char *name;
    } rows[] = {
        {1, 4, 0, "lo0"}, {1, 3, -1, ""},        {1, 1, -1, ""},        {2, 8, 0, "e1000g0"},
        {2, 7, -1, ""},   {2, 15, 0, "e1000g0"}, {2, 16, 0, "e1000g0"}, {2, 32, 0, "e1000g0"},
        {3, 32, -1, ""},  {0, 32, -1, ""},
    };
    add_wire(host, 0, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[32] = "unset";
        assert_int_equal(net_getifname(net, rows[i].phy, name, rows[i].size), rows[i].result);
        assert_string_equal(name, rows[i].name);
    }
    char untouched = 'u';
    assert_int_equal(net_getifname(net, 1, &untouched, 0), -1);
    assert_int_equal(untouched, 'u');
}

/* A packet whose header cannot be read, and for which no address was given, has no destination. */
static void a_packet_without_a_destination_is_not_sent(void **state)
{
    host_t *host = *state;
    net_handle_t net = ip_stack_net(host->ips, NHF_INET);
    static const inject_t styles[] = {NI_DIRECT_OUT, NI_QUEUE_IN, (inject_t)99};
    static const char *const told[] = {"NI_DIRECT_OUT: no route", "NI_QUEUE_IN: no input",
                                       "NI_QUEUE_OUT: no style"};
    for (size_t i = 0; i < 3; i++) {
        net_inject_t packet = {.ni_packet = allocb(0), .ni_physical = 1};
        assert_int_equal(net_inject(net, styles[i], &packet), 1);
        assert_null(packet.ni_packet);
        assert_int_equal(log_count(host, told[i]), 1);
        assert_int_equal(ip_stack_stats(host->ips)->out_discards, i + 1);
    }
}

/* A filter's own packets come from the host's memory. */
static void a_handle_knows_its_hosts_memory(void **state)
{
    host_t *host = *state;
    net_handle_t net = ip_stack_net(host->ips, NHF_INET6);
    assert_ptr_equal(net_memory(net), vclock_memory(host->clock));
    mblk_t *mp = net_allocb(net, 100);
    assert_ptr_equal(mp->b_memory, vclock_memory(host->clock));
    assert_int_equal(mp->b_lim - mp->b_rptr, 100);
    freemsg(mp);
    struct net_data alone = {.netd_memory = NULL};
    assert_ptr_equal(net_memory(&alone), memory_of_process());
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_style_passes_its_own_hooks),
        test(a_later_build_reaches_its_own_addresses),
        test(the_next_hop_is_the_callers),
        test(interfaces_have_an_address_of_each_family),
        test(ipv6_that_cannot_be_delivered_is_discarded_with_its_reason),
        test(an_interfaces_name_needs_room_for_its_end),
        test(a_packet_without_a_destination_is_not_sent),
        test(a_handle_knows_its_hosts_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
