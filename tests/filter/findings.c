/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/findings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct said {
    char text[65536];
    bool refusals; /* also what a host refuses */
} said_t;

static void take(void *arg, const ipf_finding_t *found)
{
    said_t *said = arg;
    const ipf_error_t *finding = &found->at;
    bool warning = found->warning != NULL;
    size_t length = strlen(said->text);
    if (!said->refusals && strncmp(finding->message, "a host refuses", 14) == 0)
        return;
    assert_true(finding->line >= 1 && finding->column >= 1);
    snprintf(said->text + length, sizeof(said->text) - length, "%d:%d: %s%s\n", finding->line,
             finding->column, warning ? "" : "error: ", finding->message);
}

static const char *findings(const char *rules, const ipf_check_how_t *how, bool refusals)
{
    static said_t said;
    size_t errors;
    said = (said_t){.refusals = refusals};
    assert_int_equal(ipf_check(rules, strlen(rules), how, take, &said, &errors), 0);
    return said.text;
}

const char *findings_in(const char *rules, bool refusals)
{
    return findings(rules, &(ipf_check_how_t){.hang = "30 s"}, refusals);
}

const char *findings_how(const char *rules, const ipf_check_how_t *how)
{
    return findings(rules, how, false);
}
