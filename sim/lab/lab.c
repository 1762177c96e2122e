/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lab: lo0sim in a browser, the fourth driver of the box. It is the commands of the command
 * line that need nothing but the box, compiled to WebAssembly; each is run in an instance of its
 * own, on files in memory (html/engine.js). What a browser cannot do, real programs and shared
 * objects, is not here; what needs processes is done without them (worker_in_place.c).
 */
#include "sim/base/mistake.h"
#include "sim/command/command.h"

#include <stdio.h>
#include <string.h>

static const command_t *const commands[] = {
    &command_run, &command_connect, &command_compare, &command_shell,   &command_outcomes,
    &command_why, &command_check,   &command_ipf,     &command_ipfstat, &command_ipmon,
};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i]->name, argv[1]) == 0) {
            int code = commands[i]->run(argc - 1, argv + 1);
            return fflush(stdout) == 0 ? code : EXIT_CRASHED;
        }
    }
    fprintf(stderr, "lo0sim: the lab has no command '%s'\n", argc > 1 ? argv[1] : "");
    return EXIT_MISTAKE;
}
