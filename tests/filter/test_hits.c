/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's own counters: each match counts, even if another rule decides.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UDP 17

static void each_match_counts_for_its_rule_with_its_bytes(void **state)
{
    static const char rules[] = "pass in all\n"
                                "block return-rst in proto tcp all\n"
                                "pass in quick proto udp all\n"
                                "pass in proto udp all\n";
    static const struct {
        uint64_t hits, bytes;
    } expected[] = {{3, 40 + 44 + 28}, {2, 40 + 44}, {1, 28}, {0, 0}};
    static const packet_t packets[] = {{0}, {.payload = 4}, {.proto = UDP}};
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        mblk_t *mp = packet_make(&packets[i]);
        fr_check(ifs, &qpi, false, &mp);
        freemsg(mp);
    }
    const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++, fr = fr->fr_next) {
        assert_int_equal(fr->fr_hits, expected[i].hits);
        assert_int_equal(fr->fr_bytes, expected[i].bytes);
    }
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

/* What a `call` finds counts twice, and the rule before it once, found or not. */
static void a_call_that_finds_nothing_counts_for_itself_alone(void **state)
{
    static const char pools[] = "group-map in role = ipf number = 7 { 127.0.0.0/8, group = g; };";
    static const char rules[] = "block in all\ncall now srcgrpmap/7 in all\n"
                                "pass in proto udp all group g\n";
    static const packet_t packets[] = {{0}, {.proto = UDP}};
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    ipf_error_t error;
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_pools(ifs, pools, strlen(pools), &error), 0);
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    for (uint64_t i = 0; i < 2; i++) {
        mblk_t *mp = packet_make(&packets[i]);
        assert_int_equal(fr_check(ifs, &qpi, false, &mp) == 0, i == 1);
        freemsg(mp);
        const frentry_t *first = ifs->ifs_rules.frs_list[0].frl_head;
        assert_int_equal(first->fr_hits, i + 1);
        assert_int_equal(first->fr_next->fr_hits, i + 1);
        assert_int_equal(ifs->ifs_rules.frs_groups->fg_list.frl_head->fr_hits, 2 * i);
    }
    ipf_destroy(ifs);
}

/* In a host, what the fragment table serves is a hit of its rule, with its bytes. */
static void fragments_count_for_the_rule_that_keeps_them(void **state)
{
    static const char rules[] = "pass out quick proto udp all with not frag-body keep frags\n";
    static const packet_t packets[] = {{.proto = UDP, .payload = 16, .frag = 0x2000},
                                       {.proto = UDP, .payload = 16, .frag = 0x2003},
                                       {.proto = UDP, .payload = 8, .frag = 0x2006}};
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    ipf_set_build(ifs, &(ipf_build_t){.ifb_state_is_hit = true});
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        mblk_t *mp = packet_make(&packets[i]);
        assert_int_equal(fr_check(ifs, &qpi, true, &mp), 0);
        freemsg(mp);
    }
    const frentry_t *fr = ifs->ifs_rules.frs_list[1].frl_head;
    assert_int_equal(fr->fr_hits, 3);
    assert_int_equal(fr->fr_bytes, 44 + 44 + 36);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

/* In a host so is what the state table serves, both ways; ipftest counts the first packet alone. */
static void a_connections_packets_count_for_its_rule(void **state)
{
    static const char rules[] = "pass out quick proto udp all keep state\n";
    static const packet_t there = {.proto = UDP, .payload = 4};
    static const packet_t back = {.proto = UDP, .sport = 22, .dport = 33001, .payload = 8};
    (void)state;
    for (int host = 0; host < 2; host++) {
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
        ipf_set_build(ifs, &(ipf_build_t){.ifb_state_is_hit = host == 1});
        for (int i = 0; i < 3; i++) {
            mblk_t *mp = packet_make(i == 1 ? &back : &there);
            assert_int_equal(fr_check(ifs, &qpi, i != 1, &mp), 0);
            freemsg(mp);
        }
        const frentry_t *fr = ifs->ifs_rules.frs_list[1].frl_head;
        assert_int_equal(fr->fr_hits, host ? 3 : 1);
        assert_int_equal(fr->fr_bytes, host ? 32 + 36 + 32 : 32);
        ipf_destroy(ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* ---- what is bookkeeping ---- */

#define TOLD_MAX 64

typedef struct told {
    const char *at[TOLD_MAX];
    size_t size[TOLD_MAX], count;
} told_t;

static void take(void *arg, void *at, size_t size)
{
    told_t *told = arg;
    assert_true(told->count < TOLD_MAX);
    told->at[told->count] = at;
    told->size[told->count++] = size;
}

static bool is_told(const told_t *told, const void *at, size_t size)
{
    for (size_t i = 0; i < told->count; i++) {
        if (told->at[i] == (const char *)at && told->size[i] == size)
            return true;
    }
    return false;
}

/* Counters that decide nothing: those of the filter, of its tables, and of each rule, wherever it
 * stands; each once, and nothing else. */
static void what_only_counts_is_told_as_bookkeeping(void **state)
{
    static const char rules[] = "pass in all head g\nblock in proto udp all\npass out all head h\n"
                                "count in all\ncount out all\npass in proto tcp all group g\n"
                                "pass out proto tcp all group h";
    ipf_error_t error;
    told_t told = {.count = 0};
    size_t seen = 0;
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    ipf_bookkeeping(ifs, take, &told);
    const fr_ruleset_t *set = &ifs->ifs_rules;
    const fr_list_t *lists[] = {&set->frs_list[0],         &set->frs_list[1],
                                &set->frs_acct[0],         &set->frs_acct[1],
                                &set->frs_groups->fg_list, &set->frs_groups->fg_next->fg_list};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        assert_non_null(lists[i]->frl_head);
        for (const frentry_t *fr = lists[i]->frl_head; fr != NULL; fr = fr->fr_next, seen++) {
            assert_true(is_told(&told, &fr->fr_hits, sizeof(fr->fr_hits)));
            assert_true(is_told(&told, &fr->fr_bytes, sizeof(fr->fr_bytes)));
        }
    }
    assert_int_equal(seen, 7);
    assert_true(is_told(&told, ipf_stats(ifs), sizeof(*ipf_stats(ifs))));
    assert_true(is_told(&told, &ifs->ifs_states.is_hits, sizeof(ifs->ifs_states.is_hits)));
    assert_true(is_told(&told, &ifs->ifs_states.is_misses, sizeof(ifs->ifs_states.is_misses)));
    assert_true(is_told(&told, &ifs->ifs_states.is_stats, sizeof(ifs->ifs_states.is_stats)));
    assert_true(is_told(&told, &ifs->ifs_frags.ipfr_stats, sizeof(ifs->ifs_frags.ipfr_stats)));
    assert_int_equal(told.count, 2 * seen + 5);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_match_counts_for_its_rule_with_its_bytes),
        cmocka_unit_test(a_call_that_finds_nothing_counts_for_itself_alone),
        cmocka_unit_test(fragments_count_for_the_rule_that_keeps_them),
        cmocka_unit_test(a_connections_packets_count_for_its_rule),
        cmocka_unit_test(what_only_counts_is_told_as_bookkeeping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
