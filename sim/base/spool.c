/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/spool.h"

#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536u

struct spool {
    char *text; /* while it lies in memory */
    size_t room;
    int fd; /* of its file; -1: it lies in memory */
    bool own;
    uint64_t at, size;
};

spool_t *spool_create(void)
{
    spool_t *spool = must_malloc(sizeof(*spool));
    *spool = (spool_t){.fd = -1, .own = true};
    return spool;
}

spool_t *spool_in_file(int fd, uint64_t at, uint64_t size)
{
    spool_t *spool = must_malloc(sizeof(*spool));
    *spool = (spool_t){.fd = fd, .at = at, .size = size};
    return spool;
}

void spool_free(spool_t *spool)
{
    if (spool == NULL)
        return;
    if (spool->own && spool->fd >= 0)
        close(spool->fd);
    free(spool->text);
    free(spool);
}

int spool_file(void)
{
    const char *folder = getenv("TMPDIR");
    int fd = unnamed_file_in(folder != NULL && folder[0] == '/' ? folder : "/tmp", O_RDWR, 0600);
    return fd >= 0 ? fd : unnamed_file("spool");
}

/* => Returns false with errno. */
static bool write_at(int fd, uint64_t at, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, bytes, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        at += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* Moves the text to a file. */
static bool spill(spool_t *spool)
{
    spool->fd = spool_file();
    if (spool->fd < 0 || !write_at(spool->fd, 0, spool->text, (size_t)spool->size))
        return false;
    free(spool->text);
    spool->text = NULL;
    return true;
}

static void keep(spool_t *spool, const void *bytes, size_t size)
{
    size_t whole = (size_t)spool->size + size;
    if (whole > spool->room) {
        spool->room = whole < 512 ? 1024 : 2 * whole;
        spool->text = must_realloc(spool->text, spool->room);
    }
    memcpy(spool->text + spool->size, bytes, size);
}

bool spool_put(spool_t *spool, const void *bytes, size_t size)
{
    if (size == 0)
        return true;
    if (spool->fd < 0 && spool->size + size > SPOOL_MEMORY && !spill(spool))
        return false;
    if (spool->fd < 0)
        keep(spool, bytes, size);
    else if (!write_at(spool->fd, spool->size, bytes, size))
        return false;
    spool->size += size;
    return true;
}

uint64_t spool_size(const spool_t *spool)
{
    return spool != NULL ? spool->size : 0;
}

/* => Returns how many bytes of the text there are at *bytes, beginning with byte `from`: all if it
 *    is in memory, otherwise CHUNK at most, in `buffer`; 0 at its end or if it cannot be read. */
static size_t read_chunk(const spool_t *spool, uint64_t from, char *buffer, const char **bytes)
{
    uint64_t left = spool->size - from;
    *bytes = buffer;
    if (spool->fd < 0) {
        *bytes = spool->text + from;
        return (size_t)left;
    }
    ssize_t n =
        pread(spool->fd, buffer, left < CHUNK ? (size_t)left : CHUNK, (off_t)(spool->at + from));
    return n > 0 ? (size_t)n : 0;
}

/* Calls `take` with all of it, piece by piece, until that returns false. */
static bool each(const spool_t *spool, bool (*take)(void *arg, const char *bytes, size_t size),
                 void *arg)
{
    char *buffer = spool != NULL && spool->fd >= 0 ? must_malloc(CHUNK) : NULL;
    const char *bytes;
    bool going = true;
    size_t n;
    for (uint64_t from = 0; going && from < spool_size(spool); from += n) {
        n = read_chunk(spool, from, buffer, &bytes);
        if (n == 0)
            break;
        going = take(arg, bytes, n);
    }
    int error = errno;
    free(buffer);
    errno = error;
    return going;
}

static bool add_piece(void *arg, const char *bytes, size_t size)
{
    return spool_put(arg, bytes, size);
}

bool spool_add(spool_t *spool, const spool_t *more)
{
    return each(more, add_piece, spool);
}

static bool print_piece(void *arg, const char *bytes, size_t size)
{
    return fwrite(bytes, 1, size, arg) == size;
}

void spool_print(const spool_t *spool, FILE *out)
{
    each(spool, print_piece, out);
}

static bool write_piece(void *arg, const char *bytes, size_t size)
{
    const int *fd = arg;
    while (size > 0) {
        ssize_t n = write(*fd, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

bool spool_write(const spool_t *spool, int fd)
{
    return each(spool, write_piece, &fd);
}

/* ---- lines ---- */

typedef struct liner {
    void (*line)(void *arg, const char *text, size_t length);
    void *arg;
    char *begun; /* the beginning of an unfinished line */
    size_t length, room;
} liner_t;

static void begin_line(liner_t *liner, const char *bytes, size_t size)
{
    if (liner->length + size + 1 > liner->room) {
        liner->room = 2 * (liner->length + size + 1);
        liner->begun = must_realloc(liner->begun, liner->room);
    }
    memcpy(liner->begun + liner->length, bytes, size);
    liner->length += size;
    liner->begun[liner->length] = '\0';
}

static bool line_piece(void *arg, const char *bytes, size_t size)
{
    liner_t *liner = arg;
    while (size > 0) {
        const char *end = memchr(bytes, '\n', size);
        size_t length = end != NULL ? (size_t)(end - bytes) : size;
        begin_line(liner, bytes, length);
        if (end == NULL)
            break;
        liner->line(liner->arg, liner->begun, liner->length);
        liner->length = 0;
        bytes += length + 1;
        size -= length + 1;
    }
    return true;
}

void spool_lines(const spool_t *spool, void (*line)(void *arg, const char *text, size_t length),
                 void *arg)
{
    liner_t liner = {.line = line, .arg = arg};
    each(spool, line_piece, &liner);
    if (liner.length > 0)
        line(arg, liner.begun, liner.length);
    free(liner.begun);
}

char *spool_text(const spool_t *spool, size_t max)
{
    size_t size = spool_size(spool) < max ? (size_t)spool_size(spool) : max;
    char *text = must_malloc(size + 1);
    const char *bytes;
    size_t done = 0, n = 1;
    char *buffer = must_malloc(CHUNK);
    for (; done < size && n > 0; done += n) {
        n = read_chunk(spool, done, buffer, &bytes);
        n = n < size - done ? n : size - done;
        memcpy(text + done, bytes, n);
    }
    free(buffer);
    text[done] = '\0';
    return text;
}

size_t spool_read(const spool_t *spool, uint64_t from, char *bytes, size_t size)
{
    size_t done = 0;
    while (done < size && from < spool_size(spool)) {
        uint64_t left = spool->size - from;
        size_t want = left < size - done ? (size_t)left : size - done;
        ssize_t n = (ssize_t)want;
        if (spool->fd < 0)
            memcpy(bytes + done, spool->text + from, want);
        else
            n = pread(spool->fd, bytes + done, want, (off_t)(spool->at + from));
        if (n <= 0)
            break;
        done += (size_t)n;
        from += (uint64_t)n;
    }
    return done;
}

uint64_t spool_difference(const spool_t *a, const spool_t *b)
{
    char *one = must_malloc(CHUNK), *other = must_malloc(CHUNK);
    uint64_t at = 0;
    size_t n, m, same;
    do {
        n = spool_read(a, at, one, CHUNK);
        m = spool_read(b, at, other, CHUNK);
        for (same = 0; same < n && same < m && one[same] == other[same]; same++)
            continue;
        at += same;
    } while (same == CHUNK);
    free(one);
    free(other);
    return same == n && same == m ? UINT64_MAX : at;
}

/* ---- between processes ---- */

typedef struct move {
    int fd;
    uint64_t at;
} move_t;

static bool move_piece(void *arg, const char *bytes, size_t size)
{
    move_t *move = arg;
    bool moved = write_at(move->fd, move->at, bytes, size);
    move->at += size;
    return moved;
}

/* Only one process at a time adds to the file. The lock ends with its process. */
static bool lock_file(int fd, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET};
    int result;
    while ((result = fcntl(fd, F_SETLKW, &lock)) != 0 && errno == EINTR)
        continue;
    return result == 0;
}

static bool append(const spool_t *spool, int fd, uint64_t *at)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return false;
    move_t move = {.fd = fd, .at = (uint64_t)st.st_size};
    *at = move.at;
    return each(spool, move_piece, &move);
}

bool spool_share(const spool_t *spool, int fd, uint64_t *at)
{
    *at = UINT64_MAX;
    if (spool == NULL || spool->fd < 0)
        return true;
    if (!spool->own) { /* it lies there */
        *at = spool->at;
        return true;
    }
    if (!lock_file(fd, F_WRLCK))
        return false;
    bool moved = append(spool, fd, at);
    int error = errno;
    lock_file(fd, F_UNLCK);
    errno = error;
    return moved;
}

void spool_forget(const spool_t *spool)
{
    if (spool != NULL && spool->fd >= 0)
        unnamed_file_forget(spool->fd, spool->at, spool->size);
}
