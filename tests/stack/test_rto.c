/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How long a segment waits for its ACK before it is sent again, by the round trips that were
 * measured; and when data is acknowledged. Two hosts on a wire, in the post's build and in one with
 * Linux' rules.
 */
#include "stack/wire.h"
#include "tests/stack/segment.h"

#define MS(ms)   ((uint64_t)(ms)*1000)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What leaves one host: when, how much data, and which of it is lost. */
typedef struct tap {
    hook_t hook;
    vclock_t *clock;
    unsigned loses; /* so many of the next segments with data */
    bool loses_syn; /* the next one */
    bool data_only; /* nothing else is written down */
    uint64_t at_us[64];
    size_t length[64];
    size_t count;
} tap_t;

static int pass(hook_event_token_t token, hook_data_t data, void *arg)
{
    tap_t *tap = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    size_t length = (size_t)(mp->b_wptr - tcp) - (size_t)(tcp[12] >> 4) * 4;
    (void)token;
    if ((!tap->data_only || length > 0) && tap->count < COUNT(tap->at_us)) {
        tap->at_us[tap->count] = vclock_now(tap->clock);
        tap->length[tap->count++] = length;
    }
    if (tap->loses_syn && (tcp[13] & SYN) != 0) {
        tap->loses_syn = false;
        return 1;
    }
    if (tap->loses == 0 || length == 0)
        return 0;
    tap->loses--;
    return 1;
}

typedef struct pair {
    host_t *host;
    tap_t ours, theirs; /* what each host sends */
    sonode_t *listener, *client, *server;
} pair_t;

static void tap_host(tap_t *tap, host_t *host, ip_stack_t *ips)
{
    tap->clock = host->clock;
    tap->hook = (hook_t){.h_version = HOOK_VERSION, .h_func = pass, .h_name = "tap", .h_arg = tap};
    assert_int_equal(net_hook_register(ip_stack_net(ips, NHF_INET), NH_PHYSICAL_OUT, &tap->hook),
                     0);
}

static void begin(pair_t *p, void **own, bool is_linux, uint64_t latency_us, bool loses_syn)
{
    in6_addr_t to = address_of("192.168.1.20");
    host_setup(own);
    *p = (pair_t){.host = *own, .ours = {.loses_syn = loses_syn}};
    add_wire(p->host, latency_us, 0);
    if (is_linux) {
        assert_int_equal(ip_stack_set_build(p->host->ips, &linux_times_build), 0);
        assert_int_equal(ip_stack_set_build(p->host->remote, &linux_times_build), 0);
    }
    tap_host(&p->ours, p->host, p->host->ips);
    tap_host(&p->theirs, p->host, p->host->remote);
    assert_int_equal(so_listen(p->host->remote, &to, 22, 5, &p->listener), 0);
    assert_int_equal(so_connect(p->host->ips, &to, 22, &p->client), EINPROGRESS);
    run_connect(p->host, p->client);
    run_until(p->host, vclock_now(p->host->clock) + latency_us);
    assert_int_equal(so_accept(p->listener, &p->server), 0);
}

static void end(pair_t *p, void **own)
{
    so_close(p->client);
    so_close(p->server);
    so_close(p->listener);
    assert_int_equal(host_teardown(own), 0);
}

static void send_bytes(sonode_t *so, size_t length)
{
    static char data[20000];
    size_t n;
    assert_int_equal(so_send(so, data, length, &n), 0);
    assert_int_equal(n, length);
}

/* A byte there, and one back: a round trip is measured, since the answer carries the ACK. */
static void exchange(pair_t *p)
{
    size_t n;
    char byte;
    send_bytes(p->client, 1);
    while (so_recv(p->server, &byte, 1, &n) != 0)
        vclock_run_next(p->host->clock);
    send_bytes(p->server, 1);
    while (so_recv(p->client, &byte, 1, &n) != 0)
        vclock_run_next(p->host->clock);
}

static const struct {
    const char *name;
    bool is_linux;
    uint64_t latency_us;
    bool loses_syn; /* then the handshake is no measurement */
    unsigned exchanges;
    uint64_t interval_us, next_us; /* before it is sent again, and then once more */
} rows[] = {
    {"Solaris, at once", false, 0, false, 0, 400000, 800000},
    {"Solaris, 100 ms", false, MS(50), false, 0, 400000, 800000},
    {"Solaris, 500 ms", false, MS(250), false, 0, 1625000, 3250000},
    {"Solaris, 500 ms, 1", false, MS(250), false, 1, 1375000, 2750000},
    {"Solaris, 500 ms, 2", false, MS(250), false, 2, 1187500, 2375000},
    {"Solaris, 500 ms, 20", false, MS(250), false, 20, 628168, 1256336},
    {"Solaris, 500 ms, SYN lost", false, MS(250), true, 0, 3375000, 6750000},
    {"Solaris, 500 ms, SYN lost, 1", false, MS(250), true, 1, 1625000, 3250000},
    {"Linux, at once", true, 0, false, 0, 200000, 400000},
    {"Linux, 100 ms", true, MS(50), false, 0, 300000, 600000},
    {"Linux, 500 ms", true, MS(250), false, 0, 1500000, 3000000},
    {"Linux, 500 ms, 1", true, MS(250), false, 1, 1250000, 2500000},
    {"Linux, 500 ms, 2", true, MS(250), false, 2, 1062500, 2125000},
    {"Linux, 500 ms, 20", true, MS(250), false, 20, 700000, 1400000},
    {"Linux, 500 ms, SYN lost", true, MS(250), true, 0, 1000000, 2000000},
    {"Linux, 500 ms, SYN lost, 1", true, MS(250), true, 1, 1500000, 3000000},
};

static void a_lost_segment_is_sent_again_by_the_round_trips_that_were_measured(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        pair_t p;
        void *own;
        begin(&p, &own, rows[i].is_linux, rows[i].latency_us, rows[i].loses_syn);
        for (unsigned k = 0; k < rows[i].exchanges; k++)
            exchange(&p);
        p.ours.count = 0;
        p.ours.loses = 2;
        p.ours.data_only = true;
        send_bytes(p.client, 1);
        run_until(p.host, vclock_now(p.host->clock) + MS(30000));
        uint64_t first_us = p.ours.at_us[1] - p.ours.at_us[0];
        uint64_t next_us = p.ours.at_us[2] - p.ours.at_us[1];
        if (p.ours.count < 3 || first_us != rows[i].interval_us || next_us != rows[i].next_us)
            fail_msg("%s: %zu sent, after %lu and %lu", rows[i].name, p.ours.count,
                     (unsigned long)first_us, (unsigned long)next_us);
        end(&p, &own);
    }
}

/* ---- ACKs ---- */

static void take_all(sonode_t *so)
{
    static char data[20000];
    size_t n;
    while (so_recv(so, data, sizeof(data), &n) == 0)
        continue;
}

/* When ACKs were sent, in milliseconds from `from_us` on. */
static void times_of(const tap_t *tap, uint64_t from_us, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < tap->count; i++) {
        assert_int_equal(tap->length[i], 0);
        snprintf(text + strlen(text), size - strlen(text), "%s%lu", i > 0 ? " " : "",
                 (unsigned long)((tap->at_us[i] - from_us) / 1000));
    }
}

/* The same again and again: Solaris acknowledges the first segment, then two together, Linux each
 * one while its application only receives. The last of many is that the window is open again. */
static const struct {
    bool is_linux;
    size_t length; /* of what is sent each time; a segment has 1448 */
    const char *acks[4];
} receivers[] = {
    {false, 1, {"0", "100", "100", "100"}},
    {false, 1448, {"0", "100", "100", "100"}},
    {false, 2896, {"0 100", "0", "0", "0"}},
    {false, 5792, {"0 0 100", "0 0", "0 0", "0 0"}},
    {false, 14480, {"0 0 0 0 0 100 100", "0 0 0 0 0 0", "0 0 0 0 0 0", "0 0 0 0 0 0"}},
    {true, 1, {"0", "0", "0", "0"}},
    {true, 1448, {"0", "0", "0", "0"}},
    {true, 2896, {"0 0", "0 0", "0 0", "0 0"}},
    {true, 5792, {"0 0 0 0", "0 0 0 0", "0 0 0 0", "0 0 0 0"}},
    {true,
     14480,
     {"0 0 0 0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0 0 0 0", "0 0 0 0 0 0 0 0 0 0 0",
      "0 0 0 0 0 0 0 0 0 0 0"}},
};

static void a_receiver_acknowledges_by_the_rules_of_its_system(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(receivers); i++) {
        pair_t p;
        void *own;
        begin(&p, &own, receivers[i].is_linux, 0, false);
        for (size_t k = 0; k < 4; k++) {
            char text[200];
            uint64_t from_us = vclock_now(p.host->clock);
            p.theirs.count = 0;
            send_bytes(p.client, receivers[i].length);
            run_until(p.host, from_us + MS(1000));
            take_all(p.server);
            run_until(p.host, from_us + MS(2000));
            times_of(&p.theirs, from_us, text, sizeof(text));
            if (strcmp(text, receivers[i].acks[k]) != 0)
                fail_msg("%zu bytes, %zu: %s", receivers[i].length, k, text);
        }
        end(&p, &own);
    }
}

/* On Linux who has answered will answer again, with the ACK; if it does not, the ACK comes late,
 * once. More than a segment is acknowledged at once. */
static void an_ack_waits_for_an_answer(void **state)
{
    static const struct {
        bool is_linux;
        size_t length;
        const char *first, *second;
    } answers[] = {
        {false, 1, "100", "100"},
        {true, 1, "40", "0"},
        {true, 1448, "40", "0"},
        {true, 4000, "0 40", "0 0 0"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(answers); i++) {
        pair_t p;
        void *own;
        char text[2][200];
        begin(&p, &own, answers[i].is_linux, 0, false);
        exchange(&p);
        for (size_t k = 0; k < 2; k++) {
            uint64_t from_us = vclock_now(p.host->clock);
            p.theirs.count = 0;
            send_bytes(p.client, answers[i].length);
            run_until(p.host, from_us + MS(1000));
            times_of(&p.theirs, from_us, text[k], sizeof(text[k]));
        }
        if (strcmp(text[0], answers[i].first) != 0 || strcmp(text[1], answers[i].second) != 0)
            fail_msg("%d, %zu bytes: %s, then %s", answers[i].is_linux, answers[i].length, text[0],
                     text[1]);
        end(&p, &own);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lost_segment_is_sent_again_by_the_round_trips_that_were_measured),
        cmocka_unit_test(a_receiver_acknowledges_by_the_rules_of_its_system),
        cmocka_unit_test(an_ack_waits_for_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
