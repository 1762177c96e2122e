/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The memory of a task: it is held while we look, so it stands still but for its other threads.
 */
#include "sim/exec/exec_impl.h"

#include <string.h>
#include <sys/uio.h>

bool task_read(const task_t *task, uint64_t at, void *to, size_t length)
{
    struct iovec local = {to, length};
    struct iovec remote = {(void *)(uintptr_t)at, length}; /* NOLINT: an address there */
    return length == 0 || process_vm_readv(task->tid, &local, 1, &remote, 1, 0) == (ssize_t)length;
}

bool task_write(const task_t *task, uint64_t at, const void *from, size_t length)
{
    struct iovec local = {(void *)(uintptr_t)from, length};
    struct iovec remote = {(void *)(uintptr_t)at, length};
    return length == 0 || process_vm_writev(task->tid, &local, 1, &remote, 1, 0) == (ssize_t)length;
}

bool task_read_string(const task_t *task, uint64_t at, char *text, size_t size)
{
    size_t done = 0;
    while (done < size - 1) {
        /* Not beyond the end of the page: the next one may not be mapped. */
        size_t part = 4096 - (size_t)((at + done) & 4095);
        if (part > size - 1 - done)
            part = size - 1 - done;
        if (!task_read(task, at + done, text + done, part))
            return false;
        if (memchr(text + done, '\0', part) != NULL)
            return true;
        done += part;
    }
    text[done] = '\0';
    return true;
}
