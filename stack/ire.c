/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The host's routes: which interface an address belongs to. Solaris: ire_to_ill() (ip_ire.c),
 * ill_lookup_on_ifindex() (ip_if.c).
 */
#include "stack/ip_impl.h"

static size_t family_of(const in6_addr_t *address)
{
    return ip_address_family(address) == AF_INET ? FAMILY_INET : FAMILY_INET6;
}

/* On Linux all of 127/8 is the host's own, but for its two ends; Solaris has what is plumbed. */
static bool is_other_loopback(const ip_stack_t *ips, const in6_addr_t *address)
{
    static const uint8_t none[3], all[3] = {255, 255, 255};
    const uint8_t *after_127 = address->s6_addr + 13;
    return ips->ips_build->ib_linux_sockets && ip_address_family(address) == AF_INET &&
           ip_address_is_loopback(address) && memcmp(after_127, none, sizeof(none)) != 0 &&
           memcmp(after_127, all, sizeof(all)) != 0;
}

IP_RARE static ill_t *ill_of_other(ip_stack_t *ips, const in6_addr_t *address, size_t family)
{
    if (is_other_loopback(ips, address))
        return &ips->ips_ills[0];
    for (size_t i = 1; i < ips->ips_ill_count; i++) {
        if (ip_address_same(&ips->ips_ills[i].ill_address[family], address))
            return &ips->ips_ills[i];
    }
    return NULL;
}

ill_t *ill_of_local(ip_stack_t *ips, const in6_addr_t *address)
{
    size_t family = family_of(address);
    ill_t *lo0 = &ips->ips_ills[0]; /* the usual case */
    return ip_address_same(&lo0->ill_address[family], address) ? lo0
                                                               : ill_of_other(ips, address, family);
}

ill_t *ill_of_onlink(ip_stack_t *ips, const in6_addr_t *address)
{
    size_t family = family_of(address);
    for (size_t i = 1; i < ips->ips_ill_count; i++) {
        ill_t *ill = &ips->ips_ills[i];
        if (ip_address_same_net(&ill->ill_address[family], address, ill->ill_bits[family]))
            return ill;
    }
    return NULL;
}

ill_t *ill_lookup(ip_stack_t *ips, phy_if_t index)
{
    return index >= 1 && index <= ips->ips_ill_count ? &ips->ips_ills[index - 1] : NULL;
}

bool ip_is_local(ip_stack_t *ips, const in6_addr_t *address)
{
    return ill_of_local(ips, address) != NULL;
}

bool ip_source_for(ip_stack_t *ips, const in6_addr_t *remote, in6_addr_t *source)
{
    const ill_t *ill = ill_of_local(ips, remote);
    if (ill == NULL)
        ill = ill_of_onlink(ips, remote);
    if (ill != NULL)
        *source = ill->ill_address[family_of(remote)];
    return ill != NULL;
}
