/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter's hooks: the only file of it that knows how packets arrive. Solaris: ipf_hook(),
 * ipf_hook4_loop_in() and its kin, and fr_setipfloopback() (inet/ipf/ip_fil_solaris.c).
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"

#include <errno.h>

static int ipf_hook(hook_pkt_event_t *info, bool out, uint32_t loopback, ipf_stack_t *ifs)
{
    char ifname[LIFNAMSIZ];
    qpktinfo_t qpi = {.qpi_ifname = ifname,
                      .qpi_ill = out ? info->hpe_ofp : info->hpe_ifp,
                      .qpi_flags = loopback};

    if (net_getifname(info->hpe_protocol, qpi.qpi_ill, ifname, sizeof(ifname)) != 0)
        ifname[0] = '\0';
    int rval = fr_check(ifs, &qpi, out, info->hpe_mp);
    if (*info->hpe_mp == NULL) {
        info->hpe_hdr = NULL;
        info->hpe_mb = NULL;
        /* A rewrite that was not possible: fr_check says 0, and there is no packet left. */
        return rval != 0 ? rval : 1;
    }
    info->hpe_mb = *info->hpe_mp;
    info->hpe_hdr = info->hpe_mb->b_rptr;
    return rval;
}

static int ipf_hook4_loop_in(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    return ipf_hook(info, false, FI_NOCKSUM, arg);
}

static int ipf_hook4_loop_out(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    return ipf_hook(info, true, FI_NOCKSUM, arg);
}

static int ipf_hook6_loop_in(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    return ipf_hook(info, false, FI_NOCKSUM, arg);
}

static int ipf_hook6_loop_out(hook_event_token_t token, hook_data_t info, void *arg)
{
    (void)token;
    return ipf_hook(info, true, FI_NOCKSUM, arg);
}

typedef struct loop_hook {
    const char *name;
    const char *event;
    hook_func_t func;
    bool inet6;
} loop_hook_t;

static const loop_hook_t loop_hooks[IPF_LOOP_HOOKS] = {
    {"ipfilter_hook4_loop_in", NH_LOOPBACK_IN, ipf_hook4_loop_in, false},
    {"ipfilter_hook4_loop_out", NH_LOOPBACK_OUT, ipf_hook4_loop_out, false},
    {"ipfilter_hook6_loop_in", NH_LOOPBACK_IN, ipf_hook6_loop_in, true},
    {"ipfilter_hook6_loop_out", NH_LOOPBACK_OUT, ipf_hook6_loop_out, true},
};

static net_handle_t handle_of(const ipf_stack_t *ifs, const loop_hook_t *lh)
{
    return lh->inet6 ? ifs->ifs_inet6 : ifs->ifs_inet;
}

/* Takes off the first `count` hooks. */
static void unregister(ipf_stack_t *ifs, size_t count)
{
    while (count-- > 0) {
        net_handle_t net = handle_of(ifs, &loop_hooks[count]);
        if (net != NULL)
            net_hook_unregister(net, loop_hooks[count].event, &ifs->ifs_loop_hooks[count]);
    }
}

static int register_all(ipf_stack_t *ifs)
{
    for (size_t i = 0; i < IPF_LOOP_HOOKS; i++) {
        net_handle_t net = handle_of(ifs, &loop_hooks[i]);
        if (net == NULL)
            continue;
        ifs->ifs_loop_hooks[i] = (hook_t){.h_version = HOOK_VERSION,
                                          .h_func = loop_hooks[i].func,
                                          .h_name = loop_hooks[i].name,
                                          .h_hint = HH_NONE,
                                          .h_arg = ifs};
        int error = net_hook_register(net, loop_hooks[i].event, &ifs->ifs_loop_hooks[i]);
        if (error != 0) {
            unregister(ifs, i);
            return error;
        }
    }
    return 0;
}

int fr_setipfloopback(ipf_stack_t *ifs, bool on)
{
    if (on == ifs->ifs_ipf_loopback)
        return 0;
    if (on) {
        if (ifs->ifs_inet == NULL && ifs->ifs_inet6 == NULL)
            return ENXIO;
        int error = register_all(ifs);
        if (error != 0)
            return error;
    } else {
        unregister(ifs, IPF_LOOP_HOOKS);
    }
    ifs->ifs_ipf_loopback = on;
    return 0;
}

bool ipf_intercepts_loopback(const ipf_stack_t *ifs)
{
    return ifs->ifs_ipf_loopback;
}

void ipf_attach(ipf_stack_t *ifs, net_handle_t inet, net_handle_t inet6)
{
    fr_setipfloopback(ifs, false);
    ifs->ifs_inet = inet;
    ifs->ifs_inet6 = inet6;
}
