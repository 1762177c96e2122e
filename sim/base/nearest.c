/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nearest of several words.
 */
#include "sim/base/nearest.h"

#include "filter/word_distance.h"

#include <stdio.h>
#include <string.h>

#define SHORTENED_MIN 3

const char *nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0)
        return NULL;
    size_t best = length / 3 > 1 ? length / 3 : 1;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t d = word_distance(word, length, candidates[i], strlen(candidates[i]));
        if (d < best + (found == NULL)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}

const char *there_is_no(char *text, size_t size, const char *what, const char *word,
                        const char *const *names)
{
    size_t count = 0;
    while (names[count] != NULL)
        count++;
    const char *near = nearest(word, names, count);
    for (size_t i = 0; i < count && near == NULL && strlen(word) >= SHORTENED_MIN; i++)
        near = strncmp(names[i], word, strlen(word)) == 0 ? names[i] : NULL;
    if (near != NULL) {
        snprintf(text, size, "there is no %s '%s'; did you mean '%s'?", what, word, near);
        return text;
    }
    size_t used = (size_t)snprintf(text, size, "there is no %s '%s'; there are:", what, word);
    for (size_t i = 0; i < count && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s %s", i > 0 ? "," : "", names[i]);
    return text;
}
