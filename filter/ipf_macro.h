/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Macros of a rules file: `name = value;`, used as $name.
 */
#ifndef LO0SIM_FILTER_IPF_MACRO_H
#define LO0SIM_FILTER_IPF_MACRO_H

#include <stdbool.h>
#include <stddef.h>

typedef struct ipf_macro ipf_macro_t;

/* Zeroed, it has no macros. */
typedef struct ipf_macros {
    ipf_macro_t *first;
} ipf_macros_t;

/* Sets a macro; the last value counts. Both texts are copied.
 * => Returns false if there is no memory. */
bool ipf_macro_set(ipf_macros_t *macros, const char *name, size_t name_length, const char *value,
                   size_t value_length);

/* The value of a macro, and its length; NULL if there is no such macro. A value stays where it
 * is until ipf_macros_fini(). */
const char *ipf_macro_get(const ipf_macros_t *macros, const char *name, size_t name_length,
                          size_t *value_length);

void ipf_macros_fini(ipf_macros_t *macros);

#endif
