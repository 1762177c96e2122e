/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What ladder_text.c draws on: one row of cells at a time, with a lifeline for each column, printed
 * when it is full. Positions (x) are cells from the left, from 0; what would stand to the right of
 * the canvas is left out.
 */
#ifndef LO0SIM_SIM_VIEW_LADDER_CANVAS_H
#define LO0SIM_SIM_VIEW_LADDER_CANVAS_H

#include "sim/view/ladder.h"
#include "sim/view/ladder_text.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define CANVAS_LEFT 13 /* the first lifeline */

/* What a cell shows: a character, another one in ASCII. */
typedef enum glyph {
    G_LIFE,
    G_GAP,
    G_SENT,
    G_CHANGED,
    G_REPLY,
    G_LOOKING,
    G_RIGHT,
    G_LEFT,
    G_STOP,
    G_LOST,
    G_LOOKED,
    G_BECOME,
    G_SNOOP,
    G_SAY,
    G_GOOD,
    GLYPHS
} glyph_t;

typedef enum color { C_NONE, C_DIM, C_BOLD, C_SENT, C_CHANGED, C_REPLY, C_GOOD, C_BAD } color_t;

typedef struct cell {
    char bytes[5]; /* a character */
    unsigned char color;
} cell_t;

typedef struct canvas {
    const ladder_t *ladder;
    const ladder_style_t *style;
    FILE *out;
    size_t width;
    size_t x[LADDER_COLUMNS]; /* of each lifeline that is shown */
    cell_t *row;
    uint64_t last_us;
    unsigned used; /* 1 << tone of the packets, for the legend */
} canvas_t;

/* ---- cells ---- */

void canvas_put(canvas_t *c, size_t x, glyph_t glyph, color_t color);

/* How many characters a text has: each takes a cell. */
size_t canvas_columns(const char *text);

/* Writes the first `count` characters of a text. Anything that a terminal does not show is a
 * question mark. */
void canvas_text(canvas_t *c, size_t x, const char *text, size_t count, color_t color);
void canvas_blank(canvas_t *c, size_t x);

/* ---- rows ---- */

/* A row without lifelines, or with them, of that glyph. */
void canvas_blank_row(canvas_t *c);
void canvas_begin_row(canvas_t *c, glyph_t life);

/* Prints the row. */
void canvas_end_row(canvas_t *c);

/* ---- words beside a lifeline ---- */

/* How many characters of a text fit into `room`, up to a blank if there is one. */
size_t canvas_fitting(const char *text, size_t room);

/* The words and a blank on both sides, over the lifelines. */
void canvas_words(canvas_t *c, size_t x, const char *text, size_t count, color_t color);

/* To the right of x, or to its left, or across the whole picture: in as many rows as needed, from
 * this row on. */
void canvas_beside(canvas_t *c, size_t x, const char *text, color_t color);

#endif
