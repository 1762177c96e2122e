/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/ip_path.h"

#include <assert.h>
#include <errno.h>

#define US_PER_S 1000000u

typedef struct link_end {
    ip_stack_t *le_host;
    ill_t *le_ill;
    uint64_t le_free_ns; /* when the last bit of what was sent leaves */
} link_end_t;

struct link {
    vclock_t *clock;
    uint64_t latency_us, rate_bps;
    link_end_t ends[LINK_HOSTS_MAX];
    size_t count;
    later_t *in_flight;
};

link_t *link_create(vclock_t *clock, uint64_t latency_us, uint64_t rate_bps)
{
    link_t *link = memory_zalloc(vclock_memory(clock), sizeof(*link));
    if (link == NULL)
        return NULL;
    link->clock = clock;
    link->latency_us = latency_us;
    link->rate_bps = rate_bps;
    return link;
}

void link_flush(link_t *link)
{
    later_flush(&link->in_flight);
}

void link_destroy(link_t *link)
{
    if (link == NULL)
        return;
    link_flush(link);
    memory_free(vclock_memory(link->clock), link);
}

int link_attach(link_t *link, ip_stack_t *ips, const char *ifname)
{
    for (size_t i = 1; i < ips->ips_ill_count; i++) {
        ill_t *ill = &ips->ips_ills[i];
        if (strcmp(ill->ill_name, ifname) != 0)
            continue;
        if (ill->ill_link != NULL)
            return EBUSY;
        if (link->count == LINK_HOSTS_MAX)
            return ENOSPC;
        ill->ill_link = link;
        link->ends[link->count++] = (link_end_t){.le_host = ips, .le_ill = ill};
        return 0;
    }
    return ENXIO;
}

/* When a packet that is sent now arrives; its sender's end is busy until its last bit has left. */
static uint64_t arrival_us(link_t *link, link_end_t *from, uint64_t size)
{
    uint64_t now_ns = vclock_now(link->clock) * 1000;
    uint64_t begin_ns = from->le_free_ns > now_ns ? from->le_free_ns : now_ns;
    uint64_t takes_ns = link->rate_bps != 0 ? size * 8 * 1000 * US_PER_S / link->rate_bps : 0;
    from->le_free_ns = begin_ns + takes_ns;
    return (from->le_free_ns + 999) / 1000 + link->latency_us;
}

static const link_end_t *end_of(const link_t *link, const in6_addr_t *address)
{
    for (size_t i = 0; i < link->count; i++) {
        if (ill_of_local(link->ends[i].le_host, address) == link->ends[i].le_ill)
            return &link->ends[i];
    }
    return NULL;
}

bool link_has(const link_t *link, const struct ip_stack *from, const in6_addr_t *address)
{
    const link_end_t *to = end_of(link, address);
    return to != NULL && to->le_host != from;
}

bool link_send(link_t *link, const ip_stack_t *from, const in6_addr_t *next_hop, mblk_t *mp)
{
    const link_end_t *to = end_of(link, next_hop);
    link_end_t *sender = link->ends;
    assert(to != NULL && to->le_host != from); /* link_has() */
    while (sender->le_host != from) {
        sender++;
        assert(sender < link->ends + link->count); /* the sender is on the wire */
    }
    uint64_t at_us = arrival_us(link, sender, msgdsize(mp));
    if (later_add(&link->in_flight, at_us, ip_rput, to->le_host, to->le_ill, mp))
        return true;
    freemsg(mp);
    return false;
}
