/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Eras: where the post, the code of its day and later code differ, an era says which of them is
 * simulated. An era is one row of a table.
 */
#ifndef LO0SIM_SIM_ERA_H
#define LO0SIM_SIM_ERA_H

#include "filter/ipf.h"
#include "stack/ip_stack.h"

typedef struct era {
    const char *name;
    syn_schedule_t syns;
    ipf_reply_mode_t mode; /* unless the scenario chooses another */
} era_t;

/* The era called `name`.
 * => Returns NULL if there is none. */
const era_t *era_find(const char *name);

/* The era of who names none: `post`. */
const era_t *era_default(void);

/* The reply mode called `name`, into *mode.
 * => Returns false if there is none. */
bool reply_mode_find(const char *name, ipf_reply_mode_t *mode);
const char *reply_mode_name(ipf_reply_mode_t mode);

/* The names of the reply modes; NULL after the last. */
extern const char *const reply_mode_names[];

#endif
