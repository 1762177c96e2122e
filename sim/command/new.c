/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim new: a first scenario to start from.
 */
#include "sim/base/mistake.h"
#include "sim/command/command.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define NAME_MAX_LENGTH 200 /* with ".trace" after it, a file's name on any system */

/* Each %s is NAME. */
static const char scenario[] =
    "-- Say here, in a sentence or two, the fact that this file shows.\n"
    "--\n"
    "--   lo0sim run -v %s.lua\n"
    "\n"
    "local SSH = \"block return-rst in on lo0 proto tcp from any to any port = 22\"\n"
    "\n"
    "test(\"a rule refuses the connect at once\", function(box)\n"
    "  box:filter(SSH)\n"
    "  box:spawn(\"sshd\", function() box:listen(22):accept() end)\n"
    "\n"
    "  local sock, err = box:connect(\"127.0.0.1\", 22)\n"
    "\n"
    "  expect.eq(sock, nil)\n"
    "  expect.eq(err, \"ECONNREFUSED\")\n"
    "  expect.eq(box:now(), 0)\n"
    "  box:expect_packets(\"lo0\", { \"127.0.0.1.22 > 127.0.0.1.* R. 0:0(0) ack 1\" })\n"
    "end)\n"
    "\n"
    "test(\"without the rule somebody answers\", function(box)\n"
    "  box:spawn(\"sshd\", function() box:listen(22):accept():send(\"welcome\") end)\n"
    "\n"
    "  local sock = box:connect(\"127.0.0.1\", 22)\n"
    "\n"
    "  expect.ok(sock)\n"
    "  expect.eq(sock:recv(), \"welcome\")\n"
    "end)\n";

static const char next[] = "%s.lua is written. Next:\n"
                           "\n"
                           "  lo0sim run %s.lua            its tests\n"
                           "  lo0sim run -v %s.lua         and each packet's way\n"
                           "  lo0sim compare %s.lua        under each era and reply mode\n"
                           "  lo0sim run --update %s.lua   keep the timeline as its golden\n"
                           "\n"
                           "`man lo0sim-scripting` and docs/scripting.md have the verbs.\n";

/* Removes ".lua".
 * => Returns false and reports it if the name is not valid for a file. */
static bool parse_name(const char *text, char *name, size_t size)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789_-.";
    size_t length = strlen(text);
    if (length > 4 && strcmp(text + length - 4, ".lua") == 0)
        length -= 4;
    if (length > NAME_MAX_LENGTH) {
        command_mistake("new", "a name has at most %d characters", NAME_MAX_LENGTH);
        return false;
    }
    snprintf(name, size, "%.*s", (int)length, text);
    size_t good = strspn(name, letters);
    if (strchr(name, '/') != NULL)
        command_mistake("new", "'%s' is a path; a name is needed, and the file is written here",
                        name);
    else if (length == 0 || good < length || name[0] == '-' || name[0] == '.')
        command_mistake("new",
                        "'%s' is no name for a scenario; it has letters, digits, '_', '-' "
                        "and '.', and begins with a letter, a digit or '_'",
                        name);
    else
        return true;
    return false;
}

/* => Returns 0, or the exit code, and reports why; then no file is left. */
static int write_scenario(const char *name)
{
    char path[NAME_MAX_LENGTH + 5];
    snprintf(path, sizeof(path), "%s.lua", name);
    FILE *file = fopen(path, "wx");
    if (file == NULL && errno == EEXIST)
        return command_mistake("new", "%s is there already, and stays as it is", path);
    if (file == NULL)
        return command_mistake("new", "%s: %s", path, strerror(errno));
    fprintf(file, scenario, name);
    int err = ferror(file) ? EIO : 0;
    if (fclose(file) != 0)
        err = errno;
    if (err == 0)
        return 0;
    unlink(path);
    command_mistake("new", "%s: %s", path, strerror(err));
    return EXIT_CRASHED; /* a full disk is not the user's mistake */
}

static const option_row_t rows[] = {OPTION_HELP, {0}};

static int run(int argc, char **argv)
{
    char name[NAME_MAX_LENGTH + 1];
    option_words_t words;
    int code = options_take(&command_new, argc, argv, NULL, &words);
    if (code >= 0)
        return code;
    if (words.count != 1)
        return command_mistake("new", "one name is needed: lo0sim new NAME");
    if (!parse_name(words.list[0], name, sizeof(name)))
        return EXIT_MISTAKE;
    code = write_scenario(name);
    if (code == 0)
        printf(next, name, name, name, name, name);
    return code;
}

const command_t command_new = {
    .name = "new",
    .what = "write a first scenario to start from",
    .run = run,
    .synopsis = "[OPTION...] NAME",
    .text = "Writes NAME.lua, a scenario that passes, to start from. A file that is there already "
            "is left alone. NAME may end in .lua; it has letters, digits, `_`, `-` and `.`.",
    .rows = rows,
    .tail = "exit: 0 the file is written, 2 it cannot be made, or the command line is wrong, "
            "3 the disk is full",
};
