/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP errors in the state table: they belong to the connection whose packet they quote. Solaris:
 * fr_checkicmpmatchingstate(), fr_checkicmp6matchingstate() and fr_allowstateicmp() (ip_state.c).
 */
#include "filter/fr_state_impl.h"

#include <netinet/icmp6.h>
#include <string.h>

#define ICMP_HLEN 8
#define ERROR_MIN4                                                                                 \
    (20u + ICMP_HLEN + 20u + 8u) /* with the quoted header and what identifies it                  \
                                  */
#define ERROR_MIN6 (40u + ICMP_HLEN)
#define ICMP6_INFO 0x80u /* no error */

/* What is compared with the entries of a sum. */
typedef struct quote {
    fr_info_t fin;     /* the quoted packet: it went the other way on the same interface */
    const uint8_t *ip; /* its bytes that are there */
    size_t size;
    uint32_t hv;
} quote_t;

/* What follows the quoted IP header; missing bytes are 0. */
static uint16_t quoted16(const quote_t *q, size_t header, size_t at)
{
    return header + at + 2 <= q->size ? get16(q->ip + header + at) : 0;
}

/* Group G of `keep state (icmp-head G)`: an error that it blocks does not belong to the connection.
 */
static bool blocked_by_group(fr_info_t *fin, const ipstate_t *is)
{
    const frgroup_t *group = is->is_rule->fr_icmpgrp;
    if (group == NULL)
        return false;
    return FR_ISBLOCK(fr_scanlist(fin, &group->fg_list, fin->fin_ifs->ifs_fr_pass));
}

/* There cannot be more errors than packets. */
static bool fr_allowstateicmp(fr_info_t *fin, ipstate_t *is, const i6addr_t *src)
{
    if (blocked_by_group(fin, is))
        return false;
    bool backward = !fr_same_address(&is->is_src, src);
    fin->fin_rev = !backward;
    if ((is->is_pass & FR_NOICMPERR) != 0 ||
        is->is_icmppkts[!backward][fin->fin_out] > is->is_pkts[backward][!fin->fin_out])
        return false;
    is->is_icmppkts[!backward][fin->fin_out]++;
    return true;
}

/* ---- IPv4 ---- */

/* The error must have a plain header, and quote a complete header and 8 bytes more. */
static bool quotes_enough(const fr_info_t *fin, const quote_t *q)
{
    if (fin->fin_hlen != 20 || q->size < 20)
        return false;
    uint32_t header = (q->ip[0] & 0x0fu) * 4u;
    return header >= 20 && fin->fin_plen >= ERROR_MIN4 + header - 20;
}

/* => Returns false if an error about such a packet belongs to no entry. */
static bool read_quote4(const fr_info_t *fin, quote_t *q)
{
    if (!quotes_enough(fin, q))
        return false;
    size_t header = (q->ip[0] & 0x0fu) * 4u;
    q->fin.fin_v = 4;
    if (fr_makefrip_quoted(&q->fin, q->ip, q->size) != 0 || (q->fin.fin_flx & FI_ICMPERR) != 0)
        return false;
    q->hv = fr_state_sum(&q->fin, SUM_SRC | SUM_DST);
    if (q->fin.fin_p == IPPROTO_ICMP)
        q->hv += fr_sum16(quoted16(q, header, 4));
    else if (fr_has_ports(&q->fin))
        q->hv += fr_sum16(quoted16(q, header, 0)) + fr_sum16(quoted16(q, header, 2));
    else
        return false;
    return true;
}

/* ---- IPv6 ---- */

static bool read_quote6(const fr_info_t *fin, quote_t *q)
{
    if (fin->fin_plen < ERROR_MIN6 || q->size < 40)
        return false;
    q->fin.fin_v = 6;
    if (fr_makefrip_quoted(&q->fin, q->ip, q->size) != 0 || (q->fin.fin_flx & FI_ICMPERR) != 0)
        return false;
    uint8_t next = q->ip[6];
    q->hv = fr_state_sum(&q->fin, SUM_SRC | SUM_DST);
    if (next == IPPROTO_ICMPV6) {
        /* This sum is made in another way than the query's, so an error about an echo request
         * belongs to no connection, unless the addresses end in zeros. */
        if ((q->fin.fin_icmp >> 8 & ICMP6_INFO) == 0)
            return false;
        q->hv = next + fr_sum32(q->fin.fin_src.i6[0]) + fr_sum32(q->fin.fin_dst.i6[0]) +
                fr_sum16(quoted16(q, 40, 4)) + fr_sum16(quoted16(q, 40, 6));
    } else if (next == IPPROTO_TCP || next == IPPROTO_UDP) {
        q->hv += fr_sum16(quoted16(q, 40, 0)) + fr_sum16(quoted16(q, 40, 2));
    }
    return true;
}

/* Whether a quoted IPv6 query can belong to an entry. This is checked before its ends are compared.
 */
static bool fits_id6(const quote_t *q, const ipstate_t *is)
{
    return quoted16(q, 40, 4) == is->is_icmpid && quoted16(q, 40, 6) == 0;
}

/* The answer's type is expected in the entry, which has the query's type. */
static bool fits_type6(const quote_t *q, const ipstate_t *is)
{
    uint8_t type = (uint8_t)(q->fin.fin_icmp >> 8);
    return type + 1 == is->is_icmptype;
}

/* ---- both ---- */

/* How much of the quoted packet can be read. IPFilter's ipftest reads on into what an earlier
 * packet left there if less was captured, and in IPv6 leaves the quoted header out of the length; a
 * host does neither. */
static size_t quoted_size(const fr_info_t *fin, size_t begin)
{
    size_t whole = msgdsize(fin->fin_m), left = fin->fin_qpi->qpi_left;
    size_t said = (size_t)fin->fin_dlen - ICMP_HLEN;
    if (fin->fin_v == 4 && !fin->fin_host && left > whole)
        whole = left;
    size_t size = whole - begin < said ? whole - begin : said;
    if (fin->fin_v == 4 || fin->fin_host || left <= whole)
        return size;
    return size + 40 < left - begin ? size + 40 : left - begin;
}

ipstate_t *fr_checkicmpmatchingstate(fr_info_t *fin)
{
    quote_t q = {.fin = {.fin_ifs = fin->fin_ifs,
                         .fin_qpi = fin->fin_qpi,
                         .fin_m = fin->fin_m,
                         .fin_out = !fin->fin_out}};
    size_t whole = msgdsize(fin->fin_m), begin = fin->fin_hlen + (size_t)ICMP_HLEN;
    if (fin->fin_dlen <= ICMP_HLEN || begin >= whole)
        return NULL;
    q.ip = fin->fin_m->b_rptr + begin;
    q.size = quoted_size(fin, begin);
    if (fin->fin_v == 4 ? !read_quote4(fin, &q) : !read_quote6(fin, &q))
        return NULL;
    bool query = fr_is_icmp(q.fin.fin_v, q.fin.fin_p), query6 = query && fin->fin_v == 6;
    ipstate_t **link = fr_state_bucket(&fin->fin_ifs->ifs_states, q.hv);
    fr_expire(fin, link);
    for (ipstate_t *is = *link; is != NULL; is = is->is_next) {
        if (is->is_hv != q.hv || is->is_p != q.fin.fin_p || is->is_v != fin->fin_v)
            continue;
        /* If a rule wants no errors, only those about TCP and UDP over IPv4 are examined, and
         * refused. */
        if ((query || fin->fin_v == 6) && (is->is_pass & FR_NOICMPERR) != 0)
            continue;
        if (query6 && !fits_id6(&q, is))
            continue;
        if (fr_matchsrcdst(&q.fin, is, FLX_COMPARED_QUOTED) && (!query6 || fits_type6(&q, is)) &&
            fr_allowstateicmp(fin, is, &q.fin.fin_src))
            return is;
    }
    return NULL;
}
