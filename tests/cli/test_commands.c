/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim, lo0sim connect and lo0sim demo, seen from outside.
 */
#include "tests/cli/command.h"

#define SET  "set intercept_loopback true;\n"
#define RULE "block return-rst in on lo0 proto tcp from any to any port = 22\n"

static void connect_prints_the_path_the_errno_and_the_time(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *options, *outcome, *station;
    } rows[] = {
        {NULL, "", "ECONNREFUSED after 0.000 s", "tcp_xmit_listeners_reset"},
        {NULL, "--listen", "connected after 0.000 s", "finds the listener at 127.0.0.1.22"},
        {SET RULE, "--listen", "ECONNREFUSED after 0.000 s", "@0:1 block return-rst in on lo0"},
        {SET RULE, "--listen --mode inject", "ETIMEDOUT after 30.000 s", "IRE_LOOPBACK"},
        {SET RULE, "--listen --mode rewrite", "ECONNREFUSED after 0.000 s", "flags "},
        {RULE, "--listen", "connected after 0.000 s", "without `set intercept_loopback true;`"},
        {SET "block in all\n", "", "ETIMEDOUT after 30.000 s", "SYN again: the same way"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        if (rows[i].rules != NULL)
            write_file("r.conf", rows[i].rules);
        snprintf(arguments, sizeof(arguments), "connect %s %s localhost 22",
                 rows[i].rules != NULL ? "-f r.conf" : "", rows[i].options);
        command_t command = run_command("", arguments);
        assert_command(command, 0, rows[i].outcome, "");
        assert_command(command, 0, rows[i].station, "");
    }
}

static void the_syns_of_a_hanging_connect_leave_on_schedule(void **state)
{
    (void)state;
    write_file("r.conf", SET RULE);
    command_t command = run_command("", "connect --mode inject -f r.conf localhost 22");
    assert_command(command, 0,
                   "\n  3.375000  ... 3.375 s, SYN again: the same way\n"
                   " 10.125000  ... 6.750 s, SYN again: the same way\n"
                   " 23.625000  ... 13.500 s, SYN again: the same way\n"
                   " 30.000000  timer ",
                   "");
}

static void what_connect_cannot_do_it_refuses(void **state)
{
    (void)state;
    write_file("bad.conf", "block in all\n  pas in all\n");
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"connect", "an address and a port are needed"},
        {"connect localhost", "an address and a port are needed"},
        {"connect nowhere 22", "'nowhere' is not an IPv4 address, nor localhost"},
        {"connect ::1 22", "'::1': IPv6 is not modelled yet"},
        {"connect localhost 0", "PORT takes a whole number from 1 to 65535, not '0'"},
        {"connect localhost ssh", "PORT takes a whole number"},
        {"connect --mode fix localhost 22", "there is no reply mode 'fix'"},
        {"connect -f missing.conf localhost 22", "missing.conf: No such file or directory"},
        {"connect -f . localhost 22", ".: is a directory"},
        {"connect -f bad.conf localhost 22", "bad.conf:2:3: "},
        {"demo --fast", "lo0sim demo: takes no arguments"},
        {"conect", "there is no command 'conect'; did you mean 'connect'?"},
        {"xyzzy", "there is no command 'xyzzy'"},
        {"", "usage: lo0sim COMMAND"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
}

static void an_address_without_a_route_fails_at_once(void **state)
{
    (void)state;
    assert_command(run_command("", "connect 192.0.2.1 22"), 0, "ENETUNREACH after 0.000 s", "");
}

static void demo_tells_the_story(void **state)
{
    (void)state;
    command_t command = run_command("", "demo");
    static const char *const lines[] = {
        "none, nobody listens             -        ECONNREFUSED     0.000 s  S, R.\n",
        "none, sshd listens               -        connected        0.000 s  S, S., .\n",
        "block                            rewrite  ETIMEDOUT       30.000 s  nothing\n",
        "block return-rst, no intercept   rewrite  connected        0.000 s  S, S., .\n",
        "block return-rst                 inject   ETIMEDOUT       30.000 s  nothing\n",
        "block return-rst                 rewrite  ECONNREFUSED     0.000 s  R.\n",
        "* 0x21  flags ",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_command(command, 0, lines[i], "");
    for (const char *line = command.out; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        if (length > 80)
            fail_msg("a line of %zu columns: %.*s", length, (int)length, line);
        line += length + (line[length] == '\n');
    }
    assert_null(strchr(command.out, '\033'));
}

static void the_first_questions_are_answered(void **state)
{
    (void)state;
    assert_command(run_command("", "--help"), 0, "usage: lo0sim COMMAND", "");
    assert_command(run_command("", "--version"), 0, "lo0sim ", "");
    assert_command(run_command("", "demo --help"), 0, "usage: lo0sim demo", "");
    assert_command(run_command("", "connect --help"), 0, "usage: lo0sim connect", "");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(connect_prints_the_path_the_errno_and_the_time),
        CLI_TEST(the_syns_of_a_hanging_connect_leave_on_schedule),
        CLI_TEST(what_connect_cannot_do_it_refuses),
        CLI_TEST(an_address_without_a_route_fails_at_once),
        CLI_TEST(demo_tells_the_story),
        CLI_TEST(the_first_questions_are_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
