/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The timeline: a line for each event, the time where it changes.
 *
 * From one retransmitted SYN to the next, lines are held back, so that a round that went like the
 * one before can be folded into one line. All others are written at once.
 */
#include "sim/view/timeline.h"

#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/view/timeline_impl.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TIME_WIDTH    12                           /* with two blanks */
#define STATION_WIDTH 16                           /* with a blank */
#define INDENT        (TIME_WIDTH + STATION_WIDTH) /* where the text begins */

/* A round of more lines is not folded, so that nothing is held back for ever. */
#define ROUND_LINES_MAX 4096

/* ---- rounds ---- */

static void open_round(timeline_t *tl)
{
    round_t *round = &tl->round;
    *round = (round_t){.text = tl->out, .held = tl->again && tl->likeness != NULL};
    if (round->held)
        round->text = text_open(&round->text_bytes, &round->text_size);
    round->likeness = text_open(&round->likeness_bytes, &round->likeness_size);
}

static void drop_likeness(round_t *round)
{
    if (round->likeness == NULL)
        return;
    fclose(round->likeness);
    free(round->likeness_bytes);
    round->likeness = NULL;
    round->likeness_bytes = NULL;
}

/* Writes the lines that are held back unchanged; later lines are written at once. */
static void let_go(timeline_t *tl)
{
    round_t *round = &tl->round;
    if (!round->held)
        return;
    fclose(round->text);
    fwrite(round->text_bytes, 1, round->text_size, tl->out);
    free(round->text_bytes);
    round->text = tl->out;
    round->held = false;
}

static void count_line(timeline_t *tl)
{
    if (++tl->round.lines <= ROUND_LINES_MAX)
        return;
    let_go(tl);
    drop_likeness(&tl->round);
}

static void write_time(FILE *out, uint64_t us)
{
    fprintf(out, "%10.6f  ", (double)us / 1e6);
}

/* Writes the lines that are held back: as one line, if the round went like the one before. */
static void end_round(timeline_t *tl)
{
    round_t *round = &tl->round;
    if (round->likeness != NULL)
        fclose(round->likeness);
    if (round->held && strcmp(tl->likeness, round->likeness_bytes) == 0) {
        write_time(tl->out, tl->round_us);
        fprintf(tl->out, "... %.3f s, SYN again: the same way\n",
                (double)(tl->round_us - tl->before_us) / 1e6);
        fclose(round->text);
        free(round->text_bytes);
    } else {
        let_go(tl);
    }
    free(tl->likeness);
    tl->likeness = round->likeness_bytes;
}

static void begin_round(timeline_t *tl, const trace_event_t *event, bool again)
{
    end_round(tl);
    tl->again = again;
    tl->before_us = tl->round_us;
    tl->round_us = event->time_us;
    open_round(tl);
}

timeline_t *timeline_create(FILE *out, unsigned flags)
{
    timeline_t *tl = calloc(1, sizeof(*tl));
    if (tl == NULL)
        return NULL;
    tl->out = out;
    tl->flags = flags;
    tl->width = (flags & TIMELINE_NARROW) != 0 ? 80 : TIMELINE_WIDTH;
    tl->last_us = UINT64_MAX;
    open_round(tl);
    return tl;
}

void timeline_destroy(timeline_t *tl)
{
    if (tl == NULL)
        return;
    end_round(tl);
    free(tl->likeness);
    free(tl);
}

void timeline_set_width(timeline_t *tl, size_t width)
{
    if (width < tl->width)
        tl->width = width;
}

/* ---- lines ---- */

/* Writes text from the current column on, broken at blanks if the line would be too long. `over`:
 * by how many columns a long station's name has moved it to the right. */
static void write_wrapped(const timeline_t *tl, const char *text, size_t over)
{
    size_t room = tl->width - 1 - INDENT - (tl->width < TIMELINE_WIDTH ? over : 0);
    while (strnlen(text, room + 1) > room) {
        size_t length = room;
        while (length > 0 && text[length] != ' ')
            length--;
        if (length == 0)
            break;
        fprintf(tl->round.text, "%.*s\n%*s", (int)length, text, INDENT, "");
        text += length + 1;
    }
    fputs(text, tl->round.text);
    fputc('\n', tl->round.text);
}

static void write_blanks(FILE *out, size_t count)
{
    static const char blanks[] = "                            ";
    _Static_assert(sizeof(blanks) == INDENT + 1, "INDENT");
    fwrite(blanks, 1, count, out);
}

/* The station's name, in its column. */
static void write_station(FILE *out, const char *station, size_t length)
{
    fwrite(station, 1, length, out);
    write_blanks(out, length < STATION_WIDTH ? STATION_WIDTH - length : 1);
}

static void write_likeness(FILE *out, const char *station, const char *text)
{
    fputs(station, out);
    fputc(' ', out);
    fputs(text, out);
    fputc('\n', out);
}

/* A line: the time if it differs from the line before, the station, the text. */
static void put_line(timeline_t *tl, const trace_event_t *event, const char *station,
                     const char *text)
{
    FILE *out = tl->round.text;
    size_t length = strlen(station);
    if (event->time_us != tl->last_us)
        write_time(out, event->time_us);
    else
        write_blanks(out, TIME_WIDTH);
    tl->last_us = event->time_us;
    if (text[0] != '\0') {
        write_station(out, station, length);
        write_wrapped(tl, text, length >= STATION_WIDTH ? length - STATION_WIDTH + 1 : 0);
    } else {
        fputs(station, out);
        fputc('\n', out);
    }
    bool alike = event->station != TRACE_CONNECT && event->station != TRACE_TIMER;
    if (alike && tl->round.likeness != NULL)
        write_likeness(tl->round.likeness, station, text);
    count_line(tl);
}

void timeline_line(timeline_t *tl, const trace_event_t *event, const char *station,
                   const char *format, ...)
{
    char said[IPF_RULE_TEXT_MAX + 200];
    va_list args;
    va_start(args, format);
    int used = event->host != NULL ? snprintf(said, sizeof(said), "[%s] ", event->host) : 0;
    vsnprintf(said + used, sizeof(said) - (size_t)used, format, args);
    va_end(args);
    if (used > 0 && said[used] == '\0')
        said[used - 1] = '\0';
    char *text = visible_line(said);
    if (tl->bare != NULL)
        snprintf(tl->bare, tl->bare_size, "%s", text);
    else
        put_line(tl, event, station, text);
    free(text);
}

void timeline_more(timeline_t *tl, const char *text)
{
    if (tl->bare != NULL)
        return;
    fprintf(tl->round.text, "%*s", INDENT, "");
    write_wrapped(tl, text, 0);
}

void timeline_text(const trace_event_t *event, char *text, size_t size)
{
    timeline_t tl = {.bare = text, .bare_size = size};
    text[0] = '\0';
    timeline_station(&tl, event);
}

void timeline_event(void *arg, const trace_event_t *event)
{
    timeline_t *tl = arg;
    bool again = event->station == TRACE_TIMER && event->timer.which == IP_TIMER_SYN;
    if (event->station == TRACE_CONNECT || again)
        begin_round(tl, event, again);
    else if (event->time_us != tl->round_us && tl->again)
        begin_round(tl, event, false);
    timeline_station(tl, event);
}

/* ---- the observer ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    const size_t *width = self->arg;
    (void)test;
    timeline_t *timeline = timeline_create(out, 0);
    if (timeline == NULL)
        return NULL;
    if (width != NULL)
        timeline_set_width(timeline, *width);
    trace_add_sink(box->trace, timeline_event, timeline);
    return timeline;
}

static void end(void *seen, const result_t *result)
{
    (void)result;
    timeline_destroy(seen);
}

observer_t timeline_observer(const char *option)
{
    return (observer_t){.option = option, .place = OBSERVER_TIMELINE, .begin = begin, .end = end};
}

observer_t timeline_observer_narrow(const char *option, const size_t *width)
{
    return (observer_t){
        .option = option, .place = OBSERVER_OUTPUT, .begin = begin, .end = end, .arg = width};
}
