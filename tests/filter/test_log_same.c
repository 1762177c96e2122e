/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which packets are the same to a log: the second is counted, and has no line.
 */
#include "filter/fr_impl.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/logged.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A SYN sent again is the same packet to the filter; the first one's time stands. */
static void the_same_packet_again_is_counted(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("block in log all");
    for (int i = 0; i < 3; i++) {
        ifs->ifs_now_us = 123 + (uint64_t)i * 3375000;
        check(ifs, false, &(packet_t){.options = 24});
    }
    check(ifs, false, &(packet_t){.flags = "A"});
    check(ifs, false, &(packet_t){.options = 24});
    for (int i = 0; i < 2; i++) /* later fragments are told one by one */
        check(ifs, false, &(packet_t){.frag = 3, .payload = 4});
    assert_string_equal(
        log_of(ifs, 0),
        "16/06/2009 15:30:00.000123 3x lo0 @0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 "
        "64 -S IN\n"
        "16/06/2009 15:30:06.750123 lo0 @0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 "
        "-A IN\n"
        "16/06/2009 15:30:06.750123 lo0 @0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 64 "
        "-S IN\n"
        "16/06/2009 15:30:06.750123 lo0 @0:1 b 127.0.0.1 -> 127.0.0.1 PR tcp len 20 (44) (frag "
        "4660:24@24) IN\n"
        "16/06/2009 15:30:06.750123 lo0 @0:1 b 127.0.0.1 -> 127.0.0.1 PR tcp len 20 (44) (frag "
        "4660:24@24) IN\n");
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_bpkl, 7); /* each of them is counted */
    ipf_destroy(ifs);
}

/* What is not compared may differ: here the identification and the sequence number. */
static void packets_that_the_filter_tells_apart_have_a_line_each(void **state)
{
    static const struct {
        size_t at; /* a byte of a SYN */
        uint8_t value;
        size_t lines;
    } rows[] = {
        {1, 0x10, 2},              /* TOS */
        {3, 40, 2},                /* length */
        {5, 0x99, 1},              /* identification */
        {8, 63, 2},                /* TTL */
        {9, 17, 2},                /* protocol */
        {9, 1, 2},     {15, 2, 2}, /* source */
        {19, 2, 2},                /* destination */
        {20, 0x11, 2},             /* ports */
        {23, 23, 2},   {27, 9, 1}, /* sequence number */
        {33, 0x10, 2},             /* flags */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with("block in log all");
        for (int n = 0; n < 2; n++) {
            mblk_t *m = packet_make(&(packet_t){.payload = 1});
            if (n == 1)
                m->b_rptr[rows[i].at] = rows[i].value;
            check_mblk(ifs, false, m);
        }
        if (ifs->ifs_log.ipl_used != rows[i].lines)
            fail_msg("byte %zu: %zu lines", rows[i].at, ifs->ifs_log.ipl_used);
        ipf_destroy(ifs);
    }
}

/* The same packet under another rule, another word of the rule, another way or interface. */
static void a_packet_that_is_logged_otherwise_has_a_line_of_its_own(void **state)
{
    static const struct {
        const char *first, *second;
        bool out[2];
        const char *on[2];
        size_t lines;
    } rows[] = {
        {"block in log all", "block in log all", {false, false}, {"lo0", "lo0"}, 1},
        {"block in log all", "block in log all", {false, false}, {"lo0", "bge0"}, 2},
        {"block in log all\nblock out log all", NULL, {false, true}, {"lo0", "lo0"}, 2},
        {"block in log all", "pass in log all", {false, false}, {"lo0", "lo0"}, 2},
        {"block in log all", "block in log body all", {false, false}, {"lo0", "lo0"}, 2},
        {"block in log all", "block in log level auth.info all", {false, false}, {"lo0", "lo0"}, 2},
        {"pass in log all", "pass in log all set-tag(log=7)", {false, false}, {"lo0", "lo0"}, 2},
        {"block in log all", "pass in all\nblock in log all", {false, false}, {"lo0", "lo0"}, 2},
        {"block in log all",
         "pass in all head g\nblock in log all group g",
         {false, false},
         {"lo0", "lo0"},
         2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(rows[i].first);
        for (size_t n = 0; n < 2; n++) {
            qpktinfo_t qpi = {.qpi_ifname = rows[i].on[n], .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
            mblk_t *m = packet_make(&(packet_t){0});
            ipf_error_t error;
            if (n == 1 && rows[i].second != NULL)
                assert_int_equal(
                    ipf_load(ifs, rows[i].second, strlen(rows[i].second), NULL, &error), 0);
            fr_check(ifs, &qpi, rows[i].out[n], &m);
            freemsg(m);
        }
        if (ifs->ifs_log.ipl_used != rows[i].lines)
            fail_msg("%s: %zu lines", rows[i].first, ifs->ifs_log.ipl_used);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_packet_again_is_counted),
        cmocka_unit_test(packets_that_the_filter_tells_apart_have_a_line_each),
        cmocka_unit_test(a_packet_that_is_logged_otherwise_has_a_line_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
