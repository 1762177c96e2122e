/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each name of the language and its number: rules with either are the same, are printed with the
 * name, and match a packet that has the number and no other.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct word {
    const char *name;
    unsigned number;
    const char *printed; /* NULL: the name */
} word_t;

static const char *printed_as(const word_t *word)
{
    return word->printed != NULL ? word->printed : word->name;
}

/* `format` has a place for the word or the number. */
static ipf_stack_t *filter_with(const char *format, const char *word)
{
    char rules[200];
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    snprintf(rules, sizeof(rules), "block in %s%s\n", format, word);
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    return ifs;
}

static const frentry_t *rule_of(const ipf_stack_t *ifs)
{
    return ifs->ifs_rules.frs_list[0].frl_head;
}

static bool is_blocked(ipf_stack_t *ifs, const uint8_t *bytes, size_t length)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    mblk_t *m = allocb(length);
    memcpy(m->b_wptr, bytes, length);
    m->b_wptr += length;
    bool blocked = strcmp(fr_verdict(ifs, &qpi, false, m), "block") == 0;
    freemsg(m);
    assert_int_equal(mblk_in_use(), 0);
    return blocked;
}

/* The rule `block in BEFORE WORD AFTER` has `text` in its canonical text. */
static void check_printed(const ipf_stack_t *ifs, const char *text)
{
    char rule[IPF_RULE_TEXT_MAX];
    ipf_rule_format(rule_of(ifs), IPF_TEXT_FAMILY, rule, sizeof(rule));
    if (strstr(rule, text) == NULL)
        fail_msg("expected '%s' in '%s'", text, rule);
}

/* A rule by its word, and the same by its number: both match just the packet of that number.
 * `at` is the number's place in bytes[length]. */
static void check_word(const word_t *word, const char *clause, bool by_number, uint8_t *bytes,
                       size_t length, size_t at)
{
    char text[100], number[12];
    for (int i = 0; i <= by_number; i++) {
        snprintf(number, sizeof(number), "%u", word->number);
        ipf_stack_t *ifs = filter_with(clause, i == 0 ? word->name : number);
        snprintf(text, sizeof(text), "%s ", printed_as(word));
        text[strlen(text) - 1] = '\0';
        check_printed(ifs, text);
        bytes[at] = (uint8_t)word->number;
        if (!is_blocked(ifs, bytes, length))
            fail_msg("'%s%s' does not match %u", clause, i == 0 ? word->name : number,
                     word->number);
        bytes[at] = (uint8_t)(word->number ^ 0x40); /* what no name of these tables has */
        if (is_blocked(ifs, bytes, length))
            fail_msg("'%s%s' matches %u", clause, i == 0 ? word->name : number, bytes[at]);
        ipf_destroy(ifs);
    }
}

static void protocols(void **state)
{
    static const word_t words[] = {
        {"ip", 0, NULL},
        {"hopopt", 0, "ip"},
        {"icmp", 1, NULL},
        {"igmp", 2, NULL},
        {"ggp", 3, NULL},
        {"ipip", 4, NULL},
        {"ipencap", 4, "ipip"},
        {"st", 5, NULL},
        {"tcp", 6, NULL},
        {"egp", 8, NULL},
        {"igp", 9, NULL},
        {"pup", 12, NULL},
        {"udp", 17, NULL},
        {"hmp", 20, NULL},
        {"xns-idp", 22, NULL},
        {"rdp", 27, NULL},
        {"iso-tp4", 29, NULL},
        {"dccp", 33, NULL},
        {"xtp", 36, NULL},
        {"ddp", 37, NULL},
        {"idpr-cmtp", 38, NULL},
        {"ipv6", 41, NULL},
        {"ipv6-route", 43, NULL},
        {"ipv6-frag", 44, NULL},
        {"idrp", 45, NULL},
        {"rsvp", 46, NULL},
        {"gre", 47, NULL},
        {"esp", 50, NULL},
        {"ah", 51, NULL},
        {"ipv6-icmp", 58, NULL},
        {"icmpv6", 58, "ipv6-icmp"},
        {"ipv6-nonxt", 59, NULL},
        {"ipv6-opts", 60, NULL},
        {"rspf", 73, NULL},
        {"vmtp", 81, NULL},
        {"eigrp", 88, NULL},
        {"ospf", 89, NULL},
        {"ax.25", 93, NULL},
        {"etherip", 97, NULL},
        {"encap", 98, NULL},
        {"pim", 103, NULL},
        {"ipcomp", 108, NULL},
        {"vrrp", 112, NULL},
        {"l2tp", 115, NULL},
        {"isis", 124, NULL},
        {"sctp", 132, NULL},
        {"fc", 133, NULL},
        {"mobility-header", 135, NULL},
        {"udplite", 136, NULL},
        {"mpls-in-ip", 137, NULL},
        {"manet", 138, NULL},
        {"hip", 139, NULL},
        {"shim6", 140, NULL},
        {"wesp", 141, NULL},
        {"rohc", 142, NULL},
        {"skip", 57, NULL},
        {"ethernet", 143, NULL},
        {"TCP", 6, "tcp"},
        {"Tcp", 6, "tcp"},
        {"IP-ENCAP", 4, "ipip"},
        {"IPSEC-ESP", 50, "esp"},
        {"ipsec-ah", 51, "ah"},
        {"CPHB", 73, "rspf"},
        {"IPv6-ICMP", 58, "ipv6-icmp"},
        {"OSPFIGP", 89, "ospf"},
    };
    uint8_t bytes[48] = {0x45, 0, 0, 48, 0, 0, 0, 0, 64, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    (void)state;
    bytes[32] = 0x50; /* TCP's header length */
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        check_word(&words[i], "proto ", true, bytes, sizeof(bytes), 9);
}

static void icmp_types_of_ipv4(void **state)
{
    static const word_t words[] = {
        {"echorep", 0, NULL},
        {"unreach", 3, NULL},
        {"squench", 4, NULL},
        {"redir", 5, NULL},
        {"echo", 8, NULL},
        {"routerad", 9, NULL},
        {"routeradvert", 9, "routerad"},
        {"routersol", 10, NULL},
        {"routersolcit", 10, "routersol"},
        {"timex", 11, NULL},
        {"paramprob", 12, NULL},
        {"timest", 13, NULL},
        {"timestrep", 14, NULL},
        {"inforeq", 15, NULL},
        {"inforep", 16, NULL},
        {"maskreq", 17, NULL},
        {"maskrep", 18, NULL},
    };
    uint8_t bytes[48] = {0x45, 0, 0, 48, 0, 0, 0, 0, 64, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        check_word(&words[i], "proto icmp all icmp-type ", true, bytes, sizeof(bytes), 20);
}

static void icmp_types_of_ipv6(void **state)
{
    static const word_t words[] = {
        {"unreach", 1, NULL},
        {"toobig", 2, NULL},
        {"timex", 3, NULL},
        {"paramprob", 4, NULL},
        {"echo", 128, NULL},
        {"echorep", 129, NULL},
        {"listenqry", 130, NULL},
        {"memberqry", 130, "listenqry"},
        {"listenrep", 131, NULL},
        {"memberreply", 131, "listenrep"},
        {"listendone", 132, NULL},
        {"memberred", 132, "listendone"},
        {"routersol", 133, NULL},
        {"routersolcit", 133, "routersol"},
        {"routerad", 134, NULL},
        {"routeradvert", 134, "routerad"},
        {"neighborsol", 135, NULL},
        {"neighborsolicit", 135, "neighborsol"},
        {"neighadvert", 136, NULL},
        {"neighborad", 136, "neighadvert"},
        {"redir", 137, NULL},
        {"renumber", 138, NULL},
        {"fqdnquery", 139, NULL},
        {"infoqry", 139, "fqdnquery"},
        {"inforeq", 139, "fqdnquery"},
        {"whoreq", 139, "fqdnquery"},
        {"fqdnreply", 140, NULL},
        {"inforep", 140, "fqdnreply"},
        {"whorep", 140, "fqdnreply"},
    };
    uint8_t bytes[48] = {0x60, 0, 0, 0, 0, 8, 58, 64};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        check_word(&words[i], "inet6 proto ipv6-icmp all icmp-type ", true, bytes, sizeof(bytes),
                   40);
}

static void icmp_codes(void **state)
{
    static const word_t words[] = {
        {"net-unr", 0, "0"},         {"host-unr", 1, "1"},        {"proto-unr", 2, "2"},
        {"port-unr", 3, "3"},        {"needfrag", 4, "4"},        {"srcfail", 5, "5"},
        {"net-unk", 6, "6"},         {"host-unk", 7, "7"},        {"isolate", 8, "8"},
        {"net-prohib", 9, "9"},      {"host-prohib", 10, "10"},   {"net-tos", 11, "11"},
        {"host-tos", 12, "12"},      {"filter-prohib", 13, "13"}, {"host-preced", 14, "14"},
        {"cutoff-preced", 15, "15"}, {"preced-cutoff", 15, "15"},
    };
    uint8_t bytes[28] = {0x45, 0, 0, 28, 0, 0, 0, 0, 64, 1, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char rules[100], text[100];
        ipf_error_t error;
        check_word(&words[i], "proto icmp all icmp-type unreach code ", true, bytes, sizeof(bytes),
                   21);
        snprintf(rules, sizeof(rules), "block return-icmp(%s) in all", words[i].name);
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        assert_int_equal(rule_of(ifs)->fr_icode, words[i].number);
        ipf_rule_format(rule_of(ifs), IPF_TEXT_FAMILY, text, sizeof(text));
        if (words[i].number == 0)
            assert_string_equal(text, "block return-icmp in all");
        else if (words[i].number != 15)
            assert_string_equal(text, rules);
        ipf_destroy(ifs);
    }
}

/* An option of four bytes or less is passed over, as in fil.c; so `nop` is no packet's. */
static void ip_options(void **state)
{
    static const word_t words[] = {
        {"rr", 7, NULL},      {"zsu", 10, NULL},    {"mtup", 11, NULL},   {"mtur", 12, NULL},
        {"encode", 15, NULL}, {"ts", 68, NULL},     {"tr", 82, NULL},     {"sec", 130, NULL},
        {"lsrr", 131, NULL},  {"e-sec", 133, NULL}, {"cipso", 134, NULL}, {"satid", 136, NULL},
        {"ssrr", 137, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint8_t bytes[28] = {0x47, 0, 0, 28, 0, 0, 0, 0, 64, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 0, 8};
        check_word(&words[i], "all with opt ", false, bytes, sizeof(bytes), 20);
    }
}

static void security_classes(void **state)
{
    static const word_t words[] = {
        {"reserv-4", 0x01, NULL}, {"topsecret", 0x3d, NULL}, {"secret", 0x5a, NULL},
        {"reserv-3", 0x66, NULL}, {"confid", 0x96, NULL},    {"unclass", 0xab, NULL},
        {"reserv-2", 0xcc, NULL},
    };
    uint8_t bytes[28] = {0x47, 0, 0, 28, 0, 0, 0, 0, 64, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 130, 8};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        check_word(&words[i], "all with opt sec-class ", false, bytes, sizeof(bytes), 22);
}

static void extension_headers_of_ipv6(void **state)
{
    static const word_t words[] = {
        {"hopopts", 0, NULL},
        {"routing", 43, NULL},
        {"dstopts", 60, NULL},
        {"mobility", 135, NULL},
    };
    static const word_t ends[] = {{"ipv6", 0x02, NULL}, {"esp", 0x10, NULL}, {"none", 0x40, NULL}};
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        uint8_t bytes[104] = {0x60, 0, 0, 0, 0, 64, 0, 64, [40] = 17};
        check_word(&words[i], "inet6 all with v6hdr ", false, bytes, sizeof(bytes), 6);
    }
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char text[40];
        ipf_stack_t *ifs = filter_with("inet6 all with v6hdr ", ends[i].name);
        snprintf(text, sizeof(text), " with v6hdr %s", ends[i].name);
        check_printed(ifs, text);
        assert_int_equal(rule_of(ifs)->fr_optmask, ends[i].number);
        ipf_destroy(ifs);
    }
}

/* These are words of the language, and no packet is ever recorded to have what they name. */
static void what_no_packet_has(void **state)
{
    static const struct {
        const char *clause;
        uint8_t option[3]; /* of IPv4; its second byte is the length */
    } rows[] = {
        {"visa", {142}},   {"imitd", {144}},   {"eip", {145}},
        {"addext", {147}}, {"rtralrt", {148}}, {"sdb", {149}},
        {"nsapa", {150}},  {"dps", {151}},     {"ump", {152}},
        {"finn", {205}},   {"nop", {1}},       {"sec-class reserv-1", {130, 8, 0xf1}},
    };
    uint8_t fragment[48] = {0x60, 0, 0, 0, 0, 8, 44, 64, [40] = 59};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t bytes[28] = {0x47, 0, 0, 28, 0, 0, 0, 0, 64, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
        bytes[20] = rows[i].option[0];
        bytes[21] = rows[i].option[0] == 1 ? 0 : 8;
        bytes[22] = rows[i].option[2];
        ipf_stack_t *ifs = filter_with("all with opt ", rows[i].clause);
        if (is_blocked(ifs, bytes, sizeof(bytes)))
            fail_msg("a packet has %s", rows[i].clause);
        ipf_destroy(ifs);
    }
    ipf_stack_t *ifs = filter_with("inet6 all with v6hdr ", "frag");
    assert_false(is_blocked(ifs, fragment, sizeof(fragment)));
    ipf_destroy(ifs);
}

static void syslog_levels(void **state)
{
    static const word_t facilities[] = {
        {"kern", 0, NULL},     {"user", 8, NULL},     {"mail", 16, NULL},
        {"daemon", 24, NULL},  {"auth", 32, NULL},    {"security", 104, "audit"},
        {"syslog", 40, NULL},  {"lpr", 48, NULL},     {"news", 56, NULL},
        {"uucp", 64, NULL},    {"cron", 72, NULL},    {"authpriv", 80, NULL},
        {"audit", 104, NULL},  {"ftp", 88, NULL},     {"logalert", 112, NULL},
        {"local0", 128, NULL}, {"local1", 136, NULL}, {"local2", 144, NULL},
        {"local3", 152, NULL}, {"local4", 160, NULL}, {"local5", 168, NULL},
        {"local6", 176, NULL}, {"local7", 184, NULL},
    };
    static const word_t priorities[] = {
        {"emerg", 0, NULL},  {"alert", 1, NULL}, {"crit", 2, NULL},      {"err", 3, NULL},
        {"error", 3, "err"}, {"warn", 4, NULL},  {"warning", 4, "warn"}, {"notice", 5, NULL},
        {"info", 6, NULL},   {"debug", 7, NULL},
    };
    (void)state;
    for (size_t f = 0; f < sizeof(facilities) / sizeof(facilities[0]); f++) {
        for (size_t p = 0; p < sizeof(priorities) / sizeof(priorities[0]); p++) {
            char clause[60], text[60];
            const char *facility = printed_as(&facilities[f]);
            snprintf(clause, sizeof(clause), "log level %s.%s ", facilities[f].name,
                     priorities[p].name);
            snprintf(text, sizeof(text), "log level %s.%s ", facility, printed_as(&priorities[p]));
            ipf_stack_t *ifs = filter_with(clause, "all");
            check_printed(ifs, text);
            assert_int_equal(rule_of(ifs)->fr_loglevel,
                             facilities[f].number | priorities[p].number);
            ipf_destroy(ifs);
        }
    }
}

static void words_after_with(void **state)
{
    static const word_t words[] = {
        {"ipopts", FI_OPTIONS, NULL},  {"ipopt", FI_OPTIONS, "ipopts"},
        {"short", FI_SHORT, NULL},     {"frag", FI_FRAG, NULL},
        {"frags", FI_FRAG, "frag"},    {"frag-body", FI_FRAGBODY, NULL},
        {"nat", FI_NATED, NULL},       {"lowttl", FI_LOWTTL, NULL},
        {"bad", FI_BAD, NULL},         {"bad-src", FI_BADSRC, NULL},
        {"bad-nat", FI_BADNAT, NULL},  {"oow", FI_OOW, NULL},
        {"mcast", FI_MULTICAST, NULL}, {"multicast", FI_MULTICAST, "mcast"},
        {"bcast", FI_BROADCAST, NULL}, {"broadcast", FI_BROADCAST, "bcast"},
        {"mbcast", FI_MBCAST, NULL},   {"state", FI_STATE, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char text[40];
        ipf_stack_t *ifs = filter_with("all with ", words[i].name);
        snprintf(text, sizeof(text), " with %s", printed_as(&words[i]));
        check_printed(ifs, text);
        assert_int_equal(rule_of(ifs)->fr_mflx, words[i].number);
        assert_int_equal(rule_of(ifs)->fr_flx, words[i].number);
        ipf_destroy(ifs);
    }
}

static void each_reserved_word_is_found_and_none_that_is_near(void **state)
{
    static const char *const names[] = {"",      "lo0",   "a",    "zz",     "wit",
                                        "withs", "in-vi", "tcp-", "tcp/udp"};
    (void)state;
    for (size_t i = 0; ipf_reserved[i] != NULL; i++)
        assert_true(ipf_is_reserved(ipf_reserved[i], strlen(ipf_reserved[i])));
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_false(ipf_is_reserved(names[i], strlen(names[i])));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(protocols),
        cmocka_unit_test(icmp_types_of_ipv4),
        cmocka_unit_test(icmp_types_of_ipv6),
        cmocka_unit_test(icmp_codes),
        cmocka_unit_test(ip_options),
        cmocka_unit_test(security_classes),
        cmocka_unit_test(extension_headers_of_ipv6),
        cmocka_unit_test(syslog_levels),
        cmocka_unit_test(what_no_packet_has),
        cmocka_unit_test(words_after_with),
        cmocka_unit_test(each_reserved_word_is_found_and_none_that_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
