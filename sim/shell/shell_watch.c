/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/shell/shell_watch.h"

#include "sim/base/color.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_text.h"
#include "sim/view/ladder_text.h"
#include "sim/view/words.h"

#include <string.h>

#define LADDER_STEPS_MAX 20000 /* a longer picture is of no use */

static void put_packet(const trace_event_t *event)
{
    char text[512];
    packet_copy_text(event->copy, PACKET_NO_OPTIONS, text, sizeof(text));
    printf("%10.6f  %-15s %s\n", (double)event->time_us / 1e6, "snoop", text);
}

static void put_words(const trace_event_t *event)
{
    char text[WORDS_MAX];
    bool call = event->station == TRACE_CALL;
    printf("%10.6f  %-15s %s\n", (double)event->time_us / 1e6, trace_station_name(event),
           call ? words_call_text(&event->call, text) : words_note(event, text));
}

void shell_watch_event(void *arg, const trace_event_t *event)
{
    shell_watch_t *watch = arg;
    if (watch->ended)
        return;
    if (watch->drawing != NULL && ladder_count(watch->drawing) < LADDER_STEPS_MAX)
        ladder_event(watch->drawing, event);
    if (watch->timeline != NULL) {
        timeline_event(watch->timeline, event);
        return;
    }
    bool snooped = event->station == TRACE_SNOOP && event->host == NULL && event->copy != NULL;
    if (watch->snoop && snooped)
        put_packet(event);
    else if (event->station == TRACE_NOTE ||
             (event->station == TRACE_CALL && strcmp(event->call.process, "main") != 0))
        put_words(event);
}

static void begin_timeline(shell_watch_t *watch)
{
    if (!watch->trace)
        return;
    watch->timeline = must_have(timeline_create(stdout, 0));
    timeline_set_width(watch->timeline, terminal_width_or(stdout, TIMELINE_WIDTH));
}

static void end_timeline(shell_watch_t *watch)
{
    timeline_destroy(watch->timeline);
    watch->timeline = NULL;
}

static bool has_packets(const ladder_t *ladder)
{
    size_t i = 0;
    while (i < ladder_count(ladder) && ladder_step(ladder, i)->kind != LADDER_MOVE)
        i++;
    return i < ladder_count(ladder);
}

/* A line without packets, such as `sleep`, leaves the picture of the one before. */
static void end_ladder(shell_watch_t *watch)
{
    ladder_t *old = watch->drawing;
    if (watch->drawing == NULL)
        return;
    ladder_finish(watch->drawing);
    if (has_packets(watch->drawing)) {
        old = watch->ladder;
        watch->ladder = watch->drawing;
    }
    ladder_destroy(old);
    watch->drawing = NULL;
}

void shell_watch_begin(shell_watch_t *watch)
{
    begin_timeline(watch);
    watch->drawing = must_have(ladder_create());
}

void shell_watch_end(shell_watch_t *watch)
{
    end_timeline(watch);
    end_ladder(watch);
}

void shell_watch_show_ladder(const shell_watch_t *watch)
{
    const ladder_style_t style = {.width = terminal_width(stdout),
                                  .ascii = terminal_is_ascii(stdout),
                                  .color = color_wanted(stdout, COLOR_AUTO)};
    if (watch->ladder == NULL)
        printf("nothing has happened yet: telnet, nc or ping sends packets\n");
    else
        ladder_print(watch->ladder, &style, stdout);
}

void shell_watch_over(shell_watch_t *watch)
{
    watch->ended = true;
}

void shell_watch_fini(shell_watch_t *watch)
{
    ladder_destroy(watch->ladder);
}
