/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a box does with its remote hosts at its end. They are made by box_add_remote() (box.h).
 */
#ifndef LO0SIM_SIM_BOX_REMOTE_H
#define LO0SIM_SIM_BOX_REMOTE_H

#include "sim/box.h"

/* What is on the wire is lost; then as box_drain(), for each remote host. */
bool box_drain_remotes(box_t *box, char *buffer, size_t size);

/* Ends them and the wire, after the box' own stack. */
void box_free_remotes(box_t *box);

#endif
