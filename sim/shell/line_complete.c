/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/shell/line_complete.h"

#include "sim/base/must.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void line_completion_add(line_completion_t *completion, const char *word)
{
    if (strncmp(word, completion->word, strlen(completion->word)) != 0)
        return;
    completion->words =
        must_realloc(completion->words, (completion->count + 1) * sizeof(*completion->words));
    completion->words[completion->count++] = must_strdup(word);
}

void line_completion_add_all(line_completion_t *completion, const char *const *words)
{
    for (; *words != NULL; words++)
        line_completion_add(completion, *words);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

void line_completion_add_files(line_completion_t *completion)
{
    struct dirent **entries;
    struct stat st;
    const char *slash = strrchr(completion->word, '/');
    size_t length = slash != NULL ? (size_t)(slash - completion->word) + 1 : 0;
    char *folder = must_strndup(completion->word, length);
    int count = scandir(length > 0 ? folder : ".", &entries, not_hidden, by_bytes);
    for (int i = 0; i < count; i++) {
        char *path = must_asprintf("%s%s", folder, entries[i]->d_name);
        char *named =
            must_asprintf("%s%s", path, stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? "/" : "");
        line_completion_add(completion, named);
        free(named);
        free(path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    free(folder);
}

size_t line_completion_common(const line_completion_t *completion)
{
    size_t common = completion->count > 0 ? strlen(completion->words[0]) : 0;
    for (size_t i = 1; i < completion->count; i++) {
        size_t same = 0;
        while (same < common && completion->words[i][same] == completion->words[0][same])
            same++;
        common = same;
    }
    return common;
}

void line_completion_fini(line_completion_t *completion)
{
    for (size_t i = 0; i < completion->count; i++)
        free(completion->words[i]);
    free(completion->words);
    *completion = (line_completion_t){0};
}
