/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/frontier.h"

#include "sim/base/must.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A record: this, followed by a class for each point. */
typedef struct record {
    uint64_t number;
    uint64_t children;
    uint32_t first, points;
    schedule_t schedule;
} record_t;

void frontier_fini(frontier_t *frontier)
{
    free(frontier->bytes);
    free(frontier->offsets);
    *frontier = (frontier_t){0};
}

size_t frontier_size(const frontier_t *frontier)
{
    return frontier->room + frontier->offset_room * sizeof(*frontier->offsets);
}

static record_t record_at(const frontier_t *frontier, size_t i)
{
    record_t record;
    memcpy(&record, frontier->bytes + frontier->offsets[i], sizeof(record));
    return record;
}

/* Room for one more record. */
static uint8_t *reserve(frontier_t *frontier, size_t size)
{
    while (frontier->used + size > frontier->room) {
        frontier->room = frontier->room == 0 ? 4096 : frontier->room * 2;
        frontier->bytes = must_realloc(frontier->bytes, frontier->room);
    }
    if (frontier->count == frontier->offset_room) {
        frontier->offset_room = frontier->offset_room == 0 ? 64 : frontier->offset_room * 2;
        frontier->offsets =
            must_realloc(frontier->offsets, frontier->offset_room * sizeof(*frontier->offsets));
    }
    frontier->offsets[frontier->count++] = frontier->used;
    uint8_t *at = frontier->bytes + frontier->used;
    frontier->used += size;
    return at;
}

static void add_record(frontier_t *frontier, const record_t *record, const point_class_t *classes)
{
    uint8_t *at = reserve(frontier, sizeof(*record) + record->points);
    memcpy(at, record, sizeof(*record));
    if (record->points > 0)
        memcpy(at + sizeof(*record), classes, record->points);
    frontier->children += record->children;
}

void frontier_add(frontier_t *frontier, uint64_t number, const schedule_t *schedule,
                  const trial_result_t *result, unsigned kinds)
{
    record_t record;
    memset(&record, 0, sizeof(record)); /* since its padding is written, too */
    record.number = number;
    record.first = result->first;
    record.points = result->points > result->first ? result->points - result->first : 0;
    if (record.points > TRIAL_POINTS_MAX)
        record.points = TRIAL_POINTS_MAX;
    memcpy(&record.schedule, schedule, sizeof(*schedule));
    for (uint32_t i = 0; i < record.points; i++)
        record.children += point_alternatives(result->classes[i], kinds);
    add_record(frontier, &record, result->classes);
}

void frontier_append(frontier_t *frontier, const frontier_t *other)
{
    for (size_t i = 0; i < other->count; i++) {
        record_t record = record_at(other, i);
        add_record(frontier, &record, other->bytes + other->offsets[i] + sizeof(record));
    }
}

/* A record's number and place, for sorting. */
typedef struct numbered {
    uint64_t number;
    size_t offset;
} numbered_t;

static int by_number(const void *a, const void *b)
{
    const numbered_t *x = a, *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

void frontier_sort(frontier_t *frontier)
{
    numbered_t *list = must_calloc(frontier->count + 1, sizeof(*list));
    for (size_t i = 0; i < frontier->count; i++)
        list[i] = (numbered_t){record_at(frontier, i).number, frontier->offsets[i]};
    qsort(list, frontier->count, sizeof(*list), by_number);
    for (size_t i = 0; i < frontier->count; i++)
        frontier->offsets[i] = list[i].offset;
    free(list);
}

/* The children of one record; the first is child `at`.
 * => Returns false to end the walk. */
static bool walk_record(const frontier_t *frontier, size_t i, uint64_t at, uint64_t from,
                        uint64_t to, unsigned kinds, frontier_each_t each, void *arg)
{
    record_t record = record_at(frontier, i);
    const point_class_t *classes = frontier->bytes + frontier->offsets[i] + sizeof(record);
    schedule_t child = record.schedule;
    deviation_t *last = &child.list[child.count++];
    for (uint32_t point = 0; point < record.points; point++) {
        unsigned count = point_alternatives(classes[point], kinds);
        for (unsigned which = 1; which <= count; which++, at++) {
            if (at < from || at >= to)
                continue;
            *last = (deviation_t){record.first + point, (uint8_t)which};
            if (!each(arg, at, &child))
                return false;
        }
    }
    return true;
}

void frontier_walk(const frontier_t *frontier, uint64_t from, uint64_t to, unsigned kinds,
                   frontier_each_t each, void *arg)
{
    uint64_t at = 0;
    for (size_t i = 0; i < frontier->count && at < to; i++) {
        uint64_t children = record_at(frontier, i).children;
        if (at + children > from && !walk_record(frontier, i, at, from, to, kinds, each, arg))
            return;
        at += children;
    }
}

/* ---- writing and reading: only for the same program on the same kind of machine ---- */

void frontier_write(const frontier_t *frontier, FILE *out)
{
    fprintf(out, "frontier %zu %zu\n", sizeof(record_t), frontier->count);
    for (size_t i = 0; i < frontier->count; i++) {
        record_t record = record_at(frontier, i);
        fwrite(frontier->bytes + frontier->offsets[i], 1, sizeof(record) + record.points, out);
    }
}

bool frontier_read(frontier_t *frontier, FILE *in)
{
    char line[100];
    size_t size, count;
    if (fgets(line, sizeof(line), in) == NULL ||
        sscanf(line, "frontier %zu %zu", &size, &count) != 2 || size != sizeof(record_t))
        return false;
    for (size_t i = 0; i < count; i++) {
        record_t record;
        point_class_t classes[TRIAL_POINTS_MAX];
        if (fread(&record, sizeof(record), 1, in) != 1 || record.points > TRIAL_POINTS_MAX ||
            record.schedule.count >= SCHEDULE_MAX ||
            fread(classes, 1, record.points, in) != record.points)
            return false;
        add_record(frontier, &record, classes);
    }
    return true;
}
