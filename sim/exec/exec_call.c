/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which call is answered by whom.
 */
#include "sim/exec/exec_impl.h"

#include <sys/syscall.h>

static const struct {
    int number;
    const char *name;
    call_t call;
} calls[] = {
    {SYS_socket, "socket", call_socket},
    {SYS_connect, "connect", call_connect},
    {SYS_accept, "accept", call_accept},
    {SYS_accept4, "accept4", call_accept},
    {SYS_bind, "bind", call_bind},
    {SYS_listen, "listen", call_listen},
    {SYS_getsockname, "getsockname", call_getname},
    {SYS_getpeername, "getpeername", call_getname},
    {SYS_setsockopt, "setsockopt", call_setsockopt},
    {SYS_getsockopt, "getsockopt", call_getsockopt},
    {SYS_shutdown, "shutdown", call_shutdown},
    {SYS_sendto, "sendto", call_sendto},
    {SYS_recvfrom, "recvfrom", call_recvfrom},
    {SYS_sendmsg, "sendmsg", call_sendmsg},
    {SYS_recvmsg, "recvmsg", call_recvmsg},
    {SYS_sendmmsg, "sendmmsg", call_sendmmsg},
    {SYS_recvmmsg, "recvmmsg", call_recvmmsg},
    {SYS_socketpair, "socketpair", call_socketpair},
    {SYS_read, "read", call_read},
    {SYS_write, "write", call_write},
    {SYS_readv, "readv", call_read},
    {SYS_writev, "writev", call_write},
    {SYS_pread64, "pread64", call_pread},
    {SYS_pwrite64, "pwrite64", call_pread},
    {SYS_preadv, "preadv", call_pread},
    {SYS_pwritev, "pwritev", call_pread},
    {SYS_preadv2, "preadv2", call_pread},
    {SYS_pwritev2, "pwritev2", call_pread},
    {SYS_sendfile, "sendfile", call_sendfile},
    {SYS_splice, "splice", call_splice},
    {SYS_ioctl, "ioctl", call_ioctl},
    {SYS_fcntl, "fcntl", call_fcntl},
    {SYS_dup, "dup", call_dup},
    {SYS_dup2, "dup2", call_dup2},
    {SYS_dup3, "dup3", call_dup2},
    {SYS_poll, "poll", call_poll},
    {SYS_ppoll, "ppoll", call_poll},
    {SYS_select, "select", call_select},
    {SYS_pselect6, "pselect6", call_select},
    {SYS_epoll_create, "epoll_create", call_epoll_create},
    {SYS_epoll_create1, "epoll_create1", call_epoll_create},
    {SYS_epoll_ctl, "epoll_ctl", call_epoll_ctl},
    {SYS_epoll_wait, "epoll_wait", call_epoll_wait},
    {SYS_epoll_pwait, "epoll_pwait", call_epoll_wait},
    {SYS_epoll_pwait2, "epoll_pwait2", call_epoll_wait},
    {SYS_nanosleep, "nanosleep", call_nanosleep},
    {SYS_clock_nanosleep, "clock_nanosleep", call_clock_nanosleep},
    {SYS_clock_gettime, "clock_gettime", call_clock_gettime},
    {SYS_clock_getres, "clock_getres", call_clock_getres},
    {SYS_gettimeofday, "gettimeofday", call_gettimeofday},
    {SYS_time, "time", call_time},
    {SYS_clock_settime, "clock_settime", call_clock_set},
    {SYS_settimeofday, "settimeofday", call_clock_set},
    {SYS_adjtimex, "adjtimex", call_clock_set},
    {SYS_clock_adjtime, "clock_adjtime", call_clock_set},
    {SYS_futex, "futex", call_futex},
    {SYS_alarm, "alarm", call_alarm},
    {SYS_setitimer, "setitimer", call_setitimer},
    {SYS_getitimer, "getitimer", call_getitimer},
    {SYS_timer_create, "timer_create", call_timer_create},
    {SYS_timer_settime, "timer_settime", call_timer_settime},
    {SYS_timer_gettime, "timer_gettime", call_timer_gettime},
    {SYS_timer_delete, "timer_delete", call_timer_delete},
    {SYS_timer_getoverrun, "timer_getoverrun", call_timer_getoverrun},
    {SYS_timerfd_create, "timerfd_create", call_timerfd_create},
    {SYS_timerfd_settime, "timerfd_settime", call_timerfd_settime},
    {SYS_timerfd_gettime, "timerfd_gettime", call_timerfd_gettime},
    {SYS_rt_sigtimedwait, "rt_sigtimedwait", call_sigtimedwait},
    {SYS_getrandom, "getrandom", call_getrandom},
    {SYS_execve, "execve", call_execve},
    {SYS_execveat, "execveat", call_execve},
    {SYS_fork, "fork", call_fork},
    {SYS_vfork, "vfork", call_fork},
    {SYS_clone, "clone", call_fork},
    {SYS_clone3, "clone3", call_fork},
    {SYS_kill, "kill", call_kill},
    {SYS_tkill, "tkill", call_kill},
    {SYS_tgkill, "tgkill", call_kill},
    {SYS_rt_sigqueueinfo, "rt_sigqueueinfo", call_kill},
    {SYS_brk, "brk", call_pass},
    {SYS_times, "times", call_pass},
    {SYS_pidfd_open, "pidfd_open", call_pass},
    {SYS_sysinfo, "sysinfo", call_sysinfo},
    {SYS_open, "open", call_open},
    {SYS_openat, "openat", call_open},
    {SYS_openat2, "openat2", call_open},
    {SYS_wait4, "wait4", call_wait},
    {SYS_waitid, "waitid", call_wait},
    {SYS_pause, "pause", call_await_signal},
    {SYS_rt_sigsuspend, "sigsuspend", call_await_signal},
    {SYS_sched_yield, "sched_yield", call_yield},
    {SYS_flock, "flock", call_flock},
    {SYS_tee, "tee", kernel_pass},
    {SYS_gettid, "gettid", call_pass},
    {SYS_set_robust_list, "set_robust_list", call_pass},
    {SYS_rseq, "rseq", call_pass},
    {SYS_futex_waitv, "futex_waitv", call_refuse},
    {SYS_io_uring_setup, "io_uring_setup", call_refuse},
    {SYS_io_pgetevents, "io_pgetevents", call_refuse},
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))

call_t call_find(int number)
{
    for (size_t i = 0; i < CALL_COUNT; i++) {
        if (calls[i].number == number)
            return calls[i].call;
    }
    return NULL;
}

const char *call_name(int number)
{
    for (size_t i = 0; i < CALL_COUNT; i++) {
        if (calls[i].number == number)
            return calls[i].name;
    }
    return "a call";
}
