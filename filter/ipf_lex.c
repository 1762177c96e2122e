/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_lex.h"

#include "filter/ipf_mark.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A word that contained backslashes, without them. */
struct ipf_splice {
    struct ipf_splice *next;
    char text[];
};

bool ipf_same_in_capitals(const char *word, const char *text, size_t length)
{
    size_t i = 0;
    while (i < length && ipf_small(text[i]) == word[i])
        i++;
    return i == length;
}

/* Not isalnum(): the language must not depend on the locale. Letters are in two bits each. */
bool ipf_is_word_byte(char c)
{
    static const uint64_t bytes[4] = {0x03ff600000000000u, 0x07fffffe87fffffeu};
    uint8_t byte = (uint8_t)c;
    return (bytes[byte / 64] >> byte % 64 & 1) != 0;
}

void ipf_lex_init(ipf_lex_t *lex, const char *text, size_t length)
{
    const char *begin = text + ipf_mark_length(text, length);
    *lex = (ipf_lex_t){.next = begin, .end = text + length, .line_start = begin, .line = 1};
}

void ipf_lex_fini(ipf_lex_t *lex)
{
    while (lex->splices != NULL) {
        struct ipf_splice *splice = lex->splices;
        lex->splices = splice->next;
        free(splice);
    }
}

/* The length of the line end at `at`: "\n" or "\r\n"; 0 if there is none. */
static size_t line_end(const ipf_lex_t *lex, const char *at)
{
    if (at < lex->end && *at == '\n')
        return 1;
    return lex->end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static void begin_line(ipf_lex_t *lex)
{
    if (lex->depth > 0)
        return;
    lex->line_start = lex->next;
    lex->line++;
}

/* Whether a line is continued at `at`: a backslash at its end. */
static bool is_continued(const ipf_lex_t *lex, const char *at)
{
    return at < lex->end && *at == '\\' && line_end(lex, at + 1) > 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Whether a backslash stands before a blank, where it means nothing. */
static bool is_escaped_blank(const ipf_lex_t *lex)
{
    return lex->end - lex->next >= 2 && *lex->next == '\\' && is_blank(lex->next[1]);
}

/* Goes past such a backslash and the blanks after it. If nothing else is on its line, the line is
 * continued: nobody sees the blanks. */
static void skip_escaped_blank(ipf_lex_t *lex)
{
    lex->next++;
    while (lex->next < lex->end && is_blank(*lex->next))
        lex->next++;
    size_t newline = line_end(lex, lex->next);
    if (newline == 0)
        return;
    lex->next += newline;
    begin_line(lex);
}

static void skip_continuation(ipf_lex_t *lex)
{
    lex->next += 1 + line_end(lex, lex->next + 1);
    begin_line(lex);
}

/* At the end of a macro's value: goes back to what follows the macro.
 * => Returns false if it is not in a macro. */
static bool pop(ipf_lex_t *lex)
{
    if (lex->depth == 0)
        return false;
    lex->depth--;
    lex->next = lex->below[lex->depth].next;
    lex->end = lex->below[lex->depth].end;
    return true;
}

/* Goes to the next significant byte. */
static void skip_blanks(ipf_lex_t *lex)
{
    for (;;) {
        if (lex->next == lex->end) {
            if (!pop(lex))
                return;
        } else if (is_blank(*lex->next)) {
            lex->next++;
        } else if (is_escaped_blank(lex)) {
            skip_escaped_blank(lex);
        } else if (is_continued(lex, lex->next)) {
            skip_continuation(lex);
        } else if (*lex->next == '#') {
            const char *newline = memchr(lex->next, '\n', (size_t)(lex->end - lex->next));
            lex->next = newline != NULL ? newline : lex->end;
        } else {
            return;
        }
    }
}

/* The length of the operator at lex->next; 0 if there is none. */
static size_t operator_length(const ipf_lex_t *lex)
{
    char next = lex->end - lex->next >= 2 ? lex->next[1] : ' ';
    switch (*lex->next) {
    case '!':
        return next == '=' ? 2 : 1;
    case '<':
        return next == '=' || next == '>' ? 2 : 1;
    case '>':
        return next == '=' || next == '<' ? 2 : 1;
    case '\0':
        return 0;
    default:
        return strchr("=:/,;(){}@$*", *lex->next) != NULL ? 1 : 0;
    }
}

/* Whether there is an escaped byte at `at`: a backslash and one that can be shown. */
static bool is_escaped(const ipf_lex_t *lex, const char *at)
{
    return lex->end - at >= 2 && *at == '\\' && at[1] > ' ' && at[1] < 0x7f;
}

static bool is_in_word(const ipf_lex_t *lex, const char *at)
{
    return at < lex->end && (ipf_is_word_byte(*at) || is_escaped(lex, at) || is_continued(lex, at));
}

/* A word with backslashes in it: escaped bytes, or the end of a line in its middle. */
static void splice_word(ipf_lex_t *lex, ipf_token_t *token)
{
    struct ipf_splice *splice = malloc(sizeof(*splice) + (size_t)(lex->end - lex->next));
    if (splice == NULL) {
        lex->no_memory = true;
        lex->next = lex->end;
        return;
    }
    splice->next = lex->splices;
    lex->splices = splice;
    while (is_in_word(lex, lex->next)) {
        if (is_continued(lex, lex->next)) {
            skip_continuation(lex);
            continue;
        }
        lex->next += *lex->next == '\\';
        splice->text[token->length++] = *lex->next++;
    }
    token->text = splice->text;
}

static void read_word(ipf_lex_t *lex, ipf_token_t *token)
{
    token->kind = IPF_TOK_WORD;
    const char *at = lex->next;
    while (at < lex->end && ipf_is_word_byte(*at))
        at++;
    if (is_escaped(lex, at) || is_continued(lex, at)) {
        splice_word(lex, token);
        return;
    }
    token->length = (size_t)(at - lex->next);
    lex->next = at;
}

/* A string between quotation marks, on one line. */
static void read_string(ipf_lex_t *lex, ipf_token_t *token)
{
    const char *at = lex->next + 1;
    while (at < lex->end && *at != *lex->next && *at != '\n')
        at++;
    if (at == lex->end || *at != *lex->next) {
        token->kind = IPF_TOK_BAD;
        token->length = 1;
        lex->next++;
        return;
    }
    token->kind = IPF_TOK_STRING;
    token->text = lex->next + 1;
    token->length = (size_t)(at - token->text);
    lex->next = at + 1;
}

ipf_token_t ipf_lex_next(ipf_lex_t *lex)
{
    skip_blanks(lex);
    ipf_token_t token = {.kind = IPF_TOK_END,
                         .text = lex->next,
                         .source = lex->next,
                         .line = lex->depth > 0 ? lex->macro_line : lex->line,
                         .column = lex->depth > 0 ? lex->macro_column
                                                  : (size_t)(lex->next - lex->line_start) + 1};
    if (lex->next == lex->end)
        return token;

    size_t newline = line_end(lex, lex->next);
    if (newline > 0) {
        token.kind = IPF_TOK_NEWLINE;
        token.length = newline;
        lex->next += newline;
        begin_line(lex);
    } else if (ipf_is_word_byte(*lex->next) || is_escaped(lex, lex->next)) {
        read_word(lex, &token);
    } else if (*lex->next == '"' || *lex->next == '\'') {
        read_string(lex, &token);
    } else {
        token.length = operator_length(lex);
        token.kind = token.length > 0 ? IPF_TOK_OPERATOR : IPF_TOK_BAD;
        if (token.length == 0)
            token.length = 1;
        lex->next += token.length;
    }
    token.width = (size_t)(lex->next - token.source);
    return token;
}

bool ipf_lex_push(ipf_lex_t *lex, const char *text, size_t length, const ipf_token_t *at)
{
    if (lex->depth == IPF_LEX_DEPTH)
        return false;
    if (lex->depth == 0) {
        lex->macro_line = at->line;
        lex->macro_column = at->column;
    }
    lex->below[lex->depth++] = (ipf_input_t){lex->next, lex->end};
    lex->next = text;
    lex->end = text + length;
    return true;
}

static bool is_address6_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
           c == '.';
}

bool ipf_lex_address6(ipf_lex_t *lex, ipf_token_t *first)
{
    const char *at = first->source;
    bool colon = false;
    if (at + first->width != lex->next)
        return false;
    for (; at < lex->end && is_address6_byte(*at); at++)
        colon = colon || *at == ':';
    if (!colon || at < lex->next)
        return false;
    first->kind = IPF_TOK_WORD;
    first->text = first->source;
    first->length = first->width = (size_t)(at - first->source);
    lex->next = at;
    return true;
}
