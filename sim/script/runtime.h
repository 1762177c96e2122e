/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A running test: its box, its watchers, and its end. Its processes are in process.h; what their
 * verbs share is in lua_verb.h.
 */
#ifndef LO0SIM_SIM_SCRIPT_RUNTIME_H
#define LO0SIM_SIM_SCRIPT_RUNTIME_H

#include "sim/core/box.h"
#include "sim/core/result.h"
#include "sim/script/sandbox.h"
#include "sim/script/script.h"
#include "sim/view/who.h"

#include <lua.h>
#include <signal.h>
#include <stdbool.h>

typedef struct process process_t;
typedef struct lua_program lua_program_t;

/* The claims of box:always and box:eventually, in the order in which they were made. */
typedef struct claims {
    struct claim *list;
    size_t count;
    bool always;  /* at least one is checked after every event */
    lua_State *L; /* a coroutine, for the calls */
} claims_t;

typedef struct runtime {
    const script_options_t *options;
    const char *path; /* of the script */
    const char *test; /* its name */
    int line;         /* the test's line */
    sandbox_t *sandbox;
    struct counted_memory *counted; /* for the box; NULL: the process' */
    box_t *box;
    who_t *who;           /* who answered, for a failure's report; NULL: not needed yet */
    claims_t claims;      /* what must hold */
    process_t *processes; /* in the order in which they were spawned */
    process_t **last_process;
    struct lua_socket *sockets; /* the open ones, in the order in which they were made */
    struct lua_socket **last_socket;
    process_t *current; /* the running one */
    process_t *main;    /* the test's function: when it ends, the test ends */
    struct exec *exec;  /* of programs; NULL: box:exec was not called */
    lua_program_t *programs;
    size_t settling; /* processes that wait in box:settle */
    bool in_hook;    /* a script's hook runs: it must not wait or send */
    bool over;       /* the test has ended */
    bool taps;       /* taps keep packets from the start, for expect_packets */
    bool again;      /* it was called without taps: run the test again with taps */
    bool in_claim;   /* a claim is being checked: it must change nothing */
    volatile sig_atomic_t interrupted; /* the wall time is over */
    unsigned hooks;                    /* how many were made; they are numbered */
    result_status_t status;
    char *report; /* why it failed */
    char *notes;  /* failed expectations, if they are only noted */
    observing_t
        observing[OBSERVERS_MAX]; /* as many as there are options->observers; the last member */
} runtime_t;

/* The runtime of the test that a Lua state is running; NULL before and after. */
runtime_t *runtime_of(lua_State *L);

/* Runs a test's function, which is on top of the stack of sandbox_lua(), in a fresh box, to its
 * end. `mode` names a reply mode and `era` an era, or they are NULL.
 * => Fills in *result except the name and the line; the caller ends it with result_fini(). With
 *    rt->again there is no result yet. */
void runtime_run(runtime_t *rt, const char *mode, const char *era, result_t *result);

/* The test that was running was put back, with its box and its Lua, and goes on. */
void runtime_goes_on(runtime_t *rt);

/* Ends the test with a failure; only the first one counts. `text` is copied. */
void runtime_fail(runtime_t *rt, result_status_t status, const char *text);

/* Ends the test with the error that ended L, as sandbox_take_error() takes it: a failure if an
 * expectation or the memory limit ended it, a crash if the machine had no memory, otherwise a
 * mistake in the script. */
void runtime_fail_with_error(runtime_t *rt, lua_State *L, int status);

/* Keeps one or more lines for the report, if failures are only noted. `text` is copied. */
void runtime_note(runtime_t *rt, const char *text);

/* Ends the test at once, from anywhere. Does not return. */
void runtime_abandon(runtime_t *rt, result_status_t status, const char *text);

/* The test was left with longjmp(): frees what is outside the box and Lua, and touches neither. */
void runtime_forget(runtime_t *rt);

/* The process crashes: keeps what observers have written so far. */
void runtime_rescue(runtime_t *rt);

/* expect_packets was called, but there were no taps: ends the test, which must run again with
 * rt->taps. Return its result from the verb. */
int runtime_want_taps(runtime_t *rt, lua_State *L);

/* Ends the running test, like runtime_abandon(), if its wall time is over or an observer has
 * written too much. */
void runtime_look(lua_State *L);

/* Ends the running test, like runtime_abandon(), if it uses more memory than it may: in Lua, and in
 * what it makes its box hold. */
void runtime_charge(lua_State *L);

/* The report of a test that failed with `text`: where, when, and the last events.
 * => The caller frees it. */
char *runtime_report(const runtime_t *rt, const char *text);

/* Checks the claims that must hold always, or at the end, and ends the test if one does not hold
 * (lua_claim.c). */
void claims_check(runtime_t *rt, bool at_end);
void claims_free(runtime_t *rt);
void claims_forget(runtime_t *rt); /* without touching Lua */

/* Lets the fault `kill` find the processes of a test (lua_kill.c). */
void lua_kill_begin(runtime_t *rt);

/* With rt->exec: lets programs go on, and wakes the processes that wait for one to end
 * (lua_exec.c).
 * => Returns whether to call it again before a timer runs. */
bool lua_exec_goes_on(runtime_t *rt);

/* Whether box:exec has started a program of that name. */
bool lua_exec_has(const runtime_t *rt, const char *name);

/* Ends all programs, if any. */
void lua_exec_end(runtime_t *rt);

#endif
