/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/point.h"

#include "sim/core/box.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *const point_kind_names[KINDS + 1] = {
    [KIND_DROP] = "drop",       [KIND_DUPLICATE] = "duplicate",   [KIND_DELAY] = "delay",
    [KIND_REORDER] = "reorder", [KIND_CORRUPT] = "corrupt",       [KIND_HOOKS] = "hooks",
    [KIND_PROCESS] = "process", [KIND_ALLOCATION] = "allocation", [KIND_ORDER] = "order",
};

/* A class of packets: the protocol, whether it has just been sent, and how many processes could be
 * killed then, times CLASS_VICTIM. */
enum { CLASS_OTHER, CLASS_TCP, CLASS_UDP, CLASS_SENT = 4, CLASS_VICTIM = 8 };
_Static_assert((BOX_VICTIMS_MAX + 1) * CLASS_VICTIM <= 0x4000, "classes of packets are no others");

/* What can happen to a packet, in the order of the alternatives. In words: "BEFORE packet N AFTER",
 * or "corrupt packet N field FIELD VALUE". */
typedef struct variant {
    point_kind_t kind;
    fault_kind_t fault;
    bool tcp_only, ports_only, sent_only;
    const char *before, *after;
    uint64_t us, bytes; /* of the fault */
    const char *field;  /* NULL: no field */
    const char *value;  /* its new value; NULL: the old one with these bits turned: */
    uint32_t bits;
} variant_t;

static const variant_t variants[] = {
    {KIND_DROP, FAULT_DROP, .before = "drop", .after = ""},
    {KIND_DUPLICATE, FAULT_DUPLICATE, .before = "duplicate", .after = ""},
    {KIND_DELAY, FAULT_DELAY, .before = "delay", .after = " by 0.001", .us = 1000},
    {KIND_DELAY, FAULT_DELAY, .before = "delay", .after = " by 4", .us = 4000000},
    {KIND_REORDER, FAULT_REORDER, .before = "reorder", .after = ""},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .after = " bit 190", .bytes = 190},
    {KIND_CORRUPT, FAULT_TRUNCATE, .before = "truncate", .after = " to 27", .bytes = 27},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .ports_only = true, .field = "sport",
     .bits = 1},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .ports_only = true, .field = "dport",
     .bits = 1},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .tcp_only = true, .ports_only = true,
     .field = "seq", .bits = 1},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .tcp_only = true, .ports_only = true,
     .field = "ack", .bits = 1},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .tcp_only = true, .ports_only = true,
     .field = "win", .value = "0"},
    {KIND_CORRUPT, FAULT_CORRUPT, .before = "corrupt", .tcp_only = true, .ports_only = true,
     .field = "flags", .value = "R"},
    {KIND_HOOKS, FAULT_HOOKS, .before = "hooks off before", .after = "", .sent_only = true},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

/* After them, one for each process that is alive. */
static const variant_t killed = {KIND_PROCESS, FAULT_KILL, .after = "", .sent_only = true};

static bool fits(const variant_t *variant, point_class_t class, unsigned kinds)
{
    unsigned protocol = class & 3u;
    return (kinds & KIND_BIT(variant->kind)) != 0 &&
           (!variant->tcp_only || protocol == CLASS_TCP) &&
           (!variant->ports_only || protocol != CLASS_OTHER) &&
           (!variant->sent_only || (class & CLASS_SENT) != 0);
}

static uint8_t protocol_of(const mblk_t *mp)
{
    size_t length = msgdsize(mp);
    uint8_t version = length > 0 ? mp->b_rptr[0] >> 4 : 0;
    if (version == 4 && length >= 40)
        return mp->b_rptr[9];
    return version == 6 && length >= 60 ? mp->b_rptr[6] : 0;
}

bool point_is_sent(ip_place_t place)
{
    return place == IP_AT_LOOPBACK_OUT || place == IP_AT_PHYSICAL_OUT;
}

point_class_t point_class_of(ip_place_t place, const mblk_t *mp, size_t victims)
{
    uint8_t protocol = protocol_of(mp);
    unsigned class = protocol == 6 ? CLASS_TCP : protocol == 17 ? CLASS_UDP : CLASS_OTHER;
    assert(victims <= BOX_VICTIMS_MAX);
    return (point_class_t)(class | (point_is_sent(place) ? CLASS_SENT : 0) |
                           victims * CLASS_VICTIM);
}

/* How many things can happen to a packet of a class itself. */
static unsigned count_variants(point_class_t class, unsigned kinds)
{
    unsigned count = 0;
    for (size_t i = 0; i < VARIANTS; i++)
        count += fits(&variants[i], class, kinds);
    return count;
}

unsigned point_alternatives(point_class_t class, unsigned kinds)
{
    if (class == POINT_ALLOCATION)
        return (kinds & KIND_BIT(KIND_ALLOCATION)) != 0;
    if (class > POINT_READY(0))
        return (kinds & KIND_BIT(KIND_ORDER)) != 0 ? class - POINT_READY(1) : 0;
    return count_variants(class, kinds) + (fits(&killed, class, kinds) ? class / CLASS_VICTIM : 0);
}

bool point_victim(point_class_t class, unsigned which, unsigned kinds, size_t *victim)
{
    unsigned before = count_variants(class, kinds);
    *victim = which > before ? which - before - 1 : 0;
    return which > before;
}

/* The new value of a field. */
static uint32_t turned(const variant_t *variant, const mblk_t *mp)
{
    struct packet packet;
    if (!packet_parse(mp->b_rptr, msgdsize(mp), &packet))
        return 0;
    uint32_t value = variant->field[0] == 's' && variant->field[1] == 'p' ? packet.sport
                     : variant->field[0] == 'd'                           ? packet.dport
                     : variant->field[0] == 's'                           ? packet.seq
                                                                          : packet.ack;
    return value ^ variant->bits;
}

static const variant_t *find_variant(unsigned which, unsigned kinds, point_class_t class)
{
    size_t i = 0;
    for (unsigned seen = 0; i < VARIANTS; i++) {
        if (fits(&variants[i], class, kinds) && ++seen == which)
            break;
    }
    assert(i < VARIANTS);
    return &variants[i];
}

void point_packet_fault(unsigned which, unsigned kinds, const point_visit_t *visit,
                        point_fault_t *point)
{
    const variant_t *variant =
        visit->process != NULL ? &killed : find_variant(which, kinds, visit->class);
    bool turns = variant->field != NULL && variant->value == NULL;
    *point = (point_fault_t){.kind = variant->kind,
                             .variant = variant,
                             .place = visit->place,
                             .packet = visit->mp->b_packet,
                             .value = turns ? turned(variant, visit->mp) : 0};
    snprintf(point->host, sizeof(point->host), "%s", visit->host != NULL ? visit->host : "");
    snprintf(point->process, sizeof(point->process), "%s",
             visit->process != NULL ? visit->process : "");
}

void point_make_fault(const point_fault_t *point, fault_t *fault)
{
    const variant_t *variant = point->variant;
    memset(fault, 0, sizeof(*fault));
    fault->kind = variant->fault;
    fault->text = "";
    fault->us = variant->us;
    fault->bytes = variant->bytes;
    fault->by_field = variant->field != NULL;
    memcpy(fault->process, point->process, sizeof(fault->process));
    if (variant->field == NULL)
        return;
    snprintf(fault->field, sizeof(fault->field), "%s", variant->field);
    if (variant->value != NULL)
        snprintf(fault->value, sizeof(fault->value), "%s", variant->value);
    else
        snprintf(fault->value, sizeof(fault->value), "%" PRIu32, point->value);
}

/* What comes after "packet N". */
static void put_rest(const point_fault_t *point, char *text, size_t size)
{
    const variant_t *variant = point->variant;
    if (variant->field == NULL)
        snprintf(text, size, "%s", variant->after);
    else if (variant->value != NULL)
        snprintf(text, size, " field %s %s", variant->field, variant->value);
    else
        snprintf(text, size, " field %s %" PRIu32, variant->field, point->value);
}

/* What comes before "packet N". */
#define BEFORE_MAX (FAULT_WORD_MAX + 20)
static void put_before(const point_fault_t *point, char *text)
{
    char process[FAULT_WORD_MAX + 2];
    if (point->kind == KIND_PROCESS && fault_put_process(point->process, process))
        snprintf(text, BEFORE_MAX, "kill %s before", process);
    else
        snprintf(text, BEFORE_MAX, "%s", point->variant->before);
}

void point_fault_label(const point_fault_t *point, char *text)
{
    const variant_t *variant = point->variant;
    char before[BEFORE_MAX];
    put_before(point, before);
    if (variant->field == NULL)
        snprintf(text, POINT_TEXT_MAX, "%s%s", before, variant->after);
    else
        snprintf(text, POINT_TEXT_MAX, "%s %s", before, variant->field);
}

void point_fault_text(const point_fault_t *point, char *text)
{
    char before[BEFORE_MAX], rest[60];
    if (point->kind == KIND_ORDER) {
        snprintf(text, POINT_TEXT_MAX, "order %" PRIu64 " first %u", point->nth, point->first);
    } else if (point->kind == KIND_ALLOCATION) {
        snprintf(text, POINT_TEXT_MAX, "fail allocation %" PRIu64, point->nth);
    } else {
        put_before(point, before);
        put_rest(point, rest, sizeof(rest));
        snprintf(text, POINT_TEXT_MAX, "%s packet %" PRIu32 "%s at %s%s%s", before, point->packet,
                 rest, trace_place_name(point->place), point->host[0] != '\0' ? " on " : "",
                 point->host);
    }
}
