/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Processes, signals and chance.
 */
#include "sim/base/splitmix.h"
#include "sim/exec/exec_impl.h"

#include <elf.h>
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <time.h>
#include <unistd.h>

answer_t call_pass(exec_t *exec, task_t *task)
{
    (void)exec;
    (void)task;
    return ANSWER_PASS;
}

answer_t call_refuse(exec_t *exec, task_t *task)
{
    exec_not_modelled(exec, task, "%s() is not in the box: ENOSYS", call_name(task->call.data.nr));
    return answer_errno(task, ENOSYS);
}

/* ---- programs ---- */

/* A set-uid program gets no privileges under a filter: reported if it matters. */
static void warn_of_privileges(exec_t *exec, const task_t *task)
{
    char path[4096], whole[4200];
    struct stat st;
    if (task->call.data.nr != SYS_execve ||
        !task_read_string(task, task->call.data.args[0], path, sizeof(path)))
        return;
    if (path[0] == '/')
        snprintf(whole, sizeof(whole), "%s", path);
    else
        snprintf(whole, sizeof(whole), "/proc/%d/cwd/%s", (int)task->pid, path);
    if (stat(whole, &st) != 0 || (st.st_mode & (S_ISUID | S_ISGID)) == 0)
        return;
    bool gains = ((st.st_mode & S_ISUID) != 0 && st.st_uid != geteuid()) ||
                 ((st.st_mode & S_ISGID) != 0 && st.st_gid != getegid());
    if (gains)
        exec_not_modelled(exec, task, "%s is set-uid or set-gid: it runs without its privileges",
                          path);
}

answer_t call_execve(exec_t *exec, task_t *task)
{
    warn_of_privileges(exec, task);
    task->fresh = true;
    exec->tree_changed = true;
    return ANSWER_PASS;
}

answer_t call_fork(exec_t *exec, task_t *task)
{
    uint64_t flags = task->call.data.args[0];
    if (task->call.data.nr == SYS_clone3 &&
        !task_read(task, task->call.data.args[0], &flags, sizeof(flags)))
        flags = 0;
    bool clones = task->call.data.nr == SYS_clone || task->call.data.nr == SYS_clone3;
    task->vfork = task->call.data.nr == SYS_vfork || (clones && (flags & CLONE_VFORK) != 0);
    exec->tree_changed = true;
    return ANSWER_PASS;
}

/* ---- signals ---- */

answer_t call_kill(exec_t *exec, task_t *task)
{
    (void)task;
    exec->signals = true;
    return ANSWER_PASS;
}

/* ---- chance ---- */

void exec_fill_random(exec_t *exec, void *to, size_t length)
{
    uint8_t *at = to;
    for (size_t i = 0; i < length; i += 8) {
        uint64_t value = splitmix_next(&exec->random);
        for (size_t j = 0; j < 8 && i + j < length; j++)
            at[i + j] = (uint8_t)(value >> (8 * j));
    }
}

/* Replaces the sixteen random bytes that the kernel gives a new program, from which its C library
 * makes its canary: at the program's first call it has not read them yet. */
void exec_seed_program(exec_t *exec, const task_t *task)
{
    uint64_t pair[2];
    uint8_t bytes[16];
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)task->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return;
    while (fread(pair, sizeof(pair), 1, file) == 1 && pair[0] != AT_NULL) {
        if (pair[0] != AT_RANDOM)
            continue;
        exec_fill_random(exec, bytes, sizeof(bytes));
        task_write(task, pair[1], bytes, sizeof(bytes));
    }
    fclose(file);
}

answer_t call_getrandom(exec_t *exec, task_t *task)
{
    uint8_t bytes[4096];
    size_t length = task->call.data.args[1], done = 0;
    if (length > 33554431)
        length = 33554431;
    while (done < length) {
        size_t part = length - done < sizeof(bytes) ? length - done : sizeof(bytes);
        exec_fill_random(exec, bytes, part);
        if (!task_write(task, task->call.data.args[0] + done, bytes, part))
            return answer_errno(task, EFAULT);
        done += part;
    }
    return answer(task, (int64_t)length);
}

answer_t call_sysinfo(exec_t *exec, task_t *task)
{
    struct sysinfo info;
    if (sysinfo(&info) != 0)
        return ANSWER_PASS;
    info.uptime = (long)(clock_us(exec, CLOCK_BOOTTIME) / 1000000);
    if (!task_write(task, task->call.data.args[0], &info, sizeof(info)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

answer_t call_socketpair(exec_t *exec, task_t *task)
{
    (void)exec;
    return (int)task->call.data.args[0] == AF_UNIX ? ANSWER_PASS : answer_errno(task, EOPNOTSUPP);
}
