/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reassembly of IPv4 fragments (RFC 791 section 3.2), after the hooks have seen each. Solaris:
 * ip_rput_fragment() (inet/ip/ip.c); Linux: ip_defrag(), where the inbound hooks would see only the
 * datagram. */
#include "stack/in_cksum.h"
#include "stack/ip_path.h"

#include <assert.h>
#include <stdlib.h>

#define UNIT        8u /* offsets count these */
#define DATA_MAX    65536u
#define DATAGRAMS   64u /* at once; the oldest makes room */
#define LINUX_US    30000000
#define SOLARIS_US  60000000
#define OFFSET_MASK 0x1fff
#define MORE        0x2000

/* A datagram of which some fragments are there. */
struct ip_reass {
    ip_reass_t *ir_next, **ir_link;
    ip_stack_t *ir_stack;
    in6_addr_t ir_src, ir_dst;
    uint16_t ir_ident;
    uint8_t ir_proto;
    vtimer_t ir_timer;
    uint8_t ir_header[60]; /* of the first fragment; its length is 0 until it is there */
    size_t ir_header_length;
    size_t ir_first_length; /* of the first fragment's data */
    size_t ir_length;       /* of all data; 0: the last fragment is not there yet */
    size_t ir_count;        /* of the units that are there */
    uint8_t ir_there[DATA_MAX / UNIT / 8];
    uint8_t ir_data[DATA_MAX];
};

static bool is_there(const ip_reass_t *ir, size_t unit)
{
    return (ir->ir_there[unit / 8] >> unit % 8 & 1) != 0;
}

static void end(ip_reass_t *ir)
{
    ip_stack_t *ips = ir->ir_stack;
    *ir->ir_link = ir->ir_next;
    if (ir->ir_next != NULL)
        ir->ir_next->ir_link = ir->ir_link;
    vclock_cancel(ips->ips_clock, &ir->ir_timer);
    ips->ips_reass_count--;
    memory_free(ips->ips_memory, ir);
}

/* A packet of a header and data. => Returns NULL if there is no memory. */
static mblk_t *with_header(const ip_reass_t *ir, size_t length)
{
    size_t header = ir->ir_header_length;
    mblk_t *mp = allocb_from(ir->ir_stack->ips_memory, header + length);
    if (mp == NULL)
        return NULL;
    memcpy(mp->b_rptr, ir->ir_header, header);
    memcpy(mp->b_rptr + header, ir->ir_data, length);
    mp->b_wptr += header + length;
    return mp;
}

/* RFC 792: time exceeded in reassembly, if the first fragment is there. Solaris:
 * ill_frag_timeout(); Linux: ip_expire(). */
static void tell_sender(ip_reass_t *ir)
{
    ip_stack_t *ips = ir->ir_stack;
    ip_header_t iph;
    if (ir->ir_header_length == 0)
        return;
    mblk_t *mp = with_header(ir, ir->ir_first_length);
    if (mp == NULL) {
        ip_tell_no_memory(ips);
        return;
    }
    const char *fault = ip_header_read(mp, &iph);
    assert(fault == NULL); /* it was read when it came */
    (void)fault;
    stack_enter(ips);
    ips->ips_reass_over(ips, mp, &iph);
    stack_leave(ips);
}

static void give_up(void *arg)
{
    ip_reass_t *ir = arg;
    ip_stack_t *ips = ir->ir_stack;
    ips->ips_stats.in_discards++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD,
                               .reason = "a datagram whose other fragments have not come"});
    tell_sender(ir);
    end(ir);
}

void ip_reass_flush(ip_stack_t *ips)
{
    while (ips->ips_reass != NULL)
        end(ips->ips_reass);
}

static ip_reass_t *find(ip_stack_t *ips, const ip_header_t *iph, uint16_t ident)
{
    ip_reass_t *ir = ips->ips_reass;
    while (ir != NULL && (ir->ir_ident != ident || ir->ir_proto != iph->iph_proto ||
                          !ip_address_same(&ir->ir_src, &iph->iph_src) ||
                          !ip_address_same(&ir->ir_dst, &iph->iph_dst)))
        ir = ir->ir_next;
    return ir;
}

/* => Returns NULL if there is no memory. */
static ip_reass_t *begin(ip_stack_t *ips, const ip_header_t *iph, uint16_t ident)
{
    ip_reass_t *oldest = ips->ips_reass;
    while (oldest != NULL && oldest->ir_next != NULL)
        oldest = oldest->ir_next;
    if (ips->ips_reass_count == DATAGRAMS)
        end(oldest);
    ip_reass_t *ir = memory_zalloc(ips->ips_memory, sizeof(*ir));
    if (ir == NULL)
        return NULL;
    ir->ir_stack = ips;
    ir->ir_src = iph->iph_src;
    ir->ir_dst = iph->iph_dst;
    ir->ir_ident = ident;
    ir->ir_proto = iph->iph_proto;
    ir->ir_next = ips->ips_reass;
    ir->ir_link = &ips->ips_reass;
    if (ir->ir_next != NULL)
        ir->ir_next->ir_link = &ir->ir_next;
    ips->ips_reass = ir;
    ips->ips_reass_count++;
    vclock_set(ips->ips_clock, &ir->ir_timer,
               vclock_now(ips->ips_clock) +
                   (ips->ips_build->ib_linux_sockets ? LINUX_US : SOLARIS_US),
               give_up, ir);
    return ir;
}

/* Why a fragment cannot be one, or NULL. */
static const char *fault_of(const ip_reass_t *ir, size_t at, size_t length, bool more)
{
    if (length == 0 || (more && length % UNIT != 0))
        return "a fragment of a wrong length";
    if (at + length > DATA_MAX - IPH_MIN)
        return "a fragment beyond the end of a datagram";
    if (ir->ir_length != 0 && (more ? at + length > ir->ir_length : at + length != ir->ir_length))
        return "a fragment beyond the last one";
    return NULL;
}

/* Takes the units that are new. Linux ends a datagram whose fragments overlap, but for one that
 * comes again whole; Solaris keeps what came first.
 * => Returns false if it ends. */
static bool take(ip_reass_t *ir, size_t at, const uint8_t *data, size_t length)
{
    size_t first = at / UNIT, units = (length + UNIT - 1) / UNIT, old = 0;
    for (size_t i = 0; i < units; i++)
        old += is_there(ir, first + i);
    if (old > 0 && old < units && ir->ir_stack->ips_build->ib_linux_sockets)
        return false;
    for (size_t i = 0; i < units; i++) {
        size_t from = i * UNIT, n = length - from < UNIT ? length - from : UNIT;
        if (is_there(ir, first + i))
            continue;
        memcpy(ir->ir_data + at + from, data + from, n);
        ir->ir_there[(first + i) / 8] |= (uint8_t)(1u << (first + i) % 8);
        ir->ir_count++;
    }
    return true;
}

/* The whole datagram, with the header of its first fragment. */
static mblk_t *whole(const ip_reass_t *ir)
{
    size_t header = ir->ir_header_length;
    mblk_t *mp = with_header(ir, ir->ir_length);
    if (mp == NULL)
        return NULL;
    uint8_t *ip = mp->b_rptr;
    put16(ip + 2, (uint16_t)(header + ir->ir_length));
    put16(ip + 6, 0);
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, header));
    return mp;
}

static void tell_kept(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *iph)
{
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_FANOUT,
                               .mp = mp,
                               .event = "ip_rput_fragment",
                               .state = "a datagram",
                               .reason = "a fragment, kept until it is whole",
                               .local = {iph->iph_dst, 0},
                               .remote = {iph->iph_src, 0}});
}

/* Keeps one fragment of its datagram.
 * => Returns NULL if it is kept; else why it is discarded, or "" if the datagram is whole now. */
static const char *keep(ip_reass_t *ir, const mblk_t *mp, const ip_header_t *iph)
{
    uint16_t word = get16(mp->b_rptr + 6);
    size_t at = (size_t)(word & OFFSET_MASK) * UNIT, length = iph->iph_payload_length;
    bool more = (word & MORE) != 0;
    const char *fault = fault_of(ir, at, length, more);
    if (fault != NULL)
        return fault;
    if (!take(ir, at, iph->iph_payload, length)) {
        end(ir);
        return "a fragment that overlaps others: its datagram ends";
    }
    if (at == 0) {
        memcpy(ir->ir_header, mp->b_rptr, iph->iph_length);
        ir->ir_header_length = iph->iph_length;
        ir->ir_first_length = length;
    }
    if (!more)
        ir->ir_length = at + length;
    bool is_whole = ir->ir_length != 0 && ir->ir_count == (ir->ir_length + UNIT - 1) / UNIT;
    return is_whole ? "" : NULL;
}

mblk_t *ip_reass(ip_stack_t *ips, ill_t *ill, mblk_t *mp, const ip_header_t *iph)
{
    uint16_t ident = get16(mp->b_rptr + 4);
    ip_reass_t *ir = find(ips, iph, ident);
    if (ir == NULL)
        ir = begin(ips, iph, ident);
    const char *why = ir != NULL ? keep(ir, mp, iph) : "no memory";
    if (why == NULL) {
        tell_kept(ips, mp, iph);
        freemsg(mp);
        return NULL;
    }
    mblk_t *datagram = why[0] == '\0' ? whole(ir) : NULL;
    if (datagram == NULL) {
        ip_discard(ips, ill, mp, why[0] == '\0' ? "no memory" : why);
        return NULL;
    }
    datagram->b_packet = mp->b_packet;
    freemsg(mp);
    end(ir);
    return datagram;
}
