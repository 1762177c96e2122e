/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Golden traces. A file is a heading for each test, `== name`, and its timeline below.
 */
#include "sim/golden.h"

#include "sim/file_read.h"

#include <stdlib.h>
#include <string.h>

#define HEADING      "== "
#define LINES_BEFORE 3
#define LINES_AFTER  6

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
    if (length > 4 && strcmp(script + length - 4, ".lua") == 0)
        length -= 4;
    return (size_t)snprintf(path, size, "%.*s.trace", (int)length, script) < size;
}

static char *copy_range(const char *from, const char *to)
{
    char *copy = strndup(from, (size_t)(to - from));
    if (copy == NULL)
        abort();
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
    golden->sections = realloc(golden->sections, (golden->count + 1) * sizeof(*golden->sections));
    if (golden->sections == NULL)
        abort();
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
    golden_t *golden = calloc(1, sizeof(*golden));
    if (golden == NULL)
        abort();
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

void golden_write(FILE *out, const char *test, const char *trace)
{
    fprintf(out, HEADING "%s\n%s", test, trace);
}

/* ---- the difference ---- */

static const char *line_after(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

static void put_line(FILE *out, const char *mark, const char *line)
{
    fprintf(out, "%s%.*s\n", mark, (int)strcspn(line, "\n"), line);
}

static void put_lines(FILE *out, const char *mark, const char *line)
{
    for (int i = 0; i < LINES_AFTER && *line != '\0'; i++) {
        put_line(out, mark, line);
        line = line_after(line);
    }
    if (*line != '\0')
        fprintf(out, "%s...\n", mark);
}

static bool same_line(const char *a, const char *b)
{
    size_t length = strcspn(a, "\n");
    return length == strcspn(b, "\n") && memcmp(a, b, length) == 0;
}

void golden_diff(FILE *out, const char *expected, const char *actual)
{
    const char *context[LINES_BEFORE] = {NULL};
    int number = 1;
    while (*expected != '\0' && *actual != '\0' && same_line(expected, actual)) {
        memmove(context, context + 1, sizeof(context) - sizeof(context[0]));
        context[LINES_BEFORE - 1] = expected;
        expected = line_after(expected);
        actual = line_after(actual);
        number++;
    }
    fprintf(out, "the timeline differs from line %d on (- golden, + now):\n", number);
    for (int i = 0; i < LINES_BEFORE; i++) {
        if (context[i] != NULL)
            put_line(out, "    ", context[i]);
    }
    put_lines(out, "  - ", expected);
    put_lines(out, "  + ", actual);
}
