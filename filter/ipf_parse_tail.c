/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The clauses at a rule's end: with, keep, and tags.
 */
#include "filter/ipf_parser.h"

#include <netinet/in.h>

#include <stdlib.h>
#include <string.h>

/* ---- with ---- */

/* NAME { "," NAME } of a table with bits. */
static bool parse_bits(ipf_parser_t *p, const char *what, const ipf_name_t *table, uint32_t *bits)
{
    do {
        ipf_token_t token = p->token;
        const ipf_name_t *name =
            token.kind == IPF_TOK_WORD ? ipf_name_find(table, token.text, token.length) : NULL;
        if (token.kind != IPF_TOK_WORD)
            return ipf_expected_one(p, what);
        if (name == NULL)
            return ipf_unknown(p, &token, what, ipf_name_near(table, token.text, token.length),
                               NULL);
        *bits |= name->bit;
        ipf_advance(p);
    } while (ipf_accept(p, ","));
    return true;
}

/* opt NAME { "," NAME }, where a NAME can be `sec-class CLASS{,CLASS}`. */
static bool parse_opt(ipf_parser_t *p, bool negated)
{
    uint32_t options = 0, classes = 0;
    bool more;
    do {
        if (ipf_accept(p, "sec-class")) {
            if (!parse_bits(p, "security class", ipf_secclasses, &classes))
                return false;
            break;
        }
        ipf_token_t token = p->token;
        const ipf_name_t *name = token.kind == IPF_TOK_WORD
                                     ? ipf_name_find(ipf_options, token.text, token.length)
                                     : NULL;
        if (token.kind != IPF_TOK_WORD)
            return ipf_expected(p, "an IP option");
        if (name == NULL)
            return ipf_unknown(p, &token, "IP option",
                               ipf_name_near(ipf_options, token.text, token.length), NULL);
        options |= name->bit;
        ipf_advance(p);
        more = ipf_accept(p, ",");
    } while (more);
    if (ipf_first(p)->fr_family == 6)
        return ipf_fail(p, &p->token, "IP options are not in IPv6 packets");
    IPF_EACH(p, fr)
    {
        fr->fr_family = 4;
        fr->fr_optmask |= options;
        fr->fr_secmask |= (uint16_t)classes;
        if (!negated) {
            fr->fr_optbits |= options;
            fr->fr_secbits |= (uint16_t)classes;
        }
    }
    return true;
}

static bool parse_v6hdrs(ipf_parser_t *p)
{
    uint32_t headers = 0;
    if (ipf_first(p)->fr_family == 4)
        return ipf_fail(p, &p->token, "IPv6 extension headers are not in IPv4 packets");
    if (!parse_bits(p, "IPv6 extension header", ipf_v6hdrs, &headers))
        return false;
    IPF_EACH(p, fr)
    {
        fr->fr_family = 6;
        fr->fr_optmask |= headers;
        fr->fr_optbits |= headers;
    }
    return true;
}

/* [ not | no ] (WORD | opt ... | v6hdr ...) */
static bool parse_with_item(ipf_parser_t *p)
{
    bool negated = ipf_accept(p, "not") || ipf_accept(p, "no");
    if (ipf_accept(p, "opt"))
        return parse_opt(p, negated);
    if (negated && ipf_token_is(&p->token, "v6hdr"))
        return ipf_fail(p, &p->token, "'v6hdr' cannot be negated: only 'not v6hdrs' can be said");
    if (ipf_accept(p, "v6hdr"))
        return parse_v6hdrs(p);
    ipf_token_t token = p->token;
    const ipf_name_t *with =
        token.kind == IPF_TOK_WORD ? ipf_name_find(ipf_withs, token.text, token.length) : NULL;
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "what the packet is to be with");
    if (with == NULL)
        return ipf_unknown(p, &token, "word after 'with'",
                           ipf_name_near(ipf_withs, token.text, token.length), NULL);
    if ((with->bit & (FI_NATED | FI_BADNAT)) != 0)
        ipf_mark(p, IPF_PLACE_NAT, &token);
    IPF_EACH(p, fr)
    {
        fr->fr_mflx |= with->bit;
        if (!negated)
            fr->fr_flx |= with->bit;
    }
    ipf_advance(p);
    return true;
}

static bool at_with_item(const ipf_parser_t *p)
{
    static const char *const words[] = {"not", "no", "opt", "v6hdr", NULL};
    const ipf_token_t *token = &p->token;
    return token->kind == IPF_TOK_WORD &&
           (ipf_word_find(words, token->text, token->length) != NULL ||
            ipf_name_find(ipf_withs, token->text, token->length) != NULL);
}

/* (with | and) item { [","] item } */
bool ipf_parse_with(ipf_parser_t *p, const ipf_token_t *keyword)
{
    (void)keyword;
    IPF_EACH(p, fr)
    fr->fr_type = FR_T_IPF;
    do {
        if (!parse_with_item(p))
            return false;
    } while (ipf_accept(p, ",") || at_with_item(p));
    return true;
}

/* ---- keep ---- */

/* The options of `keep state (...)`, for all rules of the line. */
typedef struct state_options {
    uint32_t flags;
    frentry_t fr;
    char icmphead[FR_GROUPLEN];
} state_options_t;

static bool parse_age(ipf_parser_t *p, frentry_t *fr)
{
    if (!ipf_parse_number(p, "seconds after 'age'", INT32_MAX, &fr->fr_age[0]))
        return false;
    fr->fr_age[1] = fr->fr_age[0];
    return !ipf_accept(p, "/") ||
           ipf_parse_number(p, "seconds after '/'", INT32_MAX, &fr->fr_age[1]);
}

static bool parse_per_src(ipf_parser_t *p, frentry_t *fr)
{
    if (!ipf_parse_number(p, "a number after 'max-per-src'", INT32_MAX, &fr->fr_maxpersrc))
        return false;
    fr->fr_maxpersrcbits = ipf_first(p)->fr_family == 4 ? 32 : 128;
    return !ipf_accept(p, "/") ||
           ipf_parse_number(p, "mask bits after '/'", 128, &fr->fr_maxpersrcbits);
}

/* Options that are only for TCP. */
#define OF_TCP (FR_STSTRICT | FR_STLOOSE | FR_NEWISN)

static bool is_tcp(const frentry_t *fr)
{
    return fr->fr_hasproto && fr->fr_proto == IPPROTO_TCP;
}

static bool parse_state_option(ipf_parser_t *p, state_options_t *o)
{
    static const struct {
        const char *word;
        uint32_t flag;
    } flags[] = {{"strict", FR_STSTRICT},
                 {"loose", FR_STLOOSE},
                 {"newisn", FR_NEWISN},
                 {"no-icmp-err", FR_NOICMPERR},
                 {"sync", FR_STATESYNC}};
    static const char *const words[] = {"strict", "loose", "newisn",    "no-icmp-err", "sync",
                                        "limit",  "age",   "max-srcs",  "max-per-src", "icmp-head",
                                        "nolog",  "rpc",   "max-nodes", NULL};
    ipf_token_t token = p->token;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!ipf_accept(p, flags[i].word))
            continue;
        o->flags |= flags[i].flag;
        if ((flags[i].flag & (FR_NEWISN | FR_STATESYNC)) != 0)
            ipf_mark(p, IPF_PLACE_SYNC, &token);
        if ((flags[i].flag & OF_TCP) != 0 && !is_tcp(ipf_first(p)))
            return ipf_fail(p, &token, "'%s' needs 'proto tcp'", flags[i].word);
        if ((o->flags & (FR_STSTRICT | FR_STLOOSE)) == (FR_STSTRICT | FR_STLOOSE))
            return ipf_fail(p, &token, "'strict' and 'loose' exclude each other");
        return true;
    }
    if (ipf_accept(p, "limit"))
        return ipf_parse_number(p, "a number after 'limit'", INT32_MAX, &o->fr.fr_statemax);
    if (ipf_accept(p, "max-srcs") || ipf_accept(p, "max-nodes"))
        return ipf_parse_number(p, "a number after 'max-srcs'", INT32_MAX, &o->fr.fr_maxsrcs);
    if (ipf_accept(p, "max-per-src"))
        return parse_per_src(p, &o->fr);
    if (ipf_accept(p, "age") || ipf_accept(p, "state-age"))
        return parse_age(p, &o->fr);
    if (ipf_accept(p, "icmp-head")) {
        ipf_mark(p, IPF_PLACE_ICMP_HEAD, &token);
        return ipf_parse_name(p, "a group after 'icmp-head'", o->icmphead, FR_GROUPLEN);
    }
    if (ipf_accept(p, "nolog") || ipf_accept(p, "no-log")) {
        o->fr.fr_nolog = true;
        return true;
    }
    if (ipf_token_is(&token, "rpc"))
        return ipf_fail(p, &token, "'rpc' is not modelled");
    if (token.kind != IPF_TOK_WORD)
        return ipf_expected(p, "an option of 'keep state'");
    return ipf_unknown(p, &token, "option of 'keep state'",
                       ipf_word_near(words, token.text, token.length), NULL);
}

static bool parse_state(ipf_parser_t *p)
{
    state_options_t o = {.flags = FR_KEEPSTATE};
    if (ipf_accept(p, "(")) {
        do {
            if (!parse_state_option(p, &o))
                return false;
        } while (ipf_accept(p, ",") || p->token.kind == IPF_TOK_WORD);
        if (!ipf_expect(p, ")"))
            return false;
    }
    IPF_EACH(p, fr)
    {
        fr->fr_flags |= o.flags;
        fr->fr_statemax = o.fr.fr_statemax;
        fr->fr_maxsrcs = o.fr.fr_maxsrcs;
        fr->fr_maxpersrc = o.fr.fr_maxpersrc;
        fr->fr_maxpersrcbits = o.fr.fr_maxpersrcbits;
        memcpy(fr->fr_age, o.fr.fr_age, sizeof(fr->fr_age));
        memcpy(ipf_rare(p, fr)->fr_icmphead, o.icmphead, FR_GROUPLEN);
        fr->fr_nolog = o.fr.fr_nolog;
    }
    return true;
}

/* keep state [(...)] | keep (frag | frags) [(strict)] */
bool ipf_parse_keep(ipf_parser_t *p, const ipf_token_t *keyword)
{
    uint32_t flags = FR_KEEPFRAG;
    (void)keyword;
    ipf_token_t what = p->token;
    if (ipf_accept(p, "state")) {
        ipf_mark(p, IPF_PLACE_STATE, &what);
        if ((ipf_first(p)->fr_flags & FR_KEEPSTATE) != 0)
            return ipf_fail(p, &what, "duplicate 'keep state'");
        return parse_state(p);
    }
    if (!ipf_accept(p, "frags") && !ipf_accept(p, "frag"))
        return ipf_expected(p, "'state' or 'frags' after 'keep'");
    if ((ipf_first(p)->fr_flags & FR_KEEPFRAG) != 0)
        return ipf_fail(p, &what, "duplicate 'keep frags'");
    if (ipf_accept(p, "(")) {
        if (!ipf_expect(p, "strict") || !ipf_expect(p, ")"))
            return false;
        flags |= FR_FRSTRICT;
    }
    IPF_EACH(p, fr)
    fr->fr_flags |= flags;
    return true;
}

/* ---- tags ---- */

typedef struct tags {
    uint32_t log;
    char nat[IPFTAG_LEN + 1];
} tags_t;

/* A tag that is too long is cut. */
static bool parse_nat_tag(ipf_parser_t *p, tags_t *tags)
{
    char name[256];
    if (!ipf_parse_name(p, "a tag", name, sizeof(name)))
        return false;
    name[IPFTAG_LEN] = '\0';
    strcpy(tags->nat, name);
    return true;
}

/* "(" (log = N | nat = NAME) { "," ... } ")"; `nat`: whether that may be one of them. */
static bool parse_tags(ipf_parser_t *p, tags_t *tags, const ipf_token_t *keyword, bool nat)
{
    *tags = (tags_t){.log = FR_NOLOGTAG};
    if (!ipf_expect(p, "("))
        return false;
    do {
        ipf_token_t token = p->token;
        bool log = ipf_accept(p, "log");
        if (!log && !ipf_accept(p, "nat"))
            return ipf_expected(p, "'log' or 'nat'");
        if (!log && !nat)
            return ipf_fail(p, &token, "'nat=' in %.*s goes with '%s' rules", (int)keyword->length,
                            keyword->text, ipf_token_is(keyword, "set-tag") ? "out" : "in");
        if (!ipf_expect(p, "="))
            return false;
        if (log ? !ipf_parse_number(p, "a number", UINT32_MAX, &tags->log)
                : !parse_nat_tag(p, tags))
            return false;
    } while (ipf_accept(p, ","));
    return ipf_expect(p, ")");
}

bool ipf_parse_set_tag(ipf_parser_t *p, const ipf_token_t *keyword)
{
    tags_t tags;
    ipf_mark(p, IPF_PLACE_SET_TAG, keyword);
    if (!parse_tags(p, &tags, keyword, (ipf_first(p)->fr_flags & FR_OUTQUE) != 0))
        return false;
    IPF_EACH(p, fr)
    {
        fr->fr_logtag = tags.log;
        memcpy(ipf_rare(p, fr)->fr_nattag, tags.nat, sizeof(tags.nat));
    }
    return true;
}

bool ipf_parse_match_tag(ipf_parser_t *p, const ipf_token_t *keyword)
{
    tags_t tags;
    ipf_mark(p, IPF_PLACE_MATCH_TAG, keyword);
    if (!parse_tags(p, &tags, keyword, (ipf_first(p)->fr_flags & FR_INQUE) != 0))
        return false;
    IPF_EACH(p, fr)
    {
        fr->fr_matchlogtag = tags.log;
        memcpy(ipf_rare(p, fr)->fr_matchtag, tags.nat, sizeof(tags.nat));
    }
    return true;
}
