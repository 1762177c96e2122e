/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/json_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* The length of the UTF-8 character at `text`: 1 to 4; 0 if there is none. Overlong forms and
 * surrogates are none. */
static size_t utf8_length(const char *text)
{
    const unsigned char *b = (const unsigned char *)text;
    size_t length = b[0] < 0x80                   ? 1
                    : b[0] >= 0xc2 && b[0] < 0xe0 ? 2
                    : b[0] >= 0xe0 && b[0] < 0xf0 ? 3
                    : b[0] >= 0xf0 && b[0] < 0xf5 ? 4
                                                  : 0;
    for (size_t i = 1; i < length; i++) {
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    }
    bool overlong = (b[0] == 0xe0 && b[1] < 0xa0) || (b[0] == 0xf0 && b[1] < 0x90);
    bool surrogate = b[0] == 0xed && b[1] >= 0xa0;
    bool beyond = b[0] == 0xf4 && b[1] >= 0x90;
    return overlong || surrogate || beyond ? 0 : length;
}

void json_string(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        size_t length = utf8_length(text);
        unsigned char c = (unsigned char)*text;
        if (length == 0)
            fputs("\\ufffd", out);
        else if (length == 1 && (c < ' ' || c == 0x7f || strchr("\"\\<>&", c) != NULL))
            fprintf(out, "\\u%04x", c);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
    fputc('"', out);
}

static const char *html_entity(char c)
{
    switch (c) {
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '&':
        return "&amp;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return NULL;
    }
}

void html_text(FILE *out, const char *text)
{
    while (*text != '\0') {
        size_t length = utf8_length(text);
        unsigned char c = (unsigned char)*text;
        bool control = (c < ' ' && c != '\n' && c != '\t') || c == 0x7f;
        if (html_entity(*text) != NULL)
            fputs(html_entity(*text), out);
        else if (length == 0 || control)
            fputs(REPLACEMENT, out);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
}
