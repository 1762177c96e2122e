/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf as a row of tokens. Solaris: cmd/ipf/tools/lexer.c.
 *
 * Unlike there, the end of a line is a token: it ends a rule, unless a `\` stands before it. The
 * text is not copied; tokens point into it.
 */
#ifndef LO0SIM_FILTER_IPF_LEX_H
#define LO0SIM_FILTER_IPF_LEX_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ipf_token_kind {
    IPF_TOK_WORD,     /* letters, digits, `_`, `-`, `.` */
    IPF_TOK_OPERATOR, /* ! = != < <= > >= <> >< : / , ; ( ) { } @ $ */
    IPF_TOK_NEWLINE,
    IPF_TOK_END,
    IPF_TOK_BAD /* one byte that belongs to none of them */
} ipf_token_kind_t;

typedef struct ipf_token {
    ipf_token_kind_t kind;
    const char *text; /* not terminated */
    size_t length;
    size_t line; /* of the first byte, from 1 */
    size_t column;
} ipf_token_t;

typedef struct ipf_lex {
    const char *next;
    const char *end;
    const char *line_start;
    size_t line;
} ipf_lex_t;

/* Begins with text[length], which must stay as long as its tokens are used. */
void ipf_lex_init(ipf_lex_t *lex, const char *text, size_t length);

/* The next token. At the end, and from then on, IPF_TOK_END. */
ipf_token_t ipf_lex_next(ipf_lex_t *lex);

/* Whether a token is this word or operator. */
bool ipf_token_is(const ipf_token_t *token, const char *text);

#endif
