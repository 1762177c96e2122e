/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim run, seen from outside: exit codes, messages, and what a failure looks like.
 */
#include "tests/cli/command.h"

#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* Two hooks that bounce a packet: what lo0 takes in comes out again with the ends swapped. */
#define BOUNCE                                                                                     \
    "test('bounce', function(box)\n"                                                               \
    "  box:hook('LOOPBACK_IN', function(p)\n"                                                      \
    "    if p.flags == 'R.' then p.flags, p.ack = '.', 7 end\n"                                    \
    "  end)\n"                                                                                     \
    "  box:hook('LOOPBACK_OUT', function(p)\n"                                                     \
    "    if p.flags == 'R' then p.flags = '.' end\n"                                               \
    "  end)\n"                                                                                     \
    "  box:connect('127.0.0.1', 22)\n"                                                             \
    "end)\n"                                                                                       \
    "test('after', function(box) end)\n"

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
#define FEW_INSTRUCTIONS "--max-instructions 2000000"
#define LITTLE_MEMORY    "--max-memory 4"

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

static void the_other_tests_run_all_the_same(void **state)
{
    (void)state;
    write_file("x.lua", "test('a', function(box) error('x') end)\n"
                        "test('b', function(box) while true do end end)\n" BOUNCE);
    write_file("y.lua", "test('c', function(box) end)\n");
    command_t command =
        run_command("", "run " FEW_INSTRUCTIONS " --max-instant 5000 x.lua missing.lua y.lua");
    assert_command(command, 2, "2 passed, 4 failed", "missing.lua: No such file or directory");
    assert_non_null(strstr(command.out, "  ok    after"));
    assert_non_null(strstr(command.out, "  ok    c"));
}

static void files_that_are_no_scripts_are_told_apart(void **state)
{
    (void)state;
    assert_command(run_command("", "run missing.lua"), 2, "", "missing.lua: No such file");
    assert_int_equal(system("mkdir empty"), 0);
    assert_command(run_command("", "run empty"), 4, "", "there is no test");
    write_bytes("binary.lua", "\x1bLua\x54\0\x19\x93", 8);
    assert_command(run_command("", "run binary.lua"), 2, "", "binary.lua: is not a text file");
    write_bytes("zero.lua", "local x\0 = 1", 12);
    assert_command(run_command("", "run zero.lua"), 2, "", "zero.lua: is not a text file");
    assert_int_equal(system("truncate -s 100M large.lua"), 0);
    assert_command(run_command("", "run large.lua"), 2, "", "large.lua: is 100 MiB; the limit is");
    assert_int_equal(system("mkfifo pipe.lua"), 0);
    assert_command(run_command("", "run pipe.lua"), 2, "", "pipe.lua: is not a regular file");
    assert_command(run_command("", "run /dev/zero"), 2, "", "/dev/zero: is not a regular file");
}

static void a_folder_stands_for_its_scripts_in_the_order_of_their_names(void **state)
{
    (void)state;
    write_file("b.lua", "test('second', function(box) end)\n");
    write_file("a.lua", "test('first', function(box) end)\n");
    write_file("c.txt", "not a script");
    command_t command = run_command("", "run .");
    assert_command(command, 0, "2 passed, 0 failed", "");
    assert_true(strstr(command.out, "first") < strstr(command.out, "second"));
}

static void results_stand_in_script_order_whichever_ends_first(void **state)
{
    (void)state;
    write_file("x.lua", "test('slow', function(box)\n"
                        "  for i = 1, 3e6 do local x = i * 2 end\nend)\n"
                        "test('quick', function(box) end)\n");
    command_t command = run_command("", "run -j 4 x.lua");
    assert_command(command, 0, "2 passed", "");
    assert_true(strstr(command.out, "slow") < strstr(command.out, "quick"));
}

/* Tests that find what another one left, and every way in which one ends. */
#define MIXED                                                                                      \
    "seen, list = 0, {}\n"                                                                         \
    "for i = 1, 40 do test('alone ' .. i, function(box)\n"                                         \
    "  seen = seen + 1; list[#list + 1] = i; string.mine = (string.mine or 0) + 1\n"               \
    "  expect.eq(seen, 1); expect.eq(#list, 1); expect.eq(string.mine, 1)\n"                       \
    "  box:filter('block return-rst in on lo0 all')\n"                                             \
    "  box:connect('127.0.0.1', 22); box:note(box:now())\n"                                        \
    "  if i % 7 == 0 then expect.eq(i, 'seven') end\n"                                             \
    "  if i == 12 then error('twelve') end\n"                                                      \
    "  if i == 13 then box:listen(1):accept() end\n"                                               \
    "  if i == 16 then while true do end end\n"                                                    \
    "  if i == 18 then local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end end\n"     \
    "  if i == 20 then box:expect_packets('lo0', {}) end\n"                                        \
    "end) end\n"                                                                                   \
    "test('not this one', { skip = 'no reason' }, function(box) end)\n"                            \
    "test('in modes', { modes = { 'inject', 'rewrite' } }, function(box)\n"                        \
    "  box:spawn('waits', function() box:sleep(5) end); box:sleep(1) end)\n"

static void a_shared_process_prints_what_processes_of_their_own_print(void **state)
{
    static const char *const options[] = {
        "-v", "-v -j1", "-x", "--format json", "--format tap", "-v --seed 7 --era linux"};
    (void)state;
    write_file("x.lua", MIXED);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        char line[200], first[1 << 18], text[sizeof(first)];
        snprintf(line, sizeof(line), "run %s --max-memory 4 " FEW_INSTRUCTIONS " x.lua",
                 options[i]);
        command_t command = run_command("", line);
        int code = command.code;
        snprintf(first, sizeof(first), "%s%s", command.out, command.err);
        snprintf(line, sizeof(line), "run --isolate %s --max-memory 4 " FEW_INSTRUCTIONS " x.lua",
                 options[i]);
        command = run_command("", line);
        snprintf(text, sizeof(text), "%s%s", command.out, command.err);
        assert_int_equal(command.code, code);
        assert_true(strlen(text) > 500);
        assert_string_equal(text, first);
    }
}

static void a_golden_is_written_compared_and_never_written_in_ci(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 22) end)\n");
    assert_command(run_command("CI=true", "run --update x.lua"), 2, "", "refused where CI=true");
    assert_command(run_command("CI=", "run --update x.lua"), 0, "1 passed", "");
    assert_non_null(strstr(read_file("x.trace"), "== t\n"));
    assert_command(run_command("", "run x.lua"), 0, "1 passed", "");

    write_file("x.lua", "test('t', function(box) box:connect('127.0.0.1', 23) end)\n");
    command_t command = run_command("", "run x.lua");
    assert_command(command, 1, "x.trace: the timeline differs from line 1 on", "");
    assert_non_null(strstr(command.out, "- "));
    write_file("x.lua", "test('other', function(box) end)\n");
    assert_command(run_command("", "run x.lua"), 1, "no golden timeline of this test", "");
    assert_command(run_command("", "run --seed 2 x.lua"), 0, "1 passed", "");
}

static void a_golden_is_not_rewritten_by_a_test_that_fails(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) end)\n");
    write_file("x.trace", "== t\nold\n");
    write_file("x.lua", "test('t', function(box) expect.ok(false) end)\n");
    assert_command(run_command("CI=", "run --update x.lua"), 1, "", "not rewritten");
    assert_string_equal(read_file("x.trace"), "== t\nold\n");
}

static void the_seed_changes_the_numbers_and_nothing_else(void **state)
{
    (void)state;
    char first[4096];
    write_file("x.lua", "test('t', function(box)\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "  error(box:rand(1, 1000000) .. ' ' .. math.random(1000000))\nend)\n");
    snprintf(first, sizeof(first), "%s", run_command("", "run --seed 5 x.lua").out);
    assert_string_equal(run_command("", "run --seed 5 x.lua").out, first);
    assert_string_not_equal(run_command("", "run --seed 6 x.lua").out, first);
}

static void a_test_that_takes_too_long_is_ended(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box)\n"
                        "  while true do end\nend)\n"
                        "test('u', function(box) end)\n");
    command_t command = run_command("", "run --max-instructions 100000000000 --max-wall 1 x.lua");
    assert_command(command, 3, "1 passed, 1 failed", "");
    assert_non_null(strstr(command.out, "x.lua:2: over the limit of wall time (--max-wall)"));
}

static void limits_are_options(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) box:sleep(100) end)\n");
    assert_command(run_command("", "run --max-time 99 x.lua"), 1,
                   "over the limit of 99.000 s of virtual time", "");
    assert_command(run_command("", "run --max-time 100 x.lua"), 0, "100.000 s", "");
    write_file("y.lua", BOUNCE);
    assert_command(run_command("", "run --max-instant 50 y.lua"), 1, "over 50 events", "");
    write_file("z.lua", "test('t', function(box) for i = 1, 1e5 do end end)\n");
    assert_command(run_command("", "run --max-instructions 2000 z.lua"), 1,
                   "over the budget of Lua instructions", "");
    write_file("slow.lua", "while true do end\n");
    assert_command(run_command("", "run --max-instructions 100000000000 --max-wall 1 slow.lua"), 3,
                   "", "slow.lua: took more than 1 s of wall time to load (--max-wall)");
    write_file("m.lua", "test('t', function(box)\n  local t = {}\n"
                        "  for i = 1, 30000 do t[i] = { i } end\nend)\n");
    assert_command(run_command("", "run --max-memory 1 m.lua"), 1,
                   "m.lua:3: out of memory: a script may use 1 MiB (--max-memory)", "");
    assert_command(run_command("", "run --max-memory 8 m.lua"), 0, "1 passed", "");
}

/* What is done once, what is done again and again in line 4, and what grows by it. */
static const struct {
    const char *before, *again, *mostly;
} growing[] = {
    {"",
     "box:ipf_add(('pass in from 10.%d.%d.1 to "
     "any\\n'):format(i // 250, i % 250))",
     "rules"},
    {"local sent, got = box:udp(2000), {} for n = 3000, 3059 do got[n] = box:udp(n) end",
     "sent:sendto(('x'):rep(4000), '127.0.0.1', 3000 + i % 60) box:sleep(1e-5)",
     "data that nobody has received"},
    {"box:listen(80, nil, { backlog = 1000 })",
     "box:connect('127.0.0.1', 80):send(('x'):rep(20000))", "data that nobody has received"},
    {"box:fault { 'delay', packet = 'UDP', by = 1000 } local sent = box:udp(2000)",
     "sent:sendto(('x'):rep(4000), '127.0.0.1', 3000)", "packets on their way"},
    {"box:filter('pass out proto udp all keep state') local sent = box:udp(2000)",
     "sent:sendto('x', '127.0.0.1', 3000 + i) box:sleep(1e-5)", "states"},
    {"", "box:udp(3000 + i)", "sockets"},
};

static void what_a_test_makes_its_box_hold_counts_as_its_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(growing) / sizeof(growing[0]); i++) {
        char script[1000], message[200];
        snprintf(script, sizeof(script),
                 "test('t', function(box)\n  %s\n  for i = 1, 5000 do\n    %s\n  end\nend)\n",
                 growing[i].before, growing[i].again);
        write_file("g.lua", script);
        command_t command = run_command("", "run --max-memory 1 g.lua");
        snprintf(message, sizeof(message), ", mostly %s", growing[i].mostly);
        assert_command(command, 1,
                       "g.lua:4: out of memory: a script may use 1 MiB (--max-memory); its box "
                       "holds ",
                       "");
        if (strstr(command.out, message) == NULL)
            fail_msg("%s", command.out);
    }
}

static void what_is_written_of_a_test_has_a_limit(void **state)
{
    static const char *const written[] = {"-v", "--jsonl x.jsonl", "--update"};
    (void)state;
    write_file("w.lua", "test('t', function(box)\n  while true do\n"
                        "    box:note(('x'):rep(800))\n  end\nend)\n");
    for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
        char arguments[100], message[100];
        snprintf(arguments, sizeof(arguments), "run --max-output 1 -q %s w.lua", written[i]);
        snprintf(message, sizeof(message), "w.lua:3: over 1 MiB for %s (--max-output)",
                 strcmp(written[i], "--update") == 0 ? "-v" : strtok(strdupa(written[i]), " "));
        command_t command = run_command("", arguments);
        assert_int_equal(command.code, 1);
        if (strstr(command.out, message) == NULL)
            fail_msg("%s: no '%s'", written[i], message);
    }
    write_file("s.lua", "test('t', function(box)\n  for i = 1, 3000 do\n"
                        "    box:note(('x'):rep(800))\n  end\nend)\n");
    assert_command(run_command("", "run -q --max-output 1 --jsonl x s.lua"), 1, "--jsonl", "");
    assert_command(run_command("", "run --max-output 4 --jsonl x s.lua"), 0, "1 passed", "");
}

static void a_ladder_of_many_events_ends_and_says_so(void **state)
{
    (void)state;
    write_file("w.lua", "test('t', function(box)\n  for i = 1, 30000 do box:note('x') end\nend)\n");
    assert_command(run_command("", "run --ladder w.lua | tail -n 5"), 0,
                   "The picture ends after 20000 of 30000 events; -v has them all.", "");
}

static void a_long_run_ends_with_the_commands_that_repeat_its_failures(void **state)
{
    (void)state;
    write_file("l.lua", "for i = 1, 30 do\n  test('it is ' .. i, function(box)\n"
                        "    expect.ok(i ~= 7 and i ~= 9)\n  end)\nend\n");
    assert_command(run_command("", "run --seed 2 l.lua"), 1,
                   "\nTo repeat what failed:\n  lo0sim run --seed 2 'l.lua:it is 7'\n"
                   "  lo0sim run --seed 2 'l.lua:it is 9'\n\n28 passed, 2 failed\n",
                   "");
    assert_command(run_command("", "run --seed 2 'l.lua:it is 7'"), 1, "0 passed, 1 failed\n", "");
    assert_null(strstr(run_command("", "run 'l.lua:it is 7'").out, "To repeat"));
    assert_command(run_command("", "run -q --seed 2 l.lua"), 1,
                   "\nTo repeat what failed:\n  lo0sim run --seed 2 'l.lua:it is 7'\n", "");
    assert_null(strstr(run_command("", "run -q l.lua").out, "passed"));
}

/* A limit of a file's size is a disk that is full: SIGXFSZ, where a write does not fail at once. */
static void a_golden_survives_a_full_disk(void **state)
{
    (void)state;
    write_file("g.lua", "test('t', function(box)\n  for i = 1, 1000 do box:note('n') end\nend)\n");
    write_file("g.trace", "== t\nby hand\n");
    assert_int_equal(run_command("ulimit -f 8;", "run --update g.lua").code, 3);
    assert_string_equal(read_file("g.trace"), "== t\nby hand\n");
    assert_int_not_equal(system("ls -A | grep -q 'lo0sim-'"), 0);
}

/* What ends a run from outside, in a shell of its own. */
static void documents_are_whole_after_a_signal(void **state)
{
    static const struct {
        const char *format, *end;
    } forms[] = {
        {"pretty", "; ended by a signal\n"},
        {"tap", "Bail out! ended by a signal\n1..1\n"},
        {"junit", "</testsuites>\n"},
        {"json", "\"exit\": 143\n}\n"},
    };
    (void)state;
    write_file("s.lua", "test('quick', function() end)\n"
                        "test('slow', function() while true do end end)\n");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments),
                 "run --format %s --jsonl %%t.jsonl --max-instructions 100000000000 s.lua >.doc "
                 "2>.said & p=$!; until [ -e quick.jsonl ]; do sleep 0.1; done; sleep 1; "
                 "kill -TERM $p; { wait $p; echo code $?; cat .doc; rm quick.jsonl; }",
                 forms[i].format);
        command_t command = run_command("", arguments);
        assert_command(command, 0, "code 143\n", "");
        assert_command(command, 0, forms[i].end, "");
    }
}

static void command_lines_that_are_wrong_say_so(void **state)
{
    (void)state;
    assert_command(run_command("", "run"), 2, "", "no file was given");
    assert_command(run_command("", "run --seed x y.lua"), 2, "",
                   "--seed takes a whole number from 0");
    assert_command(run_command("", "run -j 0 y.lua"), 2, "", "-j takes a whole number from 1");
    assert_command(run_command("", "run --what y.lua"), 2, "",
                   "lo0sim run: there is no option '--what'");
    assert_command(run_command("", "run --help"), 0, "usage: lo0sim run", "");
}

static void colour_is_for_terminals_only(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function(box) end)\n");
    assert_null(strchr(run_command("", "run x.lua").out, '\033'));
}

static void names_are_padded_by_characters_and_shown_without_control_characters(void **state)
{
    (void)state;
    write_file("x.lua", "test('h\xc3\xa9\xe2\x82\xac', function() end)\n"
                        "test('hee', function() end)\n"
                        "test('a\\27[2J\\200', function() end)\n"
                        "test('b\\27', { skip = 'c\\27' }, function() end)\n");
    command_t command = run_command("", "run x.lua");
    assert_command(command, 0, "  ok    h\xc3\xa9\xe2\x82\xac", "");
    assert_command(command, 0, "  ok    a\\x1b[2J\\xc8 ", "");
    assert_command(command, 0, "  skip  b\\x1b: c\\x1b\n", "");
    assert_null(strchr(command.out, '\033'));
    const char *wide = strstr(command.out, "  ok    h\xc3"),
               *plain = strstr(command.out, "  ok    hee");
    assert_int_equal(strcspn(wide, "\n"), strcspn(plain, "\n") + 3); /* three bytes more */
    assert_null(strchr(run_command("", "run --dry-run x.lua").out, '\033'));
}

/* => Returns what `run` writes to a terminal of so many columns, until `awaited` is there. */
static const char *run_at_terminal(unsigned short columns, const char *file, const char *awaited)
{
    static char text[20000];
    struct winsize size = {.ws_row = 24, .ws_col = columns};
    size_t used = 0;
    ssize_t count;
    int fd;
    skip_without_terminals();
    pid_t pid = forkpty(&fd, NULL, NULL, &size);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "vt100", 1);
        execl(LO0SIM_PROGRAM, "lo0sim", "run", "--max-wall", "50", "--max-instructions",
              "100000000000", file, (char *)NULL);
        _exit(127);
    }
    text[0] = '\0';
    while (strstr(text, awaited) == NULL &&
           (count = read(fd, text + used, sizeof(text) - 1 - used)) > 0) {
        used += (size_t)count;
        text[used] = '\0';
    }
    kill(pid, SIGTERM);
    close(fd);
    waitpid(pid, NULL, 0);
    return text;
}

static void the_progress_is_no_wider_than_the_terminal(void **state)
{
    (void)state;
    static char file[] =
        "h\xc3\xa9_a_file_whose_name_is_longer_than_what_is_left_of_a_line_of_80.lua";
    write_file(file, "test('t', function(box) while true do end end)\n");
    static const char *const narrow = "\r\033[K0 tests, 0 failed; file 1 of 1: h\xc3\xa9_a_\r";
    static const char *const wide = "1: h\xc3\xa9_a_file_whose_name_is_longer_than_what_is_lef\r";
    assert_non_null(strstr(run_at_terminal(38, file, narrow), narrow));
    assert_non_null(strstr(run_at_terminal(200, file, wide), wide));
}

static void rules_files_and_scripts_beside_are_read(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\nblock in all\nblok in all\n");
    write_file("x.lua", "test('t', function(box)\n  box:filter { file = 'r.conf' }\nend)\n");
    assert_command(run_command("", "run x.lua"), 2, "r.conf:3:1: ", "");
    write_file("lib.lua", "return { port = 22 }\n");
    write_file("y.lua", "local lib = include('lib.lua')\n"
                        "test('t', function(box) expect.eq(lib.port, 22) end)\n");
    assert_command(run_command("", "run y.lua"), 0, "1 passed", "");
    write_file("lib.lua", "return {\n");
    assert_command(run_command("", "run y.lua"), 2, "", "lib.lua:2: ");
}

static void a_long_path_is_shown_whole(void **state)
{
    (void)state;
#define LONG "a_folder_whose_name_is_long/and_one_below_that_is_long_too/and_a_third_one"
    assert_int_equal(system("mkdir -p " LONG), 0);
    write_file(LONG "/x.lua", "test('t', function(box)\n  box:conect()\nend)\n");
    assert_command(run_command("", "run " LONG), 2, LONG "/x.lua:2: box has no verb", "");
}

static void without_room_for_a_process_a_run_says_so(void **state)
{
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    assert_int_equal(
        system("(ulimit -n 6 && exec " PROGRAM " run -j8 x.lua x.lua) >.out 2>.err; test $? = 3"),
        0);
    assert_non_null(strstr(read_file(".err"), "Too many open files"));
}

static void a_full_standard_output_is_no_success(void **state)
{
    static const char *const commands[] = {"run x.lua",
                                           "run fails.lua",
                                           "run --format tap broken.lua",
                                           "run --list x.lua",
                                           "run --format junit x.lua",
                                           "connect localhost 22",
                                           "demo --help",
                                           "--help",
                                           "--version"};
    (void)state;
    write_file("x.lua", "test('t', function() end)\n");
    write_file("fails.lua", "test('t', function() expect.fail() end)\n");
    write_file("broken.lua", "x x\n");
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        char line[1200];
        snprintf(line, sizeof(line), "%s %s >/dev/full 2>.err; test $? = 3", PROGRAM, commands[i]);
        assert_int_equal(system(line), 0);
        assert_non_null(strstr(read_file(".err"), "standard output could not be written"));
    }
}

/* A limit of 4 KiB: for what is remembered of three files' failures, and for a capture. */
static void a_file_that_may_not_grow_is_told_and_ends_nothing(void **state)
{
    (void)state;
    write_file("a.lua", "for i = 1, 8 do test(('n'):rep(200) .. i, function() expect.fail() end) "
                        "end\n");
    write_file("w.lua", "test('w', function(box)\n"
                        "  for i = 1, 100 do box:connect('127.0.0.1', 22) end\nend)\n");
    assert_int_equal(system("cp a.lua b.lua && cp a.lua c.lua && (ulimit -f 8; " PROGRAM
                            " run -q a.lua b.lua c.lua >/dev/null 2>&1); test $? = 1"),
                     0);
    assert_int_equal(system("(ulimit -f 8; " PROGRAM " run -w w.pcapng w.lua >.out); test $? = 3"),
                     0);
    assert_non_null(strstr(read_file(".out"), "w.pcapng: could not be written: File too large"));
    assert_int_equal(access("w.pcapng", F_OK), -1);
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(a_bound_is_of_a_row),
        CLI_TEST(each_script_ends_with_the_right_code_and_one_clear_message),
        CLI_TEST(the_other_tests_run_all_the_same),
        CLI_TEST(files_that_are_no_scripts_are_told_apart),
        CLI_TEST(a_folder_stands_for_its_scripts_in_the_order_of_their_names),
        CLI_TEST(results_stand_in_script_order_whichever_ends_first),
        CLI_TEST(a_shared_process_prints_what_processes_of_their_own_print),
        CLI_TEST(a_golden_is_written_compared_and_never_written_in_ci),
        CLI_TEST(a_golden_is_not_rewritten_by_a_test_that_fails),
        CLI_TEST(the_seed_changes_the_numbers_and_nothing_else),
        CLI_TEST(a_test_that_takes_too_long_is_ended),
        CLI_TEST(limits_are_options),
        CLI_TEST(what_a_test_makes_its_box_hold_counts_as_its_memory),
        CLI_TEST(what_is_written_of_a_test_has_a_limit),
        CLI_TEST(a_long_run_ends_with_the_commands_that_repeat_its_failures),
        CLI_TEST(a_golden_survives_a_full_disk),
        CLI_TEST(documents_are_whole_after_a_signal),
        CLI_TEST(a_ladder_of_many_events_ends_and_says_so),
        CLI_TEST(command_lines_that_are_wrong_say_so),
        CLI_TEST(colour_is_for_terminals_only),
        CLI_TEST(names_are_padded_by_characters_and_shown_without_control_characters),
        CLI_TEST(the_progress_is_no_wider_than_the_terminal),
        CLI_TEST(rules_files_and_scripts_beside_are_read),
        CLI_TEST(a_long_path_is_shown_whole),
        CLI_TEST(a_full_standard_output_is_no_success),
        CLI_TEST(a_file_that_may_not_grow_is_told_and_ends_nothing),
        CLI_TEST(without_room_for_a_process_a_run_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
