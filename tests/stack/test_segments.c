/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Every segment in every state of TCP: how it is answered, which state follows, what the
 * application is told and what it can read, on Solaris and on Linux, over both families.
 *
 * The answers are in segments.txt, which begins with how to read them. RECORD=FILE in the
 * environment writes those of now to another file.
 */
#include "stack/wire.h"
#include "tests/stack/ear.h"
#include "tests/stack/recorded.h"

/* What is added to a conversation in a state. */
typedef enum extra {
    AS_IT_IS,
    CROSSED, /* the peer's SYN has come, too */
    CLOSES,  /* the endpoint has no socket any more */
    READS_NO_MORE,
    UNREAD,      /* data waits to be read */
    SMALL,       /* its receive buffer has 10,000 bytes */
    OUTSTANDING, /* data is on its way, and will not be acknowledged */
    SERVER_FIRST /* the server ends first, so that somebody listens at the endpoint's port */
} extra_t;

static const struct {
    const char *name;
    state_t state;
    extra_t extra;
} situations[] = {
    {"LISTEN", LISTEN, AS_IT_IS},
    {"SYN_SENT", SYN_SENT, AS_IT_IS},
    {"SYN_SENT, crossed", SYN_SENT, CROSSED},
    {"SYN_RCVD", SYN_RCVD, AS_IT_IS},
    {"ESTABLISHED", ESTABLISHED, AS_IT_IS},
    {"ESTABLISHED, data unread", ESTABLISHED, UNREAD},
    {"ESTABLISHED, small buffer", ESTABLISHED, SMALL},
    {"ESTABLISHED, data sent", ESTABLISHED, OUTSTANDING},
    {"ESTABLISHED, reads no more", ESTABLISHED, READS_NO_MORE},
    {"FIN_WAIT_1", FIN_WAIT_1, AS_IT_IS},
    {"FIN_WAIT_1, closed", FIN_WAIT_1, CLOSES},
    {"FIN_WAIT_2", FIN_WAIT_2, AS_IT_IS},
    {"FIN_WAIT_2, closed", FIN_WAIT_2, CLOSES},
    {"FIN_WAIT_2, reads no more", FIN_WAIT_2, READS_NO_MORE},
    {"CLOSE_WAIT", CLOSE_WAIT, AS_IT_IS},
    {"CLOSE_WAIT, reads no more", CLOSE_WAIT, READS_NO_MORE},
    {"CLOSING", CLOSING, AS_IT_IS},
    {"CLOSING, closed", CLOSING, CLOSES},
    {"LAST_ACK", LAST_ACK, AS_IT_IS},
    {"LAST_ACK, closed", LAST_ACK, CLOSES},
    {"TIME_WAIT", TIME_WAIT, AS_IT_IS},
    {"TIME_WAIT, at a listener", ESTABLISHED, SERVER_FIRST},
};

/* A segment's numbers count from what the endpoint expects. */
static const struct segment {
    const char *name;
    uint8_t flags;
    size_t length;
    int32_t seq, ack;
} segments[] = {
    {"nothing at all", 0, 0, 0, 0},
    {"data without ACK", 0, 5, 0, 0},
    {"FIN without ACK", FIN, 0, 0, 0},
    {"a SYN at the edge", SYN, 0, 0, 0},
    {"a SYN in the window", SYN, 0, 5, 0},
    {"a SYN before it", SYN, 0, -5, 0},
    {"the SYN again", SYN, 0, -1, 0},
    {"a SYN far beyond", SYN, 0, 200000, 0},
    {"SYN|ACK", SYN | ACK, 0, 0, 0},
    {"SYN|ACK again", SYN | ACK, 0, -1, 0},
    {"SYN|ACK of one more", SYN | ACK, 0, 0, 1},
    {"SYN|ACK of one less", SYN | ACK, 0, 0, -1},
    {"SYN|FIN", SYN | FIN, 0, 0, 0},
    {"SYN|URG", SYN | URG, 0, 0, 0},
    {"SYN with data", SYN, 5, 3, 0},
    {"SYN|RST", SYN | RST, 0, 0, 0},
    {"a RST at the edge", RST, 0, 0, 0},
    {"RST|ACK at the edge", RST | ACK, 0, 0, 0},
    {"RST|ACK of one more", RST | ACK, 0, 0, 1},
    {"a RST in the window", RST, 0, 5, 0},
    {"a RST at its end", RST, 0, 49151, 0},
    {"a RST after its end", RST, 0, 49152, 0},
    {"a RST before it", RST, 0, -5, 0},
    {"a RST at the FIN", RST, 0, -1, 0},
    {"a RST far beyond", RST, 0, 200000, 0},
    {"RST|FIN", RST | FIN, 0, 0, 0},
    {"data", ACK, 5, 0, 0},
    {"data ahead", ACK, 5, 10, 0},
    {"old data", ACK, 3, -3, 0},
    {"data beyond", ACK, 3, 200000, 0},
    {"old and new data", ACK, 6, -3, 0},
    {"an ACK again", ACK, 0, 0, 0},
    {"an ACK of one less", ACK, 0, 0, -1},
    {"a very old ACK", ACK, 0, 0, -200000},
    {"an ACK of one more", ACK, 0, 0, 1},
    {"an ACK of what was not sent", ACK, 0, 0, 10},
    {"such data", ACK, 5, 0, 10},
    {"an old ACK number before it", ACK, 0, -1, 0},
    {"URG", ACK | URG, 0, 0, 0},
    {"a FIN", FIN | ACK, 0, 0, 0},
    {"FIN with data", FIN | ACK, 5, 0, 0},
    {"a FIN ahead", FIN | ACK, 0, 5, 0},
    {"a FIN again", FIN | ACK, 0, -1, 0},
};

/* ---- one segment ---- */

static mblk_t *make(const scene_t *s, const struct segment *segment, uint32_t seq, uint32_t ack)
{
    uint8_t tcp[20 + 8] = {0};
    put16(tcp, s->peer.ie_port);
    put16(tcp + 2, s->own.ie_port);
    put32(tcp + 4, seq);
    put32(tcp + 8, (segment->flags & ACK) != 0 ? ack : 0);
    tcp[12] = 0x50;
    tcp[13] = segment->flags;
    put16(tcp + 14, 49152);
    memcpy(tcp + 20, "abcdefgh", 8);
    return packet_of(&s->address, &s->address, IPPROTO_TCP, tcp, 20 + segment->length);
}

static void put(scene_t *s, ear_t *ear, const struct segment *segment)
{
    uint32_t seq = ear->rcv + (uint32_t)segment->seq, ack = ear->snd + (uint32_t)segment->ack;
    ear->seq = seq;
    ear->ack = ack;
    ear->end = seq + (uint32_t)segment->length + ((segment->flags & SYN) != 0) +
               ((segment->flags & FIN) != 0);
    ear->has_ack = (segment->flags & ACK) != 0;
    assert_int_equal(ip_inject(s->host->ips, IP_STATION_DELIVER, make(s, segment, seq, ack)), 0);
    scene_run_now(s);
}

static sonode_t **own_socket(scene_t *s)
{
    return s->side == SERVER ? &s->server : &s->client;
}

static void send_bytes(sonode_t *so)
{
    size_t n;
    assert_int_equal(so_send(so, "0123456789", 10, &n), 0);
}

/* The server's end in TIME_WAIT. */
static void end_server_first(scene_t *s)
{
    so_shutdown(s->server);
    scene_run_now(s);
    so_shutdown(s->client);
    scene_run_now(s);
    ip_endpoint_t client = s->own;
    s->own = s->peer;
    s->peer = client;
    s->side = SERVER;
}

/* What happens before the ear listens. */
static void add_before(scene_t *s, extra_t extra)
{
    s->watch.off = false;
    if (extra == UNREAD) {
        send_bytes(s->server);
        run_until(s->host, vclock_now(s->host->clock) + 1000000);
    } else if (extra == SMALL) {
        assert_int_equal(so_set_option(s->client, SO_OPT_RCVBUF, 10000), 0);
    } else if (extra == OUTSTANDING) {
        scene_eat(s, 1 << CLIENT, 0, 0);
        send_bytes(s->client);
    } else if (extra == SERVER_FIRST) {
        end_server_first(s);
    }
    scene_run_now(s);
    s->watch.off = true;
}

/* What happens afterwards. */
static void add_after(scene_t *s, ear_t *ear, extra_t extra)
{
    static const struct segment syn = {"", SYN, 0, -1, 0};
    if (extra == CROSSED) {
        put(s, ear, &syn);
    } else if (extra == CLOSES) {
        so_close(*own_socket(s));
        *own_socket(s) = NULL;
    } else if (extra == READS_NO_MORE) {
        assert_int_equal(so_shutdown_how(*own_socket(s), SO_SHUT_READ), 0);
    }
    scene_run_now(s);
}

static void say_rest(scene_t *s, ear_t *ear, const char *before)
{
    sonode_t *so = *own_socket(s);
    const char *after = ear_state(s);
    ear_say(ear, "%s", ear->said[0] == '\0' ? "-" : "");
    if (strcmp(before, after) != 0)
        ear_say(ear, " > %s", after);
    if (so != NULL && so_readable(so) > 0)
        ear_say(ear, " reads %zu", so_readable(so));
    int error = so != NULL ? so_take_error(so) : 0;
    const char *name = error == 0              ? ""
                       : error == ECONNRESET   ? " ECONNRESET"
                       : error == ECONNREFUSED ? " ECONNREFUSED"
                       : error == EPIPE        ? " EPIPE"
                                               : " another errno";
    ear_say(ear, "%s", name);
}

/* Whose a segment is is told before it is answered. */
static void check_told(const scene_t *s, const char *situation, const struct segment *segment)
{
    const char *found = strstr(s->host->log, " fanout "),
               *sent = strstr(s->host->log, "ip_wput_ire");
    const char *answer = sent != NULL ? strstr(sent + 1, "ip_wput_ire") : NULL;
    if (found == NULL || (answer != NULL && answer < found))
        fail_msg("%s, %s: %s", situation, segment->name, s->host->log);
}

/* => What happened, in ear->said. */
static void play(ear_t *ear, size_t situation, const struct segment *segment, bool is_linux,
                 bool v6)
{
    static ip_build_t build;
    scene_t s;
    void *own;
    build = post_build;
    build.ib_linux_sockets = is_linux;
    scene_start(&s, &own, v6);
    assert_int_equal(ip_stack_set_build(s.host->ips, &build), 0);
    if (v6)
        ip_stack_set_probe(s.host->ips, NULL, NULL); /* whether it is watched must not matter */
    scene_lead(&s, situations[situation].state);
    add_before(&s, situations[situation].extra);
    const sent_t *sent = &s.watch.sent[s.side];
    *ear = (ear_t){.own = s.own, .snd = sent->snd_nxt, .rcv = sent->rcv_nxt};
    if (situations[situation].state == SYN_SENT || situations[situation].state == LISTEN)
        ear->rcv = 1000001;
    ear_listen(&s, ear, v6 ? NHF_INET6 : NHF_INET);
    add_after(&s, ear, situations[situation].extra);
    const char *before = ear_state(&s), *name = situations[situation].name;
    if (strcmp(name, "LISTEN") != 0 && situations[situation].extra != SERVER_FIRST)
        assert_int_equal(strncmp(before, name, strcspn(name, ",")), 0);
    ear->said[0] = s.host->log[0] = '\0';
    put(&s, ear, segment);
    if (!v6)
        check_told(&s, name, segment);
    say_rest(&s, ear, before);
    ear->off = true;
    scene_end(&s, &own);
}

/* ---- all of them ---- */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void answer_of(char *line, size_t i)
{
    size_t situation = i / COUNT(segments);
    const struct segment *segment = &segments[i % COUNT(segments)];
    ear_t ears[4]; /* Solaris, Linux; IPv6: the same */
    for (size_t k = 0; k < 4; k++)
        play(&ears[k], situation, segment, k % 2, k / 2);
    for (size_t k = 0; k < 2; k++) {
        if (strcmp(ears[k].said, ears[k + 2].said) != 0)
            fail_msg("%s, %s: %s, and over IPv6 %s", situations[situation].name, segment->name,
                     ears[k].said, ears[k + 2].said);
    }
    snprintf(line, RECORDED_LINE_MAX, "%-26s | %-27s | %-27s | %s", situations[situation].name,
             segment->name, ears[0].said, ears[1].said);
}

static void each_segment_in_each_state(void **state)
{
    (void)state;
    recorded_compare(SEGMENTS_TXT, COUNT(situations) * COUNT(segments), answer_of);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_segment_in_each_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
