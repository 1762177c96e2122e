/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The language of faults.
 */
#include "sim/core/fault.h"

#include "stack/ip_stack.h"

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
        {"drop packet 7 at wire on far",
         {.kind = FAULT_DROP,
          .packet = FAULT_NUMBER,
          .nth = 7,
          .place = IP_AT_WIRE,
          .host = "far"}},
        {"duplicate any 2 chance 0.25",
         {.kind = FAULT_DUPLICATE, .packet = FAULT_ANY, .nth = 2, .chance = 250000}},
        {"delay FIN by 1.5 at LOOPBACK_IN",
         {.kind = FAULT_DELAY, .packet = FAULT_FIN, .us = 1500000, .place = IP_AT_LOOPBACK_IN}},
        {"reorder \"* > * .\" 3", {.kind = FAULT_REORDER, .packet = FAULT_LIKE, .nth = 3}},
        {"corrupt UDP bit 9", {.kind = FAULT_CORRUPT, .packet = FAULT_UDP, .bytes = 9}},
        {"corrupt RST field src 10.0.0.1",
         {.kind = FAULT_CORRUPT, .packet = FAULT_RST, .field = "src", .value = "10.0.0.1"}},
        {"truncate DATA 1 to 41 bytes",
         {.kind = FAULT_TRUNCATE, .packet = FAULT_DATA, .nth = 1, .bytes = 41}},
        {"hooks off before packet 2", {.kind = FAULT_HOOKS, .packet = FAULT_NUMBER, .nth = 2}},
        {"kill sshd before DATA 3",
         {.kind = FAULT_KILL, .packet = FAULT_DATA, .nth = 3, .process = "sshd"}},
        {"kill \"a b\" before packet 9 at LOOPBACK_IN",
         {.kind = FAULT_KILL,
          .packet = FAULT_NUMBER,
          .nth = 9,
          .place = IP_AT_LOOPBACK_IN,
          .process = "a b"}},
        {"fail allocation 12", {.kind = FAULT_ALLOCATION, .nth = 12}},
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
        assert_int_equal(is->place, want->place != 0 ? want->place : FAULT_SENT);
        assert_int_equal(is->chance, want->chance);
        assert_string_equal(is->host, want->host);
        assert_string_equal(is->field, want->field);
        assert_string_equal(is->process, want->process);
        assert_string_equal(is->value, want->value);
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
        {"drop packets", "--fault 'drop packets': column 6: there is no packet 'packets'; did you "
                         "mean 'packet'?"},
        {"drop frames", "--fault 'drop frames': column 6: there is no packet 'frames'; there are: "
                        "SYN, SYN|ACK, ACK, DATA, FIN, RST, UDP, ICMP, packet, any"},
        {"drop packet", "--fault 'drop packet': column 12: the packet's number is missing"},
        {"drop packet 0",
         "--fault 'drop packet 0': column 13: '0' is no number from 1 to 4294967295"},
        {"drop SYN at", "--fault 'drop SYN at': column 12: place is missing"},
        {"drop SYN at lo0", "--fault 'drop SYN at lo0': column 13: there is no place 'lo0'; there "
                            "are: LOOPBACK_OUT, LOOPBACK_IN, PHYSICAL_OUT, wire, PHYSICAL_IN, "
                            "ip_fanout"},
        {"drop SYN chance 0",
         "--fault 'drop SYN chance 0': column 17: '0' is no chance from 0.000001 to 1"},
        {"drop any chance 2",
         "--fault 'drop any chance 2': column 17: '2' is no chance from 0.000001 to 1"},
        {"drop \"127.0.0.1.* > x\"", "--fault 'drop \"127.0.0.1.* > x\"': column 21: expected the "
                                     "destination as ADDRESS.PORT, such as 127.0.0.1.22"},
        {"delay SYN", "--fault 'delay SYN': column 10: 'by' is missing"},
        {"delay SYN by", "--fault 'delay SYN by': column 13: a number of seconds is missing"},
        {"duplicate SYN by x",
         "--fault 'duplicate SYN by x': column 18: 'x' is no number of seconds up to 86400"},
        {"corrupt SYN", "--fault 'corrupt SYN': column 12: way to corrupt is missing"},
        {"corrupt SYN bit", "--fault 'corrupt SYN bit': column 16: the bit's number is missing"},
        {"corrupt SYN field port 1", "--fault 'corrupt SYN field port 1': column 19: there is no "
                                     "field 'port'; did you mean 'sport'?"},
        {"corrupt SYN field sport",
         "--fault 'corrupt SYN field sport': column 24: the field's value is missing"},
        {"truncate SYN 1 by 5",
         "--fault 'truncate SYN 1 by 5': column 16: 'by' stands where 'to' is to be"},
        {"rules pass before SYN",
         "--fault 'rules pass before SYN': column 7: rules stand in quotes"},
        {"hooks away before SYN", "--fault 'hooks away before SYN': column 7: there is no state of "
                                  "the hooks 'away'; there are: on, off"},
        {"kill", "--fault 'kill': column 5: the process' name is missing"},
        {"kill sshd", "--fault 'kill sshd': column 10: 'before' is missing"},
        {"kill sshd SYN",
         "--fault 'kill sshd SYN': column 11: 'SYN' stands where 'before' is to be"},
        {"kill sshd before", "--fault 'kill sshd before': column 17: packet is missing"},
        {"kill main before SYN", "--fault 'kill main before SYN': column 6: 'main' is the test "
                                 "itself, which does not die"},
        {"fail allocation", "--fault 'fail allocation': column 16: the block's number is missing"},
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
    assert_string_equal(error, "--fault 'drop SYN': there are 64 already");
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
