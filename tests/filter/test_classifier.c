/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two ways to find a rule give the same answer: random rule sets and packets through one filter
 * that walks its lists and one that does not. Verdicts, the deciding rule and its number, hits and
 * bytes of each rule, counters and tables are the same after each packet.
 */
#include "filter/classify/fr_classifier.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct seen {
    char text[4096];
} seen_t;

/* Everything that is reported, as text. */
static void watch(void *arg, const ipf_event_t *event)
{
    seen_t *seen = arg;
    char rule[IPF_RULE_TEXT_MAX] = "";
    size_t length = strlen(seen->text);
    if (event->rule != NULL)
        ipf_rule_text(event->rule, rule, sizeof(rule));
    snprintf(seen->text + length, sizeof(seen->text) - length, "%d @%s:%d %d %s %s\n",
             (int)event->kind, event->group, event->number, event->block, rule,
             event->reason != NULL ? event->reason : "");
}

static void compare_lists(const fr_list_t *a, const fr_list_t *b, const char *rules)
{
    const frentry_t *other = b->frl_head;
    for (const frentry_t *fr = a->frl_head; fr != NULL; fr = fr->fr_next, other = other->fr_next) {
        if (fr->fr_hits != other->fr_hits || fr->fr_bytes != other->fr_bytes ||
            fr->fr_statecnt != other->fr_statecnt)
            fail_msg("line %d is counted differently:\n%s", fr->fr_line, rules);
    }
}

static void compare_counts(const ipf_stack_t *a, const ipf_stack_t *b, const char *rules)
{
    const frgroup_t *other = b->ifs_rules.frs_groups;
    assert_memory_equal(&a->ifs_frstats, &b->ifs_frstats, sizeof(a->ifs_frstats));
    assert_int_equal(fr_state_count(&a->ifs_states), fr_state_count(&b->ifs_states));
    assert_int_equal(fr_frag_count(&a->ifs_frags), fr_frag_count(&b->ifs_frags));
    for (size_t i = 0; i < 2; i++) {
        compare_lists(&a->ifs_rules.frs_list[i], &b->ifs_rules.frs_list[i], rules);
        compare_lists(&a->ifs_rules.frs_acct[i], &b->ifs_rules.frs_acct[i], rules);
    }
    for (const frgroup_t *group = a->ifs_rules.frs_groups; group != NULL; group = group->fg_next) {
        compare_lists(&group->fg_list, &other->fg_list, rules);
        other = other->fg_next;
    }
}

static ipf_stack_t *filter_with(const char *rules, seen_t *seen)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%d:%d: %s\n%s", error.line, error.column, error.message, rules);
    ipf_set_probe(ifs, watch, seen);
    return ifs;
}

/* => Returns whether the packet met a rule. */
static bool send_both(ipf_stack_t *const *ifs, seen_t *seen, chance_t *c, const char *rules)
{
    qpktinfo_t qpi = {.qpi_ifname = chance(c, 3) == 0 ? "bge0" : "lo0", .qpi_ill = 1};
    bool out = chance(c, 3) == 0;
    mblk_t *m = random_packet(c);
    seen[0].text[0] = seen[1].text[0] = '\0';
    const char *one = fr_verdict(ifs[0], &qpi, out, m), *two = fr_verdict(ifs[1], &qpi, out, m);
    if (strcmp(one, two) != 0 || strcmp(seen[0].text, seen[1].text) != 0)
        fail_msg("%s and %s:\n%s\n%s\n%s", one, two, seen[0].text, seen[1].text, rules);
    freemsg(m);
    return strcmp(one, "nomatch") != 0;
}

static void both_ways_of_looking_give_one_answer(void **state)
{
    chance_t c = {1};
    size_t met = 0, prepared = 0;
    (void)state;
    for (int round = 0; round < 3000; round++) {
        static char rules[20000];
        static seen_t seen[2];
        random_rules(&c, 1 + chance(&c, 40), rules, sizeof(rules));
        ipf_stack_t *ifs[2] = {filter_with(rules, &seen[0]), filter_with(rules, &seen[1])};
        ifs[1]->ifs_walk = true;
        prepared += ifs[0]->ifs_rules.frs_list[0].frl_classifier != NULL;
        for (int i = 0; i < 20; i++)
            met += send_both(ifs, seen, &c, rules);
        compare_counts(ifs[0], ifs[1], rules);
        ipf_destroy(ifs[0]);
        ipf_destroy(ifs[1]);
    }
    assert_true(prepared > 1000 && met > 20000);
    assert_int_equal(mblk_in_use(), 0);
}

/* `on *` and `on -` are any interface, and no interface's name. */
static void a_rule_on_any_interface_is_found(void **state)
{
    static const char *const any[] = {"*", "-"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        char rules[2000] = "";
        seen_t seen;
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        for (int port = 1; port <= 20; port++)
            sprintf(rules + strlen(rules), "pass in on lo%d all\n", port);
        sprintf(rules + strlen(rules), "block in on %s all\n", any[i]);
        ipf_stack_t *ifs = filter_with(rules, &seen);
        mblk_t *m = packet_make(&(packet_t){0});
        assert_non_null(ifs->ifs_rules.frs_list[0].frl_classifier);
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), "block");
        freemsg(m);
        ipf_destroy(ifs);
    }
}

static void what_cannot_match_is_not_looked_at(void **state)
{
    char rules[20000] = "", line[100];
    seen_t seen;
    fr_search_t search;
    fr_packet_key_t key;
    (void)state;
    for (int port = 1; port <= 100; port++) {
        snprintf(line, sizeof(line), "block in proto tcp from any to any port = %d\n", port);
        strcat(rules, line);
    }
    strcat(rules, "block in proto udp all\npass in inet6 all\nblock in inet proto tcp all\n");
    ipf_stack_t *ifs = filter_with(rules, &seen);
    fr_info_t fin = {.fin_v = 4, .fin_p = 6, .fin_dport = 22};
    const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
    fr_key_of_packet(&fin, "lo0", true, &key);
    fr_search_begin(&search, list->frl_classifier, &key);
    assert_int_equal(fr_order_number(&list->frl_order, fr_search_next(&search)), 21);
    size_t others = 0;
    for (const frentry_t *fr; (fr = fr_search_next(&search)) != NULL; others++)
        assert_in_range(fr_order_number(&list->frl_order, fr), 100, 102);
    assert_in_range(others, 1, 3);
    assert_in_range(fr_classifier_size(list->frl_classifier), 1, 103 * 100);
    ipf_destroy(ifs);
}

/* Rules that ask only for what a packet is: each of the words, its opposite, or neither. */
static void rules_of_flags(char *text)
{
    static const char *const words[] = {"frag", "mcast", "lowttl", "ipopts"};
    text[0] = '\0';
    for (int i = 1; i < 81; i++) {
        const char *before = " with ";
        strcat(text, i % 2 == 0 ? "pass in all" : "block in all");
        for (int k = 0, rest = i; k < 4; k++, rest /= 3) {
            if (rest % 3 == 0)
                continue;
            strcat(strcat(strcat(text, before), rest % 3 == 2 ? "not " : ""), words[k]);
            before = ", ";
        }
        strcat(text, "\n");
    }
}

static void what_a_packet_is_finds_its_rule(void **state)
{
    static char rules[8000];
    static seen_t seen[2];
    (void)state;
    rules_of_flags(rules);
    ipf_stack_t *ifs[2] = {filter_with(rules, &seen[0]), filter_with(rules, &seen[1])};
    assert_non_null(ifs[0]->ifs_rules.frs_list[0].frl_classifier);
    ifs[1]->ifs_walk = true;
    for (unsigned i = 0; i < 8; i++) {
        const packet_t packet = {.proto = 17,
                                 .frag = (i & 1) != 0 ? 5 : 0,
                                 .payload = 8,
                                 .dst = (i & 2) != 0 ? "224.0.0.1" : "10.0.0.1",
                                 .ttl = (i & 4) != 0 ? 1 : 64};
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        mblk_t *m = packet_make(&packet);
        seen[0].text[0] = seen[1].text[0] = '\0';
        assert_string_equal(fr_verdict(ifs[0], &qpi, false, m), fr_verdict(ifs[1], &qpi, false, m));
        assert_string_equal(seen[0].text, seen[1].text);
        assert_string_not_equal(seen[0].text, "");
        freemsg(m);
    }
    compare_counts(ifs[0], ifs[1], rules);
    ipf_destroy(ifs[0]);
    ipf_destroy(ifs[1]);
}

#define FIRST "block in quick proto udp all\n"

/* A mask of six bits: three from `a`, three from `b`. */
static uint32_t mask_of(unsigned a, unsigned b)
{
    return 7u << a | 7u << b;
}

/* FIRST, and for each of so many masks a rule for each value of its bits, in turns: so there is a
 * question for each mask, a packet has an answer to all of them, and FIRST is in no branch of one.
 * With `before` a rule with the mask that is asked for first comes before it: it is found. */
static char *rules_of_many_masks(bool before)
{
    enum { MASKS = FR_SEARCH_MAX + 5, VALUES = 64, LINE = 60 };
    char *rules = malloc((2 + MASKS * VALUES) * LINE);
    uint32_t masks[MASKS];
    size_t count = 0, at = 0;
    for (unsigned a = 0; a < 30; a++) {
        for (unsigned b = a + 3; b < 30 && count < MASKS; b++)
            masks[count++] = mask_of(a, b);
    }
    assert_int_equal(count, MASKS);
    if (before)
        at += (size_t)sprintf(rules, "block in from 127.0.0.1/0x%x to any\n", masks[MASKS - 2]);
    at += (size_t)sprintf(rules + at, FIRST);
    for (uint32_t value = 0; value < VALUES; value++) {
        for (size_t i = 0; i < MASKS; i++) {
            uint32_t low = masks[i] & (~masks[i] + 1), high = masks[i] & ~(low * 7);
            uint32_t address = low * (value & 7) | (high & (~high + 1)) * (value >> 3);
            at +=
                (size_t)sprintf(rules + at, "pass in from %u.%u.%u.%u/0x%x to any\n", address >> 24,
                                address >> 16 & 255, address >> 8 & 255, address & 255, masks[i]);
        }
    }
    return rules;
}

/* How many rules a search finds for a packet from 127.0.0.1 until it is full. */
static size_t found_until_full(const ipf_stack_t *ifs)
{
    fr_search_t search;
    fr_packet_key_t key;
    fr_info_t fin = {.fin_v = 4, .fin_p = 17, .fin_src = {{0x7f000001}}};
    size_t found = 0;
    fr_key_of_packet(&fin, "bge0", true, &key);
    fr_search_begin(&search, ifs->ifs_rules.frs_list[0].frl_classifier, &key);
    while (fr_search_next(&search) != NULL)
        found++;
    assert_true(search.fs_full);
    return found;
}

static void what_a_search_has_not_found_when_it_is_full_is_found_by_walking(void **state)
{
    static const packet_t packets[] = {
        {.proto = 17}, {.proto = 6}, {.proto = 6, .src = "10.1.2.3"}};
    (void)state;
    for (size_t before = 0; before < 2; before++) {
        char *rules = rules_of_many_masks(before != 0);
        seen_t seen[2];
        ipf_stack_t *ifs[2] = {filter_with(rules, &seen[0]), filter_with(rules, &seen[1])};
        ifs[1]->ifs_walk = true;
        assert_int_equal(found_until_full(ifs[0]), before);
        for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
            qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
            mblk_t *m = packet_make(&packets[i]);
            seen[0].text[0] = seen[1].text[0] = '\0';
            assert_string_equal(fr_verdict(ifs[0], &qpi, false, m), i == 0 ? "block" : "pass");
            assert_string_equal(fr_verdict(ifs[1], &qpi, false, m), i == 0 ? "block" : "pass");
            assert_string_equal(seen[0].text, seen[1].text);
            freemsg(m);
        }
        compare_counts(ifs[0], ifs[1], FIRST);
        ipf_destroy(ifs[0]);
        ipf_destroy(ifs[1]);
        free(rules);
    }
}

/* A packet's key is made once. */
static void a_long_group_below_a_long_list_is_searched(void **state)
{
    char rules[20000] = "";
    static seen_t seen[2];
    size_t at = 0;
    (void)state;
    for (int i = 0; i < 30; i++)
        at += (size_t)sprintf(rules + at, "pass in proto udp from any to any port = %d%s\n", i + 1,
                              i == 20 ? " head g" : "");
    for (int i = 0; i < 30; i++)
        at += (size_t)sprintf(rules + at, "block in from any to 10.0.0.%d group g%s\n", i,
                              i == 20 ? " head h" : "");
    for (int i = 0; i < 30; i++)
        at += (size_t)sprintf(rules + at, "pass in from 10.0.0.%d to any group h\n", i);
    ipf_stack_t *ifs[2] = {filter_with(rules, &seen[0]), filter_with(rules, &seen[1])};
    ifs[1]->ifs_walk = true;
    for (int n = 0; n < 2 * 3 * 3; n++) {
        static const char *const ends[] = {"10.0.0.20", "10.0.0.7", "10.0.0.99"};
        const packet_t packet = {
            .proto = 17, .dport = n % 2 == 0 ? 21 : 20, .dst = ends[n / 2 % 3], .src = ends[n / 6]};
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        mblk_t *m = packet_make(&packet);
        seen[0].text[0] = seen[1].text[0] = '\0';
        bool blocked = n % 2 == 0 && (n / 2 % 3 == 1 || (n / 2 % 3 == 0 && n / 6 == 2));
        assert_string_equal(fr_verdict(ifs[0], &qpi, false, m), blocked ? "block" : "pass");
        assert_string_equal(fr_verdict(ifs[1], &qpi, false, m), blocked ? "block" : "pass");
        assert_string_equal(seen[0].text, seen[1].text);
        freemsg(m);
    }
    compare_counts(ifs[0], ifs[1], rules);
    ipf_destroy(ifs[0]);
    ipf_destroy(ifs[1]);
}

static void rules_that_come_and_go_need_no_more_memory(void **state)
{
    static const char *const rows[] = {
        "block in quick proto tcp from any to any port = 7777\n",
        "block in quick from 10.1.2.3 to any\n",
        "block in quick proto udp from 10.0.0.0/8 to any port 5000 >< 6000\n",
        "block in quick all with frag\n",
        "block in quick from 10.0.0.1 to any\nblock in quick from 10.0.0.2 to any\n"
        "block in quick from 10.0.0.3 to any\nblock in quick from 10.0.0.4 to any\n"
        "block in quick from 10.0.0.5 to any\nblock in quick from 10.0.0.6 to any\n",
        /* So many that they become a question, which goes with them. */
        "block in quick from 10.0.0.1 to any\nblock in quick from 10.0.0.2 to any\n"
        "block in quick from 10.0.0.3 to any\nblock in quick from 10.0.0.4 to any\n"
        "block in quick from 10.0.0.5 to any\nblock in quick from 10.0.0.6 to any\n"
        "block in quick from 10.0.0.7 to any\nblock in quick from 10.0.0.8 to any\n"
        "block in quick from 10.0.0.9 to any\nblock in quick from 10.0.0.10 to any\n",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rules[20000] = "", line[100];
        seen_t seen = {""};
        ipf_error_t error;
        size_t size = 0;
        for (int port = 1; port <= 100; port++) {
            snprintf(line, sizeof(line), "block in proto tcp from any to any port = %d\n", port);
            strcat(rules, line);
        }
        ipf_stack_t *ifs = filter_with(rules, &seen);
        for (int round = 0; round < 300; round++) {
            assert_int_equal(ipf_add(ifs, rows[i], strlen(rows[i]), &error), 0);
            assert_int_equal(ipf_remove(ifs, rows[i], strlen(rows[i]), &error), 0);
            if (round == 10)
                size = fr_classifier_size(ifs->ifs_rules.frs_list[0].frl_classifier);
        }
        assert_int_equal(fr_classifier_size(ifs->ifs_rules.frs_list[0].frl_classifier), size);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_of_looking_give_one_answer),
        cmocka_unit_test(a_rule_on_any_interface_is_found),
        cmocka_unit_test(what_cannot_match_is_not_looked_at),
        cmocka_unit_test(what_a_packet_is_finds_its_rule),
        cmocka_unit_test(what_a_search_has_not_found_when_it_is_full_is_found_by_walking),
        cmocka_unit_test(a_long_group_below_a_long_list_is_searched),
        cmocka_unit_test(rules_that_come_and_go_need_no_more_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
