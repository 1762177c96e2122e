/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Proofs, exactly: which packet is found where two filters differ, why they are not compared, and
 * how many kinds of packets it took.
 */
#include "filter/fr_impl.h"
#include "filter/fr_prove.h"
#include "tests/filter/filter_with.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct row {
    const char *old, *new;
    uint64_t cells;
    const char *text; /* how it begins */
} row_t;

static const row_t different[] = {
    {"block in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block out all", "", 3, "out on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block return-rst in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block return-icmp(3) in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in on bge0 all", "", 1, "in on bge0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in on bge0 all\nblock in on bge1 all\nblock in on lo0 all", "", 1,
     "in on bge0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in inet all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in inet6 all", "", 2, "in on lo0 tcp ::1,40000 ::1,1 S"},
    {"block in proto tcp all", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in proto tcp/udp all", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in inet proto tcp/udp all", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in proto 99 all", "", 2, "in on lo0 protocol 99 127.0.0.1 127.0.0.1"},
    {"block in proto icmp all", "", 2, "in on lo0 icmp 127.0.0.1 127.0.0.1, type 8 code 0"},
    {"block in proto ipv6-icmp all", "", 2, "in on lo0 icmp 127.0.0.1 127.0.0.1, type 8 code 0"},
    {"block in proto 51 all", "", 2, "in on lo0 protocol 51 127.0.0.1 127.0.0.1"},
    {"block in from 10.0.0.0/8 to any", "", 2, "in on lo0 tcp 10.0.0.0,40000 127.0.0.1,1 S"},
    {"block in from 10.0.0.7 to any", "", 2, "in on lo0 tcp 10.0.0.7,40000 127.0.0.1,1 S"},
    {"block in from !10.0.0.1 to any", "", 1, "in on lo0 tcp 0.0.0.0,40000 127.0.0.1,1 S"},
    {"block in from any to 192.168.5.0/24", "", 2, "in on lo0 tcp 127.0.0.1,40000 192.168.5.0,1 S"},
    {"block in from 2001:db8::/32 to any", "", 3, "in on lo0 tcp 2001:db8::,40000 ::1,1 S"},
    {"block in from 2001:db8::1:2:3:4/128 to any", "", 3,
     "in on lo0 tcp 2001:db8::1:2:3:4,40000 ::1,1 S"},
    {"block in from any to 2001:db8::5:0:0:0/80", "", 3,
     "in on lo0 tcp ::1,40000 2001:db8:0:0:5::,1 S"},
    {"block in from any to ! fe80::/10", "", 2, "in on lo0 tcp ::1,40000 ::1,1 S"},
    {"block in proto tcp from any port = 7 to any", "", 4,
     "in on lo0 tcp 127.0.0.1,7 127.0.0.1,1 S"},
    {"block in proto tcp from any to any port 20:30", "", 4,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,20 S"},
    {"block in proto tcp from any to any port 20 >< 30", "", 4,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,21 S"},
    {"block in proto udp from any to any port 20 <> 30", "", 3,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in proto udp from any to any port != 53", "", 3,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in proto udp from any port > 65534 to any", "", 4,
     "in on lo0 udp 127.0.0.1,65535 127.0.0.1,1"},
    {"block in proto tcp from any to any port <= 1023", "", 3,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in proto tcp all flags S/SA", "", 4, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in proto tcp all flags SA", "", 5, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 SA"},
    {"block in proto tcp all flags A/A", "", 4, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 SA"},
    {"block in proto tcp all flags /S", "", 3,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1, no flag"},
    {"block in proto icmp all icmp-type echo", "", 4,
     "in on lo0 icmp 127.0.0.1 127.0.0.1, type 8 code 0"},
    {"block in proto icmp all icmp-type unreach code 3", "", 7,
     "in on lo0 icmp 127.0.0.1 127.0.0.1, type 3 code 3"},
    {"block in proto ipv6-icmp all icmp-type 128", "", 5,
     "in on lo0 icmpv6 ::1 ::1, type 128 code 0"},
    {"block in tos 16 all", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S, tos 16"},
    {"block in ttl 3 all", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S, ttl 3"},
    {"block in all with frag", "", 2,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S, a first fragment"},
    {"block in all with frag-body", "", 2,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1, a later fragment"},
    {"block in all with not frag", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in proto tcp all with frag", "", 3,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S, a first fragment"},
    {"block in proto tcp all with not short", "", 2, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in inet6 all with frag-body", "", 3, "in on lo0 tcp ::1,40000 ::1,1, a later fragment"},
    {"pass in quick proto udp all keep state", "", 2, "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"pass in proto udp all keep frags", "", 2, "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in all\nskip 1 in proto udp all\npass in all", "", 2,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in all head 1\npass in proto udp all group 1", "", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in quick all head 1\npass in quick proto udp all group 1", "", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in quick proto tcp all keep state head 1\npass in quick from 10.0.0.1 to any group 1",
     "", 2, "in on lo0 tcp 0.0.0.0,40000 127.0.0.1,1 S"},
    {"pass in quick proto tcp all keep state\nblock in all", "", 1,
     "in on lo0 icmp 127.0.0.1 127.0.0.1, type 8 code 0"},
    {"pass in quick proto tcp all keep state\npass in quick proto tcp from 10.0.0.1 to any keep "
     "state\nblock in all",
     "", 1, "in on lo0 icmp 127.0.0.1 127.0.0.1, type 8 code 0"},
    {"auth in quick all keep state\nblock in all", "", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"auth in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"preauth in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"nomatch in all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 to bge0 all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 dup-to bge0:1.2.3.4 all", "", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 reply-to bge0 all", "", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass out quick on lo0 to bge0:10.0.0.1 all", "", 3,
     "out on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in fastroute all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in log all", "", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block return-icmp-as-dest in proto udp all", "", 2,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in on if1 all\nblock in on if2 all", "", 1,
     "in on if1 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in all keep state", "pass in all keep state (age 10)", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in all keep state (nolog)", "pass in all keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in proto tcp all keep state (loose)", "pass in proto tcp all keep state", 2,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in all keep state (no-icmp-err)", "pass in all keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in on lo0,bge0 all keep state", "pass in on lo0 all keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in on lo0 all keep state", "pass in on bge0 all keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in on lo0,bge0 all keep state", "pass in on lo0,bge1 all keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in from !10.0.0.1 to any keep state", "pass in from any to any keep state", 1,
     "in on lo0 tcp 0.0.0.0,40000 127.0.0.1,1 S"},
    {"pass in from any to ! 10.0.0.1 keep state", "pass in from any to any keep state", 1,
     "in on lo0 tcp 127.0.0.1,40000 0.0.0.0,1 S"},
    {"pass in quick from any to ! 10.0.0.1 keep state",
     "pass in quick from ! 10.0.0.1 to any keep state", 1,
     "in on lo0 tcp 0.0.0.0,40000 0.0.0.0,1 S"},
    {"pass in all keep frags (strict)", "pass in all keep frags", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block return-icmp(2) in all", "block return-icmp(3) in all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block return-icmp in all", "block return-icmp-as-dest in all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 to bge0 all", "pass in quick on lo0 to bge1 all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 to bge0:1.2.3.4 all", "pass in quick on lo0 to bge0:1.2.3.5 all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 to bge0 all", "pass in quick on lo0 reply-to bge0 all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 dup-to bge0 all", "pass in quick on lo0 dup-to bge1 all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in quick on lo0 reply-to bge0 all", "pass in quick on lo0 reply-to bge1 all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in proto udp all keep state\nblock in all",
     "block in all\npass in proto udp all keep state", 2,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"pass in quick proto udp all keep state\nblock return-icmp in all",
     "pass in quick proto udp all keep state\nblock in all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in all head 1\npass in quick proto udp all keep state group 1",
     "block in all head 1\npass in proto udp all keep state group 1", 2,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    {"block in quick all head 1\npass in quick proto udp all keep state group 1",
     "block in quick all head 1\npass in proto udp all keep state group 1", 2,
     "in on lo0 udp 127.0.0.1,40000 127.0.0.1,1"},
    /* The rule that a packet leaves by is that of its group, or the head if none there matches. */
    {"block in all head 1\npass in quick on lo0 to bge0 all group 1",
     "block in all head 1\npass in quick on lo0 to bge1 all group 1", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"pass in on lo0 to bge0 all head 1\npass in quick proto udp all group 1",
     "pass in on lo0 to bge1 all head 1\npass in quick proto udp all group 1", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"nomatch in all", "pass in all", 1, "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in all\nnomatch in all", "block in all", 1,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
    {"block in ttl 255 all", "block in ttl 254 all", 2,
     "in on lo0 tcp 127.0.0.1,40000 127.0.0.1,1 S, ttl 254"},
    {"block in on bge0 all\nblock in on lo0 all", "block in all", 3,
     "in on other0 tcp 127.0.0.1,40000 127.0.0.1,1 S"},
};

/* So much that more than 64 kinds of packets wait to be looked at. */
#define MANY                                                                                       \
    "block in on lo0 inet tos 1 ttl 2 proto tcp from 10.0.0.1 port = 5 to 10.0.0.2 port = 6 "      \
    "flags "                                                                                       \
    "FSRPAUEC/FSRPAUEC with frag, not short, mcast, bcast, mbcast, lowttl, bad-src, not "          \
    "frag-body, not oow, ipopts, not v6hdrs, opt "                                                 \
    "nop,rr,zsu,mtup,mtur,encode,ts,tr,lsrr,e-sec,cipso,satid,ssrr,"                               \
    "addext,visa,imitd,eip,finn,dps,sdb,nsapa,rtralrt,ump,sec-class "                              \
    "topsecret,secret,confid,unclass"

static const row_t equal[] = {
    {"pass in all", "", 4, ""},
    {"log in all", "", 4, ""},
    {"count in all", "", 4, ""},
    {"skip 1 in all\nblock in all", "", 4, ""},
    {"pass in quick on lo0 to bge0 all", "pass in quick on lo0 to bge0 all", 6, ""},
    {"pass in log all", "pass in all", 4, ""},
    {"pass in log quick all", "pass in all", 4, ""},
    {"pass in all", "pass in quick all", 4, ""},
    {"pass in quick proto udp all keep state\nblock in all",
     "pass in quick proto udp all keep state\npass in proto udp all\nblock in all", 8, ""},
    {"block in all\nblock in all head 1\nskip 1 in all group 1\npass in all group 1\npass in proto "
     "udp all group 1",
     "block in all\npass in proto udp all", 8, ""},
    {"skip 2000000000 in all\nblock in all", "pass in all", 4, ""},
    {"skip 1 in proto tcp all\npass in proto udp all\nblock in all",
     "block in proto udp all\nblock in all", 12, ""},
    {"log in all\nblock in all", "block in all", 4, ""},
    {"block in proto tcp from any to any port 1:100",
     "block in proto tcp from any to any port 1:50\nblock in proto tcp from any to any port 51:100",
     16, ""},
    {"block in from 10.0.0.0/8 to any",
     "block in from 10.0.0.0/9 to any\nblock in from 10.128.0.0/9 to any", 7, ""},
    {"block in from 2001:db8::/32 to any",
     "block in from 2001:db8::/33 to any\nblock in from 2001:db8:8000::/33 to any", 7, ""},
    {"block in from 2001:db8::/127 to any",
     "block in from 2001:db8:: to any\nblock in from 2001:db8::1 to any", 7, ""},
    {"block in from 2001:db8::/64 to any",
     "block in from 2001:db8::/65 to any\nblock in from 2001:db8::8000:0:0:0/65 to any", 7, ""},
    {"block in from ::/0 to any", "block in from ::/1 to any\nblock in from 8000::/1 to any", 5,
     ""},
    {"block in inet from any to any",
     "block in from 0.0.0.0/1 to any\nblock in from 128.0.0.0/1 to any", 5, ""},
    {"block in proto tcp all flags S/SA\nblock in proto tcp all flags SA/SA",
     "block in proto tcp all flags S/S", 16, ""},
    {"block in tos 1 all\nblock in tos 2 all", "block in tos 2 all\nblock in tos 1 all", 7, ""},
    {"block in on bge0 all\nblock in on lo0 all", "block in on lo0 all\nblock in on bge0 all", 8,
     ""},
    {"block in on - all", "block in all", 4, ""},
    {"block in on * all", "block in all", 4, ""},
    {"block in inet proto tcp/udp all",
     "block in inet proto tcp/udp all\nblock in inet proto tcp all", 7, ""},
    {"block in inet proto tcp/udp all",
     "block in inet proto tcp/udp all\nblock in inet proto udp all", 8, ""},
    {MANY, MANY, 66, ""},
    {"pass in on lo0,bge0 all keep state", "pass in on lo0,bge0 all keep state", 6, ""},
    {"pass in from !10.0.0.1 to any keep state (age 10/20)",
     "pass in from !10.0.0.1 to any keep state (age 10/20)", 6, ""},
    {"pass in from any to !10.0.0.1 keep state", "pass in from any to !10.0.0.1 keep state", 6, ""},
    {"block return-icmp(3) in all", "block return-icmp(3) in all", 4, ""},
};

static const row_t not_compared[] = {
    {"block in all with mcast", "", 6, "packets may differ that are not made here"},
    {"block in all with bcast", "", 6, "packets may differ that are not made here"},
    {"block in all with mbcast", "", 6, "packets may differ that are not made here"},
    {"block in all with lowttl", "", 6, "packets may differ that are not made here"},
    {"block in all with ipopts", "", 6, "packets may differ that are not made here"},
    {"block in all with opt lsrr", "", 5, "packets may differ that are not made here"},
    {"block in all with oow", "", 6, "packets may differ that are not made here"},
    {"block in inet6 all with v6hdr routing", "", 5, "packets may differ that are not made here"},
    {"decapsulate in all", "", 0, "'decapsulate'"},
    {"pass in all pps 5", "", 0, "a limit"},
    {"pass in all keep state (limit 5)", "", 0, "a limit"},
    {"pass in all keep state (max-srcs 5)", "", 0, "a limit"},
    {"pass in all keep state (max-srcs 5, max-per-src 3)", "", 0, "a limit"},
    {"pass in all rule-ttl 5", "", 0, "'rule-ttl'"},
    {"pass out all set-tag(log=1)", "", 0, "a tag"},
    {"pass in all match-tag(log=1)", "", 0, "a tag"},
    {"pass in all match-tag(nat=x)", "", 0, "a tag"},
    {"pass out all set-tag(nat=x)", "", 0, "a tag"},
    {"pass in all keep state (icmp-head e)", "", 0, "'icmp-head'"},
    {"pass in on lo0 out-via bge0 all", "", 0, "'in-via' or 'out-via'"},
    {"pass in on lo0 out-via e all", "", 0, "'in-via' or 'out-via'"},
    {"pass in on lo0 in-via e all", "", 0, "'in-via' or 'out-via'"},
    {"pass in on lo0 out-via bge0,e all", "", 0, "'in-via' or 'out-via'"},
    {"block in all with bad", "", 0, "'with bad' or 'with state'"},
    {"block in all with state", "", 0, "'with bad' or 'with state'"},
    {"block in all with not bad", "", 0, "'with bad' or 'with state'"},
    {"pass in from pool=(10.0.0.1) to any", "", 0, "an address of a pool"},
    {"pass in from any to hash=(10.0.0.1)", "", 0, "an address of a pool"},
    {"pass in from bge0/32 to any", "", 0, "an interface's address"},
    {"pass in from any to bge0/network", "", 0, "an interface's address"},
    {"pass in from 10.0.0.1/255.0.0.255 to any", "", 0, "a mask that is no prefix"},
    {"pass in from any to 10.0.0.1/0.255.255.255", "", 0, "a mask that is no prefix"},
    {"pass in log or-block all", "", 0, "'or-block'"},
    {"count in quick all keep state", "", 0, "'count' that keeps something"},
    {"count in all keep frags", "", 0, "'count' that keeps something"},
    {"pass out all\ncount out all with bad", "", 0, "'with bad' or 'with state'"},
    {"pass in all head 1\npass in all group 1 pps 5", "", 0, "a limit"},
};

static void prove(const char *old, const char *new, const row_t *row, fr_proved_t result)
{
    fr_proof_t proof;
    ipf_stack_t *a = filter_with(old), *b = filter_with(new);
    fr_prove_same(a, b, FR_PROVE_WORK, &proof);
    if (proof.result != result || proof.cells != row->cells ||
        strncmp(proof.text, row->text, strlen(row->text)) != 0 ||
        (row->text[0] == '\0' && proof.text[0] != '\0'))
        fail_msg("%s and\n%s: %d, %" PRIu64 ", %s", old, new, proof.result, proof.cells,
                 proof.text);
    ipf_destroy(a);
    ipf_destroy(b);
}

static void prove_rows(const row_t *rows, size_t count, fr_proved_t result)
{
    for (size_t i = 0; i < count; i++)
        prove(rows[i].old, rows[i].new, &rows[i], result);
}

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])

static void the_packet_that_differs_is_told(void **state)
{
    (void)state;
    prove_rows(ROWS(different), FR_DIFFERS);
}

static void equal_filters_are_proved_with_few_kinds_of_packets(void **state)
{
    (void)state;
    prove_rows(ROWS(equal), FR_PROVED);
    for (size_t i = 0; i < sizeof(equal) / sizeof(equal[0]); i++)
        prove(equal[i].new, equal[i].old, &equal[i], FR_PROVED);
}

/* proofs.txt: OLD <tab> NEW <tab> RESULT <tab> CELLS <tab> TEXT, for each a line; in rules `\n` is
 * the end of a line. */
static void each_thing_that_a_rule_asks_for_has_its_packet(void **state)
{
    static const char *const results[] = {
        [FR_PROVED] = "same", [FR_DIFFERS] = "differ", [FR_NOT_PROVED] = "unknown"};
    char line[1000];
    size_t count = 0, wrong = 0;
    FILE *file = fopen(PROOFS, "r");
    (void)state;
    assert_non_null(file);
    for (; fgets(line, sizeof(line), file) != NULL; count++) {
        char *column[5] = {line}, got[300];
        for (size_t i = 1; i < 5; i++) {
            column[i] = strchr(column[i - 1], '\t');
            assert_non_null(column[i]);
            *column[i]++ = '\0';
        }
        column[4][strcspn(column[4], "\n")] = '\0';
        column[3][-1] = column[4][-1] = '\t'; /* compared as one text */
        for (size_t i = 0; i < 2; i++) {
            for (char *end; (end = strstr(column[i], "\\n")) != NULL;)
                memcpy(end, " \n", 2);
        }
        fr_proof_t proof;
        ipf_stack_t *a = filter_with(column[0]), *b = filter_with(column[1]);
        fr_prove_same(a, b, FR_PROVE_WORK, &proof);
        snprintf(got, sizeof(got), "%s\t%" PRIu64 "\t%s", results[proof.result], proof.cells,
                 proof.text);
        if (strcmp(got, column[2]) != 0) {
            print_error("%s and\n%s: %s\nnot %s\n", column[0], column[1], got, column[2]);
            wrong++;
        }
        ipf_destroy(a);
        ipf_destroy(b);
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(count > 100);
}

static void what_is_not_compared_is_named(void **state)
{
    (void)state;
    prove_rows(ROWS(not_compared), FR_NOT_PROVED);
}

static void filters_of_two_kinds_are_not_compared(void **state)
{
    static const ipf_build_t other = {.ifb_plain_rst = true};
    (void)state;
    for (int i = 0; i < 2; i++) {
        fr_proof_t proof;
        char message[100];
        ipf_stack_t *a = filter_with("block in all"), *b = filter_with("block in all");
        if (i == 0)
            ipf_set_build(b, &other);
        else
            assert_int_equal(ipf_set_tunable(b, "fr_pass", "block", message, sizeof(message)), 0);
        fr_prove_same(a, b, FR_PROVE_WORK, &proof);
        assert_int_equal(proof.result, FR_NOT_PROVED);
        assert_string_equal(proof.text, "the filters are not of one kind");
        assert_int_equal(proof.which, -1);
        ipf_destroy(a);
        ipf_destroy(b);
    }
}

/* A rule of a list, of the rules that count, and of a group; of the old filter and of the new. */
static void the_rule_that_is_not_compared_has_its_place(void **state)
{
    static const struct {
        const char *rules;
        int line;
    } rows[] = {{"pass in all\nblock in all with bad", 2},
                {"pass out all\npass out all with bad\nblock in all", 2},
                {"count in all\ncount in all with bad", 2},
                {"count out all with bad\npass in all", 1},
                {"pass in all head 1\npass in all\nblock in all with bad group 1", 3}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int which = 0; which < 2; which++) {
            fr_proof_t proof;
            ipf_stack_t *a = filter_with(which == 0 ? rows[i].rules : "pass in all");
            ipf_stack_t *b = filter_with(which == 1 ? rows[i].rules : "pass in all");
            fr_prove_same(a, b, FR_PROVE_WORK, &proof);
            assert_int_equal(proof.result, FR_NOT_PROVED);
            assert_int_equal(proof.which, which);
            assert_int_equal(proof.line, rows[i].line);
            ipf_destroy(a);
            ipf_destroy(b);
        }
    }
}

/* What is said of a filter with `count` such rules, compared with itself. */
static const char *said_of(const char *rule, int count)
{
    static fr_proof_t proof;
    char rules[8000] = "";
    size_t at = 0;
    for (int i = 1; i <= count; i++)
        at += (size_t)snprintf(rules + at, sizeof(rules) - at, "%s%d%s\n", rule, i,
                               strchr(rule, '(') != NULL ? ")" : " all");
    ipf_stack_t *a = filter_with(rules);
    fr_prove_same(a, a, FR_PROVE_WORK, &proof);
    ipf_destroy(a);
    return proof.text;
}

/* Each rule asks for packets that are not made. */
static void doubts_have_a_limit(void **state)
{
    char rules[8000] = "";
    size_t at = 0;
    (void)state;
    for (int i = 1; i <= 80; i++)
        at += (size_t)snprintf(rules + at, sizeof(rules) - at,
                               "block in from 10.0.%d.0/24 to any with ipopts\n", i);
    fr_proof_t proof;
    ipf_stack_t *many = filter_with(rules), *none = filter_with("");
    fr_prove_same(many, none, FR_PROVE_WORK, &proof);
    assert_int_equal(proof.result, FR_NOT_PROVED);
    assert_int_equal(proof.cells, 52);
    ipf_destroy(many);
    ipf_destroy(none);
}

/* Whichever of the two has them. */
static void tries_have_a_limit_in_both_filters(void **state)
{
    char rules[8000] = "";
    size_t at = 0;
    (void)state;
    for (int i = 1; i <= 65; i++)
        at += (size_t)snprintf(rules + at, sizeof(rules) - at,
                               "pass in quick all keep state (age %d)\n", i);
    for (int which = 0; which < 2; which++) {
        fr_proof_t proof;
        ipf_stack_t *many = filter_with(rules), *none = filter_with("");
        fr_prove_same(which == 0 ? many : none, which == 0 ? none : many, FR_PROVE_WORK, &proof);
        assert_int_equal(proof.result, FR_NOT_PROVED);
        assert_string_equal(proof.text, "too many rules keep state of the same packet");
        ipf_destroy(many);
        ipf_destroy(none);
    }
}

static void interfaces_and_tries_have_a_limit(void **state)
{
    (void)state;
    assert_string_equal(said_of("block in on if", 64), "");
    assert_string_equal(said_of("block in on if", 65), "one interface too many");
    assert_string_equal(said_of("pass in quick all keep state (age ", 64), "");
    assert_string_equal(said_of("pass in quick all keep state (age ", 65),
                        "too many rules keep state of the same packet");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_packet_that_differs_is_told),
        cmocka_unit_test(each_thing_that_a_rule_asks_for_has_its_packet),
        cmocka_unit_test(equal_filters_are_proved_with_few_kinds_of_packets),
        cmocka_unit_test(what_is_not_compared_is_named),
        cmocka_unit_test(filters_of_two_kinds_are_not_compared),
        cmocka_unit_test(the_rule_that_is_not_compared_has_its_place),
        cmocka_unit_test(doubts_have_a_limit),
        cmocka_unit_test(interfaces_and_tries_have_a_limit),
        cmocka_unit_test(tries_have_a_limit_in_both_filters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
