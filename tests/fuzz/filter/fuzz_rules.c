/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a rules text. A refusal has a place and a message that can be shown; an accepted
 * text has a canonical text that means the same.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_check.h"
#include "filter/ipf_parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(const ipf_error_t *error)
{
    size_t length = strnlen(error->message, sizeof(error->message));

    check(error->line >= 1 && error->column >= 1);
    check(length > 0 && length <= 200);
    for (size_t i = 0; i < length; i++)
        check(error->message[i] >= 0x20 && error->message[i] < 0x7f);
}

/* Loads a rule's canonical text alone: it must have the same canonical text again. But a pool that
 * stands in the rule is no part of the text. */
static void check_rule(const frentry_t *fr)
{
    if (fr->fr_src.fra_table != NULL || fr->fr_dst.fra_table != NULL)
        return;
    char text[IPF_RULE_TEXT_MAX], again[IPF_RULE_TEXT_MAX];
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    int length = ipf_rule_text(fr, text, sizeof(text));

    check(length > 0 && (size_t)length == strlen(text));
    check(ipf_load(ifs, text, (size_t)length, NULL, &error) == 0);
    check(ifs->ifs_rules.frs_count == 1);
    ipf_rule_text(ifs->ifs_rules.frs_list[(fr->fr_flags & FR_OUTQUE) != 0].frl_head, again,
                  sizeof(again));
    check(strcmp(text, again) == 0);
    ipf_destroy(ifs);
}

/* A rule of the language, also one that no host can carry out: its canonical text is the same
 * again. */
static int check_language(void *arg, const frentry_t *fr)
{
    char text[IPF_RULE_TEXT_MAX];
    int length = ipf_rule_format(fr, IPF_TEXT_FAMILY, text, sizeof(text));
    (void)arg;
    check(length > 0 && (size_t)length == strlen(text));
    return 0;
}

/* Findings come in order, and can be shown. */
static void take_finding(void *arg, const ipf_finding_t *found)
{
    ipf_error_t *last = arg;
    const ipf_error_t *finding = &found->at;
    check_error(finding);
    check(finding->line > last->line ||
          (finding->line == last->line && finding->column >= last->column));
    *last = *finding;
}

/* What nobody can load has an error, and what a host can load has none. Between them is what only
 * ipftest takes. */
static void check_findings(const char *text, size_t size)
{
    ipf_error_t error = {0}, last = {0};
    size_t errors;
    ipf_stack_t *ifs = ipf_create();
    int result = ipf_load_all(ifs, text, size, 0, &error);
    check(ipf_check(text, size, &(ipf_check_how_t){.hang = "30 s"}, take_finding, &last, &errors) ==
          0);
    check(result == 0 || errors > 0);
    check(ipf_load(ifs, text, size, NULL, NULL) != 0 || errors == 0);
    ipf_destroy(ifs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ipf_error_t error = {0};
    ipf_intercept_t intercept;
    ipf_stack_t *ifs = ipf_create();

    if (ipf_parse((const char *)data, size, 0, check_language, NULL, &intercept, &error) != 0)
        check_error(&error);
    if (ipf_load(ifs, (const char *)data, size, NULL, &error) != 0) {
        check_error(&error);
        check(ifs->ifs_rules.frs_count == 0);
    }
    for (size_t list = 0; list < 2; list++) {
        for (const frentry_t *fr = ifs->ifs_rules.frs_list[list].frl_head; fr != NULL;
             fr = fr->fr_next)
            check_rule(fr);
    }
    ipf_destroy(ifs);
    check_findings((const char *)data, size);
    return 0;
}
