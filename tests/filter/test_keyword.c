/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each keyword of the language has a meaning: compares a rule with the same one without it or with
 * another value. The two are printed differently, each text reads back to itself, and a packet that
 * can tell them apart is judged differently.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_parse.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What a row does not say is 0. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

enum { ICMP = 1, UDP = 17 };

typedef struct row {
    const char *with, *canonical; /* canonical NULL: as it is written */
    const char *without;
    const char *verdict, *verdict_without; /* NULL: no packet can tell */
    packet_t packet;                       /* a SYN from 127.0.0.1,33001 to 127.0.0.1,22 */
    const char *hex;                       /* in its place */
    bool out;
    uint32_t link; /* FI_* */
} row_t;

#define OPTIONS "4700001c 00000000 40000000 01010101 02020202 "
#define V6      "ef000000 00000000 00000000 00010013 ff020000 00000000 00000001 ff01000b "

static const row_t rows[] = {
    /* actions */
    {"block in all", NULL, "pass in all", "block", "pass"},
    {"log in all", NULL, "pass in all", "nomatch", "pass"},
    {"count in all", NULL, "pass in all", "nomatch", "pass"},
    {"auth in all", NULL, "pass in all", "auth", "pass"},
    {"auth return-rst in all", NULL, "auth in all", "block return-rst", "auth"},
    {"preauth in all", NULL, "pass in all", "preauth", "pass"},
    {"skip 1 in all\nblock in all", NULL, "skip 0 in all\nblock in all", "nomatch", "block"},
    {"skip 2 in all\nblock in all\nblock in inet all", NULL,
     "skip 1 in all\nblock in all\nblock in inet all", "nomatch", "block"},
    {"call fr_srcgrpmap/1 in all", NULL, "call fr_srcgrpmap/2 in all"},
    {"call fr_srcgrpmap/1 in all", NULL, "call fr_dstgrpmap/1 in all"},
    {"call now fr_srcgrpmap/1 in all", NULL, "call fr_srcgrpmap/1 in all"},
    {"block return-rst in all", NULL, "block in all", "block return-rst", "block"},
    {"block return-icmp in all", NULL, "block in all", "block return-icmp", "block"},
    {"block return-icmp-as-dest in all", NULL, "block return-icmp in all",
     "block return-icmp-as-dest", "block return-icmp"},
    {"block return-icmp(port-unr) in all", NULL, "block return-icmp in all"},
    {"block return-icmp(13) in all", "block return-icmp(filter-prohib) in all",
     "block return-icmp(host-unr) in all"},
    {"block out all", NULL, "block in all", "nomatch", "block"},
    /* log options: what they do is in test_log.c */
    {"block in log all", NULL, "block in all"},
    {"block in log body all", NULL, "block in log all"},
    {"block in log first all", NULL, "block in log all"},
    {"block in log or-block all", NULL, "block in log all"},
    {"block in log level info all", "block in log level local0.info all", "block in log all"},
    {"block in log level auth.info all", NULL, "block in log level info all"},
    {"log body first or-block level local7.debug in all", NULL, "log in all"},
    /* options */
    {"block in quick all\npass in all", NULL, "block in all\npass in all", "block", "pass"},
    {"block in on lo0 all", NULL, "block in on lo1 all", "block", "nomatch"},
    {"pass in on lo0 out-via lo1 all", NULL, "pass in on lo0 all"},
    {"pass in on lo0 out-via lo1,lo2 all", NULL, "pass in on lo0 out-via lo1 all"},
    {"pass out on lo0 in-via lo1 all", NULL, "pass out on lo0 all"},
    {"pass in dup-to bge0 all", NULL, "pass in all"},
    {"pass in dup-to bge0:10.0.0.1 inet all", NULL, "pass in dup-to bge0 all"},
    {"pass in to bge0 all", NULL, "pass in all"},
    {"pass in to bge0:10.0.0.1 inet all", NULL, "pass in to bge0:10.0.0.2 inet all"},
    {"pass in route-to bge0:10.0.0.1 all", "pass in to bge0:10.0.0.1 inet all", "pass in all"},
    {"pass in reply-to bge0 all", NULL, "pass in all"},
    {"pass in reply-to bge0:10.0.0.1 inet all", NULL, "pass in to bge0:10.0.0.1 all"},
    {"pass in fastroute all", NULL, "pass in all"},
    /* fields */
    {"block in inet all", NULL, "block in inet6 all", "block", "nomatch"},
    {"block in family inet6 all", "block in inet6 all", "block in inet all", "nomatch", "block"},
    {"block in tos 0 all", "block in tos 0 from any to any", "block in tos 8 all", "block",
     "nomatch"},
    {"block in tos 0x10 all", "block in tos 0x10 from any to any", "block in all", "nomatch",
     "block"},
    {"block in tos (8,0) all", "block in tos 0x8 from any to any\nblock in tos 0 from any to any",
     "block in tos 8 all", "block", "nomatch"},
    {"block in ttl 64 all", "block in ttl 64 from any to any", "block in ttl 63 all", "block",
     "nomatch"},
    {"block in ttl {1,64} all", "block in ttl 1 from any to any\nblock in ttl 64 from any to any",
     "block in ttl 1 all", "block", "nomatch"},
    {"block in proto tcp all", "block in proto tcp from any to any", "block in proto udp all",
     "block", "nomatch"},
    {"block in proto 6 all", "block in proto tcp from any to any", "block in proto 7 all", "block",
     "nomatch"},
    {"block in proto tcp/udp all", "block in proto tcp/udp from any to any",
     "block in proto icmp "
     "all",
     "block", "nomatch"},
    {"block in proto tcp-udp all",
     "block in proto tcp/udp from any to any",
     "block in all",
     "nomatch",
     "block",
     {.proto = ICMP, .sport = 0x800}},
    /* addresses */
    {"block in from 127.0.0.1 to any", "block in inet from 127.0.0.1/32 to any",
     "block in from 127.0.0.2 to any", "block", "nomatch"},
    {"block in to 127.0.0.1", "block in inet from any to 127.0.0.1/32", "block in to 127.0.0.2",
     "block", "nomatch"},
    {"block in from !127.0.0.1 to any", "block in inet from !127.0.0.1/32 to any",
     "block in from 127.0.0.1 to any", "nomatch", "block"},
    {"block in from 127.0.0.9/28 to any", "block in inet from 127.0.0.0/28 to any",
     "block in from 127.0.0.9/30 to any", "block", "nomatch"},
    {"block in from 127.9.9.9/255.0.0.0 to any", "block in inet from 127.0.0.0/8 to any",
     "block in from 127.9.9.9 to any", "block", "nomatch"},
    {"block in from 127.9.9.9 mask 255.0.0.0 to any", "block in inet from 127.0.0.0/8 to any",
     "block in from 127.9.9.9 to any", "block", "nomatch"},
    {"block in from 127.9.9.9 mask 0xff000000 to any", "block in inet from 127.0.0.0/8 to any",
     "block in from 127.9.9.9 to any", "block", "nomatch"},
    {"block in from 127.9.9.1/255.0.0.255 to any",
     "block in inet from 127.0.0.1/255.0.0.255 to any",
     "block in from 127.9.9.2/255.0.0.255 to any", "block", "nomatch"},
    {"block in from localhost to any", "block in inet from 127.0.0.1/32 to any",
     "block in from 10.0.0.1 to any", "block", "nomatch"},
    {"block in from (10.0.0.1,127.0.0.1) to any",
     "block in inet from 10.0.0.1/32 to any\nblock in inet from 127.0.0.1/32 to any",
     "block in from 10.0.0.1 to any", "block", "nomatch"},
    {"block in from any to {10.0.0.1,127.0.0.1}",
     "block in inet from any to 10.0.0.1/32\nblock in inet from any to 127.0.0.1/32",
     "block in from any to 10.0.0.1", "block", "nomatch"},
    {"pass in from bge0/network to any", "pass in inet from bge0/net to any",
     "pass in from bge0/32 to any"},
    {"pass in from bge0/netmasked to any", "pass in inet from bge0/netmasked to any",
     "pass in from bge0/32 to any"},
    {"pass in from bge0/broadcast to any", "pass in inet from bge0/bcast to any",
     "pass in from bge0/32 to any"},
    {"pass in from bge0/peer to any", "pass in inet from bge0/peer to any",
     "pass in from bge0/32 to any"},
    {"block in from ::/8 to any", "block in inet6 from ::/8 to any",
     "block in from ef00::/8 to any", "nomatch", "block",
     .hex = "60000000 00083bff " V6 "00000000 00000000"},
    {"block in to ff02::1:ff01:b", "block in inet6 from any to ff02::1:ff01:b/128",
     "block in to ff02::1:ff01:c", "block", "nomatch",
     .hex = "60000000 00083bff " V6 "00000000 00000000"},
/* ports; 22 comes to what is compared with 22 */
#define PORT(with, canonical, without, verdict, verdict_without)                                   \
    {                                                                                              \
        "block in proto tcp from any to any port " with,                                           \
            "block in proto tcp from any to any port " canonical,                                  \
            "block in proto tcp from any to any port " without, verdict, verdict_without           \
    }
    PORT("= 22", "= 22", "= 23", "block", "nomatch"),
    PORT("= ssh", "= 22", "= telnet", "block", "nomatch"),
    PORT("!= 22", "!= 22", "= 22", "nomatch", "block"),
    PORT("< 22", "< 22", "<= 22", "nomatch", "block"),
    PORT("<= 22", "<= 22", "< 22", "block", "nomatch"),
    PORT("<= 21", "<= 21", "<= 22", "nomatch", "block"),
    PORT("> 22", "> 22", ">= 22", "nomatch", "block"),
    PORT(">= 22", ">= 22", "> 22", "block", "nomatch"),
    PORT(">= 23", ">= 23", ">= 22", "nomatch", "block"),
    PORT("eq 22", "= 22", "ne 22", "block", "nomatch"),
    PORT("ne 22", "!= 22", "eq 22", "nomatch", "block"),
    PORT("lt 22", "< 22", "le 22", "nomatch", "block"),
    PORT("le 22", "<= 22", "lt 22", "block", "nomatch"),
    PORT("gt 22", "> 22", "ge 22", "nomatch", "block"),
    PORT("ge 22", ">= 22", "gt 22", "block", "nomatch"),
    PORT("22 <> 30", "22 <> 30", "23 <> 30", "nomatch", "block"),
    PORT("10 <> 22", "10 <> 22", "10 <> 21", "nomatch", "block"),
    PORT("21 >< 23", "21 >< 23", "22 >< 23", "block", "nomatch"),
    PORT("20 >< 22", "20 >< 22", "20:22", "nomatch", "block"),
    PORT("22:23", "22:23", "23:24", "block", "nomatch"),
    {"block in proto tcp from any to any port = {21,22}",
     "block in proto tcp from any to any port = 21\nblock in proto tcp from any to any port = 22",
     "block in proto tcp from any to any port = 21", "block", "nomatch"},
    {"block in proto tcp from any port = (1,33001) to any",
     "block in proto tcp from any port = 1 to any\n"
     "block in proto tcp from any port = 33001 to any",
     "block in proto tcp from any port = 1 to any", "block", "nomatch"},
    {"block in proto tcp from port = 33001", "block in proto tcp from any port = 33001 to any",
     "block in proto tcp from port = 22", "block", "nomatch"},
    /* flags */
    {"block in proto tcp all flags S", "block in proto tcp from any to any flags S/FSRPAU",
     "block in proto tcp all flags A", "block", "nomatch"},
    {"block in proto tcp all flags S/SA",
     "block in proto tcp from any to any flags S/SA",
     "block in proto tcp all flags S",
     "block",
     "nomatch",
     {.flags = "SP"}},
    {"block in proto tcp all flags /R", "block in proto tcp from any to any flags /R",
     "block in proto tcp all flags R/R", "block", "nomatch"},
    {"block in proto tcp all flags S/SW",
     "block in proto tcp from any to any flags S/SC",
     "block in proto tcp all flags S/S",
     "nomatch",
     "block",
     {.flags = "SC"}},
    {"block in proto tcp all flags SE/SE", "block in proto tcp from any to any flags SE/SE",
     "block in proto tcp all flags S", "nomatch", "block"},
    {"block in proto tcp all flags 2/18", "block in proto tcp from any to any flags S/SA",
     "block in proto tcp all flags 0x10/0x12", "block", "nomatch"},
    {"block in proto tcp all flags FUP", "block in proto tcp from any to any flags FPU/FSRPAU",
     "block in proto tcp all flags S", "nomatch", "block"},
    /* icmp */
    {"block in proto icmp all icmp-type echo",
     "block in inet proto icmp from any to any icmp-type echo",
     "block in proto icmp all icmp-type echorep",
     "block",
     "nomatch",
     {.proto = ICMP, .sport = 0x800}},
    {"block in proto icmp all icmp-type {timex,unreach}",
     "block in inet proto icmp from any to any icmp-type timex\n"
     "block in inet proto icmp from any to any icmp-type unreach",
     "block in proto icmp all icmp-type timex",
     "block",
     "nomatch",
     {.proto = ICMP, .sport = 0x303}},
    {"block in proto icmp all icmp-type unreach code port-unr",
     "block in inet proto icmp from any to any icmp-type unreach code 3",
     "block in proto icmp all icmp-type unreach code host-unr",
     "block",
     "nomatch",
     {.proto = ICMP, .sport = 0x303}},
    {"block in proto icmp all icmp-type 3 code (1,3)",
     "block in inet proto icmp from any to any icmp-type unreach code 1\n"
     "block in inet proto icmp from any to any icmp-type unreach code 3",
     "block in proto icmp all icmp-type 3 code 1",
     "block",
     "nomatch",
     {.proto = ICMP, .sport = 0x303}},
    {"block in inet6 proto ipv6-icmp all icmp-type echo",
     "block in inet6 proto ipv6-icmp from any to any icmp-type echo",
     "block in inet6 proto ipv6-icmp all icmp-type unreach", "block", "nomatch",
     .hex = "60000000 00083aff " V6 "80000000 00000000"},
#define ICMP_TYPE(name, number)                                                                    \
    {                                                                                              \
        "block in proto icmp all icmp-type " name,                                                 \
            "block in inet proto icmp from any to any icmp-type " name,                            \
            "block in proto icmp all icmp-type 200", "block", "nomatch",                           \
        {                                                                                          \
            .proto = ICMP, .sport = (number) << 8 | 9                                              \
        }                                                                                          \
    }
    ICMP_TYPE("echorep", 0),
    ICMP_TYPE("unreach", 3),
    ICMP_TYPE("squench", 4),
    ICMP_TYPE("redir", 5),
    ICMP_TYPE("echo", 8),
    ICMP_TYPE("routerad", 9),
    ICMP_TYPE("routersol", 10),
    ICMP_TYPE("timex", 11),
    ICMP_TYPE("paramprob", 12),
    ICMP_TYPE("timest", 13),
    ICMP_TYPE("timestrep", 14),
    ICMP_TYPE("inforeq", 15),
    ICMP_TYPE("inforep", 16),
    ICMP_TYPE("maskreq", 17),
    ICMP_TYPE("maskrep", 18),
/* with */
#define WITH(word, canonical) "block in all with " word, "block in from any to any with " canonical
#define WITHOPT(word, canonical)                                                                   \
    "block in all with " word, "block in inet from any to any with " canonical
    {WITH("ipopts", "ipopts"), "block in all", "nomatch", "block"},
    {WITH("ipopt", "ipopts"), "block in all with not ipopts", "block", "nomatch",
     .hex = OPTIONS "83070401 02030400"},
    {WITH("short", "short"), "block in all with not short", "block", "nomatch",
     .hex = "4500001c 00000000 40060000 01010101 02020202 04010019 00000000"},
    {WITH("no short", "not short"), "block in all with short", "block", "nomatch"},
    {WITH("frag", "frag"),
     "block in all with not frags",
     "block",
     "nomatch",
     {.frag = 0x2000, .payload = 4}},
    {WITH("frag-body", "frag-body"),
     "block in all with frag",
     "nomatch",
     "block",
     {.frag = 0x2000, .payload = 4}},
    {WITH("bad", "bad"), "block in all with not bad", "block", "nomatch", {.flags = "SR"}},
    {WITH("lowttl", "lowttl"), "block in all with not lowttl", "block", "nomatch",
     .hex = "45000014 00000000 03000000 01010101 02020202"},
    {WITH("mcast", "mcast"), "block in all with bcast", "block", "nomatch",
     .link = FI_MULTICAST | FI_MBCAST},
    {WITH("multicast", "mcast"), "block in all with not mcast", "block", "nomatch",
     .link = FI_MULTICAST | FI_MBCAST},
    {WITH("bcast", "bcast"), "block in all with mcast", "block", "nomatch",
     .link = FI_BROADCAST | FI_MBCAST},
    {WITH("mbcast", "mbcast"), "block in all with not mbcast", "block", "nomatch",
     .link = FI_MULTICAST | FI_MBCAST},
    {WITH("oow", "oow"), "block in all with not oow", "nomatch", "block"},
    {WITH("state", "state"), "block in all with not state", "nomatch", "block"},
    {WITH("nat", "nat"), "block in all with not nat", "nomatch", "block"},
    {WITH("bad-nat", "bad-nat"), "block in all with not bad-nat", "nomatch", "block"},
    {WITH("bad-src", "bad-src"), "block in all with not bad-src", "nomatch", "block"},
    {WITH("short and frag", "short,frag"), "block in all with short", "nomatch", "block",
     .hex = "4500001c 00000000 40060000 01010101 02020202 04010019 00000000"},
    {WITHOPT("opt lsrr", "opt lsrr"), "block in all with opt ssrr", "block", "nomatch",
     .hex = OPTIONS "83070401 02030400"},
    {WITHOPT("opt lsrr,ssrr", "opt lsrr,ssrr"), "block in all with opt lsrr", "nomatch", "block",
     .hex = OPTIONS "83070401 02030400"},
    {WITHOPT("not opt lsrr", "not opt lsrr"), "block in all with opt lsrr", "nomatch", "block",
     .hex = OPTIONS "83070401 02030400"},
    {WITHOPT("opt sec-class secret", "opt sec-class secret"),
     "block in all with opt sec-class topsecret", "block", "nomatch",
     .hex = OPTIONS "82055a00 00000000"},
    {WITHOPT("opt sec", "opt sec"), "block in all with opt rr", "block", "nomatch",
     .hex = OPTIONS "82055a00 00000000"},
    {"block in inet6 all with v6hdr routing", "block in inet6 from any to any with v6hdr routing",
     "block in inet6 all with v6hdr esp", "block", "nomatch",
     .hex = "60000000 00102bff " V6 "3b000000 00000000 00000000 00000000"},
    {"block in inet6 from any to any with not v6hdrs",
     "block in inet6 from any to any with not v6hdrs", "block in inet6 all with v6hdr routing",
     "nomatch", "block", .hex = "60000000 00102bff " V6 "3b000000 00000000 00000000 00000000"},
    /* what is kept: what it does is in test_state.c */
    {"pass in all keep state", NULL, "pass in all"},
    {"pass in all keep state (limit 3)", NULL, "pass in all keep state (limit 4)"},
    {"pass in proto tcp all keep state (strict)",
     "pass in proto tcp from any to any keep state (strict)", "pass in proto tcp all keep state"},
    {"pass in proto tcp all keep state (loose)",
     "pass in proto tcp from any to any keep state (loose)", "pass in proto tcp all keep state"},
    {"pass in proto tcp all keep state (newisn)",
     "pass in proto tcp from any to any keep state (newisn)", "pass in proto tcp all keep state"},
    {"pass in all keep state (no-icmp-err)", NULL, "pass in all keep state"},
    {"pass in all keep state (sync)", NULL, "pass in all keep state"},
    {"pass in all keep state (icmp-head g)", NULL, "pass in all keep state"},
    {"pass in all keep state (max-srcs 3)", "pass in all keep state (max-nodes 3)",
     "pass in all keep state (max-srcs 4)"},
    {"pass in all keep state (max-nodes 4, max-per-src 3/24)", NULL,
     "pass in all keep state (max-nodes 4, max-per-src 3)"},
    {"pass in all keep state (age 10/20)", NULL, "pass in all keep state (age 10/30)"},
    {"pass in all keep state age 10", "pass in all keep state (age 10/10)",
     "pass in all keep state"},
    {"pass in all keep frags", NULL, "pass in all"},
    {"pass in all keep frag", "pass in all keep frags", "pass in all"},
    {"pass in all keep frags (strict)", NULL, "pass in all keep frags"},
    /* groups, tags, places */
    {"block in all head 100\npass in proto tcp all group 100",
     "block in all head 100\npass in proto tcp from any to any group 100",
     "block in all head 100\npass in proto udp all group 100", "pass", "block"},
    {"pass in proto udp all head g\nblock in all group g",
     "pass in proto udp from any to any head g\nblock in all group g",
     "pass in all head g\nblock in all group g", "nomatch", "block"},
    {"pass in all set-tag(log=33)", NULL, "pass in all"},
    {"pass out all set-tag(nat=web)", NULL, "pass out all"},
    {"pass in all match-tag(log=33)", NULL, "pass in all"},
    {"pass in all match-tag(nat=web)", NULL, "pass in all match-tag(nat=mail)"},
    {"pass in all pps 0x10", "pass in all pps 16", "pass in all"},
    {"20 block in all\n10 pass in all", NULL, "10 block in all\n20 pass in all", "block", "pass"},
    {"block in all\n@0 pass in all", "block in all\npass in all", "block in log all\npass in all",
     "block", "pass"},
    /* the text itself */
    {"a = \"127.0.0.1\"; block in from $a to any", "block in inet from 127.0.0.1/32 to any",
     "a = \"127.0.0.2\"; block in from $a to any", "block", "nomatch"},
    {"a=\"any port = 22\";\nblock in proto tcp from any to ${a}",
     "block in proto tcp from any to any port = 22",
     "a=\"any port = 23\";\nblock in proto tcp from any to ${a}", "block", "nomatch"},
    {"block in \\\n proto udp \\\n all", "block in proto udp from any to any", "block in all",
     "nomatch", "block"},
    {"pass in all # block in all", "pass in all", "pass in all\nblock in all", "pass", "block"},
    {"block in all; pass in all;", "block in all\npass in all", "block in all;", "pass", "block"},
};

typedef struct printed {
    char text[4096];
    size_t length;
} printed_t;

static int print(void *arg, const frentry_t *fr)
{
    printed_t *printed = arg;
    if (printed->length > 0)
        printed->text[printed->length++] = '\n';
    printed->length += (size_t)ipf_rule_format(fr, IPF_TEXT_FAMILY, printed->text + printed->length,
                                               sizeof(printed->text) - printed->length);
    return 0;
}

static printed_t print_all(const char *rules)
{
    printed_t printed = {.length = 0};
    ipf_intercept_t intercept;
    ipf_error_t error;
    if (ipf_parse(rules, strlen(rules), 0, print, &printed, &intercept, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    return printed;
}

static mblk_t *make(const row_t *row)
{
    if (row->hex == NULL)
        return packet_make(&row->packet);
    mblk_t *m = allocb(strlen(row->hex) / 2 + 1);
    const char *hex = row->hex;
    for (unsigned byte; sscanf(hex, " %2x", &byte) == 1; hex += 2) {
        hex += strspn(hex, " ");
        *m->b_wptr++ = (uint8_t)byte;
    }
    return m;
}

static void check_verdict(const row_t *row, const char *rules, const char *verdict)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = row->link};
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    mblk_t *m = make(row);
    const char *got = fr_verdict(ifs, &qpi, row->out, m);
    if (strcmp(got, verdict) != 0)
        fail_msg("'%s': %s, not %s", rules, got, verdict);
    freemsg(m);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

static void each_keyword_says_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const row_t *row = &rows[i];
        printed_t with = print_all(row->with), without = print_all(row->without);
        printed_t again = print_all(with.text);
        assert_string_equal(with.text, row->canonical != NULL ? row->canonical : row->with);
        assert_string_equal(again.text, with.text);
        assert_string_not_equal(with.text, without.text);
        if (row->verdict == NULL)
            continue;
        check_verdict(row, row->with, row->verdict);
        check_verdict(row, row->without, row->verdict_without);
    }
}

/* ---- in-via and out-via: where the packets of a known connection are seen the other way ---- */

/* The verdict on a packet that `rules` let through one way, the other way, on `other`. */
static const char *other_way(const char *rules, bool out, const char *other)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    const packet_t packet = {.proto = UDP, .dst = "10.0.0.1"};
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    mblk_t *m = packet_make(&packet);
    const char *verdict = fr_verdict(ifs, &qpi, out, m);
    assert_string_equal(verdict, "pass");
    freemsg(m);
    qpi.qpi_ifname = other;
    m = packet_make(&packet);
    verdict = fr_verdict(ifs, &qpi, !out, m);
    freemsg(m);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
    return verdict;
}

static void a_known_packet_is_seen_the_other_way_where_the_rule_says(void **state)
{
    static const struct {
        const char *rules;
        bool out;
        const char *other, *verdict;
    } table[] = {
        {"pass out on lo0 proto udp all keep state", true, "bge0", "pass"},
        {"pass out on lo0 in-via bge0 proto udp all keep state", true, "bge0", "pass"},
        {"pass out on lo0 in-via bge1 proto udp all keep state", true, "bge0", "nomatch"},
        {"pass in on lo0 proto udp all keep state", false, "bge0", "pass"},
        {"pass in on lo0 out-via bge0 proto udp all keep state", false, "bge0", "pass"},
        {"pass in on lo0 out-via bge1 proto udp all keep state", false, "bge0", "nomatch"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        const char *got = other_way(table[i].rules, table[i].out, table[i].other);
        if (strcmp(got, table[i].verdict) != 0)
            fail_msg("'%s', the packet on %s: %s, not %s", table[i].rules, table[i].other, got,
                     table[i].verdict);
    }
}

/* ---- no-icmp-err ---- */

/* port-unr, for the UDP packet from 127.0.0.1.33001 to 10.0.0.1.22 */
#define UNREACH                                                                                    \
    "45000038 00000000 40010000 0a000001 7f000001 03036dc5 00000000 "                              \
    "4500001c 00000000 40110000 7f000001 0a000001 80e90016 00080000"

static void an_icmp_error_for_a_connection_passes_unless_the_rule_says_no(void **state)
{
    static const struct {
        const char *rules, *verdict;
    } table[] = {
        {"pass out proto udp all keep state\nblock in all", "pass"},
        {"pass out proto udp all keep state (no-icmp-err)\nblock in all", "block"},
        {"pass out proto udp all\nblock in all", "block"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        const row_t error_row = {.hex = UNREACH};
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, table[i].rules, strlen(table[i].rules), 0, &error), 0);
        mblk_t *m = packet_make(&(packet_t){.proto = UDP, .dst = "10.0.0.1"});
        fr_verdict(ifs, &qpi, true, m);
        freemsg(m);
        m = make(&error_row);
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), table[i].verdict);
        freemsg(m);
        ipf_destroy(ifs);
        assert_int_equal(mblk_in_use(), 0);
    }
}

/* ---- ipfstat's form of the same rules ---- */

static void ipfstat_prints_services_and_leaves_the_family_out(void **state)
{
    static const struct {
        const char *rule, *text;
    } table[] = {
        {"block return-rst in quick on lo0 proto tcp from any to any port = 22",
         "block return-rst in quick on lo0 proto tcp from any to any port = ssh"},
        {"pass in inet proto udp from 10.0.0.1 to any port = 53",
         "pass in proto udp from 10.0.0.1/32 to any port = domain"},
        {"pass in proto tcp/udp from any to any port = 53",
         "pass in proto tcp/udp from any to any port = domain"},
        {"pass in proto tcp from any port 22 >< 25 to any port 22:25",
         "pass in proto tcp from any port 22 >< 25 to any port 22:25"},
        {"block return-icmp(cutoff-preced) in all", "block return-icmp(preced-cutoff) in all"},
        {"block return-icmp(0) in all", "block return-icmp in all"},
        {"pass in proto tcp all flags S", "pass in proto tcp from any to any flags S/FSRPAU"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        char text[IPF_RULE_TEXT_MAX];
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, table[i].rule, strlen(table[i].rule), 0, &error), 0);
        ipf_rule_format(ifs->ifs_rules.frs_list[0].frl_head, IPF_TEXT_SERVICES, text, sizeof(text));
        assert_string_equal(text, table[i].text);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_keyword_says_something),
        cmocka_unit_test(a_known_packet_is_seen_the_other_way_where_the_rule_says),
        cmocka_unit_test(an_icmp_error_for_a_connection_passes_unless_the_rule_says_no),
        cmocka_unit_test(ipfstat_prints_services_and_leaves_the_family_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
