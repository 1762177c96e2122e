/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One line of `lo0sim step`, read.
 */
#ifndef LO0SIM_SIM_SHELL_STEP_LINE_H
#define LO0SIM_SIM_SHELL_STEP_LINE_H

#include "sim/shell/line_complete.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum step_verb {
    STEP_AGAIN, /* an empty line */
    STEP_NEXT,  /* `count` events forward */
    STEP_BACK,
    STEP_CONTINUE, /* to the next breakpoint, or the end */
    STEP_REVERSE,  /* to the breakpoint before, or the beginning */
    STEP_TO,       /* `us` */
    STEP_BREAK,    /* `point` */
    STEP_DELETE,   /* `count`: its number; 0: all */
    STEP_LIST,
    STEP_PACKET,
    STEP_RULES,
    STEP_ENDPOINTS,
    STEP_WHERE,
    STEP_LOST, /* another way: the packet is lost here, */
    STEP_DOUBLED,
    STEP_DELAYED, /* by `us` */
    STEP_UNDO,    /* the way before */
    STEP_HELP,
    STEP_QUIT
} step_verb_t;

#define STEP_WORD_MAX 64

typedef enum step_point_kind { STEP_AT_STATION, STEP_AT_RULE, STEP_AT_TIME } step_point_kind_t;

/* Where to stop. */
typedef struct step_point {
    step_point_kind_t kind;
    char word[STEP_WORD_MAX]; /* the station; the rule's group */
    unsigned rule;
    uint64_t us;
} step_point_t;

typedef struct step_line {
    step_verb_t verb;
    unsigned count;
    uint64_t us;
    step_point_t point;
} step_line_t;

/* Reads a line without its end.
 * => Returns false, and writes what is wrong and what would be right into error[size]. */
bool step_line_parse(const char *text, size_t length, step_line_t *line, char *error, size_t size);

/* Writes what the commands are. */
void step_help(FILE *out);

/* Completes a word for Tab, after `before` (line_complete.h). */
line_complete_t step_line_complete;

#endif
