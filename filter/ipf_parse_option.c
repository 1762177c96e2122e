/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The options of a rule: logging, interfaces, and where else its packets go. */
#include "filter/ipf_parser.h"

#include <string.h>
#include <syslog.h>

/* ---- log [body] [first] [or-block] [level [FACILITY "."] PRIORITY] ---- */

/* The word after `level`: FACILITY.PRIORITY or PRIORITY. */
static bool parse_level(ipf_parser_t *p, uint16_t *level)
{
    ipf_token_t token = p->token;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "a syslog level, such as auth.info");
    const char *dot = memchr(token.text, '.', token.length);
    size_t facility_length = dot != NULL ? (size_t)(dot - token.text) : 0;
    const char *word = dot != NULL ? dot + 1 : token.text;
    size_t length = token.length - (size_t)(word - token.text);
    const ipf_name_t *facility = ipf_name_find(ipf_facilities, token.text, facility_length);
    const ipf_name_t *priority = ipf_name_find(ipf_priorities, word, length);
    if (dot != NULL && facility == NULL)
        return ipf_unknown(p, &token, "syslog facility in",
                           ipf_name_near(ipf_facilities, token.text, facility_length), NULL);
    if (priority == NULL)
        return ipf_unknown(p, &token, "syslog priority in",
                           ipf_name_near(ipf_priorities, word, length), NULL);
    *level = (uint16_t)(priority->number | (facility != NULL ? facility->number : LOG_LOCAL0));
    ipf_advance(p);
    return true;
}

bool ipf_parse_log(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t flags = FR_LOG;
    uint16_t level = ipf_first(p)->fr_loglevel; /* of a `log` before `in` */
    (void)keyword;
    for (;;) {
        if (ipf_accept(p, "body"))
            flags |= FR_LOGBODY;
        else if (ipf_accept(p, "first"))
            flags |= FR_LOGFIRST;
        else if (ipf_accept(p, "or-block"))
            flags |= FR_LOGORBLOCK;
        else if (!ipf_accept(p, "level"))
            break;
        else if (!parse_level(p, &level))
            return false;
    }
    IPF_EACH(p, fr)
    {
        fr->fr_flags |= flags;
        fr->fr_loglevel = level;
    }
    return true;
}

/* ---- interfaces ---- */

/* If the name is a word of the language, the name was forgotten. */
static bool is_interface(const ipf_token_t *token)
{
    static const char *const others[] = {"in", "out", "any", NULL};
    static const ipf_words_t lists[] = {ipf_actions, ipf_clauses, ipf_no_clauses, ipf_returns,
                                        others};
    char c = token->kind == IPF_TOK_WORD ? *token->text : ' ';
    if (ipf_token_is(token, "-") || ipf_token_is(token, "*"))
        return true; /* any */
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
        return false;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        if (ipf_word_find(lists[i], token->text, token->length) != NULL)
            return false;
    }
    return true;
}

/* "(!)" after the name, as a printed rule has it for an interface that is not there. */
static bool skip_mark(ipf_parser_t *p)
{
    return !ipf_accept(p, "(") || (ipf_expect(p, "!") && ipf_expect(p, ")"));
}

static bool parse_interface(ipf_parser_t *p, const ipf_token_t *keyword, char *name)
{
    ipf_token_t token = p->token;
    if (!is_interface(&token))
        return ipf_fail(p, &token, "expected an interface after '%.*s', got %s",
                        (int)keyword->length, keyword->text, ipf_quote(&token).text);
    if (token.length >= LIFNAMSIZ - 1)
        return ipf_fail(p, &token, "%s is too long for an interface", ipf_quote(&token).text);
    if (ipf_accept(p, "*")) {
        strcpy(name, "*");
        return true;
    }
    if (!ipf_parse_name(p, "an interface", name, LIFNAMSIZ))
        return false;
    /* A name can end with an asterisk, which is a part of it. */
    if (p->token.source == token.source + token.width && ipf_accept(p, "*"))
        strcat(name, "*");
    return skip_mark(p);
}

/* IF [ "," IF ] */
static bool parse_names(ipf_parser_t *p, const ipf_token_t *keyword, char names[2][LIFNAMSIZ])
{
    ipf_token_t token = p->token;
    if (!parse_interface(p, keyword, names[0]))
        return false;
    if (ipf_token_is(&p->token, ":"))
        return ipf_fail(p, &token, "a logical interface after '%.*s' is not supported",
                        (int)keyword->length, keyword->text);
    return !ipf_accept(p, ",") || parse_interface(p, keyword, names[1]);
}

/* Two of the rules' four names. */
static bool parse_interfaces(ipf_parser_t *p, const ipf_token_t *keyword, bool via)
{
    char names[2][LIFNAMSIZ] = {"", ""};
    if (!parse_names(p, keyword, names))
        return false;
    IPF_EACH(p, fr)
    memcpy(via ? ipf_rare(p, fr)->fr_vianames : fr->fr_ifnames, names, sizeof(names));
    return true;
}

static bool parse_on_item(ipf_parser_t *p, void *item)
{
    char(*names)[LIFNAMSIZ] = item;
    ipf_token_t keyword = {.kind = IPF_TOK_WORD, .text = "on", .length = 2};
    names[1][0] = '\0';
    return parse_names(p, &keyword, names);
}

/* If an item is a single interface, the second one of the previous item stays. */
static void apply_on(ipf_parser_t *p, frentry_t *fr, const void *item)
{
    (void)p;
    const char(*names)[LIFNAMSIZ] = item;
    memcpy(fr->fr_ifnames[0], names[0], LIFNAMSIZ);
    if (names[1][0] != '\0')
        memcpy(fr->fr_ifnames[1], names[1], LIFNAMSIZ);
}

/* on IF [ "," IF ], or a list: an item of it is a pair, too, so that { A, B } is A,B. */
bool ipf_parse_on(ipf_parser_t *p, const ipf_token_t *keyword)
{
    char names[2][LIFNAMSIZ] = {"", ""};
    ipf_mark(p, IPF_PLACE_ON, &p->token);
    if (ipf_token_is(&p->token, "{"))
        return ipf_parse_list(p, &(ipf_item_t){parse_on_item, apply_on}, names);
    return parse_interfaces(p, keyword, false);
}

/* in-via and out-via: both mean the interface of the other direction. */
bool ipf_parse_via(ipf_parser_t *p, const ipf_token_t *keyword)
{
    if (ipf_first(p)->fr_ifnames[0][0] == '\0')
        return ipf_fail(p, keyword, "'%.*s' follows 'on' and its interface", (int)keyword->length,
                        keyword->text);
    return parse_interfaces(p, keyword, true);
}

/* If nothing has set the rule's family yet, it becomes that of the address to which packets go. It
 * is printed, and a rule that compares something compares it, too. */
static void set_dest(frentry_t *fr, frdest_t *to, const frdest_t *dest)
{
    *to = *dest;
    if (fr->fr_family != 0 || dest->fd_family == 0)
        return;
    fr->fr_family = dest->fd_family;
    fr->fr_anyfamily = true;
}

/* (dup-to | to | route-to | reply-to) IF [ ":" ADDRESS ] */
bool ipf_parse_dest(ipf_parser_t *p, const ipf_token_t *keyword)
{
    frdest_t dest = {.fd_name = ""};
    ipf_mark(p,
             ipf_token_is(keyword, "dup-to")     ? IPF_PLACE_DUP_TO
             : ipf_token_is(keyword, "reply-to") ? IPF_PLACE_REPLY_TO
                                                 : IPF_PLACE_TO,
             keyword);
    if (!parse_interface(p, keyword, dest.fd_name))
        return false;
    if (ipf_token_is(&p->token, ","))
        return ipf_fail(p, &p->token, "an address after an interface follows ':', not ','");
    if (ipf_accept(p, ":") && !ipf_parse_host(p, &dest.fd_ip, &dest.fd_family))
        return false;
    IPF_EACH(p, fr)
    {
        frentry_rare_t *rare = ipf_rare(p, fr);
        if (ipf_token_is(keyword, "dup-to"))
            set_dest(fr, &rare->fr_dif, &dest);
        else if (ipf_token_is(keyword, "reply-to"))
            set_dest(fr, &rare->fr_rif, &dest);
        else
            set_dest(fr, &rare->fr_tif, &dest);
    }
    return true;
}

bool ipf_parse_fastroute(ipf_parser_t *p, const ipf_token_t *keyword)
{
    ipf_mark(p, IPF_PLACE_FASTROUTE, keyword);
    IPF_EACH(p, fr)
    fr->fr_flags |= FR_FASTROUTE;
    return true;
}
