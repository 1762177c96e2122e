/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Finding the rule that decides. Solaris: fr_firewall(), fr_scanlist(), fr_ipfcheck(),
 * fr_tcpudpchk() and fr_portcheck() (fil.c).
 */
#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <string.h>

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

static bool fr_addrcheck(const fraddr_t *fra, uint32_t addr)
{
    return ((addr & fra->fra_mask) == fra->fra_addr) != fra->fra_negated;
}

/* `portcmp`: the packet has ports to compare. Where it has none, as in a later fragment, a rule
 * that asks for ports or flags does not match. */
static bool fr_ipfcheck(const fr_info_t *fin, const frentry_t *fr, bool portcmp)
{
    if (fr->fr_type == FR_T_NONE)
        return true;
    if ((fin->fin_flx & fr->fr_flx) != fr->fr_flx)
        return false;
    if (fr->fr_hasproto && fin->fin_p != fr->fr_proto)
        return false;
    if (!fr_addrcheck(&fr->fr_src, fin->fin_src) || !fr_addrcheck(&fr->fr_dst, fin->fin_dst))
        return false;
    if (portcmp)
        return fr_tcpudpchk(fin, fr);
    return fr->fr_sport.frp_cmp == FR_NONE && fr->fr_dport.frp_cmp == FR_NONE && fr->fr_tcpf == 0 &&
           fr->fr_tcpfm == 0;
}

/* Walks a list from `pass`, the verdict so far. Rules that do not match are counted in the rule
 * number, too. */
static uint32_t fr_scanlist(fr_info_t *fin, frentry_t *fr, uint32_t pass)
{
    const char *ifname = fin->fin_qpi->qpi_ifname;
    bool portcmp = (fin->fin_flx & FI_TCPUDP) != 0 && fin->fin_dlen > 3 && fin->fin_off == 0;

    for (int rulen = 0; fr != NULL; fr = fr->fr_next, rulen++) {
        if (fr->fr_ifname[0] != '\0' && strcmp(fr->fr_ifname, ifname) != 0)
            continue;
        if (!fr_ipfcheck(fin, fr, portcmp))
            continue;
        fr->fr_hits++;
        fr->fr_bytes += fin->fin_plen;
        fin->fin_fr = fr;
        fin->fin_rule = rulen;
        pass = fr->fr_flags;
        if ((pass & FR_QUICK) != 0)
            break;
    }
    return pass;
}

uint32_t fr_firewall(fr_info_t *fin)
{
    ipf_stack_t *ifs = fin->fin_ifs;
    /* Solaris keeps IPv6 rules in lists of their own. There are none yet. */
    frentry_t *list = fin->fin_v == 4 ? ifs->ifs_rules.frs_head[fin->fin_out] : NULL;
    uint32_t pass = fr_scanlist(fin, list, ifs->ifs_fr_pass);

    if (FR_ISNOMATCH(pass))
        ifs->ifs_frstats.f_st[fin->fin_out].fr_nom++;
    return pass;
}
