/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/hook_trial.h"

#include "sim/core/box.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MESSAGE_MAX 1024

/* How long the objects may take to be loaded and registered. */
#define WALL_SECONDS 10

/* The result that the trial process leaves. */
typedef struct trial {
    size_t turn; /* which object was at work last */
    bool ended;  /* nothing took the process away */
    char error[MESSAGE_MAX];
} trial_t;

static void try_in_box(const hook_objects_t *objects, trial_t *trial)
{
    box_t *box = box_create(0, NULL, 0);
    if (box == NULL)
        snprintf(trial->error, sizeof(trial->error), "out of memory");
    else if (box_attach_hooks(box, objects, trial->error, sizeof(trial->error)) &&
             fr_setipfloopback(box->ifs, true) != 0)
        snprintf(trial->error, sizeof(trial->error),
                 "%s: a hook has the name of one of the filter's: ipfilter_...",
                 objects->objects[trial->turn].path);
    box_destroy(box);
}

/* The child: drops what the objects print to standard output, and keeps what they print to standard
 * error. */
static void run_trial(hook_objects_t *objects, trial_t *trial)
{
    int null = open("/dev/null", O_WRONLY);
    objects->turn = &trial->turn;
    if (null >= 0)
        dup2(null, STDOUT_FILENO);
    alarm(WALL_SECONDS);
    if (hook_objects_open(objects, trial->error, sizeof(trial->error)))
        try_in_box(objects, trial);
    fflush(stderr);
    trial->ended = true;
    _exit(0);
}

static bool judge_trial(const hook_objects_t *objects, const trial_t *trial, int status,
                        char *error, size_t size)
{
    const char *path = objects->objects[trial->turn].path;
    if (trial->ended && trial->error[0] == '\0')
        return true;
    if (trial->ended)
        snprintf(error, size, "%s", trial->error);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(error, size, "%s: lo0sim_hook_init() did not return within %d s", path,
                 WALL_SECONDS);
    else if (WIFSIGNALED(status))
        snprintf(error, size, "%s: crashed in lo0sim_hook_init(): signal %d (%s)", path,
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        snprintf(error, size, "%s: lo0sim_hook_init() ended the process, with status %d", path,
                 WEXITSTATUS(status));
    return false;
}

bool hook_trial(hook_objects_t *objects, char *error, size_t size)
{
    int status = 0;
    trial_t *trial =
        mmap(NULL, sizeof(*trial), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (trial == MAP_FAILED) {
        snprintf(error, size, "out of memory");
        return false;
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        run_trial(objects, trial);
    bool good = pid > 0 && waitpid(pid, &status, 0) == pid;
    if (good)
        good = judge_trial(objects, trial, status, error, size);
    else
        snprintf(error, size, "no process could be started: %s", strerror(errno));
    munmap(trial, sizeof(*trial));
    return good;
}
