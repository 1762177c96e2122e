/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/observer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool observer_takes_many(const observer_t *observer)
{
    return strstr(observer->file, "%t") != NULL;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/* => Returns how long the name is. */
static size_t add_name(const char *test, char *to, size_t size)
{
    size_t used = 0;
    for (; *test != '\0' && used + 1 < size; test++) {
        if (is_plain(*test))
            to[used++] = *test;
        else if (used > 0 && to[used - 1] != '_')
            to[used++] = '_';
    }
    while (used > 0 && to[used - 1] == '_')
        used--;
    return used;
}

bool observer_path(const observer_t *observer, const char *test, char *path, size_t size)
{
    size_t used = 0;
    for (const char *from = observer->file; *from != '\0' && used + 1 < size; from++) {
        if (from[0] == '%' && from[1] == 't') {
            used += add_name(test, path + used, size - used);
            from++;
        } else {
            path[used++] = *from;
        }
    }
    path[used] = '\0';
    return used + 1 < size;
}

bool observing_begin(observing_t *o, const observer_t *observer, box_t *box,
                     const test_info_t *test, char *error)
{
    o->observer = observer;
    if (!observer_path(observer, test->name, o->path, sizeof(o->path))) {
        snprintf(error, OBSERVER_ERROR_MAX, "the name of a file to write is too long");
        return false;
    }
    o->out = fopen(o->path, "w");
    if (o->out == NULL) {
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s: %s", observer->option, o->path,
                 strerror(errno));
        return false;
    }
    o->seen = observer->begin(observer, box, test, o->out);
    if (o->seen == NULL)
        abort();
    return true;
}

bool observing_end(observing_t *o, const result_t *result, char *error)
{
    if (o->seen == NULL)
        return true;
    const char *why = o->observer->fault != NULL ? o->observer->fault(o->seen) : NULL;
    o->observer->end(o->seen, result);
    o->seen = NULL;
    bool written = ferror(o->out) == 0;
    written = fclose(o->out) == 0 && written;
    if (why != NULL)
        remove(o->path);
    else if (!written)
        why = "it could not be written: is the disk full?";
    if (why != NULL)
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s: %s", o->observer->option, o->path, why);
    return why == NULL;
}
