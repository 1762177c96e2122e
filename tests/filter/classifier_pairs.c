/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Compares the classifier with the walk, at length: random rule sets and packets, with rules added,
 * inserted and removed between packets. The verdict, everything that is reported, and the hits of
 * each rule are the same.
 *
 *   classifier_pairs [PAIRS [SEED]]
 */
#include "filter/classify/fr_classifier.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_parse.h"
#include "tests/filter/random_rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKETS 100 /* for a rule set */
#define TEXT    60000

/* What one filter has told. */
typedef struct told {
    uint64_t hash;
} told_t;

typedef struct pair {
    ipf_stack_t *ifs[2]; /* the second walks */
    told_t told[2];
    char rules[TEXT];
    unsigned changes;
} pair_t;

static void mix(told_t *told, uint64_t value)
{
    told->hash = (told->hash ^ value) * 0x100000001b3u;
}

static void watch(void *arg, const ipf_event_t *event)
{
    told_t *told = arg;
    mix(told, (uint64_t)event->kind << 32 | (uint32_t)event->number);
    mix(told,
        (uint64_t)event->block << 32 | (uint32_t)(event->rule != NULL ? event->rule->fr_line : 0));
    for (const char *at = event->group; *at != '\0'; at++)
        mix(told, (uint8_t)*at);
    for (const char *at = event->reason; at != NULL && *at != '\0'; at++)
        mix(told, (uint8_t)*at);
}

static void fail(const pair_t *pair, const char *what)
{
    fprintf(stderr, "%s differs, after %u changes:\n%s", what, pair->changes, pair->rules);
    exit(1);
}

/* ---- rules one by one ---- */

typedef struct change {
    pair_t *pair;
    bool remove;
} change_t;

/* Both filters take a rule, or lose it, with the same result. */
static int change_both(void *arg, const frentry_t *fr)
{
    const change_t *change = arg;
    const frentry_t *same;
    int error[2];
    for (size_t i = 0; i < 2; i++) {
        fr_ruleset_t *set = &change->pair->ifs[i]->ifs_rules;
        frentry_t *found;
        if (!change->remove)
            error[i] = frrequest(set, fr, &same);
        else
            error[i] = frfind(set, fr, &found) == 0 ? frremove(set, found) : ESRCH;
    }
    if (error[0] != error[1])
        fail(change->pair, "the result of a change");
    change->pair->changes += error[0] == 0;
    return 0;
}

/* Lines of the set are removed, and others come, some at a place of theirs. */
static void change_rules(pair_t *pair, chance_t *c)
{
    char text[2000];
    ipf_error_t error;
    change_t change = {pair, chance(c, 2) == 0};
    const char *line = pair->rules;
    for (uint32_t skip = chance(c, 40); change.remove && skip > 0; skip--) {
        const char *next = strchr(line, '\n');
        line = next != NULL && next[1] != '\0' ? next + 1 : pair->rules;
    }
    if (change.remove)
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(line, "\n"), line);
    else
        mixed_rules(c, 1, text + (chance(c, 2) == 0 ? 0 : sprintf(text, "@%u ", chance(c, 30))),
                    sizeof(text) - 10);
    if (ipf_parse(text, strlen(text), 0, change_both, &change, NULL, &error) != 0)
        fail(pair, error.message);
}

/* ---- a set and its packets ---- */

static ipf_stack_t *load(pair_t *pair, told_t *told)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL || ipf_load_all(ifs, pair->rules, strlen(pair->rules), 0, &error) != 0)
        fail(pair, error.message);
    ipf_set_probe(ifs, watch, told);
    return ifs;
}

static void compare_lists(const pair_t *pair, const fr_list_t *a, const fr_list_t *b)
{
    const frentry_t *other = b->frl_head;
    for (const frentry_t *fr = a->frl_head; fr != NULL; fr = fr->fr_next, other = other->fr_next) {
        if (other == NULL || fr->fr_hits != other->fr_hits || fr->fr_bytes != other->fr_bytes ||
            fr->fr_statecnt != other->fr_statecnt)
            fail(pair, "a rule's count");
    }
    if (other != NULL)
        fail(pair, "a list's length");
}

static void compare_counts(const pair_t *pair)
{
    const ipf_stack_t *a = pair->ifs[0], *b = pair->ifs[1];
    const frgroup_t *other = b->ifs_rules.frs_groups;
    if (memcmp(&a->ifs_frstats, &b->ifs_frstats, sizeof(a->ifs_frstats)) != 0)
        fail(pair, "a counter");
    for (size_t i = 0; i < 2; i++) {
        compare_lists(pair, &a->ifs_rules.frs_list[i], &b->ifs_rules.frs_list[i]);
        compare_lists(pair, &a->ifs_rules.frs_acct[i], &b->ifs_rules.frs_acct[i]);
    }
    for (const frgroup_t *group = a->ifs_rules.frs_groups; group != NULL;
         group = group->fg_next, other = other->fg_next)
        compare_lists(pair, &group->fg_list, &other->fg_list);
}

static void send_both(pair_t *pair, chance_t *c)
{
    static const char *const names[] = {"lo0", "lo0", "bge0", "bge1"};
    qpktinfo_t qpi = {.qpi_ifname = names[chance(c, 4)], .qpi_ill = 1};
    bool out = chance(c, 3) == 0;
    mblk_t *m = mixed_packet(c);
    const char *verdicts[2];
    for (size_t i = 0; i < 2; i++)
        verdicts[i] = fr_verdict(pair->ifs[i], &qpi, out, m);
    if (strcmp(verdicts[0], verdicts[1]) != 0)
        fail(pair, "a verdict");
    if (pair->told[0].hash != pair->told[1].hash)
        fail(pair, "what is told");
    freemsg(m);
}

/* Most sets are long enough for a classifier; some are short. */
static void try_set(chance_t *c)
{
    static pair_t pair;
    uint32_t most = chance(c, 4) == 0 ? 20 : 200;
    mixed_rules(c, 1 + chance(c, most), pair.rules, sizeof(pair.rules));
    pair.changes = 0;
    for (size_t i = 0; i < 2; i++) {
        pair.told[i].hash = 1;
        pair.ifs[i] = load(&pair, &pair.told[i]);
    }
    pair.ifs[1]->ifs_walk = true;
    bool changing = chance(c, 2) == 0;
    for (int i = 0; i < PACKETS; i++) {
        send_both(&pair, c);
        for (uint32_t j = changing ? chance(c, 3) : 0; j > 0; j--)
            change_rules(&pair, c);
    }
    compare_counts(&pair);
    ipf_destroy(pair.ifs[0]);
    ipf_destroy(pair.ifs[1]);
}

int main(int argc, char **argv)
{
    unsigned long pairs = argc > 1 ? strtoul(argv[1], NULL, 10) : 10000;
    chance_t c = {argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1};
    for (unsigned long done = 0; done < pairs; done += PACKETS)
        try_set(&c);
    printf("%lu pairs of rules and a packet agree\n", pairs);
    return 0;
}
