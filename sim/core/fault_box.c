/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Carries out faults: decides which packet suffers what. The stack asks at each place of a packet's
 * way (ip_stack_set_fault()).
 */
#include "sim/base/must.h"
#include "sim/base/splitmix.h"
#include "sim/base/text.h"
#include "sim/core/counted_memory.h"
#include "sim/core/fault_impl.h"
#include "sim/packet/packet_fields.h"
#include "stack/neti.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- which packet ---- */

static bool is_kind(fault_packet_t what, const struct packet *packet)
{
    uint8_t flags = packet->flags & (PACKET_SYN | PACKET_ACK | PACKET_FIN | PACKET_RST);
    bool tcp = packet->kind == PACKET_TCP, data = packet->payload_length > 0;
    switch (what) {
    case FAULT_SYN:
        return tcp && flags == PACKET_SYN;
    case FAULT_SYN_ACK:
        return tcp && flags == (PACKET_SYN | PACKET_ACK);
    case FAULT_ACK:
        return tcp && flags == PACKET_ACK && !data;
    case FAULT_DATA:
        return tcp && data;
    case FAULT_FIN:
        return tcp && (flags & PACKET_FIN) != 0;
    case FAULT_RST:
        return tcp && (flags & PACKET_RST) != 0;
    case FAULT_UDP:
        return packet->kind == PACKET_UDP;
    case FAULT_ICMP:
        return packet->kind == PACKET_ICMP;
    default:
        return false;
    }
}

/* A packet at a place, and its fields if it can be parsed. */
typedef struct at_place {
    ip_stack_t *ips;
    ip_place_t place;
    mblk_t **mp;
    bool readable;
    struct packet packet;
    flow_t *flow;
} at_place_t;

static bool is_sent(ip_place_t place)
{
    return place == IP_AT_LOOPBACK_OUT || place == IP_AT_PHYSICAL_OUT || place == IP_AT_PHYSICAL_IN;
}

static bool is_place(const box_faults_t *faults, const fault_t *fault, const at_place_t *at)
{
    const char *host = fault->host[0] != '\0' ? fault->host : NULL;
    bool here = fault->place == FAULT_SENT ? is_sent(at->place) : fault->place == (int)at->place;
    return here && box_host(faults->box, host) == at->ips;
}

static bool is_like(const box_faults_t *faults, const fault_t *fault, const at_place_t *at)
{
    struct packet_base base = isn_base(faults->isns, &at->packet);
    return packet_pattern_match(&fault->pattern, &at->packet, &base);
}

/* A number below a million, from the box' seed. */
static uint32_t draw(box_faults_t *faults)
{
    return (uint32_t)(splitmix_next(&faults->random) % 1000000);
}

/* Whether fault `i` applies to this packet. Counts the packet. */
static bool is_packet(box_faults_t *faults, size_t i, at_place_t *at)
{
    const fault_t *fault = &faults->list[i];
    fault_tally_t *tally = &faults->tallies[i];
    uint64_t *seen = &faults->seen[i];
    if (!is_place(faults, fault, at))
        return false;
    tally->came++;
    if (fault->packet == FAULT_NUMBER) {
        keep_most(&tally->most, (*at->mp)->b_packet);
        return (*at->mp)->b_packet == fault->nth;
    }
    if (fault->packet < FAULT_KINDS && !(at->readable && is_kind(fault->packet, &at->packet)))
        return false;
    if (fault->packet == FAULT_LIKE && !(at->readable && is_like(faults, fault, at)))
        return false;
    if (fault->packet < FAULT_UDP && at->flow != NULL)
        seen = fault_flow_seen(at->flow, i);
    ++*seen;
    keep_most(&tally->most, *seen);
    return fault->nth == 0 || *seen == fault->nth;
}

/* ---- what it suffers ---- */

void box_note_fault(box_t *box, const fault_t *fault, const char *what)
{
    char text[400];
    snprintf(text, sizeof(text), "fault '%.120s': %s", fault->text, what);
    trace_note(box->trace, TRACE_NOTE_TEXT, text, 0, 0);
}

/* A packet does not suffer what it meets: notes why, and keeps it.
 * => Returns false. */
static bool is_in_vain(box_t *box, const fault_t *fault, const char *reason,
                       char why[FAULT_WHY_MAX])
{
    box_note_fault(box, fault, reason);
    snprintf(why, FAULT_WHY_MAX, "%s", reason);
    return false;
}

static bool flip_bit(mblk_t *mp, uint64_t bit)
{
    if (bit / 8 >= msgdsize(mp))
        return false;
    mp->b_rptr[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
    return true;
}

static bool set_field(box_t *box, const fault_t *fault, mblk_t **mp, char *why)
{
    char error[256], *end;
    struct packet_value value = {.bytes = fault->value, .length = strlen(fault->value)};
    value.number = strtoll(fault->value, &end, 10);
    value.is_number = isdigit((unsigned char)fault->value[0]) && *end == '\0';
    mblk_t *now = packet_field_set(*mp, fault->field, &value, error, sizeof(error));
    if (now == NULL)
        return is_in_vain(box, fault, error, why);
    *mp = now;
    return true;
}

static bool change(box_t *box, const fault_t *fault, mblk_t **mp, char *why)
{
    bool done;
    if (fault->kind == FAULT_CORRUPT && fault->by_field)
        return set_field(box, fault, mp, why);
    if (fault->kind == FAULT_CORRUPT) {
        done = flip_bit(*mp, fault->bytes);
    } else {
        done = fault->bytes < msgdsize(*mp);
        if (done)
            (*mp)->b_wptr = (*mp)->b_rptr + fault->bytes;
    }
    return done || is_in_vain(box, fault, "the packet is shorter", why);
}

static bool change_rules(box_t *box, const fault_t *fault, char *why)
{
    ipf_error_t error;
    if (box_filter(box, fault->rules, fault->rules_length, true, &error) != 0)
        return is_in_vain(box, fault, error.message, why);
    box_note_fault(box, fault, "the rules are replaced");
    return true;
}

static void change_hooks(box_t *box, const fault_t *fault)
{
    if (fr_setipfloopback(box->ifs, fault->on) == 0)
        box_note_fault(box, fault, fault->on ? "the hooks are there" : "the hooks are gone");
}

/* A packet that another sends waits until the kernel has closed the sockets of the dead. */
static ip_fault_t kill_process(box_t *box, const fault_t *fault, const mblk_t *mp, char *why)
{
    struct packet packet;
    bool readable = packet_parse(mp->b_rptr, msgdsize(mp), &packet);
    box_killed_t killed = box->kill(box->kill_arg, fault, readable ? &packet : NULL);
    if (killed == BOX_KILLED_NOBODY)
        snprintf(why, FAULT_WHY_MAX, "the process had ended before");
    return (ip_fault_t){.if_what = killed == BOX_KILLED_WAIT ? IP_FAULT_DELAY : IP_FAULT_NONE};
}

/* => Writes to why[FAULT_WHY_MAX] why nothing came of it, if so. */
static ip_fault_t carry_out(box_t *box, const fault_t *fault, mblk_t **mp, char *why)
{
    switch (fault->kind) {
    case FAULT_DROP:
        return (ip_fault_t){.if_what = IP_FAULT_DROP};
    case FAULT_DUPLICATE:
        return (ip_fault_t){.if_what = IP_FAULT_DUPLICATE, .if_delay_us = fault->us};
    case FAULT_DELAY:
        return (ip_fault_t){.if_what = IP_FAULT_DELAY, .if_delay_us = fault->us};
    case FAULT_REORDER:
        return (ip_fault_t){.if_what = IP_FAULT_REORDER};
    case FAULT_RULES:
        change_rules(box, fault, why);
        break;
    case FAULT_KILL:
        return kill_process(box, fault, *mp, why);
    case FAULT_HOOKS:
        change_hooks(box, fault);
        break;
    default:
        if (change(box, fault, mp, why))
            return (ip_fault_t){.if_what = IP_FAULT_CORRUPT};
    }
    return (ip_fault_t){.if_what = IP_FAULT_NONE};
}

ip_fault_t box_carry_out(box_t *box, const fault_t *fault, mblk_t **mp)
{
    char why[FAULT_WHY_MAX];
    return carry_out(box, fault, mp, why);
}

/* Parses the packet, and learns the numbers that later packets are compared with. */
static void read_packet(box_faults_t *faults, at_place_t *at)
{
    int direction;
    at->readable = packet_parse((*at->mp)->b_rptr, msgdsize(*at->mp), &at->packet);
    if (!at->readable || at->packet.kind != PACKET_TCP)
        return;
    at->flow = fault_flow_of(faults, &at->packet, &direction);
    if (faults->isns != NULL && is_sent(at->place))
        isn_learn(faults->isns, &at->packet);
}

/* A packet has met fault `i`; an earlier one may have struck it already. */
static void strike(box_faults_t *faults, size_t i, mblk_t **mp, ip_fault_t *suffered)
{
    const fault_t *fault = &faults->list[i];
    fault_tally_t *tally = &faults->tallies[i];
    char why[FAULT_WHY_MAX] = "";
    bool earlier = suffered->if_what != IP_FAULT_NONE;
    tally->met++;
    if (fault->chance != 0 && draw(faults) >= fault->chance)
        return;
    if (!earlier)
        *suffered = carry_out(faults->box, fault, mp, why);
    else
        snprintf(why, sizeof(why), "the packet had suffered another fault, which stands before it");
    if (why[0] == '\0') {
        tally->struck++;
        return;
    }
    tally->noted = tally->noted || !earlier;
    strcpy(tally->why, why);
}

/* Finds the first fault that applies to the packet; faults of the box are carried out before it. */
static ip_fault_t ask_faults(box_faults_t *faults, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    ip_fault_t suffered = {.if_what = IP_FAULT_NONE};
    at_place_t at = {.ips = ips, .place = place, .mp = mp};
    read_packet(faults, &at);
    for (size_t i = 0; i < faults->count; i++) {
        if (fault_is_of_packet(faults->list[i].kind) && is_packet(faults, i, &at))
            strike(faults, i, mp, &suffered);
    }
    return suffered;
}

ip_fault_t box_suffers(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    box_t *box = arg;
    ip_fault_t fault = {.if_what = IP_FAULT_NONE};
    if (box->faults != NULL)
        fault = ask_faults(box->faults, ips, place, mp);
    if (fault.if_what == IP_FAULT_NONE && box->choose != NULL)
        fault = box->choose(box->choose_arg, ips, place, mp);
    return fault;
}

/* Which of several events of one instant goes first. */
static size_t turn(void *arg, size_t count)
{
    box_faults_t *faults = arg;
    faults->choices++;
    for (size_t i = 0; i < faults->count; i++) {
        const fault_t *fault = &faults->list[i];
        fault_tally_t *tally = &faults->tallies[i];
        if (fault->kind != FAULT_ORDER || fault->nth != faults->choices)
            continue;
        tally->met++;
        if (fault->bytes <= count) {
            tally->struck++;
            return fault->bytes - 1;
        }
        snprintf(tally->why, sizeof(tally->why), "%zu events were ready then", count);
    }
    return 0;
}

/* ---- in a box ---- */

box_faults_t *box_faults_create(box_t *box)
{
    box_faults_t *faults = memory_zalloc(box->watch, sizeof(*faults));
    if (faults == NULL)
        return NULL;
    faults->box = box;
    faults->random = box->seed;
    box_ask_at_places(box);
    return faults;
}

/* Rules that are wrong are a mistake now, and not only when a packet meets the fault.
 * => Returns NULL, or what is wrong. */
static const char *try_rules(box_faults_t *faults, const fault_t *fault)
{
    ipf_error_t error = {0};
    ipf_stack_t *ifs = must_have(ipf_create());
    int err = ipf_load(ifs, fault->rules, fault->rules_length, NULL, &error);
    ipf_destroy(ifs);
    if (err == 0)
        return NULL;
    snprintf(faults->wrong, sizeof(faults->wrong), "its rules: %d:%d: %s", error.line, error.column,
             err == EINVAL ? error.message : strerror(err));
    return faults->wrong;
}

/* => Returns NULL, or why there can be no such fault. */
static const char *refuse(box_faults_t *faults, const fault_t *fault)
{
    if (faults->count == FAULTS_MAX)
        return "there are too many faults";
    if (fault->kind == FAULT_KILL && faults->box->kill == NULL)
        return "'kill' is for the processes of a test, as `lo0sim run` runs it";
    if (fault->kind == FAULT_ALLOCATION && faults->box->counted == NULL)
        return "this box' memory is not its own";
    return fault->kind == FAULT_RULES ? try_rules(faults, fault) : NULL;
}

/* => Returns its number. */
static size_t append(box_faults_t *faults, const fault_t *fault)
{
    size_t i = faults->count;
    fault_t *is = &faults->list[i];
    *is = *fault;
    char *text = must_have(memory_alloc(faults->box->watch, strlen(fault->text) + 1));
    is->text = faults->texts[i] = strcpy(text, fault->text);
    if (fault->rules != NULL)
        is->rules = is->text + (fault->rules - fault->text);
    faults->count++;
    return i;
}

const char *box_faults_add(box_faults_t *faults, const fault_t *fault)
{
    const char *why = refuse(faults, fault);
    if (why != NULL)
        return why;
    size_t i = append(faults, fault);
    if (fault->packet == FAULT_LIKE && faults->isns == NULL)
        faults->isns = must_have(isn_create(faults->box->watch));
    if (fault->kind == FAULT_ALLOCATION) {
        faults->blocks[i] = faults->box->counted->count;
        counted_memory_fail(faults->box->counted, fault->nth);
    }
    if (fault_is_of_connection(fault->kind) && !fault_flows_begin(faults))
        return "out of memory";
    if (fault->kind == FAULT_ORDER)
        vclock_set_chooser(faults->box->clock, turn, faults);
    if (fault->kind == FAULT_SLOW_ACCEPT)
        ip_stack_set_accept_delay(faults->box->ips, fault->us);
    if (fault->packet != FAULT_NUMBER && fault->kind != FAULT_ALLOCATION &&
        fault->kind != FAULT_ORDER)
        ip_stack_set_fusion(faults->box->ips, false);
    return NULL;
}

size_t box_faults_count(const box_faults_t *faults)
{
    return faults != NULL ? faults->count : 0;
}

const fault_t *box_faults_tally(const box_faults_t *faults, size_t i, fault_tally_t *tally)
{
    const fault_t *fault = &faults->list[i];
    assert(i < faults->count);
    *tally = faults->tallies[i];
    if (fault_is_of_connection(fault->kind))
        tally->came = faults->connections;
    if (fault->kind == FAULT_ORDER)
        tally->came = faults->choices;
    if (fault->kind == FAULT_ALLOCATION) {
        tally->came = faults->box->counted->count - faults->blocks[i];
        tally->met = tally->struck = tally->came >= fault->nth;
    }
    if (fault->kind == FAULT_SLOW_ACCEPT)
        tally->came = tally->met = tally->struck =
            ip_stack_stats(faults->box->ips)->accepts_delayed;
    return fault;
}

void box_faults_bookkeeping(box_faults_t *faults, memory_bookkeeping_t tell, void *arg)
{
    if (faults == NULL)
        return;
    tell(arg, faults->tallies, faults->count * sizeof(faults->tallies[0]));
    tell(arg, &faults->connections, sizeof(faults->connections));
}

void box_faults_destroy(box_faults_t *faults)
{
    if (faults == NULL)
        return;
    fault_flows_end(faults);
    for (size_t i = 0; i < faults->count; i++)
        memory_free(faults->box->watch, faults->texts[i]);
    isn_destroy(faults->isns);
    memory_free(faults->box->watch, faults);
}
