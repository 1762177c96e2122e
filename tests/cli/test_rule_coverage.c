/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run --rule-coverage: which rules the tests reached, and which ones no test did.
 */
#include "tests/cli/command.h"

static void each_rule_of_a_file_has_the_tests_that_reached_it(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\n"
                         "pass in on lo0 proto udp all\n"
                         "count in on lo0 proto tcp all\n"
                         "block return-rst in on lo0 proto tcp from any to any port = 22\n"
                         "block in proto tcp from any to any port = 23 head 1\n"
                         "pass in proto tcp from any to any flags S/SA group 1\n");
    write_file("x.lua", "for _, port in ipairs{ 22, 23 } do\n"
                        "  test('port ' .. port, { eras = { 'linux' } }, function(box)\n"
                        "    box:filter{ file = 'r.conf' }\n"
                        "    box:connect('127.0.0.1', port)\n"
                        "  end)\nend\n");
    command_t command = run_command("", "run --rule-coverage x.lua");
    assert_command(command, 0,
                   "\nr.conf: 4 of 5 rules reached\n"
                   "  line 2     no test  pass in on lo0 proto udp from any to any\n"
                   "  line 3     4 times  count in on lo0 proto tcp from any to any\n",
                   "");
    assert_non_null(strstr(command.out,
                           "  line 4        once  block return-rst in on lo0 proto tcp from any to "
                           "any port\n                      = 22\n"
                           "                      - x.lua:port 22 [linux]\n"));
    assert_non_null(strstr(command.out, "  line 6 "));
}

static void the_hits_of_rules_that_were_replaced_are_counted(void **state)
{
    (void)state;
    write_file("x.lua", "test('twice', function(box)\n"
                        "  for _ = 1, 2 do\n"
                        "    box:filter('block return-rst in on lo0 proto tcp all')\n"
                        "    box:connect('127.0.0.1', 22)\n"
                        "    pcall(box.filter, box, 'block nonsense')\n"
                        "    box:connect('127.0.0.1', 22)\n"
                        "  end\nend)\n");
    assert_command(run_command("", "run -q --rule-coverage x.lua"), 0,
                   "\nrules in x.lua: 1 of 1 rules reached\n"
                   "  4 times  block return-rst in on lo0 proto tcp from any to any\n"
                   "           - twice\n",
                   "");
}

/* They have one line and one length. */
static void rules_that_a_list_makes_of_one_line_are_told_apart(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\n"
                         "block in on lo0 proto tcp from any to any port = { 22, 23, 24 }\n");
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:filter{ file = 'r.conf' }\n"
                        "  box:connect('127.0.0.1', 23)\nend)\n");
    assert_command(run_command("", "run -q --rule-coverage x.lua"), 0,
                   "r.conf: 1 of 3 rules reached", "");
}

static void rules_that_were_added_one_by_one_are_counted(void **state)
{
    (void)state;
    write_file("r.conf", "pass in on lo0 proto udp all\n");
    write_file("s.conf", "block in on lo0 proto tcp all\n");
    write_file("x.lua", "test('added', function(box)\n"
                        "  box:ipf_add('block return-rst in on lo0 proto tcp all')\n"
                        "  box:ipf_add('pass in on lo0 proto udp all')\n"
                        "  box:connect('127.0.0.1', 22)\nend)\n"
                        "test('files', function(box)\n  box:filter{ file = 's.conf' }\n"
                        "  box:filter{ file = 'r.conf' }\nend)\n");
    command_t command = run_command("", "run -q --rule-coverage x.lua");
    assert_command(command, 0, "\nrules in x.lua: ", "");
    assert_command(command, 0, "\nr.conf: 0 of 1 rules reached\n", "");
    assert_command(command, 0, "\ns.conf: 0 of 1 rules reached\n", "");
}

static void without_rules_that_is_said(void **state)
{
    (void)state;
    write_file("x.lua", "test('none', function(box) end)\n");
    assert_command(run_command("", "run --rule-coverage x.lua"), 0,
                   "\nrule coverage: no test loaded a rule\n", "");
}

static void it_goes_with_what_runs_tests_for_people(void **state)
{
    static const struct {
        const char *options, *why;
    } rows[] = {
        {"--format json", "--rule-coverage is for people"},
        {"--format tap", "--rule-coverage is for people"},
        {"--list", "nothing is run"},
        {"--dry-run", "nothing is run"},
        {"--check-determinism", "does not go with --rule-coverage"},
    };
    (void)state;
    write_file("x.lua", "test('none', function(box) end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[100];
        snprintf(arguments, sizeof(arguments), "run --rule-coverage %s x.lua", rows[i].options);
        assert_command(run_command("", arguments), 2, "", rows[i].why);
    }
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(each_rule_of_a_file_has_the_tests_that_reached_it),
        CLI_TEST(the_hits_of_rules_that_were_replaced_are_counted),
        CLI_TEST(rules_that_a_list_makes_of_one_line_are_told_apart),
        CLI_TEST(rules_that_were_added_one_by_one_are_counted),
        CLI_TEST(without_rules_that_is_said),
        CLI_TEST(it_goes_with_what_runs_tests_for_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
