/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The usual packet, and a direction that nobody asks about: both have a shorter way through the
 * filter, at whose end the same is known and counted.
 */
#include "filter/fr_impl.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define CHANGED_MAX 60 /* bytes of a packet that are changed, one at a time */

static const qpktinfo_t on_lo0 = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};

static const packet_t shapes[] = {
    {.options = 24},
    {.flags = "A", .payload = 12},
    {.flags = "R", .frag = 0x4000},
    {.proto = 17},
    {.proto = 1, .icmp = 8 << 8},
    {.src = "10.0.0.1", .dst = "224.0.0.1", .flags = "FPA"},
};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* Calls func(arg, packet) with each shape, and with each with one byte changed into any other. */
static void each(void (*func)(void *arg, mblk_t *mp), void *arg)
{
    for (size_t i = 0; i < SHAPES; i++) {
        mblk_t *whole = packet_make(&shapes[i]);
        size_t size = msgdsize(whole) < CHANGED_MAX ? msgdsize(whole) : CHANGED_MAX;
        for (size_t at = 0; at < size; at++) {
            for (unsigned value = 0; value < 256; value++) {
                mblk_t *mp = copymsg(whole);
                mp->b_rptr[at] = (uint8_t)value;
                func(arg, mp);
            }
        }
        freemsg(whole);
    }
}

static fr_info_t parse(ipf_stack_t *ifs, mblk_t *mp)
{
    fr_info_t fin;
    memset(&fin, 0, sizeof(fin));
    fin.fin_ifs = ifs;
    fin.fin_qpi = &on_lo0;
    fin.fin_host = true;
    fin.fin_m = mp;
    fin.fin_rule = -1;
    assert_int_equal(fr_makefrip(&fin), 0);
    fin.fin_m = NULL;
    return fin;
}

typedef struct compared {
    ipf_stack_t *ifs;
    size_t count;
} compared_t;

/* A byte after its end makes a packet one that is parsed step by step, and changes nothing else. */
static void compare_parsers(void *arg, mblk_t *mp)
{
    compared_t *compared = arg;
    mblk_t *longer = allocb(msgdsize(mp) + 1);
    if (fr_is_usual(mp->b_rptr, msgdsize(mp))) {
        memcpy(longer->b_rptr, mp->b_rptr, msgdsize(mp));
        longer->b_wptr += msgdsize(mp) + 1;
        assert_false(fr_is_usual(longer->b_rptr, msgdsize(longer)));
        fr_info_t at_once = parse(compared->ifs, mp), by_steps = parse(compared->ifs, longer);
        assert_memory_equal(&at_once, &by_steps, sizeof(at_once));
        compared->count++;
    }
    freemsg(longer);
    freemsg(mp);
}

static void the_usual_packet_is_read_at_once_as_it_is_step_by_step(void **state)
{
    (void)state;
    compared_t compared = {.ifs = ipf_create()};
    each(compare_parsers, &compared);
    assert_true(compared.count > 10000);
    ipf_destroy(compared.ifs);
}

typedef struct two {
    ipf_stack_t *idle, *busy;
} two_t;

static void check_both(void *arg, mblk_t *mp)
{
    two_t *two = arg;
    for (int out = 0; out < 2; out++) {
        mblk_t *one = copymsg(mp), *other = copymsg(mp);
        assert_int_equal(fr_check(two->idle, &on_lo0, out, &one),
                         fr_check(two->busy, &on_lo0, out, &other));
        assert_int_equal(one == NULL, other == NULL);
        freemsg(one);
        freemsg(other);
    }
    freemsg(mp);
}

static void packets_count_alike_whether_or_not_there_are_rules_that_never_match(void **state)
{
    (void)state;
    static const char rules[] = "block in proto 99 from 1.2.3.4 to any\n"
                                "block out proto 99 from 1.2.3.4 to any\n";
    ipf_error_t error;
    two_t two = {.idle = ipf_create(), .busy = ipf_create()};
    assert_int_equal(ipf_load(two.busy, rules, strlen(rules), NULL, &error), 0);
    each(check_both, &two);
    assert_memory_equal(ipf_stats(two.idle), ipf_stats(two.busy), sizeof(friostat_t));
    assert_true(ipf_stats(two.idle)->f_st[0].fr_badttl > 0);
    assert_true(ipf_stats(two.idle)->f_st[1].fr_bad > 0);
    ipf_destroy(two.idle);
    ipf_destroy(two.busy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_packet_is_read_at_once_as_it_is_step_by_step),
        cmocka_unit_test(packets_count_alike_whether_or_not_there_are_rules_that_never_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
