/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a script may say while it is loaded and while a test runs, and what it is told otherwise.
 */
#include "tests/cli/command.h"

#include <unistd.h>

/* Rows of a script, the exit code, and what is on standard output and on standard error. */
typedef struct row {
    const char *what, *script;
    int code;
    const char *out, *err;
} row_t;

static void check_rows(const char *arguments, const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_file("x.lua", rows[i].script);
        command_t command = run_command("", arguments);
        if (command.code != rows[i].code)
            print_error("%s:\n", rows[i].what);
        assert_command(command, rows[i].code, rows[i].out, rows[i].err);
    }
}

#define CHECK_ROWS(rows) check_rows("run x.lua", rows, sizeof(rows) / sizeof((rows)[0]))

/* A test named t, whose function does this. */
#define TEST(body) "test('t', function(box) " body " end)\n"

#define NO_NAME "x.lua:1: bad argument #1 to 'test' (a test's name is one line, not empty)"
#define LONG_NAME                                                                                  \
    "x.lua:1: bad argument #1 to 'test' (a test's name has at most 900 bytes, as it is shown)"

static void a_test_is_registered_with_a_name_options_and_a_function(void **state)
{
    static const row_t rows[] = {
        {"no options, nil", "test('t', nil, function() end)", 0, "1 passed, 0 failed", ""},
        {"options that are a word", "test('t', 'fast', function() end)", 2, "",
         "x.lua:1: test(name [, options], fn) takes a table as options, not a string"},
        {"an empty name", "test('', function() end)", 2, "", NO_NAME},
        {"a name of two lines", "test('a\\nb', function() end)", 2, "", NO_NAME},
        {"a name that goes back to a line's begin", "test('a\\rb', function() end)", 2, "",
         NO_NAME},
        {"a name with a zero byte", "test('a\\0b', function() end)", 2, "", NO_NAME},
        {"a name of 901 bytes", "test(('x'):rep(901), function() end)", 2, "", LONG_NAME},
        {"a name that is long when it is shown", "test(('\\1'):rep(300), function() end)", 2, "",
         LONG_NAME},
        {"a name of 900 bytes, in an era and a mode",
         "test(('x'):rep(900), { eras = { 'snv_116' }, modes = { 'netinfo' } }, function() end)", 0,
         "[snv_116] [netinfo] ", ""},
        {"modes that are no list", "test('t', { modes = 'inject' }, function() end)", 2, "",
         "x.lua:1: test: the option 'modes' is a list of strings, and not empty"},
        {"a mode that is a number", "test('t', { modes = { 1 } }, function() end)", 2, "",
         "x.lua:1: test: the option 'modes' is a list of strings\n"},
        {"not skipped", "test('t', { skip = false }, function() end)", 0, "  ok    t", ""},
        {"skipped without a reason", "test('t', { skip = true }, function() end)", 0,
         "  skip  t: skipped\n", ""},
        {"an empty reason to skip", "test('t', { skip = '' }, function() end)", 2, "",
         "x.lua:1: test: the option 'skip' is a reason, or true"},
        {"a test inside of a test", TEST("test('u', function() end)"), 2,
         "x.lua:1: test registers a test while the file is loaded, not inside of one", ""},
        {"a test by pcall", "pcall(test, 't', function() end)", 0, "1 passed, 0 failed", ""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void the_line_of_a_test_is_known_however_it_is_registered(void **state)
{
    static const struct {
        const char *script, *line;
    } rows[] = {
        {"\ntest('t', function()\nend)\n", "\"line\": 2"},
        {"\n\nreturn test('t',\nfunction()\nend)\n", "\"line\": 3"},
        {"\n\npcall(test, 't',\nfunction()\nend)\n", "\"line\": 3"},
        {"local function add(name)\n  test(name, function() end)\nend\nadd('t')\n", "\"line\": 2"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file("x.lua", rows[i].script);
        assert_command(run_command("", "run --format json x.lua"), 0, rows[i].line, "");
    }
}

#define OUTSIDE(name)                                                                              \
    "x.lua:1: '" name "' does not lie in the script's folder or below it: only such files are "    \
    "read"

static void a_script_reads_files_of_its_folder_alone(void **state)
{
    static const row_t rows[] = {
        {"without the ending", "include('y')", 2, "",
         "x.lua:1: include: there is no 'y'; did you mean 'y.lua'?"},
        {"no file", "include()", 2, "", "x.lua:1: include(file) needs file, a string"},
        {"the folder above", "include('../y.lua')", 2, "", OUTSIDE("../y.lua")},
        {"up and down", "include('a/../y.lua')", 2, "", OUTSIDE("a/../y.lua")},
        {"up, at the end", "include('a/..')", 2, "", OUTSIDE("a/..")},
        {"an empty name", "include('')", 2, "", OUTSIDE("")},
        {"the machine's", "include('/etc/passwd')", 2, "", OUTSIDE("/etc/passwd")},
        {"a link that leads out", "include('link.lua')", 2, "", OUTSIDE("link.lua")},
        {"a folder beside that begins alike", "include('to/z.lua')", 2, "", OUTSIDE("to/z.lua")},
        {"a path that is too long", "include(('x'):rep(5000))", 2, "",
         "x.lua:1: a file's path is too long"},
        {"a name that begins with two dots",
         "local z = include('..y/z.lua')\n" TEST("expect.eq(z, 1)"), 0, "1 passed, 0 failed", ""},
        {"a link inside", "local z = include('inside.lua')\n" TEST("expect.eq(z, 1)"), 0,
         "1 passed, 0 failed", ""},
    };
    (void)state;
    write_file("y.lua", "return 1\n");
    assert_int_equal(system("mkdir a ..y && cp y.lua ..y/z.lua && ln -s y.lua inside.lua && "
                            "ln -s /etc/hostname link.lua && mkdir \"$PWD.beside\" && "
                            "cp y.lua \"$PWD.beside/z.lua\" && ln -s \"$PWD.beside\" to"),
                     0);
    CHECK_ROWS(rows);
    assert_int_equal(system("rm -r \"$PWD.beside\""), 0);
}

/* A mistake in an included file is told with its own place, and once. */
static void an_included_file_gives_what_it_returns_or_its_mistake(void **state)
{
    static const row_t rows[] = {
        {"nothing", "expect.eq(select('#', include('none.lua')), 0)\n" TEST(""), 0, "1 passed", ""},
        {"several values", "local a, b = include('two.lua')\n" TEST("expect.eq(a + b, 3)"), 0,
         "1 passed", ""},
        {"with values before it",
         "local t = { 7, include('two.lua') }\n" TEST("expect.eq(t, { 7, 1, 2 })"), 0, "1 passed",
         ""},
        {"an error", "\ninclude('bad.lua')", 2, "", "bad.lua:2: it is bad\n"},
        {"an error in a test", TEST("include('bad.lua')"), 2, "        bad.lua:2: it is bad\n", ""},
        {"an error that is caught",
         TEST("local ok, e = pcall(include, 'bad.lua') expect.eq(e, 'bad.lua:2: it is bad')"), 0,
         "1 passed", ""},
        {"a text that is none", "include('torn.lua')", 2, "",
         "torn.lua:1: unexpected symbol near <eof>\n"},
        {"bytes", "include('bytes.lua')", 2, "",
         "x.lua:1: include: bytes.lua: is not a text file\n"},
        {"a folder", "include('sub')", 2, "", "x.lua:1: include: sub: "},
        {"a file below that includes one beside the script", "include('sub/two.lua')", 2, "",
         "sub/two.lua:1: include: sub.lua: No such file or directory\n"},
        {"one after the other, often", "for i = 1, 40 do include('none.lua') end\n" TEST(""), 0,
         "1 passed", ""},
        {"one that fails, often",
         TEST("for i = 1, 40 do pcall(include, 'bad.lua') end include('none.lua')"), 0, "1 passed",
         ""},
        {"one that asks for packets",
         "local ask = include('asks.lua')\n" TEST("box:connect('::1', 22) expect.eq(ask(box), 2)"),
         0, "1 passed", ""},
    };
    (void)state;
    write_file("none.lua", "local x = 1\n");
    write_file("two.lua", "return 1, 2\n");
    write_file("bad.lua", "\nerror('it is bad')\n");
    write_file("torn.lua", "local x =");
    write_file("asks.lua", "return function(box) return #box:packets('lo0') end\n");
    write_bytes("bytes.lua", "return 1\0", 9);
    assert_int_equal(system("mkdir sub"), 0);
    write_file("sub/two.lua", "return include('sub.lua')\n");
    CHECK_ROWS(rows);
}

static void what_differs_by_run_or_machine_is_refused(void **state)
{
    static const row_t rows[] = {
        {"a metatable that is none", "setmetatable({}, 5)", 2, "",
         "x.lua:1: bad argument #2 to 'setmetatable' (nil or table expected, got number)"},
        {"a metatable that is protected", "setmetatable(setmetatable({}, { __metatable = 1 }), {})",
         2, "", "x.lua:1: cannot change a protected metatable"},
        {"a finalizer", "setmetatable({}, { __gc = 1 })", 2, "",
         "x.lua:1: setmetatable: __gc depends on when garbage is collected"},
        {"a weak table", "setmetatable({}, { __mode = 'k' })", 2, "",
         "x.lua:1: setmetatable: __mode depends on when garbage is collected"},
        {"an empty interval", "math.random(2, 1)", 2, "",
         "x.lua:1: bad argument #2 to 'random' (interval is empty)"},
        {"an address, with a width", "string.format('%5p', {})", 2, "",
         "x.lua:1: string.format: %p shows an address"},
        {"a format that ends early", "string.format('%', 1)", 2, "",
         "x.lua:1: invalid conversion '%' to 'format'"},
        {"a format of flags alone", "string.format('%-+ #05.2', 1)", 2, "",
         "x.lua:1: invalid conversion '%-+ #05.2' to 'format'"},
        {"a percent sign before a p", TEST("expect.eq(string.format('%%p %s', 1), '%p 1')"), 0,
         "1 passed", ""},
        {"a global that is a number", "local x = _ENV[5]", 2, "", "x.lua:1: globals have names"},
        {"a global that is a number, in a function", TEST("_ENV[5] = 1"), 2,
         "x.lua:1: '5' is assigned but not declared", ""},
        {"more globals than names are looked for",
         "for i = 1, 300 do _ENV['g' .. i] = i end\nlocal x = h1\n", 2, "",
         "x.lua:2: undefined name 'h1'"},
        {"a table that says how it is walked",
         TEST("for _, v in pairs(setmetatable({ of = { a = 5 } }, { __pairs = function(t) return "
              "next, t.of end "
              "})) do expect.eq(v, 5) end"),
         0, "1 passed", ""},
        {"a number between 0 and 1", TEST("local n = math.random() expect.ok(n >= 0 and n < 1)"), 0,
         "1 passed", ""},
        {"any whole number",
         TEST("expect.eq(math.type(math.random(math.mininteger, math.maxinteger)), 'integer')"), 0,
         "1 passed", ""},
        {"a note of two lines", TEST("box:note('a\\nb')"), 2,
         "x.lua:1: bad argument #1 to 'note' (box:note takes one line of text)", ""},
        {"more names than there are near ones", "local x = zzzzzzzz", 2, "",
         "x.lua:1: undefined name 'zzzzzzzz'\n"},
        {"a field of the box", TEST("box.x = 1"), 2, "x.lua:1: nothing can be assigned to box", ""},
        {"an item of the box", TEST("return box[1]"), 2, "x.lua:1: box has verbs only", ""},
        {"an option without a name", TEST("box:connect('127.0.0.1', 22, { 5 })"), 2,
         "x.lua:1: box:connect: options have names: { address = ... }", ""},
        {"a fault that is a boolean", TEST("box:fault(true)"), 2,
         "x.lua:1: box:fault(fault) takes a string or a table as fault, not true", ""},
        {"an event of no hooks", TEST("box:hook('nonsense', function() end)"), 2,
         "x.lua:1: there is no event 'nonsense'; there are: LOOPBACK_IN, LOOPBACK_OUT, "
         "PHYSICAL_IN, PHYSICAL_OUT, "
         "FORWARDING\n",
         ""},
        {"a distance that is no number", TEST("expect.near(1, 1, 0 / 0)"), 2,
         "x.lua:1: bad argument #3 to 'near' (a distance is 0 or more)", ""},
        {"a number that is large, and far away", TEST("expect.near(1e300, 1, 1e200)"), 1,
         "expected  within 1e+200 of 1\n", ""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

static void a_claim_that_does_not_hold_ends_the_test(void **state)
{
    static const row_t rows[] = {
        {"an error in it",
         TEST("box:always('holds', function() error('why') end) box:connect('::1', 22)"), 2,
         "x.lua:1: why\n", ""},
        {"a number is not true",
         TEST("box:always('holds', function() return 1 end) box:connect('::1', 22)"), 1,
         "x.lua:1: box:always does not hold: holds\n", ""},
        {"the first of two",
         TEST("box:always('one', function() return false end) "
              "box:always('two', function() return false end) box:connect('::1', 22)"),
         1, "x.lua:1: box:always does not hold: one\n", ""},
        {"nothing, at the end", TEST("box:eventually('ends', function() end)"), 1,
         "x.lua:1: box:eventually does not hold: ends\n", ""},
        {"one that holds at the end alone",
         TEST("local n = 0 box:eventually('two', function() return n == 2 end) box:sleep(1) n = 2"),
         0, "1 passed", ""},
        {"a fault that kills a process twice",
         TEST("box:fault('kill p before SYN') box:spawn('p', function() end) "
              "box:connect('127.0.0.1', 22)"),
         0, "1 passed", ""},
        {"a process that was killed",
         TEST(
             "box:fault('kill p before SYN') local p = box:spawn('p', function() box:sleep(9) end) "
             "box:connect('127.0.0.1', 22) local r, why = p:join() expect.eq(why, 'killed')"),
         0, "1 passed", ""},
        {"a fault that kills nobody",
         TEST("box:fault('kill nosuch before SYN') box:spawn('sshd', function() "
              "box:listen(22):accept() end) box:connect('127.0.0.1', 22)"),
         2,
         "x.lua: fault 'kill nosuch before SYN': there is no process 'nosuch'; there are: main, "
         "sshd\n",
         ""},
    };
    (void)state;
    CHECK_ROWS(rows);
}

/* The text of a script says whether taps are needed; a call that its text does not show makes the
 * test run once more, and nothing of the first run is left. */
static void a_hidden_call_of_expect_packets_runs_the_test_twice(void **state)
{
    static const row_t rows[] = {
        {"packets",
         TEST("box:connect('127.0.0.1', 22) expect.eq(#box['pack' .. 'ets'](box, 'lo0'), 2)"), 0,
         "1 passed", ""},
        {"expect_packets", TEST("box['expect_pack' .. 'ets'](box, 'lo0', {})"), 0, "1 passed", ""},
        {"inside of a sort",
         TEST("table.sort({ 2, 1 }, function() box['pack' .. 'ets'](box, 'lo0') end)"), 0,
         "1 passed", ""},
        {"in a process",
         TEST("box:spawn('p', function() expect.eq(#box['pack' .. 'ets'](box, 'lo0'), 0) "
              "end):join()"),
         0, "1 passed", ""},
    };
    (void)state;
    CHECK_ROWS(rows);
    write_file("x.lua", TEST("box:note('once') box['pack' .. 'ets'](box, 'lo0')"));
    assert_command(run_command("", "run -v --jsonl x.jsonl -w x.pcapng x.lua | grep -c once"), 0,
                   "1\n", "");
    assert_int_equal(system("test $(grep -c once x.jsonl) = 1 && test -s x.pcapng"), 0);
}

/* An era or a mode of the command line stands in for the script's own. */
static void what_the_command_line_chose_is_not_changed_by_a_script(void **state)
{
    (void)state;
    write_file("x.lua",
               "test('t', { eras = { 'post', 'illumos' }, modes = { 'inject', 'rewrite' } },\n"
               "function(box)\n  box:era('snv_116')\n  box:reply_mode('errno')\n"
               "  local _, errno = box:connect('127.0.0.1', 22)\n"
               "  expect.eq(errno, 'ECONNREFUSED')\nend)\n"
               "test('t', { eras = { 'post' } }, function() end)\n");
    assert_command(run_command("", "run --era linux -v x.lua"), 0, "2 passed, 0 failed", "");
    assert_command(run_command("", "run --era linux -v x.lua"), 0, "  ok    t (2) ", "");
    assert_command(run_command("", "run --mode netinfo -v x.lua"), 0, "  ok    t (2) ", "");
}

/* What box:exec refuses before anything of the machine is run. */
static void a_command_of_box_exec_is_checked_before_it_runs(void **state)
{
    static const row_t rows[] = {
        {"no words", TEST("box:exec({})"), 2, "x.lua:1: box:exec takes a command: box:exec{ ", ""},
        {"a word that is a table", TEST("box:exec({ 'echo', {} })"), 2,
         "x.lua:1: box:exec: a word of the command is a table, not a string", ""},
        {"a word with a zero byte", TEST("box:exec({ 'echo', 'a\\0b' })"), 2,
         "x.lua:1: box:exec: a word of the command has a byte 0 in it", ""},
        {"an environment that is a word", TEST("box:exec({ 'true', env = 'A=1' })"), 2,
         "x.lua:1: box:exec: 'env' is a table: { NAME = \"value\" }", ""},
        {"an environment that is a list", TEST("box:exec({ 'true', env = { 'A=1' } })"), 2,
         "x.lua:1: box:exec: 'env' is a table: { NAME = \"value\" }", ""},
        {"a variable that is a number", TEST("box:exec({ 'true', env = { A = 1 } })"), 2,
         "x.lua:1: box:exec: 'env' is a table: { NAME = \"value\" }", ""},
        {"a variable with a zero byte", TEST("box:exec({ 'true', env = { A = 'a\\0b' } })"), 2,
         "x.lua:1: box:exec: a variable of 'env' has a byte 0 in it", ""},
        {"a folder that is a number", TEST("box:exec({ 'true', cwd = 1 })"), 2,
         "x.lua:1: box:exec: 'cwd' is a folder, from the script's", ""},
        {"a folder with a zero byte", TEST("box:exec({ 'true', cwd = 'a\\0b' })"), 2,
         "x.lua:1: box:exec: 'cwd' has a byte 0 in it", ""},
        {"input that is a number", TEST("box:exec({ 'true', stdin = 1 })"), 2,
         "x.lua:1: box:exec: 'stdin' is what the program reads, a string", ""},
        {"an option that is none", TEST("box:exec({ 'true', dir = '/' })"), 2,
         "x.lua:1: box:exec has no option 'dir'; it has: stdin, env, cwd", ""},
    };
    static const row_t forbidden[] = {{"without the option", TEST("box:exec({ 'true' })"), 2,
                                       "x.lua:1: box:exec runs a program of this machine, and a "
                                       "scenario may not reach the machine: `lo0sim run "
                                       "--allow-exec` allows it",
                                       ""}};
    (void)state;
    check_rows("run --allow-exec x.lua", rows, sizeof(rows) / sizeof(rows[0]));
    CHECK_ROWS(forbidden);
}

/* Much is written while the test itself only waits: by packets that were held back. */
static void too_much_output_ends_a_test_that_waits(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:fault({ 'delay', packet = 'UDP', by = 1 })\n"
                        "  local from = box:udp(2000)\n"
                        "  for _ = 1, 700 do from:sendto('x', '127.0.0.1', 3000) end\n"
                        "  box:sleep(5)\nend)\n");
    assert_command(run_command("", "run --max-output 1 --jsonl x.jsonl x.lua"), 1,
                   "x.lua:5: over 1 MiB for --jsonl (--max-output)\n", "");
    assert_command(run_command("", "run --max-output 1 --jsonl x.jsonl --html x.html x.lua"), 1,
                   "x.lua:5: over 1 MiB for --jsonl (--max-output)\n", "");
}

int main(void)
{
#define SCRIPT(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        SCRIPT(a_test_is_registered_with_a_name_options_and_a_function),
        SCRIPT(the_line_of_a_test_is_known_however_it_is_registered),
        SCRIPT(a_script_reads_files_of_its_folder_alone),
        SCRIPT(an_included_file_gives_what_it_returns_or_its_mistake),
        SCRIPT(what_differs_by_run_or_machine_is_refused),
        SCRIPT(a_claim_that_does_not_hold_ends_the_test),
        SCRIPT(a_hidden_call_of_expect_packets_runs_the_test_twice),
        SCRIPT(what_the_command_line_chose_is_not_changed_by_a_script),
        SCRIPT(a_command_of_box_exec_is_checked_before_it_runs),
        SCRIPT(too_much_output_ends_a_test_that_waits),
    };
    return cmocka_run_group_tests_name("cli/script", tests, NULL, NULL);
}
