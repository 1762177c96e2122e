/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules added and removed one by one, as `ipf -f` and `ipf -r -f` do: their positions, and what
 * stays unchanged.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ipf_stack_t *filter_with(const char *rules)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load(ifs, rules, strlen(rules), NULL, &error) != 0)
        fail_msg("%s", error.message);
    return ifs;
}

static void add(ipf_stack_t *ifs, const char *rules)
{
    ipf_error_t error;
    if (ipf_add(ifs, rules, strlen(rules), &error) != 0)
        fail_msg("%s", error.message);
}

static void take_away(ipf_stack_t *ifs, const char *rules)
{
    ipf_error_t error;
    if (ipf_remove(ifs, rules, strlen(rules), &error) != 0)
        fail_msg("%s", error.message);
}

/* The `in` rules, each with its hits. */
static const char *shown(const ipf_stack_t *ifs)
{
    static char all[4000];
    size_t length = 0;
    all[0] = '\0';
    for (const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head; fr != NULL; fr = fr->fr_next) {
        char text[IPF_RULE_TEXT_MAX];
        ipf_rule_text(fr, text, sizeof(text));
        length += (size_t)snprintf(all + length, sizeof(all) - length, "%u %s\n",
                                   (unsigned)fr->fr_hits, text);
    }
    return all;
}

static const char *send_to(ipf_stack_t *ifs, int port, const char *flags)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    mblk_t *m = packet_make(&(packet_t){.dport = port, .flags = flags});
    const char *verdict = fr_verdict(ifs, &qpi, false, m);
    freemsg(m);
    return verdict;
}

static void a_rule_goes_where_it_belongs_and_the_others_keep_their_hits(void **state)
{
    ipf_stack_t *ifs = filter_with("block in all\npass in proto tcp from any to any port = 22\n");
    (void)state;
    assert_string_equal(send_to(ifs, 22, "S"), "pass");
    add(ifs, "block in proto tcp from any to any port = 23\n"
             "@1 pass in proto udp all\n");
    assert_string_equal(send_to(ifs, 23, "S"), "block");
    assert_string_equal(shown(ifs), "2 block in all\n"
                                    "0 pass in proto udp from any to any\n"
                                    "1 pass in proto tcp from any to any port = 22\n"
                                    "1 block in proto tcp from any to any port = 23\n");
    take_away(ifs, "pass in proto tcp from any to any port = 22\n"
                   "pass in proto udp from any to any\n");
    assert_string_equal(send_to(ifs, 22, "S"), "block");
    assert_string_equal(shown(ifs), "3 block in all\n"
                                    "1 block in proto tcp from any to any port = 23\n");
    ipf_destroy(ifs);
}

static void a_state_outlives_the_rule_that_has_made_it(void **state)
{
    static const char rule[] = "pass in quick proto tcp from any to any port = 22 keep state\n";
    ipf_stack_t *ifs = filter_with("block in all\n");
    (void)state;
    add(ifs, rule);
    assert_string_equal(send_to(ifs, 22, "S"), "pass");
    take_away(ifs, rule);
    assert_int_equal(fr_state_count(&ifs->ifs_states), 1);
    assert_string_equal(send_to(ifs, 22, "S"), "pass");
    assert_string_equal(send_to(ifs, 23, "S"), "block");
    ipf_destroy(ifs);
}

static void a_text_with_a_mistake_changes_nothing(void **state)
{
    static const struct {
        bool remove;
        const char *text, *message;
        int line;
    } rows[] = {
        {false, "pass in proto udp all\npass in proto nonsense all\n", "unknown protocol", 2},
        {false, "pass in proto udp all\nblock in all group 5\n", "group '5' has no head", 2},
        {true, "block in all\npass in proto udp all\n", "there is no such rule", 2},
        {true, "nonsense\n", "unknown action", 1},
    };
    ipf_stack_t *ifs = filter_with("block in all\n");
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_error_t error;
        int result = (rows[i].remove ? ipf_remove : ipf_add)(ifs, rows[i].text,
                                                             strlen(rows[i].text), &error);
        assert_int_equal(result, EINVAL);
        assert_int_equal(error.line, rows[i].line);
        assert_non_null(strstr(error.message, rows[i].message));
        assert_string_equal(shown(ifs), "0 block in all\n");
    }
    take_away(ifs, "block in all\nblock in all\n"); /* said twice, it goes once */
    assert_string_equal(shown(ifs), "");
    ipf_destroy(ifs);
}

static void many_rules_come_at_one_place_and_go(void **state)
{
    char line[100];
    ipf_stack_t *ifs = filter_with("block in all\npass in proto icmp all\n");
    (void)state;
    for (int port = 1; port <= 3000; port++) {
        snprintf(line, sizeof(line), "@1 pass in proto tcp from any to any port = %d\n", port);
        add(ifs, line);
    }
    const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
    assert_int_equal(list->frl_order.fo_count, 3002);
    assert_int_equal(fr_order_at(&list->frl_order, 1)->fr_dport.frp_port, 3000);
    assert_non_null(list->frl_classifier);
    assert_string_equal(send_to(ifs, 1500, "S"), "pass");
    assert_int_equal(fr_order_at(&list->frl_order, 1501)->fr_hits, 1);
    for (int port = 2; port <= 3000; port++) {
        snprintf(line, sizeof(line), "pass in proto tcp from any to any port = %d\n", port);
        take_away(ifs, line);
    }
    assert_string_equal(shown(ifs), "1 block in all\n"
                                    "0 pass in proto tcp from any to any port = 1\n"
                                    "0 pass in proto icmp from any to any\n");
    assert_string_equal(send_to(ifs, 1500, "S"), "block");
    ipf_destroy(ifs);
}

/* The first change after a load makes the index of all rules, those of groups, too. */
static void a_rule_of_a_group_is_known_to_the_first_change(void **state)
{
    static const char rules[] =
        "block in head 7\npass in quick proto tcp from any to any group 7\n";
    static const char of_group[] = "pass in quick proto tcp from any to any group 7\n";
    (void)state;
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
    assert_int_equal(ipf_remove(ifs, of_group, strlen(of_group), &error), 0);
    assert_int_equal(ipf_remove(ifs, of_group, strlen(of_group), &error), EINVAL);
    ipf_destroy(ifs);
}

/* Rules of each list have made states: none is left, and each rule knows it. A count that is wrong
 * is told. */
static void what_packets_have_made_ends_and_is_counted(void **state)
{
    static const struct {
        const char *rule;
        bool out;
    } rows[] = {{"pass in quick proto tcp all keep state keep frags", false},
                {"pass out quick proto tcp all keep state", true},
                {"pass in proto tcp all head g\npass in quick all keep state group g", false},
                {"count in quick all keep state\npass in all", false}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char left[200] = "";
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        ipf_stack_t *ifs = filter_with(rows[i].rule);
        mblk_t *m = packet_make(&(packet_t){.frag = i == 0 ? 0x2000 : 0, .payload = 4});
        fr_verdict(ifs, &qpi, rows[i].out, m);
        freemsg(m);
        fr_ruleset_t *set = &ifs->ifs_rules;
        frentry_t *rules[] = {set->frs_list[0].frl_head, set->frs_list[1].frl_head,
                              set->frs_groups != NULL ? set->frs_groups->fg_list.frl_head : NULL,
                              set->frs_acct[0].frl_head};
        assert_int_equal(fr_state_count(&ifs->ifs_states), 1);
        assert_int_equal(rules[i]->fr_statecnt, 1);
        assert_true(ipf_drain(ifs, left, sizeof(left)));
        assert_string_equal(left, "");
        assert_int_equal(fr_state_count(&ifs->ifs_states), 0);
        assert_int_equal(fr_frag_count(&ifs->ifs_frags), 0);
        rules[i]->fr_statecnt = 2;
        assert_false(ipf_drain(ifs, left, sizeof(left)));
        assert_string_equal(left, "0 states, 0 fragments, 2 states in the rules' counts");
        rules[i]->fr_statecnt = 0;
        assert_true(ipf_drain(ifs, left, sizeof(left)));
        ipf_destroy(ifs);
    }
}

static void note_hits(void *arg)
{
    ipf_stack_t **ifs = arg;
    assert_string_equal(shown(*ifs), "1 pass in all\n");
    *ifs = NULL;
}

static void rules_can_be_read_before_they_are_replaced(void **state)
{
    ipf_stack_t *ifs = filter_with("pass in all"), *asked = ifs;
    ipf_error_t error;
    (void)state;
    send_to(ifs, 22, "S");
    ipf_set_leave(ifs, note_hits, &asked);
    assert_int_equal(ipf_load(ifs, "nonsense", 8, NULL, &error), EINVAL);
    assert_non_null(asked); /* they stay */
    assert_int_equal(ipf_load(ifs, "block in all", 12, NULL, &error), 0);
    assert_null(asked);
    ipf_set_leave(ifs, NULL, NULL);
    assert_int_equal(ipf_load(ifs, "pass in all", 11, NULL, &error), 0);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_of_a_group_is_known_to_the_first_change),
        cmocka_unit_test(a_rule_goes_where_it_belongs_and_the_others_keep_their_hits),
        cmocka_unit_test(a_state_outlives_the_rule_that_has_made_it),
        cmocka_unit_test(a_text_with_a_mistake_changes_nothing),
        cmocka_unit_test(many_rules_come_at_one_place_and_go),
        cmocka_unit_test(what_packets_have_made_ends_and_is_counted),
        cmocka_unit_test(rules_can_be_read_before_they_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
