/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Keeps and folds the ladder's steps, and names their columns. What an event draws is in
 * ladder_event.c.
 */
#include "sim/view/ladder.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/view/ladder_build.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ladder_t *ladder_create(void)
{
    ladder_t *ladder = calloc(1, sizeof(*ladder));
    if (ladder != NULL)
        ladder->blocked = SIZE_MAX;
    return ladder;
}

void ladder_destroy(ladder_t *ladder)
{
    if (ladder == NULL)
        return;
    for (size_t i = 0; i < ladder->count; i++) {
        free(ladder->steps[i].name);
        free(ladder->steps[i].ports);
        free(ladder->steps[i].text);
    }
    for (size_t i = 0; i < ladder->server_count; i++)
        free(ladder->servers[i]);
    for (size_t i = 0; i < ladder->host_count; i++)
        free(ladder->hosts[i]);
    free(ladder->servers);
    free(ladder->steps);
    ladder_flows_fini(ladder);
    free(ladder->packets);
    free(ladder);
}

/* ---- steps ---- */

ladder_step_t *ladder_add(ladder_t *ladder, const trace_event_t *event, ladder_kind_t kind,
                          ladder_column_t from, ladder_column_t to)
{
    assert(from < LADDER_COLUMNS && to < LADDER_COLUMNS && !ladder->finished);
    ladder->steps =
        must_grow(ladder->steps, &ladder->room, ladder->count + 1, sizeof(*ladder->steps));
    ladder_step_t *step = &ladder->steps[ladder->count];
    *step = (ladder_step_t){.kind = kind,
                            .tone = LADDER_PLAIN,
                            .time_us = event->time_us,
                            .sequence = event->sequence,
                            .from = from,
                            .to = to,
                            .shown = ladder->count};
    ladder->count++;
    ladder->open = false;
    ladder->columns |= 1u << from | 1u << to;
    return step;
}

void ladder_set_packet(ladder_step_t *step, const ladder_packet_t *packet)
{
    step->tone = packet->tone;
    step->name = text_copy(packet->name);
    if (packet->ports[0] != '\0')
        step->ports = text_copy(packet->ports);
}

void ladder_set_text(ladder_step_t *step, const char *format, ...)
{
    va_list args;
    free(step->text);
    va_start(args, format);
    char *text = must_vasprintf(format, args);
    va_end(args);
    step->text = visible_line(text);
    free(text);
}

void ladder_wait(uint64_t us, char *text, size_t size)
{
    snprintf(text, size, "%.3f s in which nothing happens", (double)us / 1e6);
}

size_t ladder_count(const ladder_t *ladder)
{
    return ladder->count;
}

const ladder_step_t *ladder_step(const ladder_t *ladder, size_t step)
{
    assert(step < ladder->count);
    return &ladder->steps[step];
}

/* ---- folding ---- */

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool same_step(const ladder_step_t *a, const ladder_step_t *b)
{
    return a->kind == b->kind && a->tone == b->tone && a->from == b->from && a->to == b->to &&
           a->stops == b->stops && same_text(a->name, b->name) && same_text(a->ports, b->ports) &&
           same_text(a->text, b->text);
}

/* A round is within one instant: from a SYN to the first step at another time. */
static size_t round_end(const ladder_t *ladder, size_t begin)
{
    size_t end = begin + 1;
    while (end < ladder->count && !ladder->steps[end].begins && !ladder->steps[end].again &&
           ladder->steps[end].time_us == ladder->steps[begin].time_us)
        end++;
    return end;
}

/* Whether the rounds at `a` and `b` are equal, except for their first steps. */
static bool same_round(const ladder_t *ladder, size_t a, size_t b)
{
    size_t length = round_end(ladder, b) - b;
    if (round_end(ladder, a) - a != length)
        return false;
    for (size_t i = 1; i < length; i++) {
        if (!same_step(&ladder->steps[a + i], &ladder->steps[b + i]))
            return false;
    }
    return true;
}

static void fold(ladder_t *ladder, size_t before, size_t begin)
{
    ladder_step_t *step = &ladder->steps[begin];
    uint64_t waited_us = step->time_us - ladder->steps[before].time_us;
    step->kind = LADDER_AGAIN;
    ladder_set_text(step, "%.3f s later the SYN again: the same way", (double)waited_us / 1e6);
    for (size_t i = begin + 1; i < round_end(ladder, begin); i++)
        ladder->steps[i].shown = begin;
}

void ladder_finish(ladder_t *ladder)
{
    size_t before = SIZE_MAX;
    ladder->open = false;
    ladder->finished = true;
    for (size_t i = 0; i < ladder->count; i++) {
        if (ladder->steps[i].again && before != SIZE_MAX && same_round(ladder, before, i))
            fold(ladder, before, i);
        if (ladder->steps[i].again || ladder->steps[i].begins)
            before = i;
    }
}

/* ---- columns ---- */

bool ladder_shows(const ladder_t *ladder, ladder_column_t column)
{
    const unsigned wire = 1u << LADDER_REMOTE | 1u << LADDER_PHYSICAL_OUT | 1u << LADDER_IP_RPUT |
                          1u << LADDER_PHYSICAL_IN;
    bool loopback =
        (ladder->columns & 1u << LADDER_IP_WPUT_LOCAL) != 0 || (ladder->columns & wire) == 0;
    if (column == LADDER_FILTER || column == LADDER_TRANSPORT)
        return true;
    if (loopback && (wire & 1u << column) == 0)
        return true;
    return (ladder->columns & 1u << column) != 0;
}

/* The names in two parts, for narrow columns. */
static const char *const names[LADDER_COLUMNS][2] = {
    [LADDER_REMOTE] = {"remote ", "host"},
    [LADDER_CLIENT] = {"client", ""},
    [LADDER_IP_WPUT_IRE] = {"ip_wput", "_ire"},
    [LADDER_LOOPBACK_OUT] = {"LOOPBACK", "_OUT"},
    [LADDER_PHYSICAL_OUT] = {"PHYSICAL", "_OUT"},
    [LADDER_IP_WPUT_LOCAL] = {"ip_wput", "_local"},
    [LADDER_IP_RPUT] = {"ip_rput", ""},
    [LADDER_LOOPBACK_IN] = {"LOOPBACK", "_IN"},
    [LADDER_PHYSICAL_IN] = {"PHYSICAL", "_IN"},
    [LADDER_FILTER] = {"filter", ""},
    [LADDER_SERVER] = {"server", ""},
};

/* In two lines if it does not fit into one: split at its last dot or colon before `room`. */
static void part(const char *name, size_t room, char lines[2][LADDER_HEADING_MAX])
{
    size_t length = strlen(name), cut = length;
    if (length > room) {
        cut = room;
        while (cut > 1 && name[cut - 1] != '.' && name[cut - 1] != ':')
            cut--;
        cut = cut > 1 ? cut : room;
    }
    snprintf(lines[0], LADDER_HEADING_MAX, "%.*s", (int)cut, name);
    snprintf(lines[1], LADDER_HEADING_MAX, "%s", name + cut);
}

static void transport_name(const ladder_t *ladder, char *name)
{
    static const char *const words[] = {
        [PACKET_OTHER] = "IP", [PACKET_TCP] = "TCP", [PACKET_UDP] = "UDP", [PACKET_ICMP] = "ICMP"};
    *name = '\0';
    for (int kind = PACKET_TCP; kind <= PACKET_ICMP; kind++) {
        if ((ladder->kinds & 1u << kind) != 0)
            sprintf(name + strlen(name), "%s%s", *name != '\0' ? "/" : "", words[kind]);
    }
    if (*name == '\0')
        strcpy(name, "TCP");
}

void ladder_heading(const ladder_t *ladder, ladder_column_t column, size_t room,
                    char lines[2][LADDER_HEADING_MAX])
{
    char name[LADDER_HEADING_MAX];
    lines[1][0] = '\0';
    if (column == LADDER_TRANSPORT) {
        transport_name(ladder, name);
        if (strcmp(name, "TCP/UDP/ICMP") == 0 && strlen(name) > room) {
            strcpy(lines[0], "TCP/UDP");
            strcpy(lines[1], "/ICMP");
            return;
        }
        strcpy(lines[0], name);
        return;
    }
    if (column == LADDER_REMOTE && ladder->host_count == 1) {
        snprintf(name, sizeof(name), "%s", ladder->hosts[0]);
        part(name, room, lines);
        return;
    }
    snprintf(lines[0], LADDER_HEADING_MAX, "%s%s", names[column][0], names[column][1]);
    if (strlen(lines[0]) <= room)
        return;
    strcpy(lines[0], names[column][0]);
    strcpy(lines[1], names[column][1]);
}
