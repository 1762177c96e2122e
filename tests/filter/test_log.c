/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is logged, as ipmon prints it: each row is a rules text, packets, and the log.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipmon.h"
#include "tests/filter/filter_with.h"
#include "tests/filter/logged.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- one packet each ---- */

static const struct {
    const char *rules;
    bool out;
    packet_t packet;
    const char *log;
} packets[] = {
    {"block in all", false, {0}, ""},
    {"block in log all",
     false,
     {0},
     AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n"},
    /* the log has the SYN, not the RST that it becomes */
    {"block return-rst in log proto tcp all",
     false,
     {.options = 24},
     AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 64 -S IN\n"},
    {"pass out log all",
     true,
     {.flags = "SA"},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -AS OUT\n"},
    {"pass in log all",
     false,
     {.flags = "FSRPAUEC"},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -ARSFUPEC IN bad\n"},
    {"pass in all\nblock in log all",
     false,
     {.proto = 17, .payload = 3},
     AT "@0:2 b 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 31 IN\n"},
    {"log in all",
     false,
     {0},
     AT "@0:1 L 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n"},
    /* echo request, type 8 */
    {"pass in log all",
     false,
     {.proto = 1, .sport = 0x800, .payload = 56},
     AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR icmp len 20 84 icmp echo/0 IN\n"},
    {"pass in log all",
     false,
     {.proto = 1, .sport = 0xc805},
     AT "@0:1 Sp 127.0.0.1 -> 127.0.0.1 PR icmp len 20 28 icmp 200/5 IN\n"},
    {"pass in log all",
     false,
     {.proto = 89},
     AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR ospf len 20 (28) IN\n"},
    {"pass in log all",
     false,
     {.proto = 200},
     AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR 200 len 20 (28) IN\n"},
    /* fragments */
    {"pass in log all",
     false,
     {.frag = 0x2003, .payload = 4},
     AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR tcp len 20 (44) (frag 4660:24@24+) IN\n"},
    {"pass in log all",
     false,
     {.frag = 0x4003, .payload = 4},
     AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR tcp len 20 (44) (frag 4660:24@24-) IN\n"},
    {"pass in log all",
     false,
     {.frag = 0x2000, .payload = 4},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 44 -S IN\n"},
    {"block in log all with short",
     false,
     {.frag = 0x2000, .cut = 4},
     AT "@0:1 Sb 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 - IN bad\n"},
    /* tags, states, groups */
    {"pass in log all set-tag(log=33)",
     false,
     {0},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN log-tag 33\n"},
    {"pass in log all keep state keep frags",
     false,
     {0},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S K-S K-F IN\n"},
    {"pass in all head web\nblock in proto udp all group web\npass in log all group web",
     false,
     {0},
     AT "@web:2 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n"},
    {"block in all\nlog in all",
     false,
     {0},
     AT "@0:2 L 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n"},
    {"count in log all", false, {0}, ""},
    /* `count` rules, which come first, leave the number of the rule that decides */
    {"count in all\ncount in proto tcp all\ncount in all head x\npass in log all",
     false,
     {0},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n"},
    {"count out all\ncount out proto tcp all\npass out log all",
     true,
     {0},
     AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S OUT\n"},
};

static void a_packet_is_a_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        ipf_stack_t *ifs = filter_with(packets[i].rules);
        check(ifs, packets[i].out, &packets[i].packet);
        if (strcmp(log_of(ifs, 0), packets[i].log) != 0)
            fail_msg("%s\nexpected %sgot      %s", packets[i].rules, packets[i].log,
                     log_of(ifs, 0));
        ipf_destroy(ifs);
    }
}

static mblk_t *from_hex(const char *hex)
{
    mblk_t *m = allocb(strlen(hex) / 2 + 1);
    for (unsigned byte; sscanf(hex, " %2x", &byte) == 1; hex += 2) {
        hex += strspn(hex, " ");
        *m->b_wptr++ = (uint8_t)byte;
    }
    return m;
}

static void an_icmp_error_says_what_it_is_about(void **state)
{
    static const struct {
        const char *hex, *line;
    } rows[] = {
        {"45000038 00000000 40010000 7f000001 7f000001 03030000 00000000"
         "4500001f 00000000 40110000 7f000001 7f000002 80e90016 000b0000",
         AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR icmp len 20 56 icmp unreach/port for "
            "127.0.0.1,33001 - 127.0.0.2,22 PR udp len 20 31 IN\n"},
        {"45000038 00000000 40010000 7f000001 7f000001 0b000000 00000000"
         "45000054 00000000 40010000 7f000001 0a000002 08000000 00000000",
         AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR icmp len 20 56 icmp timex/0 for 127.0.0.1 - 10.0.0.2 "
            "PR icmp len 20 84 IN\n"},
        {"45000038 00000000 40010000 7f000001 7f000001 03000000 00000000"
         "45000054 00050002 40060000 0a000001 0a000002 08000000 00000000",
         AT "@0:1 p 127.0.0.1 -> 127.0.0.1 PR icmp len 20 56 icmp unreach/net for 10.0.0.1 - "
            "10.0.0.2 PR tcp len 20 (84) (frag 5:64@16) IN bad\n"},
        /* it quotes nothing that could be read */
        {"4500001c 00000000 40010000 7f000001 7f000001 03010000 00000000",
         AT "@0:1 Sp 127.0.0.1 -> 127.0.0.1 PR icmp len 20 28 icmp unreach/host IN bad\n"},
        {"60000000 00303a40 00000000000000000000000000000001 00000000000000000000000000000001"
         "01040000 00000000 60000000 00081140 00000000000000000000000000000001"
         "00000000000000000000000000000002",
         AT "@0:1 p ::1 -> ::1 PR icmpv6 len 40 88 icmpv6 unreach/4 for ::1,0 - ::2,0 PR udp len "
            "40 48 IN\n"},
        {"60000000 00140640 00000000000000000000000000000001 00000000000000000000000000000001"
         "80e90016 00000001 00000000 50020001 00000000",
         AT "@0:1 p ::1,33001 -> ::1,22 PR tcp len 40 60 -S IN\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with("pass in log all");
        check_mblk(ifs, false, from_hex(rows[i].hex));
        assert_string_equal(log_of(ifs, 0), rows[i].line);
        ipf_destroy(ifs);
    }
}

/* ---- options of ipmon ---- */

static void options_change_the_line(void **state)
{
    static const struct {
        const char *rules;
        unsigned how;
        packet_t packet;
        const char *log;
    } rows[] = {
        {"block in log all",
         IPMON_SYSLOG,
         {0},
         "local0.warning 15:30:00.000000 lo0 @0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 "
         "40 -S IN\n"},
        {"pass in log all",
         IPMON_SYSLOG,
         {.proto = 17},
         "local0.notice 15:30:00.000000 lo0 @0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 "
         "28 IN\n"},
        {"log in all",
         IPMON_SYSLOG,
         {.proto = 17},
         "local0.info 15:30:00.000000 lo0 @0:1 L 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 "
         "IN\n"},
        {"pass in log level auth.crit all",
         IPMON_SYSLOG,
         {.proto = 17},
         "auth.crit 15:30:00.000000 lo0 @0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 "
         "IN\n"},
        {"pass in log level debug all",
         IPMON_SYSLOG,
         {.proto = 17},
         "local0.debug 15:30:00.000000 lo0 @0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 "
         "IN\n"},
        {"block in log all",
         IPMON_SYSLOG,
         {.frag = 0x2000, .cut = 4},
         "local0.err 15:30:00.000000 lo0 @0:1 Sb 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 "
         "- IN bad\n"},
        {"block in log all",
         IPMON_NAMES,
         {0},
         AT "@0:1 b localhost,33001 -> localhost,ssh PR tcp len 20 40 -S IN\n"},
        {"block in log all",
         IPMON_NAMES,
         {.src = "10.0.0.1", .proto = 17, .dport = 53},
         AT "@0:1 b 10.0.0.1,33001 -> localhost,domain PR udp len 20 28 IN\n"},
        {"block in log all",
         IPMON_VERBOSE,
         {.flags = "A", .seq = 7, .ack = 9},
         AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -A 7 9 49152 IN\n"},
        {"block in log body all",
         IPMON_BODY,
         {.proto = 17, .payload = 18},
         AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 46 IN\n"
            "78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78        xxxxxxxxxxxxxxxx\n"
            "78 78                                                  xx\n"},
        {"block in log all",
         IPMON_BODY,
         {.proto = 17, .payload = 18},
         AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 46 IN\n"},
        {"block in log all",
         IPMON_PACKET,
         {.proto = 17},
         AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 IN\n"
            "45 00 00 1c 12 34 00 00 40 11 6a 9b 7f 00 00 01        E....4..@.j.....\n"
            "7f 00 00 01 80 e9 00 16 00 08 00 00                    ............\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(rows[i].rules);
        check(ifs, false, &rows[i].packet);
        assert_string_equal(log_of(ifs, rows[i].how), rows[i].log);
        ipf_destroy(ifs);
    }
}

static void a_line_has_the_time_of_its_packet(void **state)
{
    static const struct {
        uint64_t at_us;
        const char *time;
    } rows[] = {
        {0, "16/06/2009 15:30:00.000000 "},
        {999999, "16/06/2009 15:30:00.999999 "},
        {1000000, "16/06/2009 15:30:01.000000 "},
        {30600000000, "17/06/2009 00:00:00.000000 "},
        {1209600000001, "30/06/2009 15:30:00.000001 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with("pass in log all");
        fr_verdict_set_time(ifs, rows[i].at_us);
        check(ifs, false, &(packet_t){0});
        const char *log = log_of(ifs, 0);
        assert_memory_equal(log, rows[i].time, strlen(rows[i].time));
        ipf_destroy(ifs);
    }
}

static void of_a_body_128_bytes_are_kept_and_only_where_the_rule_says_so(void **state)
{
    static const struct {
        packet_t packet;
        uint32_t headers;
    } rows[] = {
        {{.payload = 1000}, 20 + 20},
        {{.proto = 17, .payload = 1000}, 20 + 8},
        {{.proto = 1, .payload = 1000}, 20 + 8},
        {{.proto = 17, .payload = 1000, .frag = 0x0001}, 20}, /* a later fragment has no header */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int body = 0; body < 2; body++) {
            ipf_stack_t *ifs = filter_with(body ? "block in log body all" : "block in log all");
            check(ifs, false, &rows[i].packet);
            assert_int_equal(ifs->ifs_log.ipl_records[0]->fl_length,
                             body ? rows[i].headers + 128 : 20 + 76);
            ipf_destroy(ifs);
        }
    }
}

/* ---- several packets ---- */

static void first_logs_the_packet_that_begins_a_connection_and_no_later_one(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        ipf_stack_t *ifs = filter_with(first ? "pass out log first proto udp all keep state"
                                             : "pass out log proto udp all keep state");
        for (int i = 0; i < 3; i++)
            check(ifs, true, &(packet_t){.proto = 17, .payload = i});
        assert_int_equal(ifs->ifs_log.ipl_used, first ? 1 : 3);
        assert_int_equal(ipf_stats(ifs)->f_st[1].fr_ppkl, first ? 1 : 3);
        ipf_destroy(ifs);
    }
}

static void without_keep_state_each_packet_is_a_first_one(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("pass out log first proto udp all");
    for (int i = 0; i < 3; i++)
        check(ifs, true, &(packet_t){.proto = 17, .payload = i});
    assert_int_equal(ifs->ifs_log.ipl_used, 3);
    ipf_destroy(ifs);
}

static void what_cannot_be_logged_is_counted_and_blocked_by_or_block(void **state)
{
    static const struct {
        const char *rules;
        uint64_t skip, block;
    } rows[] = {
        {"pass in log all", 1, 0},
        {"pass in log or-block all", 1, 1},
        {"pass in all", 0, 0},
        {"log in all\npass in all", 1, 0},
        {"log or-block in all\npass in all", 1, 1}, /* as `block quick` */
        {"block in log or-block all", 1, 1},
        {"pass in log or-block fastroute all", 1, 1}, /* it is sent elsewhere all the same */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(rows[i].rules);
        ipf_set_log_limit(ifs, 0);
        check(ifs, false, &(packet_t){0});
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_skip, rows[i].skip);
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_block, rows[i].block);
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_ret, 0);   /* it is not answered */
        assert_int_equal(ipf_stats(ifs)->f_froute[1], i == 6); /* nowhere to */
        assert_string_equal(log_of(ifs, 0), "");
        ipf_set_log_limit(ifs, 1); /* with room, all of them pass but the last */
        check(ifs, false, &(packet_t){0});
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_block, rows[i].block + (i == 5));
        ipf_destroy(ifs);
    }
}

static void what_no_rule_logs_is_logged_where_that_is_asked_for(void **state)
{
    static const struct {
        const char *rules;
        uint32_t flags;
        const char *log;
        uint64_t ppkl, bpkl, npkl;
    } rows[] = {
        {"pass in all", 0, "", 0, 0, 0},
        {"pass in all", FF_LOGPASS,
         AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n", 1, 0, 0},
        {"block in all", FF_LOGBLOCK,
         AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n", 0, 1, 0},
        {"block in all", FF_LOGPASS | FF_LOGNOMATCH, "", 0, 0, 0},
        {"", FF_LOGPASS | FF_LOGBLOCK, "", 0, 0, 0},
        {"", FF_LOGNOMATCH, AT "@-1:-1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 40 -S IN\n",
         0, 0, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = filter_with(rows[i].rules);
        ipf_set_log_flags(ifs, rows[i].flags);
        check(ifs, false, &(packet_t){0});
        assert_string_equal(log_of(ifs, 0), rows[i].log);
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_ppkl, rows[i].ppkl);
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_bpkl, rows[i].bpkl);
        assert_int_equal(ipf_stats(ifs)->f_st[0].fr_npkl, rows[i].npkl);
        ipf_destroy(ifs);
    }
}

static void what_is_no_packet_is_not_logged(void **state)
{
    static const char *const rows[] = {
        "45",
        "4500001c 00000000 40110000 7f000001",          /* it ends within its header */
        "45000013 00000000 40110000 7f000001 7f000002", /* it says that it is shorter than that */
        "60000000 00001140 00000000000000000000000000000001 00000000000000000000000000000001",
        "75000014 00000000 40110000 7f000001 7f000002",
    };
    static const uint32_t asked[] = {FF_LOGNOMATCH | FF_LOGBLOCK, FF_LOGNOMATCH, FF_LOGBLOCK,
                                     FF_LOGPASS};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t flags = 0; flags < sizeof(asked) / sizeof(asked[0]); flags++) {
            ipf_stack_t *ifs = filter_with("");
            ipf_set_log_flags(ifs, asked[flags]);
            assert_int_equal(ipf_log_flags(ifs), asked[flags]);
            check_mblk(ifs, false, from_hex(rows[i]));
            assert_string_equal(log_of(ifs, 0), "");
            assert_int_equal(ipf_stats(ifs)->f_st[0].fr_bad, 1);
            assert_int_equal(ipf_stats(ifs)->f_st[0].fr_block, 1);
            assert_int_equal(ipf_stats(ifs)->f_st[0].fr_npkl, 0);
            assert_int_equal(ipf_stats(ifs)->f_st[0].fr_bpkl, 0);
            ipf_destroy(ifs);
        }
    }
}

/* A datagram that a fragment of a `log first` rule has begun is known: its others are not logged.
 */
static void first_logs_the_first_fragment_of_a_datagram(void **state)
{
    (void)state;
    for (int first = 0; first < 2; first++) {
        ipf_stack_t *ifs = filter_with(first ? "pass in log first quick proto udp all keep frags"
                                             : "pass in log quick proto udp all keep frags");
        check(ifs, false, &(packet_t){.proto = 17, .payload = 8, .frag = 0x2000});
        check(ifs, false, &(packet_t){.proto = 17, .payload = 8, .frag = 0x2002});
        check(ifs, false, &(packet_t){.proto = 17, .payload = 8, .frag = 0x0004});
        assert_int_equal(ifs->ifs_log.ipl_used, first ? 1 : 3);
        ipf_destroy(ifs);
    }
}

/* Sixteen bytes fill a line of a dump. */
static void a_dump_ends_with_its_last_byte(void **state)
{
    (void)state;
    for (int payload = 3; payload <= 5; payload++) {
        ipf_stack_t *ifs = filter_with("pass in log body proto udp all");
        check(ifs, false, &(packet_t){.proto = 17, .payload = payload});
        const char *log = log_of(ifs, IPMON_PACKET);
        size_t lines = 0;
        for (const char *c = log; *c != '\0'; c++)
            lines += *c == '\n';
        assert_int_equal(lines, payload <= 4 ? 3 : 4); /* of 31, 32 and 33 bytes */
        ipf_destroy(ifs);
    }
}

/* The packets of a known connection are logged under the rule that has begun it. */
static void a_known_connection_is_logged_under_its_rule(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("block out proto icmp all\npass out log proto udp all keep "
                                   "state");
    check(ifs, true, &(packet_t){.proto = 17});
    check(ifs, false, &(packet_t){.proto = 17, .sport = 22, .dport = 33001});
    assert_string_equal(log_of(ifs, 0),
                        AT "@0:2 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 K-S OUT\n" AT
                           "@0:2 p 127.0.0.1,22 -> 127.0.0.1,33001 PR udp len 20 28 K-S IN\n");
    ipf_destroy(ifs);
}

/* So are the later fragments of a datagram. */
static void a_known_datagram_is_logged_under_its_rule(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("block in proto icmp all\nblock in proto tcp all\npass in log "
                                   "proto udp all keep frags");
    check(ifs, false, &(packet_t){.proto = 17, .payload = 8, .frag = 0x2000});
    check(ifs, false, &(packet_t){.proto = 17, .payload = 8, .frag = 0x0002});
    assert_string_equal(log_of(ifs, 0),
                        AT "@0:3 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 36 K-F IN\n" AT
                           "@0:3 p 127.0.0.1 -> 127.0.0.1 PR udp len 20 (36) (frag 4660:16@16) "
                           "K-F IN\n");
    ipf_destroy(ifs);
}

static void a_low_ttl_is_told_and_only_inbound(void **state)
{
    (void)state;
    ipf_stack_t *ifs = filter_with("pass in log all with lowttl\npass out log all with lowttl");
    for (int ttl = 3; ttl < 5; ttl++) {
        for (int out = 0; out < 2; out++) {
            mblk_t *m = packet_make(&(packet_t){.proto = 17});
            m->b_rptr[8] = (uint8_t)ttl;
            check_mblk(ifs, out, m);
        }
    }
    assert_string_equal(log_of(ifs, 0),
                        AT "@0:1 p 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 IN low-ttl\n");
    assert_int_equal(ipf_stats(ifs)->f_st[0].fr_badttl, 1);
    ipf_destroy(ifs);
}

static void a_log_outlives_its_rules(void **state)
{
    ipf_error_t error;
    (void)state;
    ipf_stack_t *ifs = filter_with("block in log all");
    check(ifs, false, &(packet_t){.proto = 17});
    assert_int_equal(ipf_load(ifs, "", 0, NULL, &error), 0);
    assert_string_equal(log_of(ifs, 0),
                        AT "@0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR udp len 20 28 IN\n");
    ipf_log_clear(ifs);
    assert_string_equal(log_of(ifs, 0), "");
    ipf_destroy(ifs);
}

static void a_line_is_cut_to_its_buffer_and_its_length_told(void **state)
{
    char text[11];
    (void)state;
    ipf_stack_t *ifs = filter_with("block in log all");
    check(ifs, false, &(packet_t){.proto = 17});
    const iplog_t *record = ifs->ifs_log.ipl_records[0];
    assert_int_equal(ipmon_format(record, 0, text, sizeof(text)), strlen(log_of(ifs, 0)) - 1);
    assert_string_equal(text, "16/06/2009");
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packet_is_a_line),
        cmocka_unit_test(an_icmp_error_says_what_it_is_about),
        cmocka_unit_test(options_change_the_line),
        cmocka_unit_test(a_line_has_the_time_of_its_packet),
        cmocka_unit_test(of_a_body_128_bytes_are_kept_and_only_where_the_rule_says_so),
        cmocka_unit_test(first_logs_the_packet_that_begins_a_connection_and_no_later_one),
        cmocka_unit_test(without_keep_state_each_packet_is_a_first_one),
        cmocka_unit_test(what_cannot_be_logged_is_counted_and_blocked_by_or_block),
        cmocka_unit_test(what_no_rule_logs_is_logged_where_that_is_asked_for),
        cmocka_unit_test(what_is_no_packet_is_not_logged),
        cmocka_unit_test(first_logs_the_first_fragment_of_a_datagram),
        cmocka_unit_test(a_dump_ends_with_its_last_byte),
        cmocka_unit_test(a_known_connection_is_logged_under_its_rule),
        cmocka_unit_test(a_known_datagram_is_logged_under_its_rule),
        cmocka_unit_test(a_low_ttl_is_told_and_only_inbound),
        cmocka_unit_test(a_log_outlives_its_rules),
        cmocka_unit_test(a_line_is_cut_to_its_buffer_and_its_length_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
