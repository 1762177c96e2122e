/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Eras: the post, the code of its day and later code differ; an era chooses which is simulated. An
 * era is one row of a table.
 */
#ifndef LO0SIM_SIM_CORE_ERA_H
#define LO0SIM_SIM_CORE_ERA_H

#include "filter/ipf.h"
#include "stack/ip_stack.h"

typedef struct era {
    const char *name;
    ip_build_t stack;
    ipf_build_t filter;
    ipf_reply_mode_t mode; /* unless the scenario chooses another */
    bool has_syn_options;  /* syn_retries and syn_linear are its options */
} era_t;

/* The era called `name`.
 * => Returns NULL if there is no such era. */
const era_t *era_find(const char *name);

/* The default era: `post`. */
const era_t *era_default(void);

/* The names of the eras; NULL after the last. */
extern const char *const era_names[];

/* Linux' schedule (tcp_syn_retries, tcp_syn_linear_timeouts) into at_us[ERA_SYNS_MAX]: the first
 * `linear` SYNs are sent again after a second each; the delay doubles for each of the `retries`
 * after them.
 * => Returns the schedule; it points to at_us. */
#define ERA_SYN_RETRIES_MAX 15
#define ERA_SYN_LINEAR_MAX  15
#define ERA_SYNS_MAX        (1 + ERA_SYN_RETRIES_MAX + ERA_SYN_LINEAR_MAX)
syn_schedule_t era_linux_schedule(unsigned retries, unsigned linear, uint64_t *at_us);

/* Finds the reply mode called `name`, into *mode.
 * => Returns false if there is no such mode. */
bool reply_mode_find(const char *name, ipf_reply_mode_t *mode);
const char *reply_mode_name(ipf_reply_mode_t mode);

/* What the post says about a reply mode: "the fix", "not taken", ... */
const char *reply_mode_meaning(ipf_reply_mode_t mode);

/* The names of the reply modes; NULL after the last. */
extern const char *const reply_mode_names[];

#endif
