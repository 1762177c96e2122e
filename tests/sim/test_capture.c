/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Captures of a box: which packets, after which header, with which comments.
 */
#include "sim/core/box.h"
#include "sim/view/capture.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULE "block return-rst in on lo0 proto tcp from any to any port = 22\n"

#define BLOCK_PACKET 6
#define OPT_COMMENT  1
#define OPT_FLAGS    2

/* A capture that was read: its packets, as far as a test asks. */
typedef struct capture_read {
    char *bytes;
    size_t length;
    size_t packets, interfaces;
    char comments[4096]; /* of all packets, a line each */
    uint8_t first[128];  /* the first packet, with its header */
    size_t first_length;
    unsigned first_flags;
    char names[100]; /* of the interfaces, a blank after each */
} capture_read_t;

static uint32_t get_le32(const char *at)
{
    const uint8_t *b = (const uint8_t *)at;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static void append(char *to, size_t size, const char *from, size_t length, char end)
{
    size_t used = strlen(to);
    assert_true(used + length + 2 < size);
    memcpy(to + used, from, length);
    to[used + length] = end;
    to[used + length + 1] = '\0';
}

static void read_options(capture_read_t *got, const char *at, const char *end, uint32_t block)
{
    while (at < end) {
        uint32_t word = get_le32(at);
        unsigned code = word & 0xffff, length = word >> 16;
        if (block == BLOCK_PACKET && code == OPT_COMMENT)
            append(got->comments, sizeof(got->comments), at + 4, length, '\n');
        if (block == BLOCK_PACKET && code == OPT_FLAGS && got->packets == 1)
            got->first_flags = get_le32(at + 4);
        if (block == 1 && code == 2)
            append(got->names, sizeof(got->names), at + 4, length, ' ');
        at += 4 + (length + 3) / 4 * 4;
    }
    assert_ptr_equal(at, end);
}

static void read_block(capture_read_t *got, const char *block, uint32_t length)
{
    const char *end = block + length - 4;
    if (get_le32(block) == 1) {
        got->interfaces++;
        read_options(got, block + 16, end, 1);
    }
    if (get_le32(block) != BLOCK_PACKET)
        return;
    uint32_t size = get_le32(block + 20);
    if (got->packets++ == 0) {
        assert_true(size <= sizeof(got->first));
        memcpy(got->first, block + 28, size);
        got->first_length = size;
    }
    read_options(got, block + 28 + (size + 3) / 4 * 4, end, BLOCK_PACKET);
}

static void read_all(capture_read_t *got)
{
    for (size_t at = 0; at < got->length;) {
        uint32_t length = get_le32(got->bytes + at + 4);
        assert_true(length >= 12 && length % 4 == 0 && at + length <= got->length);
        assert_int_equal(get_le32(got->bytes + at + length - 4), length);
        read_block(got, got->bytes + at, length);
        at += length;
    }
}

/* What a test captures. */
typedef struct taken {
    const char *rules, *address;
    capture_options_t options;
    ipf_reply_mode_t mode;
} taken_t;

/* Connects to port 22 of an address and reads the capture; the caller frees got->bytes. */
static const char *take(const taken_t *taken, capture_read_t *got)
{
    ipf_error_t error;
    in6_addr_t address;
    *got = (capture_read_t){0};
    box_t *box = box_create(1, NULL, 0);
    FILE *out = open_memstream(&got->bytes, &got->length);
    assert_non_null(box);
    assert_non_null(out);
    box_set_reply_mode(box, taken->mode);
    if (taken->rules != NULL)
        assert_int_equal(box_filter(box, taken->rules, strlen(taken->rules), true, &error), 0);
    capture_t *capture = capture_begin(box, &taken->options, "", out);
    assert_true(ip_address_parse(taken->address, &address));
    box_connect(box, &address, 22, false);
    const char *fault = capture_fault(capture);
    capture_end(capture, box_now(box));
    fclose(out);
    box_destroy(box);
    read_all(got);
    return fault;
}

static void each_link_type_has_its_header(void **state)
{
#define IPNET(family, length, index)                                                               \
    {                                                                                              \
        1, family, 0, 2, 0, 0, 0, length, 0, 0, 0, index, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0       \
    }
    static const struct {
        const char *address;
        capture_linktype_t linktype;
        size_t length;
        uint8_t header[24];
    } rows[] = {
        {"127.0.0.1", CAPTURE_NULL, 4, {2, 0, 0, 0}},
        {"::1", CAPTURE_NULL, 4, {30, 0, 0, 0}},
        {"127.0.0.1", CAPTURE_RAW, 0, {0}},
        {"::1", CAPTURE_RAW, 0, {0}},
        {"127.0.0.1", CAPTURE_IPNET, 24, IPNET(2, 64, 1)},
        {"::1", CAPTURE_IPNET, 24, IPNET(26, 84, 1)},
        {"192.168.1.5", CAPTURE_IPNET, 24, IPNET(2, 64, 2)},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        capture_read_t got;
        take(&(taken_t){.address = rows[i].address, .options.linktype = rows[i].linktype}, &got);
        assert_int_equal(got.packets, 2); /* the SYN, and the RST of nobody's */
        assert_memory_equal(got.first, rows[i].header, rows[i].length);
        bool v6 = strchr(rows[i].address, ':') != NULL;
        assert_int_equal(got.first[rows[i].length] >> 4, v6 ? 6 : 4);
        assert_int_equal(got.first_length, rows[i].length + (v6 ? 84 : 64));
        free(got.bytes);
    }
}

static void each_tap_sees_what_is_there(void **state)
{
    static const struct {
        tap_t tap;
        size_t packets;
        unsigned direction, tcp_flags;
    } rows[] = {
        {TAP_SNOOP, 1, 1, 0x14},
        {TAP_LOOPBACK_OUT_BEFORE, 1, 2, 0x02},
        {TAP_LOOPBACK_OUT_AFTER, 1, 2, 0x02},
        {TAP_LOOPBACK_IN_BEFORE, 1, 1, 0x02},
        {TAP_LOOPBACK_IN_AFTER, 1, 1, 0x14},
        {TAP_PHYSICAL_IN_BEFORE, 0, 0, 0},
        {TAP_PHYSICAL_OUT_AFTER, 0, 0, 0},
        {TAP_WIRE, 0, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        capture_read_t got;
        taken_t taken = {RULE, "127.0.0.1", {rows[i].tap, CAPTURE_RAW, false}, IPF_REPLY_REWRITE};
        assert_null(take(&taken, &got));
        assert_int_equal(got.packets, rows[i].packets);
        assert_int_equal(got.first_flags, rows[i].direction);
        assert_int_equal(got.first_length > 33 ? got.first[33] : 0, rows[i].tcp_flags);
        free(got.bytes);
    }
}

#define BLOCKED                                                                                    \
    "LOOPBACK_IN: blocked by @0:1 block return-rst in on lo0 proto tcp from any to any port = "    \
    "22\n"

static void comments_say_what_the_filter_did(void **state)
{
    static const struct {
        const char *rules;
        tap_t tap;
        ipf_reply_mode_t mode;
        size_t packets;
        const char *comments; /* of the first packet, and the same of those like it */
    } rows[] = {
        {NULL, TAP_SNOOP, IPF_REPLY_REWRITE, 2, ""},
        {"pass in on lo0 proto udp all\n", TAP_SNOOP, IPF_REPLY_REWRITE, 2, ""},
        {RULE, TAP_SNOOP, IPF_REPLY_REWRITE, 1,
         BLOCKED "LOOPBACK_IN: fr_make_rst: 127.0.0.1.34448 > 127.0.0.1.22 S 0:0(0) win 49152 "
                 "became 127.0.0.1.22 > 127.0.0.1.34448 R. 0:0(0) ack 1 win 49152\n"},
        {"block return-icmp(port-unr) in proto tcp all\n", TAP_SNOOP, IPF_REPLY_REWRITE, 1,
         "LOOPBACK_IN: blocked by @0:1 block return-icmp(port-unr) in proto tcp from any to any\n"
         "LOOPBACK_IN: fr_make_icmp: 127.0.0.1.34448 > 127.0.0.1.22 S 0:0(0) win 49152 "
         "became 127.0.0.1 > 127.0.0.1 icmp unreach port-unr for 127.0.0.1.34448 > 127.0.0.1.22 "
         "tcp\n"},
        {"pass out log quick proto tcp from any to any flags S keep state\n",
         TAP_LOOPBACK_OUT_AFTER, IPF_REPLY_REWRITE, 2,
         "LOOPBACK_OUT: an entry in the state table\n"
         "LOOPBACK_OUT: passed by @0:1 pass out log quick proto tcp from any to any flags S/FSRPAU "
         "keep state\n"
         "LOOPBACK_OUT: logged\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        capture_read_t got;
        taken_t taken = {
            rows[i].rules, "127.0.0.1", {rows[i].tap, CAPTURE_NULL, false}, rows[i].mode};
        take(&taken, &got);
        assert_int_equal(got.packets, rows[i].packets);
        if (strncmp(got.comments, rows[i].comments, strlen(rows[i].comments)) != 0 ||
            (rows[i].comments[0] == '\0' && got.comments[0] != '\0'))
            fail_msg("row %zu: '%s'", i, got.comments);
        free(got.bytes);
    }
}

static void a_packet_that_is_eaten_says_so_before_the_hooks_that_eat_it(void **state)
{
    (void)state;
    capture_read_t got;
    taken_t taken = {
        RULE, "127.0.0.1", {TAP_LOOPBACK_OUT_BEFORE, CAPTURE_NULL, false}, IPF_REPLY_INJECT};
    take(&taken, &got);
    static const char one[] =
        BLOCKED "LOOPBACK_IN: fr_send_reset: sends "
                "127.0.0.1.22 > 127.0.0.1.34448 R. 0:0(0) ack 1 win 0\n"
                "LOOPBACK_IN: net_inject: the route is IRE_LOOPBACK, refused: ENONET\n"
                "LOOPBACK_IN: eaten by the hook ipfilter_hook4_loop_in\n";
    assert_int_equal(got.packets, 4); /* each SYN */
    assert_int_equal(strlen(got.comments), 4 * (sizeof(one) - 1));
    for (size_t i = 0; i < 4; i++)
        assert_memory_equal(got.comments + i * (sizeof(one) - 1), one, sizeof(one) - 1);
    free(got.bytes);
}

static void every_file_has_an_interface(void **state)
{
    static const struct {
        capture_options_t options;
        const char *names;
    } rows[] = {
        {{TAP_SNOOP, CAPTURE_NULL, false}, "lo0 e1000g0 "},
        {{TAP_WIRE, CAPTURE_IPNET, false}, "lo0 e1000g0 "},
        {{TAP_SNOOP, CAPTURE_RAW, false}, "lo0 "},
        {{TAP_WIRE, CAPTURE_RAW, false}, "e1000g0 "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        capture_read_t got;
        assert_null(take(&(taken_t){.address = "10.0.0.1", .options = rows[i].options}, &got));
        assert_int_equal(got.packets, 0);
        assert_string_equal(got.names, rows[i].names);
        free(got.bytes);
    }
}

static void names_are_found_as_they_are_written(void **state)
{
    capture_linktype_t linktype = CAPTURE_NULL;
    (void)state;
    assert_int_equal(tap_find("lo0"), TAP_SNOOP);
    assert_int_equal(tap_find("wire"), TAP_WIRE);
    assert_int_equal(tap_find("PHYSICAL_IN:after"), TAP_PHYSICAL_IN_AFTER);
    assert_int_equal(tap_find("PHYSICAL_IN"), -1);
    assert_int_equal(tap_find("loopback_in:before"), -1);
    assert_true(capture_linktype_find("ipnet", &linktype) && linktype == CAPTURE_IPNET);
    assert_false(capture_linktype_find("ethernet", &linktype));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_link_type_has_its_header),
        cmocka_unit_test(each_tap_sees_what_is_there),
        cmocka_unit_test(comments_say_what_the_filter_did),
        cmocka_unit_test(a_packet_that_is_eaten_says_so_before_the_hooks_that_eat_it),
        cmocka_unit_test(every_file_has_an_interface),
        cmocka_unit_test(names_are_found_as_they_are_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
