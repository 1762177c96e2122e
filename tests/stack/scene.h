/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A conversation on loopback, led into any state of TCP: a hook holds the state by eating the
 * segments that would end it.
 */
#ifndef LO0SIM_TESTS_STACK_SCENE_H
#define LO0SIM_TESTS_STACK_SCENE_H

#include "tests/stack/segment.h"

typedef enum state {
    LISTEN,
    SYN_SENT,
    SYN_RCVD,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
    CLOSED
} state_t;

extern const char *const state_names[];

/* One conversation, and the endpoint of it that is looked at. */
typedef struct scene {
    host_t *host;
    in6_addr_t address; /* of both ends */
    watch_t watch;
    sonode_t *listener, *client, *server;
    unsigned side; /* SERVER or CLIENT: whose endpoint it is */
    ip_endpoint_t own, peer;
} scene_t;

/* A scene on a host of its own, which scene_end() checks for leaks. */
void scene_start(scene_t *s, void **own, bool v6);
void scene_end(scene_t *s, void **own);

/* Runs what is due at this instant. */
void scene_run_now(scene_t *s);

/* From now on the segments of some sides (bits) whose flags under `mask` are `flags` are eaten. */
void scene_eat(scene_t *s, unsigned sides, uint8_t mask, uint8_t flags);

/* Opens the listener and begins to watch; then a client connects; and is accepted. */
void scene_begin(scene_t *s);
void scene_open(scene_t *s);
void scene_establish(scene_t *s);

/* The whole way into a state: the client's endpoint, except for what only a server does. The watch
 * is off then. */
void scene_lead(scene_t *s, state_t state);

#endif
