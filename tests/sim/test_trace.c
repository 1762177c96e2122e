/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace: made only for observers, typed, with one copy of a packet for all; and its names.
 */
#include "sim/core/box.h"
#include "sim/core/trace_station.h"

#include <errno.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULE       "block return-rst in on lo0 proto tcp from any to any port = 22"
#define EVENTS_MAX 64
#define MANY       100000000u

typedef struct seen {
    trace_event_t *events[EVENTS_MAX];
    size_t count;
} seen_t;

static void see(void *arg, const trace_event_t *event)
{
    seen_t *seen = arg;
    assert_true(seen->count < EVENTS_MAX);
    seen->events[seen->count++] = trace_event_copy(event);
}

static void forget(seen_t *seen)
{
    for (size_t i = 0; i < seen->count; i++)
        trace_event_free(seen->events[i]);
    seen->count = 0;
}

static box_t *box_with(const char *rules)
{
    ipf_error_t error;
    box_t *box = box_create(1, NULL, 0);
    assert_non_null(box);
    assert_int_equal(box_filter(box, rules, strlen(rules), true, &error), 0);
    return box;
}

static void connect_to_22(box_t *box, int expected)
{
    in6_addr_t localhost = ip_address_loopback(AF_INET);
    assert_int_equal(box_connect(box, &localhost, 22, false), expected);
}

/* The events of a refused connect, kept beyond the end of their box. */
static void refused(seen_t *seen)
{
    box_t *box = box_with(RULE);
    trace_add_sink(box->trace, see, seen);
    connect_to_22(box, ECONNREFUSED);
    box_destroy(box);
}

static const trace_event_t *find(const seen_t *seen, trace_station_t station)
{
    for (size_t i = 0; i < seen->count; i++) {
        if (seen->events[i]->station == station)
            return seen->events[i];
    }
    return NULL;
}

/* ---- who looks ---- */

static void there_is_no_event_until_somebody_looks(void **state)
{
    (void)state;
    seen_t seen = {0};
    box_t *box = box_with(RULE);
    connect_to_22(box, ECONNREFUSED);
    assert_false(trace_is_watched(box->trace));
    assert_int_equal(trace_count(box->trace), 0);
    trace_add_sink(box->trace, see, &seen);
    connect_to_22(box, ECONNREFUSED);
    assert_true(trace_is_watched(box->trace));
    assert_int_equal(trace_count(box->trace), seen.count);
    assert_true(seen.count > 10);
    box_destroy(box);
    forget(&seen);
}

/* => Returns how many bytes of the heap are in use; 0 where nobody counts (a sanitizer). */
static size_t in_use(void)
{
    return mallinfo2().uordblks;
}

static void send_many(sonode_t *client, sonode_t *server, box_t *box)
{
    static char data[8192];
    size_t sent = 0, got = 0, n;
    while (got < MANY) {
        if (sent < MANY && so_send(client, data, sizeof(data), &n) == 0)
            sent += n;
        while (so_recv(server, data, sizeof(data), &n) == 0)
            got += n;
        box_step(box);
    }
}

static void memory_does_not_grow_with_what_is_sent_where_nobody_looks(void **state)
{
    (void)state;
    in6_addr_t localhost = ip_address_loopback(AF_INET);
    sonode_t *listener, *client, *server = NULL;
    box_t *box = box_with("pass in on lo0 all\npass out on lo0 all");
    ip_stack_set_fusion(box->ips, false);
    assert_int_equal(so_listen(box->ips, &in6addr_any, 80, 1, &listener), 0);
    assert_int_equal(so_connect(box->ips, &localhost, 80, &client), EINPROGRESS);
    while (so_accept(listener, &server) == EAGAIN)
        box_step(box);
    size_t before = in_use();
    send_many(client, server, box);
    assert_true(in_use() < before + (1u << 20));
    assert_true(ipf_stats(box->ifs)->f_st[0].fr_pass > MANY / 20000);
    box_destroy(box);
}

static void taps_and_observers_share_one_copy_of_a_packet(void **state)
{
    (void)state;
    seen_t seen = {0};
    const tap_packet_t *before, *after, *snooped;
    box_t *box = box_with("pass in on lo0 all");
    box_want_taps(box);
    trace_add_sink(box->trace, see, &seen);
    connect_to_22(box, ECONNREFUSED); /* there is no listener */
    assert_int_equal(tap_packets(box->taps, tap_find("LOOPBACK_OUT:before"), &before), 2);
    assert_int_equal(tap_packets(box->taps, tap_find("LOOPBACK_IN:after"), &after), 2);
    assert_int_equal(tap_packets(box->taps, tap_find("lo0"), &snooped), 2);
    assert_ptr_equal(before[0].copy, find(&seen, TRACE_IP_WPUT_IRE)->copy);
    for (size_t i = 0; i < 2; i++) {
        assert_ptr_equal(before[i].copy, after[i].copy);
        assert_ptr_equal(before[i].copy, snooped[i].copy);
    }
    box_destroy(box);
    forget(&seen);
}

/* ---- what an event says ---- */

static void each_event_of_a_packet_has_its_number(void **state)
{
    (void)state;
    seen_t seen = {0};
    refused(&seen);
    for (size_t i = 0; i < seen.count; i++) {
        const trace_event_t *event = seen.events[i];
        bool of_an_end = event->station == TRACE_CONNECT || event->station == TRACE_ERRNO;
        assert_int_equal(event->packet, of_an_end ? 0 : 1);
        assert_int_equal(event->sequence, i + 1);
    }
    forget(&seen);
}

static void a_packet_that_was_eaten_has_a_number_and_no_bytes(void **state)
{
    (void)state;
    seen_t seen = {0};
    box_t *box = box_with("block in on lo0 proto tcp from any to any port = 22");
    trace_add_sink(box->trace, see, &seen);
    in6_addr_t localhost = ip_address_loopback(AF_INET);
    sonode_t *so;
    so_connect(box->ips, &localhost, 22, &so);
    const trace_event_t *last = NULL;
    for (size_t i = 0; i < seen.count; i++)
        last = seen.events[i]->station == TRACE_HOOKS_END ? seen.events[i] : last;
    assert_int_equal(last->packet, 1);
    assert_null(last->copy);
    assert_int_equal(last->hooks_end.fate, IP_HOOK_FATE_LOST);
    box_destroy(box);
    forget(&seen);
}

static void a_copy_of_an_event_outlives_its_box(void **state)
{
    (void)state;
    char text[IPF_RULE_TEXT_MAX];
    seen_t seen = {0};
    refused(&seen);
    const trace_event_t *rewrite = find(&seen, TRACE_FR_MAKE_RST);
    for (size_t i = 0; i < seen.count; i++) {
        const trace_event_t *event = seen.events[i];
        if (event->station == TRACE_FR_FIREWALL && event->rule.number == 1)
            assert_string_equal(trace_rule_text(event, text), RULE);
        assert_true(event->station != TRACE_FR_FIREWALL || event->rule.fr == NULL);
    }
    assert_int_equal(rewrite->rewrite.before->length, rewrite->copy->length);
    assert_string_equal(find(&seen, TRACE_HOOK)->hook.name, "ipfilter_hook4_loop_out");
    forget(&seen);
}

/* ---- names ---- */

static void each_station_has_a_word_of_its_own(void **state)
{
    (void)state;
    for (int i = 0; i < TRACE_STATIONS; i++) {
        assert_non_null(trace_station_word((trace_station_t)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(trace_station_word((trace_station_t)i),
                                    trace_station_word((trace_station_t)j));
    }
}

static void what_nobody_knows_is_a_process(void **state)
{
    (void)state;
    assert_string_equal(trace_station_meaning("note"), "what there is to say besides");
    assert_string_equal(trace_station_meaning("main"),
                        "a call of the process, and what came of it");
}

/* The words in a file from `mark`'s list on, one after the other, against a table's. */
static void list_is(const char *file, const char *mark, const char *(*word)(int i), int count)
{
    const char *at = strstr(file, mark);
    assert_non_null(at);
    at = strchr(at, '[');
    for (int i = 0; i < count; i++) {
        at = strchr(at, '"') + 1;
        size_t length = strcspn(at, "\"");
        if (strlen(word(i)) != length || strncmp(at, word(i), length) != 0)
            fail_msg("%s: '%.*s' where the table has '%s'", mark, (int)length, at, word(i));
        at += length + 1;
    }
    assert_true(at[strspn(at, " \n")] == ']');
}

static const char *station_word(int i)
{
    return trace_station_word((trace_station_t)i);
}

static const char *verb_word(int i)
{
    return trace_verb_word((trace_verb_t)i);
}

static void the_schema_lists_the_stations_and_the_verbs(void **state)
{
    (void)state;
    static char file[65536];
    FILE *in = fopen(SOURCE_DIR "/docs/jsonl.schema.json", "r");
    assert_non_null(in);
    file[fread(file, 1, sizeof(file) - 1, in)] = '\0';
    fclose(in);
    list_is(file, "\"station\": {", station_word, TRACE_STATIONS);
    list_is(file, "\"verb\": {", verb_word, TRACE_VERBS);
}

static void each_era_is_found_by_its_name(void **state)
{
    (void)state;
    assert_string_equal(era_names[0], era_default()->name);
    for (size_t i = 0; era_names[i] != NULL; i++)
        assert_string_equal(era_find(era_names[i])->name, era_names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_event_until_somebody_looks),
        cmocka_unit_test(memory_does_not_grow_with_what_is_sent_where_nobody_looks),
        cmocka_unit_test(taps_and_observers_share_one_copy_of_a_packet),
        cmocka_unit_test(each_event_of_a_packet_has_its_number),
        cmocka_unit_test(a_packet_that_was_eaten_has_a_number_and_no_bytes),
        cmocka_unit_test(a_copy_of_an_event_outlives_its_box),
        cmocka_unit_test(each_station_has_a_word_of_its_own),
        cmocka_unit_test(what_nobody_knows_is_a_process),
        cmocka_unit_test(the_schema_lists_the_stations_and_the_verbs),
        cmocka_unit_test(each_era_is_found_by_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
