/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What fr_prove.c and fr_prove_packet.c share.
 */
#ifndef LO0SIM_FILTER_FR_PROVE_IMPL_H
#define LO0SIM_FILTER_FR_PROVE_IMPL_H

#include "filter/fr_cell.h"
#include "filter/fr_prove.h"

/* Judges one packet of a cell by both filters, and tells it in text[size].
 * `differ`: compares the verdicts of two packets that have been judged.
 * => Returns whether it says that they differ. */
typedef bool (*cell_differ_fn_t)(const fr_info_t fin[2], const uint32_t pass[2]);
bool cell_try(const cell_t *cell, ipf_stack_t *const ifs[2], const cell_names_t *names,
              cell_differ_fn_t differ, char *text, size_t size);

#endif
