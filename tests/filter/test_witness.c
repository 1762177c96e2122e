/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The packets that witness something, byte for byte. The sums were computed by another program.
 */
#include "filter/fr_witness.h"
#include "tests/filter/packet.h"

#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void a_witness_is_a_packet_with_correct_sums(void **state)
{
    static const struct {
        fr_witness_t witness;
        const char *hex;
    } rows[] = {
        {{.version = 4,
          .proto = IPPROTO_TCP,
          .src = {{0x0a000001}},
          .dst = {{0xc0a80102}},
          .sport = 40000,
          .dport = 22,
          .seq = 0x01020304,
          .ack = 0x05060708},
         "45000028 00014000 40066f24 0a000001 c0a80102 9c400016 01020304 05060708 5002c000 "
         "77cc0000"},
        {{.version = 4,
          .proto = IPPROTO_TCP,
          .src = {{0x0a000001}},
          .dst = {{0xc0a80102}},
          .sport = 1,
          .dport = 65535,
          .flags = 0x14},
         "45000028 00014000 40066f24 0a000001 c0a80102 0001ffff 00000000 00000000 5014c000 "
         "24240000"},
        {{.version = 4,
          .proto = IPPROTO_UDP,
          .src = {{0x7f000001}},
          .dst = {{0x7f000001}},
          .sport = 40000,
          .dport = 53},
         "4500001c 00014000 40113cce 7f000001 7f000001 9c400035 00086566"},
        {{.version = 6,
          .proto = IPPROTO_TCP,
          .src = {{0x20010db8, 1, 2, 3}},
          .dst = {{0xfe800000, 0x10, 0x20, 0x30}},
          .sport = 40000,
          .dport = 22,
          .flags = 0x02,
          .seq = 1},
         "60000000 0014063c 20010db8 00000001 00000002 00000003 fe800000 00000010 00000020 "
         "00000030 9c400016 00000001 00000000 5002c000 26eb0000"},
        {{.version = 6,
          .proto = IPPROTO_UDP,
          .src = {{0, 0, 0, 1}},
          .dst = {{0, 0, 0, 1}},
          .sport = 40000,
          .dport = 53},
         "60000000 0008113c 00000000 00000000 00000000 00000001 00000000 00000000 00000000 "
         "00000001 9c400035 00086367"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mblk_t *m = fr_witness_packet(&rows[i].witness);
        assert_non_null(m);
        assert_string_equal(packet_hex(m->b_rptr, msgdsize(m)), rows[i].hex);
        freemsg(m);
    }
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_witness_is_a_packet_with_correct_sums)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
