/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What work costs of a script's budget of instructions: the same on every machine, so that a budget
 * ends at the same call everywhere.
 */
#include "sim/script/script_impl.h"
#include "tests/temporary.h"

#include <lcount.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define ROUNDS 4000

static const char path[] = "x.lua";

/* What a test costs, in a file with this chunk, whose function does `before` once, and then `body`
 * so many times. */
static uint64_t cost_of(const char *chunk, const char *before, const char *body, int rounds)
{
    const script_options_t options = {
        .seed = 1,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .instructions = UINT64_C(1000000000)};
    char error[1000];
    result_t result = {0};
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "%s\ntest('t', function(box)\n%s\nfor i = 1, %d do\n%s\nend\nend)\n", chunk,
            before, rounds, body);
    fclose(out);
    script_t *script = script_load(path, &options, error, sizeof(error));
    if (script == NULL)
        fail_msg("%s", error);
    script_run_test(script, 0, &result);
    if (result.status != RESULT_PASSED)
        fail_msg("%s: %s", body, result.report);
    lua_work(sandbox_lua(script->sandbox), 1000000); /* so that all is told */
    uint64_t cost = *sandbox_spent(script->sandbox) - 1000000;
    result_fini(&result);
    script_close(script);
    return cost;
}

/* Rows: what is done once, what is done again and again, and what each time costs, beside the loop
 * itself. Instructions are counted in thousands. */
static void work_costs_what_it_costs_everywhere(void **state)
{
    static const struct {
        const char *before, *body;
        unsigned cost;
    } rows[] = {
        {"", "box:now()", 102},
        {"local t = { 1, 2, 3 }", "expect.eq(t, { 1, 2, 3 })", 134},
        {"", "pcall(function() return nosuchname end)", 57},
        {"local t = { a = 1, b = 2, c = 3, d = 4 }", "for k in pairs(t) do end", 52},
        {"local t = { a = 1, b = 2, c = 3, d = 4 }", "next(t)", 13},
        {"local t = { a = 1, b = 2, c = 3, d = 4 }", "next(t, 'b')", 18},
        {"local a, b = ('x'):rep(1600) .. 'a', ('x'):rep(1600) .. 'b' local t = { [a] = 1, [b] = 2 "
         "}",
         "next(t)", 158},
        {"", "table.sort({ 4, 3, 2, 1 })", 33},
        {"", "table.sort({ 4, 3, 2, 1 }, function(a, b) return a < b end)", 46},
        {"", "tostring({})", 11},
        {"local e = function() end", "tostring(e)", 8},
        {"", "box:filter('pass in all\\npass out all\\n')", 203},
        {"", "box:ipf_add('pass in all') box:ipf_remove('pass in all')", 294},
        {"box:filter('pass in all')", "box:ipfstat('-i')", 151},
        {"", "box:ipmon()", 102},
        {"", "box:hosts({ a = '::1', b = '::1', c = '::1' })", 114},
        {"", "box:note('x')", 113},
        {"box:listen(22)", "box:endpoints()", 203},
        {"", "box:sleep(0.001)", 153},
        {"", "box:spawn('p', function() end)", 1313},
        {"", "box:settle()", 102},
        {"", "box:udp():close()", 216},
        {"", "pcall(box.connect, box, '127.0.0.1', 22, { address = '10.9.9.9' })", 117},
        {"", "box:poll({}, 0)", 104},
        {"box:always('c', function() return true end)", "box:sleep(0.001)", 155},
        {"box:hook('LOOPBACK_OUT', function() end) local u = box:udp(9)",
         "u:sendto('x', '127.0.0.1', 9) u:recv()", 372},
        {"local u = box:udp(9)", "u:sendto('x', '127.0.0.1', 9) u:recv()", 370},
        {"local u = box:udp(9)", "u:ready() u:port() u:getsockname() u:set{ rcvbuf = 9 }", 415},
        {"local u = box:udp(9)", "u:sendto('x', '127.0.0.1', 9) u:recv() box:packets('lo0')", 516},
        {"local u = box:udp(9)",
         "u:sendto('x', '::1', 9) u:recv() box:expect_packets('lo0', { '::1.9 > ::1.9 udp' })",
         578},
    };
    (void)state;
    uint64_t loop = cost_of("", "", "", ROUNDS);
    bool right = true;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool few = strstr(rows[i].body, "spawn") != NULL; /* they stay until the end */
        int rounds = few ? ROUNDS / 10 : ROUNDS;
        uint64_t cost =
            cost_of("", rows[i].before, rows[i].body, rounds) - (few ? loop / 10 : loop);
        unsigned each = (unsigned)((cost + (uint64_t)rounds / 2) / (uint64_t)rounds);
        unsigned about = rows[i].cost / 100; /* what collects garbage counts, too */
        if (each + about >= rows[i].cost && each <= rows[i].cost + about)
            continue;
        print_error("%s: %u, not %u\n", rows[i].body, each, rows[i].cost);
        right = false;
    }
    assert_true(right);
}

/* What a chunk has done before its tests begin is not theirs, were it only a little. */
static void a_test_has_its_budget_for_itself(void **state)
{
    (void)state;
    uint64_t cost = 0;
    for (int times = 1; times < 300; times += 7) {
        char chunk[100];
        snprintf(chunk, sizeof(chunk), "local t = { 1 } for i = 1, %3d do next(t) end", times);
        uint64_t now = cost_of(chunk, "", "box:now()", 100);
        cost = times == 1 ? now : cost;
        assert_in_range(now, cost - 3, cost + 3); /* what collects garbage counts, too */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_costs_what_it_costs_everywhere),
        cmocka_unit_test(a_test_has_its_budget_for_itself),
    };
    return chdir(temporary_folder()) != 0 ||
           cmocka_run_group_tests_name("sim/cost", tests, NULL, NULL) != 0;
}
