/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A log line says what can be read of the bytes that were kept, and no more: each row is a packet,
 * how many of its bytes the record has, and what follows the rule in its line.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "filter/ipmon.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char text[4096];

static void add_line(void *arg, const char *line)
{
    (void)arg;
    strcat(strcat(text, line), "\n");
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

/* Logs a packet, leaves `kept` bytes of it in the record, and prints that. */
static const char *log_of(const char *rules, const char *hex, size_t kept, unsigned how)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    mblk_t *m = from_hex(hex);
    fr_check(ifs, &qpi, false, &m);
    freemsg(m);
    assert_int_equal(ifs->ifs_log.ipl_used, 1);
    iplog_t *r = ifs->ifs_log.ipl_records[0];
    assert_in_range(kept, 0, r->fl_length);
    memset(r->fl_bytes + kept, 0xee, r->fl_length - kept);
    r->fl_length = kept;
    text[0] = '\0';
    ipmon_lines(ifs, how, add_line, NULL);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
    return text;
}

/* What follows the rule's number. */
static const char *after_rule(const char *line)
{
    const char *rule = strstr(line, "@0:1 ");
    assert_non_null(rule);
    return rule + strlen("@0:1 ");
}

#define TCP4                                                                                       \
    "45000030 00070000 40060000 0a000001 0a000002 80e90016 00000007 00000009 50101234 00000000"    \
    "61626364 65666768"
#define ENDS4             "0a000001 0a000002"
#define ICMP4(type, code) "4500003c 00000000 40010000 " ENDS4 #type #code "0000 00000000"
#define QUOTED            "4500001f 00050000 40110000 0a000002 0a000003 80e90016 000b0000 00000000"
#define QUOTED24          "4600001f 00050000 40110000 0a000002 0a000003 01010101 80e90016 000b0000"
#define ENDS6             "00000000000000000000000000000001 00000000000000000000000000000002"
#define ICMP6(type)       "60000000 00343a40 " ENDS6 #type "040000 00000000"
#define AFTER6            "00000000000000000000000000000002 00000000000000000000000000000003"
#define QUOTED6           "60000000 00081140 " AFTER6 "80e90016 00080000"

#define FROM4    "p 10.0.0.1 -> 10.0.0.2 PR icmp len 20 60 icmp "
#define FROM6    "p ::1 -> ::2 PR icmpv6 len 40 92 icmpv6 "
#define ABOUT4   " for 10.0.0.2,33001 - 10.0.0.3,22 PR udp len 20 31"
#define NOPORTS4 " for 10.0.0.2,0 - 10.0.0.3,0 PR udp len 20 31"
#define ABOUT6   " for ::2,33001 - ::3,22 PR udp len 40 48"
#define NOPORTS6 " for ::2,0 - ::3,0 PR udp len 40 48"

static void a_line_says_what_can_be_read_of_the_bytes_that_were_kept(void **state)
{
    static const struct {
        const char *hex;
        size_t kept;
        unsigned how;
        const char *line;
    } rows[] = {
        /* with -v the numbers of a segment: 16 bytes of its header */
        {TCP4, 35, IPMON_VERBOSE, "p 10.0.0.1,33001 -> 10.0.0.2,22 PR tcp len 20 48 -A IN\n"},
        {TCP4, 36, IPMON_VERBOSE,
         "p 10.0.0.1,33001 -> 10.0.0.2,22 PR tcp len 20 48 -A 7 9 4660 IN\n"},
        {TCP4, 36, 0, "p 10.0.0.1,33001 -> 10.0.0.2,22 PR tcp len 20 48 -A IN\n"},
        /* of what an error quotes: its IP header, and 4 bytes for the ports */
        {ICMP4(03, 03) QUOTED, 28, 0, FROM4 "unreach/port IN\n"},
        {ICMP4(03, 03) QUOTED, 47, 0, FROM4 "unreach/port IN\n"},
        {ICMP4(03, 03) QUOTED, 48, 0, FROM4 "unreach/port" NOPORTS4 " IN\n"},
        {ICMP4(03, 03) QUOTED, 51, 0, FROM4 "unreach/port" NOPORTS4 " IN\n"},
        {ICMP4(03, 03) QUOTED, 52, 0, FROM4 "unreach/port" ABOUT4 " IN\n"},
        {ICMP4(03, 03) QUOTED24, 55, 0,
         FROM4 "unreach/port for 10.0.0.2,0 - 10.0.0.3,0 PR udp len 24 31 IN\n"},
        {ICMP4(03, 03) QUOTED24, 56, 0,
         FROM4 "unreach/port for 10.0.0.2,33001 - 10.0.0.3,22 PR udp len 24 31 IN\n"},
        {ICMP6(01) QUOTED6, 87, 0, FROM6 "unreach/4 IN\n"},
        {ICMP6(01) QUOTED6, 88, 0, FROM6 "unreach/4" NOPORTS6 " IN\n"},
        {ICMP6(01) QUOTED6, 91, 0, FROM6 "unreach/4" NOPORTS6 " IN\n"},
        {ICMP6(01) QUOTED6, 92, 0, FROM6 "unreach/4" ABOUT6 " IN\n"},
        /* what is quoted must be of the same family */
        {ICMP4(03, 03) "65000000 00050000 40110000 0a000002 0a000003 80e90016 00000000 00000000",
         60, 0, FROM4 "unreach/port IN\n"},
        /* each type that quotes a packet, and those around it */
        {ICMP4(00, 00) QUOTED, 56, 0, FROM4 "echorep/0 IN\n"},
        {ICMP4(04, 00) QUOTED, 56, 0, FROM4 "squench/0" ABOUT4 " IN\n"},
        {ICMP4(05, 01) QUOTED, 56, 0, FROM4 "redir/1" ABOUT4 " IN\n"},
        {ICMP4(06, 00) QUOTED, 56, 0, FROM4 "6/0 IN\n"},
        {ICMP4(0a, 00) QUOTED, 56, 0, FROM4 "routersol/0 IN\n"},
        {ICMP4(0b, 01) QUOTED, 56, 0, FROM4 "timex/1" ABOUT4 " IN\n"},
        {ICMP4(0c, 00) QUOTED, 56, 0, FROM4 "paramprob/0" ABOUT4 " IN\n"},
        {ICMP4(0d, 00) QUOTED, 56, 0, FROM4 "timest/0 IN\n"},
        {ICMP6(00) QUOTED6, 92, 0, FROM6 "0/4 IN\n"},
        {ICMP6(02) QUOTED6, 92, 0, FROM6 "toobig/4" ABOUT6 " IN\n"},
        {ICMP6(03) QUOTED6, 92, 0, FROM6 "timex/4" ABOUT6 " IN\n"},
        {ICMP6(04) QUOTED6, 92, 0, FROM6 "paramprob/4" ABOUT6 " IN\n"},
        {ICMP6(05) QUOTED6, 92, 0, FROM6 "5/4 IN\n"},
        /* each code of unreach that has a name, and the first that has none */
        {ICMP4(03, 00) QUOTED, 28, 0, FROM4 "unreach/net IN\n"},
        {ICMP4(03, 01) QUOTED, 28, 0, FROM4 "unreach/host IN\n"},
        {ICMP4(03, 02) QUOTED, 28, 0, FROM4 "unreach/protocol IN\n"},
        {ICMP4(03, 0d) QUOTED, 28, 0, FROM4 "unreach/filter_prohib IN\n"},
        {ICMP4(03, 0f) QUOTED, 28, 0, FROM4 "unreach/preced_cutoff IN\n"},
        {ICMP4(03, 10) QUOTED, 28, 0, FROM4 "unreach/16 IN\n"},
    };
    int wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *line =
            after_rule(log_of("pass in log body all", rows[i].hex, rows[i].kept, rows[i].how));
        if (strcmp(line, rows[i].line) != 0) {
            print_error("%zu bytes of %s:\n%snot %s", rows[i].kept, rows[i].hex, line,
                        rows[i].line);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* With -n the loopback addresses are `localhost`, and no other. */
static void names_are_told_where_that_is_asked_for(void **state)
{
    static const struct {
        const char *ends, *line;
    } rows[] = {
        {"00000000000000000000000000000001 00000000000000000000000000000002",
         "p localhost,40000 -> ::2,domain "},
        {"00000000000000000000000000000002 00000000000000000000000000000001",
         "p ::2,40000 -> localhost,domain "},
        {"20010db8000000000000000000000001 00000000000000010000000000000001",
         "p 2001:db8::1,40000 -> ::1:0:0:0:1,domain "},
        {"fe800000000000000000000000000001 00000000000000000000000100000001",
         "p fe80::1,40000 -> ::1:0:1,domain "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char hex[300];
        snprintf(hex, sizeof(hex), "60000000 00081140 %s 9c400035 00080000", rows[i].ends);
        const char *line = after_rule(log_of("pass in log all", hex, 48, IPMON_NAMES));
        if (strncmp(line, rows[i].line, strlen(rows[i].line)) != 0)
            fail_msg("%s", line);
    }
}

/* What an error quotes is told as a packet is: a fragment has its place, a query no ports. */
static void a_quoted_packet_is_told_as_any_other(void **state)
{
    static const struct {
        const char *quoted, *line;
    } rows[] = {
        {"45000054 00050002 40060000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR tcp len 20 (84) (frag 5:64@16)"},
        {"45000054 00056002 40060000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR tcp len 20 (84) (frag 5:64@16+-)"},
        {"45000054 0005ffff 40060000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR tcp len 20 (84) (frag 5:64@65528+-)"},
        {"45000054 00050001 40010000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR icmp len 20 (84) (frag 5:64@8)"},
        {"45000054 00050000 40010000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR icmp len 20 84"},
        {"45000054 00050000 402f0000 7f000001 7f000002 08000000 00000000",
         " for 127.0.0.1 - 127.0.0.2 PR gre len 20 (84)"},
        {"45000054 00050000 40060000 01020304 7f000002 00010002 00000000",
         " for 1.2.3.4,1 - 127.0.0.2,2 PR tcp len 20 84"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char hex[400], want[300];
        snprintf(hex, sizeof(hex), "%s %s 00000000", ICMP4(0b, 00), rows[i].quoted);
        const char *line = strstr(log_of("pass in log body all", hex, 56, 0), " for ");
        assert_non_null(line);
        snprintf(want, sizeof(want), "%s IN", rows[i].line);
        assert_int_equal(strncmp(line, want, strlen(want)), 0);
    }
}

/* `level`: each priority, and each facility from the lowest number to the highest. */
static void a_rules_level_is_that_of_its_line(void **state)
{
    static const char *const facilities[] = {
        "kern",   "user",   "mail",   "daemon",   "auth",   "syslog",   "lpr",    "news",
        "uucp",   "cron",   "ftp",    "authpriv", "audit",  "logalert", "local0", "local1",
        "local2", "local3", "local4", "local5",   "local6", "local7"};
    static const char *const levels[] = {"emerg", "alert",  "crit", "err",
                                         "warn",  "notice", "info", "debug"};
    (void)state;
    for (size_t f = 0; f < sizeof(facilities) / sizeof(facilities[0]); f++) {
        for (size_t l = 0; l < sizeof(levels) / sizeof(levels[0]); l++) {
            char rules[100], want[60];
            snprintf(rules, sizeof(rules), "pass in log level %s.%s all", facilities[f], levels[l]);
            /* the lowest facility is none: a number below 8 is a priority alone */
            snprintf(want, sizeof(want), "%s.%s%s ", f == 0 ? "local0" : facilities[f], levels[l],
                     l == 4 ? "ing" : "");
            const char *line = log_of(rules, TCP4, 40, IPMON_SYSLOG);
            if (strncmp(line, want, strlen(want)) != 0)
                fail_msg("%s: %s", rules, line);
        }
    }
}

static void bytes_are_printed_sixteen_to_a_line_with_those_that_can_be_read(void **state)
{
    static const char packet[] =
        "45000040 00070000 40110000 0a000001 0a000002 80e90016 002c0000"
        "1f207e7f 80ff4142 43444546 4748494a 4b4c4d4e 4f505152 53545556 5758595a 5b";
    static const struct {
        size_t kept;
        const char *lines;
    } rows[] = {
        {28, ""},
        {29, "1f                                                     .\n"},
        {43, "1f 20 7e 7f 80 ff 41 42 43 44 45 46 47 48 49           . ~...ABCDEFGHI\n"},
        {44, "1f 20 7e 7f 80 ff 41 42 43 44 45 46 47 48 49 4a        . ~...ABCDEFGHIJ\n"},
        {45, "1f 20 7e 7f 80 ff 41 42 43 44 45 46 47 48 49 4a        . ~...ABCDEFGHIJ\n"
             "4b                                                     K\n"},
        {61, "1f 20 7e 7f 80 ff 41 42 43 44 45 46 47 48 49 4a        . ~...ABCDEFGHIJ\n"
             "4b 4c 4d 4e 4f 50 51 52 53 54 55 56 57 58 59 5a        KLMNOPQRSTUVWXYZ\n"
             "5b                                                     [\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *log = log_of("pass in log body all", packet, rows[i].kept, IPMON_BODY);
        assert_string_equal(strchr(log, '\n') + 1, rows[i].lines);
    }
}

/* The body comes after the transport header; after the IP header where that is all there is. */
static void a_body_begins_after_the_headers_that_can_be_read(void **state)
{
    static const struct {
        const char *hex;
        size_t kept;
        const char *body;
    } rows[] = {
        {TCP4, 48, "61 62 63 64 65 66 67 68                                abcdefgh\n"},
        {TCP4, 40, ""},
        {TCP4, 39, ""},
        /* its length is in the 13th byte; without that it is taken to be 8 */
        {TCP4, 33, ""},
        {TCP4, 32, "00 00 00 09                                            ....\n"},
        {"45000024 00070001 40060000 " ENDS4 "61626364 65666768 696a6b6c 6d6e6f70", 36,
         "61 62 63 64 65 66 67 68 69 6a 6b 6c 6d 6e 6f 70        abcdefghijklmnop\n"},
        {"45000024 00070000 402f0000 " ENDS4 "61626364 65666768 696a6b6c 6d6e6f70", 36,
         "69 6a 6b 6c 6d 6e 6f 70                                ijklmnop\n"},
        {"45000024 00070000 402f0000 " ENDS4 "61626364 65666768 696a6b6c 6d6e6f70", 27, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *log = log_of("pass in log body all", rows[i].hex, rows[i].kept, IPMON_BODY);
        assert_string_equal(strchr(log, '\n') + 1, rows[i].body);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_says_what_can_be_read_of_the_bytes_that_were_kept),
        cmocka_unit_test(names_are_told_where_that_is_asked_for),
        cmocka_unit_test(a_quoted_packet_is_told_as_any_other),
        cmocka_unit_test(a_rules_level_is_that_of_its_line),
        cmocka_unit_test(bytes_are_printed_sixteen_to_a_line_with_those_that_can_be_read),
        cmocka_unit_test(a_body_begins_after_the_headers_that_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
