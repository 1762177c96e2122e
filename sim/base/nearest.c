/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nearest of several words.
 */
#include "sim/base/nearest.h"

#include "filter/word_distance.h"

#include <string.h>

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
