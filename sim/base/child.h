/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Processes of ours, and what Linux does for them: on another system each works without.
 */
#ifndef LO0SIM_SIM_BASE_CHILD_H
#define LO0SIM_SIM_BASE_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

/* In a child: it is killed when its parent ends, however that ends. Elsewhere a parent that is
 * killed leaves it behind.
 * => Returns false if `parent` has ended already. */
bool child_ends_with(pid_t parent);

/* In a parent: children of a child that has ended become ours, so that waitpid() waits for them.
 * Elsewhere they become init's, and nobody waits for them. */
void child_adopt_orphans(void);

/* The path under which this program can be executed again. => NULL where the system does not tell.
 */
const char *child_own_program(void);

/* In a child, before it executes a program: the program's addresses are not random. Where this is
 * forbidden (containers), and elsewhere, they are. */
void child_fix_addresses(void);

#endif
