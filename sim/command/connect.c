/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim connect: the way in without Lua. One connect on a fresh box: its path, its errno and the
 * virtual time it took.
 */
#include "sim/base/errno_name.h"
#include "sim/base/mistake.h"
#include "sim/command/command.h"
#include "sim/command/one_box.h"

typedef struct connect_line {
    one_box_options_t one;
    bool listen;
    in6_addr_t address;
    uint16_t port;
} connect_line_t;

static const option_row_t rows[] = {
    {.group = one_box_rows, .offset = offsetof(connect_line_t, one)},
    {.name = "listen",
     .help = "let somebody listen on the port",
     .set = option_flag,
     .offset = offsetof(connect_line_t, listen)},
    {.help = "What is written:"},
    {.group = one_box_view_rows, .offset = offsetof(connect_line_t, one)},
    OPTION_HELP,
    {0}};

static bool parse_target(connect_line_t *line, const char *address, const char *port)
{
    uint64_t number;
    if (!ip_address_parse(address, &line->address)) {
        command_mistake("connect", "'%s' is not an IP address, nor localhost", address);
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
    if (words.count != 2)
        return command_mistake("connect", "an address and a port are needed, such as: "
                                          "lo0sim connect 127.0.0.1 22");
    if (!parse_target(line, words.list[0], words.list[1]) ||
        !one_box_done(&command_connect, &line->one))
        return EXIT_MISTAKE;
    return -1;
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
    if (code == 0)
        printf("\n%s after %.3f s\n", err == 0 ? "connected" : errno_name(err),
               (double)box_now(one.box) / 1e6);
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
    .synopsis = "[OPTION...] ADDRESS PORT",
    .text = "Connects on a fresh box and prints the packet's path, the errno that the application "
            "sees and the virtual time.",
    .rows = rows,
    .tail = "exit: 0 whatever became of the connect, 2 a mistake on the command line or in the "
            "rules",
};
