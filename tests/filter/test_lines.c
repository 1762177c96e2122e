/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lines.txt and pools.txt: texts of ipf.conf and of ippool.conf, each with what becomes of it:
 * where and why it is refused, or its rules or tables as they are printed. A line is
 *
 *     TEXT <tab> LINE:COLUMN: MESSAGE
 *     TEXT <tab> OK|RULE|RULE...
 *
 * In TEXT `\n` is the end of a line, `\t` of ippool.conf a tab. What is printed is read again as
 * the same.
 * With the argument `rules` or `pools` the program prints the file as it should be: what changes
 * has to be read.
 */
#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"
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

/* What becomes of a text of ippool.conf; the tables as they are printed in `printed`. */
static answer_t answer_of_pools(const char *text, answer_t *printed)
{
    answer_t answer = {"OK|"};
    ipf_error_t error;
    ip_table_t *tables = NULL;
    *printed = (answer_t){""};
    if (ip_tables_parse(text, strlen(text), NULL, &tables, &error) != 0)
        snprintf(answer.text, sizeof(answer.text), "%d:%d: %s", error.line, error.column,
                 error.message);
    for (const ip_table_t *table = tables; table != NULL; table = table->ipt_next) {
        char *lines = ip_table_text(table, false);
        size_t length = strlen(answer.text);
        strcat(printed->text, lines);
        for (const char *c = lines; *c != '\0'; c++) {
            if (*c != '\t')
                answer.text[length++] = *c == '\n' ? '|' : *c;
        }
        answer.text[length] = '\0';
        free(lines);
    }
    ip_tables_free(tables);
    return answer;
}

/* TEXT with the ends of its lines, and tabs. */
static const char *text_of(const char *line, size_t length, bool tabs)
{
    static char text[4096];
    size_t at = 0;
    assert_true(length < sizeof(text));
    for (size_t i = 0; i < length; i++) {
        char next = line[i] == '\\' && i + 1 < length ? line[i + 1] : '\0';
        bool escape = next == 'n' || (tabs && next == 't');
        text[at++] = !escape ? line[i] : next == 'n' ? '\n' : '\t';
        i += escape;
    }
    text[at] = '\0';
    return text;
}

/* Tables within rules are printed as 0, a table without a name has none to read, and what follows a
 * `#` is a comment. */
static bool is_read_again(const answer_t *answer)
{
    static const char *const not_read[] = {"pool/", "hash/", " # ", "number=|", "number= "};
    for (size_t i = 0; i < sizeof(not_read) / sizeof(not_read[0]); i++) {
        if (strstr(answer->text, not_read[i]) != NULL)
            return false;
    }
    return strncmp(answer->text, "OK", 2) == 0;
}

typedef answer_t (*answer_fn_t)(const char *text, answer_t *printed);

static void read_file(const char *name, answer_fn_t answer_fn, bool tabs, size_t least)
{
    char line[4096];
    size_t count = 0, differ = 0;
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file) != NULL) {
        answer_t printed, again;
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        tab[strcspn(tab, "\n")] = '\0';
        answer_t answer = answer_fn(text_of(line, (size_t)(tab - line), tabs), &printed);
        count++;
        if (strcmp(answer.text, tab + 1) != 0) {
            print_error("%.*s\n    %s\nnot %s\n", (int)(tab - line), line, answer.text, tab + 1);
            differ++;
        } else if (is_read_again(&answer)) {
            answer_t second = answer_fn(printed.text, &again);
            if (strcmp(second.text, answer.text) != 0)
                fail_msg("read again: %s, not %s", second.text, answer.text);
        }
    }
    fclose(file);
    assert_int_equal(differ, 0);
    assert_true(count >= least);
}

static void each_text_of_rules_has_its_answer(void **state)
{
    (void)state;
    read_file(LINES "/lines.txt", answer_to, false, 1000);
}

static void each_text_of_pools_has_its_answer(void **state)
{
    (void)state;
    read_file(LINES "/pools.txt", answer_of_pools, true, 100);
}

static int print(const char *name, answer_fn_t answer_fn, bool tabs)
{
    char line[4096];
    FILE *file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        answer_t printed;
        size_t length = strcspn(line, "\t\n");
        answer_t answer = answer_fn(text_of(line, length, tabs), &printed);
        printf("%.*s\t%s\n", (int)length, line, answer.text);
    }
    return file == NULL || fclose(file) != 0;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return strcmp(argv[1], "pools") == 0 ? print(LINES "/pools.txt", answer_of_pools, true)
                                             : print(LINES "/lines.txt", answer_to, false);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_of_rules_has_its_answer),
        cmocka_unit_test(each_text_of_pools_has_its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
