/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What stands for this folder where no program can be in a box: on a system other than Linux, on a
 * processor other than x86-64, and in a browser. `lo0sim exec` and box:exec say so.
 */
#include "sim/exec/exec.h"

#include <assert.h>

struct exec {
    bool none; /* C has no structure without a member */
};

static void say_absent(char *error, size_t size)
{
    snprintf(error, size, "a program in the box takes Linux on x86-64, which this is not");
}

bool exec_run(box_t *box, const exec_options_t *options, exec_result_t *result, char *error,
              size_t size)
{
    assert(box != NULL && options != NULL && result != NULL);
    (void)box;
    (void)options;
    *result = (exec_result_t){0};
    say_absent(error, size);
    return false;
}

/* There is one, without programs, so that the verb can say why it has none. */
exec_t *exec_create(box_t *box)
{
    static exec_t none = {.none = true};
    (void)box;
    return &none;
}

void exec_destroy(exec_t *exec)
{
    (void)exec;
}

exec_program_t *exec_start(exec_t *exec, const exec_options_t *options, char *error, size_t size)
{
    (void)exec;
    (void)options;
    say_absent(error, size);
    return NULL;
}

/* Without a program none of these has anything to say. */

bool exec_has_ended(const exec_program_t *program, int *code)
{
    (void)program;
    *code = 0;
    return true;
}

exec_state_t exec_look(exec_t *exec)
{
    (void)exec;
    return EXEC_WAITS;
}

bool exec_wait_for_world(exec_t *exec)
{
    (void)exec;
    return false;
}

void exec_list_waiting(const exec_t *exec, FILE *out, const char *between)
{
    (void)exec;
    (void)out;
    (void)between;
}

bool exec_is_alive(const exec_t *exec)
{
    (void)exec;
    return false;
}

void exec_kill(exec_t *exec, const exec_program_t *program, int number)
{
    (void)exec;
    (void)program;
    (void)number;
}

void exec_kill_all(exec_t *exec)
{
    (void)exec;
}
