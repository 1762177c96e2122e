/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What bench_path does, over this machine's own loopback: the kernel's baseline, and that of
 * copying. Both ends are in this process.
 *
 * usage: bench_kernel WORK N; exits with 1 if this machine lets nobody ask.
 */
#include "bench/measure.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CHUNK 32768

static char from[CHUNK], to[CHUNK];

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_kernel: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int tcp_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    check(fd >= 0, "socket");
    return fd;
}

/* Binds a socket to a free port of 127.0.0.1. => Returns its address. */
static struct sockaddr_in bind_any(int fd)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    socklen_t length = sizeof(sin);
    sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(bind(fd, (struct sockaddr *)&sin, length) == 0, "bind");
    check(getsockname(fd, (struct sockaddr *)&sin, &length) == 0, "getsockname");
    return sin;
}

/* A port that is bound and not listened at refuses. */
static void refused(unsigned long n)
{
    int holder = tcp_socket();
    struct sockaddr_in sin = bind_any(holder);
    while (n-- > 0) {
        int fd = tcp_socket();
        check(connect(fd, (struct sockaddr *)&sin, sizeof(sin)) < 0 && errno == ECONNREFUSED,
              "connect");
        close(fd);
    }
    close(holder);
}

/* Makes a connection. => Returns its client's end; *server is the other. */
static int connected(int listener, const struct sockaddr_in *sin, int *server)
{
    int fd = tcp_socket();
    check(connect(fd, (const struct sockaddr *)sin, sizeof(*sin)) == 0, "connect");
    *server = accept(listener, NULL, NULL);
    check(*server >= 0, "accept");
    return fd;
}

/* The server's end is reset, so that no ports are used up by TIME_WAIT. */
static void accept_close(unsigned long n)
{
    int listener = tcp_socket(), server;
    struct sockaddr_in sin = bind_any(listener);
    struct linger now = {.l_onoff = 1};
    check(listen(listener, 1) == 0, "listen");
    while (n-- > 0) {
        int fd = connected(listener, &sin, &server);
        check(setsockopt(server, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) == 0, "SO_LINGER");
        close(fd);
        close(server);
    }
    close(listener);
}

static void bulk(unsigned long n)
{
    int listener = tcp_socket(), server;
    struct sockaddr_in sin = bind_any(listener);
    check(listen(listener, 1) == 0, "listen");
    int fd = connected(listener, &sin, &server);
    while (n-- > 0) {
        check(send(fd, from, CHUNK, 0) == CHUNK, "send");
        check(recv(server, to, CHUNK, MSG_WAITALL) == CHUNK, "recv");
    }
    close(fd);
    close(server);
    close(listener);
}

static void copied(unsigned long n)
{
    void *(*volatile copy)(void *, const void *, size_t) = memcpy; /* so that none is left out */
    while (n-- > 0)
        copy(to, from, CHUNK);
}

static const struct {
    const char *name;
    void (*func)(unsigned long n);
} works[] = {{"refused", refused}, {"accept", accept_close}, {"bulk", bulk}, {"memcpy", copied}};

int main(int argc, char **argv)
{
    unsigned long n = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    for (size_t i = 0; n > 0 && i < sizeof(works) / sizeof(works[0]); i++) {
        if (strcmp(argv[1], works[i].name) != 0)
            continue;
        double start = cpu_s();
        works[i].func(n);
        printf("%s: %.3f us each\n", works[i].name, (cpu_s() - start) * 1e6 / (double)n);
        return 0;
    }
    fprintf(stderr, "usage: bench_kernel refused|accept|bulk|memcpy N\n");
    return 3;
}
