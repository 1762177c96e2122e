/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/neti.h"

int net_inject(net_handle_t net, inject_t style, net_inject_t *packet)
{
    return net->netd_info->netp_inject(net->netd_stack, style, packet);
}

phy_if_t net_phylookup(net_handle_t net, const char *name)
{
    return net->netd_info->netp_phylookup(net->netd_stack, name);
}

int net_getifname(net_handle_t net, phy_if_t phy, char *buffer, size_t size)
{
    return net->netd_info->netp_getifname(net->netd_stack, phy, buffer, size);
}

int net_getifaddr(net_handle_t net, phy_if_t phy, int family, uint8_t address[16], unsigned *bits)
{
    return net->netd_info->netp_getifaddr(net->netd_stack, phy, family, address, bits);
}

void net_loopback(net_handle_t net, mblk_t *mp)
{
    net->netd_info->netp_loopback(net->netd_stack, mp);
}

memory_t *net_memory(net_handle_t net)
{
    return net->netd_memory != NULL ? net->netd_memory : memory_of_process();
}

mblk_t *net_allocb(net_handle_t net, size_t size)
{
    return allocb_from(net_memory(net), size);
}

uint64_t net_now(net_handle_t net)
{
    return net->netd_info->netp_now(net->netd_stack);
}

int net_hook_register(net_handle_t net, const char *event, hook_t *h)
{
    return hook_register(net->netd_hooks, event, h);
}

int net_hook_unregister(net_handle_t net, const char *event, hook_t *h)
{
    return hook_unregister(net->netd_hooks, event, h);
}
