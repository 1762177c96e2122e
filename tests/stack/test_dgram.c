/* SPDX-License-Identifier: BSD-3-Clause
 *
 * UDP sockets: addresses, peers, limits, and which socket a datagram or an ICMP error finds.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

static const char *const loopbacks[] = {"127.0.0.1", "::1"};

static sonode_t *udp_at(host_t *host, const char *address, uint16_t port)
{
    in6_addr_t own = address_of(address);
    sonode_t *so;
    assert_int_equal(so_udp(host->ips, &own, port, &so), 0);
    return so;
}

static int send_to(sonode_t *so, const char *data, const char *address, uint16_t port)
{
    ip_endpoint_t to = {address_of(address), port};
    return so_sendto(so, data, strlen(data), &to);
}

static int connect_to(sonode_t *so, const char *address, uint16_t port)
{
    in6_addr_t to = address_of(address);
    return so_udp_connect(so, &to, port);
}

/* What waits on a socket, as text; "" if nothing does. */
static const char *received(sonode_t *so)
{
    static char buffer[100];
    size_t n = 0;
    ip_endpoint_t from;
    int error = so_recvfrom(so, buffer, sizeof(buffer) - 1, &n, &from);
    buffer[error == 0 ? n : 0] = '\0';
    return buffer;
}

static void run_now(host_t *host)
{
    run_until(host, vclock_now(host->clock));
}

static void a_datagram_arrives_with_its_sender(void **state)
{
    host_t *host = *state;
    for (size_t i = 0; i < 2; i++) {
        sonode_t *server = udp_at(host, "::", 53), *client = udp_at(host, loopbacks[i], 0);
        in6_addr_t expected = address_of(loopbacks[i]);
        char buffer[10];
        size_t n;
        ip_endpoint_t from;
        assert_int_equal(send_to(client, "hello", loopbacks[i], 53), 0);
        run_now(host);
        assert_int_equal(so_recvfrom(server, buffer, 3, &n, &from), 0);
        assert_int_equal(n, 3); /* the rest of it is lost */
        assert_true(ip_address_same(&from.ie_addr, &expected));
        assert_int_equal(from.ie_port, so_local(client).ie_port);
        assert_int_equal(so_recvfrom(server, buffer, 3, &n, &from), EAGAIN);
        so_close(server);
        so_close(client);
    }
}

static void an_empty_datagram_is_one(void **state)
{
    host_t *host = *state;
    sonode_t *server = udp_at(host, "::", 53), *client = udp_at(host, "::", 0);
    char buffer[10];
    size_t n = 7;
    ip_endpoint_t from;
    assert_int_equal(send_to(client, "", "127.0.0.1", 53), 0);
    run_now(host);
    assert_int_equal(so_recvfrom(server, buffer, sizeof(buffer), &n, &from), 0);
    assert_int_equal(n, 0);
    so_close(server);
    so_close(client);
}

/* Rows: a socket's own address and peer, and whether it takes a datagram from 127.0.0.1, port 1000,
 * to 127.0.0.1, port 53. */
static void a_socket_takes_what_its_address_and_its_peer_allow(void **state)
{
    static const struct {
        const char *own, *peer;
        uint16_t port, peer_port;
        bool takes;
    } rows[] = {
        {"::", NULL, 53, 0, true},
        {"0.0.0.0", NULL, 53, 0, true},
        {"127.0.0.1", NULL, 53, 0, true},
        {"::1", NULL, 53, 0, false},
        {"::", NULL, 54, 0, false},
        {"::", "127.0.0.1", 53, 1000, true},
        {"::", "127.0.0.1", 53, 1001, false},
        {"::", "::1", 53, 1000, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        sonode_t *server = udp_at(host, rows[i].own, rows[i].port);
        sonode_t *client = udp_at(host, "127.0.0.1", 1000);
        if (rows[i].peer != NULL)
            assert_int_equal(connect_to(server, rows[i].peer, rows[i].peer_port), 0);
        assert_int_equal(send_to(client, "x", "127.0.0.1", 53), 0);
        run_now(host);
        bool took = received(server)[0] != '\0';
        if (took != rows[i].takes || (ip_stack_stats(host->ips)->icmp_sent == 1) == took)
            fail_msg("row %zu\n%s", i, host->log);
        so_close(server);
        so_close(client);
        assert_int_equal(host_teardown(&own), 0);
    }
}

static void a_port_has_one_socket_at_each_address(void **state)
{
    host_t *host = *state;
    in6_addr_t any = in6addr_any, four = address_of("0.0.0.0"), six = address_of("::1");
    sonode_t *first = udp_at(host, "127.0.0.1", 53), *second;
    assert_int_equal(so_udp(host->ips, &any, 53, &second), EADDRINUSE);
    assert_int_equal(so_udp(host->ips, &four, 53, &second), EADDRINUSE);
    assert_int_equal(so_udp(host->ips, &loopback, 53, &second), EADDRINUSE);
    assert_int_equal(so_udp(host->ips, &six, 53, &second), 0);
    so_close(first);
    so_close(second);
}

static void all_anonymous_ports_can_be_taken_and_one_that_is_given_back_is_found(void **state)
{
    enum { ALL = 32768 };
    host_t *host = *state;
    static sonode_t *sockets[ALL];
    sonode_t *more;
    for (size_t i = 0; i < ALL; i++)
        assert_int_equal(so_udp(host->ips, &loopback, (uint16_t)(32768 + i), &sockets[i]), 0);
    uint16_t port = so_local(sockets[777]).ie_port;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(so_udp(host->ips, &loopback, 0, &more), EADDRNOTAVAIL);
        assert_int_equal(so_udp(host->ips, &loopback, port, &more), EADDRINUSE);
        so_close(sockets[777]);
        assert_int_equal(so_udp(host->ips, &loopback, 0, &sockets[777]), 0);
        assert_int_equal(so_local(sockets[777]).ie_port, port);
    }
    for (size_t i = 0; i < ALL; i++)
        so_close(sockets[i]);
}

static void what_cannot_be_sent_is_refused_before_any_packet(void **state)
{
    static char big[65536];
    host_t *host = *state;
    sonode_t *so, *four = udp_at(host, "127.0.0.1", 0), *any = udp_at(host, "::", 0);
    in6_addr_t elsewhere = address_of("10.0.0.1");
    ip_endpoint_t to = {loopback, 53};
    char buffer[4];
    size_t n;
    assert_int_equal(so_udp(host->ips, &elsewhere, 0, &so), EADDRNOTAVAIL);
    assert_int_equal(so_sendto(any, "x", 1, NULL), EDESTADDRREQ);
    assert_int_equal(so_sendto(any, big, sizeof(big), &to), EMSGSIZE);
    assert_int_equal(send_to(any, "x", "10.0.0.1", 53), ENETUNREACH);
    assert_int_equal(send_to(any, "x", "2001:db8::1", 53), ENETUNREACH);
    assert_int_equal(send_to(four, "x", "::1", 53), EAFNOSUPPORT);
    assert_int_equal(connect_to(any, "10.0.0.1", 53), ENETUNREACH);
    assert_int_equal(connect_to(any, "127.0.0.1", 0), EADDRNOTAVAIL);
    assert_int_equal(connect_to(four, "::1", 53), EAFNOSUPPORT);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &so), 0);
    assert_int_equal(connect_to(so, "127.0.0.1", 53), EOPNOTSUPP);
    assert_int_equal(so_sendto(so, "x", 1, &to), EOPNOTSUPP);
    assert_int_equal(so_recvfrom(so, buffer, 4, &n, &to), EOPNOTSUPP);
    assert_int_equal(log_count(host, "ip_wput_ire"), 0);
    so_close(so);
    so_close(four);
    so_close(any);
}

/* The largest datagram that IPv4 carries goes in one piece: there are no fragments on loopback. */
static void the_largest_datagram_arrives_whole(void **state)
{
    static char big[65507], back[65536];
    host_t *host = *state;
    sonode_t *server = udp_at(host, "::", 53), *client = udp_at(host, "::", 0);
    ip_endpoint_t to = {loopback, 53}, from;
    size_t n;
    memset(big, 'x', sizeof(big));
    assert_int_equal(so_sendto(client, big, sizeof(big), &to), 0);
    run_now(host);
    assert_int_equal(so_recvfrom(server, back, sizeof(back), &n, &from), 0);
    assert_int_equal(n, sizeof(big));
    assert_memory_equal(big, back, n);
    so_close(server);
    so_close(client);
}

static void a_full_socket_drops_what_comes(void **state)
{
    host_t *host = *state;
    sonode_t *server = udp_at(host, "::", 53), *client = udp_at(host, "::", 0);
    size_t count = 0;
    for (int i = 0; i < 300; i++)
        assert_int_equal(send_to(client, "x", "127.0.0.1", 53), 0);
    run_now(host);
    while (received(server)[0] != '\0')
        count++;
    assert_int_equal(count, 256);
    so_close(server);
    so_close(client);
}

/* ---- ICMP errors ---- */

/* Rows: what a connected socket is told of an error about its own datagram; and an unconnected one,
 * which is nothing, ever. */
static void an_icmp_error_is_told_by_type_code_and_connectedness(void **state)
{
    static const struct {
        uint8_t family, type, code;
        int error;
    } rows[] = {
        {0, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH, ECONNREFUSED},
        {0, ICMP_DEST_UNREACH, ICMP_PROT_UNREACH, ECONNREFUSED},
        {0, ICMP_DEST_UNREACH, ICMP_NET_UNREACH, EAGAIN},
        {0, ICMP_DEST_UNREACH, ICMP_HOST_UNREACH, EAGAIN},
        {0, ICMP_DEST_UNREACH, ICMP_FRAG_NEEDED, EAGAIN},
        {0, ICMP_DEST_UNREACH, ICMP_PKT_FILTERED, EAGAIN},
        {0, ICMP_TIME_EXCEEDED, ICMP_PORT_UNREACH, EAGAIN},
        {0, ICMP_SOURCE_QUENCH, ICMP_PORT_UNREACH, EAGAIN},
        {1, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOPORT, ECONNREFUSED},
        {1, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, EAGAIN},
        {1, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_NOROUTE, EAGAIN},
        {1, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADMIN, EAGAIN},
        {1, ICMP6_TIME_EXCEEDED, ICMP6_DST_UNREACH_NOPORT, EAGAIN},
    };
    host_t *host = *state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        bool connected = i % 2 == 0;
        size_t row = i / 2, n;
        const char *address = loopbacks[rows[row].family];
        in6_addr_t own = address_of(address);
        sonode_t *so = udp_at(host, address, 1000);
        uint8_t udp[9];
        char buffer[4];
        ip_endpoint_t from;
        if (connected)
            assert_int_equal(connect_to(so, address, 53), 0);
        put_udp(udp, 1000, 53, "x", 1);
        mblk_t *quoted = packet_of(&own, &own, IPPROTO_UDP, udp, sizeof(udp));
        send_packet(host, icmp_about(&own, &own, rows[row].type, rows[row].code, quoted->b_rptr,
                                     msgdsize(quoted)));
        freemsg(quoted);
        int error = so_recvfrom(so, buffer, sizeof(buffer), &n, &from);
        if (error != (connected ? rows[row].error : EAGAIN))
            fail_msg("row %zu, connected %d: %d\n%s", row, connected, error, host->log);
        assert_int_equal(so_recvfrom(so, buffer, sizeof(buffer), &n, &from), EAGAIN);
        so_close(so);
    }
}

static void an_error_about_somebody_elses_datagram_is_not_told(void **state)
{
    static const struct {
        uint16_t sport, dport;
    } rows[] = {{1001, 53}, {1000, 54}, {53, 1000}};
    host_t *host = *state;
    sonode_t *so = udp_at(host, "127.0.0.1", 1000);
    char buffer[4];
    size_t n;
    ip_endpoint_t from;
    assert_int_equal(connect_to(so, "127.0.0.1", 53), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint8_t udp[8];
        put_udp(udp, rows[i].sport, rows[i].dport, NULL, 0);
        mblk_t *quoted = packet_of(&loopback, &loopback, IPPROTO_UDP, udp, sizeof(udp));
        send_packet(host, icmp_about(&loopback, &loopback, ICMP_DEST_UNREACH, ICMP_PORT_UNREACH,
                                     quoted->b_rptr, msgdsize(quoted)));
        freemsg(quoted);
        assert_int_equal(so_recvfrom(so, buffer, sizeof(buffer), &n, &from), EAGAIN);
    }
    so_close(so);
}

/* ---- what is discarded ---- */

static void a_damaged_datagram_is_discarded_with_its_reason(void **state)
{
    static const struct {
        size_t at; /* in the UDP header */
        uint8_t byte;
        const char *reason; /* NULL: it arrives */
    } rows[] = {
        {5, 7, "bad UDP length"},
        {5, 200, "bad UDP length"},
        {7, 0xee, "bad UDP checksum"},
        {8, 'y', "bad UDP checksum"},
    };
    host_t *host = *state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        in6_addr_t own = address_of(loopbacks[i % 2]);
        sonode_t *server = udp_at(host, "::", 53);
        uint8_t udp[9];
        put_udp(udp, 1000, 53, "x", 1);
        mblk_t *mp = packet_of(&own, &own, IPPROTO_UDP, udp, sizeof(udp));
        mp->b_rptr[transport_at(mp) + rows[i / 2].at] = rows[i / 2].byte;
        host->log[0] = '\0';
        send_packet(host, mp);
        assert_int_equal(log_count(host, rows[i / 2].reason), 1);
        assert_string_equal(received(server), "");
        so_close(server);
    }
}

/* No checksum is none with IPv4, and a mistake with IPv6. */
static void a_checksum_of_zero_is_allowed_with_ipv4_only(void **state)
{
    host_t *host = *state;
    for (size_t i = 0; i < 2; i++) {
        in6_addr_t own = address_of(loopbacks[i]);
        sonode_t *server = udp_at(host, "::", 53);
        uint8_t udp[9];
        put_udp(udp, 1000, 53, "x", 1);
        mblk_t *mp = packet_of(&own, &own, IPPROTO_UDP, udp, sizeof(udp));
        put16(mp->b_rptr + transport_at(mp) + 6, 0);
        send_packet(host, mp);
        assert_string_equal(received(server), i == 0 ? "x" : "");
        assert_int_equal(log_count(host, "bad UDP checksum"), i);
        so_close(server);
    }
}

/* ---- shutdown, looking ---- */

static ip_build_t build;

static void be_linux(host_t *host, bool is_linux)
{
    build = post_build;
    build.ib_linux_sockets = is_linux;
    assert_int_equal(ip_stack_set_build(host->ips, &build), 0);
}

static void a_datagram_socket_whose_directions_are_shut_down(void **state)
{
    enum { IN = SO_READY_IN, OUT = SO_READY_OUT, HUP = SO_READY_HUP, RDHUP = SO_READY_RDHUP };
    static const struct {
        bool is_linux, has_peer;
        unsigned how;
        int shutdown, send, recv, peek; /* errnos */
        bool in_vain;                   /* whether a call that waits gets the end */
        unsigned ready;
    } rows[] = {
        {false, true, SO_SHUT_READ, 0, 0, 0, 0, true, IN | OUT | RDHUP},
        {false, true, SO_SHUT_WRITE, 0, EPIPE, EAGAIN, EAGAIN, false, OUT},
        {false, true, SO_SHUT_READ | SO_SHUT_WRITE, 0, EPIPE, 0, 0, true, IN | OUT | HUP | RDHUP},
        {false, false, SO_SHUT_READ, ENOTCONN, EDESTADDRREQ, EAGAIN, EAGAIN, false, OUT},
        {true, true, SO_SHUT_READ, 0, 0, EAGAIN, EAGAIN, true, IN | OUT | RDHUP},
        {true, true, SO_SHUT_WRITE, 0, EPIPE, EAGAIN, EAGAIN, false, OUT},
        {true, true, SO_SHUT_READ | SO_SHUT_WRITE, 0, EPIPE, EAGAIN, EAGAIN, true,
         IN | OUT | HUP | RDHUP},
        {true, false, SO_SHUT_READ, ENOTCONN, EDESTADDRREQ, EAGAIN, EAGAIN, true, IN | OUT | RDHUP},
        {true, false, SO_SHUT_WRITE, ENOTCONN, EDESTADDRREQ, EAGAIN, EAGAIN, false, OUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        char byte;
        size_t n;
        ip_endpoint_t from;
        be_linux(host, rows[i].is_linux);
        sonode_t *server = udp_at(host, "127.0.0.1", 7), *so = udp_at(host, "0.0.0.0", 0);
        if (rows[i].has_peer)
            assert_int_equal(connect_to(so, "127.0.0.1", 7), 0);
        assert_int_equal(so_shutdown_how(so, rows[i].how), rows[i].shutdown);
        assert_int_equal(so_sendto(so, "x", 1, NULL), rows[i].send);
        assert_int_equal(so_recvfrom(so, &byte, 1, &n, &from), rows[i].recv);
        assert_int_equal(n, 0);
        assert_int_equal(so_peek(so, &byte, 1, &n, &from), rows[i].peek);
        assert_int_equal(so_waits_in_vain(so), rows[i].in_vain);
        assert_int_equal(so_ready(so), rows[i].ready);
        so_close(server);
        so_close(so);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* A peek gives what recvfrom() would, and tells an error once; both are seen before. */
static void what_waits_is_seen_without_being_taken(void **state)
{
    host_t *host = *state;
    sonode_t *server = udp_at(host, "127.0.0.1", 7), *so = udp_at(host, "127.0.0.1", 0);
    char data[10];
    size_t n;
    ip_endpoint_t from;
    assert_int_equal(so_readable(server), 0);
    assert_int_equal(send_to(so, "hello", "127.0.0.1", 7), 0);
    assert_int_equal(send_to(so, "you", "127.0.0.1", 7), 0);
    run_now(host);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(so_readable(server), 5);
        assert_int_equal(so_ready(server), SO_READY_IN | SO_READY_OUT);
        assert_int_equal(so_peek(server, data, i == 0 ? sizeof(data) : 2, &n, &from), 0);
        assert_int_equal(n, i == 0 ? 5 : 2);
        assert_memory_equal(data, "hello", n);
        assert_int_equal(from.ie_port, so_local(so).ie_port);
    }
    assert_string_equal(received(server), "hello");
    assert_int_equal(so_readable(server), 3);
    so_close(server);
    assert_int_equal(connect_to(so, "127.0.0.1", 7), 0);
    assert_int_equal(so_sendto(so, "x", 1, NULL), 0);
    run_now(host);
    assert_int_equal(so_ready(so), SO_READY_OUT | SO_READY_ERR);
    assert_int_equal(so_peek(so, data, sizeof(data), &n, &from), ECONNREFUSED);
    assert_int_equal(so_peek(so, data, sizeof(data), &n, &from), EAGAIN);
    assert_int_equal(so_ready(so), SO_READY_OUT);
    so_close(so);
}

/* The unspecified address is the host itself, as for a stream. */
static void a_peer_at_no_address_is_the_host_itself(void **state)
{
    host_t *host = *state;
    static const char *const addresses[][2] = {{"0.0.0.0", "127.0.0.1"}, {"::", "::1"}};
    for (size_t i = 0; i < 2; i++) {
        sonode_t *so = udp_at(host, "::", 0);
        ip_endpoint_t peer;
        assert_int_equal(connect_to(so, addresses[i][0], 7), 0);
        assert_int_equal(so_peername(so, &peer), 0);
        in6_addr_t expected = address_of(addresses[i][1]);
        assert_true(ip_address_same(&peer.ie_addr, &expected));
        assert_int_equal(so_disconnect(so), 0);
        assert_int_equal(so_peername(so, &peer), ENOTCONN);
        so_close(so);
    }
}

/* A connect to AF_UNSPEC takes back what the connect gave: the address, and on a socket that bind()
 * gave none, the port. */
static void a_disconnect_takes_back_what_the_connect_gave(void **state)
{
    host_t *host = *state;
    for (int bound = 0; bound <= 1; bound++) {
        sonode_t *so;
        ip_endpoint_t local = {address_of("0.0.0.0"), 5353};
        assert_int_equal(so_socket(host->ips, AF_INET, SO_KIND_DGRAM, &so), 0);
        if (bound)
            assert_int_equal(so_bind(so, &local), 0);
        assert_int_equal(connect_to(so, "127.0.0.1", 7), 0);
        in6_addr_t own = so_sockname(so).ie_addr;
        assert_true(ip_address_same(&own, &loopback));
        assert_int_equal(so_disconnect(so), 0);
        own = so_sockname(so).ie_addr;
        assert_true(ip_address_is_any(&own));
        assert_int_equal(so_sockname(so).ie_port, bound ? 5353 : 0);
        so_close(so);
    }
}

/* Of several that take a datagram the one whose peer sent it has it, whichever came first. */
static void a_socket_with_a_peer_comes_before_one_without(void **state)
{
    host_t *host = *state;
    for (int later = 0; later <= 1; later++) {
        be_linux(host, true);
        sonode_t *so[3], *peer = udp_at(host, "127.0.0.1", 4000);
        for (size_t i = 0; i < 3; i++) {
            ip_endpoint_t local = {loopback, 53};
            assert_int_equal(so_socket(host->ips, AF_INET, SO_KIND_DGRAM, &so[i]), 0);
            assert_int_equal(so_set_option(so[i], SO_OPT_REUSEADDR, 1), 0);
            assert_int_equal(so_bind(so[i], &local), 0);
        }
        size_t connected = later ? 2 : 0;
        assert_int_equal(connect_to(so[connected], "127.0.0.1", 4000), 0);
        assert_int_equal(connect_to(so[1], "127.0.0.1", 4001), 0); /* somebody else's */
        assert_int_equal(send_to(peer, "x", "127.0.0.1", 53), 0);
        for (size_t i = 0; i < 3; i++) {
            assert_string_equal(received(so[i]), i == connected ? "x" : "");
            so_close(so[i]);
        }
        so_close(peer);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test(a_datagram_arrives_with_its_sender),
        test(an_empty_datagram_is_one),
        cmocka_unit_test(a_socket_takes_what_its_address_and_its_peer_allow),
        test(a_port_has_one_socket_at_each_address),
        test(all_anonymous_ports_can_be_taken_and_one_that_is_given_back_is_found),
        test(what_cannot_be_sent_is_refused_before_any_packet),
        test(the_largest_datagram_arrives_whole),
        test(a_full_socket_drops_what_comes),
        test(an_icmp_error_is_told_by_type_code_and_connectedness),
        test(an_error_about_somebody_elses_datagram_is_not_told),
        test(a_damaged_datagram_is_discarded_with_its_reason),
        test(a_checksum_of_zero_is_allowed_with_ipv4_only),
        cmocka_unit_test(a_datagram_socket_whose_directions_are_shut_down),
        test(what_waits_is_seen_without_being_taken),
        test(a_peer_at_no_address_is_the_host_itself),
        test(a_disconnect_takes_back_what_the_connect_gave),
        test(a_socket_with_a_peer_comes_before_one_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
