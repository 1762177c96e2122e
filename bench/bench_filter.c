/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter alone: nanoseconds a packet for rules that all miss, for the walk over the list and
 * for the search among candidates; how fast rules load, and what one takes.
 *
 *   bench_filter [WORK]
 */
#include "bench/measure.h"
#include "filter/fr_candidates.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS      9
#define RULE_LENGTH 90

enum { WALK, CANDIDATES, WAYS };

/* Rules for addresses that no packet has. */
static char *write_rules(size_t count)
{
    char *text = malloc(count * RULE_LENGTH + 1), *at = text;
    if (text == NULL)
        abort();
    *at = '\0';
    for (size_t i = 0; i < count; i++)
        at += sprintf(at, "block in quick proto tcp from 10.%zu.%zu.0/24 to any port = %zu\n",
                      i / 256 % 256, i % 256, 1 + i % 60000);
    return text;
}

static mblk_t *syn(void)
{
    static const uint8_t bytes[40] = {0x45, 0, 0,   40, 0,    0, 0x40, 0,    64, 6,  0, 0, 127, 0,
                                      0,    1, 127, 0,  0,    1, 0x80, 0xe9, 0,  22, 0, 0, 0,   1,
                                      0,    0, 0,   0,  0x50, 2, 0x10, 0,    0,  0,  0, 0};
    mblk_t *m = allocb(sizeof(bytes));
    if (m == NULL)
        abort();
    memcpy(m->b_wptr, bytes, sizeof(bytes));
    m->b_wptr += sizeof(bytes);
    return m;
}

static ipf_stack_t *load(const char *text)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL || ipf_load(ifs, text, strlen(text), NULL, &error) != 0)
        abort();
    return ifs;
}

static double ns_a_packet(ipf_stack_t *ifs, mblk_t *m, size_t packets)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    double start = now_s();
    for (size_t i = 0; i < packets; i++)
        fr_verdict(ifs, &qpi, false, m);
    return (now_s() - start) / (double)packets * 1e9;
}

typedef struct result {
    double ns[WAYS][ROUNDS];
    double loaded[ROUNDS]; /* rules a second */
    size_t bytes;          /* that candidates take */
} result_t;

static void measure(size_t count, size_t work, mblk_t *m, int round, result_t *result)
{
    char *text = write_rules(count);
    double start = now_s();
    ipf_stack_t *ifs = load(text);
    result->loaded[round] = (double)count / (now_s() - start);
    result->bytes = fr_candidates_size(&ifs->ifs_rules.frs_list[0]);
    for (int way = 0; way < WAYS; way++) {
        ifs->ifs_walk = way == WALK;
        result->ns[way][round] =
            ns_a_packet(ifs, m, way == WALK ? work / (count + 10) + 1 : work / 10);
    }
    ipf_destroy(ifs);
    free(text);
}

static void print(const size_t *counts, result_t *results, size_t n)
{
    double none = median(results[0].ns[WALK], ROUNDS);
    printf("%8s %14s %14s %14s %14s %16s\n", "", "walk", "", "", "candidates", "");
    printf("%8s %14s %14s %14s %14s %16s\n", "rules", "ns a packet", "no rule = 1", "ns a rule",
           "ns a packet", "rules loaded/s");
    for (size_t i = 0; i < n; i++) {
        double walk = median(results[i].ns[WALK], ROUNDS);
        printf("%8zu %14.1f %14.2f", counts[i], walk, walk / none);
        if (counts[i] == 0) {
            printf(" %14s %14.1f\n", "", median(results[i].ns[CANDIDATES], ROUNDS));
            continue;
        }
        printf(" %14.2f %14.1f %16.0f\n", (walk - none) / (double)counts[i],
               median(results[i].ns[CANDIDATES], ROUNDS), median(results[i].loaded, ROUNDS));
    }
}

int main(int argc, char **argv)
{
    static const size_t counts[] = {0, 10, 100, 1000, 10000};
    enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };
    static result_t results[COUNTS];
    size_t work = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000000;
    mblk_t *m = syn();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNTS; i++)
            measure(counts[i], work, m, round, &results[i]);
    }
    freemsg(m);
    print(counts, results, COUNTS);
    printf("\na rule takes %zu bytes, and %.0f more among candidates\n", sizeof(frentry_t),
           (double)results[COUNTS - 1].bytes / (double)counts[COUNTS - 1]);
    printf("medians of %d rounds\n", ROUNDS);
    return 0;
}
