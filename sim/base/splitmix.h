/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Random numbers from a seed, the same on every machine.
 */
#ifndef LO0SIM_SIM_BASE_SPLITMIX_H
#define LO0SIM_SIM_BASE_SPLITMIX_H

#include <stdint.h>

/* The next number of splitmix64 (Steele, Lea, Flood, 2014). *state is the seed before the first
 * one; every seed, 0 too, gives a full sequence.
 * => Returns any number of 64 bits. */
uint64_t splitmix_next(uint64_t *state);

#endif
