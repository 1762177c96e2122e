/* SPDX-License-Identifier: BSD-3-Clause
 *
 * checks.txt: small rule files, each with all that `check` says about it. A line is
 *
 *     TEXT <tab> ERRORS|LINE:COLUMN: WARNING: MESSAGE|...
 *
 * In TEXT `\n` is the end of a line. An error has `error` in the place of the warning's name. With
 * any argument the program prints the file as it should be: what changes has to be read.
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

/* => Returns the number of errors. */
static size_t check(const char *line, size_t length)
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
    return errors;
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
        assert_int_equal(check(line, (size_t)(tab - line)), strtoul(tab + 1, NULL, 10));
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

static int print(void)
{
    char line[8192];
    FILE *file = fopen(CHECKS, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        size_t length = strcspn(line, "\t\n");
        size_t errors = check(line, length);
        printf("%.*s\t%zu%s\n", (int)length, line, errors, said);
    }
    return file == NULL || fclose(file) != 0;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return print();
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_file_is_told_what_is_wrong_with_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
