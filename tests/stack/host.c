/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/host.h"

static const uint64_t post_syns[] = {0, 3375000, 10125000, 23625000};
const ip_build_t post_build = {
    .ib_syns = {post_syns, 4, 30000000}, .ib_icmp_quote = 64, .ib_icmp_ttl = 255};

#define MS(ms) ((uint64_t)(ms)*1000)

const tcp_times_t linux_times = {
    .tt_rto_first_us = MS(1000),
    .tt_rto_min_us = MS(200),
    .tt_rto_max_us = MS(120000),
    .tt_abort_us = MS(924600),
    .tt_orphan_us = MS(102200),
    .tt_ack_us = MS(40),
    .tt_ack_local_us = MS(40),
    .tt_fin_wait_2_us = MS(60000),
    .tt_time_wait_us = MS(60000),
    .tt_keep_idle_us = MS(7200000),
    .tt_keep_interval_us = MS(75000),
    .tt_keep_count = 9,
};

static const uint64_t two_syns[] = {0, MS(1000)};
const ip_build_t linux_times_build = {
    .ib_syns = {two_syns, 2, MS(3000)},
    .ib_times = &linux_times,
    .ib_quick_ack = true,
    .ib_linux_sockets = true,
};

const in6_addr_t loopback = {.s6_addr = {[10] = 0xff, 0xff, 127, 0, 0, 1}};

static const char *kind_name(ip_event_kind_t kind)
{
    static const char *const names[] = {
        [IP_EV_CONNECT] = "connect",
        [IP_EV_CONNECTED] = "connected",
        [IP_EV_ERRNO] = "errno",
        [IP_EV_TIMER] = "timer",
        [IP_EV_WPUT_IRE] = "ip_wput_ire",
        [IP_EV_HOOKS_START] = "hooks(",
        [IP_EV_HOOK] = "hook",
        [IP_EV_HOOKS_END] = "hooks)",
        [IP_EV_WPUT_LOCAL] = "ip_wput_local",
        [IP_EV_SNOOP] = "snoop",
        [IP_EV_WIRE] = "wire",
        [IP_EV_RPUT] = "ip_rput",
        [IP_EV_FANOUT] = "fanout",
        [IP_EV_RESET] = "reset",
        [IP_EV_ICMP] = "icmp",
        [IP_EV_DISCARD] = "discard",
        [IP_EV_NET_INJECT] = "net_inject",
        [IP_EV_FUSION] = "fusion",
        [IP_EV_FAULT] = "fault",
    };
    return names[kind];
}

/* What an event contains besides names and state. */
static const char *what_of(const ip_event_t *e)
{
    static const char *const wires[] = {[IP_WIRE_SENT] = NULL,
                                        [IP_WIRE_NO_LINK] = "no link",
                                        [IP_WIRE_NO_HOST] = "no host",
                                        [IP_WIRE_NO_MEMORY] = "no memory"};
    static const char *const routes[] = {
        [IP_ROUTE_NONE] = "no route",     [IP_ROUTE_LOOPBACK] = "IRE_LOOPBACK",
        [IP_ROUTE_LOCAL] = "IRE_LOCAL",   [IP_ROUTE_INTERFACE] = "IRE_INTERFACE",
        [IP_ROUTE_QUEUED] = "queued",     [IP_ROUTE_NO_INPUT] = "no input",
        [IP_ROUTE_NO_STYLE] = "no style",
    };
    if (e->kind == IP_EV_WIRE)
        return wires[e->wire];
    if (e->is_copy)
        return "a copy of fused data";
    return e->kind == IP_EV_NET_INJECT ? routes[e->route] : e->reason;
}

static void record_for(host_t *host, const char *who, const ip_event_t *e)
{
    const char *what = what_of(e);
    size_t used = strlen(host->log);
    snprintf(host->log + used, sizeof(host->log) - used,
             "%s%.3f %s%s%s%s%s%s%s flags %x error %d\n", who,
             (double)vclock_now(host->clock) / 1e6, kind_name(e->kind), e->event ? " " : "",
             e->event ? e->event : "", e->state ? " " : "", e->state ? e->state : "",
             what ? ": " : "", what ? what : "",
             e->mp != NULL && msgdsize(e->mp) > 33 ? (unsigned)e->mp->b_rptr[33] : 0u, e->error);
}

static void record(void *arg, const ip_event_t *e)
{
    record_for(arg, "", e);
}

static void record_remote(void *arg, const ip_event_t *e)
{
    record_for(arg, "[remote] ", e);
}

int host_setup(void **state)
{
    host_t *host = calloc(1, sizeof(*host));
    host->clock = vclock_create();
    host->ips = ip_stack_create(host->clock, 1, &post_build);
    ip_stack_set_probe(host->ips, record, host);
    *state = host;
    return 0;
}

int host_teardown(void **state)
{
    host_t *host = *state;
    char leak[128] = "";
    if (host->link != NULL)
        link_flush(host->link);
    ip_stack_stop(host->ips);
    if (host->remote != NULL)
        ip_stack_stop(host->remote);
    bool clean = ip_stack_drain(host->ips, leak, sizeof(leak)) && so_count(host->ips) == 0;
    if (host->remote != NULL)
        clean = ip_stack_drain(host->remote, leak, sizeof(leak)) && clean;
    if (!clean)
        print_error("leaked: %s\n", leak);
    ip_stack_destroy(host->ips);
    ip_stack_destroy(host->remote);
    link_destroy(host->link);
    vclock_destroy(host->clock);
    free(host);
    return clean && mblk_in_use() == 0 ? 0 : -1;
}

static void plumb(ip_stack_t *ips, const char *v4, const char *v6)
{
    in6_addr_t a4 = address_of(v4), a6 = address_of(v6);
    assert_int_equal(ip_stack_plumb(ips, "e1000g0", &a4, 24, &a6, 64), 0);
}

void add_wire(host_t *host, uint64_t latency_us, uint64_t rate_bps)
{
    host->link = link_create(host->clock, latency_us, rate_bps);
    host->remote = ip_stack_create(host->clock, 2, &post_build);
    plumb(host->ips, "192.168.1.5", "2001:db8::5");
    plumb(host->remote, "192.168.1.20", "2001:db8::20");
    assert_int_equal(link_attach(host->link, host->ips, "e1000g0"), 0);
    assert_int_equal(link_attach(host->link, host->remote, "e1000g0"), 0);
    ip_stack_set_probe(host->remote, record_remote, host);
}

in6_addr_t address_of(const char *text)
{
    in6_addr_t address;
    assert_true(ip_address_parse(text, &address));
    return address;
}

void run_until(host_t *host, uint64_t until_us)
{
    uint64_t next;
    while (vclock_next(host->clock, &next) && next <= until_us)
        vclock_run_next(host->clock);
}

void run_connect(host_t *host, sonode_t *so)
{
    while (so_connect_error(so) == EINPROGRESS && vclock_run_next(host->clock))
        continue;
}

void connect_pair(host_t *host, sonode_t **listener, sonode_t **client, sonode_t **server)
{
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, client), EINPROGRESS);
    run_connect(host, *client);
    assert_int_equal(so_connect_error(*client), 0);
    run_until(host, vclock_now(host->clock));
    assert_int_equal(so_accept(*listener, server), 0);
}

size_t log_count(const host_t *host, const char *needle)
{
    size_t count = 0;
    for (const char *p = strstr(host->log, needle); p != NULL; p = strstr(p + 1, needle))
        count++;
    return count;
}

static int eat_some(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token;
    eater_t *eater = arg;
    const hook_pkt_event_t *info = data;
    uint8_t flags = (*info->hpe_mp)->b_rptr[33];
    if ((flags & eater->mask) != eater->flags)
        return 0;
    if (eater->limit != 0 && eater->count == eater->limit)
        return 0;
    eater->count++;
    return 1;
}

void eat(host_t *host, const char *event, eater_t *eater)
{
    eater->hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = eat_some, .h_name = "eater", .h_arg = eater};
    assert_int_equal(net_hook_register(ip_stack_net(host->ips, NHF_INET), event, &eater->hook), 0);
}
