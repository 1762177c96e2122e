/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding the rule that decides, by walking the list: the reference for whatever is faster.
 * Solaris: fr_firewall(), fr_scanlist(), fr_ipfcheck(), fr_tcpudpchk(), fr_portcheck() and
 * fr_acctpkt() (fil.c).
 */
#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <string.h>

#define DEPTH_MAX 16 /* of groups in groups */

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

static bool fr_tcpudpchk(const fr_info_t *fin, const frentry_t *fr)
{
    if (!fr_portcheck(&fr->fr_dport, fin->fin_dport) ||
        !fr_portcheck(&fr->fr_sport, fin->fin_sport))
        return false;
    if (fin->fin_p != IPPROTO_TCP)
        return true;
    /* Flags that are not there match nothing; a rule that asks for none matches. */
    if ((fin->fin_flx & FI_SHORT) != 0)
        return fr->fr_tcpf == 0 && fr->fr_tcpfm == 0;
    return (fin->fin_tcpf & fr->fr_tcpfm) == fr->fr_tcpf;
}

static bool fr_addrcheck(const fraddr_t *fra, const i6addr_t *addr)
{
    bool same = fra->fra_type == FRI_NORMAL;
    for (size_t i = 0; i < 4; i++)
        same = same && (addr->i6[i] & fra->fra_mask.i6[i]) == fra->fra_addr.i6[i];
    return same != fra->fra_negated;
}

/* The fields of the IP header, and what fr_makefrip found out. */
static bool fr_fieldcheck(const fr_info_t *fin, const frentry_t *fr)
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

/* `portcmp`: the packet has ports to compare. Where it has none, as in a later fragment, a rule
 * that asks for ports or flags does not match. */
static bool fr_ipfcheck(const fr_info_t *fin, const frentry_t *fr, bool portcmp)
{
    if (fr->fr_type == FR_T_NONE)
        return fr->fr_family == 0 || fr->fr_family == fin->fin_v;
    if (!fr_fieldcheck(fin, fr) || !fr_addrcheck(&fr->fr_src, &fin->fin_src) ||
        !fr_addrcheck(&fr->fr_dst, &fin->fin_dst))
        return false;
    if (portcmp)
        return fr_tcpudpchk(fin, fr);
    if (fr->fr_sport.frp_cmp != FR_NONE || fr->fr_dport.frp_cmp != FR_NONE || fr->fr_tcpf != 0 ||
        fr->fr_tcpfm != 0)
        return false;
    if (fr->fr_icmpm != 0)
        return fin->fin_off == 0 && fin->fin_dlen > 1 && (fin->fin_flx & FI_SHORT) == 0 &&
               (fin->fin_icmp & fr->fr_icmpm) == fr->fr_icmp;
    return true;
}

static bool on_interface(const frentry_t *fr, const char *name)
{
    return fr->fr_ifnames[0][0] == '\0' || strcmp(fr->fr_ifnames[0], name) == 0 ||
           (fr->fr_ifnames[1][0] != '\0' && strcmp(fr->fr_ifnames[1], name) == 0);
}

/* ---- a list ---- */

/* Walks a list from `pass`, the verdict so far. Rules that do not match, or are skipped, are
 * counted in the rule number, too. */
static uint32_t fr_scanlist(fr_info_t *fin, frentry_t *fr, uint32_t pass)
{
    const char *ifname = fin->fin_qpi->qpi_ifname;
    bool portcmp = (fin->fin_flx & FI_TCPUDP) != 0 && fin->fin_dlen > 3 && fin->fin_off == 0;
    uint32_t skip = 0;

    if (fin->fin_depth >= DEPTH_MAX)
        return pass;
    fin->fin_depth++;
    for (int rulen = 0; fr != NULL; fr = fr->fr_next, rulen++) {
        if (skip > 0) {
            skip--;
            continue;
        }
        if (!fr_ipfcheck(fin, fr, portcmp) || !on_interface(fr, ifname))
            continue;
        /* No connection is begun by a segment outside of the window of one. */
        if ((fr->fr_flags & FR_KEEPSTATE) != 0 && (fin->fin_flx & FI_OOW) != 0)
            continue;
        fr->fr_hits++;
        fr->fr_bytes += fin->fin_plen;
        if (FR_ISSKIP(fr->fr_flags)) {
            skip = fr->fr_arg;
            continue;
        }
        frentry_t *before = fin->fin_fr;
        int before_rule = fin->fin_rule;
        uint32_t before_pass = pass;
        fin->fin_fr = fr;
        fin->fin_rule = rulen;
        if (FR_ISLOG(fr->fr_flags))
            pass = fr_logrule(fin, pass);
        else
            pass = fr->fr_flags;
        if ((fr->fr_flags & FR_RETICMP) != 0)
            fin->fin_icode = fr->fr_icode;
        /* A rule of the group that matches decides in the place of its head, quick or not. */
        if (fr->fr_grp != NULL)
            pass = fr_scanlist(fin, fr->fr_grp->fg_list.frl_head, pass);
        if ((pass & FR_QUICK) == 0)
            continue;
        if ((pass & FR_KEEPSTATE) == 0 || FR_ISAUTH(pass) || (fin->fin_flx & FI_STATE) != 0 ||
            fr_addstate(fin, fin->fin_fr, pass))
            break;
        /* What cannot be kept has not matched. */
        pass = before_pass;
        fin->fin_fr = before;
        fin->fin_rule = before_rule;
    }
    fin->fin_depth--;
    return pass;
}

/* ---- what is left to decide ---- */

/* Whether a packet is within its rule's packets a second. */
static bool ppsratecheck(const fr_info_t *fin, frentry_t *fr)
{
    uint64_t second = fr_now(fin) / 1000000;
    if (second != fr->fr_pps_second) {
        fr->fr_pps_second = second;
        fr->fr_pps_count = 0;
    }
    return fr->fr_pps_count++ < fr->fr_pps;
}

uint32_t fr_firewall(fr_info_t *fin)
{
    ipf_stack_t *ifs = fin->fin_ifs;
    uint32_t pass =
        fr_scanlist(fin, ifs->ifs_rules.frs_list[fin->fin_out].frl_head, ifs->ifs_fr_pass);

    if (FR_ISNOMATCH(pass))
        ifs->ifs_frstats.f_st[fin->fin_out].fr_nom++;
    if (fin->fin_fr != NULL && fin->fin_fr->fr_pps != 0 && !ppsratecheck(fin, fin->fin_fr))
        pass = (pass & ~(FR_CMDMASK | FR_RETMASK)) | FR_BLOCK;
    return pass;
}

void fr_acctpkt(fr_info_t *fin)
{
    frentry_t *head = fin->fin_ifs->ifs_rules.frs_acct[fin->fin_out].frl_head;
    if (head == NULL)
        return;
    fr_info_t counted = *fin; /* counting decides nothing */
    fr_scanlist(&counted, head, FR_NOMATCH);
    if (counted.fin_fr != NULL)
        fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_acct++;
}
