/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Descriptors: their numbers, passing them on, copies, children that have them.
 */
#include "tests/exec/calls.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

void numbers(void)
{
    static const int places[] = {3, 42, 499, 1000};
    char buffer[10];
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int ends[2], to = places[i];
        struct stat st;
        tcp_pair(ends);
        say("dup2", dup2(ends[0], to) == to);
        close(ends[0]);
        say("write", write(to, "12345", 5));
        say("read", read(ends[1], buffer, 10));
        send(ends[1], "abc", 3, 0);
        struct pollfd fd = {.fd = to, .events = POLLIN};
        say("poll", poll(&fd, 1, 1000));
        fd_set set;
        FD_ZERO(&set);
        FD_SET(to, &set);
        say("select", select(to + 1, &set, NULL, NULL, NULL));
        int epoll = epoll_create1(0);
        struct epoll_event event = {.events = EPOLLIN, .data.u64 = 7}, got = {0};
        epoll_ctl(epoll, EPOLL_CTL_ADD, to, &event);
        say("epoll", epoll_wait(epoll, &got, 1, 1000) + (long)got.data.u64);
        close(epoll);
        say("recv", recv(to, buffer, 10, 0));
        fstat(to, &st);
        say("socket", S_ISSOCK(st.st_mode));
        close(ends[1]);
        say("end", read(to, buffer, 10));
        close(to);
        say("closed", read(to, buffer, 10));
    }
}

static void send_descriptor(int over, int fd)
{
    char byte = 'x';
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof(control));
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
    *header = (struct cmsghdr){
        .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    memcpy(CMSG_DATA(header), &fd, sizeof(fd));
    if (sendmsg(over, &msg, 0) != 1)
        printf("sendmsg fails\n");
}

static int take_descriptor(int over)
{
    char byte = 0;
    int fd = -1;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    say("recvmsg", recvmsg(over, &msg, MSG_CMSG_CLOEXEC));
    struct cmsghdr *header = CMSG_FIRSTHDR(&msg);
    if (header != NULL && header->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(header), sizeof(fd));
    say("control", (long)msg.msg_controllen);
    say("byte", byte);
    return fd;
}

void passing(void)
{
    int ends[2], over[2];
    char buffer[10];
    tcp_pair(ends);
    socketpair(AF_UNIX, SOCK_STREAM, 0, over);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        close(ends[1]);
        int fd = take_descriptor(over[1]);
        say("cloexec", fcntl(fd, F_GETFD));
        say("child writes", write(fd, "passed", 6));
        int file = take_descriptor(over[1]); /* a file of the kernel's, too */
        say("child reads", read(file, buffer, 10));
        fflush(stdout);
        _exit(0);
    }
    rest(10);
    send_descriptor(over[0], ends[0]);
    close(ends[0]);
    int pipes[2];
    if (pipe(pipes) == 0 && write(pipes[1], "pipe", 4) == 4)
        send_descriptor(over[0], pipes[0]);
    waitpid(child, NULL, 0);
    say("read", read(ends[1], buffer, 10));
    say("end", read(ends[1], buffer, 10));
    close(ends[1]);
    close_pair(over);
}

static void *send_much(void *arg)
{
    static char bytes[300000];
    int fd = *(int *)arg;
    size_t done = 0;
    while (done < sizeof(bytes)) {
        ssize_t sent = write(fd, bytes + done, sizeof(bytes) - done);
        if (sent <= 0)
            break;
        done += (size_t)sent;
    }
    shutdown(fd, SHUT_WR);
    return NULL;
}

static long drain(int fd)
{
    char buffer[65536];
    long all = 0;
    ssize_t got;
    while ((got = read(fd, buffer, sizeof(buffer))) > 0)
        all += got;
    return all;
}

static void *drain_it(void *arg)
{
    return (void *)(intptr_t)drain(*(int *)arg);
}

void copying(void)
{
    int ends[2], pipes[2];
    char path[] = "/tmp/callsXXXXXX", buffer[10];
    static char bytes[200000];
    void *count;
    pthread_t thread;
    int file = mkstemp(path);
    unlink(path);
    say("file", write(file, bytes, sizeof(bytes)));
    tcp_pair(ends);
    pthread_create(&thread, NULL, drain_it, &ends[1]);
    off_t offset = 100;
    long sent = 0, got;
    while ((got = sendfile(ends[0], file, &offset, sizeof(bytes))) > 0)
        sent += got;
    say("sendfile", sent);
    say("offset", offset);
    say("place", lseek(file, 0, SEEK_CUR));
    lseek(file, 10, SEEK_SET);
    say("from its place", sendfile(ends[0], file, NULL, 5));
    say("place", lseek(file, 0, SEEK_CUR));
    say("sendfile from a socket", sendfile(file, ends[0], NULL, 5));
    shutdown(ends[0], SHUT_WR);
    pthread_join(thread, &count);
    say("received", (long)(intptr_t)count);
    close_pair(ends);

    tcp_pair(ends);
    say("pipe", pipe(pipes));
    say("fill", write(pipes[1], "spliced", 7));
    say("splice out", splice(pipes[0], NULL, ends[0], NULL, 100, 0));
    say("splice in", splice(ends[1], NULL, pipes[1], NULL, 4, 0));
    say("read", read(pipes[0], buffer, 10));
    say("rest", read(ends[1], buffer, 10));
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    say("none", splice(ends[1], NULL, pipes[1], NULL, 4, 0));
    say("no pipe", splice(ends[1], NULL, ends[0], NULL, 4, 0));
    close(ends[0]);
    say("end", splice(ends[1], NULL, pipes[1], NULL, 4, 0));
    close(ends[1]);
    close_pair(pipes);

    tcp_pair(ends);
    pthread_create(&thread, NULL, send_much, &ends[0]);
    say("pipe", pipe(pipes));
    pthread_t other;
    pthread_create(&other, NULL, drain_it, &pipes[0]);
    sent = 0;
    while ((got = splice(ends[1], NULL, pipes[1], NULL, 1 << 20, 0)) > 0)
        sent += got;
    close(pipes[1]);
    pthread_join(thread, NULL);
    pthread_join(other, &count);
    say("spliced", sent);
    say("arrived", (long)(intptr_t)count);
    close(pipes[0]);
    close_pair(ends);
    close(file);
}

void inheriting(void)
{
    struct sockaddr_in at;
    int listener = listener_at(&at, 5);
    char text[20], buffer[10];
    snprintf(text, sizeof(text), "%d", listener);
    char *argv[] = {"calls", "serve", text, NULL};
    pid_t child;
    fflush(stdout);
    say("spawn", posix_spawn(&child, "/proc/self/exe", NULL, NULL, argv, environ));
    close(listener);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    say("connect", connect(fd, (struct sockaddr *)&at, sizeof(at)));
    say("read", read(fd, buffer, 10));
    say("end", read(fd, buffer, 10));
    waitpid(child, NULL, 0);
    close(fd);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    say("after it", connect(fd, (struct sockaddr *)&at, sizeof(at)));
    close(fd);
}

int serve(int listener)
{
    int peer = accept(listener, NULL, NULL);
    return write(peer, "served", 6) == 6 ? 0 : 1;
}

void sharing(void)
{
    int ends[2];
    char buffer[10];
    tcp_pair(ends);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        send(ends[0], "child", 5, 0);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say("child", recv(ends[1], buffer, 10, 0));
    say("parent", send(ends[0], "both", 4, 0));
    say("received", recv(ends[1], buffer, 10, 0));
    int copy = dup(ends[0]);
    fcntl(copy, F_SETFL, O_NONBLOCK);
    say("its copy's flag", recv(ends[0], buffer, 10, 0));
    close(ends[0]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    say("still open", recv(ends[1], buffer, 10, 0));
    say("close_range", close_range((unsigned)copy, ~0U, 0));
}
