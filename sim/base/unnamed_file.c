/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/unnamed_file.h"
#include "sim/base/system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#ifdef LO0SIM_ON_LINUX

int unnamed_file(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC);
}

int unnamed_file_in(const char *folder, int flags, mode_t mode)
{
    return open(folder, O_TMPFILE | O_CLOEXEC | flags, mode);
}

bool unnamed_file_name(int fd, const char *path)
{
    char from[40];
    snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
    return linkat(AT_FDCWD, from, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0;
}

int unnamed_file_reopen(int fd)
{
    char path[40];
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    return open(path, O_RDONLY | O_CLOEXEC);
}

void unnamed_file_forget(int fd, uint64_t at, uint64_t size)
{
    fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)size);
}

#else

int unnamed_file(const char *name)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    snprintf(path, sizeof(path), "%s/lo0sim-%s-XXXXXX",
             folder != NULL && folder[0] == '/' ? folder : "/tmp", name);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

int unnamed_file_in(const char *folder, int flags, mode_t mode)
{
    (void)folder;
    (void)flags;
    (void)mode;
    errno = EOPNOTSUPP;
    return -1;
}

/* There is none to name. */
bool unnamed_file_name(int fd, const char *path)
{
    (void)fd;
    (void)path;
    errno = EOPNOTSUPP;
    return false;
}

int unnamed_file_reopen(int fd)
{
    return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

void unnamed_file_forget(int fd, uint64_t at, uint64_t size)
{
    (void)fd;
    (void)at;
    (void)size;
}

#endif
