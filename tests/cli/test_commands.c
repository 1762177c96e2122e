/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim, lo0sim connect and lo0sim demo, seen from outside.
 */
#include "tests/cli/command.h"

#include <sys/stat.h>
#include <unistd.h>

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
        {"connect nowhere 22", "'nowhere' is not an IP address, nor localhost"},
        {"connect localhost 0", "PORT takes a whole number from 1 to 65535, not '0'"},
        {"connect localhost shh", "there is no service 'shh'; did you mean 'ssh'?"},
        {"connect --mode fix localhost 22", "there is no reply mode 'fix'"},
        {"connect -f missing.conf localhost 22", "missing.conf: No such file or directory"},
        {"connect -f . localhost 22", ".: is a directory"},
        {"connect -f bad.conf localhost 22", "bad.conf:2:3: "},
        {"demo --fast", "lo0sim demo: there is no option '--fast'"},
        {"conect", "there is no command 'conect'; did you mean 'connect'?"},
        {"xyzzy", "there is no command 'xyzzy'"},
        {"ipnat", "NAT is not modelled, so there is no ipnat"},
        {"ipftest -N rules -i -", "ipftest: NAT is not modelled: there is no -N"},
        {"ipftest -Q -i -", "ipftest: there is no option '-Q'"},
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

static void the_long_demo_tells_six_ways(void **state)
{
    (void)state;
    command_t command = run_command("", "demo --long");
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

static void ipf_prints_rules_as_ip_filter_writes_them(void **state)
{
    (void)state;
    write_file("r.conf", "block in on lo0 proto tcp from 10/8 to any port = ssh\n"
                         "pass in from {::1,::2} to any\n");
    assert_command(run_command("", "ipf -nvf r.conf"), 0,
                   "block in on lo0(!) inet proto tcp from 10.0.0.0/8 to any port = ssh\n"
                   "pass in inet6 from ::1/128 to any\npass in inet6 from ::2/128 to any\n",
                   "");
    assert_command(run_command("", "ipf -Rnvf r.conf"), 0, "port = 22\n", "");
    assert_command(run_command("", "ipf -f r.conf"), 0, "", "");
    write_file("one.conf", "block in all\n");
    assert_command(run_command("", "ipf -vf - <one.conf"), 0, "block in all\n", "");
}

static void a_mistake_in_rules_is_shown_where_it_is(void **state)
{
    (void)state;
    write_file("bad.conf", "pass in all\n\tblock in qick all\n");
    assert_command(run_command("", "ipf -vf bad.conf"), 2, "pass in all\n",
                   "bad.conf:2:11: unknown word 'qick'; did you mean 'quick'?\n"
                   "    \tblock in qick all\n"
                   "    \t         ^^^^\n");
    write_file("p.txt", "in 1.1.1.1 2.2.2.2\n");
    assert_command(run_command("", "ipftest -r bad.conf -i p.txt"), 2, "", "bad.conf:2:11: ");
}

static void ipftest_judges_text_and_hexadecimal_packets(void **state)
{
    (void)state;
    write_file("r.conf", "block return-rst in on lo0 proto tcp all flags S/SA\n"
                         "pass out proto icmp all icmp-type unreach code port-unr\n"
                         "block in inet6 all\nblock in all with opt ssrr\n");
    write_file("p.txt", "# a comment\n\nin on lo0 tcp 127.0.0.1,1 127.0.0.1,22 S\n"
                        "in on lo0 tcp 127.0.0.1,1 127.0.0.1,ssh SA seq=1 ack=2\n"
                        "out icmp 1.1.1.1 2.2.2.2 unreach,port-unr\nin6 udp ::1,1 ::2,2\n"
                        "in 1.1.1.1 2.2.2.2 opt rr,ssrr=3.3.3.3\n");
    assert_command(run_command("", "ipftest -b -r r.conf -i p.txt"), 0,
                   "block return-rst\nnomatch\npass\nblock\nblock\n", "");
    assert_command(run_command("", "ipftest -r r.conf -i p.txt"), 0,
                   "block return-rst         in on lo0  127.0.0.1.1 > 127.0.0.1.22 S 0:0(0) win "
                   "4096\n",
                   "");
    write_file("p.hex", "# the same SYN\n[in,lo0]\n4500 0028 0000 4000 3f06 0000 7f00 0001\n"
                        "7f00 0001 0001 0016 0000 0000 0000 0000 5002 1000 0000 0000\n\n\n"
                        "[out] 45\n");
    assert_command(run_command("", "ipftest -F hex -b -r r.conf -i p.hex"), 0,
                   "block return-rst\nbad-packet\n", "");
}

static void packets_that_cannot_be_read_are_told(void **state)
{
    static const struct {
        const char *packets, *options, *message;
    } rows[] = {
        {"in 1.1.1.1\n", "", "p:1: expected the destination's address, got ''"},
        {"\nup 1.1.1.1 2.2.2.2\n", "", "p:2: expected 'in' or 'out', got 'up'"},
        {"in tcp 1.1.1.1,x 2.2.2.2,1\n", "", "expected the source's address, got '1.1.1.1,x'"},
        {"in tcp 1.1.1.1,1 2.2.2.2,1 Q\n", "", "p:1: unexpected 'Q'"},
        {"in 1.1.1.1 2.2.2.2 opt nosuch\n", "", "IP options that are not known in 'nosuch'"},
        {"[in,lo0] 4x\n", "-F hex", "p:1: expected hexadecimal digits"},
        {"[in,lo0] 450\n", "-F hex", "p:1: half a byte at the end of the line"},
        {"[up\n", "-F hex", "p:1: expected [in,IF] or [out,IF]"},
        {"", "-F hexx", "there is no packet format 'hexx'; did you mean 'hex'?"},
        {"", "-z", "there is no option '-z'"},
    };
    (void)state;
    write_file("r", "block in all\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[100];
        write_file("p", rows[i].packets);
        snprintf(arguments, sizeof(arguments), "ipftest %s -r r -i p", rows[i].options);
        assert_command(run_command("", arguments), 2, "", rows[i].message);
    }
    assert_command(run_command("", "ipftest -r r"), 2, "", "rules and packets are needed");
    assert_command(run_command("", "ipf"), 2, "", "a rules file is needed");
    assert_command(run_command("", "ipf -f missing"), 2, "", "missing: No such file");
}

static void the_first_questions_are_answered(void **state)
{
    (void)state;
    assert_command(run_command("", "--help"), 0, "usage: lo0sim COMMAND", "");
    assert_command(run_command("", "--version"), 0, "lo0sim ", "");
    assert_command(run_command("", "demo --help"), 0, "usage: lo0sim demo", "");
    assert_command(run_command("", "connect --help"), 0, "usage: lo0sim connect", "");
    assert_command(run_command("", "ipf --help"), 0, "usage: lo0sim ipf", "");
    assert_command(run_command("", "ipftest --help"), 0, "usage: lo0sim ipftest", "");
}

/* ---- compare ---- */

#define COMPARED                                                                                   \
    "test('refused', { modes = { 'inject', 'rewrite' } }, function(box)\n"                         \
    "  box:reply_mode('rewrite')\n"                                                                \
    "  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')\n"             \
    "  local _, err = box:connect('127.0.0.1', 22)\n"                                              \
    "  expect.eq(err, 'ECONNREFUSED')\n"                                                           \
    "  expect.eq(box:now(), 0)\n"                                                                  \
    "  box:ping('::1')\n"                                                                          \
    "end)\n"

static void compare_overrides_the_scenarios_choice_and_has_a_row_for_each_call(void **state)
{
    (void)state;
    write_file("c.lua", COMPARED);
    command_t command = run_command("", "compare --eras post --modes inject,rewrite c.lua");
    assert_command(command, 0, "refused\n\nera   mode     call                  result", "");
    assert_command(command, 0,
                   "post  inject   connect 127.0.0.1.22  ETIMEDOUT     30.000 s  nothing", "");
    assert_command(command, 0,
                   "post  inject   ping ::1              answered       0.000 s  echo, echorep",
                   "");
    assert_command(command, 0, "post  rewrite  connect 127.0.0.1.22  ECONNREFUSED   0.000 s  R.",
                   "");
}

static void what_compare_does_not_find_as_expected_it_notes_and_goes_on(void **state)
{
    (void)state;
    write_file("c.lua", COMPARED);
    command_t command = run_command("", "compare --eras post c.lua:refused --modes inject");
    assert_command(command, 0,
                   "not as the script expects:\npost inject: c.lua:5: expect.eq failed\n"
                   "    expected  \"ECONNREFUSED\"\n    actual    \"ETIMEDOUT\"\n"
                   "post inject: c.lua:6: expect.eq failed\n",
                   "");
    command = run_command("", "compare --eras post c.lua --modes rewrite");
    assert_null(strstr(command.out, "not as"));
}

static void tests_that_differ_in_their_modes_only_are_numbered_by_compare(void **state)
{
    (void)state;
    write_file("d.lua", "for _, mode in ipairs({'inject', 'rewrite'}) do\n"
                        "  test('t', { modes = { mode } }, function(box)\n"
                        "    box:connect('127.0.0.1', 22)\n"
                        "  end)\n"
                        "end\n");
    command_t command = run_command("", "compare --eras post --modes rewrite d.lua");
    assert_command(command, 0, "t (2)\n", "");
}

static void what_compare_cannot_do_it_refuses(void **state)
{
    static const struct {
        const char *arguments, *message;
        int code;
    } rows[] = {
        {"compare", "one scenario is needed", 2},
        {"compare --eras solaris c.lua",
         "there is no era 'solaris'; there are: post, snv_116, illumos, linux", 2},
        {"compare --eras '' c.lua", "the list of eras is empty", 2},
        {"compare --modes '' c.lua", "the list of reply modes is empty", 2},
        {"compare --eras post, c.lua", "there is no era ''", 2},
        {"compare --eras post,linux,post c.lua", "the era 'post' is given twice", 2},
        {"compare --eras post --eras post c.lua", "the era 'post' is given twice", 2},
        {"compare --modes errno,errno c.lua", "the reply mode 'errno' is given twice", 2},
        {"compare --modes post c.lua", "there is no reply mode 'post'", 2},
        {"compare nowhere.lua", "nowhere.lua", 2},
        {"compare c.lua:nothing", "there is no test 'nothing'", 2},
        {"compare mistake.lua", "mistake.lua:1", 2},
        {"compare empty.lua", "there is no test to compare", 4},
    };
    (void)state;
    write_file("c.lua", COMPARED);
    write_file("empty.lua", "");
    write_file("mistake.lua", "test('x', function(box) box:conect() end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_t command = run_command("", rows[i].arguments);
        if (command.code != rows[i].code || (strstr(command.err, rows[i].message) == NULL &&
                                             strstr(command.out, rows[i].message) == NULL))
            fail_msg("%s: %d\n%s%s", rows[i].arguments, command.code, command.out, command.err);
    }
}

static void compare_names_what_snoop_saw(void **state)
{
    static const struct {
        const char *calls, *seen;
    } rows[] = {
        {"box:listen(22) box:filter('block out on lo0 proto tcp from any port = 22 to any') "
         "box:connect('127.0.0.1', 22)",
         "  4 S\n"},
        {"local a, b = box:udp(53), box:udp() b:sendto('x', '127.0.0.1', 53) a:recv(1)", "  udp\n"},
        {"local s = box:udp() s:sendto('x', '127.0.0.1', 53) box:ping('::1')",
         "udp, echo, unreach, echorep"},
        {"box:inject{ proto = 'icmp', type = 99, code = 0, src = '127.0.0.1', dst = '127.0.0.1' } "
         "box:ping('::1')",
         "icmp 99, echo"},
        {"local r = box:remote('192.168.1.20') r:listen(80) box:connect('192.168.1.20', 80)",
         "connect 192.168.1.20.80  connected "},
        {"for i = 1, 70 do box:ping('::1') end", "echo, echorep"},
        {"box:ping('::1') box:listen(22) box:filter('block out on lo0 proto tcp from any port = 22 "
         "to "
         "any') box:connect('127.0.0.1', 22)",
         "  4 S\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[400];
        snprintf(script, sizeof(script), "test('t', function(box)\n  %s\nend)\n", rows[i].calls);
        write_file("c.lua", script);
        command_t command = run_command("", "compare --eras post --modes rewrite c.lua");
        if (command.code != 0 || strstr(command.out, rows[i].seen) == NULL)
            fail_msg("%s: no '%s' in\n%s%s", rows[i].calls, rows[i].seen, command.out, command.err);
    }
}

/* `-`: the scenario's, or the era's. */
static void compare_leaves_the_mode_to_the_scenario_where_none_is_wanted(void **state)
{
    (void)state;
    write_file("c.lua", "test('t', function(box)\n"
                        "  box:reply_mode('inject')\n"
                        "  box:filter('block return-rst in on lo0 proto tcp all')\n"
                        "  box:connect('127.0.0.1', 22)\nend)\n");
    command_t command = run_command("", "compare --eras post,linux --modes - --counters c.lua");
    assert_command(command, 0, "ETIMEDOUT", "");
    assert_null(strstr(command.out, "rewrite"));
    assert_null(strstr(command.out, "*"));
}

static void a_mistake_of_the_script_is_comparisons_code(void **state)
{
    (void)state;
    write_file("c.lua", "test('t', function(box) box:ping('::1') error('wrong') end)\n");
    assert_command(run_command("", "compare --eras post c.lua"), 2, "c.lua:1: wrong", "");
}

static void a_page_of_compare_that_cannot_be_written_is_told(void **state)
{
    static const struct {
        const char *file, *why;
        int code;
    } rows[] = {
        {"no/p.html", "lo0sim compare: --html: no/p.html: No such file or directory", 2},
        {"d", "lo0sim compare: --html: d: Is a directory", 2},
        {"/dev/full", "lo0sim compare: --html: /dev/full: No space left on device", 3},
        {"c.lua", "is there, and is a script", 2},
    };
    (void)state;
    assert_int_equal(mkdir("d", 0777), 0);
    write_file("c.lua", "test('t', function(box) box:ping('::1') end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[100];
        snprintf(line, sizeof(line), "compare --eras post --html %s c.lua", rows[i].file);
        assert_command(run_command("", line), rows[i].code, "", rows[i].why);
    }
}

static void compare_refuses_one_page_for_several_tests_before_it_runs_them(void **state)
{
    (void)state;
    write_file("two.lua", "test('a', function(box) box:ping('::1') end)\n"
                          "test('b', function(box) box:ping('::1') end)\n"
                          "test('c', { skip = true }, function() end)\n");
    command_t command = run_command("", "compare --html p.html two.lua");
    assert_command(command, 2, "", "--html p.html is one file: name one test");
    assert_string_equal(command.out, "");
    assert_int_not_equal(access("p.html", F_OK), 0);
    assert_command(run_command("", "compare --html p.html two.lua:b"), 0, "ping ::1", "");
    assert_int_equal(access("p.html", F_OK), 0);
    assert_command(run_command("", "compare --html %t.html two.lua"), 0, "ping ::1", "");
}

static void a_skipped_test_is_told_once_by_compare(void **state)
{
    (void)state;
    write_file("s.lua", "test('x', { skip = 'not today' }, function() end)\n");
    command_t command = run_command("", "compare --eras post,linux s.lua:x");
    assert_command(command, 4, "", "");
    assert_string_equal(command.err,
                        "x is skipped: not today\ns.lua:x: there is no test to compare\n");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(connect_prints_the_path_the_errno_and_the_time),
        CLI_TEST(the_syns_of_a_hanging_connect_leave_on_schedule),
        CLI_TEST(what_connect_cannot_do_it_refuses),
        CLI_TEST(an_address_without_a_route_fails_at_once),
        CLI_TEST(the_long_demo_tells_six_ways),
        CLI_TEST(ipf_prints_rules_as_ip_filter_writes_them),
        CLI_TEST(a_mistake_in_rules_is_shown_where_it_is),
        CLI_TEST(ipftest_judges_text_and_hexadecimal_packets),
        CLI_TEST(packets_that_cannot_be_read_are_told),
        CLI_TEST(the_first_questions_are_answered),
        CLI_TEST(compare_overrides_the_scenarios_choice_and_has_a_row_for_each_call),
        CLI_TEST(what_compare_does_not_find_as_expected_it_notes_and_goes_on),
        CLI_TEST(tests_that_differ_in_their_modes_only_are_numbered_by_compare),
        CLI_TEST(what_compare_cannot_do_it_refuses),
        CLI_TEST(a_skipped_test_is_told_once_by_compare),
        CLI_TEST(compare_names_what_snoop_saw),
        CLI_TEST(a_page_of_compare_that_cannot_be_written_is_told),
        CLI_TEST(a_mistake_of_the_script_is_comparisons_code),
        CLI_TEST(compare_leaves_the_mode_to_the_scenario_where_none_is_wanted),
        CLI_TEST(compare_refuses_one_page_for_several_tests_before_it_runs_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
