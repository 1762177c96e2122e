/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Sends packets through one filter, each at its time, and compares the verdicts.
 */
#ifndef LO0SIM_TESTS_FILTER_STEPS_H
#define LO0SIM_TESTS_FILTER_STEPS_H

#include "tests/filter/packet.h"

#include <stdbool.h>
#include <stddef.h>

enum { UDP = 17, ICMP = 1 };

#define CLIENT "10.0.0.1"
#define SERVER "10.0.0.2"

typedef struct step {
    const char *what;
    double at_s;
    bool out;
    packet_t packet;
    const char *verdict;
} step_t;

/* Loads the rules, sends the packets on bge0, and fails at the first wrong verdict. */
void run_steps(const char *rules, const step_t *steps, size_t count);

#define RUN(rules, steps) run_steps(rules, steps, sizeof(steps) / sizeof((steps)[0]))

/* A packet from the client, port 33001, to the server, port 22, and one back. */
#define GOES(...)                                                                                  \
    {                                                                                              \
        .src = CLIENT, .dst = SERVER, __VA_ARGS__                                                  \
    }
#define COMES(...)                                                                                 \
    {                                                                                              \
        .src = SERVER, .dst = CLIENT, .sport = 22, .dport = 33001, __VA_ARGS__                     \
    }

#endif
