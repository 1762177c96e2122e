/* SPDX-License-Identifier: BSD-3-Clause
 *
 * With LO0SIM_COVERAGE every program is linked with --wrap for these functions and this file: they
 * end a process, or make it another program, without the handlers that would write down what was
 * executed. What a test has limited is lifted meanwhile: it would keep the counts from being
 * written. A file of counts that is written in part is of no use to anybody who adds to it later;
 * so each is written in one piece, and nobody's end ends the writer. What libgcov has to say goes
 * to LO0SIM_COVERAGE_SAYS, not to the standard error of a program that is tested.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

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
FILE *__real_fdopen(int fd, const char *mode);
FILE *__wrap_fdopen(int fd, const char *mode);

#define LIMITS 3
static const int resources[LIMITS] = {RLIMIT_NOFILE, RLIMIT_FSIZE, RLIMIT_AS};
static bool dumping;

/* What is to be as it was afterwards. */
typedef struct world {
    struct rlimit limits[LIMITS];
    sigset_t mask;
    int death, errors;
} world_t;

static void lift_limits(world_t *world)
{
    static const rlim_t enough[LIMITS] = {256, RLIM_INFINITY, RLIM_INFINITY};
    for (unsigned i = 0; i < LIMITS; i++) {
        getrlimit(resources[i], &world->limits[i]);
        struct rlimit limit = world->limits[i];
        if (limit.rlim_cur >= enough[i])
            continue;
        limit.rlim_cur = enough[i];
        if (limit.rlim_max < limit.rlim_cur)
            limit.rlim_max = limit.rlim_cur; /* root may */
        setrlimit(resources[i], &limit);
    }
}

/* tests/memory/refuse.c lets allocations fail. */
static void spare_memory(bool spare)
{
    void (*refuse_nothing)(bool nothing);
    void *found = dlsym(RTLD_DEFAULT, "refuse_nothing");
    memcpy(&refuse_nothing, &found, sizeof(found));
    if (found != NULL)
        refuse_nothing(spare);
}

/* A handler that ended the process meanwhile would wait for itself. */
static void begin(world_t *world)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &world->mask);
    prctl(PR_GET_PDEATHSIG, &world->death);
    prctl(PR_SET_PDEATHSIG, 0);
    lift_limits(world);
    spare_memory(true);
    world->errors = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    int says = open(LO0SIM_COVERAGE_SAYS, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (says >= 0) {
        dup2(says, STDERR_FILENO);
        close(says);
    }
}

static void end(const world_t *world)
{
    spare_memory(false);
    if (world->errors >= 0) {
        dup2(world->errors, STDERR_FILENO);
        close(world->errors);
    } else {
        close(STDERR_FILENO); /* it was closed */
    }
    for (unsigned i = 0; i < LIMITS; i++)
        setrlimit(resources[i], &world->limits[i]);
    prctl(PR_SET_PDEATHSIG, world->death);
    sigprocmask(SIG_SETMASK, &world->mask, NULL);
}

/* A process whose limit of files' sizes cannot be lifted (a hard one, which tests do not set) opens
 * no file: part of one would spoil what the others write. */
static void write_counts(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY) {
        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = 0;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    dumping = true;
    __gcov_dump();
    dumping = false;
}

/* Whoever is still there afterwards counts on from zero. */
static void dump(void)
{
    world_t world;
    begin(&world);
    write_counts();
    __gcov_reset();
    end(&world);
}

/* libgcov opens its files by it, one after the other. */
FILE *__wrap_fdopen(int fd, const char *mode)
{
    static char buffer[1 << 18];
    FILE *file = __real_fdopen(fd, mode);
    if (dumping && file != NULL)
        setvbuf(file, buffer, _IOFBF, sizeof(buffer));
    return file;
}

/* Before libgcov's own destructor, which then has nothing left to write: for a process that ends by
 * exit(). */
__attribute__((destructor)) static void dump_at_exit(void)
{
    world_t world;
    begin(&world);
    write_counts();
}

void __wrap__exit(int status)
{
    dump();
    __real__exit(status);
}

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
