/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which tests are run: by their names, their tags, this machine's share, and how they ended the
 * last time.
 */
#ifndef LO0SIM_SIM_RUN_SELECTION_H
#define LO0SIM_SIM_RUN_SELECTION_H

#include "sim/run/last_failed.h"

#include <stdbool.h>
#include <stddef.h>

#define SELECTION_WORDS_MAX 64

/* Zeroed, it takes every test. A test must match every kind of criterion; if there are several
 * patterns or several tags, one match is enough. */
typedef struct selection {
    /* Parts of the test's name; a `*` in one matches any text. Case is ignored. */
    const char *patterns[SELECTION_WORDS_MAX];
    size_t pattern_count;
    const char *tags[SELECTION_WORDS_MAX]; /* as written in scripts */
    size_t tag_count;
    unsigned shard, shards;      /* share 1 to `shards`; all if `shards` is 0 */
    const last_failed_t *failed; /* only tests that are in it; NULL: all */
} selection_t;

/* Whether every test is taken. */
bool selection_is_all(const selection_t *selection);

/* Whether a test is taken. Its share depends only on its name and its file's name without the
 * folder, so it stays when other tests are added or removed. `tags` are separated by one blank. */
bool selection_takes(const selection_t *selection, const char *path, const char *test,
                     const char *tags);

/* The same as a function for script_options_t.wanted, with the selection as `arg`. */
bool selection_wanted(const void *arg, const char *path, const char *test, const char *tags);

/* The options that select it, "-k syn --tag slow", into text[size]. */
void selection_text(const selection_t *selection, char *text, size_t size);

#endif
