/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines: settings, macros, and rules with their actions, directions and groups. A rule's clauses
 * are in ipf_parse_clause.c.
 */
#include "filter/ipf_parse.h"

#include "filter/ipf_parser.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

/* ---- the head of a rule ---- */

/* return := "return-rst" | ("return-icmp" | "return-icmp-as-dest") [ "(" CODE ")" ] */
static bool parse_return(ipf_parser_t *p)
{
    frentry_t *fr = ipf_first(p);
    ipf_token_t token = p->token;
    uint32_t code;

    if (ipf_known_word(ipf_returns, &token) == NULL)
        return true;
    if (!FR_ISBLOCK(fr->fr_flags) && !FR_ISAUTH(fr->fr_flags))
        return ipf_fail(p, &token, "%s goes with 'block' only", ipf_quote(&token).text);
    ipf_mark(p, IPF_PLACE_RETURN, &token);
    ipf_advance(p);
    if (ipf_token_is(&token, "return-rst")) {
        fr->fr_flags |= FR_RETRST;
        return true;
    }
    fr->fr_flags |= ipf_token_is(&token, "return-icmp") ? FR_RETICMP : FR_FAKEICMP;
    if (!ipf_accept(p, "("))
        return true;
    ipf_mark(p, IPF_PLACE_CODE, &p->token);
    if (!ipf_parse_named(p, "ICMP code", ipf_icmp_codes, 255, &code))
        return false;
    fr->fr_icode = (uint8_t)code;
    return ipf_expect(p, ")");
}

/* call [ now ] FUNC "/" N */
static bool parse_call(ipf_parser_t *p)
{
    static const char *const functions[] = {"srcgrpmap", "dstgrpmap", "fr_srcgrpmap",
                                            "fr_dstgrpmap", NULL};
    frentry_t *fr = ipf_first(p);
    if (ipf_accept(p, "now"))
        fr->fr_flags |= FR_CALLNOW;
    ipf_token_t name = p->token;
    char given[sizeof(fr->fr_rare->fr_func)];
    if (!ipf_parse_name(p, "a function after 'call'", given, sizeof(given)))
        return false;
    const char *function = ipf_known_word(functions, &name);
    if (function == NULL)
        return ipf_unknown(p, &name, "function", ipf_near_word(functions, &name), NULL);
    strcpy(ipf_rare(p, fr)->fr_func, function);
    return ipf_expect(p, "/") && ipf_parse_number(p, "a group's number", UINT32_MAX, &fr->fr_arg);
}

/* What stands between the action and the direction. */
static bool parse_action(ipf_parser_t *p, const ipf_token_t *action)
{
    frentry_t *fr = ipf_first(p);
    if (ipf_token_is(action, "log"))
        return ipf_parse_log(p, action);
    if (ipf_token_is(action, "skip"))
        return ipf_parse_number(p, "a number of rules after 'skip'", INT32_MAX, &fr->fr_arg);
    if (ipf_token_is(action, "call"))
        return parse_call(p);
    return parse_return(p);
}

static bool parse_direction(ipf_parser_t *p)
{
    frentry_t *fr = ipf_first(p);
    if (ipf_accept(p, "in")) {
        fr->fr_flags |= FR_INQUE;
        return true;
    }
    if (ipf_accept(p, "out")) {
        fr->fr_flags |= FR_OUTQUE;
        return true;
    }
    const char *near = ipf_near_word(ipf_returns, &p->token);
    if (near != NULL && FR_ISBLOCK(fr->fr_flags) && (fr->fr_flags & FR_RETMASK) == 0)
        return ipf_unknown(p, &p->token, "word", near, NULL);
    return ipf_expected(p, "'in' or 'out'");
}

/* ---- groups: a rule takes from its group's head what it does not say itself ---- */

static bool remember_head(ipf_parser_t *p, const frentry_t *fr)
{
    struct ipf_head *head;
    HASH_FIND_STR(p->heads, fr->fr_grhead, head);
    if (head == NULL) {
        head = calloc(1, sizeof(*head));
        if (head == NULL) {
            p->result = ENOMEM;
            return false;
        }
        memcpy(head->fr.fr_grhead, fr->fr_grhead, FR_GROUPLEN);
        HASH_ADD_STR(p->heads, fr.fr_grhead, head);
        if (head->hh.tbl == NULL) {
            free(head);
            p->result = ENOMEM;
            return false;
        }
    }
    head->fr = *fr;
    head->fr.fr_rare = NULL; /* it is gone after the line */
    return true;
}

/* Whether a rule can have the protocol of its head: only TCP and UDP have ports. */
static bool suits_proto(const frentry_t *fr, const frentry_t *head)
{
    bool ports = fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE;
    return !ports || (head->fr_mflx & FI_TCPUDP) != 0 || head->fr_proto == IPPROTO_TCP ||
           head->fr_proto == IPPROTO_UDP;
}

/* IPFilter: fillgroup(). */
static void fill_from_head(const ipf_parser_t *p, frentry_t *fr)
{
    struct ipf_head *head;
    HASH_FIND_STR(p->heads, fr->fr_group, head);
    if (head == NULL || head->fr.fr_type != FR_T_IPF || fr->fr_type != FR_T_IPF)
        return;
    if (fr->fr_family == 0)
        fr->fr_family = head->fr.fr_family;
    if (!fr->fr_hasproto && (fr->fr_mflx & FI_TCPUDP) == 0 && suits_proto(fr, &head->fr)) {
        fr->fr_hasproto = head->fr.fr_hasproto;
        fr->fr_proto = head->fr.fr_proto;
        fr->fr_flx |= head->fr.fr_mflx & FI_TCPUDP;
        fr->fr_mflx |= head->fr.fr_mflx & FI_TCPUDP;
    }
}

/* ---- a rule ---- */

static bool give_rules(ipf_parser_t *p)
{
    for (size_t i = 0; i < p->count; i++) {
        frentry_t *fr = &p->rules[i];
        fr->fr_rare = memcmp(&p->rares[i], &fr_says_nothing, sizeof(fr_says_nothing)) != 0
                          ? &p->rares[i]
                          : &fr_says_nothing;
        if (fr->fr_group[0] != '\0')
            fill_from_head(p, fr);
        if (fr->fr_grhead[0] != '\0' && !remember_head(p, fr))
            return false;
        p->result = p->func(p->func_arg, fr);
        if (p->result != 0)
            return false;
        p->rules_given++;
    }
    return true;
}

/* The current token is the one after the action. */
static bool parse_rule(ipf_parser_t *p, const ipf_token_t *action, uint32_t command,
                       const frentry_t *position)
{
    frentry_t fr = {.fr_flags = command,
                    .fr_line = (int)action->line,
                    .fr_column = (int)action->column,
                    .fr_family = p->family,
                    .fr_collect = position->fr_collect,
                    .fr_insert = position->fr_insert,
                    .fr_loglevel = FR_NOLOGLEVEL,
                    .fr_logtag = FR_NOLOGTAG,
                    .fr_matchlogtag = FR_NOLOGTAG};

    ipf_mark_all(p, action);
    if (!ipf_begin_rule(p, &fr) || !parse_action(p, action) || !parse_direction(p) ||
        !ipf_parse_clauses(p) || !give_rules(p))
        return false;
    ipf_accept(p, ";");
    return p->result == 0;
}

/* ---- lines ---- */

/* set intercept_loopback (true|false); */
static bool parse_set(ipf_parser_t *p, const ipf_token_t *keyword)
{
    static const char *const names[] = {"intercept_loopback", NULL};

    if (p->rules_given > 0)
        return ipf_fail(p, keyword, "ipf rules before \"set\"");
    ipf_token_t name = p->token;
    if (name.kind != IPF_TOK_WORD)
        return ipf_expected(p, "a name after 'set'");
    if (!ipf_accept(p, names[0])) {
        const char *near = ipf_near_word(names, &name);
        if (near != NULL)
            return ipf_unknown(p, &name, "setting", near, NULL);
        return ipf_fail(p, &name, "'set' of %s is not modelled", ipf_quote(&name).text);
    }
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

#define MACRO_MAX 4096

/* Appends a token to a macro's value, after a blank if there was one before it.
 * => Returns false, after a message, if there is no room. */
static bool append_value(ipf_parser_t *p, char *value, size_t *length, const char *end)
{
    const ipf_token_t *token = &p->token;
    bool apart = end != NULL && token->source != end;
    if (*length + token->length + apart > MACRO_MAX)
        return ipf_fail(p, token, "a macro's value is %d bytes at most", MACRO_MAX);
    if (apart)
        value[(*length)++] = ' ';
    memcpy(value + *length, token->text, token->length);
    *length += token->length;
    return true;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/* $NAME ends where another character comes. */
static bool is_macro_name(const ipf_token_t *name)
{
    for (size_t i = 0; i < name->length; i++) {
        if (!is_letter(name->text[i]) && (i == 0 || name->text[i] < '0' || name->text[i] > '9'))
            return false;
    }
    return true;
}

/* Whether IP Filter takes a token for a value, or for the first of several words without quotes. */
static bool is_value(const ipf_parser_t *p)
{
    const ipf_token_t *token = &p->token;
    return p->lex.depth > 0 || token->kind == IPF_TOK_STRING ||
           (token->kind == IPF_TOK_WORD && token->length > 0 && is_letter(token->text[0]));
}

/* NAME = VALUE ; where the current token is the `=`. A value is a word, or stands in quotation
 * marks. Macros in it are replaced now. One that is written wrongly is set all the same, so that
 * it is one mistake. */
static bool parse_assignment(ipf_parser_t *p, const ipf_token_t *name)
{
    char value[MACRO_MAX];
    size_t length = 0, words = 0;
    const char *end = NULL; /* of the token before, where it was read from */
    ipf_token_t wrong = {.kind = IPF_TOK_END};

    ipf_advance(p);
    if (ipf_at_end(p))
        return ipf_expected(p, "a value after '='");
    while (!ipf_at_end(p)) {
        bool nested = p->lex.depth > 0;
        if (wrong.kind == IPF_TOK_END && (!is_value(p) || (words > 0 && !nested)))
            wrong = p->token;
        if (!append_value(p, value, &length, end))
            return false;
        end = p->token.source + p->token.width;
        words++;
        ipf_advance(p);
    }
    if (p->result != 0)
        return false;
    if (!ipf_macro_set(&p->macros, name->text, name->length, value, length)) {
        p->result = ENOMEM;
        return false;
    }
    if (!is_macro_name(name))
        return ipf_fail(p, name, "a macro's name has letters, digits and '_', and no digit first");
    if (wrong.kind != IPF_TOK_END)
        return ipf_fail(p, &wrong,
                        "a macro's value is a word, or stands in quotation marks, as in '%.*s = "
                        "\"...\";'",
                        (int)(name->length < 40 ? name->length : 40), name->text);
    if (!ipf_token_is(&p->token, ";"))
        return ipf_expected(p, "';' after a macro's value");
    ipf_advance(p);
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

/* Reports a line that does not begin with an action. */
static bool unknown_line(ipf_parser_t *p)
{
    ipf_token_t token = p->token;
    ipf_quote_t got = ipf_quote(&token);

    if (ipf_known_word(ipf_nat_words, &token) != NULL)
        return ipf_fail(p, &token, "rules for address translation (%s) are not modelled", got.text);
    if (ipf_known_word(ipf_pool_words, &token) != NULL)
        return ipf_fail(p, &token, "%s belongs into ippool.conf, not among rules", got.text);
    if (ipf_known_word(ipf_no_clauses, &token) != NULL)
        return ipf_fail(p, &token, "%s is not modelled", got.text);
    if (ipf_known_word(ipf_clauses, &token) != NULL)
        return ipf_fail(p, &token,
                        "%s cannot begin a line; end the line before it with '\\' to continue it",
                        got.text);
    if (token.kind == IPF_TOK_WORD)
        return ipf_unknown(p, &token, "action", ipf_near_word(ipf_actions, &token), NULL);
    return ipf_fail(p, &token, "expected 'pass', 'block' or another action, got %s", got.text);
}

/* [ "@" N ] [ collection number ], before an action. */
static bool parse_position(ipf_parser_t *p, frentry_t *position)
{
    position->fr_insert = UINT32_MAX;
    if (ipf_accept(p, "@") &&
        !ipf_parse_number(p, "a rule's number after '@'", INT32_MAX, &position->fr_insert))
        return false;
    if (is_digits(&p->token))
        return ipf_parse_number(p, "a collection number", INT32_MAX, &position->fr_collect);
    return true;
}

bool ipf_parse_line(ipf_parser_t *p)
{
    static const struct {
        const char *word;
        uint32_t command;
    } actions[] = {{"block", FR_BLOCK},       {"pass", FR_PASS},     {"log", FR_LOG},
                   {"nomatch", FR_NOMATCH},   {"count", FR_ACCOUNT}, {"auth", FR_AUTH},
                   {"preauth", FR_PREAUTH},   {"skip", FR_SKIP},     {"call", FR_CALL},
                   {"decapsulate", FR_DECAPS}};
    frentry_t position = {0};

    if (p->token.kind == IPF_TOK_NEWLINE || ipf_token_is(&p->token, ";")) {
        ipf_advance(p);
        return true;
    }
    ipf_token_t keyword = p->token;
    if (ipf_accept(p, "set"))
        return parse_set(p, &keyword);
    if (!parse_position(p, &position))
        return false;
    keyword = p->token;
    for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
        if (ipf_accept(p, actions[i].word))
            return parse_rule(p, &keyword, actions[i].command, &position);
    }
    if (keyword.kind == IPF_TOK_WORD) {
        ipf_lex_t lex = p->lex;
        ipf_advance(p);
        if (p->result != 0)
            return false;
        if (ipf_token_is(&p->token, "="))
            return parse_assignment(p, &keyword);
        ipf_rewind(p, &lex, &keyword);
    }
    return unknown_line(p);
}
