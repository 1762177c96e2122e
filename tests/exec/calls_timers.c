/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Timers, timerfd, and threads that wait for each other.
 */
#include "tests/exec/calls.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

void timers(void)
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

void timer_files(void)
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

void threads(void)
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
