/* SPDX-License-Identifier: BSD-3-Clause
 *
 * keep state for TCP: which flags a side may send, and which sequence numbers.
 */
#include "tests/filter/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SYN_OUT "block in all\nblock out all\npass out quick proto tcp all flags S keep state"
#define ANY_OUT "block in all\nblock out all\npass out quick proto tcp all keep state"

static void each_side_may_send_what_its_state_lets_it(void **state)
{
    static const step_t open_and_close[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"an ACK before the SYN|ACK", 0, false, COMES(.flags = "A", .seq = 500, .ack = 101),
         "block"},
        {"a FIN before the SYN|ACK", 0, false, COMES(.flags = "FA", .seq = 500, .ack = 101),
         "block"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"SYN|ACK again", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
        {"its answer", 0, false, COMES(.flags = "A", .seq = 501, .ack = 101), "pass"},
        {"FIN", 0, true, GOES(.flags = "FA", .seq = 101, .ack = 501), "pass"},
        {"ACK of it", 0, false, COMES(.flags = "A", .seq = 501, .ack = 102), "pass"},
        {"data the other way", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 102, .payload = 5),
         "pass"},
        {"FIN the other way", 0, false, COMES(.flags = "FA", .seq = 506, .ack = 102), "pass"},
        {"the last ACK", 0, true, GOES(.flags = "A", .seq = 102, .ack = 507), "pass"},
    };
    static const step_t both_at_once[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN the other way", 0, false, COMES(.flags = "S", .seq = 500), "block"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"SYN|ACK the other way", 0, true, GOES(.flags = "SA", .seq = 100, .ack = 501), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
    };
    (void)state;
    RUN(SYN_OUT, open_and_close);
    RUN(SYN_OUT, both_at_once);
}

static void a_connection_under_way_is_taken_up_by_its_acks(void **state)
{
    static const step_t acks[] = {
        {"ACK", 0, true, GOES(.flags = "A", .seq = 100, .ack = 500), "pass"},
        {"and data of the same side", 0, true,
         GOES(.flags = "PA", .seq = 100, .ack = 500, .payload = 5), "pass"},
        {"ACK the other way", 0, false, COMES(.flags = "A", .seq = 500, .ack = 105), "pass"},
        {"SYN|ACK: no more", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 105), "pass"},
        {"far to the left", 0, false, COMES(.flags = "A", .seq = 0x90000000, .ack = 105), "block"},
        {"a window further: what began without a SYN is not known exactly", 0, false,
         COMES(.flags = "PA", .seq = 300000, .ack = 105, .payload = 5), "pass"},
    };
    static const step_t fin[] = {
        {"FIN|ACK", 0, true, GOES(.flags = "FA", .seq = 100, .ack = 500), "pass"},
        {"a FIN|ACK again: it has begun nothing", 0, true,
         GOES(.flags = "FA", .seq = 100, .ack = 500), "block"},
    };
    static const step_t rst[] = {
        {"RST", 0, true, GOES(.flags = "R", .seq = 100), "block"},
        {"RST|ACK", 0, true, GOES(.flags = "RA", .seq = 100, .ack = 5), "block"},
    };
    (void)state;
    RUN(ANY_OUT, acks);
    RUN(ANY_OUT, fin);
    RUN(ANY_OUT, rst);
}

static void a_syn_after_the_end_makes_room_for_the_next_connection(void **state)
{
    static const step_t steps[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"RST|ACK", 0, false, COMES(.flags = "RA", .seq = 501, .ack = 101), "pass"},
        {"SYN again: the old entry serves nobody any more, and a new one is made", 0.1, true,
         GOES(.flags = "S", .seq = 200), "pass"},
        {"and again: it belongs to the new one", 0.2, true, GOES(.flags = "S", .seq = 200), "pass"},
        {"SYN|ACK", 0.5, false, COMES(.flags = "SA", .seq = 900, .ack = 201), "pass"},
    };
    (void)state;
    RUN(SYN_OUT, steps);
}

static void windows_follow_what_is_offered(void **state)
{
    static const step_t small[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 20), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"beyond the window", 0, true,
         GOES(.flags = "PA", .seq = 101, .ack = 501, .payload = 21, .win = 10), "block"},
        {"to its end", 0, true,
         GOES(.flags = "PA", .seq = 101, .ack = 501, .payload = 20, .win = 10), "pass"},
        {"a closed window", 0, false, COMES(.flags = "A", .seq = 501, .ack = 121, .win = -1),
         "pass"},
        {"is probed with one byte", 0, true,
         GOES(.flags = "A", .seq = 121, .ack = 501, .payload = 1, .win = 10), "pass"},
        {"and not with two", 0, true,
         GOES(.flags = "A", .seq = 121, .ack = 501, .payload = 2, .win = 10), "block"},
        {"an ACK of what was never sent is taken a while", 0, false,
         COMES(.flags = "A", .seq = 501, .ack = 121 + 66000, .win = 20), "pass"},
        {"but not further", 0, false,
         COMES(.flags = "A", .seq = 501, .ack = 121 + 66000 + 66002, .win = 20), "block"},
    };
    static const step_t scaled[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10, .options = 4), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 10, .options = 4),
         "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"40 bytes", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 40), "pass"},
        {"and one", 0, false, COMES(.flags = "PA", .seq = 541, .ack = 101, .payload = 1), "block"},
    };
    static const step_t half_scaled[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10, .options = 4), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 10), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"a window is scaled by who has offered it, whatever the other side has: 41 bytes", 0,
         false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 41), "block"},
        {"40 bytes", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 40), "pass"},
    };
    static const step_t syn_again[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10), "pass"},
        {"SYN again, now with a scale", 0, true,
         GOES(.flags = "S", .seq = 100, .win = 10, .options = 4), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 10), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"40 bytes", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 40), "pass"},
        {"and one", 0, false, COMES(.flags = "PA", .seq = 541, .ack = 101, .payload = 1), "block"},
    };
    static const step_t ecn[] = {
        {"SYN", 0, true, GOES(.flags = "SEC", .seq = 100, .win = 10), "pass"},
        {"SYN again, now with a scale", 0, true,
         GOES(.flags = "SEC", .seq = 100, .win = 10, .options = 4), "pass"},
        {"SYN|ACK", 0, false,
         COMES(.flags = "SAE", .seq = 500, .ack = 101, .win = 10, .options = 4), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"40 bytes", 0, false,
         COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 40, .win = 10), "pass"},
        {"and one", 0, false, COMES(.flags = "PA", .seq = 541, .ack = 101, .payload = 1), "block"},
        {"40 bytes the other way", 0, true,
         GOES(.flags = "PA", .seq = 101, .ack = 501, .payload = 40), "pass"},
        {"and one", 0, true, GOES(.flags = "PA", .seq = 141, .ack = 501, .payload = 1), "block"},
    };
    static const step_t unasked[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 10), "pass"},
        {"an ACK with a scale: it says nothing there", 0, true,
         GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10, .options = 4), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"11 bytes", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 11),
         "block"},
        {"10 bytes", 0, false, COMES(.flags = "PA", .seq = 501, .ack = 101, .payload = 10), "pass"},
    };
    static const step_t sack[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100, .win = 10, .options = 8), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101, .win = 10, .options = 8),
         "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501, .win = 10), "pass"},
        {"right of the window, with SACK", 0, false,
         COMES(.flags = "PA", .seq = 541, .ack = 101, .payload = 5), "pass"},
    };
    (void)state;
    RUN(SYN_OUT, small);
    RUN(SYN_OUT, scaled);
    RUN(SYN_OUT, half_scaled);
    RUN(SYN_OUT, syn_again);
    RUN(SYN_OUT, ecn);
    RUN(SYN_OUT, unasked);
    RUN(SYN_OUT, sack);
}

/* What began without a SYN: the other side's window counts four times, to the left twice more. */
static void a_connection_under_way_is_judged_near_its_window(void **state)
{
    static const step_t left[] = {
        {"ACK", 0, true, GOES(.flags = "A", .seq = 100, .ack = 500, .win = 10), "pass"},
        {"its answer", 0, false, COMES(.flags = "A", .seq = 500, .ack = 100, .win = 10), "pass"},
        {"the window's end", 0, true,
         GOES(.flags = "PA", .seq = 100, .ack = 500, .payload = 10, .win = 10), "pass"},
        {"two windows to the left of the newest byte", 0, true,
         GOES(.flags = "A", .seq = 30, .ack = 500, .win = 10), "pass"},
        {"and one more byte", 0, true, GOES(.flags = "A", .seq = 29, .ack = 500, .win = 10),
         "block"},
    };
    static const step_t right[] = {
        {"ACK", 0, true, GOES(.flags = "A", .seq = 100, .ack = 500, .win = 10), "pass"},
        {"its answer", 0, false, COMES(.flags = "A", .seq = 500, .ack = 100, .win = 10), "pass"},
        {"any to the right, with any ACK", 0, true,
         GOES(.flags = "A", .seq = 1000, .ack = 77777777, .win = 10), "pass"},
        {"now this is too far to the left", 0, true,
         GOES(.flags = "A", .seq = 111, .ack = 77777777, .win = 10), "block"},
        {"but not where the other side's window ends, with the ACK of all it has sent", 0, true,
         GOES(.flags = "A", .seq = 110, .ack = 77777777, .win = 10), "pass"},
        {"a byte less acknowledged", 0, true,
         GOES(.flags = "A", .seq = 110, .ack = 77777776, .win = 10), "block"},
        {"a byte more", 0, true, GOES(.flags = "A", .seq = 110, .ack = 77777778, .win = 10),
         "block"},
    };
    static const step_t scaled[] = {
        {"SYN|ACK with a scale", 0, true,
         GOES(.flags = "SA", .seq = 99, .ack = 500, .win = 10, .options = 4), "pass"},
        {"its answer", 0, false, COMES(.flags = "A", .seq = 500, .ack = 100, .win = 10), "pass"},
        {"beyond the window: exact, since there is a scale", 0, true,
         GOES(.flags = "A", .seq = 1000, .ack = 500, .win = 10), "block"},
        {"within it", 0, true, GOES(.flags = "A", .seq = 110, .ack = 500, .win = 10), "pass"},
        {"beyond it also later", 0, true, GOES(.flags = "A", .seq = 1000, .ack = 500, .win = 10),
         "block"},
    };
    (void)state;
    RUN(ANY_OUT, left);
    RUN(ANY_OUT, right);
    RUN(ANY_OUT, scaled);
}

static void out_of_window_is_asked_by_with_and_begins_nothing(void **state)
{
    static const step_t steps[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"out of it", 0, false, COMES(.flags = "A", .seq = 9000000, .ack = 101),
         "block return-rst"},
        {"the other way a rule with keep state matches, and cannot keep it", 0, true,
         GOES(.flags = "A", .seq = 9000000, .ack = 501), "block"},
    };
    (void)state;
    RUN("block return-rst in all with oow\npass out proto tcp all keep state", steps);
}

static void a_state_lives_as_long_as_its_sides_say(void **state)
{
    static const step_t opening[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN again: no longer for it", 200, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN|ACK too late", 240, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "block"},
    };
    static const step_t half_closed[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
        {"ACK the other way", 0, false, COMES(.flags = "A", .seq = 501, .ack = 101), "pass"},
        {"FIN", 0, true, GOES(.flags = "FA", .seq = 101, .ack = 501), "pass"},
        {"in time", 7199, false, COMES(.flags = "A", .seq = 501, .ack = 102), "pass"},
        {"too late", 14399, false, COMES(.flags = "A", .seq = 501, .ack = 102), "block"},
    };
    static const step_t own_age[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"SYN again: with `age` it has ten seconds more", 8, true, GOES(.flags = "S", .seq = 100),
         "pass"},
        {"SYN|ACK", 15, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"ACK", 15, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
        {"what is outside of its window does not count", 20, false,
         COMES(.flags = "A", .seq = 0x90000000, .ack = 101), "block"},
        {"in time", 24, false, COMES(.flags = "A", .seq = 501, .ack = 101), "pass"},
        {"too late", 36, false, COMES(.flags = "A", .seq = 501, .ack = 101), "block"},
    };
    static const step_t own_age_of_opening[] = {
        {"SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"an ACK that comes too early does not count", 8, false,
         COMES(.flags = "A", .seq = 500, .ack = 101), "block"},
        {"SYN|ACK too late", 12, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "block"},
    };
    (void)state;
    RUN(SYN_OUT, opening);
    RUN(SYN_OUT, half_closed);
    RUN(SYN_OUT " (age 10)", own_age);
    RUN(SYN_OUT " (age 10)", own_age_of_opening);
    RUN(SYN_OUT " (age 0/10)", opening); /* it is the age of the way that begins it */
}

static void a_way_keeps_its_interface_and_its_options(void **state)
{
    static const step_t ttl[] = {
        {"ttl 64", 0, false, COMES(.proto = UDP), "pass"},
        {"ttl 3 is of no connection with ttl 64", 0, false, COMES(.proto = UDP, .ttl = 3), "block"},
        {"its answer may have any", 0, true, GOES(.proto = UDP, .ttl = 3), "pass"},
    };
    (void)state;
    RUN("block in all\nblock out all\npass in quick proto udp all with not lowttl keep state", ttl);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_may_send_what_its_state_lets_it),
        cmocka_unit_test(a_connection_under_way_is_taken_up_by_its_acks),
        cmocka_unit_test(a_syn_after_the_end_makes_room_for_the_next_connection),
        cmocka_unit_test(windows_follow_what_is_offered),
        cmocka_unit_test(a_connection_under_way_is_judged_near_its_window),
        cmocka_unit_test(out_of_window_is_asked_by_with_and_begins_nothing),
        cmocka_unit_test(a_state_lives_as_long_as_its_sides_say),
        cmocka_unit_test(a_way_keeps_its_interface_and_its_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
