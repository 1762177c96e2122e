/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared by the parts of the parser. Not for use outside of it.
 *
 * A parse function begins at the current token, goes past what it has understood, and returns false
 * once an error has been noted; then nothing more is parsed.
 *
 * A line of the language can be several rules: each list multiplies them. A clause sets what it has
 * read in all of the line's rules (IPF_EACH) or, for a list, in one copy of them for each item
 * (ipf_parse_list). */
#ifndef LO0SIM_FILTER_IPF_PARSER_H
#define LO0SIM_FILTER_IPF_PARSER_H

#include "filter/fr_hash.h"
#include "filter/ip_lookup.h"
#include "filter/ipf_lex.h"
#include "filter/ipf_macro.h"
#include "filter/ipf_parse.h"
#include "filter/ipf_words.h"

#include <stdbool.h>
#include <stdint.h>

/* More rules than one line will ever mean. */
#define IPF_LINE_RULES_MAX 10000

/* A rule that heads a group. */
struct ipf_head {
    frentry_t fr;
    UT_hash_handle hh; /* by fr_grhead */
};

typedef struct ipf_parser {
    ipf_lex_t lex;
    ipf_token_t token; /* the current one */
    ipf_macros_t macros;
    frentry_t *rules;      /* of the present line */
    frentry_rare_t *rares; /* as many: the fr_rare of each */
    size_t count, capacity;
    size_t rules_given; /* before it */
    ipf_rule_func_t func;
    void *func_arg;
    ipf_intercept_t *intercept;
    ipf_error_t *error;
    ipf_places_t *places;   /* NULL: nobody asks */
    int family;             /* of rules that do not say it */
    memory_t *memory;       /* of pools; NULL: the process' */
    struct ipf_head *heads; /* for each group the newest rule that heads it */
    ip_table_t *tables;     /* those within rules, the newest first */
    int result;             /* 0, EINVAL or what func returned */
} ipf_parser_t;

/* The line's first rule. What all rules of the line have in common can be read there. */
static inline frentry_t *ipf_first(ipf_parser_t *p)
{
    return &p->rules[0];
}

static inline frentry_rare_t *ipf_rare(ipf_parser_t *p, const frentry_t *fr)
{
    return &p->rares[fr - p->rules];
}

/* A token or a word in quotes, with bytes that cannot be printed escaped, cut if it is long. */
typedef struct ipf_quote {
    char text[64];
} ipf_quote_t;

ipf_quote_t ipf_quote(const ipf_token_t *token);

/* Notes an error at a token. The text is printf's.
 * => Returns false, for the caller to return. */
bool ipf_fail(ipf_parser_t *p, const ipf_token_t *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes where something stands on this line. */
void ipf_mark(ipf_parser_t *p, ipf_place_t place, const ipf_token_t *at);

/* The same for everything that can be on a line. */
void ipf_mark_all(ipf_parser_t *p, const ipf_token_t *at);

/* "expected WHAT, got 'word'", at the current token. */
bool ipf_expected(ipf_parser_t *p, const char *what);

/* The same with "a" or "an" before WHAT, which is not empty. */
bool ipf_expected_one(ipf_parser_t *p, const char *what);

/* "unknown WHAT 'word'; did you mean 'NEAR'?", at a token; if no known word is near, `else_what`
 * says what to write. */
bool ipf_unknown(ipf_parser_t *p, const ipf_token_t *at, const char *what, const char *near,
                 const char *else_what);

/* The word of a list that a token is; NULL if it is none. */
static inline const char *ipf_known_word(ipf_words_t words, const ipf_token_t *token)
{
    return token->kind == IPF_TOK_WORD ? ipf_word_find(words, token->text, token->length) : NULL;
}

/* The word of a list that a token may have been meant for; NULL if it is like none. */
static inline const char *ipf_near_word(ipf_words_t words, const ipf_token_t *token)
{
    return token->kind == IPF_TOK_WORD ? ipf_word_near(words, token->text, token->length) : NULL;
}

/* Goes to the next token; a macro's name is replaced by its value. */
void ipf_advance(ipf_parser_t *p);

/* Goes back to where `token` was the current token and the lexer was as in *lex. */
void ipf_rewind(ipf_parser_t *p, const ipf_lex_t *lex, const ipf_token_t *token);

/* Whether the line, or the rule on it, is at its end. */
bool ipf_at_end(const ipf_parser_t *p);

/* Goes past the current token if it is this one.
 * => Returns whether it was. */
bool ipf_accept(ipf_parser_t *p, const char *text);

/* Goes past the current token, which must be this one. */
bool ipf_expect(ipf_parser_t *p, const char *text);

/* A word as a number, decimal or 0x.., at most `max`.
 * => Returns false if it is not a number, or too large: then *number is above max. */
bool ipf_number(const ipf_token_t *token, uint32_t max, uint64_t *number);

/* The current token as a number up to `max`; messages call it `what`. */
bool ipf_parse_number(ipf_parser_t *p, const char *what, uint32_t max, uint32_t *number);

/* The current token, a word or a string of one word, into buffer[size]. */
bool ipf_parse_name(ipf_parser_t *p, const char *what, char *buffer, size_t size);

/* The current token, a string, into buffer[size]: it may have blanks. */
bool ipf_parse_comment(ipf_parser_t *p, char *buffer, size_t size);

/* The current token as a name of a table, or a number up to `max`. */
bool ipf_parse_named(ipf_parser_t *p, const char *what, const ipf_name_t *table, uint32_t max,
                     uint32_t *number);

/* ---- several rules ---- */

#define IPF_EACH(p, fr) for (frentry_t *fr = (p)->rules; fr < (p)->rules + (p)->count; fr++)

/* Begins a line with one rule. */
bool ipf_begin_rule(ipf_parser_t *p, const frentry_t *fr);

/* How to parse one item of a list into *item, the caller's, and how to set it in one rule. */
typedef struct ipf_item {
    bool (*parse)(ipf_parser_t *p, void *item);
    void (*apply)(ipf_parser_t *p, frentry_t *fr, const void *item);
} ipf_item_t;

/* One item, or a list of them in () or {}. */
bool ipf_parse_list(ipf_parser_t *p, const ipf_item_t *kind, void *item);

/* Parses the line that begins with the current token, or one rule of it.
 * => Returns false once an error has been noted. */
bool ipf_parse_line(ipf_parser_t *p);

/* All clauses of a rule, up to its end, each where it may stand. The current token is the one after
 * the direction. */
bool ipf_parse_clauses(ipf_parser_t *p);

/* ---- the clauses; the current token is the one after their keyword ---- */

bool ipf_parse_log(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_on(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_via(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_dest(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_fastroute(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_family(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_tos(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_ttl(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_proto(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_from(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_to(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_flags(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_icmp(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_with(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_keep(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_set_tag(ipf_parser_t *p, const ipf_token_t *keyword);
bool ipf_parse_match_tag(ipf_parser_t *p, const ipf_token_t *keyword);

/* An IPv4 or IPv6 address without a mask, into *address and *family (4 or 6). */
bool ipf_parse_host(ipf_parser_t *p, i6addr_t *address, int *family);

/* Whether an address follows `to`, and not an interface: of a name, whether the table of hosts has
 * it. */
bool ipf_at_object(ipf_parser_t *p);

#endif
