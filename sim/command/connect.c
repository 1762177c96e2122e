/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim connect: the way in without Lua. One connect on a fresh box: its path, its errno and the
 * virtual time it took.
 */
#include "sim/base/errno_name.h"
#include "sim/base/mistake.h"
#include "sim/base/visible.h"
#include "sim/command/command.h"
#include "sim/command/one_box.h"
#include "sim/command/services.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct connect_line {
    one_box_options_t one;
    bool listen;
    struct {
        const char *text; /* as it was given; NULL: it is not */
        char result[40];  /* an errno's name, or "connected" */
        double within;    /* seconds; negative: any time */
    } expect;
    in6_addr_t address;
    uint16_t port;
} connect_line_t;

/* ERRNO[,within=S] */
static bool set_expect(void *where, const option_given_t *given)
{
    connect_line_t *line = where;
    const char *comma = strchr(given->text, ',');
    size_t length = comma != NULL ? (size_t)(comma - given->text) : strlen(given->text);
    char *end = NULL;
    line->expect.text = given->text;
    line->expect.within = -1;
    if (length == 0 || length >= sizeof(line->expect.result))
        length = 0;
    memcpy(line->expect.result, given->text, length);
    line->expect.result[length] = '\0';
    bool known = strcmp(line->expect.result, "connected") == 0;
    for (int error = 1; error < 200 && !known; error++)
        known = strcmp(line->expect.result, errno_name(error)) == 0;
    if (comma != NULL && strncmp(comma, ",within=", 8) == 0)
        line->expect.within = strtod(comma + 8, &end);
    if (known && (comma == NULL || (end != NULL && end != comma + 8 && *end == '\0' &&
                                    isfinite(line->expect.within) && line->expect.within >= 0)))
        return true;
    command_mistake("connect",
                    "--expect takes an errno or connected, and perhaps a time in seconds, such as "
                    "ECONNREFUSED,within=0, not '%s'",
                    given->text);
    return false;
}

static const option_row_t rows[] = {
    {.group = one_box_rows, .offset = offsetof(connect_line_t, one)},
    {.name = "listen",
     .help = "let somebody listen on the port",
     .set = option_flag,
     .offset = offsetof(connect_line_t, listen)},
    {.name = "expect",
     .argument = "RESULT",
     .help = "exit 1 if the connect ends otherwise: ECONNREFUSED, connected, "
             "ECONNREFUSED,within=S",
     .set = set_expect},
    {.help = "What is written:"},
    {.group = one_box_view_rows, .offset = offsetof(connect_line_t, one)},
    OPTION_HELP,
    {0}};

static bool parse_target(connect_line_t *line, const char *address, const char *port)
{
    if (!ip_address_parse(address, &line->address)) {
        command_mistake("connect", "'%s' is not an IP address, nor localhost", address);
        return false;
    }
    return services_port(&command_connect, "PORT", port, &line->port);
}

/* => Returns -1 to go on, else the exit code. */
static int parse(int argc, char **argv, connect_line_t *line)
{
    option_words_t words;
    int code = options_take(&command_connect, argc, argv, line, &words);
    if (code >= 0)
        return code;
    if (words.count != 2)
        return command_mistake("connect", "an address and a port are needed, such as: "
                                          "lo0sim connect 127.0.0.1 22");
    if (!parse_target(line, words.list[0], words.list[1]) ||
        !one_box_done(&command_connect, &line->one))
        return EXIT_MISTAKE;
    return -1;
}

/* Whether it ended as --expect says. */
static bool as_expected(const connect_line_t *line, int err, uint64_t now_us)
{
    const char *result = err == 0 ? "connected" : errno_name(err);
    return line->expect.text == NULL ||
           (strcmp(result, line->expect.result) == 0 &&
            (line->expect.within < 0 || (double)now_us <= line->expect.within * 1e6));
}

/* The last line: the result, the time it took, and who decided it.
 * => Returns the exit code. */
static int say_result(const connect_line_t *line, const one_box_t *one, int err)
{
    char who[WHO_MAX];
    const ip_endpoint_t peer = {line->address, line->port};
    who_answered(one->who, &peer, err, who);
    printf("\n%s after %.3f s%s%s\n", err == 0 ? "connected" : errno_name(err),
           (double)box_now(one->box) / 1e6, who[0] != '\0' ? ": " : "", who);
    if (err != 0 && who_no_intercept(one->who))
        visible_printf(stdout, "no rule of %s was asked: it lacks `set intercept_loopback true;`\n",
                       line->one.rules);
    if (as_expected(line, err, box_now(one->box)))
        return 0;
    fflush(stdout);
    fprintf(stderr, "lo0sim connect: not as expected: --expect %s\n", line->expect.text);
    return 1;
}

static int run(const connect_line_t *line)
{
    char address[IP_ADDRESS_TEXT_MAX], name[100];
    one_box_t one;
    snprintf(name, sizeof(name), "lo0sim connect %s %u",
             ip_address_text(&line->address, address, sizeof(address)), line->port);
    int code = one_box_open(&one, &command_connect, &line->one, name, true, stdout), err = 0;
    if (code == 0)
        err = box_connect(one.box, &line->address, line->port, line->listen);
    int written = one_box_finish(&one, code == 0);
    code = code != 0 ? code : written;
    if (code == 0) {
        code = say_result(line, &one, err);
        fflush(stdout);
        int unmet = one_box_say_faults(&one);
        code = code != 0 ? code : unmet;
    }
    one_box_close(&one);
    return code;
}

static int run_command(int argc, char **argv)
{
    connect_line_t line = {.one.seed = 1};
    int code = parse(argc, argv, &line);
    if (code < 0)
        code = run(&line);
    hook_objects_fini(&line.one.hooks);
    return code;
}

const command_t command_connect = {
    .name = "connect",
    .what = "one connect, its path, its errno and its time",
    .run = run_command,
    .knows_machine = true,
    .synopsis = "[OPTION...] ADDRESS PORT",
    .text = "Connects on a fresh box and prints the packet's path, the errno that the application "
            "sees and the virtual time.",
    .rows = rows,
    .tail = "exit: 0 whatever became of the connect, 1 if it is not as --expect has it, 2 a "
            "mistake on the command line or in the rules, or a --fault that nothing met",
};
