/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a session of `lo0sim shell` knows of its box: connections by their numbers, servers, remote
 * hosts.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_KNOWN_H
#define LO0SIM_SIM_SHELL_SHELL_KNOWN_H

#include "sim/shell/shell_line.h"

#include <stdbool.h>
#include <stddef.h>

#define SHELL_HOSTS_MAX   256
#define SHELL_SERVERS_MAX 1000

/* The server of a listen line. */
typedef struct shell_server {
    char host[IP_ADDRESS_TEXT_MAX]; /* "": the box */
    uint16_t port;
    bool udp;
} shell_server_t;

/* Zeroed, it knows nothing. */
typedef struct shell_known {
    bool open[SHELL_CONNECTION_MAX + 1]; /* by the connection's number, from 1 */
    unsigned connections;                /* opened so far */
    char hosts[SHELL_HOSTS_MAX][IP_ADDRESS_TEXT_MAX];
    size_t host_count;
    shell_server_t servers[SHELL_SERVERS_MAX];
    size_t server_count;
} shell_known_t;

/* Whether a line is possible now.
 * => Returns false, with the reason in error[size]. */
bool shell_known_check(const shell_known_t *known, const shell_line_t *line, char *error,
                       size_t size);

/* Keeps the effect of a line after its calls; `ok` says that they returned no errno. */
void shell_known_keep(shell_known_t *known, const shell_line_t *line, bool ok);

#endif
