/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/who.h"

#include "sim/core/box.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet.h"
#include "sim/view/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REMEMBERED 64 /* conversations, and packets: older ones are forgotten */
#define NAME_MAX   60

/* A verdict, and its rule if known. */
typedef struct verdict {
    bool is_there, block, known, out;
    int number; /* -1: none matched */
    char group[40];
} verdict_t;

typedef enum answer_kind {
    ANSWER_NONE,
    ANSWER_TURNED, /* the packet became its own answer */
    ANSWER_FILTER, /* a packet of the filter's own */
    ANSWER_CALLER, /* the verdict went back to the call */
    ANSWER_STACK,
    ANSWER_REMOTE /* a packet from the wire */
} answer_kind_t;

typedef struct flow {
    ip_endpoint_t client, server;
    uint64_t touched; /* the number of its last event; 0: there is none */
    verdict_t passed; /* of its first packet, on the way in */
    struct {
        unsigned count;
        char name[NAME_MAX]; /* of what was eaten */
        verdict_t by;
        char hook[40]; /* another hook's name; "": the filter */
    } eaten;
    struct {
        answer_kind_t kind;
        unsigned count;
        char name[NAME_MAX], before[NAME_MAX];
        verdict_t by;
        bool nobody; /* of the stack: no endpoint was found */
        uint16_t port;
    } answer;
    bool lost;         /* a reply had no way out */
    bool timed_out;    /* it is over: later events have not caused the result */
    char nowhere[160]; /* where its packets end if nobody ate them */
} flow_t;

typedef struct seen_packet {
    uint32_t number;
    size_t flow;
    char name[NAME_MAX];
    verdict_t verdict;
    bool nobody; /* no endpoint was found for it */
    uint16_t port;
} seen_packet_t;

struct who {
    flow_t flows[REMEMBERED];
    seen_packet_t packets[REMEMBERED];
    size_t flow_count, packet_count, replying; /* replying: the flow whose reply is being sent */
    bool no_intercept;
    bool noted;                                       /* since the last call that loads rules */
    char last[WORDS_MAX + WHO_MAX], last_by[WHO_MAX]; /* the last call that waited */
};

who_t *who_create(void)
{
    return calloc(1, sizeof(who_t));
}

void who_destroy(who_t *who)
{
    free(who);
}

bool who_no_intercept(const who_t *who)
{
    return who->no_intercept;
}

const char *who_last(const who_t *who)
{
    return who->last;
}

const char *who_last_by(const who_t *who)
{
    return who->last_by;
}

/* ---- conversations and packets ---- */

static size_t flow_of(who_t *who, const ip_endpoint_t *from, const ip_endpoint_t *to)
{
    for (size_t i = who->flow_count; i > 0 && i + REMEMBERED > who->flow_count; i--) {
        const flow_t *flow = &who->flows[(i - 1) % REMEMBERED];
        if ((ip_endpoint_same(&flow->client, from) && ip_endpoint_same(&flow->server, to)) ||
            (ip_endpoint_same(&flow->client, to) && ip_endpoint_same(&flow->server, from)))
            return (i - 1) % REMEMBERED;
    }
    size_t at = who->flow_count++ % REMEMBERED;
    who->flows[at] = (flow_t){.client = *from, .server = *to};
    return at;
}

/* A packet's ends; for an ICMP error, those of the packet that it quotes. */
static bool ends_of(const packet_copy_t *copy, struct packet *p, ip_endpoint_t *from,
                    ip_endpoint_t *to)
{
    struct packet quoted;
    if (!packet_copy_parse(copy, p))
        return false;
    const struct packet *ends = p;
    if (p->kind == PACKET_ICMP && packet_quoted(p, &quoted))
        ends = &quoted;
    *from = (ip_endpoint_t){ends->src, ends->sport};
    *to = (ip_endpoint_t){ends->dst, ends->dport};
    return true;
}

static void name_packet(const packet_copy_t *copy, char *name)
{
    struct packet p;
    if (!packet_copy_parse(copy, &p))
        snprintf(name, NAME_MAX, "packet");
    else if (p.kind == PACKET_UDP)
        snprintf(name, NAME_MAX, "datagram");
    else
        words_packet(&p, name, NAME_MAX);
}

static void see_new(who_t *who, const trace_event_t *event)
{
    struct packet p;
    ip_endpoint_t from, to;
    if (!ends_of(event->copy, &p, &from, &to))
        return;
    seen_packet_t *packet = &who->packets[who->packet_count++ % REMEMBERED];
    *packet = (seen_packet_t){.number = event->packet, .flow = flow_of(who, &from, &to)};
    name_packet(event->copy, packet->name);
    flow_t *flow = &who->flows[packet->flow];
    flow->touched = event->sequence;
    bool answers = p.kind == PACKET_ICMP || (p.kind == PACKET_TCP && (p.flags & PACKET_RST) != 0);
    if (event->station == TRACE_IP_RPUT && answers) {
        flow->answer.kind = ANSWER_REMOTE;
        strcpy(flow->answer.name, packet->name);
    }
}

static seen_packet_t *find_packet(who_t *who, uint32_t number)
{
    for (size_t i = who->packet_count; i > 0 && i + REMEMBERED > who->packet_count; i--) {
        seen_packet_t *packet = &who->packets[(i - 1) % REMEMBERED];
        if (packet->number == number)
            return packet;
    }
    return NULL;
}

/* ---- what happens to them ---- */

static void see_verdict(flow_t *flow, seen_packet_t *packet, const trace_event_t *event)
{
    packet->verdict = (verdict_t){.is_there = true,
                                  .block = event->rule.block,
                                  .known = event->station != TRACE_FR_FIREWALL,
                                  .out = event->out,
                                  .number = event->rule.number};
    if (event->rule.group != NULL)
        snprintf(packet->verdict.group, sizeof(packet->verdict.group), "%s", event->rule.group);
    if (!event->out && !event->rule.block && !flow->passed.is_there)
        flow->passed = packet->verdict;
}

static void see_answer(flow_t *flow, const seen_packet_t *packet, answer_kind_t kind,
                       const packet_copy_t *answer)
{
    char name[NAME_MAX] = "";
    if (answer != NULL)
        name_packet(answer, name);
    bool again = flow->answer.kind == kind && strcmp(flow->answer.name, name) == 0;
    flow->answer.count = again ? flow->answer.count + 1 : 1;
    flow->answer.kind = kind;
    strcpy(flow->answer.name, name);
    strcpy(flow->answer.before, packet->name);
    flow->answer.by = packet->verdict;
    flow->answer.nobody = packet->nobody;
    flow->answer.port = packet->port;
}

static void see_eaten(flow_t *flow, const seen_packet_t *packet, const trace_event_t *event)
{
    bool filter = packet->verdict.block;
    const char *hook = filter ? "" : event->hook.name;
    if (flow->timed_out)
        return;
    bool again = strcmp(flow->eaten.name, packet->name) == 0 &&
                 strcmp(flow->eaten.hook, hook) == 0 &&
                 flow->eaten.by.number == packet->verdict.number;
    flow->eaten.count = again ? flow->eaten.count + 1 : 1;
    strcpy(flow->eaten.name, packet->name);
    snprintf(flow->eaten.hook, sizeof(flow->eaten.hook), "%s", hook);
    flow->eaten.by = packet->verdict;
}

static void see_fanout(seen_packet_t *packet, const trace_event_t *event)
{
    packet->nobody = event->fanout.state == NULL;
    packet->port = event->fanout.local.ie_port;
}

/* The stack's ICMP error about a packet without a receiver, before it is sent. */
static void see_own_error(who_t *who, const trace_event_t *event)
{
    struct packet p;
    ip_endpoint_t from, to;
    if (event->icmp.what != IP_ICMP_PORT_UNREACHABLE || !ends_of(event->copy, &p, &from, &to))
        return;
    const seen_packet_t about = {.name = "datagram", .nobody = true, .port = to.ie_port};
    see_answer(&who->flows[flow_of(who, &from, &to)], &about, ANSWER_STACK, NULL);
}

static void see_packet(who_t *who, const trace_event_t *event)
{
    seen_packet_t *packet = find_packet(who, event->packet);
    if (packet == NULL && event->station == TRACE_ICMP)
        see_own_error(who, event);
    if (packet == NULL)
        return;
    flow_t *flow = &who->flows[packet->flow];
    flow->touched = event->sequence;
    switch (event->station) {
    case TRACE_HOOKS_START:
        packet->verdict = (verdict_t){0};
        break;
    case TRACE_FR_FIREWALL:
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
        see_verdict(flow, packet, event);
        break;
    case TRACE_FR_MAKE_RST:
    case TRACE_FR_MAKE_ICMP:
        see_answer(flow, packet, ANSWER_TURNED, event->copy);
        name_packet(event->copy, packet->name);
        break;
    case TRACE_FR_SEND:
        see_answer(flow, packet, ANSWER_FILTER, event->reply.built);
        who->replying = packet->flow;
        break;
    case TRACE_HOOK:
        if (event->hook.value != 0)
            see_eaten(flow, packet, event);
        break;
    case TRACE_HOOKS_END:
        if (event->hooks_end.fate == IP_HOOK_FATE_CALLER)
            see_answer(flow, packet, ANSWER_CALLER, NULL);
        break;
    case TRACE_WIRE:
        if (words_wire(event->wire.fate) != NULL)
            snprintf(flow->nowhere, sizeof(flow->nowhere), "%s", words_wire(event->wire.fate));
        break;
    case TRACE_FANOUT:
        see_fanout(packet, event);
        break;
    case TRACE_DISCARD:
        snprintf(flow->nowhere, sizeof(flow->nowhere), "the %s was discarded: %s", packet->name,
                 event->discard.reason);
        break;
    case TRACE_FAULT:
        if (event->fault.what == IP_FAULT_DROP)
            snprintf(flow->nowhere, sizeof(flow->nowhere), "the %s was lost: a fault, at %s",
                     packet->name, trace_place_name(event->fault.place));
        break;
    case TRACE_ICMP:
        if (event->icmp.what == IP_ICMP_HOST_UNREACHABLE)
            break; /* for itself, of what found nobody on the wire */
        see_answer(flow, packet, ANSWER_STACK, NULL);
        break;
    case TRACE_RESET:
        see_answer(flow, packet, ANSWER_STACK, NULL);
        break;
    default:
        break;
    }
}

static bool names_peer(const trace_call_t *call)
{
    return call->verb == TRACE_VERB_CONNECT || call->verb == TRACE_VERB_PING;
}

/* Whether it makes sense to ask who answered a call. */
static bool is_told(const trace_call_t *call)
{
    bool transfers = call->verb == TRACE_VERB_SEND || call->verb == TRACE_VERB_RECV;
    return names_peer(call) || (transfers && call->error != 0 && call->error != EAGAIN);
}

static void see_call(who_t *who, const trace_call_t *call)
{
    char text[WORDS_MAX], *by = who->last_by;
    if (call->verb == TRACE_VERB_FILTER)
        who->no_intercept = who->noted; /* a note on its rules comes before the call */
    who->noted = who->noted && call->verb != TRACE_VERB_FILTER;
    if (!is_told(call))
        return;
    who_answered_call(who, call, by);
    snprintf(who->last, sizeof(who->last), "%s%s%s",
             by[0] != '\0' ? words_call_text(call, text) : "", by[0] != '\0' ? ": " : "", by);
}

/* A connect begins, or an end learns of its error. */
static void see_end(who_t *who, const trace_event_t *event)
{
    flow_t *flow = &who->flows[flow_of(who, &event->end.local, &event->end.remote)];
    flow->touched = event->sequence;
    flow->timed_out = event->station == TRACE_ERRNO && event->end.error == ETIMEDOUT;
}

void who_event(void *arg, const trace_event_t *event)
{
    who_t *who = arg;
    if (event->host != NULL)
        return;
    if (event->station == TRACE_NOTE && event->note.kind == TRACE_NOTE_NO_INTERCEPT)
        who->no_intercept = who->noted = true;
    else if (event->station == TRACE_CALL)
        see_call(who, &event->call);
    else if (event->station == TRACE_CONNECT || event->station == TRACE_ERRNO)
        see_end(who, event);
    else if (event->station == TRACE_NET_INJECT && event->inject.error != 0)
        who->flows[who->replying].lost = true;
    else if (event->station == TRACE_IP_WPUT_IRE || event->station == TRACE_IP_RPUT)
        see_new(who, event);
    else
        see_packet(who, event);
}

/* ---- in words ---- */

static const char *rule_words(const verdict_t *by, char *text, size_t size)
{
    const char *state = by->known ? "the state of " : "";
    if (by->number < 0)
        snprintf(text, size, "%s", by->known ? "the state table" : "no rule");
    else
        snprintf(text, size, "%srule @%s:%d%s", state, by->group, by->number,
                 by->out ? " (out)" : "");
    return text;
}

/* "the SYN", "4 SYNs". */
static const char *counted(unsigned count, const char *name, char *text, size_t size)
{
    if (count == 1)
        snprintf(text, size, "the %s", name);
    else
        snprintf(text, size, "%u %ss", count, name);
    return text;
}

static void say_answer(const flow_t *flow, char *text)
{
    char rule[80];
    rule_words(&flow->answer.by, rule, sizeof(rule));
    switch (flow->answer.kind) {
    case ANSWER_TURNED:
        snprintf(text, WHO_MAX, "%s, the %s became the %s", rule, flow->answer.before,
                 flow->answer.name);
        break;
    case ANSWER_FILTER:
        snprintf(text, WHO_MAX, "%s, the filter answered the %s with a %s of its own", rule,
                 flow->answer.before, flow->answer.name);
        break;
    case ANSWER_CALLER:
        snprintf(text, WHO_MAX, "%s, its verdict went back to the call", rule);
        break;
    case ANSWER_STACK:
        if (flow->answer.nobody && flow->answer.port != 0)
            snprintf(text, WHO_MAX, "the stack, nobody listens on port %u", flow->answer.port);
        else
            snprintf(text, WHO_MAX, "the stack answered the %s", flow->answer.before);
        break;
    case ANSWER_REMOTE:
        snprintf(text, WHO_MAX, "the host on the wire answered with a %s", flow->answer.name);
        break;
    case ANSWER_NONE:
        text[0] = '\0';
    }
}

static void say_eaten(const flow_t *flow, char *text)
{
    char rule[80], what[NAME_MAX + 20];
    counted(flow->eaten.count, flow->eaten.name, what, sizeof(what));
    if (flow->eaten.hook[0] != '\0')
        snprintf(text, WHO_MAX, "the hook %s ate %s", flow->eaten.hook, what);
    else
        snprintf(text, WHO_MAX, "%s ate %s%s", rule_words(&flow->eaten.by, rule, sizeof(rule)),
                 what,
                 !flow->lost              ? ""
                 : flow->eaten.count == 1 ? "; its reply had no way out"
                                          : "; its replies had no way out");
}

static void say_failure(const flow_t *flow, int error, char *text)
{
    char rule[80], what[NAME_MAX + 20];
    bool at_once = error == ECONNREFUSED || error == ECONNRESET;
    if (error == ENETUNREACH && flow->answer.kind == ANSWER_STACK)
        return; /* the stack never answers so: the call was about another conversation */
    if ((at_once || flow->eaten.count == 0) && flow->answer.kind != ANSWER_NONE) {
        say_answer(flow, text);
        if (at_once || flow->answer.kind != ANSWER_TURNED)
            return;
        counted(flow->answer.count, flow->answer.before, what, sizeof(what));
        snprintf(text, WHO_MAX, "%s, %s became %s, which refuses no connect at once",
                 rule_words(&flow->answer.by, rule, sizeof(rule)), what, flow->answer.name);
    } else if (flow->eaten.count > 0) {
        say_eaten(flow, text);
    } else if (flow->nowhere[0] != '\0') {
        snprintf(text, WHO_MAX, "%s", flow->nowhere);
    } else if (error == ETIMEDOUT) {
        snprintf(text, WHO_MAX, "nobody answered");
    }
}

static void say_success(const who_t *who, const flow_t *flow, char *text)
{
    char rule[80];
    if (who->no_intercept)
        snprintf(text, WHO_MAX,
                 "no rule was asked, since the rules lack `set intercept_loopback true;`");
    else if (flow->passed.is_there && flow->passed.number < 0)
        snprintf(text, WHO_MAX, "no rule matched");
    else if (flow->passed.is_there)
        snprintf(text, WHO_MAX, "%s passed it", rule_words(&flow->passed, rule, sizeof(rule)));
}

/* Whether the wire leads to an address. */
static bool is_near(const in6_addr_t *address)
{
    in6_addr_t own;
    bool v4 = ip_address_family(address) == AF_INET;
    return ip_address_parse(v4 ? BOX_ADDRESS : BOX_ADDRESS6, &own) &&
           ip_address_same_net(address, &own, v4 ? BOX_BITS : BOX_BITS6);
}

/* A call that has sent nothing. */
static void say_unsent(const in6_addr_t *to, int error, char *text)
{
    if (error == ENETUNREACH && ip_address_is_multicast(to))
        snprintf(text, WHO_MAX, "multicast and broadcast are not modelled");
    else if (error == ENETUNREACH && !is_near(to) && !ip_address_is_loopback(to))
        snprintf(text, WHO_MAX,
                 "there is no route; the box reaches its own addresses, and " BOX_NETS
                 ", where a script has hosts by box:remote");
    else if (error == ENETUNREACH && ip_address_is_loopback(to))
        snprintf(text, WHO_MAX,
                 "there is no route; on Solaris lo0 has 127.0.0.1 only, and in the "
                 "era linux all of 127.0.0.0/8");
    else if (error == ENOMEM)
        snprintf(text, WHO_MAX, "there was no memory for it in the box");
}

/* => Returns the last conversation, or the last with `peer`; NULL if there is none. */
static const flow_t *find_flow(const who_t *who, const ip_endpoint_t *peer)
{
    const flow_t *found = NULL;
    ip_endpoint_t to = {0};
    if (peer != NULL)
        to = *peer;
    if (ip_address_is_any(&to.ie_addr)) /* who connects to any address comes to loopback */
        to.ie_addr = ip_address_loopback(ip_address_family(&to.ie_addr));
    for (size_t i = 0; i < REMEMBERED; i++) {
        const flow_t *flow = &who->flows[i];
        bool is_it = peer == NULL || ip_endpoint_same(&flow->server, &to) ||
                     ip_endpoint_same(&flow->client, &to);
        if (flow->touched > 0 && is_it && (found == NULL || flow->touched > found->touched))
            found = flow;
    }
    return found;
}

const char *who_answered(const who_t *who, const ip_endpoint_t *peer, int error, char *text)
{
    const flow_t *found = find_flow(who, peer);
    text[0] = '\0';
    if (found == NULL && peer != NULL)
        say_unsent(&peer->ie_addr, error, text);
    else if (found != NULL && error == 0)
        say_success(who, found, text);
    else if (found != NULL)
        say_failure(found, error, text);
    return text;
}

const char *who_answered_call(const who_t *who, const trace_call_t *call, char *text)
{
    text[0] = '\0';
    if (is_told(call))
        who_answered(who, names_peer(call) ? &call->peer : NULL, call->error, text);
    return text;
}
