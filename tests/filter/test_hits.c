/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's own counters: each match counts, even if another rule decides.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UDP 17

static void each_match_counts_for_its_rule_with_its_bytes(void **state)
{
    static const char rules[] = "pass in all\n"
                                "block return-rst in proto tcp all\n"
                                "pass in quick proto udp all\n"
                                "pass in proto udp all\n";
    static const struct {
        uint64_t hits, bytes;
    } expected[] = {{3, 40 + 44 + 28}, {2, 40 + 44}, {1, 28}, {0, 0}};
    static const packet_t packets[] = {{0}, {.payload = 4}, {.proto = UDP}};
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        mblk_t *mp = packet_make(&packets[i]);
        fr_check(ifs, &qpi, false, &mp);
        freemsg(mp);
    }
    const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head;
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++, fr = fr->fr_next) {
        assert_int_equal(fr->fr_hits, expected[i].hits);
        assert_int_equal(fr->fr_bytes, expected[i].bytes);
    }
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

/* In a host, what the fragment table serves is a hit of its rule, with its bytes. */
static void fragments_count_for_the_rule_that_keeps_them(void **state)
{
    static const char rules[] = "pass out quick proto udp all with not frag-body keep frags\n";
    static const packet_t packets[] = {{.proto = UDP, .payload = 16, .frag = 0x2000},
                                       {.proto = UDP, .payload = 16, .frag = 0x2003},
                                       {.proto = UDP, .payload = 8, .frag = 0x2006}};
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    ipf_set_build(ifs, &(ipf_build_t){.ifb_state_is_hit = true});
    for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
        mblk_t *mp = packet_make(&packets[i]);
        assert_int_equal(fr_check(ifs, &qpi, true, &mp), 0);
        freemsg(mp);
    }
    const frentry_t *fr = ifs->ifs_rules.frs_list[1].frl_head;
    assert_int_equal(fr->fr_hits, 3);
    assert_int_equal(fr->fr_bytes, 44 + 44 + 36);
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_match_counts_for_its_rule_with_its_bytes),
        cmocka_unit_test(fragments_count_for_the_rule_that_keeps_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
