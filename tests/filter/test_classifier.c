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

/* Rules that ask for what a packet is, among so many that they are not walked. */
static void what_a_packet_is_finds_its_rule(void **state)
{
    static const struct {
        const char *rule;
        packet_t packet;
        const char *verdict;
    } rows[] = {
        {"block in quick all with frag", {.proto = 17, .frag = 5, .payload = 8}, "block"},
        {"block in quick all with frag", {.proto = 17, .payload = 8}, "nomatch"},
        {"block in quick all with not frag", {.proto = 17, .payload = 8}, "block"},
        {"block in quick all with not frag", {.proto = 17, .frag = 5, .payload = 8}, "nomatch"},
        {"block in quick all with mcast", {.proto = 17, .dst = "224.0.0.1"}, "block"},
        {"block in quick all with mcast", {.proto = 17, .dst = "10.0.0.1"}, "nomatch"},
        {"block in quick all with lowttl", {.proto = 17, .ttl = 1}, "block"},
        {"block in quick all with lowttl", {.proto = 17, .ttl = 64}, "nomatch"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rules[20000] = "", line[100];
        seen_t seen = {""};
        for (int port = 1; port <= 100; port++) {
            snprintf(line, sizeof(line), "block in proto tcp from any to any port = %d\n", port);
            strcat(rules, line);
        }
        strcat(strcat(rules, rows[i].rule), "\n");
        ipf_stack_t *ifs = filter_with(rules, &seen);
        assert_non_null(ifs->ifs_rules.frs_list[0].frl_classifier);
        qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
        mblk_t *m = packet_make(&rows[i].packet);
        const char *verdict = fr_verdict(ifs, &qpi, false, m);
        if (strcmp(verdict, rows[i].verdict) != 0)
            fail_msg("row %zu, %s: %s", i, rows[i].rule, verdict);
        freemsg(m);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_ways_of_looking_give_one_answer),
        cmocka_unit_test(what_cannot_match_is_not_looked_at),
        cmocka_unit_test(what_a_packet_is_finds_its_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
