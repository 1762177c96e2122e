/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_lex.h"

#include <string.h>

/* Not isalnum(): the language must not depend on the locale. */
static bool is_word_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
}

void ipf_lex_init(ipf_lex_t *lex, const char *text, size_t length)
{
    static const char mark[] = "\xef\xbb\xbf"; /* editors' byte order mark: it means nothing */
    if (length >= 3 && memcmp(text, mark, 3) == 0) {
        text += 3;
        length -= 3;
    }
    *lex = (ipf_lex_t){.next = text, .end = text + length, .line_start = text, .line = 1};
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
    lex->line_start = lex->next;
    lex->line++;
}

/* Goes to the next byte that means something. */
static void skip_blanks(ipf_lex_t *lex)
{
    while (lex->next < lex->end) {
        char c = *lex->next;
        if (c == ' ' || c == '\t') {
            lex->next++;
        } else if (c == '\\' && line_end(lex, lex->next + 1) > 0) {
            lex->next += 1 + line_end(lex, lex->next + 1);
            begin_line(lex);
        } else if (c == '#') {
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
    static const char two[][3] = {"!=", "<=", ">=", "<>", "><"};

    if (lex->end - lex->next >= 2) {
        for (size_t i = 0; i < sizeof(two) / sizeof(two[0]); i++) {
            if (memcmp(lex->next, two[i], 2) == 0)
                return 2;
        }
    }
    return *lex->next != '\0' && strchr("!=<>:/,;(){}@$", *lex->next) != NULL ? 1 : 0;
}

ipf_token_t ipf_lex_next(ipf_lex_t *lex)
{
    skip_blanks(lex);
    ipf_token_t token = {.kind = IPF_TOK_END,
                         .text = lex->next,
                         .line = lex->line,
                         .column = (size_t)(lex->next - lex->line_start) + 1};
    if (lex->next == lex->end)
        return token;

    size_t newline = line_end(lex, lex->next);
    if (newline > 0) {
        token.kind = IPF_TOK_NEWLINE;
        token.length = newline;
        lex->next += newline;
        begin_line(lex);
        return token;
    }
    if (is_word_byte(*lex->next)) {
        token.kind = IPF_TOK_WORD;
        while (lex->next + token.length < lex->end && is_word_byte(lex->next[token.length]))
            token.length++;
    } else {
        token.length = operator_length(lex);
        token.kind = token.length > 0 ? IPF_TOK_OPERATOR : IPF_TOK_BAD;
        if (token.length == 0)
            token.length = 1;
    }
    lex->next += token.length;
    return token;
}

bool ipf_token_is(const ipf_token_t *token, const char *text)
{
    return (token->kind == IPF_TOK_WORD || token->kind == IPF_TOK_OPERATOR) &&
           strlen(text) == token->length && memcmp(token->text, text, token->length) == 0;
}
