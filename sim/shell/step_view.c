/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The view of an event.
 */
#include "sim/shell/step_impl.h"

#include "sim/base/must.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_text.h"

#include <stdlib.h>
#include <string.h>

#define VIEW_LINES 8 /* of rules, of endpoints */
#define AROUND     5 /* events before and after, for where */
#define INDENT     12
#define NAME_WIDTH 16

static void put_colored(const walk_t *walk, const char *color, const char *text, size_t length)
{
    if (walk->color)
        printf("\033[%sm%.*s\033[0m\n", color, (int)length, text);
    else
        printf("%.*s\n", (int)length, text);
}

/* Whether `text` contains `line`. */
static bool has_line(const char *text, const char *line, size_t length)
{
    while (*text != '\0') {
        size_t other = strcspn(text, "\n");
        if (other == length && memcmp(text, line, length) == 0)
            return true;
        text += other + (text[other] == '\n');
    }
    return false;
}

/* Writes a line of the view, with a mark if it has changed since the event before. */
static void put_marked(const walk_t *walk, const char *line, size_t length, const char *before)
{
    bool is_new = before != NULL && !has_line(before, line, length);
    char *text = must_asprintf("%c%*s%.*s", is_new ? '*' : ' ', INDENT - 1, "", (int)length, line);
    if (is_new)
        put_colored(walk, "33", text, strlen(text));
    else
        puts(text);
    free(text);
}

/* Whether the line is a rule that nothing has hit. A group's heading, which is not a rule, counts
 * as one. */
static bool is_unhit_rule(const char *line)
{
    const char *rule = strstr(line, "rule ");
    if (rule == NULL || rule > line + 4)
        return false;
    rule += strcspn(rule, "0123456789#");
    return strncmp(rule, "0 ", 2) == 0 || *rule == '#';
}

void step_put_lines(const walk_t *walk, const char *text, const char *before, bool all)
{
    size_t lines = 0, left_out = 0, shown = 0;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        if (all || lines <= VIEW_LINES || (!is_unhit_rule(text) && shown < VIEW_LINES)) {
            put_marked(walk, text, length, before);
            shown++;
        } else {
            left_out++;
        }
        text += length + (text[length] == '\n');
    }
    if (left_out > 0)
        printf("%*s... and %zu more\n", INDENT, "", left_out);
}

/* Whether an endpoint of the event before is gone, not only in another state. */
static bool is_gone(const char *line, size_t length, const char *now)
{
    char ends[200];
    size_t shown = length < sizeof(ends) - 1 ? length : sizeof(ends) - 1;
    snprintf(ends, sizeof(ends), "%.*s", (int)shown, line);
    char *state = shown > NAME_WIDTH ? strstr(ends + NAME_WIDTH, "  ") : NULL;
    if (state != NULL)
        *state = '\0';
    return strstr(now, ends) == NULL;
}

static void put_gone(const walk_t *walk, const char *before, const char *now)
{
    while (*before != '\0') {
        char line[200];
        size_t length = strcspn(before, "\n");
        if (is_gone(before, length, now)) {
            snprintf(line, sizeof(line), "-%*s%.*s", INDENT - 1, "", (int)length, before);
            put_colored(walk, "33", line, strlen(line));
        }
        before += length + (before[length] == '\n');
    }
}

static void put_packet_line(const walk_t *walk)
{
    char text[512];
    const recorded_event_t *recorded = recording_at(walk->recording, here(walk)->packet);
    const trace_event_t *event = recorded->event;
    if (trace_shown(event) == NULL)
        return;
    packet_copy_text(trace_shown(event), PACKET_NO_OPTIONS, text, sizeof(text));
    printf("%*s%-15s %s\n", INDENT, "", "packet", text);
}

static void put_event(const walk_t *walk, const recorded_event_t *recorded)
{
    put_colored(walk, "1", recorded->text, strlen(recorded->text) - 1);
}

void step_show(const walk_t *walk)
{
    const recorded_event_t *recorded = here(walk);
    const recorded_event_t *before =
        walk->at > 0 ? recording_at(walk->recording, walk->at - 1) : NULL;
    printf("event %zu of %zu\n", walk->at + 1, walk->count);
    put_event(walk, recorded);
    put_packet_line(walk);
    step_put_lines(walk, recorded->endpoints, before != NULL ? before->endpoints : NULL, false);
    if (before != NULL)
        put_gone(walk, before->endpoints, recorded->endpoints);
    step_put_lines(walk, recorded->rules, before != NULL ? before->rules : NULL, false);
}

static void put_hex(const uint8_t *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (i % 16 == 0)
            printf("  0x%04zx  ", i);
        printf("%02x%s", bytes[i], i % 16 == 15 || i + 1 == length ? "\n" : " ");
    }
}

/* Shows the packet, and if it was rewritten, the changes of each field. */
void step_show_packet(const walk_t *walk)
{
    const trace_event_t *event = recording_at(walk->recording, here(walk)->packet)->event;
    const packet_copy_t *now = trace_shown(event), *before = now;
    if (now == NULL) {
        printf("no packet has been seen yet\n");
        return;
    }
    bool rewritten = event->station == TRACE_FR_MAKE_RST || event->station == TRACE_FR_MAKE_ICMP;
    if (rewritten && event->rewrite.before->length == now->length)
        before = event->rewrite.before;
    put_packet_line(walk);
    packet_diff_table(stdout, before->bytes, now->bytes, now->length, &before->base, &now->base);
    put_hex(now->bytes, now->length);
}

/* The event's first line. */
static void put_short(const walk_t *walk, size_t index)
{
    const char *text = recording_at(walk->recording, index)->text;
    printf("%s %5zu %.*s\n", index == walk->at ? ">" : " ", index + 1, (int)strcspn(text, "\n"),
           text);
}

void step_show_where(const walk_t *walk)
{
    size_t first = walk->at > AROUND ? walk->at - AROUND : 0;
    for (size_t i = first; i < walk->count && i <= walk->at + AROUND; i++)
        put_short(walk, i);
}
