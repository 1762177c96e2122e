/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How far a misspelt word is from another one, and what is suggested.
 */
#include "filter/ipf_words.h"
#include "filter/word_distance.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void a_letter_more_or_less_or_another_or_two_exchanged_are_one_step(void **state)
{
    static const struct {
        const char *a, *b;
        size_t distance;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"abc", "", 3},
        {"quick", "quick", 0},
        {"QuIcK", "qUiCk", 0},
        {"qick", "quick", 1},
        {"quiick", "quick", 1},
        {"quack", "quick", 1},
        {"qiuck", "quick", 1},
        {"uqick", "quick", 1},
        {"quikc", "quick", 1},
        {"uqikc", "quick", 2},
        {"qciuk", "quick", 2},
        {"ba", "b", 1},
        {"b", "ba", 1},
        {"abc", "ca", 3},
        {"block", "pass", 5},
        {"a[", "a{", 1},
        {"@", "`", 1},
        {"AbCdEf", "fEdCbA", 5},
        {"kitten", "sitting", 3},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *a = rows[i].a, *b = rows[i].b;
        if (word_distance(a, strlen(a), b, strlen(b)) != rows[i].distance)
            fail_msg("%s and %s: %zu", a, b, word_distance(a, strlen(a), b, strlen(b)));
        if (word_distance(b, strlen(b), a, strlen(a)) != rows[i].distance)
            fail_msg("%s and %s: %zu", b, a, word_distance(b, strlen(b), a, strlen(a)));
    }
}

/* What stands before the words in memory would make two exchanged letters of these. */
static void nothing_before_a_word_is_read(void **state)
{
    static const char text[] = "abab";
    (void)state;
    assert_int_equal(word_distance("ba", 2, text + 1, 1), 1);
    assert_int_equal(word_distance(text + 1, 1, "ba", 2), 1);
    assert_int_equal(word_distance(text + 3, 1, "abba", 4), 3);
}

static void a_long_word_is_near_to_none(void **state)
{
    char word[200], other[200];
    size_t longest = 0;
    (void)state;
    memset(word, 'a', sizeof(word));
    memset(other, 'a', sizeof(other));
    while (longest < sizeof(word) && word_distance(word, longest, other, longest) != SIZE_MAX)
        longest++;
    assert_int_equal(longest - 1, 40);
    assert_int_equal(word_distance(word, 40, other, 40), 0);
    assert_int_equal(word_distance(word, 41, other, 40), SIZE_MAX);
    assert_int_equal(word_distance(word, 40, other, 41), SIZE_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_letter_more_or_less_or_another_or_two_exchanged_are_one_step),
        cmocka_unit_test(nothing_before_a_word_is_read),
        cmocka_unit_test(a_long_word_is_near_to_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
