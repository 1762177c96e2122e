/* SPDX-License-Identifier: BSD-3-Clause
 *
 * checks.txt: small rule files, each with all that `check` says about it. A line is
 *
 *     TEXT <tab> ERRORS|LINE:COLUMN: WARNING: MESSAGE|...
 *
 * In TEXT `\n` is the end of a line. An error has `error` in the place of the warning's name.
 */
#include "filter/ipf_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char said[16384];

static void take(void *arg, const ipf_finding_t *finding)
{
    size_t length = strlen(said);
    (void)arg;
    snprintf(said + length, sizeof(said) - length, "|%d:%d: %s: %s", finding->at.line,
             finding->at.column, finding->warning != NULL ? finding->warning : "error",
             finding->at.message);
}

static void check(const char *line, size_t length)
{
    static char text[4096];
    ipf_check_how_t how = {.hang = "30 s"};
    size_t at = 0, errors;
    assert_true(length < sizeof(text));
    for (size_t i = 0; i < length; i++) {
        bool end = line[i] == '\\' && i + 1 < length && line[i + 1] == 'n';
        text[at++] = end ? '\n' : line[i];
        i += end;
    }
    said[0] = '\0';
    assert_int_equal(ipf_check(text, at, &how, take, NULL, &errors), 0);
    assert_int_equal(errors, strtoul(line + length + 1, NULL, 10));
}

static void each_file_is_told_what_is_wrong_with_it(void **state)
{
    char line[8192];
    size_t count = 0, differ = 0;
    FILE *file = fopen(CHECKS, "r");
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        tab[strcspn(tab, "\n")] = '\0';
        check(line, (size_t)(tab - line));
        count++;
        const char *findings = tab + 1 + strspn(tab + 1, "0123456789");
        if (strcmp(said, findings) == 0)
            continue;
        print_error("%.*s\n    %s\nnot %s\n", (int)(tab - line), line, said, findings);
        differ++;
    }
    fclose(file);
    assert_int_equal(differ, 0);
    assert_true(count > 200);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_told_what_is_wrong_with_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
