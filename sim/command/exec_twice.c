/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/exec_twice.h"

#include "sim/base/child.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"
#include "sim/command/command.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What is compared. */
enum { OUTPUT, ERRORS, TRACE, PARTS };

static const char *const names[PARTS] = {"standard output", "standard error", "the trace"};

typedef struct twin {
    int files[PARTS]; /* in memory */
    char *texts[PARTS];
    size_t lengths[PARTS];
    int code;
    bool *ran; /* shared with the process of the run */
} twin_t;

/* ---- a run ---- */

/* Each run reads a file from its beginning: a descriptor of its own. */
static int open_input(void)
{
    struct stat st;
    if (fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode))
        return unnamed_file_reopen(STDIN_FILENO);
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static _Noreturn void run_child(exec_once_t once, const void *arg, const twin_t *twin, pid_t parent)
{
    const int standard[3] = {open_input(), twin->files[OUTPUT], twin->files[ERRORS]};
    if (!child_ends_with(parent))
        _exit(EXIT_CRASHED);
    dup2(twin->files[TRACE], STDERR_FILENO);
    int code = once(arg, standard, twin->ran);
    fflush(NULL);
    _exit(code);
}

static void read_part(twin_t *twin, int part)
{
    struct stat st = {0};
    fstat(twin->files[part], &st);
    twin->texts[part] = must_calloc((size_t)st.st_size + 1, 1);
    ssize_t got = pread(twin->files[part], twin->texts[part], (size_t)st.st_size, 0);
    twin->lengths[part] = got > 0 ? (size_t)got : 0;
    close(twin->files[part]);
}

/* => Returns false if there is no room for it. */
static bool run_twin(exec_once_t once, const void *arg, twin_t *twin)
{
    int status = 0;
    for (int part = 0; part < PARTS; part++) {
        twin->files[part] = unnamed_file(names[part]);
        if (twin->files[part] < 0)
            return false;
        fcntl(twin->files[part], F_SETFL, O_APPEND);
    }
    void *shared =
        mmap(NULL, sizeof(*twin->ran), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return false;
    twin->ran = shared;
    fflush(NULL);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        run_child(once, arg, twin, parent);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return false;
    twin->code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_CRASHED;
    for (int part = 0; part < PARTS; part++)
        read_part(twin, part);
    return true;
}

/* ---- comparing ---- */

static void print_line(const char *which, const char *text, size_t from, size_t length)
{
    const char *end = memchr(text + from, '\n', length - from);
    int size = (int)(end != NULL ? (size_t)(end - text) - from : length - from);
    printf("    %-6s  %.*s%s\n", which, size, text + from, from == length ? "(the end)" : "");
}

/* Prints the first line in which a part differs.
 * => Returns whether one does. */
static bool part_differs(const twin_t twins[2], int part)
{
    const char *a = twins[0].texts[part], *b = twins[1].texts[part];
    size_t length = twins[0].lengths[part], other = twins[1].lengths[part], line = 1, from = 0,
           i = 0;
    for (; i < length && i < other && a[i] == b[i]; i++) {
        if (a[i] == '\n') {
            line++;
            from = i + 1;
        }
    }
    if (i == length && i == other)
        return false;
    printf("  %s, line %zu\n", names[part], line);
    print_line("first", a, from, length);
    print_line("second", b, from, other);
    return true;
}

static size_t count_lines(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++)
        count += text[i] == '\n';
    return count;
}

static int compare(const twin_t twins[2])
{
    const twin_t *one = &twins[0];
    bool differs = twins[0].code != twins[1].code;
    for (int part = 0; part < PARTS; part++)
        differs = differs || one->lengths[part] != twins[1].lengths[part] ||
                  memcmp(one->texts[part], twins[1].texts[part], one->lengths[part]) != 0;
    if (!differs) {
        printf("the same in two runs: exit code %d, %zu lines of output, %zu of errors, %zu of "
               "trace\n",
               one->code, count_lines(one->texts[OUTPUT], one->lengths[OUTPUT]),
               count_lines(one->texts[ERRORS], one->lengths[ERRORS]),
               count_lines(one->texts[TRACE], one->lengths[TRACE]));
        return EXIT_SUCCESS;
    }
    printf("two runs DIFFER:\n");
    if (twins[0].code != twins[1].code)
        printf("  the exit code\n    first   %d\n    second  %d\n", twins[0].code, twins[1].code);
    for (int part = 0; part < PARTS; part++)
        part_differs(twins, part);
    printf("Programs take from the machine: process numbers, files' times, chance of the "
           "processor's own, "
           "what comes by a pipe.\n");
    return EXIT_CRASHED;
}

int exec_twice(exec_once_t once, const void *arg)
{
    twin_t twins[2] = {0};
    for (int i = 0; i < 2; i++) {
        if (!run_twin(once, arg, &twins[i]))
            return command_mistake("exec", "--check-determinism: there is no room for a run");
    }
    bool ran = *twins[0].ran || *twins[1].ran;
    if (!ran) /* a mistake: both say it in the same words */
        fputs(twins[0].texts[TRACE], stderr);
    int code = ran ? compare(twins) : twins[0].code;
    for (int part = 0; part < PARTS; part++) {
        free(twins[0].texts[part]);
        free(twins[1].texts[part]);
    }
    return code;
}
