/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A socket's buffers and the window that the peer is told: its size, its scale (RFC 7323), and that
 * it is what is free.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What one side's newest segment said of its window, and its SYN's scale; -1: no such option. */
typedef struct told {
    hook_t hook;
    uint16_t port; /* whose segments */
    uint16_t window, syn_window;
    int scale;
} told_t;

static int scale_of(const uint8_t *tcp)
{
    size_t size = (size_t)(tcp[12] >> 4) * 4;
    for (size_t at = 20; at < size && tcp[at] != 0;) {
        if (tcp[at] == 3)
            return tcp[at + 2];
        at += tcp[at] == 1 ? 1 : tcp[at + 1];
    }
    return -1;
}

static int hear(hook_event_token_t token, hook_data_t data, void *arg)
{
    told_t *told = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    (void)token;
    if (get16(tcp) != told->port)
        return 0;
    if ((tcp[13] & SYN) != 0) {
        told->scale = scale_of(tcp);
        told->syn_window = get16(tcp + 14);
    }
    told->window = get16(tcp + 14);
    return 0;
}

typedef struct pair {
    host_t *host;
    told_t told; /* by the server */
    sonode_t *listener, *client, *server;
} pair_t;

static void begin(pair_t *p, void **own, int64_t buffer)
{
    host_setup(own);
    *p = (pair_t){.host = *own, .told = {.port = 22, .scale = -1}};
    p->told.hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = hear, .h_name = "told", .h_arg = &p->told};
    assert_int_equal(
        net_hook_register(ip_stack_net(p->host->ips, NHF_INET), NH_LOOPBACK_OUT, &p->told.hook), 0);
    assert_int_equal(so_listen(p->host->ips, &loopback, 22, 5, &p->listener), 0);
    assert_int_equal(so_set_option(p->listener, SO_OPT_RCVBUF, buffer), 0);
    assert_int_equal(so_connect(p->host->ips, &loopback, 22, &p->client), EINPROGRESS);
    run_connect(p->host, p->client);
    run_until(p->host, 0);
    assert_int_equal(so_accept(p->listener, &p->server), 0);
}

static void end(pair_t *p, void **own)
{
    so_close(p->client);
    so_close(p->server);
    so_close(p->listener);
    assert_int_equal(host_teardown(own), 0);
}

/* The client sends `length` bytes, and the server has them. */
static void send_bytes(pair_t *p, size_t length)
{
    static char data[1000000];
    size_t n, sent = 0;
    while (sent < length) {
        if (so_send(p->client, data, length - sent, &n) == 0)
            sent += n;
        run_until(p->host, vclock_now(p->host->clock) + 1000000);
    }
    assert_int_equal(so_readable(p->server), length);
}

static void read_bytes(pair_t *p, size_t length)
{
    static char data[1000000];
    size_t n;
    assert_int_equal(so_recv(p->server, data, length, &n), 0);
    assert_int_equal(n, length);
}

/* A segment that does not wait for anything: what it says of the window. */
static size_t window_now(pair_t *p)
{
    size_t n;
    assert_int_equal(so_send(p->server, "x", 1, &n), 0);
    run_until(p->host, vclock_now(p->host->clock));
    return (size_t)p->told.window << (p->told.scale > 0 ? p->told.scale : 0);
}

static const struct {
    int64_t buffer;
    int scale;           /* the least that a window of this size needs */
    uint16_t syn_window; /* which is never scaled */
} sizes[] = {
    {1, 0, 1},          {10000, 0, 10000},  {49152, 0, 49152},
    {65535, 0, 65535},  {65536, 1, 65535},  {131070, 1, 65535},
    {131072, 2, 65535}, {200000, 2, 65535}, {1000000, 4, 65535},
};

static void the_syn_ack_has_the_buffers_size_and_scale(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pair_t p;
        void *own;
        begin(&p, &own, sizes[i].buffer);
        if (p.told.scale != sizes[i].scale || p.told.syn_window != sizes[i].syn_window ||
            window_now(&p) != (size_t)sizes[i].buffer)
            fail_msg("%ld: scale %d, window %u of the SYN, %u afterwards", (long)sizes[i].buffer,
                     p.told.scale, p.told.syn_window, p.told.window);
        end(&p, &own);
    }
}

/* A client's, too, whatever sizes others have. */
static void the_syn_has_its_sockets_size_and_scale(void **state)
{
    const ip_endpoint_t to = {loopback, 22};
    (void)state;
    for (size_t i = 0; i < COUNT(sizes); i++) {
        pair_t p;
        void *own;
        sonode_t *client, *accepted;
        begin(&p, &own, 1000 + 200000 * (int64_t)(i % 2));
        assert_int_equal(so_socket(p.host->ips, AF_INET, SO_KIND_STREAM, &client), 0);
        assert_int_equal(so_set_option(client, SO_OPT_RCVBUF, sizes[i].buffer), 0);
        assert_int_equal(so_bind(client, &(ip_endpoint_t){loopback, 5000}), 0);
        p.told.port = 5000;
        assert_int_equal(so_connect_to(client, &to), EINPROGRESS);
        run_until(p.host, 0);
        if (p.told.scale != sizes[i].scale || p.told.syn_window != sizes[i].syn_window)
            fail_msg("%ld: scale %d, window %u of the SYN", (long)sizes[i].buffer, p.told.scale,
                     p.told.syn_window);
        assert_int_equal(so_accept(p.listener, &accepted), 0);
        so_close(accepted);
        so_close(client);
        end(&p, &own);
    }
}

/* In units of the scale, and never more than is free. */
static void the_window_is_what_is_free(void **state)
{
    (void)state;
    for (size_t i = 1; i < COUNT(sizes); i++) {
        pair_t p;
        void *own;
        size_t buffer = (size_t)sizes[i].buffer, part = buffer / 4 * 3 & ~(size_t)15;
        begin(&p, &own, sizes[i].buffer);
        send_bytes(&p, part);
        assert_int_equal(window_now(&p), (buffer - part) >> sizes[i].scale << sizes[i].scale);
        read_bytes(&p, part);
        assert_int_equal(window_now(&p), buffer);
        end(&p, &own);
    }
}

/* A buffer that grows or shrinks moves the window, as far as the scale of the SYN allows. What the
 * peer was told it may send is taken back only by data that comes; an edge that would move by very
 * little does not (RFC 9293 section 3.8.6.2.2). */
static void the_window_follows_the_buffer(void **state)
{
    static const struct {
        int64_t before, after;
        size_t at_once, filled, emptied; /* the window; `filled` with a quarter of the larger */
    } rows[] = {
        {20000, 40000, 40000, 30000, 40000},     {20000, 100000, 65535, 40535, 65535},
        {100000, 20000, 100000, 75000, 75000},   {100000, 131070, 131070, 98302, 131070},
        {100000, 150000, 131070, 93570, 131070}, {20000, 20001, 20000, 15000, 15000},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        pair_t p;
        void *own;
        size_t most = (size_t)(rows[i].before > rows[i].after ? rows[i].before : rows[i].after);
        begin(&p, &own, rows[i].before);
        assert_int_equal(so_set_option(p.server, SO_OPT_RCVBUF, rows[i].after), 0);
        assert_int_equal(window_now(&p), rows[i].at_once);
        send_bytes(&p, most / 4);
        assert_int_equal(window_now(&p), rows[i].filled);
        read_bytes(&p, most / 4);
        assert_int_equal(window_now(&p), rows[i].emptied);
        end(&p, &own);
    }
}

/* How much a sender can have on its way, if the peer takes it. */
static void a_sender_has_as_much_under_way_as_its_buffer_holds(void **state)
{
    static char data[1000000];
    (void)state;
    for (size_t i = 1; i < COUNT(sizes); i++) {
        for (int late = 0; late <= 1; late++) {
            pair_t p;
            void *own;
            size_t n, sent = 0;
            begin(&p, &own, 49152);
            if (late) /* it has begun to send */
                assert_int_equal(so_send(p.client, data, 100, &n), 0);
            assert_int_equal(so_set_option(p.client, SO_OPT_SNDBUF, sizes[i].buffer), 0);
            sent = late ? 100 : 0;
            while (so_send(p.client, data, sizeof(data), &n) == 0)
                sent += n;
            assert_int_equal(sent, sizes[i].buffer);
            end(&p, &own);
        }
    }
}

/* ---- what waits for an ACK ---- */

/* Nagle's algorithm: a short segment waits for the ACK of what was sent before, unless TCP_NODELAY
 * is set, which sends what waits. */
static void a_short_segment_waits_unless_nodelay_is_set(void **state)
{
    pair_t p;
    void *own;
    size_t n;
    (void)state;
    begin(&p, &own, 49152);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(so_set_option(p.client, SO_OPT_NODELAY, 0), 0);
        run_until(p.host, vclock_now(p.host->clock) + 1000000);
        size_t before = log_count(p.host, "ip_wput_ire");
        for (int i = 0; i < 3; i++)
            assert_int_equal(so_send(p.client, "x", 1, &n), 0);
        assert_int_equal(log_count(p.host, "ip_wput_ire") - before, 1);
        assert_int_equal(so_set_option(p.client, SO_OPT_NODELAY, 1), 0);
        assert_int_equal(log_count(p.host, "ip_wput_ire") - before, 2);
        for (int i = 0; i < 3; i++)
            assert_int_equal(so_send(p.client, "x", 1, &n), 0);
        assert_int_equal(log_count(p.host, "ip_wput_ire") - before, 5);
        p.host->log[0] = '\0';
    }
    end(&p, &own);
}

/* On Linux an ACK is too old if it is older than what can have been in flight, and never older than
 * all that was acknowledged. */
static void how_old_an_ack_may_be(void **state)
{
    static const struct {
        size_t sent;
        int32_t age;
        bool answered;
    } rows[] = {
        {100000, 49152, false}, {100000, 49153, true}, {1000, 1000, false},
        {1000, 1001, false},    {1000, 1002, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        static ip_build_t build;
        pair_t p;
        void *own;
        build = post_build;
        build.ib_linux_sockets = true;
        begin(&p, &own, 49152);
        assert_int_equal(ip_stack_set_build(p.host->ips, &build), 0);
        ip_endpoint_t client = so_local(p.client), server = so_local(p.server);
        watch_t watch = {0};
        watch_install(p.host, &watch);
        for (size_t left = rows[i].sent; left > 0;) {
            size_t part = left < 10000 ? left : 10000;
            send_bytes(&p, part);
            read_bytes(&p, part);
            left -= part;
        }
        run_until(p.host, vclock_now(p.host->clock) + 1000000);
        uint32_t seq = watch.sent[SERVER].snd_nxt, ack = watch.sent[CLIENT].snd_nxt;
        p.host->log[0] = '\0';
        send_packet(p.host, segment_of(&server, &client, ACK, seq, ack - (uint32_t)rows[i].age));
        bool answered = log_count(p.host, "never outstanding: answered with an ACK") == 1;
        if (answered != rows[i].answered)
            fail_msg("%zu bytes, %d: %d %s", rows[i].sent, rows[i].age, answered, p.host->log);
        end(&p, &own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_syn_ack_has_the_buffers_size_and_scale),
        cmocka_unit_test(the_syn_has_its_sockets_size_and_scale),
        cmocka_unit_test(the_window_is_what_is_free),
        cmocka_unit_test(the_window_follows_the_buffer),
        cmocka_unit_test(a_sender_has_as_much_under_way_as_its_buffer_holds),
        cmocka_unit_test(a_short_segment_waits_unless_nodelay_is_set),
        cmocka_unit_test(how_old_an_ack_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
