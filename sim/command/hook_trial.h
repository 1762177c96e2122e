/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared objects with hooks are tried before anything is run.
 */
#ifndef LO0SIM_SIM_COMMAND_HOOK_TRIAL_H
#define LO0SIM_SIM_COMMAND_HOOK_TRIAL_H

#include "sim/core/hook_object.h"

/* Tries the objects in a process that is then thrown away: they are loaded, a box is made, and each
 * object's hooks are registered in it. So mistakes are found before anything is run, and the state
 * of the objects in this process stays untouched.
 * => Returns false with a message in error[size] if that fails: the file is missing or not a shared
 *    object, a symbol is missing, there is an errno, or a crash. */
bool hook_trial(hook_objects_t *objects, char *error, size_t size);

#endif
