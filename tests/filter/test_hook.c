/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter on the hooks: registering, the list and interface by which a packet is judged, and
 * what the hook framework gets back.
 */
#include "filter/ipf.h"
#include "stack/neti.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static unsigned names_asked; /* how often an interface's name was asked for */

static int fake_getifname(void *stack, phy_if_t phy, char *buffer, size_t size)
{
    (void)stack;
    names_asked++;
    buffer[0] = '\0';
    if (phy != 1 && phy != 2)
        return -1;
    snprintf(buffer, size, phy == 1 ? "lo0" : "e1000g0");
    return 0;
}

static const net_protocol_t fake_protocol = {.netp_getifname = fake_getifname};

typedef struct box {
    struct net_data inet;
    struct net_data inet6;
    ipf_stack_t *ifs;
} box_t;

static void box_init(box_t *box)
{
    *box = (box_t){.inet = {.netd_info = &fake_protocol,
                            .netd_hooks = hook_family_add(memory_of_process(), NHF_INET)},
                   .inet6 = {.netd_info = &fake_protocol,
                             .netd_hooks = hook_family_add(memory_of_process(), NHF_INET6)},
                   .ifs = ipf_create()};
    ipf_attach(box->ifs, &box->inet, &box->inet6);
}

static void box_fini(box_t *box)
{
    ipf_destroy(box->ifs);
    hook_family_remove(box->inet.netd_hooks);
    hook_family_remove(box->inet6.netd_hooks);
    assert_int_equal(mblk_in_use(), 0);
}

static bool interested(const struct net_data *net, const char *event)
{
    return hook_interested(hook_event_find(net->netd_hooks, event));
}

static int run_cast(box_t *box, const char *event, phy_if_t phy, uint32_t cast, mblk_t **mp,
                    hook_pkt_event_t *info)
{
    bool in = strcmp(event, NH_LOOPBACK_IN) == 0;
    *info = (hook_pkt_event_t){.hpe_protocol = &box->inet,
                               .hpe_ifp = in ? phy : 0,
                               .hpe_ofp = in ? 0 : phy,
                               .hpe_hdr = (*mp)->b_rptr,
                               .hpe_mp = mp,
                               .hpe_mb = *mp,
                               .hpe_flags = cast};
    return hook_run(box->inet.netd_hooks, hook_event_find(box->inet.netd_hooks, event), info);
}

static int run(box_t *box, const char *event, phy_if_t phy, mblk_t **mp, hook_pkt_event_t *info)
{
    return run_cast(box, event, phy, 0, mp, info);
}

static void load(box_t *box, const char *text)
{
    assert_int_equal(ipf_load(box->ifs, text, strlen(text), NULL, NULL), 0);
}

static void interception_is_off_until_it_is_switched_on(void **state)
{
    (void)state;
    box_t box;
    box_init(&box);

    load(&box, "set intercept_loopback true;");
    assert_false(ipf_intercepts_loopback(box.ifs));
    assert_false(interested(&box.inet, NH_LOOPBACK_IN));
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    assert_true(ipf_intercepts_loopback(box.ifs));
    assert_true(interested(&box.inet, NH_LOOPBACK_IN) && interested(&box.inet, NH_LOOPBACK_OUT));
    assert_true(interested(&box.inet6, NH_LOOPBACK_IN) && interested(&box.inet6, NH_LOOPBACK_OUT));
    assert_true(interested(&box.inet, NH_PHYSICAL_IN)); /* a wire is always filtered */
    for (int twice = 0; twice < 2; twice++)
        assert_int_equal(fr_setipfloopback(box.ifs, false), 0);
    assert_false(interested(&box.inet, NH_LOOPBACK_IN) || interested(&box.inet, NH_LOOPBACK_OUT));
    box_fini(&box);
}

static void all_hooks_are_registered_or_none(void **state)
{
    (void)state;
    box_t box;
    box_init(&box);
    hook_t taken = {.h_version = HOOK_VERSION,
                    .h_func = (hook_func_t)(void (*)(void))fake_getifname,
                    .h_name = "ipfilter_hook6_loop_out"};

    assert_int_equal(net_hook_register(&box.inet6, NH_LOOPBACK_OUT, &taken), 0);
    assert_int_equal(fr_setipfloopback(box.ifs, true), EEXIST);
    assert_false(ipf_intercepts_loopback(box.ifs));
    assert_false(interested(&box.inet, NH_LOOPBACK_IN) || interested(&box.inet6, NH_LOOPBACK_IN));
    assert_int_equal(net_hook_unregister(&box.inet6, NH_LOOPBACK_OUT, &taken), 0);
    assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    ipf_attach(box.ifs, NULL, NULL);
    assert_false(interested(&box.inet, NH_LOOPBACK_IN));
    assert_int_equal(fr_setipfloopback(box.ifs, true), ENXIO);
    ipf_attach(box.ifs, &box.inet, NULL);
    assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    box_fini(&box);
}

static void a_rewritten_packet_goes_on_in_the_same_buffer(void **state)
{
    (void)state;
    box_t box;
    box_init(&box);
    hook_pkt_event_t info;
    mblk_t *mp = packet_make(&(packet_t){0});
    mblk_t *same = mp;

    load(&box, "block return-rst in on lo0 proto tcp from any to any port = 22");
    assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    assert_int_equal(run(&box, NH_LOOPBACK_OUT, 1, &mp, &info), 0);
    assert_int_equal(mp->b_rptr[33], 0x02);
    assert_int_equal(run(&box, NH_LOOPBACK_IN, 1, &mp, &info), 0);
    assert_ptr_equal(mp, same);
    assert_ptr_equal(info.hpe_mb, mp);
    assert_ptr_equal(info.hpe_hdr, mp->b_rptr);
    assert_int_equal(mp->b_rptr[33], 0x14);
    freemsg(mp);
    box_fini(&box);
}

typedef struct eaten {
    const char *rules;
    const char *event;
    const char *flags;
    int result;
} eaten_t;

static const eaten_t eaten[] = {
    {"block in all", NH_LOOPBACK_IN, "S", ENETUNREACH},
    {"block out all", NH_LOOPBACK_OUT, "S", ENETUNREACH},
    {"block return-rst out all", NH_LOOPBACK_OUT, "S", ECONNRESET},
    /* fr_check says 0, and the packet is gone: the hook makes 1 of it. */
    {"block return-rst in all", NH_LOOPBACK_IN, "A", 1},
};

static void an_eaten_packet_is_freed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(eaten) / sizeof(eaten[0]); i++) {
        box_t box;
        box_init(&box);
        hook_pkt_event_t info;
        mblk_t *mp = packet_make(&(packet_t){.flags = eaten[i].flags});
        load(&box, eaten[i].rules);
        assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
        assert_int_equal(run(&box, eaten[i].event, 1, &mp, &info), eaten[i].result);
        assert_null(mp);
        assert_null(info.hpe_mb);
        box_fini(&box);
    }
}

static void a_rule_names_the_interface_of_its_direction(void **state)
{
    (void)state;
    static const struct {
        const char *event;
        phy_if_t phy;
        bool blocked;
    } rows[] = {{NH_LOOPBACK_IN, 1, false},
                {NH_LOOPBACK_IN, 2, true},
                {NH_LOOPBACK_IN, 9, false},
                {NH_LOOPBACK_OUT, 1, true},
                {NH_LOOPBACK_OUT, 2, false}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        box_init(&box);
        hook_pkt_event_t info;
        mblk_t *mp = packet_make(&(packet_t){0});
        load(&box, "block in on e1000g0 all\nblock out on lo0 all");
        assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
        assert_int_equal(run(&box, rows[i].event, rows[i].phy, &mp, &info) != 0, rows[i].blocked);
        freemsg(mp);
        box_fini(&box);
    }
}

/* An index keeps its name; what has none is asked for again. */
static void the_name_of_an_interface_is_asked_for_once_in_a_row(void **state)
{
    static const struct {
        phy_if_t phy;
        unsigned asked;
    } rows[] = {{1, 1}, {1, 1}, {2, 2}, {2, 2}, {1, 3}, {9, 4}, {9, 5}, {1, 6}, {1, 6}};
    box_t box;
    (void)state;
    box_init(&box);
    load(&box, "block in on lo0 all");
    assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    names_asked = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hook_pkt_event_t info;
        mblk_t *mp = packet_make(&(packet_t){0});
        assert_int_equal(run(&box, NH_LOOPBACK_IN, rows[i].phy, &mp, &info) != 0, rows[i].phy == 1);
        assert_int_equal(names_asked, rows[i].asked);
        freemsg(mp);
    }
    box_fini(&box);
}

static void a_hook_says_whether_a_packet_came_to_one_or_to_many(void **state)
{
    static const struct {
        const char *with;
        bool blocked[4]; /* neither, HPE_MULTICAST, HPE_BROADCAST, both */
    } rows[] = {
        {"mcast", {false, true, false, true}},    {"bcast", {false, false, true, false}},
        {"mbcast", {false, true, true, true}},    {"not mcast", {true, false, true, false}},
        {"not bcast", {true, true, false, true}}, {"not mbcast", {true, false, false, false}}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint32_t cast = 0; cast < 4; cast++) {
            box_t box;
            box_init(&box);
            char rule[60];
            hook_pkt_event_t info;
            mblk_t *mp = packet_make(&(packet_t){.proto = 17});
            snprintf(rule, sizeof(rule), "block in all with %s", rows[i].with);
            load(&box, rule);
            assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
            bool blocked = run_cast(&box, NH_LOOPBACK_IN, 1, cast, &mp, &info) != 0;
            if (blocked != rows[i].blocked[cast])
                fail_msg("with %s, flags %u: %d", rows[i].with, (unsigned)cast, blocked);
            freemsg(mp);
            box_fini(&box);
        }
    }
}

/* `ipf -f` of a text that says so. */
static void rules_that_are_added_can_switch_interception(void **state)
{
    static const struct {
        const char *text;
        bool before, after;
        int result;
    } rows[] = {
        {"set intercept_loopback true;\nblock in all", false, true, 0},
        {"set intercept_loopback true;", true, true, 0},
        {"set intercept_loopback false;\nblock in all", true, false, 0},
        {"set intercept_loopback false;", false, false, 0},
        {"block in all", true, true, 0},
        {"block in all", false, false, 0},
        {"set intercept_loopback true;\nblock in proto nonsense all", false, false, EINVAL},
        {"set intercept_loopback false;\nblock in all\nblock in all group 5", true, true, EINVAL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        box_init(&box);
        ipf_error_t error;
        assert_int_equal(fr_setipfloopback(box.ifs, rows[i].before), 0);
        assert_int_equal(ipf_add(box.ifs, rows[i].text, strlen(rows[i].text), &error),
                         rows[i].result);
        assert_int_equal(ipf_intercepts_loopback(box.ifs), rows[i].after);
        box_fini(&box);
    }
}

static void rules_are_not_added_if_interception_cannot_be_switched_on(void **state)
{
    static const char text[] = "set intercept_loopback true;\nblock in all";
    (void)state;
    box_t box;
    box_init(&box);
    ipf_error_t error;
    hook_pkt_event_t info;
    hook_t taken = {.h_version = HOOK_VERSION,
                    .h_func = (hook_func_t)(void (*)(void))fake_getifname,
                    .h_name = "ipfilter_hook4_loop_in"};
    assert_int_equal(net_hook_register(&box.inet, NH_LOOPBACK_IN, &taken), 0);
    assert_int_equal(ipf_add(box.ifs, text, strlen(text), &error), EEXIST);
    assert_int_equal(net_hook_unregister(&box.inet, NH_LOOPBACK_IN, &taken), 0);
    assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
    mblk_t *mp = packet_make(&(packet_t){.proto = 17});
    assert_int_equal(run(&box, NH_LOOPBACK_IN, 1, &mp, &info), 0);
    freemsg(mp);
    ipf_attach(box.ifs, NULL, NULL); /* a filter without a box takes it as said */
    assert_int_equal(ipf_add(box.ifs, text, strlen(text), &error), 0);
    assert_false(ipf_intercepts_loopback(box.ifs));
    box_fini(&box);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(interception_is_off_until_it_is_switched_on),
        cmocka_unit_test(all_hooks_are_registered_or_none),
        cmocka_unit_test(a_rewritten_packet_goes_on_in_the_same_buffer),
        cmocka_unit_test(an_eaten_packet_is_freed),
        cmocka_unit_test(a_rule_names_the_interface_of_its_direction),
        cmocka_unit_test(the_name_of_an_interface_is_asked_for_once_in_a_row),
        cmocka_unit_test(a_hook_says_whether_a_packet_came_to_one_or_to_many),
        cmocka_unit_test(rules_that_are_added_can_switch_interception),
        cmocka_unit_test(rules_are_not_added_if_interception_cannot_be_switched_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
