/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whatever a filter took while it lived, it has given back when it has ended: rules that came and
 * went, states, fragments, pools, replies and what it remembers of them.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- blocks that are counted ---- */

static void *counted_alloc(void *arg, size_t size)
{
    ++*(size_t *)arg;
    return malloc(size);
}

static void *counted_realloc(void *arg, void *block, size_t size)
{
    *(size_t *)arg += block == NULL;
    return realloc(block, size);
}

static void counted_free(void *arg, void *block)
{
    --*(size_t *)arg;
    free(block);
}

/* ---- what is given back ---- */

static void load(ipf_stack_t *ifs, const char *rules)
{
    ipf_error_t error;
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%d:%d: %s\n%s", error.line, error.column, error.message, rules);
}

static void send_some(ipf_stack_t *ifs, chance_t *c, int count)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    for (int i = 0; i < count; i++) {
        mblk_t *m = chance(c, 2) == 0 ? random_packet(c) : mixed_packet(c);
        fr_verdict(ifs, &qpi, chance(c, 2) == 0, m);
        freemsg(m);
    }
}

static void a_filter_that_has_ended_has_nothing(void **state)
{
    static char rules[20000];
    chance_t c = {3};
    (void)state;
    for (int round = 0; round < 200; round++) {
        size_t blocks = 0;
        memory_t memory = {counted_alloc, counted_realloc, counted_free, &blocks, 0, {0}};
        ipf_stack_t *ifs = ipf_create_in(&memory);
        for (int loads = 0; loads < 3; loads++) {
            if (chance(&c, 2) == 0)
                random_rules(&c, 1 + chance(&c, 60), rules, sizeof(rules));
            else
                mixed_rules(&c, 1 + chance(&c, 200), rules, sizeof(rules));
            load(ifs, rules);
            send_some(ifs, &c, 10);
        }
        assert_true(blocks > 1);
        ipf_destroy(ifs);
        assert_int_equal(blocks, 0);
    }
}

static void rules_that_go_take_their_memory_along(void **state)
{
    static const char *const rows[] = {
        "pass in quick proto tcp from any to any port = 22 flags S keep state\n",
        "block in head 7\npass in quick from any to any group 7\n",
        "pass in quick from { 10.0.0.1, !10.0.0.0/8, 192.168.0.0/16 } to any\n",
        "pass in quick proto icmp all icmp-type echo keep state\n",
        "pass in quick all with opt lsrr not opt ssrr\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t blocks = 0;
        memory_t memory = {counted_alloc, counted_realloc, counted_free, &blocks, 0, {0}};
        ipf_stack_t *ifs = ipf_create_in(&memory);
        load(ifs, "");
        load(ifs, "block in all\n");
        load(ifs, "");
        size_t before = blocks;
        load(ifs, rows[i]);
        assert_true(blocks > before);
        load(ifs, "");
        assert_int_equal(blocks, before);
        ipf_destroy(ifs);
        assert_int_equal(blocks, 0);
    }
}

/* The classifier is built anew, part by part, as it grows. */
static void rules_that_come_one_by_one_leave_nothing(void **state)
{
    static const struct {
        const char *before, *after;
    } kinds[] = {{"block in quick proto tcp from any to any port = ", ""},
                 {"block in quick from 10.", ".0.1 to any"},
                 {"block in quick on bge", " proto udp all"},
                 {"block in quick proto tcp from 10.0.0.0/8 to any port > ", ""}};
    size_t blocks = 0;
    memory_t memory = {counted_alloc, counted_realloc, counted_free, &blocks, 0, {0}};
    chance_t c = {7};
    (void)state;
    ipf_stack_t *ifs = ipf_create_in(&memory);
    for (int i = 0; i < 1000; i++) {
        char rule[200];
        ipf_error_t error;
        size_t kind = chance(&c, 4);
        snprintf(rule, sizeof(rule), "%s%d%s\n", kinds[kind].before, i % 250 + 1,
                 kinds[kind].after);
        int outcome = ipf_add(ifs, rule, strlen(rule), &error);
        assert_true(outcome == 0 || outcome == EINVAL); /* it is there already */
    }
    ipf_destroy(ifs);
    assert_int_equal(blocks, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_filter_that_has_ended_has_nothing),
        cmocka_unit_test(rules_that_go_take_their_memory_along),
        cmocka_unit_test(rules_that_come_one_by_one_leave_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
