/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A host: its lwIP, its interface lo0, its hooks; made, entered, left, drained and ended.
 *
 * lwIP keeps its state in global variables. Each host has an image of them; stack_enter() puts
 * the right one in place. The image that is in place stays there until another host needs it.
 */
#include "stack/ip_impl.h"

#include "lwip/init.h"
#include "lwip/stats.h"
#include "lwip/sys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *pristine_image; /* lwIP as it is linked, before lwip_init() */
static ip_stack_t *resident;    /* whose state is in place */
static unsigned depth;          /* of stack_enter() */
static void (*panic_func)(const char *message, const char *file, int line);

/* ---- what lwIP asks of its platform ---- */

void lwip_panic(const char *message, const char *file, int line)
{
    if (panic_func != NULL)
        panic_func(message, file, line);
    abort();
}

void ip_stack_on_panic(void (*panic)(const char *message, const char *file, int line))
{
    panic_func = panic;
}

u32_t sys_now(void)
{
    return (u32_t)(vclock_now(resident->ips_clock) / 1000);
}

uint32_t lwip_random(void)
{
    return ip_stack_random(resident);
}

/* splitmix64: every seed, 0 too, gives a full sequence. */
uint32_t ip_stack_random(ip_stack_t *ips)
{
    uint64_t z = ips->ips_random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

/* ---- entering and leaving ---- */

static void make_resident(ip_stack_t *ips)
{
    if (resident == ips)
        return;
    if (resident != NULL)
        lwip_image_save(resident->ips_image);
    lwip_image_load(ips->ips_image);
    resident = ips;
}

void stack_enter(ip_stack_t *ips)
{
    LWIP_ASSERT("one host at a time", depth == 0 || resident == ips);
    make_resident(ips);
    if (depth++ == 0)
        tcp_timer_catch_up(ips);
}

void stack_leave(ip_stack_t *ips)
{
    if (--depth == 0)
        tcp_timer_arm(ips);
}

ip_stack_t *stack_entered(void)
{
    return resident;
}

/* ---- making and ending ---- */

static uint32_t pools_in_use(void)
{
    uint32_t used = 0;
    for (size_t i = 0; i < MEMP_MAX; i++)
        used += (uint32_t)lwip_stats.memp[i]->used;
    return used;
}

/* lwIP's state as the linker left it: each host begins with it. */
static bool keep_pristine_image(void)
{
    if (pristine_image == NULL) {
        pristine_image = malloc(lwip_image_size());
        if (pristine_image != NULL)
            lwip_image_save(pristine_image);
    }
    return pristine_image != NULL;
}

static bool add_families(ip_stack_t *ips)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++) {
        ips->ips_hooks[i] = hook_family_add(ip_net_protocols[i].netp_name);
        if (ips->ips_hooks[i] == NULL)
            return false;
        ips->ips_net[i].netd_info = &ip_net_protocols[i];
        ips->ips_net[i].netd_stack = ips;
        ips->ips_net[i].netd_hooks = ips->ips_hooks[i];
    }
    return true;
}

static void free_stack(ip_stack_t *ips)
{
    for (size_t i = 0; i < FAMILY_COUNT; i++)
        hook_family_remove(ips->ips_hooks[i]);
    free(ips->ips_image);
    free(ips);
}

ip_stack_t *ip_stack_create(vclock_t *clock, uint64_t seed, const ip_build_t *build)
{
    if (!keep_pristine_image())
        return NULL;
    ip_stack_t *ips = calloc(1, sizeof(*ips));
    if (ips == NULL)
        return NULL;
    ips->ips_image = malloc(lwip_image_size());
    if (ips->ips_image == NULL || !add_families(ips)) {
        free_stack(ips);
        return NULL;
    }
    memcpy(ips->ips_image, pristine_image, lwip_image_size());
    ips->ips_clock = clock;
    ips->ips_build = build;
    ips->ips_random = seed;
    squeue_init(ips);

    stack_enter(ips);
    lwip_init();
    ill_add_lo0(ips);
    ips->ips_ident = (uint16_t)ip_stack_random(ips);
    ips->ips_base_mem = (uint32_t)lwip_stats.mem.used;
    ips->ips_base_memp = pools_in_use();
    ips->ips_base_mblk = mblk_in_use();
    stack_leave(ips);
    return ips;
}

static void end_endpoints(void)
{
    while (tcp_active_pcbs != NULL)
        tcp_abandon(tcp_active_pcbs, 0);
    while (tcp_tw_pcbs != NULL)
        tcp_abort(tcp_tw_pcbs);
    while (tcp_listen_pcbs.pcbs != NULL)
        tcp_close(tcp_listen_pcbs.pcbs);
    while (tcp_bound_pcbs != NULL)
        tcp_abandon(tcp_bound_pcbs, 0);
    while (udp_pcbs != NULL)
        udp_remove(udp_pcbs);
}

void ip_stack_stop(ip_stack_t *ips)
{
    stack_enter(ips);
    while (ips->ips_sockets != NULL)
        so_free(ips->ips_sockets);
    end_endpoints();
    squeue_flush(ips);
    later_flush(&ips->ips_injects);
    stack_leave(ips);
    vclock_cancel(ips->ips_clock, &ips->ips_tick);
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
    size_t messages = mblk_in_use() > ips->ips_base_mblk ? mblk_in_use() - ips->ips_base_mblk : 0;
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
    if (resident == ips)
        resident = NULL;
    free_stack(ips);
}

/* ---- small questions ---- */

net_handle_t ip_stack_net(ip_stack_t *ips, const char *family)
{
    return &ips->ips_net[strcmp(family, NHF_INET6) == 0 ? FAMILY_INET6 : FAMILY_INET];
}

void ip_stack_set_build(ip_stack_t *ips, const ip_build_t *build)
{
    ips->ips_build = build;
}

void ip_stack_set_verdict_returns(ip_stack_t *ips, bool on)
{
    ips->ips_verdict_returns = on;
}

void ip_stack_set_fusion(ip_stack_t *ips, bool on)
{
    ips->ips_fusion_off = !on;
}

void ip_stack_set_snoop(ip_stack_t *ips, bool open)
{
    ips->ips_snoop_open = open;
}

const ip_stats_t *ip_stack_stats(const ip_stack_t *ips)
{
    return &ips->ips_stats;
}

/* The hooks' probe becomes the stack's. */
static void probe_hook(void *arg, hook_event_token_t token, const hook_t *h, int verdict,
                       const mblk_t *mp)
{
    ip_stack_t *ips = arg;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_HOOK,
                               .mp = mp,
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

void ip_discard(ip_stack_t *ips, const ill_t *ill, mblk_t *mp, const char *why)
{
    ips->ips_stats.in_discards++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD,
                               .mp = mp,
                               .ifname = ill != NULL ? ill->ill_name : NULL,
                               .text = why});
    freemsg(mp);
}
