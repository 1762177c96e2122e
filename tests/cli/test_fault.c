/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A fault that was asked for and does not happen: what is said, and the exit code.
 */
#include "tests/cli/command.h"

#include <stdbool.h>

#define MET "nothing met it: "

typedef struct row {
    const char *fault, *said; /* said: after the fault; NULL: nothing, it happens */
} row_t;

static void check(const char *command_name, const row_t *row, int code, command_t command)
{
    char line[600];
    snprintf(line, sizeof(line), "lo0sim %s: --fault '%s': %s\n", command_name, row->fault,
             row->said != NULL ? row->said : "");
    bool right = row->said != NULL ? strcmp(command.err, line) == 0 : command.err[0] == '\0';
    if (command.code != code || !right)
        fail_msg("%s: %s: %d\n%s", command_name, row->fault, command.code, command.err);
}

static void a_fault_of_connect_that_nothing_meets_is_told_and_is_a_mistake(void **state)
{
    static const row_t rows[] = {
        {"drop packet 99 at LOOPBACK_OUT",
         MET "3 packets came by LOOPBACK_OUT, the last is packet 3"},
        {"drop packet 1 at wire", MET "no packet came by wire"},
        {"drop packet 1", NULL},
        {"drop SYN 5", MET "3 packets were sent, the last SYN of a connection is SYN 1"},
        {"drop UDP 2", MET "3 packets were sent, no UDP among them"},
        {"drop FIN", MET "3 packets were sent, no FIN among them"},
        {"drop any 9", MET "3 packets were sent"},
        {"drop any on far", MET "no packet was sent on far"},
        {"drop \"* > *.23 S\"", MET "3 packets were sent, none like the pattern"},
        {"drop \"* > *.22 S\" 3", MET "3 packets were sent, only 1 like the pattern"},
        {"rules \"block in all\" before SYN 9",
         MET "3 packets were sent, the last SYN of a connection is SYN 1"},
        {"rules \"block in all\" before SYN 1", NULL},
        {"hooks off before SYN 1", NULL},
        {"corrupt SYN bit 5000", "nothing came of it: the packet is shorter"},
        {"corrupt SYN bit 50", NULL},
        {"truncate SYN to 500", "nothing came of it: the packet is shorter"},
        {"corrupt SYN field sport x", "nothing came of it: a number is expected"},
        {"reset after 1000 bytes", MET "1 connection, whose server sent 0 bytes"},
        {"stall after 0 bytes from client", MET "1 connection, whose client sent 0 bytes"},
        {"close half", NULL},
        {"slow accept 5", NULL},
        {"order 1 first 2", MET "no instant had several events ready"},
        {"fail allocation 3", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "connect --listen --fault '%s' localhost 22",
                 rows[i].fault);
        check("connect", &rows[i], rows[i].said != NULL ? 2 : 0, run_command("", arguments));
    }
}

/* A SYN that is doubled is ready beside the answer to the first. */
static void an_order_that_nothing_meets_is_told(void **state)
{
    static const row_t rows[] = {
        {"order 1 first 2", NULL},
        {"order 1 first 9", "nothing came of it: 2 events were ready then"},
        {"order 3 first 2", MET "1 instant had several events ready"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments),
                 "connect --listen --fault 'duplicate SYN 1' --fault '%s' localhost 22",
                 rows[i].fault);
        check("connect", &rows[i], rows[i].said != NULL ? 2 : 0, run_command("", arguments));
    }
}

static void where_there_is_no_connection_the_line_says_so(void **state)
{
    static const row_t rows[] = {
        {"slow accept 5", MET "no connection came to a listener"},
        {"close half", MET "1 connection, none was established"},
        {"order 1 first 2", MET "no instant had several events ready"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "connect --fault '%s' localhost 22", rows[i].fault);
        check("connect", &rows[i], 2, run_command("", arguments));
    }
    const row_t none = {"reset after 9 bytes", MET "there was no connection"};
    check("connect", &none, 2, run_command("", "connect --fault 'reset after 9 bytes' 10.0.0.1 1"));
}

static void a_fault_that_another_stands_before_is_told(void **state)
{
    (void)state;
    assert_command(
        run_command("", "connect --fault 'drop SYN' --fault 'delay SYN by 1' localhost 22"), 2,
        "the SYN was lost: a fault, at LOOPBACK_OUT",
        "lo0sim connect: --fault 'delay SYN by 1': nothing came of it: the packet had suffered "
        "another fault, which stands before it\n");
}

/* Each of several blocks is refused, not the last one of them only. */
static void two_blocks_are_refused(void **state)
{
    (void)state;
    command_t command = run_command(
        "", "connect --listen --fault 'fail allocation 3' --fault 'fail allocation 900' "
            "localhost 22");
    assert_command(command, 2, "ENOMEM", "'fail allocation 900': nothing met it: the box wanted ");
    assert_null(strstr(command.err, "'fail allocation 3'"));
}

static void that_chance_spares_all_packets_is_told_and_no_mistake(void **state)
{
    (void)state;
    assert_command(
        run_command("", "connect --fault 'drop any chance 0.000001' localhost 22"), 0,
        "ECONNREFUSED",
        "lo0sim connect: --fault 'drop any chance 0.000001': by chance it struck none of "
        "the 2 packets that met it\n");
}

static void wrong_rules_in_a_fault_are_a_mistake_before_anything_runs(void **state)
{
    (void)state;
    assert_command(run_command("", "connect --fault 'rules \"blok in all\" before SYN 9' localhost "
                                   "22"),
                   2, "",
                   "lo0sim connect: --fault: its rules: 1:1: unknown action 'blok'; did you mean "
                   "'block'?\n");
    write_file("rules.lua", "test('t', function(box)\n"
                            "  box:fault('rules \"blok in all\" before SYN 9')\nend)\n");
    assert_command(run_command("", "run rules.lua"), 2,
                   "rules.lua:2: box:fault: its rules: 1:1: unknown action 'blok'", "");
}

#define TWO_TESTS                                                                                  \
    "test('one', function(box) box:connect('127.0.0.1', 22) end)\n"                                \
    "test('none', function(box) end)\n"

static void a_run_says_that_no_test_met_a_fault_and_not_that_one_did_not(void **state)
{
    static const struct {
        const char *options, *out, *err; /* err: all of it */
        int code;
    } rows[] = {
        {"--fault 'drop SYN 1'", "2 passed", "", 0},
        {"--fault 'drop SYN 9'", "2 passed",
         "lo0sim run: --fault 'drop SYN 9': nothing met it in 2 tests: 2 packets were sent, the "
         "last SYN of a connection is SYN 1\n",
         2},
        {"--isolate -j 1 --fault 'drop SYN 9'", "2 passed",
         "lo0sim run: --fault 'drop SYN 9': nothing met it in 2 tests: 2 packets were sent, the "
         "last SYN of a connection is SYN 1\n",
         2},
        {"-k none --fault 'drop SYN 1'", "1 passed",
         "lo0sim run: --fault 'drop SYN 1': nothing met it in 1 test: no packet was sent\n", 2},
        {"--format json --fault 'drop SYN 9' -k none", "\"exit\": 2",
         "lo0sim run: --fault 'drop SYN 9': nothing met it in 1 test: no packet was sent\n", 2},
        {"--fault 'drop any chance 0.000001'", "2 passed",
         "lo0sim run: --fault 'drop any chance 0.000001': by chance it struck none of the 2 "
         "packets "
         "that met it in 2 tests\n",
         0},
        {"--dry-run --fault 'drop SYN 9'", "2 would run", "", 0},
        {"--list --fault 'drop SYN 9'", "t.lua:one", "", 0},
        {"-k nosuch --fault 'drop SYN 9'", "", "lo0sim run: no test is left by -k nosuch\n", 4},
    };
    (void)state;
    write_file("t.lua", TWO_TESTS);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "run %s t.lua", rows[i].options);
        command_t command = run_command("", arguments);
        if (command.code != rows[i].code || strstr(command.out, rows[i].out) == NULL ||
            strcmp(command.err, rows[i].err) != 0)
            fail_msg("%s: %d\n%s%s", rows[i].options, command.code, command.out, command.err);
    }
}

static void a_run_that_did_not_end_says_nothing_of_its_faults(void **state)
{
    (void)state;
    write_file("t.lua", "test('fails', function(box) expect.ok(false) end)\n" TWO_TESTS);
    command_t command = run_command("", "run -x --fault 'drop SYN 9' t.lua");
    assert_command(command, 1, "1 failed", "");
    assert_string_equal(command.err, "");
    assert_command(run_command("", "run --fault 'drop SYN 9' t.lua"), 1, "1 failed",
                   "nothing met it in 3 tests");
    /* Nobody knows what the test met that crashed. */
    write_file("t.lua", "test('crashes', function(box) while true do end end)\n" TWO_TESTS);
    command = run_command("", "run --max-wall 1 --max-instructions 1000000000000 "
                              "--fault 'drop SYN 9' t.lua");
    assert_command(command, 3, "1 failed", "");
}

static void what_repeats_a_failure_has_the_faults_too(void **state)
{
    (void)state;
    write_file("t.lua", "for i = 1, 20 do\n"
                        "  test('t' .. i, function(box)\n"
                        "    local _, err = box:connect('127.0.0.1', 22)\n"
                        "    expect.eq(err, 'ECONNREFUSED')\n"
                        "  end)\nend\n");
    assert_command(run_command("", "run --allow-exec --fault 'drop SYN' t.lua"), 1,
                   "  lo0sim run --fault 'drop SYN' --allow-exec t.lua:t1\n", "");
}

static void a_bundle_repeats_in_the_era_and_the_mode_of_the_run(void **state)
{
    (void)state;
    write_file("t.lua", "test('t', function(box)\n"
                        "  box:filter('block return-rst in proto tcp from any to any port = 22')\n"
                        "  local _, err = box:connect('127.0.0.1', 22)\n"
                        "  expect.eq(err, 'none')\n"
                        "end)\n");
    assert_command(run_command("", "run --era linux --mode errno --bundle b t.lua"), 1, "repeat",
                   "");
    assert_non_null(strstr(read_file("b/t.t/repeat"), " --era linux --mode errno "));
}

static void a_fault_of_the_script_that_nothing_meets_is_a_note(void **state)
{
    (void)state;
    write_file("t.lua", "test('t', function(box)\n"
                        "  box:fault('drop SYN 1')\n"
                        "  box:fault('drop SYN|ACK 2')\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "end)\n");
    command_t command = run_command("", "run -v --fault 'delay RST by 1' t.lua");
    assert_command(command, 0, "note            fault 'drop SYN|ACK 2': nothing met it: ", "");
    assert_null(strstr(command.out, "note            fault 'drop SYN 1'"));
    assert_null(strstr(command.out, "note            fault 'delay RST"));
    assert_string_equal(command.err, "");
}

static void a_process_that_had_ended_is_told_of_kill(void **state)
{
    (void)state;
    write_file("t.lua", "test('t', function(box)\n"
                        "  box:spawn('sshd', function() end)\n"
                        "  box:sleep(1)\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "end)\n");
    assert_command(
        run_command("", "run --fault 'kill sshd before SYN 1' t.lua"), 2, "1 passed",
        "lo0sim run: --fault 'kill sshd before SYN 1': nothing came of it in 1 test: the "
        "process had ended before\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)
        TEST(a_fault_of_connect_that_nothing_meets_is_told_and_is_a_mistake),
        TEST(an_order_that_nothing_meets_is_told),
        TEST(where_there_is_no_connection_the_line_says_so),
        TEST(a_fault_that_another_stands_before_is_told),
        TEST(two_blocks_are_refused),
        TEST(that_chance_spares_all_packets_is_told_and_no_mistake),
        TEST(wrong_rules_in_a_fault_are_a_mistake_before_anything_runs),
        TEST(a_run_says_that_no_test_met_a_fault_and_not_that_one_did_not),
        TEST(a_run_that_did_not_end_says_nothing_of_its_faults),
        TEST(what_repeats_a_failure_has_the_faults_too),
        TEST(a_bundle_repeats_in_the_era_and_the_mode_of_the_run),
        TEST(a_fault_of_the_script_that_nothing_meets_is_a_note),
        TEST(a_process_that_had_ended_is_told_of_kill),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
