/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A window that is closed: when it is probed, with what, when the connection is given up, and how
 * it goes on once the window opens. Two hosts on a wire, in the post's build and in one with Linux'
 * rules.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#define S(s)      ((uint64_t)((s)*1000000.0 + 0.5))
#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define TIMES_MAX 64
#define BUFFER    2000
#define NONE      SIZE_MAX

#define LOWER(a, b) ((a) < (b) ? (a) : (b))

/* What the client's host sends, and whether it gets anywhere. */
typedef struct wire {
    hook_t hook;
    vclock_t *clock;
    size_t cut_after; /* so many arrive; the others are lost */
    uint64_t at_us[TIMES_MAX];
    uint32_t seq[TIMES_MAX];
    size_t length[TIMES_MAX]; /* of the data */
    size_t count;
} wire_t;

static int watch(hook_event_token_t token, hook_data_t data, void *arg)
{
    wire_t *wire = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    (void)token;
    if (wire->count < TIMES_MAX) {
        wire->at_us[wire->count] = vclock_now(wire->clock);
        wire->seq[wire->count] = get32(tcp + 4);
        wire->length[wire->count] = (size_t)(mp->b_wptr - tcp) - (size_t)(tcp[12] >> 4) * 4;
    }
    wire->count++;
    return wire->count > wire->cut_after;
}

typedef struct scene {
    host_t *host;
    wire_t wire;
    sonode_t *listener, *client, *server;
} scene_t;

/* The server has read nothing, and its buffer is full; the client has more to send. */
static void begin(scene_t *s, void **own, bool is_linux)
{
    static char data[2 * BUFFER];
    size_t n;
    in6_addr_t to = address_of("192.168.1.20");
    host_setup(own);
    *s = (scene_t){.host = *own};
    add_wire(s->host, 0, 0);
    if (is_linux) {
        assert_int_equal(ip_stack_set_build(s->host->ips, &linux_times_build), 0);
        assert_int_equal(ip_stack_set_build(s->host->remote, &linux_times_build), 0);
    }
    s->wire = (wire_t){.clock = s->host->clock, .cut_after = NONE};
    s->wire.hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = watch, .h_name = "wire", .h_arg = &s->wire};
    assert_int_equal(
        net_hook_register(ip_stack_net(s->host->ips, NHF_INET), NH_PHYSICAL_OUT, &s->wire.hook), 0);
    assert_int_equal(so_listen(s->host->remote, &to, 22, 5, &s->listener), 0);
    assert_int_equal(so_set_option(s->listener, SO_OPT_RCVBUF, BUFFER), 0);
    assert_int_equal(so_connect(s->host->ips, &to, 22, &s->client), EINPROGRESS);
    run_connect(s->host, s->client);
    run_until(s->host, 0);
    assert_int_equal(so_accept(s->listener, &s->server), 0);
    assert_int_equal(so_send(s->client, data, sizeof(data), &n), 0);
    assert_int_equal(n, sizeof(data));
    run_until(s->host, 0);
    s->wire.count = 0;
}

static void end(scene_t *s, void **own)
{
    so_close(s->client);
    so_close(s->server);
    so_close(s->listener);
    assert_int_equal(host_teardown(own), 0);
}

/* ---- it stays closed ---- */

/* What still fits goes first, 24 bytes; then Solaris sends the next byte, Linux an old number
 * without data. */
static const struct {
    const char *name;
    bool is_linux, is_closed; /* the client's socket is closed */
    size_t cut_after;
    int64_t user_timeout_us;
    double at_s[5]; /* of the first five */
    double end_s;   /* when the connection has ended; 0: never */
    size_t count;   /* until then, or until 2000 s */
} rows[] = {
    {"Solaris", false, false, NONE, 0, {0.5, 1, 1.8, 3.4, 6.6}, 0, 40},
    {"Solaris, lost", false, false, 0, 0, {0.5, 1.3, 2.9, 6.1, 12.5}, 522.1, 14},
    {"Solaris, probes lost", false, false, 1, 0, {0.5, 1, 1.8, 3.4, 6.6}, 522.6, 15},
    {"Solaris, closed", false, true, NONE, 0, {0.5, 1, 1.8, 3.4, 6.6}, 0, 40},
    {"Solaris, closed, lost", false, true, 1, 0, {0.5, 1, 1.8, 3.4, 6.6}, 522.6, 15},
    {"Solaris, threshold", false, false, NONE, S(10), {0.5, 1, 1.8, 3.4, 6.6}, 0, 40},
    {"Solaris, threshold, lost", false, false, 1, S(10), {0.5, 1, 1.8, 3.4, 6.6}, 13, 5},
    {"Linux", true, false, NONE, 0, {0.2, 0.4, 0.8, 1.6, 3.2}, 0, 25},
    {"Linux, lost", true, false, 0, 0, {0.2, 0.4, 0.8, 1.6, 3.2}, 924.8, 16},
    {"Linux, probes lost", true, false, 1, 0, {0.2, 0.4, 0.8, 1.6, 3.2}, 924.8, 16},
    {"Linux, closed", true, true, NONE, 0, {0.2, 0.4, 0.8, 1.6, 3.2}, 0, 25},
    {"Linux, closed, lost", true, true, 1, 0, {0.2, 0.4, 0.8, 1.6, 3.2}, 102.4, 9},
    {"Linux, user timeout", true, false, NONE, S(10), {0.2, 0.4, 0.8, 1.6, 3.2}, 10.4, 6},
    {"Linux, user timeout, lost", true, false, 1, S(10), {0.2, 0.4, 0.8, 1.6, 3.2}, 10.4, 6},
};

static void fail_at(const char *name, const scene_t *s)
{
    for (size_t i = 0; i < s->wire.count && i < TIMES_MAX; i++)
        print_error("%.6f seq %d length %zu\n", (double)s->wire.at_us[i] / 1e6,
                    (int)(s->wire.seq[i] - s->wire.seq[0]), s->wire.length[i]);
    fail_msg("%s: %zu until %.6f", name, s->wire.count, (double)vclock_now(s->host->clock) / 1e6);
}

static void check_probes(size_t row, const scene_t *s)
{
    const wire_t *wire = &s->wire;
    bool is_lost = rows[row].cut_after == 0, is_linux = rows[row].is_linux;
    int32_t seq = is_lost ? 0 : is_linux ? 23 : 24;
    size_t length = is_lost ? 24 : is_linux ? 0 : 1;
    bool is_right = wire->count == rows[row].count && wire->length[0] == 24;
    for (size_t i = 0; i < 5 && is_right; i++)
        is_right = wire->at_us[i] == S(rows[row].at_s[i]);
    for (size_t i = 1; i < wire->count && is_right; i++)
        is_right = wire->length[i] == length && (int32_t)(wire->seq[i] - wire->seq[0]) == seq;
    if (!is_right || (rows[row].end_s != 0 && vclock_now(s->host->clock) != S(rows[row].end_s)))
        fail_at(rows[row].name, s);
}

static void a_closed_window_is_probed(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        scene_t s;
        void *own;
        begin(&s, &own, rows[i].is_linux);
        assert_int_equal(so_set_option(s.client, SO_OPT_USER_TIMEOUT, rows[i].user_timeout_us), 0);
        s.wire.cut_after = rows[i].cut_after;
        if (rows[i].is_closed) {
            so_close(s.client);
            s.client = NULL;
        }
        run_until(s.host, S(2000));
        check_probes(i, &s);
        if (s.client != NULL)
            assert_int_equal(so_take_error(s.client), rows[i].end_s != 0 ? ETIMEDOUT : 0);
        end(&s, &own);
    }
}

/* ---- it opens ---- */

/* What waited goes at once; on Solaris with the byte that was a probe, which was refused. */
static void an_open_window_is_used_at_once(void **state)
{
    static const struct {
        uint64_t last_us; /* of the probes */
        int32_t first;    /* which byte is the first that goes */
    } opens[] = {{S(6.6), -1}, {S(6.4), 0}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        char buffer[2 * BUFFER];
        size_t n, got = 0;
        begin(&s, &own, i);
        run_until(s.host, S(10));
        assert_int_equal(vclock_now(s.host->clock), opens[i].last_us);
        uint32_t next = s.wire.seq[s.wire.count - 1] + 1;
        s.wire.count = 0;
        while (got < 2 * BUFFER && vclock_now(s.host->clock) <= opens[i].last_us + S(0.2)) {
            if (so_recv(s.server, buffer, sizeof(buffer), &n) == 0)
                got += n;
            vclock_run_next(s.host->clock);
        }
        assert_int_equal(got, 2 * BUFFER);
        assert_int_equal(s.wire.at_us[0], opens[i].last_us);
        int32_t lowest = 0;
        for (size_t k = 0; k < s.wire.count; k++)
            lowest = LOWER(lowest, (int32_t)(s.wire.seq[k] - next));
        assert_int_equal(lowest, opens[i].first);
        end(&s, &own);
    }
}

/* The probes' interval has doubled; that of the data that follows has not. */
static void what_is_lost_after_a_closed_window_is_sent_again_soon(void **state)
{
    static const uint64_t opens_us[] = {S(6.6), S(6.4)}, interval_us[] = {S(0.4), S(0.2)};
    (void)state;
    for (int i = 0; i < 2; i++) {
        scene_t s;
        void *own;
        char buffer[BUFFER];
        size_t n, k = 0;
        begin(&s, &own, i);
        run_until(s.host, S(10));
        s.wire.count = s.wire.cut_after = 0;
        assert_int_equal(so_recv(s.server, buffer, BUFFER, &n), 0);
        run_until(s.host, S(20));
        while (s.wire.at_us[k] == opens_us[i])
            k++;
        assert_int_equal(s.wire.at_us[k], opens_us[i] + interval_us[i]);
        assert_int_equal(s.wire.at_us[k + 1], opens_us[i] + 3 * interval_us[i]);
        end(&s, &own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_window_is_probed),
        cmocka_unit_test(an_open_window_is_used_at_once),
        cmocka_unit_test(what_is_lost_after_a_closed_window_is_sent_again_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
