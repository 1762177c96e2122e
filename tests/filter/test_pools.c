/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Address pools, hashes and group maps: what ippool.conf says, and what rules make of it.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ip_lookup.h"
#include "filter/ipfstat.h"
#include "tests/filter/packet.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define POOLS                                                                                      \
    "table role = ipf type = tree number = 5\n"                                                    \
    "    { 10.0.0.0/8; !10.1.0.0/16; 10.1.1.0/24; };\n"                                            \
    "table role = ipf type = hash name = web { 10.0.0.0/255.0.0.0; 192.0.2.1; };\n"                \
    "pool ipf/tree (name six;) { 2001:db8::/32; };\n"                                              \
    "group-map in role = ipf number = 7 group = far { 10.0.0.0/8; 10.1.0.0/16, group = near; };\n"

static ipf_stack_t *filter_with(const char *pools, const char *rules)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_non_null(ifs);
    assert_int_equal(ipf_load_pools(ifs, pools, strlen(pools), &error), 0);
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    return ifs;
}

static const char *verdict_of(ipf_stack_t *ifs, const char *src, const char *dst)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0"};
    mblk_t *m = packet_make(&(packet_t){.proto = 17, .src = src, .dst = dst});
    const char *verdict = fr_verdict(ifs, &qpi, false, m);
    freemsg(m);
    return verdict;
}

static void a_rule_asks_a_pool_by_number_or_name_or_brings_it_along(void **state)
{
    static const struct {
        const char *rules, *src, *dst, *verdict;
    } rows[] = {
        /* the node with the most bits decides */
        {"block in from pool/5 to any", "10.2.0.1", "1.1.1.1", "block"},
        {"block in from pool/5 to any", "10.1.2.1", "1.1.1.1", "nomatch"},
        {"block in from pool/5 to any", "10.1.1.1", "1.1.1.1", "block"},
        {"block in from pool/5 to any", "11.0.0.1", "10.2.0.1", "nomatch"},
        {"block in from ! pool/5 to any", "10.2.0.1", "1.1.1.1", "nomatch"},
        {"block in from !pool/5 to any", "10.1.2.1", "1.1.1.1", "block"},
        {"block in from any to pool/5", "1.1.1.1", "10.1.1.1", "block"},
        {"block in from hash/web to any", "192.0.2.1", "1.1.1.1", "block"},
        {"block in from hash/\"web\" to any", "192.0.2.2", "1.1.1.1", "nomatch"},
        {"block in from pool/six to any", "10.0.0.1", "1.1.1.1", "nomatch"},
        {"block in from !pool/six to any", "10.0.0.1", "1.1.1.1", "block"},
        /* in the rule */
        {"block in from pool=(10/8, !10.1/16) to any", "10.2.0.1", "1.1.1.1", "block"},
        {"block in from pool = ( 10/8, !10.1/16 ) to any", "10.1.0.1", "1.1.1.1", "nomatch"},
        {"block in from any to hash=(1.1.1.1, 2.2.2.2)", "10.1.0.1", "2.2.2.2", "block"},
        {"block in from any to hash=(1.1.1.1, 2.2.2.2)", "10.1.0.1", "2.2.2.3", "nomatch"},
        {"block in from pool=(1.1.1.1) to any\nblock in from pool=(2.2.2.2) to any", "2.2.2.2",
         "9.9.9.9", "block"},
        {"block in proto udp from pool/5 port > 1000 to any", "10.2.0.1", "1.1.1.1", "block"},
        /* one that is not there: the rule is left out, others stay */
        {"block in from pool/6 to any\npass in from pool/5 to any", "10.2.0.1", "1.1.1.1", "pass"},
        {"block in from hash/5 to any", "10.2.0.1", "1.1.1.1", "nomatch"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(POOLS, rows[i].rules);
        const char *verdict = verdict_of(ifs, rows[i].src, rows[i].dst);
        if (strcmp(verdict, rows[i].verdict) != 0)
            fail_msg("'%s', %s > %s: %s, not %s", rows[i].rules, rows[i].src, rows[i].dst, verdict,
                     rows[i].verdict);
        ipf_destroy(ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* => Returns the verdict on a UDP packet over IPv6 from `src`. */
static const char *verdict_of_ipv6(ipf_stack_t *ifs, const char *src)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0"};
    uint8_t bytes[48] = {0x60, 0, 0, 0, 0, 8, 17, 64, [41] = 1, [43] = 2, [45] = 8};
    assert_int_equal(inet_pton(AF_INET6, src, bytes + 8), 1);
    assert_int_equal(inet_pton(AF_INET6, "2001:db8::5", bytes + 24), 1);
    mblk_t *m = allocb(sizeof(bytes));
    memcpy(m->b_wptr, bytes, sizeof(bytes));
    m->b_wptr += sizeof(bytes);
    const char *verdict = fr_verdict(ifs, &qpi, false, m);
    freemsg(m);
    return verdict;
}

/* IPFilter 6 loses some of these, and finds others that are in no network of the table. */
static void a_table_of_ipv6_has_the_networks_that_it_says_and_no_other(void **state)
{
    static const struct {
        const char *pools, *src, *verdict;
    } rows[] = {
        {"table role = ipf type = hash number = 7 { ff02::1; 2001:db8:1::/64; };", "ff02::1",
         "block"},
        {"table role = ipf type = hash number = 7 { ff02::1; 2001:db8:1::/64; };", "2001:db8:1::7",
         "block"},
        {"table role = ipf type = hash number = 7 { ff02::1; fe80::/16; 2001:db8:1::/64; };",
         "fe80::1", "block"},
        {"table role = ipf type = tree number = 7 { ::/64; };", "::9", "block"},
        {"table role = ipf type = tree number = 7 { ::/64; };", "2001:db8::2", "nomatch"},
        {"table role = ipf type = tree number = 7 { ::/64; fe80::/64; };", "::9", "block"},
        {"table role = ipf type = tree number = 7 { 2001:db8::/64; };", "2001:db9::2", "nomatch"},
        {"table role = ipf type = tree number = 7 { !2001:db8:1::/64; 2001:db8::/64; };",
         "2001:db8::2", "block"},
        {"table role = ipf type = tree number = 7 { 2001:db8::/64; 2001:db8::/48; };",
         "2001:db8:0:1::2", "block"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *asks = strstr(rows[i].pools, "hash") != NULL ? "block in from hash/7 to any"
                                                                 : "block in from pool/7 to any";
        ipf_stack_t *ifs = filter_with(rows[i].pools, asks);
        assert_string_equal(verdict_of_ipv6(ifs, rows[i].src), rows[i].verdict);
        ipf_destroy(ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static void a_map_chooses_the_group_that_decides(void **state)
{
    static const struct {
        const char *rules, *src, *dst, *verdict;
    } rows[] = {
        {"call now srcgrpmap/7 in all", "10.2.0.1", "1.1.1.1", "block"},
        {"call now srcgrpmap/7 in all", "10.1.0.1", "1.1.1.1", "pass"},
        {"CALL NOW SrcGrpMap/7 in all", "10.2.0.1", "1.1.1.1", "block"},
        {"call now srcgrpmap/7 in all", "11.0.0.1", "10.2.0.1", "nomatch"},
        {"call now dstgrpmap/7 in all", "11.0.0.1", "10.2.0.1", "block"},
        {"call now fr_dstgrpmap/7 in all", "11.0.0.1", "10.1.0.1", "pass"},
        {"call now srcgrpmap/7 in proto tcp all", "10.2.0.1", "1.1.1.1", "nomatch"},
        {"call now srcgrpmap/7 in all\npass in all", "10.2.0.1", "1.1.1.1", "pass"},
        {"call now srcgrpmap/8 in all\nblock in all", "10.1.0.1", "1.1.1.1", "block"},
        {"call now srcgrpmap/7 out all\nblock in all", "10.1.0.1", "1.1.1.1", "block"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rules[200];
        snprintf(rules, sizeof(rules),
                 "%s\nblock in proto udp all group far\npass in all group near\n", rows[i].rules);
        ipf_stack_t *ifs = filter_with(POOLS, rules);
        assert_string_equal(verdict_of(ifs, rows[i].src, rows[i].dst), rows[i].verdict);
        ipf_destroy(ifs);
    }
}

static void a_rule_of_a_map_for_the_other_way_is_left_out(void **state)
{
    static const struct {
        const char *rule;
        bool in, out;
    } rows[] = {{"call now srcgrpmap/7 in all", true, false},
                {"call now srcgrpmap/7 out all", false, false},
                {"call now srcgrpmap/9 in all", false, false},
                {"call now srcgrpmap/9 out all", false, true},
                {"call now srcgrpmap/10 in all", false, false}};
    static const char pools[] =
        "group-map in role = ipf number = 7 group = far { 10.0.0.0/8; };\n"
        "group-map out role = ipf number = 9 group = off { 10.0.0.0/8; };\n";
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(pools, rows[i].rule);
        assert_int_equal(ifs->ifs_rules.frs_list[0].frl_head != NULL, rows[i].in);
        assert_int_equal(ifs->ifs_rules.frs_list[1].frl_head != NULL, rows[i].out);
        ipf_destroy(ifs);
    }
}

static void what_is_wrong_in_ippool_conf_is_told_where_it_is(void **state)
{
    static const struct {
        const char *text, *message;
        int line, column;
    } rows[] = {
        {"tabel role = ipf", "expected 'table', 'pool' or 'group-map', got 'tabel'", 1, 1},
        {"table role = ipf type = heap { 1.1.1.1; };", "expected 'tree' or 'hash', got 'heap'", 1,
         25},
        {"table role = ipf type = tree\n { 1.1.1.1 };", "expected ';', got '}'", 2, 12},
        {"table role = ipf type = tree { };", "expected an address, got '}'", 1, 32},
        {"table role = ipf type = tree { 1.1.1.1/33; };", "an address has 32 bits at most", 1, 42},
        {"table role = ipf type = tree { 1.1.1.1/255.0.255.0; };",
         "'255.0.255.0' is no mask: its bits have a gap", 1, 40},
        {"table role = ipf type = hash { !1.1.1.1; };",
         "only a tree has addresses that are negated", 1, 32},
        {"table role = ipf type = tree { 1.1.1.1, 2.2.2.2; };",
         "only a group-map has groups; addresses end with ';'", 1, 39},
        {"group-map in role = ipf number = 1 { 1.1.1.1; };",
         "an address of a group-map needs a group", 1, 45},
        {"table role = ipf type = tree number = 1 { 1.1.1.1; };\n"
         "table role = ipf type = tree number = 1 { 2.2.2.2; };",
         "there is a table '1' already", 2, 1},
        {"pool ipf/dstlist (name a;) { 1.1.1.1; };",
         "lists of destinations (dstlist) are not modelled", 1, 10},
        {"table role = ipf type = tree number = 1 { 1.1.1.1; }",
         "expected ';', got the end of the file", 1, 53},
        {"table role = \001", "a byte that is no text: 0x01", 1, 14},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ip_table_t *tables = NULL;
        ipf_error_t error = {0};
        assert_int_not_equal(
            ip_tables_parse(rows[i].text, strlen(rows[i].text), NULL, &tables, &error), 0);
        assert_string_equal(error.message, rows[i].message);
        assert_int_equal(error.line, rows[i].line);
        assert_int_equal(error.column, rows[i].column);
        assert_null(tables); /* nothing of a file with a mistake is kept */
    }
}

/* What lies after a text does not count: here a word of the greatest length ends it. */
static void a_text_of_pools_ends_where_its_length_says(void **state)
{
    char text[100];
    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t letters = 62; letters <= 64; letters++) {
        ip_table_t *tables = NULL;
        ipf_error_t error;
        assert_int_not_equal(ip_tables_parse(text, letters, NULL, &tables, &error), 0);
        assert_int_equal(strstr(error.message, "is too long") != NULL, letters == 64);
    }
}

static void what_is_wrong_in_a_rule_is_told_where_it_is(void **state)
{
    static const struct {
        const char *rule, *message;
        int column;
    } rows[] = {
        {"block in from pool all", "expected '/' and a pool's number or name, or '=' and its", 20},
        {"block in from pool=1.1.1.1", "expected '('", 20},
        {"block in from pool=(1.1.1.1", "expected ')'", 28},
        {"block in from hash=(!1.1.1.1)", "only a pool has addresses that are negated", 21},
        {"block in from pool=(bge0/32)", "a pool has addresses that are written down", 21},
        {"block in from pool=(pool/1)", "a pool has addresses that are written down", 21},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_error_t error = {0};
        ipf_stack_t *ifs = ipf_create();
        assert_int_not_equal(ipf_load_all(ifs, rows[i].rule, strlen(rows[i].rule), 0, &error), 0);
        if (strncmp(error.message, rows[i].message, strlen(rows[i].message)) != 0)
            fail_msg("'%s': %s", rows[i].rule, error.message);
        assert_int_equal(error.column, rows[i].column);
        ipf_destroy(ifs);
    }
}

static void a_table_is_printed_as_it_can_be_read(void **state)
{
    static const char text[] = "table role=ipf type=tree number=5\n"
                               "\t{ 10.0.0.0/8; ! 10.1.0.0/16; 10.1.1.0/24; };\n"
                               "table role=ipf type=hash name=web size=3\n"
                               "\t{ 10.0.0.0/8; 192.0.2.1/32; };\n"
                               "table role=ipf type=tree name=six\n"
                               "\t{ 2001:db8::/32; };\n"
                               "group-map in role=ipf number=7 size=3\n"
                               "\t{ 10.0.0.0/8, group=far; 10.1.0.0/16, group=near; };\n";
    const char *texts[] = {POOLS, text};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ip_table_t *tables = NULL;
        ipf_error_t error;
        char printed[1000] = "";
        assert_int_equal(ip_tables_parse(texts[i], strlen(texts[i]), NULL, &tables, &error), 0);
        for (const ip_table_t *table = tables; table != NULL; table = table->ipt_next) {
            char *one = ip_table_text(table, false);
            strcat(printed, one);
            free(one);
        }
        assert_string_equal(printed, text);
        ip_tables_free(tables);
    }
}

static void a_table_in_a_rule_has_no_name_and_a_hash_has_a_size(void **state)
{
    static const struct {
        const char *rule, *text, *reverse;
    } rows[] = {
        {"pass in from hash = (10.0.0.1) to any", "hash name= size=1\n\t{ 10.0.0.1/32; };\n",
         "hash name= size=1\n\t{ 10.0.0.1/32; };\n"},
        {"pass in from hash = (10.0.0.1, 2001:db8::/32, 10.3.0.0/16) to any",
         "hash name= size=5\n\t{ 10.0.0.1/32; 2001:db8::/32; 10.3.0.0/16; };\n",
         "hash name= size=5\n\t{ 10.3.0.0/16; 2001:db8::/32; 10.0.0.1/32; };\n"},
        {"pass in from pool = (10.0.0.0/8, !10.0.0.1) to any",
         "tree number=\n\t{ 10.0.0.0/8; ! 10.0.0.1/32; };\n",
         "tree number=\n\t{ ! 10.0.0.1/32; 10.0.0.0/8; };\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rows[i].rule, strlen(rows[i].rule), 0, &error), 0);
        for (int reverse = 0; reverse < 2; reverse++) {
            char want[200];
            snprintf(want, sizeof(want), "table role=ipf type=%s",
                     reverse ? rows[i].reverse : rows[i].text);
            char *text =
                ip_table_text(ifs->ifs_rules.frs_list[0].frl_head->fr_src.fra_table, reverse);
            assert_string_equal(text, want);
            free(text);
        }
        ipf_destroy(ifs);
    }
}

static void a_host_takes_what_stands_in_the_rule_only(void **state)
{
    static const char named[] = "block in from any to pool/5";
    static const char inline_[] = "block in from pool=(10.0.0.0/8) to any";
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_not_equal(ipf_load(ifs, named, strlen(named), NULL, &error), 0);
    assert_string_equal(error.message,
                        "a host reads no ippool.conf: write the addresses, as in 'pool=(A, B)'");
    assert_int_equal(error.column, 22);
    assert_int_equal(ipf_load(ifs, inline_, strlen(inline_), NULL, &error), 0);
    assert_string_equal(verdict_of(ifs, "10.0.0.1", "1.1.1.1"), "block");
    assert_string_equal(verdict_of(ifs, "11.0.0.1", "1.1.1.1"), "nomatch");
    ipf_destroy(ifs);
}

static void add_group_line(void *arg, const char *line)
{
    if (strstr(line, "Group ") != NULL)
        strcat(strcat(arg, line), "\n");
}

static void assert_groups(const ipf_stack_t *ifs, const char *text)
{
    char lines[1000] = "";
    ipfstat_dump(ifs, 0, add_group_line, lines);
    assert_string_equal(lines, text);
}

static void a_group_counts_all_that_name_it(void **state)
{
    static const char maps[] = "group-map in role = ipf number = 7 group = far { 10.0.0.0/8; "
                               "10.1.0.0/16, group = n; 10.2.0.0/16, group = n; };";
    static const char all[] =
        "pass in all head a\npass in proto tcp all head a\nblock in all group a\n"
        "pass in proto udp all keep state (icmp-head e)\nblock in proto icmp all group e\n"
        "call srcgrpmap/7 in all\nblock in proto udp all group n\n"
        "count out all head c\ncount out proto udp all group c\n";
    static const char some[] = "pass in proto tcp all head a\nblock in all group a\n"
                               "pass in proto udp all keep state (icmp-head e)\n"
                               "block in proto udp all group n\n"
                               "count out proto udp all group c\n";
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load_pools(ifs, maps, strlen(maps), &error), 0);
    assert_int_equal(ipf_load_all(ifs, all, strlen(all), 0, &error), 0);
    assert_groups(ifs, "Dev.0. Group far Ref 1 Flags 0x8000\n"
                       "Dev.0. Group n Ref 3 Flags 0x8000\n"
                       "Dev.0. Group a Ref 3 Flags 0x8000\n"
                       "Dev.0. Group e Ref 2 Flags 0x8000\n"
                       "Dev.7. Group c Ref 2 Flags 0x4000\n");
    assert_int_equal(ipf_remove(ifs, some, strlen(some), &error), 0);
    assert_groups(ifs, "Dev.0. Group far Ref 1 Flags 0x8000\n"
                       "Dev.0. Group n Ref 2 Flags 0x8000\n"
                       "Dev.0. Group a Ref 1 Flags 0x8000\n"
                       "Dev.0. Group e Ref 1 Flags 0x8000\n"
                       "Dev.7. Group c Ref 1 Flags 0x4000\n");
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_asks_a_pool_by_number_or_name_or_brings_it_along),
        cmocka_unit_test(a_table_of_ipv6_has_the_networks_that_it_says_and_no_other),
        cmocka_unit_test(a_map_chooses_the_group_that_decides),
        cmocka_unit_test(a_rule_of_a_map_for_the_other_way_is_left_out),
        cmocka_unit_test(what_is_wrong_in_ippool_conf_is_told_where_it_is),
        cmocka_unit_test(a_text_of_pools_ends_where_its_length_says),
        cmocka_unit_test(what_is_wrong_in_a_rule_is_told_where_it_is),
        cmocka_unit_test(a_table_is_printed_as_it_can_be_read),
        cmocka_unit_test(a_table_in_a_rule_has_no_name_and_a_hash_has_a_size),
        cmocka_unit_test(a_group_counts_all_that_name_it),
        cmocka_unit_test(a_host_takes_what_stands_in_the_rule_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
