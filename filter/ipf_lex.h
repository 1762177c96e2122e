/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads ipf.conf as a sequence of tokens. Solaris: cmd/ipf/tools/lexer.c.
 *
 * Unlike in Solaris, the end of a line is a token: it ends a rule, unless a `\` precedes it. The
 * text is not copied; tokens point into it. */
#ifndef LO0SIM_FILTER_IPF_LEX_H
#define LO0SIM_FILTER_IPF_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

typedef enum ipf_token_kind {
    IPF_TOK_WORD,     /* letters, digits, `_`, `-`, `.`, and any byte after a backslash */
    IPF_TOK_STRING,   /* what is between quotation marks, double or single */
    IPF_TOK_OPERATOR, /* ! = != < <= > >= <> >< : / , ; ( ) { } @ $ * */
    IPF_TOK_NEWLINE,
    IPF_TOK_END,
    IPF_TOK_BAD /* a byte that fits none of these, or a string without an end */
} ipf_token_kind_t;

typedef struct ipf_token {
    ipf_token_kind_t kind;
    const char *text; /* not terminated; without quotation marks and backslashes */
    size_t length;
    size_t line; /* of the first byte, from 1 */
    size_t column;
    const char *source; /* where it begins in the text that is read; `width` bytes of it */
    size_t width;
} ipf_token_t;

#define IPF_LEX_DEPTH 10 /* macros within macros */

/* A text that is being read: the file, or a macro's value on top of it. */
typedef struct ipf_input {
    const char *next;
    const char *end;
} ipf_input_t;

typedef struct ipf_lex {
    const char *next;
    const char *end;
    const char *line_start;
    size_t line;
    ipf_input_t below[IPF_LEX_DEPTH]; /* what is read when the current text is at its end */
    size_t depth;
    size_t macro_line, macro_column; /* while depth > 0: where the macro is used */
    struct ipf_splice *splices;      /* words put together; freed by ipf_lex_fini() */
    bool no_memory;                  /* for one of them: the text has ended early */
} ipf_lex_t;

/* Begins with text[length], which must stay as long as its tokens are used. The caller ends it with
 * ipf_lex_fini(). */
void ipf_lex_init(ipf_lex_t *lex, const char *text, size_t length);
void ipf_lex_fini(ipf_lex_t *lex);

/* The next token; IPF_TOK_END at the end and after it. */
ipf_token_t ipf_lex_next(ipf_lex_t *lex);

/* Reads text[length], a macro's value, before what comes next. Its tokens get the place of `at`.
 * => Returns false if macros are nested too deeply, as when one contains itself. */
bool ipf_lex_push(ipf_lex_t *lex, const char *text, size_t length, const ipf_token_t *at);

/* Reads the token `first` again as an IPv6 address, together with the hexadecimal digits, colons
 * and dots that follow it without a gap.
 * => Returns false, and changes nothing, if there is no colon in it. */
bool ipf_lex_address6(ipf_lex_t *lex, ipf_token_t *first);

/* Whether a byte can be in a word without a backslash. */
bool ipf_is_word_byte(char c);

/* A letter as the words of the language have it: they are read in capitals, too. */
static inline char ipf_small(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The rare case of ipf_same_word(): as many bytes, but not the same ones. */
bool ipf_same_in_capitals(const char *word, const char *text, size_t length);

/* Whether text[length] is a word of the language; most differ in their first byte or length. */
static inline bool ipf_same_word(const char *word, const char *text, size_t length)
{
    return length > 0 && ((*text ^ *word) & ~0x20) == 0 && strlen(word) == length &&
           (memcmp(text, word, length) == 0 || ipf_same_in_capitals(word, text, length));
}

/* Whether a token is this word or operator. */
static inline bool ipf_token_is(const ipf_token_t *token, const char *text)
{
    return token->kind <= IPF_TOK_OPERATOR && token->kind != IPF_TOK_STRING &&
           ipf_same_word(text, token->text, token->length);
}

#endif
