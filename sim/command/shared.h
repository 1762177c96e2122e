/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options that several commands share: each row is written here once.
 *
 * Rows with settings of their own are groups: {.group = capture_rows, .offset = offsetof(...)}.
 * Call a group's _done() after the last option: it returns false and reports why if the options do
 * not go together.
 */
#ifndef LO0SIM_SIM_COMMAND_SHARED_H
#define LO0SIM_SIM_COMMAND_SHARED_H

#include "sim/base/color.h"
#include "sim/command/option.h"
#include "sim/core/box.h"
#include "sim/core/era.h"
#include "sim/core/fault.h"
#include "sim/core/hook_object.h"
#include "sim/core/observer.h"
#include "sim/script/script.h"
#include "sim/view/capture.h"
#include "sim/view/ladder_text.h"

/* --seed, a uint64_t. */
#define OPTION_SEED(where)                                                                         \
    {                                                                                              \
        .name = "seed", .argument = "N",                                                           \
        .help = "the seed of ports, sequence and random numbers (1)", .set = option_number,        \
        .offset = (where), .high = UINT64_MAX                                                      \
    }

/* -f, --rules: a const char *, the file. */
#define OPTION_RULES(where)                                                                        \
    {                                                                                              \
        .letter = 'f', .name = "rules", .argument = "FILE", .help = "load an ipf.conf first",      \
        .set = option_text, .offset = (where)                                                      \
    }

/* --rule, which may be given again: shared_rule_t. */
#define SHARED_RULES_MAX 32
typedef struct shared_rule {
    const char *text[SHARED_RULES_MAX];
    size_t count;
} shared_rule_t;
option_set_t option_rule;
#define OPTION_RULE(where)                                                                         \
    {                                                                                              \
        .name = "rule", .argument = "RULE",                                                        \
        .help = "one rule, which sees loopback by itself; may be given again", .set = option_rule, \
        .offset = (where)                                                                          \
    }

/* -6, an int: the family of rules that do not name one. */
option_set_t option_family6;
#define OPTION_FAMILY6(where)                                                                      \
    {                                                                                              \
        .letter = '6', .help = "rules are for IPv6 where they do not say", .set = option_family6,  \
        .offset = (where)                                                                          \
    }

/* --color, a color_when_t. */
#define OPTION_COLOR(where)                                                                        \
    {                                                                                              \
        .name = "color", .argument = "WHEN",                                                       \
        .help = "auto (on a terminal, without NO_COLOR), always or never", .set = option_word,     \
        .offset = (where), .words = color_when_names                                               \
    }

/* --era, a const era_t *. */
option_set_t option_era;

/* --era and --mode. If both are NULL, neither was given. */
typedef struct shared_world {
    const era_t *era;
    const ipf_reply_mode_t *mode;
    ipf_reply_mode_t chosen; /* what `mode` points to */
} shared_world_t;
extern const option_row_t world_rows[];

/* --hook: hook_objects_t, which the caller ends with hook_objects_fini(). */
extern const option_row_t hook_rows[];
bool shared_hooks_done(const command_t *command, hook_objects_t *objects);

/* --fault: a fault_list_t. */
extern const option_row_t fault_rows[];

/* -w, --tap, --linktype, --jsonl, --html: what is written of each test. `observers` points into the
 * struct once shared_files_done() was called. */
typedef struct shared_files {
    observer_t list[OBSERVERS_MAX];
    const observer_t *observers[OBSERVERS_MAX];
    size_t count;
    const char *capture;       /* -w; NULL: no capture is wanted */
    const char *capture_other; /* a given option that needs -w */
    const char *linktype;      /* what --linktype said; NULL: nothing */
    capture_options_t options;
} shared_files_t;
extern const option_row_t files_rows[];
bool shared_files_done(const command_t *command, shared_files_t *files);

/* --ladder, --width and --ascii. */
typedef struct shared_ladder {
    bool wanted;
    bool ascii;
    uint64_t width; /* 0: as wide as the terminal */
} shared_ladder_t;
extern const option_row_t ladder_rows[];
bool shared_ladder_done(const command_t *command, const shared_ladder_t *ladder);

/* The style of a ladder printed to `out`. Unless an option says otherwise, it is as wide as the
 * terminal, and in ASCII if the terminal's locale is not UTF-8. */
ladder_style_t shared_ladder_style(const shared_ladder_t *ladder, color_when_t color, FILE *out);

/* Lets each test draw its ladder as a part of its result, after shared_files_done(). `style` must
 * outlive the run. */
void shared_ladder_observe(shared_files_t *files, const ladder_style_t *style);

#endif
