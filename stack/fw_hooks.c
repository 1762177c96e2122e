/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where the path meets the hooks. Solaris: the macro FW_HOOKS (inet/ip.h).
 *
 * In the builds of the post's time a hook's return value ends here: the packet is gone or goes on,
 * and the sender never sees it. Later builds hand it up to the transport.
 */
#include "stack/ip_path.h"

#include <assert.h>
#include <errno.h>

/* What becomes of a hook's error, and of ips_send_error, which a sender reads within its call. */
static ip_hook_fate_t pass_error_on(ip_stack_t *ips, bool out, int error)
{
    if (ips->ips_verdict_returns && error == ECONNREFUSED) {
        ips->ips_send_error = error;
        return IP_HOOK_FATE_CALLER;
    }
    switch (ips->ips_build->ib_hook_error) {
    case IP_HOOK_ERROR_ULP:
        ips->ips_send_error = error;
        return IP_HOOK_FATE_TRANSPORT;
    case IP_HOOK_ERROR_EPERM:
        if (out)
            ips->ips_send_error = EPERM;
        return out ? IP_HOOK_FATE_EPERM : IP_HOOK_FATE_ENDS;
    default:
        return IP_HOOK_FATE_LOST;
    }
}

static size_t family_of(const mblk_t *mp)
{
    return mp->b_rptr < mp->b_wptr && *mp->b_rptr >> 4 == 6 ? FAMILY_INET6 : FAMILY_INET;
}

static int run(ip_stack_t *ips, size_t family, hook_event_token_t token, const ill_t *ill, bool out,
               mblk_t **mp)
{
    const ill_t *outer = ips->ips_hook_ill;
    uint32_t outer_packet = ips->ips_hook_packet;
    hook_pkt_event_t info = {.hpe_protocol = &ips->ips_net[family],
                             .hpe_ifp = out ? 0 : ill->ill_index,
                             .hpe_ofp = out ? ill->ill_index : 0,
                             .hpe_hdr = (*mp)->b_rptr,
                             .hpe_mp = mp,
                             .hpe_mb = *mp};
    ips->ips_hook_ill = ill;
    ips->ips_hook_packet = (*mp)->b_packet;
    int error = hook_run(ips->ips_hooks[family], token, &info);
    ips->ips_hook_ill = outer;
    ips->ips_hook_packet = outer_packet;
    if (error != 0) {
        freemsg(*mp);
        *mp = NULL;
    }
    return error;
}

static bool is_out(ip_hook_event_t event)
{
    return event == IP_LOOPBACK_OUT || event == IP_PHYSICAL_OUT;
}

static void tell_start(ip_stack_t *ips, hook_event_token_t token, const ill_t *ill,
                       const mblk_t *mp)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_HOOKS_START,
                               .mp = mp,
                               .ifname = ill->ill_name,
                               .event = hook_event_name(token),
                               .interested = hook_interested(token)});
}

/* What is told of the hooks of an event when they have run. */
typedef struct outcome {
    int error;
    ip_hook_fate_t fate;
} outcome_t;

static void tell_end(ip_stack_t *ips, hook_event_token_t token, const ill_t *ill, const mblk_t *mp,
                     uint32_t packet, const outcome_t *outcome)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_HOOKS_END,
                               .mp = mp,
                               .packet = packet,
                               .ifname = ill->ill_name,
                               .event = hook_event_name(token),
                               .verdict = outcome->error,
                               .fate = outcome->fate});
}

/* Runs the hooks of an event, if it has any; `told` is NULL if there is no probe. */
static mblk_t *hooks(ip_stack_t *ips, size_t family, ip_hook_event_t event, const ill_t *ill,
                     mblk_t *mp, outcome_t *told)
{
    hook_event_token_t token = ips->ips_events[family][event];
    outcome_t outcome = {0, IP_HOOK_FATE_NONE};
    if (hook_interested(token))
        outcome.error = run(ips, family, token, ill, is_out(event), &mp);
    if (outcome.error != 0)
        outcome.fate = pass_error_on(ips, is_out(event), outcome.error);
    assert(outcome.error == 0 ? mp != NULL : mp == NULL);
    if (told != NULL)
        *told = outcome;
    return mp;
}

/* The same, with what is told before and after. */
IP_RARE static mblk_t *hooks_aloud(ip_stack_t *ips, size_t family, ip_hook_event_t event,
                                   const ill_t *ill, mblk_t *mp)
{
    hook_event_token_t token = ips->ips_events[family][event];
    uint32_t packet = mp->b_packet;
    outcome_t outcome;
    tell_start(ips, token, ill, mp);
    mp = hooks(ips, family, event, ill, mp, &outcome);
    tell_end(ips, token, ill, mp, packet, &outcome);
    return mp;
}

mblk_t *fw_hooks(ip_stack_t *ips, ip_hook_event_t event, const ill_t *ill, mblk_t *mp)
{
    size_t family = family_of(mp);
    if (ip_probed(ips))
        return hooks_aloud(ips, family, event, ill, mp);
    return hooks(ips, family, event, ill, mp, NULL);
}
