/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter, and the start of a program under it.
 */
#include "sim/exec/seccomp_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/close_range.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Always notified: calls that make sockets, wait, tell time, give random bytes or make processes.
 */
static const int always[] = {
    SYS_socket,
    SYS_connect,
    SYS_accept,
    SYS_accept4,
    SYS_bind,
    SYS_listen,
    SYS_getsockname,
    SYS_getpeername,
    SYS_setsockopt,
    SYS_getsockopt,
    SYS_shutdown,
    SYS_sendto,
    SYS_recvfrom,
    SYS_sendmsg,
    SYS_recvmsg,
    SYS_sendmmsg,
    SYS_recvmmsg,
    SYS_poll,
    SYS_ppoll,
    SYS_select,
    SYS_pselect6,
    SYS_epoll_create,
    SYS_epoll_create1,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_time,
    SYS_getrandom,
    SYS_execve,
    SYS_execveat,
    SYS_fork,
    SYS_vfork,
    SYS_clone,
    SYS_clone3,
    SYS_brk,
    SYS_kill,
    SYS_tkill,
    SYS_tgkill,
    SYS_alarm,
    SYS_setitimer,
    SYS_getitimer,
    SYS_timer_create,
    SYS_timer_settime,
    SYS_timer_gettime,
    SYS_timer_delete,
    SYS_timer_getoverrun,
    SYS_timerfd_create,
    SYS_rt_sigtimedwait,
    SYS_openat,
    SYS_open,
    SYS_io_uring_setup,
    SYS_times,
    SYS_sysinfo,
    SYS_socketpair,
    SYS_pidfd_open,
    SYS_rt_sigqueueinfo,
    SYS_sendfile,
    SYS_splice,
    SYS_clock_settime,
    SYS_settimeofday,
    SYS_adjtimex,
    SYS_clock_adjtime,
    SYS_io_pgetevents,
    SYS_openat2,
    /* calls that may sleep in the kernel, or wake who does */
    SYS_wait4,
    SYS_waitid,
    SYS_pause,
    SYS_rt_sigsuspend,
    SYS_sched_yield,
    SYS_futex,
    SYS_futex_waitv,
    454, /* futex_wake, futex_wait, futex_requeue: not in older headers */
    455,
    456,
    SYS_flock,
    SYS_tee,
    /* the first call of a thread, in the C library or in Go's */
    SYS_gettid,
    SYS_set_robust_list,
    SYS_rseq,
};

#define ALWAYS (sizeof(always) / sizeof(always[0]))

/* Notified, too: calls whose first argument is a descriptor. A program can give one of the box any
 * number (dup2), so the number does not tell it from a file. */
static const int by_descriptor[] = {
    SYS_read,
    SYS_write,
    SYS_readv,
    SYS_writev,
    SYS_ioctl,
    SYS_fcntl,
    SYS_dup,
    SYS_dup2,
    SYS_dup3,
    SYS_pread64,
    SYS_pwrite64,
    SYS_epoll_wait,
    SYS_epoll_pwait,
    SYS_epoll_ctl,
    SYS_timerfd_settime,
    SYS_timerfd_gettime,
    SYS_preadv,
    SYS_pwritev,
    SYS_preadv2,
    SYS_pwritev2,
    SYS_epoll_pwait2,
};

#define BY_DESCRIPTOR (sizeof(by_descriptor) / sizeof(by_descriptor[0]))

bool seccomp_is_by_descriptor(int number)
{
    for (size_t i = 0; i < BY_DESCRIPTOR; i++) {
        if (by_descriptor[i] == number)
            return true;
    }
    return false;
}

typedef struct program {
    struct sock_filter code[512];
    size_t length;
} program_t;

static void put(program_t *p, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
    p->code[p->length++] = (struct sock_filter){.code = code, .k = k, .jt = jt, .jf = jf};
}

static void load(program_t *p, size_t offset)
{
    put(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void give(program_t *p, uint32_t action)
{
    put(p, BPF_RET | BPF_K, action, 0, 0);
}

/* The number is in the accumulator, before and after this. */
static void tell(program_t *p, const int *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)numbers[i], 0, 1);
        give(p, SECCOMP_RET_USER_NOTIF);
    }
}

static void build(program_t *p)
{
    load(p, offsetof(struct seccomp_data, arch));
    put(p, BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    give(p, SECCOMP_RET_USER_NOTIF); /* a 32-bit call could reach the kernel's sockets */
    load(p, offsetof(struct seccomp_data, nr));
    put(p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1); /* x32 */
    give(p, SECCOMP_RET_USER_NOTIF);
    tell(p, always, ALWAYS);
    tell(p, by_descriptor, BY_DESCRIPTOR);
    give(p, SECCOMP_RET_ALLOW);
}

/* ---- the child ---- */

/* write() would be notified already, and never answered; vmsplice() is not notified. */
static bool tell_parent(int words, seccomp_word_t *word)
{
    const struct iovec all = {word, sizeof(*word)};
    return vmsplice(words, &all, 1, 0) == (ssize_t)sizeof(*word);
}

static _Noreturn void give_up(int words, seccomp_step_t step)
{
    seccomp_word_t word = {.step = step, .error = errno};
    tell_parent(words, &word);
    for (;;) /* an _exit() that writes down what was covered would wait for ever */
        syscall(SYS_exit_group, 127);
}

/* Threads that wake each other by the kernel's own means (futexes, pipes) would run in parallel,
 * in an order by chance. So all run on one processor, and a woken thread waits until the other one
 * sleeps. */
static void share_one_processor(int processor)
{
    cpu_set_t one;
    const struct sched_param none = {0};
    CPU_ZERO(&one);
    CPU_SET((size_t)processor, &one);
    if (processor >= 0)
        sched_setaffinity(0, sizeof(one), &one);
    sched_setscheduler(0, SCHED_BATCH, &none);
}

/* The child inherits only three descriptors: neither our others, nor the signals that we ignore. */
static void stand_alone(const int standard[3])
{
    for (int fd = 0; fd < 3; fd++)
        dup2(standard[fd], fd);
    syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
}

/* The program inherits everything that is set here. After the filter is set, execve() is the only
 * notified call that the child may make: no other would be answered. */
static _Noreturn void become(const seccomp_launch_t *launch, int words)
{
    program_t program = {.length = 0};
    build(&program);
    struct sock_fprog fprog = {.len = (unsigned short)program.length, .filter = program.code};
    seccomp_word_t word = {.step = SECCOMP_STARTED};
    if (launch->folder != NULL && chdir(launch->folder) != 0)
        give_up(words, SECCOMP_NO_FOLDER);
    if (launch->standard != NULL)
        stand_alone(launch->standard);
    personality(ADDR_NO_RANDOMIZE);
    share_one_processor(launch->processor);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        give_up(words, SECCOMP_NO_FILTER);
    word.listener = (int)syscall(
        SYS_seccomp, SECCOMP_SET_MODE_FILTER,
        SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &fprog);
    if (word.listener < 0 || !tell_parent(words, &word))
        give_up(words, SECCOMP_NO_FILTER);
    execvpe(launch->argv[0], (char *const *)(uintptr_t)launch->argv,
            launch->environment != NULL ? (char *const *)(uintptr_t)launch->environment : environ);
    give_up(words, SECCOMP_NO_EXEC);
}

/* ---- the parent ---- */

/* The listener was made in the child, with close-on-exec. */
static int fetch_listener(pid_t pid, int number)
{
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    int fd = pidfd >= 0 ? (int)syscall(SYS_pidfd_getfd, pidfd, number, 0) : -1;
    int error = errno;
    if (pidfd >= 0)
        close(pidfd);
    errno = error;
    return fd;
}

bool seccomp_failed(const seccomp_start_t *start, seccomp_word_t *word)
{
    return read(start->words, word, sizeof(*word)) == (ssize_t)sizeof(*word);
}

bool seccomp_start(const seccomp_launch_t *launch, seccomp_start_t *start, seccomp_word_t *word)
{
    int words[2];
    *word = (seccomp_word_t){.step = SECCOMP_NO_PROCESS};
    if (pipe2(words, O_CLOEXEC) != 0) {
        word->error = errno;
        return false;
    }
    fflush(NULL);
    start->pid = fork();
    if (start->pid == 0)
        become(launch, words[1]);
    if (start->pid < 0)
        word->error = errno;
    close(words[1]);
    start->words = words[0];
    bool started = start->pid > 0 && seccomp_failed(start, word) && word->step == SECCOMP_STARTED;
    if (started && (start->listener = fetch_listener(start->pid, word->listener)) < 0) {
        *word = (seccomp_word_t){.step = SECCOMP_NO_FILTER, .error = errno};
        started = false;
        kill(start->pid, SIGKILL);
    }
    if (!started) {
        close(words[0]);
        if (start->pid > 0)
            waitpid(start->pid, NULL, 0);
    }
    return started;
}
