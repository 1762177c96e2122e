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

/* The address that means all of its family. */
static in6_addr_t any_of(const file_t *file)
{
    in6_addr_t any;
    if (file->family == AF_INET6 || !ip_address_parse("0.0.0.0", &any))
        return in6addr_any;
    return any;
}

/* ---- making ---- */

static void on_change(void *arg)
{
    ((file_t *)arg)->changes++;
}

void socket_hold(exec_t *exec, file_t *file, sonode_t *so)
{
    (void)exec;
    file->so = so;
    so_set_notify(so, on_change, file);
}

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
    if ((int)task->call.data.args[2] != NETLINK_ROUTE)
        return answer_errno(task, EPROTONOSUPPORT);
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
    if (error == EPERM || error == EAFNOSUPPORT)
        exec_not_modelled(task, "socket() of family %d, type %d is not in the box", family, type);
    if (error != 0)
        return answer_errno(task, error);
    int fd = file_install(exec, task, kind, flags, &file);
    if (fd < 0)
        return answer(task, fd);
    file->family = family;
    file->local.ie_addr = any_of(file);
    return answer(task, fd);
}

/* The file of a call's first argument, if it is a socket; else *what is what to return. */
static file_t *socket_of(exec_t *exec, task_t *task, answer_t *what)
{
    file_t *file = file_find(exec, task, (int)task->call.data.args[0]);
    *what = ANSWER_PASS;
    if (file == NULL || file->kind <= FILE_NETLINK)
        return file;
    *what = answer_errno(task, ENOTSOCK);
    return NULL;
}

/* ---- bind ---- */

static bool addresses_meet(const file_t *a, const file_t *b)
{
    if (ip_address_is_any(&a->local.ie_addr) || ip_address_is_any(&b->local.ie_addr))
        return IN6_IS_ADDR_UNSPECIFIED(&a->local.ie_addr) ||
               IN6_IS_ADDR_UNSPECIFIED(&b->local.ie_addr) || a->family == b->family;
    return ip_address_same(&a->local.ie_addr, &b->local.ie_addr);
}

/* Whether the port is somebody else's: on Linux SO_REUSEADDR of both helps, unless one listens. */
static bool is_taken(exec_t *exec, const file_t *file, uint16_t port)
{
    for (const file_t *other = exec->files; other != NULL; other = other->hh.next) {
        if (other == file || other->kind != file->kind || !other->bound ||
            other->local.ie_port != port || !addresses_meet(other, file))
            continue;
        if (!(file->reuse && other->reuse && !other->listening))
            return true;
    }
    return false;
}

int socket_bind_any(exec_t *exec, file_t *file)
{
    if (file->bound)
        return 0;
    if (file->kind == FILE_DGRAM) {
        sonode_t *so;
        int error = so_udp(exec->box->ips, &file->local.ie_addr, file->local.ie_port, &so);
        if (error != 0)
            return error;
        socket_hold(exec, file, so);
        file->local = so_local(so);
    } else if (file->local.ie_port == 0) {
        file->local.ie_port = so_free_port(exec->box->ips, false);
    }
    file->bound = true;
    return 0;
}

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
    if (file->bound || file->so != NULL)
        return answer_errno(task, EINVAL);
    if (ip_address_is_any(&local.ie_addr))
        local.ie_addr = any_of(file);
    else if (!ip_is_local(exec->box->ips, &local.ie_addr))
        return answer_errno(task, EADDRNOTAVAIL);
    ip_endpoint_t before = file->local;
    file->local = local;
    error = local.ie_port != 0 && is_taken(exec, file, local.ie_port) ? EADDRINUSE
                                                                      : socket_bind_any(exec, file);
    if (error != 0)
        file->local = before;
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}

/* ---- listen, accept ---- */

answer_t call_listen(exec_t *exec, task_t *task)
{
    answer_t what;
    file_t *file = socket_of(exec, task, &what);
    int backlog = (int)task->call.data.args[1];
    sonode_t *so;
    if (file == NULL)
        return what;
    if (file->kind != FILE_STREAM)
        return answer_errno(task, EOPNOTSUPP);
    if (file->listening)
        return answer(task, 0);
    if (file->so != NULL)
        return answer_errno(task, EINVAL);
    int error = socket_bind_any(exec, file);
    if (error == 0)
        error = so_listen(exec->box->ips, &file->local.ie_addr, file->local.ie_port,
                          backlog < 1     ? 1
                          : backlog > 255 ? 255
                                          : backlog,
                          &so);
    if (error != 0)
        return answer_errno(task, error);
    socket_hold(exec, file, so);
    file->listening = true;
    return answer(task, 0);
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
    if (file->kind != FILE_STREAM)
        return answer_errno(task, EOPNOTSUPP);
    if (!file->listening)
        return answer_errno(task, EINVAL);
    int error = so_accept(file->so, &child);
    if (error == EAGAIN && file->nonblock)
        return must_pay(exec, task) ? pay(exec, task) : answer_errno(task, EAGAIN);
    if (error == EAGAIN && task_timed_out(exec, task))
        return answer_errno(task, EAGAIN);
    if (error == EAGAIN)
        return answer_wait(exec, task, file->rcvtimeo_us > 0 ? file->rcvtimeo_us : UINT64_MAX);
    if (error != 0)
        return answer_errno(task, error);
    int fd = file_install(exec, task, FILE_STREAM, flags, &child_file);
    if (fd < 0) {
        so_close(child);
        return answer(task, fd);
    }
    child_file->family = file->family;
    child_file->bound = true;
    child_file->local = so_local(child);
    socket_hold(exec, child_file, child);
    ip_endpoint_t peer = so_remote(child);
    error = write_address(task, args[1], args[2], file->family, &peer);
    return error == 0 ? answer(task, fd) : answer_errno(task, error);
}

/* ---- connect ---- */

/* How a connect that was begun stands: what connect(), or SO_ERROR, says.
 * => Returns EINPROGRESS, 0, or the errno, which is then told. */
int socket_connect_poll(file_t *file)
{
    int error = so_connect_error(file->so);
    if (error == EINPROGRESS)
        return error;
    file->connecting = false;
    if (error != 0) {
        so_close(file->so); /* the socket may connect again */
        file->so = NULL;
        file->bound = false;
        file->local = (ip_endpoint_t){any_of(file), 0};
    } else {
        file->local = so_local(file->so);
        file->bound = true;
    }
    return error;
}

static answer_t connect_dgram(exec_t *exec, task_t *task, file_t *file, const ip_endpoint_t *to)
{
    int error = socket_bind_any(exec, file);
    if (error == 0)
        error = so_udp_connect(file->so, &to->ie_addr, to->ie_port);
    if (error == 0)
        file->local = so_local(file->so);
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}

static answer_t connect_goes_on(exec_t *exec, task_t *task, file_t *file)
{
    int error = socket_connect_poll(file);
    if (error != EINPROGRESS)
        return error == 0 ? answer(task, 0) : answer_errno(task, error);
    if (task_timed_out(exec, task))
        return answer_errno(task, EINPROGRESS);
    return answer_wait(exec, task, file->sndtimeo_us > 0 ? file->sndtimeo_us : UINT64_MAX);
}

static answer_t connect_begins(exec_t *exec, task_t *task, file_t *file, const ip_endpoint_t *to)
{
    sonode_t *so;
    if (file->error != 0) { /* of a connect before, not yet told */
        int error = file->error;
        file->error = 0;
        return answer_errno(task, error);
    }
    int error = so_connect_from(exec->box->ips, &file->local, &to->ie_addr, to->ie_port, &so);
    if (error != EINPROGRESS)
        return answer_errno(task, error);
    socket_hold(exec, file, so);
    file->connecting = true;
    if (so_connect_error(so) != EINPROGRESS || !file->nonblock)
        return connect_goes_on(exec, task, file);
    return answer_errno(task, EINPROGRESS);
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
    if (!read_address(task, task->call.data.args[1], task->call.data.args[2], file->family, &to,
                      &error))
        return answer_errno(task, error);
    if (file->kind == FILE_DGRAM)
        return connect_dgram(exec, task, file, &to);
    if (file->listening)
        return answer_errno(task, EINVAL);
    if (!task->first)
        return connect_goes_on(exec, task, file);
    if (file->so == NULL)
        return connect_begins(exec, task, file, &to);
    if (!file->connecting)
        return answer_errno(task, EISCONN);
    error = so_connect_error(file->so);
    if (error == EINPROGRESS && file->nonblock)
        return answer_errno(task, EALREADY);
    return connect_goes_on(exec, task, file);
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
    ip_endpoint_t endpoint =
        file->so != NULL && !file->listening ? so_local(file->so) : file->local;
    if (task->call.data.nr == SYS_getpeername) {
        bool connected = file->so != NULL && !file->listening && !file->connecting;
        endpoint = connected ? so_remote(file->so) : (ip_endpoint_t){in6addr_any, 0};
        if (!connected || endpoint.ie_port == 0)
            return answer_errno(task, ENOTCONN);
    }
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
    if (file->so == NULL || file->listening || file->connecting)
        return file->listening ? answer(task, 0) : answer_errno(task, ENOTCONN);
    if (how != SHUT_WR) {
        file->shut_read = true;
        file->changes++;
    }
    int error = file->kind == FILE_STREAM && how != SHUT_RD ? so_shutdown(file->so) : 0;
    return error == 0 ? answer(task, 0) : answer_errno(task, error);
}
