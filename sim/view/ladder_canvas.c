/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/ladder_canvas.h"

#include <stdbool.h>
#include <string.h>

static const char *const glyphs[GLYPHS][2] = {
    [G_LIFE] = {"│", "|"},    [G_GAP] = {"┊", ":"},    [G_SENT] = {"━", "-"},
    [G_CHANGED] = {"═", "="}, [G_REPLY] = {"╌", "~"},  [G_LOOKING] = {"┈", "."},
    [G_RIGHT] = {"▶", ">"},   [G_LEFT] = {"◀", "<"},   [G_STOP] = {"┼", "+"},
    [G_LOST] = {"✗", "X"},    [G_LOOKED] = {"◇", "o"}, [G_BECOME] = {"◆", "#"},
    [G_SNOOP] = {"◉", "@"},   [G_SAY] = {"•", "*"},    [G_GOOD] = {"✓", "+"},
};

static const char *const codes[] = {
    [C_NONE] = "",         [C_DIM] = "\033[2m",        [C_BOLD] = "\033[1m",
    [C_SENT] = "\033[36m", [C_CHANGED] = "\033[1;35m", [C_REPLY] = "\033[33m",
    [C_GOOD] = "\033[32m", [C_BAD] = "\033[1;31m"};

/* ---- cells ---- */

void canvas_put(canvas_t *c, size_t x, glyph_t glyph, color_t color)
{
    if (x >= c->width)
        return;
    strcpy(c->row[x].bytes, glyphs[glyph][c->style->ascii ? 1 : 0]);
    c->row[x].color = (unsigned char)color;
}

/* The length of the character at `text`; 1 for a byte that begins no character. */
static size_t character(const char *text)
{
    const unsigned char *b = (const unsigned char *)text;
    size_t length = b[0] < 0xc2 ? 1 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 1;
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 1;
    }
    return length;
}

size_t canvas_columns(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text += character(text))
        count++;
    return count;
}

/* Anything that a terminal does not show is drawn as a question mark. */
static void put_character(canvas_t *c, size_t x, const char *text, color_t color)
{
    size_t length = character(text);
    unsigned char first = (unsigned char)text[0];
    bool shown = length > 1 ? !c->style->ascii && !(first == 0xc2 && (unsigned char)text[1] < 0xa0)
                            : first >= ' ' && first < 0x7f;
    if (x >= c->width)
        return;
    memset(c->row[x].bytes, 0, sizeof(c->row[x].bytes));
    memcpy(c->row[x].bytes, shown ? text : "?", shown ? length : 1);
    c->row[x].color = (unsigned char)color;
}

void canvas_text(canvas_t *c, size_t x, const char *text, size_t count, color_t color)
{
    for (size_t i = 0; i < count && *text != '\0'; i++, text += character(text))
        put_character(c, x + i, text, color);
}

void canvas_blank(canvas_t *c, size_t x)
{
    if (x < c->width)
        c->row[x] = (cell_t){.bytes = " "};
}

/* ---- rows ---- */

void canvas_blank_row(canvas_t *c)
{
    for (size_t x = 0; x < c->width; x++)
        canvas_blank(c, x);
}

void canvas_begin_row(canvas_t *c, glyph_t life)
{
    canvas_blank_row(c);
    for (int column = 0; column < LADDER_COLUMNS; column++) {
        if (c->x[column] > 0)
            canvas_put(c, c->x[column], life, C_DIM);
    }
}

void canvas_end_row(canvas_t *c)
{
    size_t end = c->width;
    color_t color = C_NONE;
    while (end > 0 && c->row[end - 1].bytes[0] == ' ')
        end--;
    for (size_t x = 0; x < end; x++) {
        if (c->style->color && c->row[x].color != color) {
            if (color != C_NONE)
                fputs("\033[0m", c->out);
            color = c->row[x].color;
            fputs(codes[color], c->out);
        }
        fputs(c->row[x].bytes, c->out);
    }
    fputs(color != C_NONE ? "\033[0m\n" : "\n", c->out);
}

/* ---- words beside a lifeline ---- */

size_t canvas_fitting(const char *text, size_t room)
{
    size_t count = 0, last = 0;
    for (const char *at = text; *at != '\0'; at += character(at), count++) {
        if (count == room)
            return last > 0 ? last : room;
        if (*at == ' ')
            last = count;
    }
    return count;
}

void canvas_words(canvas_t *c, size_t x, const char *text, size_t count, color_t color)
{
    if (x > CANVAS_LEFT)
        canvas_blank(c, x - 1);
    canvas_text(c, x, text, count, color);
    canvas_blank(c, x + count);
}

/* Across the whole picture, in as many rows as needed, beginning with the current row. */
static void put_wide(canvas_t *c, const char *text, color_t color, glyph_t life)
{
    size_t room = c->width - CANVAS_LEFT;
    while (*text != '\0') {
        size_t count = canvas_fitting(text, room), length = canvas_columns(text);
        canvas_words(c, CANVAS_LEFT, text, count, color);
        for (size_t i = 0; i < count; i++)
            text += character(text);
        text += *text == ' ';
        if (count == length)
            return;
        canvas_end_row(c);
        canvas_begin_row(c, life);
    }
}

void canvas_beside(canvas_t *c, size_t x, const char *text, color_t color)
{
    size_t length = canvas_columns(text);
    if (x + 2 + length <= c->width) {
        canvas_words(c, x + 2, text, length, color);
        return;
    }
    if (x >= CANVAS_LEFT + 2 + length) {
        canvas_words(c, x - 1 - length, text, length, color);
        return;
    }
    if (length <= c->width - CANVAS_LEFT) { /* it ends at the picture's edge */
        canvas_words(c, c->width - length, text, length, color);
        return;
    }
    put_wide(c, text, color, G_LIFE);
}
