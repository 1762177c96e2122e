/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A box is a value: a test that is run again in the same process, and boxes that live side by side,
 * give the same bytes.
 */
#include "sim/core/box.h"
#include "sim/script/script.h"
#include "sim/view/jsonl.h"
#include "sim/view/timeline.h"
#include "tests/temporary.h"

#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define BOXES 200

static script_options_t options_of(const observer_t *const *observers)
{
    return (script_options_t){
        .seed = 1,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .observers = observers,
        .observer_count = 1};
}

static void assert_same(const result_t *a, const result_t *b, const char *path, const char *test)
{
    char *first = spool_text(a->trace, SIZE_MAX), *second = spool_text(b->trace, SIZE_MAX);
    if (a->status != b->status || a->now_us != b->now_us || strcmp(a->report, b->report) != 0 ||
        strcmp(first, second) != 0)
        fail_msg("%s: '%s' is not the same when it is run again:\n%s\n---\n%s%s\n---\n%s", path,
                 test, a->report, first, b->report, second);
    free(first);
    free(second);
}

/* Runs each test of a file twice, the second time after all others. */
static size_t run_twice(const char *path)
{
    const observer_t timeline = timeline_observer("-v");
    const script_options_t options = options_of((const observer_t *const[]){&timeline});
    char error[1024];
    script_t *script = script_load(path, &options, error, sizeof(error));
    if (script == NULL)
        fail_msg("%s", error);
    size_t count = script_test_count(script);
    result_t *first = calloc(count + 1, sizeof(*first));
    for (size_t i = 0; i < count; i++) {
        if (script_test_skip(script, i) == NULL)
            script_run_test(script, i, &first[i]);
    }
    for (size_t i = 0; i < count; i++) {
        result_t second = {0};
        if (script_test_skip(script, i) != NULL)
            continue;
        script_run_test(script, i, &second);
        assert_int_equal(second.status, RESULT_PASSED);
        assert_true(spool_size(second.trace) > 0);
        assert_same(&first[i], &second, path, script_test_name(script, i));
        result_fini(&first[i]);
        result_fini(&second);
    }
    free(first);
    script_close(script);
    return count;
}

static void a_test_run_again_in_the_same_process_gives_the_same_bytes(void **state)
{
    (void)state;
    glob_t files;
    size_t count = 0;
    assert_int_equal(glob(LO0SIM_SCENARIOS "/*.lua", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        count += run_twice(files.gl_pathv[i]);
    globfree(&files);
    assert_true(count > 300);
}

static void write_script(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* What the first run changes in Lua is not there in the second. */
static void a_test_finds_what_the_chunk_left_and_not_what_a_test_did(void **state)
{
    (void)state;
    const char *path = temporary_path("x.lua");
    write_script(path, "local count = 0\n"
                       "test('a', function(box) count = count + 1 box:note('count ' .. count)\n"
                       "  box:note('random ' .. math.random(1000)) end)\n");
    run_twice(path);
}

/* A name that the script's text does not show: the test is run again, from the start. */
static void expect_packets_unannounced_finds_what_passed_before(void **state)
{
    static const char *const calls[] = {
        "box[verb](box, 'lo0', want)",
        "pcall(function() box[verb](box, 'lo0', want) end)",
        "box[verb](box, 'lo0', want) ran = ran + 1 expect.eq(ran, 1)",
        "local t = setmetatable({}, {__index = function() box[verb](box, 'lo0', want) return 1 "
        "end})\n"
        "expect.eq(t.x, 1)",
        "box:spawn('other', function() box[verb](box, 'lo0', want) end):join()",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        const char *path = temporary_path("x.lua");
        char text[2000];
        snprintf(text, sizeof(text),
                 "local verb, ran = 'expect_pack' .. 'ets', 0\n"
                 "local want = {'127.0.0.1.* > 127.0.0.1.22 S', '127.0.0.1.22 > 127.0.0.1.* R.'}\n"
                 "test('t', function(box)\n"
                 "  box:connect('127.0.0.1', 22)\n"
                 "  %s\n"
                 "end)\n",
                 calls[i]);
        write_script(path, text);
        run_twice(path);
    }
}

/* How often an observer has begun, been asked to look, and ended. */
static unsigned begun, looked, ended;

static void *begin_to_count(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)self;
    (void)box;
    (void)test;
    (void)out;
    begun++;
    return &begun;
}

static void count_look(void *seen)
{
    (void)seen;
    looked++;
}

static void count_end(void *seen, const result_t *result)
{
    (void)seen;
    (void)result;
    ended++;
}

/* Rows: a test's body, and how often it is run. Whatever begins ends, also in a run that does not
 * count. */
static void an_observer_ends_as_often_as_it_begins(void **state)
{
    static const struct {
        const char *body;
        unsigned runs;
        result_status_t status;
    } rows[] = {
        {"box:sleep(1)", 1, RESULT_PASSED},
        {"expect.fail()", 1, RESULT_FAILED},
        {"box:listen(22):accept()", 1, RESULT_FAILED},
        {"box[verb](box, 'lo0', {})", 2, RESULT_PASSED},
        {"box:connect('127.0.0.1', 22) box[verb](box, 'lo0', want)", 2, RESULT_PASSED},
        {"box:connect('127.0.0.1', 22) box[verb](box, 'lo0', {})", 2, RESULT_FAILED},
    };
    const observer_t counts = {.option = "-x",
                               .place = OBSERVER_NOWHERE,
                               .begin = begin_to_count,
                               .look = count_look,
                               .end = count_end};
    const script_options_t options = options_of((const observer_t *const[]){&counts});
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *path = temporary_path("x.lua");
        char text[300], error[1024];
        result_t result = {0};
        snprintf(text, sizeof(text),
                 "local verb = 'expect_pack' .. 'ets'\n"
                 "local want = {'127.0.0.1.* > 127.0.0.1.22 S', '127.0.0.1.22 > 127.0.0.1.* R.'}\n"
                 "test('t', function(box) %s end)\n",
                 rows[i].body);
        write_script(path, text);
        script_t *script = script_load(path, &options, error, sizeof(error));
        begun = looked = ended = 0;
        script_run_test(script, 0, &result);
        if (result.status != rows[i].status || begun != rows[i].runs || looked != begun ||
            ended != begun)
            fail_msg("%s: %u begun, %u looked, %u ended", rows[i].body, begun, looked, ended);
        result_fini(&result);
        script_close(script);
    }
}

/* One that does not pass without the packets. */
static void expect_packets_unannounced_fails_where_they_differ(void **state)
{
    (void)state;
    const char *path = temporary_path("x.lua");
    char error[1024];
    write_script(path, "local verb = 'expect_pack' .. 'ets'\n"
                       "test('t', function(box)\n"
                       "  box:connect('127.0.0.1', 22)\n"
                       "  box[verb](box, 'lo0', {})\n"
                       "end)\n");
    const script_options_t options = options_of(NULL);
    script_options_t none = options;
    none.observer_count = 0;
    script_t *script = script_load(path, &none, error, sizeof(error));
    result_t result = {0};
    script_run_test(script, 0, &result);
    assert_int_equal(result.status, RESULT_FAILED);
    assert_non_null(strstr(result.report, "lo0"));
    result_fini(&result);
    script_close(script);
}

/* ---- side by side ---- */

typedef struct seen {
    box_t *box;
    char *text;
    size_t size;
    FILE *out;
    timeline_t *timeline;
    sonode_t *so;
} seen_t;

static void begin(seen_t *seen)
{
    static const char rules[] = "block return-rst in on lo0 proto tcp from any to any port = 22\n";
    ipf_error_t error;
    in6_addr_t address;
    seen->box = box_create(7, NULL, 0);
    assert_non_null(seen->box);
    seen->out = open_memstream(&seen->text, &seen->size);
    seen->timeline = timeline_create(seen->out, 0);
    trace_add_sink(seen->box->trace, timeline_event, seen->timeline);
    assert_int_equal(box_filter(seen->box, rules, strlen(rules), true, &error), 0);
    assert_true(ip_address_parse("127.0.0.1", &address));
    assert_int_equal(so_connect(seen->box->ips, &address, 22, &seen->so), EINPROGRESS);
}

static void end(seen_t *seen)
{
    char leak[200];
    so_close(seen->so);
    assert_true(box_drain(seen->box, leak, sizeof(leak)));
    timeline_destroy(seen->timeline);
    box_destroy(seen->box);
    fclose(seen->out);
}

static void two_hundred_boxes_side_by_side_give_the_same_bytes(void **state)
{
    (void)state;
    seen_t alone = {0}, *seen = calloc(BOXES, sizeof(*seen));
    begin(&alone);
    while (box_step(alone.box) == BOX_RAN)
        continue;
    end(&alone);
    assert_non_null(strstr(alone.text, "fr_make_rst"));
    for (int i = 0; i < BOXES; i++)
        begin(&seen[i]);
    for (bool any = true; any;) {
        any = false;
        for (int i = 0; i < BOXES; i++)
            any = box_step(seen[i].box) == BOX_RAN || any;
    }
    for (int i = BOXES - 1; i >= 0; i--)
        end(&seen[i]);
    for (int i = 0; i < BOXES; i++) {
        assert_string_equal(seen[i].text, alone.text);
        free(seen[i].text);
    }
    free(alone.text);
    free(seen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_test_run_again_in_the_same_process_gives_the_same_bytes),
        cmocka_unit_test(a_test_finds_what_the_chunk_left_and_not_what_a_test_did),
        cmocka_unit_test(expect_packets_unannounced_finds_what_passed_before),
        cmocka_unit_test(an_observer_ends_as_often_as_it_begins),
        cmocka_unit_test(expect_packets_unannounced_fails_where_they_differ),
        cmocka_unit_test(two_hundred_boxes_side_by_side_give_the_same_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
