/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IPv4 fragments: which of them make a datagram, what the others are told, and how long they wait.
 */
#include "stack/in_cksum.h"
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include <netinet/ip_icmp.h>

#define ADDRESSES 3

/* A datagram of 8 bytes of UDP header and 16 of data: three units of 8 bytes, A, B and C. */
static const char *const sources[ADDRESSES] = {"127.0.0.1", "192.168.1.5", "192.168.1.20"};

/* What is sent: some units of a datagram, with a header of `options` more bytes. */
typedef struct piece {
    uint16_t ident;
    uint8_t unit, units; /* 0: none */
    bool more;
    uint8_t cut;    /* bytes less at the end */
    uint8_t source; /* 0: sources[0], ... */
    uint8_t proto;  /* 0: UDP */
    bool by_wire;
} piece_t;

static in6_addr_t destination(const piece_t *piece)
{
    return address_of(piece->by_wire ? "192.168.1.5" : "127.0.0.1");
}

/* The whole datagram. */
static void fill(uint8_t *udp, const piece_t *piece)
{
    in6_addr_t from = address_of(sources[piece->source]), to = destination(piece);
    put_udp(udp, 4000, 7, "bbbbbbbbcccccccc", 16);
    mblk_t *mp = packet_of(&from, &to, IPPROTO_UDP, udp, 24);
    memcpy(udp, mp->b_rptr + 20, 24);
    freemsg(mp);
}

static mblk_t *fragment(const piece_t *piece, size_t at, const uint8_t *bytes, size_t length)
{
    mblk_t *mp = allocb(20 + length);
    uint8_t *ip = mp->b_rptr;
    in6_addr_t from = address_of(sources[piece->source]), to = destination(piece);
    mp->b_wptr += 20 + length;
    ip[0] = 0x45;
    put16(ip + 2, (uint16_t)(20 + length));
    put16(ip + 4, piece->ident);
    put16(ip + 6, (uint16_t)(at | (piece->more ? 0x2000u : 0)));
    ip[8] = 64;
    ip[9] = piece->proto != 0 ? piece->proto : IPPROTO_UDP;
    ip_address_put(&from, ip + 12);
    ip_address_put(&to, ip + 16);
    memcpy(ip + 20, bytes, length);
    put16(ip + 10, in_cksum(ip, 20));
    return mp;
}

static void put_piece(host_t *host, const piece_t *piece)
{
    uint8_t udp[64] = {0};
    fill(udp, piece);
    size_t length = (size_t)piece->units * 8 - piece->cut;
    mblk_t *mp = fragment(piece, piece->unit, udp + piece->unit * 8 % 40, length);
    ip_station_t station = piece->by_wire ? IP_STATION_RPUT : IP_STATION_WPUT_LOCAL;
    assert_int_equal(ip_inject(host->ips, station, mp), 0);
    run_until(host, vclock_now(host->clock));
}

/* How many datagrams have come whole. */
static unsigned come(sonode_t *so)
{
    char buffer[100];
    size_t n;
    ip_endpoint_t from;
    unsigned count = 0;
    while (so_recvfrom(so, buffer, sizeof(buffer), &n, &from) == 0) {
        assert_int_equal(n, 16);
        assert_memory_equal(buffer, "bbbbbbbbcccccccc", 16);
        count++;
    }
    return count;
}

static ip_build_t build;

static void be_linux(host_t *host, bool is_linux)
{
    build = post_build;
    build.ib_linux_sockets = is_linux;
    assert_int_equal(ip_stack_set_build(host->ips, &build), 0);
}

/* ---- which make a datagram ---- */

#define PIECES 5
#define P(i, at, n, m)                                                                             \
    {                                                                                              \
        .ident = i, .unit = at, .units = n, .more = m                                              \
    }
static const struct {
    const char *name;
    piece_t pieces[PIECES];
    unsigned whole[2]; /* Solaris, Linux */
    const char *told;  /* what is discarded, and why; Solaris */
    size_t times;
} rows[] = {
    {"in order", {P(1, 0, 1, true), P(1, 1, 1, true), P(1, 2, 1, false)}, {1, 1}, "discard", 0},
    {"backwards", {P(1, 2, 1, false), P(1, 1, 1, true), P(1, 0, 1, true)}, {1, 1}, "discard", 0},
    {"the middle last",
     {P(1, 0, 1, true), P(1, 2, 1, false), P(1, 1, 1, true)},
     {1, 1},
     "discard",
     0},
    {"one is missing", {P(1, 0, 1, true), P(1, 2, 1, false)}, {0, 0}, "discard", 0},
    {"the last is missing", {P(1, 0, 2, true)}, {0, 0}, "discard", 0},
    {"one comes twice",
     {P(1, 0, 1, true), P(1, 0, 1, true), P(1, 1, 2, false)},
     {1, 1},
     "discard",
     0},
    {"some overlap", {P(1, 0, 2, true), P(1, 1, 2, false)}, {1, 0}, "discard", 0},
    {"more than one in turn",
     {P(1, 0, 2, true), P(2, 0, 2, true), P(1, 2, 1, false), P(2, 2, 1, false)},
     {2, 2},
     "discard",
     0},
    {"of other numbers", {P(1, 0, 2, true), P(2, 2, 1, false)}, {0, 0}, "discard", 0},
    {"of other protocols",
     {P(1, 0, 2, true), {.ident = 1, .unit = 2, .units = 1, .more = false, .proto = 6}},
     {0, 0},
     "discard",
     0},
    {"of other sources",
     {P(1, 0, 2, true), {.ident = 1, .unit = 2, .units = 1, .more = false, .source = 2}},
     {0, 0},
     "discard",
     0},
    {"two sources, one number",
     {P(1, 0, 2, true),
      {.ident = 1, .unit = 0, .units = 2, .more = true, .source = 2},
      P(1, 2, 1, false),
      {.ident = 1, .unit = 2, .units = 1, .more = false, .source = 2}},
     {2, 2},
     "discard",
     0},
    {"empty",
     {{.ident = 1, .unit = 1, .units = 1, .more = true, .cut = 8}},
     {0, 0},
     "a fragment of a wrong length",
     1},
    {"empty and the last",
     {{.ident = 1, .unit = 1, .units = 1, .more = false, .cut = 8}},
     {0, 0},
     "a fragment of a wrong length",
     1},
    {"no multiple of 8",
     {{.ident = 1, .unit = 0, .units = 1, .more = true, .cut = 1}},
     {0, 0},
     "a fragment of a wrong length",
     1},
    {"beyond the last",
     {P(1, 2, 1, false), P(1, 3, 1, true)},
     {0, 0},
     "a fragment beyond the last one",
     1},
    {"up to the last",
     {P(1, 2, 1, false), P(1, 1, 2, true), P(1, 0, 1, true)},
     {1, 0},
     "discard",
     0},
    {"a second end before",
     {P(1, 2, 1, false), P(1, 1, 1, false)},
     {0, 0},
     "a fragment beyond the last one",
     1},
    {"a second end after",
     {P(1, 1, 1, false), P(1, 2, 1, false)},
     {0, 0},
     "a fragment beyond the last one",
     1},
    {"the same end again",
     {P(1, 2, 1, false), P(1, 2, 1, false), P(1, 0, 2, true)},
     {1, 1},
     "discard",
     0},
};

static void fragments_make_a_datagram_if_all_of_it_is_there(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        size_t row = i / 2;
        host_setup(&own);
        host_t *host = own;
        sonode_t *so;
        in6_addr_t any = address_of("0.0.0.0");
        be_linux(host, i % 2);
        assert_int_equal(so_udp(host->ips, &any, 7, &so), 0);
        for (size_t k = 0; k < PIECES && rows[row].pieces[k].units != 0; k++)
            put_piece(host, &rows[row].pieces[k]);
        unsigned whole = come(so);
        if (whole != rows[row].whole[i % 2])
            fail_msg("%s: %u\n%s", rows[row].name, whole, host->log);
        if (i % 2 == 0 && log_count(host, rows[row].told) != rows[row].times)
            fail_msg("%s: not told %zu times: %s\n%s", rows[row].name, rows[row].times,
                     rows[row].told, host->log);
        so_close(so);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* 65,535 bytes with the header; an offset of 8,189 units is that of the last 3 bytes. */
static void a_datagram_does_not_go_beyond_64_kbytes(void **state)
{
    host_t *host = *state;
    static const struct {
        size_t at, length;
        bool fits;
    } ends[] = {
        {8189, 3, true}, {8189, 4, true}, {8189, 5, false}, {8190, 1, false}, {8191, 1, false}};
    static const uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        piece_t piece = {.ident = (uint16_t)(100 + i)};
        host->log[0] = '\0';
        mblk_t *mp = fragment(&piece, ends[i].at, bytes, ends[i].length);
        assert_int_equal(ip_inject(host->ips, IP_STATION_WPUT_LOCAL, mp), 0);
        bool told = log_count(host, "a fragment beyond the end of a datagram") == 1;
        if (told == ends[i].fits)
            fail_msg("%zu bytes at %zu: %s", ends[i].length, ends[i].at, host->log);
    }
}

/* ---- how long they wait ---- */

static const struct {
    const char *name;
    bool is_linux, by_wire;
    uint8_t unit;    /* which one has come */
    uint64_t us;     /* how long it waits */
    size_t messages; /* ICMP time exceeded */
} waits[] = {
    {"Solaris, the first", false, true, 0, 60000000, 1},
    {"Solaris, another", false, true, 1, 60000000, 0},
    {"Solaris, to itself", false, false, 0, 60000000, 1},
    {"Linux, the first", true, true, 0, 30000000, 1},
    {"Linux, another", true, true, 1, 30000000, 0},
    {"Linux, to itself", true, false, 0, 30000000, 0},
};

/* It quotes the fragment, and no more of the datagram than came. */
static void check_quote(sonode_t *icmp, uint16_t ident)
{
    uint8_t message[100];
    size_t n;
    ip_endpoint_t from;
    assert_int_equal(so_recvfrom(icmp, message, sizeof(message), &n, &from), 0);
    assert_int_equal(n, 8 + 20 + 8);
    assert_int_equal(message[0], ICMP_TIME_EXCEEDED);
    assert_int_equal(message[1], ICMP_EXC_FRAGTIME);
    assert_int_equal(get16(message + 8 + 4), ident);
    assert_int_equal(get16(message + 8 + 6), 0x2000);
}

static void the_sender_is_told_when_the_others_do_not_come(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        sonode_t *icmp;
        piece_t piece = {.ident = 7,
                         .unit = waits[i].unit,
                         .units = 1,
                         .more = true,
                         .source = waits[i].by_wire ? 2 : 0,
                         .by_wire = waits[i].by_wire};
        add_wire(host, 0, 0);
        be_linux(host, waits[i].is_linux);
        assert_int_equal(so_icmp(waits[i].by_wire ? host->remote : host->ips, AF_INET, &icmp), 0);
        put_piece(host, &piece);
        const ip_stats_t *stats = ip_stack_stats(host->ips);
        run_until(host, waits[i].us - 1);
        assert_int_equal(log_count(host, "have not come"), 0);
        run_until(host, waits[i].us);
        if (log_count(host, "have not come") != 1 || stats->icmp_sent != waits[i].messages ||
            stats->in_discards == 0)
            fail_msg("%s: %s", waits[i].name, host->log);
        if (waits[i].messages == 1)
            check_quote(icmp, 7);
        so_close(icmp);
        assert_int_equal(host_teardown(&own), 0);
    }
}

static void the_oldest_of_64_datagrams_makes_room(void **state)
{
    host_t *host = *state;
    sonode_t *so;
    in6_addr_t any = address_of("0.0.0.0");
    assert_int_equal(so_udp(host->ips, &any, 7, &so), 0);
    for (uint16_t ident = 1; ident <= 65; ident++) {
        if (ident == 65) {
            piece_t again = {.ident = 1, .unit = 1, .units = 1, .more = true};
            put_piece(host, &again); /* it is there still, and stays the oldest */
        }
        piece_t first = {.ident = ident, .unit = 0, .units = 1, .more = true};
        put_piece(host, &first);
    }
    for (uint16_t ident = 65; ident >= 1; ident--) {
        piece_t rest = {.ident = ident, .unit = 1, .units = 2, .more = false};
        put_piece(host, &rest);
        unsigned whole = come(so);
        if (whole != (ident != 1))
            fail_msg("datagram %u: %u", ident, whole);
    }
    so_close(so);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(fragments_make_a_datagram_if_all_of_it_is_there),
        TEST(a_datagram_does_not_go_beyond_64_kbytes),
        TEST(the_sender_is_told_when_the_others_do_not_come),
        TEST(the_oldest_of_64_datagrams_makes_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
