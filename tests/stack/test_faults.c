/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Faults: what becomes of a packet that is lost, doubled, held back or changed at each place on its
 * way, and when it arrives. Three datagrams "1", "2" and "3" set out at the same instant.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#define DELAY_US 5000

/* Which packets suffer what, at one place of one host. */
typedef struct plan {
    ip_place_t place;
    ip_fault_what_t what;
    uint64_t delay_us[3]; /* of the first, the second, ... packet there; 0: nothing happens to it */
    unsigned passed;
} plan_t;

static ip_fault_t suffer(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    plan_t *plan = arg;
    (void)ips;
    if (place != plan->place)
        return (ip_fault_t){.if_what = IP_FAULT_NONE};
    unsigned i = plan->passed++;
    if (i >= 3 || plan->delay_us[i] == 0)
        return (ip_fault_t){.if_what = IP_FAULT_NONE};
    if (plan->what == IP_FAULT_CORRUPT) {
        mblk_t *changed = copymsg(*mp);
        changed->b_packet = 0;
        memset(changed->b_own, 0xff, sizeof(changed->b_own)); /* that is the stack's */
        freemsg(*mp);
        *mp = changed;
        changed->b_wptr[-1] = 'X';
        packet_fix(changed);
    }
    return (ip_fault_t){plan->what, plan->delay_us[i]};
}

/* A sender and a receiver, at the two ends of a wire or on one host. */
typedef struct scene {
    host_t *host;
    bool by_wire;
    sonode_t *client, *server;
    char got[200]; /* "1@0 2@5000 " */
} scene_t;

static void start(scene_t *s, void **own, bool by_wire)
{
    host_setup(own);
    *s = (scene_t){.host = *own, .by_wire = by_wire};
    add_wire(s->host, 0, 0);
    in6_addr_t any = address_of("0.0.0.0");
    assert_int_equal(so_udp(s->host->ips, &any, 0, &s->client), 0);
    assert_int_equal(so_udp(by_wire ? s->host->remote : s->host->ips, &any, 7, &s->server), 0);
}

static void finish(scene_t *s, void **own)
{
    so_close(s->client);
    so_close(s->server);
    assert_int_equal(host_teardown(own), 0);
}

static void send_three(scene_t *s)
{
    ip_endpoint_t to = {address_of(s->by_wire ? "192.168.1.20" : "127.0.0.1"), 7};
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(so_sendto(s->client, &"123"[i], 1, &to), 0);
}

static void receive(scene_t *s, uint64_t until_us)
{
    uint64_t next;
    char byte;
    size_t n;
    ip_endpoint_t from;
    while (vclock_next(s->host->clock, &next) && next <= until_us) {
        vclock_run_next(s->host->clock);
        while (so_recvfrom(s->server, &byte, 1, &n, &from) == 0)
            snprintf(s->got + strlen(s->got), sizeof(s->got) - strlen(s->got), "%c@%lu ", byte,
                     (unsigned long)vclock_now(s->host->clock));
    }
}

/* ---- what a fault does ---- */

static const struct {
    const char *name;
    ip_fault_what_t what;
    uint64_t delay_us[3];
    const char *got;
} faults[] = {
    {"nothing", IP_FAULT_NONE, {1, 1, 1}, "1@0 2@0 3@0 "},
    {"the first is lost", IP_FAULT_DROP, {1, 0, 0}, "2@0 3@0 "},
    {"all are lost", IP_FAULT_DROP, {1, 1, 1}, ""},
    {"the first comes twice", IP_FAULT_DUPLICATE, {DELAY_US, 0, 0}, "1@0 2@0 3@0 1@5000 "},
    {"all come twice", IP_FAULT_DUPLICATE, {30, 20, 10}, "1@0 2@0 3@0 3@10 2@20 1@30 "},
    {"the first is late", IP_FAULT_DELAY, {DELAY_US, 0, 0}, "2@0 3@0 1@5000 "},
    {"the later the earlier", IP_FAULT_DELAY, {30, 20, 10}, "3@10 2@20 1@30 "},
    {"the earlier the earlier", IP_FAULT_DELAY, {10, 20, 30}, "1@10 2@20 3@30 "},
    {"the middle one first", IP_FAULT_DELAY, {20, 10, 30}, "2@10 1@20 3@30 "},
    {"the first lets others pass", IP_FAULT_REORDER, {1, 0, 0}, "2@0 3@0 1@0 "},
    {"the last waits for nobody", IP_FAULT_REORDER, {0, 0, 1}, "1@0 2@0 3@1000000 "},
    {"the first is changed", IP_FAULT_CORRUPT, {1, 0, 0}, "X@0 2@0 3@0 "},
};

/* Each place, and on which of the two hosts the packet passes it. */
static const struct {
    const char *name;
    ip_place_t place;
    bool by_wire, at_receiver;
} places[] = {
    {"LOOPBACK_OUT", IP_AT_LOOPBACK_OUT, false, false},
    {"LOOPBACK_IN", IP_AT_LOOPBACK_IN, false, false},
    {"fan-out, loopback", IP_AT_FANOUT, false, false},
    {"PHYSICAL_OUT", IP_AT_PHYSICAL_OUT, true, false},
    {"the wire", IP_AT_WIRE, true, false},
    {"PHYSICAL_IN", IP_AT_PHYSICAL_IN, true, true},
    {"fan-out, wire", IP_AT_FANOUT, true, true},
};

static void each_fault_at_each_place(void **state)
{
    (void)state;
    for (size_t p = 0; p < sizeof(places) / sizeof(places[0]); p++) {
        for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
            scene_t s;
            void *own;
            plan_t plan = {.place = places[p].place, .what = faults[f].what};
            memcpy(plan.delay_us, faults[f].delay_us, sizeof(plan.delay_us));
            start(&s, &own, places[p].by_wire);
            ip_stack_set_fault(places[p].at_receiver ? s.host->remote : s.host->ips, suffer, &plan);
            send_three(&s);
            receive(&s, 2000000);
            if (strcmp(s.got, faults[f].got) != 0)
                fail_msg("%s at %s: %s", faults[f].name, places[p].name, s.got);
            finish(&s, &own);
        }
    }
}

/* ---- what is told ---- */

static char told[400];

static void tell(void *arg, const ip_event_t *e)
{
    static const char *const words[] = {"none",    "drop",    "twice",  "late",
                                        "reorder", "changed", "a copy", "goes on"};
    (void)arg;
    if (e->kind == IP_EV_FAULT)
        snprintf(told + strlen(told), sizeof(told) - strlen(told), "%s %s %u at %d; ", e->ifname,
                 words[e->fault.if_what], e->mp->b_packet, (int)e->place);
}

/* A copy has a number of its own; a packet that is held back or replaced keeps its number. */
static void each_fault_is_told_with_the_packets_number(void **state)
{
    static const struct {
        ip_fault_what_t what;
        const char *told;
    } rows[] = {
        {IP_FAULT_NONE, ""},
        {IP_FAULT_DROP, "lo0 drop 1 at 1; "},
        {IP_FAULT_DUPLICATE, "lo0 twice 1 at 1; lo0 a copy 2 at 1; "},
        {IP_FAULT_DELAY, "lo0 late 1 at 1; lo0 goes on 1 at 1; "},
        {IP_FAULT_REORDER, "lo0 reorder 1 at 1; lo0 goes on 1 at 1; "},
        {IP_FAULT_CORRUPT, "lo0 changed 1 at 1; "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scene_t s;
        void *own;
        plan_t plan = {.place = IP_AT_LOOPBACK_IN, .what = rows[i].what, .delay_us = {DELAY_US}};
        start(&s, &own, false);
        told[0] = '\0';
        ip_stack_set_probe(s.host->ips, tell, NULL);
        ip_stack_set_fault(s.host->ips, suffer, &plan);
        send_three(&s);
        receive(&s, 2000000);
        assert_string_equal(told, rows[i].told);
        finish(&s, &own);
    }
}

static void what_is_held_back_ends_with_the_host(void **state)
{
    (void)state;
    scene_t s;
    void *own;
    plan_t plan = {.place = IP_AT_WIRE, .what = IP_FAULT_DELAY, .delay_us = {30, 20, 10}};
    start(&s, &own, true);
    ip_stack_set_fault(s.host->ips, suffer, &plan);
    send_three(&s);
    ip_stack_set_fault(s.host->ips, NULL, NULL);
    finish(&s, &own); /* which looks for leaks */
}

/* ---- what waits ---- */

static void note_last_byte(void *arg, const mblk_t *mp)
{
    char *seen = arg;
    seen[strlen(seen)] = (char)mp->b_wptr[-1];
}

/* Rows: where "1", "2" and "3" wait. "q" is queued by net_inject. */
static void each_packet_that_waits_is_shown_once(void **state)
{
    static const struct {
        const char *name, *seen;
        ip_fault_what_t what;
        uint64_t delay_us[3];
    } rows[] = {
        {"for their receiver", "123q", IP_FAULT_NONE, {0, 0, 0}},
        {"held back", "q321", IP_FAULT_DELAY, {30, 20, 10}},
        {"at both", "13q2", IP_FAULT_DELAY, {0, 10, 0}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        scene_t s;
        void *own;
        char seen[10] = "";
        plan_t plan = {.place = IP_AT_LOOPBACK_IN, .what = rows[i].what};
        memcpy(plan.delay_us, rows[i].delay_us, sizeof(plan.delay_us));
        start(&s, &own, false);
        assert_int_equal(ip_stack_each_packet(s.host->ips, note_last_byte, seen), 0);
        ip_stack_set_fault(s.host->ips, suffer, &plan);
        send_three(&s);
        uint8_t udp[9];
        put_udp(udp, 1000, 9, "q", 1);
        net_inject_t inject = {.ni_version = NETINFO_VERSION,
                               .ni_packet = packet_of(&loopback, &loopback, IPPROTO_UDP, udp, 9),
                               .ni_physical = 1};
        assert_int_equal(net_inject(ip_stack_net(s.host->ips, NHF_INET), NI_QUEUE_OUT, &inject), 0);
        assert_int_equal(ip_stack_each_packet(s.host->ips, note_last_byte, seen), 4);
        if (strcmp(seen, rows[i].seen) != 0)
            fail_msg("%s: %s", rows[i].name, seen);
        receive(&s, 2000000);
        assert_int_equal(ip_stack_each_packet(s.host->ips, note_last_byte, seen), 0);
        finish(&s, &own);
    }
}

/* A copy knows the next hop that its packet knew, and what the transport keeps in it. */
static void a_copy_of_what_a_rule_sent_elsewhere_goes_there_too(void **state)
{
    (void)state;
    for (int v6 = 0; v6 <= 1; v6++) {
        scene_t s;
        void *own;
        plan_t plan = {.place = IP_AT_PHYSICAL_OUT, .what = IP_FAULT_DUPLICATE, .delay_us = {10}};
        start(&s, &own, true);
        in6_addr_t to = address_of(v6 ? "2001:db8::20" : "192.168.1.20"), any = address_of("::");
        sonode_t *so;
        assert_int_equal(so_udp(s.host->ips, &any, 0, &so), 0);
        ip_stack_set_fault(s.host->ips, suffer, &plan);
        assert_int_equal(so_sendto(so, "x", 1, &(ip_endpoint_t){to, 9}), 0);
        run_until(s.host, 100);
        assert_int_equal(log_count(s.host, "[remote] 0.000 ip_rput"), 2);
        so_close(so);
        finish(&s, &own);
    }
}

/* ---- hooks between a place and the one before it ---- */

static int let_pass(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token, (void)data, (void)arg;
    return 0;
}

static void a_packet_had_hooks_where_some_are_registered_for_its_family(void **state)
{
    host_t *host = *state;
    static const struct {
        const char *event;
        ip_place_t place;
    } rows[] = {
        {NH_LOOPBACK_OUT, IP_AT_LOOPBACK_IN},
        {NH_PHYSICAL_OUT, IP_AT_WIRE},
        {NH_LOOPBACK_IN, IP_AT_FANOUT},
        {NH_PHYSICAL_IN, IP_AT_FANOUT},
    };
    in6_addr_t a4 = loopback, a6 = address_of("::1");
    mblk_t *packets[] = {packet_of(&a4, &a4, IPPROTO_UDP, NULL, 0),
                         packet_of(&a6, &a6, IPPROTO_UDP, NULL, 0), allocb(0)};
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        bool v6 = i % 2;
        hook_t hook = {.h_version = HOOK_VERSION, .h_func = let_pass, .h_name = "passes"};
        net_handle_t net = ip_stack_net(host->ips, v6 ? NHF_INET6 : NHF_INET);
        assert_int_equal(net_hook_register(net, rows[i / 2].event, &hook), 0);
        for (ip_place_t place = 0; place < IP_PLACES; place++) {
            bool here = place == rows[i / 2].place;
            assert_int_equal(ip_stack_had_hooks(host->ips, place, packets[0]), here && !v6);
            assert_int_equal(ip_stack_had_hooks(host->ips, place, packets[1]), here && v6);
            /* one without a header is IPv4's */
            assert_int_equal(ip_stack_had_hooks(host->ips, place, packets[2]), here && !v6);
        }
        assert_int_equal(net_hook_unregister(net, rows[i / 2].event, &hook), 0);
    }
    for (size_t i = 0; i < 3; i++)
        freemsg(packets[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_at_each_place),
        cmocka_unit_test(each_fault_is_told_with_the_packets_number),
        cmocka_unit_test(what_is_held_back_ends_with_the_host),
        cmocka_unit_test(each_packet_that_waits_is_shown_once),
        cmocka_unit_test(a_copy_of_what_a_rule_sent_elsewhere_goes_there_too),
        cmocka_unit_test_setup_teardown(a_packet_had_hooks_where_some_are_registered_for_its_family,
                                        host_setup, host_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
