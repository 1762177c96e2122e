/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tools of the parser: going on, and saying what is wrong.
 */
#include "filter/ipf_parser.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define QUOTE_MAX 40 /* bytes of a word that a message shows */

ipf_quote_t ipf_quote(const ipf_token_t *token)
{
    ipf_quote_t quote;
    char *to = quote.text;

    if (token->kind == IPF_TOK_NEWLINE || token->kind == IPF_TOK_END) {
        memcpy(to, "the end of the line", sizeof("the end of the line"));
        return quote;
    }
    *to++ = '\'';
    for (size_t i = 0; i < token->length; i++) {
        unsigned char c = (unsigned char)token->text[i];
        if (to - quote.text > QUOTE_MAX) {
            memcpy(to, "...", 3);
            to += 3;
            break;
        }
        if (c >= 0x20 && c < 0x7f)
            *to++ = (char)c;
        else
            to += snprintf(to, 5, "\\x%02x", c);
    }
    *to++ = '\'';
    *to = '\0';
    return quote;
}

static int position(size_t value)
{
    return value > INT_MAX ? INT_MAX : (int)value;
}

bool ipf_fail(ipf_parser_t *p, const ipf_token_t *at, const char *format, ...)
{
    va_list args;

    p->error->line = position(at->line);
    p->error->column = position(at->column);
    va_start(args, format);
    vsnprintf(p->error->message, sizeof(p->error->message), format, args);
    va_end(args);
    p->result = EINVAL;
    return false;
}

bool ipf_fail_later(ipf_parser_t *p, const ipf_token_t *at)
{
    return ipf_fail(p, at, "%s is not supported yet", ipf_quote(at).text);
}

void ipf_advance(ipf_parser_t *p)
{
    p->token = ipf_lex_next(&p->lex);
}

bool ipf_accept(ipf_parser_t *p, const char *text)
{
    if (!ipf_token_is(&p->token, text))
        return false;
    ipf_advance(p);
    return true;
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return 16;
}

bool ipf_number(const ipf_token_t *token, uint32_t max, uint64_t *number)
{
    const char *text = token->text;
    size_t length = token->length;
    int base = 10;

    *number = 0;
    if (token->kind != IPF_TOK_WORD)
        return false;
    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
        length -= 2;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        if (digit(text[i]) >= base)
            return false;
        if (value <= max)
            value = value * (unsigned)base + (unsigned)digit(text[i]);
    }
    *number = value;
    return value <= max;
}
