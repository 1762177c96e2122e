/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the files of the program `calls` share. It prints what calls on sockets, time and signals
 * return; it prints the same on Linux itself. check_exec.py runs it in both, and compares.
 */
#ifndef LO0SIM_TESTS_EXEC_CALLS_H
#define LO0SIM_TESTS_EXEC_CALLS_H

#include <netinet/in.h>
#include <signal.h>

#define MS 1000000L /* nanoseconds */

/* ---- calls.c ---- */

/* => Returns an errno's name; "0" for none. */
const char *name_of(int error);

/* Prints a line: a call's value, or for a negative one the name of errno. */
void say(const char *what, long value);

/* => Returns the monotonic clock's seconds. */
double now(void);

/* Sleeps so many milliseconds, through signals. */
void rest(long ms);

/* Listens on a free port of 127.0.0.1, which is then in *at.
 * => Returns the socket. */
int listener_at(struct sockaddr_in *at, int backlog);

/* Connects ends[0] with ends[1]. */
void tcp_pair(int ends[2]);
void close_pair(const int ends[2]);

/* ---- calls_signals.c ---- */

extern volatile sig_atomic_t rang; /* how many signals have been handled */

/* Counts a signal in `rang` from now on. `flags` are those of sigaction(2). */
void handle(int number, int flags);

/* ---- what is checked; `calls NAME` does only the one ---- */

void numbers(void), passing(void), copying(void), inheriting(void), sharing(void);
void messages(void), epolls(void);
void masks(void), interrupted(void), broken_pipe(void), signal_files(void);
void timers(void), timer_files(void);
void threads(void);

/* `calls serve LISTENER`: what inheriting() starts.
 * => Returns the exit code. */
int serve(int listener);

#endif
