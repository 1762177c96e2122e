/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options of sockets, and what fcntl(2), ioctl(2) and dup(2) do to descriptors of the box.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
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

/* Options that the box does not have, and what a kernel built without them answers. */
static const struct {
    int level, name;
    const char *word;
    int error;
} refused[] = {
    {SOL_SOCKET, SO_REUSEPORT, "SO_REUSEPORT", ENOPROTOOPT},
    {SOL_SOCKET, SO_BINDTODEVICE, "SO_BINDTODEVICE", EPERM},
    {SOL_SOCKET, SO_MARK, "SO_MARK", EPERM},
    {SOL_SOCKET, SO_ZEROCOPY, "SO_ZEROCOPY", EOPNOTSUPP},
    {SOL_SOCKET, SO_ATTACH_FILTER, "SO_ATTACH_FILTER", ENOPROTOOPT},
    {IPPROTO_IP, IP_PKTINFO, "IP_PKTINFO", ENOPROTOOPT},
    {IPPROTO_IP, IP_RECVTTL, "IP_RECVTTL", ENOPROTOOPT},
    {IPPROTO_IP, IP_RECVTOS, "IP_RECVTOS", ENOPROTOOPT},
    {IPPROTO_IP, IP_RECVERR, "IP_RECVERR", ENOPROTOOPT},
    {IPPROTO_IP, IP_TRANSPARENT, "IP_TRANSPARENT", EPERM},
    {IPPROTO_IP, IP_ADD_MEMBERSHIP, "IP_ADD_MEMBERSHIP", ENODEV},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO, "IPV6_RECVPKTINFO", ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, "IPV6_RECVHOPLIMIT", ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_RECVTCLASS, "IPV6_RECVTCLASS", ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_RECVERR, "IPV6_RECVERR", ENOPROTOOPT},
    {IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP, "IPV6_ADD_MEMBERSHIP", ENODEV},
    {IPPROTO_TCP, TCP_FASTOPEN, "TCP_FASTOPEN", EOPNOTSUPP},
    {IPPROTO_TCP, TCP_FASTOPEN_CONNECT, "TCP_FASTOPEN_CONNECT", EOPNOTSUPP},
    {IPPROTO_TCP, TCP_ULP, "TCP_ULP", ENOENT},
    {IPPROTO_TCP, TCP_MD5SIG, "TCP_MD5SIG", ENOPROTOOPT},
    {IPPROTO_TCP, TCP_REPAIR, "TCP_REPAIR", EPERM},
};

/* => Returns the errno of an option that is refused, and reports it; 0 if it is not refused. */
static int refuse(exec_t *exec, const task_t *task, int level, int name)
{
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        if (refused[i].level != level || refused[i].name != name)
            continue;
        exec_not_modelled(exec, task, "%s(%s) is not in the box: %s", call_name(task->call.data.nr),
                          refused[i].word, strerrorname_np(refused[i].error));
        return refused[i].error;
    }
    return 0;
}

static answer_t not_modelled(exec_t *exec, task_t *task, int level, int name)
{
    exec_not_modelled(exec, task, "%s(%d, %d) is not in the box: ENOPROTOOPT",
                      call_name(task->call.data.nr), level, name);
    return answer_errno(task, ENOPROTOOPT);
}

/* A size out of the box' range is accepted, as on Linux, and has no effect. */
static answer_t set(task_t *task, file_t *file, so_option_t option, int64_t value)
{
    int error = so_set_option(file->so, option, value);
    bool size = option == SO_OPT_RCVBUF || option == SO_OPT_SNDBUF;
    return error == 0 || size ? answer(task, 0) : answer_errno(task, error);
}

static answer_t set_linger(task_t *task, file_t *file)
{
    const __u64 *args = task->call.data.args;
    struct linger linger;
    if (args[4] < sizeof(linger))
        return answer_errno(task, EINVAL);
    if (!task_read(task, args[3], &linger, sizeof(linger)))
        return answer_errno(task, EFAULT);
    return set(task, file, SO_OPT_LINGER,
               linger.l_onoff != 0 ? (int64_t)linger.l_linger * 1000000 : -1);
}

/* TCP's options, each with Linux' unit in units of the box' option. */
static const struct {
    int name;
    so_option_t option;
    int64_t unit;
} tcp_options[] = {
    {TCP_NODELAY, SO_OPT_NODELAY, 1},
    {TCP_KEEPIDLE, SO_OPT_KEEPIDLE, 1000000},
    {TCP_KEEPINTVL, SO_OPT_KEEPINTVL, 1000000},
    {TCP_KEEPCNT, SO_OPT_KEEPCNT, 1},
    {TCP_USER_TIMEOUT, SO_OPT_USER_TIMEOUT, 1000},
};

/* => Returns the row of a TCP option; the table's length if there is none. */
static size_t tcp_option(int name)
{
    size_t i = 0;
    while (i < sizeof(tcp_options) / sizeof(tcp_options[0]) && tcp_options[i].name != name)
        i++;
    return i;
}

#define TCP_OPTION_COUNT (sizeof(tcp_options) / sizeof(tcp_options[0]))

static answer_t set_socket_level(exec_t *exec, task_t *task, file_t *file, int name, int value)
{
    const __u64 *args = task->call.data.args;
    switch (name) {
    case SO_REUSEADDR:
        return set(task, file, SO_OPT_REUSEADDR, value != 0);
    case SO_KEEPALIVE:
        return set(task, file, SO_OPT_KEEPALIVE, value != 0);
    case SO_RCVTIMEO:
        return set(task, file, SO_OPT_RCVTIMEO, (int64_t)read_timeout_us(task, args[3]));
    case SO_SNDTIMEO:
        return set(task, file, SO_OPT_SNDTIMEO, (int64_t)read_timeout_us(task, args[3]));
    case SO_SNDBUF:
    case SO_SNDBUFFORCE:
        return set(task, file, SO_OPT_SNDBUF, value);
    case SO_RCVBUF:
    case SO_RCVBUFFORCE:
        return set(task, file, SO_OPT_RCVBUF, value);
    case SO_LINGER:
        return set_linger(task, file);
    case SO_BROADCAST:
    case SO_DONTROUTE:
    case SO_OOBINLINE:
    case SO_PRIORITY:
    case SO_RCVLOWAT:
    case SO_TIMESTAMP:
        return answer(task, 0); /* has no effect in the box */
    default:
        return not_modelled(exec, task, SOL_SOCKET, name);
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
    if (file->kind == FILE_NETLINK) /* dumps are not filtered here: the program filters them */
        return name == NETLINK_GET_STRICT_CHK ? answer_errno(task, ENOPROTOOPT) : answer(task, 0);
    int error = refuse(exec, task, level, name);
    if (error != 0)
        return answer_errno(task, error);
    if (level == SOL_SOCKET)
        return set_socket_level(exec, task, file, name, value);
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY) {
        return set(task, file, SO_OPT_V6ONLY, value != 0);
    }
    size_t i = level == IPPROTO_TCP ? tcp_option(name) : TCP_OPTION_COUNT;
    if (i < TCP_OPTION_COUNT)
        return set(task, file, tcp_options[i].option, value * tcp_options[i].unit);
    if (level == IPPROTO_TCP || level == IPPROTO_IP || level == IPPROTO_IPV6)
        return answer(task, 0);
    return not_modelled(exec, task, level, name);
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
    return file->so != NULL ? so_take_error(file->so) : 0;
}

static answer_t get_netlink(task_t *task, int name)
{
    switch (name) {
    case SO_TYPE:
        return give_int(task, SOCK_RAW);
    case SO_DOMAIN:
        return give_int(task, AF_NETLINK);
    case SO_SNDBUF:
    case SO_RCVBUF:
        return give_int(task, 212992);
    case SO_PROTOCOL:
    case SO_ERROR:
        return give_int(task, 0);
    default:
        return answer_errno(task, ENOPROTOOPT);
    }
}

static answer_t get_socket_level(task_t *task, file_t *file, int name)
{
    if (file->kind == FILE_NETLINK)
        return get_netlink(task, name);
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
        return give_int(task, (int)so_option(file->so, SO_OPT_REUSEADDR));
    case SO_KEEPALIVE:
        return give_int(task, (int)so_option(file->so, SO_OPT_KEEPALIVE));
    case SO_SNDBUF:
        return give_int(task, (int)so_option(file->so, SO_OPT_SNDBUF));
    case SO_RCVBUF:
        return give_int(task, (int)so_option(file->so, SO_OPT_RCVBUF));
    case SO_RCVTIMEO:
    case SO_SNDTIMEO:
        us = (uint64_t)so_option(file->so, name == SO_RCVTIMEO ? SO_OPT_RCVTIMEO : SO_OPT_SNDTIMEO);
        tv = (struct timeval){(time_t)(us / 1000000), (suseconds_t)(us % 1000000)};
        return give_bytes(task, &tv, sizeof(tv));
    case SO_LINGER: {
        int64_t lingers = so_option(file->so, SO_OPT_LINGER);
        linger.l_onoff = lingers >= 0;
        linger.l_linger = lingers > 0 ? (int)(lingers / 1000000) : 0;
        return give_bytes(task, &linger, sizeof(linger));
    }
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

uint8_t tcp_state_number(const char *name)
{
    static const char *const names[] = {[TCP_ESTABLISHED] = "ESTABLISHED",
                                        [TCP_SYN_SENT] = "SYN_SENT",
                                        [TCP_SYN_RECV] = "SYN_RCVD",
                                        [TCP_FIN_WAIT1] = "FIN_WAIT_1",
                                        [TCP_FIN_WAIT2] = "FIN_WAIT_2",
                                        [TCP_TIME_WAIT] = "TIME_WAIT",
                                        [TCP_CLOSE] = "CLOSED",
                                        [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
                                        [TCP_LAST_ACK] = "LAST_ACK",
                                        [TCP_LISTEN] = "LISTEN",
                                        [TCP_CLOSING] = "CLOSING"};
    for (uint8_t i = 1; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return i;
    }
    return TCP_CLOSE;
}

/* Only the state: nothing else is known. */
static answer_t get_tcp_info(task_t *task, const file_t *file)
{
    struct tcp_info info = {.tcpi_state = tcp_state_number(so_state(file->so))};
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
    int error = refuse(exec, task, level, name);
    if (error != 0)
        return answer_errno(task, error);
    if (level == SOL_SOCKET)
        return get_socket_level(task, file, name);
    if (file->kind == FILE_NETLINK)
        return answer_errno(task, ENOPROTOOPT);
    if (level == IPPROTO_TCP && name == TCP_INFO)
        return get_tcp_info(task, file);
    if (level == IPPROTO_TCP && name == TCP_MAXSEG)
        return give_int(task, 8152);
    size_t i = level == IPPROTO_TCP ? tcp_option(name) : TCP_OPTION_COUNT;
    if (i < TCP_OPTION_COUNT)
        return give_int(task,
                        (int)(so_option(file->so, tcp_options[i].option) / tcp_options[i].unit));
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY)
        return give_int(task, (int)so_option(file->so, SO_OPT_V6ONLY));
    if (level == IPPROTO_IP && name == IP_OPTIONS) /* there are none */
        return give_bytes(task, "", 0);
    if ((level == IPPROTO_IP && name == IP_TTL) ||
        (level == IPPROTO_IPV6 && name == IPV6_UNICAST_HOPS))
        return give_int(task, 64);
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
    if (interface_is_asked(args[1]) && (file != NULL || file_is_socket(task, (int)args[0])))
        return interface_ioctl(exec, task);
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
    return answer(task, file_duplicate(exec, task, fd, to, true, cloexec));
}
