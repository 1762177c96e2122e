/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_macro.h"

#include <stdlib.h>
#include <string.h>

struct ipf_macro {
    ipf_macro_t *next;
    size_t name_length, value_length;
    char text[]; /* the name, the value */
};

bool ipf_macro_set(ipf_macros_t *macros, const char *name, size_t name_length, const char *value,
                   size_t value_length)
{
    ipf_macro_t *macro = malloc(sizeof(*macro) + name_length + value_length);
    if (macro == NULL)
        return false;
    macro->name_length = name_length;
    macro->value_length = value_length;
    memcpy(macro->text, name, name_length);
    memcpy(macro->text + name_length, value, value_length);
    /* Before an older one of that name, whose value may still be being read. */
    macro->next = macros->first;
    macros->first = macro;
    return true;
}

const char *ipf_macro_get(const ipf_macros_t *macros, const char *name, size_t name_length,
                          size_t *value_length)
{
    for (const ipf_macro_t *m = macros->first; m != NULL; m = m->next) {
        if (m->name_length == name_length && memcmp(m->text, name, name_length) == 0) {
            *value_length = m->value_length;
            return m->text + name_length;
        }
    }
    return NULL;
}

void ipf_macros_fini(ipf_macros_t *macros)
{
    while (macros->first != NULL) {
        ipf_macro_t *macro = macros->first;
        macros->first = macro->next;
        free(macro);
    }
}
