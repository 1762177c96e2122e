/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One of the runs that --check-determinism compares: a program of its own, in another memory
 * layout, environment and folder than the other; and how it is ended.
 */
#include "sim/base/child.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/run/determinism_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* The files that a run writes for each test, by the option and the ending. */
static const struct {
    const char *option, *ending;
} written[] = {
    {"--jsonl", "jsonl"},
    {"--html", "page.html"},
    {"--svg", "ladder.svg"},
    {"--write", "pcapng"},
};

#define WRITTEN_COUNT (sizeof(written) / sizeof(written[0]))
#define ARGS_MAX      (8 + WRITTEN_COUNT * 2)

/* ---- being ended ---- */

static const int endings[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
static volatile sig_atomic_t ended_by; /* one of them, or 0 */
static volatile pid_t running;         /* the group of the current run, or 0 */

/* The temporary folder is removed later, outside of the handler. */
static void on_ending(int signal_number)
{
    int before = errno;
    ended_by = signal_number;
    if (running > 0)
        kill(-running, SIGKILL);
    errno = before;
}

static void endings_set(sigset_t *set)
{
    sigemptyset(set);
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        sigaddset(set, endings[i]);
}

/* An ignored signal, as below nohup, stays ignored. */
void check_catch_endings(void)
{
    struct sigaction action = {.sa_handler = on_ending}, old;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (sigaction(endings[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(endings[i], &action, NULL);
    }
    /* Waits for the processes of a killed run before its files are removed. */
    child_adopt_orphans();
}

int check_ended_by(void)
{
    return ended_by;
}

void check_die_as_told(void)
{
    int signal_number = ended_by;
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

/* ---- a run ---- */

/* Makes the memory and environment of one run differ from the other's. */
static void lay_out(int run)
{
    char padding[8192] = "";
    memset(padding, 'x', run == 1 ? 1 : sizeof(padding) - 1);
    setenv("LO0SIM_PADDING", padding, 1);
    setenv("GLIBC_TUNABLES",
           run == 1 ? "glibc.malloc.perturb=85"
                    : "glibc.malloc.perturb=170:glibc.malloc.mmap_threshold=4096:"
                      "glibc.cpu.hwcaps=-FMA,-AVX2,-FMA_Usable,-AVX2_Usable",
           1);
    setenv("TZ", run == 1 ? "UTC0" : "<+1245>-12:45", 1);
    setenv("LC_ALL", run == 1 ? "C" : "tr_TR.UTF-8", 1);
    setenv("HOME", run == 1 ? "/" : "/dev/null/nowhere", 1);
    setenv("LUA_INIT", run == 1 ? "" : "error('no')", 1);
    if (run == 2) {
        /* With the largest possible stack, memory is laid out the other way round. */
        struct rlimit stack;
        if (getrlimit(RLIMIT_STACK, &stack) == 0) {
            stack.rlim_cur = stack.rlim_max;
            setrlimit(RLIMIT_STACK, &stack);
        }
        umask(077);
    }
    /* If this is forbidden (containers), both runs are randomised, each in its own way. */
    if (run == 1)
        child_fix_addresses();
}

static void redirect(const char *folder, const char *name, int fd)
{
    char path[200];
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || dup2(file, fd) < 0)
        _exit(EXIT_CRASHED);
}

/* The arguments that say what a run must print and write.
 * => Returns how many there are. */
static size_t add_output(const check_t *check, int run, const char *folder, char **argv)
{
    size_t n = 0;
    if (run == LISTING) {
        argv[n++] = text_copy("--list");
        return n;
    }
    argv[n++] = text_copy("-v");
    for (size_t i = 0; i < WRITTEN_COUNT; i++) {
        argv[n++] = text_copy(written[i].option);
        argv[n++] = must_asprintf("%s/%s.%s", folder, check->name, written[i].ending);
    }
    return n;
}

/* In the child: becomes `lo0sim run`. */
static void become(const check_t *check, int run, const char *folder, char *path)
{
    char jobs[16];
    const determinism_options_t *o = check->options;
    char **argv = calloc(o->option_count + ARGS_MAX, sizeof(*argv));
    size_t n = 0;
    if (argv == NULL)
        _exit(EXIT_CRASHED);
    char words[][16] = {"lo0sim", "run", "-j", "--"};
    snprintf(jobs, sizeof(jobs), "%u", run == 2 ? o->jobs : 1);
    argv[n++] = words[0];
    argv[n++] = words[1];
    for (size_t i = 0; i < o->option_count; i++)
        argv[n++] = o->options[i];
    n += add_output(check, run, folder, argv + n);
    argv[n++] = words[2];
    argv[n++] = jobs;
    argv[n++] = words[3];
    argv[n] = path;
    if (run != LISTING)
        lay_out(run);
    redirect(folder, "standard output", STDOUT_FILENO);
    redirect(folder, "standard error", STDERR_FILENO);
    if (child_own_program() != NULL)
        execv(child_own_program(), argv);
    execvp(argv[0], argv);
    _exit(EXIT_CRASHED);
}

/* Starts a run in a process group of its own, so that it can be ended as a whole. A signal arrives
 * before the start, or ends the run.
 * => Returns its process; -1 if there is none. */
static pid_t start(const check_t *check, int run, const char *folder, char *path)
{
    sigset_t set, before;
    pid_t parent = getpid(), pid = -1;
    endings_set(&set);
    sigprocmask(SIG_BLOCK, &set, &before);
    if (ended_by == 0)
        pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (!child_ends_with(parent))
            _exit(EXIT_CRASHED);
        sigprocmask(SIG_SETMASK, &before, NULL);
        become(check, run, folder, path);
    }
    if (pid > 0) {
        setpgid(pid, pid);
        running = pid;
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    return pid;
}

/* Waits for a run; also for its other processes, if it was ended. */
static bool wait_for(pid_t pid, int *status)
{
    pid_t got;
    do {
        got = waitpid(pid, status, 0);
    } while (got < 0 && errno == EINTR);
    if (ended_by != 0) {
        kill(-pid, SIGKILL);
        while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
            continue;
    }
    running = 0;
    return got == pid;
}

/* Both runs write to files of the same names, which are then moved aside, since output can contain
 * such a name. */
int check_run_once(const check_t *check, int run, char *path)
{
    char now[100], aside[100];
    int status = 0;
    snprintf(now, sizeof(now), "%s/now", check->folder);
    snprintf(aside, sizeof(aside), "%s/%d", check->folder, run);
    if (mkdir(now, 0700) != 0)
        return EXIT_CRASHED;
    fflush(NULL);
    pid_t pid = start(check, run, now, path);
    bool waited = pid > 0 && wait_for(pid, &status);
    if (!waited || rename(now, aside) != 0)
        return EXIT_CRASHED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CRASHED;
}

/* ---- their folder ---- */

bool check_make_folder(check_t *check)
{
    const char *parent = getenv("TMPDIR");
    int length = snprintf(check->folder, sizeof(check->folder), "%s/lo0sim.XXXXXX",
                          parent != NULL && parent[0] != '\0' ? parent : "/tmp");
    if ((size_t)length >= sizeof(check->folder))
        strcpy(check->folder, "/tmp/lo0sim.XXXXXX");
    if (mkdtemp(check->folder) != NULL)
        return true;
    fprintf(check->err, "lo0sim run: %s: %s\n", check->folder, strerror(errno));
    return false;
}

int check_is_file(const struct dirent *entry)
{
    /* A test's name can begin with a dot; then its file's name does, too. */
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static void remove_folder(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, check_is_file, NULL);
    for (int i = 0; i < count; i++) {
        char *name = must_asprintf("%s/%s", path, names[i]->d_name);
        unlink(name);
        free(name);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
    rmdir(path);
}

void check_remove_runs(const check_t *check)
{
    static const char *const names[] = {"now", "0", "1", "2"};
    char path[100];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", check->folder, names[i]);
        remove_folder(path);
    }
}
