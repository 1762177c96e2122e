/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Golden traces. A file is a heading for each test, `== name`, and its timeline below.
 */
#include "sim/run/golden.h"

#include "sim/base/file_name.h"
#include "sim/base/file_read.h"
#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>

#define HEADING "== "

typedef struct section {
    char *name, *trace;
    bool used;
} section_t;

struct golden {
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

static char *copy_range(const char *from, const char *to)
{
    char *copy = must_strndup(from, (size_t)(to - from));
    return copy;
}

/* The next heading at or after `text`, or the end. */
static const char *next_heading(const char *text)
{
    while (*text != '\0' && strncmp(text, HEADING, strlen(HEADING)) != 0) {
        text += strcspn(text, "\n");
        text += *text == '\n';
    }
    return text;
}

static void add_section(golden_t *golden, const char *heading, const char *end)
{
    const char *name = heading + strlen(HEADING);
    const char *line_end = name + strcspn(name, "\n");
    golden->sections =
        must_realloc(golden->sections, (golden->count + 1) * sizeof(*golden->sections));
    golden->sections[golden->count++] = (section_t){
        .name = copy_range(name, line_end),
        .trace = copy_range(line_end + (*line_end == '\n'), end > line_end ? end : line_end),
    };
}

golden_t *golden_open(const char *path)
{
    char error[512];
    size_t length;
    char *text = file_read(path, &length, error, sizeof(error));
    if (text == NULL)
        return NULL;
    golden_t *golden = must_calloc(1, sizeof(*golden));
    for (const char *heading = next_heading(text); *heading != '\0';) {
        const char *end = next_heading(heading + 1);
        add_section(golden, heading, end);
        heading = end;
    }
    free(text);
    return golden;
}

void golden_close(golden_t *golden)
{
    if (golden == NULL)
        return;
    for (size_t i = 0; i < golden->count; i++) {
        free(golden->sections[i].name);
        free(golden->sections[i].trace);
    }
    free(golden->sections);
    free(golden);
}

const char *golden_find(golden_t *golden, const char *test)
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

void golden_write(FILE *out, const char *test, const spool_t *trace)
{
    fprintf(out, HEADING "%s\n", test);
    spool_print(trace, out);
}
