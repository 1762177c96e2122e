/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The nearest of several words.
 */
#include "sim/nearest.h"

#include <string.h>

#define WORD_MAX 40

static size_t min2(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance of two words of at most WORD_MAX letters. */
static size_t distance(const char *a, size_t m, const char *b, size_t n)
{
    size_t d[WORD_MAX + 1][WORD_MAX + 1];
    for (size_t i = 0; i <= m; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= n; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        for (size_t j = 1; j <= n; j++) {
            d[i][j] = min2(min2(d[i - 1][j] + 1, d[i][j - 1] + 1),
                           d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = min2(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[m][n];
}

const char *nearest(const char *word, const char *const *candidates, size_t count)
{
    size_t length = strlen(word);
    if (length == 0 || length > WORD_MAX)
        return NULL;
    size_t best = length / 3 > 1 ? length / 3 : 1;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        size_t d = distance(word, length, candidates[i], other);
        if (d < best + (found == NULL)) {
            best = d;
            found = candidates[i];
        }
    }
    return found;
}
