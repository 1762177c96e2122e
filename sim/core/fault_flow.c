/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Carries out faults of connections. A hook sees each packet once: where it is sent on lo0, or
 * where it passes the wire's hooks. Bytes are counted by sequence numbers, so that a retransmission
 * does not count again.
 */
#include "sim/base/must.h"
#include "sim/core/fault_impl.h"
#include "sim/packet/packet.h"
#include "stack/ip_header.h"
#include "stack/neti.h"
#include "stack/wire.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define uthash_malloc(size)      must_have(memory_alloc(faults->box->watch, (size)))
#define uthash_free(block, size) memory_free(faults->box->watch, (block))
#include <uthash.h>

enum { FROM_CLIENT, FROM_SERVER };

static const char *const events[FAULT_EVENTS] = {NH_LOOPBACK_OUT, NH_PHYSICAL_OUT, NH_PHYSICAL_IN};

/* A RST that is to appear to come from one end. */
typedef struct rst {
    bool wanted, sent;
    uint32_t seq, ack;
} rst_t;

typedef struct flow_key {
    ip_endpoint_t client, server;
} flow_key_t;

/* A connection, from its SYN on. */
struct flow {
    flow_key_t key;
    box_faults_t *faults;
    net_handle_t net;
    phy_if_t phy;     /* of a connection by a wire; 0: on lo0 */
    int remote;       /* which end is the remote host */
    uint32_t syn;     /* the SYN's sequence number: another number is another connection */
    uint32_t base[2]; /* the first byte's sequence number, of each end */
    bool known[2];
    bool dead; /* both ends have been reset: nothing else passes */
    uint64_t seen[FAULTS_MAX];
    bool done[FAULTS_MAX];
    rst_t rsts[2]; /* of the end that sends it */
    vtimer_t timer;
    UT_hash_handle hh;
};

/* ---- connections ---- */

static bool is_syn(const struct packet *packet)
{
    return (packet->flags & (PACKET_SYN | PACKET_ACK)) == PACKET_SYN;
}

static flow_t *find(box_faults_t *faults, const struct packet *packet, int direction)
{
    flow_key_t key;
    flow_t *flow;
    memset(&key, 0, sizeof(key));
    ip_endpoint_t *from = direction == FROM_CLIENT ? &key.client : &key.server;
    ip_endpoint_t *to = direction == FROM_CLIENT ? &key.server : &key.client;
    from->ie_addr = packet->src;
    from->ie_port = packet->sport;
    to->ie_addr = packet->dst;
    to->ie_port = packet->dport;
    HASH_FIND(hh, faults->flows, &key, sizeof(key), flow);
    if (flow != NULL || direction != FROM_CLIENT || !is_syn(packet))
        return flow;
    flow = memory_zalloc(faults->box->watch, sizeof(*flow));
    if (flow == NULL)
        return NULL;
    flow->key = key;
    flow->faults = faults;
    flow->syn = ~packet->seq;
    HASH_ADD(hh, faults->flows, key, sizeof(key), flow);
    return flow;
}

/* A new connection on old ports begins anew. */
static void begin(flow_t *flow, uint32_t seq)
{
    vclock_cancel(flow->faults->box->clock, &flow->timer);
    flow->faults->connections++;
    flow->syn = seq;
    flow->dead = false;
    memset(flow->seen, 0, sizeof(flow->seen));
    memset(flow->done, 0, sizeof(flow->done));
    memset(flow->rsts, 0, sizeof(flow->rsts));
    flow->base[FROM_CLIENT] = seq + 1;
    flow->known[FROM_CLIENT] = true;
    flow->known[FROM_SERVER] = false;
}

/* The connection that a segment belongs to, and which end sends it.
 * => Returns NULL: its SYN was not seen. */
flow_t *fault_flow_of(box_faults_t *faults, const struct packet *packet, int *direction)
{
    *direction = FROM_CLIENT;
    flow_t *flow = find(faults, packet, FROM_CLIENT);
    if (flow == NULL) {
        *direction = FROM_SERVER;
        flow = find(faults, packet, FROM_SERVER);
    }
    if (flow == NULL)
        return NULL;
    if (*direction == FROM_CLIENT && is_syn(packet) && packet->seq != flow->syn)
        begin(flow, packet->seq);
    if (*direction == FROM_SERVER && (packet->flags & PACKET_SYN) != 0) {
        flow->base[FROM_SERVER] = packet->seq + 1;
        flow->known[FROM_SERVER] = true;
    }
    return flow;
}

/* ---- the RST ---- */

/* From one end of a connection to the other. */
static mblk_t *build_rst(const flow_t *flow, int from, const rst_t *rst)
{
    const ip_endpoint_t *ends[2] = {&flow->key.client, &flow->key.server};
    const ip_endpoint_t *src = ends[from], *dst = ends[!from];
    bool v4 = ip_address_family(&src->ie_addr) == AF_INET;
    size_t header = v4 ? IPH_MIN : IP6H_LEN, size = ip_address_size(v4 ? AF_INET : AF_INET6);
    mblk_t *mp = net_allocb(flow->net, header + TCPH_MIN);
    if (mp == NULL)
        return NULL;
    uint8_t *ip = mp->b_rptr, *tcp = ip + header;
    size_t at = ip_src_at(v4 ? AF_INET : AF_INET6);
    mp->b_wptr = tcp + TCPH_MIN;
    memset(ip, 0, header + TCPH_MIN);
    ip[0] = v4 ? 0x45 : 0x60;
    put16(ip + (v4 ? 2 : 4), (uint16_t)(v4 ? header + TCPH_MIN : TCPH_MIN));
    ip[v4 ? 8 : 7] = 64;
    ip[v4 ? 9 : 6] = IPPROTO_TCP;
    memcpy(ip + at, src->ie_addr.s6_addr + 16 - size, size);
    memcpy(ip + at + size, dst->ie_addr.s6_addr + 16 - size, size);
    put16(tcp, src->ie_port);
    put16(tcp + 2, dst->ie_port);
    put32(tcp + 4, rst->seq);
    put32(tcp + 8, rst->ack);
    tcp[12] = (TCPH_MIN / 4) << 4;
    tcp[13] = PACKET_RST | PACKET_ACK;
    packet_fix_checksums(ip, header + TCPH_MIN);
    return mp;
}

static void send_rst(flow_t *flow, int from)
{
    rst_t *rst = &flow->rsts[from];
    mblk_t *mp = rst->wanted && !rst->sent ? build_rst(flow, from, rst) : NULL;
    if (mp == NULL)
        return;
    rst->sent = true;
    net_inject_t packet = {
        .ni_version = NETINFO_VERSION, .ni_packet = mp, .ni_physical = flow->phy};
    if (flow->phy == 0)
        net_loopback(flow->net, mp);
    else
        net_inject(flow->net, from == flow->remote ? NI_QUEUE_IN : NI_DIRECT_OUT, &packet);
}

/* Runs after the packet that triggered it has been delivered. */
static void fire(void *arg)
{
    flow_t *flow = arg;
    send_rst(flow, FROM_SERVER);
    send_rst(flow, FROM_CLIENT);
}

static bool is_ours(const flow_t *flow, int direction, const struct packet *packet)
{
    const rst_t *rst = &flow->rsts[direction];
    return rst->sent && (packet->flags & PACKET_RST) != 0 && packet->seq == rst->seq;
}

/* ---- one fault ---- */

static void note(flow_t *flow, const fault_t *fault)
{
    char text[256], client[IP_ADDRESS_TEXT_MAX], server[IP_ADDRESS_TEXT_MAX];
    const flow_key_t *key = &flow->key;
    snprintf(text, sizeof(text), "fault '%.80s': %s.%u > %s.%u", fault->text,
             ip_address_text(&key->client.ie_addr, client, sizeof(client)), key->client.ie_port,
             ip_address_text(&key->server.ie_addr, server, sizeof(server)), key->server.ie_port);
    trace_note(flow->faults->box->trace, TRACE_NOTE_TEXT, text, 0, 0);
}

/* Removes bytes, and a FIN, from a segment's end. */
static void cut(mblk_t *mp, struct packet *packet, size_t length)
{
    size_t less = packet->payload_length - length;
    uint8_t *ip = mp->b_rptr;
    mp->b_wptr = ip + packet->total_length - less;
    if (packet->family == AF_INET)
        put16(ip + 2, (uint16_t)(packet->total_length - less));
    else
        put16(ip + 4, (uint16_t)(packet->total_length - less - IP6H_LEN));
    ip[packet->header_length + 13] &= (uint8_t)~PACKET_FIN;
    packet_fix_checksums(ip, msgdsize(mp));
    packet->payload_length = length;
    packet->total_length = (uint16_t)(packet->total_length - less);
    packet->flags &= (uint8_t)~PACKET_FIN;
}

/* Resets one end or both. The segment that triggers it tells which number each end expects next. */
static void reset(flow_t *flow, const fault_t *fault, int direction, const struct packet *packet)
{
    uint32_t seq = packet->seq + (uint32_t)packet->payload_length;
    note(flow, fault);
    flow->rsts[direction] = (rst_t){.wanted = true, .seq = seq, .ack = packet->ack};
    flow->rsts[!direction] = (rst_t){.wanted = true, .seq = packet->ack, .ack = seq};
    if (fault->kind == FAULT_CLOSE_HALF)
        flow->rsts[FROM_SERVER].wanted = false;
    else
        flow->dead = true;
    vclock_set(flow->faults->box->clock, &flow->timer, box_now(flow->faults->box), fire, flow);
}

static void strike(flow_t *flow, size_t i)
{
    flow->done[i] = true;
    flow->faults->tallies[i].met++;
    flow->faults->tallies[i].struck++;
}

/* Applies a fault that counts bytes to a segment.
 * => Returns whether it is lost. */
static bool count_bytes(flow_t *flow, size_t i, int direction, mblk_t *mp, struct packet *packet)
{
    const fault_t *fault = &flow->faults->list[i];
    int counted = fault->from_client ? FROM_CLIENT : FROM_SERVER;
    bool fin = (packet->flags & PACKET_FIN) != 0;
    if ((packet->flags & (PACKET_SYN | PACKET_RST)) != 0 || (packet->flags & PACKET_ACK) == 0)
        return false;
    if (fault->bytes == 0 && fault->kind != FAULT_STALL) { /* as soon as it is established */
        if (!flow->done[i] && direction == FROM_CLIENT) {
            strike(flow, i);
            reset(flow, fault, direction, packet);
        }
        return false;
    }
    if (direction != counted || !flow->known[direction] || (packet->payload_length == 0 && !fin))
        return false;
    int64_t begins = (int32_t)(packet->seq - flow->base[direction]);
    int64_t ends = begins + (int64_t)packet->payload_length;
    int64_t limit = (int64_t)fault->bytes;
    keep_most(&flow->faults->tallies[i].most, ends > 0 ? (uint64_t)ends : 0);
    if (ends + fin <= limit && ends < limit)
        return false;
    bool first = !flow->done[i];
    if (first)
        strike(flow, i);
    if (begins >= limit) { /* the whole segment is after them */
        if (first)
            note(flow, fault);
        return true;
    }
    if (ends + fin > limit)
        cut(mp, packet, (size_t)(limit - begins));
    if (first && fault->kind != FAULT_STALL)
        reset(flow, fault, direction, packet);
    else if (first)
        note(flow, fault);
    return false;
}

uint64_t *fault_flow_seen(flow_t *flow, size_t i)
{
    return &flow->seen[i];
}

/* ---- the hook ---- */

static int on_packet(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    box_faults_t *faults = arg;
    mblk_t *mp = *info->hpe_mp;
    struct packet packet;
    int direction = FROM_CLIENT;
    if (mp == NULL || !packet_parse(mp->b_rptr, msgdsize(mp), &packet))
        return 0;
    flow_t *flow = packet.kind == PACKET_TCP ? fault_flow_of(faults, &packet, &direction) : NULL;
    if (flow != NULL) {
        bool lo0 = strcmp(hook_event_name(token), NH_LOOPBACK_OUT) == 0;
        bool out = strcmp(hook_event_name(token), NH_PHYSICAL_OUT) == 0;
        flow->net = info->hpe_protocol;
        flow->phy = lo0 ? 0 : out ? info->hpe_ofp : info->hpe_ifp;
        flow->remote = out ? !direction : direction;
        if (is_ours(flow, direction, &packet))
            return 0;
        if (flow->dead)
            return 1;
    }
    for (size_t i = 0; i < faults->count; i++) {
        bool counts = fault_is_of_connection(faults->list[i].kind);
        if (counts && flow != NULL && count_bytes(flow, i, direction, mp, &packet))
            return 1;
    }
    return 0;
}

/* ---- in a box ---- */

bool fault_flows_begin(box_faults_t *faults)
{
    static const char *const families[FAULT_FAMILIES] = {NHF_INET, NHF_INET6};
    for (size_t f = 0; f < FAULT_FAMILIES && !faults->hooked; f++) {
        for (size_t e = 0; e < FAULT_EVENTS; e++) {
            faults->hooks[f][e] = (hook_t){
                .h_version = HOOK_VERSION, .h_func = on_packet, .h_name = "fault", .h_arg = faults};
            net_handle_t net = ip_stack_net(faults->box->ips, families[f]);
            if (net_hook_register(net, events[e], &faults->hooks[f][e]) != 0)
                return false;
        }
    }
    faults->hooked = true;
    return true;
}

void fault_flows_end(box_faults_t *faults)
{
    for (flow_t *flow = faults->flows, *next; flow != NULL; flow = next) {
        next = flow->hh.next;
        HASH_DEL(faults->flows, flow);
        vclock_cancel(faults->box->clock, &flow->timer);
        memory_free(faults->box->watch, flow);
    }
}
