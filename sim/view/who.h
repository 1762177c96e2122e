/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered: a sink of the trace that remembers, for each conversation, who ate its packets and
 * who answered them. It adds that in words to the result of a call.
 */
#ifndef LO0SIM_SIM_VIEW_WHO_H
#define LO0SIM_SIM_VIEW_WHO_H

#include "sim/core/trace.h"

#include <stdbool.h>

#define WHO_MAX 400 /* room for a sentence */

typedef struct who who_t;

/* => Returns NULL if there is no memory. The caller ends it with who_destroy(), which takes NULL.
 */
who_t *who_create(void);
void who_destroy(who_t *who);

/* The trace's sink; `arg` is a who_t. */
void who_event(void *arg, const trace_event_t *event);

/* Who caused `error` (errno; 0: success) of a call to `peer`, judged by what has happened so far:
 * "rule @0:1, the SYN became the RST|ACK". If `peer` is NULL, that of the last conversation is
 * used.
 * => Returns text[WHO_MAX]; "" if there is nothing to say. */
const char *who_answered(const who_t *who, const ip_endpoint_t *peer, int error, char *text);

/* The same for a call of the trace.
 * => Returns text[WHO_MAX]; "" for a call that nobody can answer. */
const char *who_answered_call(const who_t *who, const trace_call_t *call, char *text);

/* The last call that waited for somebody, and who answered it: "connect 127.0.0.1.22: ECONNREFUSED:
 * the stack, nobody listens on port 22".
 * => Returns "" if there is none, or nothing to say about it. The string belongs to `who`. */
const char *who_last(const who_t *who);

/* Who answered the call of who_last(), without the call itself. */
const char *who_last_by(const who_t *who);

/* Whether a file of rules names lo0 but does not intercept loopback, so that no rule is
 * consulted. */
bool who_no_intercept(const who_t *who);

#endif
