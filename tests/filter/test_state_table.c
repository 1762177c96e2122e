/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table with many entries: each is found, whatever it has in common with others; each
 * ends at its time, whatever kept it alive; sources are counted while they have entries.
 */
#include "filter/fr_state_impl.h"
#include "filter/fr_verdict.h"
#include "tests/filter/packet.h"
#include "tests/filter/random_rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ipf_stack_t *filter_with(const char *rules, const char *tunables)
{
    char message[200];
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ipf_load(ifs, rules, strlen(rules), NULL, &error) != 0)
        fail_msg("%s", error.message);
    assert_int_equal(ipf_set_tunables(ifs, tunables, message, sizeof(message)), 0);
    return ifs;
}

/* A datagram from 10.0.X.Y, where X.Y is `host`, with a port. */
static void send_from(ipf_stack_t *ifs, unsigned host, int port)
{
    char src[32];
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    snprintf(src, sizeof(src), "10.0.%u.%u", host / 256, host % 256);
    mblk_t *m = packet_make(
        &(packet_t){.proto = 17, .src = src, .dst = "127.0.0.1", .sport = port, .dport = 53});
    fr_verdict(ifs, &qpi, true, m);
    freemsg(m);
}

/* Host and port add up to the same sum for many of them. */
static void every_entry_is_found_among_many_of_one_sum(void **state)
{
    enum { HOSTS = 100, PORTS = 100 };
    ipf_stack_t *ifs = filter_with("pass out quick proto udp from any to any keep state\n",
                                   "state_max=100000,state_maxbucket=100000");
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (unsigned host = 0; host < HOSTS; host++) {
            for (int port = 0; port < PORTS; port++)
                send_from(ifs, host, 1000 + port);
        }
        assert_int_equal(fr_state_count(&ifs->ifs_states), HOSTS * PORTS);
    }
    assert_int_equal(ifs->ifs_states.is_hits, HOSTS * PORTS);
    /* The table has grown along, to a power of two. */
    fr_buckets_t buckets = fr_state_buckets(&ifs->ifs_states, 0);
    assert_int_equal(buckets.active, HOSTS * PORTS);
    assert_int_equal(buckets.size & (buckets.size - 1), 0);
    assert_in_range(buckets.size, HOSTS * PORTS / 4, HOSTS * PORTS * 8);
    ipf_destroy(ifs);
}

static void an_error_finds_its_entry_among_many(void **state)
{
    enum { ENTRIES = 2000 };
    ipf_stack_t *ifs = filter_with("pass out quick proto udp from any to any keep state\n"
                                   "block in all\n",
                                   "state_max=100000");
    (void)state;
    for (int port = 0; port < ENTRIES; port++)
        send_from(ifs, 1, 1000 + port);
    for (int port = 0; port < ENTRIES + 5; port++) {
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        const packet_t about = {
            .proto = 17, .src = "10.0.0.1", .dst = "127.0.0.1", .sport = 1000 + port, .dport = 53};
        mblk_t *m = packet_make(&(packet_t){.proto = 1,
                                            .icmp = 3 << 8 | 1,
                                            .src = "10.7.7.7",
                                            .dst = "10.0.0.1",
                                            .quotes = &about});
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), port < ENTRIES ? "pass" : "block");
        freemsg(m);
    }
    ipf_destroy(ifs);
}

/* `limit` lets all that has expired end before each new entry. */
static void each_ends_at_its_time_whatever_has_kept_it_alive(void **state)
{
    enum { ENTRIES = 400, AGE_S = 20 };
    static uint64_t end_s[ENTRIES];
    chance_t c = {5};
    ipf_stack_t *ifs =
        filter_with("pass out quick proto udp from any to any keep state (limit 10000, age 20)\n",
                    "state_max=100000");
    (void)state;
    for (uint64_t now_s = 1; now_s < 300; now_s++) {
        fr_verdict_set_time(ifs, now_s * 1000000);
        for (uint32_t packets = chance(&c, 12); packets > 0; packets--) {
            uint32_t entry = chance(&c, ENTRIES);
            send_from(ifs, 1, 2000 + (int)entry);
            end_s[entry] = now_s + AGE_S;
        }
        send_from(ifs, 2, (int)now_s); /* a new one: what has expired has ended now */
        size_t alive = now_s < AGE_S ? (size_t)now_s : AGE_S;
        for (size_t i = 0; i < ENTRIES; i++)
            alive += end_s[i] > now_s;
        assert_int_equal(fr_state_count(&ifs->ifs_states), alive);
    }
    ipf_destroy(ifs);
}

/* Whatever order they come in: the times are those of a permutation. */
static void entries_of_different_ages_end_one_after_the_other(void **state)
{
    enum { ENTRIES = 127, STEPS = 12 };
    static const unsigned steps[STEPS] = {1, 126, 2, 63, 5, 90, 17, 41, 100, 64, 33, 119};
    char rules[16384] = "";
    size_t at = 0;
    (void)state;
    for (int age = 1; age <= ENTRIES; age++)
        at += (size_t)sprintf(rules + at,
                              "pass out quick proto udp from any port = %d to any keep state "
                              "(age %d)\n",
                              1000 + age, age);
    sprintf(rules + at, "pass out quick proto udp from any port = 999 to any keep state (limit "
                        "1000, age 1000)\n");
    for (size_t i = 0; i < STEPS; i++) {
        ipf_stack_t *ifs = filter_with(rules, "state_max=100000");
        for (unsigned n = 1; n <= ENTRIES; n++)
            send_from(ifs, 1,
                      1000 + (int)(n * steps[i] % ENTRIES == 0 ? ENTRIES : n * steps[i] % ENTRIES));
        for (unsigned now_s = 1; now_s <= ENTRIES; now_s++) {
            fr_verdict_set_time(ifs, (uint64_t)now_s * 1000000);
            send_from(ifs, now_s, 999); /* a new one: what has expired has ended now */
            assert_int_equal(fr_state_count(&ifs->ifs_states), ENTRIES);
        }
        ipf_destroy(ifs);
    }
}

/* After a RST, or of a query that is answered, an entry has less time than it had. */
static void an_entry_whose_time_becomes_shorter_ends_then(void **state)
{
    static const packet_t opening[] = {{.flags = "S", .src = "10.9.0.1", .seq = 100},
                                       {.flags = "SA",
                                        .src = "127.0.0.1",
                                        .dst = "10.9.0.1",
                                        .sport = 22,
                                        .dport = 33001,
                                        .seq = 500,
                                        .ack = 101},
                                       {.flags = "A", .src = "10.9.0.1", .seq = 101, .ack = 501},
                                       {.flags = "RA", .src = "10.9.0.1", .seq = 101, .ack = 501}};
    (void)state;
    for (size_t count = 3; count <= 4; count++) {
        ipf_stack_t *ifs = filter_with("pass out quick proto tcp from any to any keep state\n"
                                       "pass out quick proto udp from any to any keep state (limit "
                                       "1000, age 1000)\n",
                                       "state_max=100000");
        for (int i = 0; i < 40; i++)
            send_from(ifs, 1, 2000 + i);
        for (size_t i = 0; i < count; i++) {
            qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
            mblk_t *m = packet_make(&opening[i]);
            assert_string_equal(fr_verdict(ifs, &qpi, i != 1, m), "pass");
            freemsg(m);
        }
        assert_int_equal(fr_state_count(&ifs->ifs_states), 41);
        fr_verdict_set_time(ifs, 500 * 1000000);
        send_from(ifs, 2, 2000); /* a new one: what has expired has ended now */
        assert_int_equal(fr_state_count(&ifs->ifs_states), count == 3 ? 42 : 41);
        ipf_destroy(ifs);
    }
}

/* Entries know interfaces by numbers of 16 bits. */
static void interfaces_have_numbers_as_long_as_there_are_any(void **state)
{
    fr_states_t states = {0};
    (void)state;
    states.is_names = memory_zalloc(memory_of_process(), UINT16_MAX * sizeof(*states.is_names));
    states.is_name_count = UINT16_MAX - 2;
    strcpy(states.is_names[0], "lo0");
    strcpy(states.is_names[states.is_name_count - 1], "bge0");
    assert_int_equal(fr_state_name(&states, ""), 0);
    assert_int_equal(fr_state_name(&states, "lo0"), 1);
    assert_int_equal(fr_state_name(&states, "bge0"), UINT16_MAX - 2);
    assert_int_equal(fr_state_name(&states, "bge1"), UINT16_MAX - 1);
    assert_int_equal(fr_state_name(&states, "bge2"), UINT16_MAX);
    assert_int_equal(fr_state_name(&states, "bge3"), 0);
    assert_int_equal(fr_state_name(&states, "bge2"), UINT16_MAX);
    assert_string_equal(fr_state_name_of(&states, UINT16_MAX), "bge2");
    fr_states_fini(&states);
}

/* Otherwise what has expired goes when it is looked for. */
static void a_rule_with_a_limit_lets_what_has_expired_end(void **state)
{
    static const struct {
        const char *keep;
        size_t count;
    } rows[] = {{"(age 20)", 2},
                {"(limit 1, age 20)", 1},
                {"(limit 2, age 20)", 1},
                {"(max-srcs 5, age 20)", 1}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char rule[100];
        snprintf(rule, sizeof(rule), "pass out quick proto udp from any to any keep state %s\n",
                 rows[i].keep);
        ipf_stack_t *ifs = filter_with(rule, "state_max=100");
        send_from(ifs, 1, 1000);
        fr_verdict_set_time(ifs, 21 * 1000000);
        send_from(ifs, 1, 2000);
        assert_int_equal(fr_state_count(&ifs->ifs_states), rows[i].count);
        ipf_destroy(ifs);
    }
}

static void a_full_table_has_room_when_an_entry_has_expired(void **state)
{
    ipf_stack_t *ifs = filter_with("pass out quick proto udp from any to any keep state (age 20)\n",
                                   "state_max=50");
    (void)state;
    for (int i = 0; i < 60; i++) {
        fr_verdict_set_time(ifs, (uint64_t)i * 100000);
        send_from(ifs, 1, 1000 + i);
    }
    assert_int_equal(fr_state_count(&ifs->ifs_states), 50);
    fr_buckets_t buckets = fr_state_buckets(&ifs->ifs_states, 20 * 1000000 + 400000);
    assert_int_equal(buckets.active, 45); /* five have expired, and are still in the table */
    assert_int_equal(buckets.ended, 5);
    assert_int_equal(buckets.closed, 0);
    fr_verdict_set_time(ifs, 20 * 1000000 + 400000);
    send_from(ifs, 1, 1060);
    assert_int_equal(fr_state_count(&ifs->ifs_states), 46); /* five have ended, one has come */
    ipf_destroy(ifs);
}

/* The second byte of the address and that of the port add up to one sum. */
static void send_of_one_sum(ipf_stack_t *ifs, int n)
{
    char src[32];
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    snprintf(src, sizeof(src), "10.%d.0.1", n);
    mblk_t *m = packet_make(&(packet_t){
        .proto = 17, .src = src, .dst = "127.0.0.1", .sport = 1024 + 100 - n, .dport = 53});
    fr_verdict(ifs, &qpi, true, m);
    freemsg(m);
}

static void a_crowded_sum_has_room_when_its_entries_have_expired(void **state)
{
    ipf_stack_t *ifs = filter_with("pass out quick proto udp from any to any keep state (age 20)\n",
                                   "state_maxbucket=2");
    (void)state;
    for (int n = 1; n <= 4; n++) {
        fr_verdict_set_time(ifs, (uint64_t)n * 1000000);
        send_of_one_sum(ifs, n);
    }
    assert_int_equal(fr_state_count(&ifs->ifs_states), 2);
    assert_int_equal(ifs->ifs_states.is_stats.full, 2);
    fr_verdict_set_time(ifs, 21 * 1000000); /* the first has expired, the second has not */
    send_of_one_sum(ifs, 5);
    send_of_one_sum(ifs, 6);
    assert_int_equal(fr_state_count(&ifs->ifs_states), 2);
    assert_int_equal(ifs->ifs_states.is_stats.full, 3);
    ipf_destroy(ifs);
}

static void sources_are_counted_as_long_as_they_have_entries(void **state)
{
    ipf_stack_t *ifs =
        filter_with("pass out quick proto udp from any to any keep state (max-srcs 300, "
                    "max-per-src 2/32, age 20)\n",
                    "state_max=100000");
    (void)state;
    for (unsigned host = 0; host < 400; host++) {
        for (int port = 0; port < 3; port++)
            send_from(ifs, host, 1000 + port);
    }
    assert_int_equal(fr_state_count(&ifs->ifs_states), 600);
    fr_verdict_set_time(ifs, 21 * 1000000);
    for (unsigned host = 400; host < 500; host++)
        send_from(ifs, host, 1000);
    assert_int_equal(fr_state_count(&ifs->ifs_states), 100);
    assert_int_equal(ifs->ifs_states.is_src_count, 101); /* and the number of all */
    ipf_destroy(ifs);
}

static void take_reason(void *arg, const ipf_event_t *event)
{
    if (event->kind == IPF_EV_ADDSTATE && event->reason != NULL)
        strcpy(arg, event->reason);
}

/* A rule's own limit, and the table's. */
static void what_reaches_a_limit_is_counted_under_it(void **state)
{
    static const struct {
        const char *rule;
        uint64_t of_rule, of_table;
        const char *reason;
    } rows[] = {
        {"pass in proto udp all keep state (limit 1)", 1, 0, "the limit of entries is reached"},
        {"pass in proto udp all keep state", 0, 1, "the limit of entries is reached"},
        {"pass in proto udp all keep state (max-srcs 5)", 0, 1, "the limit of entries is reached"},
        {"pass in proto udp all keep state (limit 9)", 0, 0, ""}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char reason[100] = "";
        ipf_stack_t *ifs = filter_with(rows[i].rule, "fr_statemax=1");
        ipf_set_probe(ifs, take_reason, reason);
        for (int port = 1; port <= 2; port++) {
            qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
            mblk_t *m = packet_make(&(packet_t){.proto = 17, .sport = port});
            fr_verdict(ifs, &qpi, false, m);
            freemsg(m);
        }
        assert_int_equal(ifs->ifs_states.is_stats.maximum_ref, rows[i].of_rule);
        assert_int_equal(ifs->ifs_states.is_stats.maximum, rows[i].of_table);
        assert_string_equal(reason, rows[i].reason);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_entry_is_found_among_many_of_one_sum),
        cmocka_unit_test(an_error_finds_its_entry_among_many),
        cmocka_unit_test(each_ends_at_its_time_whatever_has_kept_it_alive),
        cmocka_unit_test(entries_of_different_ages_end_one_after_the_other),
        cmocka_unit_test(an_entry_whose_time_becomes_shorter_ends_then),
        cmocka_unit_test(interfaces_have_numbers_as_long_as_there_are_any),
        cmocka_unit_test(a_rule_with_a_limit_lets_what_has_expired_end),
        cmocka_unit_test(a_full_table_has_room_when_an_entry_has_expired),
        cmocka_unit_test(a_crowded_sum_has_room_when_its_entries_have_expired),
        cmocka_unit_test(sources_are_counted_as_long_as_they_have_entries),
        cmocka_unit_test(what_reaches_a_limit_is_counted_under_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
