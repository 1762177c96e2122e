/* SPDX-License-Identifier: BSD-3-Clause
 *
 * read(2), write(2), send(2), recv(2) and all their kin, on sockets of the box.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* ---- vectors of a task ---- */

static bool read_vector(const task_t *task, uint64_t at, size_t count, vector_t *vector)
{
    vector->count = count;
    vector->length = 0;
    if (count > IOV_MAX || !task_read(task, at, vector->at, count * sizeof(vector->at[0])))
        return false;
    for (size_t i = 0; i < count; i++)
        vector->length += vector->at[i].iov_len;
    return true;
}

static void one_buffer(vector_t *vector, uint64_t at, size_t length)
{
    vector->at[0] = (struct iovec){(void *)(uintptr_t)at, length};
    vector->count = 1;
    vector->length = length;
}

/* Copies between buffer[length] and a task's vector, from the vector's byte `from` on. */
static bool copy_vector(const task_t *task, const vector_t *vector, size_t from, void *buffer,
                        size_t length, bool out)
{
    uint8_t *bytes = buffer;
    for (size_t i = 0; i < vector->count && length > 0; i++) {
        size_t size = vector->at[i].iov_len;
        if (from >= size) {
            from -= size;
            continue;
        }
        size_t part = size - from < length ? size - from : length;
        uint64_t at = (uint64_t)(uintptr_t)vector->at[i].iov_base + from;
        if (!(out ? task_write(task, at, bytes, part) : task_read(task, at, bytes, part)))
            return false;
        bytes += part;
        length -= part;
        from = 0;
    }
    return true;
}

/* ---- sending ---- */

static answer_t broken_pipe(exec_t *exec, task_t *task, int flags)
{
    if ((flags & MSG_NOSIGNAL) == 0) {
        syscall(SYS_tgkill, task->pid, task->tid, SIGPIPE);
        exec->signals = true;
    }
    return answer_errno(task, EPIPE);
}

answer_t stop_sending(exec_t *exec, task_t *task, file_t *file, int flags, int error)
{
    if (task->scratch > 0 && error != EAGAIN)
        return answer(task, (int64_t)task->scratch);
    if (error == EPIPE)
        return broken_pipe(exec, task, flags);
    if (error != EAGAIN)
        return answer_errno(task, error);
    if (file->nonblock || (flags & MSG_DONTWAIT) != 0 || task_timed_out(exec, task)) {
        if (task->scratch > 0)
            return answer(task, (int64_t)task->scratch);
        return must_pay(task) ? pay(exec, task) : answer_errno(task, EAGAIN);
    }
    return answer_wait(exec, task, socket_wait_us(file, SO_OPT_SNDTIMEO));
}

static answer_t send_stream(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                            int flags)
{
    uint8_t *buffer = exec->buffer;
    if (file->connecting && so_connect_error(file->so) == EINPROGRESS)
        return stop_sending(exec, task, file, flags, EAGAIN);
    file->connecting = false;
    while (task->scratch < vector->length) {
        size_t part = vector->length - task->scratch, sent;
        part = part < EXEC_BUFFER ? part : EXEC_BUFFER;
        if (!copy_vector(task, vector, task->scratch, buffer, part, false))
            return stop_sending(exec, task, file, flags, EFAULT);
        int error = so_send(file->so, buffer, part, &sent);
        task->scratch += sent;
        task->idle = sent > 0 ? 0 : task->idle;
        if (error != 0) /* as Linux: a socket that was never connected gives EPIPE */
            return stop_sending(exec, task, file, flags, error == ENOTCONN ? EPIPE : error);
    }
    return answer(task, (int64_t)vector->length);
}

static answer_t send_dgram(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                           uint64_t to_at, size_t to_length, int flags)
{
    uint8_t *buffer = exec->buffer;
    ip_endpoint_t to;
    int error;
    (void)flags;
    if (to_at != 0 && !read_address(task, to_at, to_length, file->family, &to, &error))
        return answer_errno(task, error);
    if (vector->length > 65507)
        return answer_errno(task, EMSGSIZE);
    if (!copy_vector(task, vector, 0, buffer, vector->length, false))
        return answer_errno(task, EFAULT);
    error = so_sendto(file->so, buffer, vector->length, to_at != 0 ? &to : NULL);
    return error == 0 ? answer(task, (int64_t)vector->length) : answer_errno(task, error);
}

static answer_t send_any(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                         uint64_t to_at, size_t to_length, int flags)
{
    if ((flags & MSG_OOB) != 0) {
        exec_not_modelled(exec, task, "%s(MSG_OOB) is not in the box: EOPNOTSUPP",
                          call_name(task->call.data.nr));
        return answer_errno(task, EOPNOTSUPP);
    }
    if (file->kind == FILE_STREAM)
        return send_stream(exec, task, file, vector, flags);
    if (file->kind == FILE_DGRAM)
        return send_dgram(exec, task, file, vector, to_at, to_length, flags);
    if (file->kind == FILE_NETLINK) {
        if (vector->length > EXEC_BUFFER ||
            !copy_vector(task, vector, 0, exec->buffer, vector->length, false))
            return answer_errno(task, EFAULT);
        int error = netlink_send(file, exec->buffer, vector->length);
        return error == 0 ? answer(task, (int64_t)vector->length) : answer_errno(task, error);
    }
    if (file->kind == FILE_RANDOM) /* it is not needed */
        return answer(task, (int64_t)vector->length);
    return answer_errno(task, file->kind == FILE_TIMER ? EINVAL : EBADF);
}

/* ---- receiving ---- */

typedef struct received {
    size_t length;
    ip_endpoint_t from;
    bool truncated;
} received_t;

answer_t stop_receiving(exec_t *exec, task_t *task, file_t *file, int flags, int error)
{
    if (task->scratch > 0) /* MSG_WAITALL has something already */
        if (error != EAGAIN || file->nonblock || task_timed_out(exec, task))
            return answer(task, (int64_t)task->scratch);
    if (error != EAGAIN)
        return answer_errno(task, error);
    if (file->nonblock || (flags & MSG_DONTWAIT) != 0)
        return must_pay(task) ? pay(exec, task) : answer_errno(task, EAGAIN);
    if (task_timed_out(exec, task))
        return answer_errno(task, EAGAIN);
    return answer_wait(exec, task, socket_wait_us(file, SO_OPT_RCVTIMEO));
}

static answer_t recv_stream(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                            int flags, received_t *received)
{
    uint8_t *buffer = exec->buffer;
    if (file->connecting && so_connect_error(file->so) == EINPROGRESS)
        return stop_receiving(exec, task, file, flags, EAGAIN);
    file->connecting = false;
    while (task->scratch < vector->length) {
        size_t part = vector->length - task->scratch, got;
        part = part < EXEC_BUFFER ? part : EXEC_BUFFER;
        bool peek = (flags & MSG_PEEK) != 0;
        int error = peek ? so_peek(file->so, buffer, part, &got, &received->from)
                         : so_recv(file->so, buffer, part, &got);
        if (error != 0)
            return stop_receiving(exec, task, file, flags, error);
        if (got == 0)
            break;
        if (!copy_vector(task, vector, task->scratch, buffer, got, true))
            return stop_receiving(exec, task, file, flags, EFAULT);
        task->scratch += got;
        task->idle = 0;
        /* An error that comes after the data is left for the next call. */
        if (peek || ((flags & MSG_WAITALL) == 0 && so_readable(file->so) == 0))
            break;
    }
    received->length = task->scratch;
    return answer(task, (int64_t)task->scratch);
}

static answer_t recv_dgram(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                           int flags, received_t *received)
{
    uint8_t *buffer = exec->buffer;
    size_t got;
    int error = (flags & MSG_PEEK) != 0
                    ? so_peek(file->so, buffer, EXEC_BUFFER, &got, &received->from)
                    : so_recvfrom(file->so, buffer, EXEC_BUFFER, &got, &received->from);
    bool waits = !file->nonblock && (flags & MSG_DONTWAIT) == 0;
    if (error == EAGAIN && waits && so_waits_in_vain(file->so))
        return answer(task, 0);
    if (error != 0)
        return stop_receiving(exec, task, file, flags, error);
    received->truncated = got > vector->length;
    received->length = received->truncated ? vector->length : got;
    if (!copy_vector(task, vector, 0, buffer, received->length, true))
        return answer_errno(task, EFAULT);
    return answer(task, (int64_t)((flags & MSG_TRUNC) != 0 ? got : received->length));
}

static answer_t recv_netlink(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                             int flags, received_t *received)
{
    size_t whole = file->netlink_length;
    if (file->netlink == NULL)
        return stop_receiving(exec, task, file, flags, EAGAIN);
    received->truncated = whole > vector->length;
    received->length = received->truncated ? vector->length : whole;
    if (!copy_vector(task, vector, 0, file->netlink, received->length, true))
        return answer_errno(task, EFAULT);
    if ((flags & MSG_PEEK) == 0)
        netlink_free(file);
    return answer(task, (int64_t)((flags & MSG_TRUNC) != 0 ? whole : received->length));
}

static answer_t recv_any(exec_t *exec, task_t *task, file_t *file, const vector_t *vector,
                         int flags, received_t *received)
{
    *received = (received_t){.from = {in6addr_any, 0}};
    if ((flags & (MSG_OOB | MSG_ERRQUEUE)) != 0)
        return answer_errno(task, (flags & MSG_OOB) != 0 ? EINVAL : EAGAIN);
    if (file->kind == FILE_STREAM)
        return recv_stream(exec, task, file, vector, flags, received);
    if (file->kind == FILE_DGRAM)
        return recv_dgram(exec, task, file, vector, flags, received);
    if (file->kind == FILE_NETLINK)
        return recv_netlink(exec, task, file, vector, flags, received);
    return answer_errno(task, EINVAL);
}

/* ---- the calls ---- */

int call_find_bytes(exec_t *exec, const task_t *task)
{
    const __u64 *args = task->call.data.args;
    if (task->call.data.nr != SYS_readv && task->call.data.nr != SYS_writev)
        one_buffer(&exec->vector, args[1], args[2]);
    else if (!read_vector(task, args[1], args[2], &exec->vector))
        return args[2] > IOV_MAX ? EINVAL : EFAULT;
    return 0;
}

bool call_copy_bytes(exec_t *exec, const task_t *task, size_t from, size_t length)
{
    return copy_vector(task, &exec->vector, from, exec->buffer, length, false);
}

static answer_t random_read(exec_t *exec, task_t *task)
{
    size_t length = exec->vector.length < EXEC_BUFFER ? exec->vector.length : EXEC_BUFFER;
    exec_fill_random(exec, exec->buffer, length);
    if (!copy_vector(task, &exec->vector, 0, exec->buffer, length, true))
        return answer_errno(task, EFAULT);
    return answer(task, (int64_t)length);
}

/* read() and readv(). */
answer_t call_read(exec_t *exec, task_t *task)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    received_t received;
    if (file == NULL)
        return kernel_pass(exec, task);
    if (file->kind == FILE_TIMER)
        return timerfd_read(exec, task, file);
    int error = call_find_bytes(exec, task);
    if (error == 0 && file->kind == FILE_RANDOM)
        return random_read(exec, task);
    return error == 0 ? recv_any(exec, task, file, &exec->vector, 0, &received)
                      : answer_errno(task, error);
}

/* write() and writev(). */
answer_t call_write(exec_t *exec, task_t *task)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    if (file == NULL)
        return kernel_pass(exec, task);
    int error = call_find_bytes(exec, task);
    return error == 0 ? send_any(exec, task, file, &exec->vector, 0, 0, 0)
                      : answer_errno(task, error);
}

answer_t call_pread(exec_t *exec, task_t *task)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    return file == NULL ? ANSWER_PASS : answer_errno(task, ESPIPE);
}

answer_t call_sendto(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    if (file == NULL)
        return what;
    one_buffer(&exec->vector, args[1], args[2]);
    return send_any(exec, task, file, &exec->vector, args[4], args[5], (int)args[3]);
}

answer_t call_recvfrom(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    received_t received;
    if (file == NULL)
        return what;
    one_buffer(&exec->vector, args[1], args[2]);
    what = recv_any(exec, task, file, &exec->vector, (int)args[3], &received);
    if (what != ANSWER_DONE || task->value < 0 || args[4] == 0)
        return what;
    uint32_t none = 0;
    int error = 0;
    if (file->kind == FILE_NETLINK) {
        int64_t length = task->value;
        netlink_address(task, file, args[4], args[5], true);
        return answer(task, length);
    }
    if (file->kind == FILE_DGRAM)
        error = write_address(task, args[4], args[5], file->family, &received.from);
    else if (args[5] != 0 && !task_write(task, args[5], &none, sizeof(none)))
        error = EFAULT;
    return error == 0 ? what : answer_errno(task, error);
}

answer_t call_sendmsg(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    struct msghdr msg;
    if (file == NULL)
        return what;
    if (!task_read(task, args[1], &msg, sizeof(msg)) ||
        !read_vector(task, (uint64_t)(uintptr_t)msg.msg_iov, msg.msg_iovlen, &exec->vector))
        return answer_errno(task, EFAULT);
    return send_any(exec, task, file, &exec->vector, (uint64_t)(uintptr_t)msg.msg_name,
                    msg.msg_namelen, (int)args[2]);
}

static answer_t recv_message(exec_t *exec, task_t *task, file_t *file, uint64_t at, int flags)
{
    struct msghdr msg;
    received_t received;
    if (!task_read(task, at, &msg, sizeof(msg)) ||
        !read_vector(task, (uint64_t)(uintptr_t)msg.msg_iov, msg.msg_iovlen, &exec->vector))
        return answer_errno(task, EFAULT);
    answer_t what = recv_any(exec, task, file, &exec->vector, flags, &received);
    if (what != ANSWER_DONE || task->value < 0)
        return what;
    int error = 0;
    int64_t length = task->value;
    uint64_t name = (uint64_t)(uintptr_t)msg.msg_name;
    uint64_t name_length = at + offsetof(struct msghdr, msg_namelen);
    if (name != 0 && file->kind == FILE_DGRAM)
        error = write_address(task, name, name_length, file->family, &received.from);
    else if (name != 0 && file->kind == FILE_NETLINK)
        netlink_address(task, file, name, name_length, true);
    if (file->kind == FILE_STREAM)
        msg.msg_namelen = 0;
    else
        task_read(task, name_length, &msg.msg_namelen, sizeof(msg.msg_namelen));
    task->value = length;
    msg.msg_controllen = 0;
    msg.msg_flags = received.truncated ? MSG_TRUNC : 0;
    if (error == 0 && !task_write(task, at, &msg, sizeof(msg)))
        error = EFAULT;
    return error == 0 ? what : answer_errno(task, error);
}

answer_t call_recvmsg(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    if (file == NULL && what == ANSWER_PASS)
        rights_look(exec, task);
    if (file == NULL)
        return what;
    return recv_message(exec, task, file, args[1], (int)args[2]);
}

/* Sends the first message of several: the program calls again for the others. */
answer_t call_sendmmsg(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    struct mmsghdr msg;
    size_t done = 0, count = args[2] < 1024 ? args[2] : 1024;
    if (file == NULL)
        return kernel_pass(exec, task);
    for (; done < count; done++) {
        uint64_t at = args[1] + done * sizeof(msg);
        if (!task_read(task, at, &msg, sizeof(msg)) ||
            !read_vector(task, (uint64_t)(uintptr_t)msg.msg_hdr.msg_iov, msg.msg_hdr.msg_iovlen,
                         &exec->vector))
            return done > 0 ? answer(task, (int64_t)done) : answer_errno(task, EFAULT);
        task->scratch = 0;
        answer_t what =
            send_any(exec, task, file, &exec->vector, (uint64_t)(uintptr_t)msg.msg_hdr.msg_name,
                     msg.msg_hdr.msg_namelen, (int)args[3]);
        if (what != ANSWER_DONE || task->value < 0)
            return done > 0 ? answer(task, (int64_t)done) : what;
        msg.msg_len = (unsigned)task->value;
        task_write(task, at + offsetof(struct mmsghdr, msg_len), &msg.msg_len, sizeof(msg.msg_len));
    }
    return answer(task, (int64_t)done);
}

/* Receives the messages that are there. Waits only for the first, though Linux may wait for all. */
answer_t call_recvmmsg(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    size_t done = 0, count = args[2] < 1024 ? args[2] : 1024;
    int flags = (int)args[3];
    if (file == NULL)
        return kernel_pass(exec, task);
    for (; done < count; done++) {
        uint64_t at = args[1] + done * sizeof(struct mmsghdr);
        if (done > 0) /* does not wait for further messages */
            task->scratch = 0;
        answer_t what = recv_message(exec, task, file, at, done > 0 ? flags | MSG_DONTWAIT : flags);
        if (done > 0 && (what != ANSWER_DONE || task->value < 0))
            break;
        if (what != ANSWER_DONE || task->value < 0)
            return what;
        unsigned length = (unsigned)task->value;
        task_write(task, at + offsetof(struct mmsghdr, msg_len), &length, sizeof(length));
    }
    return answer(task, (int64_t)done);
}
