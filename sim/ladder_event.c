/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder: what each event draws. Events that draw nothing (a hook that passes, an option) are
 * in the timeline and in the page's list of events.
 */
#include "sim/errno_name.h"
#include "sim/ladder.h"
#include "sim/ladder_build.h"
#include "sim/packet_icmp.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- packets ---- */

static void name_tcp(const struct packet *p, char *name, size_t size)
{
    static const struct {
        uint8_t flag;
        const char *word;
    } words[] = {{PACKET_SYN, "SYN"}, {PACKET_FIN, "FIN"}, {PACKET_RST, "RST"},
                 {PACKET_PSH, "PSH"}, {PACKET_URG, "URG"}, {PACKET_ECE, "ECE"},
                 {PACKET_CWR, "CWR"}, {PACKET_ACK, "ACK"}};
    size_t used = 0;
    name[0] = '\0';
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if ((p->flags & words[i].flag) != 0)
            used += (size_t)snprintf(name + used, size - used, "%s%s", used > 0 ? "|" : "",
                                     words[i].word);
    }
    if (used == 0)
        used = (size_t)snprintf(name, size, "no flags");
    /* A rewritten segment keeps the length of what it was; it carries no data. */
    if (p->payload_length > 0 && (p->flags & PACKET_RST) == 0)
        snprintf(name + used, size - used, " %zu bytes", p->payload_length);
}

static void name_icmp(const struct packet *p, char *name, size_t size)
{
    const char *type = packet_icmp_type_name(p->family, p->icmp_type);
    const char *code = packet_icmp_code_name(p->family, p->icmp_type, p->icmp_code);
    if (type == NULL)
        snprintf(name, size, "icmp %u/%u", p->icmp_type, p->icmp_code);
    else
        snprintf(name, size, "icmp %s%s%s", type, code != NULL ? " " : "",
                 code != NULL ? code : "");
}

/* What the packet goes by in the picture. */
static void name_packet(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet)
{
    struct packet p;
    packet->ports[0] = '\0';
    if (event->bytes == NULL || !packet_parse(event->bytes, event->length, &p)) {
        snprintf(packet->name, sizeof(packet->name), "malformed");
        return;
    }
    ladder->kinds |= 1u << p.kind;
    if (p.kind == PACKET_TCP)
        name_tcp(&p, packet->name, sizeof(packet->name));
    else if (p.kind == PACKET_UDP)
        snprintf(packet->name, sizeof(packet->name), "udp %zu bytes", p.payload_length);
    else if (p.kind == PACKET_ICMP)
        name_icmp(&p, packet->name, sizeof(packet->name));
    else
        snprintf(packet->name, sizeof(packet->name), "IP protocol %u", p.proto);
    if (p.kind == PACKET_TCP || p.kind == PACKET_UDP)
        snprintf(packet->ports, sizeof(packet->ports), "%u > %u", p.sport, p.dport);
}

static ladder_packet_t *find_packet(ladder_t *ladder, uint32_t number)
{
    for (size_t i = number <= ladder->highest_packet ? ladder->packet_count : 0; i > 0; i--) {
        if (ladder->packets[i - 1].number == number)
            return &ladder->packets[i - 1];
    }
    return NULL;
}

static ladder_packet_t *add_packet(ladder_t *ladder, const trace_event_t *event, ladder_column_t at,
                                   ladder_tone_t tone)
{
    ladder->packets =
        realloc(ladder->packets, (ladder->packet_count + 1) * sizeof(*ladder->packets));
    if (ladder->packets == NULL)
        abort();
    ladder_packet_t *packet = &ladder->packets[ladder->packet_count++];
    *packet = (ladder_packet_t){.number = event->packet, .origin = at, .at = at, .tone = tone};
    name_packet(ladder, event, packet);
    if (event->packet > ladder->highest_packet)
        ladder->highest_packet = event->packet;
    return packet;
}

/* A packet that is nobody's yet is one that the filter, or a hook, has handed to net_inject. */
static ladder_packet_t *packet_of(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = find_packet(ladder, event->packet);
    return packet != NULL ? packet : add_packet(ladder, event, LADDER_FILTER, LADDER_REPLY);
}

/* Takes a packet to a column: in the step before, if that went the same way. */
static ladder_step_t *move(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet,
                           ladder_column_t to)
{
    ladder_step_t *last = ladder->count > 0 ? &ladder->steps[ladder->count - 1] : NULL;
    if (packet->at == to)
        return last;
    if (ladder->open && ladder->open_packet == packet->number && last->time_us == event->time_us &&
        last->from < last->to && last->to < to) {
        last->to = to;
        ladder->columns |= 1u << to;
    } else {
        last = ladder_add(ladder, event, LADDER_MOVE, packet->at, to);
        ladder_set_packet(last, packet);
    }
    last->stops |= 1u << to;
    ladder->open = true;
    ladder->open_packet = packet->number;
    packet->at = to;
    return last;
}

__attribute__((format(printf, 5, 6))) static ladder_step_t *
say(ladder_t *ladder, const trace_event_t *event, ladder_column_t at, ladder_tone_t tone,
    const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int used = 0;
    if (event->host != NULL && ladder->host_count > 1)
        used = snprintf(text, sizeof(text), "%.60s: ", event->host);
    vsnprintf(text + used, sizeof(text) - (size_t)used, format, args);
    va_end(args);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_SAY, at, at);
    step->tone = tone;
    ladder_set_text(step, "%s", text);
    return step;
}

/* ---- who is who ---- */

static bool same_endpoint(const ip_endpoint_t *a, const ip_endpoint_t *b)
{
    return a->ie_port == b->ie_port && ip_address_same(&a->ie_addr, &b->ie_addr);
}

static bool is_flow(const ladder_flow_t *flow, const ip_endpoint_t *a, const ip_endpoint_t *b)
{
    return same_endpoint(&flow->client, a) && same_endpoint(&flow->server, b);
}

static void add_flow(ladder_t *ladder, ip_endpoint_t client, ip_endpoint_t server, bool remote)
{
    for (size_t i = 0; i < ladder->flow_count; i++) {
        if (is_flow(&ladder->flows[i], &client, &server) ||
            is_flow(&ladder->flows[i], &server, &client))
            return;
    }
    ladder->flows = realloc(ladder->flows, (ladder->flow_count + 1) * sizeof(*ladder->flows));
    if (ladder->flows == NULL)
        abort();
    ladder->flows[ladder->flow_count++] = (ladder_flow_t){client, server, remote};
}

/* The side that an endpoint of the box is on: the client's if it began to talk. */
static ladder_column_t side(const ladder_t *ladder, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote)
{
    for (size_t i = 0; i < ladder->flow_count; i++) {
        const ladder_flow_t *flow = &ladder->flows[i];
        if (!flow->from_remote && same_endpoint(&flow->client, local) &&
            (remote->ie_port == 0 || same_endpoint(&flow->server, remote)))
            return LADDER_CLIENT;
    }
    return LADDER_SERVER;
}

static ladder_column_t side_of_event(const ladder_t *ladder, const trace_event_t *event)
{
    if (event->host != NULL)
        return LADDER_REMOTE;
    return side(ladder, &event->local, &event->remote);
}

/* The same for who sent a packet; who sends the first of a flow is its client. */
static ladder_column_t sender(ladder_t *ladder, const trace_event_t *event, bool from_remote)
{
    struct packet p;
    if (event->bytes == NULL || !packet_parse(event->bytes, event->length, &p))
        return LADDER_CLIENT;
    if (p.kind != PACKET_TCP && p.kind != PACKET_UDP)
        return LADDER_CLIENT;
    ip_endpoint_t from = {p.src, p.sport}, to = {p.dst, p.dport};
    add_flow(ladder, from, to, from_remote);
    return side(ladder, &from, &to);
}

static bool begins_with(const char *text, const char *word)
{
    return strncmp(text, word, strlen(word)) == 0;
}

static bool is_server(const ladder_t *ladder, const char *process)
{
    for (size_t i = 0; i < ladder->server_count; i++) {
        if (strcmp(ladder->servers[i], process) == 0)
            return true;
    }
    return false;
}

/* A process that has listened is a server's, but for the test's own. */
static ladder_column_t side_of_process(ladder_t *ladder, const char *process, const char *call)
{
    bool serves = begins_with(call, "listen") || begins_with(call, "accept");
    if (is_server(ladder, process))
        return LADDER_SERVER;
    if (!serves || strcmp(process, "main") == 0)
        return serves ? LADDER_SERVER : LADDER_CLIENT;
    ladder->servers =
        realloc(ladder->servers, (ladder->server_count + 1) * sizeof(*ladder->servers));
    if (ladder->servers == NULL ||
        (ladder->servers[ladder->server_count] = strdup(process)) == NULL)
        abort();
    ladder->server_count++;
    return LADDER_SERVER;
}

static void see_host(ladder_t *ladder, const char *host)
{
    for (size_t i = 0; i < ladder->host_count; i++) {
        if (strcmp(ladder->hosts[i], host) == 0)
            return;
    }
    if (ladder->host_count == TRACE_HOSTS_MAX)
        return;
    ladder->hosts[ladder->host_count] = strdup(host);
    if (ladder->hosts[ladder->host_count++] == NULL)
        abort();
}

/* ---- hooks and the filter ---- */

static ladder_column_t hook_column(const char *name)
{
    if (strcmp(name, "LOOPBACK_OUT") == 0)
        return LADDER_LOOPBACK_OUT;
    if (strcmp(name, "LOOPBACK_IN") == 0)
        return LADDER_LOOPBACK_IN;
    return strcmp(name, "PHYSICAL_OUT") == 0 ? LADDER_PHYSICAL_OUT : LADDER_PHYSICAL_IN;
}

static void on_hooks(ladder_t *ladder, const trace_event_t *event)
{
    move(ladder, event, packet_of(ladder, event), hook_column(event->name));
    ladder->hooked = event->packet;
    ladder->blocked = SIZE_MAX;
    ladder->became = false;
}

static void on_verdict(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = find_packet(ladder, ladder->hooked);
    bool known = event->station != TRACE_FR_FIREWALL;
    char rule[64] = "no rule";
    if (packet == NULL)
        return;
    if (!known && event->number >= 0)
        snprintf(rule, sizeof(rule), "@%.40s:%d", event->group != NULL ? event->group : "0",
                 event->number);
    else if (known)
        snprintf(rule, sizeof(rule), "known");
    if (event->verdict == 0) {
        ladder_step_t *look = ladder_add(ladder, event, LADDER_LOOK, packet->at, LADDER_FILTER);
        ladder_set_text(look, "pass: %s", rule);
        return;
    }
    ladder->open = false;
    ladder_step_t *step = move(ladder, event, packet, LADDER_FILTER);
    ladder->open = false;
    if (step == NULL)
        return;
    ladder->blocked = (size_t)(step - ladder->steps);
    if (event->text != NULL)
        ladder_set_text(step, "%s %s", rule, event->text);
    else
        ladder_set_text(step, "%s: block", rule);
}

static bool has_syn_or_fin(const trace_event_t *event)
{
    struct packet p;
    return event->before != NULL && packet_parse(event->before, event->before_length, &p) &&
           p.kind == PACKET_TCP && (p.flags & (PACKET_SYN | PACKET_FIN)) != 0;
}

static void become(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet,
                   const char *who)
{
    char before[sizeof(packet->name)];
    strcpy(before, packet->name);
    name_packet(ladder, event, packet);
    packet->tone = LADDER_CHANGED;
    ladder_step_t *step = ladder_add(ladder, event, LADDER_BECOME, packet->at, packet->at);
    ladder_set_packet(step, packet);
    if (strcmp(before, packet->name) != 0)
        ladder_set_text(step, "%s: the %s becomes the %s", who, before, packet->name);
    else
        ladder_set_text(step, "%s changes the packet", who);
    ladder->became = true;
}

static void on_rewrite(ladder_t *ladder, const trace_event_t *event, const char *function)
{
    ladder_packet_t *packet = find_packet(ladder, ladder->hooked);
    ladder_seen_t *seen = &ladder->seen;
    if (packet == NULL)
        return;
    strcpy(seen->before, packet->name);
    become(ladder, event, packet, function);
    strcpy(seen->after, packet->name);
    seen->by_rst = event->station == TRACE_FR_MAKE_RST;
    if (seen->by_rst && !has_syn_or_fin(event))
        seen->data_changed = true;
}

static void on_refused(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = find_packet(ladder, ladder->hooked);
    say(ladder, event, LADDER_FILTER, LADDER_BAD, "%s: %s", event->name, event->text);
    if (packet != NULL && strstr(event->text, "SYN") != NULL)
        strcpy(ladder->seen.refused, packet->name);
}

static void on_reply(ladder_t *ladder, const trace_event_t *event)
{
    ladder->reply = (ladder_packet_t){.at = LADDER_FILTER, .tone = LADDER_REPLY};
    name_packet(ladder, event, &ladder->reply);
    say(ladder, event, LADDER_FILTER, LADDER_REPLY, "%s: a %s of its own", event->name,
        ladder->reply.name);
}

static void on_inject(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t reply = ladder->reply;
    ladder->reply.name[0] = '\0';
    if (event->error == 0) {
        say(ladder, event, LADDER_FILTER, LADDER_REPLY, "net_inject: %s", event->text);
        return;
    }
    if (reply.name[0] == '\0') /* a hook's own */
        reply = (ladder_packet_t){.tone = LADDER_REPLY, .name = "packet"};
    ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, LADDER_FILTER, LADDER_IP_WPUT_IRE);
    ladder_set_packet(step, &reply);
    ladder_set_text(step, "net_inject: route %s, no way out: %s", event->text,
                    errno_name(event->error));
    strcpy(ladder->seen.reply, reply.name);
}

static void on_hook(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = find_packet(ladder, ladder->hooked);
    if (packet == NULL)
        return;
    if (event->verdict != 0 && ladder->blocked != SIZE_MAX) {
        ladder->steps[ladder->blocked].kind = LADDER_LOST;
        strcpy(ladder->seen.eaten, packet->name);
    } else if (event->verdict != 0) {
        ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, packet->at, packet->at);
        ladder_set_packet(step, packet);
        ladder_set_text(step, "%s eats the %s", event->hook, packet->name);
    } else if (event->changed && !ladder->became) {
        become(ladder, event, packet, event->hook);
    }
    ladder->became = false;
}

/* In mode `errno` the verdict itself is the reply. */
static void on_hooks_end(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = find_packet(ladder, ladder->hooked);
    if (event->bytes != NULL || event->text == NULL || packet == NULL ||
        !begins_with(event->text, "goes back"))
        return;
    ladder_step_t *step = ladder_add(ladder, event, LADDER_MOVE, packet->at, packet->origin);
    step->tone = LADDER_REPLY;
    step->name = strdup(errno_name(event->verdict));
    ladder_set_text(step, "%s %s", errno_name(event->verdict), event->text);
    ladder->seen.to_caller = true;
}

/* ---- the path ---- */

static void on_wput_ire(ladder_t *ladder, const trace_event_t *event)
{
    ladder_column_t from = sender(ladder, event, false);
    if (ladder->stack_answers)
        from = LADDER_TRANSPORT;
    ladder->stack_answers = false;
    ladder_packet_t *packet = add_packet(ladder, event, from, LADDER_SENT);
    if (ladder->reply.name[0] != '\0' && strcmp(ladder->reply.name, packet->name) == 0 &&
        strcmp(ladder->reply.ports, packet->ports) == 0) {
        packet->origin = packet->at = LADDER_FILTER; /* it came by net_loopback */
        packet->tone = LADDER_REPLY;
        strcpy(ladder->seen.looped, packet->name);
        ladder->reply.name[0] = '\0';
    }
    if (event->text == NULL) {
        move(ladder, event, packet, LADDER_IP_WPUT_IRE);
        return;
    }
    /* A copy of fused data, for the hooks. */
    char name[sizeof(packet->name)];
    strcpy(name, packet->name);
    snprintf(packet->name, sizeof(packet->name), "%.40s copy", name);
}

static void on_snoop(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = packet_of(ladder, event);
    ladder_seen_t *seen = &ladder->seen;
    size_t used = strlen(seen->snoop);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_SNOOP, packet->at, packet->at);
    ladder_set_packet(step, packet);
    if (used + strlen(packet->name) + 3 < sizeof(seen->snoop) && !seen->snoop_is_full)
        sprintf(seen->snoop + used, "%s%s", used > 0 ? ", " : "", packet->name);
    else
        seen->snoop_is_full = true;
}

static void on_wire(ladder_t *ladder, const trace_event_t *event)
{
    ladder_step_t *step = move(ladder, event, packet_of(ladder, event), LADDER_REMOTE);
    ladder->open = false;
    if (event->text != NULL && step != NULL) {
        step->kind = LADDER_LOST;
        ladder_set_text(step, "%s", event->text);
    }
}

static void on_rput(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = find_packet(ladder, event->packet);
    sender(ladder, event, true);
    if (packet == NULL)
        packet = add_packet(ladder, event, LADDER_REMOTE, LADDER_SENT);
    move(ladder, event, packet, LADDER_IP_RPUT);
}

static void on_fanout(ladder_t *ladder, const trace_event_t *event)
{
    char address[IP_ADDRESS_TEXT_MAX];
    ladder_packet_t *packet = packet_of(ladder, event);
    const char *text = event->text != NULL ? event->text : "";
    const char *colon = event->text != NULL ? ": " : "";
    move(ladder, event, packet, LADDER_TRANSPORT);
    if (event->local.ie_port == 0) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s%s%s", event->name, colon, text);
        ladder->stack_answers = strstr(text, "answered") != NULL;
    } else if (event->state == NULL) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "nobody at %s.%u%s%s",
            ip_address_text(&event->local.ie_addr, address, sizeof(address)), event->local.ie_port,
            colon, text);
    } else {
        ladder_column_t to = side(ladder, &event->local, &event->remote);
        move(ladder, event, packet, to);
        if (event->text != NULL)
            say(ladder, event, to, LADDER_PLAIN, "%s", text);
    }
}

static void on_discard(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = packet_of(ladder, event);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, packet->at, packet->at);
    ladder_set_packet(step, packet);
    ladder_set_text(step, "discarded: %s", event->text);
}

static void on_fusion(ladder_t *ladder, const trace_event_t *event)
{
    ladder_column_t from = side_of_event(ladder, event);
    if (!begins_with(event->text, "handed over")) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s: %s", event->name, event->text);
        return;
    }
    ladder_step_t *step = ladder_add(ladder, event, LADDER_MOVE, from,
                                     from == LADDER_CLIENT ? LADDER_SERVER : LADDER_CLIENT);
    step->name = strdup("data, past IP");
    step->tone = LADDER_GOOD;
}

/* ---- ends, timers, calls ---- */

static void on_end(ladder_t *ladder, const trace_event_t *event, ladder_tone_t tone,
                   const char *text)
{
    ladder_column_t at = side_of_event(ladder, event);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_END, at, at);
    step->tone = tone;
    ladder_set_text(step, "%s", text);
}

static void on_timer(ladder_t *ladder, const trace_event_t *event)
{
    if (event->remote.ie_port == 0) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s", event->text);
        return;
    }
    bool again = strcmp(event->text, "SYN again") == 0;
    ladder_step_t *step =
        say(ladder, event, side_of_event(ladder, event), again ? LADDER_PLAIN : LADDER_BAD, "%s",
            again ? "the SYN again" : "the connect timer has run out");
    step->again = again && event->host == NULL;
    ladder->seen.timed_out = ladder->seen.timed_out || !again;
}

static void on_connect(ladder_t *ladder, const trace_event_t *event)
{
    char address[IP_ADDRESS_TEXT_MAX];
    add_flow(ladder, event->local, event->remote, event->host != NULL);
    ladder_step_t *step = say(
        ladder, event, side_of_event(ladder, event), LADDER_PLAIN, "connect %s.%u",
        ip_address_text(&event->remote.ie_addr, address, sizeof(address)), event->remote.ie_port);
    step->begins = event->host == NULL;
}

static void on_call(ladder_t *ladder, const trace_event_t *event)
{
    ladder->stack_answers = false;
    say(ladder, event, side_of_process(ladder, event->name, event->text), LADDER_PLAIN, "%s: %s",
        event->name, event->text);
}

/* What a remote host does is its own: of it only the ends of connections are drawn. */
static void on_remote(ladder_t *ladder, const trace_event_t *event)
{
    see_host(ladder, event->host);
    if (event->station == TRACE_CONNECT)
        on_connect(ladder, event);
    else if (event->station == TRACE_CONNECTED)
        on_end(ladder, event, LADDER_GOOD, "connected");
    else if (event->station == TRACE_ERRNO)
        on_end(ladder, event, LADDER_BAD, errno_name(event->error));
    else if (event->station == TRACE_TIMER && event->remote.ie_port != 0)
        on_timer(ladder, event);
}

static void on_filter(ladder_t *ladder, const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_FR_FIREWALL:
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
        on_verdict(ladder, event);
        break;
    case TRACE_FR_ADDSTATE:
        say(ladder, event, LADDER_FILTER, LADDER_PLAIN, "keep state: %s%s",
            event->text != NULL ? "no entry: " : "an entry is made",
            event->text != NULL ? event->text : "");
        break;
    case TRACE_LOG:
        say(ladder, event, LADDER_FILTER, LADDER_PLAIN, "logged%s%s",
            event->text != NULL ? ": " : "", event->text != NULL ? event->text : "");
        break;
    case TRACE_FR_MAKE_RST:
        on_rewrite(ladder, event, "fr_make_rst");
        break;
    case TRACE_FR_MAKE_ICMP:
        on_rewrite(ladder, event, "fr_make_icmp");
        break;
    case TRACE_FR_REFUSED:
        on_refused(ladder, event);
        break;
    case TRACE_FR_SEND:
        on_reply(ladder, event);
        break;
    case TRACE_NET_INJECT:
        on_inject(ladder, event);
        break;
    default:
        break; /* fr_fastroute says what net_inject said */
    }
}

static void on_box(ladder_t *ladder, const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_CALL:
        on_call(ladder, event);
        break;
    case TRACE_NOTE:
        say(ladder, event, LADDER_CLIENT, LADDER_PLAIN, "note: %s", event->text);
        break;
    case TRACE_CONNECT:
        on_connect(ladder, event);
        break;
    case TRACE_CONNECTED:
        on_end(ladder, event, LADDER_GOOD, "connected");
        break;
    case TRACE_ERRNO:
        on_end(ladder, event, LADDER_BAD, errno_name(event->error));
        break;
    case TRACE_TIMER:
        ladder->stack_answers = false;
        on_timer(ladder, event);
        break;
    case TRACE_IP_WPUT_IRE:
        on_wput_ire(ladder, event);
        break;
    case TRACE_HOOKS_START:
        on_hooks(ladder, event);
        break;
    case TRACE_HOOK:
        on_hook(ladder, event);
        break;
    case TRACE_HOOKS_END:
        on_hooks_end(ladder, event);
        break;
    case TRACE_IP_WPUT_LOCAL:
        ladder->seen.on_loopback = true;
        move(ladder, event, packet_of(ladder, event), LADDER_IP_WPUT_LOCAL);
        break;
    case TRACE_SNOOP:
        on_snoop(ladder, event);
        break;
    case TRACE_WIRE:
        on_wire(ladder, event);
        break;
    case TRACE_IP_RPUT:
        on_rput(ladder, event);
        break;
    case TRACE_FANOUT:
        on_fanout(ladder, event);
        break;
    case TRACE_RESET:
    case TRACE_ICMP:
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s%s%s", trace_station_name(event),
            event->text != NULL ? ": " : "", event->text != NULL ? event->text : "");
        ladder->stack_answers = true;
        break;
    case TRACE_FUSION:
        on_fusion(ladder, event);
        break;
    case TRACE_DISCARD:
        on_discard(ladder, event);
        break;
    default:
        on_filter(ladder, event);
    }
}

void ladder_event(void *arg, const trace_event_t *event)
{
    ladder_t *ladder = arg;
    if (ladder->finished)
        return;
    if (event->host != NULL)
        on_remote(ladder, event);
    else
        on_box(ladder, event);
}
