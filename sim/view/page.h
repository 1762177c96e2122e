/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A run as a page: one HTML file with its ladder, its events and its packets, which needs no other
 * file and no network. The page's markup, styles and scripts are in sim/view/html/; here its data
 * is written.
 */
#ifndef LO0SIM_SIM_VIEW_PAGE_H
#define LO0SIM_SIM_VIEW_PAGE_H

#include "sim/core/box.h"
#include "sim/core/observer.h"

#include <stddef.h>
#include <stdio.h>

/* One run, as it is recorded. */
typedef struct page_run page_run_t;

/* Records what happens in a box from now on. `box` must be there until the end.
 * => Returns NULL if there is no memory. The caller ends it with page_run_destroy(). */
page_run_t *page_run_create(box_t *box);
void page_run_destroy(page_run_t *run);

/* Writes what was recorded as JSON. Call it once, at the end. */
void page_run_write(page_run_t *run, FILE *out);

/* Writes a page. `source` says where its runs come from; runs[count] are the texts that
 * page_run_write() wrote. Any bytes may stand in `title` and `source`. */
void page_write(FILE *out, const char *title, const char *source, const char *const *runs,
                size_t count);

/* A page of each test, for an option that asks for it. */
observer_t page_observer(const char *option, const char *file);

/* How many events a page takes, and how much it keeps of them, in the units of memory.h: events,
 * their texts, packets and rules. It says how many more events there were. */
#define PAGE_EVENTS_MAX 100000
#define PAGE_UNITS_MAX  (UINT64_C(64) << 20)

#endif
