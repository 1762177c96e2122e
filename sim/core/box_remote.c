/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Remote hosts: second stacks at the other end of the box' wire.
 */
#include "sim/core/box_remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct remote {
    struct remote *next;
    ip_stack_t *ips;
    char name[IP_ADDRESS_TEXT_MAX];
};

/* 192.168.1.20 is 2001:db8::20, too. */
static bool address6_of(const in6_addr_t *v4, in6_addr_t *v6)
{
    char text[IP_ADDRESS_TEXT_MAX];
    snprintf(text, sizeof(text), "2001:db8::%u", v4->s6_addr[15]);
    return ip_address_parse(text, v6);
}

static const char *refusal(box_t *box, const in6_addr_t *address)
{
    in6_addr_t own;
    ip_address_parse(BOX_ADDRESS, &own);
    if (ip_address_family(address) != AF_INET || !ip_address_same_net(address, &own, BOX_BITS) ||
        address->s6_addr[15] == 0 || address->s6_addr[15] == 255)
        return "a remote host's address is of the box' network, 192.168.1.1 to 192.168.1.254";
    if (ip_address_same(address, &own))
        return "192.168.1.5 is the box itself";
    for (const struct remote *r = box->remotes; r != NULL; r = r->next) {
        if (ip_is_local(r->ips, address))
            return "there is such a remote host already";
    }
    return NULL;
}

static bool make_link(box_t *box, uint64_t latency_us, uint64_t rate_bps)
{
    if (box->link != NULL)
        return true;
    box->link = link_create(box->clock, latency_us, rate_bps);
    return box->link != NULL && link_attach(box->link, box->ips, BOX_IFNAME) == 0;
}

static bool make_stack(box_t *box, struct remote *remote, const in6_addr_t *address)
{
    in6_addr_t v6;
    /* Seeded by its address, so that it does not repeat the box' numbers. */
    remote->ips = ip_stack_create(box->clock, box->seed ^ address->s6_addr[15], &box->build);
    return remote->ips != NULL && address6_of(address, &v6) &&
           ip_stack_plumb(remote->ips, BOX_IFNAME, address, BOX_BITS, &v6, BOX_BITS6) == 0;
}

const char *box_add_remote(box_t *box, const in6_addr_t *address, const char *name,
                           uint64_t latency_us, uint64_t rate_bps, ip_stack_t **ips)
{
    const char *why = refusal(box, address);
    if (why != NULL)
        return why;
    struct remote *remote = memory_zalloc(box->memory, sizeof(*remote));
    if (remote == NULL)
        return "out of memory";
    snprintf(remote->name, sizeof(remote->name), "%s", name);
    if (!make_link(box, latency_us, rate_bps) || !make_stack(box, remote, address)) {
        ip_stack_destroy(remote->ips);
        memory_free(box->memory, remote);
        return "out of memory";
    }
    if (link_attach(box->link, remote->ips, BOX_IFNAME) != 0) {
        ip_stack_destroy(remote->ips);
        memory_free(box->memory, remote);
        return "no more hosts are possible on the wire";
    }
    remote->next = box->remotes;
    box->remotes = remote;
    trace_attach_host(box->trace, remote->ips, remote->name);
    if (box->faults != NULL || box->choose != NULL)
        ip_stack_set_fault(remote->ips, box_suffers, box);
    *ips = remote->ips;
    return NULL;
}

void box_ask_remotes(box_t *box)
{
    for (struct remote *r = box->remotes; r != NULL; r = r->next)
        ip_stack_set_fault(r->ips, box_suffers, box);
}

void box_stop_remotes(box_t *box)
{
    if (box->link != NULL)
        link_flush(box->link);
    for (struct remote *r = box->remotes; r != NULL; r = r->next)
        ip_stack_stop(r->ips);
}

ip_stack_t *box_host(const box_t *box, const char *host)
{
    if (host == NULL)
        return box->ips;
    for (const struct remote *r = box->remotes; r != NULL; r = r->next) {
        if (strcmp(r->name, host) == 0)
            return r->ips;
    }
    return NULL;
}

const char *box_host_name(const box_t *box, const ip_stack_t *ips)
{
    for (const struct remote *r = box->remotes; r != NULL; r = r->next) {
        if (r->ips == ips)
            return r->name;
    }
    return NULL;
}

bool box_drain_remotes(box_t *box, char *buffer, size_t size)
{
    bool clean = true;
    for (struct remote *r = box->remotes; r != NULL; r = r->next)
        clean = ip_stack_drain(r->ips, buffer, size) && clean;
    return clean;
}

void box_free_remotes(box_t *box)
{
    while (box->remotes != NULL) {
        struct remote *remote = box->remotes;
        box->remotes = remote->next;
        ip_stack_destroy(remote->ips);
        memory_free(box->memory, remote);
    }
    link_destroy(box->link);
}

void box_remotes_bookkeeping(const box_t *box, memory_bookkeeping_t tell, void *arg)
{
    for (const struct remote *r = box->remotes; r != NULL; r = r->next)
        ip_stack_bookkeeping(r->ips, tell, arg);
}
