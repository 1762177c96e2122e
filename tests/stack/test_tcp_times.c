/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The times of a connection after its handshake, in the post's build and in one with Linux' rules:
 * when its segments are sent, and when it ends.
 */
#include "tests/stack/host.h"

#define S(s)       ((uint64_t)((s)*1000000.0 + 0.5))
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))
#define TIMES_MAX  32
#define FIN        0x01
#define SYN        0x02
#define PSH        0x08
#define ACK        0x10
#define IPH_LENGTH 20

static const uint64_t syns[] = {0, S(1)};
static const uint64_t syn_acks[] = {0, S(1), S(3)};
static const syn_schedule_t linux_syn_acks = {syn_acks, COUNT(syn_acks), S(7)};

static const ip_build_t linux_build = {
    .ib_syns = {syns, COUNT(syns), S(3)},
    .ib_syn_acks = &linux_syn_acks,
    .ib_times = &linux_times,
    .ib_quick_ack = true,
    .ib_linux_sockets = true,
};

/* A wire on which everything to a port is lost once `cut` is set, and when it was sent. */
typedef struct wire {
    hook_t hook;
    host_t *host;
    uint16_t port;
    bool cut;
    uint64_t at_us[TIMES_MAX];
    size_t count;
} wire_t;

static int watch(hook_event_token_t token, hook_data_t data, void *arg)
{
    wire_t *wire = arg;
    hook_pkt_event_t *info = data;
    const uint8_t *tcph = (*info->hpe_mp)->b_rptr + IPH_LENGTH;
    (void)token;
    if (!wire->cut || (tcph[2] << 8 | tcph[3]) != wire->port)
        return 0;
    if (wire->count < TIMES_MAX)
        wire->at_us[wire->count] = vclock_now(wire->host->clock);
    wire->count++;
    return 1;
}

typedef struct scene {
    host_t *host;
    wire_t wire;
    sonode_t *listener, *client, *server;
} scene_t;

/* An established pair; what the client sends is lost from now on. */
static void begin(scene_t *s, void **own, bool is_linux)
{
    host_setup(own);
    *s = (scene_t){.host = *own};
    if (is_linux)
        assert_int_equal(ip_stack_set_build(s->host->ips, &linux_build), 0);
    s->wire = (wire_t){.host = s->host, .port = 22};
    s->wire.hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = watch, .h_name = "wire", .h_arg = &s->wire};
    net_handle_t net = ip_stack_net(s->host->ips, NHF_INET);
    assert_int_equal(net_hook_register(net, NH_LOOPBACK_OUT, &s->wire.hook), 0);
    connect_pair(s->host, &s->listener, &s->client, &s->server);
    s->wire.cut = true;
}

static void end(scene_t *s, void **own)
{
    so_close(s->client);
    so_close(s->server);
    so_close(s->listener);
    assert_int_equal(host_teardown(own), 0);
}

static void run_out(scene_t *s)
{
    uint64_t at_us;
    while (vclock_next(s->host->clock, &at_us) && at_us < S(100000))
        vclock_run_next(s->host->clock);
}

static void send_one(sonode_t *so)
{
    size_t sent;
    assert_int_equal(so_send(so, "x", 1, &sent), 0);
}

/* ---- data ---- */

static const struct {
    const char *name;
    bool is_linux, is_closed;
    int64_t user_timeout_us;
    uint64_t first_us, second_us, last_us; /* of what is sent */
    uint64_t end_us;
    size_t count;
} silences[] = {
    {"Solaris", false, false, 0, 0, S(0.4), S(462), S(522), 15},
    {"Solaris, closed", false, true, 0, 0, S(0.4), S(462), S(522), 15},
    {"TCP_ABORT_THRESHOLD", false, false, S(10), 0, S(0.4), S(6), S(12.4), 5},
    {"Linux", true, false, 0, 0, S(0.2), S(804.6), S(924.6), 16},
    {"Linux, closed", true, true, 0, 0, S(0.2), S(51), S(102.2), 9},
    {"TCP_USER_TIMEOUT", true, false, S(3), 0, S(0.2), S(3), S(3.2), 5},
};

static void data_without_an_ack_is_sent_again_and_given_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(silences); i++) {
        scene_t s;
        void *own;
        begin(&s, &own, silences[i].is_linux);
        assert_int_equal(so_set_option(s.client, SO_OPT_USER_TIMEOUT, silences[i].user_timeout_us),
                         0);
        send_one(s.client);
        if (silences[i].is_closed) {
            so_close(s.client);
            s.client = NULL;
            s.wire.count = 1; /* the data, not its FIN, which waits for the data's ACK then */
        }
        run_out(&s);
        const wire_t *wire = &s.wire;
        if (wire->count != silences[i].count || wire->at_us[0] != silences[i].first_us ||
            wire->at_us[1] != silences[i].second_us ||
            wire->at_us[wire->count - 1] != silences[i].last_us ||
            vclock_now(s.host->clock) != silences[i].end_us)
            fail_msg("%s: %zu segments, the last at %lu, the end at %lu", silences[i].name,
                     wire->count, (unsigned long)wire->at_us[wire->count - 1],
                     (unsigned long)vclock_now(s.host->clock));
        if (s.client != NULL)
            assert_int_equal(so_take_error(s.client), ETIMEDOUT);
        end(&s, &own);
    }
}

/* ---- keepalive ---- */

static const struct {
    const char *name;
    bool is_linux;
    int64_t idle_us, interval_us, count, user_timeout_us;
    uint64_t first_us, second_us, end_us;
    size_t sent;
} idles[] = {
    {"Solaris", false, 0, 0, 0, 0, S(7200), S(7200.4), S(7722), 15},
    {"Solaris, even", false, S(20), S(5), 3, 0, S(20), S(25), S(35), 3},
    {"Solaris, no count", false, S(20), S(60), 0, 0, S(20), S(80), S(560), 9},
    {"Solaris, no interval", false, S(20), 0, 3, 0, S(20), S(20.4), S(505.177), 29},
    {"Solaris, soon", false, S(1), 0, 0, 0, S(1), S(1.4), S(481.72), 482},
    {"Linux", true, 0, 0, 0, 0, S(7200), S(7275), S(7875), 10},
    {"Linux, set", true, S(20), S(5), 3, 0, S(20), S(25), S(35), 4},
    {"Linux, user timeout", true, S(20), S(5), 3, S(21), S(20), S(25), S(25), 2},
};

static void an_idle_peer_that_does_not_answer_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(idles); i++) {
        scene_t s;
        void *own;
        begin(&s, &own, idles[i].is_linux);
        so_set_option(s.client, SO_OPT_KEEPALIVE, 1);
        if (idles[i].idle_us != 0) {
            so_set_option(s.client, SO_OPT_KEEPIDLE, idles[i].idle_us);
            so_set_option(s.client, SO_OPT_KEEPINTVL, idles[i].interval_us);
            so_set_option(s.client, SO_OPT_KEEPCNT, idles[i].count);
        }
        so_set_option(s.client, SO_OPT_USER_TIMEOUT, idles[i].user_timeout_us);
        run_out(&s);
        if (s.wire.count != idles[i].sent || s.wire.at_us[0] != idles[i].first_us ||
            s.wire.at_us[1] != idles[i].second_us || vclock_now(s.host->clock) != idles[i].end_us)
            fail_msg("%s: %zu probes, at %lu and %lu, the end at %lu", idles[i].name, s.wire.count,
                     (unsigned long)s.wire.at_us[0], (unsigned long)s.wire.at_us[1],
                     (unsigned long)vclock_now(s.host->clock));
        assert_int_equal(so_take_error(s.client), ETIMEDOUT);
        end(&s, &own);
    }
}

static void a_peer_that_answers_is_probed_for_ever(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        begin(&s, &own, i);
        s.wire.cut = false;
        so_set_option(s.client, SO_OPT_KEEPALIVE, 1);
        run_until(s.host, S(5 * 7200 + 1));
        assert_string_equal(so_state(s.client), "ESTABLISHED");
        assert_int_equal(log_count(s.host, "timer"), 5);
        end(&s, &own);
    }
}

static void nothing(void *arg)
{
    (void)arg;
}

/* Whatever comes from the peer, or is on its way to it, puts the first probe off. */
static void a_probe_waits_until_the_connection_was_idle_for_so_long(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        vtimer_t timers[2] = {{0}, {0}};
        begin(&s, &own, i);
        so_set_option(s.client, SO_OPT_KEEPALIVE, 1);
        so_set_option(s.client, SO_OPT_KEEPIDLE, S(20));
        vclock_set(s.host->clock, &timers[0], S(19.5), nothing, NULL);
        run_until(s.host, S(19.5));
        send_one(s.client); /* it is lost */
        vclock_set(s.host->clock, &timers[1], S(25), nothing, NULL);
        run_until(s.host, S(25));
        s.wire.cut = false;
        uint64_t acked_us = 0;
        while (acked_us == 0) { /* sent again, and acknowledged */
            vclock_run_next(s.host->clock);
            if (!so_is_lingering(s.client))
                acked_us = vclock_now(s.host->clock);
        }
        s.host->log[0] = '\0';
        run_until(s.host, acked_us + S(20) - 1);
        assert_int_equal(log_count(s.host, "timer"), 0);
        run_until(s.host, acked_us + S(20));
        assert_int_equal(log_count(s.host, "timer ESTABLISHED"), 1);
        end(&s, &own);
    }
}

/* Solaris probes again after the time of a retransmission, then after twice that, ... Once the peer
 * has answered, that begins anew. */
static void probes_begin_anew_after_an_answer(void **state)
{
    static const uint64_t silent_us[] = {S(20), S(20.4), S(21.2), S(22.8)};
    scene_t s;
    void *own;
    vtimer_t timer = {0};
    (void)state;
    begin(&s, &own, false);
    so_set_option(s.client, SO_OPT_KEEPALIVE, 1);
    so_set_option(s.client, SO_OPT_KEEPIDLE, S(20));
    uint64_t from_us = 0;
    for (int again = 0; again < 3; again++) {
        s.wire.count = 0;
        s.wire.cut = true;
        vclock_set(s.host->clock, &timer, from_us + S(23), nothing, NULL);
        run_until(s.host, from_us + S(23));
        assert_int_equal(s.wire.count, COUNT(silent_us));
        for (size_t i = 0; i < COUNT(silent_us); i++)
            assert_int_equal(s.wire.at_us[i], from_us + silent_us[i]);
        s.wire.cut = false;
        from_us += S(26); /* when the next probe is answered */
        run_until(s.host, from_us);
    }
    end(&s, &own);
}

/* After a shutdown Linux still probes who it waits for, Solaris does not; neither probes where the
 * option was taken back. */
static void who_is_probed(void **state)
{
    static const struct {
        const char *name;
        bool is_linux, shuts_down, takes_back, closes, peer_ends;
        size_t probes; /* in 21 s; the peer answers each, and Linux waits for 75 s then */
    } rows[] = {
        {"Solaris", false, false, false, false, false, 4},
        {"Linux", true, false, false, false, false, 1},
        {"Solaris, FIN_WAIT_2", false, true, false, false, false, 0},
        {"Linux, FIN_WAIT_2", true, true, false, false, false, 1},
        {"Solaris, taken back", false, false, true, false, false, 0},
        {"Linux, taken back", true, false, true, false, false, 0},
        {"Solaris, closed", false, false, false, true, false, 0},
        {"Linux, closed", true, false, false, true, false, 0},
        {"Solaris, CLOSE_WAIT", false, false, false, false, true, 4},
        {"Linux, CLOSE_WAIT", true, false, false, false, true, 1},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        scene_t s;
        void *own;
        begin(&s, &own, rows[i].is_linux);
        s.wire.cut = false;
        so_set_option(s.client, SO_OPT_KEEPALIVE, 1);
        so_set_option(s.client, SO_OPT_KEEPIDLE, S(5));
        if (rows[i].shuts_down)
            so_shutdown(s.client);
        if (rows[i].peer_ends)
            so_shutdown(s.server);
        if (rows[i].takes_back)
            so_set_option(s.client, SO_OPT_KEEPALIVE, 0);
        if (rows[i].closes) {
            so_close(s.client);
            s.client = NULL;
        }
        run_until(s.host, S(21));
        if (log_count(s.host, "timer") != rows[i].probes)
            fail_msg("%s: %zu\n%s", rows[i].name, log_count(s.host, "timer"), s.host->log);
        end(&s, &own);
    }
}

/* The values that were not set are the system's. */
static void keepalive_times_are_the_systems_until_they_are_set(void **state)
{
    static const struct {
        so_option_t option;
        int64_t solaris, linux_value, set;
    } rows[] = {
        {SO_OPT_KEEPIDLE, S(7200), S(7200), S(9)},
        {SO_OPT_KEEPINTVL, 0, S(75), S(8)},
        {SO_OPT_KEEPCNT, 0, 9, 7},
        {SO_OPT_KEEPALIVE, 0, 0, 1},
        {SO_OPT_LINGER, -1, -1, S(3)},
    };
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(rows); i++) {
        scene_t s;
        void *own;
        begin(&s, &own, i % 2);
        assert_int_equal(so_option(s.client, rows[i / 2].option),
                         i % 2 ? rows[i / 2].linux_value : rows[i / 2].solaris);
        assert_int_equal(so_set_option(s.client, rows[i / 2].option, rows[i / 2].set), 0);
        assert_int_equal(so_option(s.client, rows[i / 2].option), rows[i / 2].set);
        so_set_option(s.client, SO_OPT_LINGER, -1);
        s.wire.cut = false;
        end(&s, &own);
    }
}

/* ---- the rest ---- */

static void a_syn_ack_that_is_not_answered_is_given_up(void **state)
{
    static const uint64_t ends_us[] = {S(30), S(7)};
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        begin(&s, &own, i);
        uint16_t port = so_local(s.client).ie_port;
        s.wire.cut = false;
        so_abort(s.client);
        s.client = NULL;
        run_until(s.host, 0);
        s.wire.port = port; /* the client is not reached any more, and does not answer */
        s.wire.cut = true;
        ip_endpoint_t local = {loopback, port};
        assert_int_equal(so_connect_from(s.host->ips, &local, &loopback, 22, &s.client),
                         EINPROGRESS);
        run_until(s.host, 0);
        so_abort(s.client);
        s.client = NULL;
        run_until(s.host, ends_us[i] - 1);
        assert_int_equal(so_count(s.host->ips), 2);
        assert_int_equal(s.wire.count, i == 0 ? 4 : 3);
        run_until(s.host, ends_us[i]);
        assert_int_equal(s.wire.count, i == 0 ? 5 : 3); /* Solaris sends a RST */
        end(&s, &own);
    }
}

static void connections_that_the_server_closes_first_make_room_for_others(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        begin(&s, &own, i);
        s.wire.cut = false;
        for (int n = 0; n < 1000; n++) {
            sonode_t *client, *server;
            assert_int_equal(so_connect(s.host->ips, &loopback, 22, &client), EINPROGRESS);
            run_connect(s.host, client);
            run_until(s.host, 0);
            assert_int_equal(so_accept(s.listener, &server), 0);
            so_close(server);
            run_until(s.host, 0);
            so_close(client);
            run_until(s.host, 0);
        }
        assert_true(vclock_now(s.host->clock) == 0);
        end(&s, &own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(data_without_an_ack_is_sent_again_and_given_up),
        cmocka_unit_test(an_idle_peer_that_does_not_answer_ends_the_connection),
        cmocka_unit_test(a_peer_that_answers_is_probed_for_ever),
        cmocka_unit_test(a_probe_waits_until_the_connection_was_idle_for_so_long),
        cmocka_unit_test(probes_begin_anew_after_an_answer),
        cmocka_unit_test(who_is_probed),
        cmocka_unit_test(keepalive_times_are_the_systems_until_they_are_set),
        cmocka_unit_test(a_syn_ack_that_is_not_answered_is_given_up),
        cmocka_unit_test(connections_that_the_server_closes_first_make_room_for_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
