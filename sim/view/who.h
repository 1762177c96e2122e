/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered: a sink of the trace that remembers, of each conversation, who ate its packets and
 * who answered them, and says it in words beside the result of a call.
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

/* Who brought about `error` (errno; 0: success) of a call to `peer`, from what happened until now:
 * "rule @0:1, the SYN became the RST|ACK". NULL as peer is that of the last conversation.
 * => Returns text[WHO_MAX]; "" where there is nothing to say. */
const char *who_answered(const who_t *who, const ip_endpoint_t *peer, int error, char *text);

/* The same for a call of the trace.
 * => Returns text[WHO_MAX]; "" for a call to nobody. */
const char *who_answered_call(const who_t *who, const trace_call_t *call, char *text);

/* The last call that waited for somebody, and who answered it: "connect 127.0.0.1.22: ECONNREFUSED:
 * the stack, nobody listens on port 22".
 * => Returns "" where there is none, or nothing to say of it. It stays who's. */
const char *who_last(const who_t *who);

/* Who answered it, without the call. */
const char *who_last_by(const who_t *who);

/* Whether a file of rules names lo0 and does not intercept it: no rule is asked. */
bool who_no_intercept(const who_t *who);

#endif
