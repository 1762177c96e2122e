/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/jsonl.h"

#include "sim/base/errno_name.h"
#include "sim/base/json_line.h"
#include "sim/core/trace_station.h"
#include "sim/view/words.h"

#include <stdlib.h>
#include <string.h>

typedef struct jsonl {
    FILE *out;
    const box_t *box;
    uint64_t events;
    json_line_t line;
    /* The last packet, and its JSON: most events are about the same packet as the event before. */
    packet_copy_t *last;
    json_line_t packet;
} jsonl_t;

/* ---- values ---- */

static void put_endpoint(json_line_t *line, const char *key, ip_endpoint_t endpoint)
{
    char address[IP_ADDRESS_TEXT_MAX];
    if (endpoint.ie_port == 0)
        return;
    json_line_open(line, key);
    json_line_text(line, "address", ip_address_text(&endpoint.ie_addr, address, sizeof(address)));
    json_line_unsigned(line, "port", endpoint.ie_port);
    json_line_close(line);
}

static void put_errno(json_line_t *line, int error)
{
    if (error != 0)
        json_line_text(line, "errno", errno_name(error));
}

static void put_fields(json_line_t *line, const packet_copy_t *copy)
{
    char text[1024];
    json_line_unsigned(line, "length", copy->length);
    packet_copy_text(copy, 0, text, sizeof(text));
    json_line_text(line, "text", text);
    json_line_hex(line, "hex", copy->bytes, copy->length);
    json_line_close(line);
}

static void put_packet(json_line_t *line, const char *key, const packet_copy_t *copy)
{
    json_line_open(line, key);
    put_fields(line, copy);
}

/* The packet of the event, if it has one. */
static void put_events_packet(jsonl_t *jsonl, const trace_event_t *event)
{
    if (event->copy == NULL)
        return;
    if (event->copy != jsonl->last) {
        packet_copy_let_go(jsonl->last);
        jsonl->last = packet_copy_hold(event->copy);
        json_line_begin(&jsonl->packet);
        put_fields(&jsonl->packet, event->copy);
    }
    json_line_json(&jsonl->line, "packet", jsonl->packet.text, jsonl->packet.used);
}

/* ---- an event ---- */

static void put_call(json_line_t *line, const trace_call_t *call)
{
    char text[WORDS_MAX], address[IP_ADDRESS_TEXT_MAX];
    json_line_text(line, "process", call->process);
    json_line_text(line, "verb", trace_verb_word(call->verb));
    put_endpoint(line, "remote", call->peer);
    if (call->verb == TRACE_VERB_PING)
        json_line_text(line, "address",
                       ip_address_text(&call->peer.ie_addr, address, sizeof(address)));
    if (call->port != 0)
        json_line_unsigned(line, "port", call->port);
    if (call->bytes != 0)
        json_line_unsigned(line, "bytes", call->bytes);
    if (call->sleep_us != 0)
        json_line_unsigned(line, "sleep_us", call->sleep_us);
    json_line_text(line, "event", call->event);
    json_line_text(line, "name", call->name);
    if (call->verb == TRACE_VERB_SNOOP || call->verb == TRACE_VERB_FUSION ||
        call->verb == TRACE_VERB_REWRITE_ANY || call->verb == TRACE_VERB_POLL)
        json_line_bool(line, "on", call->on);
    if (call->overridden)
        json_line_bool(line, "overridden", true);
    put_errno(line, call->error);
    if (call->waits)
        json_line_unsigned(line, "waited_us", call->waited_us);
    json_line_text(line, "text", words_call_text(call, text));
}

static void put_rule(json_line_t *line, const trace_event_t *event)
{
    char text[IPF_RULE_TEXT_MAX];
    json_line_text(line, "verdict", event->rule.block ? "block" : "pass");
    if (event->rule.fr == NULL) {
        json_line_text(line, "reason", event->rule.reason);
        return;
    }
    json_line_open(line, "rule");
    if (event->rule.number > 0) {
        json_line_text(line, "group", event->rule.group);
        json_line_signed(line, "number", event->rule.number);
    }
    json_line_text(line, "text", trace_rule_text(event, text));
    json_line_close(line);
}

static void put_hook(json_line_t *line, const trace_event_t *event)
{
    json_line_text(line, "event", event->hook.event);
    json_line_text(line, "hook", event->hook.name);
    json_line_text(line, "verdict", event->hook.value != 0 ? "eaten" : "pass");
    json_line_signed(line, "value", event->hook.value);
    json_line_bool(line, "changed", event->hook.changed);
}

static void put_hooks_end(json_line_t *line, const trace_event_t *event)
{
    static const char *const fates[] = {
        [IP_HOOK_FATE_NONE] = NULL,       [IP_HOOK_FATE_LOST] = "lost",
        [IP_HOOK_FATE_CALLER] = "caller", [IP_HOOK_FATE_TRANSPORT] = "transport",
        [IP_HOOK_FATE_EPERM] = "eperm",   [IP_HOOK_FATE_ENDS] = "ends",
    };
    json_line_text(line, "event", event->hooks_end.event);
    json_line_text(line, "verdict", event->copy == NULL ? "eaten" : "pass");
    json_line_signed(line, "value", event->hooks_end.value);
    json_line_text(line, "fate", fates[event->hooks_end.fate]);
}

static void put_inject(json_line_t *line, const trace_event_t *event)
{
    json_line_text(line, "style", event->inject.style);
    json_line_unsigned(line, "interface_index", event->inject.phy);
    json_line_signed(line, "value", event->inject.value);
    put_errno(line, event->inject.error);
    json_line_text(line, "route", words_route(event->inject.route));
}

static void put_fanout(json_line_t *line, const trace_event_t *event)
{
    json_line_text(line, "function", event->fanout.function);
    put_endpoint(line, "local", event->fanout.local);
    put_endpoint(line, "remote", event->fanout.remote);
    json_line_text(line, "state", event->fanout.state);
    json_line_text(line, "reason", event->fanout.reason);
}

static void put_fusion(json_line_t *line, const trace_event_t *event)
{
    json_line_text(line, "function", event->fusion.function);
    put_endpoint(line, "local", event->fusion.local);
    put_endpoint(line, "remote", event->fusion.remote);
    json_line_text(line, "reason", event->fusion.reason);
}

static void put_timer(json_line_t *line, const trace_event_t *event)
{
    static const char *const timers[] = {
        [IP_TIMER_SYN] = "syn",       [IP_TIMER_CONNECT] = "connect",
        [IP_TIMER_REXMIT] = "rexmit", [IP_TIMER_PROBE] = "probe",
        [IP_TIMER_ACK] = "ack",       [IP_TIMER_KEEPALIVE] = "keepalive",
        [IP_TIMER_ABORT] = "abort",   [IP_TIMER_FIN_WAIT_2] = "fin_wait_2",
    };
    json_line_text(line, "timer", timers[event->timer.which]);
    put_endpoint(line, "local", event->timer.local);
    put_endpoint(line, "remote", event->timer.remote);
}

static void put_fault(json_line_t *line, const trace_event_t *event)
{
    static const char *const words[] = {
        [IP_FAULT_NONE] = NULL,
        [IP_FAULT_DROP] = "drop",
        [IP_FAULT_DUPLICATE] = "duplicate",
        [IP_FAULT_DELAY] = "delay",
        [IP_FAULT_REORDER] = "reorder",
        [IP_FAULT_CORRUPT] = "corrupt",
        [IP_FAULT_COPY] = "copy",
        [IP_FAULT_GOES_ON] = "goes_on",
    };
    json_line_text(line, "fault", words[event->fault.what]);
    json_line_text(line, "place", trace_place_name(event->fault.place));
    if (event->fault.delay_us != 0)
        json_line_unsigned(line, "delay_us", event->fault.delay_us);
}

/* Fields that only this station has. */
static void put_own(json_line_t *line, const trace_event_t *event)
{
    char text[WORDS_MAX];
    switch (event->station) {
    case TRACE_CALL:
        put_call(line, &event->call);
        break;
    case TRACE_NOTE:
        json_line_text(line, "text", words_note(event, text));
        break;
    case TRACE_CONNECT:
    case TRACE_CONNECTED:
    case TRACE_ERRNO:
        put_endpoint(line, "local", event->end.local);
        put_endpoint(line, "remote", event->end.remote);
        put_errno(line, event->end.error);
        break;
    case TRACE_TIMER:
        put_timer(line, event);
        break;
    case TRACE_IP_WPUT_IRE:
        if (event->sent.is_copy)
            json_line_bool(line, "fused_copy", true);
        break;
    case TRACE_HOOKS_START:
        json_line_text(line, "event", event->hooks_start.event);
        json_line_bool(line, "hooks", event->hooks_start.any);
        break;
    case TRACE_HOOK:
        put_hook(line, event);
        break;
    case TRACE_HOOKS_END:
        put_hooks_end(line, event);
        break;
    case TRACE_IP_WPUT_LOCAL:
        json_line_unsigned(line, "depth", event->received.depth > 0 ? event->received.depth : 1);
        break;
    case TRACE_WIRE:
        json_line_text(line, "reason", words_wire(event->wire.fate));
        break;
    case TRACE_FANOUT:
        put_fanout(line, event);
        break;
    case TRACE_ICMP:
        json_line_text(line, "function", event->icmp.function);
        break;
    case TRACE_FUSION:
        put_fusion(line, event);
        break;
    case TRACE_DISCARD:
        json_line_text(line, "reason", event->discard.reason);
        break;
    case TRACE_FAULT:
        put_fault(line, event);
        break;
    case TRACE_NET_INJECT:
        put_inject(line, event);
        break;
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
    case TRACE_FR_FIREWALL:
        put_rule(line, event);
        break;
    case TRACE_FR_ADDSTATE:
    case TRACE_LOG:
        json_line_text(line, "reason", event->kept.reason);
        break;
    case TRACE_FR_MAKE_RST:
    case TRACE_FR_MAKE_ICMP:
        put_packet(line, "before", event->rewrite.before);
        break;
    case TRACE_FR_REFUSED:
        json_line_text(line, "function", event->refused.function);
        json_line_text(line, "reason", event->refused.reason);
        break;
    case TRACE_FR_SEND:
        json_line_text(line, "function", event->reply.function);
        put_packet(line, "reply", event->reply.built);
        break;
    case TRACE_FR_FASTROUTE:
        json_line_signed(line, "value", event->fastroute.value);
        json_line_text(line, "reason", event->fastroute.reason);
        break;
    default:
        break;
    }
}

static void write_line(jsonl_t *jsonl)
{
    json_line_close(&jsonl->line);
    fwrite(jsonl->line.text, 1, jsonl->line.used, jsonl->out);
    fputc('\n', jsonl->out);
}

static void write_event(void *arg, const trace_event_t *event)
{
    jsonl_t *jsonl = arg;
    json_line_t *line = &jsonl->line;
    json_line_begin(line);
    json_line_text(line, "type", "event");
    json_line_unsigned(line, "sequence", event->sequence);
    json_line_unsigned(line, "time_us", event->time_us);
    json_line_text(line, "station", trace_station_word(event->station));
    json_line_text(line, "host", event->host);
    if (event->packet != 0)
        json_line_unsigned(line, "packet_number", event->packet);
    json_line_text(line, "interface", event->ifname);
    if (event->station >= TRACE_FR_CHECKSTATE)
        json_line_text(line, "direction", event->out ? "out" : "in");
    put_own(line, event);
    put_events_packet(jsonl, event);
    write_line(jsonl);
    jsonl->events++;
}

/* ---- the file ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)self;
    jsonl_t *jsonl = calloc(1, sizeof(*jsonl));
    if (jsonl == NULL)
        return NULL;
    jsonl->out = out;
    jsonl->box = box;
    json_line_t *line = &jsonl->line;
    json_line_begin(line);
    json_line_text(line, "type", "test");
    json_line_unsigned(line, "version", JSONL_VERSION);
    json_line_text(line, "file", test->path);
    json_line_text(line, "test", test->name);
    json_line_signed(line, "line", test->line);
    /* A seed has 64 bits, but many readers keep only 53 bits of a JSON number. */
    char seed[32];
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)test->seed);
    json_line_text(line, "seed", seed);
    write_line(jsonl);
    trace_add_sink(box->trace, write_event, jsonl);
    return jsonl;
}

static void end(void *seen, const result_t *result)
{
    jsonl_t *jsonl = seen;
    json_line_t *line = &jsonl->line;
    json_line_begin(line);
    json_line_text(line, "type", "result");
    json_line_text(line, "status", result_status_word(result->status));
    json_line_unsigned(line, "time_us", box_now(jsonl->box));
    json_line_unsigned(line, "events", jsonl->events);
    json_line_text(line, "report", result->report != NULL ? result->report : "");
    write_line(jsonl);
    packet_copy_let_go(jsonl->last);
    free(jsonl->packet.text);
    free(jsonl->line.text);
    free(jsonl);
}

observer_t jsonl_observer(const char *option, const char *file)
{
    return (observer_t){.option = option, .file = file, .begin = begin, .end = end};
}
