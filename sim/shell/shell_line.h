/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads one line of `lo0sim shell`: its command and the values of its words. What depends on the
 * session (whether connection 3 is open) is checked in shell_known.h.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_LINE_H
#define LO0SIM_SIM_SHELL_SHELL_LINE_H

#include "sim/shell/line_complete.h"

#include "stack/ip_address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef enum shell_verb {
    SHELL_NOTHING, /* a blank line, or a comment */
    SHELL_IPF,     /* `flush`, then `text`, a file's name, or a rule if `is_rule` */
    SHELL_IPF_LIST,
    SHELL_TELNET,
    SHELL_LISTEN, /* `on`: begins, otherwise ends; `udp` */
    SHELL_SEND,   /* `text` on `connection` */
    SHELL_CLOSE,
    SHELL_NC, /* one datagram with `text` */
    SHELL_PING,
    SHELL_SNOOP,
    SHELL_IPFSTAT, /* `text` is its options */
    SHELL_IPMON,
    SHELL_WHY,  /* `text` is a packet, as ipftest writes it */
    SHELL_MODE, /* `text` is its name; NULL shows the current one */
    SHELL_ERA,
    SHELL_FUSION,
    SHELL_REMOTE,
    SHELL_TIME,
    SHELL_SLEEP, /* `us` */
    SHELL_TRACE,
    SHELL_HELP, /* `text` is a command, or NULL: all */
    SHELL_HISTORY,
    SHELL_LADDER,
    SHELL_SAVE,
    SHELL_QUIT
} shell_verb_t;

#define SHELL_LINE_MAX       1000 /* bytes */
#define SHELL_CONNECTION_MAX 1000
#define SHELL_SLEEP_MAX_S    86400

typedef struct shell_line {
    shell_verb_t verb;
    char host[IP_ADDRESS_TEXT_MAX]; /* the remote host; "": the box */
    char address[IP_ADDRESS_TEXT_MAX];
    uint16_t port;
    bool udp, on, flush, is_rule;
    unsigned connection; /* from 1 */
    uint64_t us;
    const char *text; /* in `room` */
    char room[SHELL_LINE_MAX + 1];
} shell_line_t;

/* Reads a line without its end.
 * => Returns false, and writes what is wrong and what would be right into error[size]. */
bool shell_line_parse(const char *text, size_t length, shell_line_t *line, char *error,
                      size_t size);

/* Writes the help of a command; for NULL a line for each command.
 * => Returns false if there is no such command. */
bool shell_help(FILE *out, const char *command);

/* Completes a word for Tab, after `before` (line_complete.h). */
line_complete_t shell_line_complete;

#endif
