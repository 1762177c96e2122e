/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How much a classifier looks at: lists of one kind of rule each, and a packet for each rule of a
 * list. Its rule must be found. How many other rules are looked at, and how much memory it all
 * takes, is compared with what it was: a change for the better is recorded here, too.
 */
#include "filter/classify/fr_classifier.h"
#include "filter/fr_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT 200

/* The rule number i of a list, from 0, and a packet that it matches. */
typedef struct kind {
    const char *what;
    void (*write)(char *line, size_t size, int i);
    void (*match)(fr_info_t *fin, int i);
    bool ports;
    size_t looked_at; /* for COUNT packets, COUNT of them because they match */
    size_t bytes;
    size_t later; /* as looked_at, where the rules were added one by one */
} kind_t;

#define KIND(name, format, ...)                                                                    \
    static void write_##name(char *line, size_t size, int i)                                       \
    {                                                                                              \
        snprintf(line, size, format, __VA_ARGS__);                                                 \
    }                                                                                              \
    static void match_##name(fr_info_t *fin, int i)

KIND(proto, "pass in proto %d all\n", i)
{
    fin->fin_p = (uint8_t)i;
}

KIND(tos, "pass in tos %d all\n", i)
{
    fin->fin_tos = (uint8_t)i;
}

KIND(ttl, "pass in ttl %d all\n", i)
{
    fin->fin_ttl = (uint8_t)i;
}

KIND(dport, "pass in proto tcp from any to any port = %d\n", i * 7)
{
    fin->fin_dport = (uint16_t)(i * 7);
}

KIND(sport, "pass in proto tcp from any port = %d to any\n", 65535 - i)
{
    fin->fin_sport = (uint16_t)(65535 - i);
}

KIND(range, "pass in proto tcp from any to any port %d >< %d\n", 100 * i, 100 * i + 60)
{
    fin->fin_dport = (uint16_t)(100 * i + 59);
}

KIND(ranges, "pass in proto tcp from any port %d:%d to any\n", 50 * i, 50 * i + 120)
{
    fin->fin_sport = (uint16_t)(50 * i);
}

KIND(outside, "pass in proto tcp from any to any port %d <> %d\n", i + 1, 65000 + i)
{
    fin->fin_dport = (uint16_t)(i % 2 == 0 ? i : 65001 + i);
}

KIND(below, "pass in proto tcp from any to any port < %d\n", 10 * i + 1)
{
    fin->fin_dport = (uint16_t)(10 * i);
}

KIND(net, "pass in from 10.%d.0.0/%d to any\n", i, 16 + i % 8)
{
    fin->fin_src.i6[0] = 0x0a000001u + ((uint32_t)i << 16);
}

KIND(host, "pass in from any to 192.168.%d.%d\n", i % 4, i)
{
    fin->fin_dst.i6[0] = 0xc0a80000u + ((uint32_t)i % 4 << 8) + (uint32_t)i;
}

KIND(not_host, "pass in from ! 10.0.0.%d to 10.1.0.%d\n", i, i)
{
    fin->fin_dst.i6[0] = 0x0a010000u + (uint32_t)i;
}

KIND(net6, "pass in from any to 2001:db8:%x::/48\n", i)
{
    fin->fin_v = 6;
    fin->fin_dst.i6[0] = 0x20010db8;
    fin->fin_dst.i6[1] = (uint32_t)i << 16;
    fin->fin_dst.i6[3] = 1;
}

KIND(host6, "pass in from fe80::1:%x to any\n", i)
{
    fin->fin_v = 6;
    fin->fin_src.i6[0] = 0xfe800000;
    fin->fin_src.i6[3] = 0x10000u + (uint32_t)i;
}

KIND(icmp, "pass in proto icmp all icmp-type %d code %d\n", i, i % 3)
{
    fin->fin_p = 1;
    fin->fin_icmp = (uint16_t)(i << 8 | i % 3);
}

KIND(on, "pass in on if%d proto udp all\n", i)
{
    fin->fin_p = 17;
    (void)i;
}

KIND(pool, "pass in from pool = (10.%d.0.1, 10.%d.1.0/24, !10.%d.1.1) to any\n", i, i, i)
{
    fin->fin_src.i6[0] = 0x0a000000u + ((uint32_t)i << 16) + (i % 2 == 0 ? 1 : 0x102);
}

KIND(long_pool,
     "pass in from pool = (10.%d.0.1, 10.%d.0.2, 10.%d.0.4, 10.%d.0.8, 10.%d.0.16) to any\n", i, i,
     i, i, i)
{
    fin->fin_src.i6[0] = 0x0a000000u + ((uint32_t)i << 16) + (1u << i % 5);
}

/* What a pool leaves out says nothing of the packets that it has. */
KIND(pool_but,
     "pass in from pool = (!10.%d.0.3, 10.%d.0.1, !10.%d.0.2, 10.%d.1.0/24, 10.%d.2.5) to any\n", i,
     i, i, i, i)
{
    static const uint32_t of_it[] = {0x0a000001u, 0x0a000109u, 0x0a000205u};
    fin->fin_src.i6[0] = of_it[i % 3] + ((uint32_t)i << 16);
}

#define NOT(i, bit) ((i) >> (bit)&1 ? "" : "not ")

/* Each combination of eight words. */
KIND(
    with,
    "pass in all with %sfrag, %smcast, %sbcast, %smbcast, %slowttl, %sbad-src, %sshort, %sipopts\n",
    NOT(i, 0), NOT(i, 1), NOT(i, 2), NOT(i, 3), NOT(i, 4), NOT(i, 5), NOT(i, 6), NOT(i, 7))
{
    static const uint32_t bits[] = {FI_FRAG,   FI_MULTICAST, FI_BROADCAST, FI_MBCAST,
                                    FI_LOWTTL, FI_BADSRC,    FI_SHORT,     FI_OPTIONS};
    for (size_t bit = 0; bit < 8; bit++)
        fin->fin_flx |= (i >> bit & 1) != 0 ? bits[bit] : 0;
}

KIND(both, "pass in proto udp from 10.0.%d.0/24 to any port = %d\n", i / 10, i % 10)
{
    fin->fin_p = 17;
    fin->fin_src.i6[0] = 0x0a000005u + ((uint32_t)(i / 10) << 8);
    fin->fin_dport = (uint16_t)(i % 10);
}

KIND(two_nets, "pass in from 10.%d.0.0/16 to 172.16.%d.0/24\n", i % 14, i)
{
    fin->fin_src.i6[0] = 0x0a000001u + ((uint32_t)(i % 14) << 16);
    fin->fin_dst.i6[0] = 0xac100003u + ((uint32_t)i << 8);
}

KIND(not_port, "pass in proto udp from any to 10.0.0.%d port != %d\n", i / 2, i)
{
    fin->fin_p = 17;
    fin->fin_dst.i6[0] = 0x0a000000u + (uint32_t)i / 2;
    fin->fin_dport = (uint16_t)(i + 1);
}

KIND(two_ports, "pass in proto udp from any port %d:%d to any port > %d\n", i, i + 9, 60000 - i)
{
    fin->fin_p = 17;
    fin->fin_sport = (uint16_t)(i + 9);
    fin->fin_dport = (uint16_t)(60001 - i);
}

KIND(one_net, "pass in proto tcp from 10.1.0.0/16 to any port %d:%d\n", 10 * i, 10 * i + 40)
{
    fin->fin_src.i6[0] = 0x0a010203u;
    fin->fin_dport = (uint16_t)(10 * i + 40);
}

KIND(net6_deep, "pass in from 2001:db8::%x:0:0/%d to any\n", i, 96 + i % 4)
{
    fin->fin_v = 6;
    fin->fin_src.i6[0] = 0x20010db8;
    fin->fin_src.i6[2] = (uint32_t)i;
    fin->fin_src.i6[3] = 7;
}

/* Rules of several kinds, as people mix them: each fifth is of one. */
static void write_mixed(char *line, size_t size, int i)
{
    static void (*const writers[])(char *line, size_t size, int i) = {
        write_dport, write_net, write_icmp, write_host6, write_range};
    writers[i % 5](line, size, i);
}

static void match_mixed(fr_info_t *fin, int i)
{
    static void (*const matchers[])(fr_info_t * fin, int i) = {match_dport, match_net, match_icmp,
                                                               match_host6, match_range};
    matchers[i % 5](fin, i);
}

/* A list of hosts, before which some rules stand that any packet may match. */
static void write_behind(char *line, size_t size, int i)
{
    static const char *const first[] = {"pass in on lo0 all\n",
                                        "block in all with frag\n",
                                        "pass in proto tcp all flags A/A\n",
                                        "block in proto tcp/udp all\n",
                                        "block in inet6 all\n",
                                        "pass in from !10.0.0.0/8 to any\n"};
    if (i < 6)
        snprintf(line, size, "%s", first[i]);
    else
        write_host(line, size, i);
}

static void match_behind(fr_info_t *fin, int i)
{
    match_host(fin, i < 6 ? i + 6 : i);
    if (i == 4)
        *fin = (fr_info_t){.fin_v = 6, .fin_p = 6, .fin_ttl = 64};
}

#define ROW(name, ports, looked_at, bytes, later)                                                  \
    {                                                                                              \
#name, write_##name, match_##name, ports, looked_at, bytes, later                          \
    }

static const kind_t kinds[] = {
    ROW(proto, false, 200, 8560, 200),    ROW(tos, false, 200, 8560, 200),
    ROW(ttl, false, 200, 8560, 200),      ROW(dport, true, 200, 8560, 200),
    ROW(sport, true, 200, 8560, 200),     ROW(range, true, 1167, 7200, 1208),
    ROW(ranges, true, 2737, 6272, 2082),  ROW(outside, true, 31127, 16408, 31384),
    ROW(below, true, 22157, 8472, 24191), ROW(net, false, 200, 8560, 200),
    ROW(host, false, 200, 8560, 200),     ROW(not_host, false, 200, 8560, 200),
    ROW(net6, false, 200, 8560, 200),     ROW(host6, false, 200, 8560, 200),
    ROW(icmp, false, 200, 8560, 200),     ROW(on, false, 200, 8560, 200),
    ROW(pool, false, 200, 22928, 200),    ROW(long_pool, false, 200, 8560, 200),
    ROW(pool_but, false, 200, 8560, 200), ROW(with, false, 200, 8560, 200),
    ROW(both, true, 200, 8480, 200),      ROW(two_nets, false, 200, 8560, 200),
    ROW(not_port, true, 400, 11920, 400), ROW(two_ports, true, 4071, 12856, 4375),
    ROW(one_net, true, 3130, 6560, 2813), ROW(net6_deep, false, 200, 8560, 200),
    ROW(mixed, true, 570, 7696, 1479),    ROW(behind, false, 1199, 8592, 1199),
};

static const char *text_of(const kind_t *kind)
{
    static char text[COUNT * 100];
    size_t at = 0;
    for (int i = 0; i < COUNT; i++) {
        kind->write(text + at, sizeof(text) - at, i);
        at += strlen(text + at);
    }
    return text;
}

static void packet_for(const kind_t *kind, int i, fr_info_t *fin, fr_packet_key_t *key)
{
    char ifname[16];
    *fin = (fr_info_t){.fin_v = 4, .fin_p = 6, .fin_ttl = 64};
    kind->match(fin, i);
    snprintf(ifname, sizeof(ifname), "if%d", i);
    fr_key_of_packet(fin, ifname, kind->ports, key);
}

/* => Returns how many rules are looked at for the packet of rule i; its rule is one of them. */
static size_t look(const fr_list_t *list, const kind_t *kind, int i)
{
    fr_info_t fin;
    fr_packet_key_t key;
    fr_search_t search;
    size_t count = 0;
    bool found = false;
    uint32_t label = 0;
    packet_for(kind, i, &fin, &key);
    fr_search_begin(&search, list->frl_classifier, &key);
    for (const frentry_t *fr; (fr = fr_search_next(&search)) != NULL; count++) {
        assert_true(fr->fr_label > label); /* in their order, each once */
        label = fr->fr_label;
        found = found || fr->fr_line == i + 1;
    }
    if (!found && !search.fs_full)
        fail_msg("%s: rule %d is not found", kind->what, i);
    return count;
}

static size_t look_at_all(const fr_list_t *list, const kind_t *kind)
{
    size_t count = 0;
    for (int i = 0; i < COUNT; i++)
        count += look(list, kind, i);
    return count;
}

static void few_rules_are_looked_at(void **state)
{
    bool differs = false;
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error;
        const char *text = text_of(&kinds[k]);
        if (ipf_load_all(ifs, text, strlen(text), 0, &error) != 0)
            fail_msg("%s: %d:%d: %s", kinds[k].what, error.line, error.column, error.message);
        const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
        size_t looked_at = look_at_all(list, &kinds[k]);
        size_t bytes = fr_classifier_size(list->frl_classifier);
        bool same =
            looked_at == kinds[k].looked_at && (bytes == kinds[k].bytes || sizeof(void *) != 8);
        if (!same)
            print_error("    ROW(%s, %s, %zu, %zu),\n", kinds[k].what,
                        kinds[k].ports ? "true" : "false", looked_at, bytes);
        differs = differs || !same;
        ipf_destroy(ifs);
    }
    assert_false(differs);
}

/* Rules that are added one by one are found as well; the tree may be another one. */
static void rules_that_come_later_are_found(void **state)
{
    bool differs = false;
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error;
        char lines[COUNT + 1] = "", line[200];
        for (int i = 0; i < COUNT; i++) {
            char text[sizeof(lines) + sizeof(line)];
            kinds[k].write(line, sizeof(line), i);
            snprintf(text, sizeof(text), "%s%s", lines, line);
            assert_int_equal(ipf_add(ifs, text, strlen(text), &error), 0);
            strcat(lines, "\n"); /* so that each has its line */
        }
        const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
        size_t looked_at = look_at_all(list, &kinds[k]);
        if (looked_at != kinds[k].later)
            print_error("%s: %zu, not %zu\n", kinds[k].what, looked_at, kinds[k].later);
        differs = differs || looked_at != kinds[k].later;
        ipf_destroy(ifs);
    }
    assert_false(differs);
}

/* Each before all others: the numbers by which rules are in order are given anew again and again.
 */
static void rules_that_come_first_are_found(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error;
        char lines[COUNT + 1] = "", line[200];
        for (int i = 0; i < COUNT; i++) {
            char text[sizeof(lines) + sizeof(line) + 3];
            kinds[k].write(line, sizeof(line), i);
            snprintf(text, sizeof(text), "%s@0 %s", lines, line);
            assert_int_equal(ipf_add(ifs, text, strlen(text), &error), 0);
            strcat(lines, "\n");
        }
        const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
        assert_int_equal(list->frl_head->fr_line, COUNT);
        assert_in_range(look_at_all(list, &kinds[k]), COUNT, 4 * kinds[k].looked_at + COUNT);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rules_are_looked_at),
        cmocka_unit_test(rules_that_come_later_are_found),
        cmocka_unit_test(rules_that_come_first_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
