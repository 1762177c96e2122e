/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered a connection that failed.
 */
#include "sim/view/answered.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/packet/packet.h"
#include "sim/view/words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define WHO_MAX 400

/* A connection that has not failed yet. */
typedef struct pending {
    TAILQ_ENTRY(pending) link;
    ip_endpoint_t local, remote;
    uint64_t began_us;
    bool connected;
    char who[WHO_MAX]; /* who decided last; "" */
} pending_t;

struct answered {
    TAILQ_HEAD(, pending) pending;
    char *lines[ANSWERED_LINES_MAX];
    size_t count; /* of lines, and of those that had no room */
};

answered_t *answered_create(void)
{
    answered_t *answered = calloc(1, sizeof(*answered));
    if (answered != NULL)
        TAILQ_INIT(&answered->pending);
    return answered;
}

static void forget(answered_t *answered, pending_t *pending)
{
    TAILQ_REMOVE(&answered->pending, pending, link);
    free(pending);
}

void answered_destroy(answered_t *answered)
{
    if (answered == NULL)
        return;
    while (!TAILQ_EMPTY(&answered->pending))
        forget(answered, TAILQ_FIRST(&answered->pending));
    for (size_t i = 0; i < ANSWERED_LINES_MAX; i++)
        free(answered->lines[i]);
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
    TAILQ_FOREACH(pending, &answered->pending, link)
    {
        if (is_end(&pending->local, &local->ie_addr, local->ie_port) &&
            is_end(&pending->remote, &remote->ie_addr, remote->ie_port))
            return pending;
    }
    return NULL;
}

/* The connection that a packet belongs to, whoever sent it. */
static pending_t *find_of_packet(answered_t *answered, const trace_event_t *event)
{
    struct packet packet;
    if (!packet_copy_parse(event->copy, &packet) || packet.kind != PACKET_TCP)
        return NULL;
    const ip_endpoint_t from = {packet.src, packet.sport}, to = {packet.dst, packet.dport};
    pending_t *pending = find(answered, &from, &to);
    return pending != NULL ? pending : find(answered, &to, &from);
}

static void begin(answered_t *answered, const trace_event_t *event)
{
    pending_t *pending = must_calloc(1, sizeof(*pending));
    pending->local = event->end.local;
    pending->remote = event->end.remote;
    pending->began_us = event->time_us;
    TAILQ_INSERT_TAIL(&answered->pending, pending, link);
}

static void fail(answered_t *answered, const trace_event_t *event)
{
    pending_t *pending = find(answered, &event->end.local, &event->end.remote);
    char remote[WORDS_ENDPOINT_MAX];
    if (pending == NULL)
        return;
    if (answered->count++ < ANSWERED_LINES_MAX)
        answered->lines[answered->count - 1] = must_asprintf(
            "%s %s: %s after %.3f s: %s", pending->connected ? "connection to" : "connect",
            words_endpoint(&pending->remote, remote), errno_name(event->end.error),
            (double)(event->time_us - pending->began_us) / 1e6,
            pending->who[0] != '\0' ? pending->who : "nobody answered");
    forget(answered, pending);
}

static void decide(answered_t *answered, const trace_event_t *event)
{
    char text[IPF_RULE_TEXT_MAX + WORDS_MAX];
    pending_t *pending = find_of_packet(answered, event);
    if (pending == NULL)
        return;
    if (event->station == TRACE_RESET)
        snprintf(pending->who, sizeof(pending->who), "the stack: nobody is at that port");
    else if (event->station == TRACE_HOOK)
        snprintf(pending->who, sizeof(pending->who), "the hook %.100s", event->hook.name);
    else if (event->station == TRACE_FAULT)
        snprintf(pending->who, sizeof(pending->who), "a fault: %s", words_fault(event, text));
    else if (event->rule.number < 0)
        snprintf(pending->who, sizeof(pending->who), "no rule matched, and the filter blocks");
    else
        snprintf(pending->who, sizeof(pending->who), "@%.50s:%d %.300s", event->rule.group,
                 event->rule.number, trace_rule_text(event, text));
}

void answered_event(void *arg, const trace_event_t *event)
{
    answered_t *answered = arg;
    pending_t *pending;
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
    case TRACE_FR_FIREWALL:
        if (event->rule.block)
            decide(answered, event);
        break;
    case TRACE_HOOK:
        if (event->hook.value != 0 && strncmp(event->hook.name, "ipfilter", 8) != 0)
            decide(answered, event);
        break;
    case TRACE_RESET:
        decide(answered, event);
        break;
    case TRACE_FAULT:
        if (event->fault.what == IP_FAULT_DROP)
            decide(answered, event);
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
