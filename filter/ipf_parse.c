/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines, actions and the order of a rule's clauses. The clauses themselves are in
 * ipf_parse_match.c.
 */
#include "filter/ipf_parse.h"
#include "filter/ipf_parser.h"
#include "filter/ipf_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool at_end_of_line(const ipf_parser_t *p)
{
    return p->token.kind == IPF_TOK_NEWLINE || p->token.kind == IPF_TOK_END;
}

static const char *find_word(ipf_words_t words, const ipf_token_t *token)
{
    return token->kind == IPF_TOK_WORD ? ipf_word_find(words, token->text, token->length) : NULL;
}

static const char *near_word(ipf_words_t words, const ipf_token_t *token)
{
    return token->kind == IPF_TOK_WORD ? ipf_word_near(words, token->text, token->length) : NULL;
}

/* ---- the clauses of a rule ---- */

/* The order that they have in ipf.conf. */
typedef enum clause_rank { RANK_OPTION, RANK_PROTO, RANK_SRCDST, RANK_FLAGS } clause_rank_t;

typedef struct rule_state {
    clause_rank_t rank;
    const char *rank_word; /* the clause that reached this rank */
    unsigned seen;         /* a bit for each row of `clauses` */
} rule_state_t;

static bool clause_log(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    p->fr.fr_flags |= FR_LOG;
    if (find_word(ipf_log_options, &p->token) != NULL)
        return ipf_fail(p, &p->token, "'log %.*s' is not supported yet", (int)p->token.length,
                        p->token.text);
    return true;
}

static bool clause_quick(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    p->fr.fr_flags |= FR_QUICK;
    return true;
}

static bool is_letter(const ipf_token_t *token)
{
    char c = *token->text;
    return token->kind == IPF_TOK_WORD && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
}

static bool is_word_of_the_language(const ipf_token_t *token)
{
    static const char *const others[] = {"in", "out", "return-rst", "any", "port", "mask", NULL};
    static const ipf_words_t lists[] = {ipf_actions,       ipf_later_actions, ipf_clauses,
                                        ipf_later_clauses, ipf_later_returns, others};
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (find_word(lists[i], token) != NULL)
            return true;
    }
    return false;
}

static bool clause_on(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    ipf_token_t name = p->token;
    /* A name that is a word of the language is a name that was forgotten. */
    if (!is_letter(&name) || is_word_of_the_language(&name))
        return ipf_fail(p, &name, "expected an interface after 'on', got %s",
                        ipf_quote(&name).text);
    if (name.length >= sizeof(p->fr.fr_ifname))
        return ipf_fail(p, &name, "%s is too long for an interface", ipf_quote(&name).text);
    memcpy(p->fr.fr_ifname, name.text, name.length);
    ipf_advance(p);
    if (ipf_token_is(&p->token, ","))
        return ipf_fail(p, &p->token, "more than one interface after 'on' is not supported yet");
    if (ipf_token_is(&p->token, ":"))
        return ipf_fail(p, &name, "a logical interface after 'on' is not supported");
    return true;
}

static bool clause_proto(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    return ipf_parse_proto(p);
}

static bool clause_all(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)p;
    (void)keyword;
    return true;
}

static bool clause_from(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    p->fr.fr_type = FR_T_IPF;
    return ipf_parse_object(p, &p->fr.fr_src, &p->fr.fr_sport);
}

/* Whether a word can begin an address, and is not an interface: `to` can take both. */
static bool is_object(const ipf_token_t *token)
{
    static const char *const objects[] = {"any", "localhost", "port", NULL};
    return token->kind != IPF_TOK_WORD || (*token->text >= '0' && *token->text <= '9') ||
           find_word(objects, token) != NULL || find_word(ipf_later_objects, token) != NULL;
}

static bool clause_to(ipf_parser_t *p, const ipf_token_t *keyword)
{
    if (p->fr.fr_type == FR_T_NONE && !is_object(&p->token))
        return ipf_fail(p, keyword, "'to' an interface is not supported yet");
    p->fr.fr_type = FR_T_IPF;
    return ipf_parse_object(p, &p->fr.fr_dst, &p->fr.fr_dport);
}

typedef struct clause {
    const char *word;
    clause_rank_t rank;
    bool (*parse)(ipf_parser_t *p, const ipf_token_t *keyword);
} clause_t;

/* ipf_clauses[] has the same words; SEEN_* below counts on the order. */
static const clause_t clauses[] = {
    {"log", RANK_OPTION, clause_log}, {"quick", RANK_OPTION, clause_quick},
    {"on", RANK_OPTION, clause_on},   {"proto", RANK_PROTO, clause_proto},
    {"all", RANK_SRCDST, clause_all}, {"from", RANK_SRCDST, clause_from},
    {"to", RANK_SRCDST, clause_to},   {"flags", RANK_FLAGS, ipf_parse_flags},
};

enum { SEEN_ALL = 1u << 4, SEEN_FROM = 1u << 5, SEEN_TO = 1u << 6 };

#define CLAUSE_COUNT (sizeof(clauses) / sizeof(clauses[0]))

static bool unknown_clause(ipf_parser_t *p)
{
    static const char *const returns[] = {"return-rst", NULL};
    static const char *const directions[] = {"in", "out", NULL};
    static const ipf_words_t candidates[] = {ipf_clauses, ipf_later_clauses};
    const ipf_token_t *token = &p->token;

    if (find_word(ipf_later_clauses, token) != NULL ||
        find_word(ipf_later_returns, token) != NULL || ipf_token_is(token, "$"))
        return ipf_fail_later(p, token);
    if (find_word(directions, token) != NULL)
        return ipf_fail(p, token, "a rule has one direction, and it stands first: %s",
                        ipf_quote(token).text);
    if (ipf_token_is(token, "port"))
        return ipf_fail(p, token, "'port' follows the address it belongs to, once");
    if (find_word(returns, token) != NULL)
        return ipf_fail(p, token, "'return-rst' belongs between 'block' and 'in'");
    if (find_word(ipf_actions, token) != NULL || find_word(ipf_later_actions, token) != NULL)
        return ipf_fail(p, token, "a rule must begin on a line of its own: %s",
                        ipf_quote(token).text);
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        const char *near = near_word(candidates[i], token);
        if (near != NULL)
            return ipf_fail(p, token, "unknown word %s; did you mean '%s'?", ipf_quote(token).text,
                            near);
    }
    return ipf_fail(p, token, "unexpected %s in a rule", ipf_quote(token).text);
}

/* Whether a clause may stand here, by what came before it. */
static bool clause_in_order(ipf_parser_t *p, const clause_t *clause, const rule_state_t *state)
{
    unsigned bit = 1u << (clause - clauses);
    const ipf_token_t *token = &p->token;

    if ((state->seen & bit) != 0)
        return ipf_fail(p, token, "duplicate '%s'", clause->word);
    if (clause->rank < state->rank)
        return ipf_fail(p, token, "'%s' must stand before '%s'", clause->word, state->rank_word);
    if (clause->rank != RANK_SRCDST)
        return true;
    if ((state->seen & SEEN_ALL) != 0)
        return ipf_fail(p, token, "'%s' cannot follow 'all'", clause->word);
    if (bit == SEEN_ALL && (state->seen & (SEEN_FROM | SEEN_TO)) != 0)
        return ipf_fail(p, token, "'all' cannot follow '%s'", state->rank_word);
    if (bit == SEEN_FROM && (state->seen & SEEN_TO) != 0)
        return ipf_fail(p, token, "'from' must stand before 'to'");
    return true;
}

static bool parse_clause(ipf_parser_t *p, rule_state_t *state)
{
    for (size_t i = 0; i < CLAUSE_COUNT; i++) {
        if (!ipf_token_is(&p->token, clauses[i].word))
            continue;
        if (!clause_in_order(p, &clauses[i], state))
            return false;
        ipf_token_t keyword = p->token;
        state->seen |= 1u << i;
        state->rank = clauses[i].rank;
        state->rank_word = clauses[i].word;
        ipf_advance(p);
        return clauses[i].parse(p, &keyword);
    }
    return unknown_clause(p);
}

/* ---- a rule ---- */

static bool parse_return(ipf_parser_t *p, bool block)
{
    ipf_token_t token = p->token;
    static const char *const words[] = {"return-rst", "return-icmp", "return-icmp-as-dest", NULL};

    if (find_word(words, &token) == NULL)
        return true;
    if (!block)
        return ipf_fail(p, &token, "%s goes with 'block' only", ipf_quote(&token).text);
    if (find_word(ipf_later_returns, &token) != NULL)
        return ipf_fail_later(p, &token);
    p->fr.fr_flags |= FR_RETRST;
    ipf_advance(p);
    return true;
}

static bool parse_direction(ipf_parser_t *p)
{
    static const char *const returns[] = {"return-rst", "return-icmp", "return-icmp-as-dest", NULL};

    if (ipf_accept(p, "in")) {
        p->fr.fr_flags |= FR_INQUE;
        return true;
    }
    if (ipf_accept(p, "out")) {
        p->fr.fr_flags |= FR_OUTQUE;
        return true;
    }
    ipf_quote_t got = ipf_quote(&p->token);
    const char *near = near_word(returns, &p->token);
    if (near != NULL && (p->fr.fr_flags & (FR_RETMASK | FR_PASS)) == 0)
        return ipf_fail(p, &p->token, "unknown word %s; did you mean '%s'?", got.text, near);
    return ipf_fail(p, &p->token, "expected 'in' or 'out', got %s", got.text);
}

static bool add_rule(ipf_parser_t *p, const ipf_token_t *keyword)
{
    const frentry_t *same;
    char message[100];
    int error = frrequest(p->set, &p->fr, &same);
    if (error == ENOMEM) {
        p->result = ENOMEM;
        return false;
    }
    if (error == EEXIST && p->note != NULL) {
        snprintf(message, sizeof(message), "this rule is there already, in line %d: left out",
                 same->fr_line);
        p->note(p->note_arg, keyword->line, (int)keyword->column, message);
    }
    return true;
}

/* The current token is the one after the action. */
static bool parse_rule(ipf_parser_t *p, const ipf_token_t *keyword, bool block)
{
    rule_state_t state = {.rank = RANK_OPTION, .rank_word = "in"};

    p->fr = (frentry_t){.fr_flags = block ? FR_BLOCK : FR_PASS, .fr_line = keyword->line};
    if (!parse_return(p, block) || !parse_direction(p))
        return false;
    while (!at_end_of_line(p) && !ipf_token_is(&p->token, ";")) {
        if (!parse_clause(p, &state))
            return false;
    }
    ipf_accept(p, ";");
    return add_rule(p, keyword);
}

/* ---- lines ---- */

static bool parse_set(ipf_parser_t *p, const ipf_token_t *keyword)
{
    static const char *const names[] = {"intercept_loopback", NULL};

    if (p->set->frs_count > 0)
        return ipf_fail(p, keyword, "ipf rules before \"set\"");
    if (!ipf_token_is(&p->token, "intercept_loopback")) {
        ipf_quote_t got = ipf_quote(&p->token);
        const char *near = near_word(names, &p->token);
        if (p->token.kind != IPF_TOK_WORD)
            return ipf_fail(p, &p->token, "expected a name after 'set', got %s", got.text);
        if (near != NULL)
            return ipf_fail(p, &p->token, "unknown setting %s; did you mean '%s'?", got.text, near);
        return ipf_fail(p, &p->token, "'set' of %s is not supported yet", got.text);
    }
    ipf_advance(p);
    ipf_token_t value = p->token;
    if (ipf_accept(p, "true"))
        *p->intercept = IPF_INTERCEPT_TRUE;
    else if (ipf_accept(p, "false"))
        *p->intercept = IPF_INTERCEPT_FALSE;
    else
        return ipf_fail(p, &value, "'intercept_loopback' is 'true' or 'false', not %s",
                        ipf_quote(&value).text);
    if (!ipf_accept(p, ";"))
        return ipf_fail(p, &p->token, "expected ';' after 'set intercept_loopback %.*s', got %s",
                        (int)value.length, value.text, ipf_quote(&p->token).text);
    return true;
}

static bool is_digits(const ipf_token_t *token)
{
    for (size_t i = 0; i < token->length; i++) {
        if (token->text[i] < '0' || token->text[i] > '9')
            return false;
    }
    return token->kind == IPF_TOK_WORD;
}

/* A line that begins with none of the actions that are there. */
static bool unknown_line(ipf_parser_t *p)
{
    static const ipf_words_t candidates[] = {ipf_actions, ipf_later_actions, ipf_nat_words};
    ipf_token_t token = p->token;
    ipf_quote_t got = ipf_quote(&token);

    if (ipf_token_is(&token, "@"))
        return ipf_fail(p, &token, "a rule's position ('@') is not supported yet");
    if (ipf_token_is(&token, "$"))
        return ipf_fail(p, &token, "macros ('$') are not supported yet");
    if (find_word(ipf_nat_words, &token) != NULL)
        return ipf_fail(p, &token, "rules for address translation (%s) are not supported yet",
                        got.text);
    if (find_word(ipf_later_actions, &token) != NULL)
        return ipf_fail_later(p, &token);
    if (is_digits(&token))
        return ipf_fail(p, &token, "a collection number (%s) is not supported yet", got.text);
    ipf_advance(p);
    if (token.kind == IPF_TOK_WORD && ipf_token_is(&p->token, "="))
        return ipf_fail(p, &token, "macros (%s) are not supported yet", got.text);
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        const char *near = near_word(candidates[i], &token);
        if (near != NULL)
            return ipf_fail(p, &token, "unknown action %s; did you mean '%s'?", got.text, near);
    }
    if (token.kind == IPF_TOK_WORD)
        return ipf_fail(p, &token, "unknown action %s", got.text);
    return ipf_fail(p, &token, "expected 'pass', 'block' or 'set', got %s", got.text);
}

static bool parse_line(ipf_parser_t *p)
{
    ipf_token_t keyword = p->token;

    if (p->token.kind == IPF_TOK_NEWLINE) {
        ipf_advance(p);
        return true;
    }
    if (ipf_accept(p, "block"))
        return parse_rule(p, &keyword, true);
    if (ipf_accept(p, "pass"))
        return parse_rule(p, &keyword, false);
    if (ipf_accept(p, "set"))
        return parse_set(p, &keyword);
    return unknown_line(p);
}

int ipf_parse(const char *text, size_t length, fr_ruleset_t *set, ipf_intercept_t *intercept,
              ipf_note_t note, void *note_arg, ipf_error_t *error)
{
    ipf_parser_t p = {
        .set = set, .intercept = intercept, .note = note, .note_arg = note_arg, .error = error};

    ipf_lex_init(&p.lex, text, length);
    ipf_advance(&p);
    while (p.token.kind != IPF_TOK_END) {
        if (!parse_line(&p))
            break;
    }
    return p.result;
}
