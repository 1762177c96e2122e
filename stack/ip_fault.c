/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Faults: at each place on its way a packet can be lost, doubled, held back or changed. The
 * function of ip_stack_set_fault() decides. Packets that are held back are in a list of the host,
 * so they end with the host. */
#include "stack/ip_path.h"

struct ip_held {
    struct ip_held *ih_next, **ih_link;
    ip_stack_t *ih_stack;
    ip_place_t ih_place;
    ip_fault_what_t ih_what;
    ip_recv_t ih_go_on;
    ill_t *ih_ill;
    mblk_t *ih_mp;
    vtimer_t ih_timer;
};

void ip_stack_set_fault(ip_stack_t *ips, ip_fault_func_t func, void *arg)
{
    ips->ips_fault = func;
    ips->ips_fault_arg = arg;
}

static mblk_t *take(ip_held_t *held)
{
    mblk_t *mp = held->ih_mp;
    *held->ih_link = held->ih_next;
    if (held->ih_next != NULL)
        held->ih_next->ih_link = held->ih_link;
    vclock_cancel(held->ih_stack->ips_clock, &held->ih_timer);
    memory_free(held->ih_stack->ips_memory, held);
    return mp;
}

static void tell(ip_stack_t *ips, ip_place_t place, const ill_t *ill, const mblk_t *mp,
                 uint32_t packet, ip_fault_t fault)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_FAULT,
                               .mp = mp,
                               .packet = packet,
                               .ifname = ill->ill_name,
                               .place = place,
                               .fault = fault});
}

static void go_on(void *arg)
{
    ip_held_t held = *(ip_held_t *)arg;
    ip_stack_t *ips = held.ih_stack;
    mblk_t *mp = take(arg);
    ip_fault_t fault = {.if_what =
                            held.ih_what == IP_FAULT_DUPLICATE ? IP_FAULT_COPY : IP_FAULT_GOES_ON};
    stack_enter(ips);
    tell(ips, held.ih_place, held.ih_ill, mp, mp->b_packet, fault);
    held.ih_go_on(ips, held.ih_ill, mp);
    stack_leave(ips);
}

/* Holds a packet back; without memory it is lost. */
static void hold(ip_stack_t *ips, const ip_held_t *as, uint64_t delay_us)
{
    ip_held_t *held = memory_alloc(ips->ips_memory, sizeof(*held));
    if (held == NULL) {
        ip_discard(ips, as->ih_ill, as->ih_mp, "no memory");
        return;
    }
    *held = *as;
    held->ih_next = ips->ips_held;
    held->ih_link = &ips->ips_held;
    if (held->ih_next != NULL)
        held->ih_next->ih_link = &held->ih_next;
    ips->ips_held = held;
    vclock_set(ips->ips_clock, &held->ih_timer, vclock_now(ips->ips_clock) + delay_us, go_on, held);
}

/* A packet passes a place: one that was to change places with it follows at once. */
static void let_follow(ip_stack_t *ips, ip_place_t place)
{
    for (ip_held_t *held = ips->ips_held; held != NULL; held = held->ih_next) {
        if (held->ih_what == IP_FAULT_REORDER && held->ih_place == place)
            vclock_set(ips->ips_clock, &held->ih_timer, vclock_now(ips->ips_clock), go_on, held);
    }
}

/* The copy has a number of its own, since it goes a way of its own. */
static void duplicate(ip_stack_t *ips, const ip_held_t *as, uint64_t delay_us)
{
    ip_held_t twin = *as;
    twin.ih_mp = copymsg(as->ih_mp);
    if (twin.ih_mp == NULL) {
        ip_tell_no_memory(ips);
        return;
    }
    memcpy(twin.ih_mp->b_own, as->ih_mp->b_own, sizeof(as->ih_mp->b_own));
    twin.ih_mp->b_packet = ++ips->ips_last_packet;
    hold(ips, &twin, delay_us);
}

mblk_t *ip_suffer(ip_stack_t *ips, ip_place_t place, ill_t *ill, mblk_t *mp, ip_recv_t func)
{
    uint32_t packet = mp->b_packet;
    uint64_t own[sizeof(mp->b_own) / sizeof(mp->b_own[0])];
    memcpy(own, mp->b_own, sizeof(own));
    let_follow(ips, place);
    ip_fault_t fault = ips->ips_fault(ips->ips_fault_arg, ips, place, &mp);
    if (fault.if_what == IP_FAULT_NONE)
        return mp;
    mp->b_packet = packet;
    memcpy(mp->b_own, own, sizeof(own));
    ip_held_t as = {.ih_stack = ips,
                    .ih_place = place,
                    .ih_what = fault.if_what,
                    .ih_go_on = func,
                    .ih_ill = ill,
                    .ih_mp = mp};
    tell(ips, place, ill, mp, packet, fault);
    switch (fault.if_what) {
    case IP_FAULT_DROP:
        freemsg(mp);
        return NULL;
    case IP_FAULT_DUPLICATE:
        duplicate(ips, &as, fault.if_delay_us);
        return mp;
    case IP_FAULT_DELAY:
        hold(ips, &as, fault.if_delay_us);
        return NULL;
    case IP_FAULT_REORDER:
        hold(ips, &as, IP_REORDER_US);
        return NULL;
    default:
        return mp; /* it was changed */
    }
}

size_t ip_held_each(const ip_held_t *list, void (*each)(void *arg, const mblk_t *mp), void *arg)
{
    size_t count = 0;
    for (; list != NULL; list = list->ih_next, count++)
        each(arg, list->ih_mp);
    return count;
}

void ip_held_flush(ip_stack_t *ips)
{
    while (ips->ips_held != NULL)
        freemsg(take(ips->ips_held));
}

static bool has_hooks(const ip_stack_t *ips, const mblk_t *mp, ip_hook_event_t event)
{
    size_t family = mp->b_rptr < mp->b_wptr && *mp->b_rptr >> 4 == 6 ? FAMILY_INET6 : FAMILY_INET;
    return hook_interested(ips->ips_events[family][event]);
}

bool ip_stack_had_hooks(const ip_stack_t *ips, ip_place_t place, const mblk_t *mp)
{
    switch (place) {
    case IP_AT_LOOPBACK_IN:
        return has_hooks(ips, mp, IP_LOOPBACK_OUT);
    case IP_AT_WIRE:
        return has_hooks(ips, mp, IP_PHYSICAL_OUT);
    case IP_AT_FANOUT:
        return has_hooks(ips, mp, IP_LOOPBACK_IN) || has_hooks(ips, mp, IP_PHYSICAL_IN);
    default:
        return false;
    }
}
