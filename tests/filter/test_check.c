/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `check` says about a rules text: each warning, and the closest text that must not cause it.
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

static void take(void *arg, const ipf_finding_t *found)
{
    said_t *said = arg;
    const ipf_error_t *finding = &found->at;
    bool warning = found->warning != NULL;
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
    ipf_check_how_t how = {.hang = "30 s"};
    assert_int_equal(ipf_check(rules, strlen(rules), &how, take, &said, &errors), 0);
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
    {"pass in proto tcp all\npass out quick all", NULL},
    {"log in quick all\npass in all", NULL},
    {"count in quick all\npass in all", NULL},
    {"count in quick all\ncount in proto tcp all", "2:1: this rule can never match"},
    /* a head whose group is quick ends the walk, too: `group 1` is missing in the last rule */
    {"block in quick on bge0 all head 1\npass in quick proto tcp all flags S/SA group 1\n"
     "pass in quick on bge0 proto tcp from any to any port = 22",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick all head 1\npass in quick proto tcp all flags S keep state group 1\n"
     "pass in proto udp all",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick all head 1\npass in proto tcp all group 1\npass in proto tcp all", NULL},
    {"block in quick all head 1\nlog in quick all group 1\npass in proto tcp all",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick all head 1\npass in proto tcp all", NULL},
    {"block in all head 1\npass in quick proto udp all group 1\npass in proto tcp all", NULL},
    {"skip 1 in proto tcp all\nblock in quick all\npass in proto tcp all", NULL},
    {"skip 1 in proto udp all\nblock in quick all\npass in proto tcp all",
     "3:1: this rule can never match: the 'quick' rule in line 2"},
    {"skip 1 in proto tcp all\npass in quick proto udp all\nblock in quick all\npass in proto tcp "
     "all",
     "4:1: this rule can never match: the 'quick' rule in line 3"},
    /* by several rules together */
    {"block in quick inet all\nblock in quick inet6 all\npass in proto tcp all",
     "3:1: this rule can never match: the 'quick' rules in lines 1 and 2 take all of its packets"},
    {"block in quick from 10.0.0.0/9 to any\nblock in quick proto udp all\nblock in quick from "
     "10.128.0.0/9 to any\npass in proto tcp from 10.0.0.0/8 to any",
     "4:1: this rule can never match: the 'quick' rules in lines 1 and 3 take"},
    {"block in quick from 10.0.0.0/9 to any\nblock in quick from 10.128.0.0/10 to any\n"
     "pass in proto tcp from 10.0.0.0/8 to any",
     NULL},
    {"block in quick proto tcp from any to any port < 22\nblock in quick proto tcp from any to any "
     "port > 22\npass in proto tcp from any to any port 20 <> 22",
     "3:1: this rule can never match: the 'quick' rules in lines 1 and 2"},
    {"block in quick proto tcp from any to any port < 22\nblock in quick proto tcp from any to any "
     "port > 22\npass in proto tcp all",
     NULL},
    {"block in quick proto tcp all flags S/S\nblock in quick proto tcp all flags /S\npass in proto "
     "tcp from any to any port = 22 flags S/SA",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick proto tcp all flags S/S\nblock in quick proto tcp all flags /S\npass in proto "
     "tcp from any to any port = 22 flags A/A",
     "3:1: this rule can never match: the 'quick' rules in lines 1 and 2"},
    {"block in quick all with frag\nblock in quick all with not frag\npass in all",
     "3:1: this rule can never match: the 'quick' rules in lines 1 and 2"},
    {"block in quick on lo1 all\nblock in quick on lo2 all\npass in all", NULL},
    {"block in quick proto tcp all head 1\npass in from 10.0.0.0/8 to any group 1\n"
     "pass in proto tcp from 11.0.0.0/8 to any",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick proto tcp all head 1\npass in from 10.0.0.0/8 to any group 1\n"
     "pass in proto tcp from 10.1.1.0/24 to any",
     NULL},
    {"block in proto tcp all head 1\npass in quick from 10.0.0.0/8 to any group 1\nblock in "
     "quick inet proto tcp from !10.0.0.0/8 to any\npass in inet proto tcp all",
     "4:1: this rule can never match: the 'quick' rules in lines 2 and 3"},
    /* what passes over it, and what its group's head leaves */
    {"skip 1 in all\nblock in quick all\npass in proto tcp all",
     "2:1: this rule can never match: 'skip' in line 1 passes over it"},
    {"skip 1 in proto udp all\nblock in quick proto udp all\npass in all",
     "2:1: this rule can never match: 'skip' in line 1"},
    {"skip 1 in proto tcp all\nskip 1 in all\nblock in proto tcp all\npass in all",
     "3:1: this rule never decides"},
    {"pass in on lo1 all head 1\nblock in on lo2 all group 1",
     "2:1: this rule can never match: no packet matches both it and the head of its group, in line "
     "1"},
    {"pass in on lo1 all head 1\npass in on lo2 all head 1\nblock in on lo3 all group 1",
     "3:1: this rule can never match: no packet matches both it and a rule that heads its group"},
    {"pass in on lo1 all head 1\npass in on lo2 all head 1\nblock in on lo2 all group 1", NULL},
    {"pass in proto tcp all head 1\nblock in proto udp all group 1",
     "2:1: this rule can never match: no packet matches both"},
    {"block in quick proto tcp all\npass in all head 1\nblock in proto tcp all group 1",
     "3:1: this rule can never match: the 'quick' rule in line 1"},
    {"pass in proto tcp from any to any port = 22 with frag-body",
     "1:1: this rule can never match: no packet has all that it asks for"},
    /* of these it is not known */
    {"block in quick from bge0/32 to any\nblock in quick from !bge0/32 to any\npass in all", NULL},
    /* covered by one that keeps state, except for packets that cannot make state */
    {"pass in quick proto tcp all keep state\npass in proto tcp all flags S",
     "2:1: this rule can only match packets that make no state"},
    {"pass in quick proto tcp all keep state\npass in quick proto tcp all flags S keep state",
     "2:1: this rule can only match packets that make no state"},
    {"pass out quick all keep state\npass out quick proto udp from any to any port = 68 keep state",
     "2:1: this rule can only match packets that make no state"},
    {"pass in quick proto udp all keep state\nblock in proto udp from any to any port = 53",
     "2:1: this rule can only match packets that make no state"},
    {"pass in quick proto icmp all keep state\nblock in proto icmp all icmp-type echo",
     "2:1: this rule can only match packets that make no state"},
    {"pass in quick proto tcp all keep state\nblock in proto tcp all", NULL},
    {"pass in quick proto tcp all keep state\nblock in proto tcp all flags R/R", NULL},
    {"pass in quick proto icmp all keep state\nblock in proto icmp all icmp-type unreach", NULL},
    {"pass in quick all keep state\nblock in all", NULL},
    {"pass in quick proto udp all keep state\nblock in proto udp all", NULL}, /* later fragments */
    {"pass in quick proto tcp all keep state\nblock in proto tcp all flags FUP", NULL},
    {"pass in quick proto tcp from any to any port < 100 keep state\npass in quick proto tcp from "
     "any to any port >= 100 keep state\nblock in proto tcp from any to any port = 22 flags S/SAR",
     "3:1: this rule can only match packets that make no state, such as malformed ones: the 'quick "
     "... keep state' rule in line 1 takes all others, and what belongs to them"},
    {"pass in quick proto tcp from any to any port < 100 keep state\nblock in quick proto tcp from "
     "any to any port >= 100\nblock in proto tcp all flags S/SAR",
     "3:1: this rule can only match packets that make no state, such as malformed ones: the "
     "'quick' rules in lines 1 and 2 take"},
    {"pass in quick proto udp all keep state (limit 5)\nblock in proto udp all", NULL},
    {"pass in quick proto tcp all flags S keep state\npass in quick proto tcp all flags A keep "
     "state",
     NULL},
    /* overridden by a later one */
    {"block in proto udp all\npass in all",
     "1:1: this rule never decides: the last match does, and "
     "the rule in line 2 comes later"},
    {"pass in proto udp all\npass in all", "1:1: this rule changes nothing: the rule in line 2"},
    {"block in proto udp all\npass in quick all", "1:1: this rule never decides"},
    {"block in proto udp all\npass in quick proto udp all keep state", NULL},
    {"block in proto udp all\npass in proto udp all keep state", "1:1: this rule never decides"},
    {"block in quick proto udp all\npass in all", NULL},
    {"block in all\npass in proto udp all", NULL},
    {"block in proto udp all\npass out all", NULL},
    {"block in proto udp all\nlog in all", NULL},
    {"log in proto udp all\npass in all", NULL},
    {"block in proto udp all\nskip 1 in proto udp all\npass in all", NULL},
    {"block in proto udp all\nskip 1 in proto tcp all\npass in all",
     "1:1: this rule never decides: the last match does, and the rule in line 3"},
    {"block in all\npass in inet all\npass in log inet6 all",
     "1:1: this rule never decides: the last match does, and the rules in lines 2 and 3 come later "
     "and match all of its packets"},
    {"pass in all\npass in inet all\npass in inet6 all",
     "1:1: this rule changes nothing: the rules in lines 2 and 3 match all of its packets, too, "
     "and say the same of them"},
    {"block in quick inet all\nblock in all\npass in inet6 all",
     "2:1: this rule never decides: some of its packets do not come to it, by line 1, and all "
     "others match a later rule, in line 3"},
    {"block in proto udp all\nskip 1 in proto tcp all\npass in quick proto icmp all\npass in all",
     "1:1: this rule never decides"},
    {"block in proto udp all head 1\nblock in proto udp from any to any port = 1 group 1\n"
     "pass in all",
     "2:1: this rule never decides: the last match does, and the rule in line 3"},
    {"block in quick proto udp all head 1\npass in proto udp from any to any port = 1 group 1\n"
     "pass in all",
     NULL}, /* it lets the walk go on */
    {"count in proto udp all\ncount in all", NULL},
    {"pass in all head 1\nblock in proto udp all group 1\npass in all group 1",
     "2:1: this rule never decides: the last match does, and the rule in line 3"},
    {"block in log proto udp all\nblock in all", "1:1: this rule never decides"},
    {"block return-rst in proto tcp all\nblock in proto tcp all", "1:1: this rule never decides"},
    /* what matches nothing */
    {"pass in proto tcp all flags SA/S", "1:29: no segment matches: 'A' must be set"},
    {"pass in proto tcp all flags SA/S\npass in all", "1:29: no segment matches: 'A' must be set"},
    {"block in quick all\npass in proto udp from any to any port 53 >< 53", "2:40: no port is"},
    {"pass in proto tcp all flags E", "1:29: no segment matches: 'E' must be set"},
    {"pass in proto tcp all flags S/SA", NULL},
    {"pass in proto tcp all flags /S", NULL},
    {"pass in proto udp from any to any port 53 >< 53", "1:40: no port is above 53 and below it; "
                                                        "write 'port = 53'"},
    {"pass in proto udp from any port 53 >< 54 to any", "1:33: no port is between 53 and 54"},
    {"pass in proto udp from any to any port 53 >< 55", NULL},
    {"pass in proto udp from any to any port 55 >< 53", "1:40: no port is in this range"},
    {"pass in proto udp from any to any port 55:53", "1:40: no port is in this range"},
    {"pass in proto udp from any to any port 53:53", NULL},
    {"pass in proto udp from any to any port 55 <> 53", "1:40: every port is outside"},
    {"pass in proto udp from any to any port 53 <> 55", NULL},
    {"pass in proto udp from any to any port < 0", "1:40: no port is so"},
    {"pass in proto udp from any to any port > 65535", "1:40: no port is so"},
    /* no state is made of it */
    {"pass in quick proto icmp all icmp-type unreach keep state", "1:53: this rule never matches"},
    {"pass in quick proto icmp all icmp-type echorep keep state", "1:53: this rule never matches"},
    {"pass in proto icmp all icmp-type unreach keep state", "1:47: this rule blocks: no state"},
    {"block in proto icmp all icmp-type unreach keep state", NULL},
    {"pass in quick proto icmp all icmp-type echo keep state", NULL},
    {"pass in quick proto icmp all icmp-type unreach", NULL},
    {"pass in quick proto icmp all keep state", NULL},
    {"pass in quick inet6 proto ipv6-icmp all icmp-type 129 keep state", "1:60: this rule never"},
    {"pass in quick inet6 proto ipv6-icmp all icmp-type 128 keep state", NULL},
    /* on loopback a state passes by what would block */
    {SET
     "pass out quick all keep state\nblock return-rst in quick proto tcp from any to any port = "
     "22 flags S",
     "3:1: on loopback this blocks nothing: the 'out' rule in line 2 keeps state, which lets the "
     "same packet in\n"},
    {SET
     "pass out quick all keep state\nblock return-rst in quick proto tcp from any to any port = "
     "22\nblock return-rst in quick proto tcp from any to any port = 23\nblock "
     "return-icmp(port-unr) in quick proto udp from any to any port = 53",
     "3:1: on loopback this blocks nothing: the 'out' rule in line 2 keeps state, which lets the "
     "same packet in; so it is with lines 4, 5\n"},
    {SET "pass out quick all keep state\nblock in on lo0 proto tcp from any to any port = 22",
     "3:1: on loopback this blocks nothing"},
    {SET "pass out quick proto udp all keep state\nblock return-rst in quick proto tcp all", NULL},
    {SET "pass out quick on bge0 all keep state\nblock return-rst in quick proto tcp all", NULL},
    {SET "pass out quick all\nblock return-rst in quick proto tcp all", NULL},
    {SET "pass out quick all keep state\nblock return-rst in quick on bge0 proto tcp all", NULL},
    {SET "pass out quick all keep state\nblock return-rst in quick proto tcp from 10.0.0.1 to any",
     NULL},
    {SET "block out quick all\nblock return-rst in quick proto tcp all", NULL},
    {"pass out quick all keep state\nblock return-rst in quick proto tcp all", NULL},
    {SET
     "pass out quick all keep state\npass in quick on lo0 all\nblock return-rst in quick on bge0 "
     "proto tcp all",
     NULL},
    /* on loopback no one answers */
    {SET "block in on lo0 proto tcp from any to any port = 22",
     "2:1: local clients hang: their SYNs are dropped without an answer, and a connect gives up "
     "after 30 s;"},
    {SET "block in proto tcp from any to any port = 22", "2:1: local clients hang"},
    {SET "block in on lo0 proto udp from any to any port = 53",
     "2:1: local clients hear nothing: their datagrams are dropped without an answer; 'block "
     "return-icmp(port-unr)'"},
    {SET "block in on lo0 inet6 proto udp all",
     "2:1: local clients hear nothing: their datagrams are "
     "dropped without an answer; 'block return-icmp(4)'"},
    {SET "block in on lo0 proto icmp all", NULL},
    {SET "block in on bge0 proto tcp all", NULL},
    {SET "block in on lo0 proto tcp all flags A/A", NULL},
    {SET "block in all\npass in quick on lo0 all", NULL},
    {SET "block in all with short", NULL},
    {"pass in quick all head 1\nblock in proto tcp all group 1\npass in proto tcp all", NULL},
    {"pass in all head 1\nblock in quick proto tcp all group 1\npass in all\n"
     "pass in proto tcp all flags S/SA group 1",
     "4:1: this rule can never match: the 'quick' rule in line 2"},
    {"block in quick proto tcp all\npass in proto tcp/udp all", NULL},
    {"block in quick proto tcp/udp all\npass in proto tcp all", "2:1: this rule can never"},
    {"block in quick inet all\npass in proto tcp all", NULL},
    {"block in quick inet all\npass in from 10.0.0.1 to any", "2:1: this rule can never"},
    {"block in quick on lo1 all\npass in all", NULL},
    {"block in quick on lo1 all\npass in on lo2 all", NULL},
    {"block in quick on lo1,lo2 all\npass in on lo2 all", NULL}, /* lo2 is for answers */
    {"block in quick on lo1 all\npass in on lo1,lo2 all", "2:1: this rule can never"},
    {"block in quick on * all\npass in on lo2 all", "2:1: this rule can never"},
    {"block in quick on lo2 all\npass in on * all", NULL},
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
    {"pass in proto tcp all\n@0 block in quick all", "1:1: this rule can never match"},
    {"20 block in quick all\n10 pass in quick proto udp all", NULL},
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
    {SET "block return-rst in on lo0 proto tcp from any to any port = 22", NULL},
    {"pass in quick on lo0 all\npass out quick on lo0 all", NULL},
    {"pass out quick on lo0 all keep state", NULL},
    {"pass in log quick on lo0 all", "1:22: no packet on lo0 reaches these rules"},
    {"pass in on lo0 proto tcp all\nblock in on lo0 proto udp all head 1",
     "2:13: no packet on lo0 reaches"},
    {"block in on lo0 all", "1:13: no packet on lo0 reaches these rules"},
    {"block in on bge0,lo0 all", "1:13: no packet on lo0 reaches these rules"},
    {"set intercept_loopback false;\nblock in on lo0 all", "2:13: no packet on lo0 reaches"},
    {"block in on bge0 all", NULL},
    {"block in all", NULL},
    {SET "block in on lo0 proto 50 from any to 192.168.1.5", "2:38: on lo0 this is never seen"},
    {SET "block in on lo0 proto 50 from 192.168.1.5 to any", "2:31: on lo0 this is never seen"},
    {SET "block in on lo0 proto 50 from 127.0.0.1 to 127.0.0.0/8", NULL},
    {SET "block in on lo0 proto 50 from any to 0.0.0.0/1", NULL},
    {SET "block in on lo0 proto 50 from any to !127.0.0.1", NULL},
    {SET "block in on lo0,bge0 proto 50 from any to 192.168.1.5", NULL},
    {SET "block in on bge0 from any to 192.168.1.5", NULL},
    {SET "block in from any to 192.168.1.5", NULL},
    {SET "block in on lo0 proto 50 from any to ::1", NULL},
    {SET "block in on lo0 proto 50 from any to 2001:db8::1", "2:38: on lo0 this is never seen"},
    /* skip */
    {"skip 2 in proto tcp all\nblock in inet all\npass in inet6 all", NULL},
    {"skip 3 in proto tcp all\nblock in inet all\npass in inet6 all",
     "1:1: 'skip 3' passes over more rules than follow in its list, which are 2"},
    {"skip 1 in all\nblock out all", "1:1: 'skip 1' passes over more rules than follow"},
    {"skip 0 in all", NULL},
    /* duplicates, groups */
    {"block in proto tcp all\nblock in proto 6 from any to any",
     "2:1: this rule is there already, in line 1: it is left out"},
    {"block in proto tcp all\nblock out proto tcp all\nblock in log proto udp all", NULL},
    {"pass in all head 7\npass in all group 7", NULL},
    {"pass in all head 7\npass out all head 7\npass in all group 7",
     "2:19: group '7' is for 'in' packets: this 'out' rule does not head it"},
    {"pass in all head web", NULL}, /* a program may fill it */
    {"count in all head web\ncount in all group web", NULL},
};

static int print_wrong(const char *rules, const char *want, const char *found)
{
    print_error("'%s'\nexpected '%s'\ngot      '%s'\n", rules, want, found);
    return 1;
}

static void a_warning_is_given_where_it_holds_and_nowhere_else(void **state)
{
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
        const char *found = findings_in(warnings[i].rules, false);
        const char *want = warnings[i].warning != NULL ? warnings[i].warning : "";
        bool one = *found == '\0' || strchr(found, '\n')[1] == '\0';
        if (strncmp(found, want, strlen(want)) != 0 || !one || (*want == '\0') != (*found == '\0'))
            wrong += print_wrong(warnings[i].rules, want, found);
    }
    assert_int_equal(wrong, 0);
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
        {"# check: ignore covered", "1:1: there is no warning 'covered' here to ignore\n"},
        {"# check: ignore unused, covered\npass in all", "1:1: there is no warning"},
        {"blok in all # check: ignore covered", "1:1: error: unknown action"},
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
        static said_t said;
        size_t errors;
        ipf_check_how_t how = {.hang = "", .silent = 1u << (i ? IPF_WARN_FLAGS : IPF_WARN_COVERED)};
        said = (said_t){0};
        assert_int_equal(ipf_check(rules, strlen(rules), &how, take, &said, &errors), 0);
        assert_int_equal(strstr(said.text, "can never match") != NULL, i == 1);
        assert_int_equal(strstr(said.text, "no segment matches") != NULL, i == 0);
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

static void what_takes_too_much_work_is_told_once(void **state)
{
    static const char rules[] = "block in quick inet all\nblock in quick proto tcp all\n"
                                "block in quick inet6 proto udp all\npass in proto tcp/udp all\n"
                                "pass in on bge0 proto udp all\npass out all\n";
    static said_t said;
    size_t errors;
    ipf_check_how_t how = {.hang = "", .work = 12};
    (void)state;
    said = (said_t){0};
    assert_int_equal(ipf_check(rules, strlen(rules), &how, take, &said, &errors), 0);
    assert_string_equal(said.text,
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
        assert_true(said || !fr_covers(first, first->fr_next));
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

static void no_packet_is_decided_by_a_rule_that_is_said_never_to_decide(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    size_t overridden = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char rules[600];
        ipf_error_t error;
        random_rule(rules, sizeof(rules), "block", "");
        size_t length = strlen(rules);
        random_rule(rules + length, sizeof(rules) - length, "pass", chance(2) == 0 ? "quick " : "");
        if (strstr(findings_in(rules, false), "never decides") == NULL)
            continue;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        overridden++;
        for (int i = 0; i < 300; i++) {
            mblk_t *m = random_packet();
            if (strcmp(fr_verdict(ifs, &qpi, false, m), "block") == 0)
                fail_msg("the first rule decides:\n%s", rules);
            freemsg(m);
        }
        ipf_destroy(ifs);
    }
    assert_true(overridden > 50);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_given_where_it_holds_and_nowhere_else),
        cmocka_unit_test(what_a_host_refuses_is_a_warning_at_the_word),
        cmocka_unit_test(all_mistakes_of_a_text_are_told_in_their_order),
        cmocka_unit_test(one_mistake_is_told_once),
        cmocka_unit_test(what_people_write_for_an_address_is_refused_with_what_is_right),
        cmocka_unit_test(a_comment_silences_a_warning_of_its_line_of_the_next_rule_or_of_the_file),
        cmocka_unit_test(a_warning_that_is_not_wanted_is_not_told),
        cmocka_unit_test(no_packet_is_decided_by_a_rule_that_is_said_never_to_decide),
        cmocka_unit_test(what_lists_multiply_is_said_once),
        cmocka_unit_test(of_several_rules_that_cover_one_the_first_is_named),
        cmocka_unit_test(what_takes_too_much_work_is_told_once),
        cmocka_unit_test(a_list_of_twenty_thousand_hosts_is_checked_in_a_blink),
        cmocka_unit_test(no_packet_hits_a_rule_that_is_said_to_be_covered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
