/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/determinism.h"

#include "sim/base/child.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/observer.h"
#include "sim/run/file_list.h"
#include "sim/script/script_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
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
#define LISTING       0 /* the run that only lists its tests */

/* How much of a line is shown around a difference. */
#define SHOWN_BEFORE 80
#define SHOWN_BEHIND 80

typedef struct check {
    const determinism_options_t *options;
    FILE *out, *err;
    char folder[64];  /* temporary: now/ of the current run, LISTING/, 1/ and 2/ */
    const char *name; /* of the files that a run writes for a test, without the ending */
    bool occurred[EXIT_NOTHING + 1];
    size_t same, differing;
} check_t;

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
static void catch_endings(void)
{
    struct sigaction action = {.sa_handler = on_ending}, old;
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (sigaction(endings[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
            sigaction(endings[i], &action, NULL);
    }
    /* Waits for the processes of a killed run before its files are removed. */
    child_adopt_orphans();
}

static void die_as_told(void)
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
 * such a name.
 * => Returns its exit code. */
static int run_once(const check_t *check, int run, char *path)
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

/* ---- comparing ---- */

static int is_file(const struct dirent *entry)
{
    /* A test's name can begin with a dot; then its file's name does, too. */
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

typedef struct lines {
    FILE *file;
    char *line;
    size_t room;
    ssize_t length;
} lines_t;

static void open_lines(const check_t *check, int run, const char *name, lines_t *lines)
{
    char *path = NULL;
    *lines = (lines_t){.length = -1};
    path = must_asprintf("%s/%d/%s", check->folder, run, name);
    lines->file = fopen(path, "r");
    free(path);
}

static void next_line(lines_t *lines)
{
    lines->length = lines->file != NULL ? getline(&lines->line, &lines->room, lines->file) : -1;
}

static void close_lines(lines_t *lines)
{
    if (lines->file != NULL)
        fclose(lines->file);
    free(lines->line);
}

static bool same_line(const lines_t *a, const lines_t *b)
{
    return a->length == b->length &&
           (a->length < 0 || memcmp(a->line, b->line, (size_t)a->length) == 0);
}

/* The first place where two lines differ, from 0. */
static size_t first_difference(const lines_t *a, const lines_t *b)
{
    size_t at = 0;
    while (a->length > (ssize_t)at && b->length > (ssize_t)at && a->line[at] == b->line[at])
        at++;
    return at;
}

static bool is_inside_character(const lines_t *lines, size_t at)
{
    return ((unsigned char)lines->line[at] & 0xc0) == 0x80;
}

/* Writes the text around a byte of a line; the bytes can have any value. */
static void put_around(FILE *out, int run, const lines_t *lines, size_t at)
{
    size_t length = lines->length > 0 ? (size_t)lines->length : 0;
    if (length > 0 && lines->line[length - 1] == '\n')
        length--;
    size_t from = at > SHOWN_BEFORE ? at - SHOWN_BEFORE : 0;
    size_t to = length < at + SHOWN_BEHIND ? length : at + SHOWN_BEHIND;
    from = from < length ? from : length;
    while (from > 0 && from < length && is_inside_character(lines, from))
        from--;
    while (to < length && is_inside_character(lines, to))
        to++;
    fprintf(out, "         %d: %s%s", run, lines->length < 0 ? "(it has ended)" : "",
            from > 0 ? "..." : "");
    for (size_t i = from; i < to; i++) {
        if ((unsigned char)lines->line[i] >= 0x20 && lines->line[i] != 0x7f)
            fputc(lines->line[i], out);
        else
            fprintf(out, "\\x%02x", (unsigned char)lines->line[i]);
    }
    fprintf(out, "%s\n", to < length ? "..." : "");
}

/* Compares one file of both runs; reports the first difference. */
static bool compare_file(check_t *check, const char *path, const char *name, uint64_t *bytes)
{
    lines_t one, two;
    size_t number = 0;
    bool same;
    open_lines(check, 1, name, &one);
    open_lines(check, 2, name, &two);
    same = one.file != NULL && two.file != NULL;
    do {
        next_line(&one);
        next_line(&two);
        number++;
        same = same && same_line(&one, &two);
        *bytes += one.length > 0 ? (uint64_t)one.length : 0;
    } while (same && one.length >= 0);
    if (!same) {
        size_t at = first_difference(&one, &two);
        fprintf(check->out, "  DIFFER %s: %s, line %zu, column %zu:\n", path, name, number, at + 1);
        put_around(check->out, 1, &one, at);
        put_around(check->out, 2, &two, at);
    }
    close_lines(&one);
    close_lines(&two);
    return same;
}

/* The names of both runs' files, sorted, each once. */
static size_t list_files(const check_t *check, struct dirent ***names)
{
    struct dirent **lists[2] = {NULL, NULL};
    size_t counts[2], count = 0;
    for (int run = 1; run <= 2; run++) {
        char folder[100];
        snprintf(folder, sizeof(folder), "%s/%d", check->folder, run);
        int found = scandir(folder, &lists[run - 1], is_file, by_bytes);
        counts[run - 1] = found > 0 ? (size_t)found : 0;
    }
    *names = must_calloc(counts[0] + counts[1] + 1, sizeof(**names));
    for (size_t a = 0, b = 0; a < counts[0] || b < counts[1];) {
        int order = a == counts[0]   ? 1
                    : b == counts[1] ? -1
                                     : strcmp(lists[0][a]->d_name, lists[1][b]->d_name);
        (*names)[count++] = order <= 0 ? lists[0][a] : lists[1][b];
        if (order == 0)
            free(lists[1][b]);
        a += order <= 0;
        b += order >= 0;
    }
    free(lists[0]);
    free(lists[1]);
    return count;
}

static bool compare_runs(check_t *check, const char *path, size_t *files, uint64_t *bytes)
{
    struct dirent **names;
    bool same = true;
    *files = list_files(check, &names);
    for (size_t i = 0; i < *files; i++) {
        if (same)
            same = compare_file(check, path, names[i]->d_name, bytes);
        free(names[i]);
    }
    free(names);
    return same;
}

/* ---- one path ---- */

static void remove_folder(const char *path)
{
    struct dirent **names;
    int count = scandir(path, &names, is_file, NULL);
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

static void remove_runs(const check_t *check)
{
    static const char *const names[] = {"now", "0", "1", "2"};
    char path[100];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", check->folder, names[i]);
        remove_folder(path);
    }
}

/* Shows why the tests did not pass, if the run wrote that to standard error. */
static void put_error(const check_t *check)
{
    lines_t lines;
    open_lines(check, 1, "standard error", &lines);
    next_line(&lines);
    if (lines.length > 0)
        fprintf(check->out, "         %.*s\n", (int)strcspn(lines.line, "\n"), lines.line);
    close_lines(&lines);
}

static void judge(check_t *check, const char *path, int first, int second)
{
    uint64_t bytes = 0;
    size_t files = 0;
    bool same = compare_runs(check, path, &files, &bytes);
    if (same && first != second)
        fprintf(check->out, "  DIFFER %s: exit %d, then %d\n", path, first, second);
    if (!same || first != second) {
        check->differing++;
        check->occurred[EXIT_CRASHED] = true;
        return;
    }
    if (first == EXIT_NOTHING)
        return;
    check->same++;
    check->occurred[first <= EXIT_NOTHING ? first : EXIT_CRASHED] = true;
    fprintf(check->out, "  same   %s: %zu files, %llu bytes%s\n", path, files,
            (unsigned long long)bytes, first == 0 ? "" : "; its tests do not all pass");
    if (first != 0)
        put_error(check);
}

static void check_tests(check_t *check, char *path)
{
    int first = run_once(check, 1, path);
    int second = run_once(check, 2, path);
    if (ended_by == 0)
        judge(check, path, first, second);
    fflush(check->out);
    remove_runs(check);
}

static char *test_path(const char *file, const char *test)
{
    char *path = must_asprintf("%s%s%s", file, test != NULL ? ":" : "", test != NULL ? test : "");
    return path;
}

/* ---- tests whose names cannot be files' names ---- */

typedef struct names {
    char **tests;
    char **files; /* the %t of each, sorted */
    size_t count;
} names_t;

static void add_test(names_t *names, const char *test)
{
    static const observer_t observer = {.file = "%t"};
    char file[PATH_MAX_TEXT];
    observer_path(&observer, "", test, file, sizeof(file));
    names->tests = realloc(names->tests, (names->count + 1) * sizeof(*names->tests));
    names->files = realloc(names->files, (names->count + 1) * sizeof(*names->files));
    if (names->tests == NULL || names->files == NULL)
        must_end();
    names->tests[names->count] = text_copy(test);
    names->files[names->count] = text_copy(file);
    names->count++;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Lists the file's tests; none if it cannot be loaded, which its two runs report. */
static void list_tests(check_t *check, const char *file, char *path, names_t *names)
{
    lines_t lines;
    size_t length = strlen(file);
    *names = (names_t){0};
    run_once(check, LISTING, path);
    open_lines(check, LISTING, "standard output", &lines);
    for (next_line(&lines); lines.length > 0; next_line(&lines)) {
        lines.line[strcspn(lines.line, "\n")] = '\0';
        if (strncmp(lines.line, file, length) == 0 && lines.line[length] == ':')
            add_test(names, lines.line + length + 1);
    }
    close_lines(&lines);
    remove_runs(check);
    if (names->count > 0)
        qsort(names->files, names->count, sizeof(*names->files), by_text);
}

static bool is_too_long(const char *name)
{
    return strlen(name) + strlen(".ladder.svg") > NAME_MAX;
}

/* Whether each test can have files of its own, named after it. */
static bool fit_files(const names_t *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (is_too_long(names->files[i]) ||
            (i > 0 && strcmp(names->files[i - 1], names->files[i]) == 0))
            return false;
    }
    return true;
}

static void names_fini(names_t *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->tests[i]);
        free(names->files[i]);
    }
    free(names->tests);
    free(names->files);
}

/* Checks a whole file at once, so that its tests run in parallel; but one by one if tests' files
 * would have equal or empty names. */
static void check_path(check_t *check, const char *file, const char *test)
{
    names_t names;
    char *path = test_path(file, test);
    list_tests(check, file, path, &names);
    bool fit = fit_files(&names);
    check->name = fit ? "%t" : "test";
    if (fit && ended_by == 0)
        check_tests(check, path);
    for (size_t i = 0; !fit && i < names.count && ended_by == 0; i++) {
        char *one = test_path(file, names.tests[i]);
        check_tests(check, one);
        free(one);
    }
    names_fini(&names);
    free(path);
}

/* ---- all of it ---- */

static bool make_folder(check_t *check)
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

static int finish(check_t *check)
{
    rmdir(check->folder);
    if (ended_by == 0 && check->same + check->differing > 0)
        fprintf(check->out, "\n%zu the same in two runs, %zu differ\n", check->same,
                check->differing);
    if (ended_by == 0 && check->differing > 0 && check->options->programs)
        fprintf(check->out,
                "Programs take from the machine: process numbers, files and their times, their "
                "environment (language, time\nzone, HOME: others in each run), what other programs "
                "of it do, and the processor's RDRAND and time-stamp counter.\n");
    fflush(check->out);
    if (ended_by != 0)
        die_as_told();
    for (int code = EXIT_CRASHED; code >= EXIT_FAILED; code--) {
        if (check->occurred[code])
            return code;
    }
    if (check->same > 0)
        return 0;
    fprintf(check->err, "lo0sim run: there is no test in what was given\n");
    return EXIT_NOTHING;
}

int determinism_check(const determinism_options_t *options, FILE *out, FILE *err)
{
    check_t check = {.options = options, .out = out, .err = err};
    file_list_t list = {0};
    char message[PATH_MAX_TEXT + 200];
    catch_endings();
    if (!make_folder(&check))
        return EXIT_MISTAKE;
    for (size_t i = 0; i < options->path_count; i++) {
        if (file_list_add(&list, options->paths[i], message, sizeof(message)))
            continue;
        fprintf(err, "%s\n", message);
        check.occurred[EXIT_MISTAKE] = true;
    }
    for (size_t i = 0; i < list.count && ended_by == 0; i++)
        check_path(&check, list.files[i], list.tests[i]);
    file_list_fini(&list);
    return finish(&check);
}
