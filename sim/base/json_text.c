/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/json_text.h"

#include "sim/base/utf8.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

void put_json_string(FILE *out, const char *text)
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

void put_html_text(FILE *out, const char *text)
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
