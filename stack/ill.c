/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Interfaces, and how they are plumbed. Solaris: ill_t (ip_if.c).
 *
 * Each of our interfaces has a netif of lwIP's, so that lwIP finds its routes and knows the host's
 * addresses. What lwIP sends on any of them comes to ill_output().
 */
#include "stack/ip_path.h"

#include <errno.h>

#define LO0_MTU   8232 /* IP_LOOPBACK_MTU: 8192 + 40 */
#define ETHER_MTU 1500

/* Verified by ip_deliver() and the fan-outs. */
#define CHECKS (NETIF_CHECKSUM_CHECK_IP | NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

static err_t init_netif(struct netif *netif)
{
    netif->name[0] = 'i';
    netif->name[1] = 'f';
    netif->output = ill_output;
    netif->output_ip6 = ill_output_ip6;
    return ERR_OK;
}

static void set_addresses(ill_t *ill)
{
    ip_addr_t v6 = to_lwip(&ill->ill_address[FAMILY_INET6]);
    netif_ip6_addr_set(&ill->ill_netif, 0, ip_2_ip6(&v6));
    netif_ip6_addr_set_state(&ill->ill_netif, 0, IP6_ADDR_PREFERRED);
}

static void add(ip_stack_t *ips, ill_t *ill, uint16_t mtu)
{
    ip_addr_t v4 = to_lwip(&ill->ill_address[FAMILY_INET]);
    unsigned bits = ill->ill_bits[FAMILY_INET];
    ip4_addr_t mask = {.addr = htonl(bits == 0 ? 0 : UINT32_MAX << (32 - bits))};
    ip4_addr_t none = {.addr = 0};

    ill->ill_index = (phy_if_t)(ips->ips_ill_count++ + 1);
    netif_add(&ill->ill_netif, ip_2_ip4(&v4), &mask, &none, ips, init_netif, ip_input);
    ill->ill_netif.mtu = mtu;
    NETIF_SET_CHECKSUM_CTRL(&ill->ill_netif, NETIF_CHECKSUM_ENABLE_ALL & ~CHECKS);
    ill->ill_netif.mtu6 = mtu;
    set_addresses(ill);
    netif_set_up(&ill->ill_netif);
    netif_set_link_up(&ill->ill_netif);
}

void ill_add_lo0(ip_stack_t *ips)
{
    ill_t *ill = &ips->ips_ills[0];
    memcpy(ill->ill_name, LO0_IFNAME, sizeof(LO0_IFNAME));
    ill->ill_address[FAMILY_INET] = ip_address_loopback(AF_INET);
    ill->ill_address[FAMILY_INET6] = ip_address_loopback(AF_INET6);
    ill->ill_bits[FAMILY_INET] = 8;
    ill->ill_bits[FAMILY_INET6] = 128;
    add(ips, ill, LO0_MTU);
    netif_set_default(&ill->ill_netif);
}

int ip_stack_plumb(ip_stack_t *ips, const char *name, const in6_addr_t *v4, unsigned v4_bits,
                   const in6_addr_t *v6, unsigned v6_bits)
{
    if (strlen(name) >= ILL_NAME_MAX)
        return EINVAL;
    for (size_t i = 0; i < ips->ips_ill_count; i++) {
        if (strcmp(ips->ips_ills[i].ill_name, name) == 0)
            return EEXIST;
    }
    if (ips->ips_ill_count == ILL_MAX)
        return ENOSPC;
    ill_t *ill = &ips->ips_ills[ips->ips_ill_count];
    strcpy(ill->ill_name, name);
    ill->ill_address[FAMILY_INET] = *v4;
    ill->ill_address[FAMILY_INET6] = *v6;
    ill->ill_bits[FAMILY_INET] = v4_bits;
    ill->ill_bits[FAMILY_INET6] = v6_bits;
    stack_enter(ips);
    add(ips, ill, ETHER_MTU);
    stack_leave(ips);
    return 0;
}
