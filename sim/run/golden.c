/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Golden traces. A file is a heading for each test, `== name`, and its timeline below.
 */
#include "sim/run/golden.h"

#include "sim/base/file_name.h"
#include "sim/base/file_read.h"
#include "sim/base/must.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADING "== "

typedef struct section {
    char *name;
    spool_t *trace; /* where it lies in the file */
    bool used;
} section_t;

struct golden {
    FILE *file; /* open as long as its timelines are read */
    section_t *sections;
    size_t count;
};

bool golden_path(const char *script, char *path, size_t size)
{
    size_t length = strlen(script);
    if (strcmp(script, "-") == 0)
        return false;
    if (length > 4 && strcmp(script + length - 4, ".lua") == 0)
        length -= 4;
    if ((size_t)snprintf(path, size, "%.*s.trace", (int)length, script) >= size)
        return false;
    file_name_fit(path);
    return true;
}

static bool is_heading(const char *line, size_t length)
{
    return length >= strlen(HEADING) && memcmp(line, HEADING, strlen(HEADING)) == 0;
}

/* The timeline below a heading ends: it lies at `at`. */
static void end_section(golden_t *golden, char *name, uint64_t at, uint64_t end)
{
    if (name == NULL)
        return;
    golden->sections =
        must_realloc(golden->sections, (golden->count + 1) * sizeof(*golden->sections));
    golden->sections[golden->count++] =
        (section_t){.name = name, .trace = spool_in_file(fileno(golden->file), at, end - at)};
}

static void find_sections(golden_t *golden)
{
    char *line = NULL, *name = NULL;
    size_t room = 0;
    uint64_t at = 0, begin = 0;
    for (ssize_t n; (n = getline(&line, &room, golden->file)) > 0; at += (uint64_t)n) {
        size_t length = (size_t)n;
        if (!is_heading(line, length))
            continue;
        end_section(golden, name, begin, at);
        length -= line[length - 1] == '\n';
        name = must_strndup(line + strlen(HEADING), length - strlen(HEADING));
        begin = at + (uint64_t)n;
    }
    end_section(golden, name, begin, at);
    free(line);
}

bool golden_open(const char *path, golden_t **golden, char *error, size_t size)
{
    off_t length;
    *golden = NULL;
    if (!file_is_there(path))
        return true;
    int fd = file_open(path, &length, error, size);
    if (fd < 0)
        return false;
    FILE *file = must_have(fdopen(fd, "r"));
    *golden = must_calloc(1, sizeof(**golden));
    (*golden)->file = file;
    find_sections(*golden);
    if (ferror(file) == 0)
        return true;
    snprintf(error, size, "%s: %s", path, strerror(errno));
    golden_close(*golden);
    *golden = NULL;
    return false;
}

void golden_close(golden_t *golden)
{
    if (golden == NULL)
        return;
    for (size_t i = 0; i < golden->count; i++) {
        free(golden->sections[i].name);
        spool_free(golden->sections[i].trace);
    }
    free(golden->sections);
    fclose(golden->file);
    free(golden);
}

const spool_t *golden_find(golden_t *golden, const char *test)
{
    for (size_t i = 0; i < golden->count; i++) {
        if (strcmp(golden->sections[i].name, test) == 0) {
            golden->sections[i].used = true;
            return golden->sections[i].trace;
        }
    }
    return NULL;
}

const char *golden_unused(const golden_t *golden)
{
    for (size_t i = 0; i < golden->count; i++) {
        if (!golden->sections[i].used)
            return golden->sections[i].name;
    }
    return NULL;
}

bool golden_write(spool_t *out, const char *test, const spool_t *trace)
{
    return spool_put(out, HEADING, strlen(HEADING)) && spool_put(out, test, strlen(test)) &&
           spool_put(out, "\n", 1) && spool_add(out, trace);
}
