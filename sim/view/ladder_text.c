/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder in a terminal: rows of cells, a time on the left, a lifeline for each column. Colour
 * only repeats what the strokes say, so that the picture is complete without it.
 */
#include "sim/view/ladder_text.h"

#include "sim/base/must.h"
#include "sim/view/ladder_canvas.h"

#include <stdlib.h>
#include <string.h>

#define TIME_WIDTH  10
#define SPACING_MIN 9
#define NOTE_WIDTH  100

static const color_t tone_color[] = {
    [LADDER_SENT] = C_SENT, [LADDER_CHANGED] = C_CHANGED, [LADDER_REPLY] = C_REPLY,
    [LADDER_GOOD] = C_GOOD, [LADDER_BAD] = C_BAD,         [LADDER_PLAIN] = C_NONE};

/* ---- marks ---- */

/* The time, if it differs from the row before. */
static void put_time(canvas_t *c, const ladder_step_t *step)
{
    char text[32];
    if (step->time_us == c->last_us)
        return;
    snprintf(text, sizeof(text), "%*.6f", TIME_WIDTH, (double)step->time_us / 1e6);
    canvas_text(c, 0, text, strlen(text), C_NONE);
    c->last_us = step->time_us;
}

static void mark(canvas_t *c, const ladder_step_t *step, glyph_t glyph, color_t color,
                 const char *text, color_t text_color)
{
    canvas_begin_row(c, G_LIFE);
    put_time(c, step);
    canvas_put(c, c->x[step->from], glyph, color);
    canvas_beside(c, c->x[step->from], text, text_color);
    canvas_end_row(c);
}

/* ---- arrows ---- */

static size_t fits(size_t a, size_t b, const char *label, size_t margin)
{
    size_t room = b - a - 2; /* without the lifeline and the head */
    return canvas_columns(label) + margin <= room;
}

/* Puts the label between two lifelines, in the middle. */
static void put_label(canvas_t *c, size_t a, size_t b, const char *label, color_t color)
{
    size_t length = canvas_columns(label), room = b - a - 2;
    size_t x = a + 1 + (room > length ? (room - length) / 2 : 0);
    if (room >= length + 2) {
        canvas_blank(c, x - 1);
        canvas_blank(c, x + length);
    }
    canvas_text(c, x, label, length, color);
}

/* The first stretch between two stops that has room for the label. */
static bool label_between(canvas_t *c, const ladder_step_t *step, const char *label, size_t margin,
                          color_t color)
{
    bool right = step->from < step->to;
    size_t a = c->x[step->from];
    for (int i = (int)step->from; i != (int)step->to;) {
        i += right ? 1 : -1;
        if ((step->stops & 1u << i) == 0 && i != (int)step->to)
            continue;
        size_t low = right ? a : c->x[i] + 1, high = right ? c->x[i] : a + 1;
        if (high > low + 2 && fits(low, high, label, margin)) {
            put_label(c, low, high, label, color);
            return true;
        }
        a = c->x[i];
    }
    return false;
}

/* Along the whole way if no stretch has room for it. */
static bool label_across(canvas_t *c, const ladder_step_t *step, const char *label, color_t color)
{
    size_t a = c->x[step->from], b = c->x[step->to];
    bool right = a < b;
    if (!fits(right ? a : b + 1, right ? b : a + 1, label, 2))
        return false;
    put_label(c, right ? a : b + 1, right ? b : a + 1, label, color);
    return true;
}

/* Drops the label's last word, and a number before it ("5 bytes").
 * => Returns false if it has one word. */
static bool drop_word(char *label)
{
    char *last = strrchr(label, ' ');
    if (last == NULL)
        return false;
    *last = '\0';
    char *before = strrchr(label, ' ');
    if (before != NULL && before[1] >= '0' && before[1] <= '9')
        *before = '\0';
    return true;
}

/* The packet's name and ports, or as many words of the name as fit. */
static void label_move(canvas_t *c, const ladder_step_t *step, color_t color)
{
    char label[100];
    if (step->name == NULL)
        return;
    snprintf(label, sizeof(label), "%s%s%s", step->name, step->ports != NULL ? " " : "",
             step->ports != NULL ? step->ports : "");
    if (label_between(c, step, label, 4, color))
        return;
    snprintf(label, sizeof(label), "%s", step->name);
    while (!label_between(c, step, label, 2, color) && !label_between(c, step, label, 0, color) &&
           !label_across(c, step, label, color)) {
        if (!drop_word(label))
            return;
    }
}

static glyph_t line_glyph(ladder_tone_t tone)
{
    return tone == LADDER_CHANGED ? G_CHANGED : tone == LADDER_REPLY ? G_REPLY : G_SENT;
}

static void put_line(canvas_t *c, const ladder_step_t *step, glyph_t line, color_t color)
{
    bool right = step->from < step->to;
    size_t a = c->x[step->from], b = c->x[step->to];
    for (size_t x = (right ? a : b) + 1; x < (right ? b : a); x++)
        canvas_put(c, x, line, color);
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (i == (int)step->to || (step->stops & 1u << i) == 0)
            continue;
        canvas_put(c, c->x[i], G_STOP, color);
        canvas_put(c, right ? c->x[i] - 1 : c->x[i] + 1, right ? G_RIGHT : G_LEFT, color);
    }
}

static void draw_move(canvas_t *c, const ladder_step_t *step)
{
    color_t color = tone_color[step->tone];
    bool right = step->from < step->to;
    size_t to = c->x[step->to];
    c->used |= 1u << step->tone;
    canvas_begin_row(c, G_LIFE);
    put_time(c, step);
    put_line(c, step, line_glyph(step->tone), color);
    canvas_put(c, right ? to - 1 : to + 1, right ? G_RIGHT : G_LEFT, color);
    label_move(c, step, color);
    if (step->kind == LADDER_LOST)
        canvas_put(c, to, G_LOST, C_BAD);
    canvas_end_row(c);
    if (step->text == NULL)
        return;
    canvas_begin_row(c, G_LIFE);
    canvas_beside(c, to, step->text, step->kind == LADDER_LOST ? C_BAD : C_NONE);
    canvas_end_row(c);
}

static void draw_look(canvas_t *c, const ladder_step_t *step)
{
    char label[100];
    canvas_begin_row(c, G_LIFE);
    put_time(c, step);
    put_line(c, step, G_LOOKING, C_DIM);
    snprintf(label, sizeof(label), "%s", step->text); /* "pass: @0:1", or "pass" */
    if (!label_between(c, step, label, 2, C_DIM)) {
        label[strcspn(label, ":")] = '\0';
        label_between(c, step, label, 2, C_DIM);
    }
    canvas_put(c, c->x[step->to], G_LOOKED, C_DIM);
    canvas_end_row(c);
}

/* ---- steps ---- */

/* Time in which nothing happens takes one row, however long it is. */
static void draw_gap(canvas_t *c, const ladder_step_t *step)
{
    char text[60];
    if (c->last_us == UINT64_MAX || step->time_us - c->last_us < LADDER_GAP_US)
        return;
    ladder_wait(step->time_us - c->last_us, text, sizeof(text));
    canvas_begin_row(c, G_GAP);
    canvas_words(c, CANVAS_LEFT + 2, text, strlen(text), C_DIM);
    canvas_end_row(c);
}

static void draw_again(canvas_t *c, const ladder_step_t *step)
{
    canvas_begin_row(c, G_GAP);
    put_time(c, step);
    canvas_words(c, CANVAS_LEFT + 2, step->text, canvas_columns(step->text), C_NONE);
    canvas_end_row(c);
}

static void draw_snoop(canvas_t *c, const ladder_step_t *step)
{
    char text[120];
    snprintf(text, sizeof(text), "snoop sees %s%s%s", step->name, step->ports != NULL ? " " : "",
             step->ports != NULL ? step->ports : "");
    mark(c, step, G_SNOOP, C_GOOD, text, tone_color[step->tone]);
}

static void draw_step(canvas_t *c, const ladder_step_t *step)
{
    color_t color = tone_color[step->tone];
    if (step->kind != LADDER_AGAIN)
        draw_gap(c, step);
    switch (step->kind) {
    case LADDER_MOVE:
        draw_move(c, step);
        break;
    case LADDER_LOST:
        if (step->from != step->to)
            draw_move(c, step);
        else
            mark(c, step, G_LOST, C_BAD, step->text, C_BAD);
        break;
    case LADDER_LOOK:
        draw_look(c, step);
        break;
    case LADDER_BECOME:
        mark(c, step, G_BECOME, color, step->text, color);
        break;
    case LADDER_SNOOP:
        draw_snoop(c, step);
        break;
    case LADDER_SAY:
        mark(c, step, G_SAY, color, step->text, color);
        break;
    case LADDER_END:
        mark(c, step, step->failed ? G_LOST : G_GOOD, color, step->text, color);
        break;
    case LADDER_AGAIN:
        draw_again(c, step);
        break;
    }
}

/* ---- around it ---- */

static void place_columns(canvas_t *c)
{
    size_t count = 0, right = 4, place = 0; /* `right`: half of the last heading */
    for (int i = 0; i < LADDER_COLUMNS; i++)
        count += ladder_shows(c->ladder, (ladder_column_t)i);
    size_t room =
        (size_t)c->style->width > CANVAS_LEFT + right ? c->style->width - CANVAS_LEFT - right : 0;
    if (room < (count - 1) * SPACING_MIN)
        room = (count - 1) * SPACING_MIN;
    c->width = room + CANVAS_LEFT + right;
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (ladder_shows(c->ladder, (ladder_column_t)i))
            c->x[i] = CANVAS_LEFT + room * place++ / (count - 1);
    }
    c->row = must_calloc(c->width + 1, sizeof(*c->row));
}

static void draw_headings(canvas_t *c)
{
    size_t last = 0, spacing = SIZE_MAX;
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (c->x[i] > 0 && last > 0 && c->x[i] - last < spacing)
            spacing = c->x[i] - last;
        last = c->x[i] > 0 ? c->x[i] : last;
    }
    for (int line = 0; line < 2; line++) {
        bool empty = true;
        canvas_blank_row(c);
        for (int i = 0; i < LADDER_COLUMNS; i++) {
            char lines[2][LADDER_HEADING_MAX];
            if (c->x[i] == 0)
                continue;
            ladder_heading(c->ladder, (ladder_column_t)i, spacing - 1, lines);
            size_t length = canvas_columns(lines[line]);
            empty = empty && length == 0;
            canvas_text(c, c->x[i] - length / 2, lines[line], length, C_BOLD);
        }
        if (!empty)
            canvas_end_row(c);
    }
}

static void draw_legend(canvas_t *c)
{
    static const struct {
        ladder_tone_t tone;
        glyph_t glyph;
        const char *text;
    } rows[] = {{LADDER_SENT, G_SENT, "as it was sent"},
                {LADDER_CHANGED, G_CHANGED, "what the packet became"},
                {LADDER_REPLY, G_REPLY, "the filter's own reply"}};
    size_t x = CANVAS_LEFT;
    canvas_blank_row(c);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if ((c->used & 1u << rows[i].tone) == 0)
            continue;
        canvas_put(c, x, rows[i].glyph, tone_color[rows[i].tone]);
        canvas_put(c, x + 1, rows[i].glyph, tone_color[rows[i].tone]);
        canvas_text(c, x + 3, rows[i].text, strlen(rows[i].text), C_DIM);
        x += 5 + strlen(rows[i].text);
    }
    if (x == CANVAS_LEFT)
        return;
    fputs("\n", c->out);
    canvas_end_row(c);
}

static void write_note(const canvas_t *c, const char *text)
{
    size_t room = (c->width < NOTE_WIDTH ? c->width : NOTE_WIDTH) - 3;
    fputs("\n", c->out);
    while (*text != '\0') {
        size_t count = canvas_fitting(text, room);
        fprintf(c->out, "  %.*s\n", (int)count, text); /* notes are ASCII */
        text += count;
        text += *text == ' ';
    }
}

void ladder_print(const ladder_t *ladder, const ladder_style_t *style, FILE *out)
{
    canvas_t c = {.ladder = ladder, .style = style, .out = out, .last_us = UINT64_MAX};
    char *notes[LADDER_NOTES_MAX];
    place_columns(&c);
    draw_headings(&c);
    for (size_t i = 0; i < ladder_count(ladder); i++) {
        const ladder_step_t *step = ladder_step(ladder, i);
        if (step->shown == i)
            draw_step(&c, step);
    }
    if (!style->bare)
        draw_legend(&c);
    size_t count = style->bare ? 0 : ladder_notes(ladder, notes);
    for (size_t i = 0; i < count; i++) {
        write_note(&c, notes[i]);
        free(notes[i]);
    }
    free(c.row);
}

/* ---- the observer ---- */

typedef struct drawing {
    ladder_t *ladder;
    size_t events, looked; /* seen, and those before look() */
    const ladder_style_t *style;
    FILE *out;
} drawing_t;

static void on_event(void *arg, const trace_event_t *event)
{
    drawing_t *drawing = arg;
    if (drawing->events++ < LADDER_EVENTS_MAX)
        ladder_event(drawing->ladder, event);
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)test;
    drawing_t *drawing = must_malloc(sizeof(*drawing));
    *drawing = (drawing_t){.ladder = must_have(ladder_create()), .style = self->arg, .out = out};
    trace_add_sink(box->trace, on_event, drawing);
    return drawing;
}

/* Events while the box is taken down are not drawn. */
static void look(void *seen)
{
    drawing_t *drawing = seen;
    drawing->looked = drawing->events;
    ladder_finish(drawing->ladder);
}

static void end(void *seen, const result_t *result)
{
    drawing_t *drawing = seen;
    (void)result;
    ladder_print(drawing->ladder, drawing->style, drawing->out);
    if (drawing->looked > LADDER_EVENTS_MAX)
        fprintf(drawing->out, "\nThe picture ends after %d of %zu events; -v has them all.\n",
                LADDER_EVENTS_MAX, drawing->looked);
    ladder_destroy(drawing->ladder);
    free(drawing);
}

observer_t ladder_observer(const char *option, const ladder_style_t *style)
{
    return (observer_t){.option = option,
                        .place = OBSERVER_OUTPUT,
                        .begin = begin,
                        .look = look,
                        .end = end,
                        .arg = style};
}
