/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Prints what calls on sockets, time and signals return (calls.h): what all checks use, and which
 * there are.
 */
#include "tests/exec/calls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

const char *name_of(int error)
{
    const char *name = error == 0 ? "0" : strerrorname_np(error);
    return name != NULL ? name : "?";
}

void say(const char *what, long value)
{
    int error = errno;
    if (value < 0)
        printf("%s: %s\n", what, name_of(error));
    else
        printf("%s: %ld\n", what, value);
    fflush(stdout);
}

double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void rest(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * MS};
    while (nanosleep(&ts, &ts) != 0)
        continue;
}

int listener_at(struct sockaddr_in *at, int backlog)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof(*at);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bind(fd, (struct sockaddr *)at, sizeof(*at));
    listen(fd, backlog);
    getsockname(fd, (struct sockaddr *)at, &size);
    return fd;
}

void tcp_pair(int ends[2])
{
    struct sockaddr_in at;
    int listener = listener_at(&at, 5);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(ends[0], (struct sockaddr *)&at, sizeof(at));
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* ---- which ---- */

static const struct {
    const char *name;
    void (*check)(void);
} checks[] = {
    {"numbers", numbers},         {"passing", passing},
    {"copying", copying},         {"inheriting", inheriting},
    {"sharing", sharing},         {"messages", messages},
    {"epolls", epolls},           {"masks", masks},
    {"interrupted", interrupted}, {"broken_pipe", broken_pipe},
    {"timers", timers},           {"timer_files", timer_files},
    {"threads", threads},         {"signal_files", signal_files},
};

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "serve") == 0)
        return serve(atoi(argv[2]));
    for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
        if (argc > 1 && strcmp(argv[1], checks[i].name) != 0)
            continue;
        printf("-- %s\n", checks[i].name);
        checks[i].check();
    }
    return 0;
}
