/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/visible.h"

#include "sim/base/must.h"
#include "sim/base/utf8.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The code point of a sequence of UTF-8. */
static uint32_t code_of(const char *at, size_t length)
{
    uint32_t code = (unsigned char)at[0];
    if (length > 1)
        code &= 0x7fu >> length;
    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)at[i] & 0x3f);
    return code;
}

/* Code points that terminals or readers obey, or that are invisible. */
static const struct {
    uint32_t first, last;
} hidden[] = {
    {0x0000, 0x001f}, {0x007f, 0x009f}, /* C0, DEL, C1 */
    {0x061c, 0x061c}, {0x200b, 0x200b}, {0x200e, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
    {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xfffe, 0xffff}, {0xe0000, 0xe007f},
};

static bool is_hidden(uint32_t code)
{
    if (code >= ' ' && code < 0x7f)
        return false;
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (code >= hidden[i].first && code <= hidden[i].last)
            return true;
    }
    return false;
}

size_t visible_length(const char *at)
{
    size_t length = utf8_length(at);
    return length > 0 && !is_hidden(code_of(at, length)) ? length : 0;
}

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f;
}

size_t visible_plain(const char *text)
{
    size_t length = 0;
    while (is_plain(text[length]))
        length++;
    return length;
}

size_t visible_character(const char *at, char *to)
{
    static const char letters[] = "\a\b\t\n\v\f\r", names[] = "abtnvfr";
    size_t length = utf8_length(at);
    unsigned char first = (unsigned char)at[0];
    const char *letter = first != '\0' ? strchr(letters, first) : NULL;
    if (visible_length(at) > 0) {
        memcpy(to, at, length);
        to[length] = '\0';
    } else if (letter != NULL) {
        snprintf(to, VISIBLE_ESCAPE_MAX, "\\%c", names[letter - letters]);
    } else if (length > 1) {
        snprintf(to, VISIBLE_ESCAPE_MAX, "\\u{%x}", (unsigned)(code_of(at, length) & 0x1fffff));
    } else {
        snprintf(to, VISIBLE_ESCAPE_MAX, "\\x%02x", first);
    }
    return length > 0 ? length : 1;
}

size_t visible_put(FILE *out, const char *at)
{
    char shown[VISIBLE_ESCAPE_MAX];
    size_t taken = visible_character(at, shown);
    fputs(shown, out);
    return taken;
}

size_t visible_print(FILE *out, const char *text, size_t most)
{
    size_t columns = 0;
    while (*text != '\0') {
        char shown[VISIBLE_ESCAPE_MAX];
        size_t plain = visible_length(text), taken = visible_character(text, shown);
        size_t width = plain > 0 ? 1 : strlen(shown);
        if (width > most - columns)
            break;
        fputs(shown, out);
        columns += width;
        text += taken;
    }
    return columns;
}

static char *copy(const char *text, bool lines)
{
    size_t used = 0, room = VISIBLE_ESCAPE_MAX + strlen(text != NULL ? text : "");
    const char *at = text != NULL ? text : "";
    char *to = must_malloc(room);
    while (*at != '\0') {
        size_t plain = lines && *at == '\n' ? 1 : visible_plain(at);
        if (used + plain + VISIBLE_ESCAPE_MAX > room) {
            room = 2 * (room + plain);
            to = must_realloc(to, room);
        }
        memcpy(to + used, at, plain);
        used += plain;
        at += plain;
        if (plain > 0)
            continue;
        at += visible_character(at, to + used);
        used += strlen(to + used);
    }
    to[used] = '\0';
    return to;
}

char *visible_text(const char *text)
{
    return copy(text, true);
}

char *visible_line(const char *text)
{
    return copy(text, false);
}

void visible_printf(FILE *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *said = must_vasprintf(format, args);
    va_end(args);
    char *text = visible_text(said);
    fputs(text, out);
    free(text);
    free(said);
}
