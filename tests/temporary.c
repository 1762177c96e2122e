/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/temporary.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[1024]; /* "": there is none */
static pid_t owner;       /* a child of the test does not remove it */

/* With another program, since a signal can come at any time. Folders without rights are opened. */
static void remove_all(void)
{
    static const char *const script = "cd / && { rm -rf \"$0\" 2>/dev/null || "
                                      "{ chmod -R u+rwX \"$0\"; rm -rf \"$0\"; }; }";
    if (folder[0] == '\0' || getpid() != owner)
        return;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", script, folder, (char *)NULL);
        _exit(127);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
    folder[0] = '\0';
}

static void end_by(int number)
{
    remove_all();
    signal(number, SIG_DFL);
    raise(number);
}

static void watch_ends(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGABRT, SIGXCPU};
    static int watched;
    if (watched++ > 0)
        return;
    atexit(remove_all);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        struct sigaction now, action = {.sa_handler = end_by};
        if (sigaction(numbers[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
            sigaction(numbers[i], &action, NULL);
    }
}

const char *temporary_folder(void)
{
    const char *parent = getenv("TMPDIR");
    if (folder[0] != '\0')
        return folder;
    snprintf(folder, sizeof(folder), "%s/lo0sim.XXXXXX",
             parent != NULL && parent[0] == '/' ? parent : "/tmp");
    if (mkdtemp(folder) == NULL) {
        perror(folder);
        exit(1);
    }
    owner = getpid();
    watch_ends();
    return folder;
}

const char *temporary_path(const char *name)
{
    static char path[1100];
    snprintf(path, sizeof(path), "%s/%s", temporary_folder(), name);
    return path;
}

void temporary_remove(void)
{
    remove_all();
}
