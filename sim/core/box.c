/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Makes a box from a stack, a filter, a clock and a trace.
 */
#include "sim/core/box.h"

#include "sim/base/must.h"
#include "sim/core/box_remote.h"
#include "sim/core/counted_memory.h"
#include "sim/core/invariant.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void note_rule(void *arg, int line, int column, const char *message)
{
    trace_note(arg, TRACE_NOTE_RULE, message, line, column);
}

static bool plumb(box_t *box)
{
    in6_addr_t v4, v6;
    return ip_address_parse(BOX_ADDRESS, &v4) && ip_address_parse(BOX_ADDRESS6, &v6) &&
           ip_stack_plumb(box->ips, BOX_IFNAME, &v4, BOX_BITS, &v6, BOX_BITS6) == 0;
}

static bool assemble(box_t *box, uint64_t seed, size_t keep)
{
    box->era = era_default();
    box->seed = seed;
    box->build = box->era->stack;
    box->clock = vclock_create_in(box->memory);
    box->ifs = ipf_create_in(box->memory);
    if (box->clock == NULL || box->ifs == NULL)
        return false;
    box->ips = ip_stack_create(box->clock, seed, &box->build);
    box->trace = trace_create(box->watch, box->clock, keep);
    if (box->ips == NULL || box->trace == NULL || !plumb(box))
        return false;
    ipf_attach(box->ifs, ip_stack_net(box->ips, NHF_INET), ip_stack_net(box->ips, NHF_INET6));
    ipf_set_note(box->ifs, note_rule, box->trace);
    box_set_era(box, box->era);
    trace_attach(box->trace, box->ips, box->ifs);
    return true;
}

void box_want_taps(box_t *box)
{
    if (box->taps != NULL)
        return;
    box->taps = taps_create(box->watch);
    if (box->taps == NULL)
        must_end();
    trace_add_sink(box->trace, taps_event, box->taps);
}

void box_want_invariants(box_t *box)
{
    if (box->invariants != NULL)
        return;
    box->invariants = invariants_create(box->watch);
    if (box->invariants == NULL)
        must_end();
    trace_set_invariants(box->trace, box->invariants);
}

static void apply_mode(box_t *box, ipf_reply_mode_t mode)
{
    ipf_set_reply_mode(box->ifs, mode);
    ip_stack_set_verdict_returns(box->ips, mode == IPF_REPLY_ERRNO);
}

void box_set_era(box_t *box, const era_t *era)
{
    assert(era != NULL);
    box->era = era;
    box->build = era->stack;
    ip_stack_set_build(box->ips, &box->build);
    ipf_set_build(box->ifs, &era->filter);
    if (!box->mode_chosen)
        apply_mode(box, era->mode);
}

void box_set_syns(box_t *box, unsigned retries, unsigned linear)
{
    assert(box->era->has_syn_options);
    box->build.ib_syns = era_linux_schedule(retries, linear, box->syn_times);
}

void box_set_reply_mode(box_t *box, ipf_reply_mode_t mode)
{
    assert(mode <= IPF_REPLY_ERRNO);
    box->mode_chosen = true;
    apply_mode(box, mode);
}

box_t *box_create(uint64_t seed, const box_limits_t *limits, size_t keep)
{
    counted_memory_t *counted = malloc(sizeof(*counted));
    if (counted == NULL)
        return NULL;
    counted_memory_init(counted, memory_of_process());
    box_t *box = box_create_in(&counted->memory, memory_of_process(), seed, limits, keep);
    if (box == NULL)
        free(counted);
    else
        box->counted = counted;
    if (box != NULL)
        box->owns_counted = true;
    return box;
}

box_t *box_create_in(memory_t *memory, memory_t *watch, uint64_t seed, const box_limits_t *limits,
                     size_t keep)
{
    box_t *box = memory_zalloc(memory, sizeof(*box));
    if (box == NULL)
        return NULL;
    box->memory = memory;
    box->watch = watch;
    box->limits = limits != NULL ? *limits
                                 : (box_limits_t){.instant_events = BOX_INSTANT_EVENTS_MAX,
                                                  .virtual_us = BOX_VIRTUAL_US_MAX};
    if (!assemble(box, seed, keep)) {
        box_destroy(box);
        return NULL;
    }
    return box;
}

/* All that set a timer has cancelled it when it ended. */
static void end_clock(vclock_t *clock)
{
    uint64_t at_us;
    assert(clock == NULL || !vclock_next(clock, &at_us));
    vclock_destroy(clock);
}

void box_destroy(box_t *box)
{
    if (box == NULL)
        return;
    hook_attachment_end(&box->hooks);
    trace_destroy(box->trace);
    ipf_destroy(box->ifs);
    ip_stack_destroy(box->ips);
    box_faults_destroy(box->faults);
    box_free_remotes(box);
    taps_destroy(box->taps);
    invariants_destroy(box->invariants);
    end_clock(box->clock);
    counted_memory_t *counted = box->owns_counted ? box->counted : NULL;
    memory_free(box->memory, box);
    free(counted);
}

uint64_t box_held(const box_t *box)
{
    uint64_t sum = box->taps != NULL ? taps_held(box->taps) : 0;
    for (size_t i = 0; i < MEMORY_KINDS; i++)
        sum += box->memory->me_held[i];
    return sum;
}

const char *box_holds_mostly(const box_t *box)
{
    static const char *const words[MEMORY_KINDS] = {
        [MEMORY_PACKETS] = "packets on their way",
        [MEMORY_SOCKETS] = "sockets",
        [MEMORY_UNREAD] = "data that nobody has received",
        [MEMORY_RULES] = "rules and pools",
        [MEMORY_STATES] = "states",
        [MEMORY_LOG] = "records of the log",
    };
    const uint64_t *held = box->memory->me_held;
    uint64_t largest = box->taps != NULL ? taps_held(box->taps) : 0;
    const char *most = "packets that its taps keep";
    for (size_t i = 0; i < MEMORY_KINDS; i++) {
        if (held[i] > largest) {
            largest = held[i];
            most = words[i];
        }
    }
    return most;
}

void box_forget(box_t *box)
{
    if (box == NULL)
        return;
    hook_attachment_end(&box->hooks);
    trace_forget(box->trace);
    taps_destroy(box->taps);
    invariants_destroy(box->invariants);
    box_faults_destroy(box->faults);
}

bool box_drain(box_t *box, char *buffer, size_t size)
{
    hook_attachment_end(&box->hooks);
    /* All hosts end before anything is counted: a message that still waits in a host has not
     * leaked. */
    ip_stack_stop(box->ips);
    box_stop_remotes(box);
    bool clean = box_drain_remotes(box, buffer, size);
    clean = ip_stack_drain(box->ips, buffer, size) && clean;
    return ipf_drain(box->ifs, buffer, size) && clean;
}

bool box_attach_hooks(box_t *box, const hook_objects_t *objects, char *error, size_t size)
{
    return hook_objects_attach(objects, ip_stack_net(box->ips, NHF_INET),
                               ip_stack_net(box->ips, NHF_INET6), &box->hooks, error, size);
}

void box_ask_at_places(box_t *box)
{
    ip_stack_set_fault(box->ips, box_suffers, box);
    box_ask_remotes(box);
}

void box_set_chooser(box_t *box, ip_fault_func_t choose, void *arg)
{
    box->choose = choose;
    box->choose_arg = arg;
    box_ask_at_places(box);
}

void box_set_killer(box_t *box, box_kill_func_t kill, box_victims_func_t victims, void *arg)
{
    box->kill = kill;
    box->victims = victims;
    box->kill_arg = arg;
}

const char *box_add_fault(box_t *box, const fault_t *fault)
{
    if (box->faults == NULL)
        box->faults = box_faults_create(box);
    return box->faults != NULL ? box_faults_add(box->faults, fault) : "out of memory";
}

const char *box_add_faults(box_t *box, const fault_list_t *faults)
{
    const char *why = NULL;
    for (size_t i = 0; i < faults->count && why == NULL; i++)
        why = box_add_fault(box, &faults->list[i]);
    return why;
}

int box_filter(box_t *box, const char *text, size_t length, bool intercept, ipf_error_t *error)
{
    ipf_intercept_t set;
    int err = ipf_load(box->ifs, text, length, &set, error);
    if (err != 0)
        return err;
    if (set != IPF_INTERCEPT_UNSET)
        intercept = set == IPF_INTERCEPT_TRUE;
    err = fr_setipfloopback(box->ifs, intercept);
    if (err == 0 && !intercept && ipf_covers_interface(box->ifs, "lo0"))
        trace_note(box->trace, TRACE_NOTE_NO_INTERCEPT, NULL, 0, 0);
    return err;
}

void box_note_progress(box_t *box)
{
    box->instant_base = vclock_instant_count(box->clock);
}

/* How many events there have been at this instant since a process last ran. */
static uint64_t bounced(box_t *box)
{
    uint64_t count = vclock_instant_count(box->clock);
    if (count < box->instant_base)
        box->instant_base = 0; /* a new instant */
    return count - box->instant_base;
}

box_step_t box_step(box_t *box)
{
    uint64_t at;
    if (!vclock_next(box->clock, &at))
        return BOX_IDLE;
    if (at > box->limits.virtual_us)
        return BOX_OUT_OF_TIME;
    if (at == vclock_now(box->clock) && bounced(box) >= box->limits.instant_events)
        return BOX_BOUNCING;
    vclock_run_next(box->clock);
    return BOX_RAN;
}

int box_connect(box_t *box, const in6_addr_t *address, uint16_t port, bool listen)
{
    sonode_t *listener, *so;
    int err = 0;
    if (listen)
        err = so_listen(box->ips, &in6addr_any, port, 128, &listener);
    if (err == 0)
        err = so_connect(box->ips, address, port, &so);
    if (err != EINPROGRESS)
        return err;
    while ((err = so_connect_error(so)) == EINPROGRESS && box_step(box) == BOX_RAN)
        continue;
    if (err != EINPROGRESS)
        err = so_connect_outcome(so);
    /* Delivers packets that are due at this instant, such as the ACK of a handshake. */
    uint64_t at;
    while (vclock_next(box->clock, &at) && at == box_now(box) && box_step(box) == BOX_RAN)
        continue;
    return err;
}

uint64_t box_now(const box_t *box)
{
    return vclock_now(box->clock);
}

/* The packets that wait in a box, ascending: insertion sort, since they are few. */
#define WAITING_MAX 32
typedef struct waiting {
    uint32_t numbers[WAITING_MAX];
    size_t count;
} waiting_t;

static void take_number(void *arg, const mblk_t *mp)
{
    waiting_t *waiting = arg;
    if (waiting->count == WAITING_MAX)
        return;
    size_t i = waiting->count++;
    for (; i > 0 && waiting->numbers[i - 1] > mp->b_packet; i--)
        waiting->numbers[i] = waiting->numbers[i - 1];
    waiting->numbers[i] = mp->b_packet;
}

/* Only if the packets that wait in the box are all that there are. */
static void packets_bookkeeping(const box_t *box, memory_bookkeeping_t tell, void *arg)
{
    waiting_t waiting = {.count = 0};
    size_t count = ip_stack_each_packet(box->ips, take_number, &waiting);
    if (count == box->memory->me_messages && count == waiting.count)
        invariants_packets_bookkeeping(box->invariants, box->ips, waiting.numbers, count, tell,
                                       arg);
}

void box_bookkeeping(box_t *box, memory_bookkeeping_t tell, void *arg)
{
    vclock_bookkeeping(box->clock, tell, arg);
    ip_stack_bookkeeping(box->ips, tell, arg);
    box_remotes_bookkeeping(box, tell, arg);
    ipf_bookkeeping(box->ifs, tell, arg);
    trace_bookkeeping(box->trace, tell, arg);
    if (box->invariants != NULL) {
        invariants_bookkeeping(box->invariants, tell, arg);
        packets_bookkeeping(box, tell, arg);
    }
    box_faults_bookkeeping(box->faults, tell, arg);
    if (box->counted != NULL && !counted_memory_will_fail(box->counted))
        tell(arg, &box->counted->count, sizeof(box->counted->count));
    tell(arg, &box->instant_base, sizeof(box->instant_base));
}
