/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding the rule that decides. The walk over the list (scan_from) is the reference; the
 * classifier (classify/) gives it fewer rules to examine, with the same answer. Solaris:
 * fr_firewall(), fr_scanlist(), fr_ipfcheck(), fr_tcpudpchk(), fr_portcheck() and fr_acctpkt()
 * (fil.c). */
#include "filter/classify/fr_classifier.h"
#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"

#include <assert.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#define DEPTH_MAX 16 /* of groups in groups */
#define AUTH_MAX  31 /* packets that wait for `auth` (FR_NUMAUTH; one stays free) */

/* ---- one rule ---- */

static bool fr_portcheck(const frpcmp_t *frp, uint16_t port)
{
    switch (frp->frp_cmp) {
    case FR_NONE:
        return true;
    case FR_EQUAL:
        return port == frp->frp_port;
    case FR_NEQUAL:
        return port != frp->frp_port;
    case FR_LESST:
        return port < frp->frp_port;
    case FR_GREATERT:
        return port > frp->frp_port;
    case FR_LESSTE:
        return port <= frp->frp_port;
    case FR_GREATERTE:
        return port >= frp->frp_port;
    case FR_OUTRANGE:
        return port < frp->frp_port || port > frp->frp_top;
    case FR_INRANGE:
        return port > frp->frp_port && port < frp->frp_top;
    case FR_INCRANGE:
        return port >= frp->frp_port && port <= frp->frp_top;
    }
    return false;
}

static inline bool fr_tcpudpchk(const fr_info_t *fin, const frentry_t *fr)
{
    if (!fr_portcheck(&fr->fr_dport, fin->fin_dport) ||
        !fr_portcheck(&fr->fr_sport, fin->fin_sport))
        return false;
    if (fin->fin_p != IPPROTO_TCP)
        return true;
    /* If the flags are missing, only a rule that asks for none matches. */
    if ((fin->fin_flx & FI_SHORT) != 0)
        return fr->fr_tcpf == 0 && fr->fr_tcpfm == 0;
    return fr->fr_tcpfm == 0 || (fin->fin_tcpf & fr->fr_tcpfm) == fr->fr_tcpf;
}

static bool fr_addrcheck(const fraddr_t *fra, const i6addr_t *addr, int family)
{
    if (fra->fra_table != NULL)
        return ip_table_has(fra->fra_table, addr, family) != fra->fra_negated;
    uint32_t differ = 0;
    for (size_t i = 0; i < 4; i++)
        differ |= (addr->i6[i] & fra->fra_mask.i6[i]) ^ fra->fra_addr.i6[i];
    bool same = differ == 0 && (fra->fra_type == FRI_NORMAL || fra->fra_known);
    return same != fra->fra_negated;
}

/* The fields of the IP header, and what fr_makefrip found out. */
static inline bool fr_fieldcheck(const fr_info_t *fin, const frentry_t *fr)
{
    if ((fr->fr_family != 0 && fr->fr_family != fin->fin_v) ||
        (fr->fr_hastos && fr->fr_tos != fin->fin_tos) ||
        (fr->fr_hasttl && fr->fr_ttl != fin->fin_ttl) ||
        (fr->fr_hasproto && fr->fr_proto != fin->fin_p))
        return false;
    return (fin->fin_flx & fr->fr_mflx) == fr->fr_flx &&
           (fin->fin_optmsk & fr->fr_optmask) == fr->fr_optbits &&
           (fin->fin_secmsk & fr->fr_secmask) == fr->fr_secbits;
}

/* `portcmp`: the packet has ports to compare. If it has none, like a later fragment, a rule that
 * asks for ports or flags does not match. */
static inline bool fr_ipfcheck(const fr_info_t *fin, const frentry_t *fr, bool portcmp)
{
    if (fr->fr_type == FR_T_NONE)
        return fr->fr_family == 0 || fr->fr_family == fin->fin_v || fr->fr_anyfamily;
    if (!fr_fieldcheck(fin, fr) || (portcmp && !fr_tcpudpchk(fin, fr)) ||
        !fr_addrcheck(&fr->fr_src, &fin->fin_src, fin->fin_v) ||
        !fr_addrcheck(&fr->fr_dst, &fin->fin_dst, fin->fin_v))
        return false;
    if (portcmp)
        return true;
    if (fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE || fr->fr_tcpf != 0 ||
        fr->fr_tcpfm != 0)
        return false;
    if (fr->fr_icmpm != 0)
        return (fin->fin_p == IPPROTO_ICMP || fin->fin_p == IPPROTO_ICMPV6) && fin->fin_off == 0 &&
               fin->fin_dlen > 1 && (fin->fin_icmp & fr->fr_icmpm) == fr->fr_icmp;
    return true;
}

/* `on A,B`: B is for the answers of `keep state`. `on -` and `on *` are for any interface. */
static bool on_interface(const frentry_t *fr, const char *name)
{
    const char *on = fr->fr_ifnames[0];
    return on[0] == '\0' || strcmp(on, name) == 0 || strcmp(on, "-") == 0 || strcmp(on, "*") == 0;
}

/* ---- a list ---- */

/* The state of a walk over a list. */
typedef struct scan {
    const char *ifname;
    bool portcmp;
    int next; /* the number of the first rule that is not skipped */
    uint32_t pass;
} scan_t;

static void count_hit(const fr_info_t *fin, frentry_t *fr)
{
    fr->fr_hits++;
    fr->fr_bytes += fin->fin_plen;
}

/* `call now srcgrpmap/N` and dstgrpmap: a map has a group for the packet's address, and a rule of
 * this group decides. Solaris: fr_srcgrpmap(), fr_dstgrpmap().
 * => Returns that rule, which becomes fin_fr; NULL if there is none: then nothing has changed. */
static frentry_t *call_rule(fr_info_t *fin, const frentry_t *call, uint32_t pass)
{
    frentry_t *before = fin->fin_fr;
    int rule_before = fin->fin_rule;
    const i6addr_t *address =
        strstr(call->fr_rare->fr_func, "dst") != NULL ? &fin->fin_dst : &fin->fin_src;
    const char *name = call->fr_map != NULL ? ip_map_find(call->fr_map, address, fin->fin_v) : NULL;
    const frgroup_t *group =
        name != NULL ? fr_findgroup(&fin->fin_ifs->ifs_rules, name, false) : NULL;
    if (group == NULL)
        return NULL;
    fin->fin_fr = NULL;
    fr_scanlist(fin, &group->fg_list, pass);
    frentry_t *found = fin->fin_fr;
    if (found == NULL) {
        fin->fin_fr = before;
        fin->fin_rule = rule_before;
        return NULL;
    }
    count_hit(fin, found); /* a second time, for the call */
    return found;
}

/* What a rule that matches does.
 * => Returns whether it ends the walk. */
static bool apply(fr_info_t *fin, frentry_t *fr, int rulen, scan_t *scan)
{
    uint32_t before = scan->pass;
    fr_decider_t decider = fin->fin_decider;
    count_hit(fin, fr);
    if ((fr->fr_flags & FR_CALLNOW) != 0) {
        fr = call_rule(fin, fr, scan->pass);
        if (fr == NULL)
            return false; /* as if it had not matched */
    } else {
        fin->fin_fr = fr;
        fin->fin_rule = rulen;
    }
    if (FR_ISSKIP(fr->fr_flags)) {
        bool whole = fr->fr_arg > (uint32_t)(INT_MAX - 1 - rulen);
        scan->next = whole ? INT_MAX : rulen + 1 + (int)fr->fr_arg;
        return false;
    }
    if (FR_ISLOG(fr->fr_flags)) {
        scan->pass = fr_logrule(fin, scan->pass);
    } else if (!FR_ISDECAPS(fr->fr_flags)) {
        scan->pass = fr->fr_flags;
        fin->fin_decider = (fr_decider_t){fr, fin->fin_rule};
    }
    if ((fr->fr_flags & FR_RETICMP) != 0)
        fin->fin_icode = fr->fr_icode;
    if (fr->fr_grp != NULL) {
        /* A matching rule of the group decides in place of the head, quick or not. */
        fin->fin_fr = NULL;
        scan->pass = fr_scanlist(fin, &fr->fr_grp->fg_list, scan->pass);
        if (fin->fin_fr == NULL) {
            fin->fin_fr = fr;
            fin->fin_rule = rulen;
        }
    }
    if ((scan->pass & FR_QUICK) == 0)
        return false;
    if ((scan->pass & FR_KEEPSTATE) == 0 || FR_ISAUTH(scan->pass) || (fin->fin_flx & FI_STATE) != 0)
        return true;
    fin->fin_fr = fr;
    if (fr_addstate(fin, scan->pass))
        return true;
    scan->pass = before; /* no state could be kept: as if it had not matched */
    fin->fin_decider = decider;
    return false;
}

static inline bool matches(const fr_info_t *fin, const frentry_t *fr, const scan_t *scan)
{
    if (!fr_ipfcheck(fin, fr, scan->portcmp) || !on_interface(fr, scan->ifname))
        return false;
    if (!fin->fin_out && fr_asks_tag(fr))
        return false;
    /* A segment outside of a connection's window does not begin a connection. */
    return (fr->fr_flags & FR_KEEPSTATE) == 0 || (fin->fin_flx & FI_OOW) == 0 ||
           !fin->fin_ifs->ifs_build->ifb_oow_is_passed_over;
}

/* ---- why not ---- */

static fr_miss_t miss_of_ports(const fr_info_t *fin, const frentry_t *fr, const scan_t *scan)
{
    bool asks = fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE ||
                fr->fr_tcpf != 0 || fr->fr_tcpfm != 0;
    if (!scan->portcmp)
        return asks ? FR_MISS_PORTS : FR_MISS_ICMP;
    if (!fr_portcheck(&fr->fr_sport, fin->fin_sport))
        return FR_MISS_SOURCE_PORT;
    return !fr_portcheck(&fr->fr_dport, fin->fin_dport) ? FR_MISS_DESTINATION_PORT : FR_MISS_FLAGS;
}

static fr_miss_t miss_of_fields(const fr_info_t *fin, const frentry_t *fr)
{
    if (fr->fr_family != 0 && fr->fr_family != fin->fin_v)
        return FR_MISS_FAMILY;
    if (fr->fr_hasproto && fr->fr_proto != fin->fin_p)
        return FR_MISS_PROTOCOL;
    if (fr->fr_hastos && fr->fr_tos != fin->fin_tos)
        return FR_MISS_TOS;
    return fr->fr_hasttl && fr->fr_ttl != fin->fin_ttl ? FR_MISS_TTL : FR_MISS_WITH;
}

/* The first thing that a rule asks for and the packet does not have. */
static fr_miss_t miss_of(const fr_info_t *fin, const frentry_t *fr, const scan_t *scan)
{
    if (matches(fin, fr, scan))
        return FR_MISS_NOTHING;
    if (!on_interface(fr, scan->ifname))
        return FR_MISS_INTERFACE;
    if (fr_ipfcheck(fin, fr, scan->portcmp))
        return !fin->fin_out && fr_asks_tag(fr) ? FR_MISS_TAG : FR_MISS_WINDOW;
    if (fr->fr_type == FR_T_NONE)
        return FR_MISS_FAMILY;
    if (!fr_fieldcheck(fin, fr))
        return miss_of_fields(fin, fr);
    if (!fr_addrcheck(&fr->fr_src, &fin->fin_src, fin->fin_v))
        return FR_MISS_SOURCE;
    if (!fr_addrcheck(&fr->fr_dst, &fin->fin_dst, fin->fin_v))
        return FR_MISS_DESTINATION;
    return miss_of_ports(fin, fr, scan);
}

void fr_why(ipf_stack_t *ifs, fr_asked_fn_t asked, void *arg)
{
    ifs->ifs_asked = asked;
    ifs->ifs_asked_arg = arg;
}

/* The walk, reporting each rule. */
static void scan_aloud(fr_info_t *fin, const fr_list_t *list, scan_t *scan)
{
    int rulen = 0;
    for (frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next, rulen++) {
        fr_asked_t asked = {.rule = fr, .number = rulen + 1, .depth = fin->fin_depth};
        asked.miss = rulen < scan->next ? FR_MISS_SKIPPED : miss_of(fin, fr, scan);
        fin->fin_ifs->ifs_asked(fin->fin_ifs->ifs_asked_arg, &asked);
        if (asked.miss == FR_MISS_NOTHING && apply(fin, fr, rulen, scan))
            return;
    }
}

/* ---- the walk ---- */

/* The walk, from a rule and its number. Rules that do not match, or are skipped, are counted in the
 * rule number, too. */
static void scan_from(fr_info_t *fin, frentry_t *fr, int rulen, scan_t *scan)
{
    for (; fr != NULL; fr = fr->fr_next, rulen++) {
        if (rulen >= scan->next && matches(fin, fr, scan) && apply(fin, fr, rulen, scan))
            return;
    }
}

/* The same, but only over rules that the classifier does not rule out. If the classifier reports
 * that it gave up, the remaining rules are walked. */
static void scan_found(fr_info_t *fin, const fr_list_t *list, scan_t *scan)
{
    fr_search_t search;
    frentry_t *fr, *last = NULL;
    fr_search_begin(&search, list->frl_classifier, fin->fin_key);
    while ((fr = fr_search_next(&search)) != NULL) {
        last = fr;
        if (!matches(fin, fr, scan))
            continue;
        int rulen = (int)fr_order_number(&list->frl_order, fr);
        if (rulen >= scan->next && apply(fin, fr, rulen, scan))
            return;
    }
    if (!search.fs_full)
        return;
    if (last == NULL)
        scan_from(fin, list->frl_head, 0, scan);
    else
        scan_from(fin, last->fr_next, (int)fr_order_number(&list->frl_order, last) + 1, scan);
}

/* The packet's key is made once, for the list and for the groups of its rules. */
static void scan_classified(fr_info_t *fin, const fr_list_t *list, scan_t *scan)
{
    fr_packet_key_t key;
    if (fin->fin_key != NULL) {
        scan_found(fin, list, scan);
        return;
    }
    fr_key_of_packet(fin, scan->ifname, scan->portcmp, &key);
    fin->fin_key = &key;
    scan_found(fin, list, scan);
    fin->fin_key = NULL;
}

uint32_t fr_scanlist(fr_info_t *fin, const fr_list_t *list, uint32_t pass)
{
    scan_t scan = {.ifname = fin->fin_qpi->qpi_ifname,
                   .portcmp =
                       (fin->fin_flx & FI_TCPUDP) != 0 && fin->fin_dlen > 3 && fin->fin_off == 0,
                   .pass = pass};

    assert(fin->fin_depth >= 0 && fin->fin_depth <= DEPTH_MAX);
    if (fin->fin_depth >= DEPTH_MAX)
        return pass;
    fin->fin_depth++;
    if (fin->fin_ifs->ifs_asked != NULL)
        scan_aloud(fin, list, &scan);
    else if (list->frl_classifier != NULL && !fin->fin_ifs->ifs_walk)
        scan_classified(fin, list, &scan);
    else
        scan_from(fin, list->frl_head, 0, &scan);
    fin->fin_depth--;
    return scan.pass;
}

/* ---- what is left to decide ---- */

/* Whether a packet is within its rule's packets per second. A second begins with a packet. */
static bool ppsratecheck(const fr_info_t *fin, frentry_t *fr)
{
    uint64_t now_us = fr_now(fin);
    if (fr->fr_pps_count == 0 || now_us - fr->fr_pps_start_us >= 1000000) {
        fr->fr_pps_start_us = now_us;
        fr->fr_pps_count = 1;
        return true;
    }
    return fr->fr_pps_count++ < fr->fr_pps;
}

/* `keep frags`, whatever the verdict is. */
static void keep_frags(fr_info_t *fin, uint32_t pass)
{
    filterstats_t *st = &fin->fin_ifs->ifs_frstats.f_st[fin->fin_out];
    if ((pass & (FR_KEEPFRAG | FR_KEEPSTATE)) != FR_KEEPFRAG)
        return; /* `keep state` keeps fragments, too */
    if ((fin->fin_flx & FI_FRAG) == 0)
        st->fr_cfr++;
    else if (fr_newfrag(fin, pass))
        st->fr_nfr++;
    else
        st->fr_bnfr++;
}

/* `auth` keeps a packet until a program decides about it. (ipf_auth_new) */
static void keep_for_auth(fr_info_t *fin)
{
    fin->fin_kept = fin->fin_ifs->ifs_auth_used < AUTH_MAX;
    fin->fin_ifs->ifs_auth_used += fin->fin_kept;
}

uint32_t fr_firewall(fr_info_t *fin, uint32_t pass)
{
    ipf_stack_t *ifs = fin->fin_ifs;
    filterstats_t *st = &ifs->ifs_frstats.f_st[fin->fin_out];
    const fr_list_t *list = &ifs->ifs_rules.frs_list[fin->fin_out];
    if (list->frl_head != NULL)
        pass = fr_scanlist(fin, list, ifs->ifs_fr_pass);

    if (FR_ISNOMATCH(pass))
        st->fr_nom++;
    if (fin->fin_fr != NULL && fin->fin_fr->fr_pps != 0 && !ppsratecheck(fin, fin->fin_fr)) {
        pass = (pass & ~(FR_CMDMASK | FR_RETMASK)) | FR_BLOCK;
        st->fr_ppshit++;
    }
    if (FR_ISAUTH(pass))
        keep_for_auth(fin);
    keep_frags(fin, pass);
    return pass;
}

void fr_acctpkt(fr_info_t *fin)
{
    const fr_list_t *list = &fin->fin_ifs->ifs_rules.frs_acct[fin->fin_out];
    if (list->frl_head == NULL)
        return;
    frentry_t *fr = fin->fin_fr; /* `count` rules decide nothing */
    int rulen = fin->fin_rule;
    fr_decider_t decider = fin->fin_decider;
    fin->fin_fr = NULL;
    if (FR_ISACCOUNT(fr_scanlist(fin, list, FR_NOMATCH)))
        fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_acct++;
    fin->fin_fr = fr;
    fin->fin_rule = rulen;
    fin->fin_decider = decider;
}
