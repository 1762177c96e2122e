/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Comments on packets, for captures: what the filter and other hooks did with them, in words.
 */
#ifndef LO0SIM_SIM_VIEW_CAPTURE_COMMENT_H
#define LO0SIM_SIM_VIEW_CAPTURE_COMMENT_H

#include "sim/core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The comments on the packets of one pass (capture.c). */
typedef struct capture_comments capture_comments_t;

/* => Returns NULL if there is no memory. The caller ends it with capture_comments_destroy(). */
capture_comments_t *capture_comments_create(void);
void capture_comments_destroy(capture_comments_t *comments);

/* Takes an event of the box. */
void capture_comments_event(capture_comments_t *comments, const trace_event_t *event);

/* Whether a packet is passing its hooks now. */
bool capture_comments_within(const capture_comments_t *comments);

/* The comments on a packet, in the order of what happened, into texts[CAPTURE_COMMENTS_MAX].
 * => Returns how many. They are good until capture_comments_clear(). */
#define CAPTURE_COMMENTS_MAX 64
size_t capture_comments_of(const capture_comments_t *comments, uint32_t packet,
                           const char *texts[CAPTURE_COMMENTS_MAX]);

/* Forgets the comments. */
void capture_comments_clear(capture_comments_t *comments);

#endif
