/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each packet's way in one line.
 */
#include "sim/command/path.h"

#include "sim/base/must.h"
#include "sim/core/trace_station.h"

#include <stdlib.h>
#include <string.h>

#define WAY_MAX 400

typedef struct way {
    uint32_t packet;
    uint64_t time_us;
    char flags[PACKET_FLAGS_ROOM];
    char stations[WAY_MAX];
} way_t;

struct path {
    way_t *ways;
    size_t count;
    char rule[200]; /* the rule that hit the packet that is being judged */
};

path_t *path_create(void)
{
    return calloc(1, sizeof(path_t));
}

void path_destroy(path_t *path)
{
    if (path != NULL)
        free(path->ways);
    free(path);
}

static way_t *find(path_t *path, uint32_t packet)
{
    for (size_t i = path->count; i > 0; i--) {
        if (path->ways[i - 1].packet == packet)
            return &path->ways[i - 1];
    }
    return NULL;
}

static void begin(path_t *path, const trace_event_t *event)
{
    struct packet p;
    path->ways = must_realloc(path->ways, (path->count + 1) * sizeof(*path->ways));
    way_t *way = &path->ways[path->count++];
    *way = (way_t){.packet = event->packet, .time_us = event->time_us};
    if (!packet_copy_parse(event->copy, &p))
        return;
    if (p.kind == PACKET_TCP)
        packet_flags_text(p.flags, way->flags);
    else
        strcpy(way->flags, p.kind == PACKET_UDP ? "udp" : p.kind == PACKET_ICMP ? "icmp" : "?");
}

static void add(way_t *way, const char *separator, const char *text)
{
    size_t used = strlen(way->stations);
    snprintf(way->stations + used, sizeof(way->stations) - used, "%s%s", used > 0 ? separator : "",
             text);
}

static void add_fanout(way_t *way, const trace_event_t *event)
{
    add(way, " > ", event->fanout.function);
    add(way, ": ", event->fanout.state != NULL ? event->fanout.state : "nobody");
    if (event->fanout.reason != NULL)
        add(way, ", ", event->fanout.reason);
}

void path_event(void *arg, const trace_event_t *event)
{
    path_t *path = arg;
    if (event->host != NULL)
        return;
    if (event->station == TRACE_IP_WPUT_IRE)
        begin(path, event);
    if (event->station == TRACE_FR_FIREWALL)
        snprintf(path->rule, sizeof(path->rule), "@%s:%d", event->rule.group, event->rule.number);
    way_t *way = find(path, event->packet);
    if (way == NULL)
        return;
    switch (event->station) {
    case TRACE_IP_WPUT_IRE:
    case TRACE_HOOKS_START:
    case TRACE_IP_WPUT_LOCAL:
    case TRACE_SNOOP:
        add(way, " > ", trace_station_name(event));
        break;
    case TRACE_HOOK:
        if (event->hook.changed)
            add(way, ": ", "changed");
        break;
    case TRACE_HOOKS_END:
        if (event->copy == NULL) {
            add(way, ": ", "eaten by ");
            add(way, "", path->rule);
        }
        break;
    case TRACE_FANOUT:
        add_fanout(way, event);
        break;
    default:
        break;
    }
}

/* ---- writing ---- */

static bool same_way(const way_t *a, const way_t *b)
{
    return strcmp(a->flags, b->flags) == 0 && strcmp(a->stations, b->stations) == 0;
}

/* Writes words, broken where the line would be too long. */
static void write_wrapped(FILE *out, const char *text, int column, int indent, int width)
{
    while (*text != '\0') {
        int length = (int)strcspn(text, " ");
        if (column + 1 + length > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            column += fprintf(out, " ");
        }
        column += fprintf(out, "%.*s", length, text);
        text += length;
        text += *text == ' ';
    }
    fprintf(out, "\n");
}

void path_write(const path_t *path, FILE *out, int indent, int width)
{
    for (size_t i = 0; i < path->count;) {
        size_t next = i + 1;
        fprintf(out, "%*s%7.3f", indent, "", (double)path->ways[i].time_us / 1e6);
        int extra = 0;
        for (; next < path->count && same_way(&path->ways[i], &path->ways[next]); next++)
            extra += fprintf(out, ", %.3f", (double)path->ways[next].time_us / 1e6);
        if (extra > 0)
            fprintf(out, " s\n%*s       ", indent, "");
        else
            fprintf(out, " s");
        fprintf(out, "%s  %-3s", extra > 0 ? "  " : "", path->ways[i].flags);
        write_wrapped(out, path->ways[i].stations, indent + 14, indent + 15, width);
        i = next;
    }
}
