/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/ip_address.h"

#include <arpa/inet.h>
#include <string.h>

#define V4_AT 12 /* where the IPv4 address lies in a mapped one */

in6_addr_t ip_address_loopback(int family)
{
    if (family == AF_INET6)
        return (in6_addr_t)IN6ADDR_LOOPBACK_INIT;
    return ip_address_v4((struct in_addr){.s_addr = htonl(INADDR_LOOPBACK)});
}

in6_addr_t ip_address_get(int family, const uint8_t *at)
{
    in6_addr_t address;
    struct in_addr v4;
    if (family == AF_INET) {
        memcpy(&v4, at, sizeof(v4));
        return ip_address_v4(v4);
    }
    memcpy(&address, at, sizeof(address));
    return address;
}

static size_t first_byte(const in6_addr_t *address)
{
    return ip_address_family(address) == AF_INET ? V4_AT : 0;
}

void ip_address_put(const in6_addr_t *address, uint8_t *at)
{
    size_t first = first_byte(address);
    memcpy(at, address->s6_addr + first, sizeof(*address) - first);
}

bool ip_address_is_any(const in6_addr_t *address)
{
    static const in6_addr_t any6 = IN6ADDR_ANY_INIT;
    in6_addr_t any4 = ip_address_v4((struct in_addr){INADDR_ANY});
    return ip_address_same(address, &any6) || ip_address_same(address, &any4);
}

bool ip_address_is_loopback(const in6_addr_t *address)
{
    if (ip_address_family(address) == AF_INET)
        return address->s6_addr[V4_AT] == 127;
    return IN6_IS_ADDR_LOOPBACK(address);
}

bool ip_address_is_multicast(const in6_addr_t *address)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    if (ip_address_family(address) == AF_INET6)
        return IN6_IS_ADDR_MULTICAST(address);
    return address->s6_addr[V4_AT] >> 4 == 14 ||
           memcmp(address->s6_addr + V4_AT, broadcast, sizeof(broadcast)) == 0;
}

bool ip_address_same_net(const in6_addr_t *a, const in6_addr_t *b, unsigned bits)
{
    if (ip_address_family(a) != ip_address_family(b))
        return false;
    bits += (unsigned)first_byte(a) * 8;
    for (unsigned i = 0; i < bits; i++) {
        if (((a->s6_addr[i / 8] ^ b->s6_addr[i / 8]) & (0x80 >> i % 8)) != 0)
            return false;
    }
    return true;
}

/* As inet_ntop() writes it, which takes ten times as long. `text` has room for INET_ADDRSTRLEN. */
static void text4(const uint8_t *v4, char *text)
{
    for (size_t i = 0; i < 4; i++) {
        if (i > 0)
            *text++ = '.';
        if (v4[i] >= 100)
            *text++ = (char)('0' + v4[i] / 100);
        if (v4[i] >= 10)
            *text++ = (char)('0' + v4[i] / 10 % 10);
        *text++ = (char)('0' + v4[i] % 10);
    }
    *text = '\0';
}

const char *ip_address_text(const in6_addr_t *address, char *buffer, size_t size)
{
    int family = ip_address_family(address);
    if (family == AF_INET && size >= INET_ADDRSTRLEN)
        text4(address->s6_addr + V4_AT, buffer);
    else if (inet_ntop(family, address->s6_addr + first_byte(address), buffer, (socklen_t)size) ==
             NULL)
        buffer[0] = '\0';
    return buffer;
}

bool ip_address_parse(const char *text, in6_addr_t *address)
{
    struct in_addr v4;
    if (strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &v4) == 1) {
        *address = ip_address_v4(v4);
        return true;
    }
    return inet_pton(AF_INET6, text, address) == 1;
}
