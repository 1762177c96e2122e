/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Taps: what passed where, for expect_packets.
 */
#include "sim/core/tap.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

enum { TAP_LO0, TAP_OUT_BEFORE, TAP_OUT_AFTER, TAP_IN_BEFORE, TAP_IN_AFTER, TAP_COUNT };

const char *const tap_names[] = {
    [TAP_LO0] = "lo0",
    [TAP_OUT_BEFORE] = NH_LOOPBACK_OUT ":before",
    [TAP_OUT_AFTER] = NH_LOOPBACK_OUT ":after",
    [TAP_IN_BEFORE] = NH_LOOPBACK_IN ":before",
    [TAP_IN_AFTER] = NH_LOOPBACK_IN ":after",
    NULL,
};

struct taps {
    struct {
        tap_packet_t *packets;
        size_t count, capacity;
        bool overflowed;
    } tap[TAP_COUNT];
};

taps_t *taps_create(void)
{
    return calloc(1, sizeof(taps_t));
}

void taps_destroy(taps_t *taps)
{
    if (taps == NULL)
        return;
    for (int i = 0; i < TAP_COUNT; i++) {
        tap_clear(taps, i);
        free(taps->tap[i].packets);
    }
    free(taps);
}

int tap_find(const char *name)
{
    for (int i = 0; i < TAP_COUNT; i++) {
        if (strcmp(tap_names[i], name) == 0)
            return i;
    }
    return -1;
}

static int tap_of_hooks(const char *event, bool after)
{
    if (strcmp(event, NH_LOOPBACK_OUT) == 0)
        return after ? TAP_OUT_AFTER : TAP_OUT_BEFORE;
    if (strcmp(event, NH_LOOPBACK_IN) == 0)
        return after ? TAP_IN_AFTER : TAP_IN_BEFORE;
    return -1;
}

static int tap_of(const trace_event_t *event)
{
    if (event->host != NULL)
        return -1;
    /* /dev/lo0 is ipnet's: packets of the loopback path, whatever interface owns their address. */
    if (event->station == TRACE_SNOOP)
        return TAP_LO0;
    if (event->station == TRACE_HOOKS_START)
        return tap_of_hooks(event->hooks_start.event, false);
    return event->station == TRACE_HOOKS_END ? tap_of_hooks(event->hooks_end.event, true) : -1;
}

void taps_event(void *arg, const trace_event_t *event)
{
    taps_t *taps = arg;
    int i = tap_of(event);
    if (i < 0 || event->copy == NULL)
        return;
    if (taps->tap[i].count == TAP_PACKETS_MAX) {
        taps->tap[i].overflowed = true;
        return;
    }
    if (taps->tap[i].count == taps->tap[i].capacity) {
        taps->tap[i].capacity = taps->tap[i].capacity == 0 ? 16 : taps->tap[i].capacity * 2;
        taps->tap[i].packets = must_realloc(taps->tap[i].packets,
                                            taps->tap[i].capacity * sizeof(*taps->tap[i].packets));
    }
    taps->tap[i].packets[taps->tap[i].count++] =
        (tap_packet_t){event->time_us, packet_copy_hold(event->copy)};
}

size_t tap_packets(const taps_t *taps, int tap, const tap_packet_t **packets)
{
    *packets = taps->tap[tap].packets;
    return taps->tap[tap].count;
}

void tap_clear(taps_t *taps, int tap)
{
    for (size_t i = 0; i < taps->tap[tap].count; i++)
        packet_copy_let_go(taps->tap[tap].packets[i].copy);
    taps->tap[tap].count = 0;
    taps->tap[tap].overflowed = false;
}

bool tap_overflowed(const taps_t *taps, int tap)
{
    return taps->tap[tap].overflowed;
}
