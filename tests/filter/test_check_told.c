/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How `check` tells what it finds in a rules text: mistakes in their order and once, what silences
 * a warning, which rule is named, and in how much work.
 */
#include "tests/filter/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void what_a_host_refuses_is_a_warning_at_the_word(void **state)
{
    (void)state;
    assert_string_equal(findings_in("auth in all", true),
                        "1:1: a host refuses this rule here: 'auth' is not modelled\n");
    assert_string_equal(findings_in("pass in from any to lo0/peer", true),
                        "1:21: a host refuses this rule here: no interface has a peer: "
                        "point-to-point is not modelled\n");
}

/* Also after a macro that does not exist, in a continued line, and in the last line without end. */
static void all_mistakes_of_a_text_are_told_in_their_order(void **state)
{
    (void)state;
    assert_string_equal(findings_in("blok in all\n"
                                    "pass in all; pass up all; pass down all\n"
                                    "$nosuch\n"
                                    "pass in $other all # block qick\n"
                                    "\n"
                                    "pass in \\\n"
                                    "  qick \\\n"
                                    "  all frob\n"
                                    "x = \"10.0.0.1\"\n"
                                    "pass in all group 1\n"
                                    "set intercept_loopback true;\n"
                                    "pass in proto tcp all\n"
                                    "pass in from 1.2.300",
                                    false),
                        "1:1: error: unknown action 'blok'; did you mean 'block'?\n"
                        "2:19: error: expected 'in' or 'out', got 'up'\n"
                        "3:2: error: there is no macro 'nosuch': say what it is before, as in "
                        "'nosuch = ...;'\n"
                        "4:10: error: there is no macro 'other': say what it is before, as in "
                        "'other = ...;'\n"
                        "7:3: error: unknown word 'qick'; did you mean 'quick'?\n"
                        "9:15: error: expected ';' after a macro's value, got the end of the "
                        "line\n"
                        "10:19: error: group '1' has no head before this rule\n"
                        "11:1: error: ipf rules before \"set\"\n"
                        "13:14: error: '1.2.300' is not an IPv4 address\n");
    assert_string_equal(findings_in("$a\n$b\n$", false),
                        "1:2: error: there is no macro 'a': say what it is before, as in 'a = "
                        "...;'\n"
                        "2:2: error: there is no macro 'b': say what it is before, as in 'b = "
                        "...;'\n"
                        "3:2: error: expected a macro's name after '$', got the end of the line\n");
}

static void one_mistake_is_told_once(void **state)
{
    static const struct {
        const char *rules, *errors;
    } rows[] = {
        /* a refused head is a head */
        {"block in on net0 from fw.example/24 to any head 200\nblock in proto udp all group 200\n"
         "pass in quick proto tcp all group 200",
         "1:23: error: 'fw.example': names of hosts come from a table (--hosts); or write the "
         "address\n"},
        {"block in qick all head 1\nblock return-rst in all group 1",
         "1:10: error: unknown word 'qick'; did you mean 'quick'?\n"},
        /* and a group without a head is one mistake, whatever it heads itself */
        {"pass in proto tcp all group 1 head 2\npass in proto udp all group 1\n"
         "pass in quick all group 2\npass out all group 1",
         "1:29: error: group '1' has no head before this rule\n"
         "4:20: error: group '1' is for 'in' rules\n"},
        /* so is a macro that is not there */
        {"pass in from $y to any\npass in from any to $y",
         "1:15: error: there is no macro 'y': say what it is before, as in 'y = ...;'\n"},
        /* and one that is written wrongly, as in the language of pf, is there */
        {"x = \"10.0.0.1\" # no semicolon\npass in from $x to any\npass in from any to $x",
         "1:30: error: expected ';' after a macro's value, got the end of the line\n"},
        {"x = 10.0.0.1;\npass in from $x to any",
         "1:5: error: a macro's value is a word, or stands in quotation marks, as in 'x = "
         "\"...\";'\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(findings_in(rows[i].rules, false), rows[i].errors);
}

static void what_people_write_for_an_address_is_refused_with_what_is_right(void **state)
{
    static const struct {
        const char *rules, *error; /* NULL: it is right */
    } rows[] = {
        {"pass in from all to any", "1:14: error: 'all' is no address: write 'any'"},
        {"pass in from any to all", "1:21: error: 'all' is no address: write 'any'"},
        {"pass in from fw.example/24 to any", "1:14: error: 'fw.example': names of hosts come"},
        {"pass in from gateway/24 to any",
         "1:14: error: 'gateway': names of hosts come from a table"},
        {"pass in from hme0/24 to any",
         "1:19: error: after an interface and '/' comes 32, network"},
        {"pass in from hme0/network to any", NULL},
        {"block in quick from 192.168.1.15 to <thishost>", NULL},
        {"block in quick from !<thishost> port = 53 to any", NULL},
        {"block in quick from <thathost> to any", "1:22: error: the only name between '<' and '>'"},
        {"block in quick from <thishost to any", "1:31: error: expected '>', got 'to'"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *found = findings_in(rows[i].rules, false);
        if (rows[i].error == NULL ? *found != '\0' : strstr(found, rows[i].error) != found)
            fail_msg("'%s'\ngot '%s'", rows[i].rules, found);
    }
}

/* ---- silence ---- */

static void a_comment_silences_a_warning_of_its_line_of_the_next_rule_or_of_the_file(void **state)
{
    static const struct {
        const char *rules, *findings; /* how they begin; NULL: there are none */
    } rows[] = {
        {"block in quick all\npass in all # check: ignore covered", NULL},
        {"block in quick all\n# check: ignore covered\npass in all", NULL},
        {"block in quick all\n  # check: ignore covered -- kept for the log\n\n# more\npass in all",
         NULL},
        {"block in quick all\n# check: ignore covered\npass \\\n in \\\n all", NULL},
        {"block in quick all\npass \\\n in all # check: ignore covered", NULL},
        {"# check: ignore-file covered, flags\nblock in quick all\npass in all\npass in proto tcp "
         "all flags SA/S",
         NULL},
        {"block in quick all # check: ignore-file covered\r\npass in all\r\n", NULL},
        {"block in quick all\n# check: ignore covered\npass in all\npass in proto tcp all",
         "4:1: this rule can never match"},
        {"block in quick all\npass in all # check: ignore hangs",
         "2:1: this rule can never match: the 'quick' rule in line 1 takes all of its packets\n"
         "2:13: there is no warning 'hangs' here to ignore\n"},
        {"pass in all # check: ignore coverd",
         "1:13: error: there is no warning 'coverd' to ignore; did you mean 'covered'?\n"},
        {"pass in all # check: ignore", "1:13: error: there is no warning '' to ignore\n"},
        {"pass in all # check: this later", NULL},
        {"pass in all # check: ignored", NULL},
        {"pass in all comment \"# check: ignore covered\"", NULL},
        {"# check: ignore flags\npass in proto tcp all flags SA/S", NULL},
        {"# check: ignore flags\n\npass in all\npass in proto tcp all flags SA/S",
         "1:1: there is no"},
        {"# check: ignore covered", "1:1: there is no warning 'covered' here to ignore\n"},
        {"# check: ignore unused, covered\npass in all", "1:1: there is no warning"},
        {"blok in all # check: ignore covered", "1:1: error: unknown action"},
        {"block in quick all\r\npass \\\r\n in all # check: ignore covered\r\n", NULL},
        {"block in quick all\n# check: ignore covered\r\npass \\\r\n in all\r\n", NULL},
        {"block in quick all\n\r\n# check: ignore covered\r\n\r\n \t\npass in all", NULL},
        {"block in quick all\n\tpass in all\t#\tcheck:\tignore\tcovered", NULL},
        {"block in quick all\npass in all #check:ignore covered", "2:1: this rule can never match"},
        {"block in quick all\npass in all #check: ignore covered", NULL},
        {"block in quick all\npass in all # check: ignore covered,flags",
         "2:13: there is no warning 'flags' here to ignore\n"},
        {"block in quick all\npass in all # check: ignore ,covered,,", NULL},
        {"block in quick all\npass in all # check: ignore covered--why",
         "2:1: this rule can never"},
        {"block in quick all\npass in all # check: ignore covered - why",
         "2:13: error: there is no warning '-' to ignore\n2:13: error: there is no warning 'why' "},
        {"block in quick all\npass in all # check: ignore -- covered", "2:1: this rule can never"},
        {"block in quick all\npass in proto tcp all # check: ignore covered # more",
         "2:23: error: there is no warning '#' to ignore\n2:23: error: there is no warning "
         "'more' "},
        /* in a continued rule the comment stands in its last line */
        {"block in quick all\npass in \\\nproto tcp \\\nall # check: ignore covered\n"
         "pass in proto udp all",
         "5:1: this rule can never match"},
        /* a line after the comment is not the rule's */
        {"block in quick all\n# check: ignore covered\npass in all # x\\\npass in proto tcp all",
         "4:1: this rule can never match"},
        {"block in quick all\npass in all comment \"\\\" # check: ignore covered\"",
         "2:1: this rule can never match"},
        {"pass in all # check: ignore abcdefghijklmnopqrstuvwxyz012345",
         "1:13: error: there is no warning 'abcdefghijklmnopqrstuvwxyz01234' to ignore\n"},
        {"pass in all # check: ignore abcdefghijklmnopqrstuvwxyz01234",
         "1:13: error: there is no warning 'abcdefghijklmnopqrstuvwxyz01234' to ignore\n"},
        {"pass in all # check: ignore a!~\x7f\x01\xff",
         "1:13: error: there is no warning 'a!~\?\?\?' to ignore"},
        {"# check: ignore-file covered\nblock in quick all\npass in all\n# check: ignore covered",
         "4:1: there is no warning 'covered' here to ignore\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *found = findings_in(rows[i].rules, false);
        const char *want = rows[i].findings != NULL ? rows[i].findings : "";
        if (strncmp(found, want, strlen(want)) != 0 || (*want == '\0') != (*found == '\0'))
            fail_msg("'%s'\nexpected '%s'\ngot      '%s'", rows[i].rules, want, found);
    }
}

static void a_warning_that_is_not_wanted_is_not_told(void **state)
{
    static const char rules[] = "block in quick all\npass in all\npass in proto tcp all flags SA/S";
    (void)state;
    for (unsigned i = 0; i < 2; i++) {
        ipf_check_how_t how = {.hang = "", .silent = 1u << (i ? IPF_WARN_FLAGS : IPF_WARN_COVERED)};
        const char *found = findings_how(rules, &how);
        assert_int_equal(strstr(found, "can never match") != NULL, i == 1);
        assert_int_equal(strstr(found, "no segment matches") != NULL, i == 0);
    }
}

/* In some eras a rule with `keep state` passes over what lies outside of its windows; other rules
 * never do. */
static void what_is_passed_over_by_keep_state_is_not_taken(void **state)
{
    static const ipf_build_t builds[] = {{0}, {.ifb_oow_is_passed_over = true}};
    static const struct {
        const char *rules;
        bool said[2]; /* that line 3 never matches, in each build */
    } rows[] = {
        {"pass in quick inet proto tcp all keep state (limit 5)\n"
         "block in quick proto tcp all\npass in proto tcp all with oow",
         {true, true}},
        {"block in quick inet proto tcp all\nblock in quick inet6 proto tcp all\n"
         "pass in proto tcp all with oow",
         {true, true}},
        {"pass in proto udp all\npass in proto icmp all\npass in proto tcp all with oow",
         {false, false}},
        {"skip 1 in proto tcp all keep state\nblock in quick proto tcp all with not oow\n"
         "pass in proto tcp all with not oow",
         {false, false}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t b = 0; b < 2; b++) {
            const char *found =
                findings_how(rows[i].rules, &(ipf_check_how_t){.hang = "", .build = &builds[b]});
            if ((strstr(found, "3:1: this rule can never match") != NULL) != rows[i].said[b])
                fail_msg("'%s'\n%zu: %s", rows[i].rules, b, found);
        }
    }
}

static void what_lists_multiply_is_said_once(void **state)
{
    (void)state;
    assert_string_equal(findings_in("block return-icmp(4) in proto tcp from {10.0.0.1,10.0.0.2} to "
                                    "any port = {22,23}",
                                    false),
                        "1:19: no client takes this code for a refusal: TCP goes on trying, UDP "
                        "does not hear of it; write 'port-unr'\n");
}

static void of_several_rules_that_cover_one_the_first_is_named(void **state)
{
    static const char *const quick[] = {
        "block in quick from !10.0.0.0/8 to any\n", "block in quick from 127.0.0.1 to any\n",
        "block in quick from 127.0.0.0/8 to any\n",
        "block in quick proto tcp from any to any port = 22\n",
        "block in quick proto tcp from 127.0.0.0/8 to any port = 22\n"};
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        char rules[600] = "block in quick from 10.0.0.0/8 to any\n";
        for (size_t j = 0; j < 5; j++)
            strcat(rules, quick[(i + j) % 5]);
        strcat(rules, "pass in proto tcp from 127.0.0.1 to any port = 22 flags S\n");
        assert_non_null(strstr(findings_in(rules, false),
                               "7:1: this rule can never match: the 'quick' rule in line 2 "));
    }
}

/* Rules that together take all packets of another one, in lists that are long enough to be
 * searched by what packets have: `step` tells them apart. */
static void of_a_long_list_only_the_whole_takes_all_packets(void **state)
{
    static const struct {
        const char *before, *after, *target;
        bool hex;
        unsigned step, count;
    } rows[] = {
        {"block in quick from 10.", ".0.0/14 to any", "pass in from 10.0.0.0/8 to any", false, 4,
         64},
        {"block in quick from any to 10.", ".0.0/14", "pass in from any to 10.0.0.0/8", false, 4,
         64},
        {"block in quick from 2001:db8:", "00::/40 to any",
         "pass in from 2001:db8:4000::/34 to any", true, 1, 64},
        {"block in quick from any to 2001:db8:0:0:0:", "00::/88",
         "pass in from any to 2001:db8::4000:0:0/82", true, 1, 64},
        {"block in quick inet tos ", " all", "pass in inet proto tcp all", false, 1, 256},
        {"block in quick ttl ", " all", "pass in proto udp all", false, 1, 256},
        {"block in quick proto ", " all", "pass in from 1.1.1.1 to any", false, 1, 256},
    };
    static char rules[256 * 64];
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (unsigned missing = 0; missing <= rows[i].count; missing += rows[i].count / 4) {
            size_t at = 0;
            for (unsigned n = 0; n < rows[i].count; n++) {
                unsigned number = n * rows[i].step + (rows[i].hex ? 0x40 : 0);
                if (n != missing)
                    at += (size_t)sprintf(rules + at, rows[i].hex ? "%s%x%s\n" : "%s%u%s\n",
                                          rows[i].before, number, rows[i].after);
            }
            sprintf(rules + at, "%s\n", rows[i].target);
            const char *found = findings_in(rules, false);
            bool said = strstr(found, "can never match: the 'quick' rules in lines ") != NULL;
            if (said != (missing == rows[i].count))
                fail_msg("without %u: '%s'\n%s", missing, found, rules);
        }
    }
}

static void what_takes_too_much_work_is_told_once(void **state)
{
    static const char rules[] = "block in quick inet all\nblock in quick proto tcp all\n"
                                "block in quick inet6 proto udp all\npass in proto tcp/udp all\n"
                                "pass in on bge0 proto udp all\npass out all\n";
    (void)state;
    assert_string_equal(findings_how(rules, &(ipf_check_how_t){.hang = "", .work = 12}),
                        "2:1: whether a packet reaches this rule has not been found out: there are "
                        "too many kinds of packets; so it is with 4 more\n");
}

/* A list as people have them, of a size that a comparison of each with each would feel. */
static void a_list_of_twenty_thousand_hosts_is_checked_in_a_blink(void **state)
{
    enum { COUNT = 20000 };
    (void)state;
    char *rules = malloc(COUNT * 48 + 100), *at = rules;
    for (int i = 0; i < COUNT; i++)
        at +=
            sprintf(at, "block in quick from 10.%d.%d.%d to any\n", i >> 16, i >> 8 & 255, i & 255);
    strcpy(at, "pass in from 10.0.7.7 to any\npass in from 10.0.0.0/8 to any\n");
    assert_string_equal(findings_in(rules, false),
                        "20001:1: this rule can never match: the 'quick' rule in line 1800 takes "
                        "all of its packets\n");
    free(rules);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_host_refuses_is_a_warning_at_the_word),
        cmocka_unit_test(all_mistakes_of_a_text_are_told_in_their_order),
        cmocka_unit_test(one_mistake_is_told_once),
        cmocka_unit_test(what_people_write_for_an_address_is_refused_with_what_is_right),
        cmocka_unit_test(a_comment_silences_a_warning_of_its_line_of_the_next_rule_or_of_the_file),
        cmocka_unit_test(a_warning_that_is_not_wanted_is_not_told),
        cmocka_unit_test(what_is_passed_over_by_keep_state_is_not_taken),
        cmocka_unit_test(what_lists_multiply_is_said_once),
        cmocka_unit_test(of_several_rules_that_cover_one_the_first_is_named),
        cmocka_unit_test(of_a_long_list_only_the_whole_takes_all_packets),
        cmocka_unit_test(what_takes_too_much_work_is_told_once),
        cmocka_unit_test(a_list_of_twenty_thousand_hosts_is_checked_in_a_blink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
