/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Descriptors that come by a UNIX socket (SCM_RIGHTS). The kernel gives a socket of the box its
 * lowest free number, as any other; from then on calls on low numbers are looked at, too.
 */
#include "sim/exec/exec_impl.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define RIGHTS_MAX 253 /* SCM_MAX_FD */

/* Whether one of the descriptors in a message is the box'. Closes them all. */
static bool has_ours(exec_t *exec, struct msghdr *msg)
{
    bool found = false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count; i++) {
            struct stat st;
            int fd;
            memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
            found = found || (fstat(fd, &st) == 0 && file_of_inode(exec, st.st_ino) != NULL);
            close(fd);
        }
    }
    return found;
}

/* Looks at the next message without taking it. */
static void peek(exec_t *exec, int fd)
{
    union {
        uint8_t bytes[CMSG_SPACE(RIGHTS_MAX * sizeof(int)) + 128];
        struct cmsghdr align;
    } control;
    uint8_t byte;
    struct iovec iov = {&byte, 1};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    if (recvmsg(fd, &msg, MSG_PEEK | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) >= 0 && has_ours(exec, &msg))
        exec->low = true;
}

void rights_look(exec_t *exec, const task_t *task)
{
    struct msghdr msg;
    int family = 0;
    socklen_t size = sizeof(family);
    if (exec->low || !task_read(task, task->call.data.args[1], &msg, sizeof(msg)) ||
        msg.msg_controllen < CMSG_LEN(sizeof(int)))
        return;
    int fd = file_copy_kernel(task, (int)task->call.data.args[0]);
    if (fd < 0)
        return;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_UNIX)
        peek(exec, fd);
    close(fd);
}
