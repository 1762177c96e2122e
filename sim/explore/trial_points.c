/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a trial does at its choice points: a packet at a place, several events at one instant, a
 * block of memory.
 */
#include "sim/explore/trial_inside.h"

#include "sim/base/splitmix.h"
#include "sim/core/counted_memory.h"

/* Chooses by chance. */
static unsigned draw(trial_t *trial, point_class_t class)
{
    unsigned count = point_alternatives(class, trial->options->kinds);
    if (trial->now.next == trial->most || count == 0 ||
        splitmix_next(&trial->random) % 1000000 >= trial->chance)
        return 0;
    trial->now.next++;
    return (unsigned)(splitmix_next(&trial->random) % count) + 1;
}

static bool is_due(const trial_t *trial, uint32_t point)
{
    const schedule_t *schedule = trial->schedule;
    return trial->now.next < schedule->count && schedule->list[trial->now.next].point == point;
}

/* At the point of the next deviation: lets the moment be kept, unless it is. The run can go on from
 * here with another schedule. */
static void keep_moment(trial_t *trial)
{
    size_t size, i = trial->now.next;
    const kept_t *kept = &trial->kept[i];
    if (i + 1 == trial->schedule->count && !trial->keeps_last && trial->in_series)
        return;
    bool is_kept = trial->in_series && kept->valid && kept->point == trial->now.points &&
                   trial_same_beginning(&kept->prefix, trial->schedule, i);
    if (!is_kept && script_running(trial->script, &size) != NULL)
        fiber_leave(trial->fiber);
}

/* A choice point.
 * => Returns the alternative; 0: nothing happens. */
static unsigned choose(trial_t *trial, point_class_t class)
{
    progress_t *now = &trial->now;
    if (trial->chance > 0) {
        now->points++;
        return draw(trial, class);
    }
    if (trial->keeps && (!trial->in_series || is_due(trial, now->points)))
        keep_moment(trial);
    uint32_t point = now->points++;
    if (is_due(trial, point)) {
        unsigned which = trial->schedule->list[now->next++].alternative;
        if (now->next == trial->schedule->count) {
            now->first = point + 1;
            now->merged_before = now->merged;
        }
        /* A test that is found to look at taps is run again with them, and then has more points:
         * what this run's point cannot do is another point's. */
        return which <= point_alternatives(class, trial->options->kinds) ? which : 0;
    }
    uint32_t at = point - now->first;
    if (now->next == trial->schedule->count && at < TRIAL_POINTS_MAX)
        trial->classes[at] = class;
    return 0;
}

static point_fault_t *next_fault(trial_t *trial)
{
    return &trial->now.faults[trial->now.fault_count++];
}

static const char *host_name(const trial_t *trial, const ip_stack_t *ips)
{
    return ips == trial->now.box->ips ? NULL : box_host_name(trial->now.box, ips);
}

static ip_fault_t suffer(trial_t *trial, point_visit_t *visit, mblk_t **mp, unsigned which)
{
    const box_t *box = trial->now.box;
    unsigned kinds = trial->options->kinds;
    point_fault_t *point = next_fault(trial);
    size_t victim;
    fault_t fault;
    if (point_victim(visit->class, which, kinds, &victim))
        box->victims(box->kill_arg, victim, &visit->process);
    point_packet_fault(which, kinds, visit, point);
    if (trial->watch != NULL)
        trial->watch(trial->watch_arg, point, *mp);
    point_make_fault(point, &fault);
    return box_carry_out(trial->now.box, &fault, mp);
}

/* How many processes could die here. */
static size_t count_victims(const trial_t *trial, ip_place_t place)
{
    const box_t *box = trial->now.box;
    const char *name;
    bool asked = (trial->options->kinds & KIND_BIT(KIND_PROCESS)) != 0 && point_is_sent(place);
    return asked ? box->victims(box->kill_arg, 0, &name) : 0;
}

/* Whether a fault here is the same as at the place before: there is no hook between them, and no
 * tap. */
static bool is_merged(const trial_t *trial, const ip_stack_t *ips, ip_place_t place,
                      const mblk_t *mp)
{
    bool after = place == IP_AT_LOOPBACK_IN || place == IP_AT_FANOUT || place == IP_AT_WIRE;
    return trial->options->merge && after && trial->now.box->taps == NULL &&
           trial->now.last_host == ips && trial->now.last_packet == mp->b_packet &&
           !ip_stack_had_hooks(ips, place, mp);
}

static ip_fault_t at_place(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    trial_t *trial = arg;
    ip_fault_t none = {.if_what = IP_FAULT_NONE};
    trial->now.packets += point_is_sent(place);
    if ((trial->options->places & (1u << place)) == 0)
        return none;
    point_class_t class = point_class_of(place, *mp, count_victims(trial, place));
    if (point_alternatives(class, trial->options->kinds) == 0)
        return none;
    bool merged = is_merged(trial, ips, place, *mp);
    trial->now.last_host = ips;
    trial->now.last_packet = (*mp)->b_packet;
    if (merged) {
        trial->now.merged++;
        return none;
    }
    unsigned which = choose(trial, class);
    point_visit_t visit = {
        .class = class, .place = place, .host = host_name(trial, ips), .mp = *mp};
    return which == 0 ? none : suffer(trial, &visit, mp, which);
}

static size_t at_instant(void *arg, size_t count)
{
    trial_t *trial = arg;
    uint32_t nth = ++trial->now.orders;
    trial->now.crowded = trial->now.crowded || count >= POINT_READY_MAX;
    unsigned which = choose(trial, POINT_READY(count));
    if (which > 0)
        *next_fault(trial) = (point_fault_t){.kind = KIND_ORDER, .nth = nth, .first = which + 1};
    return which;
}

static bool at_block(void *arg, uint64_t nth)
{
    trial_t *trial = arg;
    if (choose(trial, POINT_ALLOCATION) == 0)
        return false;
    *next_fault(trial) =
        (point_fault_t){.kind = KIND_ALLOCATION, .nth = nth - trial->now.blocks_base};
    return true;
}

void trial_decide(trial_t *trial, box_t *box)
{
    unsigned kinds = trial->options->kinds;
    box_set_chooser(box, at_place, trial);
    if ((kinds & KIND_BIT(KIND_ORDER)) != 0)
        vclock_set_chooser(box->clock, at_instant, trial);
    if ((kinds & KIND_BIT(KIND_ALLOCATION)) != 0) {
        trial->now.blocks_base = box->counted->count;
        box->counted->ask = at_block;
        box->counted->ask_arg = trial;
    }
}
