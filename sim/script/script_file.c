/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Files beside a scenario.
 */
#include "sim/script/script_file.h"

#include "sim/base/file_read.h"
#include "sim/core/rules_error.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The length of a path's folder part, with its slash. */
static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

static bool climbs(const char *name)
{
    if (name[0] == '/' || name[0] == '\0')
        return true;
    for (const char *part = name; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

/* Whether `path`, with all links followed, is below `folder`. True for a missing file; opening it
 * then reports that. */
static bool is_below(const char *path, const char *folder)
{
    char *real_path = realpath(path, NULL);
    char *real_folder = realpath(folder, NULL);
    bool below = true;
    if (real_path != NULL && real_folder != NULL) {
        size_t length = strlen(real_folder);
        below = strncmp(real_path, real_folder, length) == 0 &&
                (real_path[length] == '/' || strcmp(real_folder, "/") == 0);
    }
    free(real_path);
    free(real_folder);
    return below;
}

bool script_file_beside(const char *script, const char *name, char *path, size_t path_size,
                        char *error, size_t error_size)
{
    char folder[PATH_MAX_TEXT];
    size_t length = folder_length(script);
    if (length + strlen(name) + 2 > path_size || length + 2 > sizeof(folder)) {
        snprintf(error, error_size, "a file's path is too long");
        return false;
    }
    if (length > 0)
        snprintf(folder, sizeof(folder), "%.*s", (int)length, script);
    else
        snprintf(folder, sizeof(folder), "./");
    snprintf(path, path_size, "%.*s%s", (int)length, script, name);
    if (climbs(name) || !is_below(path, folder)) {
        snprintf(error, error_size,
                 "'%s' does not lie in the script's folder or below it: only such files are read",
                 name);
        return false;
    }
    return true;
}

static const char *find_bytes(const char *text, const char *needle, size_t length)
{
    for (; (text = strchr(text, needle[0])) != NULL; text++) {
        if (strncmp(text, needle, length) == 0)
            return text;
    }
    return NULL;
}

bool script_file_locate(const char *script, const char *rules, const ipf_error_t *error, int *line,
                        int *column)
{
    char why[PATH_MAX_TEXT + 200];
    size_t length, text_length;
    const char *bad = rules_line(rules, strlen(rules), error->line, &length);
    if (bad == NULL || length == 0)
        return false;
    char *text = file_read(script, &text_length, why, sizeof(why));
    if (text == NULL)
        return false;
    const char *found = find_bytes(text, bad, length);
    bool once = found != NULL && find_bytes(found + 1, bad, length) == NULL;
    if (once) {
        *line = 1;
        *column = error->column;
        for (const char *p = text; p < found; p++) {
            *line += *p == '\n';
            *column = *p == '\n' ? error->column : *column + 1;
        }
    }
    free(text);
    return once;
}
