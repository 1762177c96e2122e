/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets that a rule sends elsewhere: dup-to, to, route-to, reply-to, fastroute. Solaris: the
 * label `filtered` of fr_check() (fil.c), and fr_fastroute() (ip_fil_solaris.c).
 *
 * The packet leaves by net_inject(NI_DIRECT_OUT): no hook sees it again. So a packet for the
 * host itself is lost, like an injected RST.
 */
#include "filter/fr_impl.h"

#include <netinet/in.h>
#include <string.h>

/* Converts a rule's address, which is in host order, into a socket's. */
static void set_next_hop(const frdest_t *dest, net_inject_t *inject)
{
    struct sockaddr_in sin = {.sin_family = AF_INET};
    struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};
    if (dest->fd_family == 4) {
        put32((uint8_t *)&sin.sin_addr, dest->fd_ip.i6[0]);
        memcpy(&inject->ni_addr, &sin, sizeof(sin));
    } else if (dest->fd_family == 6) {
        for (size_t i = 0; i < 4; i++)
            put32(sin6.sin6_addr.s6_addr + 4 * i, dest->fd_ip.i6[i]);
        memcpy(&inject->ni_addr, &sin6, sizeof(sin6));
    }
}

/* Takes `m`. If `dest` is NULL, the packet takes the route to its own destination. */
static void fastroute(fr_info_t *fin, mblk_t *m, const frdest_t *dest)
{
    ipf_stack_t *ifs = fin->fin_ifs;
    net_handle_t net = fin->fin_v == 6 ? ifs->ifs_inet6 : ifs->ifs_inet;
    net_inject_t inject = {.ni_version = NETINFO_VERSION, .ni_packet = m};
    ipf_event_t event = fr_event(fin, IPF_EV_SEND);
    event.function = "fr_fastroute";
    fr_emit(fin, &event);
    if (net == NULL) {
        freemsg(m);
        ifs->ifs_frstats.f_froute[1]++;
        return;
    }
    if (dest != NULL) {
        inject.ni_physical = net_phylookup(net, dest->fd_name);
        set_next_hop(dest, &inject);
    }
    int result = net_inject(net, NI_DIRECT_OUT, &inject);
    ifs->ifs_frstats.f_froute[result < 0 ? 1 : 0]++;
}

bool fr_route(fr_info_t *fin, uint32_t pass, mblk_t **mp)
{
    const frentry_t *fr = fin->fin_fr;
    if (fr == NULL)
        return false;
    const frdest_t *dest = fin->fin_rev ? &fr->fr_rare->fr_rif : &fr->fr_rare->fr_tif;
    if (fr->fr_rare->fr_dif.fd_name[0] != '\0') {
        mblk_t *copy = copymsg(*mp);
        if (copy != NULL)
            fastroute(fin, copy, &fr->fr_rare->fr_dif);
    }
    if (!fin->fin_out && (pass & FR_FASTROUTE) != 0)
        dest = NULL;
    else if (dest->fd_name[0] == '\0')
        return false;
    fastroute(fin, *mp, dest);
    *mp = NULL;
    return true;
}
