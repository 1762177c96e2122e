/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder: which packet an event is about, and which end sent it. On loopback addresses do not
 * tell which end is the client: it is the end that began.
 */
#include "sim/base/text.h"

#include "sim/base/must.h"
#include "sim/view/ladder.h"
#include "sim/view/ladder_build.h"
#include "sim/view/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) must_end()
#include <uthash.h>

/* ---- packets ---- */

/* The packet's name in the picture. */
void ladder_name_packet(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet)
{
    struct packet p;
    packet->ports[0] = '\0';
    if (!packet_copy_parse(trace_shown(event), &p)) {
        snprintf(packet->name, sizeof(packet->name), "malformed");
        return;
    }
    ladder->kinds |= 1u << p.kind;
    words_packet(&p, packet->name, sizeof(packet->name));
    if (p.kind == PACKET_TCP || p.kind == PACKET_UDP)
        snprintf(packet->ports, sizeof(packet->ports), "%u > %u", p.sport, p.dport);
}

ladder_packet_t *ladder_find_packet(ladder_t *ladder, uint32_t number)
{
    for (size_t i = number <= ladder->highest_packet ? ladder->packet_count : 0; i > 0; i--) {
        if (ladder->packets[i - 1].number == number)
            return &ladder->packets[i - 1];
    }
    return NULL;
}

ladder_packet_t *ladder_add_packet(ladder_t *ladder, const trace_event_t *event, ladder_column_t at,
                                   ladder_tone_t tone)
{
    ladder->packets =
        must_realloc(ladder->packets, (ladder->packet_count + 1) * sizeof(*ladder->packets));
    ladder_packet_t *packet = &ladder->packets[ladder->packet_count++];
    *packet = (ladder_packet_t){.number = event->packet, .origin = at, .at = at, .tone = tone};
    ladder_name_packet(ladder, event, packet);
    if (event->packet > ladder->highest_packet)
        ladder->highest_packet = event->packet;
    return packet;
}

/* The filter, or a hook, has handed an unknown packet to net_inject. */
ladder_packet_t *ladder_packet_of(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    return packet != NULL ? packet : ladder_add_packet(ladder, event, LADDER_FILTER, LADDER_REPLY);
}

/* ---- who is who ---- */

/* A flow's ends, as a key: without padding. */
typedef struct flow_ends {
    in6_addr_t client, server;
    uint16_t client_port, server_port;
} flow_ends_t;

/* Which end began to talk. On loopback nothing else tells the ends of a connection apart. */
struct ladder_flow {
    flow_ends_t ends;
    bool from_remote; /* the client is a host on the wire */
    UT_hash_handle hh;
};

static flow_ends_t ends_of(const ip_endpoint_t *client, const ip_endpoint_t *server)
{
    return (flow_ends_t){client->ie_addr, server->ie_addr, client->ie_port, server->ie_port};
}

/* => Returns NULL if there is none. */
static struct ladder_flow *find_flow(const ladder_t *ladder, const ip_endpoint_t *client,
                                     const ip_endpoint_t *server)
{
    struct ladder_flow *flow;
    flow_ends_t ends = ends_of(client, server);
    HASH_FIND(hh, ladder->flows, &ends, sizeof(ends), flow);
    return flow;
}

void ladder_add_flow(ladder_t *ladder, ip_endpoint_t client, ip_endpoint_t server, bool remote)
{
    if (find_flow(ladder, &client, &server) != NULL || find_flow(ladder, &server, &client) != NULL)
        return;
    struct ladder_flow *flow = must_calloc(1, sizeof(*flow));
    flow->ends = ends_of(&client, &server);
    flow->from_remote = remote;
    HASH_ADD(hh, ladder->flows, ends, sizeof(flow->ends), flow);
}

void ladder_flows_fini(ladder_t *ladder)
{
    struct ladder_flow *flow, *next;
    HASH_ITER(hh, ladder->flows, flow, next)
    {
        HASH_DEL(ladder->flows, flow);
        free(flow);
    }
}

/* Whether an endpoint of the box began to talk to anyone. */
static bool is_client(const ladder_t *ladder, const ip_endpoint_t *local)
{
    for (const struct ladder_flow *flow = ladder->flows; flow != NULL; flow = flow->hh.next) {
        if (!flow->from_remote && flow->ends.client_port == local->ie_port &&
            ip_address_same(&flow->ends.client, &local->ie_addr))
            return true;
    }
    return false;
}

/* The side that an endpoint of the box is on: the client's if it began to talk. */
ladder_column_t ladder_side(const ladder_t *ladder, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote)
{
    if (remote->ie_port == 0)
        return is_client(ladder, local) ? LADDER_CLIENT : LADDER_SERVER;
    const struct ladder_flow *flow = find_flow(ladder, local, remote);
    return flow != NULL && !flow->from_remote ? LADDER_CLIENT : LADDER_SERVER;
}

ladder_column_t ladder_side_of_event(const ladder_t *ladder, const trace_event_t *event,
                                     const ip_endpoint_t *local, const ip_endpoint_t *remote)
{
    return event->host != NULL ? LADDER_REMOTE : ladder_side(ladder, local, remote);
}

/* The same for a packet's sender. The sender of a flow's first packet is its client. */
ladder_column_t ladder_sender(ladder_t *ladder, const trace_event_t *event, bool from_remote)
{
    struct packet p;
    if (!packet_copy_parse(event->copy, &p))
        return LADDER_CLIENT;
    if (p.kind != PACKET_TCP && p.kind != PACKET_UDP)
        return LADDER_CLIENT;
    ip_endpoint_t from = {p.src, p.sport}, to = {p.dst, p.dport};
    ladder_add_flow(ladder, from, to, from_remote);
    return ladder_side(ladder, &from, &to);
}

static bool is_server(const ladder_t *ladder, const char *process)
{
    for (size_t i = 0; i < ladder->server_count; i++) {
        if (strcmp(ladder->servers[i], process) == 0)
            return true;
    }
    return false;
}

/* A process that has listened is a server, except the test's own process. */
ladder_column_t ladder_side_of_process(ladder_t *ladder, const trace_call_t *call)
{
    bool serves = call->verb == TRACE_VERB_LISTEN || call->verb == TRACE_VERB_ACCEPT ||
                  (call->verb == TRACE_VERB_BIND && call->peer.ie_port != 0);
    const char *process = call->process;
    if (is_server(ladder, process))
        return LADDER_SERVER;
    if (!serves || strcmp(process, "main") == 0)
        return serves ? LADDER_SERVER : LADDER_CLIENT;
    ladder->servers =
        must_realloc(ladder->servers, (ladder->server_count + 1) * sizeof(*ladder->servers));
    ladder->servers[ladder->server_count++] = text_copy(process);
    return LADDER_SERVER;
}

void ladder_see_host(ladder_t *ladder, const char *host)
{
    for (size_t i = 0; i < ladder->host_count; i++) {
        if (strcmp(ladder->hosts[i], host) == 0)
            return;
    }
    if (ladder->host_count == TRACE_HOSTS_MAX)
        return;
    ladder->hosts[ladder->host_count++] = text_copy(host);
}
