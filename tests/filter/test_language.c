/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Properties of the language, on lines that use all of it: a line with one word left out, doubled
 * or swapped, and every prefix of a file, is an error with its place or a rule whose canonical text
 * means the same; and a text that is refused leaves the rules unchanged.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_parse.h"
#include "tests/filter/any_rule.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/random_rules.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 64

/* Their words stand apart, so that they can be taken and moved. */
static const char *const lines[] = {
    "block return-icmp ( port-unr ) in log level auth.info quick on lo0 , bge0 out-via bge1 all",
    "pass out log body first or-block on lo0 in-via bge0 inet tos 0x10 ttl ( 1 , 2 ) all",
    "pass in on lo0 dup-to bge0 : 10.0.0.1 to bge1 reply-to bge2 fastroute proto udp all",
    "block in proto tcp from { 10.0.0.1 , 10.0.0.0 / 8 } port > 1023 to ! any port = ( 22 , 23 )",
    "pass in proto tcp/udp from any port 1 >< 9 to 10.0.0.1 mask 255.0.0.0 port 20 : 30",
    "pass in proto tcp all flags S / SA keep state ( limit 3 , strict , age 10 / 20 ) head 7",
    "block in proto icmp all icmp-type { echo , unreach } code ( 1 , port-unr ) group 7",
    "pass in inet6 from ::1 to 2001:db8:: / 32 with v6hdr routing not v6hdrs",
    "block in all with not short , frag and opt lsrr , sec-class secret not opt ts",
    "pass in all keep state ( max-srcs 3 , max-per-src 4 / 24 ) keep frags ( strict )",
    "count in all set-tag ( log = 3 ) match-tag ( nat = y ) pps 7 comment \"why\"",
    "auth return-rst in all",
    "skip 3 out from lo0 / 32 to bge0 / network",
    "call now fr_srcgrpmap / 3 in all",
    "100 log level warn in all",
    "@ 2 preauth out all",
    "net = \"10.0.0.0/8\" ; pass in from $net to ${net}",
    "set intercept_loopback true ; block in all",
};

#define LINE_COUNT (sizeof(lines) / sizeof(lines[0]))

typedef struct printed {
    char text[65536];
    size_t length;
} printed_t;

static int print(void *arg, const frentry_t *fr)
{
    printed_t *printed = arg;
    if (printed->length + IPF_RULE_TEXT_MAX > sizeof(printed->text))
        return 0;
    printed->length += (size_t)ipf_rule_format(fr, IPF_TEXT_FAMILY, printed->text + printed->length,
                                               sizeof(printed->text) - printed->length);
    printed->text[printed->length++] = '\n';
    printed->text[printed->length] = '\0';
    return 0;
}

static void check_error(const char *text, const ipf_error_t *error)
{
    int line_count = 1;
    for (const char *p = text; *p != '\0'; p++)
        line_count += *p == '\n';
    if (error->line < 1 || error->line > line_count || error->column < 1 ||
        (size_t)error->column > strlen(text) + 1 || error->message[0] == '\0')
        fail_msg("'%s': %d:%d: %s", text, error->line, error->column, error->message);
}

/* => Returns whether the text was taken. */
static bool check_text(const char *text)
{
    static printed_t first, again;
    ipf_intercept_t intercept;
    ipf_error_t error = {0};
    first.length = again.length = 0;
    first.text[0] = again.text[0] = '\0';
    if (ipf_parse(text, strlen(text), 0, print, &first, &intercept, &error) != 0) {
        check_error(text, &error);
        return false;
    }
    /* Rules at their @N have it no more: it was where they went. */
    if (ipf_parse(first.text, first.length, 0, print, &again, &intercept, &error) != 0)
        fail_msg("'%s' is printed as '%s': %d:%d: %s", text, first.text, error.line, error.column,
                 error.message);
    if (strcmp(first.text, again.text) != 0)
        fail_msg("'%s' is printed as '%s' and that as '%s'", text, first.text, again.text);
    return true;
}

/* ---- one word more, one less, two in the wrong order ---- */

typedef struct words {
    char text[512];
    const char *word[WORDS_MAX];
    size_t count;
} words_t;

static void split(const char *line, words_t *words)
{
    strcpy(words->text, line);
    words->count = 0;
    for (char *word = strtok(words->text, " "); word != NULL; word = strtok(NULL, " "))
        words->word[words->count++] = word;
}

static void join(const char *const *word, size_t count, char *text)
{
    *text = '\0';
    for (size_t i = 0; i < count; i++)
        text += sprintf(text, "%s%s", i > 0 ? " " : "", word[i]);
}

static void a_word_more_or_less_is_an_error_or_a_rule(void **state)
{
    size_t checked = 0, taken = 0;
    (void)state;
    for (size_t i = 0; i < LINE_COUNT; i++) {
        words_t words;
        split(lines[i], &words);
        assert_true(check_text(lines[i]));
        for (size_t at = 0; at < words.count; at++) {
            /* 0: without it, 1: twice, 2 and more: swapped with one after it */
            for (size_t how = 0; how < 6; how++) {
                const char *changed[WORDS_MAX + 1];
                char text[1024];
                size_t count = 0;
                for (size_t w = 0; w < words.count; w++) {
                    size_t other = at + how - 1;
                    bool swap = how > 1 && other < words.count;
                    size_t from = swap && w == at ? other : (swap && w == other ? at : w);
                    if (how != 0 || w != at)
                        changed[count++] = words.word[from];
                    if (how == 1 && w == at)
                        changed[count++] = words.word[from];
                }
                join(changed, count, text);
                taken += check_text(text);
                checked++;
            }
        }
    }
    assert_true(checked > 1000);
    assert_in_range(taken, 1, checked / 2);
}

static void every_prefix_of_a_file_is_an_error_or_rules(void **state)
{
    char file[4096] = "", prefix[4096];
    ipf_error_t error;
    (void)state;
    for (size_t i = 0; i < LINE_COUNT; i++)
        strcat(strcat(file, strncmp(lines[i], "set ", 4) == 0 ? "block in all" : lines[i]), "\n");
    assert_true(check_text(file));
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, "block out all", 13, NULL, &error), 0);
    const frentry_t *before = ifs->ifs_rules.frs_list[1].frl_head;
    for (size_t length = 0; length < strlen(file); length++) {
        memcpy(prefix, file, length);
        prefix[length] = '\0';
        check_text(prefix);
        if (ipf_load(ifs, prefix, length, NULL, &error) == EINVAL) {
            assert_ptr_equal(ifs->ifs_rules.frs_list[1].frl_head, before);
        } else {
            assert_int_equal(ipf_load(ifs, "block out all", 13, NULL, &error), 0);
            before = ifs->ifs_rules.frs_list[1].frl_head;
        }
    }
    ipf_destroy(ifs);
}

/* ---- rules of the whole language ---- */

static void what_is_printed_of_any_rule_reads_back_to_itself(void **state)
{
    chance_t c = {7};
    char rule[ANY_RULE_MAX];
    size_t taken = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        any_rule(&c, rule);
        taken += check_text(rule);
    }
    assert_in_range(taken, 10000, 20000);
}

/* ---- a rule set and its canonical text decide alike ---- */

static void a_rule_set_and_its_canonical_text_decide_alike(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    chance_t c = {1};
    (void)state;
    for (int round = 0; round < 1000; round++) {
        static printed_t printed;
        char rules[8192];
        ipf_error_t error;
        ipf_intercept_t intercept;
        random_rules(&c, 1 + chance(&c, 12), rules, sizeof(rules));
        printed.length = 0;
        assert_int_equal(ipf_parse(rules, strlen(rules), 0, print, &printed, &intercept, &error),
                         0);
        ipf_stack_t *a = filter_with(rules), *b = filter_with(printed.text);
        for (int i = 0; i < 50; i++) {
            bool out = chance(&c, 3) == 0;
            mblk_t *m = random_packet(&c);
            const char *one = fr_verdict(a, &qpi, out, m), *two = fr_verdict(b, &qpi, out, m);
            if (strcmp(one, two) != 0)
                fail_msg("%s and %s:\n%s\n%s", one, two, rules, printed.text);
            freemsg(m);
        }
        assert_memory_equal(&a->ifs_frstats, &b->ifs_frstats, sizeof(a->ifs_frstats));
        ipf_destroy(a);
        ipf_destroy(b);
    }
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_more_or_less_is_an_error_or_a_rule),
        cmocka_unit_test(every_prefix_of_a_file_is_an_error_or_rules),
        cmocka_unit_test(what_is_printed_of_any_rule_reads_back_to_itself),
        cmocka_unit_test(a_rule_set_and_its_canonical_text_decide_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
