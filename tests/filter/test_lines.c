/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lines.txt: texts of rules, each with what becomes of it: where and why it is refused, or its
 * rules as they are printed. A line is
 *
 *     TEXT <tab> LINE:COLUMN: MESSAGE
 *     TEXT <tab> OK|RULE|RULE...
 *
 * In TEXT `\n` is the end of a line. Rules that are printed are read again as the same.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct answer {
    char text[8192];
} answer_t;

static void put_list(answer_t *answer, const fr_list_t *list, char before)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        size_t length = strlen(answer->text);
        answer->text[length] = before;
        ipf_rule_format(fr, IPF_TEXT_FAMILY, answer->text + length + 1,
                        (int)(sizeof(answer->text) - length - 1));
    }
}

static void put_rules(answer_t *answer, const ipf_stack_t *ifs, char before)
{
    const fr_ruleset_t *set = &ifs->ifs_rules;
    for (size_t out = 0; out < 2; out++) {
        put_list(answer, &set->frs_list[out], before);
        put_list(answer, &set->frs_acct[out], before);
    }
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        put_list(answer, &group->fg_list, before);
}

/* What becomes of a text; its rules, each after a newline, in `rules`. */
static answer_t answer_to(const char *text, answer_t *rules)
{
    answer_t answer = {"OK"};
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    *rules = (answer_t){""};
    if (ipf_load_all(ifs, text, strlen(text), 0, &error) != 0) {
        snprintf(answer.text, sizeof(answer.text), "%d:%d: %s", error.line, error.column,
                 error.message);
    } else {
        put_rules(&answer, ifs, '|');
        put_rules(rules, ifs, '\n');
    }
    ipf_destroy(ifs);
    return answer;
}

/* TEXT with the ends of its lines. */
static const char *text_of(const char *line, size_t length)
{
    static char text[4096];
    size_t at = 0;
    assert_true(length < sizeof(text));
    for (size_t i = 0; i < length; i++) {
        bool end = line[i] == '\\' && i + 1 < length && line[i + 1] == 'n';
        text[at++] = end ? '\n' : line[i];
        i += end;
    }
    text[at] = '\0';
    return text;
}

/* Tables within rules are printed as 0, and what follows a `#` is a comment. */
static bool is_read_again(const answer_t *answer)
{
    return strncmp(answer->text, "OK", 2) == 0 && strstr(answer->text, "pool/") == NULL &&
           strstr(answer->text, "hash/") == NULL && strstr(answer->text, " # ") == NULL;
}

static void each_text_has_its_answer(void **state)
{
    char line[4096];
    size_t count = 0, differ = 0;
    FILE *file = fopen(LINES, "r");
    (void)state;
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        answer_t rules, again;
        char *tab = strchr(line, '\t');
        if (line[0] == '\n')
            continue;
        assert_non_null(tab);
        tab[strcspn(tab, "\n")] = '\0';
        const char *text = text_of(line, (size_t)(tab - line));
        answer_t answer = answer_to(text, &rules);
        count++;
        if (strcmp(answer.text, tab + 1) != 0) {
            print_error("%.*s\n    %s\nnot %s\n", (int)(tab - line), line, answer.text, tab + 1);
            differ++;
        } else if (is_read_again(&answer)) {
            answer_t second = answer_to(rules.text, &again);
            if (strcmp(second.text, answer.text) != 0)
                fail_msg("read again: %s, not %s", second.text, answer.text);
        }
    }
    fclose(file);
    assert_int_equal(differ, 0);
    assert_true(count > 700);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(each_text_has_its_answer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
