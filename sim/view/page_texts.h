/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The texts of a page's run, each once. A long run has some texts thousands of times; its page
 * refers to them by number.
 */
#ifndef LO0SIM_SIM_VIEW_PAGE_TEXTS_H
#define LO0SIM_SIM_VIEW_PAGE_TEXTS_H

#include <stddef.h>

typedef struct page_texts {
    char **list; /* each text, by its number */
    size_t count, room;
    struct page_text *known; /* a hash of the same texts */
} page_texts_t;

/* Takes a copy of a text that is not known yet. Begin with a page_texts_t of zeros.
 * => Returns its number, which is 0 for the first text, and one more for each further one. */
size_t page_texts_number(page_texts_t *texts, const char *text);

void page_texts_fini(page_texts_t *texts);

#endif
