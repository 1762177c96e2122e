/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals while a line is typed.
 *
 * They are blocked except in ppoll(): none is lost between the test of its flag and the wait.
 * libedit's own handling (EL_SIGNAL) always hands ^C on to the program, which then ends.
 */
#include "sim/shell/line_signals.h"

#include "sim/shell/edit.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static const int signals_of[LINE_SIGNALS] = {SIGINT, SIGWINCH, SIGTSTP, SIGQUIT, SIGTERM, SIGHUP};
static volatile sig_atomic_t caught[LINE_SIGNALS];

static void on_signal(int number)
{
    for (size_t i = 0; i < LINE_SIGNALS; i++) {
        if (signals_of[i] == number)
            caught[i] = 1;
    }
}

static void take_over(int number)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigaction(number, &action, NULL);
}

void line_signals_begin(line_signals_t *signals)
{
    sigset_t block;
    sigemptyset(&block);
    for (size_t i = 0; i < LINE_SIGNALS; i++)
        sigaddset(&block, signals_of[i]);
    sigprocmask(SIG_BLOCK, &block, &signals->mask);
    for (size_t i = 0; i < LINE_SIGNALS; i++) {
        caught[i] = 0;
        sigaction(signals_of[i], NULL, &signals->before[i]);
        if (signals->before[i].sa_handler != SIG_IGN) /* ignored below nohup */
            take_over(signals_of[i]);
    }
}

void line_signals_end(const line_signals_t *signals)
{
    for (size_t i = 0; i < LINE_SIGNALS; i++)
        sigaction(signals_of[i], &signals->before[i], NULL);
    sigprocmask(SIG_SETMASK, &signals->mask, NULL);
}

/* Gives a signal its default effect; shows the line again if the program continues. */
static void hand_on(const line_signals_t *signals, size_t index, EditLine *el)
{
    int number = signals_of[index];
    sigset_t one;
    sigemptyset(&one);
    sigaddset(&one, number);
    edit_load()->set(el, EL_PREP_TERM, 0);
    sigaction(number, &signals->before[index], NULL);
    raise(number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    sigprocmask(SIG_BLOCK, &one, NULL);
    take_over(number);
    edit_load()->set(el, EL_PREP_TERM, 1);
    edit_load()->set(el, EL_REFRESH);
}

/* => Returns false if one of the signals was ^C. */
static bool take_caught(const line_signals_t *signals, EditLine *el)
{
    bool goes_on = true;
    for (size_t i = 0; i < LINE_SIGNALS; i++) {
        if (!caught[i])
            continue;
        caught[i] = 0;
        if (signals_of[i] == SIGINT)
            goes_on = false;
        else if (signals_of[i] == SIGWINCH)
            edit_load()->resize(el);
        else
            hand_on(signals, i, el);
    }
    return goes_on;
}

bool line_signals_wait(const line_signals_t *signals, EditLine *el)
{
    for (;;) {
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        bool waits = ppoll(&input, 1, NULL, &signals->mask) < 0 && errno == EINTR;
        if (!take_caught(signals, el))
            return false;
        if (!waits)
            return true;
    }
}
