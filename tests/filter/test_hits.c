/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule's own counters: each match counts, also where another rule decides.
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_match_counts_for_its_rule_with_its_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
