/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Addresses of either family in one type. As in Solaris' conn_t, an IPv4 address is held as an
 * IPv4-mapped IPv6 address: `::` is "no address" of either family, `::ffff:0.0.0.0` of IPv4.
 */
#ifndef LO0SIM_STACK_IP_ADDRESS_H
#define LO0SIM_STACK_IP_ADDRESS_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct in6_addr in6_addr_t;

/* Enough room for the text of any address. */
#define IP_ADDRESS_TEXT_MAX INET6_ADDRSTRLEN

/* An IPv4 address as it is held here. */
static inline in6_addr_t ip_address_v4(struct in_addr address)
{
    in6_addr_t mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(mapped.s6_addr + 12, &address, sizeof(address));
    return mapped;
}

/* 127.0.0.1 and ::1. */
in6_addr_t ip_address_loopback(int family);

/* The address at `at`, 4 bytes of AF_INET or 16 of AF_INET6, and back. ip_address_put() writes as
 * many bytes as the address' family has. */
in6_addr_t ip_address_get(int family, const uint8_t *at);
void ip_address_put(const in6_addr_t *address, uint8_t *at);

/* AF_INET or AF_INET6; `::` is AF_INET6. */
static inline int ip_address_family(const in6_addr_t *address)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address, mapped, sizeof(mapped)) == 0 ? AF_INET : AF_INET6;
}

static inline bool ip_address_same(const in6_addr_t *a, const in6_addr_t *b)
{
    return memcmp(a, b, sizeof(*a)) == 0;
}

/* Whether it is the unspecified address of its family. */
bool ip_address_is_any(const in6_addr_t *address);

/* Whether it is in 127/8, or is ::1. */
bool ip_address_is_loopback(const in6_addr_t *address);

/* Whether it is in 224/4 or ff00::/8, or is 255.255.255.255. */
bool ip_address_is_multicast(const in6_addr_t *address);

/* Whether the first `bits` bits of both are the same; for IPv4 they count from the first bit of the
 * IPv4 address. */
bool ip_address_same_net(const in6_addr_t *a, const in6_addr_t *b, unsigned bits);

/* "127.0.0.1" or "::1" into buffer[size].
 * => Returns buffer. */
const char *ip_address_text(const in6_addr_t *address, char *buffer, size_t size);

/* Reads an address from text; "localhost" is 127.0.0.1.
 * => Returns false if the text is not an address. */
bool ip_address_parse(const char *text, in6_addr_t *address);

#endif
