/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter alone, by shape of the rule list (filter_shapes.c): nanoseconds of processor time a
 * packet, for the walk and for the classifier in turn; seconds of processor time to load the rules,
 * and bytes for each rule; microseconds to add one more rule in the middle and to remove it again.
 *
 *   bench_filter [RULES]                a table of all shapes and lengths, up to that many rules
 *   bench_filter --json [RULES]         the same, an object a line
 *   bench_filter SHAPE RULES            one line of that table
 *   bench_filter SHAPE RULES PACKETS    only this work, with the classifier, for counting
 */
#include "bench/filter_shapes.h"
#include "bench/measure.h"
#include "filter/classify/fr_classifier.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS       5
#define ROUND_S      0.01 /* at least, for each way */
#define WALK_PACKETS 3    /* at least */
#define CHANGES      2000

enum { WALK, CLASSIFIER, WAYS };

typedef struct row {
    const shape_t *shape;
    size_t rules;
    double ns[WAYS], load_s, bytes, change_us;
} row_t;

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
    if (ifs != NULL && ipf_load(ifs, text, strlen(text), NULL, &error) == 0)
        return ifs;
    fprintf(stderr, "%d:%d: %s\n", error.line, error.column, error.message);
    exit(1);
}

static void judge(ipf_stack_t *ifs, mblk_t *m, size_t packets)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    for (size_t i = 0; i < packets; i++)
        fr_verdict(ifs, &qpi, false, m);
}

static double ns_a_packet(ipf_stack_t *ifs, mblk_t *m)
{
    size_t packets = 0, more = WALK_PACKETS;
    double start = cpu_s(), end;
    do {
        judge(ifs, m, more);
        packets += more;
        more *= 2;
        end = cpu_s();
    } while (end - start < ROUND_S);
    return (end - start) / (double)packets * 1e9;
}

/* Microseconds to add a rule in the middle of the list, and to remove it. */
static double change(ipf_stack_t *ifs, size_t rules)
{
    char add[200];
    ipf_error_t error;
    double start = cpu_s();
    for (int i = 0; i < CHANGES; i++) {
        snprintf(add, sizeof(add), "@%zu block in quick on hme9 proto tcp from 9.8.%d.%d to any\n",
                 rules / 2 + (size_t)i, i / 256, i % 256);
        const char *removed = strchr(add, ' ') + 1;
        if (ipf_add(ifs, add, strlen(add), &error) != 0 ||
            ipf_remove(ifs, removed, strlen(removed), &error) != 0) {
            fprintf(stderr, "%s%s\n", add, error.message);
            exit(1);
        }
    }
    return (cpu_s() - start) / CHANGES * 1e6;
}

static void measure(row_t *row, mblk_t *m)
{
    double ns[WAYS][ROUNDS], load_s[ROUNDS], change_us[ROUNDS];
    char *text = shape_rules(row->shape, row->rules);
    for (int round = 0; round < ROUNDS; round++) {
        double before = heap_bytes();
        double start = cpu_s();
        ipf_stack_t *ifs = load(text);
        load_s[round] = cpu_s() - start;
        row->bytes = (heap_bytes() - before) / (double)ifs->ifs_rules.frs_count;
        for (int way = 0; way < WAYS; way++) {
            ifs->ifs_walk = way == WALK;
            ns[way][round] = ns_a_packet(ifs, m);
        }
        change_us[round] = change(ifs, row->rules);
        ipf_destroy(ifs);
    }
    free(text);
    row->change_us = median(change_us, ROUNDS);
    for (int way = 0; way < WAYS; way++)
        row->ns[way] = median(ns[way], ROUNDS);
    row->load_s = median(load_s, ROUNDS);
}

static void print_head(void)
{
    printf("%-16s %7s %14s %14s %8s %8s %14s\n", "", "", "walk", "classifier", "", "bytes",
           "a rule comes");
    printf("%-16s %7s %14s %14s %8s %8s %14s\n", "shape", "rules", "ns a packet", "ns a packet",
           "load s", "a rule", "and goes, us");
}

static void print(const row_t *row, bool json)
{
    if (json)
        printf("{\"shape\":\"%s\",\"rules\":%zu,\"walk_ns\":%.1f,\"classifier_ns\":%.1f,"
               "\"load_s\":%.4f,\"bytes_a_rule\":%.0f,\"change_us\":%.2f}\n",
               row->shape->name, row->rules, row->ns[WALK], row->ns[CLASSIFIER], row->load_s,
               row->bytes, row->change_us);
    else
        printf("%-16s %7zu %14.1f %14.1f %8.4f %8.0f %14.2f\n", row->shape->name, row->rules,
               row->ns[WALK], row->ns[CLASSIFIER], row->load_s, row->bytes, row->change_us);
    fflush(stdout);
}

static const shape_t *find_shape(const char *name)
{
    for (size_t i = 0; i < shape_count; i++) {
        if (strcmp(shapes[i].name, name) == 0)
            return &shapes[i];
    }
    fprintf(stderr, "there is no shape '%s'\n", name);
    exit(2);
}

static void measure_all(mblk_t *m, bool json, size_t most)
{
    static const size_t counts[] = {10, 1000, 10000, 100000};
    for (size_t i = 0; i < shape_count; i++) {
        for (size_t j = 0; j < sizeof(counts) / sizeof(counts[0]) && counts[j] <= most; j++) {
            row_t row = {.shape = &shapes[i], .rules = counts[j]};
            measure(&row, m);
            print(&row, json);
        }
    }
}

static void judge_only(mblk_t *m, const char *shape, size_t rules, size_t packets)
{
    char *text = shape_rules(find_shape(shape), rules);
    ipf_stack_t *ifs = load(text);
    judge(ifs, m, packets);
    ipf_destroy(ifs);
    free(text);
}

static size_t number(const char *text)
{
    return strtoul(text, NULL, 10);
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    bool one = argc > 2 && !json;
    mblk_t *m = syn();
    if (argc == 4) {
        judge_only(m, argv[1], number(argv[2]), number(argv[3]));
    } else if (one) {
        row_t row = {.shape = find_shape(argv[1]), .rules = number(argv[2])};
        measure(&row, m);
        print_head();
        print(&row, false);
    } else {
        if (!json)
            print_head();
        measure_all(m, json, argc > 1 + json ? number(argv[1 + json]) : 100000);
    }
    freemsg(m);
    return 0;
}
