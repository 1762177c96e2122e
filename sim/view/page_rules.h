/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The rules of a run, for its page: what was loaded, and which rule decided at an event.
 */
#ifndef LO0SIM_SIM_VIEW_PAGE_RULES_H
#define LO0SIM_SIM_VIEW_PAGE_RULES_H

#include "sim/core/box.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct page_rule {
    size_t set; /* which of the sets that were loaded, from 0 */
    bool out;
    char *group; /* "0" outside of all groups, as in the trace */
    int number;  /* in its list or group, from 1 */
    char *text;
} page_rule_t;

/* All zero: no rules. */
typedef struct page_rules {
    page_rule_t *list;
    size_t count, sets;
    uint64_t held; /* in units of memory.h */
    bool known;    /* the last set is the one that is loaded */
} page_rules_t;

/* Takes an event, in order; notes when other rules are loaded.
 * => Returns the number of the rule that decided the event; SIZE_MAX if no rule did. */
size_t page_rules_event(page_rules_t *rules, const box_t *box, const trace_event_t *event);

/* Writes them as JSON, `[{"set":0,"at":"@0:1","out":false,"text":...}, ...]`. */
void page_rules_write(const page_rules_t *rules, FILE *out);
void page_rules_fini(page_rules_t *rules);

#endif
