/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf's language: what it means, shown by the canonical text. What is refused:
 * test_parse_refused.c.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int load(ipf_stack_t *ifs, const char *text, ipf_error_t *error)
{
    return ipf_load(ifs, text, strlen(text), NULL, error);
}

/* The canonical text of all rules, first the out list as in ipfstat, a line for each. */
static const char *listing(const ipf_stack_t *ifs)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (int list = 1; list >= 0; list--) {
        for (const frentry_t *fr = ifs->ifs_rules.frs_list[list].frl_head; fr != NULL;
             fr = fr->fr_next) {
            if (at > 0)
                text[at++] = '\n';
            at += (size_t)ipf_rule_text(fr, text + at, sizeof(text) - at);
        }
    }
    return text;
}

typedef struct accepted {
    const char *text;
    const char *canonical; /* NULL: the same */
} accepted_t;

static const accepted_t accepted[] = {
    {"", NULL},
    {"\n \t\r\n# nothing\n", ""},
    {"block in all", NULL},
    {"pass out all", NULL},
    {"block in", "block in all"},
    {"block in all;", "block in all"},
    {"block in all; pass out all", "pass out all\nblock in all"},
    {"block in all # why not", "block in all"},
    {"block in from any to any", NULL},
    {"block in from any", "block in from any to any"},
    {"block in to 10.0.0.1", "block in from any to 10.0.0.1/32"},
    {"block return-rst in on lo0 proto tcp from any to any port = 22", NULL},
    {"block return-rst in on lo0 proto tcp from any to any port = ssh",
     "block return-rst in on lo0 proto tcp from any to any port = 22"},
    {"block return-rst in on lo0 proto tcp \\\n from any to \\\r\n any port = telnet",
     "block return-rst in on lo0 proto tcp from any to any port = 23"},
    {"block \\ in\\\ton lo0 from 10.0.0.1\\ to any", "block in on lo0 from 10.0.0.1/32 to any"},
    {"block in \\ \t\n \\\t\r\nall", "block in all"},
    {"block return-rst in proto udp all", "block return-rst in proto udp from any to any"},
    {"block return-rst out all", NULL},
    {"block in log quick on lo0 all", NULL},
    {"block in on lo0 quick log all", "block in log quick on lo0 all"},
    {"pass in proto 6 all", "pass in proto tcp from any to any"},
    {"pass in proto 0x11 all", "pass in proto udp from any to any"},
    {"pass in proto 200 all", "pass in proto 200 from any to any"},
    {"pass in proto icmp all", "pass in proto icmp from any to any"},
    {"pass in proto tcp/udp from any to any port = domain",
     "pass in proto tcp/udp from any to any port = 53"},
    {"pass in proto tcp-udp all", "pass in proto tcp/udp from any to any"},
    {"pass in from 127.0.0.1 to localhost", "pass in from 127.0.0.1/32 to 127.0.0.1/32"},
    {"pass in from localhost/8", "pass in from 127.0.0.0/8 to any"},
    {"pass in from !10.1.2.3/8 to ! any", "pass in from !10.0.0.0/8 to !any"},
    {"pass in from 128.16/16 to 0/0", "pass in from 128.16.0.0/16 to any"},
    {"pass in from 10/8 to 10.1.2/24", "pass in from 10.0.0.0/8 to 10.1.2.0/24"},
    {"pass in from 10.1.2.3/255.255.0.0", "pass in from 10.1.0.0/16 to any"},
    {"pass in from 10.1.2.3 mask 255.255.255.0", "pass in from 10.1.2.0/24 to any"},
    {"pass in from 10.1.2.3 mask 0xffff0000", "pass in from 10.1.0.0/16 to any"},
    {"pass in from 10.1.2.3/0XFF0000FF", "pass in from 10.0.0.3/255.0.0.255 to any"},
    {"pass in from 10.1.2.3/32", "pass in from 10.1.2.3/32 to any"},
    {"pass in from 255.255.255.255 to 0.0.0.0", "pass in from 255.255.255.255/32 to 0.0.0.0/32"},
    {"pass in proto tcp from any port=1 to any port!=2",
     "pass in proto tcp from any port = 1 to any port != 2"},
    {"pass in proto tcp from port < 3 to port <= 4",
     "pass in proto tcp from any port < 3 to any port <= 4"},
    {"pass in proto tcp from port > 5 to port >= 65535",
     "pass in proto tcp from any port > 5 to any port >= 65535"},
    {"pass in proto tcp from port eq 1 to port ne 2",
     "pass in proto tcp from any port = 1 to any port != 2"},
    {"pass in proto tcp from port lt 1 to port le 2",
     "pass in proto tcp from any port < 1 to any port <= 2"},
    {"pass in proto tcp from port gt 1 to port ge 2",
     "pass in proto tcp from any port > 1 to any port >= 2"},
    {"pass in proto udp from any port 1 <> 2 to any port 3><4",
     "pass in proto udp from any port 1 <> 2 to any port 3 >< 4"},
    {"pass in proto udp from any port 10:20 to any port ntp : snmp",
     "pass in proto udp from any port 10:20 to any port 123:161"},
    {"pass in proto tcp all flags S", "pass in proto tcp from any to any flags S/FSRPAU"},
    {"pass in proto tcp all flags S/SA", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp all flags /SA", "pass in proto tcp from any to any flags /SA"},
    {"pass in proto tcp all flags AUPRSFEC/FSRPAUECW",
     "pass in proto tcp from any to any flags FSRPAUEC/FSRPAUEC"},
    {"pass in proto tcp all flags 0x02/18", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp all flags S / SA;", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp flags S", "pass in proto tcp from any to any flags S/FSRPAU"},
    {"pass in on e1000g0 all\npass out on net_1.2-x all", "pass out on net_1.2-x all\n"
                                                          "pass in on e1000g0 all"},
    /* words of the language in capitals, as IP Filter reads them; names stay as they are */
    {"PASS IN LOG BODY QUICK ON LO0 INET PROTO TCP FROM ANY TO 10.0.0.1 PORT EQ 22 FLAGS S KEEP "
     "STATE",
     "pass in log body quick on LO0 proto tcp from any to 10.0.0.1/32 port = 22 flags S/FSRPAU "
     "keep "
     "state"},
    {"Block Return-ICMP(Port-Unr) In Proto Udp All Head Abc",
     "block return-icmp(port-unr) in proto udp from any to any head Abc"},
    {"log LEVEL Auth.Info in all With NOT Ipopts, Opt NOP",
     "log level auth.info in inet from any to any with opt nop not ipopts"},
    {"pass in on lo0 to bge0 all with opt nop",
     "pass in on lo0 to bge0 inet from any to any with opt nop"},
    {"pass in from LocalHost to any", "pass in from 127.0.0.1/32 to any"},
    {"set intercept_loopback true;\nblock in all", "block in all"},
    {"set intercept_loopback false; block in all", "block in all"},
};

static void each_rule_has_its_canonical_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        const accepted_t *row = &accepted[i];
        const char *want = row->canonical != NULL ? row->canonical : row->text;
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error = {0};
        char text[4096];
        if (load(ifs, row->text, &error) != 0)
            fail_msg("'%s': %d:%d: %s", row->text, error.line, error.column, error.message);
        snprintf(text, sizeof(text), "%s", listing(ifs));
        assert_string_equal(text, want);
        /* The canonical text means the same. */
        assert_int_equal(load(ifs, text, &error), 0);
        assert_string_equal(listing(ifs), want);
        ipf_destroy(ifs);
    }
}

/* The whole language, as `ipf` prints it. */
static const accepted_t language[] = {
    {"log in all", NULL},
    {"log body first or-block level local0.warn in all", NULL},
    {"count in from any to any", NULL},
    {"auth return-rst in all", NULL},
    {"preauth out all", NULL},
    {"skip 3 in all", NULL},
    {"call now fr_srcgrpmap/1 in all", NULL},
    {"100 block in all", NULL},
    {"@1 block in all", "block in all"},
    {"block return-icmp(port-unr) in all", NULL},
    {"block return-icmp-as-dest(3) in all", "block return-icmp-as-dest(port-unr) in all"},
    {"block return-icmp(200) in all", NULL},
    {"block return-icmp(0) in all", "block return-icmp in all"},
    {"block in log level auth.info all", NULL},
    {"block in log level info all", "block in log level local0.info all"},
    {"pass in on lo0,bge0 out-via bge1,bge2 all", NULL},
    {"pass out on lo0 in-via bge1 all", NULL},
    {"pass in dup-to bge0:10.0.0.1 to bge1 reply-to bge2:10.0.0.2 fastroute all",
     "pass in to bge1 dup-to bge0:10.0.0.1 reply-to bge2:10.0.0.2 fastroute inet all"},
    {"pass in route-to bge1:10.0.0.1 all", "pass in to bge1:10.0.0.1 inet all"},
    {"pass in inet all", NULL},
    {"pass in family inet6 all", "pass in inet6 all"},
    {"pass in tos 0x10 ttl 3 proto tcp all", "pass in tos 0x10 ttl 3 proto tcp from any to any"},
    {"pass in ttl (1,2) all", "pass in ttl 1 from any to any\npass in ttl 2 from any to any"},
    {"pass in from ::1 to 2001:db8::/32", "pass in inet6 from ::1/128 to 2001:db8::/32"},
    {"pass in from !2001:db8:1::2/ffff:: to any", "pass in inet6 from !2001::/16 to any"},
    {"pass in from any to {10.0.0.1, 10.0.0.2/8}",
     "pass in inet from any to 10.0.0.1/32\npass in inet from any to 10.0.0.0/8"},
    {"pass in proto tcp from {1.1.1.1,2.2.2.2} to any port = (22,23)",
     "pass in inet proto tcp from 1.1.1.1/32 to any port = 22\n"
     "pass in inet proto tcp from 2.2.2.2/32 to any port = 22\n"
     "pass in inet proto tcp from 1.1.1.1/32 to any port = 23\n"
     "pass in inet proto tcp from 2.2.2.2/32 to any port = 23"},
    {"pass in from lo0/32 to bge0/network", "pass in inet from lo0/32 to bge0/net"},
    {"pass in to 10.0.0.1", "pass in inet from any to 10.0.0.1/32"},
    {"pass in proto icmp all icmp-type {echo,3} code port-unr",
     "pass in inet proto icmp from any to any icmp-type echo code 3\n"
     "pass in inet proto icmp from any to any icmp-type unreach code 3"},
    {"pass in inet6 proto ipv6-icmp all icmp-type toobig",
     "pass in inet6 proto ipv6-icmp from any to any icmp-type toobig"},
    {"block in all with short and not frags, bad",
     "block in from any to any with short,not frag,bad"},
    {"block in all with opt lsrr,ssrr not opt ts",
     "block in inet from any to any with opt lsrr,ssrr not opt ts"},
    {"block in all with opt rr,sec-class topsecret,secret",
     "block in inet from any to any with opt rr,sec-class topsecret,secret"},
    {"block in inet6 all with v6hdr routing,frag not v6hdrs",
     "block in inet6 from any to any with v6hdr routing,frag not v6hdrs"},
    {"block in all with mcast bcast mbcast state oow lowttl nat bad-nat bad-src frag-body ipopts",
     "block in from any to any with "
     "ipopts,frag-body,nat,lowttl,bad-src,bad-nat,oow,mbcast,bcast,mcast,state"},
    {"pass in proto tcp all keep state(limit 3,max-srcs 4,max-per-src 5/24,strict,newisn,icmp-head "
     "g,no-log)",
     "pass in proto tcp from any to any keep state (limit 3,max-nodes 4, max-per-src "
     "5/24,strict,newisn,icmp-head g,nolog)"},
    {"pass in all keep state keep frag (strict)", "pass in all keep state keep frags (strict)"},
    {"pass in all keep state age 10/20", "pass in all keep state (age 10/20)"},
    {"pass in all head 100\npass in all group 100", NULL},
    {"pass in all head one group two", NULL},
    {"pass in all set-tag(log=33) match-tag(nat=y) pps 7 comment \"why not\"", NULL},
    {"pass out all set-tag(log=33, nat=x)", NULL},
    {"net = \"10.0.0.0/8\"; pass in from $net to ${net}",
     "pass in inet from 10.0.0.0/8 to 10.0.0.0/8"},
    {"a = \"10.0.0.0\"; b = \"from $a/8 to ::1\"; c = $b; pass in from $a/8",
     "pass in inet from 10.0.0.0/8 to any"},
    {"a = \"proto tcp\"; b = $a; pass in $b all", "pass in proto tcp from any to any"},
    {"pass in from 1\\\n0.\\\n0.0.1 to any", "pass in inet from 10.0.0.1/32 to any"},
    {"pa\\ss in all", "pass in all"},
};

typedef struct printed {
    char text[8192];
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

static void the_whole_language_has_its_canonical_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(language) / sizeof(language[0]); i++) {
        const accepted_t *row = &language[i];
        const char *want = row->canonical != NULL ? row->canonical : row->text;
        ipf_intercept_t intercept;
        ipf_error_t error = {0};
        printed_t printed = {.length = 0}, again = {.length = 0};
        if (ipf_parse(row->text, strlen(row->text), 0, print, &printed, &intercept, &error) != 0)
            fail_msg("'%s': %d:%d: %s", row->text, error.line, error.column, error.message);
        assert_string_equal(printed.text, want);
        assert_int_equal(ipf_parse(want, strlen(want), 0, print, &again, &intercept, &error), 0);
        assert_string_equal(again.text, want);
    }
}

/* A host runs the rules of a file in their order; a collection number and @N change it. */
static void rules_stand_where_their_numbers_say(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(load(ifs,
                          "20 block in all\n10 pass in on a all\n10 pass in on b all\n"
                          "pass in on c all\n@1 pass in on d all",
                          NULL),
                     0);
    assert_string_equal(listing(ifs), "pass in on c all\npass in on d all\n10 pass in on a all\n"
                                      "10 pass in on b all\n20 block in all");
    ipf_destroy(ifs);
}

static void a_bad_text_changes_nothing(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    ipf_intercept_t intercept = IPF_INTERCEPT_UNSET;

    assert_int_equal(load(ifs, "block in on lo0 all\npass out on lo0 all", NULL), 0);
    ifs->ifs_rules.frs_list[0].frl_head->fr_hits = 3;
    const char bad[] = "set intercept_loopback true;\npass in all\npass in banana";
    assert_int_equal(ipf_load(ifs, bad, strlen(bad), &intercept, &error), EINVAL);
    assert_int_equal(error.line, 3);
    assert_int_equal(intercept, IPF_INTERCEPT_UNSET);
    assert_string_equal(listing(ifs), "pass out on lo0 all\nblock in on lo0 all");
    assert_int_equal(ifs->ifs_rules.frs_list[0].frl_head->fr_hits, 3);
    assert_true(ipf_covers_interface(ifs, "lo0"));
    assert_false(ipf_covers_interface(ifs, "lo"));

    assert_int_equal(load(ifs, "block in on bge0 all\npass out all", NULL), 0);
    assert_int_equal(ifs->ifs_rules.frs_list[0].frl_head->fr_hits, 0);
    assert_true(ipf_covers_interface(ifs, "lo0"));
    assert_int_equal(load(ifs, "", NULL), 0);
    assert_string_equal(listing(ifs), "");
    ipf_destroy(ifs);
}

/* What lies after a text does not count, whatever it would make of the text's end. */
static void a_text_ends_where_its_length_says(void **state)
{
    static const struct {
        const char *text; /* up to the `|` */
        bool good;
    } rows[] = {
        {"block in all|x", true},
        {"block in al|l", false},
        {"block in all \\|\t", false},
        {"block in all \\|\nblock", false},
        {"block in proto udp from any to any port <|= 5", false},
        {"block in proto udp from any to any port !|= 5", false},
        {"block in all|\nbad", true},
        {"block in all\r|\nbad", false},
        {"block in all # x|\nbad", true},
        {"block in proto tcp all flags S|/SX", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[100];
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error;
        size_t length = strcspn(rows[i].text, "|");
        snprintf(text, sizeof(text), "%.*s%s", (int)length, rows[i].text,
                 rows[i].text + length + 1);
        int result = ipf_load(ifs, text, length, NULL, &error);
        if ((result == 0) != rows[i].good)
            fail_msg("%s: %d", rows[i].text, result);
        ipf_destroy(ifs);
    }
}

static void what_set_says_is_left_to_the_caller(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ipf_intercept_t intercept;
    } rows[] = {{"block in all", IPF_INTERCEPT_UNSET},
                {"set intercept_loopback true;", IPF_INTERCEPT_TRUE},
                {"set intercept_loopback false;\npass in all", IPF_INTERCEPT_FALSE}};
    ipf_stack_t *ifs = ipf_create();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_intercept_t intercept = IPF_INTERCEPT_FALSE;
        assert_int_equal(ipf_load(ifs, rows[i].text, strlen(rows[i].text), &intercept, NULL), 0);
        assert_int_equal(intercept, rows[i].intercept);
    }
    ipf_destroy(ifs);
}

static void note(void *arg, int line, int column, const char *message)
{
    snprintf(arg, 100, "%d:%d: %s", line, column, message);
}

static void a_rule_said_twice_is_kept_once_counted_and_told(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    char noted[100] = "";

    ipf_set_note(ifs, note, noted);

    assert_int_equal(load(ifs,
                          "block in proto tcp all\nblock  in proto 6 from any to any\n"
                          "block out proto tcp all\nblock in quick proto tcp all",
                          NULL),
                     0);
    assert_string_equal(listing(ifs), "block out proto tcp from any to any\n"
                                      "block in proto tcp from any to any\n"
                                      "block in quick proto tcp from any to any");
    assert_int_equal(ipf_duplicates(ifs), 1);
    assert_string_equal(noted, "2:1: this rule is there already, in line 1: left out");
    assert_int_equal(load(ifs, "block in all", NULL), 0);
    assert_int_equal(ipf_duplicates(ifs), 0);
    ipf_destroy(ifs);
}

static void a_text_is_cut_to_its_buffer_and_its_length_told(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    char text[8];

    assert_int_equal(load(ifs, "block in on lo0 all", NULL), 0);
    const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head;
    assert_int_equal(ipf_rule_text(fr, text, sizeof(text)), 19);
    assert_string_equal(text, "block i");
    assert_int_equal(ipf_rule_text(fr, NULL, 0), 19);
    ipf_destroy(ifs);
}

static void ten_thousand_rules_load(void **state)
{
    (void)state;
    enum { RULES = 10000 };
    ipf_stack_t *ifs = ipf_create();
    char *text = malloc(RULES * 80);
    size_t at = 0;

    for (int i = 0; i < RULES; i++)
        at += (size_t)sprintf(text + at, "pass in quick on lo0 proto tcp from 10.0.%d.%d to any\n",
                              i / 256, i % 256);
    assert_int_equal(ipf_load(ifs, text, at, NULL, NULL), 0);
    assert_int_equal(ifs->ifs_rules.frs_count, RULES);
    assert_int_equal(ipf_duplicates(ifs), 0);
    free(text);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_canonical_text),
        cmocka_unit_test(the_whole_language_has_its_canonical_text),
        cmocka_unit_test(rules_stand_where_their_numbers_say),
        cmocka_unit_test(a_bad_text_changes_nothing),
        cmocka_unit_test(a_text_ends_where_its_length_says),
        cmocka_unit_test(what_set_says_is_left_to_the_caller),
        cmocka_unit_test(a_rule_said_twice_is_kept_once_counted_and_told),
        cmocka_unit_test(a_text_is_cut_to_its_buffer_and_its_length_told),
        cmocka_unit_test(ten_thousand_rules_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
