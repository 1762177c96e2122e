/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Timers that send signals, setitimer(2), alarm(2), timer_create(2), and those that are read,
 * timerfd_create(2).
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* ---- with signals ---- */

/* Sends the signal as the kernel's timers do, with the program's data. */
static void send_signal(const itimer_t *timer)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_signo = timer->signal;
    info.si_code = SI_TIMER;
    info.si_timerid = timer->id;
    info.si_value.sival_ptr = (void *)(uintptr_t)timer->data; /* NOLINT: an address there */
    if (timer->to != 0)
        syscall(SYS_rt_tgsigqueueinfo, timer->pid, timer->to, timer->signal, &info);
    else
        syscall(SYS_rt_sigqueueinfo, timer->pid, timer->signal, &info);
}

static void expire(void *arg)
{
    itimer_t *timer = arg;
    exec_t *exec = timer->exec;
    if (timer->interval_us > 0)
        vclock_set(exec->box->clock, &timer->timer, box_now(exec->box) + timer->interval_us, expire,
                   timer);
    if (timer->id < 0)
        kill(timer->pid, SIGALRM);
    else if (timer->signal != 0)
        send_signal(timer);
    exec->signals = true;
}

static itimer_t *find(exec_t *exec, pid_t pid, int id)
{
    itimer_t *timer = exec->itimers;
    while (timer != NULL && (timer->pid != pid || timer->id != id))
        timer = timer->next;
    return timer;
}

static itimer_t *make(exec_t *exec, pid_t pid, int id, int signal)
{
    itimer_t *timer = must_calloc(1, sizeof(*timer));
    *timer =
        (itimer_t){.next = exec->itimers, .exec = exec, .pid = pid, .id = id, .signal = signal};
    exec->itimers = timer;
    return timer;
}

static void free_timer(exec_t *exec, itimer_t *timer)
{
    itimer_t **link = &exec->itimers;
    while (*link != timer)
        link = &(*link)->next;
    *link = timer->next;
    vclock_cancel(exec->box->clock, &timer->timer);
    free(timer);
}

void itimers_free(exec_t *exec, pid_t pid)
{
    for (itimer_t *timer = exec->itimers, *next; timer != NULL; timer = next) {
        next = timer->next;
        if (pid == 0 || timer->pid == pid)
            free_timer(exec, timer);
    }
}

static uint64_t left(const exec_t *exec, const vtimer_t *timer)
{
    return vtimer_is_set(timer) ? timer->vt_at_us - box_now(exec->box) : 0;
}

/* Sets the timer to `us` from now; 0 stops it. */
static void set(exec_t *exec, itimer_t *timer, uint64_t us, uint64_t interval_us)
{
    timer->interval_us = interval_us;
    if (us == 0)
        vclock_cancel(exec->box->clock, &timer->timer);
    else
        vclock_set(exec->box->clock, &timer->timer, box_now(exec->box) + us, expire, timer);
}

static itimer_t *real_timer(exec_t *exec, task_t *task)
{
    itimer_t *timer = find(exec, task->pid, -1);
    return timer != NULL ? timer : make(exec, task->pid, -1, SIGALRM);
}

answer_t call_alarm(exec_t *exec, task_t *task)
{
    itimer_t *timer = real_timer(exec, task);
    uint64_t before = left(exec, &timer->timer);
    set(exec, timer, (uint32_t)task->call.data.args[0] * UINT64_C(1000000), 0);
    return answer(task, (int64_t)((before + 999999) / 1000000));
}

static struct timeval timeval_of(uint64_t us)
{
    return (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
}

static bool write_itimerval(exec_t *exec, const task_t *task, uint64_t at, const itimer_t *timer)
{
    struct itimerval value = {.it_interval = timeval_of(timer->interval_us),
                              .it_value = timeval_of(left(exec, &timer->timer))};
    return at == 0 || task_write(task, at, &value, sizeof(value));
}

answer_t call_setitimer(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    struct itimerval value = {0};
    if (args[0] != ITIMER_REAL)
        return ANSWER_PASS; /* of processor time */
    if (args[1] != 0 && !task_read(task, args[1], &value, sizeof(value)))
        return answer_errno(task, EFAULT);
    itimer_t *timer = real_timer(exec, task);
    if (!write_itimerval(exec, task, args[2], timer))
        return answer_errno(task, EFAULT);
    set(exec, timer, (uint64_t)value.it_value.tv_sec * 1000000 + (uint64_t)value.it_value.tv_usec,
        (uint64_t)value.it_interval.tv_sec * 1000000 + (uint64_t)value.it_interval.tv_usec);
    return answer(task, 0);
}

answer_t call_getitimer(exec_t *exec, task_t *task)
{
    if (task->call.data.args[0] != ITIMER_REAL)
        return ANSWER_PASS;
    if (!write_itimerval(exec, task, task->call.data.args[1], real_timer(exec, task)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t call_timer_create(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    if (args[0] == CLOCK_PROCESS_CPUTIME_ID || args[0] == CLOCK_THREAD_CPUTIME_ID ||
        (int)args[0] < 0)
        return ANSWER_PASS;
    if (args[1] != 0 && !task_read(task, args[1], &event, sizeof(event)))
        return answer_errno(task, EFAULT);
    if (event.sigev_notify == SIGEV_NONE)
        event.sigev_signo = 0;
    int id = ++exec->next_timer_id;
    itimer_t *timer = make(exec, task->pid, id, event.sigev_signo);
    timer->clock = (int)args[0];
    timer->data = args[1] != 0 ? (uint64_t)(uintptr_t)event.sigev_value.sival_ptr : (uint64_t)id;
    if (event.sigev_notify == SIGEV_THREAD_ID)
        timer->to = event._sigev_un._tid;
    if (!task_write(task, args[2], &id, sizeof(id))) {
        free_timer(exec, timer);
        return answer_errno(task, EFAULT);
    }
    return answer(task, 0);
}

/* Converts a timer's time, as timer_settime() and timerfd_settime() take it, to one from now on. */
static bool read_itimerspec(const exec_t *exec, const task_t *task, uint64_t at, bool absolute,
                            int clock, uint64_t *us, uint64_t *interval_us, int *error)
{
    if (!read_timespec_us(task, at, interval_us, error) ||
        !read_timespec_us(task, at + sizeof(struct timespec), us, error))
        return false;
    if (absolute && *us != 0) {
        uint64_t now = clock_us(exec, clock);
        *us = *us > now ? *us - now : 1;
    }
    return true;
}

static bool write_itimerspec(const task_t *task, uint64_t at, uint64_t left_us,
                             uint64_t interval_us)
{
    if (at == 0)
        return true;
    struct itimerspec value = {
        .it_interval = {(time_t)(interval_us / 1000000), (long)(interval_us % 1000000) * 1000},
        .it_value = {(time_t)(left_us / 1000000), (long)(left_us % 1000000) * 1000}};
    return task_write(task, at, &value, sizeof(value));
}

answer_t call_timer_settime(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    itimer_t *timer = find(exec, task->pid, (int)args[0]);
    uint64_t us, interval_us;
    int error;
    if (timer == NULL)
        return ANSWER_PASS;
    if (!read_itimerspec(exec, task, args[2], (args[1] & TIMER_ABSTIME) != 0, timer->clock, &us,
                         &interval_us, &error))
        return answer_errno(task, error);
    if (!write_itimerspec(task, args[3], left(exec, &timer->timer), timer->interval_us))
        return answer_errno(task, EFAULT);
    set(exec, timer, us, interval_us);
    return answer(task, 0);
}

answer_t call_timer_gettime(exec_t *exec, task_t *task)
{
    itimer_t *timer = find(exec, task->pid, (int)task->call.data.args[0]);
    if (timer == NULL)
        return ANSWER_PASS;
    if (!write_itimerspec(task, task->call.data.args[1], left(exec, &timer->timer),
                          timer->interval_us))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t call_timer_delete(exec_t *exec, task_t *task)
{
    itimer_t *timer = find(exec, task->pid, (int)task->call.data.args[0]);
    if (timer == NULL)
        return ANSWER_PASS;
    free_timer(exec, timer);
    return answer(task, 0);
}

answer_t call_timer_getoverrun(exec_t *exec, task_t *task)
{
    bool ours = find(exec, task->pid, (int)task->call.data.args[0]) != NULL;
    return ours ? answer(task, 0) : ANSWER_PASS;
}

/* ---- with a descriptor ---- */

answer_t call_timerfd_create(exec_t *exec, task_t *task)
{
    int flags = (int)task->call.data.args[1];
    file_t *file;
    int fd = file_install(exec, task, FILE_TIMER, flags & (O_NONBLOCK | O_CLOEXEC), &file);
    if (fd >= 0)
        file->clock = (int)task->call.data.args[0];
    return answer(task, fd);
}

static void tick(void *arg)
{
    file_t *file = arg;
    vclock_t *clock = file->exec->box->clock;
    file->expirations++;
    file->changes++;
    if (file->interval_us > 0)
        vclock_set(clock, &file->timer, vclock_now(clock) + file->interval_us, tick, file);
}

answer_t call_timerfd_settime(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    uint64_t us, interval_us;
    int error;
    if (file == NULL || file->kind != FILE_TIMER)
        return file == NULL ? ANSWER_PASS : answer_errno(task, EINVAL);
    if (!read_itimerspec(exec, task, args[2], (args[1] & TFD_TIMER_ABSTIME) != 0, file->clock, &us,
                         &interval_us, &error))
        return answer_errno(task, error);
    if (!write_itimerspec(task, args[3], left(exec, &file->timer), file->interval_us))
        return answer_errno(task, EFAULT);
    file->interval_us = interval_us;
    file->expirations = 0;
    if (us == 0)
        vclock_cancel(exec->box->clock, &file->timer);
    else
        vclock_set(exec->box->clock, &file->timer, box_now(exec->box) + us, tick, file);
    return answer(task, 0);
}

answer_t call_timerfd_gettime(exec_t *exec, task_t *task)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    if (file == NULL || file->kind != FILE_TIMER)
        return file == NULL ? ANSWER_PASS : answer_errno(task, EINVAL);
    if (!write_itimerspec(task, task->call.data.args[1], left(exec, &file->timer),
                          file->interval_us))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t timerfd_read(exec_t *exec, task_t *task, file_t *file)
{
    uint64_t count = file->expirations;
    if (task->call.data.args[2] < sizeof(count))
        return answer_errno(task, EINVAL);
    if (count == 0)
        return file->nonblock ? answer_errno(task, EAGAIN) : answer_wait(exec, task, UINT64_MAX);
    if (!task_write(task, task->call.data.args[1], &count, sizeof(count)))
        return answer_errno(task, EFAULT);
    file->expirations = 0;
    return answer(task, sizeof(count));
}
