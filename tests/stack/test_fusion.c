/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Fusion: data that bypasses IP leaves both endpoints as if it had been sent, so that everything
 * that then goes through IP continues from there: data both ways, a full window, a lost segment,
 * the FINs.
 */
#include "stack/sonode.h"
#include "stack/wire.h"
#include "tests/stack/segment.h"

#include "lwip/tcp.h"

static const uint64_t syns[] = {0, 3375000};
static const ip_build_t bypass = {.ib_syns = {syns, 2, 30000000},
                                  .ib_icmp_quote = 64,
                                  .ib_icmp_ttl = 255,
                                  .ib_fusion = IP_FUSION_BYPASS};
static const ip_build_t copying = {.ib_syns = {syns, 2, 30000000},
                                   .ib_icmp_quote = 64,
                                   .ib_icmp_ttl = 255,
                                   .ib_fusion = IP_FUSION_COPY};
static const ip_build_t none = {
    .ib_syns = {syns, 2, 30000000}, .ib_icmp_quote = 64, .ib_icmp_ttl = 255};

#define WINDOW 49152

typedef struct pair {
    host_t *host;
    sonode_t *listener, *client, *server;
} pair_t;

static pair_t fused_pair(void **state, const ip_build_t *build)
{
    pair_t p = {.host = *state};
    ip_stack_set_build(p.host->ips, build);
    connect_pair(p.host, &p.listener, &p.client, &p.server);
    return p;
}

static void close_pair(pair_t *p)
{
    so_close(p->client);
    so_close(p->server);
    so_close(p->listener);
}

static void run_now(const pair_t *p)
{
    run_until(p->host, vclock_now(p->host->clock));
}

/* Sends `length` bytes, each what its place says, from place `at` on, as far as there is room.
 * => Returns how many were taken. */
static size_t send_some(sonode_t *so, size_t at, size_t length)
{
    static uint8_t bytes[WINDOW * 2];
    size_t n = 0;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (uint8_t)((at + i) * 7 + (at + i) / 256);
    int error = so_send(so, bytes, length, &n);
    assert_true(error == 0 || error == EAGAIN);
    return n;
}

/* Takes what has come, and checks that each byte is the one of its place.
 * => Returns how many there were. */
static size_t take_all(sonode_t *so, size_t at)
{
    static uint8_t bytes[WINDOW * 2];
    size_t n, total = 0;
    while (so_recv(so, bytes, sizeof(bytes), &n) == 0 && n > 0) {
        for (size_t i = 0; i < n; i++)
            assert_int_equal(bytes[i], (uint8_t)((at + total + i) * 7 + (at + total + i) / 256));
        total += n;
    }
    return total;
}

/* `length` bytes one way, whatever it takes in time. */
static void transfer(const pair_t *p, sonode_t *from, sonode_t *to, size_t at, size_t length)
{
    size_t sent = 0, taken = 0;
    while (taken < length) {
        while (sent < length) {
            size_t want = length - sent < WINDOW ? length - sent : WINDOW;
            size_t n = send_some(from, at + sent, want);
            sent += n;
            if (n == 0)
                break;
        }
        taken += take_all(to, at + taken);
        assert_true(taken < length ? vclock_run_next(p->host->clock) || sent < length : true);
        assert_true(vclock_now(p->host->clock) < 600000000);
    }
    assert_int_equal(taken, length);
}

/* From now on through IP: fusion is switched off, and a segment finds its way there. */
static void un_fuse(const pair_t *p)
{
    ip_endpoint_t client = so_local(p->client), server = so_local(p->server);
    ip_stack_set_build(p->host->ips, &none);
    send_packet(p->host, segment_of(&client, &server, RST, 1, 0)); /* outside of the window */
    assert_int_equal(log_count(p->host, "tcp_unfuse: a segment came through IP"), 1);
}

/* ---- tests ---- */

static void fused_data_takes_no_segment_and_no_time(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    assert_int_equal(log_count(p.host, "fusion tcp_fuse "), 1);
    size_t before = log_count(p.host, "ip_wput_ire");
    for (int i = 0; i < 3; i++) {
        transfer(&p, p.client, p.server, 0, 1000);
        transfer(&p, p.server, p.client, 0, 1000);
    }
    assert_int_equal(log_count(p.host, "ip_wput_ire"), before);
    assert_int_equal(ip_stack_stats(p.host->ips)->fused_bytes, 6000);
    assert_int_equal(vclock_now(p.host->clock), 0);
    close_pair(&p);
}

/* The reader's window bounds what a sender may leave there; new room is reported as it appears. */
static void a_fused_sender_waits_for_its_reader(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    size_t n, sent = send_some(p.client, 0, WINDOW + 100);
    assert_int_equal(sent, WINDOW);
    assert_int_equal(so_send(p.client, "x", 1, &n), EAGAIN);
    assert_int_equal(so_send(p.client, "x", 0, &n), 0);
    assert_int_equal(log_count(p.host, "tcp_fuse_output"),
                     1); /* nothing is handed over, nor told */
    assert_int_equal(take_all(p.server, 0), WINDOW);
    assert_int_equal(send_some(p.client, sent, 100), 100);
    assert_int_equal(take_all(p.server, sent), 100);
    close_pair(&p);
}

/* Rows: what was fused each way, before all goes through IP. */
static void whatever_was_fused_the_rest_goes_on_through_ip(void **state)
{
    static const size_t rows[][2] = {{0, 0},      {1, 0},      {0, 1},          {5, 7},
                                     {WINDOW, 0}, {0, WINDOW}, {300000, 200000}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        pair_t p = fused_pair(&own, &bypass);
        transfer(&p, p.client, p.server, 0, rows[i][0]);
        transfer(&p, p.server, p.client, 0, rows[i][1]);
        p.host->log[0] = '\0';
        un_fuse(&p);
        transfer(&p, p.client, p.server, rows[i][0], 200000);
        transfer(&p, p.server, p.client, rows[i][1], 200000);
        assert_int_equal(ip_stack_stats(p.host->ips)->fused_bytes, rows[i][0] + rows[i][1]);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

typedef struct numbers {
    uint32_t snd_nxt, snd_lbb, lastack, snd_wl1, snd_wl2, rcv_nxt, acked, rcv_wnd;
} numbers_t;

static numbers_t numbers_of(const sonode_t *so)
{
    const struct tcp_pcb *pcb = so->so_pcb;
    return (numbers_t){pcb->snd_nxt, pcb->snd_lbb, pcb->lastack,        pcb->snd_wl1,
                       pcb->snd_wl2, pcb->rcv_nxt, pcb->ts_lastacksent, pcb->rcv_wnd};
}

/* What is sent before the connection is looked at, one message after the other. */
static void converse(const pair_t *p, const int *messages, numbers_t *client, numbers_t *server)
{
    size_t at[2] = {0, 0};
    for (; *messages != 0; messages++) {
        bool by_client = *messages > 0;
        size_t length = (size_t)abs(*messages);
        transfer(p, by_client ? p->client : p->server, by_client ? p->server : p->client,
                 at[by_client], length);
        at[by_client] += length;
        run_until(p->host, vclock_now(p->host->clock) + 1000000); /* delayed ACKs */
    }
    *client = numbers_of(p->client);
    *server = numbers_of(p->server);
}

/* Rows: the lengths of messages, the server's below 0. */
static void fused_data_leaves_the_numbers_that_segments_would_have_left(void **state)
{
    static const int rows[][6] = {{5}, {-7}, {5, -7}, {-7, 5, 3}, {5, -7, 1000, -1400, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        numbers_t numbers[2][2];
        for (int fused = 0; fused <= 1; fused++) {
            void *own;
            host_setup(&own);
            pair_t p = fused_pair(&own, fused ? &bypass : &none);
            converse(&p, rows[i], &numbers[fused][0], &numbers[fused][1]);
            close_pair(&p);
            assert_int_equal(host_teardown(&own), 0);
        }
        assert_memory_equal(numbers[0], numbers[1], sizeof(numbers[0]));
    }
}

/* What lies unread when it is un-fused still takes its place in the window. */
static void unread_bytes_count_against_the_window_after_un_fusing(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    assert_int_equal(send_some(p.client, 0, WINDOW - 10), WINDOW - 10);
    un_fuse(&p);
    size_t segments = log_count(p.host, "ip_wput_ire");
    size_t sent = WINDOW - 10 + send_some(p.client, WINDOW - 10, 100);
    assert_int_equal(sent, WINDOW + 90); /* lwIP has it, and it does not fit */
    assert_int_equal(log_count(p.host, "ip_wput_ire"), segments);
    run_until(p.host, 1000000);
    size_t taken = take_all(p.server, 0);
    assert_in_range(taken, WINDOW - 10, WINDOW);
    while (taken < sent) {
        assert_true(vclock_run_next(p.host->clock));
        taken += take_all(p.server, taken);
    }
    close_pair(&p);
}

static void a_segment_that_is_lost_behind_fused_data_is_sent_again(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    eater_t eater = {.mask = PSH, .flags = PSH, .limit = 1};
    transfer(&p, p.client, p.server, 0, 12345);
    un_fuse(&p);
    eat(p.host, NH_LOOPBACK_IN, &eater);
    transfer(&p, p.client, p.server, 12345, 100);
    assert_int_equal(eater.count, 1);
    assert_int_equal(vclock_now(p.host->clock), 400000); /* tcp_rexmit_interval_min */
    close_pair(&p);
}

static void both_fins_follow_the_fused_bytes(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    watch_t watch = {0};
    watch_install(p.host, &watch);
    transfer(&p, p.client, p.server, 0, 5);
    transfer(&p, p.server, p.client, 0, 7);
    so_shutdown(p.client);
    run_now(&p);
    so_shutdown(p.server);
    run_now(&p);
    assert_int_equal(log_count(p.host, "tcp_unfuse: a FIN is to come"), 1);
    /* Each FIN acknowledges all that was fused; each is acknowledged in turn. */
    assert_int_equal(watch.sent[CLIENT].rcv_nxt, watch.sent[SERVER].snd_nxt);
    assert_int_equal(watch.sent[SERVER].rcv_nxt, watch.sent[CLIENT].snd_nxt);
    char byte;
    size_t n = 1;
    assert_int_equal(so_recv(p.server, &byte, 1, &n), 0);
    assert_int_equal(n, 0);
    n = 1;
    assert_int_equal(so_recv(p.client, &byte, 1, &n), 0);
    assert_int_equal(n, 0);
    close_pair(&p);
}

/* The copy is one segment: what is longer is handed over in pieces of its size. */
static void a_copy_is_no_longer_than_a_segment(void **state)
{
    pair_t p = fused_pair(state, &copying);
    watch_t watch = {0};
    watch_install(p.host, &watch);
    size_t first = send_some(p.client, 0, 20000);
    assert_true(first > 8000 && first <= 8192);
    assert_int_equal(take_all(p.server, 0), first);
    transfer(&p, p.client, p.server, first, 20000 - first);
    assert_int_equal(log_count(p.host, "a copy of fused data"), 3);
    close_pair(&p);
}

/* A reset of either end ends the fusion, and no socket keeps the other. */
static void an_end_that_goes_leaves_the_other_alone(void **state)
{
    (void)state;
    for (int unread = 0; unread < 2; unread++) {
        void *own;
        char byte;
        size_t n = 1;
        host_setup(&own);
        pair_t p = fused_pair(&own, &bypass);
        if (unread)
            assert_int_equal(send_some(p.client, 0, 10), 10);
        so_close(p.server); /* with data unread: a RST, else a FIN */
        p.server = NULL;
        run_now(&p);
        assert_int_equal(so_recv(p.client, &byte, 1, &n), unread ? ECONNRESET : 0);
        assert_int_equal(n, 0);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* ---- the copy ---- */

typedef struct kept {
    hook_t hook;
    uint8_t bytes[200]; /* of the newest packet with data */
    size_t length;
    bool eats;
} kept_t;

static int keep(hook_event_token_t token, hook_data_t data, void *arg)
{
    kept_t *kept = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    (void)token;
    if (tcp + (tcp[12] >> 4) * 4 == mp->b_wptr)
        return 0;
    kept->length = msgdsize(mp);
    assert_true(kept->length <= sizeof(kept->bytes));
    memcpy(kept->bytes, mp->b_rptr, kept->length);
    return kept->eats;
}

static void keep_data(host_t *host, kept_t *kept, const char *family, const char *event)
{
    kept->hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = keep, .h_name = event, .h_arg = kept};
    assert_int_equal(net_hook_register(ip_stack_net(host->ips, family), event, &kept->hook), 0);
}

/* What both have to say: all but the identifier, the sums and the options. */
static void strip(kept_t *kept, bool v6)
{
    uint8_t *tcp = kept->bytes + (v6 ? 40 : 20);
    size_t options = (size_t)(tcp[12] >> 4) * 4 - 20;
    kept->length -= options;
    memmove(tcp + 20, tcp + 20 + options, 9);
    tcp[12] = 0x50;
    put16(tcp + 16, 0);
    put16(kept->bytes + (v6 ? 4 : 2), 0);
    if (!v6)
        put16(kept->bytes + 4, 0);
    if (!v6)
        put16(kept->bytes + 10, 0);
}

static bool has_right_sums(const kept_t *kept)
{
    mblk_t *mp = allocb(kept->length);
    memcpy(mp->b_rptr, kept->bytes, kept->length);
    mp->b_wptr += kept->length;
    packet_fix(mp);
    bool same = memcmp(mp->b_rptr, kept->bytes, kept->length) == 0;
    freemsg(mp);
    return same;
}

/* What a segment with data would say that really went through IP; the copy has no options. */
static void a_copy_says_what_the_segment_would_have_said(void **state)
{
    (void)state;
    for (int v6 = 0; v6 <= 1; v6++) {
        kept_t kept[2] = {{.length = 0}, {.length = 0}};
        for (int fused = 0; fused <= 1; fused++) {
            void *own;
            host_setup(&own);
            host_t *host = own;
            in6_addr_t to = address_of(v6 ? "::1" : "127.0.0.1");
            sonode_t *listener, *client, *server;
            ip_stack_set_build(host->ips, fused ? &copying : &none);
            assert_int_equal(so_listen(host->ips, &to, 22, 5, &listener), 0);
            assert_int_equal(so_connect(host->ips, &to, 22, &client), EINPROGRESS);
            run_connect(host, client);
            run_until(host, 0);
            assert_int_equal(so_accept(listener, &server), 0);
            keep_data(host, &kept[fused], v6 ? NHF_INET6 : NHF_INET, NH_LOOPBACK_IN);
            assert_int_equal(send_some(client, 0, 9), 9);
            run_until(host, 0);
            assert_int_equal(take_all(server, 0), 9);
            so_close(client);
            so_close(server);
            so_close(listener);
            assert_int_equal(host_teardown(&own), 0);
        }
        assert_int_equal(kept[1].length, (v6 ? 40 : 20) + 20 + 9);
        assert_int_equal(get16(kept[1].bytes + (v6 ? 4 : 2)), v6 ? 29 : 49);
        assert_true(has_right_sums(&kept[0]) && has_right_sums(&kept[1]));
        strip(&kept[0], v6);
        strip(&kept[1], v6);
        assert_int_equal(kept[0].length, kept[1].length);
        assert_memory_equal(kept[1].bytes, kept[0].bytes, kept[0].length);
    }
}

/* At either event; then the data goes through IP, where it is dropped, too. */
static void a_hook_that_drops_the_copy_un_fuses(void **state)
{
    static const char *const events[] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        void *own;
        host_setup(&own);
        kept_t kept = {.eats = i % 2 == 0};
        pair_t p = fused_pair(&own, &copying);
        keep_data(p.host, &kept, NHF_INET, events[i / 2]);
        send_some(p.client, 0, 9);
        run_now(&p);
        assert_int_equal(log_count(p.host, "tcp_unfuse: a hook dropped the copy"), kept.eats);
        assert_int_equal(ip_stack_stats(p.host->ips)->fused_bytes, kept.eats ? 0 : 9);
        assert_int_equal(take_all(p.server, 0), kept.eats ? 0 : 9);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* ---- what fuses ---- */

static void what_a_segment_has_un_fused_stays_so(void **state)
{
    pair_t p = fused_pair(state, &bypass);
    un_fuse(&p);
    ip_stack_set_build(p.host->ips, &bypass);
    transfer(&p, p.client, p.server, 0, 100);
    assert_int_equal(ip_stack_stats(p.host->ips)->fused_bytes, 0);
    assert_int_equal(log_count(p.host, "fusion tcp_fuse "), 1);
    close_pair(&p);
}

/* Whether so_is_past_hooks() is so, and whether data goes past IP. */
static void whether_a_connection_is_fused_is_the_builds_and_the_hosts_choice(void **state)
{
    static const struct {
        const ip_build_t *build;
        bool off, fused, past_hooks;
    } rows[] = {
        {&none, false, false, false},
        {&bypass, false, true, true},
        {&bypass, true, false, false},
        {&copying, false, true, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        ip_stack_set_fusion(((host_t *)own)->ips, !rows[i].off);
        pair_t p = fused_pair(&own, rows[i].build);
        assert_int_equal(so_is_past_hooks(p.client), rows[i].past_hooks);
        assert_int_equal(so_is_past_hooks(p.server), rows[i].past_hooks);
        transfer(&p, p.client, p.server, 0, 10);
        assert_int_equal(ip_stack_stats(p.host->ips)->fused_bytes, rows[i].fused ? 10 : 0);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* An observer un-fuses, where the build says so; when it is gone, the next data fuses again, unless
 * some is still on its way. */
static void snoop_un_fuses_as_long_as_it_is_open(void **state)
{
    static ip_build_t build;
    for (int in_flight = 0; in_flight <= 1; in_flight++) {
        (void)state;
        void *own;
        host_setup(&own);
        build = bypass;
        build.ib_snoop_unfuses = true;
        pair_t p = fused_pair(&own, &build);
        const ip_stats_t *stats = ip_stack_stats(p.host->ips);
        ip_stack_set_snoop(p.host->ips, true);
        transfer(&p, p.client, p.server, 0, 10);
        assert_int_equal(stats->fused_bytes, 0);
        assert_int_equal(log_count(p.host, "tcp_unfuse: snoop is open"), 1);
        eater_t eater = {.mask = PSH, .flags = PSH, .limit = 1};
        if (in_flight) {
            eat(p.host, NH_LOOPBACK_IN, &eater);
            assert_int_equal(send_some(p.client, 10, 5), 5);
        } else {
            run_until(p.host, 1000000); /* the last ACK has come */
        }
        ip_stack_set_snoop(p.host->ips, false);
        assert_int_equal(send_some(p.client, in_flight ? 15 : 10, 20), 20);
        assert_int_equal(stats->fused_bytes, in_flight ? 0 : 20);
        run_until(p.host, vclock_now(p.host->clock) + 1000000);
        assert_int_equal(take_all(p.server, 10), in_flight ? 25 : 20);
        assert_int_equal(send_some(p.client, 0, 30), 30); /* nothing is on its way now */
        assert_int_equal(stats->fused_bytes, in_flight ? 30 : 50);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

/* With an open snoop no new connection is fused. */
static void nothing_is_fused_under_an_observer(void **state)
{
    static ip_build_t build;
    build = bypass;
    build.ib_snoop_unfuses = true;
    ip_stack_set_snoop(((host_t *)*state)->ips, true);
    pair_t p = fused_pair(state, &build);
    assert_int_equal(log_count(p.host, "fusion tcp_fuse "), 0);
    close_pair(&p);
}

/* A reader's buffer is its window here, too, when it is larger or smaller than the usual one. */
static void a_fused_reader_has_room_for_its_buffer(void **state)
{
    static const size_t sizes[] = {1000, WINDOW, 90000};
    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        void *own;
        size_t size = sizes[i];
        host_setup(&own);
        pair_t p = fused_pair(&own, &bypass);
        close_pair(&p);
        run_now(&p);
        assert_int_equal(so_listen(p.host->ips, &loopback, 23, 5, &p.listener), 0);
        assert_int_equal(so_set_option(p.listener, SO_OPT_RCVBUF, (int64_t)size), 0);
        assert_int_equal(so_connect(p.host->ips, &loopback, 23, &p.client), EINPROGRESS);
        run_connect(p.host, p.client);
        run_now(&p);
        assert_int_equal(so_accept(p.listener, &p.server), 0);
        assert_int_equal(send_some(p.client, 0, size + 8), size);
        assert_int_equal(send_some(p.client, 0, 1), 0);
        assert_int_equal(take_all(p.server, 0), size);
        assert_int_equal(send_some(p.client, 0, size + 8), size);
        uint8_t some[500];
        size_t n;
        assert_int_equal(so_recv(p.server, some, sizeof(some), &n), 0);
        assert_int_equal(send_some(p.client, size, 1000), 500);
        assert_int_equal(so_set_option(p.server, SO_OPT_RCVBUF, 600), 0); /* it shrinks */
        assert_int_equal(so_recv(p.server, some, sizeof(some), &n), 0);
        assert_int_equal(send_some(p.client, 0, 1000), size == 1000 ? 100 : 0);
        close_pair(&p);
        assert_int_equal(host_teardown(&own), 0);
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test(fused_data_takes_no_segment_and_no_time),
        test(a_fused_sender_waits_for_its_reader),
        cmocka_unit_test(whatever_was_fused_the_rest_goes_on_through_ip),
        cmocka_unit_test(fused_data_leaves_the_numbers_that_segments_would_have_left),
        test(unread_bytes_count_against_the_window_after_un_fusing),
        test(a_segment_that_is_lost_behind_fused_data_is_sent_again),
        test(both_fins_follow_the_fused_bytes),
        test(a_copy_is_no_longer_than_a_segment),
        cmocka_unit_test(an_end_that_goes_leaves_the_other_alone),
        cmocka_unit_test(a_copy_says_what_the_segment_would_have_said),
        cmocka_unit_test(a_hook_that_drops_the_copy_un_fuses),
        test(what_a_segment_has_un_fused_stays_so),
        cmocka_unit_test(whether_a_connection_is_fused_is_the_builds_and_the_hosts_choice),
        cmocka_unit_test(snoop_un_fuses_as_long_as_it_is_open),
        test(nothing_is_fused_under_an_observer),
        cmocka_unit_test(a_fused_reader_has_room_for_its_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
