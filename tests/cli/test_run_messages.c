/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run: each kind of script that is wrong, or right, with its exit code and its message.
 */
#include "tests/cli/command.h"
#include "tests/cli/run.h"

#include <stdbool.h>

typedef struct row {
    const char *what;   /* in words */
    const char *script; /* the text of x.lua */
    int code;
    const char *in_out, *in_err;
} row_t;

#ifdef __SANITIZE_ADDRESS__
#define SANITIZED true
#else
#define SANITIZED false
#endif
#define LITTLE_MEMORY "--max-memory 4"

static const row_t rows[] = {
    {"a test that passes", "test('t', function(box) end)", 0, "1 passed, 0 failed", ""},
    {"a test that ends while packets wait in several hosts",
     "test('t', function(box)\n  box:remote('192.168.1.20'):udp():sendto('x', '192.168.1.20', 53)\n"
     "  box:udp():sendto('x', '127.0.0.1', 53)\nend)\n",
     0, "1 passed, 0 failed", ""},
    {"an empty file", "", 4, "", "there is no test in what was given"},
    {"a file without tests", "local x = 1\n", 4, "", "there is no test"},
    {"a syntax error", "test('t', function(box)\n  box:connect(\nend)\n", 2, "", "x.lua:3: "},
    {"an error while the file is loaded", "error('no')", 2, "", "x.lua:1: no"},
    {"a rule error, located in the script",
     "test('t', function(box)\n  box:filter('blok in all')\nend)\n", 2, "x.lua:2:15: ", ""},
    {"a rule error, located in a block of rules",
     "test('t', function(box)\n  box:filter [[\nblock in all\npass in form any to any\n]]\nend)\n",
     2, "x.lua:4:9: ", ""},
    {"a misspelt verb", "test('t', function(box)\n  box:conect('127.0.0.1', 22)\nend)\n", 2,
     "x.lua:2: box has no verb 'conect'; did you mean 'connect'?", ""},
    {"a misspelt global", "tset('t', function(box) end)", 2, "",
     "x.lua:1: undefined name 'tset'; did you mean 'test'?"},
    {"a test's function that does not take its box", "test('t', function() box:sleep(1) end)", 2,
     "x.lua:1: undefined name 'box': a test's function takes it, function(box)", ""},
    {"rules instead of a scenario", "#!/sbin/ipf\n# my rules\n\nblock in all\n", 2, "",
     "x.lua: these are rules, and a scenario is Lua; `lo0sim outcomes -f x.lua` says what they do"},
    {"a script that begins as rules do", "count = 1\ntest('t' function() end)\n", 2, "",
     "x.lua:2: ')' expected near 'function'"},
    {"a tap that is misspelt", "test('t', function(box) box:expect_packets('lo', {}) end)", 2,
     "there is no tap 'lo'; did you mean 'lo0'?", ""},
    {"a tap that there is not", "test('t', function(box) box:packets('bge0') end)", 2,
     "there is no tap 'bge0'; there are: lo0, snoop, wire, ", ""},
    {"a global in a function", "test('t', function(box) x = 1 end)", 2,
     "'x' is assigned but not declared: write `local x`", ""},
    {"a failed expectation",
     "test('t', function(box)\n  local _, err = box:connect('127.0.0.1', 22)\n"
     "  expect.eq(err, 'ETIMEDOUT')\nend)\n",
     1,
     "x.lua:3: expect.eq failed\n          expected  \"ETIMEDOUT\"\n          actual    "
     "\"ECONNREFUSED\"\n          the call  connect 127.0.0.1.22: ECONNREFUSED: the stack, nobody "
     "listens on port 22\n        at 0.000000 s; the last events:\n",
     ""},
    {"packets that differ",
     "test('t', function(box)\n  box:connect('127.0.0.1', 22)\n"
     "  box:expect_packets('lo0', { 'localhost.* > localhost.22 S' })\nend)\n",
     1, "x.lua:3: box:expect_packets: the packets at lo0 differ", ""},
    {"a pattern that is none",
     "test('t', function(box)\n  box:expect_packets('lo0', { 'localhost.* > localhost.22 S wim 1' "
     "})\nend)\n",
     2, "pattern 1, column 30: unknown word 'wim'; did you mean 'win'?", ""},
    {"an endless loop", "test('t', function(box)\n  while true do end\nend)\n", 1,
     "x.lua:2: over the budget of Lua instructions", ""},
    {"an endless loop that catches errors",
     "test('t', function(box)\n  while true do pcall(function() while true do end end) end\nend)\n",
     1, "over the budget of Lua instructions", ""},
    {"an endless loop while loading", "while true do end", 2, "",
     "over the budget of Lua instructions"},
    {"an endless loop while loading that catches errors",
     "while true do pcall(function() while true do end end) end", 2, "",
     "over the budget of Lua instructions"},
    {"a table that grows for ever",
     "test('t', function(box)\n  local t = {}\n  while true do t[#t + 1] = {} end\nend)\n", 1,
     "x.lua:3: out of memory: a script may use 64 MiB", ""},
    {"a recursion that never ends",
     "local function f() return 1 + f() end\ntest('t', function() f() end)\n", 1,
     "x.lua:1: out of memory: a script may use 64 MiB", ""},
    {"an error that cannot be shown",
     "test('t', function()\n  error(setmetatable({}, { __tostring = function() error('x') end }))\n"
     "end)\n",
     2, "x.lua:2: an error that cannot be shown", ""},
    {"an error without a message", "test('t', function()\n  error()\nend)\n", 2,
     "x.lua:2: an error without a message (nil)", ""},
    {"an error while loading that cannot be shown",
     "error(setmetatable({}, { __tostring = function() return {} end }))", 2, "",
     "x.lua:1: '__tostring' must return a string"},
    {"a script that includes itself", "include('x.lua')", 2, "",
     "x.lua:1: include: 'x.lua' is over 32 files deep: does a file include itself?"},
    {"an include that is missing", "test('t', function()\n  include('nosuch.lua')\nend)\n", 2,
     "x.lua:2: include: nosuch.lua: No such file or directory", ""},
    {"a verb that waits inside of a sort",
     "test('t', function(box)\n  table.sort({ 2, 1 }, function() box:sleep(1) end)\nend)\n", 2,
     "x.lua:2: box:sleep waits, which is not possible inside of", ""},
    {"a process that cannot wait does not wake later",
     "test('t', function(box)\n"
     "  box:spawn('p', function() pcall(table.sort, { 2, 1 }, function() box:sleep(1) end) end)\n"
     "  box:sleep(5)\nend)\n",
     0, "5.000 s", ""},
    {"an error before a loop that never ends",
     "test('t', function(box)\n  box:spawn('p', function() error('the cause') end)\n"
     "  while true do end\nend)\n",
     2, "x.lua:2: the cause", ""},
    {"a list of modes that is empty", "test('t', { modes = {} }, function() end)", 2, "",
     "x.lua:1: test: the option 'modes' is a list of strings, and not empty"},
    {"a reason to skip that is none", "test('t', { skip = 1 }, function() end)", 2, "",
     "x.lua:1: test: the option 'skip' is a reason, or true"},
    {"several unknown options", "test('t', { c = 1, a = 1, b = 1 }, function() end)", 2, "",
     "x.lua:1: test has no option 'a'; it has: eras, modes, tags, skip"},
    {"patterns that are no list",
     "test('t', function(box)\n  box:expect_packets('lo0', { x = '* > * S' })\nend)\n", 2,
     "x.lua:2: box:expect_packets takes a list of patterns", ""},
    {"an expectation that fails in a hook",
     "test('t', function(box)\n"
     "  box:hook('LOOPBACK_IN', function(p)\n    expect.eq(p.flags, 'R')\n  end)\n"
     "  box:connect('127.0.0.1', 22)\nend)\n",
     1, "x.lua:3: expect.eq failed", ""},
    {"a hook with a name of the filter's",
     "test('t', function(box)\n"
     "  box:hook('LOOPBACK_IN', function() end, { name = 'ipfilter_x' })\nend)\n",
     2, "names that begin with 'ipfilter_' are the filter's", ""},
    {"a hook without a name beside one called hook1",
     "test('t', function(box)\n"
     "  box:hook('LOOPBACK_IN', function() end, { name = 'hook1' })\n"
     "  expect.ok(box:hook('LOOPBACK_IN', function() end))\nend)\n",
     0, "1 passed", ""},
    {"a table whose keys are tables",
     "test('t', function(box)\n  expect.eq({ [{}] = 1, [{}] = 2 }, 1)\nend)\n", 1,
     "actual    { [{}] = 1, [{}] = 2 }", ""},
    {"an argument too many of include", "include('y.lua', 1)", 2, "",
     "x.lua:1: include(file) takes 1 argument, not 2"},
    {"an argument too many of test", "test('t', function() end, 1)", 2, "",
     "x.lua:1: test(name [, options], fn) takes 2 arguments, not 3"},
    {"a test without a function", "test('t', {})", 2, "",
     "x.lua:1: test(name [, options], fn) needs fn, a function"},
    {"a test whose name is a number", "test(1, function() end)", 2, "",
     "x.lua:1: test(name [, options], fn) needs name, a string"},
    {"a kind of socket that is none", "test('t', function(box) box:socket('tpc') end)", 2,
     "x.lua:1: there is no kind of socket 'tpc'; did you mean 'tcp'?", ""},
    {"an option of a socket that is none", "test('t', function(box) box:udp():get('x') end)", 2,
     "x.lua:1: there is no option 'x'; there are: linger, nodelay,", ""},
    {"a side to shut down that is none", "test('t', function(box) box:udp():shutdown('wirte') end)",
     2, "x.lua:1: there is no side 'wirte'; did you mean 'write'?", ""},
    {"a byte order mark", "\xef\xbb\xbftest('t', function(box)\n  expect.eq(1, 1)\nend)\n", 0,
     "1 passed", ""},
    {"a byte order mark before a line for the shell",
     "\xef\xbb\xbf#!/usr/bin/lo0sim run\ntest('t', function(box)\n  expect.eq(1, 2)\nend)\n", 1,
     "x.lua:3: expect.eq failed", ""},
    {"a sequence number that is a whole float",
     "test('t', function(box)\n  box:hook('LOOPBACK_OUT', function(p)\n"
     "    local seq = p.seq\n    p.seq = (p.seq + 1) % 2^32\n    expect.eq(p.seq, (seq + 1) & "
     "0xffffffff)\n"
     "    p.ttl = 64.0\n  end)\n  box:connect('127.0.0.1', 22)\nend)\n",
     0, "1 passed", ""},
    {"a sequence number that is a broken float",
     "test('t', function(box)\n  box:hook('LOOPBACK_OUT', function(p)\n    p.seq = p.seq / 2 + "
     "0.25\n"
     "  end)\n  box:connect('127.0.0.1', 22)\nend)\n",
     2, "x.lua:3: packet.seq is set to a whole number, not ", ""},
    {"print", "test('t', function(box)\n  print('x')\nend)\n", 2,
     "x.lua:2: there is no 'print' in a scenario: box:note(TEXT) writes a line into the timeline",
     ""},
    {"os.time", "local t = os.time()\n", 2, "",
     "x.lua:1: there is no 'os' in a scenario: box:now() is the time"},
    {"require", "local t = require('lib')\n", 2, "",
     "x.lua:1: there is no 'require' in a scenario: include(FILE) runs a file"},
    {"an address behind a NUL", "string.format('\\0%p', {})", 2, "", "%p shows an address"},
    {"memory that ends in a connect",
     "test('t', function(box)\n  local keep = {}\n"
     "  local function connects()\n"
     "    for _ = 1, 20 do pcall(box.connect, box, '127.0.0.1', 22) end\n  end\n"
     "  pcall(function() while true do keep[#keep + 1] = ('x'):rep(10000) .. #keep end end)\n"
     "  pcall(function() while true do keep[#keep + 1] = {} end end)\n"
     "  pcall(connects)\nend)\n",
     0, "1 passed", ""},
    {"memory that ends in a spawn",
     "test('t', function(box)\n  local keep = {}\n"
     "  pcall(function() while true do keep[#keep + 1] = {} end end)\n"
     "  pcall(function() while true do box:spawn('p', function() end) end end)\n"
     "  while true do keep[#keep + 1] = {} end\nend)\n",
     1, "out of memory: a script may use 64 MiB", ""},
    {"a deadlock", "test('t', function(box)\n  box:listen(22):accept()\nend)\n", 1,
     "deadlock: every process waits and no timer is pending\n          main waits in "
     "listener:accept at x.lua:2\n",
     ""},
    {"a deadlock over a fused connection",
     "test('t', function(box)\n  local server = box:listen(22)\n"
     "  local sock = box:connect('::1', 22)\n  sock:recv()\nend)\n",
     1,
     "main waits in sock:recv at x.lua:4; its connection is fused, so no rule sees its data: "
     "box:fusion(false) ends that\n",
     ""},
    {"a deadlock over a connection that is not fused",
     "test('t', function(box)\n  box:fusion(false)\n  local server = box:listen(22)\n"
     "  local sock = box:connect('::1', 22)\n  sock:recv()\nend)\n",
     1, "main waits in sock:recv at x.lua:5\n", ""},
    {"a surplus argument", "test('t', function(box)\n  box:sleep(1, 2)\nend)\n", 2,
     "x.lua:2: box:sleep(seconds) takes 1 argument, not 2", ""},
    {"options for a verb without", "test('t', function(box)\n  box:listen(22):close('now')\nend)\n",
     2, "x.lua:2: listener:close() takes no argument, not 1", ""},
    {"an argument of a wrong type", "test('t', function(box)\n  box:snoop('lo0', 'off')\nend)\n", 2,
     "x.lua:2: box:snoop(interface [, open]) takes a boolean as open, not \"off\"", ""},
    {"a missing argument", "test('t', function(box)\n  box:connect('::1')\nend)\n", 2,
     "x.lua:2: box:connect(address, port [, options]) needs port, a port", ""},
    {"a dot instead of the colon", "test('t', function(box)\n  box.sleep(1)\nend)\n", 2,
     "x.lua:2: box:sleep(seconds) is called with a colon, on what it belongs to", ""},
    {"what a process returned",
     "test('t', function(box)\n"
     "  local p = box:spawn('p', function() box:sleep(1) return 1, nil, 'x' end)\n"
     "  expect.eq({ p:join() }, { 1, nil, 'x' })\n"
     "  expect.eq({ p:join() }, { 1, nil, 'x' })\nend)\n",
     0, "1 passed", ""},
    {"a number that is not less", "test('t', function(box)\n  expect.lt(2, 2)\nend)\n", 1,
     "x.lua:2: expect.lt failed\n          expected  less than 2\n          actual    2\n", ""},
    {"a number that is more", "test('t', function(box)\n  expect.le(3, 2)\nend)\n", 1,
     "x.lua:2: expect.le failed\n          expected  at most 2\n          actual    3\n", ""},
    {"a number that is not near", "test('t', function(box)\n  expect.near(3, 2, 0.5)\nend)\n", 1,
     "x.lua:2: expect.near failed\n          expected  within 0.5 of 2\n          actual    3\n",
     ""},
    {"numbers that are so",
     "test('t', function(box)\n  expect.lt(1, 2)\n  expect.le(2, 2)\n  expect.near(2.5, 2, "
     "0.5)\nend)\n",
     0, "1 passed", ""},
    {"a failure of the script's own", "test('t', function(box)\n  expect.fail('why')\nend)\n", 1,
     "x.lua:2: expect.fail: why\n", ""},
    {"the first packet that differs",
     "test('t', function(box)\n  box:connect('127.0.0.1', 22)\n  box:expect_packets('lo0', {\n"
     "    'localhost.* > localhost.22 S', 'localhost.22 > * S' })\nend)\n",
     1, ".22 S\n          actual    ", ""},
    {"the mark at the first packet that differs",
     "test('t', function(box)\n  box:connect('127.0.0.1', 22)\n  box:expect_packets('lo0', {\n"
     "    'localhost.* > localhost.22 S', 'localhost.22 > * S' })\nend)\n",
     1, "        > expected  localhost.22 > * S\n        > actual    ", ""},
    {"packets that bounce for ever", BOUNCE, 1,
     "x.lua:8: over 100000 events at one instant: packets bounce and time stands still "
     "(--max-instant)",
     ""},
    {"a script that does much at one instant",
     "test('t', function(box)\n"
     "  for _ = 1, 34000 do expect.eq(select(2, box:connect('127.0.0.1', 22)), 'ECONNREFUSED') "
     "end\n"
     "  expect.eq(box:now(), 0)\nend)\n",
     0, "1 passed", ""},
    {"a script that does too much at one instant",
     "test('t', function(box)\n  while true do box:connect('127.0.0.1', 22) end\nend)\n", 1,
     "x.lua:2: over the budget of Lua instructions: a loop that never ends? "
     "(--max-instructions: 50000000)",
     ""},
    {"work inside of one function of Lua's",
     "test('t', function(box)\n  local s = ('a'):rep(20000):find('.-.-.-.-.-b')\nend)\n", 1,
     "x.lua:2: over the budget of Lua instructions", ""},
    {"work inside of one function of Lua's, caught",
     "test('t', function(box)\n  while true do pcall(table.move, {}, 1, 1 << 60, 2) end\nend)\n", 1,
     "x.lua:2: over the budget of Lua instructions", ""},
    {"work inside of one function of Lua's while loading",
     "local s = ('a'):rep(1e7):find(('a'):rep(1e4) .. 'b', 1, true)\n", 2, "",
     "x.lua:1: over the budget of Lua instructions"},
    {"a hook that is wrong",
     "test('t', function(box)\n  box:hook('LOOPBACK_IN', function(p) return 'drop' end)\n"
     "  box:connect('127.0.0.1', 22)\nend)\n",
     2, "x.lua:2: hook 'hook1' returned \"drop\"; a hook returns \"pass\" (or nothing) or \"eat\"",
     ""},
    {"a hook that waits",
     "test('t', function(box)\n  box:hook('LOOPBACK_IN', function(p) box:sleep(1) end)\n"
     "  box:connect('127.0.0.1', 22)\nend)\n",
     2, "x.lua:2: box:sleep cannot be called from a hook", ""},
    {"an error in a process",
     "test('t', function(box)\n  box:spawn('p', function() box:sleep(1) error('late') end)\n"
     "  box:sleep(2)\nend)\n",
     2, "x.lua:2: late", ""},
    {"two tests of one name", "test('t', function() end)\ntest('t', function() end)\n", 2, "",
     "x.lua:2: there is a test 't' already, in line 1"},
    {"an unknown mode", "test('t', { modes = { 'rewrit' } }, function() end)\n", 2, "",
     "there is no reply mode 'rewrit'"},
    {"the taps of a wire",
     "test('t', function(box)\n  box:remote('192.168.1.20')\n  box:connect('192.168.1.20', 80)\n"
     "  box:expect_packets('wire', { '192.168.1.5.* > 192.168.1.20.80 S', "
     "'192.168.1.20.80 > 192.168.1.5.* R.' })\n"
     "  box:expect_packets('PHYSICAL_OUT:before', { '192.168.1.5.* > 192.168.1.20.80 S' })\n"
     "  box:expect_packets('PHYSICAL_IN:after', { '192.168.1.20.80 > * R.' })\n"
     "  box:expect_packets('snoop', {})\nend)\n",
     0, "1 passed", ""},
    {"a tap without a side", "test('t', function(box) box:expect_packets('PHYSICAL_IN', {}) end)\n",
     2, "the tap 'PHYSICAL_IN' needs a side: 'PHYSICAL_IN:before' or 'PHYSICAL_IN:after'", ""},
    {"a mode that is none", "test('t', function(box)\n  box:reply_mode('netinfos')\nend)\n", 2,
     "x.lua:2: there is no reply mode 'netinfos'; did you mean 'netinfo'?", ""},
    {"an era that is none", "test('t', function(box)\n  box:era('solaris')\nend)\n", 2,
     "x.lua:2: there is no era 'solaris'; there are: post, snv_116, illumos, linux", ""},
    {"an era without options",
     "test('t', function(box)\n  box:era('post', {syn_retries = 1})\nend)\n", 2,
     "box:era: the era 'post' has no options", ""},
    {"an option of an era that is too large",
     "test('t', function(box)\n  box:era('linux', {syn_retries = 16})\nend)\n", 2,
     "box:era: 'syn_retries' is an integer from 0 to 15", ""},
    {"a file outside of the folder",
     "test('t', function(box)\n  box:filter { file = '../x.conf' }\nend)\n", 2,
     "'../x.conf' does not lie in the script's folder or below it", ""},
    {"a note with a tab", "test('t', function(box)\n  box:note('a\\tb')\nend)\n", 2,
     "(box:note takes text without tabs and other control characters", ""},
    {"a note of two lines", "test('t', function(box)\n  box:note('a\\nb')\nend)\n", 2,
     "(box:note takes one line of text", ""},
    {"a test that is skipped", "test('t', { skip = 'for a reason' }, function() end)\n", 0,
     "skip  t: for a reason\n\n0 passed, 0 failed, 1 skipped", ""},
};

/* A bound, the number that a message names without it, and the one it names with it. */
typedef struct bound {
    const char *option, *usual, *less;
} bound_t;

static const bound_t few_instructions = {FEW_INSTRUCTIONS, "50000000", "2000000"};
static const bound_t little_memory = {LITTLE_MEMORY, "64 MiB", "4 MiB"};
static const bound_t short_instant = {"--max-instant 5000", "over 100000", "over 5000"};

/* Rows that take seconds under ASan, and what bounds them there. */
static const struct {
    const char *what;
    const bound_t *bound;
} heavy[] = {
    {"an endless loop", &few_instructions},
    {"an endless loop that catches errors", &few_instructions},
    {"an endless loop while loading", &few_instructions},
    {"an endless loop while loading that catches errors", &few_instructions},
    {"an error before a loop that never ends", &few_instructions},
    {"a script that does too much at one instant", &few_instructions},
    {"work inside of one function of Lua's", &few_instructions},
    {"work inside of one function of Lua's, caught", &few_instructions},
    {"work inside of one function of Lua's while loading", &few_instructions},
    {"a table that grows for ever", &little_memory},
    {"a recursion that never ends", &little_memory},
    {"memory that ends in a connect", &little_memory},
    {"memory that ends in a spawn", &little_memory},
    {"packets that bounce for ever", &short_instant},
};
#define HEAVY (sizeof(heavy) / sizeof(heavy[0]))

/* => Returns a row's bound in this build, or NULL. */
static const bound_t *bound_of(const char *what)
{
    size_t i = 0;
    while (i < HEAVY && strcmp(heavy[i].what, what) != 0)
        i++;
    return i < HEAVY && SANITIZED ? heavy[i].bound : NULL;
}

/* What a row's message says under a bound.
 * => Returns `text`, or a text that is good until the next call. */
static const char *bounded(const char *text, const bound_t *bound)
{
    static char changed[300];
    const char *at = bound != NULL ? strstr(text, bound->usual) : NULL;
    if (at == NULL)
        return text;
    snprintf(changed, sizeof(changed), "%.*s%s%s", (int)(at - text), text, bound->less,
             at + strlen(bound->usual));
    return changed;
}

static void a_bound_is_of_a_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < HEAVY; i++) {
        size_t row = 0;
        while (row < sizeof(rows) / sizeof(rows[0]) && strcmp(rows[row].what, heavy[i].what) != 0)
            row++;
        if (row == sizeof(rows) / sizeof(rows[0]))
            fail_msg("there is no row '%s'", heavy[i].what);
    }
}

static void each_script_ends_with_the_right_code_and_one_clear_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[100];
        const bound_t *bound = bound_of(rows[i].what);
        snprintf(arguments, sizeof(arguments), "run %s x.lua", bound != NULL ? bound->option : "");
        write_file("x.lua", rows[i].script);
        command_t command = run_command("", arguments);
        if (command.code != rows[i].code)
            print_error("%s:\n", rows[i].what);
        assert_command(command, rows[i].code, bounded(rows[i].in_out, bound), rows[i].in_err);
    }
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(a_bound_is_of_a_row),
        CLI_TEST(each_script_ends_with_the_right_code_and_one_clear_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
