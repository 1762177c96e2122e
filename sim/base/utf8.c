/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/utf8.h"

#include "sim/base/must.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define REPLACEMENT      "\xef\xbf\xbd"
#define REPLACEMENT_SIZE 3

size_t utf8_length(const char *at)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = (uint8_t)at[0];
    size_t length = first < 0x80             ? 1
                    : (first & 0xe0) == 0xc0 ? 2
                    : (first & 0xf0) == 0xe0 ? 3
                    : (first & 0xf8) == 0xf0 ? 4
                                             : 0;
    if (length < 2)
        return length;
    uint32_t code = first & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3f);
    }
    bool surrogate = code >= 0xd800 && code <= 0xdfff;
    return code >= least[length] && code <= 0x10ffff && !surrogate ? length : 0;
}

static bool has_place_in_xml(const uint8_t *at, size_t length)
{
    if (length == 1)
        return at[0] >= 0x20 || at[0] == '\t' || at[0] == '\n' || at[0] == '\r';
    return length != 3 || memcmp(at, "\xef\xbf", 2) != 0 || at[2] < 0xbe;
}

char *utf8_text(const char *text, bool xml)
{
    size_t used = 0;
    const uint8_t *at = (const uint8_t *)(text != NULL ? text : "");
    char *copy = must_malloc(strlen((const char *)at) * REPLACEMENT_SIZE + 1);
    while (*at != '\0') {
        size_t length = utf8_length((const char *)at);
        bool taken = length > 0 && (!xml || has_place_in_xml(at, length));
        const void *from = taken ? (const void *)at : REPLACEMENT;
        size_t size = taken ? length : REPLACEMENT_SIZE;
        memcpy(copy + used, from, size);
        used += size;
        at += length > 0 ? length : 1;
    }
    copy[used] = '\0';
    return copy;
}
