/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/outcome.h"

#include "sim/base/must.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void outcomes_fini(outcomes_t *outcomes)
{
    free(outcomes->list);
    free(outcomes->places);
    *outcomes = (outcomes_t){0};
}

static uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

/* The hash of the calls' results; if the run did not pass, also of its text. */
static uint64_t hash_of(const trial_result_t *result)
{
    uint64_t hash = mix(1, result->status);
    for (size_t i = 0; i < result->call_count; i++)
        hash = mix(mix(hash, result->calls[i].verb), (uint64_t)result->calls[i].error);
    if (result->status == RESULT_PASSED || result->report == NULL)
        return hash;
    for (const char *at = result->report; *at != '\0' && *at != '\n'; at++)
        hash = mix(hash, (unsigned char)*at);
    return hash;
}

static void rehash(outcomes_t *outcomes)
{
    outcomes->place_count = outcomes->place_count < 32 ? 64 : outcomes->place_count * 2;
    free(outcomes->places);
    outcomes->places = must_calloc(outcomes->place_count, sizeof(*outcomes->places));
    for (size_t i = 0; i < outcomes->count; i++) {
        size_t at = outcomes->list[i].hash & (outcomes->place_count - 1);
        while (outcomes->places[at] != 0)
            at = (at + 1) & (outcomes->place_count - 1);
        outcomes->places[at] = i + 1;
    }
}

/* The row of a hash; a new, empty one with *is_new. */
static outcome_t *find(outcomes_t *outcomes, uint64_t hash, bool *is_new)
{
    if (outcomes->count * 2 >= outcomes->place_count)
        rehash(outcomes);
    size_t at = hash & (outcomes->place_count - 1);
    for (; outcomes->places[at] != 0; at = (at + 1) & (outcomes->place_count - 1)) {
        outcome_t *outcome = &outcomes->list[outcomes->places[at] - 1];
        *is_new = false;
        if (outcome->hash == hash)
            return outcome;
    }
    outcomes->list =
        must_grow(outcomes->list, &outcomes->room, outcomes->count + 1, sizeof(*outcomes->list));
    outcome_t *outcome = &outcomes->list[outcomes->count++];
    memset(outcome, 0, sizeof(*outcome));
    outcome->hash = hash;
    outcome->low_us = UINT64_MAX;
    outcome->low_packets = UINT32_MAX;
    outcome->first = UINT64_MAX;
    outcomes->places[at] = outcomes->count;
    *is_new = true;
    return outcome;
}

static void take_example(outcome_t *outcome, const trial_result_t *result, uint64_t number)
{
    size_t used = 0;
    outcome->first = number;
    outcome->example[0] = '\0';
    for (size_t i = 0; i < result->fault_count; i++) {
        char text[POINT_TEXT_MAX];
        point_fault_text(&result->faults[i], text);
        used += (size_t)snprintf(outcome->example + used, sizeof(outcome->example) - used, "%s%s",
                                 i > 0 ? "; " : "", text);
    }
}

static void widen(outcome_t *outcome, uint64_t low_us, uint64_t high_us, uint32_t low_packets,
                  uint32_t high_packets)
{
    outcome->low_us = low_us < outcome->low_us ? low_us : outcome->low_us;
    outcome->high_us = high_us > outcome->high_us ? high_us : outcome->high_us;
    outcome->low_packets = low_packets < outcome->low_packets ? low_packets : outcome->low_packets;
    outcome->high_packets =
        high_packets > outcome->high_packets ? high_packets : outcome->high_packets;
}

outcome_t *outcomes_add(outcomes_t *outcomes, const trial_result_t *result, uint64_t number,
                        uint64_t schedules)
{
    bool is_new;
    outcome_t *outcome = find(outcomes, hash_of(result), &is_new);
    if (is_new) {
        trial_outcome(result, outcome->text, sizeof(outcome->text));
        outcome->status = result->status;
    }
    if (number < outcome->first)
        take_example(outcome, result, number);
    outcome->count += schedules;
    widen(outcome, result->end_us, result->end_us, result->packets, result->packets);
    return outcome;
}

uint32_t outcomes_row(const outcomes_t *outcomes, uint64_t hash)
{
    uint32_t row = 0;
    while (row < outcomes->count && outcomes->list[row].hash != hash)
        row++;
    return row;
}

void outcomes_merge(outcomes_t *outcomes, const outcomes_t *other)
{
    bool is_new;
    for (size_t i = 0; i < other->count; i++) {
        const outcome_t *from = &other->list[i];
        outcome_t *to = find(outcomes, from->hash, &is_new);
        if (is_new) {
            *to = *from;
            continue;
        }
        if (from->first < to->first) {
            to->first = from->first;
            strcpy(to->example, from->example);
        }
        to->count += from->count;
        widen(to, from->low_us, from->high_us, from->low_packets, from->high_packets);
    }
}

static int by_first(const void *a, const void *b)
{
    const outcome_t *x = a, *y = b;
    return x->first < y->first ? -1 : x->first > y->first;
}

void outcomes_sort(outcomes_t *outcomes)
{
    if (outcomes->count > 0)
        qsort(outcomes->list, outcomes->count, sizeof(*outcomes->list), by_first);
    outcomes->place_count /= 2; /* as many as there were */
    rehash(outcomes);
}

/* ---- writing and reading ---- */

void outcomes_write(const outcomes_t *outcomes, FILE *out)
{
    fprintf(out, "outcomes %zu\n", outcomes->count);
    for (size_t i = 0; i < outcomes->count; i++) {
        const outcome_t *o = &outcomes->list[i];
        fprintf(out,
                "%" PRIx64 " %d %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32
                " %" PRIu64 "\n%s\n%s\n",
                o->hash, (int)o->status, o->count, o->low_us, o->high_us, o->low_packets,
                o->high_packets, o->first, o->text, o->example);
    }
}

/* A line without its end. */
static bool read_line(FILE *in, char *text, size_t size)
{
    if (fgets(text, (int)size, in) == NULL)
        return false;
    size_t length = strcspn(text, "\n");
    bool whole = text[length] == '\n';
    text[length] = '\0';
    return whole;
}

static bool read_one(outcomes_t *outcomes, FILE *in)
{
    outcomes_t one = {0};
    char numbers[300];
    int status;
    outcome_t o = {0};
    bool read = read_line(in, numbers, sizeof(numbers)) &&
                sscanf(numbers,
                       "%" SCNx64 " %d %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu32 " %" SCNu32
                       " %" SCNu64,
                       &o.hash, &status, &o.count, &o.low_us, &o.high_us, &o.low_packets,
                       &o.high_packets, &o.first) == 8 &&
                read_line(in, o.text, sizeof(o.text)) &&
                read_line(in, o.example, sizeof(o.example)) && status >= 0 &&
                status <= (int)RESULT_CRASHED;
    if (!read)
        return false;
    o.status = (result_status_t)status;
    one.list = &o;
    one.count = 1;
    outcomes_merge(outcomes, &one);
    return true;
}

bool outcomes_read(outcomes_t *outcomes, FILE *in)
{
    char line[100];
    size_t count;
    if (!read_line(in, line, sizeof(line)) || sscanf(line, "outcomes %zu", &count) != 1)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (!read_one(outcomes, in))
            return false;
    }
    return true;
}
