/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What becomes of a client on loopback, for every port: the filter is asked about each range of
 * ports that its rules can tell apart, and one connect for each different answer is run on a box.
 */
#ifndef LO0SIM_SIM_COMMAND_OUTCOMES_RUN_H
#define LO0SIM_SIM_COMMAND_OUTCOMES_RUN_H

#include "filter/fr_prove.h"
#include "filter/ipf.h"
#include "sim/core/era.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who connects, and where: by which protocol to which of the host's own addresses. */
typedef struct outcomes_client {
    bool udp;
    const char *address;
} outcomes_client_t;

#define OUTCOMES_CLIENTS 8
extern const outcomes_client_t outcomes_clients[OUTCOMES_CLIENTS];

typedef enum outcome_kind {
    OUTCOME_CONNECTS, /* UDP: it is answered */
    OUTCOME_REFUSED,
    OUTCOME_HANGS, /* TCP: until it fails with `err`; UDP: it hears nothing */
    OUTCOME_FAILS  /* with `err` */
} outcome_kind_t;

typedef struct outcome {
    outcome_kind_t kind;
    int err;
    uint64_t time_us;      /* when it was known; UDP that hears nothing: 0 */
    const frentry_t *rule; /* that decided; NULL: no rule */
    bool by_state;         /* decided by its state */
    int step; /* the packet it decided about: outcomes_packet(); -1: no rule was asked */
} outcome_t;

/* One of the variants to compare: a rules text under an era and a mode. */
typedef struct outcomes_variant {
    const char *text;
    size_t length;
    const era_t *era;
    bool mode_chosen;
    ipf_reply_mode_t mode;
    bool intercept; /* on, whatever the text says */
} outcomes_variant_t;

typedef struct outcomes outcomes_t;

/* Prepares a variant, whose text must stay.
 * => Returns NULL with *error filled in if the rules are wrong. The caller ends it with
 *    outcomes_destroy(). */
outcomes_t *outcomes_create(const outcomes_variant_t *variant, uint64_t seed, ipf_error_t *error);
void outcomes_destroy(outcomes_t *outcomes);

/* Whether any rule is asked on loopback. */
bool outcomes_intercepts(const outcomes_t *outcomes);

/* The port that clients of a protocol send from. */
uint16_t outcomes_source_port(const outcomes_t *outcomes, bool udp);

/* The outcome for a client at a port. Its rule is valid as long as `outcomes` is. */
outcome_t outcomes_at(outcomes_t *outcomes, size_t client, uint16_t port);

/* Writes the packet that a rule decided about into text[size], in ipftest's notation. */
void outcomes_packet(const outcomes_t *outcomes, size_t client, uint16_t port, int step, char *text,
                     size_t size);

/* Whether two outcomes are the same for the client and come from the same rule of one text. */
bool outcome_same(const outcome_t *a, const outcome_t *b);

/* Whether they are the same for the client. */
bool outcome_same_result(const outcome_t *a, const outcome_t *b);

/* Compares two variants for every packet, not only for those of local clients, with rules for
 * loopback as they are. Not to be asked for if only one of them intercepts loopback. */
void outcomes_prove(outcomes_t *old, outcomes_t *new, fr_proof_t *proof);

/* Marks in begins[65537] each port that the rules of a text can treat differently from the port
 * before it: there a range begins. */
void outcomes_mark_ports(const outcomes_variant_t *variant, bool *begins);

#endif
