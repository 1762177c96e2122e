/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Signals: masks, calls that a signal interrupts, SIGPIPE, signalfd.
 */
#include "tests/exec/calls.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

volatile sig_atomic_t rang;

static void ring(int number)
{
    (void)number;
    rang++;
}

void handle(int number, int flags)
{
    struct sigaction action = {.sa_handler = ring, .sa_flags = flags};
    sigaction(number, &action, NULL);
}

void masks(void)
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

void interrupted(void)
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

void broken_pipe(void)
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

void signal_files(void)
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
