/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules with their hits, and the page of counters.
 */
#include "filter/fr_impl.h"
#include "filter/ipfstat.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char text[8192];

static void add_line(void *arg, const char *line)
{
    (void)arg;
    strcat(strcat(text, line), "\n");
}

static const char *rules_of(const ipf_stack_t *ifs, bool out, unsigned how)
{
    text[0] = '\0';
    return ipfstat_rules(ifs, out, how, add_line, NULL) == 0 ? text : NULL;
}

static const char *counters_of(const ipf_stack_t *ifs)
{
    text[0] = '\0';
    ipfstat_counters(ifs, add_line, NULL);
    return text;
}

static void check(ipf_stack_t *ifs, bool out, const packet_t *packet)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    mblk_t *m = packet_make(packet);
    fr_check(ifs, &qpi, out, &m);
    freemsg(m);
    assert_int_equal(mblk_in_use(), 0);
}

static void a_rule_has_its_hits_its_bytes_and_its_number_before_it(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in proto udp all\n"
                                   "block return-rst in quick on lo0 proto tcp from any to any "
                                   "port = 22\n");
    for (int i = 0; i < 3; i++)
        check(ifs, false, &(packet_t){.options = 24});
    assert_string_equal(rules_of(ifs, false, 0),
                        "pass in proto udp from any to any\n"
                        "block return-rst in quick on lo0 proto tcp from any to any port = ssh\n");
    assert_string_equal(
        rules_of(ifs, false, IPFSTAT_HITS | IPFSTAT_NUMBERS),
        "0 @1 pass in proto udp from any to any\n"
        "3 @2 block return-rst in quick on lo0 proto tcp from any to any port = ssh\n");
    assert_string_equal(
        rules_of(ifs, false, IPFSTAT_HITS | IPFSTAT_NUMBERS | IPFSTAT_BYTES | IPFSTAT_PORTS),
        "0 0 @1 pass in proto udp from any to any\n"
        "3 192 @2 block return-rst in quick on lo0 proto tcp from any to any port = 22\n");
    assert_string_equal(
        rules_of(ifs, false, IPFSTAT_VERBOSE),
        "pass in proto udp from any to any\n"
        "block return-rst in quick on lo0(!) proto tcp from any to any port = ssh\n");
    assert_null(rules_of(ifs, true, 0));
    ipf_destroy(ifs);
}

/* Groups follow the list that heads them, and what heads groups in them follows them; each once. */
static void groups_follow_their_list_and_number_anew(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in all head a\nblock in proto tcp all head b\n"
                                   "pass in proto udp all group a\nblock in all head c group a\n"
                                   "pass in all group c\npass in all group b\n"
                                   "block in quick all head b\npass out all head d\n"
                                   "block out all group d");
    assert_string_equal(rules_of(ifs, false, IPFSTAT_NUMBERS),
                        "@1 pass in all head a\n"
                        "@2 block in proto tcp from any to any head b\n"
                        "@3 block in quick all head b\n"
                        "@1 pass in proto udp from any to any group a\n"
                        "@2 block in all head c group a\n"
                        "@1 pass in all group c\n"
                        "@1 pass in all group b\n");
    assert_string_equal(rules_of(ifs, true, IPFSTAT_NUMBERS),
                        "@1 pass out all head d\n@1 block out all group d\n");
    ipf_destroy(ifs);
}

static void a_rule_that_heads_its_own_group_ends_the_listing(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in all head a\nblock in all head a group a");
    assert_string_equal(rules_of(ifs, false, 0),
                        "pass in all head a\nblock in all head a group a\n");
    ipf_destroy(ifs);
}

static void count_rules_have_lists_of_their_own(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("count in proto tcp all\nblock in all\ncount out all");
    check(ifs, false, &(packet_t){0});
    check(ifs, false, &(packet_t){.proto = 17});
    assert_string_equal(rules_of(ifs, false, IPFSTAT_ACCOUNT | IPFSTAT_BYTES | IPFSTAT_HITS),
                        "1 40 count in proto tcp from any to any\n");
    assert_string_equal(rules_of(ifs, true, IPFSTAT_ACCOUNT), "count out all\n");
    assert_string_equal(rules_of(ifs, false, 0), "block in all\n");
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_acct, 1);
    assert_string_equal(ipfstat_list_name(false, 0), "ipfilter(in)");
    assert_string_equal(ipfstat_list_name(true, 0), "ipfilter(out)");
    assert_string_equal(ipfstat_list_name(false, IPFSTAT_ACCOUNT), "ipacct(in)");
    assert_string_equal(ipfstat_list_name(true, IPFSTAT_ACCOUNT), "ipacct(out)");
    ipf_destroy(ifs);
}

static void the_page_has_all_counters(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("block return-rst in log proto tcp all\nlog in proto udp all\n"
                                   "pass out log proto udp all\ncount in proto tcp all");
    ifs->ifs_now_us = 3375000;
    ipf_set_log_flags(ifs, FF_LOGPASS | FF_LOGBLOCK | FF_LOGNOMATCH);
    check(ifs, false, &(packet_t){0});
    check(ifs, false, &(packet_t){.proto = 17});
    check(ifs, true, &(packet_t){.proto = 17});
    check(ifs, false, &(packet_t){.frag = 0x2000, .cut = 4});
    check(ifs, false, &(packet_t){.cut = 30});
    ipf_set_log_limit(ifs, 0);
    check(ifs, true, &(packet_t){.proto = 17, .payload = 1});
    assert_string_equal(counters_of(ifs),
                        "bad packets:\t\tin 1\tout 0\n"
                        " IPv6 packets:\t\tin 0 out 0\n"
                        " input packets:\t\tblocked 3 passed 1 nomatch 1 counted 2 short 1\n"
                        "output packets:\t\tblocked 0 passed 2 nomatch 0 counted 0 short 0\n"
                        " input packets logged:\tblocked 2 passed 0\n"
                        "output packets logged:\tblocked 0 passed 2\n"
                        " packets logged:\tinput 1 output 0\n"
                        " log failures:\t\tinput 0 output 1\n"
                        "fragment state(in):\tkept 0\tlost 0\n"
                        "fragment state(out):\tkept 0\tlost 0\n"
                        "packet state(in):\tkept 0\tlost 0\n"
                        "packet state(out):\tkept 0\tlost 0\n"
                        "ICMP replies:\t1\tTCP RSTs sent:\t0\n" /* a RST of the fix */
                        "Invalid source(in):\t0\n"
                        "Result cache hits(in):\t0\t(out):\t0\n"
                        "IN Pullups succeeded:\t0\tfailed:\t0\n"
                        "OUT Pullups succeeded:\t0\tfailed:\t0\n"
                        "Fastroute successes:\t0\tfailures:\t0\n"
                        "TCP cksum fails(in):\t0\t(out):\t0\n"
                        "IPF Ticks:\t6\n"
                        "Packet log flags set: (0x7)\n"
                        "\tpackets passed through filter\n"
                        "\tpackets blocked by filter\n"
                        "\tpackets not matched by filter\n");
    ipf_destroy(ifs);
}

/* Each counter is its place in the structure, from 1; what is not kept is 0. */
static void each_counter_has_its_place_on_the_page(void **state)
{
    ipf_stack_t *ifs = ipf_create();
    uint64_t numbers[sizeof(ifs->ifs_frstats) / sizeof(uint64_t)];
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        numbers[i] = i + 1;
    memcpy(&ifs->ifs_frstats, numbers, sizeof(numbers));
    assert_string_equal(counters_of(ifs),
                        "bad packets:\t\tin 14\tout 36\n"
                        " IPv6 packets:\t\tin 11 out 33\n"
                        " input packets:\t\tblocked 2 passed 1 nomatch 3 counted 10 short 4\n"
                        "output packets:\t\tblocked 24 passed 23 nomatch 25 counted 32 short 26\n"
                        " input packets logged:\tblocked 6 passed 5\n"
                        "output packets logged:\tblocked 28 passed 27\n"
                        " packets logged:\tinput 8 output 30\n"
                        " log failures:\t\tinput 9 output 31\n"
                        "fragment state(in):\tkept 20\tlost 19\n"
                        "fragment state(out):\tkept 42\tlost 41\n"
                        "packet state(in):\tkept 18\tlost 17\n"
                        "packet state(out):\tkept 40\tlost 39\n"
                        "ICMP replies:\t13\tTCP RSTs sent:\t35\n"
                        "Invalid source(in):\t0\n"
                        "Result cache hits(in):\t0\t(out):\t0\n"
                        "IN Pullups succeeded:\t0\tfailed:\t0\n"
                        "OUT Pullups succeeded:\t0\tfailed:\t0\n"
                        "Fastroute successes:\t45\tfailures:\t46\n"
                        "TCP cksum fails(in):\t0\t(out):\t0\n"
                        "IPF Ticks:\t0\n"
                        "Packet log flags set: (0)\n"
                        "\tnone\n");
    ipf_destroy(ifs);
}

static void the_page_says_how_many_states_and_fragments_are_kept(void **state)
{
    static const char *const lines[] = {
        "fragment state(in):\tkept 1\tlost 0\n", "fragment state(out):\tkept 0\tlost 0\n",
        "packet state(in):\tkept 0\tlost 0\n", "packet state(out):\tkept 1\tlost 2\n"};
    (void)state;
    ipf_stack_t *ifs = filter_with("pass out proto udp all keep state (limit 1)\n"
                                   "pass in proto udp all keep frags");
    for (int port = 1; port <= 3; port++)
        check(ifs, true, &(packet_t){.proto = 17, .sport = port});
    check(ifs, false, &(packet_t){.proto = 17, .sport = 9, .frag = 0x2000, .payload = 8});
    for (size_t i = 0; i < 4; i++) {
        if (strstr(counters_of(ifs), lines[i]) == NULL)
            fail_msg("no '%s' in\n%s", lines[i], text);
    }
    ipf_destroy(ifs);
}

/* ---- tunables ---- */

/* The clock of the day: it begins at half past three. */
static void the_top_tells_the_time(void **state)
{
    static const struct {
        uint64_t at_s;
        const char *clock;
    } rows[] = {{0, "15:30:00"},    {59, "15:30:59"},    {60, "15:31:00"},    {1799, "15:59:59"},
                {1800, "16:00:00"}, {30599, "23:59:59"}, {30600, "00:00:00"}, {34200, "01:00:00"}};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ifs->ifs_now_us = rows[i].at_s * 1000000;
        text[0] = '\0';
        ipfstat_top(ifs, "host", 4, add_line, NULL);
        text[strcspn(text, "\n")] = '\0';
        assert_string_equal(text + strlen(text) - 8, rows[i].clock);
    }
    ipf_destroy(ifs);
}

/* The client resets it first, or the server. */
static void the_top_has_a_connection_until_both_sides_have_closed_it(void **state)
{
    static const packet_t opening[] = {
        {.flags = "S", .seq = 100},
        {.flags = "SA", .sport = 22, .dport = 33001, .seq = 500, .ack = 101},
        {.flags = "A", .seq = 101, .ack = 501},
        {.flags = "A", .sport = 22, .dport = 33001, .seq = 501, .ack = 101}};
    static const packet_t resets[] = {
        {.flags = "RA", .seq = 101, .ack = 501},
        {.flags = "RA", .sport = 22, .dport = 33001, .seq = 501, .ack = 101}};
    (void)state;
    for (size_t first = 0; first < 2; first++) {
        ipf_stack_t *ifs = filter_with("pass out quick proto tcp all keep state");
        for (size_t i = 0; i < 4; i++)
            check(ifs, i % 2 == 0, &opening[i]);
        for (size_t closed = 1; closed <= 2; closed++) {
            size_t side = closed == 1 ? first : 1 - first;
            check(ifs, side == 0, &resets[side]);
            text[0] = '\0';
            ipfstat_top(ifs, "host", 4, add_line, NULL);
            assert_int_equal(strstr(text, first == 0 ? " B/5 " : " 5/B ") != NULL, closed == 1);
            assert_int_equal(strstr(text, "127.0.0.1") != NULL, closed == 1);
        }
        ipf_destroy(ifs);
    }
}

static void tunables_are_set_by_name_or_refused_with_the_list(void **state)
{
    static const struct {
        const char *what, *message; /* NULL: taken */
        int error;
    } rows[] = {
        {"fr_pass=block", NULL, 0},
        {"ipf_pass=pass,ipf_minttl=0", NULL, 0},
        {"fr_minttl=255", NULL, 0},
        {"fr_pass=maybe", "'fr_pass' is pass or block, not 'maybe'", EINVAL},
        {"fr_minttl=256", "'min_ttl' is 0 to 255, not '256'", EINVAL},
        {"fr_minttl=", "'min_ttl' is 0 to 255, not ''", EINVAL},
        {"fr_minttl=-1", "'min_ttl' is 0 to 255, not '-1'", EINVAL},
        {"fr_minttl", "expected NAME=VALUE, got 'fr_minttl'", EINVAL},
        {"", "expected NAME=VALUE, got ''", EINVAL},
        {"fr_pass=pass,", "expected NAME=VALUE, got ''", EINVAL},
        {"fr_pas=pass", "there is no tunable 'fr_pas'; did you mean 'fr_pass'?", ENOENT},
        {"banana=1",
         "there is no tunable 'banana'; there are fr_pass, fr_minttl, fr_statemax and others",
         ENOENT},
        {"fr_chksrc=1", "the tunable 'fr_chksrc' is not modelled", ENOENT},
    };
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char message[200] = "";
        assert_int_equal(ipf_set_tunables(ifs, rows[i].what, message, sizeof(message)),
                         rows[i].error);
        assert_string_equal(message, rows[i].message != NULL ? rows[i].message : "");
    }
    ipf_destroy(ifs);
}

static void fr_pass_decides_where_no_rule_does(void **state)
{
    char message[200];
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in proto udp all");
    assert_int_equal(ipf_set_tunable(ifs, "fr_pass", "block", message, sizeof(message)), 0);
    check(ifs, false, &(packet_t){0});
    check(ifs, false, &(packet_t){.proto = 17});
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_block, 1);
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_nom, 1);
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_pass, 1);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_has_its_hits_its_bytes_and_its_number_before_it),
        cmocka_unit_test(groups_follow_their_list_and_number_anew),
        cmocka_unit_test(a_rule_that_heads_its_own_group_ends_the_listing),
        cmocka_unit_test(count_rules_have_lists_of_their_own),
        cmocka_unit_test(the_page_has_all_counters),
        cmocka_unit_test(each_counter_has_its_place_on_the_page),
        cmocka_unit_test(the_page_says_how_many_states_and_fragments_are_kept),
        cmocka_unit_test(the_top_tells_the_time),
        cmocka_unit_test(the_top_has_a_connection_until_both_sides_have_closed_it),
        cmocka_unit_test(tunables_are_set_by_name_or_refused_with_the_list),
        cmocka_unit_test(fr_pass_decides_where_no_rule_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
