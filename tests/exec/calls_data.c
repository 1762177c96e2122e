/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Data: messages with parts and control data, and epoll.
 */
#include "tests/exec/calls.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void messages(void)
{
    int ends[2];
    char a[4], b[20];
    tcp_pair(ends);
    struct iovec out[2] = {{"one", 3}, {"twothree", 8}}, in[2] = {{a, 4}, {b, 20}};
    say("writev", writev(ends[0], out, 2));
    say("peek", recv(ends[1], b, 5, MSG_PEEK));
    say("readv", readv(ends[1], in, 2));
    say("dontwait", recv(ends[1], b, 5, MSG_DONTWAIT));
    send(ends[0], "12", 2, 0);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        rest(20);
        send(ends[0], "345", 3, 0);
        _exit(0);
    }
    say("waitall", recv(ends[1], b, 5, MSG_WAITALL));
    waitpid(child, NULL, 0);
    int left = -1;
    send(ends[0], "abc", 3, 0);
    rest(5);
    say("FIONREAD", ioctl(ends[1], FIONREAD, &left) + left);
    say("oob", send(ends[0], "x", 0, 0));
    close_pair(ends);

    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}}, from;
    socklen_t size = sizeof(at);
    int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
    bind(server, (struct sockaddr *)&at, sizeof(at));
    getsockname(server, (struct sockaddr *)&at, &size);
    struct mmsghdr many[3];
    memset(many, 0, sizeof(many));
    for (int i = 0; i < 3; i++) {
        many[i].msg_hdr = (struct msghdr){
            .msg_name = &at, .msg_namelen = sizeof(at), .msg_iov = &out[1], .msg_iovlen = 1};
    }
    say("sendmmsg", sendmmsg(client, many, 3, 0));
    for (int i = 0; i < 3; i++) {
        many[i].msg_hdr = (struct msghdr){.msg_name = i == 0 ? &from : NULL,
                                          .msg_namelen = i == 0 ? sizeof(from) : 0,
                                          .msg_iov = &in[i % 2],
                                          .msg_iovlen = 1};
    }
    say("recvmmsg", recvmmsg(server, many, 2, 0, NULL));
    say("first", many[0].msg_len);
    say("cut", (many[0].msg_hdr.msg_flags & MSG_TRUNC) != 0);
    say("second", many[1].msg_len);
    say("trunc", recv(server, a, 4, MSG_TRUNC));
    struct timespec wait = {0, 20 * MS};
    say("recvmmsg waits", recvmmsg(server, many, 2, MSG_DONTWAIT, &wait));
    say("too long", sendto(client, calloc(1, 70000), 70000, 0, (struct sockaddr *)&at, size));
    close(server);
    close(client);
}

void epolls(void)
{
    int ends[2];
    char buffer[10];
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 1}, got[5];
    int epoll = epoll_create1(0), outer = epoll_create1(0);
    tcp_pair(ends);
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &event);
    say("again", epoll_ctl(epoll, EPOLL_CTL_ADD, ends[1], &event));
    epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &(struct epoll_event){.events = EPOLLIN});
    say("nothing", epoll_wait(outer, got, 5, 0));
    send(ends[0], "1234", 4, 0);
    say("outer", epoll_wait(outer, got, 5, 1000));
    say("edge", epoll_wait(epoll, got, 5, 1000));
    say("told once", epoll_wait(epoll, got, 5, 10));
    say("part", read(ends[1], buffer, 2));
    say("still told", epoll_wait(epoll, got, 5, 10));
    send(ends[0], "5", 1, 0);
    say("new edge", epoll_wait(epoll, got, 5, 1000));
    event.events = EPOLLIN | EPOLLONESHOT;
    epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], &event);
    say("oneshot", epoll_wait(epoll, got, 5, 1000));
    say("disarmed", epoll_wait(epoll, got, 5, 10));
    epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], &event);
    say("armed", epoll_wait(epoll, got, 5, 1000));
    event.events = EPOLLIN | EPOLLRDHUP;
    epoll_ctl(epoll, EPOLL_CTL_MOD, ends[1], &event);
    shutdown(ends[0], SHUT_WR);
    rest(5);
    epoll_wait(epoll, got, 5, 1000);
    say("rdhup", got[0].events & EPOLLRDHUP ? 1 : 0);
    int copy = dup(ends[1]);
    close(ends[1]);
    say("its copy stays", epoll_wait(epoll, got, 5, 10));
    close(copy);
    say("closed", epoll_wait(epoll, got, 5, 10));
    int event_fd = eventfd(0, 0), timer = timerfd_create(CLOCK_MONOTONIC, 0);
    epoll_ctl(epoll, EPOLL_CTL_ADD, event_fd,
              &(struct epoll_event){.events = EPOLLIN, .data.u64 = 3});
    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &(struct epoll_event){.events = EPOLLIN, .data.u64 = 4});
    struct itimerspec spec = {.it_value = {0, 20 * MS}};
    timerfd_settime(timer, 0, &spec, NULL);
    epoll_wait(epoll, got, 5, 1000);
    say("timer", (long)got[0].data.u64);
    eventfd_write(event_fd, 1);
    say("both", epoll_wait(epoll, got, 5, 1000));
    say("a file", epoll_ctl(epoll, EPOLL_CTL_ADD, open("/etc/passwd", O_RDONLY), &event));
    say("none", epoll_ctl(epoll, EPOLL_CTL_DEL, 99, &event));
    close(epoll);
    close(outer);
    close(ends[0]);
}
