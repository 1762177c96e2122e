/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/shell/step_way.h"

#include "sim/core/trace_station.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The place that a packet comes to after an event; NULL: where it is sent, or where it came in. */
static const char *next_place(const trace_event_t *event)
{
    const char *hooks = event->station == TRACE_HOOKS_END ? event->hooks_end.event : "";
    if (event->station == TRACE_IP_WPUT_LOCAL || strcmp(hooks, NH_LOOPBACK_OUT) == 0)
        return trace_place_name(IP_AT_LOOPBACK_IN);
    if (strcmp(hooks, NH_PHYSICAL_OUT) == 0)
        return trace_place_name(IP_AT_WIRE);
    if (event->station == TRACE_SNOOP || strcmp(hooks, NH_LOOPBACK_IN) == 0 ||
        strcmp(hooks, NH_PHYSICAL_IN) == 0)
        return trace_place_name(IP_AT_FANOUT);
    return NULL;
}

bool step_way_fault(const trace_event_t *event, const char *what, uint64_t us, char *text)
{
    char by[40] = "", at[40] = "", on[60] = "";
    const char *place = next_place(event);
    if (event->packet == 0)
        return false;
    if (us > 0)
        snprintf(by, sizeof(by), " by %.6f", (double)us / 1e6);
    if (place != NULL)
        snprintf(at, sizeof(at), " at %s", place);
    if (event->host != NULL)
        snprintf(on, sizeof(on), " on %.50s", event->host);
    snprintf(text, STEP_FAULT_MAX, "%s packet %" PRIu32 "%s%s%s", what, event->packet, by, at, on);
    return true;
}

size_t step_way_parts(const recording_t *a, const recording_t *b)
{
    size_t count = recording_count(a), other = recording_count(b), i = 0;
    if (other < count)
        count = other;
    while (i < count && strcmp(recording_at(a, i)->text, recording_at(b, i)->text) == 0)
        i++;
    return i < count || i == 0 ? i : i - 1;
}
