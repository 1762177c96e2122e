/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/output.h"

#include "sim/base/must.h"
#include "sim/base/unnamed_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct output {
    FILE *stream;
    uint64_t limit, written;
    bool over;
    int error;      /* the first errno of a write */
    spool_t *spool; /* of one for memory, or NULL */
    /* a file; fd is -1 for memory */
    int fd;
    char *path;   /* with links followed; NULL: it is written directly */
    char *beside; /* its temporary name, or NULL */
};

static void put(output_t *output, const char *bytes, size_t size)
{
    while (size > 0 && output->error == 0) {
        ssize_t n = write(output->fd, bytes, size);
        if (n < 0 && errno != EINTR)
            output->error = errno;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
}

/* Never fails at the limit: the writer continues, and output_is_over() tells later. */
static ssize_t on_write(void *cookie, const char *bytes, size_t size)
{
    output_t *output = cookie;
    size_t taken = size;
    assert(output->limit == 0 || output->written <= output->limit);
    if (output->limit > 0 && size > output->limit - output->written) {
        taken = (size_t)(output->limit - output->written);
        output->over = true;
    }
    output->written += taken;
    if (output->spool == NULL)
        put(output, bytes, taken);
    else if (output->error == 0 && !spool_put(output->spool, bytes, taken))
        output->error = errno;
    return output->error == 0 ? (ssize_t)size : 0;
}

static output_t *create(uint64_t limit)
{
    output_t *output = must_calloc(1, sizeof(*output));
    *output = (output_t){.limit = limit, .fd = -1};
    output->stream =
        must_have(fopencookie(output, "w", (cookie_io_functions_t){.write = on_write}));
    return output;
}

output_t *output_to_spool(uint64_t limit)
{
    output_t *output = create(limit);
    output->spool = spool_create();
    return output;
}

static mode_t mode_of_new_files(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* The folder of a path, with its slash, or "./". */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? must_strndup(path, (size_t)(slash - path) + 1) : must_strdup("./");
}

/* Opens a file without a name, or one with a temporary name.
 * => Returns false with errno. */
static bool open_beside(output_t *output)
{
    char *folder = folder_of(output->path);
    output->fd = unnamed_file_in(folder, O_WRONLY, 0666);
    if (output->fd < 0) {
        output->beside = must_asprintf("%s.lo0sim-XXXXXX", folder);
        output->fd = mkostemp(output->beside, O_CLOEXEC);
        if (output->fd >= 0)
            fchmod(output->fd, mode_of_new_files());
    }
    free(folder);
    return output->fd >= 0;
}

/* A link is followed, so that it stays a link. */
static char *final_path(const char *path)
{
    char *real = realpath(path, NULL);
    return real != NULL ? real : must_strdup(path);
}

static bool open_file(output_t *output, const char *path)
{
    struct stat st;
    bool is_there = stat(path, &st) == 0;
    if (is_there ? access(path, W_OK) != 0 : errno != ENOENT)
        return false;
    bool leads_nowhere =
        !is_there && lstat(path, &st) == 0; /* the link stays, and its file is made */
    if (!leads_nowhere && (!is_there || S_ISREG(st.st_mode))) {
        output->path = final_path(path);
        if (open_beside(output))
            return true;
        if (!is_there || (errno != EACCES && errno != EPERM && errno != EROFS))
            return false;
        free(output->path); /* if the folder allows writing this file but no new one */
        output->path = NULL;
    }
    output->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return output->fd >= 0;
}

output_t *output_to_file(const char *path, uint64_t limit)
{
    output_t *output = create(limit);
    if (open_file(output, path))
        return output;
    int error = errno;
    free(output->beside);
    output->beside = NULL;
    output_drop(output);
    errno = error;
    return NULL;
}

bool output_can_be_made(const char *path)
{
    struct stat st;
    bool is_there = stat(path, &st) == 0;
    if (is_there && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    if (is_there) /* opening does something to a pipe, or to a file in a folder that takes no new
                     one */
        return access(path, W_OK) == 0;
    if (errno == ENOENT && lstat(path, &st) == 0) /* a link that leads nowhere yet */
        return true;
    output_t *output = output_to_file(path, 0);
    output_drop(output);
    return output != NULL;
}

FILE *output_stream(output_t *output)
{
    return output->stream;
}

bool output_is_over(const output_t *output)
{
    return output->over;
}

static void release(output_t *output)
{
    spool_free(output->spool);
    free(output->path);
    free(output->beside);
    free(output);
}

spool_t *output_take(output_t *output, int *error)
{
    fclose(output->stream);
    spool_t *spool = output->spool;
    *error = output->error;
    output->spool = NULL;
    release(output);
    return spool;
}

/* Gives a file without a name a temporary name.
 * => Returns false with errno. */
static bool name_it(output_t *output)
{
    char *folder = folder_of(output->path);
    bool named = false;
    errno = EEXIST;
    for (unsigned i = 0; i < 100 && !named && errno == EEXIST; i++) {
        free(output->beside);
        output->beside = must_asprintf("%s.lo0sim-%ld-%u", folder, (long)getpid(), i);
        named = unnamed_file_name(output->fd, output->beside);
    }
    if (!named) {
        free(output->beside);
        output->beside = NULL;
    }
    free(folder);
    return named;
}

/* An existing file keeps its permissions. */
static bool put_in_place(output_t *output)
{
    struct stat st;
    if (stat(output->path, &st) == 0)
        fchmod(output->fd, st.st_mode & 07777);
    return (output->beside != NULL || name_it(output)) && rename(output->beside, output->path) == 0;
}

bool output_commit(output_t *output)
{
    bool closed = fclose(output->stream) == 0;
    int error = output->error != 0 ? output->error : closed ? 0 : EIO;
    if (error == 0 && output->path != NULL && !put_in_place(output))
        error = errno;
    if (close(output->fd) != 0 && error == 0)
        error = errno;
    if (error != 0 && output->beside != NULL)
        unlink(output->beside);
    release(output);
    errno = error;
    return error == 0;
}

void output_drop(output_t *output)
{
    if (output == NULL)
        return;
    fclose(output->stream);
    if (output->fd >= 0)
        close(output->fd);
    if (output->beside != NULL)
        unlink(output->beside);
    release(output);
}
