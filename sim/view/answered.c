/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered a connection that failed.
 */
#include "sim/view/answered.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/view/who.h"
#include "sim/view/words.h"

#include <stdlib.h>
#include <utlist.h>

/* A connection that has not failed yet. */
typedef struct pending {
    struct pending *prev, *next;
    ip_endpoint_t local, remote;
    uint64_t began_us;
    bool connected;
} pending_t;

struct answered {
    who_t *who; /* sees the same events, and tells who answered */
    pending_t *pending;
    char *lines[ANSWERED_LINES_MAX];
    size_t count; /* of failures, including those without room in `lines` */
};

answered_t *answered_create(void)
{
    answered_t *answered = calloc(1, sizeof(*answered));
    if (answered == NULL)
        return NULL;
    answered->who = who_create();
    if (answered->who == NULL) {
        free(answered);
        return NULL;
    }
    return answered;
}

static void forget(answered_t *answered, pending_t *pending)
{
    DL_DELETE(answered->pending, pending);
    free(pending);
}

void answered_destroy(answered_t *answered)
{
    if (answered == NULL)
        return;
    while (answered->pending != NULL)
        forget(answered, answered->pending);
    for (size_t i = 0; i < ANSWERED_LINES_MAX; i++)
        free(answered->lines[i]);
    who_destroy(answered->who);
    free(answered);
}

static bool is_end(const ip_endpoint_t *end, const in6_addr_t *address, uint16_t port)
{
    return end->ie_port == port && ip_address_same(&end->ie_addr, address);
}

static pending_t *find(answered_t *answered, const ip_endpoint_t *local,
                       const ip_endpoint_t *remote)
{
    pending_t *pending;
    DL_FOREACH(answered->pending, pending)
    {
        if (is_end(&pending->local, &local->ie_addr, local->ie_port) &&
            is_end(&pending->remote, &remote->ie_addr, remote->ie_port))
            return pending;
    }
    return NULL;
}

static void begin(answered_t *answered, const trace_event_t *event)
{
    pending_t *pending = must_calloc(1, sizeof(*pending));
    pending->local = event->end.local;
    pending->remote = event->end.remote;
    pending->began_us = event->time_us;
    DL_APPEND(answered->pending, pending);
}

static void fail(answered_t *answered, const trace_event_t *event)
{
    pending_t *pending = find(answered, &event->end.local, &event->end.remote);
    char remote[WORDS_ENDPOINT_MAX], by[WHO_MAX];
    if (pending == NULL)
        return;
    who_answered(answered->who, &pending->remote, event->end.error, by);
    if (answered->count++ < ANSWERED_LINES_MAX)
        answered->lines[answered->count - 1] = must_asprintf(
            "%s %s: %s after %.3f s%s%s", pending->connected ? "connection to" : "connect",
            words_endpoint(&pending->remote, remote), errno_name(event->end.error),
            (double)(event->time_us - pending->began_us) / 1e6, by[0] != '\0' ? ": " : "", by);
    forget(answered, pending);
}

void answered_event(void *arg, const trace_event_t *event)
{
    answered_t *answered = arg;
    pending_t *pending;
    who_event(answered->who, event);
    switch (event->station) {
    case TRACE_CONNECT:
        begin(answered, event);
        break;
    case TRACE_CONNECTED:
        pending = find(answered, &event->end.local, &event->end.remote);
        if (pending != NULL)
            pending->connected = true;
        break;
    case TRACE_ERRNO:
        fail(answered, event);
        break;
    default:
        break;
    }
}

void answered_print(const answered_t *answered, FILE *out, const char *prefix)
{
    for (size_t i = 0; i < answered->count && i < ANSWERED_LINES_MAX; i++)
        fprintf(out, "%s%s\n", prefix, answered->lines[i]);
    if (answered->count > ANSWERED_LINES_MAX)
        fprintf(out, "%sand %zu more\n", prefix, answered->count - ANSWERED_LINES_MAX);
}
