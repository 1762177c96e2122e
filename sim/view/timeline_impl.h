/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the timeline's two files share: timeline.c writes lines and folds rounds, and
 * timeline_station.c says what happened at each station.
 */
#ifndef LO0SIM_SIM_VIEW_TIMELINE_IMPL_H
#define LO0SIM_SIM_VIEW_TIMELINE_IMPL_H

#include "sim/view/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The lines from one SYN on: as they are written, and without the parts that differ from SYN to
 * SYN. */
typedef struct round {
    FILE *text;     /* where its lines go */
    FILE *likeness; /* NULL: it is too long to be compared */
    bool held;      /* they are held back, in text_bytes */
    char *text_bytes, *likeness_bytes;
    size_t text_size, likeness_size, lines;
} round_t;

struct timeline {
    FILE *out;
    unsigned flags;
    size_t width;
    uint64_t last_us; /* the time that was written last */
    round_t round;
    bool again; /* it began with a SYN that was sent again */
    uint64_t round_us;
    uint64_t before_us; /* when the round before began */
    char *likeness;     /* of the round before; NULL: none */
    char *bare;         /* timeline_text(): the text goes here, and nothing else is written */
    size_t bare_size;
};

/* Writes an event's line: the time if it differs from the line before, the station, the text. */
__attribute__((format(printf, 4, 5))) void timeline_line(timeline_t *tl, const trace_event_t *event,
                                                         const char *station, const char *format,
                                                         ...);

/* Writes a further line of the same event, in the text's column. */
void timeline_more(timeline_t *tl, const char *text);

/* Writes the lines of an event, by its station. */
void timeline_station(timeline_t *tl, const trace_event_t *event);

#endif
