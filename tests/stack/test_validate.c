/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What Linux looks at before a segment's data, number by number at the edges of the windows. The
 * endpoint expects 5000, has acknowledged 4000 and has told a window up to 6000; it has sent up to
 * 200, of which 100 is acknowledged.
 */
#include "stack/sonode.h"
#include "stack/tcp_impl.h"
#include "tests/stack/segment.h"

#define HALF_SECOND 500000

/* An endpoint with these numbers, of a connection that can be asked when it has last answered. */
typedef struct endpoint {
    host_t *host;
    sonode_t *listener, *client, *server;
    struct tcp_pcb pcb;
    tcp_t *tcp;
} endpoint_t;

static void begin(endpoint_t *e, host_t *host)
{
    e->host = host;
    connect_pair(host, &e->listener, &e->client, &e->server);
    e->pcb = *e->server->so_pcb;
    e->pcb.rcv_nxt = 5000;
    e->pcb.ts_lastacksent = 4000;
    e->pcb.rcv_ann_right_edge = 6000;
    e->pcb.snd_nxt = 200;
    e->pcb.lastack = 100;
    e->pcb.snd_wnd_max = 50;
    e->tcp = tcp_of_pcb(&e->pcb);
    assert_non_null(e->tcp);
    e->tcp->tcp_first_una = 0;
}

static void end(endpoint_t *e)
{
    so_close(e->client);
    so_close(e->server);
    so_close(e->listener);
}

static void forget_answers(endpoint_t *e)
{
    e->tcp->tcp_refused_us[0] = e->tcp->tcp_refused_us[1] = NEVER;
}

typedef struct segment {
    uint8_t flags;
    uint32_t seq;
    size_t length;
    uint32_t ack;
} segment_t;

static tcp_seen_t seen_of(const segment_t *s)
{
    return (tcp_seen_t){
        .ts_seq = s->seq, .ts_ack = s->ack, .ts_flags = s->flags, .ts_length = s->length};
}

static void fail_at(const char *what, const segment_t *s, int is)
{
    fail_msg("%s: flags %02x seq %u length %zu ack %u: %d", what, s->flags, s->seq, s->length,
             s->ack, is);
}

/* ---- synchronized ---- */

#define OUTSIDE "outside the window"
#define A_RST   "RST in the window, not at its edge"
#define OLD     "it acknowledges what was never outstanding"
#define UNSENT  "it acknowledges what was not sent"

/* Rows: in which state; why it is refused, or NULL; whether it is answered; and whether it is
 * answered again at once. */
static void a_segment_is_taken_up_to_the_edges_of_the_windows(void **state)
{
    static const struct {
        enum tcp_state state;
        segment_t segment;
        const char *why;
        bool answers, always;
    } rows[] = {
        {ESTABLISHED, {0, 5000, 1, 100}, "without ACK", false, false},
        {ESTABLISHED, {FIN, 5000, 0, 100}, "without ACK", false, false},
        {ESTABLISHED, {ACK, 3999, 0, 100}, OUTSIDE, true, false},
        {ESTABLISHED, {ACK, 4000, 0, 100}, NULL, false, false},
        {ESTABLISHED, {ACK, 3990, 9, 100}, OUTSIDE, true, true},
        {ESTABLISHED, {ACK, 3990, 10, 100}, NULL, false, false},
        {ESTABLISHED, {FIN | ACK, 3998, 0, 100}, OUTSIDE, true, true},
        {ESTABLISHED, {FIN | ACK, 3999, 0, 100}, NULL, false, false},
        {ESTABLISHED, {ACK, 6000, 9, 100}, NULL, false, false},
        {ESTABLISHED, {ACK, 6001, 0, 100}, OUTSIDE, true, false},
        {ESTABLISHED, {ACK, 6001, 1, 100}, OUTSIDE, true, true},
        {ESTABLISHED, {ACK, 5000, 0, 200}, NULL, false, false},
        {ESTABLISHED, {ACK, 5000, 0, 201}, UNSENT, true, false},
        {ESTABLISHED, {ACK, 5000, 5, 201}, UNSENT, true, false},
        {ESTABLISHED, {ACK, 5000, 0, 50}, NULL, false, false},
        {ESTABLISHED, {ACK, 5000, 0, 49}, OLD, true, false},
        {ESTABLISHED, {ACK, 5000, 5, 49}, OLD, true, false},
        {ESTABLISHED, {SYN, 5000, 0, 0}, "a SYN", true, false},
        {ESTABLISHED, {SYN, 5000, 5, 0}, "a SYN", true, false},
        {ESTABLISHED, {SYN | ACK, 9000, 0, 201}, "a SYN", true, false},
        {ESTABLISHED, {RST, 5000, 0, 0}, NULL, false, false},
        {ESTABLISHED, {RST | SYN, 5000, 0, 0}, NULL, false, false},
        {ESTABLISHED, {RST | ACK, 5000, 0, 201}, NULL, false, false},
        {ESTABLISHED, {RST, 3999, 0, 0}, "RST outside the window", false, false},
        {ESTABLISHED, {RST, 4000, 0, 0}, A_RST, true, false},
        {ESTABLISHED, {RST, 4999, 0, 0}, A_RST, true, false},
        {ESTABLISHED, {RST, 5001, 5, 0}, A_RST, true, false},
        {ESTABLISHED, {RST, 6000, 0, 0}, A_RST, true, false},
        {ESTABLISHED, {RST, 6001, 0, 0}, "RST outside the window", false, false},
        {FIN_WAIT_2, {RST, 4999, 0, 0}, A_RST, true, false},
        {CLOSE_WAIT, {RST, 4999, 0, 0}, NULL, false, false},
        {LAST_ACK, {RST, 4999, 0, 0}, NULL, false, false},
        {CLOSING, {RST, 4999, 0, 0}, NULL, false, false},
        {CLOSE_WAIT, {RST, 4998, 0, 0}, A_RST, true, false},
        {CLOSE_WAIT, {RST, 5001, 0, 0}, A_RST, true, false},
    };
    endpoint_t e;
    begin(&e, *state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tcp_seen_t seen = seen_of(&rows[i].segment);
        e.pcb.state = rows[i].state;
        forget_answers(&e);
        for (int again = 0; again <= 1; again++) {
            bool answers = !rows[i].answers;
            const char *why = tcp_validate_incoming(e.host->ips, &e.pcb, &seen, &answers);
            if (answers != (again == 1 ? rows[i].always : rows[i].answers) ||
                (why == NULL) != (rows[i].why == NULL) ||
                (why != NULL && strncmp(why, rows[i].why, strlen(rows[i].why)) != 0) ||
                (why != NULL && (strstr(why, ": answered with an ACK") != NULL) != answers))
                fail_at(why != NULL ? why : "taken", &rows[i].segment, answers);
        }
    }
    end(&e);
}

/* Rows: how much of what was sent was ever outstanding; the oldest ACK that is taken. */
static void an_ack_may_be_as_old_as_what_was_outstanding(void **state)
{
    static const struct {
        uint32_t first, oldest;
    } rows[] = {{0, 50}, {49, 50}, {50, 50}, {51, 51}, {80, 80}, {100, 100}};
    endpoint_t e;
    begin(&e, *state);
    e.pcb.state = ESTABLISHED;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        e.tcp->tcp_first_una = rows[i].first;
        for (uint32_t ack = 0; ack <= 200; ack++) {
            tcp_seen_t seen = {.ts_seq = 5000, .ts_ack = ack, .ts_flags = ACK};
            bool answers;
            const char *why = tcp_validate_incoming(e.host->ips, &e.pcb, &seen, &answers);
            assert_int_equal(why == NULL, ack >= rows[i].oldest);
        }
    }
    end(&e);
}

static void arrive(void *arg)
{
    (void)arg;
}

static void wait_until(host_t *host, uint64_t at_us)
{
    vtimer_t timer = {0};
    vclock_set(host->clock, &timer, at_us, arrive, NULL);
    run_until(host, at_us);
    assert_int_equal(vclock_now(host->clock), at_us);
}

/* Two answers in a second at most; TIME_WAIT has a count of its own. */
static void answers_are_half_a_second_apart(void **state)
{
    static const struct {
        enum tcp_state state;
        uint64_t at_us;
        bool answers;
    } rows[] = {
        {ESTABLISHED, 0, true},
        {ESTABLISHED, HALF_SECOND - 1, false},
        {TIME_WAIT, HALF_SECOND - 1, true},
        {ESTABLISHED, HALF_SECOND, true},
        {TIME_WAIT, HALF_SECOND, false},
        {TIME_WAIT, 2 * HALF_SECOND - 2, false},
        {ESTABLISHED, 2 * HALF_SECOND - 1, false},
        {TIME_WAIT, 2 * HALF_SECOND - 1, true},
        {ESTABLISHED, 5 * HALF_SECOND, true},
    };
    const tcp_seen_t seen = {.ts_seq = 5000, .ts_ack = 201, .ts_flags = SYN | ACK};
    endpoint_t e;
    begin(&e, *state);
    forget_answers(&e);
    uint64_t begin_us = vclock_now(e.host->clock);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool answers;
        wait_until(e.host, begin_us + rows[i].at_us);
        e.pcb.state = rows[i].state;
        if (rows[i].state == TIME_WAIT)
            assert_non_null(tcp_validate_time_wait(e.host->ips, &e.pcb, &seen, &answers));
        else
            assert_non_null(tcp_validate_incoming(e.host->ips, &e.pcb, &seen, &answers));
        if (answers != rows[i].answers)
            fail_msg("row %zu", i);
    }
    end(&e);
}

/* ---- the ends of a connection's life ---- */

/* Rows: what it does, and what it does with the same again at once. */
static void a_half_open_connection_takes_its_window_alone(void **state)
{
    static const struct {
        segment_t segment;
        tcp_half_open_t what, again;
    } rows[] = {
        {{RST, 4999, 0, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{RST, 4999, 1, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{RST, 4999, 2, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{RST, 5000, 0, 0}, TCP_HALF_OPEN_ENDS, TCP_HALF_OPEN_ENDS},
        {{RST | ACK, 5000, 0, 7}, TCP_HALF_OPEN_ENDS, TCP_HALF_OPEN_ENDS},
        {{RST | SYN, 4999, 0, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{RST, 5001, 0, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{RST, 5999, 0, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{RST, 6000, 0, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{RST, 6000, 1, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{RST, 6001, 0, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{SYN, 4999, 0, 0}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_IGNORES},
        {{SYN | ACK, 4999, 0, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{SYN | ACK, 4999, 0, 199}, TCP_HALF_OPEN_RESETS, TCP_HALF_OPEN_RESETS},
        {{SYN | ACK, 4999, 1, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{SYN, 4998, 0, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{SYN, 4998, 3, 0}, TCP_HALF_OPEN_ENDS_WITH_RST, TCP_HALF_OPEN_ENDS_WITH_RST},
        {{SYN, 5000, 0, 0}, TCP_HALF_OPEN_ENDS_WITH_RST, TCP_HALF_OPEN_ENDS_WITH_RST},
        {{SYN | ACK, 5000, 0, 200}, TCP_HALF_OPEN_ENDS_WITH_RST, TCP_HALF_OPEN_ENDS_WITH_RST},
        {{ACK, 5000, 0, 199}, TCP_HALF_OPEN_RESETS, TCP_HALF_OPEN_RESETS},
        {{ACK, 5000, 0, 201}, TCP_HALF_OPEN_RESETS, TCP_HALF_OPEN_RESETS},
        {{ACK, 9000, 0, 201}, TCP_HALF_OPEN_RESETS, TCP_HALF_OPEN_RESETS},
        {{ACK, 5000, 0, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{ACK, 5000, 9, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{ACK, 4999, 0, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{ACK, 4999, 1, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_ACKS},
        {{ACK, 4999, 2, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{ACK, 5999, 9, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{ACK, 6000, 0, 200}, TCP_HALF_OPEN_TAKES, TCP_HALF_OPEN_TAKES},
        {{ACK, 6000, 1, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_ACKS},
        {{FIN | ACK, 6000, 0, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_ACKS},
        {{ACK, 6001, 0, 200}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
        {{0, 5000, 0, 0}, TCP_HALF_OPEN_IGNORES, TCP_HALF_OPEN_IGNORES},
        {{0, 6001, 0, 0}, TCP_HALF_OPEN_ACKS, TCP_HALF_OPEN_IGNORES},
    };
    endpoint_t e;
    begin(&e, *state);
    e.pcb.state = SYN_RCVD;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tcp_seen_t seen = seen_of(&rows[i].segment);
        forget_answers(&e);
        tcp_half_open_t what = tcp_validate_half_open(e.host->ips, &e.pcb, &seen);
        tcp_half_open_t again = tcp_validate_half_open(e.host->ips, &e.pcb, &seen);
        if (what != rows[i].what || again != rows[i].again)
            fail_at("half open", &rows[i].segment, (int)(what * 10 + again));
    }
    end(&e);
}

static void an_orphan_in_fin_wait_2_awaits_a_fin(void **state)
{
    static const struct {
        segment_t segment;
        tcp_orphan_t what, again;
    } rows[] = {
        {{ACK, 4999, 0, 200}, TCP_ORPHAN_ACKS, TCP_ORPHAN_IGNORES},
        {{FIN | ACK, 4999, 0, 200}, TCP_ORPHAN_ACKS, TCP_ORPHAN_ACKS},
        {{FIN | ACK, 4999, 1, 200}, TCP_ORPHAN_TAKES, TCP_ORPHAN_TAKES},
        {{FIN | ACK, 5000, 0, 200}, TCP_ORPHAN_TAKES, TCP_ORPHAN_TAKES},
        {{FIN | ACK, 5000, 1, 200}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{FIN | ACK, 5001, 0, 200}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{FIN, 5000, 0, 0}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{ACK, 5000, 0, 200}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{ACK, 5500, 0, 200}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{ACK, 6000, 0, 200}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{ACK, 6001, 0, 200}, TCP_ORPHAN_ACKS, TCP_ORPHAN_IGNORES},
        {{ACK, 5000, 1, 200}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{ACK, 4999, 2, 200}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{0, 5000, 1, 0}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{RST, 5000, 0, 0}, TCP_ORPHAN_ENDS, TCP_ORPHAN_ENDS},
        {{RST | SYN, 5500, 0, 0}, TCP_ORPHAN_ENDS, TCP_ORPHAN_ENDS},
        {{RST, 6001, 0, 0}, TCP_ORPHAN_ACKS, TCP_ORPHAN_IGNORES},
        {{SYN, 5000, 0, 0}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{SYN | ACK, 5500, 0, 200}, TCP_ORPHAN_RESETS, TCP_ORPHAN_RESETS},
        {{SYN, 4999, 1, 0}, TCP_ORPHAN_IGNORES, TCP_ORPHAN_IGNORES},
        {{SYN, 4999, 0, 0}, TCP_ORPHAN_ACKS, TCP_ORPHAN_IGNORES},
    };
    endpoint_t e;
    begin(&e, *state);
    e.pcb.state = FIN_WAIT_2;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tcp_seen_t seen = seen_of(&rows[i].segment);
        forget_answers(&e);
        tcp_orphan_t what = tcp_validate_orphan(e.host->ips, &e.pcb, &seen);
        tcp_orphan_t again = tcp_validate_orphan(e.host->ips, &e.pcb, &seen);
        if (what != rows[i].what || again != rows[i].again)
            fail_at("orphan", &rows[i].segment, (int)(what * 10 + again));
    }
    end(&e);
}

static void in_time_wait_a_bare_segment_at_the_edge_is_taken(void **state)
{
    static const struct {
        segment_t segment;
        const char *why;
        bool always;
    } rows[] = {
        {{ACK, 5000, 0, 200}, NULL, false},
        {{ACK, 4999, 0, 200}, "answered with an ACK", false},
        {{ACK, 5001, 0, 200}, "answered with an ACK", false},
        {{ACK, 5000, 1, 200}, "answered with an ACK", true},
        {{FIN | ACK, 5000, 0, 200}, "answered with an ACK", true},
        {{FIN | ACK, 4999, 0, 200}, "answered with an ACK", true},
        {{SYN, 5000, 0, 0}, "a SYN: answered with an ACK", false},
        {{SYN, 4000, 5, 0}, "a SYN: answered with an ACK", false},
    };
    endpoint_t e;
    begin(&e, *state);
    e.pcb.state = TIME_WAIT;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tcp_seen_t seen = seen_of(&rows[i].segment);
        bool answers = true, again = true;
        forget_answers(&e);
        const char *why = tcp_validate_time_wait(e.host->ips, &e.pcb, &seen, &answers);
        tcp_validate_time_wait(e.host->ips, &e.pcb, &seen, &again);
        if (answers != (rows[i].why != NULL) || again != rows[i].always ||
            strcmp(why != NULL ? why : "", rows[i].why != NULL ? rows[i].why : "") != 0)
            fail_at(why != NULL ? why : "taken", &rows[i].segment, answers);
    }
    end(&e);
}

/* Who reads no more is asked about the data after what it has read; who has the peer's FIN, about
 * what goes on after it. */
static void data_after_all_that_will_be_read_is_for_nobody(void **state)
{
    static const struct {
        enum tcp_state state;
        segment_t segment;
        bool for_nobody;
    } rows[] = {
        {ESTABLISHED, {ACK, 5000, 1, 200}, false}, {FIN_WAIT_1, {ACK, 5000, 1, 200}, true},
        {FIN_WAIT_2, {ACK, 5000, 1, 200}, true},   {FIN_WAIT_1, {ACK, 5000, 0, 200}, false},
        {FIN_WAIT_1, {ACK, 5001, 0, 200}, false},  {FIN_WAIT_1, {FIN | ACK, 5000, 0, 200}, false},
        {FIN_WAIT_2, {FIN, 5000, 1, 200}, true},   {FIN_WAIT_2, {FIN, 5001, 0, 200}, true},
        {FIN_WAIT_2, {ACK, 4990, 10, 200}, false}, {FIN_WAIT_2, {ACK, 4990, 11, 200}, true},
        {FIN_WAIT_2, {FIN, 4990, 10, 200}, false}, {FIN_WAIT_2, {FIN, 4990, 11, 200}, true},
        {CLOSE_WAIT, {ACK, 5000, 1, 200}, false},  {CLOSE_WAIT, {ACK, 4999, 1, 200}, false},
        {CLOSE_WAIT, {ACK, 4999, 2, 200}, true},   {CLOSE_WAIT, {ACK, 4999, 2, 199}, true},
        {CLOSE_WAIT, {FIN, 4999, 1, 200}, false},  {CLOSING, {ACK, 4999, 2, 200}, false},
        {CLOSING, {ACK, 4999, 2, 199}, true},      {CLOSING, {ACK, 5000, 2, 199}, false},
        {LAST_ACK, {ACK, 4999, 2, 200}, false},    {LAST_ACK, {ACK, 4999, 2, 201}, true},
        {LAST_ACK, {ACK, 5000, 2, 199}, false},    {TIME_WAIT, {ACK, 4999, 2, 199}, false},
    };
    endpoint_t e;
    begin(&e, *state);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        tcp_seen_t seen = seen_of(&rows[i].segment);
        e.pcb.state = rows[i].state;
        if (tcp_has_data_for_nobody(&e.pcb, &seen) != rows[i].for_nobody)
            fail_at("for nobody", &rows[i].segment, (int)rows[i].state);
    }
    end(&e);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        test(a_segment_is_taken_up_to_the_edges_of_the_windows),
        test(an_ack_may_be_as_old_as_what_was_outstanding),
        test(answers_are_half_a_second_apart),
        test(a_half_open_connection_takes_its_window_alone),
        test(an_orphan_in_fin_wait_2_awaits_a_fin),
        test(in_time_wait_a_bare_segment_at_the_edge_is_taken),
        test(data_after_all_that_will_be_read_is_for_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
