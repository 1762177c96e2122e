/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the path meets the hooks. Solaris: the macro FW_HOOKS (inet/ip.h).
 *
 * What a hook returned ends here: the packet is gone or it is not, and the sender never learns.
 */
#include "stack/ip_impl.h"

mblk_t *fw_hooks(ip_stack_t *ips, const char *event, phy_if_t in, phy_if_t out, mblk_t *mp)
{
    size_t family = mp->b_rptr < mp->b_wptr && *mp->b_rptr >> 4 == 6 ? FAMILY_INET6 : FAMILY_INET;
    hook_family_int_t *hfi = ips->ips_hooks[family];
    hook_event_token_t token = hook_event_find(hfi, event);
    ip_event_t seen = {.mp = mp, .ifname = LO0_IFNAME, .event = event};

    seen.kind = IP_EV_HOOKS_START;
    seen.verdict = hook_interested(token);
    ip_emit(ips, &seen);
    if (hook_interested(token)) {
        hook_pkt_event_t info = {.hpe_protocol = &ips->ips_net[family],
                                 .hpe_ifp = in,
                                 .hpe_ofp = out,
                                 .hpe_hdr = mp->b_rptr,
                                 .hpe_mp = &mp,
                                 .hpe_mb = mp};
        if (hook_run(hfi, token, &info) != 0) {
            freemsg(mp);
            mp = NULL;
        }
    }
    seen.kind = IP_EV_HOOKS_END;
    seen.verdict = mp == NULL;
    seen.mp = mp;
    ip_emit(ips, &seen);
    return mp;
}
