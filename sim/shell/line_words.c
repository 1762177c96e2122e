/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/shell/line_words.h"

#include <string.h>

static const char *plain_word(const char *word)
{
    static const char *const others[][2] = {{"exit", "quit"}, {"h", "help"}, {"?", "help"}};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (strcmp(word, others[i][0]) == 0)
            return others[i][1];
    }
    return word;
}

size_t line_word_find(const char *word, const char *const *names, size_t count)
{
    size_t found = count, several = 0;
    word = plain_word(word);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], word) == 0)
            return i;
        if (strncmp(names[i], word, strlen(word)) == 0) {
            found = i;
            several++;
        }
    }
    return several == 1 ? found : count;
}
