/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim connect: the way in without Lua. One connect on a fresh box: its path, its errno and the
 * virtual time it took.
 */
#include "sim/base/errno_name.h"

#include "sim/base/file_read.h"
#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/command/ladder.h"
#include "sim/core/box.h"
#include "sim/core/rules_error.h"
#include "sim/view/page.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: lo0sim connect [OPTION...] ADDRESS PORT\n"
    "\n"
    "Connects on a fresh box and prints the packet's path, the errno that the\n"
    "application sees and the virtual time.\n"
    "\n"
    "  -f, --rules FILE   load an ipf.conf\n"
    "      --mode MODE    the reply mode: rewrite (the fix), inject (before it), netinfo\n"
    "                     or errno (not taken)\n"
    "      --era ERA      post, snv_116, illumos or linux\n"
    "      --hook FILE.so[:ARGS]  register a shared object's hooks (docs/hooks.md); may be\n"
    "                     given again\n"
    "      --listen       let somebody listen on the port\n"
    "      --seed N       the seed of ports and sequence numbers (1)\n"
    "  -w, --write FILE.pcapng  write a capture of it (docs/captures.md)\n" COMMAND_CAPTURE_USAGE
        COMMAND_LADDER_USAGE "      --html FILE    write the ladder, events and packets as a page\n"
    "  -h, --help         this text\n"
    "\n"
    "exit: 0 whatever became of the connect, 2 a mistake on the command line or in the rules\n";

enum { OPT_MODE = 256, OPT_ERA, OPT_HOOK, OPT_LISTEN, OPT_SEED, OPT_HTML };

static const struct option long_options[] = {
    {"rules", required_argument, NULL, 'f'},
    {"mode", required_argument, NULL, OPT_MODE},
    {"era", required_argument, NULL, OPT_ERA},
    {"hook", required_argument, NULL, OPT_HOOK},
    {"listen", no_argument, NULL, OPT_LISTEN},
    {"seed", required_argument, NULL, OPT_SEED},
    {"write", required_argument, NULL, 'w'},
    COMMAND_CAPTURE_OPTIONS,
    COMMAND_LADDER_OPTIONS,
    {"html", required_argument, NULL, OPT_HTML},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

typedef struct connect_options {
    const char *rules;
    const char *mode_name;
    ipf_reply_mode_t mode;
    const era_t *era;
    hook_objects_t hooks;
    command_capture_t capture;
    command_observers_t observers;
    bool listen;
    command_ladder_t ladder;
    uint64_t seed;
    in6_addr_t address;
    uint16_t port;
} connect_options_t;

static bool parse_mode(connect_options_t *options, const char *name)
{
    options->mode_name = name;
    if (reply_mode_find(name, &options->mode))
        return true;
    command_mistake(
        "connect", "there is no reply mode '%s'; there are: inject, rewrite, netinfo, errno", name);
    return false;
}

static bool parse_era(connect_options_t *options, const char *name)
{
    options->era = era_find(name);
    if (options->era == NULL)
        command_mistake("connect", "there is no era '%s'; there are: post, snv_116, illumos, linux",
                        name);
    return options->era != NULL;
}

static bool parse_target(connect_options_t *options, const char *address, const char *port)
{
    uint64_t number;
    if (!ip_address_parse(address, &options->address)) {
        command_mistake("connect", "'%s' is no IP address, nor localhost", address);
        return false;
    }
    if (!command_number("connect", "PORT", port, 1, 65535, &number))
        return false;
    options->port = (uint16_t)number;
    return true;
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, connect_options_t *options)
{
    static char name[] = "lo0sim connect";
    int option;
    argv[0] = name; /* what getopt's messages begin with */
    while ((option = getopt_long(argc, argv, "f:w:h", long_options, NULL)) != -1) {
        if (option == 'f' && options->rules != NULL)
            return command_mistake("connect", "-f is given twice; one file has all the rules");
        else if (option == 'f')
            options->rules = optarg;
        else if (option == OPT_LISTEN)
            options->listen = true;
        else if (option == 'h')
            return fputs(usage, stdout) < 0;
        else if (option == OPT_MODE && parse_mode(options, optarg))
            continue;
        else if (option == OPT_ERA && parse_era(options, optarg))
            continue;
        else if (option == OPT_HOOK && command_hook("connect", &options->hooks, optarg))
            continue;
        else if (option == OPT_SEED &&
                 command_number("connect", "--seed", optarg, 0, UINT64_MAX, &options->seed))
            continue;
        else if ((option == OPT_LADDER || option == OPT_WIDTH || option == OPT_ASCII) &&
                 command_ladder("connect", &options->ladder, option, optarg))
            continue;
        else if (option == OPT_HTML &&
                 command_observe("connect", &options->observers, page_observer("--html", optarg)))
            continue;
        else if ((option == 'w' || option == OPT_TAP || option == OPT_LINKTYPE) &&
                 command_capture("connect", &options->capture, option, optarg))
            continue;
        else
            return EXIT_MISTAKE;
    }
    if (!command_capture_done("connect", &options->capture, &options->observers))
        return EXIT_MISTAKE;
    if (!command_ladder_done("connect", &options->ladder))
        return EXIT_MISTAKE;
    if (argc - optind != 2)
        return command_mistake("connect", "an address and a port are needed, such as: "
                                          "lo0sim connect 127.0.0.1 22");
    return parse_target(options, argv[optind], argv[optind + 1]) ? -1 : EXIT_MISTAKE;
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

static void begin_view(view_t *view, box_t *box, const connect_options_t *options)
{
    *view = (view_t){0};
    if (options->ladder.wanted) {
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
static int begin_files(view_t *view, box_t *box, const connect_options_t *options)
{
    char address[IP_ADDRESS_TEXT_MAX], name[100], rules[4096], error[OBSERVER_ERROR_MAX];
    snprintf(name, sizeof(name), "lo0sim connect %s %u",
             ip_address_text(&options->address, address, sizeof(address)), options->port);
    snprintf(rules, sizeof(rules), options->rules != NULL ? "rules of %s" : "no rules",
             options->rules);
    const test_info_t test = {
        .path = rules, .name = name, .seed = options->seed, .source = options->rules};
    for (size_t i = 0; i < options->observers.count; i++) {
        if (!observing_begin(&view->observing[i], &options->observers.list[i], box, &test, 0,
                             error))
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

static void end_view(view_t *view, const connect_options_t *options, bool show)
{
    timeline_destroy(view->timeline);
    if (view->ladder != NULL && show) {
        ladder_finish(view->ladder);
        ladder_print(view->ladder, &options->ladder.style, stdout);
    }
    ladder_destroy(view->ladder);
}

static int run(box_t *box, const connect_options_t *options)
{
    view_t view;
    begin_view(&view, box, options);
    if (options->era != NULL)
        box_set_era(box, options->era);
    if (options->mode_name != NULL)
        box_set_reply_mode(box, options->mode);
    int code = attach_hooks(box, &options->hooks), err = 0;
    if (code == 0 && options->rules != NULL)
        code = load_rules(box, options->rules);
    if (code == 0)
        code = begin_files(&view, box, options);
    if (code == 0)
        err = box_connect(box, &options->address, options->port, options->listen);
    end_view(&view, options, code == 0);
    int written = end_files(&view, box);
    if (code != 0 || written != 0)
        return code != 0 ? code : written;
    printf("\n%s after %.3f s\n", err == 0 ? "connected" : errno_name(err),
           (double)box_now(box) / 1e6);
    return 0;
}

static int run_on_a_box(connect_options_t *options)
{
    if (!command_hooks_open("connect", &options->hooks))
        return EXIT_MISTAKE;
    box_t *box = box_create(options->seed, NULL, 0);
    if (box == NULL)
        return command_mistake("connect", "out of memory");
    int code = run(box, options);
    box_destroy(box);
    return code;
}

int command_connect(int argc, char **argv)
{
    connect_options_t options = {.seed = 1, .ladder = {.style = command_ladder_style(stdout)}};
    int code = parse(argc, argv, &options);
    if (code < 0)
        code = run_on_a_box(&options);
    hook_objects_fini(&options.hooks);
    return code;
}
