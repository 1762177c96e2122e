/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How a box ends its remote hosts. They are made by box_add_remote() (box.h).
 */
#ifndef LO0SIM_SIM_CORE_BOX_REMOTE_H
#define LO0SIM_SIM_CORE_BOX_REMOTE_H

#include "sim/core/box.h"

/* Makes all remote hosts call box_suffers(). */
void box_ask_remotes(box_t *box);

/* Drops the packets on the wire; then stops all remote hosts (ip_stack_stop). */
void box_stop_remotes(box_t *box);

/* As box_drain(), for each remote host. Call it after all hosts have been stopped. */
bool box_drain_remotes(box_t *box, char *buffer, size_t size);

/* As box_bookkeeping(), of each remote host. */
void box_remotes_bookkeeping(const box_t *box, memory_bookkeeping_t tell, void *arg);

/* Ends the hosts and the wire, after the box' own stack. */
void box_free_remotes(box_t *box);

#endif
