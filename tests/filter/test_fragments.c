/* SPDX-License-Identifier: BSD-3-Clause
 *
 * keep frags: what makes an entry, which fragments belong to it, and when it ends.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MF         0x2000
#define FIRST(...) GOES(.proto = UDP, .payload = 16, .frag = MF, __VA_ARGS__)
#define LATER(at, ...)                                                                             \
    GOES(.proto = UDP, .payload = 8, .frag = (at) / 8, __VA_ARGS__) /* 16 bytes, the last one */
#define MORE(at, ...) GOES(.proto = UDP, .payload = 8, .frag = MF | (at) / 8, __VA_ARGS__)
#define RULES         "block out all\n"

static void later_fragments_have_the_verdict_of_the_first(void **state)
{
    static const step_t steps[] = {
        {"a later one before", 0, true, LATER(24), "block"},
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"the second", 0, true, MORE(24), "pass"},
        {"out of order", 0, true, LATER(56), "pass"},
        {"of another datagram", 0, true, LATER(40, .id = 9), "block"},
        {"of another protocol", 0, true, GOES(.payload = 8, .frag = 5), "block"},
        {"the other way", 0, false, LATER(40), "pass"},
        {"the first again", 0, true, FIRST(.dport = 54), "block"},
        {"over the end of the first", 0, true, MORE(16), "block"},
    };
    static const step_t blocked[] = {
        {"the first", 0, true, FIRST(.dport = 53), "block return-rst"},
        {"the second", 0, true, LATER(24), "block return-rst"},
    };
    (void)state;
    RUN("pass in all\n" RULES "pass out proto udp from any to any port = 53 keep frags", steps);
    RUN("block return-rst out quick proto udp from any to any port = 53 keep frags", blocked);
}

static void without_keep_frags_each_fragment_is_asked(void **state)
{
    static const step_t steps[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"the second", 0, true, LATER(24), "block"},
    };
    (void)state;
    RUN(RULES "pass out proto udp from any to any port = 53", steps);
}

static void strict_wants_the_first_fragment_and_then_order(void **state)
{
    static const step_t order[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"a gap", 0, true, MORE(40), "block"},
        {"the second", 0, true, MORE(24), "pass"},
        {"the third", 0, true, LATER(40), "pass"},
        {"and again", 0, true, LATER(40), "block"},
    };
    static const step_t no_first[] = {
        {"a later one", 0, true, MORE(24), "pass"},
        {"the same of a rule that asks for ports",
         0,
         true,
         {.proto = UDP, .src = "10.0.0.3", .payload = 8, .frag = 5},
         "block"},
        {"the next", 0, true, LATER(40), "pass"},
    };
    (void)state;
    RUN(RULES "pass out proto udp from any to any port = 53 keep frags (strict)", order);
    RUN(RULES "pass out quick from 10.0.0.1 to any keep frags (strict)\npass out from 10.0.0.3 to "
              "any port = 1 keep frags",
        no_first);
}

static void a_datagram_is_forgotten_after_a_minute_or_its_end(void **state)
{
    static const step_t minute[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"in time", 59.9, true, MORE(24), "pass"},
        {"too late", 60, true, MORE(40), "block"},
    };
    static const step_t end[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"the last", 0, true, LATER(24), "pass"},
        {"again", 0.4, true, LATER(24), "pass"},
        {"forgotten", 0.9, true, LATER(24), "block"},
    };
    (void)state;
    RUN(RULES "pass out proto udp from any to any port = 53 keep frags", minute);
    RUN(RULES "pass out proto udp from any to any port = 53 keep frags", end);
}

static void short_and_bad_fragments_are_served_by_nobody(void **state)
{
    static const step_t steps[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"of no whole units", 0, true, GOES(.proto = UDP, .payload = 9, .frag = MF | 3), "block"},
        {"beyond the end of a datagram", 0, true, LATER(65528), "block"},
        {"a good one", 0, true, LATER(24), "pass"},
    };
    (void)state;
    RUN(RULES "pass out proto udp from any to any port = 53 keep frags", steps);
}

static void one_that_begins_within_the_first_is_bad(void **state)
{
    static const step_t steps[] = {
        {"the first", 0, true, FIRST(.dport = 53), "pass"},
        {"over its end", 0, true, MORE(16), "block return-icmp"},
        {"of another datagram", 0, true, MORE(16, .id = 9), "block"},
        {"after its end", 0, true, MORE(24), "pass"},
    };
    (void)state;
    RUN("pass out quick proto udp from any to any port = 53 keep frags\n"
        "block return-icmp out quick all with bad\nblock out all",
        steps);
}

static void a_connections_fragments_belong_to_it(void **state)
{
    static const step_t made[] = {
        {"the first of a connection", 0, true, FIRST(.dport = 53), "pass"},
        {"the second", 0, true, LATER(24), "pass"},
    };
    static const step_t hit[] = {
        {"a connection", 0, true, GOES(.proto = UDP, .dport = 53), "pass"},
        {"a fragment of it", 0, true, FIRST(.dport = 53), "pass"},
        {"the second", 0, true, LATER(24), "pass"},
    };
    static const step_t without_keep_frags[] = {
        {"a connection", 0, true, GOES(.proto = UDP, .dport = 53), "pass"},
        {"a fragment of it", 0, true, FIRST(.dport = 53), "pass"},
        {"the second", 0, true, LATER(24), "pass"},
    };
    (void)state;
    RUN(RULES "pass out proto udp from any to any port = 53 keep state", made);
    RUN(RULES "pass out proto udp from any to any port = 53 keep state keep frags", hit);
    RUN(RULES "pass out proto udp from any to any port = 53 keep state", without_keep_frags);
}

static void keep_view(void *arg, const fr_frag_view_t *view)
{
    *(fr_frag_view_t *)arg = *view;
}

static void entries_are_counted(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    const char rules[] = "pass out quick proto udp all keep frags";
    static const packet_t packets[] = {FIRST(.dport = 53), LATER(24), FIRST(.dport = 53),
                                       GOES(.proto = UDP)};
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        mblk_t *m = packet_make(&packets[i]);
        assert_int_equal(fr_check(ifs, &qpi, true, &m), 0);
        freemsg(m);
    }
    const filterstats_t *st = &ipf_stats(ifs)->f_st[1];
    assert_int_equal(st->fr_nfr, 1);
    assert_int_equal(st->fr_bnfr, 1);
    assert_int_equal(st->fr_cfr, 1);
    assert_int_equal(st->fr_pass, 4);
    assert_int_equal(fr_frag_count(&ifs->ifs_frags), 1);
    fr_frag_view_t view = {0};
    fr_frag_each(&ifs->ifs_frags, 0, keep_view, &view);
    assert_int_equal(view.packets, 2);
    assert_int_equal(view.bytes, 44 + 36); /* the first and a later one */
    /* It has half a second, since its last fragment came. */
    view = (fr_frag_view_t){0};
    fr_frag_each(&ifs->ifs_frags, 500000, keep_view, &view);
    assert_int_equal(view.packets, 0);
    fr_frag_each(&ifs->ifs_frags, 499999, keep_view, &view);
    assert_int_equal(view.packets, 2);
    /* They belong to the rules that made them. */
    assert_int_equal(ipf_load(ifs, "", 0, NULL, NULL), 0);
    assert_int_equal(fr_frag_count(&ifs->ifs_frags), 0);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

/* One that begins where the first ended is served, and none that begins earlier. */
static void a_fragment_may_begin_where_the_first_one_ended(void **state)
{
    static const struct {
        int payload, at; /* of the first; the other's offset, in units of 8 bytes */
        const char *verdict;
    } rows[] = {{56, 8, "pass"}, {56, 7, "block"}, {56, 1, "block"},  {56, 9, "pass"},
                {8, 2, "pass"},  {8, 1, "block"},  {120, 16, "pass"}, {120, 15, "block"}};
    static const char rules[] = "pass out quick proto udp from any to any port = 53 keep frags\n"
                                "block out all";
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        for (int n = 0; n < 2; n++) {
            mblk_t *m = packet_make(&(packet_t){.proto = UDP,
                                                .dport = 53,
                                                .payload = n == 0 ? rows[i].payload : 16,
                                                .frag = n == 0 ? 0x2000 : 0x2000 | rows[i].at});
            assert_string_equal(fr_verdict(ifs, &qpi, true, m), n == 0 ? "pass" : rows[i].verdict);
            freemsg(m);
        }
        ipf_destroy(ifs);
    }
}

/* Where the table is full, those that have ended make room, and no others. */
static void a_full_table_takes_a_fragment_when_another_has_ended(void **state)
{
    static const struct {
        double at_s;
        int id;
        size_t count;
    } rows[] = {{0, 1, 1},  {10, 2, 2},   {20, 3, 2}, {59.9, 3, 2},
                {60, 3, 2}, {69.9, 4, 2}, {70, 4, 2}};
    static const char rules[] = "pass out quick proto udp all keep frags";
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    ipf_error_t error;
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    ifs->ifs_tunables.frag_size = 2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const packet_t packet = FIRST(.dport = 53, .id = rows[i].id);
        mblk_t *m = packet_make(&packet);
        fr_verdict_set_time(ifs, (uint64_t)(rows[i].at_s * 1e6));
        assert_string_equal(fr_verdict(ifs, &qpi, true, m), "pass");
        assert_int_equal(fr_frag_count(&ifs->ifs_frags), rows[i].count);
        freemsg(m);
    }
    /* 1, 2, 3 at 60, 4 at 70 */
    assert_int_equal(ifs->ifs_frags.ipfr_stats.made, 4);
    assert_int_equal(ifs->ifs_frags.ipfr_stats.expired, 2);
    assert_int_equal(ipf_stats(ifs)->f_st[1].fr_nfr, 4);
    assert_int_equal(ipf_stats(ifs)->f_st[1].fr_bnfr, 3);
    ipf_destroy(ifs);
}

/* The next one of the same number is another datagram: nothing is left of the first. */
static void a_datagram_that_is_forgotten_leaves_no_entry(void **state)
{
    static const char rules[] = "pass out quick proto udp from any to any port = 53 keep frags\n"
                                "block out all";
    static const struct {
        double at_s;
        packet_t packet;
        const char *verdict;
        size_t count;
        uint64_t expired;
    } rows[] = {{0, FIRST(.dport = 53), "pass", 1, 0},
                {60, FIRST(.dport = 53), "pass", 1, 1},
                {120, MORE(24), "block", 0, 2}};
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    ipf_error_t error;
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mblk_t *m = packet_make(&rows[i].packet);
        fr_verdict_set_time(ifs, (uint64_t)(rows[i].at_s * 1e6));
        assert_string_equal(fr_verdict(ifs, &qpi, true, m), rows[i].verdict);
        assert_int_equal(fr_frag_count(&ifs->ifs_frags), rows[i].count);
        assert_int_equal(ifs->ifs_frags.ipfr_stats.expired, rows[i].expired);
        freemsg(m);
    }
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_fragments_have_the_verdict_of_the_first),
        cmocka_unit_test(without_keep_frags_each_fragment_is_asked),
        cmocka_unit_test(strict_wants_the_first_fragment_and_then_order),
        cmocka_unit_test(a_datagram_is_forgotten_after_a_minute_or_its_end),
        cmocka_unit_test(a_datagram_that_is_forgotten_leaves_no_entry),
        cmocka_unit_test(short_and_bad_fragments_are_served_by_nobody),
        cmocka_unit_test(one_that_begins_within_the_first_is_bad),
        cmocka_unit_test(a_connections_fragments_belong_to_it),
        cmocka_unit_test(entries_are_counted),
        cmocka_unit_test(a_fragment_may_begin_where_the_first_one_ended),
        cmocka_unit_test(a_full_table_takes_a_fragment_when_another_has_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
