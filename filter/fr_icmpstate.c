/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP errors in the state table: they belong to the connection whose packet they quote. Solaris:
 * fr_checkicmpmatchingstate(), fr_checkicmp6matchingstate() and fr_allowstateicmp() (ip_state.c).
 */
#include "filter/fr_state_impl.h"

#include <string.h>

#define ICMP_HLEN  8u
#define ERROR_MIN4 (20u + ICMP_HLEN + 20u) /* with the quoted header: ICMPERR_MAXPKTLEN - 8 */
#define ERROR_MIN6 (40u + ICMP_HLEN + 40u)

/* The packet that an error quotes went the other way on the same interface. */
static fr_info_t quoted_by(const fr_info_t *fin)
{
    return (fr_info_t){.fin_ifs = fin->fin_ifs,
                       .fin_qpi = fin->fin_qpi,
                       .fin_m = fin->fin_m,
                       .fin_out = !fin->fin_out,
                       .fin_v = fin->fin_v};
}

/* Group G of `keep state (icmp-head G)`: what it blocks is no part of the connection. */
static bool blocked_by_group(const fr_info_t *fin, const ipstate_t *is)
{
    const frgroup_t *group = is->is_rule->fr_icmpgrp[fin->fin_out];
    if (group == NULL)
        return false;
    fr_info_t asked = *fin;
    asked.fin_fr = NULL;
    return FR_ISBLOCK(fr_scanlist(&asked, &group->fg_list, fin->fin_ifs->ifs_fr_pass));
}

/* There are no more errors about packets than packets. */
static bool fr_allowstateicmp(const fr_info_t *fin, ipstate_t *is, bool backward)
{
    if (blocked_by_group(fin, is) ||
        is->is_icmppkts[!backward][fin->fin_out] > is->is_pkts[backward][!fin->fin_out])
        return false;
    is->is_icmppkts[!backward][fin->fin_out]++;
    return true;
}

/* An error has a plain header, and quotes a whole one and 8 bytes more. */
static bool quotes_enough(const fr_info_t *fin)
{
    const uint8_t *quoted = fin->fin_m->b_rptr + fin->fin_hlen + ICMP_HLEN;
    if (fin->fin_v == 6)
        return fin->fin_plen >= ERROR_MIN6 && fin->fin_dlen >= ICMP_HLEN + 40;
    if (fin->fin_hlen != 20 || fin->fin_plen < ERROR_MIN4 || fin->fin_dlen < ICMP_HLEN + 20)
        return false;
    return fin->fin_plen >= ERROR_MIN4 + 8 + ((quoted[0] & 0x0fu) - 5u) * 4u;
}

ipstate_t *fr_checkicmpmatchingstate(fr_info_t *fin)
{
    fr_info_t quoted = quoted_by(fin);
    if (!quotes_enough(fin) ||
        fr_makefrip_quoted(&quoted, fin->fin_m->b_rptr + fin->fin_hlen + ICMP_HLEN,
                           fin->fin_dlen - ICMP_HLEN) != 0)
        return NULL;
    /* An error about an error is none. */
    if ((quoted.fin_flx & FI_ICMPERR) != 0 || memcmp(&quoted.fin_src, &fin->fin_dst, 16) != 0 ||
        (!fr_has_ports(&quoted) && !fr_is_icmp(quoted.fin_v, quoted.fin_p)))
        return NULL;
    ipstate_t *is = fr_find_quoted(&quoted);
    if (is == NULL || !fr_allowstateicmp(fin, is, quoted.fin_rev))
        return NULL;
    fin->fin_rev = !quoted.fin_rev;
    return is;
}
