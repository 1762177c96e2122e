/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two different timelines: the lines around the first difference, and an explanation of it.
 *
 * There is only text: a golden is a text file, so the different event is read back from its line.
 */
#include "sim/run/golden.h"

#include "sim/base/must.h"
#include "sim/core/trace_station.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINES_BEFORE 3
#define LINES_SHOWN  6  /* of each side */
#define LOOKED_AHEAD 60 /* lines, to find where both sides agree again */
#define SAME_AFTER   2  /* lines that must agree there */

/* The columns of a timeline (timeline.c). */
#define TIME_WIDTH    GOLDEN_TIME
#define STATION_WIDTH 16
#define TEXT_COLUMN   (TIME_WIDTH + STATION_WIDTH)

typedef struct text_lines {
    const char **at; /* each ends at its newline */
    size_t count;
    size_t more;                /* that follow, but are not here */
    const char *line_with_time; /* before them */
} text_lines_t;

static text_lines_t split(const golden_part_t *part)
{
    text_lines_t lines = {.more = part->lines_after, .line_with_time = part->line_with_time};
    const char *text = part->text;
    size_t room = 0;
    while (*text != '\0') {
        if (lines.count == room) {
            room = room > 0 ? room * 2 : 64;
            lines.at = must_realloc(lines.at, room * sizeof(*lines.at));
        }
        lines.at[lines.count++] = text;
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return lines;
}

static size_t length_of(const char *line)
{
    return strcspn(line, "\n");
}

static bool same_line(const char *a, const char *b)
{
    return length_of(a) == length_of(b) && memcmp(a, b, length_of(a)) == 0;
}

/* ---- where both agree again ---- */

static bool agree(const text_lines_t *a, size_t i, const text_lines_t *b, size_t j)
{
    for (size_t n = 0; n < SAME_AFTER; n++, i++, j++) {
        if (i == a->count + a->more && j == b->count + b->more)
            return true;
        if (i >= a->count || j >= b->count || !same_line(a->at[i], b->at[j]))
            return false;
    }
    return true;
}

/* How many lines of each side differ, from line `first` on: as few as possible. */
static void find_end(const text_lines_t *a, const text_lines_t *b, size_t first, size_t *of_a,
                     size_t *of_b)
{
    for (size_t both = 1; both <= LOOKED_AHEAD; both++) {
        for (size_t n = 0; n <= both; n++) {
            *of_a = n;
            *of_b = both - n;
            if (first + *of_a <= a->count && first + *of_b <= b->count &&
                agree(a, first + *of_a, b, first + *of_b))
                return;
        }
    }
    *of_a = a->count + a->more - first;
    *of_b = b->count + b->more - first;
}

/* ---- one event, read back from its line ---- */

typedef struct event_line {
    char time[TIME_WIDTH + 1]; /* from this line, or an earlier one; or "" */
    char station[STATION_WIDTH * 4];
    char text[400];
} event_line_t;

bool golden_has_time(const char *line)
{
    return length_of(line) >= TIME_WIDTH && line[TIME_WIDTH - 3] >= '0' &&
           line[TIME_WIDTH - 3] <= '9' && line[TIME_WIDTH - 2] == ' ';
}

/* A line that continues the one above: its text begins in the text's column. */
static bool goes_on(const char *line)
{
    return length_of(line) > TEXT_COLUMN && strspn(line, " ") >= TEXT_COLUMN;
}

static void take_time(event_line_t *event, const char *line)
{
    snprintf(event->time, sizeof(event->time), "%.*s", TIME_WIDTH - 2, line + strspn(line, " "));
    event->time[strcspn(event->time, " ")] = '\0';
}

static void read_event(const text_lines_t *lines, size_t i, event_line_t *event)
{
    *event = (event_line_t){0};
    size_t differs = i;
    while (i > 0 && i < lines->count && goes_on(lines->at[i]))
        i--;
    for (size_t t = i + 1; t-- > 0 && event->time[0] == '\0';) {
        if (t < lines->count && golden_has_time(lines->at[t]))
            take_time(event, lines->at[t]);
    }
    if (event->time[0] == '\0' && golden_has_time(lines->line_with_time))
        take_time(event, lines->line_with_time);
    if (i >= lines->count || length_of(lines->at[i]) <= TIME_WIDTH)
        return;
    const char *line = lines->at[i] + TIME_WIDTH;
    line += strspn(line, " ");
    size_t name = strcspn(line, " \n");
    snprintf(event->station, sizeof(event->station), "%.*s", (int)name, line);
    line += name + strspn(line + name, " ");
    snprintf(event->text, sizeof(event->text), "%.*s", (int)length_of(line), line);
    if (strcmp(event->station, "fr_make_rst") == 0) { /* a table of fields is below */
        if (differs > i)                              /* a row of the table below */
            snprintf(event->text, sizeof(event->text), "%.*s",
                     (int)length_of(lines->at[differs]) - TEXT_COLUMN,
                     lines->at[differs] + TEXT_COLUMN);
        return;
    }
    while (++i < lines->count && goes_on(lines->at[i])) {
        size_t used = strlen(event->text);
        snprintf(event->text + used, sizeof(event->text) - used, " %.*s",
                 (int)length_of(lines->at[i]) - TEXT_COLUMN, lines->at[i] + TEXT_COLUMN);
    }
}

/* ---- what it is ---- */

static const char *meaning_of(const char *station)
{
    return strcmp(station, "...") == 0 ? "a SYN again, the same way as before"
                                       : trace_station_meaning(station);
}

/* The fields of a packet in its notation: SRC > DST FLAGS SEQ, then words with their values. */
typedef struct field {
    const char *name;
    char value[120];
} field_t;

#define FIELDS_MAX 16

/* Takes a word, or with `all` the rest, and moves *at past it. */
static void take_word(const char **at, bool all, char *word, size_t size)
{
    size_t length = all ? strlen(*at) : strcspn(*at, " ");
    snprintf(word, size, "%.*s", (int)length, *at);
    *at += length;
    *at += strspn(*at, " ");
}

static size_t read_packet(const char *text, field_t fields[FIELDS_MAX])
{
    static const char *const places[] = {"source", "destination", "flags", "seq"};
    size_t used = 0;
    const char *arrow = strstr(text, " > ");
    if (arrow == NULL)
        return 0;
    const char *at = arrow; /* back to the address' first letter: words can precede it */
    while (at > text && at[-1] != ' ')
        at--;
    while (*at != '\0' && used < FIELDS_MAX) {
        field_t *field = &fields[used++];
        bool ack = strncmp(at, "ack ", 4) == 0, win = strncmp(at, "win ", 4) == 0;
        bool placed = used <= sizeof(places) / sizeof(places[0]);
        field->name = placed       ? places[used - 1]
                      : ack        ? "ack"
                      : win        ? "win"
                      : *at == '<' ? "options"
                                   : "the rest";
        if (used == 2 || (!placed && (ack || win))) /* the arrow, or the field's name */
            at += used == 2 ? 2 : 4;
        take_word(&at, !placed && !ack && !win, field->value, sizeof(field->value));
    }
    return used;
}

static const field_t *find_field(const field_t *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    }
    return NULL;
}

/* What a change of flags means, if known. */
static const char *meaning_of_flags(const char *golden, const char *now)
{
    if (strchr(golden, 'S') != NULL && strchr(now, 'R') != NULL)
        return ": it is a reset now, where a SYN went on";
    if (strchr(golden, 'R') != NULL && strchr(now, 'S') != NULL)
        return ": it is a SYN still, where a reset came";
    if (strchr(now, 'R') != NULL)
        return ": it is a reset now";
    if (strchr(golden, 'R') != NULL)
        return ": it is no reset any more";
    return "";
}

/* => Returns false if the texts are not packets. */
static bool explain_packet(FILE *out, const char *golden, const char *now)
{
    field_t old[FIELDS_MAX], fresh[FIELDS_MAX];
    size_t old_count = read_packet(golden, old), fresh_count = read_packet(now, fresh);
    bool said = false;
    if (old_count < 4 || fresh_count < 4)
        return false;
    for (size_t i = 0; i < old_count; i++) {
        const field_t *other = find_field(fresh, fresh_count, old[i].name);
        if (other != NULL && strcmp(other->value, old[i].value) == 0)
            continue;
        const char *value = other != NULL ? other->value : "none";
        fprintf(out, "    %-12s %s -> %s%s\n", old[i].name, old[i].value, value,
                strcmp(old[i].name, "flags") == 0 ? meaning_of_flags(old[i].value, value) : "");
        said = true;
    }
    for (size_t i = 0; i < fresh_count; i++) {
        if (find_field(old, old_count, fresh[i].name) != NULL)
            continue;
        fprintf(out, "    %-12s none -> %s\n", fresh[i].name, fresh[i].value);
        said = true;
    }
    return said;
}

static void explain_change(FILE *out, const event_line_t *golden, const event_line_t *now)
{
    if (strcmp(golden->time, now->time) != 0)
        fprintf(out, "    %-12s %s s -> %s s\n", "time", golden->time, now->time);
    if (strcmp(golden->text, now->text) == 0 || explain_packet(out, golden->text, now->text))
        return;
    if (strcmp(golden->station, "fr_firewall") == 0) {
        fprintf(out, "    %-12s %s\n    %-12s %s\n", "rule was", golden->text, "rule is",
                now->text);
        return;
    }
    fprintf(out, "    %-12s %s\n    %-12s %s\n", "golden", golden->text, "now", now->text);
}

static void explain(FILE *out, const text_lines_t *a, const text_lines_t *b, size_t first,
                    size_t of_a, size_t of_b)
{
    event_line_t golden, now;
    read_event(a, first, &golden);
    read_event(b, first, &now);
    const event_line_t *one = of_a > 0 ? &golden : &now;
    fprintf(out, "the first difference: ");
    if (of_a == 0 || of_b == 0) {
        fprintf(out, "at %s s, %s (%s) is %s%s%s\n", one->time, one->station,
                meaning_of(one->station), of_a == 0 ? "new" : "missing",
                one->text[0] != '\0' ? ": " : "", one->text);
    } else if (strcmp(golden.station, now.station) == 0) {
        fprintf(out, "at %s s, %s (%s) is another:\n", now.time, now.station,
                meaning_of(now.station));
        explain_change(out, &golden, &now);
    } else {
        fprintf(out, "at %s s, %s (%s)\n", golden.time, golden.station, meaning_of(golden.station));
        fprintf(out, "    and now, at %s s, %s (%s)%s%s\n", now.time, now.station,
                meaning_of(now.station), now.text[0] != '\0' ? ": " : "", now.text);
    }
}

/* ---- all of it ---- */

static void put_lines(FILE *out, const char *mark, const text_lines_t *lines, size_t from,
                      size_t count)
{
    for (size_t i = 0; i < count && i < LINES_SHOWN && from + i < lines->count; i++)
        fprintf(out, "%s%.*s\n", mark, (int)length_of(lines->at[from + i]), lines->at[from + i]);
    if (count > LINES_SHOWN)
        fprintf(out, "%s... and %zu more\n", mark, count - LINES_SHOWN);
}

void golden_diff(FILE *out, const golden_part_t *expected, const golden_part_t *actual)
{
    text_lines_t a = split(expected), b = split(actual);
    size_t first = 0, of_a, of_b;
    while (first < a.count && first < b.count && same_line(a.at[first], b.at[first]))
        first++;
    find_end(&a, &b, first, &of_a, &of_b);
    size_t before = first < LINES_BEFORE ? first : LINES_BEFORE;
    fprintf(out, "the timeline differs from line %zu on (- golden, + now):\n",
            expected->lines_before + first + 1);
    put_lines(out, "    ", &a, first - before, before);
    put_lines(out, "  - ", &a, first, of_a);
    put_lines(out, "  + ", &b, first, of_b);
    size_t left = first + of_a < a.count ? a.count - first - of_a : 0;
    put_lines(out, "    ", &a, first + of_a, left < SAME_AFTER ? left : SAME_AFTER);
    explain(out, &a, &b, first, of_a, of_b);
    free(a.at);
    free(b.at);
}
