/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules are the same: those with the same text. The hash by which they are looked for tells
 * apart what people's long lists differ in, so that few texts are made.
 */
#include "filter/fr_impl.h"
#include "filter/fr_same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t hash_of(const char *rule)
{
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    if (ipf_load_all(ifs, rule, strlen(rule), 0, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rule, error.line, error.column, error.message);
    const fr_ruleset_t *set = &ifs->ifs_rules;
    const frentry_t *fr = NULL;
    for (size_t i = 0; i < 2; i++) {
        fr = set->frs_list[i].frl_head != NULL ? set->frs_list[i].frl_head : fr;
        fr = set->frs_acct[i].frl_head != NULL ? set->frs_acct[i].frl_head : fr;
    }
    assert_non_null(fr);
    if (set->frs_groups != NULL && set->frs_groups->fg_list.frl_head != NULL)
        fr = set->frs_groups->fg_list.frl_head; /* the rule is its head's group's */
    uint64_t hash = fr_rule_hash(fr);
    ipf_destroy(ifs);
    return hash;
}

/* Each is another rule than all others: also than the one with 0 where it has nothing. */
static const char *const rules[] = {
    "pass in all",
    "block in all",
    "log in all",
    "count in all",
    "nomatch in all",
    "auth in all",
    "preauth in all",
    "skip 1 in all",
    "pass in quick all",
    "pass in log all",
    "block return-rst in proto tcp all",
    "pass in proto tcp all",
    "pass in proto udp all",
    "pass in proto 0 all",
    "pass in proto 255 all",
    "pass in tos 0 all",
    "pass in tos 1 all",
    "pass in tos 255 all",
    "pass in ttl 0 all",
    "pass in ttl 1 all",
    "pass in ttl 255 all",
    "pass in tos 1 ttl 1 all",
    "pass in proto icmp all icmp-type echo",
    "pass in proto icmp all icmp-type unreach",
    "pass in proto icmp all icmp-type unreach code 1",
    "pass in proto tcp all flags S/SA",
    "pass in proto tcp all flags A/SA",
    "pass in proto udp all keep state",
    "pass in proto udp all keep state (limit 1)",
    "pass in proto udp all keep state (limit 2)",
    "pass in proto udp all keep state (max-srcs 1)",
    "pass in proto udp all keep state (max-srcs 2)",
    "pass in proto udp all keep state (age 1)",
    "pass in proto udp all keep state (age 2)",
    "pass in proto udp all keep frags",
    "pass in from 10.0.0.1 to any",
    "pass in from !10.0.0.1 to any",
    "pass in from any to 10.0.0.1",
    "pass in from any to !10.0.0.1",
    "pass in from 10.0.0.1/31 to any",
    "pass in from 10.0.0.0/32 to any",
    "pass in from 10.0.0.1 to 10.0.0.1",
    "pass in from !10.0.0.1 to !10.0.0.1",
    "pass in from 2001:db8::1 to any",
    "pass in from 2001:db8::1:0:0:1 to any",
    "pass in from 2001:db8:0:1::1 to any",
    "pass in from 2001:db8::1:1 to any",
    "pass in from 2001:db9::1 to any",
    "pass in from any to 2001:db8::1",
    "pass in from any to 2001:db8:0:1::1",
    "pass in from lo0/32 to any",
    "pass in from bge0/32 to any",
    "pass in from any to lo0/32",
    "pass in from any to bge0/32",
    "pass in from lo0/network to any",
    "pass in from lo0/broadcast to any",
    "pass in proto udp from any port = 0 to any",
    "pass in proto udp from any port = 1 to any",
    "pass in proto udp from any port != 1 to any",
    "pass in proto udp from any port < 1 to any",
    "pass in proto udp from any port > 1 to any",
    "pass in proto udp from any port <= 1 to any",
    "pass in proto udp from any port >= 1 to any",
    "pass in proto udp from any port 1 >< 2 to any",
    "pass in proto udp from any port 1 >< 3 to any",
    "pass in proto udp from any port 1 <> 3 to any",
    "pass in proto udp from any port 1:3 to any",
    "pass in proto udp from any port 1:0 to any",
    "pass in proto udp from any to any port = 0",
    "pass in proto udp from any to any port = 1",
    "pass in proto udp from any to any port 1:3",
    "pass in proto udp from any to any port 2:3",
    "pass in proto udp from any port = 1 to any port = 1",
    "pass in on lo0 all",
    "pass in on bge0 all",
    "pass in on bge00 all",
    "pass in on abcdefgh all",
    "pass in on abcdefghi all",
    "pass in on abcdefghj all",
    "pass in on xbcdefghi all",
    "pass in on abcdefghiabcdefgh all",
    "pass in on abcdefgxiabcdefgh all",
    "pass in all head a",
    "pass in all head b",
    "pass in all comment \"a\"",
    "pass in all comment \"a text of several words, and then some more\"",
    "pass in all comment \"a text of several words, and then some mor3\"",
    "pass in all comment \"b text of several words, and then some more\"",
    "pass in all set-tag(log=1)",
    "pass in all pps 1",
    "pass in all pps 2",
    "pass in all head a\npass in all group a",
    "pass in all head b\npass in all group b",
    "pass in all head a\npass in proto tcp all group a",
};

static void rules_that_differ_have_different_hashes(void **state)
{
    enum { COUNT = sizeof(rules) / sizeof(rules[0]) };
    static uint64_t hashes[COUNT];
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < COUNT; i++) {
        hashes[i] = hash_of(rules[i]);
        assert_true(hashes[i] == hash_of(rules[i]));
        for (size_t j = 0; j < i; j++) {
            if (hashes[i] == hashes[j]) {
                print_error("'%s'\n'%s'\n", rules[i], rules[j]);
                wrong++;
            }
        }
    }
    assert_int_equal(wrong, 0);
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* A long list that differs in one number, as a list of hosts or of ports does. */
static void numbers_of_a_long_list_have_hashes_of_their_own(void **state)
{
    static const struct {
        const char *before, *after;
        unsigned from, count;
    } rows[] = {{"block in from 10.0.7.", " to any", 0, 256},
                {"block in from any to 10.", ".0.0/16", 0, 256},
                {"block in from 2001:db8::", " to any", 1000, 1000},
                {"block in proto udp from any to any port = ", "", 0, 2000},
                {"block in proto udp from any port = ", " to any", 63536, 2000},
                {"block in ttl ", " all", 0, 256},
                {"block in tos ", " all", 0, 256},
                {"block in proto ", " all", 0, 256},
                {"pass in all pps ", "", 1, 1000},
                {"pass in all set-tag(log=", ")", 1, 1000},
                {"pass in proto udp all keep state (limit ", ")", 1, 1000},
                {"pass in proto udp all keep state (max-srcs ", ")", 1, 1000},
                {"pass in proto udp all keep state (age ", ")", 1, 1000}};
    static uint64_t hashes[2000];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned n = 0; n < rows[i].count; n++) {
            char rule[100];
            snprintf(rule, sizeof(rule), "%s%u%s", rows[i].before, rows[i].from + n, rows[i].after);
            hashes[n] = hash_of(rule);
        }
        qsort(hashes, rows[i].count, sizeof(hashes[0]), by_number);
        for (unsigned n = 1; n < rows[i].count; n++) {
            if (hashes[n] == hashes[n - 1])
                fail_msg("'%sN%s': two have the same hash", rows[i].before, rows[i].after);
        }
    }
}

static void rules_with_the_same_text_are_the_same_and_have_the_same_hash(void **state)
{
    static const char *const pairs[][2] = {
        {"pass in all", "pass in all set-tag(log=0)"},
        {"pass in proto tcp all", "pass  in proto 6 from any to any"},
        {"block in from 10.1.2.3/8 to any", "block in from 10.0.0.0/8 to any"},
        {"pass in from 127.0.0.1 to any", "pass in from localhost to any"},
        {"pass in proto udp from any port = domain to any",
         "pass in proto udp from any port = 53 to any"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        char text[200];
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        if (hash_of(pairs[i][0]) != hash_of(pairs[i][1]))
            fail_msg("'%s' and '%s'", pairs[i][0], pairs[i][1]);
        snprintf(text, sizeof(text), "%s\n%s", pairs[i][0], pairs[i][1]);
        assert_int_equal(ipf_load_all(ifs, text, strlen(text), 0, &error), 0);
        assert_int_equal(ifs->ifs_rules.frs_count, 1);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_that_differ_have_different_hashes),
        cmocka_unit_test(numbers_of_a_long_list_have_hashes_of_their_own),
        cmocka_unit_test(rules_with_the_same_text_are_the_same_and_have_the_same_hash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
