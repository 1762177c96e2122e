/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim connect: the way in without Lua. One connect on a fresh box: its path, its errno and the
 * virtual time it took.
 */
#include "sim/base/errno_name.h"
#include "sim/base/file_read.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/command/shared.h"
#include "sim/core/box.h"
#include "sim/core/rules_error.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef struct connect_line {
    const char *rules;
    shared_world_t world;
    hook_objects_t hooks;
    shared_files_t files;
    shared_ladder_t ladder;
    color_when_t color;
    bool listen;
    uint64_t seed;
    in6_addr_t address;
    uint16_t port;
    ladder_style_t style;
} connect_line_t;

static const option_row_t rows[] = {
    OPTION_RULES(offsetof(connect_line_t, rules)),
    {.group = world_rows, .offset = offsetof(connect_line_t, world)},
    {.group = hook_rows, .offset = offsetof(connect_line_t, hooks)},
    {.name = "listen",
     .help = "let somebody listen on the port",
     .set = option_flag,
     .offset = offsetof(connect_line_t, listen)},
    OPTION_SEED(offsetof(connect_line_t, seed)),
    {.help = "What is written:"},
    {.group = ladder_rows, .offset = offsetof(connect_line_t, ladder)},
    OPTION_COLOR(offsetof(connect_line_t, color)),
    {.group = files_rows, .offset = offsetof(connect_line_t, files)},
    OPTION_HELP,
    {0}};

static bool parse_target(connect_line_t *line, const char *address, const char *port)
{
    uint64_t number;
    if (!ip_address_parse(address, &line->address)) {
        command_mistake("connect", "'%s' is no IP address, nor localhost", address);
        return false;
    }
    if (!option_parse_number(&command_connect, "PORT", port, 1, 65535, &number))
        return false;
    line->port = (uint16_t)number;
    return true;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, connect_line_t *line)
{
    option_words_t words;
    int code = options_take(&command_connect, argc, argv, line, &words);
    if (code >= 0)
        return code;
    if (!shared_files_done(&command_connect, &line->files) ||
        !shared_ladder_done(&command_connect, &line->ladder))
        return EXIT_MISTAKE;
    if (words.count != 2)
        return command_mistake("connect", "an address and a port are needed, such as: "
                                          "lo0sim connect 127.0.0.1 22");
    line->style = shared_ladder_style(&line->ladder, line->color, stdout);
    return parse_target(line, words.list[0], words.list[1]) ? -1 : EXIT_MISTAKE;
}

/* => Returns 0, or the exit code where the rules are wrong, and has said so. */
static int load_rules(box_t *box, const char *path)
{
    char message[4096];
    size_t length;
    ipf_error_t error;
    char *text = file_read(path, &length, message, sizeof(message));
    if (text == NULL) {
        fprintf(stderr, "%s\n", message);
        return EXIT_MISTAKE;
    }
    int err = box_filter(box, text, length, false, &error);
    int code = rules_report(path, text, length, err, &error);
    free(text);
    return code;
}

/* => Returns 0, or the exit code where an object refused, and has said so. */
static int attach_hooks(box_t *box, const hook_objects_t *hooks)
{
    char error[1024];
    if (box_attach_hooks(box, hooks, error, sizeof(error)))
        return 0;
    return command_mistake("connect", "%s", error);
}

/* What is shown of the connect: its timeline or its ladder, and files. */
typedef struct view {
    timeline_t *timeline;
    ladder_t *ladder;
    observing_t observing[OBSERVERS_MAX];
} view_t;

static void begin_view(view_t *view, box_t *box, const connect_line_t *line)
{
    *view = (view_t){0};
    if (line->ladder.wanted) {
        view->ladder = ladder_create();
        trace_add_sink(box->trace, ladder_event, view->ladder);
    } else {
        view->timeline = timeline_create(stdout, 0);
        trace_add_sink(box->trace, timeline_event, view->timeline);
    }
    if (view->ladder == NULL && view->timeline == NULL)
        must_end();
}

/* => Returns 0, or the exit code where a file cannot be written, and has said so. */
static int begin_files(view_t *view, box_t *box, const connect_line_t *line)
{
    char address[IP_ADDRESS_TEXT_MAX], name[100], rules[4096], error[OBSERVER_ERROR_MAX];
    snprintf(name, sizeof(name), "lo0sim connect %s %u",
             ip_address_text(&line->address, address, sizeof(address)), line->port);
    snprintf(rules, sizeof(rules), line->rules != NULL ? "rules of %s" : "no rules", line->rules);
    const test_info_t test = {
        .path = rules, .name = name, .seed = line->seed, .source = line->rules};
    for (size_t i = 0; i < line->files.count; i++) {
        if (!observing_begin(&view->observing[i], &line->files.list[i], box, &test, 0, error))
            return command_mistake("connect", "%s", error);
    }
    return 0;
}

/* => Returns 0, or the exit code where a file was not written whole, and has said so. */
static int end_files(view_t *view, const box_t *box)
{
    result_t result = {.now_us = box_now(box)};
    char error[OBSERVER_ERROR_MAX];
    int code = 0;
    for (size_t i = 0; i < OBSERVERS_MAX; i++) {
        result_status_t status = observing_end(&view->observing[i], &result, error);
        if (status != RESULT_PASSED)
            command_mistake("connect", "%s", error);
        code = (int)status > code ? (int)status : code;
    }
    return code;
}

static void end_view(view_t *view, const connect_line_t *line, bool show)
{
    timeline_destroy(view->timeline);
    if (view->ladder != NULL && show) {
        ladder_finish(view->ladder);
        ladder_print(view->ladder, &line->style, stdout);
    }
    ladder_destroy(view->ladder);
}

static int run(box_t *box, const connect_line_t *line)
{
    view_t view;
    begin_view(&view, box, line);
    if (line->world.era != NULL)
        box_set_era(box, line->world.era);
    if (line->world.mode != NULL)
        box_set_reply_mode(box, *line->world.mode);
    int code = attach_hooks(box, &line->hooks), err = 0;
    if (code == 0 && line->rules != NULL)
        code = load_rules(box, line->rules);
    if (code == 0)
        code = begin_files(&view, box, line);
    if (code == 0)
        err = box_connect(box, &line->address, line->port, line->listen);
    end_view(&view, line, code == 0);
    int written = end_files(&view, box);
    if (code != 0 || written != 0)
        return code != 0 ? code : written;
    printf("\n%s after %.3f s\n", err == 0 ? "connected" : errno_name(err),
           (double)box_now(box) / 1e6);
    return 0;
}

static int run_on_a_box(connect_line_t *line)
{
    if (!shared_hooks_done(&command_connect, &line->hooks))
        return EXIT_MISTAKE;
    box_t *box = box_create(line->seed, NULL, 0);
    if (box == NULL)
        return command_mistake("connect", "out of memory");
    int code = run(box, line);
    box_destroy(box);
    return code;
}

static int run_command(int argc, char **argv)
{
    connect_line_t line = {.seed = 1};
    int code = parse(argc, argv, &line);
    if (code < 0)
        code = run_on_a_box(&line);
    hook_objects_fini(&line.hooks);
    return code;
}

const command_t command_connect = {
    .name = "connect",
    .what = "one connect, its path, its errno and its time",
    .run = run_command,
    .synopsis = "[OPTION...] ADDRESS PORT",
    .text = "Connects on a fresh box and prints the packet's path, the errno that the application "
            "sees and the virtual time.",
    .rows = rows,
    .tail = "exit: 0 whatever became of the connect, 2 a mistake on the command line or in the "
            "rules",
};
