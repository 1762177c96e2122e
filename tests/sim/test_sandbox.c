/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sandbox: what scripts cannot do, and that what they can do is the same in every run.
 */
#include "sim/base/nearest.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"
#include "sim/script/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char error_text[4096];

/* Runs a chunk in a fresh sandbox; it hands its result over in the global `result`.
 * => Returns the result as text, or the error. */
static const char *run_with(const sandbox_options_t *options, const char *chunk)
{
    char text[8192];
    sandbox_t *sandbox = sandbox_create(options);
    assert_non_null(sandbox);
    lua_expect_open(sandbox_lua(sandbox));
    snprintf(text, sizeof(text), "%s", chunk);
    if (sandbox_load_text(sandbox, "x.lua", text, strlen(text), error_text, sizeof(error_text))) {
        lua_pushglobaltable(sandbox_lua(sandbox));
        lua_pushstring(sandbox_lua(sandbox), "result");
        lua_rawget(sandbox_lua(sandbox), -2);
        snprintf(error_text, sizeof(error_text), "%s", sandbox_tostring(sandbox_lua(sandbox), -1));
    }
    sandbox_destroy(sandbox);
    return error_text;
}

static const char *run(const char *chunk)
{
    return run_with(&(sandbox_options_t){.seed = 1}, chunk);
}

/* A machine without large blocks. */
static void *alloc(void *arg, size_t size)
{
    (void)arg;
    return memory_alloc(memory_of_process(), size);
}

static void *resize(void *arg, void *block, size_t size)
{
    (void)arg;
    return size > 1 << 20 ? NULL : memory_realloc(memory_of_process(), block, size);
}

static void give_back(void *arg, void *block)
{
    (void)arg;
    memory_free(memory_of_process(), block);
}

/* Rows: a chunk, and where it has too little memory: below the script's limit, or above it. */
static void who_has_no_memory_is_told(void **state)
{
    static const struct {
        size_t limit;
        const char *chunk, *text;
    } rows[] = {
        {8 << 20, "local x\nx = ('x'):rep(2 << 20)",
         "x.lua:2: out of memory: this machine has no more"},
        {8 << 20, "result = 1", "1"},
        {1 << 20, "local x = ('x'):rep(300 << 10)\nx = x .. x .. x .. x",
         "x.lua:2: out of memory: a script may use 1 MiB (--max-memory)"},
        {1 << 20, "local x = ('x'):rep(2 << 20)",
         "x.lua:1: out of memory: a script may use 1 MiB (--max-memory)"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memory_t memory = {alloc, resize, give_back, NULL, 0, {0}};
        const char *said = run_with(
            &(sandbox_options_t){.memory = &memory, .memory_bytes = rows[i].limit, .seed = 1},
            rows[i].chunk);
        if (strcmp(said, rows[i].text) != 0)
            fail_msg("row %zu: %s", i, said);
    }
}

/* Rows: how many globals a script makes, besides those that there are, and what is not found then.
 */
static void a_name_is_sought_among_many_globals(void **state)
{
    static const int rows[] = {0, 1, 200, 255, 256, 300, 1000};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char chunk[200];
        snprintf(chunk, sizeof(chunk),
                 "for i = 1, %d do _G['abcdefgh' .. i] = i end\nresult = zzzzzzzzzzzz", rows[i]);
        assert_string_equal(run(chunk), "x.lua:2: undefined name 'zzzzzzzzzzzz'");
    }
}

static void what_reaches_the_machine_is_not_there(void **state)
{
    (void)state;
    static const char *const names[] = {"os",       "io",        "debug",          "package",
                                        "require",  "load",      "loadstring",     "dofile",
                                        "loadfile", "coroutine", "collectgarbage", "print"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char chunk[100], expected[100];
        snprintf(chunk, sizeof(chunk), "result = rawget(_G, '%s') == nil", names[i]);
        assert_string_equal(run(chunk), "true");
        snprintf(chunk, sizeof(chunk), "result = %s", names[i]);
        snprintf(expected, sizeof(expected), "x.lua:1: there is no '%s' in a scenario: ", names[i]);
        assert_memory_equal(run(chunk), expected, strlen(expected));
    }
    assert_string_equal(run("result = string.dump"), "nil");
}

static void chunks_give_what_they_should(void **state)
{
    (void)state;
    static const struct {
        const char *chunk, *result;
    } rows[] = {
        /* order */
        {"local k = {} for key in pairs{z=1, a=2, [2]=3, [1.5]=4, [true]=5, [-1]=6, [false]=7} do "
         "k[#k+1] = tostring(key) end result = table.concat(k, ' ')",
         "-1 1.5 2 a z false true"},
        {"local t, k = {c=1, b=2, a=3}, {} for key in next, t do k[#k+1] = key end "
         "result = table.concat(k)",
         "abc"},
        {"local t, n = {}, 0 for i = 1, 100 do t['k' .. i] = i end "
         "for k in pairs(t) do t[k] = nil n = n + 1 end result = n",
         "100"},
        {"result = next({})", "nil"},
        {"local t = {} local f, s, c = pairs(t) result = tostring(s == t) .. tostring(c)",
         "truenil"},
        {"local t = setmetatable({}, {__pairs = function(t) return next, {t}, nil, 4 end}) "
         "local f, s, c, d = pairs(t) result = tostring(s[1] == t) .. tostring(c) .. tostring(d)",
         "truenilnil"},
        {"local a, b, c, t = {}, {}, function() end, {} t[c] = 3 t[b] = 2 t[a] = 1 t.x = 0 "
         "local s = '' for _, v in pairs(t) do s = s .. v end result = s",
         "0123"},
        {"local t = { [string.rep] = 1, [string.find] = 2, [ipairs({})] = 3, [tostring] = 4 } "
         "local n = 0 for k in pairs(t) do n = n + 1 end result = n",
         NULL},
        {"local t, all = {}, {} for _, library in ipairs({string, table, math, utf8}) do "
         "for name, f in pairs(library) do if type(f) == 'function' then all[f] = name end end end "
         "all[tostring] = 'tostring' all[expect.eq] = 'eq' "
         "for _, name in pairs(all) do t[#t + 1] = name end result = table.concat(t, ' ')",
         "tostring codes codepoint len char offset fmod ult atan randomseed floor min cos asin deg "
         "type tan sqrt sin acos ceil rad tointeger modf exp max abs log unpack remove insert move "
         "concat sort pack unpack gmatch char pack find len rep match sub lower byte packsize "
         "upper "
         "reverse gsub format random eq"},
        {"local t, all = {}, {} for name, f in pairs(_G) do "
         "if type(f) == 'function' then all[f] = name end end all[string.rep] = 'rep' "
         "for _, name in pairs(all) do t[#t + 1] = name end result = table.concat(t, ' ')",
         "rawset setmetatable tostring type rawget pcall select error xpcall rawequal "
         "getmetatable next rawlen tonumber ipairs assert pairs rep"},
        {"local t = {5, 3, 9, 1} table.sort(t) result = table.concat(t, ' ')", "1 3 5 9"},
        {"local t = {{2,'a'},{1,'b'},{2,'c'},{1,'d'}} "
         "table.sort(t, function(x, y) return x[1] < y[1] end) "
         "result = t[1][2] .. t[2][2] .. t[3][2] .. t[4][2]",
         "bdac"},
        {"local t = {} for i = 1, 1000 do t[i] = (i * 7919) % 1000 end table.sort(t) "
         "for i = 1, 1000 do assert(t[i] == i - 1) end result = 'sorted'",
         "sorted"},
        /* no addresses */
        {"result = tostring({}) .. ' ' .. tostring(tostring)", "table: 1 function: 2"},
        {"local t = {} result = tostring(t) == tostring(t)", "true"},
        {"result = string.format('%s %d', {}, 3)", "table: 1 3"},
        {"result = string.format('%p', {})",
         "x.lua:1: string.format: %p shows an address, which differs from run to run"},
        {"result = string.format('%5.1f%%p', 2)", "  2.0%p"},
        {"error({})", "x.lua:1: table: 1"},
        {"result = tostring(expect)", "expect: 1"},
        /* chance */
        {"math.randomseed(3)", "x.lua:1: the seed belongs to the run: lo0sim run --seed N"},
        {"local r = {} for i = 1, 5 do r[i] = math.random(100) end result = table.concat(r, ' ')",
         NULL},
        /* metatables */
        {"setmetatable({}, { __gc = function() end })",
         "x.lua:1: setmetatable: __gc depends on when garbage is collected"},
        {"setmetatable({}, { __mode = 'k' })",
         "x.lua:1: setmetatable: __mode depends on when garbage is collected"},
        {"result = getmetatable('')", "false"},
        {"setmetatable(_G, nil)", "x.lua:1: cannot change a protected metatable"},
        {"result = setmetatable({}, { __index = { x = 7 } }).x", "7"},
        {"local t = {} result = tostring(setmetatable(t, { __index = { x = 7 } }, {}) == t) .. t.x",
         "true7"},
        /* globals */
        {"function f() return 1 end result = f()", "1"},
        {"(function() y = 1 end)()", "x.lua:1: 'y' is assigned but not declared: write `local y`"},
        {"result = strnig", "x.lua:1: undefined name 'strnig'; did you mean 'string'?"},
        /* errors */
        {"local x = (", "x.lua:1: unexpected symbol near <eof>"},
        {"expect.eq(1, 2)", "x.lua:1: expect.eq failed\n  expected  2\n  actual    1"},
        {"\nexpect.eq('a', 'b', 'the letter')",
         "x.lua:2: expect.eq failed: the letter\n  expected  \"b\"\n  actual    \"a\""},
        {"expect.eq({1, x = {true}}, {1, x = {true}}) result = 'same'", "same"},
        {"expect.eq({1, x = {true}}, {1, x = {false}})",
         "x.lua:1: expect.eq failed\n  expected  { 1, x = { false } }\n  actual    { 1, x = { true "
         "} }"},
        {"expect.eq(0.1 + 0.2, 0.3) result = 'the same microsecond'", "the same microsecond"},
        {"expect.eq(30, 30.000001)",
         "x.lua:1: expect.eq failed\n  expected  30.000001\n  actual    30"},
        {"expect.eq(nil, false)", "x.lua:1: expect.eq failed\n  expected  false\n  actual    nil"},
        {"expect.ne(1, 1)", "x.lua:1: expect.ne failed\n  expected  anything but 1\n  actual    1"},
        {"expect.ok(false)",
         "x.lua:1: expect.ok failed\n  expected  neither nil nor false\n  actual    false"},
        {"expect.match('abc', '^b')", "x.lua:1: expect.match failed\n  expected  a string that "
                                      "matches \"^b\"\n  actual    \"abc\""},
        {"result = expect.error(function() error('boom') end, 'bo+m')", "x.lua:1: boom"},
        {"expect.error(function() end)",
         "x.lua:1: expect.error failed\n  expected  an error\n  actual    none"},
        {"expect.eq(1)",
         "x.lua:1: expect.eq(actual, expected [, message]) needs expected, a value"},
        {"expect.equal(1, 1)",
         "x.lua:1: expect has no verb 'equal'; it has: eq, ne, ok, fail, lt, le, near, match, "
         "error"},
        {"local t = {} t.t = t expect.eq(t, 1)", "x.lua:1: expect.eq failed\n  expected  1\n  "
                                                 "actual    { t = { t = { t = { t = { ... } } } "
                                                 "} }"},
        {"expect.eq(('x'):rep(1000) .. '\\0', '\"\\n\\1')", NULL},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char first[4096];
        snprintf(first, sizeof(first), "%s", run(rows[i].chunk));
        if (rows[i].result != NULL)
            assert_string_equal(first, rows[i].result);
        assert_string_equal(run(rows[i].chunk), first);
    }
}

static void the_seed_decides_the_random_numbers(void **state)
{
    (void)state;
    static const char chunk[] = "result = math.random(1, 1000000000)";
    char first[100];
    snprintf(first, sizeof(first), "%s", run_with(&(sandbox_options_t){.seed = 1}, chunk));
    assert_string_equal(run_with(&(sandbox_options_t){.seed = 1}, chunk), first);
    assert_string_not_equal(run_with(&(sandbox_options_t){.seed = 2}, chunk), first);
}

/* xoshiro256**, whose state splitmix64 makes of the seed (prng.di.unimi.it). Rows: the seed, what
 * is asked, and the answer. */
static void random_numbers_are_those_of_their_algorithm(void **state)
{
#define TIMES(count, call)                                                                         \
    "local t = {} for i = 1, " count " do t[i] = " call " end result = table.concat(t, ' ')"
    static const struct {
        uint64_t seed;
        const char *chunk, *result;
    } rows[] = {
        {1, TIMES("3", "math.random(math.mininteger, math.maxinteger)"),
         "3743247123249303749 376989097743764714 1367008882666915092"},
        {2, TIMES("3", "math.random(math.mininteger, math.maxinteger)"),
         "-7338500085415096233 4160059705436001674 -5829863886033063419"},
        {1,
         "for i = 1, 199 do math.random() end "
         "result = math.random(math.mininteger, math.maxinteger)",
         "-8906494971581745798"},
        {1, TIMES("8", "math.random(10)"), "8 3 1 4 2 3 7 10"},
        {2, TIMES("8", "math.random(1, 10)"), "6 3 10 4 9 3 7 8"},
        {1, TIMES("3", "('%.6f'):format(math.random())"), "0.702922 0.520437 0.574106"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(run_with(&(sandbox_options_t){.seed = rows[i].seed}, rows[i].chunk),
                            rows[i].result);
}

static void instructions_are_bounded_also_under_pcall(void **state)
{
    (void)state;
    const sandbox_options_t few = {.instructions = 100000};
    assert_string_equal(run_with(&few, "while true do end"),
                        "x.lua:1: over the budget of Lua instructions: a loop that never ends? "
                        "(--max-instructions: 100000)");
    assert_string_equal(run_with(&few, "for i = 1, 1000 do end result = 'done'"), "done");
    assert_string_equal(run_with(&few, "local ok = pcall(function() while true do end end) "
                                       "for i = 1, 5000 do end"),
                        "x.lua:1: over the budget of Lua instructions: a loop that never ends? "
                        "(--max-instructions: 100000)");
    assert_string_equal(run_with(&few, "while true do pcall(function() while true do end end) end"),
                        "x.lua:1: over the budget of Lua instructions: a loop that never ends? "
                        "(--max-instructions: 100000)");
}

/* Lua shows the last 56 bytes of a name of 60. */
static void a_message_has_the_whole_name_however_long_it_is(void **state)
{
    (void)state;
    for (size_t length = 50; length <= 130; length++) {
        char chunk[] = "\nerror('no')", name[140], expected[160];
        for (size_t i = 0; i < length; i++)
            name[i] = (char)('a' + i % 26);
        snprintf(name + length, sizeof(name) - length, ".lua");
        snprintf(expected, sizeof(expected), "%s:2: no", name);
        sandbox_t *sandbox = sandbox_create(&(sandbox_options_t){.seed = 1});
        assert_false(
            sandbox_load_text(sandbox, name, chunk, strlen(chunk), error_text, sizeof(error_text)));
        assert_string_equal(error_text, expected);
        sandbox_destroy(sandbox);
    }
}

/* Rows: a chunk's name. A long one is sought in each text, to be shown whole. */
static void a_long_text_is_work_where_a_long_name_is_sought_in_it(void **state)
{
    static const struct {
        const char *name;
        bool is_over;
    } rows[] = {
        {"x.lua", false},
        {"a_folder_whose_name_is_long/and_one_in_it/with_a_script_of_sixty_bytes.lua", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char chunk[] = "local text = ('y'):rep(100000) for i = 1, 20 do tostring(text) end";
        sandbox_t *sandbox = sandbox_create(&(sandbox_options_t){.instructions = 200000});
        bool loaded = sandbox_load_text(sandbox, rows[i].name, chunk, strlen(chunk), error_text,
                                        sizeof(error_text));
        if (loaded == rows[i].is_over)
            fail_msg("row %zu: %s", i, loaded ? "loaded" : error_text);
        if (!loaded)
            assert_non_null(strstr(error_text, "over the budget of Lua instructions"));
        sandbox_destroy(sandbox);
    }
}

static void protected_calls_are_those_of_lua(void **state)
{
    (void)state;
    static const struct {
        const char *chunk, *result;
    } rows[] = {
        {"local ok, a, b = pcall(function(x) return x, 2 end, 1) result = tostring(ok) .. a .. b",
         "true12"},
        {"local ok, e = pcall(error, 'no') result = tostring(ok) .. e", "falseno"},
        {"local ok, a = xpcall(function(x) return x end, error, 7) result = tostring(ok) .. a",
         "true7"},
        {"local ok, e = xpcall(error, function(e) return e .. '!' end, 'no') "
         "result = tostring(ok) .. e",
         "falseno!"},
        {"result = select('#', pcall(function() end))", "1"},
        {"pcall()", "x.lua:1: bad argument #1 to 'pcall' (value expected)"},
        {"xpcall(error)", "x.lua:1: bad argument #2 to 'xpcall' (function expected, got no value)"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(run_with(&(sandbox_options_t){.seed = 1}, rows[i].chunk),
                            rows[i].result);
}

static void memory_is_bounded(void **state)
{
    (void)state;
    const sandbox_options_t little = {.memory_bytes = 1 << 20};
    assert_string_equal(run_with(&little, "local s = ('x'):rep(2000000)"),
                        "x.lua:1: out of memory: a script may use 1 MiB (--max-memory)");
    assert_string_equal(run_with(&little, "local t = {} while true do t[#t + 1] = {} end"),
                        "x.lua:1: out of memory: a script may use 1 MiB (--max-memory)");
}

/* Rows: a file's bytes, and the error; or NULL where it is a script. */
static void a_script_is_a_text_file(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *error;
    } rows[] = {
        {"\x1bLua", 4, "x.lua: is not a text file"},
        {"\x1b", 1, "x.lua: is not a text file"},
        {"x = 1\0", 6, "x.lua: is not a text file"},
        {"", 0, NULL},
        {"\n", 1, NULL},
        {"#!/usr/bin/env -S lo0sim run\nlocal x", 36, NULL},
        {"#\nlocal x", 9, NULL},
        {"#x", 2, NULL},
        {"#", 1, NULL},
        {"local x\n#\n", 10, "x.lua:2: unexpected symbol near '#'"},
        {"\xef\xbb\xbf#!x\nlocal x", 14, NULL},
        {"\xef\xbb\xbf", 3, NULL},
        {"\xef\xbb", 2, "x.lua:1: unexpected symbol near '<\\239>'"},
        {"\n#!x", 4, "x.lua:2: unexpected symbol near '#'"},
        {"error('a\\0b')", 13, "x.lua:1: a"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sandbox_t *sandbox = sandbox_create(&(sandbox_options_t){.seed = 1});
        char bytes[100];
        memcpy(bytes, rows[i].bytes, rows[i].length);
        bool loaded = sandbox_load_text(sandbox, "x.lua", bytes, rows[i].length, error_text,
                                        sizeof(error_text));
        if (loaded != (rows[i].error == NULL) ||
            (!loaded && strcmp(error_text, rows[i].error) != 0))
            fail_msg("row %zu: %s", i, loaded ? "loaded" : error_text);
        sandbox_destroy(sandbox);
    }
}

static void a_message_has_a_place_if_a_line_is_in_it(void **state)
{
    static const struct {
        const char *text;
        bool has_place;
    } rows[] = {
        {"", false},         {"x", false},        {":", false},          {"x.lua:3: y", true},
        {"x.lua:12:", true}, {"x.lua:12", false}, {"x.lua: 3: ", false}, {"a::b", false},
        {"a: b: c", false},  {"a:b:7:c", true},   {"::1 22", false},     {"127.0.0.1:22 x", false},
        {"a:3b: x", false},  {"a:-3: x", false},  {"a:9:", true},        {"a:0:", true},
        {":5:", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (sandbox_has_place(rows[i].text) != rows[i].has_place)
            fail_msg("'%s'", rows[i].text);
    }
}

static void the_nearest_word_is_offered_if_it_is_near(void **state)
{
    (void)state;
    static const char *const words[] = {"connect", "listen", "spawn", "sleep"};
    static const struct {
        const char *word, *near;
    } rows[] = {{"conect", "connect"},
                {"connetc", "connect"},
                {"lisen", "listen"},
                {"spwan", "spawn"},
                {"slep", "sleep"},
                {"x", NULL},
                {"", NULL},
                {"accept", NULL},
                {"connectconnect", NULL}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *near = nearest(rows[i].word, words, 4);
        if (rows[i].near == NULL)
            assert_null(near);
        else
            assert_string_equal(near, rows[i].near);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_has_no_memory_is_told),
        cmocka_unit_test(a_name_is_sought_among_many_globals),
        cmocka_unit_test(what_reaches_the_machine_is_not_there),
        cmocka_unit_test(chunks_give_what_they_should),
        cmocka_unit_test(the_seed_decides_the_random_numbers),
        cmocka_unit_test(random_numbers_are_those_of_their_algorithm),
        cmocka_unit_test(instructions_are_bounded_also_under_pcall),
        cmocka_unit_test(a_message_has_the_whole_name_however_long_it_is),
        cmocka_unit_test(a_long_text_is_work_where_a_long_name_is_sought_in_it),
        cmocka_unit_test(protected_calls_are_those_of_lua),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_script_is_a_text_file),
        cmocka_unit_test(a_message_has_a_place_if_a_line_is_in_it),
        cmocka_unit_test(the_nearest_word_is_offered_if_it_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
