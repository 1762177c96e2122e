/* SPDX-License-Identifier: BSD-3-Clause
 *
 * futex(2): who waits is held here, and so is woken here. The kernel keeps only those that inherit
 * priorities.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdio.h>
#include <time.h>

static int command_of(const task_t *task)
{
    return (int)task->call.data.args[1] & FUTEX_CMD_MASK;
}

bool futex_only_wakes(const task_t *task)
{
    int command = command_of(task);
    return command != FUTEX_WAIT && command != FUTEX_WAIT_BITSET;
}

/* ---- which word ---- */

/* A word that processes share is the same for all of them: so many bytes into a file. One of a
 * process' own is told by its address. */
static futex_key_t key_of(const task_t *task, uint64_t at)
{
    futex_key_t key = {(uint64_t)task->pid, at};
    char path[64], line[512];
    if ((task->call.data.args[1] & FUTEX_PRIVATE_FLAG) != 0)
        return key;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)task->tid);
    FILE *maps = fopen(path, "re");
    while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long start, end, offset, inode;
        char modes[8];
        if (sscanf(line, "%lx-%lx %7s %lx %*s %lu", &start, &end, modes, &offset, &inode) != 5 ||
            at < start || at >= end)
            continue;
        if (modes[3] == 's')
            key = (futex_key_t){UINT64_C(1) << 63 | inode, at - start + offset};
        break;
    }
    if (maps != NULL)
        fclose(maps);
    return key;
}

static bool is_same(const futex_key_t *a, const futex_key_t *b)
{
    return a->space == b->space && a->at == b->at;
}

/* ---- waking ---- */

/* The one that has waited longest; NULL: nobody waits. */
static task_t *first_waiter(const exec_t *exec, const futex_key_t *key, uint32_t bits)
{
    task_t *first = NULL;
    for (task_t *task = exec->tasks; task != NULL; task = task->next) {
        if (task->held && task->futex_turn != 0 && !task->woken && is_same(&task->futex, key) &&
            (task->futex_bits & bits) != 0 &&
            (first == NULL || task->futex_turn < first->futex_turn))
            first = task;
    }
    return first;
}

/* => Returns how many were woken. */
static uint32_t wake(const exec_t *exec, const futex_key_t *key, uint32_t most, uint32_t bits)
{
    task_t *task;
    uint32_t count = 0;
    while (count < most && (task = first_waiter(exec, key, bits)) != NULL) {
        task->woken = true;
        count++;
    }
    return count;
}

/* Those that are not woken wait for another word from now on. */
static answer_t requeue(exec_t *exec, task_t *task, bool compares)
{
    const __u64 *args = task->call.data.args;
    const futex_key_t from = key_of(task, args[0]), to = key_of(task, args[4]);
    uint32_t word, moved = 0;
    task_t *waiter;
    if (!task_read(task, args[0], &word, sizeof(word)))
        return answer_errno(task, EFAULT);
    if (compares && word != (uint32_t)args[5])
        return answer_errno(task, EAGAIN);
    uint32_t woken = wake(exec, &from, (uint32_t)args[2], UINT32_MAX);
    while (moved < (uint32_t)args[3] && !is_same(&from, &to) &&
           (waiter = first_waiter(exec, &from, UINT32_MAX)) != NULL) {
        waiter->futex = to;
        waiter->futex_turn = ++exec->futex_turns;
        moved++;
    }
    return answer(task, woken + (compares ? moved : 0));
}

static answer_t wake_all(exec_t *exec, task_t *task, uint32_t bits)
{
    const __u64 *args = task->call.data.args;
    const futex_key_t key = key_of(task, args[0]);
    if (bits == 0)
        return answer_errno(task, EINVAL);
    uint32_t most = (int32_t)args[2] > 0 ? (uint32_t)args[2] : 1; /* as Linux */
    return answer(task, wake(exec, &key, most, bits));
}

/* ---- waiting ---- */

/* How long a new wait may take.
 * => Returns false on a mistake. */
static bool read_wait(const exec_t *exec, const task_t *task, uint64_t *us, int *error)
{
    const __u64 *args = task->call.data.args;
    *us = UINT64_MAX;
    if (args[3] == 0)
        return true;
    if (!read_timespec_us(task, args[3], us, error))
        return false;
    if (command_of(task) == FUTEX_WAIT_BITSET) { /* the time is absolute, not relative */
        int clock = (args[1] & FUTEX_CLOCK_REALTIME) != 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC;
        uint64_t now = clock_us(exec, clock);
        *us = *us > now ? *us - now : 0;
    }
    return true;
}

static answer_t begin_wait(exec_t *exec, task_t *task, uint32_t bits)
{
    const __u64 *args = task->call.data.args;
    uint32_t word;
    uint64_t us;
    int error;
    if (bits == 0)
        return answer_errno(task, EINVAL);
    if (!task_read(task, args[0], &word, sizeof(word)))
        return answer_errno(task, EFAULT);
    if (!read_wait(exec, task, &us, &error))
        return answer_errno(task, error);
    if (word != (uint32_t)args[2])
        return answer_errno(task, EAGAIN);
    if (us == 0)
        return answer_errno(task, ETIMEDOUT);
    task->futex = key_of(task, args[0]);
    task->futex_bits = bits;
    task->futex_turn = ++exec->futex_turns;
    task->deaths = exec->deaths;
    return answer_wait(exec, task, us);
}

/* The kernel changes a word when a thread ends, for who joins it, and for a lock that it held. */
static bool was_changed_by_an_end(const exec_t *exec, task_t *task)
{
    uint32_t word;
    if (task->deaths == exec->deaths)
        return false;
    task->deaths = exec->deaths;
    return task_read(task, task->call.data.args[0], &word, sizeof(word)) &&
           word != (uint32_t)task->call.data.args[2];
}

static answer_t go_on_waiting(exec_t *exec, task_t *task)
{
    if (task->woken || was_changed_by_an_end(exec, task))
        return answer(task, 0);
    if (task_timed_out(exec, task))
        return answer_errno(task, ETIMEDOUT);
    return answer_wait(exec, task, UINT64_MAX);
}

answer_t call_futex(exec_t *exec, task_t *task)
{
    uint32_t bits = (uint32_t)task->call.data.args[5];
    switch (command_of(task)) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        if (!task->first)
            return go_on_waiting(exec, task);
        return begin_wait(exec, task, command_of(task) == FUTEX_WAIT ? UINT32_MAX : bits);
    case FUTEX_WAKE:
        return wake_all(exec, task, UINT32_MAX);
    case FUTEX_WAKE_BITSET:
        return wake_all(exec, task, bits);
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
        return requeue(exec, task, command_of(task) == FUTEX_CMP_REQUEUE);
    case FUTEX_WAKE_OP:
        exec_not_modelled(exec, task, "futex(FUTEX_WAKE_OP) is not in the box: ENOSYS");
        return answer_errno(task, ENOSYS);
    default: /* with inherited priorities */
        return ANSWER_PASS;
    }
}
