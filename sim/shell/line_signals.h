/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals while a line is typed: ^C drops the line; signals that end or stop the program restore
 * the terminal first.
 */
#ifndef LO0SIM_SIM_SHELL_LINE_SIGNALS_H
#define LO0SIM_SIM_SHELL_LINE_SIGNALS_H

#include <histedit.h>
#include <signal.h>
#include <stdbool.h>

#define LINE_SIGNALS 6

typedef struct line_signals {
    struct sigaction before[LINE_SIGNALS];
    sigset_t mask; /* before */
} line_signals_t;

/* Call them before and after reading a line: while a line is carried out, ^C ends the program. */
void line_signals_begin(line_signals_t *signals);
void line_signals_end(const line_signals_t *signals);

/* Waits until there is something to read on standard input, or its end.
 * => Returns false if ^C came. */
bool line_signals_wait(const line_signals_t *signals, EditLine *el);

#endif
