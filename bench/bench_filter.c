/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter alone: nanoseconds a packet for rules that all miss, beside no rule at all; how fast
 * rules load, and what one takes.
 */
#include "bench/measure.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS      9
#define RULE_LENGTH 90

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

int main(int argc, char **argv)
{
    static const size_t counts[] = {0, 10, 100, 1000, 10000};
    enum { COUNTS = sizeof(counts) / sizeof(counts[0]) };
    double ns[COUNTS][ROUNDS], loaded[ROUNDS];
    size_t work = argc > 1 ? strtoul(argv[1], NULL, 10) : 4000000;
    mblk_t *m = syn();
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < COUNTS; i++) {
            char *text = write_rules(counts[i]);
            double start = now_s();
            ipf_stack_t *ifs = load(text);
            loaded[round] = (double)counts[i] / (now_s() - start);
            ns[i][round] = ns_a_packet(ifs, m, work / (counts[i] + 10) + 1);
            ipf_destroy(ifs);
            free(text);
        }
    }
    freemsg(m);
    double none = median(ns[0], ROUNDS);
    printf("%8s %14s %18s %14s\n", "rules", "ns a packet", "no rule = 1", "ns a rule");
    for (size_t i = 0; i < COUNTS; i++) {
        double here = median(ns[i], ROUNDS);
        printf("%8zu %14.1f %18.2f", counts[i], here, here / none);
        if (counts[i] > 0)
            printf(" %14.2f", (here - none) / (double)counts[i]);
        printf("\n");
    }
    printf("\n%.0f rules loaded a second; a rule takes %zu bytes\n", median(loaded, ROUNDS),
           sizeof(frentry_t));
    printf("medians of %d rounds\n", ROUNDS);
    return 0;
}
