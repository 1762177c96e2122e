/* SPDX-License-Identifier: BSD-3-Clause
 *
 * socket(2) to getpeername(2), on the box' sockets.
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>

/* ---- addresses ---- */

bool read_address(const task_t *task, uint64_t at, size_t length, int family, ip_endpoint_t *to,
                  int *error)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address;
    memset(&address, 0, sizeof(address));
    size_t size = length < sizeof(address) ? length : sizeof(address);
    *error = EINVAL;
    if (length < sizeof(sa_family_t))
        return false;
    *error = EFAULT;
    if (!task_read(task, at, &address, size))
        return false;
    bool v4 = address.any.sa_family == AF_INET && length >= sizeof(address.v4);
    bool v6 = address.any.sa_family == AF_INET6 && length >= 24; /* without sin6_scope_id, too */
    *error = EINVAL;
    if (address.any.sa_family == AF_UNSPEC && family == AF_INET && length >= sizeof(address.v4))
        v4 = true; /* bind() takes INADDR_ANY so */
    else if (address.any.sa_family != family && (v4 || v6 || length >= 16)) {
        *error = EAFNOSUPPORT;
        return false;
    }
    if (v4)
        *to = (ip_endpoint_t){ip_address_get(AF_INET, (const uint8_t *)&address.v4.sin_addr),
                              ntohs(address.v4.sin_port)};
    else if (v6)
        *to = (ip_endpoint_t){address.v6.sin6_addr, ntohs(address.v6.sin6_port)};
    return v4 || v6;
}

int write_address(const task_t *task, uint64_t at, uint64_t length_at, int family,
                  const ip_endpoint_t *endpoint)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(endpoint->ie_port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons(endpoint->ie_port),
                              .sin6_addr = endpoint->ie_addr};
    uint32_t room, size = family == AF_INET ? sizeof(v4) : sizeof(v6);
    if (at == 0)
        return 0;
    if (!task_read(task, length_at, &room, sizeof(room)))
        return EFAULT;
    if ((int32_t)room < 0)
        return EINVAL;
    if (!IN6_IS_ADDR_UNSPECIFIED(&endpoint->ie_addr))
        memcpy(&v4.sin_addr, endpoint->ie_addr.s6_addr + 12, 4);
    if (ip_address_family(&endpoint->ie_addr) == AF_INET && ip_address_is_any(&endpoint->ie_addr))
        v6.sin6_addr = in6addr_any;
    const void *from = family == AF_INET ? (const void *)&v4 : (const void *)&v6;
    if (!task_write(task, at, from, room < size ? room : size) ||
        !task_write(task, length_at, &size, sizeof(size)))
        return EFAULT;
    return 0;
}

/* ---- making ---- */

static int kind_of(int family, int type, int protocol, file_kind_t *kind)
{
    if (family != AF_INET && family != AF_INET6)
        return EAFNOSUPPORT;
    switch (type) {
    case SOCK_STREAM:
        *kind = FILE_STREAM;
        return protocol == 0 || protocol == IPPROTO_TCP ? 0 : EPROTONOSUPPORT;
    case SOCK_DGRAM:
        *kind = FILE_DGRAM;
        return protocol == 0 || protocol == IPPROTO_UDP ? 0 : EPROTONOSUPPORT;
    case SOCK_RAW:
        return EPERM;
    default:
        return ESOCKTNOSUPPORT;
    }
}

static answer_t make_netlink(exec_t *exec, task_t *task, int flags)
{
    file_t *file;
    if ((int)task->call.data.args[2] != NETLINK_ROUTE) {
        exec_not_modelled(exec, task, "socket() of netlink, protocol %d is not in the box",
                          (int)task->call.data.args[2]);
        return answer_errno(task, EPROTONOSUPPORT);
    }
    int fd = file_install(exec, task, FILE_NETLINK, flags, &file);
    if (fd >= 0) {
        file->family = AF_NETLINK;
        file->netlink_pid = (uint32_t)task->pid;
    }
    return answer(task, fd);
}

answer_t call_socket(exec_t *exec, task_t *task)
{
    int family = (int)task->call.data.args[0], type = (int)task->call.data.args[1];
    int flags = ((type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0) |
                ((type & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    file_kind_t kind;
    file_t *file;
    if (family == AF_UNIX)
        return ANSWER_PASS;
    if (family == AF_NETLINK)
        return make_netlink(exec, task, flags);
    int error = kind_of(family, type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC),
                        (int)task->call.data.args[2], &kind);
    if (error != 0)
        exec_not_modelled(exec, task,
                          "socket() of family %d, type %d, protocol %d is not in the box", family,
                          type & 15, (int)task->call.data.args[2]);
    if (error != 0)
        return answer_errno(task, error);
    sonode_t *so;
    error = so_socket(exec->box->ips, family, kind == FILE_STREAM ? SO_KIND_STREAM : SO_KIND_DGRAM,
                      &so);
    if (error != 0)
        return answer_errno(task, error);
    int fd = file_install(exec, task, kind, flags, &file);
    if (fd < 0) {
        so_close(so);
        return answer(task, fd);
    }
    file->family = family;
    file->so = so;
    return answer(task, fd);
}

file_t *socket_of(exec_t *exec, task_t *task, answer_t *what)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    if (file != NULL && file->kind <= FILE_NETLINK)
        return file;
    *what = file == NULL ? kernel_pass(exec, task) : answer_errno(task, ENOTSOCK);
    return NULL;
}

/* ---- bind ---- */

answer_t call_bind(exec_t *exec, task_t *task)
{
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    ip_endpoint_t local;
    int error;
    if (file == NULL)
        return what;
    if (file->kind == FILE_NETLINK)
        return answer(task, 0);
    if (!read_address(task, task->call.data.args[1], task->call.data.args[2], file->family, &local,
                      &error))
        return answer_errno(task, error);
    error = so_bind(file->so, &local);
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}

/* ---- listen, accept ---- */

answer_t call_listen(exec_t *exec, task_t *task)
{
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    int backlog = (int)task->call.data.args[1];
    if (file == NULL)
        return what;
    if (file->kind == FILE_NETLINK)
        return answer_errno(task, EOPNOTSUPP);
    int error = so_listen_on(file->so, backlog);
    if (error != 0)
        return answer_errno(task, error);
    file->listening = true;
    file->connecting = false;
    return answer(task, 0);
}

/* How long a call on a socket may wait. */
uint64_t socket_wait_us(const file_t *file, so_option_t option)
{
    uint64_t us = file->so != NULL ? (uint64_t)so_option(file->so, option) : 0;
    return us > 0 ? us : UINT64_MAX;
}

answer_t call_accept(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    int type = task->call.data.nr == SYS_accept4 ? (int)args[3] : 0;
    int flags = ((type & SOCK_NONBLOCK) != 0 ? O_NONBLOCK : 0) |
                ((type & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0);
    answer_t what;
    file_t *file = socket_of(exec, task, &what), *child_file;
    sonode_t *child;
    if (file == NULL)
        return what;
    if (file->kind == FILE_NETLINK)
        return answer_errno(task, EOPNOTSUPP);
    int error = so_accept(file->so, &child);
    if (error == EAGAIN && file->nonblock)
        return must_pay(task) ? pay(exec, task) : answer_errno(task, EAGAIN);
    if (error == EAGAIN && task_timed_out(exec, task))
        return answer_errno(task, EAGAIN);
    if (error == EAGAIN)
        return answer_wait(exec, task, socket_wait_us(file, SO_OPT_RCVTIMEO));
    if (error != 0)
        return answer_errno(task, error);
    int fd = file_install(exec, task, FILE_STREAM, flags, &child_file);
    if (fd < 0) {
        so_close(child);
        return answer(task, fd);
    }
    child_file->family = file->family;
    child_file->so = child;
    ip_endpoint_t peer = so_remote(child);
    error = write_address(task, args[1], args[2], file->family, &peer);
    return error == 0 ? answer(task, fd) : answer_errno(task, error);
}

/* ---- connect ---- */

/* The state of a connect that has begun, for connect() or SO_ERROR.
 * => Returns EINPROGRESS; or 0 or the errno, which then counts as reported. */
int socket_connect_poll(file_t *file)
{
    int error = so_connect_outcome(file->so);
    if (error != EINPROGRESS)
        file->connecting = false;
    return error;
}

static answer_t connect_goes_on(exec_t *exec, task_t *task, file_t *file)
{
    int error = socket_connect_poll(file);
    if (error != EINPROGRESS)
        return error == 0 ? answer(task, 0) : answer_errno(task, error);
    if (task_timed_out(exec, task))
        return answer_errno(task, EINPROGRESS);
    return answer_wait(exec, task, socket_wait_us(file, SO_OPT_SNDTIMEO));
}

/* Begins a connect; or continues one that a signal has interrupted. */
static answer_t connect_begins(exec_t *exec, task_t *task, file_t *file, const ip_endpoint_t *to)
{
    int error = so_connect_to(file->so, to);
    if (error != EINPROGRESS && error != EALREADY) {
        file->connecting = false;
        return error == 0 ? answer(task, 0) : answer_errno(task, error);
    }
    file->connecting = true;
    return file->nonblock ? answer_errno(task, error) : connect_goes_on(exec, task, file);
}

/* Takes a datagram socket's peer away. */
static bool is_unspecified(const task_t *task)
{
    sa_family_t family;
    return task->call.data.args[2] >= sizeof(family) &&
           task_read(task, task->call.data.args[1], &family, sizeof(family)) && family == AF_UNSPEC;
}

answer_t call_connect(exec_t *exec, task_t *task)
{
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    ip_endpoint_t to;
    int error;
    if (file == NULL)
        return what;
    if (file->kind == FILE_NETLINK)
        return answer(task, 0);
    if (!task->first)
        return connect_goes_on(exec, task, file);
    if (is_unspecified(task)) {
        error = so_disconnect(file->so);
        return error == 0 ? answer(task, 0) : answer_errno(task, error);
    }
    if (!read_address(task, task->call.data.args[1], task->call.data.args[2], file->family, &to,
                      &error))
        return answer_errno(task, error);
    return connect_begins(exec, task, file, &to);
}

/* ---- names, ends ---- */

answer_t call_getname(exec_t *exec, task_t *task)
{
    const __u64 *args = task->call.data.args;
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    if (file == NULL)
        return what;
    if (file->kind == FILE_NETLINK)
        return netlink_address(task, file, args[1], args[2], task->call.data.nr == SYS_getpeername);
    ip_endpoint_t endpoint = so_sockname(file->so);
    if (task->call.data.nr == SYS_getpeername && so_peername(file->so, &endpoint) != 0)
        return answer_errno(task, ENOTCONN);
    int error = write_address(task, args[1], args[2], file->family, &endpoint);
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}

answer_t call_shutdown(exec_t *exec, task_t *task)
{
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    int how = (int)task->call.data.args[1];
    if (file == NULL)
        return what;
    if (how < SHUT_RD || how > SHUT_RDWR)
        return answer_errno(task, EINVAL);
    if (file->kind == FILE_NETLINK)
        return answer_errno(task, EOPNOTSUPP);
    unsigned ends = (how != SHUT_WR ? SO_SHUT_READ : 0) | (how != SHUT_RD ? SO_SHUT_WRITE : 0);
    int error = so_shutdown_how(file->so, ends);
    if (how != SHUT_WR)
        file->listening = false;
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}
