/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clauses of a rule: which there are, in which order they may stand, and those that are one or
 * two words. The others are in ipf_parse_option.c, ipf_parse_object.c, ipf_parse_match.c and
 * ipf_parse_tail.c.
 */
#include "filter/ipf_parser.h"

#include <string.h>

/* ---- small clauses ---- */

static bool clause_quick(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    IPF_EACH(p, fr)
    fr->fr_flags |= FR_QUICK;
    return true;
}

static bool clause_all(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)p;
    (void)keyword;
    return true;
}

static bool clause_head(ipf_parser_t *p, const ipf_token_t *keyword)
{
    char name[FR_GROUPLEN];
    (void)keyword;
    ipf_mark(p, IPF_PLACE_HEAD, &p->token);
    if (!ipf_parse_name(p, "a group after 'head'", name, sizeof(name)))
        return false;
    IPF_EACH(p, fr)
    memcpy(fr->fr_grhead, name, sizeof(name));
    return true;
}

static bool clause_group(ipf_parser_t *p, const ipf_token_t *keyword)
{
    char name[FR_GROUPLEN];
    (void)keyword;
    ipf_mark(p, IPF_PLACE_GROUP, &p->token);
    if (!ipf_parse_name(p, "a group after 'group'", name, sizeof(name)))
        return false;
    IPF_EACH(p, fr)
    memcpy(fr->fr_group, name, sizeof(name));
    return true;
}

static bool clause_pps(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t pps;
    (void)keyword;
    if (!ipf_parse_number(p, "packets a second after 'pps'", INT32_MAX, &pps))
        return false;
    IPF_EACH(p, fr)
    fr->fr_pps = pps;
    return true;
}

/* How long the rule lives: only read and printed. */
static bool clause_rulettl(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t seconds;
    ipf_mark(p, IPF_PLACE_RULE_TTL, keyword);
    if (!ipf_parse_number(p, "seconds after 'rule-ttl'", INT32_MAX, &seconds))
        return false;
    IPF_EACH(p, fr)
    fr->fr_rulettl = seconds;
    return true;
}

static bool clause_comment(ipf_parser_t *p, const ipf_token_t *keyword)
{
    char text[FR_COMMENT_MAX];
    (void)keyword;
    if (!ipf_parse_comment(p, text, sizeof(text)))
        return false;
    IPF_EACH(p, fr)
    memcpy(ipf_rare(p, fr)->fr_comment, text, sizeof(text));
    return true;
}

/* age N[/N], as a clause of its own: the lifetime of what `keep state` makes. */
static bool clause_age(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t age[2];
    if ((ipf_first(p)->fr_flags & FR_KEEPSTATE) == 0)
        return ipf_fail(p, keyword, "'age' needs 'keep state'");
    if (!ipf_parse_number(p, "seconds after 'age'", INT32_MAX, &age[0]))
        return false;
    age[1] = age[0];
    if (ipf_accept(p, "/") && !ipf_parse_number(p, "seconds after '/'", INT32_MAX, &age[1]))
        return false;
    IPF_EACH(p, fr)
    memcpy(fr->fr_age, age, sizeof(age));
    return true;
}

/* ---- the order of clauses ---- */

typedef enum clause_rank {
    RANK_OPTION,
    RANK_FAMILY,
    RANK_TOS,
    RANK_TTL,
    RANK_PROTO,
    RANK_SRCDST,
    RANK_FLAGS,
    RANK_WITH,
    RANK_KEEP,
    RANK_HEAD,
    RANK_TAG,
    RANK_PPS
} clause_rank_t;

typedef struct clause {
    const char *word;
    clause_rank_t rank;
    bool (*parse)(ipf_parser_t *p, const ipf_token_t *keyword);
    bool again; /* it may stand there more than once */
} clause_t;

static const clause_t clauses[] = {
    {"all", RANK_SRCDST, clause_all, false},
    {"from", RANK_SRCDST, ipf_parse_from, false},
    {"to", RANK_SRCDST, ipf_parse_to, false},
    {"log", RANK_OPTION, ipf_parse_log, false},
    {"quick", RANK_OPTION, clause_quick, false},
    {"on", RANK_OPTION, ipf_parse_on, false},
    {"in-via", RANK_OPTION, ipf_parse_via, false},
    {"out-via", RANK_OPTION, ipf_parse_via, false},
    {"dup-to", RANK_OPTION, ipf_parse_dest, false},
    {"route-to", RANK_OPTION, ipf_parse_dest, false},
    {"reply-to", RANK_OPTION, ipf_parse_dest, false},
    {"fastroute", RANK_OPTION, ipf_parse_fastroute, false},
    {"inet", RANK_FAMILY, ipf_parse_family, false},
    {"inet6", RANK_FAMILY, ipf_parse_family, false},
    {"family", RANK_FAMILY, ipf_parse_family, false},
    {"tos", RANK_TOS, ipf_parse_tos, false},
    {"ttl", RANK_TTL, ipf_parse_ttl, false},
    {"proto", RANK_PROTO, ipf_parse_proto, false},
    {"flags", RANK_FLAGS, ipf_parse_flags, false},
    {"icmp-type", RANK_FLAGS, ipf_parse_icmp, false},
    {"with", RANK_WITH, ipf_parse_with, true},
    {"and", RANK_WITH, ipf_parse_with, true},
    {"keep", RANK_KEEP, ipf_parse_keep, true},
    {"age", RANK_PPS, clause_age, false},
    {"head", RANK_HEAD, clause_head, false},
    {"group", RANK_HEAD, clause_group, false},
    {"set-tag", RANK_TAG, ipf_parse_set_tag, false},
    {"match-tag", RANK_TAG, ipf_parse_match_tag, false},
    {"pps", RANK_PPS, clause_pps, false},
    {"rule-ttl", RANK_PPS, clause_rulettl, false},
    {"comment", RANK_PPS, clause_comment, false},
};

enum { SEEN_ALL = 1u << 0, SEEN_FROM = 1u << 1, SEEN_TO = 1u << 2 };

#define CLAUSE_COUNT (sizeof(clauses) / sizeof(clauses[0]))

typedef struct rule_state {
    clause_rank_t rank;
    const char *rank_word; /* the clause that reached this rank */
    unsigned seen;         /* a bit for each row of `clauses` */
} rule_state_t;

static bool unknown_clause(ipf_parser_t *p)
{
    static const char *const directions[] = {"in", "out", NULL};
    const ipf_token_t *token = &p->token;
    ipf_quote_t got = ipf_quote(token);

    if (ipf_known_word(ipf_no_clauses, token) != NULL)
        return ipf_fail(p, token, "%s is not modelled", got.text);
    if (ipf_known_word(ipf_returns, token) != NULL)
        return ipf_fail(p, token, "%s belongs between 'block' and 'in'", got.text);
    if (ipf_known_word(directions, token) != NULL)
        return ipf_fail(p, token, "a rule has one direction, and it stands first: %s", got.text);
    if (ipf_token_is(token, "port"))
        return ipf_fail(p, token, "'port' follows the address it belongs to, once");
    if (ipf_token_is(token, "mask"))
        return ipf_fail(p, token, "'mask' follows the address it belongs to, once");
    if (ipf_token_is(token, "code"))
        return ipf_fail(p, token, "'code' follows 'icmp-type'");
    if (ipf_known_word(ipf_actions, token) != NULL)
        return ipf_fail(p, token, "a rule must begin on a line of its own: %s", got.text);
    if (token->kind == IPF_TOK_BAD && *token->text == '\\')
        return ipf_fail(p, token, "after '\\' comes a letter, a blank or the end of the line");
    if (token->kind == IPF_TOK_BAD && (*token->text == '"' || *token->text == '\''))
        return ipf_fail(p, token, "a string has no end on its line");
    const char *near = ipf_near_word(ipf_clauses, token);
    if (near != NULL)
        return ipf_unknown(p, token, "word", near, NULL);
    return ipf_fail(p, token, "unexpected %s in a rule", got.text);
}

/* Whether a clause may stand here, after the clauses before it. */
static bool clause_in_order(ipf_parser_t *p, const clause_t *clause, const rule_state_t *state)
{
    unsigned bit = 1u << (clause - clauses);
    const ipf_token_t *token = &p->token;

    if ((state->seen & bit) != 0 && !clause->again)
        return ipf_fail(p, token, "duplicate '%s'", clause->word);
    if (clause->rank == RANK_FAMILY && state->rank == RANK_FAMILY)
        return ipf_fail(p, token, "a rule names its family once");
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

/* `to IF`, an option, begins with the same word as `to ADDRESS`. */
static bool parse_to_option(ipf_parser_t *p, const rule_state_t *state, bool *was)
{
    *was = false;
    if (!ipf_token_is(&p->token, "to") || state->rank != RANK_OPTION)
        return true;
    ipf_lex_t lex = p->lex;
    ipf_token_t keyword = p->token;
    ipf_advance(p);
    bool object = ipf_at_object(p); /* looks ahead */
    ipf_rewind(p, &lex, &keyword);
    if (object)
        return true;
    *was = true;
    ipf_advance(p);
    if (ipf_rare(p, ipf_first(p))->fr_tif.fd_name[0] != '\0')
        return ipf_fail(p, &keyword, "duplicate 'to'");
    return ipf_parse_dest(p, &keyword);
}

static bool parse_clause(ipf_parser_t *p, rule_state_t *state)
{
    bool was;
    if (!parse_to_option(p, state, &was) || was)
        return was && p->result == 0;
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

bool ipf_parse_clauses(ipf_parser_t *p)
{
    rule_state_t state = {.rank = RANK_OPTION, .rank_word = "in"};
    while (!ipf_at_end(p)) {
        if (!parse_clause(p, &state))
            return false;
    }
    return p->result == 0;
}
