/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the parts of the parser share. Not for use outside of it.
 *
 * A parse function begins at the current token, goes past what it has understood, and returns
 * false once an error has been noted; then nothing more is parsed.
 */
#ifndef LO0SIM_FILTER_IPF_PARSER_H
#define LO0SIM_FILTER_IPF_PARSER_H

#include "filter/frrequest.h"
#include "filter/ipf.h"
#include "filter/ipf_lex.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct ipf_parser {
    ipf_lex_t lex;
    ipf_token_t token; /* the current one */
    frentry_t fr;      /* the rule in the making */
    fr_ruleset_t *set;
    ipf_intercept_t *intercept;
    ipf_error_t *error;
    ipf_note_t note; /* may be NULL */
    void *note_arg;
    int result; /* 0, EINVAL or ENOMEM */
} ipf_parser_t;

/* A token or a word in quotes, with bytes that cannot be printed escaped, cut if it is long. */
typedef struct ipf_quote {
    char text[64];
} ipf_quote_t;

ipf_quote_t ipf_quote(const ipf_token_t *token);

/* Notes an error at a token. The text is printf's.
 * => Returns false, for the caller to return. */
bool ipf_fail(ipf_parser_t *p, const ipf_token_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* "'word' is not supported yet", at a token. */
bool ipf_fail_later(ipf_parser_t *p, const ipf_token_t *at);

/* Goes to the next token. */
void ipf_advance(ipf_parser_t *p);

/* Goes past the current token if it is this one.
 * => Returns whether it was. */
bool ipf_accept(ipf_parser_t *p, const char *text);

/* A word as a number, decimal or 0x.., at most `max`.
 * => Returns false if it is none, or too large: then *number is above max. */
bool ipf_number(const ipf_token_t *token, uint32_t max, uint64_t *number);

/* The clauses. The current token is the one after their keyword. */
bool ipf_parse_proto(ipf_parser_t *p);
bool ipf_parse_object(ipf_parser_t *p, fraddr_t *address, frpcmp_t *port);
bool ipf_parse_flags(ipf_parser_t *p, const ipf_token_t *keyword);

#endif
