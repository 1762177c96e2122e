/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `check` says of a rules text: each warning beside the nearest text that must not have it.
 */
#include "filter/fr_covers.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_check.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SET "set intercept_loopback true;\n"

typedef struct said {
    char text[65536];
    bool refusals; /* also what a host refuses */
} said_t;

static void take(void *arg, const ipf_error_t *finding, bool warning)
{
    said_t *said = arg;
    size_t length = strlen(said->text);
    if (!said->refusals && strncmp(finding->message, "a host refuses", 14) == 0)
        return;
    assert_true(finding->line >= 1 && finding->column >= 1);
    snprintf(said->text + length, sizeof(said->text) - length, "%d:%d: %s%s\n", finding->line,
             finding->column, warning ? "" : "error: ", finding->message);
}

static const char *findings_in(const char *rules, bool refusals)
{
    static said_t said;
    size_t errors;
    said = (said_t){.refusals = refusals};
    assert_int_equal(ipf_check(rules, strlen(rules), 0, take, &said, &errors), 0);
    return said.text;
}

static const struct {
    const char *rules;
    const char *warning; /* how it begins; NULL: there is none */
} warnings[] = {
    {"", NULL},
    /* covered by a quick rule */
    {"block in quick all\npass in proto tcp all", "2:1: this rule can never match: the 'quick'"},
    {"block in all\npass in proto tcp all", NULL},
    {"block out quick all\npass in proto tcp all", NULL},
    {"pass in proto tcp all\nblock in quick all", NULL},
    {"log in quick all\npass in all", NULL},
    {"count in quick all\npass in all", NULL},
    {"count in quick all\ncount in proto tcp all", "2:1: this rule can never match"},
    {"skip 1 in all\nblock in quick all\npass in proto tcp all", NULL},
    {"skip 1 in all\npass in proto udp all\nblock in quick all\npass in proto tcp all",
     "4:1: this rule can never match: the 'quick' rule in line 3"},
    {"pass in quick proto tcp all keep state\npass in proto tcp all flags S", NULL},
    {"pass in quick all head 1\nblock in proto tcp all group 1\npass in proto tcp all", NULL},
    {"pass in all head 1\nblock in quick proto tcp all group 1\npass in proto tcp all\n"
     "pass in proto tcp all flags S/SA group 1",
     "4:1: this rule can never match: the 'quick' rule in line 2"},
    {"block in quick proto tcp all\npass in proto tcp/udp all", NULL},
    {"block in quick proto tcp/udp all\npass in proto tcp all", "2:1: this rule can never"},
    {"block in quick inet all\npass in proto tcp all", NULL},
    {"block in quick inet all\npass in from 10.0.0.1 to any", "2:1: this rule can never"},
    {"block in quick on lo1 all\npass in all", NULL},
    {"block in quick on lo1 all\npass in on lo2 all", NULL},
    {"block in quick on lo1,lo2 all\npass in on lo2 all", "2:1: this rule can never"},
    {"block in quick on lo1 all\npass in on lo1,lo2 all", NULL},
    {"block in quick tos 1 all\npass in tos 2 all", NULL},
    {"block in quick tos 1 all\npass in tos 1 ttl 3 all", "2:1: this rule can never"},
    {"block in quick ttl 1 all\npass in ttl 2 all", NULL},
    {"block in quick from 10.0.0.0/8 to any\npass in from 10.1.0.0/16 to any",
     "2:1: this rule can never"},
    {"block in quick from 10.1.0.0/16 to any\npass in from 10.0.0.0/8 to any", NULL},
    {"block in quick from any to !10.0.0.0/8\npass in from any to 11.0.0.1",
     "2:1: this rule can never"},
    {"block in quick from any to !10.0.0.0/8\npass in from any to 10.0.0.1", NULL},
    {"block in quick from any to !10.1.0.0/16\npass in from any to !10.0.0.0/8",
     "2:1: this rule can never"},
    {"block in quick from any to !10.0.0.0/8\npass in from any to !10.1.0.0/16", NULL},
    {"block in quick from 10.0.0.0/8 to any\npass in from !10.0.0.0/8 to any", NULL},
    {"block in quick from 2001:db8::/32 to any\npass in from 2001:db8::1 to any",
     "2:1: this rule can never"},
    {"block in quick from bge0/32 to any\npass in log from bge0/32 to any",
     "2:1: this rule can never"},
    {"block in quick from bge0/32 to any\npass in from bge1/32 to any", NULL},
    {"block in quick proto tcp from any to any port 1:100\npass in proto tcp from any to any port "
     "= 22",
     "2:1: this rule can never"},
    {"block in quick proto tcp from any to any port 1 >< 22\npass in proto tcp from any to any "
     "port = 22",
     NULL},
    {"block in quick proto tcp from any to any port != 22\npass in proto tcp from any to any port "
     "< 22",
     "2:1: this rule can never"},
    {"block in quick proto tcp from any to any port != 22\npass in proto tcp from any to any port "
     "<= 22",
     NULL},
    {"block in quick proto tcp from any to any port 10 <> 20\npass in proto tcp from any to any "
     "port > 20",
     "2:1: this rule can never"},
    {"block in quick proto tcp from any to any port 10 <> 20\npass in proto tcp from any to any "
     "port >= 20",
     NULL},
    {"block in quick proto tcp from any to any port >= 0\npass in proto tcp all", NULL},
    {"block in quick proto tcp all flags S/SA\npass in proto tcp all flags S",
     "2:1: this rule can never"},
    {"block in quick proto tcp all flags S\npass in proto tcp all flags S/SA", NULL},
    {"block in quick proto icmp all icmp-type echo\npass in proto icmp all icmp-type echo code 1",
     "2:1: this rule can never"},
    {"block in quick proto icmp all icmp-type echo code 1\npass in proto icmp all icmp-type echo",
     NULL},
    {"block in quick all with short\npass in all with short,frag", "2:1: this rule can never"},
    {"block in quick all with short\npass in all with not short", NULL},
    {"block in quick all with opt lsrr\npass in all with opt lsrr,ssrr",
     "2:1: this rule can never"},
    {"block in quick all with opt lsrr\npass in all with opt ssrr", NULL},
    {"block in quick all with opt sec-class secret\npass in all with opt sec-class topsecret",
     NULL},
    {"@0 block in quick all\npass in all", "2:1: this rule can never"},
    {"pass in all\n@0 block in quick proto tcp all\npass in proto tcp all flags S",
     "3:1: this rule can never"},
    {"20 block in quick all\n10 pass in all", NULL},
    /* return-rst */
    {"block return-rst in proto tcp all", NULL},
    {"block return-rst in proto udp all", "1:7: there is no RST for this protocol"},
    {"block return-rst in proto icmp all", "1:7: there is no RST for this protocol"},
    {"block in proto udp all", NULL},
    {"block return-rst in all", "1:7: 'return-rst' answers TCP only: without 'proto tcp'"},
    {"block return-rst in from any to any port = 22", "1:7: 'return-rst' answers TCP only"},
    {"block return-rst in proto tcp/udp all", "1:7: 'return-rst' answers TCP only: the UDP"},
    {"block in proto tcp all head 1\nblock return-rst in all group 1", NULL},
    {"block in proto udp all head 1\nblock return-rst in all group 1", "2:7: there is no RST"},
    {"block in all head 1\nblock return-rst in all group 1", "2:7: 'return-rst' answers TCP"},
    {"block return-rst out proto tcp all", "1:7: outbound packets are dropped, not answered"},
    {"auth return-rst in proto tcp all", NULL},
    {SET "block return-rst in on lo0 proto tcp all flags A",
     "2:7: on lo0 'return-rst' answers segments with SYN or FIN: those of this rule have"},
    {SET "block return-rst in on lo0 proto tcp all flags A/SA", NULL},
    {SET "block return-rst in on lo0 proto tcp all flags F/SFA", NULL},
    {"block return-rst in on bge0 proto tcp all flags A", NULL},
    /* return-icmp */
    {"block return-icmp in proto tcp all", "1:7: 'return-icmp' without a code is net-unr"},
    {"block return-icmp-as-dest in proto tcp all", "1:7: 'return-icmp' without a code"},
    {"block return-icmp(port-unr) in proto tcp all", NULL},
    {"block return-icmp(3) in proto udp all", NULL},
    {"block return-icmp(proto-unr) in all", NULL},
    {"block return-icmp(0) in proto tcp all", "1:19: no client takes this code for a refusal"},
    {"block return-icmp(host-unr) in all", "1:19: no client takes this code for a refusal"},
    {"block return-icmp(filter-prohib) in proto udp all", "1:19: no client takes this code"},
    {"block return-icmp-as-dest(filter-prohib) in proto tcp/udp all", "1:27: no client takes"},
    {"block return-icmp(filter-prohib) in proto icmp all", NULL},
    {"block return-icmp(3) in inet6 proto tcp all",
     "1:19: no client of IPv6 takes code 3 for a refusal: 3 is address unreachable there"},
    {"block return-icmp in proto tcp from ::1 to any", "1:7: no client of IPv6 takes code 0"},
    {"block return-icmp(4) in inet6 proto tcp all", NULL},
    {"block return-icmp(4) in proto tcp all", "1:19: no client takes this code for a refusal"},
    {"block return-icmp(port-unr) out all", "1:7: outbound packets are dropped, not answered"},
    /* lo0 */
    {SET "block in on lo0 proto tcp from any to any port = 22", NULL},
    {"block in on lo0 all", "1:13: no packet on lo0 reaches these rules"},
    {"block in on bge0,lo0 all", "1:13: no packet on lo0 reaches these rules"},
    {"set intercept_loopback false;\nblock in on lo0 all", "2:13: no packet on lo0 reaches"},
    {"block in on bge0 all", NULL},
    {"block in all", NULL},
    {SET "block in on lo0 from any to 192.168.1.5", "2:29: on lo0 this is never seen"},
    {SET "block in on lo0 from 192.168.1.5 to any", "2:22: on lo0 this is never seen"},
    {SET "block in on lo0 from 127.0.0.1 to 127.0.0.0/8", NULL},
    {SET "block in on lo0 from any to 0.0.0.0/1", NULL},
    {SET "block in on lo0 from any to !127.0.0.1", NULL},
    {SET "block in on lo0,bge0 from any to 192.168.1.5", NULL},
    {SET "block in on bge0 from any to 192.168.1.5", NULL},
    {SET "block in from any to 192.168.1.5", NULL},
    {SET "block in on lo0 from any to ::1", NULL},
    {SET "block in on lo0 from any to 2001:db8::1", "2:29: on lo0 this is never seen"},
    /* skip */
    {"skip 2 in all\nblock in proto tcp all\npass in proto tcp all", NULL},
    {"skip 3 in all\nblock in proto tcp all\npass in proto tcp all",
     "1:1: 'skip 3' passes over more rules than follow in its list, which are 2"},
    {"skip 1 in all\nblock out all", "1:1: 'skip 1' passes over more rules than follow"},
    {"skip 0 in all", NULL},
    /* duplicates, groups */
    {"block in proto tcp all\nblock in proto 6 from any to any",
     "2:1: this rule is there already, in line 1: it is left out"},
    {"block in proto tcp all\nblock out proto tcp all\nblock in log proto tcp all", NULL},
    {"pass in all head 7\npass in all group 7", NULL},
    {"pass in all head 7\npass out all head 8\npass in all group 7", "2:19: no rule is in group"},
    {"pass in all head web", "1:18: no rule is in group 'web'"},
    {"count in all head web\ncount in all group web", NULL},
};

static void a_warning_is_given_where_it_holds_and_nowhere_else(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
        const char *found = findings_in(warnings[i].rules, false);
        const char *want = warnings[i].warning != NULL ? warnings[i].warning : "";
        bool one = *found == '\0' || strchr(found, '\n')[1] == '\0';
        if (strncmp(found, want, strlen(want)) != 0 || !one || (*want == '\0') != (*found == '\0'))
            fail_msg("'%s'\nexpected '%s'\ngot      '%s'", warnings[i].rules, want, found);
    }
}

static void what_a_host_refuses_is_a_warning_at_the_word(void **state)
{
    (void)state;
    assert_string_equal(findings_in("auth in all", true),
                        "1:1: a host refuses this rule here: 'auth' is not modelled\n");
    assert_string_equal(findings_in("pass in from any to lo0/peer", true),
                        "1:21: a host refuses this rule here: no interface has a peer: "
                        "point-to-point is not modelled\n");
}

/* Also behind a macro that is not there, in a continued line, and in the last line without end. */
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
                                    "x = 10.0.0.1\n"
                                    "pass in all group 1\n"
                                    "set intercept_loopback true;\n"
                                    "pass in proto tcp all\n"
                                    "pass in from 1.2.3",
                                    false),
                        "1:1: error: unknown action 'blok'; did you mean 'block'?\n"
                        "2:19: error: expected 'in' or 'out', got 'up'\n"
                        "3:2: error: there is no macro 'nosuch': say what it is before, as in "
                        "'nosuch = ...;'\n"
                        "4:10: error: there is no macro 'other': say what it is before, as in "
                        "'other = ...;'\n"
                        "7:3: error: unknown word 'qick'; did you mean 'quick'?\n"
                        "9:13: error: expected ';' after a macro's value, got the end of the "
                        "line\n"
                        "10:19: error: group '1' has no head before this rule\n"
                        "11:1: error: ipf rules before \"set\"\n"
                        "13:14: error: '1.2.3' is short for an address: write four octets, or a "
                        "mask\n");
    assert_string_equal(findings_in("$a\n$b\n$", false),
                        "1:2: error: there is no macro 'a': say what it is before, as in 'a = "
                        "...;'\n"
                        "2:2: error: there is no macro 'b': say what it is before, as in 'b = "
                        "...;'\n"
                        "3:2: error: expected a macro's name after '$', got the end of the line\n");
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

/* ---- that a rule is covered is true of packets ---- */

static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void random_rule(char *text, size_t size, const char *action, const char *quick)
{
    static const char *const protos[] = {"", "proto tcp ", "proto udp ", "proto tcp/udp "};
    static const char *const hosts[] = {"any", "127.0.0.0/30", "127.0.0.1", "!127.0.0.1",
                                        "!10.0.0.0/8"};
    static const char *const ports[] = {"",          " port = 2", " port != 2",   " port < 3",
                                        " port > 1", " port 1:3", " port 1 >< 3", " port 1 <> 3"};
    static const char *const flags[] = {"", " flags S", " flags S/SA", " flags A/A"};
    static const char *const withs[] = {"", "", "", " with frag", " with not frag"};
    uint32_t proto = chance(4);
    snprintf(text, size, "%s in %s%s%sfrom %s%s to %s%s%s%s\n", action, quick,
             chance(2) == 0 ? "inet " : "", protos[proto], hosts[chance(5)], ports[chance(8)],
             hosts[chance(5)], ports[chance(8)], proto == 1 ? flags[chance(4)] : "",
             withs[chance(5)]);
}

static mblk_t *random_packet(void)
{
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "10.0.0.1", "9.9.9.9"};
    static const char *const flags[] = {"S", "A", "SA", "F"};
    static const int protos[] = {0, 17, 1};
    return packet_make(&(packet_t){.proto = protos[chance(3)],
                                   .src = addresses[chance(4)],
                                   .dst = addresses[chance(4)],
                                   .sport = (int)chance(4) + 1,
                                   .dport = (int)chance(4) + 1,
                                   .flags = flags[chance(4)],
                                   .payload = 8,
                                   .frag = chance(3) == 0 ? (int)chance(2) | 0x2000 : 0});
}

static void no_packet_hits_a_rule_that_is_said_to_be_covered(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    size_t covered = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char rules[600];
        ipf_error_t error;
        random_rule(rules, sizeof(rules), "block", "quick ");
        size_t length = strlen(rules);
        random_rule(rules + length, sizeof(rules) - length, "pass", "");
        bool said = strstr(findings_in(rules, false), "can never match") != NULL;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        const frentry_t *first = ifs->ifs_rules.frs_list[0].frl_head;
        assert_int_equal(said, fr_covers(first, first->fr_next));
        if (!said) {
            ipf_destroy(ifs);
            continue;
        }
        covered++;
        for (int i = 0; i < 300; i++) {
            mblk_t *m = random_packet();
            fr_verdict(ifs, &qpi, false, m);
            freemsg(m);
        }
        if (first->fr_next->fr_hits != 0)
            fail_msg("the second rule is hit:\n%s", rules);
        ipf_destroy(ifs);
    }
    assert_true(covered > 50);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_given_where_it_holds_and_nowhere_else),
        cmocka_unit_test(what_a_host_refuses_is_a_warning_at_the_word),
        cmocka_unit_test(all_mistakes_of_a_text_are_told_in_their_order),
        cmocka_unit_test(what_lists_multiply_is_said_once),
        cmocka_unit_test(of_several_rules_that_cover_one_the_first_is_named),
        cmocka_unit_test(a_list_of_twenty_thousand_hosts_is_checked_in_a_blink),
        cmocka_unit_test(no_packet_hits_a_rule_that_is_said_to_be_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
