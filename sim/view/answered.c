/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered a connection that failed.
 */
#include "sim/view/answered.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/view/who.h"
#include "sim/view/words.h"

#include <errno.h>
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
    ip_endpoint_t failed; /* the peer of the last failure: the call that learns of it comes later */
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

static pending_t *find(answered_t *answered, const ip_endpoint_t *local,
                       const ip_endpoint_t *remote)
{
    pending_t *pending;
    DL_FOREACH(answered->pending, pending)
    {
        if (ip_endpoint_same(&pending->local, local) && ip_endpoint_same(&pending->remote, remote))
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

static void note(answered_t *answered, const char *what, const ip_endpoint_t *peer, int error,
                 uint64_t took_us)
{
    char remote[WORDS_ENDPOINT_MAX], by[WHO_MAX];
    who_answered(answered->who, peer, error, by);
    if (answered->count++ < ANSWERED_LINES_MAX)
        answered->lines[answered->count - 1] =
            must_asprintf("%s %s: %s after %.3f s%s%s", what, words_endpoint(peer, remote),
                          errno_name(error), (double)took_us / 1e6, by[0] != '\0' ? ": " : "", by);
}

static void fail(answered_t *answered, const trace_event_t *event)
{
    pending_t *pending = find(answered, &event->end.local, &event->end.remote);
    if (pending == NULL)
        return;
    note(answered, pending->connected ? "connection to" : "connect", &pending->remote,
         event->end.error, event->time_us - pending->began_us);
    answered->failed = pending->remote;
    forget(answered, pending);
}

/* A connect that has sent nothing: there is no route, no port, or no memory. */
static void see_call(answered_t *answered, const trace_call_t *call)
{
    bool unsent = call->error == ENETUNREACH || call->error == EADDRNOTAVAIL ||
                  call->error == EADDRINUSE || call->error == ENOMEM;
    if (call->verb != TRACE_VERB_CONNECT)
        return;
    if (unsent && !ip_endpoint_same(&answered->failed, &call->peer))
        note(answered, "connect", &call->peer, call->error, 0);
    answered->failed = (ip_endpoint_t){.ie_port = 0};
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
    case TRACE_CALL:
        see_call(answered, &event->call);
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
