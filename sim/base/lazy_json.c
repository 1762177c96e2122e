/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Loads libjansson when JSON is written.
 */
#include "sim/base/lazy.h"
#include "sim/base/must.h"

#include <dlfcn.h>
#include <jansson.h>
#include <stdlib.h>

/* libjansson's own functions would drop data when memory runs out. */
static void take_our_memory(void *handle)
{
    void (*set)(json_malloc_t get, json_free_t give);
    *(void **)&set = dlsym(handle, "json_set_alloc_funcs");
    if (set != NULL)
        set(must_malloc, free);
}

static lazy_library_t library = {.soname = LO0SIM_JANSSON_SONAME, .loaded = take_our_memory};

bool lazy_json(void)
{
    return lazy_load(&library);
}

LAZY(library, json_t *, json_object, (void), ())
LAZY(library, json_t *, json_array, (void), ())
LAZY(library, json_t *, json_string_nocheck, (const char *value), (value))
LAZY(library, json_t *, json_integer, (json_int_t value), (value))
LAZY(library, json_t *, json_true, (void), ())
LAZY(library, json_t *, json_false, (void), ())
LAZY(library, json_t *, json_null, (void), ())
LAZY_VOID(library, json_delete, (json_t * json), (json))
LAZY(library, int, json_object_set_new_nocheck, (json_t * object, const char *key, json_t *value),
     (object, key, value))
LAZY(library, int, json_array_append_new, (json_t * array, json_t *value), (array, value))
LAZY(library, char *, json_dumps, (const json_t *json, size_t flags), (json, flags))
LAZY(library, size_t, json_dumpb, (const json_t *json, char *buffer, size_t size, size_t flags),
     (json, buffer, size, flags))
LAZY(library, int, json_dumpf, (const json_t *json, FILE *output, size_t flags),
     (json, output, flags))
