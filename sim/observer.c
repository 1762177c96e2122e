/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/observer.h"

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
