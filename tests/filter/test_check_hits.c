/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What `check` says of random rules holds for random packets: no packet hits a rule that is said to
 * be covered, and none is decided by one that is said never to decide.
 */
#include "filter/fr_covers.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/findings.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static uint32_t seed = 1;

static uint32_t chance(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void random_rule(char *text, size_t size, const char *action, const char *quick)
{
    static const char *const protos[] = {"", "proto tcp ", "proto udp ", "proto tcp/udp "};
    static const char *const hosts[] = {"any", "127.0.0.0/30", "127.0.0.1", "!127.0.0.1",
                                        "!10.0.0.0/8"};
    static const char *const ports[] = {"",          " port = 2", " port != 2",   " port < 3",
                                        " port > 1", " port 1:3", " port 1 >< 3", " port 1 <> 3"};
    static const char *const flags[] = {"", " flags S", " flags S/SA", " flags A/A"};
    static const char *const withs[] = {"", "", "", " with frag", " with not frag"};
    uint32_t proto = chance(4);
    snprintf(text, size, "%s in %s%s%sfrom %s%s to %s%s%s%s\n", action, quick,
             chance(2) == 0 ? "inet " : "", protos[proto], hosts[chance(5)], ports[chance(8)],
             hosts[chance(5)], ports[chance(8)], proto == 1 ? flags[chance(4)] : "",
             withs[chance(5)]);
}

static mblk_t *random_packet(void)
{
    static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "10.0.0.1", "9.9.9.9"};
    static const char *const flags[] = {"S", "A", "SA", "F"};
    static const int protos[] = {0, 17, 1};
    return packet_make(&(packet_t){.proto = protos[chance(3)],
                                   .src = addresses[chance(4)],
                                   .dst = addresses[chance(4)],
                                   .sport = (int)chance(4) + 1,
                                   .dport = (int)chance(4) + 1,
                                   .flags = flags[chance(4)],
                                   .payload = 8,
                                   .frag = chance(3) == 0 ? (int)chance(2) | 0x2000 : 0});
}

static void no_packet_hits_a_rule_that_is_said_to_be_covered(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    size_t covered = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char rules[600];
        ipf_error_t error;
        random_rule(rules, sizeof(rules), "block", "quick ");
        size_t length = strlen(rules);
        random_rule(rules + length, sizeof(rules) - length, "pass", "");
        bool said = strstr(findings_in(rules, false), "can never match") != NULL;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        const frentry_t *first = ifs->ifs_rules.frs_list[0].frl_head;
        assert_true(said || !fr_covers(first, first->fr_next));
        if (!said) {
            ipf_destroy(ifs);
            continue;
        }
        covered++;
        for (int i = 0; i < 300; i++) {
            mblk_t *m = random_packet();
            fr_verdict(ifs, &qpi, false, m);
            freemsg(m);
        }
        if (first->fr_next->fr_hits != 0)
            fail_msg("the second rule is hit:\n%s", rules);
        ipf_destroy(ifs);
    }
    assert_true(covered > 50);
    assert_int_equal(mblk_in_use(), 0);
}

static void no_packet_is_decided_by_a_rule_that_is_said_never_to_decide(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    size_t overridden = 0;
    (void)state;
    for (int round = 0; round < 20000; round++) {
        char rules[600];
        ipf_error_t error;
        random_rule(rules, sizeof(rules), "block", "");
        size_t length = strlen(rules);
        random_rule(rules + length, sizeof(rules) - length, "pass", chance(2) == 0 ? "quick " : "");
        if (strstr(findings_in(rules, false), "never decides") == NULL)
            continue;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rules, strlen(rules), 0, &error), 0);
        overridden++;
        for (int i = 0; i < 300; i++) {
            mblk_t *m = random_packet();
            if (strcmp(fr_verdict(ifs, &qpi, false, m), "block") == 0)
                fail_msg("the first rule decides:\n%s", rules);
            freemsg(m);
        }
        ipf_destroy(ifs);
    }
    assert_true(overridden > 50);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_packet_hits_a_rule_that_is_said_to_be_covered),
        cmocka_unit_test(no_packet_is_decided_by_a_rule_that_is_said_never_to_decide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
