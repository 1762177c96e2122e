/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/shared.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/command/hook_trial.h"
#include "sim/view/jsonl.h"
#include "sim/view/ladder_svg.h"
#include "sim/view/page.h"

#include <string.h>

bool option_family6(void *where, const option_given_t *given)
{
    int *family = where;
    (void)given;
    *family = 6;
    return true;
}

/* ---- --era and --mode ---- */

bool option_era(void *where, const option_given_t *given)
{
    const era_t **era = where;
    *era = era_find(given->text);
    return *era != NULL || option_unknown(given->command, "era", given->text, era_names);
}

static bool set_mode(void *where, const option_given_t *given)
{
    shared_world_t *world = where;
    world->mode = &world->chosen;
    return reply_mode_find(given->text, &world->chosen) ||
           option_unknown(given->command, "reply mode", given->text, reply_mode_names);
}

const option_row_t world_rows[] = {{.name = "mode",
                                    .argument = "MODE",
                                    .help = "the reply mode: %w (`man lo0sim`)",
                                    .set = set_mode,
                                    .words = reply_mode_names},
                                   {.name = "era",
                                    .argument = "ERA",
                                    .help = "%w",
                                    .set = option_era,
                                    .words = era_names,
                                    .offset = offsetof(shared_world_t, era)},
                                   {0}};

/* ---- --rule ---- */

bool option_rule(void *where, const option_given_t *given)
{
    shared_rule_t *rule = where;
    if (rule->count == SHARED_RULES_MAX) {
        command_mistake(given->command->name, "--rule may be given %d times: write a file, and -f",
                        SHARED_RULES_MAX);
        return false;
    }
    rule->text[rule->count++] = given->text;
    return true;
}

/* ---- --hook ---- */

static bool set_hook(void *where, const option_given_t *given)
{
    char error[1024];
    if (hook_objects_add(where, given->text, error, sizeof(error)))
        return true;
    command_mistake(given->command->name, "%s", error);
    return false;
}

bool shared_hooks_done(const command_t *command, hook_objects_t *objects)
{
    char error[1024];
    if (objects->count == 0 || (hook_trial(objects, error, sizeof(error)) &&
                                hook_objects_open(objects, error, sizeof(error))))
        return true;
    command_mistake(command->name, "%s", error);
    return false;
}

const option_row_t hook_rows[] = {
    {.name = "hook",
     .argument = "FILE.so[:ARGS]",
     .help = "register a shared object's hooks in each box; may be given again (docs/hooks.md)",
     .set = set_hook},
    {0}};

/* ---- --fault ---- */

static bool set_fault(void *where, const option_given_t *given)
{
    char error[1024];
    if (fault_list_add(where, given->text, error, sizeof(error)))
        return true;
    command_mistake(given->command->name, "%s", error);
    return false;
}

const option_row_t fault_rows[] = {
    {.name = "fault",
     .argument = "FAULT",
     .help = "let something go wrong, such as 'drop SYN 1' or 'reset after 1000 bytes'; may be "
             "given again (docs/faults.md)",
     .set = set_fault},
    {0}};

/* ---- files ---- */

static bool add_observer(const command_t *command, shared_files_t *files, observer_t observer)
{
    if (observer.file[0] == '\0' || strcmp(observer.file, "-") == 0) {
        command_mistake(command->name, "%s takes the name of a file%s", observer.option,
                        observer.file[0] == '-' ? ": the results are on standard output" : "");
        return false;
    }
    for (size_t i = 0; i < files->count; i++) {
        if (strcmp(files->list[i].option, observer.option) == 0) {
            command_mistake(command->name, "%s is given twice", observer.option);
            return false;
        }
        if (strcmp(files->list[i].file, observer.file) == 0) {
            command_mistake(command->name, "%s and %s name one file, %s", files->list[i].option,
                            observer.option, observer.file);
            return false;
        }
    }
    files->list[files->count] = observer;
    files->observers[files->count] = &files->list[files->count];
    files->count++;
    return true;
}

static bool set_jsonl(void *where, const option_given_t *given)
{
    return add_observer(given->command, where, jsonl_observer("--jsonl", given->text));
}

static bool set_html(void *where, const option_given_t *given)
{
    return add_observer(given->command, where, page_observer("--html", given->text));
}

static bool set_svg(void *where, const option_given_t *given)
{
    return add_observer(given->command, where, ladder_svg_observer("--svg", given->text));
}

static bool set_capture(void *where, const option_given_t *given)
{
    shared_files_t *files = where;
    if (files->capture != NULL) {
        command_mistake(given->command->name,
                        "-w is given twice; a capture is of one tap, in one file");
        return false;
    }
    files->capture = given->text;
    return true;
}

static bool set_tap(void *where, const option_given_t *given)
{
    shared_files_t *files = where;
    files->capture_other = "--tap";
    int tap = tap_find(given->text);
    files->options.tap = tap >= 0 ? (tap_t)tap : TAP_SNOOP;
    return tap >= 0 || option_unknown(given->command, "tap", given->text, tap_names);
}

static bool set_linktype(void *where, const option_given_t *given)
{
    shared_files_t *files = where;
    files->capture_other = "--linktype";
    files->linktype = given->text;
    return capture_linktype_find(given->text, &files->options.linktype) ||
           option_unknown(given->command, "link type", given->text, capture_linktype_names);
}

bool shared_files_done(const command_t *command, shared_files_t *files)
{
    files->options.snoop = files->capture != NULL && capture_is_snoop(files->capture);
    if (files->options.snoop && files->linktype != NULL &&
        files->options.linktype != CAPTURE_IPNET) {
        command_mistake(command->name,
                        "-w %s is a file of snoop's, whose link type is ipnet, not %s; name it "
                        "FILE.pcapng",
                        files->capture, files->linktype);
        return false;
    }
    if (files->capture != NULL)
        return add_observer(command, files, capture_observer(files->capture, &files->options));
    if (files->capture_other == NULL)
        return true;
    command_mistake(command->name, "%s says what -w writes: give -w FILE.pcapng, too",
                    files->capture_other);
    return false;
}

const option_row_t files_rows[] = {
    {.name = "jsonl",
     .argument = "FILE",
     .help = "the trace as JSON lines (docs/jsonl.md)",
     .set = set_jsonl},
    {.letter = 'w',
     .name = "write",
     .argument = "FILE",
     .help = "a capture: pcapng, or snoop's where FILE ends in .snoop (docs/captures.md)",
     .set = set_capture},
    {.name = "tap",
     .argument = "TAP",
     .help = "where -w looks: snoop (snoop's place), wire, or LOOPBACK_OUT, LOOPBACK_IN, "
             "PHYSICAL_OUT or PHYSICAL_IN, with :before or :after its hooks",
     .set = set_tap},
    {.name = "linktype",
     .argument = "TYPE",
     .help = "of -w: null, raw, or ipnet, which is Solaris' own (null)",
     .set = set_linktype},
    {.name = "html",
     .argument = "FILE",
     .help = "the ladder, events and packets as a page (docs/pictures.md)",
     .set = set_html},
    {.name = "svg",
     .argument = "FILE",
     .help = "the ladder as a picture, light or dark as its reader likes it",
     .set = set_svg},
    {0}};

/* ---- --ladder ---- */

bool shared_ladder_done(const command_t *command, const shared_ladder_t *ladder)
{
    if (ladder->wanted || (ladder->width == 0 && !ladder->ascii))
        return true;
    command_mistake(command->name, "%s says how --ladder draws: give --ladder, too",
                    ladder->ascii ? "--ascii" : "--width");
    return false;
}

ladder_style_t shared_ladder_style(const shared_ladder_t *ladder, color_when_t color, FILE *out)
{
    return (ladder_style_t){.width =
                                ladder->width != 0 ? (unsigned)ladder->width : terminal_width(out),
                            .ascii = ladder->ascii || terminal_is_ascii(out),
                            .color = color_wanted(out, color)};
}

const option_row_t ladder_rows[] = {
    {.name = "ladder",
     .help = "draw the packets' ways between the stations (docs/pictures.md)",
     .set = option_flag,
     .offset = offsetof(shared_ladder_t, wanted)},
    {.name = "width",
     .argument = "N",
     .help = "how wide: 40 to 1000 columns (COLUMNS, the terminal, 80)",
     .set = option_number,
     .offset = offsetof(shared_ladder_t, width),
     .low = LADDER_WIDTH_MIN,
     .high = LADDER_WIDTH_MAX},
    {.name = "ascii",
     .help = "of ASCII characters only",
     .set = option_flag,
     .offset = offsetof(shared_ladder_t, ascii)},
    {0}};

void shared_ladder_observe(shared_files_t *files, const ladder_style_t *style)
{
    files->list[files->count] = ladder_observer("--ladder", style);
    files->observers[files->count] = &files->list[files->count];
    files->count++;
}
