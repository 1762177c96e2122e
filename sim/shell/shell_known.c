/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Connections, servers and hosts of a session.
 */
#include "sim/shell/shell_known.h"

#include <string.h>

static bool is_host(const shell_known_t *known, const char *address)
{
    for (size_t i = 0; i < known->host_count; i++) {
        if (strcmp(known->hosts[i], address) == 0)
            return true;
    }
    return false;
}

/* The server that a line is about; server_count if there is none. */
static size_t find_server(const shell_known_t *known, const shell_line_t *line)
{
    size_t i = 0;
    for (; i < known->server_count; i++) {
        const shell_server_t *server = &known->servers[i];
        if (server->port == line->port && server->udp == line->udp &&
            strcmp(server->host, line->host) == 0)
            break;
    }
    return i;
}

static bool check_listen(const shell_known_t *known, const shell_line_t *line, char *error,
                         size_t size)
{
    bool there = find_server(known, line) < known->server_count;
    if (line->on && there)
        snprintf(error, size, "a server listens on port %u already", line->port);
    else if (!line->on && !there)
        snprintf(error, size, "no server listens on port %u", line->port);
    else if (line->on && known->server_count == SHELL_SERVERS_MAX)
        snprintf(error, size, "no more servers are possible");
    else
        return true;
    return false;
}

static bool check_connection(const shell_known_t *known, unsigned number, char *error, size_t size)
{
    if (known->open[number])
        return true;
    if (number <= known->connections)
        snprintf(error, size, "connection %u is closed", number);
    else
        snprintf(error, size, "there is no connection %u: telnet opens one and prints its number",
                 number);
    return false;
}

static bool check_room(bool is_full, const char *what, char *error, size_t size)
{
    if (is_full)
        snprintf(error, size, "no more %s are possible", what);
    return !is_full;
}

bool shell_known_check(const shell_known_t *known, const shell_line_t *line, char *error,
                       size_t size)
{
    if (line->host[0] != '\0' && !is_host(known, line->host)) {
        snprintf(error, size, "there is no remote host %s: remote %s makes one", line->host,
                 line->host);
        return false;
    }
    switch (line->verb) {
    case SHELL_TELNET:
        return check_room(known->connections == SHELL_CONNECTION_MAX, "connections", error, size);
    case SHELL_LISTEN:
        return check_listen(known, line, error, size);
    case SHELL_SEND:
    case SHELL_CLOSE:
        return check_connection(known, line->connection, error, size);
    case SHELL_REMOTE:
        return check_room(known->host_count == SHELL_HOSTS_MAX, "remote hosts", error, size);
    default:
        return true;
    }
}

static void keep_server(shell_known_t *known, const shell_line_t *line)
{
    shell_server_t *server = &known->servers[known->server_count++];
    *server = (shell_server_t){.port = line->port, .udp = line->udp};
    memcpy(server->host, line->host, sizeof(server->host));
}

void shell_known_keep(shell_known_t *known, const shell_line_t *line, bool ok)
{
    if (line->verb == SHELL_TELNET && ok)
        known->open[++known->connections] = true;
    else if (line->verb == SHELL_CLOSE)
        known->open[line->connection] = false;
    else if (line->verb == SHELL_REMOTE && ok)
        memcpy(known->hosts[known->host_count++], line->address, sizeof(line->address));
    else if (line->verb == SHELL_LISTEN && line->on && ok)
        keep_server(known, line);
    else if (line->verb == SHELL_LISTEN && !line->on)
        known->servers[find_server(known, line)] = known->servers[--known->server_count];
}
