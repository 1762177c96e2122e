/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A host's random numbers.
 */
#include "stack/ip_impl.h"

/* splitmix64: every seed, 0 too, gives a full sequence. */
uint32_t ip_stack_random(ip_stack_t *ips)
{
    uint64_t z = ips->ips_random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}
