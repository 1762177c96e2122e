/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Prints what calls on sockets, time and signals return; it prints the same on Linux itself.
 * check_exec.py runs it in both, and compares.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS 1000000L

static const char *name_of(int error)
{
    const char *name = error == 0 ? "0" : strerrorname_np(error);
    return name != NULL ? name : "?";
}

static void say(const char *what, long value)
{
    int error = errno;
    if (value < 0)
        printf("%s: %s\n", what, name_of(error));
    else
        printf("%s: %ld\n", what, value);
    fflush(stdout);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void rest(long ms)
{
    struct timespec ts = {ms / 1000, ms % 1000 * MS};
    while (nanosleep(&ts, &ts) != 0)
        continue;
}

static int listener_at(struct sockaddr_in *at, int backlog)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof(*at);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    bind(fd, (struct sockaddr *)at, sizeof(*at));
    listen(fd, backlog);
    getsockname(fd, (struct sockaddr *)at, &size);
    return fd;
}

static void tcp_pair(int ends[2])
{
    struct sockaddr_in at;
    int listener = listener_at(&at, 5);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    connect(ends[0], (struct sockaddr *)&at, sizeof(at));
    ends[1] = accept(listener, NULL, NULL);
    close(listener);
}

static void close_pair(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

/* ---- descriptors ---- */

static void numbers(void)
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

static void passing(void)
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

static void copying(void)
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

static void inheriting(void)
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

static int serve(int listener)
{
    int peer = accept(listener, NULL, NULL);
    return write(peer, "served", 6) == 6 ? 0 : 1;
}

static void sharing(void)
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

/* ---- data ---- */

static void messages(void)
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

static void epolls(void)
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

/* ---- signals ---- */

static volatile sig_atomic_t rang;

static void ring(int number)
{
    (void)number;
    rang++;
}

static void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = ring, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

static void masks(void)
{
    sigset_t usr, none;
    struct epoll_event got;
    struct timespec second = {1, 0};
    int ends[2];
    tcp_pair(ends);
    handle(SIGUSR1, 0);
    sigemptyset(&none);
    sigemptyset(&usr);
    sigaddset(&usr, SIGUSR1);
    sigprocmask(SIG_BLOCK, &usr, NULL);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (int open = 0; open < 2; open++) {
        struct pollfd fd = {.fd = ends[0], .events = POLLIN};
        fd_set set;
        int epoll = epoll_create1(0);
        FD_ZERO(&set);
        FD_SET(ends[0], &set);
        rang = 0;
        kill(getpid(), SIGUSR1);
        say("blocked poll", poll(&fd, 1, 10));
        say("not rung", rang);
        say("ppoll", ppoll(&fd, 1, &second, &none));
        say("rung", rang);
        kill(getpid(), SIGUSR1);
        say("pselect", pselect(ends[0] + 1, &set, NULL, NULL, &second, &none));
        say("rung", rang);
        kill(getpid(), SIGUSR1);
        say("epoll_pwait", epoll_pwait(epoll, &got, 1, 1000, &none));
        say("rung", rang);
        close(epoll);
        fflush(stdout);
        pid_t child = fork(); /* and while it waits */
        if (child == 0) {
            rest(20);
            kill(getppid(), SIGUSR1);
            rest(20);
            kill(getppid(), SIGUSR1);
            _exit(0);
        }
        say("ppoll", ppoll(&fd, 1, &second, &none));
        say("rung", rang);
        FD_SET(ends[0], &set);
        say("pselect", pselect(ends[0] + 1, &set, NULL, NULL, &second, &none));
        say("rung", rang);
        waitpid(child, NULL, 0);
        fd.events = POLLIN | POLLOUT;
        kill(getpid(), SIGUSR1);
        say("ready first", ppoll(&fd, 1, &second, &none) > 0);
        say("ppoll ready", fd.revents);
        sigtimedwait(&usr, NULL, &(struct timespec){0, 0});
    }
    sigprocmask(SIG_UNBLOCK, &usr, NULL);
    rang = 0;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        rest(20);
        kill(getppid(), SIGUSR1);
        rest(20);
        send(ends[1], "x", 1, 0);
        _exit(0);
    }
    struct pollfd fd = {.fd = ends[0], .events = POLLIN};
    say("masked ppoll", ppoll(&fd, 1, &second, &usr));
    rest(1);
    say("rung", rang);
    waitpid(child, NULL, 0);
    close_pair(ends);
}

typedef enum call {
    CALL_READ,
    CALL_RECV,
    CALL_RECVMSG,
    CALL_ACCEPT,
    CALL_SEND,
    CALL_WRITEV,
    CALL_POLL,
    CALL_SELECT,
    CALL_EPOLL,
    CALL_NANOSLEEP,
    CALL_CLOCK_NANOSLEEP,
    CALL_TIMERFD,
    CALL_SEM,
    CALL_PAUSE,
    CALL_RECV_TIMEOUT,
    CALL_UDP,
    CALLS
} call_t;

static const char *const call_names[CALLS] = {
    "read",         "recv",       "recvmsg",   "accept",          "send",    "writev", "poll",
    "select",       "epoll_wait", "nanosleep", "clock_nanosleep", "timerfd", "sem",    "pause",
    "recv timeout", "udp recv"};

/* A child that signals after 20 ms, and ends the wait after 40. */
static pid_t disturb(call_t call, int peer, const struct sockaddr_in *at)
{
    fflush(stdout);
    pid_t child = fork();
    if (child != 0)
        return child;
    rest(20);
    kill(getppid(), SIGUSR1);
    rest(20);
    if (call == CALL_ACCEPT) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        connect(fd, (const struct sockaddr *)at, sizeof(*at));
        rest(20);
    } else if (call == CALL_SEND || call == CALL_WRITEV) {
        char buffer[65536];
        ssize_t all = 0, got;
        while (all < 8000000 && (got = read(peer, buffer, sizeof(buffer))) > 0)
            all += got;
    } else if (call == CALL_UDP) {
        sendto(peer, "12", 2, 0, (const struct sockaddr *)at, sizeof(*at));
    } else {
        send(peer, "1", 1, 0);
    }
    _exit(0);
}

static long make(call_t call, int fd)
{
    static char big[4000000];
    char buffer[10];
    struct iovec iov = {buffer, 10}, all = {big, sizeof(big)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    struct timespec ts = {0, 60 * MS};
    fd_set set;
    sem_t sem;
    long result;
    switch (call) {
    case CALL_READ:
        return read(fd, buffer, 10);
    case CALL_RECV:
    case CALL_RECV_TIMEOUT:
    case CALL_UDP:
        return recv(fd, buffer, 10, 0);
    case CALL_RECVMSG:
        return recvmsg(fd, &msg, 0);
    case CALL_ACCEPT:
        result = accept(fd, NULL, NULL);
        if (result >= 0)
            close((int)result);
        return result >= 0 ? 1 : result;
    case CALL_SEND:
        while ((result = send(fd, big, sizeof(big), 0)) == (long)sizeof(big))
            continue;
        return result >= 0 ? 1 : result;
    case CALL_WRITEV:
        while ((result = writev(fd, &all, 1)) == (long)sizeof(big))
            continue;
        return result >= 0 ? 1 : result;
    case CALL_POLL:
        return poll(&poll_fd, 1, 1000);
    case CALL_SELECT:
        FD_ZERO(&set);
        FD_SET(fd, &set);
        return select(fd + 1, &set, NULL, NULL, &(struct timeval){1, 0});
    case CALL_EPOLL: {
        struct epoll_event event = {.events = EPOLLIN};
        int epoll = epoll_create1(0);
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
        result = epoll_wait(epoll, &event, 1, 1000);
        int error = errno;
        close(epoll);
        errno = error;
        return result;
    }
    case CALL_NANOSLEEP:
        result = nanosleep(&ts, &ts);
        if (result != 0)
            printf("(%s left) ", ts.tv_nsec > 10 * MS && ts.tv_nsec <= 41 * MS ? "some" : "what");
        return result;
    case CALL_CLOCK_NANOSLEEP:
        errno = clock_nanosleep(CLOCK_REALTIME, 0, &ts, &ts);
        if (errno != 0)
            printf("(%s left) ", ts.tv_nsec > 10 * MS && ts.tv_nsec <= 41 * MS ? "some" : "what");
        return errno != 0 ? -1 : 0;
    case CALL_TIMERFD: {
        int timer = timerfd_create(CLOCK_MONOTONIC, 0);
        uint64_t count;
        struct itimerspec spec = {.it_value = ts};
        timerfd_settime(timer, 0, &spec, NULL);
        result = read(timer, &count, sizeof(count));
        int error = errno;
        close(timer);
        errno = error;
        return result;
    }
    case CALL_SEM:
        sem_init(&sem, 0, 0);
        clock_gettime(CLOCK_REALTIME, &ts);
        ts.tv_sec += 1;
        return sem_timedwait(&sem, &ts);
    default:
        return pause();
    }
}

static void interrupted(void)
{
    for (int restart = 0; restart < 2; restart++) {
        for (int call = 0; call < CALLS; call++) {
            int ends[2];
            struct sockaddr_in at;
            struct timeval tv = {5, 0};
            handle(SIGUSR1, restart != 0 ? SA_RESTART : 0);
            rang = 0;
            tcp_pair(ends);
            int listener = listener_at(&at, 5);
            if (call == CALL_RECV_TIMEOUT)
                setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
            int fd = call == CALL_ACCEPT ? listener : ends[0], peer = ends[1];
            if (call == CALL_UDP) {
                socklen_t size = sizeof(at);
                fd = socket(AF_INET, SOCK_DGRAM, 0);
                at.sin_port = 0;
                bind(fd, (struct sockaddr *)&at, sizeof(at));
                getsockname(fd, (struct sockaddr *)&at, &size);
                peer = socket(AF_INET, SOCK_DGRAM, 0);
            }
            pid_t child = disturb((call_t)call, peer, &at);
            double began = now();
            long result = make((call_t)call, fd);
            int error = errno;
            double took = now() - began;
            printf("%s%s: %s, %s, rung %d\n", call_names[call], restart != 0 ? " restarted" : "",
                   result < 0   ? name_of(error)
                   : result > 0 ? "done"
                                : "0",
                   took > 0.035 ? "to its end" : "at once", rang);
            fflush(stdout);
            if (result < 0 || call == CALL_SEND || call == CALL_WRITEV)
                kill(child, SIGKILL);
            waitpid(child, NULL, 0);
            close(listener);
            close_pair(ends);
        }
    }
}

static void broken_pipe(void)
{
    int status;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        int ends[2];
        signal(SIGPIPE, SIG_DFL);
        tcp_pair(ends);
        shutdown(ends[0], SHUT_WR);
        say("no signal", send(ends[0], "x", 1, MSG_NOSIGNAL));
        if (write(ends[0], "x", 1) < 0)
            printf("lives\n");
        _exit(0);
    }
    waitpid(child, &status, 0);
    say("killed by SIGPIPE", WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static void signal_files(void)
{
    sigset_t set;
    struct signalfd_siginfo info;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
    int fd = signalfd(-1, &set, 0), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, got;
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    say("none", poll(&poll_fd, 1, 10));
    kill(getpid(), SIGUSR2);
    say("poll", poll(&poll_fd, 1, 1000));
    say("epoll", epoll_wait(epoll, &got, 1, 1000));
    say("read", read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info));
    say("signal", info.ssi_signo == SIGUSR2);
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        rest(20);
        kill(getppid(), SIGUSR2);
        _exit(0);
    }
    say("epoll waits", epoll_wait(epoll, &got, 1, 1000));
    siginfo_t siginfo;
    say("sigtimedwait", sigtimedwait(&set, &siginfo, &(struct timespec){1, 0}) == SIGUSR2);
    waitpid(child, NULL, 0);
    double began = now();
    say("over", sigtimedwait(&set, &siginfo, &(struct timespec){0, 30 * MS}));
    say("took", now() - began > 0.025);
    close(epoll);
    close(fd);
}

/* ---- timers ---- */

static volatile sig_atomic_t told_value, told_code;

static void ring_info(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    rang++;
    told_value = info->si_value.sival_int;
    told_code = info->si_code;
}

static sem_t notified;

static void notify(union sigval value)
{
    told_value = value.sival_int;
    sem_post(&notified);
}

static void timers(void)
{
    struct sigaction action = {.sa_sigaction = ring_info, .sa_flags = SA_SIGINFO};
    sigaction(SIGRTMIN + 2, &action, NULL);
    handle(SIGALRM, 0);
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL,
                             .sigev_signo = SIGRTMIN + 2,
                             .sigev_value = {.sival_int = 42}};
    timer_t timer;
    struct itimerspec spec = {.it_value = {0, 20 * MS}, .it_interval = {0, 20 * MS}}, old;
    say("create", timer_create(CLOCK_MONOTONIC, &event, &timer));
    say("set", timer_settime(timer, 0, &spec, NULL));
    rang = 0;
    pause();
    pause();
    say("rung", rang);
    say("value", told_value);
    say("code", told_code == SI_TIMER);
    spec = (struct itimerspec){{0, 0}, {100, 0}};
    timer_settime(timer, 0, &spec, NULL);
    timer_gettime(timer, &old);
    say("left", old.it_value.tv_sec >= 99);
    say("delete", timer_delete(timer));
    struct timespec at;
    timer_create(CLOCK_REALTIME, NULL, &timer);
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += 30 * MS;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    spec = (struct itimerspec){{0, 0}, at};
    double began = now();
    rang = 0;
    timer_settime(timer, TIMER_ABSTIME, &spec, NULL);
    pause();
    say("at its time", rang == 1 && now() - began > 0.02 && now() - began < 5);
    timer_delete(timer);
    sem_init(&notified, 0, 0);
    event = (struct sigevent){.sigev_notify = SIGEV_THREAD,
                              .sigev_notify_function = notify,
                              .sigev_value = {.sival_int = 7}};
    timer_create(CLOCK_MONOTONIC, &event, &timer);
    spec = (struct itimerspec){{0, 0}, {0, 20 * MS}};
    timer_settime(timer, 0, &spec, NULL);
    sem_wait(&notified);
    say("thread", told_value);
    timer_delete(timer);
    struct itimerval value = {.it_value = {0, 20000}}, before;
    rang = 0;
    setitimer(ITIMER_REAL, &value, NULL);
    pause();
    say("itimer", rang);
    alarm(100);
    say("alarm", alarm(0) >= 99);
    value.it_value.tv_sec = 50;
    setitimer(ITIMER_REAL, &value, NULL);
    getitimer(ITIMER_REAL, &before);
    say("getitimer", before.it_value.tv_sec >= 49);
    fflush(stdout);
    pid_t child = fork(); /* a child has none of its parent's timers */
    if (child == 0) {
        getitimer(ITIMER_REAL, &before);
        say("in a child", before.it_value.tv_sec);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    alarm(0);
}

static void timer_files(void)
{
    uint64_t count = 0;
    int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
    struct itimerspec spec = {{0, 10 * MS}, {0, 10 * MS}}, old;
    say("early", read(fd, &count, 8));
    timerfd_settime(fd, 0, &spec, NULL);
    rest(55);
    say("short", read(fd, &count, 4));
    say("read", read(fd, &count, 8));
    say("count", count >= 4);
    say("again", read(fd, &count, 8));
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec -= 5;
    spec = (struct itimerspec){{0, 0}, at};
    timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, &old);
    say("old interval", old.it_interval.tv_nsec / MS);
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    say("past", poll(&poll_fd, 1, 1000));
    say("once", read(fd, &count, 8) == 8 && count == 1);
    say("write", write(fd, &count, 8));
    say("not a socket", send(fd, &count, 8, 0));
    close(fd);
}

/* ---- threads ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int turn;

static void *take_turn(void *arg)
{
    (void)arg;
    rest(20);
    pthread_mutex_lock(&mutex);
    turn = 1;
    pthread_cond_signal(&condition);
    rest(50);
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static struct timespec in_ms(long ms)
{
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    ts.tv_nsec += ms * MS;
    ts.tv_sec += ts.tv_nsec / 1000000000;
    ts.tv_nsec %= 1000000000;
    return ts;
}

static void threads(void)
{
    pthread_t thread;
    struct timespec until = in_ms(20);
    pthread_mutex_lock(&mutex);
    say("nobody", pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT);
    pthread_create(&thread, NULL, take_turn, NULL);
    int error = 0;
    until = in_ms(2000);
    while (turn == 0 && error == 0)
        error = pthread_cond_timedwait(&condition, &mutex, &until);
    say("signalled", error);
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, take_turn, NULL);
    rest(30);
    until = in_ms(10);
    say("locked", pthread_mutex_timedlock(&mutex, &until) == ETIMEDOUT);
    until = in_ms(2000);
    say("got it", pthread_mutex_timedlock(&mutex, &until));
    pthread_mutex_unlock(&mutex);
    pthread_join(thread, NULL);
    pthread_mutexattr_t attributes;
    pthread_mutex_t inherits;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(&inherits, &attributes);
    say("inherits", pthread_mutex_lock(&inherits));
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
