/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where a filter's tables come from: the memory that it was made in. A table that is zeroed, in a
 * test or while rules are checked, takes the process'.
 */
#ifndef LO0SIM_FILTER_FR_MEMORY_H
#define LO0SIM_FILTER_FR_MEMORY_H

#include "stack/memory.h"

/* => Returns `memory`, or the process' for NULL. */
static inline memory_t *fr_memory(memory_t *memory)
{
    return memory != NULL ? memory : memory_of_process();
}

#endif
