/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by step.c, which walks, and step_view.c, which shows where one is.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_IMPL_H
#define LO0SIM_SIM_SHELL_STEP_IMPL_H

#include "sim/shell/line_reader.h"
#include "sim/shell/step.h"
#include "sim/shell/step_line.h"

#define POINTS_MAX 100

/* A way that was left for another. */
typedef struct left_way {
    step_way_t way;
    size_t at;
    char fault[STEP_FAULT_MAX]; /* what the other one has besides */
} left_way_t;

typedef struct walk {
    const recording_t *recording;
    const result_t *result;
    step_another_t another;
    void *another_arg;
    left_way_t left[STEP_WAYS_MAX];
    size_t left_count;
    line_reader_t *reader;
    size_t count, at;
    step_point_t points[POINTS_MAX];
    size_t point_count;
    step_line_t last; /* the line that an empty one repeats */
    unsigned long line_number;
    bool mistaken, over, color;
    bool told; /* how the test ended */
} walk_t;

static inline const recorded_event_t *here(const walk_t *walk)
{
    return recording_at(walk->recording, walk->at);
}

/* Shows the event with the packet, the endpoints and the rules; the packet alone, in full; the
 * events around. */
void step_show(const walk_t *walk);
void step_show_packet(const walk_t *walk);
void step_show_where(const walk_t *walk);

/* Writes the lines of a text, with a mark at those that are not in `before`; without `all`, rules
 * that nothing has hit are left out if there are many. */
void step_put_lines(const walk_t *walk, const char *text, const char *before, bool all);

#endif
