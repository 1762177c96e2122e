/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What runs ended with, counted: equal outcomes are one row, with the first schedule that gave it.
 */
#ifndef LO0SIM_SIM_EXPLORE_OUTCOME_H
#define LO0SIM_SIM_EXPLORE_OUTCOME_H

#include "sim/explore/trial.h"

#include <stdio.h>

#define OUTCOME_TEXT_MAX    2500
#define OUTCOME_EXAMPLE_MAX (SCHEDULE_MAX * (POINT_TEXT_MAX + 2) + ORDERS_MAX * 40)

typedef struct outcome {
    uint64_t hash; /* of what distinguishes it from others */
    char text[OUTCOME_TEXT_MAX];
    result_status_t status;
    uint64_t count;
    uint64_t low_us, high_us; /* when the last of the calls returned */
    uint32_t low_packets, high_packets;
    uint64_t first;                    /* the number of its first run: by faults, then by place */
    char example[OUTCOME_EXAMPLE_MAX]; /* its faults, separated by "; " */
} outcome_t;

typedef struct outcomes {
    outcome_t *list;
    size_t count, room;
    size_t *places; /* by hash; a power of 2 */
    size_t place_count;
} outcomes_t;

void outcomes_fini(outcomes_t *outcomes);

/* Adds a run, the `number`-th, which counts as so many schedules; with 0 it only gets a row.
 * => Returns its row, valid until the next call. */
outcome_t *outcomes_add(outcomes_t *outcomes, const trial_result_t *result, uint64_t number,
                        uint64_t schedules);

/* The row of an outcome, by its hash: an index that stays until they are sorted. */
uint32_t outcomes_row(const outcomes_t *outcomes, uint64_t hash);

/* Adds another table's rows. */
void outcomes_merge(outcomes_t *outcomes, const outcomes_t *other);

/* Sorts them by their first runs. */
void outcomes_sort(outcomes_t *outcomes);

/* Write them, and read what was written.
 * => outcomes_read() returns false if it is anything else. */
void outcomes_write(const outcomes_t *outcomes, FILE *out);
bool outcomes_read(outcomes_t *outcomes, FILE *in);

#endif
