/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/fuzz/sim/fuzz_folder.h"

#include "sim/base/folder.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[PATH_MAX];
static int inside = -1, outside = -1;
static pid_t owner;

void fuzz_check(int holds)
{
    if (!holds)
        abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

static void remove_all(void)
{
    if (getpid() == owner)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void make(void)
{
    /* In memory where that is possible: on a disk each rename waits. */
    char memory[] = "/dev/shm/fuzz-XXXXXX", disk[] = "/tmp/fuzz-XXXXXX";
    const char *made = mkdtemp(memory) != NULL ? memory : mkdtemp(disk);
    fuzz_check(made != NULL && realpath(made, folder) != NULL);
    inside = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    outside = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fuzz_check(inside >= 0 && outside >= 0);
    owner = getpid();
    atexit(remove_all);
}

const char *fuzz_folder_enter(void)
{
    if (inside < 0)
        make();
    fuzz_check(fchdir(inside) == 0);
    return folder;
}

void fuzz_folder_leave(void)
{
    fuzz_check(fchdir(outside) == 0);
}

void fuzz_write(const char *path, const void *bytes, size_t size)
{
    folder_make_for(path, 0700);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    fuzz_check(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
    close(fd);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    size_t length = 0;
    while (length < size && data[length] != '\0')
        length++;
    char *text = malloc(length + 1);
    fuzz_check(text != NULL);
    memcpy(text, data, length);
    text[length] = '\0';
    return text;
}
