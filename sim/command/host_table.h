/* SPDX-License-Identifier: BSD-3-Clause
 *
 * --hosts FILE: the names of hosts that rules can use, for the commands that read rules without a
 * host.
 */
#ifndef LO0SIM_SIM_COMMAND_HOST_TABLE_H
#define LO0SIM_SIM_COMMAND_HOST_TABLE_H

#include "filter/ipf_hosts.h"
#include "sim/command/option.h"

/* A row for `const char *` at `where_`, the file's name. */
#define OPTION_HOSTS(where_)                                                                       \
    {                                                                                              \
        .name = "hosts", .argument = "FILE",                                                       \
        .help = "names that rules can say, as in /etc/hosts; `thishost` is <thishost>",            \
        .set = option_text, .offset = (where_)                                                     \
    }

/* Reads the table into *hosts, which the caller has zeroed. Without a file it stays empty.
 * => Returns 0, or the exit code after reporting the mistake. */
int host_table_read(const char *file, ipf_hosts_t *hosts);

#endif
