/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the parts of the check. Not for use outside of them. */
#ifndef LO0SIM_FILTER_IPF_CHECK_IMPL_H
#define LO0SIM_FILTER_IPF_CHECK_IMPL_H

#include "filter/frrequest.h"
#include "filter/ipf_check.h"
#include "filter/ipf_parse.h"

typedef struct finding {
    ipf_error_t at;
    int warning; /* ipf_warning_t, or -1: an error */
    size_t sequence;
} finding_t;

/* A rule that heads a group, and the place of its `head`. */
typedef struct head {
    struct head *next;
    frentry_t fr;
    int line, column;
} head_t;

typedef struct check {
    const char *text;
    size_t length;
    const ipf_check_how_t *how;
    fr_ruleset_t set;
    ipf_places_t places; /* of the current rule */
    ipf_intercept_t intercept;
    ipf_error_t error;
    finding_t *findings;
    size_t count, room, errors;
    head_t *heads; /* the newest first */
    bool no_memory;
    bool needs_lo0; /* some rule does something on lo0; the first one is here: */
    int lo0_line, lo0_column;
} check_t;

/* Notes an error. */
void ipf_check_mistake(check_t *check, const ipf_error_t *error);

/* Notes a warning. The text is printf's. */
void ipf_check_warn(check_t *check, ipf_warning_t warning, int line, int column, const char *format,
                    ...) __attribute__((format(printf, 5, 6)));

/* Notes a warning at a place of the current rule. */
#define WARN(check, warning, place, ...)                                                           \
    ipf_check_warn(check, warning, (check)->places.at[place].line,                                 \
                   (check)->places.at[place].column, __VA_ARGS__)

/* Checks a rule that was just read and added. (ipf_check_rule.c) */
void ipf_check_rule(check_t *check, const frentry_t *fr);

/* Whether a rule names lo0. */
bool ipf_check_on_lo0(const frentry_t *fr);

/* Checks each list of rules. (ipf_check_list.c) */
void ipf_check_lists(check_t *check);

/* The lines that are named at most. */
#define IPF_CHECK_LINES 5

/* "line 3", "lines 3 and 4", "lines 1, 2, 3, 4, 5 and more". (ipf_check_reach.c) */
void ipf_check_say_lines(const int *lines, size_t count, char *text, size_t size);

/* Whether two rules do the same with the packets that they match. */
bool ipf_check_same_verdict(const frentry_t *a, const frentry_t *b);

/* Asks of rules which packets reach them, and warns of those that none reaches. The set must be
 * sealed. (ipf_check_reach.c) */
typedef struct reach_check {
    struct fr_reach *reach;
    size_t unknown; /* rules of which it has not been found out; the first one is here: */
    int line, column;
} reach_check_t;

void ipf_check_reach_begin(check_t *check, reach_check_t *own);
/* `decides`: also whether the rule decides, if it has no other effect. */
void ipf_check_reach(check_t *check, reach_check_t *own, const fr_list_t *list, size_t number,
                     bool decides);
void ipf_check_reach_end(check_t *check, reach_check_t *own);

/* Finds out what happens to clients on loopback, by asking the filter itself; the text must have no
 * error. (ipf_check_loopback.c) */
void ipf_check_loopback(check_t *check);

/* Removes the findings that comments silence, and warns about comments that silence nothing.
 * (ipf_check_ignore.c) */
void ipf_check_ignore(check_t *check);

#endif
