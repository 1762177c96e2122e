/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Results, as the user who typed the command reads them.
 */
#include "sim/shell/shell_say.h"

#include "sim/base/visible.h"

#include <stdio.h>
#include <string.h>

/* Writes data that a peer sent, or a filter's report: lines and tabs are kept, and all else is made
 * visible. */
static void put_shown(const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        if (*text == '\n' || *text == '\t') {
            putchar(*text++);
        } else if (*text == '\0') {
            fputs("\\x00", stdout);
            text++;
        } else {
            text += visible_put(stdout, text);
        }
    }
}

static void say_after(const char *what, uint64_t took_us, const char *who)
{
    printf("%s after %.3f s%s%s\n", what, (double)took_us / 1e6, who[0] != '\0' ? ": " : "", who);
}

static void say_telnet(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
                       const char *who)
{
    if (answer->err != NULL) {
        say_after(answer->err, took_us, who);
        return;
    }
    printf("connected after %.3f s: connection %u%s%s\n", (double)took_us / 1e6, line->connection,
           who[0] != '\0' ? "; " : "", who);
}

static void put_answer(const shell_answer_t *answer)
{
    printf("answer: ");
    put_shown(answer->text, answer->length);
    putchar('\n');
}

static void say_answer(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
                       const char *who)
{
    if (answer->err != NULL && strcmp(answer->err, "EAGAIN") == 0)
        printf("no answer in 1 s\n");
    else if (answer->err != NULL)
        say_after(answer->err, took_us, who);
    else if (answer->length == 0 && line->verb == SHELL_SEND)
        printf("the other end has closed the connection\n");
    else
        put_answer(answer);
}

static void say_ping(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
                     const char *who)
{
    if (answer->err == NULL)
        printf("%s is alive, %.6f s\n", line->address, (double)answer->us / 1e6);
    else if (strcmp(answer->err, "ETIMEDOUT") == 0)
        printf("no answer from %s in 20 s\n", line->address);
    else
        say_after(answer->err, took_us, who);
}

void shell_say(const shell_line_t *line, const shell_answer_t *answer, uint64_t took_us,
               const char *who)
{
    switch (line->verb) {
    case SHELL_TELNET:
        say_telnet(line, answer, took_us, who);
        break;
    case SHELL_LISTEN:
        if (answer->err != NULL)
            printf("%s\n", answer->err);
        break;
    case SHELL_SEND:
    case SHELL_NC:
        say_answer(line, answer, took_us, who);
        break;
    case SHELL_PING:
        say_ping(line, answer, took_us, who);
        break;
    case SHELL_IPFSTAT:
    case SHELL_IPMON:
        put_shown(answer->text, answer->length);
        break;
    default:
        break;
    }
}
