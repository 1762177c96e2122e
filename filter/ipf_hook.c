/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter's hooks: the only file of it that knows how packets arrive. Solaris: ipf_hook(),
 * ipf_hook4_loop_in() and related functions, and fr_setipfloopback() (inet/ipf/ip_fil_solaris.c).
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"

#include <errno.h>

static uint32_t cast_of(uint32_t hpe_flags)
{
    if ((hpe_flags & HPE_MULTICAST) != 0)
        return FI_MULTICAST | FI_MBCAST;
    return (hpe_flags & HPE_BROADCAST) != 0 ? FI_BROADCAST | FI_MBCAST : 0;
}

static void forget_ifname(ipf_stack_t *ifs)
{
    ifs->ifs_phy = 0;
    ifs->ifs_ifname[0] = '\0';
}

/* An index keeps its name, and most packets come by the interface of the one before. */
static const char *ifname_of(ipf_stack_t *ifs, net_handle_t net, phy_if_t phy)
{
    if (phy == ifs->ifs_phy)
        return ifs->ifs_ifname;
    ifs->ifs_phy = phy;
    if (net_getifname(net, phy, ifs->ifs_ifname, sizeof(ifs->ifs_ifname)) != 0)
        forget_ifname(ifs);
    return ifs->ifs_ifname;
}

static int ipf_hook(hook_pkt_event_t *info, bool out, uint32_t loopback, ipf_stack_t *ifs)
{
    phy_if_t phy = out ? info->hpe_ofp : info->hpe_ifp;
    qpktinfo_t qpi = {.qpi_ifname = ifname_of(ifs, info->hpe_protocol, phy),
                      .qpi_ill = phy,
                      .qpi_flags = loopback | cast_of(info->hpe_flags)};
    /* If it returns 0 and leaves no packet, the rewrite was not possible: for hook_run() the packet
     * is eaten. */
    return fr_check(ifs, &qpi, out, info->hpe_mp);
}

/* The hooks of each family and event differ in name and arguments. */
#define IPF_HOOK(function, out, loopback)                                                          \
    static int function(hook_event_token_t token, hook_data_t info, void *arg)                     \
    {                                                                                              \
        (void)token;                                                                               \
        return ipf_hook(info, out, loopback, arg);                                                 \
    }

IPF_HOOK(ipf_hook4_in, false, 0)
IPF_HOOK(ipf_hook4_out, true, 0)
IPF_HOOK(ipf_hook6_in, false, 0)
IPF_HOOK(ipf_hook6_out, true, 0)
IPF_HOOK(ipf_hook4_loop_in, false, FI_NOCKSUM)
IPF_HOOK(ipf_hook4_loop_out, true, FI_NOCKSUM)
IPF_HOOK(ipf_hook6_loop_in, false, FI_NOCKSUM)
IPF_HOOK(ipf_hook6_loop_out, true, FI_NOCKSUM)

typedef struct hook_row {
    const char *name;
    const char *event;
    hook_func_t func;
    bool inet6;
} hook_row_t;

/* The hooks of wires are registered while the filter is attached, those of loopback only while
 * interception is on. */
static const hook_row_t rows[IPF_HOOKS] = {
    {"ipfilter_hook4_in", NH_PHYSICAL_IN, ipf_hook4_in, false},
    {"ipfilter_hook4_out", NH_PHYSICAL_OUT, ipf_hook4_out, false},
    {"ipfilter_hook6_in", NH_PHYSICAL_IN, ipf_hook6_in, true},
    {"ipfilter_hook6_out", NH_PHYSICAL_OUT, ipf_hook6_out, true},
    {"ipfilter_hook4_loop_in", NH_LOOPBACK_IN, ipf_hook4_loop_in, false},
    {"ipfilter_hook4_loop_out", NH_LOOPBACK_OUT, ipf_hook4_loop_out, false},
    {"ipfilter_hook6_loop_in", NH_LOOPBACK_IN, ipf_hook6_loop_in, true},
    {"ipfilter_hook6_loop_out", NH_LOOPBACK_OUT, ipf_hook6_loop_out, true},
};

enum { WIRE_FIRST = 0, LOOP_FIRST = 4 };

/* NULL: the filter is not attached to a stack with hooks of that family. */
static net_handle_t handle_of(const ipf_stack_t *ifs, const hook_row_t *row)
{
    net_handle_t net = row->inet6 ? ifs->ifs_inet6 : ifs->ifs_inet;
    return net != NULL && net->netd_hooks != NULL ? net : NULL;
}

/* Removes the hooks from `first` to before `end`. */
static void unregister(ipf_stack_t *ifs, size_t first, size_t end)
{
    while (end-- > first) {
        net_handle_t net = handle_of(ifs, &rows[end]);
        if (net != NULL)
            net_hook_unregister(net, rows[end].event, &ifs->ifs_hooks[end]);
    }
}

static int register_hooks(ipf_stack_t *ifs, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        net_handle_t net = handle_of(ifs, &rows[i]);
        if (net == NULL)
            continue;
        ifs->ifs_hooks[i] = (hook_t){.h_version = HOOK_VERSION,
                                     .h_func = rows[i].func,
                                     .h_name = rows[i].name,
                                     .h_hint = HH_NONE,
                                     .h_arg = ifs};
        int error = net_hook_register(net, rows[i].event, &ifs->ifs_hooks[i]);
        if (error != 0) {
            unregister(ifs, first, i);
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
        int error = register_hooks(ifs, LOOP_FIRST, IPF_HOOKS);
        if (error != 0)
            return error;
    } else {
        unregister(ifs, LOOP_FIRST, IPF_HOOKS);
    }
    ifs->ifs_ipf_loopback = on;
    return 0;
}

bool ipf_intercepts_loopback(const ipf_stack_t *ifs)
{
    return ifs->ifs_ipf_loopback;
}

int ipf_attach(ipf_stack_t *ifs, net_handle_t inet, net_handle_t inet6)
{
    fr_setipfloopback(ifs, false);
    unregister(ifs, WIRE_FIRST, LOOP_FIRST);
    ifs->ifs_inet = inet;
    ifs->ifs_inet6 = inet6;
    forget_ifname(ifs);
    int error = register_hooks(ifs, WIRE_FIRST, LOOP_FIRST);
    if (error != 0)
        ifs->ifs_inet = ifs->ifs_inet6 = NULL;
    return error;
}
