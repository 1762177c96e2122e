/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The language of faults.
 */
#include "sim/core/fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void a_fault_is_read(void **state)
{
    static const struct {
        const char *text;
        fault_t fault;
    } rows[] = {
        {"drop SYN", {.kind = FAULT_DROP, .packet = FAULT_SYN}},
        {"drop SYN 1", {.kind = FAULT_DROP, .packet = FAULT_SYN, .nth = 1}},
        {" drop \t SYN|ACK  20 ", {.kind = FAULT_DROP, .packet = FAULT_SYN_ACK, .nth = 20}},
        {"drop ICMP", {.kind = FAULT_DROP, .packet = FAULT_ICMP}},
        {"reset after 0 bytes", {.kind = FAULT_RESET}},
        {"reset after 1 byte", {.kind = FAULT_RESET, .bytes = 1}},
        {"reset after 1000 bytes from client",
         {.kind = FAULT_RESET, .bytes = 1000, .from_client = true}},
        {"stall after 1000 bytes from server", {.kind = FAULT_STALL, .bytes = 1000}},
        {"close half", {.kind = FAULT_CLOSE_HALF}},
        {"close half after 7 bytes", {.kind = FAULT_CLOSE_HALF, .bytes = 7}},
        {"slow accept 5", {.kind = FAULT_SLOW_ACCEPT, .us = 5000000}},
        {"slow accept 0.25", {.kind = FAULT_SLOW_ACCEPT, .us = 250000}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fault_list_t faults = {.count = 0};
        char error[512] = "";
        assert_true(fault_list_add(&faults, rows[i].text, error, sizeof(error)));
        const fault_t *is = &faults.list[0], *want = &rows[i].fault;
        assert_int_equal(faults.count, 1);
        assert_int_equal(is->kind, want->kind);
        assert_int_equal(is->packet, want->packet);
        assert_int_equal(is->nth, want->nth);
        assert_int_equal(is->bytes, want->bytes);
        assert_int_equal(is->from_client, want->from_client);
        assert_int_equal(is->us, want->us);
        assert_string_equal(is->text, rows[i].text);
    }
}

static void what_is_no_fault_is_told_with_its_column(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "--fault '': column 1: fault is missing"},
        {"rest", "--fault 'rest': column 1: there is no fault 'rest'; did you mean 'reset'?"},
        {"drop", "--fault 'drop': column 5: packet is missing"},
        {"drop SIN", "--fault 'drop SIN': column 6: there is no packet 'SIN'; did you mean 'SYN'?"},
        {"drop packets", "--fault 'drop packets': column 6: there is no packet 'packets'; there "
                         "are: SYN, SYN|ACK, ACK, DATA, FIN, RST, UDP, ICMP"},
        {"drop SYN 0", "--fault 'drop SYN 0': column 10: '0' is no number from 1 to 1000000"},
        {"drop SYN -1", "--fault 'drop SYN -1': column 10: '-1' is no number from 1 to 1000000"},
        {"drop SYN 1 2", "--fault 'drop SYN 1 2': column 12: '2' is too much"},
        {"reset", "--fault 'reset': column 6: 'after' is missing"},
        {"reset in 5", "--fault 'reset in 5': column 7: 'in' stands where 'after' is to be"},
        {"reset after", "--fault 'reset after': column 12: a number of bytes is missing"},
        {"reset after 1k bytes",
         "--fault 'reset after 1k bytes': column 13: '1k' is no number from 0 to 1000000000"},
        {"reset after 99999999999999999999 bytes",
         "--fault 'reset after 99999999999999999999 bytes': column 13: '99999999999999999999' is "
         "no number from 0 to 1000000000"},
        {"stall after 5", "--fault 'stall after 5': column 14: 'bytes' is missing"},
        {"stall after 5 KB",
         "--fault 'stall after 5 KB': column 15: 'KB' stands where 'bytes' is to be"},
        {"reset after 5 bytes from peer",
         "--fault 'reset after 5 bytes from peer': column 26: there is no end 'peer'; there are: "
         "client, server"},
        {"reset after 5 bytes from",
         "--fault 'reset after 5 bytes from': column 25: end is missing"},
        {"close", "--fault 'close': column 6: 'half' is missing"},
        {"close half now", "--fault 'close half now': column 12: 'now' is too much"},
        {"slow accept", "--fault 'slow accept': column 12: a number of seconds is missing"},
        {"slow accept 0",
         "--fault 'slow accept 0': column 13: '0' is no number of seconds up to 86400"},
        {"slow accept 0x1p4",
         "--fault 'slow accept 0x1p4': column 13: '0x1p4' is no number of seconds up to 86400"},
        {"slow accept inf",
         "--fault 'slow accept inf': column 13: 'inf' is no number of seconds up to 86400"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fault_list_t faults = {.count = 0};
        char error[512] = "";
        assert_false(fault_list_add(&faults, rows[i].text, error, sizeof(error)));
        assert_string_equal(error, rows[i].error);
        assert_int_equal(faults.count, 0);
    }
}

static void there_are_so_many_faults_and_no_more(void **state)
{
    fault_list_t faults = {.count = 0};
    char error[512];
    (void)state;
    for (size_t i = 0; i < FAULTS_MAX; i++)
        assert_true(fault_list_add(&faults, "drop SYN", error, sizeof(error)));
    assert_false(fault_list_add(&faults, "drop SYN", error, sizeof(error)));
    assert_string_equal(error, "--fault 'drop SYN': column 9: there are 16 already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_fault_is_read),
        cmocka_unit_test(what_is_no_fault_is_told_with_its_column),
        cmocka_unit_test(there_are_so_many_faults_and_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
