/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which rules packets reach, held against all packets of a small world: for each kind of packet
 * that the rules can tell apart, the world has one.
 */
#include "filter/fr_impl.h"
#include "filter/fr_reach.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"
#include "tests/filter/reach_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES_MAX 9
#define LINE      160

/* ---- rules of the world ---- */

static void random_line(chance_t *c, bool grouped, char *line)
{
    static const char *const does[] = {
        "block", "pass", "block return-rst", "skip 1", "skip 2", "log", "pass", "block"};
    static const char *const ons[] = {"", "", "", " on lo0", " on bge0"};
    static const char *const froms[] = {"any", "any", "10.0.0.0/31", "!10.0.0.1", "10.0.0.0/30"};
    static const char *const ports[] = {
        "", "", " port = 2", " port 1 >< 4", " port 2 <> 3", " port > 2", " port != 2"};
    static const char *const flags[] = {"", "", " flags S", " flags S/SA", " flags A/A"};
    static const char *const rests[] = {"all",
                                        "inet all",
                                        "inet6 all",
                                        "proto tcp/udp all",
                                        "proto ah all",
                                        "proto icmp all",
                                        "proto icmp all icmp-type echo",
                                        "inet proto udp all with frag",
                                        "inet proto udp all with not frag"};
    const char *what = does[chance(c, 8)], *way = !grouped && chance(c, 4) == 0 ? "out" : "in";
    bool verdict = what[0] != 's' && what[0] != 'l';
    const char *quick = verdict && chance(c, 2) == 0 ? " quick" : "";
    const char *keep = what[0] == 'p' && chance(c, 3) == 0 ? " keep state" : "";
    int at = snprintf(line, LINE, "%s %s%s%s", what, way, quick, ons[chance(c, 5)]);
    size_t left = (size_t)(LINE - at);
    uint32_t kind = chance(c, 4);
    if (kind == 0) {
        at += snprintf(line + at, left, " %s%s", rests[chance(c, 9)], keep);
    } else if (kind == 1) {
        at += snprintf(line + at, left, " from %s to any%s", froms[chance(c, 5)], keep);
    } else {
        /* One statement each: the order of a call's arguments is the compiler's choice. */
        uint32_t proto = chance(c, 7);
        bool tcp = proto < 4;
        const char *from = froms[chance(c, 5)];
        const char *sport = chance(c, 4) == 0 ? ports[chance(c, 7)] : "";
        const char *to = froms[chance(c, 5)];
        const char *dport = ports[chance(c, 7)];
        const char *with = tcp ? flags[chance(c, 5)] : "";
        at += snprintf(line + at, left, " proto %s from %s%s to %s%s%s%s",
                       tcp         ? "tcp"
                       : proto < 6 ? "udp"
                                   : "tcp/udp",
                       from, sport, to, dport, with, keep);
    }
    bool head = !grouped && verdict && way[0] == 'i' && chance(c, 4) == 0;
    snprintf(line + at, (size_t)(LINE - at), "%s\n", grouped ? " group 1" : head ? " head 1" : "");
}

/* Some rules are in group 1, if one before has it as its head: one at least, since a program could
 * fill a group without rules. */
static void random_set(chance_t *c, char *rules)
{
    uint32_t count = 3 + chance(c, RULES_MAX - 3 + 1);
    bool headed = false;
    rules[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        char line[LINE];
        random_line(c, headed && chance(c, 3) == 0, line);
        headed = headed || strstr(line, " head 1") != NULL;
        strcat(rules, line);
    }
    if (headed)
        strcat(rules, "block in on bge0 proto tcp from 10.0.0.1 to any group 1\n");
}

/* ---- groups in groups ---- */

#define GROUPS 4

static void random_grouped_line(chance_t *c, uint32_t group, uint32_t head, char *line)
{
    static const char *const does[] = {"block", "pass", "pass", "log", "skip 1", "skip 2"};
    static const char *const ons[] = {"", "", "", " on lo0", " on bge0"};
    static const char *const asks[] = {"all",
                                       "all",
                                       "from 10.0.0.0/31 to any",
                                       "from !10.0.0.1 to any",
                                       "inet6 all",
                                       "proto udp all",
                                       "from any to 10.0.0.1",
                                       "proto tcp all flags S/SA",
                                       "proto icmp all",
                                       "inet all"};
    const char *what = does[chance(c, head != 0 ? 4 : 6)];
    bool verdict = what[0] != 's' && what[0] != 'l';
    const char *quick = verdict && chance(c, 2) == 0 ? " quick" : "";
    const char *on = ons[chance(c, 5)], *ask = asks[chance(c, 10)];
    const char *keep = what[0] == 'p' && chance(c, 4) == 0 ? " keep state" : "";
    int at = snprintf(line, LINE, "%s in%s%s %s%s", what, quick, on, ask, keep);
    if (head != 0)
        at += snprintf(line + at, (size_t)(LINE - at), " head %u", (unsigned)head);
    if (group != 0)
        at += snprintf(line + at, (size_t)(LINE - at), " group %u", (unsigned)group);
    snprintf(line + at, (size_t)(LINE - at), "\n");
}

/* A group is headed before it has rules, perhaps by several rules, and has one at least. */
static void random_grouped_set(chance_t *c, char *rules)
{
    uint32_t headed = 0, count = 3 + chance(c, RULES_MAX - 3 + 1);
    bool filled[GROUPS] = {false};
    char line[LINE];
    rules[0] = '\0';
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group = chance(c, headed + 1), head = 0;
        uint32_t most = headed + 1 < GROUPS ? headed + 1 : headed;
        if (group < most && chance(c, 3) == 0)
            head = group + 1 + chance(c, most - group);
        headed = head > headed ? head : headed;
        filled[group] = true;
        random_grouped_line(c, group, head, line);
        strcat(rules, line);
    }
    for (uint32_t group = 1; group <= headed; group++) {
        random_grouped_line(c, group, 0, line);
        if (!filled[group])
            strcat(rules, line);
    }
}

/* Not found out is how a walk ends with a group in which a rule skips or only logs, or whose head
 * keeps a state that cannot be kept. */
static bool is_exact(const char *rules)
{
    char line[LINE];
    for (const char *at = rules; *at != '\0'; at = strchr(at, '\n') + 1) {
        snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
        bool vague = strncmp(line, "skip", 4) == 0 || strncmp(line, "log", 3) == 0;
        if ((vague && strstr(line, " group") != NULL) || strstr(line, "keep state head") != NULL)
            return false;
    }
    return true;
}

/* ---- held against it ---- */

/* Holds rule sets that `make` makes against all packets of the world; with `ports` their ports
 * differ, too. REACH_SETS and REACH_SEED in the environment: how many, and from where. */
static reach_counts_t hold_against_world(void (*make)(chance_t *c, char *rules), bool ports,
                                         int sets, uint32_t begin)
{
    const char *more = getenv("REACH_SETS"), *seed = getenv("REACH_SEED");
    chance_t c = {seed != NULL ? (uint32_t)atoi(seed) : begin};
    reach_counts_t counts = {0, 0, 0};
    sets = more != NULL ? atoi(more) : sets;
    for (int i = 0; i < sets; i++) {
        char rules[(RULES_MAX + GROUPS) * LINE];
        make(&c, rules);
        reach_held_against_world(rules, ports, is_exact(rules), &counts);
    }
    if (more != NULL)
        print_message("%zu never, %zu without state, %zu undecided\n", counts.never,
                      counts.stateless, counts.undecided);
    assert_int_equal(mblk_in_use(), 0);
    return counts;
}

static void what_rules_are_reached_agrees_with_all_packets_of_a_small_world(void **state)
{
    (void)state;
    reach_counts_t counts = hold_against_world(random_set, true, 30, 5);
    assert_true(counts.never > 3 && counts.undecided > 3);
}

static void what_groups_are_reached_agrees_with_all_packets_of_a_small_world(void **state)
{
    (void)state;
    reach_counts_t counts = hold_against_world(random_grouped_set, false, 150, 7);
    assert_true(counts.never > 100 && counts.undecided > 20);
}

/* Each group in the one before: `count` of them, whose heads say `head`. */
static size_t nested_groups(size_t count, const char *head, const char *last, char *rules)
{
    size_t at = (size_t)sprintf(rules, "%s in all head 1\n", head);
    for (size_t group = 1; group < count; group++)
        at += (size_t)sprintf(rules + at, "%s in all head %zu group %zu\n", head, group + 1, group);
    return at + (size_t)sprintf(rules + at, "%s group %zu\n", last, count);
}

/* A rule below 15 groups is reached, and one below 16 is not. */
static void groups_are_reached_as_deep_as_a_walk_goes(void **state)
{
    static const char *const lasts[] = {"block in all", "block in quick all",
                                        "block in quick proto tcp all", "log in all"};
    static const char after[] = "block in proto udp all\npass in all\n";
    (void)state;
    for (size_t count = 13; count <= 18; count++) {
        for (size_t i = 0; i < sizeof(lasts) / sizeof(lasts[0]); i++) {
            char rules[30 * LINE];
            reach_counts_t counts = {0, 0, 0};
            strcpy(rules + nested_groups(count, "pass", lasts[i], rules), after);
            reach_held_against_world(rules, false, true, &counts);
            assert_int_equal(counts.never > 0, count > 15 || i == 1);
        }
    }
}

/* What takes or decides is so deep, and the rule itself stands in another group. */
static void what_takes_or_decides_may_be_as_deep(void **state)
{
    static const char own[] = "pass in all head 99\nblock in all group 99\n";
    (void)state;
    for (size_t count = 12; count <= 17; count++) {
        char rules[30 * LINE];
        reach_counts_t taken = {0, 0, 0}, decided = {0, 0, 0};
        strcpy(rules + nested_groups(count, "pass", "block in quick all", rules), own);
        reach_held_against_world(rules, false, true, &taken);
        assert_int_equal(taken.never, count <= 15 ? 2 : count - 15);
        strcpy(rules, own);
        nested_groups(count, "log", "pass in all", rules + strlen(own));
        reach_held_against_world(rules, false, true, &decided);
        assert_int_equal(decided.undecided, count <= 15 ? 1 : 0);
    }
}

/* The least work with which it is known whether a packet reaches the last rule of a list. */
static uint64_t work_of(const char *rules, bool decides)
{
    ipf_stack_t *ifs = filter_with(rules);
    const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
    size_t count = fr_order_number(&list->frl_order, list->frl_tail);
    fr_reach_answer_t answer = {.result = FR_REACH_UNKNOWN};
    uint64_t work = 0;
    while (answer.result == FR_REACH_UNKNOWN) {
        fr_reach_t *reach = fr_reach_create(&ifs->ifs_rules, ifs->ifs_build, ++work);
        fr_reach_ask(reach, list, decides ? 0 : count, decides, &answer);
        fr_reach_destroy(reach);
    }
    ipf_destroy(ifs);
    return work;
}

/* A change for the better is recorded here, too. */
static void an_answer_takes_so_much_work(void **state)
{
    static const struct {
        const char *rules;
        uint64_t last, first; /* whether the last rule is reached, and whether the first decides */
    } rows[] = {
        {"pass in all\n", 2, 4},
        {"block in quick proto tcp all\npass in all\n", 11, 20},
        {"pass in proto tcp all\nblock in quick all\npass in all\n", 9, 20},
        {"pass in proto tcp all\nskip 1 in proto udp all\nblock in quick all\npass in all\n", 18,
         30},
        {"pass in from 10.0.0.0/8 to any\nblock in quick all head 1\nlog in all group 1\n"
         "pass in from 10.0.0.0/9 to any\n",
         13, 11},
        {"pass in proto tcp all\nskip 2 in proto tcp all\nlog in all\nblock in all\nblock in proto "
         "tcp all\n",
         11, 30},
    };
    bool differ = false;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t last = work_of(rows[i].rules, false), first = work_of(rows[i].rules, true);
        if (last != rows[i].last || first != rows[i].first)
            print_error("row %zu: %d, %d\n", i, (int)last, (int)first);
        differ = differ || last != rows[i].last || first != rows[i].first;
    }
    assert_false(differ);
}

/* => Returns what is said of the last rule. */
static fr_reached_t last_of(const char *rules)
{
    ipf_stack_t *ifs = filter_with(rules);
    const fr_list_t *list = &ifs->ifs_rules.frs_list[0];
    fr_reach_t *reach = fr_reach_create(&ifs->ifs_rules, ifs->ifs_build, FR_REACH_WORK);
    fr_reach_answer_t answer;
    fr_reach_ask(reach, list, fr_order_number(&list->frl_order, list->frl_tail), false, &answer);
    fr_reach_destroy(reach);
    ipf_destroy(ifs);
    return answer.result;
}

/* Whether a segment with these flags, of which only PSH and URG need more than themselves, is bad.
 */
static bool is_bad(uint8_t flags)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    mblk_t *m = packet_make(&(packet_t){0});
    m->b_rptr[33] = flags;
    m->b_rptr[39] = 1; /* an urgent pointer */
    fr_info_t fin = {.fin_ifs = filter_with(""), .fin_qpi = &qpi, .fin_m = m, .fin_rule = -1};
    assert_int_equal(fr_makefrip(&fin), 0);
    ipf_destroy(fin.fin_ifs);
    freemsg(m);
    return (fin.fin_flx & FI_BAD) != 0;
}

static void flags_that_no_tcp_sends_are_those_of_bad_packets(void **state)
{
    static const char letters[] = "FSRPAU";
    (void)state;
    for (uint8_t flags = 0; flags < 64; flags++) {
        char set[7] = "", rules[200];
        size_t count = 0;
        for (size_t bit = 0; bit < 6; bit++) {
            if ((flags >> bit & 1) != 0)
                set[count++] = letters[bit];
        }
        set[count] = '\0';
        snprintf(rules, sizeof(rules), "pass in proto tcp all flags %s/FSRPAU with not bad\n", set);
        assert_int_equal(last_of(rules), is_bad(flags) ? FR_NEVER : FR_REACHED);
        snprintf(rules, sizeof(rules), "pass in proto tcp all flags %s/FSRPAU with bad\n", set);
        assert_int_equal(last_of(rules), FR_REACHED);
    }
}

/* All protocols but two or three are taken, and TCP and UDP otherwise. */
static void a_protocol_that_is_left_is_found(void **state)
{
    static const struct {
        int from, to;
        fr_reached_t result;
    } rows[] = {{6, 6, FR_NEVER},     {17, 17, FR_NEVER},     {6, 7, FR_REACHED},
                {6, 8, FR_REACHED},   {17, 18, FR_REACHED},   {5, 6, FR_REACHED},
                {0, 0, FR_REACHED},   {255, 255, FR_REACHED}, {1, 1, FR_REACHED},
                {58, 58, FR_REACHED}, {51, 51, FR_REACHED},   {99, 99, FR_REACHED}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rules[20000];
        size_t at = (size_t)sprintf(rules, "block in quick inet6 all\nblock in quick proto tcp/udp "
                                           "all\n");
        for (int proto = 0; proto < 256; proto++) {
            if (proto < rows[i].from || proto > rows[i].to)
                at += (size_t)sprintf(rules + at, "block in quick proto %d all\n", proto);
        }
        strcpy(rules + at, "pass in all\n");
        if (last_of(rules) != rows[i].result)
            fail_msg("%d to %d: %d", rows[i].from, rows[i].to, (int)last_of(rules));
    }
}

/* All types but one are taken, and what a state can be made of. */
static void an_icmp_type_that_is_left_is_found(void **state)
{
    static const struct {
        bool six;
        int type;
        fr_reached_t result;
    } rows[] = {{false, 8, FR_STATELESS},  {false, 13, FR_STATELESS}, {false, 0, FR_REACHED},
                {false, 3, FR_REACHED},    {false, 255, FR_REACHED},  {true, 128, FR_STATELESS},
                {true, 135, FR_STATELESS}, {true, 129, FR_REACHED},   {true, 1, FR_REACHED}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *icmp = rows[i].six ? "inet6 proto ipv6-icmp" : "inet proto icmp";
        char rules[30000];
        size_t at = (size_t)sprintf(rules, "block in quick all with short\n");
        for (int type = 0; type < 256; type++) {
            if (type != rows[i].type)
                at +=
                    (size_t)sprintf(rules + at, "block in quick %s all icmp-type %d\n", icmp, type);
        }
        sprintf(rules + at, "pass in quick %s all keep state\npass in %s all with not frag-body\n",
                icmp, icmp);
        if (last_of(rules) != rows[i].result)
            fail_msg("%s, type %d: %d", icmp, rows[i].type, (int)last_of(rules));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_rules_are_reached_agrees_with_all_packets_of_a_small_world),
        cmocka_unit_test(what_groups_are_reached_agrees_with_all_packets_of_a_small_world),
        cmocka_unit_test(groups_are_reached_as_deep_as_a_walk_goes),
        cmocka_unit_test(what_takes_or_decides_may_be_as_deep),
        cmocka_unit_test(an_answer_takes_so_much_work),
        cmocka_unit_test(flags_that_no_tcp_sends_are_those_of_bad_packets),
        cmocka_unit_test(a_protocol_that_is_left_is_found),
        cmocka_unit_test(an_icmp_type_that_is_left_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
