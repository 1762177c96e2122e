/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What one endpoint of a scene does, in words: what it sends, and its state.
 */
#ifndef LO0SIM_TESTS_STACK_EAR_H
#define LO0SIM_TESTS_STACK_EAR_H

#include "tests/stack/scene.h"

/* Eats all that either end sends, and writes down what the endpoint does. */
typedef struct ear {
    hook_t hooks[2];
    ip_endpoint_t own;
    uint32_t snd, rcv;      /* what the endpoint's numbers count from */
    uint32_t seq, end, ack; /* of the segment that it answers */
    bool has_ack;
    bool off; /* nothing more is written down */
    char said[100];
} ear_t;

void ear_say(ear_t *ear, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* From now on all packets of a family are eaten, and the endpoint's are written down. */
void ear_listen(scene_t *s, ear_t *ear, const char *family);

/* The state of the scene's endpoint. */
const char *ear_state(const scene_t *s);

#endif
