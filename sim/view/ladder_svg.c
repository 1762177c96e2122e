/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The picture is drawn twice: once to learn its height, once into the file.
 */
#include "sim/view/ladder_svg.h"

#include "sim/base/errno_name.h"
#include "sim/base/json_text.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/box.h"
#include "sim/view/who.h"
#include "sim/view/words.h"

#include <stdlib.h>
#include <string.h>

#define LEFT      92 /* the first lifeline */
#define SPACING   94
#define RIGHT     40
#define HEAD      78  /* a part's title and headings */
#define CHARACTER 7.3 /* a character's width */
#define MARGIN    12

/* Without variables, which not every viewer supports. */
static const char style[] =
    "<style>\n"
    "text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;paint-order:stroke;"
    "stroke-width:4px}\n"
    "text.title{font:bold 15px system-ui,'DejaVu Sans',sans-serif}\n"
    "text.below{font:14px system-ui,'DejaVu Sans',sans-serif}\n"
    ".middle{text-anchor:middle}.end{text-anchor:end}.bold{font-weight:bold}\n"
    ".life{stroke-width:1}.wait{stroke-dasharray:1 5;stroke-width:2}\n"
    ".arrow{stroke:currentColor;stroke-width:2}.wide{stroke-width:5}.dash{stroke-dasharray:6 4}\n"
    ".core{stroke-width:1.6}.look{stroke:currentColor;stroke-dasharray:2 4}\n"
    ".cross{stroke:currentColor;stroke-width:3;fill:none}.mark{fill:currentColor}\n"
    ".ring{stroke:currentColor;stroke-width:2}\n"
    "text{fill:currentColor;stroke:#fff}.page,.ring{fill:#fff}.core{stroke:#fff}"
    ".life,.wait{stroke:#c9d0d8}\n"
    ".sent{color:#0a5fb4}.changed{color:#a3168c}.reply{color:#8a5a00}.good{color:#1a7f37}"
    ".bad{color:#c2202f}.plain{color:#1c2128}.quiet{color:#5b6572}\n"
    "@media (prefers-color-scheme:dark){\n"
    "text{stroke:#0d1117}.page,.ring{fill:#0d1117}.core{stroke:#0d1117}"
    ".life,.wait{stroke:#3c4651}\n"
    ".sent{color:#6cb6ff}.changed{color:#f28be0}.reply{color:#e3b341}.good{color:#56d364}"
    ".bad{color:#ff7b72}.plain{color:#e4e8ed}.quiet{color:#9aa5b1}\n"
    "}\n"
    "</style>\n";

static const char *const tones[] = {
    [LADDER_SENT] = "sent", [LADDER_CHANGED] = "changed", [LADDER_REPLY] = "reply",
    [LADDER_GOOD] = "good", [LADDER_BAD] = "bad",         [LADDER_PLAIN] = "plain"};

typedef struct drawing {
    FILE *out;
    const ladder_t *ladder;
    int x[LADDER_COLUMNS]; /* 0: not shown */
    int width, y;
    uint64_t last_us;
} drawing_t;

static void put_text(const drawing_t *d, int x, int y, const char *class, const char *text)
{
    fprintf(d->out, "<text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    put_html_text(d->out, text);
    fputs("</text>\n", d->out);
}

static int width_of(const char *text)
{
    return (int)((double)strlen(text) * CHARACTER);
}

/* To the right of x, or to its left, or at the picture's edge. */
static void put_beside(const drawing_t *d, int x, int y, const char *tone, const char *text)
{
    char class[40];
    int length = width_of(text);
    bool left = x + 12 + length > d->width;
    bool fits = x - 12 - length >= LEFT - 40;
    snprintf(class, sizeof(class), "%s%s", tone, left ? " end" : "");
    put_text(d, !left ? x + 12 : fits ? x - 12 : d->width - 4, y, class, text);
}

static void put_cross(const drawing_t *d, int x, int y, const char *tone)
{
    fprintf(d->out, "<path class=\"cross %s\" d=\"M%d %dl12 12M%d %dl12 -12\"/>\n", tone, x - 6,
            y - 6, x - 6, y + 6);
}

static const char *packet_words(const ladder_step_t *step, char *text, size_t size)
{
    snprintf(text, size, "%s%s%s", step->name != NULL ? step->name : "",
             step->ports != NULL ? " " : "", step->ports != NULL ? step->ports : "");
    return text;
}

static void put_arrow(drawing_t *d, const ladder_step_t *step)
{
    char text[120];
    int from = d->x[step->from], to = d->x[step->to], y = d->y + 22, ahead = to > from ? 1 : -1;
    const char *tone = tones[step->tone];
    const char *stroke = step->tone == LADDER_CHANGED ? " wide"
                         : step->tone == LADDER_REPLY ? " dash"
                                                      : "";
    fprintf(d->out,
            "<g class=\"%s\"><line class=\"arrow%s\" x1=\"%d\" y1=\"%d\" x2=\"%d\" "
            "y2=\"%d\"/>",
            tone, stroke, from, y, to - 9 * ahead, y);
    if (step->tone == LADDER_CHANGED)
        fprintf(d->out, "<line class=\"core\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>", from, y,
                to - 9 * ahead, y);
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (i != (int)step->to && (step->stops & 1u << i) != 0)
            fprintf(d->out, "<circle class=\"mark\" cx=\"%d\" cy=\"%d\" r=\"3.5\"/>", d->x[i], y);
    }
    fprintf(d->out, "<path class=\"mark\" d=\"M%d %dl%d -6v12z\"/></g>\n",
            step->kind == LADDER_LOST ? to - 6 * ahead : to, y, -11 * ahead);
    if (step->name != NULL) {
        packet_words(step, text, sizeof(text));
        bool fits = width_of(text) <= abs(to - from) - 12;
        char class[40];
        snprintf(class, sizeof(class), "%s middle bold", tone);
        put_text(d, (from + to) / 2, y - 7, class, fits ? text : step->name);
    }
    if (step->kind == LADDER_LOST)
        put_cross(d, to, y, "bad");
    d->y += 32;
    if (step->text == NULL)
        return;
    put_beside(d, to, d->y + 12, step->kind == LADDER_LOST ? "bad" : "plain", step->text);
    d->y += 18;
}

static void put_look(drawing_t *d, const ladder_step_t *step)
{
    int from = d->x[step->from], to = d->x[step->to], y = d->y + 20;
    fprintf(d->out,
            "<g class=\"quiet\"><line class=\"look\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>"
            "<path class=\"ring\" d=\"M%d %dl6 -6l6 6l-6 6z\"/></g>\n",
            from, y, to - 6, y, to - 6, y);
    put_text(d, (from + to) / 2, y - 6, "quiet middle", step->text);
    d->y += 28;
}

static void put_mark(const drawing_t *d, const ladder_step_t *step, const char *tone)
{
    int x = d->x[step->from], y = d->y + 12;
    if (step->kind == LADDER_LOST || (step->kind == LADDER_END && step->failed))
        put_cross(d, x, y, tone);
    else if (step->kind == LADDER_END)
        fprintf(d->out, "<path class=\"cross %s\" d=\"M%d %dl4 5l8 -10\"/>\n", tone, x - 6, y);
    else if (step->kind == LADDER_BECOME)
        fprintf(d->out, "<path class=\"mark %s\" d=\"M%d %dl8 -8l8 8l-8 8z\"/>\n", tone, x - 8, y);
    else if (step->kind == LADDER_SNOOP)
        fprintf(d->out,
                "<g class=\"%s\"><circle class=\"ring\" cx=\"%d\" cy=\"%d\" r=\"7\"/>"
                "<circle class=\"mark\" cx=\"%d\" cy=\"%d\" r=\"3\"/></g>\n",
                tone, x, y, x, y);
    else
        fprintf(d->out, "<circle class=\"mark %s\" cx=\"%d\" cy=\"%d\" r=\"3\"/>\n", tone, x, y);
}

static void put_said(drawing_t *d, const ladder_step_t *step)
{
    char text[140], packet[120];
    const char *tone = step->kind == LADDER_LOST ? "bad" : tones[step->tone];
    put_mark(d, step, tone);
    snprintf(text, sizeof(text), "snoop sees %s", packet_words(step, packet, sizeof(packet)));
    put_beside(d, d->x[step->from], d->y + 16, tone,
               step->kind == LADDER_SNOOP ? text
               : step->text != NULL       ? step->text
                                          : "");
    d->y += 24;
}

/* Time in which nothing happens has one height, however long it is. */
static void put_wait(drawing_t *d, const char *text)
{
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (d->x[i] > 0)
            fprintf(d->out,
                    "<path class=\"page\" d=\"M%d %dh2v22h-2z\"/><line class=\"wait\" x1=\"%d\" "
                    "y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n",
                    d->x[i] - 1, d->y + 1, d->x[i], d->y + 4, d->x[i], d->y + 22);
    }
    put_text(d, LEFT + 12, d->y + 16, "quiet", text);
    d->y += 24;
}

static void put_step(drawing_t *d, const ladder_step_t *step)
{
    char text[60];
    bool again = step->kind == LADDER_AGAIN;
    if (!again && d->last_us != UINT64_MAX && step->time_us - d->last_us >= LADDER_GAP_US) {
        ladder_wait(step->time_us - d->last_us, text, sizeof(text));
        put_wait(d, text);
    }
    if (step->time_us != d->last_us) {
        snprintf(text, sizeof(text), "%.3f s", (double)step->time_us / 1e6);
        put_text(d, LEFT - 14, d->y + 16, "quiet end", text);
    }
    d->last_us = step->time_us;
    if (again)
        put_wait(d, step->text);
    else if (step->kind == LADDER_LOOK)
        put_look(d, step);
    else if (step->from != step->to)
        put_arrow(d, step);
    else
        put_said(d, step);
}

static void place(drawing_t *d)
{
    int x = LEFT;
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (!ladder_shows(d->ladder, (ladder_column_t)i))
            continue;
        d->x[i] = x;
        d->width = x + RIGHT;
        x += SPACING;
    }
}

static void put_headings(const drawing_t *d, int top)
{
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        char lines[2][LADDER_HEADING_MAX];
        if (d->x[i] == 0)
            continue;
        ladder_heading(d->ladder, (ladder_column_t)i, 10, lines);
        bool two = lines[1][0] != '\0';
        put_text(d, d->x[i], top + (two ? 44 : 58), "plain middle bold", lines[0]);
        if (two)
            put_text(d, d->x[i], top + 58, "plain middle bold", lines[1]);
    }
}

/* => Returns where the part ends. */
static int put_part(FILE *out, const ladder_svg_part_t *part, int top, int end, int *width)
{
    drawing_t d = {.out = out, .ladder = part->ladder, .y = top + HEAD, .last_us = UINT64_MAX};
    place(&d);
    put_text(&d, MARGIN, top + 20, "title plain", part->title);
    for (int i = 0; i < LADDER_COLUMNS; i++) {
        if (d.x[i] > 0)
            fprintf(out, "<line class=\"life\" x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\"/>\n", d.x[i],
                    top + HEAD - 10, d.x[i], end);
    }
    put_headings(&d, top);
    for (size_t i = 0; i < ladder_count(part->ladder); i++) {
        const ladder_step_t *step = ladder_step(part->ladder, i);
        if (step->shown == i)
            put_step(&d, step);
    }
    put_text(&d, MARGIN, d.y + 28, "below plain", part->below);
    *width = d.width > *width ? d.width : *width;
    return d.y + 44;
}

/* The height of a part, which is drawn into memory and discarded. */
static int height_of(const ladder_svg_part_t *part, int *width)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    int height = put_part(out, part, 0, 0, width);
    fclose(out);
    free(text);
    return height;
}

void ladder_svg_write(FILE *out, const ladder_svg_part_t *parts, size_t count)
{
    int width = 0, height = MARGIN, top = MARGIN;
    for (size_t i = 0; i < count; i++)
        height += height_of(&parts[i], &width);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" "
            "height=\"%d\" role=\"img\">\n<title>",
            width, height, width, height);
    for (size_t i = 0; i < count; i++) {
        put_html_text(out, i > 0 ? "; " : "");
        put_html_text(out, parts[i].title);
    }
    fprintf(out, "</title>\n%s<rect class=\"page\" width=\"%d\" height=\"%d\"/>\n", style, width,
            height);
    for (size_t i = 0; i < count; i++) {
        int end = top + height_of(&parts[i], &width) - 34;
        top = put_part(out, &parts[i], top, end, &width);
    }
    fputs("</svg>\n", out);
}

/* ---- of each test ---- */

typedef struct svg {
    ladder_t *ladder;
    who_t *who;
    char *title;
    size_t events, looked; /* seen, and those before look() */
    char below[WORDS_MAX + WHO_MAX + 60];
    FILE *out;
} svg_t;

/* Draws, and keeps the result of the last connect, and who caused it. */
static void on_event(void *arg, const trace_event_t *event)
{
    svg_t *svg = arg;
    char by[WHO_MAX];
    if (svg->events++ < LADDER_EVENTS_MAX)
        ladder_event(svg->ladder, event);
    who_event(svg->who, event);
    if (event->host != NULL || (event->station != TRACE_ERRNO && event->station != TRACE_CONNECTED))
        return;
    int error = event->station == TRACE_ERRNO ? event->end.error : 0;
    who_answered(svg->who, &event->end.remote, error, by);
    snprintf(svg->below, sizeof(svg->below), "%s at %.3f s%s%s",
             error == 0 ? "connected" : errno_name(error), (double)event->time_us / 1e6,
             by[0] != '\0' ? ": " : "", by);
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    svg_t *svg = must_calloc(1, sizeof(*svg));
    (void)self;
    svg->out = out;
    svg->ladder = must_have(ladder_create());
    svg->who = must_have(who_create());
    svg->title = text_copy(test->name);
    trace_add_sink(box->trace, on_event, svg);
    return svg;
}

static void look(void *seen)
{
    svg_t *svg = seen;
    svg->looked = svg->events;
    ladder_finish(svg->ladder);
}

/* What is below the picture.
 * => The caller frees it. */
static char *below(const svg_t *svg)
{
    if (svg->looked <= LADDER_EVENTS_MAX)
        return text_copy(svg->below);
    return must_asprintf("%s%sthe picture ends after %d of %zu events", svg->below,
                         svg->below[0] != '\0' ? "; " : "", LADDER_EVENTS_MAX, svg->looked);
}

static void end(void *seen, const result_t *result)
{
    svg_t *svg = seen;
    (void)result;
    ladder_finish(svg->ladder);
    char *text = below(svg);
    const ladder_svg_part_t part = {svg->ladder, svg->title, text};
    ladder_svg_write(svg->out, &part, 1);
    free(text);
    ladder_destroy(svg->ladder);
    who_destroy(svg->who);
    free(svg->title);
    free(svg);
}

observer_t ladder_svg_observer(const char *option, const char *file)
{
    return (observer_t){.option = option, .file = file, .begin = begin, .look = look, .end = end};
}
