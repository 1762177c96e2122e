/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reading a file whole, with limits.
 */
#include "sim/base/file_read.h"
#include "sim/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads to the end, whatever the size that the file gives: those of /proc give none.
 * => Returns NULL, with a message after `name`. */
static char *read_whole(int fd, const char *name, size_t *length, char *error, size_t size)
{
    char *text = NULL, piece[65536];
    size_t room;
    ssize_t n;
    FILE *memory = text_open(&text, &room);
    *length = 0;
    while ((n = read(fd, piece, sizeof(piece))) != 0 && *length <= FILE_READ_MAX) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break;
        fwrite(piece, 1, (size_t)n, memory);
        *length += (size_t)n;
    }
    int why = errno;
    fclose(memory);
    if (n >= 0 && *length <= FILE_READ_MAX)
        return text;
    if (n < 0)
        snprintf(error, size, "%s: %s", name, strerror(why));
    else
        snprintf(error, size, "%s: the limit is %u MiB", name, FILE_READ_MAX >> 20);
    free(text);
    return NULL;
}

static bool is_null_device(const char *path)
{
    struct stat st, null;
    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && stat("/dev/null", &null) == 0 &&
           null.st_rdev == st.st_rdev;
}

bool file_is_there(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0 || errno != ENOENT;
}

int file_open(const char *path, off_t *length, char *error, size_t size)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(error, size, "%s: %s", path,
                 S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    } else {
        *length = st.st_size;
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

char *file_read(const char *path, size_t *length, char *error, size_t size)
{
    off_t says;
    char *text = NULL;
    if (is_null_device(path)) { /* nothing, as from an empty file */
        *length = 0;
        return text_copy("");
    }
    int fd = file_open(path, &says, error, size);
    if (fd < 0)
        return NULL;
    if (says > (off_t)FILE_READ_MAX)
        snprintf(error, size, "%s: is %lld MiB; the limit is %u MiB", path, (long long)says >> 20,
                 FILE_READ_MAX >> 20);
    else
        text = read_whole(fd, path, length, error, size);
    close(fd);
    return text;
}

char *file_read_or_stdin(const char *path, size_t *length, char *error, size_t size)
{
    if (strcmp(path, "-") == 0)
        return read_whole(STDIN_FILENO, "standard input", length, error, size);
    return file_read(path, length, error, size);
}
