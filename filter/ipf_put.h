/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Builds text piece by piece in a buffer: rules, log lines, counters.
 * Not for use outside of filter/.
 */
#ifndef LO0SIM_FILTER_IPF_PUT_H
#define LO0SIM_FILTER_IPF_PUT_H

#include "filter/ipf_rule.h"

#include <stddef.h>

/* Initialised with `buffer` and `size` set and the rest 0. The text is always terminated, unless
 * size is 0. */
typedef struct ipf_out {
    char *buffer;
    size_t size;
    size_t length;          /* of the whole text, even if that does not fit */
    unsigned how;           /* IPF_TEXT_*, or up to the writer */
    const ipf_stack_t *ifs; /* has the interfaces for IPF_TEXT_NOTFOUND; can be NULL */
} ipf_out_t;

/* Adds text, like printf. */
void ipf_put(ipf_out_t *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds an address; family is 4 or 6, and any other is 4. */
void ipf_put_ip(ipf_out_t *o, const i6addr_t *address, int family);

/* Adds a rule's canonical text. */
void ipf_put_rule(ipf_out_t *o, const frentry_t *fr);

#endif
