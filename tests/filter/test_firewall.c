/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rule decides: one rule against one packet, then several rules, then packets whose
 * headers are wrong.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What the filter decided: the last IPF_EV_RULE or IPF_EV_NOMATCH, and how many there were. */
typedef struct seen {
    ipf_event_kind_t kind;
    int number;
    char group[8];
    bool block;
    int count;
    int logged;
} seen_t;

static void watch(void *arg, const ipf_event_t *event)
{
    seen_t *seen = arg;
    if (event->kind == IPF_EV_LOG)
        seen->logged++;
    if (event->kind != IPF_EV_RULE && event->kind != IPF_EV_NOMATCH)
        return;
    seen->kind = event->kind;
    seen->number = event->number;
    seen->block = event->block;
    snprintf(seen->group, sizeof(seen->group), "%s", event->group);
    seen->count++;
}

/* Judges one packet, which is taken.
 * => Returns what fr_check returned. */
static int judge(ipf_stack_t *ifs, const char *ifname, bool out, mblk_t *mp, seen_t *seen)
{
    qpktinfo_t qpi = {.qpi_ifname = ifname, .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    *seen = (seen_t){0};
    ipf_set_probe(ifs, watch, seen);
    int result = fr_check(ifs, &qpi, out, &mp);
    assert_int_equal(seen->count, 1);
    assert_int_equal(result != 0, mp == NULL);
    freemsg(mp);
    assert_int_equal(mblk_in_use(), 0);
    return result;
}

static ipf_stack_t *filter_with(const char *text)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load(ifs, text, strlen(text), NULL, &error) != 0)
        fail_msg("'%s': %d:%d: %s", text, error.line, error.column, error.message);
    return ifs;
}

typedef struct row {
    const char *rule; /* what follows `block in` */
    bool match;
    packet_t packet;
} row_t;

#define UDP  17
#define ICMP 1
#define MF   0x2000

static const row_t rows[] = {
    {"all", true, {0}},
    {"on lo0 all", true, {0}},
    {"on lo1 all", false, {0}},
    {"on lo all", false, {0}},
    {"on lo00 all", false, {0}},
    {"proto tcp all", true, {0}},
    {"proto tcp all", false, {.proto = UDP}},
    {"proto udp all", true, {.proto = UDP}},
    {"proto tcp/udp all", true, {0}},
    {"proto tcp/udp all", true, {.proto = UDP}},
    {"proto tcp/udp all", false, {.proto = ICMP}},
    {"proto icmp all", true, {.proto = ICMP}},
    {"from 127.0.0.1", true, {0}},
    {"from 127.0.0.2", false, {0}},
    {"from !127.0.0.2", true, {0}},
    {"from !127.0.0.1", false, {0}},
    {"from !any", false, {0}},
    {"from 127/8 to 10/8", true, {.dst = "10.9.8.7"}},
    {"from 127/8 to 10/8", false, {.dst = "11.9.8.7"}},
    {"from 128.0.0.0/1", false, {0}},
    {"from 0.0.0.1/0.0.0.255", true, {.src = "9.9.9.1"}},
    {"from 0.0.0.1/0.0.0.255", false, {.src = "9.9.9.2"}},
    {"proto tcp to port = 22", true, {0}},
    {"proto tcp to port = 22", false, {.dport = 23}},
    {"proto tcp from port = 22", false, {0}},
    {"proto tcp from port = 33001", true, {0}},
    {"proto tcp from port = 33001 to port = 22", true, {0}},
    {"proto tcp from port = 33001 to port = 23", false, {0}},
    {"proto udp to port = 22", true, {.proto = UDP}},
    {"proto tcp/udp to port = 22", true, {.proto = UDP}},
    {"proto tcp to port = 22", false, {.proto = UDP}},
    {"proto tcp to port != 22", false, {0}},
    {"proto tcp to port != 22", true, {.dport = 23}},
    {"proto tcp to port < 22", false, {0}},
    {"proto tcp to port < 22", true, {.dport = 21}},
    {"proto tcp to port <= 22", true, {0}},
    {"proto tcp to port <= 22", false, {.dport = 23}},
    {"proto tcp to port > 22", false, {0}},
    {"proto tcp to port > 22", true, {.dport = 23}},
    {"proto tcp to port >= 22", true, {0}},
    {"proto tcp to port >= 22", false, {.dport = 21}},
    {"proto tcp to port 20 <> 22", false, {.dport = 20}},
    {"proto tcp to port 20 <> 22", false, {.dport = 22}},
    {"proto tcp to port 20 <> 22", true, {.dport = 19}},
    {"proto tcp to port 20 <> 22", true, {.dport = 23}},
    {"proto tcp to port 20 >< 22", false, {.dport = 20}},
    {"proto tcp to port 20 >< 22", true, {.dport = 21}},
    {"proto tcp to port 20 >< 22", false, {.dport = 22}},
    {"proto tcp to port 20:22", true, {.dport = 20}},
    {"proto tcp to port 20:22", true, {.dport = 22}},
    {"proto tcp to port 20:22", false, {.dport = 19}},
    {"proto tcp to port 20:22", false, {.dport = 23}},
    {"proto tcp all flags S", true, {.flags = "S"}},
    {"proto tcp all flags S", true, {.flags = "SEC"}},
    {"proto tcp all flags S", false, {.flags = "SA"}},
    {"proto tcp all flags S", false, {.flags = "SU"}},
    {"proto tcp all flags S/SA", true, {.flags = "SU"}},
    {"proto tcp all flags S/SA", false, {.flags = "SA"}},
    {"proto tcp all flags SA/SA", true, {.flags = "SA"}},
    {"proto tcp all flags /SA", true, {.flags = "R"}},
    {"proto tcp all flags /SA", false, {.flags = "A"}},
    {"proto tcp all flags S/FSRPAUEC", false, {.flags = "SE"}},
    /* A later fragment has no ports: rules that ask for them do not match, others do. */
    {"proto tcp to port = 22", false, {.frag = 8}},
    {"proto tcp to port != 99", false, {.frag = 8}},
    {"proto tcp all flags S", false, {.frag = 8}},
    {"proto tcp all", true, {.frag = 8}},
    {"proto tcp to port = 22", true, {.frag = MF}},
    /* Half a TCP header: its ports count, if they are there, and its flags match nothing. */
    {"proto tcp to port = 22", true, {.cut = 10}},
    {"proto tcp to port = 22", false, {.cut = 17}},
    {"proto tcp all flags S", false, {.cut = 10}},
    {"proto tcp all", true, {.cut = 20}},
};

static void one_rule_meets_one_packet(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[160];
        seen_t seen;
        snprintf(text, sizeof(text), "block in %s", rows[i].rule);
        ipf_stack_t *ifs = filter_with(text);
        int result = judge(ifs, "lo0", false, packet_make(&rows[i].packet), &seen);
        if ((result == ENETUNREACH) != rows[i].match)
            fail_msg("row %zu: '%s' returned %d", i, text, result);
        assert_int_equal(seen.block, rows[i].match);
        assert_int_equal(seen.kind, rows[i].match ? IPF_EV_RULE : IPF_EV_NOMATCH);
        assert_int_equal(seen.number, rows[i].match ? 1 : -1);
        assert_string_equal(seen.group, rows[i].match ? "0" : "-1");
        ipf_destroy(ifs);
    }
}

typedef struct list_row {
    const char *rules;
    bool out;
    bool block;
    int number;
} list_row_t;

static const list_row_t list_rows[] = {
    {"", false, false, -1},
    {"block in all\npass in proto tcp all", false, false, 2},
    {"pass in proto tcp all\nblock in all", false, true, 2},
    {"block in quick all\npass in proto tcp all", false, true, 1},
    {"pass in all\nblock in quick proto tcp all\npass in on lo0 all", false, true, 2},
    {"block in all\nblock in proto udp all", false, true, 1},
    {"block in proto udp all\nblock in proto tcp all", false, true, 2},
    /* The reported rule is the one whose verdict stands, though one without a verdict matches
     * later. */
    {"block in all\nskip 1 in all\npass in all", false, true, 1},
    {"block in all\nlog in all", false, true, 1},
    {"skip 1 in all\nblock in all", false, false, -1},
    {"log in all", false, false, -1},
    {"block in all\ncount in all", false, true, 1},
    {"block in all\npass in all head 1\nskip 1 in all group 1\nblock in all group 1", false, false,
     2},
    {"block in all\npass in quick proto udp all keep state", false, true, 1},
    {"block in all head 1\npass in all group 1\nskip 1 in all group 1", false, false, 1},
    /* The lists have nothing to do with each other, and are numbered apart. */
    {"block in all", true, false, -1},
    {"block in all\nblock out all", true, true, 1},
    {"block out all\npass in all", false, false, 1},
};

static void the_last_match_wins_unless_one_is_quick(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(list_rows) / sizeof(list_rows[0]); i++) {
        const list_row_t *row = &list_rows[i];
        seen_t seen;
        ipf_stack_t *ifs = filter_with(row->rules);
        int result = judge(ifs, "lo0", row->out, packet_make(&(packet_t){0}), &seen);
        if ((result != 0) != row->block || seen.number != row->number)
            fail_msg("'%s': returned %d, rule %d", row->rules, result, seen.number);
        ipf_destroy(ifs);
    }
}

static void matches_are_counted_for_each_direction(void **state)
{
    (void)state;
    seen_t seen;
    ipf_stack_t *ifs = filter_with("block in log proto tcp all\nblock out log proto udp all\n"
                                   "pass in log proto udp all\npass out proto tcp all\n"
                                   "count in proto udp all\ncount out proto udp all");
    const friostat_t *stats = ipf_stats(ifs);

    judge(ifs, "lo0", false, packet_make(&(packet_t){0}), &seen);
    assert_int_equal(seen.logged, 1);
    judge(ifs, "lo0", false, packet_make(&(packet_t){.proto = UDP}), &seen);
    assert_int_equal(seen.logged, 1);
    judge(ifs, "lo0", false, packet_make(&(packet_t){.proto = ICMP}), &seen);
    assert_int_equal(seen.logged, 0);
    judge(ifs, "lo0", true, packet_make(&(packet_t){.proto = UDP}), &seen);
    judge(ifs, "lo0", true, packet_make(&(packet_t){0}), &seen);
    assert_int_equal(seen.logged, 0);

    const filterstats_t want[2] = {{.fr_pass = 2,
                                    .fr_block = 1,
                                    .fr_nom = 1,
                                    .fr_short = 1,
                                    .fr_ppkl = 1,
                                    .fr_bpkl = 1,
                                    .fr_acct = 1},
                                   {.fr_pass = 1, .fr_block = 1, .fr_bpkl = 1}};
    assert_memory_equal(stats->f_st, want, sizeof(want));
    ipf_destroy(ifs);
}

static void packets_that_are_no_packets_are_blocked(void **state)
{
    (void)state;
    static const uint8_t bytes[][40] = {
        {0},              /* version 0 */
        {0x44, 0, 0, 40}, /* a header of 16 bytes */
        {0x4f, 0, 0, 40}, /* a header longer than the packet */
        {0x45, 0, 0, 19}, /* shorter than its header */
    };
    seen_t seen;
    ipf_stack_t *ifs = filter_with("pass in all");

    for (size_t i = 0; i < sizeof(bytes) / sizeof(bytes[0]); i++) {
        mblk_t *mp = allocb(40);
        memcpy(mp->b_wptr, bytes[i], 40);
        mp->b_wptr += 40;
        assert_int_equal(judge(ifs, "lo0", false, mp, &seen), ENETUNREACH);
    }
    for (size_t size = 0; size < 20; size++) {
        mblk_t *mp = allocb(size);
        if (size > 0)
            mp->b_rptr[0] = 0x45;
        mp->b_wptr += size;
        assert_int_equal(judge(ifs, "lo0", false, mp, &seen), ENETUNREACH);
    }
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_bad, 24);
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_block, 24);
    ipf_destroy(ifs);
}

/* In IPFilter 6 a rule is for both families unless it says one; its addresses say it, too. */
static void a_rule_of_one_family_does_not_match_the_other(void **state)
{
    static const struct {
        const char *rule;
        bool match;
    } families[] = {{"block in all", true},
                    {"block in inet6 all", true},
                    {"block in inet all", false},
                    {"block in from 0/0 to any", false},
                    {"block in from ::/0 to any", true}};
    (void)state;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        seen_t seen;
        ipf_stack_t *ifs = filter_with(families[i].rule);
        mblk_t *mp = allocb(60);
        memset(mp->b_rptr, 0, 60);
        mp->b_rptr[0] = 0x60;
        mp->b_rptr[5] = 20;
        mp->b_rptr[6] = 6;
        mp->b_rptr[52] = 0x50;
        mp->b_wptr += 60;
        judge(ifs, "lo0", false, mp, &seen);
        assert_int_equal(seen.kind, families[i].match ? IPF_EV_RULE : IPF_EV_NOMATCH);
        ipf_destroy(ifs);
    }
}

/* As in the post. */
static void a_new_filter_answers_as_the_fix_did(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_true(ifs->ifs_build->ifb_oow_is_answered);
    assert_int_equal(ifs->ifs_build->ifb_icmp_quote, 8);
    assert_int_equal(ifs->ifs_build->ifb_reply_ttl, 255);
    assert_int_equal(ifs->ifs_build->ifb_reply_hops, 127);
    ipf_destroy(ifs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_rule_meets_one_packet),
        cmocka_unit_test(the_last_match_wins_unless_one_is_quick),
        cmocka_unit_test(matches_are_counted_for_each_direction),
        cmocka_unit_test(packets_that_are_no_packets_are_blocked),
        cmocka_unit_test(a_rule_of_one_family_does_not_match_the_other),
        cmocka_unit_test(a_new_filter_answers_as_the_fix_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
