/* SPDX-License-Identifier: BSD-3-Clause
 *
 * With LO0SIM_COVERAGE every program is linked with --wrap for these functions and this file: they
 * end a process, or make it another program, without the handlers that would write down what was
 * executed. Limits of files that a test has set are lifted at the end: they would keep the counts
 * from being written.
 */
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>

void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_execv(const char *path, char *const argv[]);
int __wrap_execv(const char *path, char *const argv[]);
int __real_execvp(const char *file, char *const argv[]);
int __wrap_execvp(const char *file, char *const argv[]);
int __real_raise(int signal_number);
int __wrap_raise(int signal_number);

/* Before libgcov's own destructor, for a process that ends by exit(). */
__attribute__((destructor)) static void lift_limits(void)
{
    static const struct {
        int resource;
        rlim_t value;
    } limits[] = {{RLIMIT_NOFILE, 256}, {RLIMIT_FSIZE, RLIM_INFINITY}};
    for (unsigned i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        struct rlimit limit;
        if (getrlimit(limits[i].resource, &limit) != 0 || limit.rlim_cur >= limits[i].value)
            continue;
        limit.rlim_cur = limits[i].value;
        if (limit.rlim_max < limit.rlim_cur)
            limit.rlim_max = limit.rlim_cur; /* root may */
        setrlimit(limits[i].resource, &limit);
    }
}

/* A handler that ended the process meanwhile would wait for itself. */
static void dump(void)
{
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    __gcov_dump();
    __gcov_reset();
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void __wrap__exit(int status)
{
    lift_limits();
    dump();
    __real__exit(status);
}

/* Whoever is still there counts on from zero: what was counted is written. */

int __wrap_execv(const char *path, char *const argv[])
{
    dump();
    return __real_execv(path, argv);
}

int __wrap_execvp(const char *file, char *const argv[])
{
    dump();
    return __real_execvp(file, argv);
}

/* A handler may end the process by _exit(), and what it executes counts, too. */
int __wrap_raise(int signal_number)
{
    dump();
    return __real_raise(signal_number);
}
