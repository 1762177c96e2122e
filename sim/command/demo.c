/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim demo: the question, two pictures and their answer. Both come from runs that happen now.
 */
#include "sim/base/errno_name.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/output.h"
#include "sim/base/terminal.h"
#include "sim/base/wrap.h"
#include "sim/command/command.h"
#include "sim/command/demo_screen.h"
#include "sim/command/shared.h"
#include "sim/core/box.h"
#include "sim/view/ladder_svg.h"
#include "sim/view/who.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define RULE "block return-rst in on lo0 proto tcp from any to any port = 22"

/* One run of `telnet localhost 22`, somebody listening. */
typedef struct act {
    const char *title, *moral;
    ipf_reply_mode_t mode;
} act_t;

static const act_t acts[] = {
    {.title = "Before the fix: IP Filter eats the SYN and sends a RST of its own.",
     .moral = "The RST is lost: it is to leave by a wire, and lo0 has none. So nobody tells the "
              "client, which sends its SYN again until it gives up.",
     .mode = IPF_REPLY_INJECT},
    {.title = "After the fix of 2009: the SYN itself becomes the RST.",
     .moral = "Nothing has to be sent: the packet goes on up the stack, with its addresses "
              "swapped, and there it finds the client.",
     .mode = IPF_REPLY_REWRITE},
};

#define ACT_COUNT (sizeof(acts) / sizeof(acts[0]))

typedef struct run {
    ladder_t *ladder;
    char result[WHO_MAX + 60];
} run_t;

typedef struct demo_options {
    color_when_t color;
    bool is_long;
    const char *svg;
} demo_options_t;

bool demo_screen_ends(void)
{
    char line[80];
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return true;
    fputs("-- Enter: go on; q: enough -- ", stdout);
    fflush(stdout);
    return fgets(line, sizeof(line), stdin) != NULL && line[0] != 'q';
}

/* => Returns false if lo0sim itself failed. */
static bool play(const act_t *act, run_t *run)
{
    char by[WHO_MAX];
    ipf_error_t error;
    const ip_endpoint_t sshd = {ip_address_loopback(AF_INET), 22};
    box_t *box = box_create(1, NULL, 0);
    if (box == NULL)
        return false;
    who_t *who = must_have(who_create());
    run->ladder = must_have(ladder_create());
    trace_add_sink(box->trace, ladder_event, run->ladder);
    trace_add_sink(box->trace, who_event, who);
    box_set_reply_mode(box, act->mode);
    bool loaded = box_filter(box, RULE, strlen(RULE), true, &error) == 0;
    int err = box_connect(box, &sshd.ie_addr, sshd.ie_port, true);
    ladder_finish(run->ladder);
    who_answered(who, &sshd, err, by);
    snprintf(run->result, sizeof(run->result), "%s after %.3f s: %s",
             err == 0 ? "connected" : errno_name(err), (double)box_now(box) / 1e6, by);
    who_destroy(who);
    box_destroy(box);
    return loaded;
}

static void show(const act_t *act, const run_t *run, const ladder_style_t *style)
{
    const char *bold = style->color ? "\033[1m" : "", *plain = style->color ? "\033[0m" : "";
    printf("%s%s%s\n", bold, act->title, plain);
    ladder_print(run->ladder, style, stdout);
    printf("%s%s%s\n", bold, run->result, plain);
    wrap_print(stdout, act->moral, 0, 0, style->width);
}

static void show_ways_on(void)
{
    printf("\nNow your own rules (they begin with `set intercept_loopback true;`), and more:\n"
           "  lo0sim outcomes -f ipf.conf      what they do to clients, for every port\n"
           "  lo0sim connect --ladder --listen -f ipf.conf localhost 22    one connect\n"
           "  lo0sim demo --long               six ways a connect can go, byte by byte\n");
}

/* => Returns the exit code. */
static int write_picture(const char *path, const run_t *runs)
{
    ladder_svg_part_t parts[ACT_COUNT];
    output_t *output = output_to_file(path, 0);
    if (output == NULL)
        return command_mistake("demo", "--svg: %s: %s", path, strerror(errno));
    for (size_t i = 0; i < ACT_COUNT; i++)
        parts[i] = (ladder_svg_part_t){runs[i].ladder, acts[i].title, runs[i].result};
    ladder_svg_write(output_stream(output), parts, ACT_COUNT);
    if (output_commit(output))
        return 0;
    command_mistake("demo", "--svg: %s: %s", path, strerror(errno));
    return EXIT_CRASHED;
}

static void tell(const run_t *runs, const demo_options_t *options)
{
    bool color = color_wanted(stdout, options->color);
    const shared_ladder_t ladder = {.wanted = true};
    ladder_style_t style = shared_ladder_style(&ladder, options->color, stdout);
    style.bare = true;
    style.width = style.width > 100 ? 100 : style.width;
    printf("%stelnet localhost 22%s hangs for 30 s under a rule that should refuse it. Why?\n",
           color ? "\033[1m" : "", color ? "\033[0m" : "");
    for (size_t i = 0; i < ACT_COUNT; i++) {
        putchar('\n');
        show(&acts[i], &runs[i], &style);
        if (i + 1 < ACT_COUNT && !demo_screen_ends())
            return;
    }
    show_ways_on();
}

/* => Returns the exit code. */
static int run_acts(const demo_options_t *options)
{
    run_t runs[ACT_COUNT] = {{0}};
    int code = 0;
    for (size_t i = 0; i < ACT_COUNT && code == 0; i++)
        code = play(&acts[i], &runs[i]) ? 0 : EXIT_CRASHED;
    if (code == 0 && options->svg != NULL)
        code = write_picture(options->svg, runs);
    else if (code == 0)
        tell(runs, options);
    for (size_t i = 0; i < ACT_COUNT; i++)
        ladder_destroy(runs[i].ladder);
    return code;
}

static const option_row_t rows[] = {
    {.name = "long",
     .help = "six ways that a connect can go, each with its packets' ways, and the bytes",
     .set = option_flag,
     .offset = offsetof(demo_options_t, is_long)},
    {.name = "svg",
     .argument = "FILE",
     .help = "write the two pictures there, and print nothing",
     .set = option_text,
     .offset = offsetof(demo_options_t, svg)},
    OPTION_COLOR(offsetof(demo_options_t, color)),
    OPTION_HELP,
    {0}};

static int run(int argc, char **argv)
{
    demo_options_t options = {.color = COLOR_AUTO};
    option_words_t words;
    int code = options_take(&command_demo, argc, argv, &options, &words);
    if (code >= 0)
        return code;
    if (words.count > 0)
        return command_mistake("demo", "takes no arguments");
    if (options.is_long && options.svg != NULL)
        return command_mistake("demo", "--svg has the two pictures of the short story: without "
                                       "--long");
    if (options.is_long)
        return demo_long(color_wanted(stdout, options.color)) ? 0 : EXIT_CRASHED;
    return run_acts(&options);
}

const command_t command_demo = {
    .name = "demo",
    .what = "the story, in two pictures",
    .run = run,
    .synopsis = "[OPTION...]",
    .text = "Shows what the fix of 2009 changed, on runs that happen now. On a terminal it waits "
            "for Enter at the end of each screen.",
    .rows = rows,
    .tail = "exit: 0 it ran, 2 a mistake on the command line, 3 lo0sim itself failed",
};
