/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Clocks and sleeps in virtual time. clock_gettime(2), clock_nanosleep(2).
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>

#define EPOCH_US UINT64_C(1245166200000000) /* 2009-06-16 15:30:00 UTC: virtual time 0 */

/* A program that polls and never waits would never see time move. After so many such calls in a
 * row each one costs time, and ever more of it. Reading a clock counts less: many programs do it
 * between any two other calls. */
#define IDLE_FREE    20000
#define IDLE_LOOK    20
#define IDLE_CLOCK   1
#define IDLE_COST_US 10
#define IDLE_GROWTH  10 /* so much more, at so much more */
#define IDLE_MOST_US 1000

static void nothing(void *arg)
{
    (void)arg;
}

static bool counts(task_t *task, unsigned weight)
{
    if (!task->first)
        return false;
    task->idle += weight;
    return task->idle >= IDLE_FREE;
}

bool must_pay(task_t *task)
{
    return counts(task, IDLE_LOOK);
}

static bool clock_must_pay(task_t *task)
{
    return counts(task, IDLE_CLOCK);
}

bool clock_must_pay_next(const task_t *task)
{
    return task->idle + IDLE_CLOCK >= IDLE_FREE;
}

answer_t pay(exec_t *exec, task_t *task)
{
    uint64_t us = IDLE_COST_US;
    for (uint64_t from = (uint64_t)IDLE_FREE * IDLE_GROWTH; task->idle >= from && us < IDLE_MOST_US;
         from *= IDLE_GROWTH)
        us *= IDLE_GROWTH;
    task->pays = true;
    return answer_wait(exec, task, us);
}

/* Programs that send to each other for ever, and always find something, would not see time move
 * either. After so many answers at one instant each one costs time. */
#define RUSH_FREE 10000

static uint64_t rush_cost_us(const exec_t *exec)
{
    uint64_t us = IDLE_COST_US;
    for (uint64_t from = (uint64_t)RUSH_FREE * IDLE_GROWTH;
         exec->at_instant >= from && us < IDLE_MOST_US; from *= IDLE_GROWTH)
        us *= IDLE_GROWTH;
    return us;
}

bool clock_rushes(exec_t *exec, task_t *task)
{
    uint64_t now = box_now(exec->box);
    if (now > exec->paid_until_us) { /* something else has let time move */
        exec->at_instant = 0;
        exec->paid_until_us = now;
    }
    if (task->first && !task->rushed && ++exec->at_instant >= RUSH_FREE) {
        task->rushed = true;
        exec->paid_until_us = now + rush_cost_us(exec);
        vclock_set(exec->box->clock, &task->timer, exec->paid_until_us, nothing, NULL);
    }
    return task->rushed && task->first && vtimer_is_set(&task->timer);
}

uint64_t clock_us(const exec_t *exec, int clock)
{
    uint64_t now = box_now(exec->box);
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
    case CLOCK_REALTIME_ALARM:
    case CLOCK_TAI:
        return EPOCH_US + now;
    default:
        return EXEC_BOOT_US + now;
    }
}

static bool is_cpu_clock(int clock)
{
    return clock < 0 || clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID;
}

bool read_timespec_us(const task_t *task, uint64_t at, uint64_t *us, int *error)
{
    struct timespec ts;
    if (!task_read(task, at, &ts, sizeof(ts))) {
        *error = EFAULT;
        return false;
    }
    if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= 1000000000L) {
        *error = EINVAL;
        return false;
    }
    /* Rounds up to the microseconds of virtual time: a wait is never shorter than requested. */
    if ((uint64_t)ts.tv_sec > UINT64_MAX / 4000000)
        *us = UINT64_MAX / 4;
    else
        *us = (uint64_t)ts.tv_sec * 1000000 + ((uint64_t)ts.tv_nsec + 999) / 1000;
    return true;
}

void write_timespec(const task_t *task, uint64_t at, uint64_t us)
{
    struct timespec ts = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    task_write(task, at, &ts, sizeof(ts));
}

answer_t call_clock_gettime(exec_t *exec, task_t *task)
{
    int clock = (int)task->call.data.args[0];
    if (is_cpu_clock(clock))
        return ANSWER_PASS;
    if (clock_must_pay(task))
        return pay(exec, task);
    uint64_t us = clock_us(exec, clock);
    struct timespec ts = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    if (!task_write(task, task->call.data.args[1], &ts, sizeof(ts)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t call_clock_getres(exec_t *exec, task_t *task)
{
    (void)exec;
    (void)task;
    return ANSWER_PASS;
}

answer_t call_gettimeofday(exec_t *exec, task_t *task)
{
    if (clock_must_pay(task))
        return pay(exec, task);
    uint64_t us = clock_us(exec, CLOCK_REALTIME);
    struct timeval tv = {(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
    struct timezone utc = {0, 0};
    if (task->call.data.args[0] != 0 && !task_write(task, task->call.data.args[0], &tv, sizeof(tv)))
        return answer_errno(task, EFAULT);
    if (task->call.data.args[1] != 0 &&
        !task_write(task, task->call.data.args[1], &utc, sizeof(utc)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t call_time(exec_t *exec, task_t *task)
{
    if (clock_must_pay(task))
        return pay(exec, task);
    time_t seconds = (time_t)(clock_us(exec, CLOCK_REALTIME) / 1000000);
    if (task->call.data.args[0] != 0 &&
        !task_write(task, task->call.data.args[0], &seconds, sizeof(seconds)))
        return answer_errno(task, EFAULT);
    return answer(task, seconds);
}

answer_t call_clock_set(exec_t *exec, task_t *task)
{
    (void)exec;
    return answer_errno(task, EPERM);
}

/* ---- sleeping ---- */

static answer_t sleep_until(exec_t *exec, task_t *task, uint64_t us)
{
    if (task_timed_out(exec, task) || (task->first && us == 0))
        return answer(task, 0);
    return answer_wait(exec, task, us);
}

answer_t call_nanosleep(exec_t *exec, task_t *task)
{
    uint64_t us = 0;
    int error;
    if (task->first && !read_timespec_us(task, task->call.data.args[0], &us, &error))
        return answer_errno(task, error);
    return sleep_until(exec, task, us);
}

answer_t call_clock_nanosleep(exec_t *exec, task_t *task)
{
    int clock = (int)task->call.data.args[0], error;
    uint64_t us = 0;
    if (is_cpu_clock(clock))
        return ANSWER_PASS;
    if (task->first && !read_timespec_us(task, task->call.data.args[2], &us, &error))
        return answer_errno(task, error);
    if (task->first && (task->call.data.args[1] & TIMER_ABSTIME) != 0) {
        uint64_t now = clock_us(exec, clock);
        us = us > now ? us - now : 0;
    }
    return sleep_until(exec, task, us);
}
