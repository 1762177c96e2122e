/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/shell/edit.h"

#include "sim/base/lazy.h"

#include <stddef.h>

static lazy_library_t library = {.soname = LO0SIM_EDIT_SONAME};
static edit_t edit;

static const struct {
    const char *name;
    size_t offset;
} functions[] = {
    {"el_init", offsetof(edit_t, init)},
    {"el_end", offsetof(edit_t, end)},
    {"el_set", offsetof(edit_t, set)},
    {"el_get", offsetof(edit_t, get)},
    {"el_resize", offsetof(edit_t, resize)},
    {"el_gets", offsetof(edit_t, gets)},
    {"el_line", offsetof(edit_t, line)},
    {"el_insertstr", offsetof(edit_t, insert)},
    {"history_init", offsetof(edit_t, history_init)},
    {"history_end", offsetof(edit_t, history_end)},
    {"history", offsetof(edit_t, history)},
};

const edit_t *edit_load(void)
{
    if (!lazy_load(&library))
        return NULL;
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
        lazy_function(&library, functions[i].name, (void **)((char *)&edit + functions[i].offset));
    return &edit;
}
