/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options of sockets, and what fcntl(2), ioctl(2) and dup(2) do to descriptors of the box.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>

/* ---- setsockopt ---- */

static uint64_t read_timeout_us(const task_t *task, uint64_t at)
{
    struct timeval tv = {0};
    task_read(task, at, &tv, sizeof(tv));
    return tv.tv_sec < 0 ? 0 : (uint64_t)tv.tv_sec * 1000000 + (uint64_t)tv.tv_usec;
}

static answer_t not_modelled(task_t *task, int level, int name)
{
    exec_not_modelled(task, "setsockopt(%d, %d) is not modelled: ENOPROTOOPT", level, name);
    return answer_errno(task, ENOPROTOOPT);
}

static answer_t set_socket_level(task_t *task, file_t *file, int name, int value)
{
    const __u64 *args = task->call.data.args;
    switch (name) {
    case SO_REUSEADDR:
        file->reuse = value != 0;
        return answer(task, 0);
    case SO_RCVTIMEO:
        file->rcvtimeo_us = read_timeout_us(task, args[3]);
        return answer(task, 0);
    case SO_SNDTIMEO:
        file->sndtimeo_us = read_timeout_us(task, args[3]);
        return answer(task, 0);
    case SO_KEEPALIVE:
    case SO_BROADCAST:
    case SO_DONTROUTE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_RCVLOWAT:
    case SO_TIMESTAMP:
    case SO_SNDBUF:
    case SO_RCVBUF:
        return answer(task, 0); /* of no effect in the box */
    case SO_LINGER:
        return answer(task, 0);
    case SO_REUSEPORT:
        return answer_errno(task, ENOPROTOOPT);
    case SO_BINDTODEVICE:
        return answer_errno(task, EPERM);
    default:
        return not_modelled(task, SOL_SOCKET, name);
    }
}

answer_t call_setsockopt(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    int level = (int)args[1], name = (int)args[2], value = 0;
    if (file == NULL)
        return ANSWER_PASS;
    if (file->kind > FILE_NETLINK)
        return answer_errno(task, ENOTSOCK);
    if (args[4] >= sizeof(value) && !task_read(task, args[3], &value, sizeof(value)))
        return answer_errno(task, EFAULT);
    if (file->kind == FILE_NETLINK) /* what is dumped is not filtered here: the program does it */
        return name == NETLINK_GET_STRICT_CHK ? answer_errno(task, ENOPROTOOPT) : answer(task, 0);
    if (level == SOL_SOCKET)
        return set_socket_level(task, file, name, value);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
        file->v6only = value != 0;
        return answer(task, 0);
    }
    if (level == IPPROTO_TCP && (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
        return answer_errno(task, EOPNOTSUPP);
    if (level == IPPROTO_TCP || level == IPPROTO_IP || level == IPPROTO_IPV6)
        return answer(task, 0);
    return not_modelled(task, level, name);
}

/* ---- getsockopt ---- */

static answer_t give_bytes(task_t *task, const void *bytes, uint32_t size)
{
    const __u64 *args = task->call.data.args;
    uint32_t room;
    if (!task_read(task, args[4], &room, sizeof(room)))
        return answer_errno(task, EFAULT);
    room = room < size ? room : size;
    if (!task_write(task, args[3], bytes, room) || !task_write(task, args[4], &room, sizeof(room)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}

static answer_t give_int(task_t *task, int value)
{
    return give_bytes(task, &value, sizeof(value));
}

static int take_error(file_t *file)
{
    if (file->so == NULL)
        return 0;
    if (file->connecting) {
        int error = socket_connect_poll(file);
        return error == EINPROGRESS ? 0 : error;
    }
    return so_take_error(file->so);
}

static answer_t get_socket_level(task_t *task, file_t *file, int name)
{
    struct timeval tv = {0};
    struct linger linger = {0};
    uint64_t us;
    switch (name) {
    case SO_ERROR:
        return give_int(task, take_error(file));
    case SO_TYPE:
        return give_int(task, file->kind == FILE_STREAM ? SOCK_STREAM : SOCK_DGRAM);
    case SO_DOMAIN:
        return give_int(task, file->family);
    case SO_PROTOCOL:
        return give_int(task, file->kind == FILE_STREAM ? IPPROTO_TCP : IPPROTO_UDP);
    case SO_ACCEPTCONN:
        return give_int(task, file->listening);
    case SO_REUSEADDR:
        return give_int(task, file->reuse);
    case SO_SNDBUF:
    case SO_RCVBUF:
        return give_int(task, 131072);
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
        us = name == SO_RCVTIMEO ? file->rcvtimeo_us : file->sndtimeo_us;
        tv = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
        return give_bytes(task, &tv, sizeof(tv));
    case SO_LINGER:
        return give_bytes(task, &linger, sizeof(linger));
    case SO_KEEPALIVE:
    case SO_BROADCAST:
    case SO_DONTROUTE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
        return give_int(task, 0);
    case SO_RCVLOWAT:
        return give_int(task, 1);
    default:
        return answer_errno(task, ENOPROTOOPT);
    }
}

static answer_t get_tcp_info(task_t *task, const file_t *file)
{
    struct tcp_info info = {0};
    info.tcpi_state = file->listening    ? TCP_LISTEN
                      : file->connecting ? TCP_SYN_SENT
                      : file->so != NULL ? TCP_ESTABLISHED
                                         : TCP_CLOSE;
    return give_bytes(task, &info, sizeof(info));
}

answer_t call_getsockopt(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    int level = (int)args[1], name = (int)args[2];
    if (file == NULL)
        return ANSWER_PASS;
    if (file->kind > FILE_NETLINK)
        return answer_errno(task, ENOTSOCK);
    if (level == SOL_SOCKET)
        return get_socket_level(task, file, name);
    if (level == IPPROTO_TCP && name == TCP_INFO)
        return get_tcp_info(task, file);
    if (level == IPPROTO_TCP && name == TCP_MAXSEG)
        return give_int(task, 8152);
    if (level == IPPROTO_TCP && (name == TCP_FASTOPEN || name == TCP_FASTOPEN_CONNECT))
        return answer_errno(task, EOPNOTSUPP);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
        return give_int(task, file->v6only);
    if (level == IPPROTO_TCP || level == IPPROTO_IP || level == IPPROTO_IPV6)
        return give_int(task, 0);
    return answer_errno(task, ENOPROTOOPT);
}

/* ---- descriptors ---- */

answer_t call_ioctl(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    int value = 0;
    if (file == NULL)
        return ANSWER_PASS;
    switch (args[1]) {
    case FIONBIO:
        if (!task_read(task, args[2], &value, sizeof(value)))
            return answer_errno(task, EFAULT);
        file->nonblock = value != 0;
        return ANSWER_PASS; /* for F_GETFL */
    case FIONREAD:
        value = file->so != NULL && !file->listening ? (int)so_readable(file->so) : 0;
        if (!task_write(task, args[2], &value, sizeof(value)))
            return answer_errno(task, EFAULT);
        return answer(task, 0);
    case FIOCLEX:
    case FIONCLEX:
        return ANSWER_PASS;
    case TCGETS:
    case TIOCGWINSZ:
        return answer_errno(task, ENOTTY);
    default:
        return answer_errno(task, ENOTTY);
    }
}

answer_t call_fcntl(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    if (file == NULL)
        return ANSWER_PASS;
    switch (args[1]) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
        return answer(task, file_duplicate(exec, task, (int)args[0], (int)args[2], false,
                                           args[1] == F_DUPFD_CLOEXEC));
    case F_SETFL:
        file->nonblock = (args[2] & O_NONBLOCK) != 0;
        return ANSWER_PASS;
    default:
        return ANSWER_PASS;
    }
}

answer_t call_dup(exec_t *exec, task_t *task)
{
    int fd = (int)task->call.data.args[0];
    if (file_find(exec, task, fd) == NULL)
        return ANSWER_PASS;
    return answer(task, file_duplicate(exec, task, fd, 0, false, false));
}

answer_t call_dup2(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    int fd = (int)args[0], to = (int)args[1];
    bool cloexec = task->call.data.nr == SYS_dup3 && (args[2] & O_CLOEXEC) != 0;
    if (file_find(exec, task, fd) == NULL || fd == to)
        return ANSWER_PASS;
    if (to > 2 && to < 500)
        exec_not_modelled(task, "dup2() of a socket to %d: only 0, 1, 2 and 500 or more are known",
                          to);
    return answer(task, file_duplicate(exec, task, fd, to, true, cloexec));
}
