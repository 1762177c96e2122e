/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP in and out: echo, the raw sockets, the stack's own unreachable byte for byte, its limits,
 * and what is too short or damaged.
 */
#include "stack/in_cksum.h"
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

/* Keeps the newest packet of the stack's that is ICMP. */
typedef struct kept {
    hook_t hooks[2];
    uint8_t bytes[1400];
    size_t length;
    unsigned count;
} kept_t;

static bool is_icmp(const mblk_t *mp)
{
    const uint8_t *ip = mp->b_rptr;
    return ip[0] >> 4 == 6 ? ip[6] == IPPROTO_ICMPV6 : ip[9] == IPPROTO_ICMP;
}

static int keep(hook_event_token_t token, hook_data_t data, void *arg)
{
    kept_t *kept = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    (void)token;
    if (!is_icmp(mp))
        return 0;
    kept->count++;
    kept->length = msgdsize(mp);
    assert_true(kept->length <= sizeof(kept->bytes));
    memcpy(kept->bytes, mp->b_rptr, kept->length);
    return 0;
}

static void install(host_t *host, kept_t *kept)
{
    static const char *const families[] = {NHF_INET, NHF_INET6};
    for (size_t i = 0; i < 2; i++) {
        kept->hooks[i] =
            (hook_t){.h_version = HOOK_VERSION, .h_func = keep, .h_name = "keep", .h_arg = kept};
        assert_int_equal(net_hook_register(ip_stack_net(host->ips, families[i]), NH_LOOPBACK_OUT,
                                           &kept->hooks[i]),
                         0);
    }
}

static mblk_t *icmp_of(size_t family, const uint8_t *message, size_t length)
{
    in6_addr_t own = address_of(loopbacks[family]);
    return packet_of(&own, &own, family == 0 ? IPPROTO_ICMP : IPPROTO_ICMPV6, message, length);
}

/* ---- echo ---- */

static const uint8_t echo_types[2][2] = {{ICMP_ECHO, ICMP_ECHOREPLY},
                                         {ICMP6_ECHO_REQUEST, ICMP6_ECHO_REPLY}};

static void an_echo_comes_back_to_the_raw_sockets_of_its_family(void **state)
{
    host_t *host = *state;
    for (size_t i = 0; i < 2; i++) {
        sonode_t *same, *other;
        uint8_t request[12] = {echo_types[i][0], 0, 0, 0, 0, 7, 0, 1, 'd', 'a', 't', 'a'};
        uint8_t buffer[50];
        size_t n;
        ip_endpoint_t to = {address_of(loopbacks[i]), 0}, from;
        assert_int_equal(so_icmp(host->ips, i == 0 ? AF_INET : AF_INET6, &same), 0);
        assert_int_equal(so_icmp(host->ips, i == 0 ? AF_INET6 : AF_INET, &other), 0);
        assert_int_equal(so_sendto(same, request, sizeof(request), &to), 0);
        run_until(host, 0);
        /* The socket hears its own request, and then the reply. */
        for (size_t k = 0; k < 2; k++) {
            assert_int_equal(so_recvfrom(same, buffer, sizeof(buffer), &n, &from), 0);
            assert_int_equal(n, sizeof(request));
            assert_int_equal(buffer[0], echo_types[i][k]);
            assert_memory_equal(buffer + 4, request + 4, 8);
            assert_true(ip_address_same(&from.ie_addr, &to.ie_addr));
        }
        assert_int_equal(so_recvfrom(same, buffer, sizeof(buffer), &n, &from), EAGAIN);
        assert_int_equal(so_recvfrom(other, buffer, sizeof(buffer), &n, &from), EAGAIN);
        so_close(same);
        so_close(other);
    }
}

/* The request turned: TTL 255, identifier 0, and checksums that are right, whatever its length. */
static void an_echo_reply_is_the_request_turned(void **state)
{
    host_t *host = *state;
    kept_t kept = {0};
    install(host, &kept);
    for (size_t i = 0; i < 8; i++) {
        size_t family = i % 2, length = 8 + i, at = family == 0 ? 20 : 40;
        uint8_t request[20] = {echo_types[family][0], 0, 0, 0, 0xab, 0xcd, 0, 9, 1, 2, 3, 4, 5, 6};
        send_packet(host, icmp_of(family, request, length));
        assert_int_equal(kept.length, at + length);
        assert_int_equal(kept.bytes[at], echo_types[family][1]);
        assert_int_equal(kept.bytes[family == 0 ? 8 : 7], 255);
        assert_memory_equal(kept.bytes + at + 4, request + 4, length - 4);
        if (family == 0) {
            assert_int_equal(get16(kept.bytes + 4), 0);
            assert_int_equal(in_cksum(kept.bytes, 20), 0);
            assert_int_equal(in_cksum(kept.bytes + 20, length), 0);
        } else {
            assert_int_equal(in_cksum_pseudo(kept.bytes + 8, kept.bytes + 24, 16, IPPROTO_ICMPV6,
                                             kept.bytes + 40, length),
                             0);
        }
    }
}

static void a_raw_socket_refuses_what_is_no_message(void **state)
{
    host_t *host = *state;
    sonode_t *so;
    ip_endpoint_t to = {loopback, 0}, away = {address_of("10.0.0.1"), 0};
    ip_endpoint_t other = {address_of("::1"), 0};
    uint8_t message[8] = {ICMP_ECHO};
    assert_int_equal(so_icmp(host->ips, AF_INET, &so), 0);
    assert_int_equal(so_sendto(so, message, 7, &to), EINVAL);
    assert_int_equal(so_sendto(so, message, 8, NULL), EDESTADDRREQ);
    assert_int_equal(so_sendto(so, message, 8, &away), ENETUNREACH);
    assert_int_equal(so_sendto(so, message, 8, &other), EAFNOSUPPORT);
    assert_int_equal(so_udp_connect(so, &loopback, 1), EOPNOTSUPP);
    assert_int_equal(log_count(host, "ip_wput_ire"), 0);
    so_close(so);
}

/* ---- the stack's own unreachable ---- */

static void send_udp(host_t *host, const char *from, const char *to, size_t length)
{
    in6_addr_t src = address_of(from), dst = address_of(to);
    uint8_t udp[1300] = {0};
    put_udp(udp, 1000, 53, NULL, 0);
    put16(udp + 4, (uint16_t)(8 + length));
    send_packet(host, packet_of(&src, &dst, IPPROTO_UDP, udp, 8 + length));
}

/* IPv4 quotes the header and 64 bytes; IPv6 all that fits into 1280. */
static void a_port_unreachable_quotes_as_much_as_its_family_does(void **state)
{
    static const struct {
        size_t family, length, quoted;
    } rows[] = {{0, 0, 28}, {0, 56, 84},   {0, 57, 84},     {0, 500, 84},
                {1, 0, 48}, {1, 500, 548}, {1, 1184, 1232}, {1, 1185, 1232}};
    host_t *host = *state;
    kept_t kept = {0};
    install(host, &kept);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *address = loopbacks[rows[i].family];
        size_t at = rows[i].family == 0 ? 20 : 40;
        send_udp(host, address, address, rows[i].length);
        assert_int_equal(kept.length, at + 8 + rows[i].quoted);
        assert_int_equal(kept.bytes[at], at == 20 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH);
        assert_int_equal(kept.bytes[at + 1],
                         at == 20 ? ICMP_PORT_UNREACH : ICMP6_DST_UNREACH_NOPORT);
        assert_int_equal(get32(kept.bytes + at + 4), 0);
        assert_int_equal(kept.bytes[at == 20 ? 8 : 7], 255);
        assert_int_equal(get16(kept.bytes + at + 8 + (at == 20 ? 20 : 40)), 1000);
        uint16_t sum = at == 20
                           ? in_cksum(kept.bytes + 20, kept.length - 20)
                           : in_cksum_pseudo(kept.bytes + 8, kept.bytes + 24, 16, IPPROTO_ICMPV6,
                                             kept.bytes + 40, kept.length - 40);
        assert_int_equal(sum, 0);
    }
    assert_int_equal(ip_stack_stats(host->ips)->icmp_sent, sizeof(rows) / sizeof(rows[0]));
}

static void nobody_is_answered_who_is_no_host(void **state)
{
    static const char *const sources[] = {"0.0.0.0", "224.0.0.1", "255.255.255.255",
                                          "::", "ff02::1"};
    host_t *host = *state;
    for (size_t i = 0; i < 5; i++)
        send_udp(host, sources[i], i < 3 ? "127.0.0.1" : "::1", 0);
    assert_int_equal(ip_stack_stats(host->ips)->icmp_sent, 0);
    assert_int_equal(log_count(host, "no host sent it: not answered"), 5);
}

static void ten_errors_go_out_in_100_ms_and_forty_resets_in_a_second(void **state)
{
    static const uint64_t syns[] = {0};
    static const ip_build_t limited = {.ib_syns = {syns, 1, 30000000},
                                       .ib_icmp_quote = 64,
                                       .ib_icmp_ttl = 255,
                                       .ib_icmp_burst = 10,
                                       .ib_resets_per_s = 40};
    host_t *host = *state;
    ip_endpoint_t from = {loopback, 1000}, to = {loopback, 22};
    ip_stack_set_build(host->ips, &limited);
    const ip_stats_t *stats = ip_stack_stats(host->ips);
    for (int i = 0; i < 12; i++)
        send_udp(host, "127.0.0.1", "127.0.0.1", 0);
    for (int i = 0; i < 45; i++)
        send_packet(host, segment_of(&from, &to, SYN, 1, 0));
    assert_int_equal(stats->icmp_sent, 10);
    assert_int_equal(stats->icmp_limited, 2);
    assert_int_equal(stats->resets_sent, 40);
    assert_int_equal(stats->resets_limited, 5);
    sonode_t *wait;
    assert_int_equal(so_connect(host->ips, &loopback, 1, &wait), EINPROGRESS); /* time passes */
    run_until(host, 30000000);
    send_udp(host, "127.0.0.1", "127.0.0.1", 0);
    send_packet(host, segment_of(&from, &to, SYN, 1, 0));
    assert_int_equal(stats->icmp_sent, 11);
    assert_int_equal(stats->resets_sent, 41);
    so_close(wait);
}

/* ---- what is discarded ---- */

static void a_message_that_is_short_or_damaged_is_discarded(void **state)
{
    static const struct {
        size_t length;
        uint8_t damage;
        const char *reason;
    } rows[] = {
        {4, 0, "ICMP header cut short"},
        {7, 0, "ICMP header cut short"},
        {8, 1, "bad ICMP checksum"},
        {8, 0, "the ICMP error quotes too little of its packet"},
        {8 + 27, 0, "the ICMP error quotes too little of its packet"},
    };
    host_t *host = *state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        size_t family = i % 2, row = i / 2;
        uint8_t message[64] = {family == 0 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH};
        message[8] = family == 0 ? 0x45 : 0x60;
        mblk_t *mp = icmp_of(family, message, rows[row].length);
        mp->b_wptr[-1] ^= rows[row].damage;
        host->log[0] = '\0';
        send_packet(host, mp);
        if (log_count(host, rows[row].reason) != 1)
            fail_msg("row %zu of family %zu\n%s", row, family, host->log);
    }
    assert_int_equal(ip_stack_stats(host->ips)->icmp_cksum_errors, 2);
}

/* A quote of another version, of a header that is too long, of another protocol. */
static void an_error_about_something_else_does_nothing(void **state)
{
    static const struct {
        uint8_t first, proto;
        const char *reason;
    } rows[] = {
        {0x65, IPPROTO_TCP, "quotes too little"},
        {0x44, IPPROTO_TCP, "quotes too little"},
        {0x4f, IPPROTO_TCP, "quotes too little"},
        {0x45, IPPROTO_IGMP, "an error for raw sockets only"},
        {0x45, IPPROTO_TCP, "fanout tcp_icmp_error flags"},
        {0x45, IPPROTO_UDP, "fanout udp_icmp_error flags"},
    };
    host_t *host = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t message[40] = {ICMP_DEST_UNREACH, ICMP_PORT_UNREACH};
        message[8] = rows[i].first;
        message[17] = rows[i].proto;
        host->log[0] = '\0';
        send_packet(host, icmp_of(0, message, sizeof(message)));
        if (log_count(host, rows[i].reason) != 1)
            fail_msg("row %zu\n%s", i, host->log);
    }
}

static void other_messages_are_for_raw_sockets_only(void **state)
{
    static const uint8_t types[2][3] = {{ICMP_TIMESTAMP, ICMP_ADDRESS, 99}, {133, 135, 200}};
    host_t *host = *state;
    sonode_t *so[2];
    assert_int_equal(so_icmp(host->ips, AF_INET, &so[0]), 0);
    assert_int_equal(so_icmp(host->ips, AF_INET6, &so[1]), 0);
    for (size_t i = 0; i < 6; i++) {
        uint8_t message[20] = {types[i % 2][i / 2]}, buffer[20];
        size_t n;
        ip_endpoint_t from;
        send_packet(host, icmp_of(i % 2, message, sizeof(message)));
        assert_int_equal(so_recvfrom(so[i % 2], buffer, sizeof(buffer), &n, &from), 0);
        assert_int_equal(buffer[0], types[i % 2][i / 2]);
    }
    assert_int_equal(log_count(host, "icmp_inbound: for raw sockets only"), 6);
    so_close(so[0]);
    so_close(so[1]);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test(an_echo_comes_back_to_the_raw_sockets_of_its_family),
        test(an_echo_reply_is_the_request_turned),
        test(a_raw_socket_refuses_what_is_no_message),
        test(a_port_unreachable_quotes_as_much_as_its_family_does),
        test(nobody_is_answered_who_is_no_host),
        test(ten_errors_go_out_in_100_ms_and_forty_resets_in_a_second),
        test(a_message_that_is_short_or_damaged_is_discarded),
        test(an_error_about_something_else_does_nothing),
        test(other_messages_are_for_raw_sockets_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
