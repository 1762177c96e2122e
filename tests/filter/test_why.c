/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Why a rule does not match: the first thing that it asks for and a packet does not have.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/fr_why.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char said[1000];

static int asking; /* whoever asks */

static void note(void *arg, const fr_asked_t *asked)
{
    assert_ptr_equal(arg, &asking);
    static const char *const names[] = {[FR_MISS_NOTHING] = "matches",
                                        [FR_MISS_SKIPPED] = "skipped",
                                        [FR_MISS_INTERFACE] = "interface",
                                        [FR_MISS_FAMILY] = "family",
                                        [FR_MISS_PROTOCOL] = "protocol",
                                        [FR_MISS_SOURCE] = "source",
                                        [FR_MISS_DESTINATION] = "dest",
                                        [FR_MISS_PORTS] = "ports",
                                        [FR_MISS_SOURCE_PORT] = "sport",
                                        [FR_MISS_DESTINATION_PORT] = "dport",
                                        [FR_MISS_FLAGS] = "flags",
                                        [FR_MISS_ICMP] = "icmp",
                                        [FR_MISS_WITH] = "with",
                                        [FR_MISS_TOS] = "tos",
                                        [FR_MISS_TTL] = "ttl",
                                        [FR_MISS_TAG] = "tag",
                                        [FR_MISS_WINDOW] = "window"};
    char text[60];
    snprintf(text, sizeof(text), "%s%d.%u %s", said[0] != '\0' ? ", " : "", asked->number,
             asked->depth, names[asked->miss]);
    strcat(said, text);
}

static const char *why(const char *rules, bool out, uint32_t flags, const packet_t *packet)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = flags};
    static const ipf_build_t solaris = {.ifb_oow_is_passed_over = true};
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%s: %d:%d: %s", rules, error.line, error.column, error.message);
    ipf_set_build(ifs, &solaris);
    fr_why(ifs, note, &asking);
    said[0] = '\0';
    mblk_t *m = packet_make(packet);
    fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    ipf_destroy(ifs);
    return said;
}

static const packet_t syn = {.src = "10.0.0.1", .dst = "10.0.0.2"};
static const packet_t udp = {.proto = 17};
static const packet_t ping = {.proto = 1, .icmp = 8 << 8};
static const packet_t later = {.frag = 5, .payload = 20};

static void the_first_thing_that_is_missing_is_told(void **state)
{
    static const struct {
        const char *rules;
        const packet_t *packet;
        const char *why;
    } rows[] = {
        {"pass in all", &syn, "1.1 matches"},
        {"pass in on bge0 all", &syn, "1.1 interface"},
        {"pass in on bge0 proto udp all", &syn, "1.1 interface"},
        {"pass in inet6 all", &syn, "1.1 family"},
        {"pass in inet6 proto udp from fe80::1 to any", &syn, "1.1 family"},
        {"pass in inet proto udp all", &syn, "1.1 protocol"},
        {"pass in proto udp from 1.1.1.1 to any", &syn, "1.1 protocol"},
        {"pass in proto udp from any to any port = 22", &syn, "1.1 protocol"},
        {"pass in tos 4 all", &syn, "1.1 tos"},
        {"pass in tos 4 ttl 3 all", &syn, "1.1 tos"},
        {"pass in ttl 3 all", &syn, "1.1 ttl"},
        {"pass in ttl 64 all with short", &syn, "1.1 with"},
        {"pass in tos 0 ttl 64 proto tcp all with frag", &syn, "1.1 with"},
        {"pass in proto tcp/udp all", &ping, "1.1 with"},
        {"pass in from 10.0.0.9 to any", &syn, "1.1 source"},
        {"pass in from !10.0.0.1 to 10.9.9.9", &syn, "1.1 source"},
        {"pass in from any to 10.0.0.9", &syn, "1.1 dest"},
        {"pass in from 10.0.0.1 to !10.0.0.2", &syn, "1.1 dest"},
        {"pass in proto tcp from any port = 1 to any port = 2", &syn, "1.1 sport"},
        {"pass in proto tcp from any port = 33001 to any port = 2", &syn, "1.1 dport"},
        {"pass in proto tcp from any to any port = 2", &syn, "1.1 dport"},
        {"pass in proto tcp from any to any port = 22 flags A/A", &syn, "1.1 flags"},
        {"pass in proto tcp all flags /S", &syn, "1.1 flags"},
        {"pass in proto tcp from any to any port = 22", &later, "1.1 ports"},
        {"pass in proto tcp from any port = 22 to any", &later, "1.1 ports"},
        {"pass in proto tcp all flags S", &later, "1.1 ports"},
        {"pass in proto tcp all flags /S", &later, "1.1 ports"},
        {"pass in proto icmp all icmp-type unreach", &ping, "1.1 icmp"},
        {"pass in proto icmp all icmp-type echo code 3", &ping, "1.1 icmp"},
        {"pass in all match-tag(nat=x)", &syn, "1.1 tag"},
        {"pass in proto udp all\npass in all\nblock in from 1.1.1.1 to any", &syn,
         "1.1 protocol, 2.1 matches, 3.1 source"},
        {"pass in quick all\nblock in all", &syn, "1.1 matches"},
        {"skip 2 in proto tcp all\npass in all\npass in proto udp all\nblock in all", &syn,
         "1.1 matches, 2.1 skipped, 3.1 skipped, 4.1 matches"},
        {"skip 1 in proto udp all\npass in all\nblock in all", &syn,
         "1.1 protocol, 2.1 matches, 3.1 matches"},
        {"pass in all head a\npass in proto udp all group a\npass in all head b group a\n"
         "pass in ttl 1 all group b\nblock in all",
         &syn, "1.1 matches, 1.2 protocol, 2.2 matches, 1.3 ttl, 2.1 matches"},
        {"pass in all head a\npass in quick all group a\nblock in all", &syn,
         "1.1 matches, 1.2 matches"},
        {"pass in proto udp all", &udp, "1.1 matches"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *got = why(rows[i].rules, false, 0, rows[i].packet);
        if (strcmp(got, rows[i].why) != 0)
            fail_msg("%s: %s, not %s", rows[i].rules, got, rows[i].why);
    }
}

/* Outgoing packets have no tag to ask for; a segment outside its window begins no connection. */
static void tags_are_asked_of_what_comes_in_and_windows_by_keep_state(void **state)
{
    (void)state;
    assert_string_equal(why("pass out all set-tag(nat=x)", true, 0, &syn), "1.1 matches");
    assert_string_equal(why("pass in all keep state\npass in all", false, FI_OOW, &syn),
                        "1.1 window, 2.1 matches");
}

static void nothing_is_told_once_nobody_asks(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load(ifs, "pass in all", 11, NULL, NULL), 0);
    fr_why(ifs, note, NULL);
    fr_why(ifs, NULL, NULL);
    said[0] = '\0';
    mblk_t *m = packet_make(&syn);
    assert_string_equal(fr_verdict(ifs, &qpi, false, m), "pass");
    assert_string_equal(said, "");
    freemsg(m);
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_thing_that_is_missing_is_told),
        cmocka_unit_test(tags_are_asked_of_what_comes_in_and_windows_by_keep_state),
        cmocka_unit_test(nothing_is_told_once_nobody_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
