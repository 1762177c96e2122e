/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `check` warns of: each warning, and the closest text that must not cause it.
 */
#include "tests/filter/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SET "set intercept_loopback true;\n"

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
    {"block in proto tcp all flags S\npass in quick proto tcp all flags S keep state", NULL},
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
     "same packet in; so it is with lines 4 and 5\n"},
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
    {"block in quick inet proto tcp/udp all\npass in inet proto tcp all",
     "2:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick proto tcp/udp all\npass in proto tcp from any to any port = 22",
     "2:1: this rule can never match: the 'quick' rule in line 1"},
    {"block in quick proto tcp/udp all\npass in proto tcp all flags S/SA",
     "2:1: this rule can never match: the 'quick' rule in line 1"},
    /* a later fragment over IPv6 is of TCP, and not of `tcp/udp` */
    {"block in quick proto tcp/udp all\npass in proto tcp all", NULL},
    {"block in quick inet6 proto tcp/udp all\npass in inet6 proto udp all with frag-body", NULL},
    {"pass in inet proto tcp/udp all with frag-body", NULL},
    {"pass in inet proto tcp/udp all with short", NULL},
    {"pass in inet6 proto tcp/udp all with short", NULL},
    /* all rules of a list are in one line */
    {"block in quick from { 10.0.0.0/9, 10.128.0.0/9 } to any\npass in from 10.0.0.0/8 to any",
     "2:1: this rule can never match: the 'quick' rule in line 1 takes all"},
    {"block in quick from { 10.0.0.0/9, 10.128.0.0/10 } to any\nblock in quick from "
     "10.192.0.0/10 to any\npass in from 10.0.0.0/8 to any",
     "3:1: this rule can never match: the 'quick' rules in lines 1 and 2 take all"},
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_warning_is_given_where_it_holds_and_nowhere_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
