/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lua, deterministic and isolated: scenario scripts run in here.
 *
 * Stock Lua differs from run to run (the order of pairs, random numbers, addresses in tostring)
 * and can reach the machine. In the sandbox pairs and next go by key, random numbers come from the
 * seed, nothing shows an address, and there is no os, io, debug, package, coroutine, load or
 * bytecode. Globals are strict. Instructions and memory are bounded, in units
 * that are the same on every machine.
 */
#ifndef LO0SIM_SIM_SCRIPT_SANDBOX_H
#define LO0SIM_SIM_SCRIPT_SANDBOX_H

#include "stack/memory.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SANDBOX_MEMORY_DEFAULT       (64u << 20)
#define SANDBOX_INSTRUCTIONS_DEFAULT UINT64_C(50000000)

typedef struct sandbox sandbox_t;

typedef struct sandbox_options {
    memory_t *memory;      /* for Lua's blocks; NULL: memory_of_process() */
    size_t memory_bytes;   /* counted as on a 64-bit machine; 0: the default */
    uint64_t instructions; /* including work in Lua's own functions; 0: the default */
    uint64_t seed;         /* for math.random */
    /* Called when the budget of instructions is spent, with the error, which begins with the file
     * and tells where. If it returns, the Lua error is raised, again and again. Can be NULL. */
    void (*out_of_instructions)(void *arg, const char *text);
    void *arg;
    void (*look)(lua_State *L);   /* called now and then while a script runs. Can be NULL */
    void (*charge)(lua_State *L); /* called before each verb: sandbox_is_too_large(). Can be NULL */
} sandbox_options_t;

/* => Returns NULL if there is no memory. The caller ends it with sandbox_destroy(). */
sandbox_t *sandbox_create(const sandbox_options_t *options);
void sandbox_destroy(sandbox_t *sandbox);

/* The main state. */
lua_State *sandbox_lua(sandbox_t *sandbox);

/* A new coroutine, kept from the garbage collector until sandbox_thread_release(). Raises an error
 * in L if there is no memory. */
lua_State *sandbox_thread(lua_State *L);
void sandbox_thread_release(sandbox_t *sandbox, lua_State *thread);

/* Loads a text chunk from a file and runs it in the main state.
 * => Returns false with a message in error[size] that begins with the path: a file that cannot be
 *    read or is not text, a syntax error, a runtime error, out of memory. */
bool sandbox_load(sandbox_t *sandbox, const char *path, char *error, size_t size);

/* The same from memory, with a name. The text is changed if its first line begins with #. */
bool sandbox_load_text(sandbox_t *sandbox, const char *name, char *text, size_t length, char *error,
                       size_t size);

/* Loads and runs a file from inside a script, and pushes what it returns onto L's stack.
 * => Returns false with a message in error[size]; then nothing was pushed. */
bool sandbox_include(sandbox_t *sandbox, lua_State *L, const char *path, char *error, size_t size);

/* Pushes an object of C, a userdata that holds no values of Lua's.
 * => Returns its bytes. */
#define sandbox_new_object(L, size) lua_newuserdatauv(L, size, 0)

/* Sets a global to the value on top of the stack, and pops it: globals are strict for C, too. */
void sandbox_set_global(lua_State *L, const char *name);

/* Restarts the budget of instructions. */
void sandbox_restart_budget(sandbox_t *sandbox);

/* Whether the machine ran out of memory while the script was below its limit. */
bool sandbox_machine_is_full(const sandbox_t *sandbox);

/* Whether what the script uses and the `held` units that others hold for it, counted as Lua's
 * (lcount.h), are over the limit. Garbage is collected before that is true. */
bool sandbox_is_too_large(lua_State *L, uint64_t held);

/* The limit's message in text[size], without a place: "out of memory: ...". */
#define SANDBOX_MEMORY_ROOM 200
void sandbox_too_large(lua_State *L, char *text, size_t size);

/* Calls sandbox_options_t.charge. */
void sandbox_charge(lua_State *L);

/* How much of the budget is spent, which is bookkeeping until it is too much. */
uint64_t *sandbox_spent(sandbox_t *sandbox);

/* Whether the budget is spent. That error must not be caught, or a script that catches errors in a
 * loop would never end. */
bool sandbox_budget_is_spent(lua_State *L);

/* Pushes a value as text without addresses, and returns the text: tostring in a script. Chunks'
 * names that Lua has cut short are restored. */
const char *sandbox_tostring(lua_State *L, int index);

/* Whether a message contains a place, as in "x.lua:3: ...". */
bool sandbox_has_place(const char *text);

/* Room for a place: more of a path is not told. */
#define SANDBOX_PLACE_MAX 1024

/* Where L is, or was when an error ended it: the innermost line of a script, as "x.lua:3".
 * => Returns false, with "" in place[size], if there is no such line. */
bool sandbox_place(lua_State *L, char *place, size_t size);

/* A message handler for lua_pcall: adds the place of the script's current line to an error that has
 * none. */
int sandbox_locate(lua_State *L);

/* Takes the error that ended L, with the status that lua_pcall or lua_resume gave, from the top of
 * its stack. Never raises one itself.
 * => Returns its message with its place: its own, or that of L's innermost line, or `path`. The
 * caller frees it. */
char *sandbox_take_error(sandbox_t *sandbox, lua_State *L, int status, const char *path);

/* Raises an error if the table at `index` has a key that is not among `names`, which end with NULL:
 * "`display` has no option 'x'". */
void sandbox_check_options(lua_State *L, int index, const char *display, const char *const *names);

/* A verb of a type. */
typedef struct sandbox_verb {
    const char *name;
    lua_CFunction func;
    /* Its parameters and their types, as scenarios/meta/lo0sim.lua has them: "address: string,
     * options?: table". A ? marks what can be left out or nil; `...` stands for any number of
     * further arguments. A type is any, string, number, boolean, table, function or port, or two
     * with | between them. A table of options is written as its keys: "{address port}"; one that is
     * also a list as "{... stdin env}". Of two types it is the second. Other keys are refused. */
    const char *takes;
} sandbox_verb_t;

/* Gives the userdata type `type` verbs, ended by a NULL name and static. The first call makes its
 * metatable; later ones, also from other files, add to it. An unknown verb raises an error with the
 * nearest name. A verb is called only with arguments that it takes; otherwise the error says what
 * it takes. `joint` is ':' for verbs whose first argument is the userdata, and '.' for others. */
void sandbox_add_verbs(lua_State *L, const char *type, const char *display, char joint,
                       const sandbox_verb_t *verbs);

/* Raises the error that `display` has no `what` called `name`; `names` ends with NULL.
 * => Does not return. */
int sandbox_unknown(lua_State *L, const char *display, const char *what, const char *name,
                    const char *const *names);

#endif
