/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim outcomes inside: what is asked, the rows that answer it, and how they are printed.
 */
#ifndef LO0SIM_SIM_COMMAND_OUTCOMES_TABLE_H
#define LO0SIM_SIM_COMMAND_OUTCOMES_TABLE_H

#include "sim/command/outcomes_run.h"

#define OUTCOMES_VARIANTS_MAX 4
#define OUTCOMES_PORTS        65536

/* One column. */
typedef struct outcomes_column {
    const char *name; /* the era's, or the file's */
    const char *path;
    char *text;
    outcomes_variant_t variant;
    outcomes_t *outcomes;
} outcomes_column_t;

/* What --require asks of all that is shown; the first three are outcome_kind_t's. */
typedef enum outcomes_require {
    REQUIRE_CONNECTS,
    REQUIRE_REFUSED,
    REQUIRE_HANGS,
    REQUIRE_SAME,
    REQUIRE_NOTHING
} outcomes_require_t;

/* Which ports are shown. */
typedef struct outcomes_ports {
    bool given;
    bool wanted[OUTCOMES_PORTS];
    bool begins[OUTCOMES_PORTS + 1]; /* where a range of ports begins */
} outcomes_ports_t;

typedef struct outcomes_options {
    const char *rules;
    const era_t *era;
    bool all_eras;
    int mode;  /* ipf_reply_mode_t; -1: not given */
    int proto; /* 0 tcp, 1 udp; -1: both */
    int require;
    bool intercept, json, diff;
    outcomes_ports_t ports;
    outcomes_column_t columns[OUTCOMES_VARIANTS_MAX];
    size_t count;
} outcomes_options_t;

/* Ports with the same outcomes. */
typedef struct outcomes_row {
    uint16_t from, to;
    outcome_t of[OUTCOMES_VARIANTS_MAX];
} outcomes_row_t;

typedef struct outcomes_rows {
    outcomes_row_t *list;
    size_t count, room;
} outcomes_rows_t;

/* Whether two rows are the same in all columns. */
bool outcomes_rows_same(const outcomes_options_t *options, const outcomes_row_t *a,
                        const outcomes_row_t *b);

/* Whether --proto wants a client, an index of outcomes_clients[]. */
bool outcomes_is_wanted(const outcomes_options_t *options, size_t client);

/* "connects", "refused", "hangs"; of UDP "answered", "no answer"; or an errno's name. It is static.
 */
const char *outcome_word(const outcome_t *outcome, bool udp);

/* Prints the rows of all clients, rows[OUTCOMES_CLIENTS], as a table for people, as wide as
 * standard output's terminal. */
void outcomes_print_table(const outcomes_options_t *options, const outcomes_rows_t *rows);

#endif
