/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/json_line.h"

#include "sim/base/digits.h"
#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <assert.h>
#include <string.h>

/* => Returns where `length` more bytes can be written. */
static char *room_for(json_line_t *line, size_t length)
{
    if (line->room - line->used < length) {
        line->room = 2 * (line->used + length) + 256;
        line->text = must_realloc(line->text, line->room);
    }
    return line->text + line->used;
}

static void put(json_line_t *line, const char *bytes, size_t length)
{
    memcpy(room_for(line, length), bytes, length);
    line->used += length;
}

static void put_char(json_line_t *line, char c)
{
    *room_for(line, 1) = c;
    line->used++;
}

/* A string ends with its quote, so only an object that has no member yet ends with a brace. */
static void put_key(json_line_t *line, const char *key)
{
    assert(line->used > 0);
    size_t length = strlen(key);
    char *to = room_for(line, length + 4);
    if (to[-1] != '{')
        *to++ = ',';
    *to++ = '"';
    memcpy(to, key, length);
    to += length;
    *to++ = '"';
    *to++ = ':';
    line->used = (size_t)(to - line->text);
}

/* A character that JSON escapes: what visible.h leaves of the control characters is ends of
 * lines. */
static void put_escaped(json_line_t *line, char c)
{
    if (c == '\n') {
        put(line, "\\n", 2);
        return;
    }
    if (c == '"' || c == '\\')
        put_char(line, '\\');
    put_char(line, c);
}

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

void json_line_begin(json_line_t *line)
{
    line->used = 0;
    put_char(line, '{');
}

void json_line_open(json_line_t *line, const char *key)
{
    put_key(line, key);
    put_char(line, '{');
}

void json_line_close(json_line_t *line)
{
    put_char(line, '}');
}

void json_line_text(json_line_t *line, const char *key, const char *text)
{
    if (text == NULL)
        return;
    put_key(line, key);
    put_char(line, '"');
    while (*text != '\0') {
        size_t plain = 0;
        while (is_plain(text[plain]))
            plain++;
        put(line, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        char shown[VISIBLE_ESCAPE_MAX] = "\n";
        text += *text == '\n' ? 1 : visible_character(text, shown);
        for (const char *at = shown; *at != '\0'; at++)
            put_escaped(line, *at);
    }
    put_char(line, '"');
}

void json_line_unsigned(json_line_t *line, const char *key, uint64_t number)
{
    put_key(line, key);
    line->used += digits_unsigned(room_for(line, DIGITS_MAX), number);
}

void json_line_signed(json_line_t *line, const char *key, int64_t number)
{
    put_key(line, key);
    line->used += digits_signed(room_for(line, DIGITS_MAX), number);
}

void json_line_bool(json_line_t *line, const char *key, bool value)
{
    const char *word = value ? "true" : "false";
    json_line_json(line, key, word, strlen(word));
}

void json_line_hex(json_line_t *line, const char *key, const uint8_t *bytes, size_t length)
{
    put_key(line, key);
    char *to = room_for(line, 2 * length + 2);
    *to++ = '"';
    to += digits_hex(to, bytes, length);
    *to = '"';
    line->used += 2 * length + 2;
}

void json_line_json(json_line_t *line, const char *key, const char *json, size_t length)
{
    put_key(line, key);
    put(line, json, length);
}
