/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two real programs under `lo0sim exec`, compared with the same two over a UNIX socket of the
 * kernel: a request's round trip, the throughput of 100 MB, and 1,000 connections.
 *
 *     bench_exec LO0SIM
 *
 * Measures processor time, of all processes together: other work of the machine does not count.
 */
#include "bench/measure.h"

#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRIPS    5000
#define MEGA     100
#define CONNECTS 1000
#define BLOCK    65536
#define PORT     9000

typedef union place {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_un path;
} place_t;

static socklen_t choose(int unix_socket, place_t *at)
{
    memset(at, 0, sizeof(*at));
    if (unix_socket != 0) {
        at->path.sun_family = AF_UNIX; /* an abstract name: leaves no file */
        snprintf(at->path.sun_path + 1, sizeof(at->path.sun_path) - 1, "bench_exec.%d",
                 (int)getpid());
        return sizeof(at->path);
    }
    at->v4 = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    return sizeof(at->v4);
}

/* Sends back what comes, or only takes it, until `connects` clients have gone. */
static void serve(int listener, int echoes, int connects)
{
    static char block[BLOCK];
    for (int i = 0; i < connects; i++) {
        ssize_t got;
        int peer = accept(listener, NULL, NULL);
        while ((got = read(peer, block, sizeof(block))) > 0) {
            if (echoes != 0 && write(peer, block, (size_t)got) != got)
                break;
        }
        close(peer);
    }
}

static int call(const place_t *at, socklen_t length)
{
    int fd = socket(at->any.sa_family, SOCK_STREAM, 0);
    if (connect(fd, &at->any, length) != 0)
        return -1;
    return fd;
}

static int client(const char *what, const place_t *at, socklen_t length)
{
    static char block[BLOCK];
    if (strcmp(what, "connects") == 0) {
        for (int i = 0; i < CONNECTS; i++) {
            int fd = call(at, length);
            if (fd < 0)
                return 1;
            close(fd);
        }
        return 0;
    }
    int fd = call(at, length);
    if (strcmp(what, "trips") == 0) {
        for (int i = 0; i < TRIPS; i++) {
            if (write(fd, block, 1) != 1 || read(fd, block, 1) != 1)
                return 1;
        }
    } else {
        for (int i = 0; i < MEGA * 1000000 / BLOCK; i++) {
            if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block))
                return 1;
        }
    }
    close(fd);
    return 0;
}

/* Runs a server, and a client in a process of its own. */
static int work(const char *what, int unix_socket)
{
    place_t at;
    int status = 1, connects = strcmp(what, "connects") == 0 ? CONNECTS : 1;
    socklen_t length = choose(unix_socket, &at);
    int listener = socket(at.any.sa_family, SOCK_STREAM, 0);
    if (bind(listener, &at.any, length) != 0 || listen(listener, 128) != 0)
        return 1;
    pid_t child = fork();
    if (child == 0)
        _exit(client(what, &at, length));
    serve(listener, strcmp(what, "trips") == 0, connects);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static double used_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* => Returns the processor time of a command; less than 0 if it failed. */
static double run(const char *const *argv)
{
    int status = 1;
    double before = used_s();
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status == 0 ? used_s() - before : -1;
}

int main(int argc, char **argv)
{
    static const struct {
        const char *what, *unit;
        double count, scale;
    } rows[] = {{"trips", "us a round trip", TRIPS, 1e6},
                {"stream", "ms a MB", MEGA, 1e3},
                {"connects", "us a connection", CONNECTS, 1e6}};
    if (argc == 4 && strcmp(argv[1], "work") == 0)
        return work(argv[2], strcmp(argv[3], "unix") == 0);
    if (argc != 2) {
        fprintf(stderr, "usage: bench_exec LO0SIM\n");
        return 2;
    }
    printf("%-18s %12s %12s\n", "processors' time", "UNIX socket", "exec");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        double plain[5], boxed[5];
        const char *what = rows[i].what;
        const char *const kernel[] = {"/proc/self/exe", "work", what, "unix", NULL};
        const char *const box[] = {argv[1], "exec", "--era", "linux", "--",
                                   argv[0], "work", what,    "inet",  NULL};
        for (int round = 0; round < 5; round++) {
            plain[round] = run(kernel);
            boxed[round] = run(box);
            if (plain[round] < 0 || boxed[round] < 0) {
                fprintf(stderr, "bench_exec: %s failed\n", rows[i].what);
                return 1;
            }
        }
        printf("%-18s %12.1f %12.1f\n", rows[i].unit,
               median(plain, 5) / rows[i].count * rows[i].scale,
               median(boxed, 5) / rows[i].count * rows[i].scale);
    }
    return 0;
}
