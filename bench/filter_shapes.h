/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rule lists as people write them, of any length. No rule matches the benchmark's packet: a SYN
 * from 127.0.0.1, port 33001, to 127.0.0.1, port 22, on lo0.
 */
#ifndef LO0SIM_BENCH_FILTER_SHAPES_H
#define LO0SIM_BENCH_FILTER_SHAPES_H

#include <stddef.h>

typedef struct shape {
    const char *name;
    const char *text; /* what such a list looks like */
    /* Writes rule `i` at `at`. => Returns its length. */
    int (*write)(char *at, size_t i);
    size_t matching; /* how many rules the packet matches, however long the list is */
} shape_t;

#define SHAPE_LINE 160 /* longer than the longest line */

extern const shape_t shapes[];
extern const size_t shape_count;

/* The first `count` rules.
 * => The caller frees it. */
char *shape_rules(const shape_t *shape, size_t count);

#endif
