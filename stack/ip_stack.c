/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A host: its lwIP, its interface lo0, its hooks; made, drained and ended.
 */
#include "stack/icmp_impl.h"
#include "stack/ip_path.h"
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include "lwip/init.h"
#include "lwip/stats.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* ---- making and ending ---- */

static uint32_t pools_in_use(void)
{
    uint32_t used = 0;
    for (size_t i = 0; i < MEMP_MAX; i++)
        used += (uint32_t)lwip_stats.memp[i]->used;
    return used;
}

/* The messages of the host's memory, and those that a hook may have allocated from the process'. */
static size_t messages_in_use(const ip_stack_t *ips)
{
    const memory_t *memory = ips->ips_memory;
    return memory->me_messages + (memory != memory_of_process() ? mblk_in_use() : 0);
}

static bool add_families(ip_stack_t *ips)
{
    static const char *const events[IP_EVENT_COUNT] = {
        [IP_LOOPBACK_OUT] = NH_LOOPBACK_OUT,
        [IP_LOOPBACK_IN] = NH_LOOPBACK_IN,
        [IP_PHYSICAL_OUT] = NH_PHYSICAL_OUT,
        [IP_PHYSICAL_IN] = NH_PHYSICAL_IN,
    };
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        ips->ips_hooks[i] = hook_family_add(ips->ips_memory, ip_net_protocols[i].netp_name);
        if (ips->ips_hooks[i] == NULL)
            return false;
        for (size_t e = 0; e < IP_EVENT_COUNT; e++)
            ips->ips_events[i][e] = hook_event_find(ips->ips_hooks[i], events[e]);
        ips->ips_net[i].netd_info = &ip_net_protocols[i];
        ips->ips_net[i].netd_stack = ips;
        ips->ips_net[i].netd_memory = ips->ips_memory;
        ips->ips_net[i].netd_hooks = ips->ips_hooks[i];
    }
    return true;
}

static void free_stack(ip_stack_t *ips)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        hook_family_remove(ips->ips_hooks[i]);
    memory_t *memory = ips->ips_memory;
    memory_free(memory, ips->ips_image);
    tcp_lists_end(ips);
    so_ports_end(ips);
    memory_free(memory, ips);
}

static bool is_schedule(const syn_schedule_t *sy)
{
    if (sy->sy_count == 0 || sy->sy_at_us[0] != 0 || sy->sy_abort_us == 0)
        return false;
    for (size_t i = 1; i < sy->sy_count; i++) {
        if (sy->sy_at_us[i] <= sy->sy_at_us[i - 1])
            return false;
    }
    return sy->sy_at_us[sy->sy_count - 1] <= sy->sy_abort_us;
}

ip_stack_t *ip_stack_create(vclock_t *clock, uint64_t seed, const ip_build_t *build)
{
    memory_t *memory = vclock_memory(clock);
    errno = EINVAL;
    if (!is_schedule(&build->ib_syns))
        return NULL;
    errno = ENOMEM;
    ip_stack_t *ips = memory_zalloc(memory, sizeof(*ips));
    if (ips == NULL)
        return NULL;
    ips->ips_memory = memory;
    tcp_lists_begin(ips);
    so_ports_begin(ips);
    ips->ips_image = lwip_image_create(memory);
    if (ips->ips_image == NULL || !add_families(ips)) {
        free_stack(ips);
        return NULL;
    }
    ips->ips_clock = clock;
    ips->ips_build = build;
    ips->ips_random = seed;
    squeue_init(ips, ip_fanout);
    ips->ips_reass_over = icmp_reassembly_exceeded;
    ips->ips_not_found = icmp_host_unreachable;

    stack_enter(ips);
    lwip_init();
    ill_add_lo0(ips);
    ips->ips_ident = (uint16_t)ip_stack_random(ips);
    ips->ips_base_mem = (uint32_t)lwip_stats.mem.used;
    ips->ips_base_memp = pools_in_use();
    ips->ips_base_messages = messages_in_use(ips);
    stack_leave(ips);
    return ips;
}

static void end_endpoints(ip_stack_t *ips)
{
    while (tcp_active_pcbs != NULL)
        tcp_abandon(tcp_active_pcbs, 0);
    while (ips->ips_tw_first != NULL)
        tcp_time_wait_end(ips, tcp_time_wait_next(ips, NULL));
    while (tcp_listen_pcbs.pcbs != NULL)
        tcp_close(tcp_listen_pcbs.pcbs);
    assert(tcp_bound_pcbs == NULL && udp_pcbs == NULL); /* they end with their sockets */
}

void ip_stack_stop(ip_stack_t *ips)
{
    stack_enter(ips);
    while (ips->ips_sockets != NULL)
        so_free(ips->ips_sockets);
    end_endpoints(ips);
    squeue_flush(ips);
    later_flush(&ips->ips_injects);
    ip_reass_flush(ips);
    ip_held_flush(ips);
    stack_leave(ips);
    vclock_cancel(ips->ips_clock, &ips->ips_look_again);
}

bool ip_stack_drain(ip_stack_t *ips, char *buffer, size_t size)
{
    ip_stack_stop(ips);
    stack_enter(ips);
    uint32_t mem = (uint32_t)lwip_stats.mem.used - ips->ips_base_mem;
    const char *pool = NULL;
    for (size_t i = 0; i < MEMP_MAX && pools_in_use() != ips->ips_base_memp; i++) {
        if (lwip_stats.memp[i]->used != 0)
            pool = lwip_stats.memp[i]->name;
    }
    stack_leave(ips);
    size_t messages = messages_in_use(ips);
    messages -= messages < ips->ips_base_messages ? messages : ips->ips_base_messages;
    if (mem == 0 && messages == 0 && pool == NULL)
        return true;
    snprintf(buffer, size, "%zu packets, %lu bytes of lwIP's heap, pool %s", messages,
             (unsigned long)mem, pool != NULL ? pool : "none");
    return false;
}

void ip_stack_destroy(ip_stack_t *ips)
{
    if (ips == NULL)
        return;
    ip_stack_stop(ips);
    lwip_forget(ips);
    free_stack(ips);
}

/* ---- small questions ---- */

net_handle_t ip_stack_net(ip_stack_t *ips, const char *family)
{
    return &ips->ips_net[strcmp(family, NHF_INET6) == 0 ? FAMILY_INET6 : FAMILY_INET];
}

int ip_stack_set_build(ip_stack_t *ips, const ip_build_t *build)
{
    if (!is_schedule(&build->ib_syns))
        return EINVAL;
    ips->ips_build = build;
    return 0;
}

void ip_stack_set_verdict_returns(ip_stack_t *ips, bool on)
{
    ips->ips_verdict_returns = on;
}

void ip_stack_set_fusion(ip_stack_t *ips, bool on)
{
    ips->ips_fusion_off = !on;
}

void ip_stack_set_accept_delay(ip_stack_t *ips, uint64_t us)
{
    ips->ips_accept_delay_us = us;
}

void ip_stack_set_snoop(ip_stack_t *ips, bool open)
{
    ips->ips_snoop_open = open;
}

const ip_stats_t *ip_stack_stats(const ip_stack_t *ips)
{
    return &ips->ips_stats;
}

size_t ip_stack_each_packet(const ip_stack_t *ips, void (*each)(void *arg, const mblk_t *mp),
                            void *arg)
{
    return squeue_each(&ips->ips_squeue, each, arg) + later_each(ips->ips_injects, each, arg) +
           ip_held_each(ips->ips_held, each, arg);
}

/* lwIP's counters, except of what is in use. */
static void tell_lwip_counters(ip_stack_t *ips, memory_bookkeeping_t tell, void *arg)
{
    uint8_t *stats = lwip_variable_of(ips, &lwip_stats);
    size_t used = offsetof(struct stats_, mem.used), pools = offsetof(struct stats_, memp);
    size_t after_used = used + sizeof(lwip_stats.mem.used), after = pools + sizeof(lwip_stats.memp);
    tell(arg, stats, used);
    tell(arg, stats + after_used, pools - after_used);
    tell(arg, stats + after, sizeof(lwip_stats) - after);
    for (size_t i = 0; i < MEMP_MAX; i++) {
        struct stats_mem *pool = lwip_variable_of(ips, lwip_stats.memp[i]);
        tell(arg, &pool->max, sizeof(pool->max));
        tell(arg, &pool->err, sizeof(pool->err));
    }
}

void ip_stack_bookkeeping(ip_stack_t *ips, memory_bookkeeping_t tell, void *arg)
{
    tell_lwip_counters(ips, tell, arg);
    tell(arg, &ips->ips_stats, sizeof(ips->ips_stats));
    for (int family = 0; family < FAMILY_COUNT; family++)
        hook_family_bookkeeping(ips->ips_hooks[family], tell, arg);
}

/* The hooks' probe becomes the stack's. */
static void probe_hook(void *arg, hook_event_token_t token, const hook_t *h, int verdict,
                       const mblk_t *mp)
{
    ip_stack_t *ips = arg;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_HOOK,
                               .mp = mp,
                               .packet = ips->ips_hook_packet,
                               .ifname = ips->ips_hook_ill->ill_name,
                               .event = hook_event_name(token),
                               .hook = h->h_name,
                               .verdict = verdict});
}

void ip_stack_set_probe(ip_stack_t *ips, ip_probe_t probe, void *arg)
{
    ips->ips_probe = probe;
    ips->ips_probe_arg = arg;
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        hook_family_probe(ips->ips_hooks[i], probe != NULL ? probe_hook : NULL, ips);
}

void ip_stack_tell_passing(ip_stack_t *ips, bool on)
{
    ips->ips_passing_untold = !on;
}

const char *ip_stack_lwip_version(void)
{
    return LWIP_VERSION_STRING;
}
