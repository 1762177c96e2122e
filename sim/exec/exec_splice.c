/* SPDX-License-Identifier: BSD-3-Clause
 *
 * sendfile(2) and splice(2): from a file or a pipe of the kernel's into a socket of the box, and
 * from such a socket into a pipe.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* From a file of the kernel into a socket of the box. */
answer_t call_sendfile(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    uint8_t *buffer = exec->buffer;
    file_t *file = file_find(exec, task, (int)args[0]);
    off_t offset = 0;
    size_t sent = 0;
    if (file == NULL)
        return file_find(exec, task, (int)args[1]) != NULL ? answer_errno(task, EINVAL)
                                                           : kernel_pass(exec, task);
    if (file->kind != FILE_STREAM)
        return answer_errno(task, EINVAL);
    if (args[2] != 0 && !task_read(task, args[2], &offset, sizeof(offset)))
        return answer_errno(task, EFAULT);
    int fd = file_copy_kernel(task, (int)args[1]);
    if (fd < 0)
        return answer_errno(task, EBADF);
    if (args[2] == 0)
        offset = lseek(fd, 0, SEEK_CUR);
    size_t want = args[3] < EXEC_BUFFER ? args[3] : EXEC_BUFFER;
    ssize_t got = pread(fd, buffer, want, offset);
    int error = got < 0 ? errno : got == 0 ? 0 : so_send(file->so, buffer, (size_t)got, &sent);
    if (error == 0) {
        offset += (off_t)sent;
        if (args[2] == 0)
            lseek(fd, offset, SEEK_SET);
        else
            task_write(task, args[2], &offset, sizeof(offset));
    }
    close(fd);
    return error == 0 ? answer(task, (int64_t)sent) : stop_sending(exec, task, file, 0, error);
}

/* ---- splice ---- */

static bool is_pipe(int fd)
{
    struct stat st;
    return fd >= 0 && fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

static bool never_waits(const task_t *task, int pipe_fd)
{
    return (task->call.data.args[5] & SPLICE_F_NONBLOCK) != 0 ||
           (fcntl(pipe_fd, F_GETFL) & O_NONBLOCK) != 0;
}

/* The pipe is empty, or full: another process that has it can change that. */
static answer_t wait_for_pipe(exec_t *exec, task_t *task, int pipe_fd)
{
    if (never_waits(task, pipe_fd))
        return answer_errno(task, EAGAIN);
    task->world = true;
    return answer_wait(exec, task, UINT64_MAX);
}

/* Takes the bytes that have been sent out of a pipe. */
static void skip(int pipe_fd, size_t length)
{
    uint8_t gone[4096];
    while (length > 0) {
        ssize_t got = read(pipe_fd, gone, length < sizeof(gone) ? length : sizeof(gone));
        if (got <= 0)
            return;
        length -= (size_t)got;
    }
}

/* Sends a copy of the pipe's bytes, then takes out what was sent. `own` is a pipe of ours. */
static answer_t pipe_to_socket(exec_t *exec, task_t *task, int pipe_fd, file_t *file,
                               const int own[2])
{
    size_t want = task->call.data.args[4], sent = 0;
    want = want < EXEC_BUFFER ? want : EXEC_BUFFER;
    ssize_t there = tee(pipe_fd, own[1], want, SPLICE_F_NONBLOCK);
    if (there < 0 && errno == EAGAIN)
        return wait_for_pipe(exec, task, pipe_fd);
    if (there <= 0)
        return there == 0 ? answer(task, 0) : answer_errno(task, errno);
    there = read(own[0], exec->buffer, (size_t)there);
    int error = so_send(file->so, exec->buffer, (size_t)there, &sent);
    if (error != 0 && sent == 0)
        return stop_sending(exec, task, file, 0, error);
    skip(pipe_fd, sent);
    return answer(task, (int64_t)sent);
}

/* Receives only what has gone into the pipe. */
static answer_t socket_to_pipe(exec_t *exec, task_t *task, file_t *file, int pipe_fd,
                               const int own[2])
{
    bool waits = (task->call.data.args[5] & SPLICE_F_NONBLOCK) == 0;
    size_t want = task->call.data.args[4], got = 0;
    ip_endpoint_t from;
    want = want < EXEC_BUFFER ? want : EXEC_BUFFER;
    int error = so_peek(file->so, exec->buffer, want, &got, &from);
    if (error != 0)
        return stop_receiving(exec, task, file, waits ? 0 : MSG_DONTWAIT, error);
    if (got == 0)
        return answer(task, 0);
    ssize_t mine = write(own[1], exec->buffer, got);
    ssize_t gone =
        mine > 0 ? splice(own[0], NULL, pipe_fd, NULL, (size_t)mine, SPLICE_F_NONBLOCK) : -1;
    if (gone < 0)
        return errno == EAGAIN ? wait_for_pipe(exec, task, pipe_fd) : answer_errno(task, errno);
    so_recv(file->so, exec->buffer, (size_t)gone, &got);
    return answer(task, gone);
}

answer_t call_splice(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *in = file_find(exec, task, (int)args[0]), *out = file_find(exec, task, (int)args[2]);
    file_t *file = in != NULL ? in : out;
    int own[2];
    if (file == NULL)
        return kernel_pass(exec, task);
    if ((in != NULL && out != NULL) || file->kind != FILE_STREAM)
        return answer_errno(task, EINVAL);
    if (args[in != NULL ? 1 : 3] != 0)
        return answer_errno(task, ESPIPE);
    int pipe_fd = file_copy_kernel(task, (int)args[in != NULL ? 2 : 0]);
    answer_t what;
    if (pipe_fd < 0)
        what = answer_errno(task, EBADF);
    else if (!is_pipe(pipe_fd))
        what = answer_errno(task, EINVAL);
    else if (pipe2(own, O_CLOEXEC | O_NONBLOCK) != 0)
        what = answer_errno(task, ENFILE);
    else {
        what = in != NULL ? socket_to_pipe(exec, task, file, pipe_fd, own)
                          : pipe_to_socket(exec, task, pipe_fd, file, own);
        close(own[0]);
        close(own[1]);
    }
    if (pipe_fd >= 0)
        close(pipe_fd);
    return what;
}
