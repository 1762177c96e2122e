/* SPDX-License-Identifier: BSD-3-Clause
 *
 * PF-Hooks: where a hook is placed, what is refused, who sees what.
 */
#include "stack/hook.h"

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EVENT NH_LOOPBACK_IN

static char called[64];
static int verdict_of_b;
static hook_family_int_t *family;
static hook_t *to_remove, *to_add;
static bool runs_again; /* the hook runs the event once more, inside */

static int run(mblk_t **mp);

static int note(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    (void)info;
    strncat(called, arg, sizeof(called) - strlen(called) - 1);
    if (to_remove != NULL) {
        assert_int_equal(hook_unregister(family, EVENT, to_remove), 0);
        to_remove = NULL;
    }
    if (runs_again) {
        mblk_t *mp = NULL;
        runs_again = false;
        run(&mp);
    }
    if (to_add != NULL) {
        assert_int_equal(hook_register(family, EVENT, to_add), 0);
        to_add = NULL;
    }
    return strcmp(arg, "b") == 0 ? verdict_of_b : 0;
}

static int change_first_byte(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    (void)arg;
    (*((hook_pkt_event_t *)info)->hpe_mp)->b_rptr[0]++;
    return 0;
}

static int setup(void **state)
{
    (void)state;
    family = hook_family_add(memory_of_process(), NHF_INET);
    called[0] = '\0';
    verdict_of_b = 0;
    to_remove = to_add = NULL;
    runs_again = false;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    hook_family_remove(family);
    return mblk_in_use() == 0 ? 0 : -1;
}

/* Names are one letter, which doubles as what the hook notes when it is called. */
static hook_t make(const char *name, hook_hint_t hint, const char *of)
{
    return (hook_t){.h_version = HOOK_VERSION,
                    .h_func = note,
                    .h_name = name,
                    .h_hint = hint,
                    .h_hintvalue = of,
                    .h_arg = (void *)(uintptr_t)name};
}

static int run(mblk_t **mp)
{
    hook_pkt_event_t info = {.hpe_mp = mp};
    return hook_run(family, hook_event_find(family, EVENT), &info);
}

static void hooks_run_in_the_order_that_their_hints_say(void **state)
{
    (void)state;
    static const struct {
        struct {
            const char *name;
            hook_hint_t hint;
            const char *of;
            int error;
        } hooks[4];
        const char *order;
    } rows[] = {
        {{{"a", HH_NONE, NULL, 0}, {"b", HH_NONE, NULL, 0}, {"c", HH_NONE, NULL, 0}}, "abc"},
        {{{"a", HH_NONE, NULL, 0}, {"b", HH_FIRST, NULL, 0}}, "ba"},
        {{{"a", HH_LAST, NULL, 0}, {"b", HH_NONE, NULL, 0}}, "ba"},
        {{{"a", HH_FIRST, NULL, 0}, {"b", HH_FIRST, NULL, EBUSY}}, "a"},
        {{{"a", HH_LAST, NULL, 0}, {"b", HH_LAST, NULL, EBUSY}}, "a"},
        {{{"a", HH_NONE, NULL, 0}, {"b", HH_NONE, NULL, 0}, {"c", HH_BEFORE, "b", 0}}, "acb"},
        {{{"a", HH_NONE, NULL, 0}, {"b", HH_NONE, NULL, 0}, {"c", HH_AFTER, "a", 0}}, "acb"},
        {{{"a", HH_FIRST, NULL, 0}, {"b", HH_BEFORE, "a", EBUSY}}, "a"},
        {{{"a", HH_LAST, NULL, 0}, {"b", HH_AFTER, "a", EBUSY}}, "a"},
        {{{"a", HH_LAST, NULL, 0}, {"b", HH_AFTER, "nobody", 0}}, "ba"},
        {{{"a", HH_LAST, NULL, 0}, {"b", HH_BEFORE, "nobody", 0}}, "ba"},
        {{{"a", HH_NONE, NULL, 0}, {"b", HH_BEFORE, "nobody", 0}}, "ab"},
        {{{"a", HH_NONE, NULL, 0}, {"a", HH_NONE, NULL, EEXIST}}, "a"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hook_t hooks[4];
        called[0] = '\0';
        for (size_t j = 0; j < 4 && rows[i].hooks[j].name != NULL; j++) {
            hooks[j] = make(rows[i].hooks[j].name, rows[i].hooks[j].hint, rows[i].hooks[j].of);
            assert_int_equal(hook_register(family, EVENT, &hooks[j]), rows[i].hooks[j].error);
        }
        mblk_t *mp = NULL;
        assert_int_equal(run(&mp), 0);
        assert_string_equal(called, rows[i].order);
        for (size_t j = 0; j < 4 && rows[i].hooks[j].name != NULL; j++)
            hook_unregister(family, EVENT, &hooks[j]);
    }
}

static void what_is_not_a_hook_or_an_event_is_refused(void **state)
{
    (void)state;
    hook_t hook = make("a", HH_NONE, NULL);
    assert_int_equal(hook_register(family, "LOOPBACK", &hook), ENXIO);
    assert_int_equal(hook_unregister(family, EVENT, &hook), ENXIO);
    assert_int_equal(hook_unregister(family, "LOOPBACK", &hook), ENXIO);
    hook.h_version = 7;
    assert_int_equal(hook_register(family, EVENT, &hook), EINVAL);
    hook = make("a", HH_BEFORE, NULL);
    assert_int_equal(hook_register(family, EVENT, &hook), EINVAL);
    hook = make("a", (hook_hint_t)77, NULL);
    assert_int_equal(hook_register(family, EVENT, &hook), EINVAL);
    hook = make("a", HH_NONE, NULL);
    hook.h_func = NULL;
    assert_int_equal(hook_register(family, EVENT, &hook), EINVAL);
    hook = make(NULL, HH_NONE, NULL);
    assert_int_equal(hook_register(family, EVENT, &hook), EINVAL);
}

static void the_first_hook_that_eats_is_the_last_that_sees_the_packet(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL), c = make("c", HH_NONE, NULL);
    mblk_t *mp = NULL;
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    hook_register(family, EVENT, &c);
    verdict_of_b = 1;
    assert_int_equal(run(&mp), 1);
    assert_string_equal(called, "ab");
    hook_event_token_t token = hook_event_find(family, EVENT);
    assert_int_equal(hook_events(token), 1);
    assert_int_equal(hook_hits(token, &b), 1);
    assert_int_equal(hook_hits(token, &c), 0);
}

static void forget(void *arg, void *at, size_t size)
{
    ++*(size_t *)arg;
    memset(at, 0, size);
}

/* All counts are told, and nothing else: hooks run as before. */
static void counts_are_bookkeeping(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL);
    mblk_t *mp = NULL;
    size_t before = 0, told = 0;
    hook_event_token_t token = hook_event_find(family, EVENT);
    hook_family_bookkeeping(family, forget, &before);
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    run(&mp);
    assert_int_equal(hook_events(token), 1);
    assert_int_equal(hook_hits(token, &a) + hook_hits(token, &b), 2);
    hook_family_bookkeeping(family, forget, &told);
    assert_int_equal(told, before + 2); /* of each event, and of each hook */
    assert_int_equal(hook_events(token), 0);
    assert_int_equal(hook_hits(token, &a) + hook_hits(token, &b), 0);
    run(&mp);
    assert_string_equal(called, "abab");
    told = 0;
    hook_unregister(family, EVENT, &a);
    hook_family_bookkeeping(family, forget, &told);
    assert_int_equal(told, before + 1);
}

static void a_later_hook_sees_the_packet_as_it_was_changed(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL);
    a.h_func = b.h_func = change_first_byte;
    mblk_t *mp = allocb(1);
    *mp->b_wptr++ = 1;
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    assert_int_equal(run(&mp), 0);
    assert_int_equal(mp->b_rptr[0], 3);
    freemsg(mp);
}

static void an_event_is_interesting_while_it_has_a_hook(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL);
    hook_event_token_t token = hook_event_find(family, EVENT);
    assert_false(hook_interested(token));
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    hook_unregister(family, EVENT, &a);
    assert_true(hook_interested(token));
    hook_unregister(family, EVENT, &b);
    assert_false(hook_interested(token));
}

static void a_hook_may_take_itself_or_the_next_one_out_while_it_runs(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL), c = make("c", HH_NONE, NULL);
    mblk_t *mp = NULL;
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    hook_register(family, EVENT, &c);
    to_remove = &a;
    run(&mp);
    assert_string_equal(called, "abc");
    to_remove = &c;
    run(&mp);
    assert_string_equal(called, "abcb");
    run(&mp);
    assert_string_equal(called, "abcbb");
}

/* One that is taken out while the event runs is gone at once: its name and its place are free. */
static void a_hook_may_replace_another_while_it_runs(void **state)
{
    (void)state;
    static const struct {
        hook_hint_t hint; /* of the one that comes instead; BEFORE and AFTER: c */
        const char *now, *next;
    } rows[] = {
        {HH_NONE, "acb", "acb"},   {HH_FIRST, "ac", "bac"},  {HH_LAST, "acb", "acb"},
        {HH_BEFORE, "abc", "abc"}, {HH_AFTER, "acb", "acb"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hook_hint_t before = rows[i].hint == HH_LAST ? HH_LAST : HH_NONE;
        hook_t a = make("a", HH_NONE, NULL), b = make("b", before, NULL);
        hook_t c = make("c", HH_NONE, NULL), again = make("b", rows[i].hint, "c");
        mblk_t *mp = NULL;
        called[0] = '\0';
        assert_int_equal(hook_register(family, EVENT, &a), 0);
        assert_int_equal(hook_register(family, EVENT, &b), 0);
        assert_int_equal(hook_register(family, EVENT, &c), 0);
        to_remove = &b;
        to_add = &again;
        run(&mp);
        assert_string_equal(called, rows[i].now);
        called[0] = '\0';
        run(&mp);
        assert_string_equal(called, rows[i].next);
        assert_int_equal(hook_hits(hook_event_find(family, EVENT), &b), 0); /* it is unknown */
        assert_int_equal(hook_unregister(family, EVENT, &a), 0);
        assert_int_equal(hook_unregister(family, EVENT, &again), 0);
        assert_int_equal(hook_unregister(family, EVENT, &c), 0);
    }
}

/* What is taken out by an event inside of an event stays until the outer one is through. */
static void an_event_may_happen_inside_of_itself(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL), b = make("b", HH_NONE, NULL), c = make("c", HH_NONE, NULL);
    mblk_t *mp = NULL;
    hook_register(family, EVENT, &a);
    hook_register(family, EVENT, &b);
    hook_register(family, EVENT, &c);
    runs_again = true;
    to_remove = &a;
    run(&mp);
    assert_string_equal(called, "abcbc");
    called[0] = '\0';
    run(&mp);
    assert_string_equal(called, "bc");
}

/* What a hook leaves behind, by the word in its h_arg. */
static int leave(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    mblk_t *mp = *info->hpe_mp;
    (void)token;
    strncat(called, arg, 1);
    if (strcmp(arg, "gone") == 0) {
        freemsg(mp);
        *info->hpe_mp = NULL;
    } else if (strcmp(arg, "replaced") == 0) {
        *info->hpe_mp = allocb(3);
        (*info->hpe_mp)->b_wptr += 3;
        freemsg(mp);
    } else if (strcmp(arg, "behind its end") == 0) {
        mp->b_wptr = mp->b_lim + 1;
    } else if (strcmp(arg, "before its beginning") == 0) {
        mp->b_rptr = mp->b_base - 1;
    } else if (strcmp(arg, "backwards") == 0) {
        mp->b_rptr = mp->b_wptr + 1;
    }
    return 0;
}

static int look(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    (void)token;
    (void)arg;
    assert_ptr_equal(info->hpe_mb, *info->hpe_mp);
    assert_ptr_equal(info->hpe_hdr, (*info->hpe_mp)->b_rptr);
    strcat(called, "!");
    return 0;
}

static void whatever_a_hook_leaves_behind_the_next_one_and_the_caller_can_work_with_it(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        int verdict;
        int size; /* of the packet afterwards; -1: there is none */
        const char *called;
    } rows[] = {
        {"untouched", 0, 5, "u!"},
        {"gone", 1, -1, "g"},
        {"replaced", 0, 3, "r!"},
        {"behind its end", 0, 0, "b!"},
        {"before its beginning", 0, 0, "b!"},
        {"backwards", 0, 0, "b!"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        hook_t a = make(rows[i].what, HH_NONE, NULL), b = make("b", HH_NONE, NULL);
        mblk_t *mp = allocb(5);
        mp->b_wptr += 5;
        mp->b_packet = 7;
        a.h_func = leave;
        b.h_func = look;
        called[0] = '\0';
        hook_register(family, EVENT, &a);
        hook_register(family, EVENT, &b);
        assert_int_equal(run(&mp), rows[i].verdict);
        assert_string_equal(called, rows[i].called);
        assert_int_equal(mp != NULL ? (int)msgdsize(mp) : -1, rows[i].size);
        if (mp != NULL)
            assert_int_equal(mp->b_packet, 7);
        freemsg(mp);
        hook_unregister(family, EVENT, &a);
        hook_unregister(family, EVENT, &b);
    }
}

static void a_verdict_may_be_any_number_but_0(void **state)
{
    (void)state;
    static const int verdicts[] = {1, -1, EPERM, 12345, INT_MIN, INT_MAX};
    hook_t b = make("b", HH_NONE, NULL), c = make("c", HH_NONE, NULL);
    hook_register(family, EVENT, &b);
    hook_register(family, EVENT, &c);
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        mblk_t *mp = NULL;
        called[0] = '\0';
        verdict_of_b = verdicts[i];
        assert_int_equal(run(&mp), verdicts[i]);
        assert_string_equal(called, "b");
    }
}

static void the_same_hook_is_registered_once_in_an_event(void **state)
{
    (void)state;
    hook_t a = make("a", HH_NONE, NULL);
    mblk_t *mp = NULL;
    assert_int_equal(hook_register(family, EVENT, &a), 0);
    assert_int_equal(hook_register(family, EVENT, &a), EEXIST);
    assert_int_equal(hook_register(family, NH_LOOPBACK_OUT, &a), 0);
    run(&mp);
    assert_string_equal(called, "a");
    assert_int_equal(hook_unregister(family, EVENT, &a), 0);
    assert_int_equal(hook_unregister(family, EVENT, &a), ENXIO);
}

static void messages_are_counted(void **state)
{
    (void)state;
    mblk_t *mp = allocb(10);
    memcpy(mp->b_wptr, "abc", 3);
    mp->b_wptr += 3;
    mp->b_packet = 7;
    mblk_t *copy = copymsg(mp);
    assert_int_equal(mblk_in_use(), 2);
    assert_int_equal(msgdsize(copy), 3);
    assert_int_equal(copy->b_packet, 7);
    freemsg(mp);
    freemsg(copy);
    freemsg(NULL);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
#define HOOK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        HOOK_TEST(hooks_run_in_the_order_that_their_hints_say),
        HOOK_TEST(what_is_not_a_hook_or_an_event_is_refused),
        HOOK_TEST(the_first_hook_that_eats_is_the_last_that_sees_the_packet),
        HOOK_TEST(counts_are_bookkeeping),
        HOOK_TEST(a_later_hook_sees_the_packet_as_it_was_changed),
        HOOK_TEST(an_event_is_interesting_while_it_has_a_hook),
        HOOK_TEST(a_hook_may_take_itself_or_the_next_one_out_while_it_runs),
        HOOK_TEST(a_hook_may_replace_another_while_it_runs),
        HOOK_TEST(an_event_may_happen_inside_of_itself),
        HOOK_TEST(whatever_a_hook_leaves_behind_the_next_one_and_the_caller_can_work_with_it),
        HOOK_TEST(a_verdict_may_be_any_number_but_0),
        HOOK_TEST(the_same_hook_is_registered_once_in_an_event),
        HOOK_TEST(messages_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
