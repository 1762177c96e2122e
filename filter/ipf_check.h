/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks a rules text without loading it: all of its mistakes, and rules that are valid but do not
 * do what they seem to say. No counterpart in Solaris.
 *
 * Each warning has a name, by which it is silenced: for the whole text by ipf_check_how_t, or in
 * the text by a comment,
 *
 *     # check: ignore NAME{, NAME} [-- why]         of its own line; alone on a line: of the next
 *     # check: ignore-file NAME{, NAME} [-- why]    of the whole text
 */
#ifndef LO0SIM_FILTER_IPF_CHECK_H
#define LO0SIM_FILTER_IPF_CHECK_H

#include "filter/ipf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ipf_warning {
    IPF_WARN_COVERED,    /* other rules take all packets of this one */
    IPF_WARN_OVERRIDDEN, /* later rules decide whenever this one matches */
    IPF_WARN_DUPLICATE,
    IPF_WARN_RETURN,    /* a return-rst or return-icmp that no client understands */
    IPF_WARN_HANGS,     /* a block on loopback that is not answered */
    IPF_WARN_UNDONE,    /* a block on loopback that a state bypasses */
    IPF_WARN_INTERCEPT, /* no `set intercept_loopback true;` */
    IPF_WARN_LO0,       /* `on lo0` with an address that is never seen there */
    IPF_WARN_NO_STATE,  /* `keep state` for packets that make no state */
    IPF_WARN_FLAGS,     /* TCP flags that no segment has */
    IPF_WARN_PORTS,     /* a range of no ports, or of all ports */
    IPF_WARN_SKIP,
    IPF_WARN_GROUP,   /* a group whose rules are in the other direction */
    IPF_WARN_REFUSED, /* a host refuses the rule here */
    IPF_WARN_UNUSED,  /* a comment that silences nothing */
    IPF_WARN_COUNT
} ipf_warning_t;

/* The names; NULL after the last. */
extern const char *const ipf_warning_names[];

/* A finding: an error, or a warning, whose name is `warning`. */
typedef struct ipf_finding {
    ipf_error_t at;
    const char *warning; /* NULL: an error */
} ipf_finding_t;

/* Takes a finding. It is valid only during the call. */
typedef void (*ipf_finding_func_t)(void *arg, const ipf_finding_t *finding);

typedef struct ipf_check_how {
    int family;               /* of rules that do not name one: 0, 4 or 6 */
    uint32_t silent;          /* unwanted warnings: 1 << IPF_WARN_... */
    const char *hang;         /* how long a connect waits for an answer, for messages; "30 s" */
    const ipf_build_t *build; /* what the filter does; NULL: what Solaris' does */
    uint64_t work;            /* rules that are compared with packets; 0: enough for some second */
} ipf_check_how_t;

/* Checks text[length]. The findings are handed over in the order in which they stand in the text.
 * => Returns 0, with the number of errors in *errors; ENOMEM. */
int ipf_check(const char *text, size_t length, const ipf_check_how_t *how, ipf_finding_func_t func,
              void *arg, size_t *errors);

#endif
