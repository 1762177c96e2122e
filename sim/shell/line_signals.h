/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals while a line is typed: ^C drops the line, and whatever ends or stops the program finds
 * the terminal as it was.
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

/* Around the reading of a line: while a line is being done, ^C ends the program. */
void line_signals_begin(line_signals_t *signals);
void line_signals_end(const line_signals_t *signals);

/* Waits until there is something to read on standard input, or its end.
 * => Returns false if ^C came. */
bool line_signals_wait(const line_signals_t *signals, EditLine *el);

#endif
