/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which of the tests are run: by their names, their tags, this machine's share, and how they ended
 * the last time.
 */
#ifndef LO0SIM_SIM_RUN_SELECTION_H
#define LO0SIM_SIM_RUN_SELECTION_H

#include "sim/run/last_failed.h"

#include <stdbool.h>
#include <stddef.h>

#define SELECTION_WORDS_MAX 64

/* Zeroed, it takes every test. What is named must hold together; of several patterns, and of
 * several tags, one is enough. */
typedef struct selection {
    /* A part of the test's name; `*` in it is any text. Capitals are as small letters. */
    const char *patterns[SELECTION_WORDS_MAX];
    size_t pattern_count;
    const char *tags[SELECTION_WORDS_MAX]; /* as a script wrote them */
    size_t tag_count;
    unsigned shard, shards;      /* share 1 to `shards`; 0 of them: all */
    const last_failed_t *failed; /* only those in here; NULL: all */
} selection_t;

/* Whether nothing is left out. */
bool selection_is_all(const selection_t *selection);

/* Whether a test is taken. Its share comes from the names of its file, without the folder, and of
 * the test alone, so another test more or less moves none. `tags` has one blank between two. */
bool selection_takes(const selection_t *selection, const char *path, const char *test,
                     const char *tags);

/* The same with the selection as `arg`, as script_options_t.wanted asks. */
bool selection_wanted(const void *arg, const char *path, const char *test, const char *tags);

/* The options that made it, "-k syn --tag slow", into text[size]. */
void selection_text(const selection_t *selection, char *text, size_t size);

#endif
