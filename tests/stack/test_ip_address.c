/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Addresses of both families in one type, and the headers that they are read from.
 */
#include "stack/ip_header.h"
#include "stack/wire.h"
#include "tests/stack/segment.h"

static void an_address_is_its_text_and_back(void **state)
{
    static const char *const texts[] = {"127.0.0.1",   "0.0.0.0", "255.255.255.255",
                                        "192.168.1.5", "::",      "::1",
                                        "2001:db8::5", "ff02::1", "fe80::1"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        in6_addr_t address = address_of(texts[i]);
        char text[IP_ADDRESS_TEXT_MAX];
        uint8_t bytes[16];
        int family = ip_address_family(&address);
        assert_string_equal(ip_address_text(&address, text, sizeof(text)), texts[i]);
        assert_int_equal(family, strchr(texts[i], ':') != NULL ? AF_INET6 : AF_INET);
        ip_address_put(&address, bytes);
        in6_addr_t again = ip_address_get(family, bytes);
        assert_true(ip_address_same(&address, &again));
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const texts[] = {"",    "127.0.0", "127.0.0.256", "::g",
                                        "1:2", "lo0",     "127.0.0.1 "};
    in6_addr_t address;
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(ip_address_parse(texts[i], &address));
    in6_addr_t localhost = address_of("localhost"), expected = address_of("127.0.0.1");
    assert_true(ip_address_same(&localhost, &expected));
}

static void each_kind_of_address_is_known(void **state)
{
    static const struct {
        const char *text;
        bool any, is_loopback, multicast;
    } rows[] = {
        {"0.0.0.0", true, false, false},    {"::", true, false, false},
        {"127.0.0.1", false, true, false},  {"127.255.255.255", false, true, false},
        {"128.0.0.1", false, false, false}, {"::1", false, true, false},
        {"::2", false, false, false},       {"::1:0:0:1", false, false, false},
        {"::1:0:1", false, false, false},   {"0:0:1::1", false, false, false},
        {"1::1", false, false, false},      {"0:0:1::", false, false, false},
        {"::1:0:0", false, false, false},   {"1::", false, false, false},
        {"224.0.0.1", false, false, true},  {"239.255.0.1", false, false, true},
        {"240.0.0.1", false, false, false}, {"255.255.255.255", false, false, true},
        {"ff02::1", false, false, true},    {"fe80::1", false, false, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in6_addr_t address = address_of(rows[i].text);
        if (ip_address_is_any(&address) != rows[i].any ||
            ip_address_is_loopback(&address) != rows[i].is_loopback ||
            ip_address_is_multicast(&address) != rows[i].multicast)
            fail_msg("%s", rows[i].text);
    }
}

static void a_prefix_counts_from_its_familys_first_bit(void **state)
{
    static const struct {
        const char *a, *b;
        unsigned bits;
        bool same;
    } rows[] = {
        {"192.168.1.5", "192.168.1.200", 24, true},
        {"192.168.1.5", "192.168.2.5", 24, false},
        {"192.168.1.5", "192.168.2.5", 22, true},
        {"192.168.1.5", "10.0.0.1", 0, true},
        {"192.168.1.4", "192.168.1.5", 31, true},
        {"192.168.1.4", "192.168.1.5", 32, false},
        {"2001:db8::5", "2001:db8::6", 64, true},
        {"2001:db8::5", "2001:db9::5", 32, false},
        {"2001:db8::5", "2001:db9::5", 31, true},
        {"::1", "::1", 128, true},
        {"::1", "::", 128, false},
        {"127.0.0.1", "::1", 0, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in6_addr_t a = address_of(rows[i].a), b = address_of(rows[i].b);
        if (ip_address_same_net(&a, &b, rows[i].bits) != rows[i].same)
            fail_msg("%s %s /%u", rows[i].a, rows[i].b, rows[i].bits);
    }
}

/* ---- headers ---- */

static void a_header_is_read_as_it_claims(void **state)
{
    static const char *const addresses[] = {"10.1.2.3", "2001:db8::1"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        in6_addr_t src = address_of(addresses[i]),
                   dst = ip_address_loopback(i ? AF_INET6 : AF_INET);
        uint8_t payload[12] = {1, 2, 3};
        mblk_t *mp = packet_of(&src, &dst, IPPROTO_UDP, payload, sizeof(payload));
        ip_header_t iph;
        in6_addr_t where;
        assert_null(ip_header_dst(mp, &where));
        assert_true(ip_address_same(&where, &dst));
        assert_null(ip_header_read(mp, &iph));
        assert_int_equal(iph.iph_family, i ? AF_INET6 : AF_INET);
        assert_true(ip_address_same(&iph.iph_src, &src));
        assert_true(ip_address_same(&iph.iph_dst, &dst));
        assert_int_equal(iph.iph_proto, IPPROTO_UDP);
        assert_int_equal(iph.iph_ttl, 64);
        assert_int_equal(iph.iph_length, i ? 40 : 20);
        assert_ptr_equal(iph.iph_payload, mp->b_rptr + iph.iph_length);
        assert_int_equal(iph.iph_payload_length, sizeof(payload));
        assert_int_equal(ip_payload_cksum(&iph, IPPROTO_UDP), 0);
        freemsg(mp);
    }
}

/* Rows: a byte of a packet of 12 bytes' payload is changed, or its end is cut off. */
static void a_header_that_lies_is_refused(void **state)
{
    static const struct {
        bool v6;
        size_t at;
        uint8_t byte;
        size_t cut;
        const char *reason; /* NULL: it is one */
    } rows[] = {
        {false, 0, 0x45, 0, NULL},
        {false, 0, 0x46, 0, NULL},
        {false, 0, 0x48, 0, NULL},
        {false, 0, 0x49, 0, "bad IP length"},
        {false, 0, 0x44, 0, "bad IP length"},
        {false, 0, 0x35, 0, "not an IP packet"},
        {false, 3, 31, 0, NULL},
        {false, 3, 33, 0, "bad IP length"},
        {false, 3, 19, 0, "bad IP length"},
        {false, 3, 32, 1, "bad IP length"},
        {false, 3, 20, 12, NULL},
        {false, 3, 20, 13, "not an IP packet"},
        {false, 3, 20, 32, "not an IP packet"},
        {true, 5, 12, 0, NULL},
        {true, 5, 0, 12, NULL},
        {true, 5, 13, 0, "bad IP length"},
        {true, 4, 1, 0, "bad IP length"},
        {true, 5, 0, 13, "not an IP packet"},
        {true, 0, 0x70, 0, "not an IP packet"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        in6_addr_t own = ip_address_loopback(rows[i].v6 ? AF_INET6 : AF_INET);
        uint8_t payload[12] = {0};
        mblk_t *mp = packet_of(&own, &own, IPPROTO_UDP, payload, sizeof(payload));
        ip_header_t iph;
        mp->b_rptr[rows[i].at] = rows[i].byte;
        mp->b_wptr -= rows[i].cut;
        const char *reason = ip_header_read(mp, &iph);
        in6_addr_t dst;
        assert_ptr_equal(ip_header_dst(mp, &dst), reason);
        if ((reason == NULL) != (rows[i].reason == NULL) ||
            (reason != NULL && strcmp(reason, rows[i].reason) != 0))
            fail_msg("row %zu: %s", i, reason != NULL ? reason : "nothing");
        freemsg(mp);
    }
}

static void a_text_that_does_not_fit_is_empty(void **state)
{
    static const struct {
        const char *text;
        size_t size;
        bool fits;
    } rows[] = {
        {"127.0.0.1", 10, true}, {"127.0.0.1", 9, false}, {"::1", 4, true}, {"::1", 3, false}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char buffer[64] = "unset";
        in6_addr_t address = address_of(rows[i].text);
        assert_string_equal(ip_address_text(&address, buffer, rows[i].size),
                            rows[i].fits ? rows[i].text : "");
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_address_is_its_text_and_back),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(a_text_that_does_not_fit_is_empty),
        cmocka_unit_test(each_kind_of_address_is_known),
        cmocka_unit_test(a_prefix_counts_from_its_familys_first_bit),
        cmocka_unit_test(a_header_is_read_as_it_claims),
        cmocka_unit_test(a_header_that_lies_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
