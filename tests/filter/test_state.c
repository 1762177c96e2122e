/* SPDX-License-Identifier: BSD-3-Clause
 *
 * keep state: what begins an entry, what belongs to it, and when it ends. Each row is a packet,
 * sent through the same filter at its time, and its verdict.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_tcp_connection_is_let_through_both_ways_and_no_other_segment(void **state)
{
    static const step_t steps[] = {
        {"an answer to nothing", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "block"},
        {"the SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"the SYN again", 3, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"an ACK from nowhere", 3, false, COMES(.flags = "A", .seq = 9, .ack = 900000), "block"},
        {"the SYN|ACK", 3, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"the ACK", 3, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
        {"data", 4, true, GOES(.flags = "PA", .seq = 101, .ack = 501, .payload = 10), "pass"},
        {"data beyond the window", 4, true,
         GOES(.flags = "PA", .seq = 900000, .ack = 501, .payload = 10), "block"},
        {"its ACK", 4, false, COMES(.flags = "A", .seq = 501, .ack = 111), "pass"},
        {"to another port",
         4,
         false,
         {.src = SERVER,
          .dst = CLIENT,
          .sport = 22,
          .dport = 1,
          .flags = "A",
          .seq = 501,
          .ack = 111},
         "block"},
        {"five days later", 432004, true, GOES(.flags = "A", .seq = 111, .ack = 501), "block"},
    };
    (void)state;
    RUN("block in all\nblock out all\npass out quick proto tcp all flags S/SA keep state", steps);
}

static void a_connection_that_is_reset_is_forgotten_after_30_s(void **state)
{
    static const step_t steps[] = {
        {"the SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"the RST", 0, false, COMES(.flags = "RA", .seq = 1, .ack = 101), "block"},
        {"the SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"a RST in the window", 1, false, COMES(.flags = "RA", .seq = 501, .ack = 101), "pass"},
        {"29 s later", 30, false, COMES(.flags = "RA", .seq = 501, .ack = 101), "pass"},
        {"30 s after that", 60, false, COMES(.flags = "RA", .seq = 501, .ack = 101), "block"},
    };
    (void)state;
    RUN("block in all\npass out quick proto tcp all flags S keep state", steps);
}

static void udp_is_answered_for_two_minutes_and_then_12_s_at_a_time(void **state)
{
    static const step_t steps[] = {
        {"a question", 0, true, GOES(.proto = UDP), "pass"},
        {"its answer", 119.9, false, COMES(.proto = UDP), "pass"},
        {"another", 131.8, false, COMES(.proto = UDP), "pass"},
        {"too late", 143.8, false, COMES(.proto = UDP), "block"},
    };
    (void)state;
    RUN("block in all\npass out proto udp all keep state", steps);
}

static void age_sets_both_lifetimes(void **state)
{
    static const step_t steps[] = {
        {"a question", 0, true, GOES(.proto = UDP), "pass"},
        {"too late", 10, false, COMES(.proto = UDP), "block"},
        {"a question", 10, true, GOES(.proto = UDP), "pass"},
        {"in time", 19.9, false, COMES(.proto = UDP), "pass"},
        {"and again", 39.8, false, COMES(.proto = UDP), "pass"},
    };
    (void)state;
    RUN("block in all\npass out proto udp all keep state (age 10/20)", steps);
}

static void limits_of_a_rule_are_kept(void **state)
{
    static const step_t limit[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"two", 0, true, GOES(.proto = UDP, .sport = 2), "pass"},
        {"three", 0, true, GOES(.proto = UDP, .sport = 3), "block"},
        {"the first again", 1, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"when they have ended", 200, true, GOES(.proto = UDP, .sport = 3), "pass"},
    };
    static const step_t per_source[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"two of the same source", 0, true, GOES(.proto = UDP, .sport = 2), "block"},
        {"another source", 0, true, {.proto = UDP, .src = "10.0.0.9", .dst = SERVER}, "pass"},
    };
    static const step_t sources[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"the same source", 0, true, GOES(.proto = UDP, .sport = 2), "pass"},
        {"another source", 0, true, {.proto = UDP, .src = "10.0.0.9", .dst = SERVER}, "block"},
    };
    static const step_t per_source_alone[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"two of the same source", 0, true, GOES(.proto = UDP, .sport = 2), "pass"},
    };
    static const step_t networks[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"the same network", 0, true, {.proto = UDP, .src = "10.0.0.9", .dst = SERVER}, "pass"},
        {"a third of it", 0, true, {.proto = UDP, .src = "10.0.0.7", .dst = SERVER}, "block"},
        {"another network", 0, true, {.proto = UDP, .src = "10.0.1.9", .dst = SERVER}, "block"},
        {"when they have ended",
         120,
         true,
         {.proto = UDP, .src = "10.0.1.9", .dst = SERVER},
         "pass"},
    };
    (void)state;
    RUN("pass out proto udp all keep state (max-per-src 1)", per_source_alone);
    RUN("pass out proto udp all keep state (max-srcs 1, max-per-src 2/24)", networks);
    RUN("pass out proto udp all keep state (limit 2)", limit);
    RUN("pass out proto udp all keep state (max-srcs 9, max-per-src 1)", per_source);
    RUN("pass out proto udp all keep state (max-srcs 1)", sources);
}

/* What cannot be kept is not let through; a quick rule has then not matched. */
static void a_quick_rule_that_cannot_keep_has_not_matched(void **state)
{
    static const step_t steps[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"two", 0, true, GOES(.proto = UDP, .sport = 2), "block return-rst"},
    };
    /* It is the last one that was looked at, and its limit counts when the other is kept. */
    static const step_t before[] = {
        {"one", 0, true, GOES(.proto = UDP, .sport = 1), "pass"},
        {"two", 0, true, GOES(.proto = UDP, .sport = 2), "block"},
    };
    (void)state;
    RUN("pass out quick proto udp all keep state (limit 1)\nblock return-rst out all", steps);
    RUN("pass out all keep state\npass out quick proto udp all keep state (limit 1)", before);
}

static void strict_takes_segments_in_order_and_loose_any(void **state)
{
    static const step_t strict[] = {
        {"the SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"the SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"the ACK", 0, true, GOES(.flags = "A", .seq = 101, .ack = 501), "pass"},
        {"a gap", 0, true, GOES(.flags = "PA", .seq = 102, .ack = 501, .payload = 1), "nomatch"},
    };
    static const step_t loose[] = {
        {"the SYN", 0, true, GOES(.flags = "S", .seq = 100), "pass"},
        {"the SYN|ACK", 0, false, COMES(.flags = "SA", .seq = 500, .ack = 101), "pass"},
        {"anything", 0, false, COMES(.flags = "A", .seq = 99999999, .ack = 77777777), "pass"},
    };
    (void)state;
    RUN("block in all\npass out proto tcp all flags S keep state (strict)", strict);
    RUN("block in all\npass out proto tcp all flags S keep state (loose)", loose);
}

static void rules_that_are_replaced_take_their_states_along(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    const char rules[] = "pass out proto udp all keep state";
    mblk_t *m = packet_make(&(packet_t){.proto = UDP});
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    assert_string_equal(fr_verdict(ifs, &qpi, true, m), "pass");
    assert_int_equal(fr_state_count(&ifs->ifs_states), 1);
    assert_int_equal(ipf_load(ifs, "", 0, NULL, NULL), 0);
    assert_int_equal(fr_state_count(&ifs->ifs_states), 0);
    freemsg(m);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tcp_connection_is_let_through_both_ways_and_no_other_segment),
        cmocka_unit_test(a_connection_that_is_reset_is_forgotten_after_30_s),
        cmocka_unit_test(udp_is_answered_for_two_minutes_and_then_12_s_at_a_time),
        cmocka_unit_test(age_sets_both_lifetimes),
        cmocka_unit_test(limits_of_a_rule_are_kept),
        cmocka_unit_test(a_quick_rule_that_cannot_keep_has_not_matched),
        cmocka_unit_test(strict_takes_segments_in_order_and_loose_any),
        cmocka_unit_test(rules_that_are_replaced_take_their_states_along),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
