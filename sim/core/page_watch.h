/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which pages of a memory are written: they are made read-only, and the first write to each is a
 * signal, which notes the page and lets it be written from then on. So who saves and restores the
 * memory many times copies only the pages that ever change.
 *
 * One memory of the process at a time. A system call that is to write into a watched page fails
 * with EFAULT, since it gets no signal: memory that is watched is no buffer for read().
 */
#ifndef LO0SIM_SIM_CORE_PAGE_WATCH_H
#define LO0SIM_SIM_CORE_PAGE_WATCH_H

#include <stddef.h>
#include <stdint.h>

/* Watches `size` bytes, rounded down to whole pages, from now on, in place of what was watched
 * before. `at` is the beginning of a page. */
void page_watch_begin(void *at, size_t size);

/* Ends it: all pages can be written. */
void page_watch_end(void);

/* How many bytes are watched: of the pages after them nothing is known. */
size_t page_watch_size(void);

/* The pages that were written, by their offsets in bytes, in the order of the first writes: a list
 * that only grows, *count of them. */
const uint32_t *page_watch_written(size_t *count);
size_t page_watch_page(void); /* bytes of a page */

#endif
