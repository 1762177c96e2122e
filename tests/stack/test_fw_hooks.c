/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the path tells its hooks about a packet: the interface by direction, the header, the family;
 * and what it does with what they return.
 */
#include "tests/stack/segment.h"

enum { OUT, IN, WIRE_OUT, WIRE_IN, EVENTS };
static const char *const events[EVENTS] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN, NH_PHYSICAL_OUT,
                                           NH_PHYSICAL_IN};
static const char *const families[] = {NHF_INET, NHF_INET6};

typedef struct seen {
    hook_t hook;
    host_t *host;
    size_t family;
    unsigned calls;
    phy_if_t ifp, ofp;
} seen_t;

static int look(hook_event_token_t token, hook_data_t data, void *arg)
{
    seen_t *seen = arg;
    const hook_pkt_event_t *info = data;
    (void)token;
    seen->calls++;
    seen->ifp = info->hpe_ifp;
    seen->ofp = info->hpe_ofp;
    assert_ptr_equal(info->hpe_hdr, (*info->hpe_mp)->b_rptr);
    assert_ptr_equal(info->hpe_mb, *info->hpe_mp);
    assert_ptr_equal(info->hpe_protocol, ip_stack_net(seen->host->ips, families[seen->family]));
    assert_int_equal(info->hpe_flags, 0);
    return 0;
}

static void look_everywhere(host_t *host, seen_t seen[2][EVENTS])
{
    for (size_t f = 0; f < 2; f++) {
        for (size_t e = 0; e < EVENTS; e++) {
            seen_t *s = &seen[f][e];
            *s = (seen_t){.host = host, .family = f};
            s->hook =
                (hook_t){.h_version = HOOK_VERSION, .h_func = look, .h_name = "look", .h_arg = s};
            assert_int_equal(
                net_hook_register(ip_stack_net(host->ips, families[f]), events[e], &s->hook), 0);
        }
    }
}

/* Rows: a ping, and the interface that each event gets; 0: the event does not happen. */
static void the_interface_is_the_one_that_owns_the_destination(void **state)
{
    static const struct {
        const char *to;
        size_t family;
        phy_if_t at[EVENTS];
        unsigned calls; /* of each event that happens */
    } rows[] = {
        {"127.0.0.1", 0, {1, 1, 0, 0}, 2},    {"::1", 1, {1, 1, 0, 0}, 2},
        {"192.168.1.5", 0, {2, 2, 0, 0}, 2},  {"2001:db8::5", 1, {2, 2, 0, 0}, 2},
        {"192.168.1.20", 0, {0, 0, 2, 2}, 1}, {"2001:db8::20", 1, {0, 0, 2, 2}, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        seen_t seen[2][EVENTS];
        sonode_t *so;
        size_t family = rows[i].family;
        uint8_t echo[8] = {family == 0 ? 8 : 128};
        ip_endpoint_t to = {address_of(rows[i].to), 0};
        host_setup(&own);
        host_t *host = own;
        add_wire(host, 0, 0);
        look_everywhere(host, seen);
        assert_int_equal(so_icmp(host->ips, family == 0 ? AF_INET : AF_INET6, &so), 0);
        assert_int_equal(so_sendto(so, echo, sizeof(echo), &to), 0);
        run_until(host, 0);
        for (size_t e = 0; e < EVENTS; e++) {
            const seen_t *s = &seen[family][e];
            bool out = e == OUT || e == WIRE_OUT;
            assert_int_equal(s->calls, rows[i].at[e] != 0 ? rows[i].calls : 0);
            assert_int_equal(out ? s->ofp : s->ifp, rows[i].at[e]);
            assert_int_equal(out ? s->ifp : s->ofp, 0);
            assert_int_equal(seen[!family][e].calls, 0);
        }
        so_close(so);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* ---- what a hook returned ---- */

static int say(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token;
    (void)data;
    return *(const int *)arg;
}

static int send_under(host_t *host, const ip_build_t *build, bool verdict_returns,
                      const char *event, int verdict)
{
    hook_t hook = {.h_version = HOOK_VERSION, .h_func = say, .h_name = "say", .h_arg = &verdict};
    net_handle_t inet = ip_stack_net(host->ips, NHF_INET);
    ip_endpoint_t to = {loopback, 53};
    sonode_t *so;
    ip_stack_set_build(host->ips, build);
    ip_stack_set_verdict_returns(host->ips, verdict_returns);
    assert_int_equal(net_hook_register(inet, event, &hook), 0);
    assert_int_equal(so_udp(host->ips, &in6addr_any, 0, &so), 0);
    int error = so_sendto(so, "x", 1, &to);
    so_close(so);
    assert_int_equal(net_hook_unregister(inet, event, &hook), 0);
    run_until(host, 0);
    return error;
}

static void what_a_hook_returned_comes_back_to_a_datagrams_sender_by_build(void **state)
{
    static const uint64_t syns[] = {0};
    static const ip_build_t lost = {.ib_syns = {syns, 1, 1}, .ib_icmp_ttl = 255};
    static const ip_build_t ulp = {
        .ib_syns = {syns, 1, 1}, .ib_icmp_ttl = 255, .ib_hook_error = IP_HOOK_ERROR_ULP};
    static const ip_build_t eperm = {
        .ib_syns = {syns, 1, 1}, .ib_icmp_ttl = 255, .ib_hook_error = IP_HOOK_ERROR_EPERM};
    static const struct {
        const ip_build_t *build;
        bool verdict_returns;
        size_t event;
        int verdict, error;
    } rows[] = {
        {&lost, false, OUT, ENETUNREACH, 0},
        {&lost, false, IN, ENETUNREACH, 0},
        {&lost, false, OUT, ECONNREFUSED, 0},
        {&lost, true, OUT, ECONNREFUSED, ECONNREFUSED},
        {&lost, true, IN, ECONNREFUSED, ECONNREFUSED},
        {&lost, true, IN, ENETUNREACH, 0},
        {&ulp, false, OUT, ECONNRESET, ECONNRESET},
        {&ulp, false, IN, ENETUNREACH, ENETUNREACH},
        {&ulp, false, IN, 1, EPERM},
        {&eperm, false, OUT, ENETUNREACH, EPERM},
        {&eperm, false, IN, ENETUNREACH, 0},
        {&eperm, true, IN, ECONNREFUSED, ECONNREFUSED},
    };
    host_t *host = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int error = send_under(host, rows[i].build, rows[i].verdict_returns, events[rows[i].event],
                               rows[i].verdict);
        if (error != rows[i].error)
            fail_msg("row %zu: %d, not %d", i, error, rows[i].error);
    }
    ip_stack_set_build(host->ips, &post_build);
}

/* Whatever the build: only the verdict of who answers by errno reaches TCP, and only while
 * connect() is at work. */
static void tcp_takes_no_error_but_the_verdict(void **state)
{
    static const uint64_t syns[] = {0};
    static const ip_build_t ulp = {
        .ib_syns = {syns, 1, 1000000}, .ib_icmp_ttl = 255, .ib_hook_error = IP_HOOK_ERROR_ULP};
    static const struct {
        bool verdict_returns;
        int verdict, error;
    } rows[] = {
        {false, ENETUNREACH, ETIMEDOUT},
        {false, ECONNREFUSED, ETIMEDOUT},
        {true, ENETUNREACH, ETIMEDOUT},
        {true, ECONNREFUSED, ECONNREFUSED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        sonode_t *so;
        int verdict = rows[i].verdict;
        hook_t hook = {
            .h_version = HOOK_VERSION, .h_func = say, .h_name = "say", .h_arg = &verdict};
        host_setup(&own);
        host_t *host = own;
        ip_stack_set_build(host->ips, &ulp);
        ip_stack_set_verdict_returns(host->ips, rows[i].verdict_returns);
        assert_int_equal(
            net_hook_register(ip_stack_net(host->ips, NHF_INET), NH_LOOPBACK_OUT, &hook), 0);
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_connect(host, so);
        assert_int_equal(so_connect_error(so), rows[i].error);
        assert_int_equal(vclock_now(host->clock), rows[i].error == ETIMEDOUT ? 1000000 : 0);
        so_close(so);
        assert_int_equal(host_teardown(&own), 0);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interface_is_the_one_that_owns_the_destination),
        test(what_a_hook_returned_comes_back_to_a_datagrams_sender_by_build),
        cmocka_unit_test(tcp_takes_no_error_but_the_verdict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
