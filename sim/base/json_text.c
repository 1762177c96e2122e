/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/json_text.h"

#include "sim/base/visible.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Whether JSON has it as it is, in HTML too. */
static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&';
}

void put_json_string(FILE *out, const char *text)
{
    fputc('"', out);
    while (*text != '\0') {
        size_t plain = 0;
        while (is_plain(text[plain]))
            plain++;
        fwrite(text, 1, plain, out);
        text += plain;
        if (*text == '\0')
            break;
        char shown[VISIBLE_ESCAPE_MAX] = "\n";
        text += *text == '\n' ? 1 : visible_character(text, shown);
        for (const char *at = shown; *at != '\0'; at++) {
            if (*at == '\n' || strchr("\"\\<>&", *at) != NULL)
                fprintf(out, "\\u%04x", (unsigned char)*at);
            else
                fputc(*at, out);
        }
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
        if (html_entity(*text) != NULL || *text == '\n') {
            fputs(*text == '\n' ? "\n" : html_entity(*text), out);
            text++;
        } else {
            text += visible_put(out, text);
        }
    }
}
