/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared objects with hooks are tried before anything is run.
 */
#ifndef LO0SIM_SIM_COMMAND_HOOK_TRIAL_H
#define LO0SIM_SIM_COMMAND_HOOK_TRIAL_H

#include "sim/core/hook_object.h"

/* Tries the objects in a process that is then thrown away: they are loaded, a box is made, and each
 * object's hooks are registered in it. So what is wrong is known before anything is run, and no
 * object's state has been touched.
 * => Returns true; else false with a message in error[size]: a file that is missing or no shared
 *    object, a symbol that is missing, an errno, a crash. */
bool hook_trial(hook_objects_t *objects, char *error, size_t size);

#endif
