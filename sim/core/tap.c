/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: which packets passed where, for expect_packets.
 */
#include "sim/core/tap.h"

#include "sim/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

const char *const tap_names[] = {
    [TAP_SNOOP] = "snoop",
    [TAP_WIRE] = "wire",
    [TAP_LOOPBACK_OUT_BEFORE] = NH_LOOPBACK_OUT ":before",
    [TAP_LOOPBACK_OUT_AFTER] = NH_LOOPBACK_OUT ":after",
    [TAP_LOOPBACK_IN_BEFORE] = NH_LOOPBACK_IN ":before",
    [TAP_LOOPBACK_IN_AFTER] = NH_LOOPBACK_IN ":after",
    [TAP_PHYSICAL_OUT_BEFORE] = NH_PHYSICAL_OUT ":before",
    [TAP_PHYSICAL_OUT_AFTER] = NH_PHYSICAL_OUT ":after",
    [TAP_PHYSICAL_IN_BEFORE] = NH_PHYSICAL_IN ":before",
    [TAP_PHYSICAL_IN_AFTER] = NH_PHYSICAL_IN ":after",
    [TAPS] = NULL,
};

/* The hooks, in the order of the taps before and after them. */
static const char *const hooks[] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN, NH_PHYSICAL_OUT,
                                    NH_PHYSICAL_IN};

bool tap_is_loopback(tap_t tap)
{
    return tap == TAP_SNOOP || (tap >= TAP_LOOPBACK_OUT_BEFORE && tap <= TAP_LOOPBACK_IN_AFTER);
}

bool tap_is_inbound(tap_t tap)
{
    return tap == TAP_SNOOP || tap == TAP_LOOPBACK_IN_BEFORE || tap == TAP_LOOPBACK_IN_AFTER ||
           tap >= TAP_PHYSICAL_IN_BEFORE;
}

struct taps {
    memory_t *memory;
    uint64_t held; /* in units of memory.h */
    struct {
        tap_packet_t *packets;
        size_t count, capacity;
        bool overflowed;
    } tap[TAPS];
};

taps_t *taps_create(memory_t *memory)
{
    taps_t *taps = memory_zalloc(memory, sizeof(*taps));
    if (taps != NULL)
        taps->memory = memory;
    return taps;
}

void taps_destroy(taps_t *taps)
{
    if (taps == NULL)
        return;
    for (int i = 0; i < TAPS; i++) {
        tap_clear(taps, i);
        memory_free(taps->memory, taps->tap[i].packets);
    }
    memory_free(taps->memory, taps);
}

int tap_find(const char *name)
{
    if (strcmp(name, "lo0") == 0)
        return TAP_SNOOP;
    for (int i = 0; i < TAPS; i++) {
        if (strcmp(tap_names[i], name) == 0)
            return i;
    }
    return -1;
}

static int tap_of_hooks(const char *event, bool after)
{
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++) {
        if (strcmp(hooks[i], event) == 0)
            return TAP_LOOPBACK_OUT_BEFORE + 2 * (int)i + after;
    }
    return -1;
}

int tap_of(const trace_event_t *event)
{
    if (event->copy == NULL)
        return -1;
    if (event->station == TRACE_WIRE)
        return TAP_WIRE;
    if (event->host != NULL)
        return -1;
    /* /dev/lo0 belongs to ipnet: it has the packets of the loopback path, whichever interface owns
     * their address. */
    if (event->station == TRACE_SNOOP)
        return TAP_SNOOP;
    if (event->station == TRACE_HOOKS_START)
        return tap_of_hooks(event->hooks_start.event, false);
    return event->station == TRACE_HOOKS_END ? tap_of_hooks(event->hooks_end.event, true) : -1;
}

#define PER_PLACE 32 /* what one in a list is counted as, besides its packet */

/* A packet is counted once, in however many taps it is. */
static uint64_t units(const packet_copy_t *copy)
{
    return PER_PLACE + (copy->taps == 0 ? MEMORY_PER_PACKET + copy->length : 0);
}

static packet_copy_t *hold(taps_t *taps, packet_copy_t *copy)
{
    taps->held += units(copy);
    copy->taps++;
    return packet_copy_hold(copy);
}

static void let_go(taps_t *taps, packet_copy_t *copy)
{
    copy->taps--;
    taps->held -= units(copy);
    packet_copy_let_go(copy);
}

uint64_t taps_held(const taps_t *taps)
{
    return taps->held;
}

void taps_event(void *arg, const trace_event_t *event)
{
    taps_t *taps = arg;
    int i = tap_of(event);
    if (i < 0)
        return;
    if (taps->tap[i].count == TAP_PACKETS_MAX) {
        taps->tap[i].overflowed = true;
        return;
    }
    if (taps->tap[i].count == taps->tap[i].capacity) {
        taps->tap[i].capacity = taps->tap[i].capacity == 0 ? 16 : taps->tap[i].capacity * 2;
        taps->tap[i].packets =
            must_have(memory_realloc(taps->memory, taps->tap[i].packets,
                                     taps->tap[i].capacity * sizeof(*taps->tap[i].packets)));
    }
    taps->tap[i].packets[taps->tap[i].count++] =
        (tap_packet_t){event->time_us, hold(taps, event->copy)};
}

size_t tap_packets(const taps_t *taps, int tap, const tap_packet_t **packets)
{
    assert(tap >= 0 && tap < TAPS);
    *packets = taps->tap[tap].packets;
    return taps->tap[tap].count;
}

void tap_clear(taps_t *taps, int tap)
{
    assert(tap >= 0 && tap < TAPS);
    for (size_t i = 0; i < taps->tap[tap].count; i++)
        let_go(taps, taps->tap[tap].packets[i].copy);
    taps->tap[tap].count = 0;
    taps->tap[tap].overflowed = false;
}

bool tap_overflowed(const taps_t *taps, int tap)
{
    assert(tap >= 0 && tap < TAPS);
    return taps->tap[tap].overflowed;
}
