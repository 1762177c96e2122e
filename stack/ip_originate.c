/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Packets that the stack sends by itself: their headers, and the limits on their number.
 */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

#include <assert.h>

#define IPV4_DF 0x4000u

void ip_write_header(ip_stack_t *ips, uint8_t *ip, const in6_addr_t *src, const in6_addr_t *dst,
                     uint8_t protocol, uint8_t ttl, size_t payload)
{
    int family = ip_address_family(src);
    assert(ip_address_family(dst) == family && payload <= UINT16_MAX);
    size_t at = ip_src_at(family), size = ip_address_size(family);
    ip_address_put(src, ip + at);
    ip_address_put(dst, ip + at + size);
    if (family == AF_INET6) {
        put32(ip, 0x60000000);
        put16(ip + 4, (uint16_t)payload);
        ip[6] = protocol;
        ip[7] = ttl;
        return;
    }
    put16(ip, 0x4500);
    put16(ip + 2, (uint16_t)(IPH_MIN + payload));
    put16(ip + 4, ips->ips_ident++);
    put16(ip + 6, IPV4_DF);
    ip[8] = ttl;
    ip[9] = protocol;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, IPH_MIN));
}

bool ip_limit_take(ip_stack_t *ips, ip_limit_t *limit, uint64_t window_us, uint32_t most)
{
    uint64_t window = vclock_now(ips->ips_clock) / window_us;
    if (limit->il_window != window) {
        limit->il_window = window;
        limit->il_count = 0;
    }
    if (most != 0 && limit->il_count >= most)
        return false;
    limit->il_count++;
    return true;
}
