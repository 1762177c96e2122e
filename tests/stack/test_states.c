/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each call on a stream in each of its states: what it returns, what is sent, and which state
 * follows, on Solaris and on Linux.
 *
 * The answers are in calls.txt, which begins with how to read them. RECORD=FILE in the environment
 * writes those of now to another file.
 */
#include "stack/wire.h"
#include "tests/stack/ear.h"
#include "tests/stack/recorded.h"

#include <sys/socket.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef enum extra {
    AS_IT_IS,
    FRESH,   /* it was never connected */
    WAITING, /* a listener with a connection to accept */
    CROSSED,
    UNREAD,
    OUTSTANDING,
    READS_NO_MORE,
    RESET, /* the peer has reset it, which nobody was told */
    TOLD   /* and was told */
} extra_t;

static const struct {
    const char *name;
    state_t state;
    extra_t extra;
} situations[] = {
    {"fresh", LISTEN, FRESH},
    {"LISTEN", LISTEN, AS_IT_IS},
    {"LISTEN, one waits", LISTEN, WAITING},
    {"SYN_SENT", SYN_SENT, AS_IT_IS},
    {"SYN_SENT, crossed", SYN_SENT, CROSSED},
    {"SYN_SENT, refused", SYN_SENT, RESET},
    {"SYN_SENT, refused and told", SYN_SENT, TOLD},
    {"ESTABLISHED", ESTABLISHED, AS_IT_IS},
    {"ESTABLISHED, data unread", ESTABLISHED, UNREAD},
    {"ESTABLISHED, data sent", ESTABLISHED, OUTSTANDING},
    {"ESTABLISHED, reads no more", ESTABLISHED, READS_NO_MORE},
    {"ESTABLISHED, reset", ESTABLISHED, RESET},
    {"ESTABLISHED, reset and told", ESTABLISHED, TOLD},
    {"FIN_WAIT_1", FIN_WAIT_1, AS_IT_IS},
    {"FIN_WAIT_2", FIN_WAIT_2, AS_IT_IS},
    {"FIN_WAIT_2, reads no more", FIN_WAIT_2, READS_NO_MORE},
    {"CLOSE_WAIT", CLOSE_WAIT, AS_IT_IS},
    {"CLOSE_WAIT, reset", CLOSE_WAIT, RESET},
    {"CLOSING", CLOSING, AS_IT_IS},
    {"LAST_ACK", LAST_ACK, AS_IT_IS},
    {"TIME_WAIT", TIME_WAIT, AS_IT_IS},
};

/* ---- the calls ---- */

/* The socket that is called; a call that ends it makes it NULL. */
typedef sonode_t **slot_t;

static int call_send(slot_t so)
{
    size_t n;
    return so_send(*so, "abc", 3, &n);
}

static int call_send_nothing(slot_t so)
{
    size_t n;
    return so_send(*so, "", 0, &n);
}

static int call_recv(slot_t so)
{
    size_t n;
    char data[4];
    return so_recv(*so, data, sizeof(data), &n);
}

static int call_peek(slot_t so)
{
    size_t n;
    char data[4];
    ip_endpoint_t from;
    return so_peek(*so, data, sizeof(data), &n, &from);
}

static int call_connect(slot_t so)
{
    ip_endpoint_t to = {loopback, 22};
    return so_connect_to(*so, &to);
}

static int call_outcome(slot_t so)
{
    return so_has_connect(*so) ? so_connect_outcome(*so) : ENOTCONN;
}

static int call_disconnect(slot_t so)
{
    return so_disconnect(*so);
}

static int shut_reading(slot_t so)
{
    return so_shutdown_how(*so, SO_SHUT_READ);
}

static int shut_writing(slot_t so)
{
    return so_shutdown_how(*so, SO_SHUT_WRITE);
}

static int shut_both(slot_t so)
{
    return so_shutdown_how(*so, SO_SHUT_READ | SO_SHUT_WRITE);
}

static int call_listen(slot_t so)
{
    return so_listen_on(*so, 5);
}

static int call_listen_without_limit(slot_t so)
{
    return so_listen_on(*so, -1);
}

static int call_accept(slot_t so)
{
    sonode_t *child;
    int error = so_accept(*so, &child);
    so_close(child);
    return error;
}

static int call_bind(slot_t so)
{
    ip_endpoint_t local = {loopback, 777};
    return so_bind(*so, &local);
}

static int call_peername(slot_t so)
{
    ip_endpoint_t peer;
    return so_peername(*so, &peer);
}

static int call_take_error(slot_t so)
{
    return so_take_error(*so);
}

static int set_nodelay(slot_t so)
{
    return so_set_option(*so, SO_OPT_NODELAY, 1);
}

static int set_keepalive(slot_t so)
{
    return so_set_option(*so, SO_OPT_KEEPALIVE, 1);
}

static int set_sndbuf(slot_t so)
{
    return so_set_option(*so, SO_OPT_SNDBUF, 100000);
}

static int call_close(slot_t so)
{
    so_close(*so);
    *so = NULL;
    return 0;
}

static int call_abort(slot_t so)
{
    so_abort(*so);
    *so = NULL;
    return 0;
}

static int close_lingering(slot_t so)
{
    int error = so_set_option(*so, SO_OPT_LINGER, 0);
    call_close(so);
    return error;
}

static const struct {
    const char *name;
    int (*call)(slot_t so);
} calls[] = {
    {"send", call_send},
    {"send nothing", call_send_nothing},
    {"recv", call_recv},
    {"peek", call_peek},
    {"connect", call_connect},
    {"connect's outcome", call_outcome},
    {"disconnect", call_disconnect},
    {"shutdown read", shut_reading},
    {"shutdown write", shut_writing},
    {"shutdown both", shut_both},
    {"listen", call_listen},
    {"listen -1", call_listen_without_limit},
    {"accept", call_accept},
    {"bind", call_bind},
    {"getpeername", call_peername},
    {"SO_ERROR", call_take_error},
    {"TCP_NODELAY", set_nodelay},
    {"SO_KEEPALIVE", set_keepalive},
    {"SO_SNDBUF", set_sndbuf},
    {"close", call_close},
    {"abort", call_abort},
    {"close, linger 0", close_lingering},
};

/* ---- leading there ---- */

static slot_t own_socket(scene_t *s)
{
    if (s->side == SERVER && s->server == NULL)
        return &s->listener;
    return s->side == SERVER ? &s->server : &s->client;
}

static void send_ten(sonode_t *so)
{
    size_t n;
    assert_int_equal(so_send(so, "0123456789", 10, &n), 0);
}

static void put(scene_t *s, uint8_t flags, uint32_t seq, uint32_t ack)
{
    mblk_t *mp = segment_of(&s->peer, &s->own, flags, seq, ack);
    assert_int_equal(ip_inject(s->host->ips, IP_STATION_DELIVER, mp), 0);
    scene_run_now(s);
}

static void lead(scene_t *s, extra_t extra)
{
    const sent_t *sent = &s->watch.sent[s->side];
    s->watch.off = false;
    if (extra == FRESH) {
        so_close(s->client);
        assert_int_equal(so_socket(s->host->ips, AF_INET, SO_KIND_STREAM, &s->client), 0);
        s->side = CLIENT;
    } else if (extra == AS_IT_IS && s->listener != NULL && s->server == NULL && s->side == SERVER) {
        sonode_t *child; /* nobody waits to be accepted */
        assert_int_equal(so_accept(s->listener, &child), 0);
        so_abort(s->client);
        so_close(child);
        s->client = NULL;
    } else if (extra == CROSSED) {
        put(s, SYN, 1000000, 0);
    } else if (extra == UNREAD) {
        send_ten(s->server);
        run_until(s->host, vclock_now(s->host->clock) + 1000000);
    } else if (extra == OUTSTANDING) {
        scene_eat(s, 1 << CLIENT, 0, 0);
        send_ten(s->client);
    } else if (extra == READS_NO_MORE) {
        so_shutdown_how(s->client, SO_SHUT_READ);
    } else if (extra == RESET || extra == TOLD) {
        put(s, RST | ACK, sent->rcv_nxt, sent->snd_nxt);
    }
    if (extra == TOLD)
        so_take_error(*own_socket(s));
    scene_run_now(s);
    s->watch.off = true;
}

/* ---- one call ---- */

static const char *errno_name(int error)
{
    static const struct {
        int error;
        const char *name;
    } names[] = {
        {0, "ok"},
        {EAGAIN, "EAGAIN"},
        {EPIPE, "EPIPE"},
        {EINVAL, "EINVAL"},
        {EISCONN, "EISCONN"},
        {ENOTCONN, "ENOTCONN"},
        {EALREADY, "EALREADY"},
        {EOPNOTSUPP, "EOPNOTSUPP"},
        {ECONNRESET, "ECONNRESET"},
        {EINPROGRESS, "EINPROGRESS"},
        {ECONNREFUSED, "ECONNREFUSED"},
        {ECONNABORTED, "ECONNABORTED"},
        {EADDRINUSE, "EADDRINUSE"},
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        if (names[i].error == error)
            return names[i].name;
    }
    return "another errno";
}

/* What poll(2) would say, in letters. */
static void say_ready(ear_t *ear, sonode_t *so)
{
    unsigned ready = so_ready(so);
    ear_say(ear, "%s%s%s%s%s%s", ready != 0 ? " " : "", ready & SO_READY_IN ? "I" : "",
            ready & SO_READY_OUT ? "O" : "", ready & SO_READY_ERR ? "E" : "",
            ready & SO_READY_HUP ? "H" : "", ready & SO_READY_RDHUP ? "R" : "");
    if (so_readable(so) > 0)
        ear_say(ear, " %zu", so_readable(so));
    if (so_is_lingering(so))
        ear_say(ear, " lingers");
}

static void play(ear_t *ear, size_t situation, size_t call, bool is_linux, bool is_watched)
{
    static ip_build_t build;
    scene_t s;
    void *own;
    char said[100];
    build = post_build;
    build.ib_linux_sockets = is_linux;
    scene_start(&s, &own, false);
    assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
    if (!is_watched)
        ip_stack_set_probe(s.host->ips, NULL, NULL);
    scene_lead(&s, situations[situation].state);
    lead(&s, situations[situation].extra);
    const sent_t *sent = &s.watch.sent[s.side];
    *ear = (ear_t){.own = s.own, .snd = sent->snd_nxt, .rcv = sent->rcv_nxt};
    ear_listen(&s, ear, NHF_INET);
    slot_t so = own_socket(&s);
    int error = calls[call].call(so);
    scene_run_now(&s);
    snprintf(said, sizeof(said), "%s", ear->said);
    ear->said[0] = '\0';
    ear_say(ear, "%s%s%s", errno_name(error), said[0] != '\0' ? " [" : "", said);
    ear_say(ear, "%s", said[0] != '\0' ? "]" : "");
    const char *state = *so != NULL ? so_state(*so) : ear_state(&s);
    ear_say(ear, " > %s", state);
    if (*so != NULL)
        say_ready(ear, *so);
    if (*so != NULL && (error = so_take_error(*so)) != 0)
        ear_say(ear, " %s", errno_name(error));
    ear->off = true;
    scene_end(&s, &own);
}

/* ---- all of them ---- */

static void answer_of(char *line, size_t i)
{
    ear_t ears[2];
    size_t situation = i / COUNT(calls), call = i % COUNT(calls);
    for (size_t k = 0; k < 2; k++)
        play(&ears[k], situation, call, k == 1, i % 2);
    snprintf(line, RECORDED_LINE_MAX, "%-27s | %-17s | %-44s | %s", situations[situation].name,
             calls[call].name, ears[0].said, ears[1].said);
}

static void each_call_in_each_state(void **state)
{
    (void)state;
    recorded_compare(CALLS_TXT, COUNT(situations) * COUNT(calls), answer_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_in_each_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
