/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Verbs of a type: what they take, what they say otherwise, and what else a type refuses.
 */
#include "sim/script/lua_expect.h"
#include "sim/script/sandbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TYPE "test.type"

static int take(lua_State *L)
{
    lua_pushfstring(L, "taken %d", lua_gettop(L));
    return 1;
}

static const sandbox_verb_t verbs[] = {
    {"any", take, "value: any"},
    {"string", take, "text: string"},
    {"number", take, "n: number"},
    {"boolean", take, "is: boolean"},
    {"table", take, "t: table"},
    {"fn", take, "f: function"},
    {"port", take, "p: port"},
    {"either", take, "x: number|table"},
    {"three", take, "x: boolean|function|{a b}"},
    {"options", take, "o?: {alpha beta}"},
    {"list", take, "c: {... alpha beta}"},
    {"two", take, "a: string, b?: number"},
    {"more", take, "a: string, b?: number, c?: table"},
    {"none", take, ""},
    {"may", take, "a?: any, b?: any"},
    {"rest", take, "a: string, ...: string"},
    {"all", take, "...: any"},
    {NULL, NULL, NULL},
};

static int method(lua_State *L)
{
    lua_pushfstring(L, "method %d", lua_gettop(L));
    return 1;
}

static const sandbox_verb_t methods[] = {
    {"go", method, "a?: number"},
    {NULL, NULL, NULL},
};

/* As many verbs as no table of theirs has room for. */
#define MANY 63
static char names[MANY][16];
static sandbox_verb_t many[MANY + 1];

static int say_row(lua_State *L)
{
    lua_pushfstring(L, "%d", (int)lua_rawlen(L, 1));
    return 1;
}

static void make_many(void)
{
    for (int i = 0; i < MANY; i++) {
        snprintf(names[i], sizeof(names[i]), "m%d", i);
        many[i] = (sandbox_verb_t){names[i], say_row, i % 2 == 0 ? "t: table" : "s: string"};
    }
}

static void add_object(lua_State *L, const char *type, const char *display, char joint,
                       const sandbox_verb_t *its)
{
    sandbox_add_verbs(L, type, display, joint, its);
    lua_newuserdatauv(L, 0, 0);
    luaL_setmetatable(L, type);
    sandbox_set_global(L, display);
}

/* => Returns the global `result` that a chunk leaves, or its error; good until the next call. */
static const char *run(const char *chunk)
{
    static char text[4096];
    sandbox_t *sandbox = sandbox_create(&(sandbox_options_t){.seed = 1});
    lua_State *L = sandbox_lua(sandbox);
    char copy[2000];
    add_object(L, TYPE, "v", '.', verbs);
    add_object(L, TYPE ".m", "obj", ':', methods);
    add_object(L, TYPE ".many", "many", '.', many);
    snprintf(copy, sizeof(copy), "%s", chunk);
    if (sandbox_load_text(sandbox, "x.lua", copy, strlen(copy), text, sizeof(text))) {
        lua_pushglobaltable(L);
        lua_pushstring(L, "result");
        lua_rawget(L, -2);
        snprintf(text, sizeof(text), "%s", sandbox_tostring(L, -1));
    }
    sandbox_destroy(sandbox);
    return text;
}

typedef struct row {
    const char *call, *result;
} row_t;

static void check(const row_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char chunk[1000], expected[1000];
        bool taken = strncmp(rows[i].result, "taken ", 6) == 0;
        snprintf(chunk, sizeof(chunk), "result = v.%s", rows[i].call);
        snprintf(expected, sizeof(expected), "%s%s", taken ? "" : "x.lua:1: ", rows[i].result);
        const char *result = run(chunk);
        if (strcmp(result, expected) != 0)
            fail_msg("%s:\n%s\n%s", rows[i].call, result, expected);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]))

/* Each of Lua's types, to each type of a parameter. */
static void a_verb_takes_the_types_that_it_says(void **state)
{
    static const char *const values[] = {"nil", "true", "7", "1.5", "'7'", "{}", "next"};
    static const struct {
        const char *verb;
        bool takes[7];
    } rows[] = {
        {"any", {true, true, true, true, true, true, true}},
        {"string", {false, false, true, true, true, false, false}},
        {"number", {false, false, true, true, false, false, false}},
        {"boolean", {false, true, false, false, false, false, false}},
        {"table", {false, false, false, false, false, true, false}},
        {"fn", {false, false, false, false, false, false, true}},
        {"port", {false, false, true, true, true, false, false}},
        {"either", {false, false, true, true, false, true, false}},
        {"three", {false, true, false, false, false, true, true}},
        {"options", {true, false, false, false, false, true, false}},
        {"list", {false, false, false, false, false, true, false}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
            char chunk[100];
            snprintf(chunk, sizeof(chunk), "result = v.%s(%s)", rows[i].verb, values[v]);
            if ((strcmp(run(chunk), "taken 1") == 0) != rows[i].takes[v])
                fail_msg("%s: %s", chunk, run(chunk));
        }
    }
}

static void what_a_verb_does_not_take_is_named(void **state)
{
    static const row_t rows[] = {
        {"any()", "v.any(value) needs value, a value"},
        {"string()", "v.string(text) needs text, a string"},
        {"string(nil)", "v.string(text) needs text, a string"},
        {"string({})", "v.string(text) takes a string as text, not {}"},
        {"number('x')", "v.number(n) takes a number as n, not \"x\""},
        {"either('x')", "v.either(x) takes a number or a table as x, not \"x\""},
        {"three(7)", "v.three(x) takes a boolean or a function or a table as x, not 7"},
        {"three()", "v.three(x) needs x, a boolean or a function or a table"},
        {"options('x')", "v.options([o]) takes a table as o, not \"x\""},
        {"two()", "v.two(a [, b]) needs a, a string"},
        {"two('x', 'y')", "v.two(a [, b]) takes a number as b, not \"y\""},
        {"two(nil, 7)", "v.two(a [, b]) needs a, a string"},
        {"more('x', nil, 7)", "v.more(a [, b [, c]]) takes a table as c, not 7"},
        {"rest()", "v.rest(a, ...) needs a, a string"},
    };
    (void)state;
    CHECK(rows);
}

static void arguments_can_be_left_out_from_the_end(void **state)
{
    static const row_t rows[] = {
        {"none()", "taken 0"},
        {"options()", "taken 0"},
        {"two('x')", "taken 1"},
        {"two('x', nil)", "taken 2"},
        {"two('x', 7)", "taken 2"},
        {"more('x', nil, {})", "taken 3"},
        {"may()", "taken 0"},
        {"may(nil, 1)", "taken 2"},
        {"rest('x')", "taken 1"},
        {"rest('x', 'y', 'z')", "taken 3"},
        {"rest('x', {}, nil)", "taken 3"}, /* the verb looks at them */
        {"all()", "taken 0"},
        {"all(1, 2, 3)", "taken 3"},
    };
    (void)state;
    CHECK(rows);
}

static void surplus_arguments_are_refused(void **state)
{
    static const row_t rows[] = {
        {"none(1)", "v.none() takes no argument, not 1"},
        {"none(nil)", "v.none() takes no argument, not 1"},
        {"string('x', 1)", "v.string(text) takes 1 argument, not 2"},
        {"two('x', 1, 2)", "v.two(a [, b]) takes 2 arguments, not 3"},
        {"two('x', nil, nil, nil)", "v.two(a [, b]) takes 2 arguments, not 4"},
        {"may(1, 2, 3)", "v.may([a [, b]]) takes 2 arguments, not 3"},
    };
    (void)state;
    CHECK(rows);
}

static void a_table_has_the_keys_that_a_verb_names(void **state)
{
    static const row_t rows[] = {
        {"options({})", "taken 1"},
        {"options({ alpha = 1, beta = 2 })", "taken 1"},
        {"options({ beta = false })", "taken 1"},
        {"options({ alpa = 1 })", "v.options has no option 'alpa'; did you mean 'alpha'?"},
        {"options({ x = 1 })", "v.options has no option 'x'; it has: alpha, beta"},
        {"options({ z = 1, x = 1, y = 1, alpha = 1 })",
         "v.options has no option 'x'; it has: alpha, beta"},
        {"options({ x = 1, z = 1, y = 1 })", "v.options has no option 'x'; it has: alpha, beta"},
        {"options({ 1 })", "v.options: options have names: { alpha = ... }"},
        {"options({ [true] = 1 })", "v.options: options have names: { alpha = ... }"},
        {"list({ 1, 2, beta = 3 })", "taken 1"},
        {"list({ [2] = 1 })", "taken 1"},
        {"list({ [0] = 1 })", "v.list: options have names: { alpha = ... }"},
        {"list({ [1.5] = 1 })", "v.list: options have names: { alpha = ... }"},
        {"list({ 1, x = 1 })", "v.list has no option 'x'; it has: alpha, beta"},
        {"three({ a = 1, b = 1 })", "taken 1"},
        {"three({ nosuch = 1 })", "v.three has no option 'nosuch'; it has: a, b"},
        {"table({ c = 1 })", "taken 1"},
        {"either({ c = 1 })", "taken 1"},
    };
    (void)state;
    CHECK(rows);
}

static void a_type_has_verbs_and_nothing_else(void **state)
{
    static const row_t rows[] = {
        {"result = v.nmber(7)", "x.lua:1: v has no verb 'nmber'; did you mean 'number'?"},
        {"result = obj.x", "x.lua:1: obj has no verb 'x'; it has: go"},
        {"result = v[1]", "x.lua:1: v has verbs only"},
        {"v.x = 1", "x.lua:1: nothing can be assigned to v"},
        {"v.any = 1", "x.lua:1: nothing can be assigned to v"},
        {"result = getmetatable(v)", "false"},
        {"result = tostring(obj)", "obj: 1"},
        {"result = obj:go()", "method 1"},
        {"result = obj:go(7)", "method 2"},
        {"result = obj:go(7, 8)", "x.lua:1: obj:go([a]) takes 1 argument, not 2"},
        {"result = obj:go(nil, nil)", "x.lua:1: obj:go([a]) takes 1 argument, not 2"},
        {"result = obj:go('x')", "x.lua:1: obj:go([a]) takes a number as a, not \"x\""},
        {"result = obj.go(7)",
         "x.lua:1: obj:go([a]) is called with a colon, on what it belongs to"},
        {"result = obj.go()", "x.lua:1: obj:go([a]) is called with a colon, on what it belongs to"},
        {"result = obj.go({})",
         "x.lua:1: obj:go([a]) is called with a colon, on what it belongs to"},
        {"result = obj.go(v)",
         "x.lua:1: obj:go([a]) is called with a colon, on what it belongs to"},
        {"result = obj.go(obj)", "method 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strcmp(run(rows[i].call), rows[i].result) != 0)
            fail_msg("%s: %s", rows[i].call, run(rows[i].call));
    }
}

/* What each takes is kept for as many as there is room; others are read again. */
static void many_verbs_do_not_mix_what_they_take(void **state)
{
    (void)state;
    assert_string_equal(run("result = ''\n"
                            "for round = 1, 3 do for i = 0, 62 do\n"
                            "  local good, bad = {}, 'x'\n"
                            "  if i % 2 == 1 then good, bad = bad, good end\n"
                            "  result = result .. many['m' .. i](good)\n"
                            "  assert(not pcall(many['m' .. i], bad), i)\n"
                            "  assert(v.two('x', 1) == 'taken 2')\n"
                            "  assert(not pcall(v.two, {}))\n"
                            "end end\n"
                            "result = #result"),
                        "189");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verb_takes_the_types_that_it_says),
        cmocka_unit_test(what_a_verb_does_not_take_is_named),
        cmocka_unit_test(arguments_can_be_left_out_from_the_end),
        cmocka_unit_test(surplus_arguments_are_refused),
        cmocka_unit_test(a_table_has_the_keys_that_a_verb_names),
        cmocka_unit_test(a_type_has_verbs_and_nothing_else),
        cmocka_unit_test(many_verbs_do_not_mix_what_they_take),
    };
    make_many();
    return cmocka_run_group_tests_name("sim/verb", tests, NULL, NULL);
}
