/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Two hosts on a wire, one of them with a filter: a connect to a blocked port, and to a free one.
 */
#include "filter/ipf.h"
#include "stack/ip_stack.h"
#include "stack/link.h"
#include "stack/socket.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char rules[] =
    "block return-rst in quick on net0 proto tcp from any to any port = 22\n"
    "pass in all\n";

static const uint64_t syns[] = {0, 3375000, 10125000, 23625000};
static const ip_build_t build = {
    .ib_syns = {.sy_at_us = syns, .sy_count = 4, .sy_abort_us = 30000000},
    .ib_icmp_quote = 64,
    .ib_icmp_ttl = 255,
};

static ip_stack_t *make_host(vclock_t *clock, link_t *link, const char *v4_text,
                             const char *v6_text)
{
    in6_addr_t v4, v6;
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);
    if (ips == NULL || !ip_address_parse(v4_text, &v4) || !ip_address_parse(v6_text, &v6) ||
        ip_stack_plumb(ips, "net0", &v4, 24, &v6, 64) != 0 || link_attach(link, ips, "net0") != 0)
        return NULL;
    return ips;
}

static int connect_to(vclock_t *clock, ip_stack_t *client, const char *text, uint16_t port)
{
    in6_addr_t address;
    sonode_t *so;
    if (!ip_address_parse(text, &address))
        return EINVAL;
    int error = so_connect(client, &address, port, &so);
    if (error != EINPROGRESS)
        return error;
    while ((error = so_connect_error(so)) == EINPROGRESS && vclock_run_next(clock))
        continue;
    so_close(so);
    return error;
}

static const char *name(int error)
{
    return error == ECONNREFUSED ? "ECONNREFUSED" : strerror(error);
}

int main(void)
{
    vclock_t *clock = vclock_create();
    link_t *link = link_create(clock, 250, 1000000000);
    ip_stack_t *client = make_host(clock, link, "10.0.0.1", "2001:db8::1");
    ip_stack_t *server = make_host(clock, link, "10.0.0.2", "2001:db8::2");
    ipf_stack_t *ifs = ipf_create();
    sonode_t *blocked, *open;
    ipf_error_t error;
    char leak[200];

    if (client == NULL || server == NULL || ifs == NULL ||
        ipf_attach(ifs, ip_stack_net(server, NHF_INET), ip_stack_net(server, NHF_INET6)) != 0 ||
        ipf_load(ifs, rules, strlen(rules), NULL, &error) != 0 ||
        so_listen(server, &in6addr_any, 22, 5, &blocked) != 0 ||
        so_listen(server, &in6addr_any, 80, 5, &open) != 0)
        return 1;
    printf("10.0.0.2 22: %s\n", name(connect_to(clock, client, "10.0.0.2", 22)));
    printf("10.0.0.2 80: %s\n", name(connect_to(clock, client, "10.0.0.2", 80)));
    printf("blocked: %llu\n", (unsigned long long)ipf_stats(ifs)->f_st[0].fr_block);
    ipf_destroy(ifs);
    link_flush(link);
    if (!ip_stack_drain(client, leak, sizeof(leak)) ||
        !ip_stack_drain(server, leak, sizeof(leak))) {
        printf("leaked: %s\n", leak);
        return 1;
    }
    ip_stack_destroy(client);
    ip_stack_destroy(server);
    link_destroy(link);
    vclock_destroy(clock);
    return 0;
}
