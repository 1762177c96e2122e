/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules with their hits, and the page of counters, in Solaris' form: labels and tabs are those of
 * its ipfstat, so that programs can read both. */
#include "filter/ipfstat.h"

#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"
#include "filter/ipf_put.h"
#include "filter/ipf_words.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- rules ---- */

typedef struct printer {
    const ipf_stack_t *ifs;
    unsigned how;
    ipf_line_t line;
    ipf_each_t each; /* instead of `line`; NULL */
    void *arg;
    const frgroup_t **seen; /* groups that were printed, or will be next */
    size_t seen_count;
} printer_t;

static void print_rule(const printer_t *p, const frentry_t *fr, unsigned number)
{
    char text[IPF_RULE_TEXT_MAX + 64] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text), .ifs = p->ifs};
    if (p->each != NULL) {
        p->each(p->arg, fr, number);
        return;
    }
    if ((p->how & IPFSTAT_PORTS) == 0)
        o.how |= IPF_TEXT_SERVICES;
    if ((p->how & IPFSTAT_VERBOSE) != 0)
        o.how |= IPF_TEXT_NOTFOUND;
    if ((p->how & IPFSTAT_HITS) != 0)
        ipf_put(&o, "%" PRIu64 " ", fr->fr_hits);
    if ((p->how & IPFSTAT_BYTES) != 0)
        ipf_put(&o, "%" PRIu64 " ", fr->fr_bytes);
    if ((p->how & IPFSTAT_NUMBERS) != 0)
        ipf_put(&o, "@%u ", number);
    ipf_put_rule(&o, fr);
    p->line(p->arg, text);
}

static void remember_group(printer_t *p, const frgroup_t *group)
{
    for (size_t i = 0; i < p->seen_count; i++) {
        if (p->seen[i] == group)
            return;
    }
    p->seen[p->seen_count++] = group;
}

/* Prints a list, then the groups that its rules head, and so on. */
static void print_list(printer_t *p, const fr_list_t *list)
{
    unsigned number = 0;
    size_t first = p->seen_count;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        print_rule(p, fr, ++number);
        if (fr->fr_grp != NULL)
            remember_group(p, fr->fr_grp);
    }
    size_t last = p->seen_count;
    for (size_t i = first; i < last; i++)
        print_list(p, &p->seen[i]->fg_list);
}

/* => Returns 0, or ENOMEM; then nothing was printed. */
static int walk(printer_t *p, const fr_list_t *list)
{
    size_t groups = 1;
    for (const frgroup_t *group = p->ifs->ifs_rules.frs_groups; group != NULL;
         group = group->fg_next)
        groups++;
    p->seen = calloc(groups, sizeof(const frgroup_t *));
    if (p->seen == NULL)
        return ENOMEM;
    print_list(p, list);
    free(p->seen);
    return 0;
}

int ipfstat_rules(const ipf_stack_t *ifs, bool out, unsigned how, ipf_line_t line, void *arg)
{
    const fr_ruleset_t *set = &ifs->ifs_rules;
    const fr_list_t *list =
        (how & IPFSTAT_ACCOUNT) != 0 ? &set->frs_acct[out] : &set->frs_list[out];
    printer_t p = {.ifs = ifs, .how = how, .line = line, .arg = arg};
    if (list->frl_head == NULL)
        return ENOENT;
    return walk(&p, list);
}

int ipfstat_each(const ipf_stack_t *ifs, bool out, ipf_each_t each, void *arg)
{
    printer_t p = {.ifs = ifs, .each = each, .arg = arg};
    return walk(&p, &ifs->ifs_rules.frs_list[out]);
}

static void each_of(const fr_list_t *list, void (*each)(void *arg, const frentry_t *fr), void *arg)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next)
        each(arg, fr);
}

void ipfstat_each_rule(const ipf_stack_t *ifs, void (*each)(void *arg, const frentry_t *fr),
                       void *arg)
{
    const fr_ruleset_t *set = &ifs->ifs_rules;
    for (int out = 0; out < 2; out++) {
        each_of(&set->frs_list[out], each, arg);
        each_of(&set->frs_acct[out], each, arg);
    }
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        each_of(&group->fg_list, each, arg);
}

const char *ipfstat_list_name(bool out, unsigned how)
{
    if ((how & IPFSTAT_ACCOUNT) != 0)
        return out ? "ipacct(out)" : "ipacct(in)";
    return out ? "ipfilter(out)" : "ipfilter(in)";
}

/* ---- states ---- */

typedef struct page {
    ipf_line_t line;
    void *arg;
    unsigned how; /* IPFSTAT_* */
} page_t;

#define IPL_LOGCOUNT 7 /* IPFilter's number for the groups of `count` rules */
#define FR_COPIED    0x2000000u

static uint64_t now_of(const ipf_stack_t *ifs)
{
    return ifs->ifs_inet != NULL ? net_now(ifs->ifs_inet) : ifs->ifs_now_us;
}

static void print_state(void *arg, const fr_state_view_t *view)
{
    const page_t *page = arg;
    char text[300] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text)};
    const ipf_name_t *proto = ipf_name_of(ipf_protocols, view->p);
    bool ports = view->p == IPPROTO_TCP || view->p == IPPROTO_UDP;
    ipf_put_ip(&o, &view->src, view->v);
    if (ports)
        ipf_put(&o, ",%u", view->sport);
    ipf_put(&o, " -> ");
    ipf_put_ip(&o, &view->dst, view->v);
    if (ports)
        ipf_put(&o, ",%u", view->dport);
    if (proto != NULL)
        ipf_put(&o, " PR %s", proto->name);
    else
        ipf_put(&o, " PR %u", view->p);
    ipf_put(&o, " %s ttl %" PRIu64, view->block ? "block" : "pass", view->left_us / 1000000);
    page->line(page->arg, text);
}

int ipfstat_states(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    page_t page = {line, arg, 0};
    return fr_state_each(&ifs->ifs_states, now_of(ifs), false, print_state, &page);
}

/* ---- the dump of `ipftest -D` ---- */

static void put_line(const page_t *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* IPFilter writes the identifier's bytes as they are in the packet, read on a little-endian
 * machine. */
static uint16_t swapped(uint16_t value)
{
    return (uint16_t)(value << 8 | value >> 8);
}

static void put_end(ipf_out_t *o, const char *word, const i6addr_t *address, uint16_t port,
                    const fr_state_view_t *view)
{
    ipf_put(o, " %s:", word);
    ipf_put_ip(o, address, view->v);
    if (view->p == IPPROTO_TCP || view->p == IPPROTO_UDP)
        ipf_put(o, ",%u", port);
}

/* The ends of the connection, and its protocol's part. */
static void dump_ends(const page_t *page, const fr_state_view_t *view)
{
    char text[300] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text)};
    const ipf_name_t *proto = ipf_name_of(ipf_protocols, view->p);
    const tcpdata_t *td = view->tcp->ts_data;
    if (proto != NULL && (page->how & IPFSTAT_PORTS) == 0)
        ipf_put(&o, "%d:%s", view->v, proto->name);
    else
        ipf_put(&o, "%d:%d", view->v, view->p);
    put_end(&o, "src", &view->src, view->sport, view);
    put_end(&o, "dst", &view->dst, view->dport, view);
    if (view->p == IPPROTO_TCP)
        ipf_put(&o, " state:%d/%d", (int)td[0].td_state, (int)td[1].td_state);
    page->line(page->arg, text);
    if (view->p == IPPROTO_TCP)
        put_line(page, "\t%x:%x %u<<%u:%u<<%u", td[0].td_end, td[1].td_end,
                 td[0].td_maxwin & 0xffff, td[0].td_winscale, td[1].td_maxwin & 0xffff,
                 td[1].td_winscale);
    else if (view->p == IPPROTO_ICMP || view->p == IPPROTO_ICMPV6)
        put_line(page, "\tid %u seq 0 type %u", swapped(view->query_id), view->query_type);
    else if (view->p == IPPROTO_GRE)
        put_line(page, "\tcall 0/0");
}

/* What happened to the packets. */
static void put_verdict(ipf_out_t *o, uint32_t pass)
{
    static const char *const returns[] = {"", " return-rst", " return-icmp",
                                          " return-icmp-as-dest"};
    static const struct {
        uint32_t flag;
        const char *word;
    } flags[] = {{FR_STATESYNC, " sync"}, {FR_STSTRICT, " strict"}, {FR_STLOOSE, " loose"}};
    if (FR_ISPASS(pass))
        ipf_put(o, "pass");
    else if (FR_ISBLOCK(pass))
        ipf_put(o, "block%s", returns[(pass & FR_RETMASK) >> 12]);
    else /* `nomatch` has no word; rules of `log` and `auth` make no state */
        ipf_put(o, "%s", FR_ISACCOUNT(pass) ? "count" : FR_ISPREAUTH(pass) ? "preauth" : "");
    ipf_put(o, (pass & FR_OUTQUE) != 0 ? " out" : " in");
    if ((pass & FR_LOG) != 0)
        ipf_put(o, " log%s%s", (pass & FR_LOGBODY) != 0 ? " body" : "",
                (pass & FR_LOGORBLOCK) != 0 ? " or-block" : "");
    ipf_put(o, "%s%s%s", (pass & FR_QUICK) != 0 ? " quick" : "",
            (pass & FR_KEEPFRAG) != 0 ? " keep frags" : "",
            (pass & FR_KEEPSTATE) != 0 ? " keep state" : "");
    if ((pass & (FR_STATESYNC | FR_STSTRICT | FR_STLOOSE)) == 0)
        return;
    ipf_put(o, " (");
    for (size_t i = 0; i < 3; i++)
        ipf_put(o, "%s", (pass & flags[i].flag) != 0 ? flags[i].word : "");
    ipf_put(o, " )");
}

static void dump_state(void *arg, const fr_state_view_t *view)
{
    const page_t *page = arg;
    static const char *const sides[] = {"FWD", "REV"};
    char text[300] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text)};
    uint32_t negated =
        (view->rule->fr_src.fra_negated ? 0x40u : 0) | (view->rule->fr_dst.fra_negated ? 0x80u : 0);
    dump_ends(page, view);
    for (size_t i = 0; i < 2; i++)
        put_line(page,
                 "\t%s: IN pkts %" PRIu64 " bytes %" PRIu64 " OUT pkts %" PRIu64 " bytes %" PRIu64,
                 sides[i], view->packets[i][0], view->bytes[i][0], view->packets[i][1],
                 view->bytes[i][1]);
    ipf_put(&o, "\ttag %u pass %#x = ", view->tag, view->pass | negated | FR_COPIED);
    put_verdict(&o, view->pass);
    page->line(page->arg, text);
    put_line(page, "\tinterfaces: in X[%s],X[%s] out X[%s],X[%s]", view->ifnames[0][0],
             view->ifnames[0][1], view->ifnames[1][0], view->ifnames[1][1]);
    put_line(page, "\tSync status: not synchronized");
}

int ipfstat_state_list(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    page_t page = {line, arg, 0};
    return fr_state_each(&ifs->ifs_states, now_of(ifs), true, dump_state, &page);
}

/* => Returns 0, or ENOMEM. */
static int dump_table(const ip_table_t *table, const page_t *page)
{
    char *text = ip_table_text(table, false);
    if (text == NULL)
        return ENOMEM;
    text[strlen(text) - 1] = '\0'; /* the line's end */
    page->line(page->arg, text);
    free(text);
    return 0;
}

/* By their roles, the newest first.
 * => Returns 0, or ENOMEM. */
static int dump_tables(const ipf_stack_t *ifs, bool trees, const page_t *page)
{
    static const char *const roles[] = {"all", "ipf", "nat", "auth", "count"};
    for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
        const ip_table_t *end = NULL;
        while (end != ifs->ifs_tables) {
            const ip_table_t *table = ifs->ifs_tables;
            while (table->ipt_next != end)
                table = table->ipt_next;
            if ((table->ipt_type == IP_TREE) == trees && strcmp(table->ipt_role, roles[i]) == 0 &&
                dump_table(table, page) != 0)
                return ENOMEM;
            end = table;
        }
    }
    return 0;
}

static void dump_list(const ipf_stack_t *ifs, const page_t *page, const fr_list_t *list)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        char text[IPF_RULE_TEXT_MAX + 32] = "";
        ipf_out_t o = {.buffer = text, .size = sizeof(text), .ifs = ifs, .how = IPF_TEXT_FAMILY};
        if ((page->how & IPFSTAT_PORTS) == 0)
            o.how |= IPF_TEXT_SERVICES;
        ipf_put(&o, "%" PRIu64 " ", fr->fr_hits);
        ipf_put_rule(&o, fr);
        page->line(page->arg, text);
    }
}

static void dump_groups(const ipf_stack_t *ifs, const page_t *page, bool account)
{
    for (const frgroup_t *fg = ifs->ifs_rules.frs_groups; fg != NULL; fg = fg->fg_next) {
        if (fg->fg_account != account)
            continue;
        put_line(page, "Dev.%d. Group %s Ref %zu Flags %#x", account ? IPL_LOGCOUNT : 0,
                 fg->fg_name, fg->fg_ref, fg->fg_inout);
        dump_list(ifs, page, &fg->fg_list);
    }
}

static void dump_rules(const ipf_stack_t *ifs, const page_t *page, const char *name,
                       const fr_list_t lists[2])
{
    static const char *const words[] = {"in", "out"};
    for (int set = 0; set < 2; set++) {
        for (int out = 0; out < 2; out++) {
            put_line(page, "%s configured (set %d, %s)", name, set, words[out]);
            if (set == 0)
                dump_list(ifs, page, &lists[out]);
        }
    }
}

int ipfstat_dump(const ipf_stack_t *ifs, unsigned how, ipf_line_t line, void *arg)
{
    page_t page = {line, arg, how};
    line(arg, "List of active MAP/Redirect filters:");
    line(arg, "");
    line(arg, "List of active sessions:");
    line(arg, "");
    line(arg, "Hostmap table:");
    line(arg, "List of active state sessions:");
    if (fr_state_each(&ifs->ifs_states, now_of(ifs), true, dump_state, &page) != 0)
        return ENOMEM;
    line(arg, "List of configured pools");
    if (dump_tables(ifs, true, &page) != 0)
        return ENOMEM;
    line(arg, "List of configured hash tables");
    if (dump_tables(ifs, false, &page) != 0)
        return ENOMEM;
    line(arg, "List of groups configured (set 0)");
    dump_groups(ifs, &page, false);
    dump_groups(ifs, &page, true);
    line(arg, "List of groups configured (set 1)");
    dump_rules(ifs, &page, "Rules", ifs->ifs_rules.frs_list);
    dump_rules(ifs, &page, "Accounting rules", ifs->ifs_rules.frs_acct);
    return 0;
}

/* ---- counters ---- */

/* Numbers of the page that are not kept here: packet cache, pullups, and failures of checksums and
 * sources are not modelled. */
typedef struct not_kept {
    uint64_t badsrc, chit[2], pull_ok[2], pull_failed[2], tcpbad[2];
} not_kept_t;

static const not_kept_t not_kept;

static void put_line(const page_t *page, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    page->line(page->arg, text);
}

static void put_packets(const page_t *page, const filterstats_t *in, const filterstats_t *out)
{
#define VERDICTS                                                                                   \
    "blocked %" PRIu64 " passed %" PRIu64 " nomatch %" PRIu64 " counted %" PRIu64 " short "        \
    "%" PRIu64
    put_line(page, "bad packets:\t\tin %" PRIu64 "\tout %" PRIu64, in->fr_bad, out->fr_bad);
    put_line(page, " IPv6 packets:\t\tin %" PRIu64 " out %" PRIu64, in->fr_ipv6, out->fr_ipv6);
    put_line(page, " input packets:\t\t" VERDICTS, in->fr_block, in->fr_pass, in->fr_nom,
             in->fr_acct, in->fr_short);
    put_line(page, "output packets:\t\t" VERDICTS, out->fr_block, out->fr_pass, out->fr_nom,
             out->fr_acct, out->fr_short);
#undef VERDICTS
}

static void put_logged(const page_t *page, const filterstats_t *in, const filterstats_t *out)
{
    put_line(page, " input packets logged:\tblocked %" PRIu64 " passed %" PRIu64, in->fr_bpkl,
             in->fr_ppkl);
    put_line(page, "output packets logged:\tblocked %" PRIu64 " passed %" PRIu64, out->fr_bpkl,
             out->fr_ppkl);
    put_line(page, " packets logged:\tinput %" PRIu64 " output %" PRIu64, in->fr_pkl, out->fr_pkl);
    put_line(page, " log failures:\t\tinput %" PRIu64 " output %" PRIu64, in->fr_skip,
             out->fr_skip);
}

static void put_states(const page_t *page, const filterstats_t *st)
{
    static const char *const words[] = {"in", "out"};
    for (int i = 0; i < 2; i++)
        put_line(page, "fragment state(%s):\tkept %" PRIu64 "\tlost %" PRIu64, words[i],
                 st[i].fr_nfr, st[i].fr_bnfr);
    for (int i = 0; i < 2; i++)
        put_line(page, "packet state(%s):\tkept %" PRIu64 "\tlost %" PRIu64, words[i], st[i].fr_ads,
                 st[i].fr_bads);
}

static void put_flags(const page_t *page, uint32_t flags)
{
    put_line(page, "Packet log flags set: (%#x)", flags);
    if ((flags & FF_LOGPASS) != 0)
        put_line(page, "\tpackets passed through filter");
    if ((flags & FF_LOGBLOCK) != 0)
        put_line(page, "\tpackets blocked by filter");
    if ((flags & FF_LOGNOMATCH) != 0)
        put_line(page, "\tpackets not matched by filter");
    if (flags == 0)
        put_line(page, "\tnone");
}

void ipfstat_counters(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    const page_t page = {line, arg, 0};
    const friostat_t *st = &ifs->ifs_frstats;
    const not_kept_t *n = &not_kept;

    put_packets(&page, &st->f_st[0], &st->f_st[1]);
    put_logged(&page, &st->f_st[0], &st->f_st[1]);
    put_states(&page, st->f_st);
    put_line(&page, "ICMP replies:\t%" PRIu64 "\tTCP RSTs sent:\t%" PRIu64, st->f_st[0].fr_ret,
             st->f_st[1].fr_ret);
    put_line(&page, "Invalid source(in):\t%" PRIu64, n->badsrc);
    put_line(&page, "Result cache hits(in):\t%" PRIu64 "\t(out):\t%" PRIu64, n->chit[0],
             n->chit[1]);
    put_line(&page, "IN Pullups succeeded:\t%" PRIu64 "\tfailed:\t%" PRIu64, n->pull_ok[0],
             n->pull_failed[0]);
    put_line(&page, "OUT Pullups succeeded:\t%" PRIu64 "\tfailed:\t%" PRIu64, n->pull_ok[1],
             n->pull_failed[1]);
    put_line(&page, "Fastroute successes:\t%" PRIu64 "\tfailures:\t%" PRIu64, st->f_froute[0],
             st->f_froute[1]);
    put_line(&page, "TCP cksum fails(in):\t%" PRIu64 "\t(out):\t%" PRIu64, n->tcpbad[0],
             n->tcpbad[1]);
    put_line(&page, "IPF Ticks:\t%" PRIu64, now_of(ifs) / 500000); /* two a second */
    put_flags(&page, ifs->ifs_fr_flags);
}
