/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The scenario files that paths stand for.
 */
#include "sim/run/file_list.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/script/script_file.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Takes `path`; `test` may be NULL. */
static void add(file_list_t *list, char *path, const char *test)
{
    list->files = must_realloc(list->files, (list->count + 1) * sizeof(*list->files));
    list->tests = must_realloc(list->tests, (list->count + 1) * sizeof(*list->tests));
    list->tests[list->count] = test != NULL ? text_copy(test) : NULL;
    list->files[list->count++] = path;
}

/* "-" is standard input. What cannot be reached is there: reading it says why not. */
static bool is_there(const char *path)
{
    return strcmp(path, "-") == 0 || access(path, F_OK) == 0 || errno == ELOOP || errno == EACCES;
}

/* A name that does not fit ends with "...": cut short, it could be another file's. */
static void copy_name(const char *text, size_t length, char *path, size_t size)
{
    if (length < size)
        snprintf(path, size, "%.*s", (int)length, text);
    else
        snprintf(path, size, "%.*s...", (int)size - 4, text);
}

const char *file_list_split(const char *text, char *path, size_t size)
{
    copy_name(text, strlen(text), path, size);
    if (is_there(path))
        return NULL;
    for (const char *colon = strchr(text, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        copy_name(text, (size_t)(colon - text), path, size);
        if (is_there(path))
            return colon + 1;
    }
    copy_name(text, strcspn(text, ":"), path, size);
    return NULL;
}

/* Hidden files and folders are not scenarios. */
static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static bool is_script(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcmp(name + length - 4, ".lua") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The first thing that could not be searched: what it is, and why. */
typedef struct trouble {
    char *path; /* NULL: nothing */
    int error;
} trouble_t;

static void note_trouble(trouble_t *trouble, const char *path)
{
    if (trouble->path == NULL)
        *trouble = (trouble_t){.error = errno, .path = text_copy(path)};
}

static void add_folder(file_list_t *list, const char *path, trouble_t *trouble)
{
    struct dirent **entries;
    size_t length = strlen(path);
    int count = scandir(path, &entries, is_visible, by_bytes);
    if (count < 0)
        note_trouble(trouble, path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    for (int i = 0; i < count; i++) {
        struct stat st;
        char *file = must_asprintf("%.*s/%s", (int)length, path, entries[i]->d_name);
        /* A link to a folder is not followed: it can lead back up. */
        bool known = lstat(file, &st) == 0, folder = known && S_ISDIR(st.st_mode);
        bool script = known && !folder && is_script(entries[i]->d_name);
        if (!known)
            note_trouble(trouble, file);
        if (script)
            add(list, file, NULL);
        if (folder)
            add_folder(list, file, trouble);
        if (!script)
            free(file);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

/* => Returns false with a message if a folder could not be searched; the others were. */
static bool add_folders(file_list_t *list, const char *path, char *error, size_t size)
{
    trouble_t trouble = {0};
    add_folder(list, path, &trouble);
    if (trouble.path != NULL)
        snprintf(error, size, "%s: %s", trouble.path, strerror(trouble.error));
    bool searched = trouble.path == NULL;
    free(trouble.path);
    return searched;
}

bool file_list_add(file_list_t *list, const char *text, char *error, size_t size)
{
    struct stat st = {0};
    char path[PATH_MAX_TEXT];
    const char *test = file_list_split(text, path, sizeof(path));
    if (test == NULL)
        copy_name(text, strlen(text), path, sizeof(path));
    if (strcmp(path, "-") == 0 || (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))) {
        add(list, text_copy(path), test);
        return true;
    }
    if (S_ISDIR(st.st_mode) && test != NULL) {
        snprintf(error, size, "%s: a test is named with its file, not with a folder", text);
        return false;
    }
    if (S_ISDIR(st.st_mode))
        return add_folders(list, path, error, size);
    snprintf(error, size, "%s: %s", path,
             strerror(strlen(text) < sizeof(path) ? errno : ENAMETOOLONG));
    return false;
}

void file_list_fini(file_list_t *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->files[i]);
    for (size_t i = 0; i < list->count; i++)
        free(list->tests[i]);
    free(list->tests);
    free(list->files);
    *list = (file_list_t){0};
}
