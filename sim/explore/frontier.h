/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Schedules that have been run, with the choice points that their runs reached after the last
 * fault. Each alternative at each of these points gives a schedule with one more fault, a child.
 */
#ifndef LO0SIM_SIM_EXPLORE_FRONTIER_H
#define LO0SIM_SIM_EXPLORE_FRONTIER_H

#include "sim/explore/trial.h"

#include <stdio.h>

typedef struct frontier {
    uint8_t *bytes; /* records, one after another */
    size_t used, room;
    size_t *offsets;
    size_t count, offset_room;
    uint64_t children;
} frontier_t;

void frontier_fini(frontier_t *frontier);
size_t frontier_size(const frontier_t *frontier);

/* Adds a schedule, the `number`-th, with the result of its run. */
void frontier_add(frontier_t *frontier, uint64_t number, const schedule_t *schedule,
                  const trial_result_t *result, unsigned kinds);

/* Adds all records of another frontier. */
void frontier_append(frontier_t *frontier, const frontier_t *other);

/* Puts all records in the order of their numbers. */
void frontier_sort(frontier_t *frontier);

/* Calls each(arg, child, schedule) for the children from `from` up to `to`, in order; they are
 * numbered from 0. Ends early if each() returns false. */
typedef bool (*frontier_each_t)(void *arg, uint64_t child, const schedule_t *schedule);
void frontier_walk(const frontier_t *frontier, uint64_t from, uint64_t to, unsigned kinds,
                   frontier_each_t each, void *arg);

void frontier_write(const frontier_t *frontier, FILE *out);

/* Reads what frontier_write() wrote, and adds it.
 * => Returns false if it is anything else. */
bool frontier_read(frontier_t *frontier, FILE *in);

#endif
