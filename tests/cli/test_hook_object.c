/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared objects with hooks, given with --hook: what they may do, and the messages if they, or
 * the command line, are wrong. ODD is an object that does what its argument says (odd_hook.c).
 */
#include "tests/cli/command.h"

#include <stdlib.h>

#define CONNECT "connect 127.0.0.1 22 --hook "
#define SCRIPT                                                                                     \
    "test('first', function(box)\n"                                                                \
    "  local _, err = box:connect('127.0.0.1', 22)\n"                                              \
    "  expect.eq(err, 'ECONNREFUSED')\n"                                                           \
    "end)\n"                                                                                       \
    "test('second', function(box)\n"                                                               \
    "  local _, err = box:connect('127.0.0.1', 22)\n"                                              \
    "  expect.eq(err, 'ECONNREFUSED')\n"                                                           \
    "end)\n"

static void what_is_wrong_with_an_object_is_said_before_anything_is_run(void **state)
{
    (void)state;
    static const struct {
        const char *hook; /* what --hook is given, in a shell */
        const char *in_err;
    } rows[] = {
        {"missing.so", "missing.so: No such file or directory"},
        {"missing.so:drop=3", "missing.so: No such file or directory"},
        {".", ".: is a directory"},
        {"text.so", "text.so: is not a shared object: `cc -shared -fPIC` makes one"},
        {"short.so", "short.so: is not a shared object"},
        {"half.so", "half.so: cannot be loaded: "},
        {"''", "--hook takes FILE.so[:ARGS], not ''"},
        {":drop=3", "--hook takes FILE.so[:ARGS], not ':drop=3'"},
        {"\"$NO\"", "no_hook.so: defines no lo0sim_hook_init(), which would register its hooks"},
        {"\"$ODD\":errno",
         "odd_hook.so: lo0sim_hook_init(NHF_INET, \"errno\") returned EADDRINUSE"},
        {"\"$ODD\":errno-in-inet6",
         "odd_hook.so: lo0sim_hook_init(NHF_INET6, \"errno-in-inet6\") returned EPERM"},
        {"\"$ODD\":number",
         "odd_hook.so: lo0sim_hook_init(NHF_INET, \"number\") returned -12345; 0 is success"},
        {"\"$ODD\":twice", "odd_hook.so: lo0sim_hook_init(NHF_INET, \"twice\") returned EEXIST"},
        {"\"$ODD\":unknown-event",
         "odd_hook.so: lo0sim_hook_init(NHF_INET, \"unknown-event\") returned ENXIO"},
        {"\"$ODD\":filters-name",
         "odd_hook.so: a hook has the name of one of the filter's: ipfilter_..."},
        {"\"$ODD\":exit", "odd_hook.so: lo0sim_hook_init() ended the process, with status 0"},
        {"\"$ODD\":crash", "odd_hook.so: crashed in lo0sim_hook_init(): signal 6 (Aborted)"},
        {"\"$FAULT\":drop", "fault_hook.so: lo0sim_hook_init(NHF_INET, \"drop\") returned EINVAL"},
        {"\"$FAULT\":drop=0", "returned EINVAL"},
        {"\"$FAULT\"", "fault_hook.so: lo0sim_hook_init(NHF_INET, \"\") returned EINVAL"},
        {"\"$FAULT\":drop=1 --hook \"$FAULT\":drop=2", "fault_hook.so: is given twice"},
    };
    write_file("text.so", "this is a text, and rather long\n");
    write_file("short.so", "\177ELF");
    write_bytes("half.so", "\177ELF\2\1\1\0\0\0\0\0\0\0\0\0\3\0\76\0", 20);
    write_file("x.lua", SCRIPT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), CONNECT "%s", rows[i].hook);
        command_t command = run_command("", arguments);
        assert_command(command, 2, "", rows[i].in_err);
        assert_string_equal(command.out, "");
        snprintf(arguments, sizeof(arguments), "run -v x.lua --hook %s", rows[i].hook);
        command = run_command("", arguments);
        assert_command(command, 2, "", rows[i].in_err);
        assert_string_equal(command.out, "");
    }
}

static void a_hook_may_do_anything_to_a_packet(void **state)
{
    (void)state;
    static const struct {
        const char *args;
        const char *in_out; /* of connect */
    } rows[] = {
        {"pass", "ECONNREFUSED after 0.000 s"},
        {"eat", "hook          odd: eaten\n              FW_HOOKS      -7 is discarded"},
        {"free-and-eat", "2147483647 is discarded: the sender never learns"},
        {"free-and-pass", "hook          odd: eaten\n              FW_HOOKS      1 is discarded"},
        {"replace", "ECONNREFUSED after 0.000 s"},
        {"empty", "discard         "},
        {"outside", "discard         "},
        {"backwards", "discard         "},
        {"noise", "discard         "},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), CONNECT "\"$ODD\":%s", rows[i].args);
        assert_command(run_command("", arguments), 0, rows[i].in_out, "");
        /* The filter, on the same event, gets what the hook left. */
        snprintf(arguments, sizeof(arguments), CONNECT "\"$ODD\":%s -f all.conf", rows[i].args);
        write_file("all.conf", "set intercept_loopback true;\npass in all\npass out all\n");
        assert_command(run_command("", arguments), 0, "", "");
    }
}

static void each_test_begins_with_the_object_as_it_was_loaded(void **state)
{
    (void)state;
    /* A refused connect is two packets: the third would be the second test's first. */
    write_file("x.lua", SCRIPT);
    assert_command(run_command("", "run x.lua --hook \"$FAULT\":drop=3"), 0, "2 passed, 0 failed",
                   "");
    assert_command(run_command("", "run -v x.lua --hook \"$FAULT\":drop=2 -j 1"), 1,
                   "hook          fault: eaten", "");
    assert_command(run_command("", "run x.lua --hook \"$FAULT\":drop=2"), 1, "0 passed, 2 failed",
                   "");
}

static void objects_are_registered_in_the_order_in_which_they_were_given(void **state)
{
    (void)state;
    assert_command(run_command("", CONNECT "\"$ODD\":pass --hook \"$FAULT\":drop=2"), 0,
                   "hook          odd: pass", "");
    assert_command(run_command("", CONNECT "\"$FAULT\":drop=1 --hook \"$ODD\":pass"), 0,
                   "hook          fault: eaten", "");
}

static void a_script_may_place_its_hook_by_an_objects_hook(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:hook('LOOPBACK_IN', function() end, "
                        "{ name = 'mine', hint = 'BEFORE', of = 'odd' })\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "end)\n");
    assert_command(run_command("", "run -v x.lua --hook \"$ODD\":pass"), 0,
                   "hook          mine: pass\n              hook          odd: pass", "");
}

static void what_an_object_keeps_of_packets_is_a_leak_unless_it_frees_them_at_the_end(void **state)
{
    (void)state;
    write_file("x.lua", SCRIPT);
    assert_command(run_command("", "run x.lua --hook \"$ODD\":keep"), 3, "leaked: 1 packets", "");
    assert_command(run_command("", "run x.lua --hook \"$ODD\":keep-until-fini"), 0,
                   "2 passed, 0 failed", "");
}

static void a_hook_that_crashes_ends_its_test_only(void **state)
{
    (void)state;
    write_file("x.lua", SCRIPT "test('third', function(box) end)\n");
    assert_command(run_command("", "run x.lua --hook \"$ODD\":crash-later"), 3,
                   "1 passed, 2 failed", "");
}

/* Whether it met a fault of the command line then, nobody knows: nothing is said of it. */
static void a_hook_that_crashes_leaves_open_what_its_test_met(void **state)
{
    (void)state;
    write_file("x.lua", SCRIPT "test('third', function(box) end)\n");
    command_t command =
        run_command("", "run x.lua --hook \"$ODD\":crash-later --fault 'drop SYN 99'");
    assert_command(command, 3, "1 passed, 2 failed", "");
    assert_null(strstr(command.err, "--fault"));
}

static void an_objects_first_words_are_no_output_of_the_trial(void **state)
{
    (void)state;
    command_t command = run_command("", CONNECT "\"$ODD\":print");
    assert_command(command, 0, "hello\nhello\n  0.000000  connect", "");
    assert_int_equal(strncmp(command.out, "hello\nhello\n  ", 14), 0);
}

static void goldens_are_without_shared_objects(void **state)
{
    (void)state;
    write_file("x.lua", SCRIPT);
    assert_command(run_command("CI=", "run --update x.lua"), 0, "2 passed", "");
    assert_command(run_command("", "run x.lua --hook \"$ODD\":pass"), 0, "2 passed", "");
    assert_command(run_command("CI=", "run --update x.lua --hook \"$ODD\":pass"), 2, "",
                   "--update does not go with --hook");
}

static void there_is_a_limit_to_how_many_objects_are_given(void **state)
{
    (void)state;
    char arguments[1000] = "connect 127.0.0.1 22";
    for (int i = 0; i < 17; i++)
        strcat(arguments, " --hook \"$ODD\":pass");
    assert_command(run_command("", arguments), 2, "", "--hook is given more than 16 times");
}

int main(void)
{
#define FOLDER_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        FOLDER_TEST(what_is_wrong_with_an_object_is_said_before_anything_is_run),
        FOLDER_TEST(a_hook_may_do_anything_to_a_packet),
        FOLDER_TEST(each_test_begins_with_the_object_as_it_was_loaded),
        FOLDER_TEST(objects_are_registered_in_the_order_in_which_they_were_given),
        FOLDER_TEST(a_script_may_place_its_hook_by_an_objects_hook),
        FOLDER_TEST(what_an_object_keeps_of_packets_is_a_leak_unless_it_frees_them_at_the_end),
        FOLDER_TEST(a_hook_that_crashes_ends_its_test_only),
        FOLDER_TEST(a_hook_that_crashes_leaves_open_what_its_test_met),
        FOLDER_TEST(an_objects_first_words_are_no_output_of_the_trial),
        FOLDER_TEST(goldens_are_without_shared_objects),
        FOLDER_TEST(there_is_a_limit_to_how_many_objects_are_given),
    };
    setenv("ODD", LO0SIM_ODD_HOOK, 1);
    setenv("NO", LO0SIM_NO_HOOK, 1);
    setenv("FAULT", LO0SIM_FAULT_HOOK, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
