/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of errno values: those that the stack and the hooks return. The C library has
 * strerrorname_np() only on some systems.
 */
#include "sim/errno_name.h"

#include <errno.h>
#include <stddef.h>

static const struct {
    int error;
    const char *name;
} names[] = {
    {EADDRINUSE, "EADDRINUSE"},
    {EADDRNOTAVAIL, "EADDRNOTAVAIL"},
    {EAGAIN, "EAGAIN"},
    {EBADF, "EBADF"},
    {EBUSY, "EBUSY"},
    {ECONNREFUSED, "ECONNREFUSED"},
    {ECONNRESET, "ECONNRESET"},
    {EEXIST, "EEXIST"},
    {EINPROGRESS, "EINPROGRESS"},
    {EINVAL, "EINVAL"},
    {ENETUNREACH, "ENETUNREACH"},
    {ENOMEM, "ENOMEM"},
    {ENONET, "ENONET"},
    {ENOTCONN, "ENOTCONN"},
    {ENOTSUP, "ENOTSUP"},
    {ENXIO, "ENXIO"},
    {EPIPE, "EPIPE"},
    {ETIMEDOUT, "ETIMEDOUT"},
};

const char *errno_name(int error)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (names[i].error == error)
            return names[i].name;
    }
    return "E?";
}
