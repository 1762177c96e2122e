/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/sim/fuzz_run.h"

#include "sim/script/script.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#define FILE_NAME   "fuzz.lua"
#define TESTS_MAX   4
#define REPORT_MAX  600
#define ARENA_BYTES ((size_t)256 << 20)

/* What came of a script: of its loading, or of each of its tests. */
typedef struct outcome {
    bool loaded;
    bool abandoned; /* a test was ended from deep inside */
    size_t count;
    result_status_t status[TESTS_MAX];
    uint64_t now_us[TESTS_MAX];
    char report[TESTS_MAX][REPORT_MAX]; /* the beginning; [0]: why it could not be loaded */
} outcome_t;

static struct {
    jmp_buf out;
    result_t result;
} deep_end;

static void on_abandon(void *arg, const result_t *result)
{
    (void)arg;
    deep_end.result = *result;
    deep_end.result.name = deep_end.result.tags = NULL;
    longjmp(deep_end.out, 1);
}

static void keep(outcome_t *outcome, size_t test, result_t *result)
{
    fuzz_check(result->status != RESULT_CRASHED);
    fuzz_check(result->status == RESULT_PASSED ||
               (result->report != NULL && result->report[0] != '\0'));
    outcome->status[test] = result->status;
    outcome->now_us[test] = result->now_us;
    if (result->report != NULL)
        snprintf(outcome->report[test], REPORT_MAX, "%s", result->report);
    result_fini(result);
}

static void run_test(script_t *script, size_t test, outcome_t *outcome)
{
    result_t result = {0};
    if (script_test_skip(script, test) != NULL)
        return;
    if (setjmp(deep_end.out) == 0) {
        script_run_test(script, test, &result);
        keep(outcome, test, &result);
    } else {
        outcome->abandoned = true;
        script_abandoned(script);
        keep(outcome, test, &deep_end.result);
    }
}

static void run_all(arena_t *arena, outcome_t *outcome)
{
    const script_options_t options = {
        .seed = 1,
        .limits = {.instant_events = 2000, .virtual_us = UINT64_C(7200) * 1000000},
        .instructions = 20000,
        .memory_bytes = 4u << 20,
        .output_bytes = 1u << 20,
        .arena = arena,
        .abandon = on_abandon};
    memset(outcome, 0, sizeof(*outcome));
    script_t *script = script_load(FILE_NAME, &options, outcome->report[0], REPORT_MAX);
    outcome->loaded = script != NULL;
    fuzz_check(outcome->loaded || outcome->report[0][0] != '\0');
    if (script == NULL)
        return;
    outcome->count = script_test_count(script);
    for (size_t i = 0; i < outcome->count && i < TESTS_MAX; i++)
        run_test(script, i, outcome);
    script_close(script);
}

bool fuzz_run_script(const char *text, size_t size)
{
    static outcome_t first, second;
    fuzz_folder_enter();
    fuzz_write(FILE_NAME, text, size);
    arena_t *arena = arena_create(ARENA_BYTES);
    fuzz_check(arena != NULL);
    run_all(arena, &first);
    arena_destroy(arena);
    /* What is ended from deep inside leaves its memory behind, unless it is in an arena. */
    if (!first.abandoned) {
        run_all(NULL, &second);
        fuzz_check(memcmp(&first, &second, sizeof(first)) == 0);
    }
    fuzz_folder_leave();
    return first.loaded;
}
