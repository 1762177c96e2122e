/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/recorded.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* => Returns whether there is another line. */
static bool next_expected(FILE *file, char *line)
{
    do {
        if (fgets(line, RECORDED_LINE_MAX, file) == NULL)
            return false;
        line[strcspn(line, "\n")] = '\0';
    } while (line[0] == '#' || line[0] == '\0');
    return true;
}

void recorded_compare(const char *path, size_t count, recorded_line_t line_of)
{
    const char *name = getenv("RECORD");
    FILE *now = name != NULL ? fopen(name, "w") : NULL, *file = fopen(path, "r");
    char line[RECORDED_LINE_MAX], expected[RECORDED_LINE_MAX];
    size_t differ = 0;
    assert_non_null(file);
    for (size_t i = 0; i < count; i++) {
        line_of(line, i);
        if (now != NULL)
            fprintf(now, "%s\n", line);
        bool is_there = next_expected(file, expected);
        if (!is_there || strcmp(line, expected) != 0) {
            print_error("%s\n    expected: %s\n", line, is_there ? expected : "no line");
            differ++;
        }
    }
    assert_false(next_expected(file, expected));
    fclose(file);
    if (now != NULL)
        fclose(now);
    assert_int_equal(differ, 0);
}
