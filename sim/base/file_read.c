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

static char *read_whole(int fd, size_t size, size_t *length)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return NULL;
    *length = 0;
    while (*length < size) {
        ssize_t n = read(fd, text + *length, size - *length);
        if (n <= 0)
            break;
        *length += (size_t)n;
    }
    text[*length] = '\0';
    return text;
}

char *file_read(const char *path, size_t *length, char *error, size_t size)
{
    struct stat st;
    char *text = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &st) != 0) {
        snprintf(error, size, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(st.st_mode)) {
        snprintf(error, size, "%s: %s", path,
                 S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file");
    } else if (st.st_size > (off_t)FILE_READ_MAX) {
        snprintf(error, size, "%s: is %lld MiB; the limit is %u MiB", path,
                 (long long)st.st_size >> 20, FILE_READ_MAX >> 20);
    } else {
        text = read_whole(fd, (size_t)st.st_size, length);
        if (text == NULL)
            snprintf(error, size, "%s: out of memory", path);
    }
    if (fd >= 0)
        close(fd);
    return text;
}

static bool is_null_device(const char *path)
{
    struct stat st, null;
    return stat(path, &st) == 0 && S_ISCHR(st.st_mode) && stat("/dev/null", &null) == 0 &&
           null.st_rdev == st.st_rdev;
}

char *file_read_or_stdin(const char *path, size_t *length, char *error, size_t size)
{
    char *text = NULL, piece[65536];
    size_t room, n;
    if (is_null_device(path)) { /* nothing, as from an empty file */
        *length = 0;
        return text_copy("");
    }
    if (strcmp(path, "-") != 0)
        return file_read(path, length, error, size);
    FILE *memory = text_open(&text, &room);
    *length = 0;
    while ((n = fread(piece, 1, sizeof(piece), stdin)) > 0 && *length <= FILE_READ_MAX) {
        fwrite(piece, 1, n, memory);
        *length += n;
    }
    fclose(memory);
    if (*length <= FILE_READ_MAX)
        return text;
    snprintf(error, size, "standard input: the limit is %u MiB", FILE_READ_MAX >> 20);
    free(text);
    return NULL;
}
