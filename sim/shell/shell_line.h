/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One line of `lo0sim shell`, read: which command it is and what its words say. What is only known
 * in a session (whether connection 3 is open) is none of its business.
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
    SHELL_IPF,     /* `flush`, then `text`, a file's name, or a rule where `is_rule` */
    SHELL_IPF_LIST,
    SHELL_TELNET,
    SHELL_LISTEN, /* `on`: begins, else ends; `udp` */
    SHELL_SEND,   /* `text` on `connection` */
    SHELL_CLOSE,
    SHELL_NC, /* one datagram with `text` */
    SHELL_PING,
    SHELL_SNOOP,
    SHELL_IPFSTAT, /* `text` are its options */
    SHELL_IPMON,
    SHELL_MODE, /* `text` is its name, or NULL: which is it? */
    SHELL_ERA,
    SHELL_FUSION,
    SHELL_REMOTE,
    SHELL_TIME,
    SHELL_SLEEP, /* `us` */
    SHELL_TRACE,
    SHELL_HELP, /* `text` is a command, or NULL: all */
    SHELL_HISTORY,
    SHELL_SAVE,
    SHELL_QUIT
} shell_verb_t;

#define SHELL_LINE_MAX       1000 /* bytes */
#define SHELL_CONNECTION_MAX 1000
#define SHELL_SLEEP_MAX_S    86400

typedef struct shell_line {
    shell_verb_t verb;
    char host[IP_ADDRESS_TEXT_MAX]; /* on which remote host; "": on the box */
    char address[IP_ADDRESS_TEXT_MAX];
    uint16_t port;
    bool udp, on, flush, is_rule;
    unsigned connection; /* from 1 */
    uint64_t us;
    const char *text; /* in `room` */
    char room[SHELL_LINE_MAX + 1];
} shell_line_t;

/* Reads a line without its end.
 * => Returns false, and in error[size] what is wrong and what would be right. */
bool shell_line_parse(const char *text, size_t length, shell_line_t *line, char *error,
                      size_t size);

/* Writes what a command is for; with NULL a line for each of them.
 * => Returns false if there is none of that name. */
bool shell_help(FILE *out, const char *command);

/* What Tab can make of a word, after `before` (line_complete.h). */
line_complete_t shell_line_complete;

#endif
