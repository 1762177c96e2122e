/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/point.h"

#include "sim/core/trace_station.h"
#include "sim/packet/packet.h"

#include <stdio.h>
#include <string.h>

const char *const point_kind_names[KINDS + 1] = {
    [KIND_DROP] = "drop",
    [KIND_DUPLICATE] = "duplicate",
    [KIND_DELAY] = "delay",
    [KIND_REORDER] = "reorder",
    [KIND_CORRUPT] = "corrupt",
    [KIND_HOOKS] = "hooks",
    [KIND_ALLOCATION] = "allocation",
    [KIND_ORDER] = "order",
};

/* A class of packets: the protocol, and whether it has just been sent. */
enum { CLASS_OTHER, CLASS_TCP, CLASS_UDP, CLASS_SENT = 4 };

/* What can happen to a packet, in the order of the alternatives. */
typedef struct variant {
    point_kind_t kind;
    bool tcp_only, ports_only, sent_only;
    const char *before, *after; /* of "packet N"; NULL: its field `field` */
    const char *field;
    int bit; /* of the field, that is turned */
} variant_t;

static const variant_t variants[] = {
    {KIND_DROP, false, false, false, "drop", "", NULL, 0},
    {KIND_DUPLICATE, false, false, false, "duplicate", "", NULL, 0},
    {KIND_DELAY, false, false, false, "delay", " by 0.001", NULL, 0},
    {KIND_DELAY, false, false, false, "delay", " by 4", NULL, 0},
    {KIND_REORDER, false, false, false, "reorder", "", NULL, 0},
    {KIND_CORRUPT, false, false, false, "corrupt", " bit 190", NULL, 0},
    {KIND_CORRUPT, false, false, false, "truncate", " to 27", NULL, 0},
    {KIND_CORRUPT, false, true, false, "corrupt", NULL, "sport", 1},
    {KIND_CORRUPT, false, true, false, "corrupt", NULL, "dport", 1},
    {KIND_CORRUPT, true, true, false, "corrupt", NULL, "seq", 1},
    {KIND_CORRUPT, true, true, false, "corrupt", NULL, "ack", 1},
    {KIND_CORRUPT, true, true, false, "corrupt", " field win 0", NULL, 0},
    {KIND_CORRUPT, true, true, false, "corrupt", " field flags R", NULL, 0},
    {KIND_HOOKS, false, false, true, "hooks off before", "", NULL, 0},
};
#define VARIANTS (sizeof(variants) / sizeof(variants[0]))

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

point_class_t point_class_of(ip_place_t place, const mblk_t *mp)
{
    bool sent = place == IP_AT_LOOPBACK_OUT || place == IP_AT_PHYSICAL_OUT;
    uint8_t protocol = protocol_of(mp);
    unsigned class = protocol == 6 ? CLASS_TCP : protocol == 17 ? CLASS_UDP : CLASS_OTHER;
    return (point_class_t)(class | (sent ? CLASS_SENT : 0));
}

unsigned point_alternatives(point_class_t class, unsigned kinds)
{
    unsigned count = 0;
    if (class == POINT_ALLOCATION)
        return (kinds & KIND_BIT(KIND_ALLOCATION)) != 0;
    if (class > POINT_READY(0))
        return (kinds & KIND_BIT(KIND_ORDER)) != 0 ? class - POINT_READY(1) : 0;
    for (size_t i = 0; i < VARIANTS; i++)
        count += fits(&variants[i], class, kinds);
    return count;
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
    return value ^ (uint32_t)variant->bit;
}

void point_packet_text(unsigned which, unsigned kinds, ip_place_t place, const char *host,
                       const mblk_t *mp, char *text)
{
    point_class_t class = point_class_of(place, mp);
    size_t i = 0;
    for (unsigned seen = 0; i < VARIANTS; i++) {
        if (fits(&variants[i], class, kinds) && ++seen == which)
            break;
    }
    const variant_t *variant = &variants[i];
    int used = snprintf(text, POINT_TEXT_MAX, "%s packet %u", variant->before, mp->b_packet);
    char *rest = text + used;
    size_t room = POINT_TEXT_MAX - (size_t)used;
    const char *on = host != NULL ? " on " : "", *name = host != NULL ? host : "";
    if (variant->field != NULL)
        snprintf(rest, room, " field %s %u at %s%s%.40s", variant->field, turned(variant, mp),
                 trace_place_name(place), on, name);
    else
        snprintf(rest, room, "%s at %s%s%.40s", variant->after, trace_place_name(place), on, name);
}
