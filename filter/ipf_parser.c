/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tools of the parser: reading on, and reporting what is wrong.
 */
#include "filter/ipf_parser.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
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

    if (p->result != 0)
        return false; /* the first one counts */
    p->error->line = position(at->line);
    p->error->column = position(at->column);
    va_start(args, format);
    vsnprintf(p->error->message, sizeof(p->error->message), format, args);
    va_end(args);
    p->result = EINVAL;
    return false;
}

void ipf_mark_all(ipf_parser_t *p, const ipf_token_t *at)
{
    ipf_mark(p, 0, at);
    for (int place = 1; p->places != NULL && place < IPF_PLACE_COUNT; place++)
        p->places->at[place] = p->places->at[0];
}

void ipf_mark(ipf_parser_t *p, ipf_place_t place, const ipf_token_t *at)
{
    if (p->places == NULL)
        return;
    p->places->at[place].line = position(at->line);
    p->places->at[place].column = position(at->column);
}

bool ipf_expected(ipf_parser_t *p, const char *what)
{
    return ipf_fail(p, &p->token, "expected %s, got %s", what, ipf_quote(&p->token).text);
}

bool ipf_unknown(ipf_parser_t *p, const ipf_token_t *at, const char *what, const char *near,
                 const char *else_what)
{
    if (near != NULL)
        return ipf_fail(p, at, "unknown %s %s; did you mean '%s'?", what, ipf_quote(at).text, near);
    return ipf_fail(p, at, "unknown %s %s%s%s", what, ipf_quote(at).text,
                    else_what != NULL ? "; " : "", else_what != NULL ? else_what : "");
}

/* The current token is `$`: reads on from the macro's value. */
static bool enter_macro(ipf_parser_t *p)
{
    ipf_token_t dollar = p->token, name = ipf_lex_next(&p->lex);
    bool braces = ipf_token_is(&name, "{");
    size_t length;
    if (braces)
        name = ipf_lex_next(&p->lex);
    if (name.kind != IPF_TOK_WORD)
        return ipf_fail(p, &name, "expected a macro's name after '$', got %s",
                        ipf_quote(&name).text);
    if (braces) {
        ipf_token_t brace = ipf_lex_next(&p->lex);
        if (!ipf_token_is(&brace, "}"))
            return ipf_fail(p, &brace, "expected '}' after the macro's name %s, got %s",
                            ipf_quote(&name).text, ipf_quote(&brace).text);
    }
    const char *value = ipf_macro_get(&p->macros, name.text, name.length, &length);
    if (value == NULL)
        return ipf_fail(
            p, &name, "there is no macro %s: say what it is before, as in '%.*s = ...;'",
            ipf_quote(&name).text, (int)(name.length < 40 ? name.length : 40), name.text);
    if (!ipf_lex_push(&p->lex, value, length, &dollar))
        return ipf_fail(p, &dollar, "macros are nested too deeply: does %s contain itself?",
                        ipf_quote(&name).text);
    return true;
}

void ipf_advance(ipf_parser_t *p)
{
    static const ipf_token_t end = {.kind = IPF_TOK_END, .text = "", .source = ""};
    p->token = ipf_lex_next(&p->lex);
    while (ipf_token_is(&p->token, "$")) {
        if (!enter_macro(p)) {
            p->token = end; /* there is an error: nothing more is read */
            return;
        }
        p->token = ipf_lex_next(&p->lex);
    }
    if (p->lex.no_memory) {
        p->result = ENOMEM;
        p->token = end;
    }
}

void ipf_rewind(ipf_parser_t *p, const ipf_lex_t *lex, const ipf_token_t *token)
{
    struct ipf_splice *splices = p->lex.splices; /* all of them are still to be freed */
    bool no_memory = p->lex.no_memory;
    p->lex = *lex;
    p->lex.splices = splices;
    p->lex.no_memory = no_memory;
    p->token = *token;
}

bool ipf_at_end(const ipf_parser_t *p)
{
    return p->result != 0 || p->token.kind == IPF_TOK_NEWLINE || p->token.kind == IPF_TOK_END ||
           ipf_token_is(&p->token, ";");
}

bool ipf_accept(ipf_parser_t *p, const char *text)
{
    if (!ipf_token_is(&p->token, text))
        return false;
    ipf_advance(p);
    return true;
}

bool ipf_expect(ipf_parser_t *p, const char *text)
{
    char what[40];
    if (ipf_accept(p, text))
        return true;
    snprintf(what, sizeof(what), "'%s'", text);
    return ipf_expected(p, what);
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

bool ipf_parse_number(ipf_parser_t *p, const char *what, uint32_t max, uint32_t *number)
{
    ipf_token_t token = p->token;
    uint64_t value;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, what);
    if (!ipf_number(&token, max, &value)) {
        if (value > max)
            return ipf_fail(p, &token, "%s is above %u", ipf_quote(&token).text, max);
        return ipf_expected(p, what);
    }
    *number = (uint32_t)value;
    ipf_advance(p);
    return true;
}

/* Names are printed as they are: they must be words again. */
static bool take_text(ipf_parser_t *p, const char *what, bool comment, char *buffer, size_t size)
{
    ipf_token_t token = p->token;
    if ((token.kind != IPF_TOK_WORD && token.kind != IPF_TOK_STRING) || token.length == 0)
        return ipf_expected(p, what);
    if (token.length >= size)
        return ipf_fail(p, &token, "%s is too long: %zu bytes at most", ipf_quote(&token).text,
                        size - 1);
    for (size_t i = 0; i < token.length; i++) {
        if (comment ? token.text[i] < ' ' || token.text[i] > '~' : !ipf_is_word_byte(token.text[i]))
            return ipf_fail(p, &token, "%s has a byte that does not belong there",
                            ipf_quote(&token).text);
    }
    memcpy(buffer, token.text, token.length);
    buffer[token.length] = '\0';
    ipf_advance(p);
    return true;
}

bool ipf_parse_name(ipf_parser_t *p, const char *what, char *buffer, size_t size)
{
    const ipf_token_t *token = &p->token;
    if (token->kind == IPF_TOK_WORD && ipf_is_reserved(token->text, token->length))
        return ipf_fail(p, token, "expected %s, got %s, a word of the language", what,
                        ipf_quote(token).text);
    return take_text(p, what, false, buffer, size);
}

bool ipf_parse_comment(ipf_parser_t *p, char *buffer, size_t size)
{
    if (p->token.kind != IPF_TOK_STRING)
        return ipf_expected(p, "a comment in quotation marks");
    return take_text(p, "a comment in quotation marks", true, buffer, size);
}

bool ipf_expected_one(ipf_parser_t *p, const char *what)
{
    char expected[60];
    snprintf(expected, sizeof(expected), "%s %s", strchr("aeiouI", *what) != NULL ? "an" : "a",
             what);
    return ipf_expected(p, expected);
}

bool ipf_parse_named(ipf_parser_t *p, const char *what, const ipf_name_t *table, uint32_t max,
                     uint32_t *number)
{
    ipf_token_t token = p->token;
    uint64_t value;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected_one(p, what);
    const ipf_name_t *name = ipf_name_find(table, token.text, token.length);
    if (name != NULL) {
        *number = name->number;
    } else if (ipf_number(&token, max, &value)) {
        *number = (uint32_t)value;
    } else if (value > max) {
        return ipf_fail(p, &token, "%s %s is above %u", what, ipf_quote(&token).text, max);
    } else {
        return ipf_unknown(p, &token, what, ipf_name_near(table, token.text, token.length),
                           max > 0 ? "its number will do" : NULL);
    }
    ipf_advance(p);
    return true;
}

/* ---- several rules ---- */

/* Makes room for `count` rules. */
static bool reserve(ipf_parser_t *p, size_t count)
{
    if (count <= p->capacity)
        return true;
    frentry_t *rules = realloc(p->rules, count * sizeof(*rules));
    if (rules == NULL) {
        p->result = ENOMEM;
        return false;
    }
    p->rules = rules;
    frentry_rare_t *rares = realloc(p->rares, count * sizeof(*rares));
    if (rares == NULL) {
        p->result = ENOMEM;
        return false;
    }
    p->rares = rares;
    p->capacity = count;
    return true;
}

bool ipf_begin_rule(ipf_parser_t *p, const frentry_t *fr)
{
    if (!reserve(p, 1))
        return false;
    p->rules[0] = *fr;
    memcpy(&p->rares[0], &fr_says_nothing, sizeof(fr_says_nothing)); /* it is compared, too */
    p->count = 1;
    return true;
}

/* Appends the first `base` rules once more. */
static bool multiply(ipf_parser_t *p, const ipf_token_t *at, size_t base)
{
    if (p->count + base > IPF_LINE_RULES_MAX)
        return ipf_fail(p, at, "the lists on this line make more than %d rules",
                        IPF_LINE_RULES_MAX);
    if (p->count + base > p->capacity && !reserve(p, p->count * 2 + base))
        return false;
    memcpy(p->rules + p->count, p->rules, base * sizeof(*p->rules));
    memcpy(p->rares + p->count, p->rares, base * sizeof(*p->rares));
    p->count += base;
    return true;
}

static void apply(ipf_parser_t *p, const ipf_item_t *kind, const void *item, size_t from)
{
    for (size_t i = from; i < p->count; i++)
        kind->apply(p, &p->rules[i], item);
}

bool ipf_parse_list(ipf_parser_t *p, const ipf_item_t *kind, void *item)
{
    size_t base = p->count;
    const char *close = ipf_token_is(&p->token, "(")   ? ")"
                        : ipf_token_is(&p->token, "{") ? "}"
                                                       : NULL;
    if (close == NULL) {
        if (!kind->parse(p, item))
            return false;
        apply(p, kind, item, 0);
        return true;
    }
    ipf_advance(p);
    for (size_t i = 0; i == 0 || ipf_accept(p, ","); i++) {
        ipf_token_t at = p->token;
        if (!kind->parse(p, item) || (i > 0 && !multiply(p, &at, base)))
            return false;
        apply(p, kind, item, p->count - base);
    }
    if (ipf_token_is(&p->token, close))
        return ipf_accept(p, close);
    return ipf_fail(p, &p->token, "expected ',' or '%s' in the list, got %s", close,
                    ipf_quote(&p->token).text);
}
