/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a RST and an ICMP unreachable do to a TCP endpoint, by its state, over IPv4 and IPv6; and
 * connections with one end that is gone, or waits, or has no room.
 *
 * A hook holds a state: it eats the segments that would end it. The fan-out then reports the state
 * of the endpoint, when it gets a RST far outside of the window, which has no effect.
 */
#include "stack/wire.h"
#include "tests/stack/scene.h"

#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>

#define NEVER_MIND 0
#define ALL_READY  (SO_READY_IN | SO_READY_OUT | SO_READY_ERR | SO_READY_HUP | SO_READY_RDHUP)

static void nothing(void *arg)
{
    (void)arg;
}

/* ---- asking ---- */

static state_t state_now(scene_t *s)
{
    const sent_t *sent = &s->watch.sent[s->side];
    char word[16] = "";
    send_packet(s->host, segment_of(&s->peer, &s->own, RST, sent->rcv_nxt - 1000000, 0));
    const char *last = NULL;
    for (const char *p = s->host->log; (p = strstr(p, "fanout ip_fanout_tcp ")) != NULL; p++)
        last = p + strlen("fanout ip_fanout_tcp ");
    assert_non_null(last);
    sscanf(last, "%15[A-Z_0-9]", word);
    for (size_t i = 0; i < CLOSED; i++) {
        if (strcmp(word, state_names[i]) == 0)
            return i == LISTEN && s->peer.ie_port != 4 ? CLOSED : (state_t)i;
    }
    return CLOSED;
}

/* How many applications were told, and with what. */
static void check_told(scene_t *s, const char *row, int error)
{
    char expected[40];
    snprintf(expected, sizeof(expected), "errno flags 0 error %d", error);
    if (log_count(s->host, "errno") != (error != 0) ||
        (error != 0 && log_count(s->host, expected) != 1))
        fail_msg("%s: expected %d\n%s", row, error, s->host->log);
}

static void check_after(scene_t *s, const char *row, state_t after)
{
    state_t now = state_now(s);
    if (now != after)
        fail_msg("%s: expected %s, it is %s\n%s", row, state_names[after], state_names[now],
                 s->host->log);
}

/* ---- RST ---- */

/* A RST ends TIME_WAIT, too, which RFC 1337 warns of. What a SYN_RCVD was told nobody can hear: no
 * application has it yet. */
static const struct {
    state_t state;
    int error;
    state_t after;
} by_rst[] = {
    {LISTEN, 0, LISTEN},
    {SYN_SENT, ECONNREFUSED, CLOSED},
    {SYN_RCVD, NEVER_MIND, CLOSED},
    {ESTABLISHED, ECONNRESET, CLOSED},
    {FIN_WAIT_1, ECONNRESET, CLOSED},
    {FIN_WAIT_2, ECONNRESET, CLOSED},
    {CLOSE_WAIT, ECONNRESET, CLOSED},
    {CLOSING, 0, CLOSED},
    {LAST_ACK, 0, CLOSED},
    {TIME_WAIT, 0, CLOSED},
};

static void a_rst_ends_an_endpoint_with_the_error_of_its_state(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(by_rst) / sizeof(by_rst[0]); i++) {
        scene_t s;
        void *own;
        size_t row = i / 2;
        const char *name = state_names[by_rst[row].state];
        scene_start(&s, &own, i % 2);
        scene_lead(&s, by_rst[row].state);
        check_after(&s, name, by_rst[row].state);
        const sent_t *sent = &s.watch.sent[s.side];
        send_packet(s.host, segment_of(&s.peer, &s.own, RST | ACK, sent->rcv_nxt, sent->snd_nxt));
        check_told(&s, name, by_rst[row].error);
        check_after(&s, name, by_rst[row].after);
        scene_end(&s, &own);
    }
}

/* ---- ICMP ---- */

enum { PORT, NET, HOST, CODES };

static void unreachable(scene_t *s, unsigned what, int32_t seq_off)
{
    static const uint8_t codes[2][CODES] = {
        {ICMP_PORT_UNREACH, ICMP_NET_UNREACH, ICMP_HOST_UNREACH},
        {ICMP6_DST_UNREACH_NOPORT, ICMP6_DST_UNREACH_NOROUTE, ICMP6_DST_UNREACH_ADDR}};
    bool v6 = ip_address_family(&s->address) == AF_INET6;
    const sent_t *sent = &s->watch.sent[s->side];
    mblk_t *quoted = segment_of(&s->own, &s->peer, SYN,
                                (sent->last_length > 0 ? sent->iss : 1) + (uint32_t)seq_off, 0);
    send_packet(s->host,
                icmp_about(&s->address, &s->address, v6 ? ICMP6_DST_UNREACH : ICMP_DEST_UNREACH,
                           codes[v6][what], quoted->b_rptr, msgdsize(quoted)));
    freemsg(quoted);
}

static const struct {
    state_t state;
    int port;      /* what an application gets, by port unreachable */
    state_t after; /* that */
    int net[2];    /* at the timeout, by net unreachable, IPv4 and IPv6 */
    int host;
} by_icmp[] = {
    {LISTEN, 0, LISTEN, {0, 0}, 0},
    {SYN_SENT, ECONNREFUSED, CLOSED, {ENETUNREACH, EHOSTUNREACH}, EHOSTUNREACH},
    {SYN_RCVD, NEVER_MIND, CLOSED, {0, 0}, 0},
    {ESTABLISHED, 0, ESTABLISHED, {0, 0}, 0},
    {FIN_WAIT_1, 0, FIN_WAIT_1, {0, 0}, 0},
    {FIN_WAIT_2, 0, FIN_WAIT_2, {0, 0}, 0},
    {CLOSE_WAIT, 0, CLOSE_WAIT, {0, 0}, 0},
    {CLOSING, 0, CLOSING, {0, 0}, 0},
    {LAST_ACK, 0, LAST_ACK, {0, 0}, 0},
    {TIME_WAIT, 0, TIME_WAIT, {0, 0}, 0},
};

static void port_unreachable_ends_only_what_opens(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(by_icmp) / sizeof(by_icmp[0]); i++) {
        scene_t s;
        void *own;
        size_t row = i / 2;
        const char *name = state_names[by_icmp[row].state];
        scene_start(&s, &own, i % 2);
        scene_lead(&s, by_icmp[row].state);
        unreachable(&s, PORT, 0);
        check_told(&s, name, by_icmp[row].port);
        check_after(&s, name, by_icmp[row].after);
        scene_end(&s, &own);
    }
}

static void an_error_about_another_segment_ends_nothing(void **state)
{
    static const state_t opening[] = {SYN_SENT, SYN_RCVD};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        scene_t s;
        void *own;
        scene_start(&s, &own, i % 2);
        scene_lead(&s, opening[i / 2]);
        unreachable(&s, PORT, 1);
        assert_int_equal(log_count(s.host, "it quotes another segment: ignored"), 1);
        check_after(&s, "another segment", opening[i / 2]);
        scene_end(&s, &own);
    }
}

static void an_error_about_another_segment_is_not_remembered_either(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        scene_t s;
        void *own;
        scene_start(&s, &own, i % 2);
        scene_lead(&s, SYN_SENT);
        unreachable(&s, i / 2 ? HOST : NET, -1);
        s.watch.off = false;
        run_connect(s.host, s.client);
        check_told(&s, "another segment", ETIMEDOUT);
        scene_end(&s, &own);
    }
}

/* Neither ends anything when it comes; a connect remembers it until its timeout. */
static void net_and_host_unreachable_are_told_at_the_timeout(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4 * sizeof(by_icmp) / sizeof(by_icmp[0]); i++) {
        scene_t s;
        void *own;
        size_t row = i / 4;
        bool v6 = i % 2, host = i / 2 % 2;
        const char *name = state_names[by_icmp[row].state];
        scene_start(&s, &own, v6);
        scene_lead(&s, by_icmp[row].state);
        unreachable(&s, host ? HOST : NET, 0);
        check_told(&s, name, 0);
        check_after(&s, name, by_icmp[row].state);
        if (by_icmp[row].state == SYN_SENT) {
            s.watch.off = false; /* nothing is answered until the end */
            run_connect(s.host, s.client);
            assert_int_equal(vclock_now(s.host->clock), 30000000);
            check_told(&s, name, host ? by_icmp[row].host : by_icmp[row].net[v6]);
        }
        scene_end(&s, &own);
    }
}

/* On Linux an open connection remembers what its newest data has met, until the next ACK; and a
 * connect over IPv4 has it in its error queue, too. */
static void linux_remembers_what_a_segment_has_met(void **state)
{
    static const struct {
        const char *name;
        state_t state;
        bool data;       /* is on its way */
        int32_t seq_off; /* of the quote, from the connection's first number */
        int error[2];    /* over IPv4 and IPv6 */
        unsigned ready;  /* of IPv4's */
    } rows[] = {
        {"a connect", SYN_SENT, false, 0, {EHOSTUNREACH, EHOSTUNREACH}, ALL_READY},
        {"a connect, the next number", SYN_SENT, false, 1, {EHOSTUNREACH, EHOSTUNREACH}, ALL_READY},
        {"a connect, another segment", SYN_SENT, false, 2, {0, 0}, 0},
        {"what was acknowledged", ESTABLISHED, false, 0, {0, 0}, SO_READY_OUT},
        {"the next number", ESTABLISHED, false, 1, {EHOSTUNREACH, EHOSTUNREACH}, SO_READY_OUT},
        {"data", ESTABLISHED, true, 1, {EHOSTUNREACH, EHOSTUNREACH}, SO_READY_OUT},
        {"its last byte", ESTABLISHED, true, 5, {EHOSTUNREACH, EHOSTUNREACH}, SO_READY_OUT},
        {"after the data", ESTABLISHED, true, 6, {EHOSTUNREACH, EHOSTUNREACH}, SO_READY_OUT},
        {"beyond it", ESTABLISHED, true, 7, {0, 0}, SO_READY_OUT},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        static ip_build_t build;
        scene_t s;
        void *own;
        size_t row = i / 2, n;
        build = post_build;
        build.ib_linux_sockets = build.ib_linux_errnos = true;
        scene_start(&s, &own, i % 2);
        assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
        scene_lead(&s, rows[row].state);
        if (rows[row].data) {
            s.watch.off = false;
            scene_eat(&s, 1 << CLIENT, 0, 0);
            assert_int_equal(so_send(s.client, "01234", 5, &n), 0);
            scene_run_now(&s);
        }
        vtimer_t later = {0};
        vclock_set(s.host->clock, &later, 1000, nothing,
                   NULL); /* a connect() that waits has ended */
        run_until(s.host, 1000);
        unreachable(&s, HOST, rows[row].seq_off);
        unsigned ready = so_ready(s.client);
        int error = so_take_error(s.client);
        if (error != rows[row].error[i % 2] || (i % 2 == 0 && ready != rows[row].ready))
            fail_msg("%s, %s: %s, ready %x", rows[row].name, i % 2 ? "IPv6" : "IPv4",
                     strerror(error), ready);
        s.watch.off = true;
        scene_end(&s, &own);
    }
}

/* ---- one end is gone ---- */

/* The server ends with data unread, and its RST is lost: the client believes in a connection. */
static void lose_the_server(scene_t *s)
{
    size_t n;
    scene_begin(s);
    scene_establish(s);
    assert_int_equal(so_send(s->client, "unread", 6, &n), 0);
    run_until(s->host, 1000000); /* it is acknowledged */
    scene_eat(s, 1 << SERVER, RST, RST);
    so_close(s->server);
    s->server = NULL;
    scene_run_now(s);
    s->side = CLIENT;
    s->own = (ip_endpoint_t){s->address, so_local(s->client).ie_port};
    s->peer = (ip_endpoint_t){s->address, 22};
    scene_eat(s, 0, 0, 0);
    s->host->log[0] = '\0';
    check_after(s, "half open", ESTABLISHED);
}

static void a_half_open_end_dies_of_what_it_sends(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        size_t n;
        scene_start(&s, &own, i);
        lose_the_server(&s);
        assert_int_equal(so_send(s.client, "anybody there?", 14, &n), 0);
        scene_run_now(&s);
        check_told(&s, "data", ECONNRESET);
        check_after(&s, "data", CLOSED);
        scene_end(&s, &own);
    }
}

/* RFC 9293, figure 9: the ACK that it answers a new SYN with tells the other side, whose RST ends
 * it. */
static void a_half_open_end_dies_of_the_answer_to_its_ack(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        scene_start(&s, &own, i);
        lose_the_server(&s);
        send_packet(s.host, segment_of(&s.peer, &s.own, SYN, 12345, 0));
        check_told(&s, "a new SYN", ECONNRESET);
        check_after(&s, "a new SYN", CLOSED);
        scene_end(&s, &own);
    }
}

/* ---- options ---- */

/* An option whose kind is the header's last byte has no length; the byte after the packet is not
 * looked at (the sanitizers would see that), and the SYN is answered. */
static void an_option_cut_at_the_packets_end_is_none(void **state)
{
    static const struct {
        size_t size;
        uint8_t options[16];
    } rows[] = {
        {4, {1, 1, 1, 2}},
        {12, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}}, /* as long as a time stamp with its NOPs */
        {16, {1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 2}},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        scene_t s;
        void *own;
        uint8_t tcp[36] = {0};
        size_t size = 20 + rows[i / 2].size;
        scene_start(&s, &own, i % 2);
        scene_begin(&s);
        put16(tcp, 4000);
        put16(tcp + 2, 22);
        put32(tcp + 4, 1000);
        tcp[12] = (uint8_t)(size / 4 << 4);
        tcp[13] = SYN;
        put16(tcp + 14, 49152);
        memcpy(tcp + 20, rows[i / 2].options, rows[i / 2].size);
        send_packet(s.host, packet_of(&s.address, &s.address, IPPROTO_TCP, tcp, size));
        assert_int_equal(s.watch.sent[SERVER].rcv_nxt, 1001);
        scene_end(&s, &own);
    }
}

/* On Linux a SYN in TIME_WAIT whose number is not higher opens anew if its time stamp is (RFC
 * 6191), wherever in its options that is. */
static void a_younger_time_stamp_opens_anew_on_linux(void **state)
{
    static const struct {
        const char *name;
        uint8_t options[16]; /* the stamp itself is filled in */
        bool is_younger, opens;
    } rows[] = {
        {"none", {0}, true, false},
        {"first", {8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, true},
        {"not younger", {8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, false, false},
        {"after two NOPs", {1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, true},
        {"after an MSS", {2, 4, 5, 180, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, true},
        {"at the very end", {1, 1, 1, 1, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, true},
        {"after the end", {0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, false},
        {"too short", {8, 9, 0, 0, 0, 0, 0, 0, 0}, true, false},
        {"beyond the end", {1, 1, 1, 1, 1, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0}, true, false},
        {"after one without a length", {2, 0, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0}, true, false},
        {"a kind alone at the end", {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 8}, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        static ip_build_t build;
        scene_t s;
        void *own;
        build = post_build;
        build.ib_linux_sockets = true;
        scene_start(&s, &own, false);
        assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
        scene_lead(&s, ESTABLISHED);
        so_shutdown(s.server); /* the server's end waits, where somebody listens */
        scene_run_now(&s);
        so_shutdown(s.client);
        scene_run_now(&s);
        s.watch.off = false;
        scene_eat(&s, 1 << SERVER, 0, 0);
        uint8_t tcp[36] = {0};
        put16(tcp, s.own.ie_port);
        put16(tcp + 2, 22);
        put32(tcp + 4, s.watch.sent[SERVER].rcv_nxt - 10);
        tcp[12] = sizeof(tcp) / 4 << 4;
        tcp[13] = SYN;
        put16(tcp + 14, 49152);
        memcpy(tcp + 20, rows[i].options, sizeof(rows[i].options));
        for (size_t at = 20; at + 5 < sizeof(tcp); at++) {
            if (tcp[at] == 8 && (tcp[at + 1] == 10 || tcp[at + 1] == 9))
                put32(tcp + at + 2, rows[i].is_younger ? 0x01000000 : 0x80000001);
        }
        send_packet(s.host, packet_of(&s.address, &s.address, IPPROTO_TCP, tcp, sizeof(tcp)));
        bool opens = log_count(s.host, "TIME_WAIT: a new SYN") == 1;
        if (opens != rows[i].opens)
            fail_msg("%s: %d", rows[i].name, opens);
        scene_end(&s, &own);
    }
}

/* ---- TIME_WAIT, and no room ---- */

static void time_wait_ends_after_a_minute(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        scene_start(&s, &own, i);
        scene_lead(&s, TIME_WAIT);
        run_until(s.host, 59999999);
        check_after(&s, "before", TIME_WAIT);
        run_until(s.host, 60000000);
        check_after(&s, "after", CLOSED);
        scene_end(&s, &own);
    }
}

/* TIME_WAIT lasts a minute from the last segment of the peer's that shows it alive. Rows: what
 * comes after half a minute, its number counted from the one that is expected. */
static void what_makes_time_wait_begin_anew(void **state)
{
    static const struct {
        const char *name;
        uint8_t flags;
        int32_t seq;
        bool on_solaris, on_linux;
    } rows[] = {
        {"its FIN again", FIN | ACK, -1, true, true},
        {"a FIN", FIN | ACK, 0, true, true},
        {"an ACK", ACK, 0, false, true},
        {"an ACK before it", ACK, -1, false, true},
        {"an ACK after it", ACK, 5, false, true},
        {"nothing at all", 0, 0, false, true},
        {"nothing at all, before it", 0, -1, false, false},
        {"a FIN without ACK", FIN, 0, false, false},
        {"a SYN before it", SYN, -5, false, false},
        {"a RST after it", RST, 5, false, false},
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        static ip_build_t build;
        scene_t s;
        void *own;
        size_t row = i / 2;
        bool is_linux = i % 2, anew = is_linux ? rows[row].on_linux : rows[row].on_solaris;
        build = post_build;
        build.ib_linux_sockets = is_linux;
        scene_start(&s, &own, false);
        assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
        scene_lead(&s, TIME_WAIT);
        vtimer_t half = {0};
        vclock_set(s.host->clock, &half, 30000000, nothing, NULL);
        run_until(s.host, 30000000);
        sent_t sent = s.watch.sent[s.side];
        s.watch.off = false;
        scene_eat(&s, 1 << CLIENT, 0, 0); /* nobody is there who knows what the answer is about */
        send_packet(s.host, segment_of(&s.peer, &s.own, rows[row].flags,
                                       sent.rcv_nxt + (uint32_t)rows[row].seq, sent.snd_nxt));
        bool is_over = rows[row].flags == RST && !is_linux; /* it ends it there */
        run_until(s.host, 60000000);
        bool lasts = strcmp(so_state(s.client), "TIME_WAIT") == 0;
        if (lasts != anew && !is_over)
            fail_msg("%s, %s: %s", rows[row].name, is_linux ? "Linux" : "Solaris",
                     so_state(s.client));
        run_until(s.host, 90000000);
        assert_string_equal(so_state(s.client), "CLOSED");
        scene_end(&s, &own);
    }
}

/* Connections that were not accepted yet fill it; one more SYN is as if lost. */
static void a_full_backlog_ignores_a_syn_in_either_family(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        sonode_t *second;
        scene_start(&s, &own, i);
        assert_int_equal(so_listen(s.host->ips, &s.address, 22, 1, &s.listener), 0);
        scene_open(&s);
        assert_int_equal(so_connect(s.host->ips, &s.address, 22, &second), EINPROGRESS);
        run_until(s.host, 3000000);
        assert_int_equal(so_connect_error(second), EINPROGRESS);
        assert_int_equal(so_accept(s.listener, &s.server), 0);
        run_connect(s.host, second);
        assert_int_equal(so_connect_error(second), 0);
        assert_int_equal(vclock_now(s.host->clock), 3375000);
        so_close(second);
        scene_end(&s, &own);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rst_ends_an_endpoint_with_the_error_of_its_state),
        cmocka_unit_test(port_unreachable_ends_only_what_opens),
        cmocka_unit_test(an_error_about_another_segment_ends_nothing),
        cmocka_unit_test(an_error_about_another_segment_is_not_remembered_either),
        cmocka_unit_test(net_and_host_unreachable_are_told_at_the_timeout),
        cmocka_unit_test(linux_remembers_what_a_segment_has_met),
        cmocka_unit_test(a_half_open_end_dies_of_what_it_sends),
        cmocka_unit_test(a_half_open_end_dies_of_the_answer_to_its_ack),
        cmocka_unit_test(an_option_cut_at_the_packets_end_is_none),
        cmocka_unit_test(time_wait_ends_after_a_minute),
        cmocka_unit_test(a_younger_time_stamp_opens_anew_on_linux),
        cmocka_unit_test(what_makes_time_wait_begin_anew),
        cmocka_unit_test(a_full_backlog_ignores_a_syn_in_either_family),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
