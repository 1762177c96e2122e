/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What moment.c and moment_key.c share: the base of a series.
 */
#ifndef LO0SIM_SIM_EXPLORE_MOMENT_INSIDE_H
#define LO0SIM_SIM_EXPLORE_MOMENT_INSIDE_H

#include "sim/explore/moment.h"

/* A series begins: keys are made of what differs from base[size], a copy of the arena's bytes as
 * they are now, which stays until moment_key_end(). */
void moment_key_begin(const moment_world_t *world, const uint8_t *base, size_t size);
void moment_key_end(void);

#endif
