/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --hosts FILE: the names of hosts that rules can use.
 */
#ifndef LO0SIM_SIM_COMMAND_HOST_TABLE_H
#define LO0SIM_SIM_COMMAND_HOST_TABLE_H

#include "sim/command/option.h"

/* Reads the table at once: all rules that the process reads know its names. Given again, it adds
 * the names of one more file. Nothing is set in the command's settings. */
option_set_t option_hosts;
#define OPTION_HOSTS                                                                               \
    {                                                                                              \
        .name = "hosts", .argument = "FILE",                                                       \
        .help = "names that rules can say, as in /etc/hosts; `thishost` is <thishost>",            \
        .set = option_hosts                                                                        \
    }

#endif
