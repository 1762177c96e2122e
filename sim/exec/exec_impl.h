/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The supervisor inside: tasks, descriptors, and how a call is answered.
 *
 * A task (a thread) is *held* while it waits for the answer to a call. So is one whose call would
 * sleep in the kernel: for a child, a signal, a futex, a pipe (exec_wait.c, exec_futex.c,
 * exec_kernel.c). The kernel makes such a call once it returns at once. Hence nobody is woken
 * behind our back: of all tasks one runs at most, and a new one, until its first call, which is
 * held. When none runs, the held task goes on that can, and was answered the longest ago: what
 * happens next never depends on which task was faster.
 *
 * What sleeps in the kernel nevertheless (exec.md says which calls) is known from /proc, and counts
 * as waiting. A task that it wakes runs beside the one that woke it.
 *
 * A descriptor of the box is one end of a socket pair, so the kernel handles numbers, dup(),
 * fork(), exec() and close() as always. A file is found by that end's inode. It is over when the
 * last descriptor of it is closed: then our end hangs up.
 */
#ifndef LO0SIM_SIM_EXEC_EXEC_IMPL_H
#define LO0SIM_SIM_EXEC_EXEC_IMPL_H

#include "sim/base/must.h"
#include "sim/exec/exec.h"
#include "sim/exec/seccomp_listener.h"

#include <limits.h>
#include <linux/seccomp.h>
#include <sys/types.h>
#include <sys/uio.h>

#define uthash_fatal(message) must_end()
#include <uthash.h>

/* What becomes of a call. */
typedef enum answer {
    ANSWER_DONE, /* task->value: the result, or a negative errno */
    ANSWER_PASS, /* the kernel makes the call */
    ANSWER_WAIT  /* not yet: asked again when something has happened */
} answer_t;

/* What was started: the first process of a tree. */
struct exec_program {
    struct exec_program *next;
    seccomp_start_t start;
    bool ended;
    int status; /* if ended: as from waitpid() */
    bool quiet; /* no process has its filter any more */
};

/* A futex: a word of a process, or of a file that several share. */
typedef struct futex_key {
    uint64_t space, at;
} futex_key_t;

typedef struct task {
    pid_t tid, pid;
    struct task *next;
    int listener; /* its program's, known from its first call on */
    bool held;
    struct seccomp_notif call;
    uint64_t served;             /* the number of its last answer: the lowest is served next */
    bool first;                  /* the call is looked at for the first time */
    vtimer_t timer;              /* the end of the call's wait */
    bool timed;                  /* its wait has an end */
    bool vfork;                  /* sleeps uninterruptibly until its child has called execve() */
    bool slept;                  /* at the last look */
    unsigned long long switches; /* how often it had been switched away by the last look */
    bool world;                  /* its call also waits for a descriptor of the kernel */
    bool fresh;                  /* has called execve(): its vDSO is to be replaced */
    uint64_t idle;               /* how much it has asked without waiting (exec_clock.c) */
    bool rushed;                 /* its call waits, or has waited, for its turn in a rush */
    bool pays, waits;            /* its call waits for that, and for nothing; it waits for more */
    int64_t value;
    int next_fd;     /* all numbers of the box below it are taken */
    bool met;        /* has been held since its birth */
    uint64_t deaths; /* exec->deaths when its call last looked for who has ended */
    int copies[2]; /* of the kernel's descriptors that its call waits for (exec_kernel.c); or -1 */
    futex_key_t futex;
    uint32_t futex_bits;
    uint64_t futex_turn; /* its place among those that wait; 0: it waits for no futex */
    bool woken;
    bool watched;        /* if its call never ends, the trace says so */
    uint64_t busy_ticks; /* its processor time when that was first asked, since its last call */
    bool spins;
    uint64_t scratch; /* kept by a handler from one look to the next */
    char name[16];
    /* While the kernel delivers a signal in the middle of a call (exec_signal.c): what is restored
     * at its next call. */
    void *patch; /* [patch_size] of its memory; NULL: none */
    uint64_t patch_at;
    size_t patch_size;
    int epoll_fd, epoll_end; /* of the box' epoll; -1: none */
    const char *process;     /* what the trace calls its process; NULL: not asked yet */
    uint64_t began_us;       /* when its call came */
} task_t;

typedef enum file_kind {
    FILE_STREAM,
    FILE_DGRAM,
    FILE_NETLINK,
    FILE_EPOLL,
    FILE_TIMER,
    FILE_RANDOM
} file_kind_t;

/* An entry of an epoll's interest list. */
typedef struct interest {
    struct interest *next;
    pid_t pid;
    int fd;
    struct file *file; /* NULL: a descriptor of the kernel, copied to `kernel_fd` */
    int kernel_fd;
    uint32_t events;
    uint64_t data;
    uint32_t told; /* edge-triggered: what was ready when it was last reported */
    uint64_t seen; /* the file's count of changes at that time */
    bool armed;
} interest_t;

typedef struct file {
    ino_t inode; /* of the program's end: the key */
    int end;     /* ours */
    file_kind_t kind;
    int family; /* AF_INET, AF_INET6 */
    bool nonblock;
    bool gone; /* closed in the program: to be freed */
    uint64_t changes;
    /* a socket */
    sonode_t *so;
    bool listening;
    bool connecting; /* a connect has begun, and its result was not reported yet */
    /* a netlink socket: the answer that waits to be read */
    uint8_t *netlink;
    size_t netlink_length;
    uint32_t netlink_pid;
    /* an epoll */
    interest_t *interests;
    /* a timerfd */
    vtimer_t timer;
    uint64_t interval_us, expirations;
    int clock;
    const char *owner; /* for the trace: the process that used it last */
    struct exec *exec;
    UT_hash_handle hh;
} file_t;

typedef struct itimer {
    struct itimer *next;
    struct exec *exec;
    pid_t pid;
    int id; /* timer_create()'s; -1: setitimer(ITIMER_REAL), alarm() */
    int signal;
    pid_t to; /* a thread; 0: the whole process */
    int clock;
    uint64_t data; /* what goes with the signal */
    uint64_t interval_us;
    vtimer_t timer;
} itimer_t;

/* Where a call's bytes are in a task. */
typedef struct vector {
    struct iovec at[IOV_MAX];
    size_t count, length;
} vector_t;

#define EXEC_BUFFER 65536

struct exec {
    box_t *box;
    exec_program_t *programs; /* in the order in which they were started */
    int processor;            /* the one on which all run */
    unsigned patience;        /* how often no call had come */
    unsigned waits;           /* how often nothing could happen */
    task_t *tasks;
    file_t *files;
    itimer_t *itimers;
    struct exec_name *names;
    struct exec_said *said;
    int hangups; /* an epoll over our ends */
    bool tree_changed;
    bool gone;         /* a task was gone at the last look */
    bool spinning;     /* a task runs that uses up its time: others run beside it */
    unsigned restless; /* how often a task still ran, since the last answer */
    uint64_t deaths;   /* counts how often a task may have ended */
    uint64_t futex_turns;
    bool signals; /* signals may be pending */
    bool low;     /* a descriptor of the box may lie below EXEC_FD_LOWEST */
    int next_timer_id;
    uint64_t answers;
    uint64_t at_instant;    /* how many calls came since time moved by itself (exec_clock.c) */
    uint64_t paid_until_us; /* what they have cost */
    uint64_t random;        /* splitmix_next() */
    vector_t vector;        /* of the call that is looked at; its bytes are in buffer */
    uint8_t buffer[EXEC_BUFFER];
};

/* ---- the loop (exec.c) ---- */

/* Takes the calls that have come.
 * => Returns whether there were any. */
bool exec_take_calls(exec_t *exec);

/* Answers the call of a held task, if it can be answered now.
 * => Returns whether it was. */
bool exec_answer(exec_t *exec, task_t *task);

/* The call of a held task that is being killed: it has no end. */
void exec_give_up(exec_t *exec, task_t *task);

/* Waits until a call comes, a signal comes to us, or `ns` are over. */
void exec_poll(exec_t *exec, long ns);

/* ---- memory of a task (exec_memory.c) ---- */

/* Copies `length` bytes from or to a task's memory.
 * => Return false if not all of it is mapped: EFAULT. */
bool task_read(const task_t *task, uint64_t at, void *to, size_t length);
bool task_write(const task_t *task, uint64_t at, const void *from, size_t length);

/* Reads a string, cut to size.
 * => Returns false if it is not mapped. */
bool task_read_string(const task_t *task, uint64_t at, char *text, size_t size);

/* ---- answers ---- */

/* A handler returns what these return. */
answer_t answer(task_t *task, int64_t value);
answer_t answer_errno(task_t *task, int error);

/* Lets the call wait. The first look sets the time: at most `us` from then, UINT64_MAX is for ever.
 * When it is over, task_timed_out() is true. */
answer_t answer_wait(exec_t *exec, task_t *task, uint64_t us);
bool task_timed_out(const exec_t *exec, const task_t *task);

/* ---- descriptors (exec_file.c) ---- */

/* The file of a task's descriptor.
 * => Returns NULL if it is the kernel's, or not open. */
file_t *file_find(exec_t *exec, const task_t *task, int fd);

/* Whether a task has this descriptor, of the box or of the kernel. */
bool file_is_open(const task_t *task, int fd);

bool file_is_socket(const task_t *task, int fd);

/* => Returns NULL if it is not the box'. */
file_t *file_of_inode(exec_t *exec, ino_t inode);

/* Makes a file and gives it to the task under a free number; flags: O_NONBLOCK, O_CLOEXEC.
 * => Returns the number; or a negative errno, without a file. */
int file_install(exec_t *exec, task_t *task, file_kind_t kind, int flags, file_t **file);

/* Duplicates the task's descriptor `fd` of a file: to a free number from `lowest` on, or, with
 * `exact`, to `lowest` itself.
 * => Returns the number, or a negative errno. */
int file_duplicate(exec_t *exec, task_t *task, int fd, int lowest, bool exact, bool cloexec);

/* Ends the files that no program has open any more. */
void file_reap(exec_t *exec);
void file_free_all(exec_t *exec);

/* Copies a task's descriptor of the kernel; the caller closes the copy.
 * => Returns -1 if the task has none. */
int file_copy_kernel(const task_t *task, int fd);

/* Replaces a descriptor by an empty epoll of the kernel.
 * => Returns a copy of what was there, for file_put_back(); the caller closes it. Returns -1 on
 *    failure: nothing is changed. */
int file_swap_epoll(const task_t *task, int fd);
void file_put_back(const task_t *task, int fd, int end);

/* Which of `events` hold for a process' descriptor of the kernel; `copy` is our copy of it. */
short file_kernel_ready(pid_t pid, int copy, short events);

/* ---- calls that the kernel makes (exec_kernel.c) ---- */

/* Whether the kernel would not sleep in a call on descriptors of its own. */
bool kernel_answers_at_once(const task_t *task);

/* Lets the kernel make the call, once it would not sleep in it. */
answer_t kernel_pass(exec_t *exec, task_t *task);

/* Closes what kernel_pass() keeps of a call. */
void kernel_forget(task_t *task);

answer_t call_flock(exec_t *exec, task_t *task);

/* ---- tasks (exec_task.c) ---- */

/* Reads the file /proc/TID/NAME, as far as it fits, with a NUL at its end.
 * => Returns how much was read; 0 if the file is gone. */
size_t task_read_proc(pid_t tid, const char *name, char *text, size_t size);

task_t *task_find(exec_t *exec, pid_t tid);
task_t *task_add(exec_t *exec, pid_t tid);
void task_remove(exec_t *exec, task_t *task);

/* Whether all tasks are held or asleep, and no more have come. */
bool tasks_settled(exec_t *exec);

/* Finds the tasks that have used three seconds of processor time since their last answer. Such a
 * one may wait for another without a call, in a loop: so others run beside it. */
void tasks_find_spinning(exec_t *exec);

/* ---- calls ---- */

typedef answer_t (*call_t)(exec_t *exec, task_t *task);

/* The handler of a call by its number.
 * => Returns NULL if the box has none. */
call_t call_find(int number);
const char *call_name(int number);

/* Writes one line to standard error: what the box does not model. The same line is written once. */
void exec_not_modelled(exec_t *exec, const task_t *task, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void exec_said_free(exec_t *exec);

/* exec_trace.c: tells the trace of a call that is about to be answered, and of a socket that no
 * process has open any more. */
void exec_trace(exec_t *exec, task_t *task);
void exec_trace_wait(exec_t *exec, task_t *task); /* its call begins to wait */
void exec_trace_close(exec_t *exec, const file_t *file);
void exec_trace_end(exec_t *exec, const task_t *task); /* its call has no end: it was killed */
void exec_names_free(exec_t *exec);

/* exec_vdso.c: makes a program's vDSO call the kernel, so that the filter sees the calls. */
void vdso_replace(pid_t pid);

/* exec_clock.c */
#define EXEC_BOOT_US UINT64_C(1000000000) /* CLOCK_MONOTONIC at virtual time 0 */
answer_t call_clock_gettime(exec_t *exec, task_t *task);
answer_t call_clock_getres(exec_t *exec, task_t *task);
answer_t call_gettimeofday(exec_t *exec, task_t *task);
answer_t call_time(exec_t *exec, task_t *task);
answer_t call_nanosleep(exec_t *exec, task_t *task);
answer_t call_clock_nanosleep(exec_t *exec, task_t *task);
answer_t call_clock_set(exec_t *exec, task_t *task);
uint64_t clock_us(const exec_t *exec, int clock); /* a clock's reading, in us */
bool read_timespec_us(const task_t *task, uint64_t at, uint64_t *us, int *error);
void write_timespec(const task_t *task, uint64_t at, uint64_t us);

/* Whether a call that does not wait is one too many in a row. If so, the handler returns pay(), and
 * gives the answer at the next look. */
bool must_pay(task_t *task);
answer_t pay(exec_t *exec, task_t *task);
bool clock_must_pay_next(const task_t *task); /* the same for the next reading of a clock */

/* Whether a call that was not looked at yet must wait: too much is answered at one instant. */
bool clock_rushes(exec_t *exec, task_t *task);

/* exec_futex.c */
answer_t call_futex(exec_t *exec, task_t *task);
bool futex_only_wakes(const task_t *task); /* or is the kernel's: waits for nothing here */

/* exec_wait.c */
answer_t call_wait(exec_t *exec, task_t *task);
answer_t call_await_signal(exec_t *exec, task_t *task);
answer_t call_sigtimedwait(exec_t *exec, task_t *task);
answer_t call_yield(exec_t *exec, task_t *task);

/* exec_timer.c */
answer_t call_alarm(exec_t *exec, task_t *task);
answer_t call_setitimer(exec_t *exec, task_t *task);
answer_t call_getitimer(exec_t *exec, task_t *task);
answer_t call_timer_create(exec_t *exec, task_t *task);
answer_t call_timer_settime(exec_t *exec, task_t *task);
answer_t call_timer_gettime(exec_t *exec, task_t *task);
answer_t call_timer_delete(exec_t *exec, task_t *task);
answer_t call_timer_getoverrun(exec_t *exec, task_t *task);
answer_t call_timerfd_create(exec_t *exec, task_t *task);
answer_t call_timerfd_settime(exec_t *exec, task_t *task);
answer_t call_timerfd_gettime(exec_t *exec, task_t *task);
answer_t timerfd_read(exec_t *exec, task_t *task, file_t *file);
void itimers_free(exec_t *exec, pid_t pid); /* those of a process that has ended; 0: all */

/* exec_socket.c */
answer_t call_socket(exec_t *exec, task_t *task);
answer_t call_bind(exec_t *exec, task_t *task);
answer_t call_listen(exec_t *exec, task_t *task);
answer_t call_accept(exec_t *exec, task_t *task);
answer_t call_connect(exec_t *exec, task_t *task);
answer_t call_getname(exec_t *exec, task_t *task);
answer_t call_shutdown(exec_t *exec, task_t *task);
bool read_address(const task_t *task, uint64_t at, size_t length, int family, ip_endpoint_t *to,
                  int *error);
int write_address(const task_t *task, uint64_t at, uint64_t length_at, int family,
                  const ip_endpoint_t *endpoint);
int socket_connect_poll(file_t *file);

/* The socket of a call. NULL if it is not the box': *what is then what the caller returns. */
file_t *socket_of(exec_t *exec, task_t *task, answer_t *what);
uint64_t socket_wait_us(const file_t *file, so_option_t option);

/* exec_netlink.c: takes a request, and leaves the answer in the file.
 * => Returns 0 or an errno. */
int netlink_send(file_t *file, const uint8_t *bytes, size_t length);
void netlink_free(file_t *file);
answer_t netlink_address(task_t *task, const file_t *file, uint64_t at, uint64_t length_at,
                         bool kernel);

/* exec_interface.c: netdevice(7).
 * => Returns whether an ioctl() is about interfaces: on whatever socket. */
bool interface_is_asked(uint64_t request);
answer_t interface_ioctl(exec_t *exec, task_t *task);

typedef struct exec_link {
    int index;
    const char *name, *address, *address6;
    unsigned bits, bits6, type, flags, mtu;
} exec_link_t;

#define EXEC_LINKS 2
extern const exec_link_t exec_links[EXEC_LINKS]; /* their indexes are 1 and 2 */

/* exec_data.c */
answer_t call_read(exec_t *exec, task_t *task);
answer_t call_write(exec_t *exec, task_t *task);
answer_t call_sendto(exec_t *exec, task_t *task);
answer_t call_recvfrom(exec_t *exec, task_t *task);
answer_t call_sendmsg(exec_t *exec, task_t *task);
answer_t call_recvmsg(exec_t *exec, task_t *task);
answer_t call_sendmmsg(exec_t *exec, task_t *task);
answer_t call_recvmmsg(exec_t *exec, task_t *task);
answer_t call_pread(exec_t *exec, task_t *task);

/* Where the bytes of read(), write(), readv() and writev() are: in exec->vector.
 * => Returns 0 or an errno. */
int call_find_bytes(exec_t *exec, const task_t *task);

/* Copies `length` of these bytes, from the byte `from` on, to exec->buffer.
 * => Returns false if they are not mapped. */
bool call_copy_bytes(exec_t *exec, const task_t *task, size_t from, size_t length);

/* The answer to a call on a socket that stops with an errno: EAGAIN waits, unless the socket or
 * `flags` are non-blocking. This call has moved `scratch` bytes already. */
answer_t stop_sending(exec_t *exec, task_t *task, file_t *file, int flags, int error);
answer_t stop_receiving(exec_t *exec, task_t *task, file_t *file, int flags, int error);

/* exec_splice.c */
answer_t call_sendfile(exec_t *exec, task_t *task);
answer_t call_splice(exec_t *exec, task_t *task);

/* exec_rights.c: before the kernel makes recvmsg() on a socket of its own. */
void rights_look(exec_t *exec, const task_t *task);

/* exec_option.c */
answer_t call_setsockopt(exec_t *exec, task_t *task);
answer_t call_getsockopt(exec_t *exec, task_t *task);
answer_t call_ioctl(exec_t *exec, task_t *task);
uint8_t tcp_state_number(const char *name); /* Linux' number of a state, as netstat calls it */
answer_t call_fcntl(exec_t *exec, task_t *task);
answer_t call_dup(exec_t *exec, task_t *task);
answer_t call_dup2(exec_t *exec, task_t *task);

/* exec_poll.c: which of POLLIN, POLLOUT, ... hold for a file. */
short file_ready(file_t *file);
answer_t call_poll(exec_t *exec, task_t *task);
answer_t call_select(exec_t *exec, task_t *task);

/* exec_epoll.c */
answer_t call_epoll_create(exec_t *exec, task_t *task);
answer_t call_epoll_ctl(exec_t *exec, task_t *task);
answer_t call_epoll_wait(exec_t *exec, task_t *task);
short epoll_ready(file_t *file);
void epoll_forget(exec_t *exec, file_t *file);
void epoll_free(file_t *file);

/* exec_signal.c: whether a signal ends the call of a held task; and what the call returns then. */
bool signal_ends_call(const task_t *task);
bool signal_kills(const task_t *task); /* or has killed it already */
answer_t signal_answer(exec_t *exec, task_t *task);

/* Whether a call has its own signal mask while it waits. */
bool signal_has_mask(const task_t *task);

/* Restores what signal_answer() has changed in the program. */
void signal_restore(task_t *task);

/* The signals that are pending for a thread, or for its process. */
uint64_t signal_pending_of(pid_t tid);

/* exec_open.c */
answer_t call_open(exec_t *exec, task_t *task);
bool open_is_ours(const task_t *task); /* the box answers for the file that it opens */

/* exec_process.c */
answer_t call_execve(exec_t *exec, task_t *task);
answer_t call_fork(exec_t *exec, task_t *task);
answer_t call_kill(exec_t *exec, task_t *task);
answer_t call_pass(exec_t *exec, task_t *task);
answer_t call_refuse(exec_t *exec, task_t *task);
answer_t call_socketpair(exec_t *exec, task_t *task);
answer_t call_getrandom(exec_t *exec, task_t *task);
answer_t call_sysinfo(exec_t *exec, task_t *task);
void exec_seed_program(exec_t *exec, const task_t *task);
void exec_fill_random(exec_t *exec, void *to, size_t length);

#endif
