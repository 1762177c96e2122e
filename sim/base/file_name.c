/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/file_name.h"

#include "filter/fnv.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ENDING_BYTES 16

/* The length of a name's ending in bytes, with the dot; 0: it has none. */
static size_t ending_of(const char *name, size_t length)
{
    for (size_t n = 1; n <= ENDING_BYTES && n < length; n++) {
        if (name[length - n] == '.')
            return n;
    }
    return 0;
}

/* => Returns how long the name is now. */
static size_t fit(char *name, size_t length)
{
    char mark[20], ending[ENDING_BYTES];
    size_t end = ending_of(name, length);
    int mark_length = snprintf(mark, sizeof(mark), "-%016" PRIx64, fnv1a_64(name, length));
    size_t kept = FILE_NAME_BYTES - end - (size_t)mark_length;
    while (kept > 0 && ((unsigned char)name[kept] & 0xc0) == 0x80)
        kept--; /* not in the middle of a character */
    memcpy(ending, name + length - end, end);
    memcpy(name + kept, mark, (size_t)mark_length);
    memcpy(name + kept + mark_length, ending, end);
    return kept + (size_t)mark_length + end;
}

void file_name_fit(char *path)
{
    char *to = path;
    while (*path != '\0') {
        size_t length = strcspn(path, "/");
        char *next = path + length;
        if (length > FILE_NAME_BYTES)
            length = fit(path, length);
        memmove(to, path, length);
        to += length;
        path = next;
        while (*path == '/')
            *to++ = *path++;
    }
    *to = '\0';
}
