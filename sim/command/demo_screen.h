/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim demo, screen by screen.
 */
#ifndef LO0SIM_SIM_COMMAND_DEMO_SCREEN_H
#define LO0SIM_SIM_COMMAND_DEMO_SCREEN_H

#include <stdbool.h>

/* A screen is full: on a terminal waits for Enter.
 * => Returns false if the reader wants to stop. */
bool demo_screen_ends(void);

/* Tells all six scenes, and the table of them.
 * => Returns false if lo0sim itself failed. */
bool demo_long(bool color);

#endif
