/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets that a test puts into the path: where each station begins, and which of them a packet can
 * be put at.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

/* What the two hosts' events were, in short: "out", "local", ...; after " |", the remote host's. */
static void way(const host_t *host, char *text, size_t size)
{
    static const struct {
        const char *event, *word;
    } words[] = {
        {"ip_wput_ire", "out"}, {"ip_wput_local", "local"}, {"ip_rput", "rput"}, {"wire", "wire"},
        {"fanout", "fanout"},   {"discard", "discard"},     {"icmp", "icmp"},
    };
    text[0] = '\0';
    for (int remote = 0; remote <= 1; remote++) {
        for (const char *line = host->log; *line != '\0'; line = strchr(line, '\n') + 1) {
            char event[40];
            const char *at = line + (strncmp(line, "[remote] ", 9) == 0 ? 9 : 0);
            if ((at != line) != remote)
                continue;
            sscanf(at, "%*s %39[a-z_]", event);
            for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
                if (strcmp(words[i].event, event) == 0)
                    snprintf(text + strlen(text), size - strlen(text), "%s ", words[i].word);
            }
        }
        if (!remote)
            snprintf(text + strlen(text), size - strlen(text), "|");
    }
}

static mblk_t *datagram(const char *src, const char *dst)
{
    uint8_t udp[9];
    in6_addr_t from = address_of(src), to = address_of(dst);
    put_udp(udp, 4000, 7, "x", 1);
    return packet_of(&from, &to, IPPROTO_UDP, udp, sizeof(udp));
}

/* The destinations: the host itself by lo0 and by its wire's address, its neighbour, a neighbour
 * that is not there, nobody; and a packet without a header. */
static const struct {
    const char *name;
    ip_station_t station;
    const char *to;
    int error;
    const char *way;
} rows[] = {
    {"out to itself", IP_STATION_WPUT_IRE, "127.0.0.1", 0, "out local fanout |"},
    {"out to its other address", IP_STATION_WPUT_IRE, "192.168.1.5", 0, "out local fanout |"},
    {"out to the neighbour", IP_STATION_WPUT_IRE, "192.168.1.20", 0, "out wire |rput fanout "},
    {"out to a neighbour that is not there", IP_STATION_WPUT_IRE, "192.168.1.9", 0,
     "out wire wire |"},
    {"out to nobody", IP_STATION_WPUT_IRE, "10.0.0.1", 0, "out discard |"},
    {"out without a header", IP_STATION_WPUT_IRE, NULL, 0, "out discard |"},
    {"in after LOOPBACK_OUT", IP_STATION_WPUT_LOCAL, "127.0.0.1", 0, "local fanout |"},
    {"in after LOOPBACK_OUT, IPv6", IP_STATION_WPUT_LOCAL, "::1", 0, "local fanout |"},
    {"in after LOOPBACK_OUT, for another", IP_STATION_WPUT_LOCAL, "192.168.1.20", EADDRNOTAVAIL,
     "|"},
    {"in after LOOPBACK_OUT, without a header", IP_STATION_WPUT_LOCAL, NULL, 0, "local discard |"},
    {"after LOOPBACK_IN", IP_STATION_DELIVER, "127.0.0.1", 0, "fanout |"},
    {"after LOOPBACK_IN, for another", IP_STATION_DELIVER, "10.0.0.1", EADDRNOTAVAIL, "|"},
    {"after LOOPBACK_IN, without a header", IP_STATION_DELIVER, NULL, 0, "discard |"},
    {"onto the wire", IP_STATION_XMIT, "192.168.1.20", 0, "wire |rput fanout "},
    {"onto the wire, IPv6", IP_STATION_XMIT, "2001:db8::20", 0, "wire |rput fanout "},
    {"onto the wire, to nobody there", IP_STATION_XMIT, "192.168.1.9", 0, "wire wire |"},
    {"onto the wire, to itself", IP_STATION_XMIT, "127.0.0.1", EADDRNOTAVAIL, "|"},
    {"onto the wire, without a header", IP_STATION_XMIT, NULL, 0, "wire wire |"},
    {"from the wire", IP_STATION_RPUT, "192.168.1.5", 0, "rput fanout |"},
    {"from the wire, for another", IP_STATION_RPUT, "192.168.1.20", 0, "rput discard |"},
    {"from the wire, for loopback", IP_STATION_RPUT, "127.0.0.1", 0, "rput discard |"},
    {"from the wire, without a header", IP_STATION_RPUT, NULL, 0, "rput discard |"},
    {"after PHYSICAL_IN", IP_STATION_DELIVER_WIRE, "192.168.1.5", 0, "fanout |"},
    {"after PHYSICAL_IN, without a header", IP_STATION_DELIVER_WIRE, NULL, 0, "discard |"},
};

static void a_packet_goes_on_from_the_station_where_it_is_put(void **state)
{
    host_t *host = *state;
    char text[200];
    sonode_t *here, *there;
    in6_addr_t any = address_of("::");
    add_wire(host, 0, 0);
    assert_int_equal(so_udp(host->ips, &any, 7, &here), 0);
    assert_int_equal(so_udp(host->remote, &any, 7, &there), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *to = rows[i].to;
        bool v6 = to != NULL && strchr(to, ':') != NULL;
        mblk_t *mp = to == NULL ? allocb(0) : datagram(v6 ? "2001:db8::5" : "192.168.1.5", to);
        host->log[0] = '\0';
        int error = ip_inject(host->ips, rows[i].station, mp);
        if (error != 0)
            freemsg(mp);
        run_until(host, vclock_now(host->clock));
        way(host, text, sizeof(text));
        if (error != rows[i].error || strcmp(text, rows[i].way) != 0)
            fail_msg("%s: %d %s\n%s", rows[i].name, error, text, host->log);
    }
    so_close(here);
    so_close(there);
}

/* On Linux it waits for the neighbour's answer, and what then comes back needs a header. */
static void a_packet_without_a_header_comes_back_from_no_neighbour(void **state)
{
    host_t *host = *state;
    ip_build_t build = post_build;
    build.ib_linux_sockets = true;
    add_wire(host, 0, 0);
    assert_int_equal(ip_stack_set_build(host->ips, &build), 0);
    assert_int_equal(ip_inject(host->ips, IP_STATION_XMIT, allocb(0)), 0);
    run_until(host, 4000000);
    assert_int_equal(vclock_now(host->clock), 3000000);
    assert_int_equal(ip_stack_stats(host->ips)->icmp_sent, 0);
    ip_stack_set_build(host->ips, &post_build);
}

static void without_a_wire_nothing_is_put_on_one(void **state)
{
    host_t *host = *state;
    static const ip_station_t stations[] = {IP_STATION_XMIT, IP_STATION_RPUT,
                                            IP_STATION_DELIVER_WIRE};
    for (size_t i = 0; i < 2 * sizeof(stations) / sizeof(stations[0]); i++) {
        mblk_t *mp = i % 2 ? allocb(0) : datagram("127.0.0.1", "127.0.0.1");
        assert_int_equal(ip_inject(host->ips, stations[i / 2], mp), EADDRNOTAVAIL);
        freemsg(mp);
    }
}

/* The number of the first packet that is told of, and the highest. */
static uint32_t first_number, highest;

static void note_number(void *arg, const ip_event_t *e)
{
    (void)arg;
    if (e->mp == NULL)
        return;
    first_number = first_number == 0 ? e->mp->b_packet : first_number;
    highest = e->mp->b_packet > highest ? e->mp->b_packet : highest;
}

static void a_packet_that_is_put_has_the_next_number(void **state)
{
    host_t *host = *state;
    static const ip_station_t stations[] = {IP_STATION_WPUT_IRE, IP_STATION_WPUT_LOCAL,
                                            IP_STATION_DELIVER,  IP_STATION_XMIT,
                                            IP_STATION_RPUT,     IP_STATION_DELIVER_WIRE};
    add_wire(host, 0, 0);
    ip_stack_set_probe(host->ips, note_number, NULL);
    for (size_t i = 0; i < sizeof(stations) / sizeof(stations[0]); i++) {
        const char *to = stations[i] == IP_STATION_XMIT ? "192.168.1.20" : "192.168.1.5";
        uint32_t before = highest;
        first_number = 0;
        assert_int_equal(ip_inject(host->ips, stations[i], datagram("192.168.1.20", to)), 0);
        run_until(host, vclock_now(host->clock)); /* answers have numbers, too */
        assert_int_equal(first_number, before + 1);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_packet_goes_on_from_the_station_where_it_is_put),
        TEST(a_packet_without_a_header_comes_back_from_no_neighbour),
        TEST(without_a_wire_nothing_is_put_on_one),
        TEST(a_packet_that_is_put_has_the_next_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
