/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/invariant.h"

#include "sim/base/must.h"
#include "sim/packet/packet.h"
#include "stack/in_cksum.h"

#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is known about a packet. */
enum {
    GONE = 1,
    TOUCHED = 2, /* by a fault or a foreign hook */
    REPLY = 4,   /* it has become one */
    ANSWER = 8,  /* it was sent while a reply was delivered */
    MET = 16     /* the hooks of the first event; the other events' bits follow */
};

/* Of what looks at few of the events: it is kept out of invariants_ip(), which sees all. */
#define OF_FEW __attribute__((noinline))

#define EVENTS 4
static const char *const events[EVENTS] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN, NH_PHYSICAL_OUT,
                                           NH_PHYSICAL_IN};

/* A host's packets, by number, and its endpoints as they were last seen: the last ones of each hash
 * of the ports. */
#define HOSTS_MAX 16
#define HASHES    64
#define OF_A_HASH 4
typedef struct seen_endpoint {
    ip_endpoint_t local, remote; /* all 0: none */
    int rank;
} seen_endpoint_t;

typedef struct seen_endpoints {
    seen_endpoint_t of_a_hash[OF_A_HASH];
    unsigned next; /* the one that is forgotten next */
} seen_endpoints_t;

typedef struct seen_host {
    const void *host;
    uint8_t *packets;
    size_t room;
    seen_endpoints_t **endpoints; /* HASHES; NULL, as each of them: none was seen */
} seen_host_t;

struct invariants {
    memory_t *memory;
    seen_host_t hosts[HOSTS_MAX];
    size_t host_count;
    uint64_t now_us;
    uint64_t asked; /* packets that the filter's hooks have seen */
    bool blocks;    /* the filter's last verdict, while no reply has followed */
    uint32_t verdict_packet;
    int hook_value;      /* of the last hook; after HOOKS_START 0 */
    bool delivers_reply; /* the packet that is delivered now has become a reply */
    bool delivers_rst;   /* the last event delivered a RST, and these are its ends: */
    ip_endpoint_t rst_from, rst_to;
    bool ends_something; /* the last event handed a RST or an ICMP error to: */
    ip_endpoint_t local, remote;
    const char *event_names[EVENTS]; /* where the names of events are, which are as many texts */
    char broken[300];
};

invariants_t *invariants_create(memory_t *memory)
{
    invariants_t *invariants = memory_zalloc(memory, sizeof(*invariants));
    if (invariants != NULL)
        invariants->memory = memory;
    return invariants;
}

static void forget_endpoints(const invariants_t *invariants, seen_endpoints_t **endpoints)
{
    for (size_t i = 0; endpoints != NULL && i < HASHES; i++)
        memory_free(invariants->memory, endpoints[i]);
    memory_free(invariants->memory, endpoints);
}

void invariants_destroy(invariants_t *invariants)
{
    if (invariants == NULL)
        return;
    for (size_t i = 0; i < invariants->host_count; i++) {
        memory_free(invariants->memory, invariants->hosts[i].packets);
        forget_endpoints(invariants, invariants->hosts[i].endpoints);
    }
    memory_free(invariants->memory, invariants);
}

const char *invariants_broken(const invariants_t *invariants)
{
    return invariants->broken[0] != '\0' ? invariants->broken : NULL;
}

__attribute__((format(printf, 2, 3))) static void broken(invariants_t *invariants,
                                                         const char *format, ...)
{
    va_list args;
    if (invariants->broken[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(invariants->broken, sizeof(invariants->broken), format, args);
    va_end(args);
}

/* ---- hosts and packets ---- */

static seen_host_t *host_of(invariants_t *invariants, const void *host)
{
    for (size_t i = 0; i < invariants->host_count; i++) {
        if (invariants->hosts[i].host == host)
            return &invariants->hosts[i];
    }
    if (invariants->host_count == HOSTS_MAX)
        return NULL;
    seen_host_t *seen = &invariants->hosts[invariants->host_count++];
    seen->host = host;
    return seen;
}

OF_FEW static void make_room(const invariants_t *invariants, seen_host_t *host, uint32_t number)
{
    size_t room = host->room == 0 ? 64 : host->room;
    while (room <= number)
        room *= 2;
    host->packets = must_have(memory_realloc(invariants->memory, host->packets, room));
    memset(host->packets + host->room, 0, room - host->room);
    host->room = room;
}

static uint8_t *packet_of(const invariants_t *invariants, seen_host_t *host, uint32_t number)
{
    if (number >= host->room)
        make_room(invariants, host, number);
    return &host->packets[number];
}

/* A name is compared once: it is the same text at the next event. */
static int event_bit(invariants_t *invariants, const char *event)
{
    int i = 0;
    while (i < EVENTS && invariants->event_names[i] != event)
        i++;
    if (i < EVENTS)
        return MET << i;
    i = 0;
    while (i < EVENTS - 1 && strcmp(events[i], event) != 0)
        i++;
    invariants->event_names[i] = event;
    return MET << i;
}

static bool is_filters(const char *hook)
{
    static const char name[] = "ipfilter_";
    return strncmp(hook, name, sizeof(name) - 1) == 0;
}

/* ---- bytes ---- */

static bool has_good_sum(const struct packet *packet, const uint8_t *bytes)
{
    const uint8_t *segment = bytes + packet->header_length;
    size_t length = packet->total_length - packet->header_length;
    bool v4 = packet->family == AF_INET;
    size_t at = v4 ? 12 : 8, size = v4 ? 4 : 16;
    if (packet->kind == PACKET_ICMP && v4)
        return in_cksum(segment, length) == 0;
    if (packet->kind == PACKET_UDP && segment[6] == 0 && segment[7] == 0)
        return v4; /* none was computed */
    return in_cksum_pseudo(bytes + at, bytes + at + size, size, packet->proto, segment, length) ==
           0;
}

/* `packet`: NULL if it could not be parsed. */
static const char *fault_of(const mblk_t *mp, const struct packet *packet)
{
    if (packet == NULL)
        return "a length";
    if (packet->family == AF_INET && in_cksum(mp->b_rptr, packet->header_length) != 0)
        return "the IP checksum";
    if (packet->kind != PACKET_OTHER && (packet->frag & 0x3fff) == 0 &&
        !has_good_sum(packet, mp->b_rptr))
        return "the checksum";
    return NULL;
}

/* ---- endpoints ---- */

/* How far a state is in a connection's life; -1: it is no state. An earlier state never follows a
 * later one, except the first state of a new connection. */
static int rank_of(const char *state)
{
    static const struct {
        const char *state;
        int rank;
    } ranks[] = {
        {"SYN_SENT", 0},   {"SYN_RCVD", 0},   {"ESTABLISHED", 1},
        {"FIN_WAIT_1", 2}, {"CLOSE_WAIT", 2}, {"FIN_WAIT_2", 3},
        {"CLOSING", 3},    {"LAST_ACK", 3},   {"TIME_WAIT", 4},
    };
    for (size_t i = 0; i < sizeof(ranks) / sizeof(ranks[0]); i++) {
        if (strcmp(ranks[i].state, state) == 0)
            return ranks[i].rank;
    }
    return -1;
}

/* Those with the hash of an endpoint's ports. */
static seen_endpoints_t *endpoints_like(const invariants_t *invariants, seen_host_t *host,
                                        const ip_event_t *event)
{
    if (host->endpoints == NULL)
        host->endpoints =
            must_have(memory_zalloc(invariants->memory, HASHES * sizeof(*host->endpoints)));
    unsigned hash = event->local.ie_port * 31u + event->remote.ie_port;
    seen_endpoints_t **few = &host->endpoints[hash % HASHES];
    if (*few == NULL)
        *few = must_have(memory_zalloc(invariants->memory, sizeof(**few)));
    return *few;
}

static seen_endpoint_t *endpoint_of(const invariants_t *invariants, seen_host_t *host,
                                    const ip_event_t *event)
{
    seen_endpoints_t *few = endpoints_like(invariants, host, event);
    for (size_t i = 0; i < OF_A_HASH; i++) {
        seen_endpoint_t *seen = &few->of_a_hash[i];
        if (ip_endpoint_same(&seen->local, &event->local) &&
            ip_endpoint_same(&seen->remote, &event->remote))
            return seen;
    }
    seen_endpoint_t *seen = &few->of_a_hash[few->next++ % OF_A_HASH];
    *seen = (seen_endpoint_t){.local = event->local, .remote = event->remote};
    return seen;
}

static void see_state(invariants_t *invariants, seen_host_t *host, const ip_event_t *event)
{
    int rank = event->state != NULL ? rank_of(event->state) : -1;
    if (rank < 0)
        return;
    seen_endpoint_t *seen = endpoint_of(invariants, host, event);
    if (rank < seen->rank && rank > 0)
        broken(invariants, "an endpoint went back to %s", event->state);
    seen->rank = rank;
}

/* ---- events ---- */

/* `packet`: NULL if there is none that could be parsed. */
static bool is_rst(const struct packet *packet)
{
    return packet != NULL && packet->kind == PACKET_TCP && (packet->flags & PACKET_RST) != 0;
}

static bool is_rst_or_error(const ip_event_t *event, const struct packet *packet)
{
    return is_rst(packet) || strstr(event->event, "icmp_error") != NULL;
}

static void take_ends(const struct packet *packet, ip_endpoint_t *from, ip_endpoint_t *to)
{
    from->ie_addr = packet->src;
    from->ie_port = packet->sport;
    to->ie_addr = packet->dst;
    to->ie_port = packet->dport;
}

static bool parse_rst(const mblk_t *mp, struct packet *packet)
{
    return mp != NULL && packet_parse(mp->b_rptr, msgdsize(mp), packet) && is_rst(packet);
}

/* A packet leaves while a RST is delivered. */
OF_FEW static void see_answer(invariants_t *invariants, const ip_event_t *event)
{
    struct packet packet;
    ip_endpoint_t from, to;
    if (!parse_rst(event->mp, &packet))
        return;
    take_ends(&packet, &from, &to);
    if (ip_endpoint_same(&from, &invariants->rst_to) &&
        ip_endpoint_same(&to, &invariants->rst_from))
        broken(invariants, "a RST is answered by a RST, packet %u", event->mp->b_packet);
}

/* A segment is handed to the endpoint that its ends name. */
OF_FEW static void see_delivery(invariants_t *invariants, seen_host_t *host,
                                const ip_event_t *event, const uint8_t *bits)
{
    struct packet parsed;
    const mblk_t *mp = event->mp;
    bool whole = mp != NULL && packet_parse(mp->b_rptr, msgdsize(mp), &parsed);
    const struct packet *packet = whole ? &parsed : NULL;
    const char *fault = mp != NULL && (*bits & TOUCHED) == 0 ? fault_of(mp, packet) : NULL;
    if (fault != NULL)
        broken(invariants, "%s of packet %u is wrong, which nothing has touched", fault,
               event->mp->b_packet);
    invariants->delivers_reply = (*bits & REPLY) != 0;
    invariants->ends_something = event->state != NULL && is_rst_or_error(event, packet);
    invariants->local = event->local;
    invariants->remote = event->remote;
    /* A RST that is ignored, for a reason, leaves an endpoint that may send one later. */
    invariants->delivers_rst =
        invariants->ends_something && event->reason == NULL && is_rst(packet);
    if (invariants->delivers_rst)
        take_ends(packet, &invariants->rst_from, &invariants->rst_to);
    see_state(invariants, host, event);
}

OF_FEW static void see_error(invariants_t *invariants, const ip_event_t *event)
{
    if (invariants->ends_something && (!ip_endpoint_same(&invariants->local, &event->local) ||
                                       !ip_endpoint_same(&invariants->remote, &event->remote)))
        broken(invariants, "a RST or an ICMP error has ended another endpoint, of port %u",
               event->local.ie_port);
}

static void see_hook(invariants_t *invariants, const ip_event_t *event, uint8_t *bits)
{
    bool filters = is_filters(event->hook);
    invariants->hook_value = event->verdict;
    invariants->asked += filters;
    if (!filters)
        *bits |= TOUCHED;
    if (filters && invariants->blocks && invariants->verdict_packet == event->packet &&
        event->verdict == 0)
        broken(invariants, "packet %u is blocked, and goes on as it was", event->packet);
    if (filters)
        invariants->blocks = false;
}

/* A packet meets the hooks of an event. */
static void see_hooks(invariants_t *invariants, const ip_event_t *event, uint8_t *bits)
{
    int bit = event_bit(invariants, event->event);
    if ((*bits & bit) != 0)
        broken(invariants, "packet %u met the hooks of %s twice", event->mp->b_packet,
               event->event);
    *bits |= (uint8_t)bit;
    invariants->hook_value = 0;
}

OF_FEW static bool is_icmp(const mblk_t *mp)
{
    struct packet packet;
    return mp != NULL && packet_parse(mp->b_rptr, msgdsize(mp), &packet) &&
           packet.kind == PACKET_ICMP;
}

/* Events of a packet. */
static void see_packet(invariants_t *invariants, seen_host_t *host, const ip_event_t *event,
                       uint32_t number)
{
    uint8_t *bits = packet_of(invariants, host, number);
    if (event->mp != NULL && (*bits & GONE) != 0)
        broken(invariants, "packet %u goes on, and was gone", number);
    switch (event->kind) {
    case IP_EV_WPUT_IRE:
        if (invariants->delivers_reply)
            *bits |= ANSWER;
        break;
    case IP_EV_HOOKS_START:
        see_hooks(invariants, event, bits);
        break;
    case IP_EV_HOOK:
        see_hook(invariants, event, bits);
        break;
    case IP_EV_HOOKS_END:
        if (invariants->hook_value != 0 && event->mp != NULL)
            broken(invariants, "packet %u was eaten by a hook, and goes on", number);
        if (event->mp == NULL)
            *bits |= GONE;
        break;
    case IP_EV_FAULT:
        if (event->fault.if_what == IP_FAULT_CORRUPT)
            *bits |= TOUCHED;
        break;
    case IP_EV_FANOUT:
        see_delivery(invariants, host, event, bits);
        break;
    case IP_EV_DISCARD:
        if (!is_icmp(event->mp)) /* of ICMP, only a socket's copy may have been discarded */
            *bits |= GONE;
        break;
    default:
        break;
    }
    if (event->kind == IP_EV_FAULT && event->fault.if_what == IP_FAULT_DROP)
        *bits |= GONE;
    if (event->kind == IP_EV_FAULT && event->fault.if_what == IP_FAULT_COPY)
        *bits |= TOUCHED; /* its original may have been touched */
}

void invariants_ip(invariants_t *invariants, const void *host, uint64_t now_us,
                   const ip_event_t *event)
{
    uint32_t number = event->mp != NULL ? event->mp->b_packet : event->packet;
    if (now_us < invariants->now_us)
        broken(invariants, "time went back");
    invariants->now_us = now_us;
    if (event->kind == IP_EV_ERRNO)
        see_error(invariants, event);
    if (event->kind == IP_EV_TIMER || event->kind == IP_EV_CONNECT)
        invariants->delivers_reply = false;
    if (event->kind == IP_EV_WPUT_IRE && invariants->delivers_rst)
        see_answer(invariants, event);
    invariants->ends_something = invariants->delivers_rst = false;
    seen_host_t *seen = number != 0 ? host_of(invariants, host) : NULL;
    if (seen != NULL)
        see_packet(invariants, seen, event, number);
}

void invariants_ipf(invariants_t *invariants, const ipf_event_t *event)
{
    bool verdict = event->kind == IPF_EV_RULE || event->kind == IPF_EV_NOMATCH ||
                   event->kind == IPF_EV_STATE || event->kind == IPF_EV_FRAG;
    bool rewrite = event->kind == IPF_EV_MAKE_RST || event->kind == IPF_EV_MAKE_ICMP;
    if (verdict) {
        invariants->blocks = event->block;
        invariants->verdict_packet = event->packet_number;
    }
    if (!rewrite || event->packet_number == 0 || invariants->host_count == 0)
        return;
    invariants->blocks = false;
    uint8_t *bits = packet_of(invariants, &invariants->hosts[0], event->packet_number);
    if ((*bits & (REPLY | ANSWER)) != 0)
        broken(invariants, "packet %u, %s, becomes a reply", event->packet_number,
               (*bits & REPLY) != 0 ? "which has become one" : "which answers one");
    *bits |= REPLY;
}

void invariants_call(invariants_t *invariants)
{
    invariants->delivers_reply = invariants->delivers_rst = false;
}

void invariants_count(invariants_t *invariants, const ipf_stack_t *ifs)
{
    const friostat_t *stats = ipf_stats(ifs);
    uint64_t decided = 0;
    for (int out = 0; out < 2; out++)
        decided += stats->f_st[out].fr_pass + stats->f_st[out].fr_block;
    if (decided != invariants->asked)
        broken(invariants, "the filter was asked about %llu packets, and counts %llu",
               (unsigned long long)invariants->asked, (unsigned long long)decided);
}

void invariants_bookkeeping(invariants_t *invariants, memory_bookkeeping_t tell, void *arg)
{
    tell(arg, &invariants->asked, sizeof(invariants->asked)); /* as the filter's counters */
    tell(arg, &invariants->hook_value, sizeof(invariants->hook_value));
    tell(arg, invariants->event_names, sizeof(invariants->event_names));
    if (!invariants->blocks)
        tell(arg, &invariants->verdict_packet, sizeof(invariants->verdict_packet));
    if (!invariants->delivers_rst) {
        tell(arg, &invariants->rst_from, sizeof(invariants->rst_from));
        tell(arg, &invariants->rst_to, sizeof(invariants->rst_to));
    }
    if (!invariants->ends_something) {
        tell(arg, &invariants->local, sizeof(invariants->local));
        tell(arg, &invariants->remote, sizeof(invariants->remote));
    }
}

void invariants_packets_bookkeeping(const invariants_t *invariants, const void *host,
                                    const uint32_t *numbers, size_t count,
                                    memory_bookkeeping_t tell, void *arg)
{
    for (size_t i = 0; i < invariants->host_count; i++) {
        const seen_host_t *seen = &invariants->hosts[i];
        size_t from = 0;
        if (seen->host != host)
            continue;
        for (size_t j = 0; j < count && numbers[j] < seen->room; j++) {
            if (numbers[j] > from)
                tell(arg, seen->packets + from, numbers[j] - from);
            from = (size_t)numbers[j] + 1;
        }
        if (from < seen->room)
            tell(arg, seen->packets + from, seen->room - from);
    }
}
