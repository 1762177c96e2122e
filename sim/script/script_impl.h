/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by script.c, which loads a file and runs its tests, and the verbs that work while a file
 * is loaded: lua_test.c and lua_include.c.
 */
#ifndef LO0SIM_SIM_SCRIPT_SCRIPT_IMPL_H
#define LO0SIM_SIM_SCRIPT_SCRIPT_IMPL_H

#include "sim/core/counted_memory.h"
#include "sim/script/runtime.h"
#include "sim/script/sandbox.h"
#include "sim/script/script.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct test {
    char *name;
    char *skip;       /* why it is skipped, or NULL */
    char *mode, *era; /* NULL: the era's */
    char *tags;       /* separated by one blank */
    int line;
    int function; /* a reference in the registry */
} test_t;

struct script {
    char *path;
    const script_options_t *options;
    sandbox_t *sandbox;
    test_t *tests;
    size_t count, capacity;
    bool loading;
    int includes;              /* how deeply they are nested */
    bool ran;                  /* a test has changed the state that the chunk left */
    bool names_taps;           /* expect_packets is in its text */
    char *only;                /* options->only, as names are shown; NULL: all */
    bool names_one;            /* a test has just that name */
    arena_image_t *image;      /* the arena as the chunk left it; NULL: not saved */
    lua_Unsigned owed;         /* Lua's uncharged work at that time */
    counted_memory_t *counted; /* for boxes, in the arena */
    runtime_t *running;        /* the running test, or NULL; these two are the last members */
    runtime_t runtime;
};

/* The script of a Lua state that script_load() made. */
script_t *script_of(lua_State *L);

/* Whether a script's text contains a call that needs taps: expect_packets, box:packets. A test that
 * hides the call is run twice. */
bool script_names_taps(const char *path);

/* Add the verbs `test` and `include` to the globals. */
void lua_test_open(lua_State *L);
void lua_include_open(lua_State *L);

#endif
