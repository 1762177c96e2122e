/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The proof that two filters decide the same, held against planted differences in everything a rule
 * can ask for, and against all packets of a small world.
 */
#include "filter/fr_prove.h"
#include "filter/fr_verdict.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static fr_proof_t prove(const char *old, const char *new, uint64_t work)
{
    fr_proof_t proof;
    ipf_stack_t *a = filter_with(old), *b = filter_with(new);
    fr_prove_same(a, b, work, &proof);
    ipf_destroy(a);
    ipf_destroy(b);
    return proof;
}

typedef struct row {
    const char *old, *new, *text;
} row_t;

static void assert_rows(const row_t *rows, size_t count, fr_proved_t result)
{
    for (size_t i = 0; i < count; i++) {
        fr_proof_t proof = prove(rows[i].old, rows[i].new, FR_PROVE_WORK);
        if (proof.result != result || strstr(proof.text, rows[i].text) == NULL)
            fail_msg("%s  and\n%s  give %d: %s", rows[i].old, rows[i].new, proof.result,
                     proof.text);
    }
}

#define ROWS(rows) rows, sizeof(rows) / sizeof(rows[0])

static void a_difference_in_anything_a_rule_asks_for_is_found(void **state)
{
    static const row_t rows[] = {
        {"block in all\n", "block out all\n", "in on lo0"},
        {"block in all\n", "block return-rst in all\n", "in on lo0 tcp"},
        {"block return-icmp(3) in all\n", "block return-icmp(2) in all\n", "in on lo0"},
        {"block in on bge0 all\n", "block in on bge1 all\n", "on bge"},
        {"block in on bge0 all\n", "block in all\n", "in on lo0"},
        {"block in inet all\n", "block in all\n", "::1"},
        {"block in proto tcp all\n", "block in proto udp all\n", "in on lo0"},
        {"block in proto tcp all\n", "block in proto tcp/udp all\n", "udp"},
        {"block in proto 50 all\n", "block in proto 51 all\n", "protocol 5"},
        {"block in from 10.0.0.0/8 to any\n", "block in from 10.0.0.0/9 to any\n", " 10.128.0.0"},
        {"block in from any to 10.0.0.1\n", "block in from any to 10.0.0.2\n", " 10.0.0."},
        {"block in from !10.0.0.1 to any\n", "block in all\n", " 10.0.0.1,"},
        {"block in from fe80::/10 to any\n", "block in from fe80::/11 to any\n", " fea0::,"},
        {"block in proto tcp from any port = 7 to any\n",
         "block in proto tcp from any port = 8 to any\n", "127.0.0.1,"},
        {"block in proto tcp from any to any port 20:30\n",
         "block in proto tcp from any to any port 20:31\n", "127.0.0.1,31 S"},
        {"block in proto udp from any to any port 20 <> 30\n",
         "block in proto udp from any to any port 20 <> 29\n", "127.0.0.1,30"},
        {"block in proto udp from any to any port > 65534\n", "", "127.0.0.1,65535"},
        {"block in proto tcp all flags S/SA\n", "block in proto tcp all flags S\n", "tcp"},
        {"block in proto tcp all flags SA\n", "", " SA"},
        {"block in proto icmp all icmp-type echo\n", "block in proto icmp all icmp-type echorep\n",
         "type "},
        {"block in proto icmp all icmp-type unreach code 3\n", "", "type 3 code 3"},
        {"block in tos 16 all\n", "", "tos 16"},
        {"block in ttl 3 all\n", "", "ttl 3"},
        {"block in all with frag\n", "", "fragment"},
        {"block in proto tcp from any to any port >= 0\n", "block in proto tcp all\n",
         "a later fragment"},
        {"block in proto tcp/udp all\n", "block in proto tcp all\nblock in proto udp all\n",
         "::1,1, a later fragment"},
        {"pass in all keep state\n", "pass in all\n", "in on lo0"},
        {"pass in all keep frags\n", "pass in all\n", "in on lo0"},
        {"pass in quick all keep state (age 10)\n", "pass in quick all keep state (age 11)\n",
         "in on lo0"},
        {"pass in all\nblock in all\n", "block in all\npass in all\n", "in on lo0"},
        {"block in quick proto tcp all\npass in all\n", "block in proto tcp all\npass in all\n",
         "tcp"},
        {"skip 1 in proto udp all\nblock in all\n", "block in all\n", "udp"},
        {"skip 1 in proto udp all\nblock in all\nblock in from 10.0.0.1 to any\n",
         "skip 2 in proto udp all\nblock in all\nblock in from 10.0.0.1 to any\n", "udp 10.0.0.1"},
        {"block in on bge0 all head 1\npass in proto udp all group 1\n", "block in on bge0 all\n",
         "in on bge0 udp"},
    };
    (void)state;
    assert_rows(ROWS(rows), FR_DIFFERS);
}

static void rules_that_say_the_same_otherwise_are_proved_equal(void **state)
{
    static const row_t rows[] = {
        {"", "", ""},
        {"block in all\n", "block in log quick from any to any\n", ""},
        {"",
         "count in all\nlog in all\npass in proto tcp from any to any port = 0 flags S/A\n"
         "pass in all\n",
         ""},
        {"block in from 10.0.0.0/8 to any\n",
         "block in from 10.0.0.0/9 to any\nblock in from 10.128.0.0/9 to any\n", ""},
        {"block in proto tcp from any to any port 20:30\n",
         "block in proto tcp from any to any port 20:25\n"
         "block in proto tcp from any to any port 25 >< 31\n",
         ""},
        {"block in all\n", "block in inet all\nblock in inet6 all\n", ""},
        {"block in proto tcp all\n",
         "block in proto tcp all flags S/S\nblock in proto tcp all flags A/A\n"
         "block in proto tcp all\n",
         ""},
        {"block in all\npass in proto udp all\n", "pass in quick proto udp all\nblock in all\n",
         ""},
        {"block in proto tcp all\n", "skip 1 in proto tcp all\nskip 1 in all\nblock in all\n", ""},
        {"block in on bge0 all head 1\npass in proto udp all group 1\n",
         "block in on bge0 all\npass in on bge0 proto udp all\n", ""},
        {"pass out quick proto tcp all keep state\npass out quick proto udp all keep state\n",
         "pass out quick proto udp all keep state\npass out quick proto tcp all keep state\n", ""},
    };
    (void)state;
    assert_rows(ROWS(rows), FR_PROVED);
}

static void what_depends_on_more_than_the_packet_is_not_proved(void **state)
{
    static const row_t rows[] = {
        {"pass in all keep state (limit 5)\n", "pass in all keep state (limit 5)\n", "a limit"},
        {"pass in from pool=(10.0.0.1,10.0.0.2) to any\n", "", "an address of a pool"},
        {"pass in from 10.0.0.1/255.0.0.255 to any\n", "", "a mask that is no prefix"},
        {"block in all with bad\n", "", "'with bad'"},
        {"block in all with opt lsrr\n", "", "packets may differ that are not made here"},
        {"block in inet proto tcp/udp all\n",
         "block in inet proto tcp all\nblock in inet proto udp all\n", "or AH"},
        {"count in quick all keep state\n", "", "'count' that keeps something"},
        {"pass in log or-block all\n", "", "'or-block'"},
    };
    (void)state;
    assert_rows(ROWS(rows), FR_NOT_PROVED);
}

static void a_rule_that_is_not_compared_is_named(void **state)
{
    (void)state;
    fr_proof_t proof = prove("pass in all\n", "pass in all\n\nblock in all with bad\n", 1000);
    assert_int_equal(proof.which, 1);
    assert_int_equal(proof.line, 3);
}

static void too_much_work_is_not_proved(void **state)
{
    static const char rules[] = "block in from 10.0.0.0/8 to any\npass in proto udp all\n";
    (void)state;
    fr_proof_t proof = prove(rules, rules, 5);
    assert_int_equal(proof.result, FR_NOT_PROVED);
    assert_non_null(strstr(proof.text, "too many kinds of packets"));
    assert_int_equal(prove(rules, rules, 1000).result, FR_PROVED);
}

/* ---- a small world ---- */

#define RULES_MAX 7
#define LINE      160

static void random_line(chance_t *c, char *line)
{
    static const char *const does[] = {
        "block", "pass", "block return-rst", "skip 1", "skip 2", "log", "pass", "block"};
    static const char *const ons[] = {"", "", " on lo0", " on bge0"};
    static const char *const froms[] = {"any", "any", "10.0.0.0/31", "!10.0.0.1", "10.0.0.0/30"};
    static const char *const ports[] = {"",          " port = 2", " port 1 >< 4", " port 2 <> 3",
                                        " port > 2", " port != 2"};
    static const char *const flags[] = {"", "", " flags S", " flags S/SA", " flags A/A"};
    const char *what = does[chance(c, 8)], *way = chance(c, 4) == 0 ? "out" : "in";
    const char *quick = what[0] != 's' && what[0] != 'l' && chance(c, 3) == 0 ? " quick" : "";
    int at = snprintf(line, LINE, "%s %s%s%s", what, way, quick, ons[chance(c, 4)]);
    if (chance(c, 3) == 0) {
        snprintf(line + at, (size_t)(LINE - at), " from %s to any\n", froms[chance(c, 5)]);
        return;
    }
    bool tcp = chance(c, 3) != 0;
    snprintf(line + at, (size_t)(LINE - at), " proto %s from %s%s to %s%s%s\n", tcp ? "tcp" : "udp",
             froms[chance(c, 5)], chance(c, 3) == 0 ? ports[chance(c, 6)] : "", froms[chance(c, 5)],
             ports[chance(c, 6)], tcp ? flags[chance(c, 5)] : "");
}

/* The second set is the first one with two lines exchanged, one left out, or one written anew. */
static void random_pair(chance_t *c, char *old, char *new)
{
    char lines[RULES_MAX][LINE];
    uint32_t count = 2 + chance(c, RULES_MAX - 1), a = chance(c, count), b = chance(c, count);
    uint32_t how = chance(c, 3);
    old[0] = new[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        random_line(c, lines[i]);
        strcat(old, lines[i]);
    }
    if (how == 2)
        random_line(c, lines[a]);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t from = how != 0 ? i : i == a ? b : i == b ? a : i;
        if (how != 1 || i != a)
            strcat(new, lines[from]);
    }
}

/* The `n`-th packet of the world judged by a filter. => Returns NULL after the last one. */
static const char *verdict_of(ipf_stack_t *ifs, unsigned n)
{
    static const char *const names[] = {"lo0", "bge0", "bge1"};
    static const char *const addresses[] = {"10.0.0.0", "10.0.0.1", "10.0.0.2", "10.0.0.4"};
    static const char *const flags[] = {"S", "SA", "A"};
    bool out = n % 2 == 1;
    qpktinfo_t qpi = {.qpi_ifname = names[n / 2 % 3], .qpi_ill = 1};
    packet_t packet = {.src = addresses[n / 6 % 4],
                       .dst = addresses[n / 24 % 4],
                       .sport = (int)(1 + n / 96 % 4),
                       .dport = (int)(1 + n / 384 % 4)};
    unsigned kind = n / 1536;
    if (kind > 4)
        return NULL;
    packet.flags = flags[kind % 3];
    packet.proto = kind == 3 ? IPPROTO_UDP : IPPROTO_TCP;
    packet.frag = kind == 4 ? 8 : 0;
    mblk_t *m = packet_make(&packet);
    const char *verdict = fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    return strcmp(verdict, "nomatch") == 0 ? "pass" : verdict;
}

static bool world_differs(ipf_stack_t *a, ipf_stack_t *b)
{
    const char *verdict;
    for (unsigned n = 0; (verdict = verdict_of(a, n)) != NULL; n++) {
        if (strcmp(verdict, verdict_of(b, n)) != 0)
            return true;
    }
    return false;
}

static void random_sets_agree_with_all_packets_of_a_small_world(void **state)
{
    chance_t c = {17};
    size_t proved = 0, differ = 0;
    (void)state;
    for (int i = 0; i < 50; i++) {
        char old[RULES_MAX * LINE], new[RULES_MAX * LINE];
        fr_proof_t proof;
        random_pair(&c, old, new);
        ipf_stack_t *a = filter_with(old), *b = filter_with(new);
        fr_prove_same(a, b, FR_PROVE_WORK, &proof);
        bool found = world_differs(a, b);
        if (proof.result == FR_NOT_PROVED || (found && proof.result == FR_PROVED))
            fail_msg("%s and\n%s%d: %s", old, new, proof.result, proof.text);
        proved += proof.result == FR_PROVED;
        differ += found;
        ipf_destroy(a);
        ipf_destroy(b);
    }
    assert_true(proved > 10);
    assert_true(differ > 10);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_in_anything_a_rule_asks_for_is_found),
        cmocka_unit_test(rules_that_say_the_same_otherwise_are_proved_equal),
        cmocka_unit_test(what_depends_on_more_than_the_packet_is_not_proved),
        cmocka_unit_test(a_rule_that_is_not_compared_is_named),
        cmocka_unit_test(too_much_work_is_not_proved),
        cmocka_unit_test(random_sets_agree_with_all_packets_of_a_small_world),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
