/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/host.h"

#include <arpa/inet.h>

static const uint64_t post_syns[] = {0, 3375000, 10125000, 23625000};
const syn_schedule_t post_schedule = {post_syns, 4, 30000000};

struct in_addr loopback(void)
{
    return (struct in_addr){.s_addr = htonl(INADDR_LOOPBACK)};
}

static const char *kind_name(ip_event_kind_t kind)
{
    static const char *const names[] = {
        "connect", "connected",     "errno", "timer",      "ip_wput_ire", "hooks(",  "hook",
        "hooks)",  "ip_wput_local", "snoop", "fanout_tcp", "reset",       "discard", "net_inject",
    };
    return names[kind];
}

static void record(void *arg, const ip_event_t *e)
{
    host_t *host = arg;
    size_t used = strlen(host->log);
    snprintf(host->log + used, sizeof(host->log) - used, "%.3f %s%s%s%s%s%s%s flags %x error %d\n",
             (double)vclock_now(host->clock) / 1e6, kind_name(e->kind), e->event ? " " : "",
             e->event ? e->event : "", e->state ? " " : "", e->state ? e->state : "",
             e->text ? ": " : "", e->text ? e->text : "",
             e->mp != NULL && msgdsize(e->mp) > 33 ? (unsigned)e->mp->b_rptr[33] : 0u, e->error);
}

int host_setup(void **state)
{
    host_t *host = calloc(1, sizeof(*host));
    host->clock = vclock_create();
    host->ips = ip_stack_create(host->clock, 1, &post_schedule);
    ip_stack_set_probe(host->ips, record, host);
    *state = host;
    return 0;
}

int host_teardown(void **state)
{
    host_t *host = *state;
    char leak[128] = "";
    bool clean = ip_stack_drain(host->ips, leak, sizeof(leak)) && so_count(host->ips) == 0;
    if (!clean)
        print_error("leaked: %s\n", leak);
    ip_stack_destroy(host->ips);
    vclock_destroy(host->clock);
    free(host);
    return clean && mblk_in_use() == 0 ? 0 : -1;
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
    assert_int_equal(so_listen(host->ips, loopback(), 22, 5, listener), 0);
    assert_int_equal(so_connect(host->ips, loopback(), 22, client), EINPROGRESS);
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
