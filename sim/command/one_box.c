/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/one_box.h"

#include "sim/base/file_read.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/command/host_table.h"
#include "sim/core/rules_error.h"

#include <stdlib.h>

static bool set_line(void *where, const option_given_t *given)
{
    one_box_options_t *options = where;
    if (options->line_count == ONE_BOX_LINES_MAX) {
        command_mistake(given->command->name, "--rule is given more than %d times",
                        ONE_BOX_LINES_MAX);
        return false;
    }
    options->lines[options->line_count++] = given->text;
    return true;
}

const option_row_t one_box_rows[] = {
    OPTION_RULES(offsetof(one_box_options_t, rules)),
    {.name = "rule",
     .argument = "RULE",
     .help = "load this rule, too, which sees lo0's packets; may be given again",
     .set = set_line},
    OPTION_HOSTS,
    {.group = world_rows, .offset = offsetof(one_box_options_t, world)},
    {.group = hook_rows, .offset = offsetof(one_box_options_t, hooks)},
    {.group = fault_rows, .offset = offsetof(one_box_options_t, faults)},
    OPTION_SEED(offsetof(one_box_options_t, seed)),
    {0}};

const option_row_t one_box_view_rows[] = {
    {.group = ladder_rows, .offset = offsetof(one_box_options_t, ladder)},
    OPTION_COLOR(offsetof(one_box_options_t, color)),
    {.group = files_rows, .offset = offsetof(one_box_options_t, files)},
    {0}};

bool one_box_done(const command_t *command, one_box_options_t *options)
{
    return shared_files_done(command, &options->files) &&
           shared_ladder_done(command, &options->ladder) &&
           shared_hooks_done(command, &options->hooks);
}

/* Loads rules, whose first `first` bytes have been loaded before without a mistake.
 * => Returns 0, or the exit code if the rules are wrong, which is reported. */
static int load_text(box_t *box, const char *path, const char *text, size_t length, size_t first,
                     bool intercept)
{
    ipf_error_t error;
    int err = box_filter(box, text, length, intercept, &error);
    for (size_t i = 0; err != 0 && i < first; i++)
        error.line -= text[i] == '\n';
    return rules_report(path, text + first, length - first, err, &error);
}

/* Loads the lines of --rule after those of the file. As in a script, and unlike in a file,
 * interception on lo0 is on unless a line says otherwise. */
static int load_lines(box_t *box, const one_box_options_t *options, const char *text, size_t length)
{
    char *whole = NULL;
    size_t size = 0;
    FILE *out = text_open(&whole, &size);
    fprintf(out, "%.*s%s", (int)length, text, length > 0 && text[length - 1] != '\n' ? "\n" : "");
    fflush(out);
    size_t first = size;
    for (size_t i = 0; i < options->line_count; i++)
        fprintf(out, "%s\n", options->lines[i]);
    fclose(out);
    int code = load_text(box, "--rule", whole, size, first, true);
    free(whole);
    return code;
}

/* => Returns 0, or the exit code and reports why if the rules are wrong. */
static int load_rules(box_t *box, const one_box_options_t *options)
{
    char message[4096], *text = NULL;
    size_t length = 0;
    int code = 0;
    if (options->rules != NULL) {
        text = file_read_or_stdin(options->rules, &length, message, sizeof(message));
        if (text == NULL) {
            visible_printf(stderr, "%s\n", message);
            return EXIT_MISTAKE;
        }
        code = load_text(box, options->rules, text, length, 0, false);
    }
    if (code == 0 && options->line_count > 0)
        code = load_lines(box, options, text != NULL ? text : "", length);
    free(text);
    return code;
}

static void begin_view(one_box_t *one, bool timeline)
{
    if (timeline || one->options->ladder.wanted) {
        one->who = must_have(who_create());
        trace_add_sink(one->box->trace, who_event, one->who);
    }
    if (one->options->ladder.wanted) {
        one->ladder = must_have(ladder_create());
        trace_add_sink(one->box->trace, ladder_event, one->ladder);
    } else if (timeline) {
        one->timeline = must_have(timeline_create(one->out, 0));
        timeline_set_width(one->timeline, terminal_width_or(one->out, TIMELINE_WIDTH));
        trace_add_sink(one->box->trace, timeline_event, one->timeline);
    }
}

/* => Returns 0, or the exit code and reports why if a file cannot be written. */
static int begin_files(one_box_t *one, const char *name)
{
    const one_box_options_t *options = one->options;
    char rules[4096], error[OBSERVER_ERROR_MAX];
    snprintf(rules, sizeof(rules), options->rules != NULL ? "rules of %s" : "no rules",
             options->rules);
    const test_info_t test = {
        .path = rules, .name = name, .seed = options->seed, .source = options->rules};
    for (size_t i = 0; i < options->files.count; i++) {
        if (!observing_begin(&one->observing[i], &options->files.list[i], one->box, &test, 0,
                             error))
            return command_mistake(one->command->name, "%s", error);
    }
    return 0;
}

int one_box_open(one_box_t *one, const command_t *command, const one_box_options_t *options,
                 const char *name, bool timeline, FILE *out)
{
    char error[HOOK_OBJECT_ERROR_MAX];
    *one = (one_box_t){.command = command, .options = options, .out = out};
    one->style = shared_ladder_style(&options->ladder, options->color, out);
    one->box = must_have(box_create(options->seed, NULL, 0));
    begin_view(one, timeline);
    if (options->world.era != NULL)
        box_set_era(one->box, options->world.era);
    if (options->world.mode != NULL)
        box_set_reply_mode(one->box, *options->world.mode);
    if (!box_attach_hooks(one->box, &options->hooks, error, sizeof(error)))
        return command_mistake(command->name, "%s", error);
    const char *why = box_add_faults(one->box, &options->faults);
    if (why != NULL)
        return command_mistake(one->command->name, "--fault: %s", why);
    int code = load_rules(one->box, options);
    return code == 0 ? begin_files(one, name) : code;
}

int one_box_finish(one_box_t *one, bool draw)
{
    result_t result = {.now_us = box_now(one->box)};
    char error[OBSERVER_ERROR_MAX];
    int code = 0;
    timeline_destroy(one->timeline);
    one->timeline = NULL;
    if (one->ladder != NULL && draw) {
        ladder_finish(one->ladder);
        ladder_print(one->ladder, &one->style, one->out);
    }
    for (size_t i = 0; i < OBSERVERS_MAX; i++) {
        result_status_t status = observing_end(&one->observing[i], &result, error);
        if (status != RESULT_PASSED)
            command_mistake(one->command->name, "%s", error);
        code = (int)status > code ? (int)status : code;
    }
    return code;
}

int one_box_say_faults(const one_box_t *one)
{
    char text[FAULT_TALLY_MAX];
    fault_tally_t tally;
    int code = 0;
    for (size_t i = 0; i < box_faults_count(one->box->faults); i++) {
        const fault_t *fault = box_faults_tally(one->box->faults, i, &tally);
        if (tally.struck > 0)
            continue;
        fault_tally_text(fault, &tally, 0, text, sizeof(text));
        command_mistake(one->command->name, "--fault '%s': %s", fault->text, text);
        code = fault_tally_by_chance(fault, &tally) ? code : EXIT_MISTAKE;
    }
    return code;
}

void one_box_close(one_box_t *one)
{
    ladder_destroy(one->ladder);
    who_destroy(one->who);
    box_destroy(one->box);
}
