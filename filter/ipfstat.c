/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules with their hits, and the page of counters, in Solaris' form: labels and tabs are those of
 * its ipfstat, so that what reads the one can read the other.
 */
#include "filter/ipfstat.h"

#include "filter/fr_impl.h"
#include "filter/ipf_put.h"
#include "filter/ipf_words.h"

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
    void *arg;
    const frgroup_t **seen; /* groups that have been printed, or are about to be */
    size_t seen_count;
} printer_t;

static void print_rule(const printer_t *p, const frentry_t *fr, unsigned number)
{
    char text[IPF_RULE_TEXT_MAX + 64] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text), .ifs = p->ifs};
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

/* A list, then the groups that its rules head, and theirs. */
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

bool ipfstat_rules(const ipf_stack_t *ifs, bool out, unsigned how, ipf_line_t line, void *arg)
{
    const fr_ruleset_t *set = &ifs->ifs_rules;
    const fr_list_t *list =
        (how & IPFSTAT_ACCOUNT) != 0 ? &set->frs_acct[out] : &set->frs_list[out];
    printer_t p = {.ifs = ifs, .how = how, .line = line, .arg = arg};
    size_t groups = 1;
    if (list->frl_head == NULL)
        return false;
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        groups++;
    p.seen = calloc(groups, sizeof(const frgroup_t *));
    if (p.seen == NULL)
        abort();
    print_list(&p, list);
    free(p.seen);
    return true;
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
} page_t;

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

void ipfstat_states(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    page_t page = {line, arg};
    uint64_t now = ifs->ifs_inet != NULL ? net_now(ifs->ifs_inet) : ifs->ifs_now_us;
    fr_state_each(&ifs->ifs_states, now, print_state, &page);
}

/* ---- counters ---- */

/* Numbers of the page that nobody keeps here: a packet cache, pullups, and checksums and sources
 * that fail are no part of the model. */
typedef struct not_kept {
    uint64_t badsrc, chit[2], pull_ok[2], pull_failed[2], tcpbad[2];
} not_kept_t;

static const not_kept_t not_kept;

static void put_line(const page_t *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

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
    const page_t page = {line, arg};
    const friostat_t *st = &ifs->ifs_frstats;
    const not_kept_t *n = &not_kept;
    uint64_t now = ifs->ifs_inet != NULL ? net_now(ifs->ifs_inet) : ifs->ifs_now_us;

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
    put_line(&page, "IPF Ticks:\t%" PRIu64, now / 500000); /* two a second */
    put_flags(&page, ifs->ifs_fr_flags);
}
