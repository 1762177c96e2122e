/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/jsonl.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/visible.h"
#include "sim/core/trace_station.h"
#include "sim/view/words.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct jsonl {
    FILE *out;
    const box_t *box;
    uint64_t events;
    char *line; /* room for one */
    size_t line_room;
    /* The last packet, and its JSON: most events are about the same packet as the event before. */
    packet_copy_t *last;
    char *packet;
} jsonl_t;

/* ---- values ---- */

static void put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new_nocheck(object, key, value) != 0)
        must_end();
}

static void put_text(json_t *object, const char *key, const char *text)
{
    if (text == NULL)
        return;
    char *clean = visible_text(text);
    put(object, key, json_string_nocheck(clean));
    free(clean);
}

static void put_number(json_t *object, const char *key, uint64_t number)
{
    put(object, key, json_integer((json_int_t)number));
}

static void put_value(json_t *object, const char *key, int value)
{
    put(object, key, json_integer(value));
}

static void put_bool(json_t *object, const char *key, bool value)
{
    put(object, key, json_boolean(value));
}

static void put_endpoint(json_t *object, const char *key, ip_endpoint_t endpoint)
{
    char address[IP_ADDRESS_TEXT_MAX];
    if (endpoint.ie_port == 0)
        return;
    json_t *value = json_object();
    put_text(value, "address", ip_address_text(&endpoint.ie_addr, address, sizeof(address)));
    put_number(value, "port", endpoint.ie_port);
    put(object, key, value);
}

static void put_hex(json_t *object, const char *key, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    char *hex = must_malloc(length * 2 + 1);
    for (size_t i = 0; i < length; i++) {
        hex[i * 2] = digits[bytes[i] >> 4];
        hex[i * 2 + 1] = digits[bytes[i] & 0x0f];
    }
    hex[length * 2] = '\0';
    put(object, key, json_string_nocheck(hex));
    free(hex);
}

static void put_errno(json_t *object, int error)
{
    if (error != 0)
        put_text(object, "errno", errno_name(error));
}

static json_t *make_packet(const packet_copy_t *copy)
{
    char text[1024];
    json_t *value = json_object();
    put_number(value, "length", copy->length);
    packet_copy_text(copy, 0, text, sizeof(text));
    put_text(value, "text", text);
    put_hex(value, "hex", copy->bytes, copy->length);
    return value;
}

static void keep_packet(jsonl_t *jsonl, packet_copy_t *copy)
{
    json_t *packet = make_packet(copy);
    packet_copy_let_go(jsonl->last);
    free(jsonl->packet);
    jsonl->last = packet_copy_hold(copy);
    jsonl->packet = must_have(json_dumps(packet, JSON_COMPACT));
    json_decref(packet);
}

/* => Returns the JSON of the event's packet, or NULL if it has none. */
static const char *packet_of(jsonl_t *jsonl, const trace_event_t *event)
{
    if (event->copy == NULL)
        return NULL;
    if (event->copy != jsonl->last)
        keep_packet(jsonl, event->copy);
    return jsonl->packet;
}

/* ---- an event ---- */

static void put_call(json_t *object, const trace_call_t *call)
{
    char text[WORDS_MAX], address[IP_ADDRESS_TEXT_MAX];
    put_text(object, "process", call->process);
    put_text(object, "verb", trace_verb_word(call->verb));
    put_endpoint(object, "remote", call->peer);
    if (call->verb == TRACE_VERB_PING)
        put_text(object, "address", ip_address_text(&call->peer.ie_addr, address, sizeof(address)));
    if (call->port != 0)
        put_number(object, "port", call->port);
    if (call->bytes != 0)
        put_number(object, "bytes", call->bytes);
    if (call->sleep_us != 0)
        put_number(object, "sleep_us", call->sleep_us);
    put_text(object, "event", call->event);
    put_text(object, "name", call->name);
    if (call->verb == TRACE_VERB_SNOOP || call->verb == TRACE_VERB_FUSION ||
        call->verb == TRACE_VERB_REWRITE_ANY || call->verb == TRACE_VERB_POLL)
        put_bool(object, "on", call->on);
    if (call->overridden)
        put_bool(object, "overridden", true);
    put_errno(object, call->error);
    if (call->waits)
        put_number(object, "waited_us", call->waited_us);
    put_text(object, "text", words_call_text(call, text));
}

static void put_rule(json_t *object, const trace_event_t *event)
{
    char text[IPF_RULE_TEXT_MAX];
    put_text(object, "verdict", event->rule.block ? "block" : "pass");
    if (event->rule.fr == NULL) {
        put_text(object, "reason", event->rule.reason);
        return;
    }
    json_t *rule = json_object();
    if (event->rule.number > 0) {
        put_text(rule, "group", event->rule.group);
        put_value(rule, "number", event->rule.number);
    }
    put_text(rule, "text", trace_rule_text(event, text));
    put(object, "rule", rule);
}

static void put_hook(json_t *object, const trace_event_t *event)
{
    put_text(object, "event", event->hook.event);
    put_text(object, "hook", event->hook.name);
    put_text(object, "verdict", event->hook.value != 0 ? "eaten" : "pass");
    put_value(object, "value", event->hook.value);
    put_bool(object, "changed", event->hook.changed);
}

static void put_hooks_end(json_t *object, const trace_event_t *event)
{
    static const char *const fates[] = {
        [IP_HOOK_FATE_NONE] = NULL,       [IP_HOOK_FATE_LOST] = "lost",
        [IP_HOOK_FATE_CALLER] = "caller", [IP_HOOK_FATE_TRANSPORT] = "transport",
        [IP_HOOK_FATE_EPERM] = "eperm",   [IP_HOOK_FATE_ENDS] = "ends",
    };
    put_text(object, "event", event->hooks_end.event);
    put_text(object, "verdict", event->copy == NULL ? "eaten" : "pass");
    put_value(object, "value", event->hooks_end.value);
    put_text(object, "fate", fates[event->hooks_end.fate]);
}

static void put_inject(json_t *object, const trace_event_t *event)
{
    put_text(object, "style", event->inject.style);
    put_number(object, "interface_index", event->inject.phy);
    put_value(object, "value", event->inject.value);
    put_errno(object, event->inject.error);
    put_text(object, "route", words_route(event->inject.route));
}

static void put_fanout(json_t *object, const trace_event_t *event)
{
    put_text(object, "function", event->fanout.function);
    put_endpoint(object, "local", event->fanout.local);
    put_endpoint(object, "remote", event->fanout.remote);
    put_text(object, "state", event->fanout.state);
    put_text(object, "reason", event->fanout.reason);
}

static void put_fusion(json_t *object, const trace_event_t *event)
{
    put_text(object, "function", event->fusion.function);
    put_endpoint(object, "local", event->fusion.local);
    put_endpoint(object, "remote", event->fusion.remote);
    put_text(object, "reason", event->fusion.reason);
}

static void put_timer(json_t *object, const trace_event_t *event)
{
    static const char *const timers[] = {
        [IP_TIMER_SYN] = "syn",       [IP_TIMER_CONNECT] = "connect",
        [IP_TIMER_REXMIT] = "rexmit", [IP_TIMER_PROBE] = "probe",
        [IP_TIMER_ACK] = "ack",       [IP_TIMER_KEEPALIVE] = "keepalive",
        [IP_TIMER_ABORT] = "abort",   [IP_TIMER_FIN_WAIT_2] = "fin_wait_2",
    };
    put_text(object, "timer", timers[event->timer.which]);
    put_endpoint(object, "local", event->timer.local);
    put_endpoint(object, "remote", event->timer.remote);
}

static void put_fault(json_t *object, const trace_event_t *event)
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
    put_text(object, "fault", words[event->fault.what]);
    put_text(object, "place", trace_place_name(event->fault.place));
    if (event->fault.delay_us != 0)
        put_number(object, "delay_us", event->fault.delay_us);
}

/* Fields that only this station has. */
static void put_own(json_t *object, const trace_event_t *event)
{
    char text[WORDS_MAX];
    switch (event->station) {
    case TRACE_CALL:
        put_call(object, &event->call);
        break;
    case TRACE_NOTE:
        put_text(object, "text", words_note(event, text));
        break;
    case TRACE_CONNECT:
    case TRACE_CONNECTED:
    case TRACE_ERRNO:
        put_endpoint(object, "local", event->end.local);
        put_endpoint(object, "remote", event->end.remote);
        put_errno(object, event->end.error);
        break;
    case TRACE_TIMER:
        put_timer(object, event);
        break;
    case TRACE_IP_WPUT_IRE:
        if (event->sent.is_copy)
            put_bool(object, "fused_copy", true);
        break;
    case TRACE_HOOKS_START:
        put_text(object, "event", event->hooks_start.event);
        put_bool(object, "hooks", event->hooks_start.any);
        break;
    case TRACE_HOOK:
        put_hook(object, event);
        break;
    case TRACE_HOOKS_END:
        put_hooks_end(object, event);
        break;
    case TRACE_IP_WPUT_LOCAL:
        put_number(object, "depth", event->received.depth > 0 ? event->received.depth : 1);
        break;
    case TRACE_WIRE:
        put_text(object, "reason", words_wire(event->wire.fate));
        break;
    case TRACE_FANOUT:
        put_fanout(object, event);
        break;
    case TRACE_ICMP:
        put_text(object, "function", event->icmp.function);
        break;
    case TRACE_FUSION:
        put_fusion(object, event);
        break;
    case TRACE_DISCARD:
        put_text(object, "reason", event->discard.reason);
        break;
    case TRACE_FAULT:
        put_fault(object, event);
        break;
    case TRACE_NET_INJECT:
        put_inject(object, event);
        break;
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
    case TRACE_FR_FIREWALL:
        put_rule(object, event);
        break;
    case TRACE_FR_ADDSTATE:
    case TRACE_LOG:
        put_text(object, "reason", event->kept.reason);
        break;
    case TRACE_FR_MAKE_RST:
    case TRACE_FR_MAKE_ICMP:
        put(object, "before", make_packet(event->rewrite.before));
        break;
    case TRACE_FR_REFUSED:
        put_text(object, "function", event->refused.function);
        put_text(object, "reason", event->refused.reason);
        break;
    case TRACE_FR_SEND:
        put_text(object, "function", event->reply.function);
        put(object, "reply", make_packet(event->reply.built));
        break;
    case TRACE_FR_FASTROUTE:
        put_value(object, "value", event->fastroute.value);
        put_text(object, "reason", event->fastroute.reason);
        break;
    default:
        break;
    }
}

/* Writes an object, with `packet` in it unless that is NULL, and frees it. */
static void write_line(jsonl_t *jsonl, json_t *object, const char *packet)
{
    size_t length = json_dumpb(object, jsonl->line, jsonl->line_room, JSON_COMPACT);
    if (length > jsonl->line_room) {
        jsonl->line_room = length * 2;
        jsonl->line = must_realloc(jsonl->line, jsonl->line_room);
        json_dumpb(object, jsonl->line, jsonl->line_room, JSON_COMPACT);
    }
    fwrite(jsonl->line, 1, length - 1, jsonl->out); /* all but the brace */
    if (packet != NULL)
        fprintf(jsonl->out, ",\"packet\":%s", packet);
    fputs("}\n", jsonl->out);
    json_decref(object);
}

static void write_event(void *arg, const trace_event_t *event)
{
    jsonl_t *jsonl = arg;
    json_t *object = json_object();
    put_text(object, "type", "event");
    put_number(object, "sequence", event->sequence);
    put_number(object, "time_us", event->time_us);
    put_text(object, "station", trace_station_word(event->station));
    put_text(object, "host", event->host);
    if (event->packet != 0)
        put_number(object, "packet_number", event->packet);
    put_text(object, "interface", event->ifname);
    if (event->station >= TRACE_FR_CHECKSTATE)
        put_text(object, "direction", event->out ? "out" : "in");
    put_own(object, event);
    write_line(jsonl, object, packet_of(jsonl, event));
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
    json_t *object = json_object();
    put_text(object, "type", "test");
    put_number(object, "version", JSONL_VERSION);
    put_text(object, "file", test->path);
    put_text(object, "test", test->name);
    put_value(object, "line", test->line);
    /* A seed has 64 bits, but many readers keep only 53 bits of a JSON number. */
    char seed[32];
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)test->seed);
    put_text(object, "seed", seed);
    write_line(jsonl, object, NULL);
    trace_add_sink(box->trace, write_event, jsonl);
    return jsonl;
}

static void end(void *seen, const result_t *result)
{
    jsonl_t *jsonl = seen;
    json_t *object = json_object();
    put_text(object, "type", "result");
    put_text(object, "status", result_status_word(result->status));
    put_number(object, "time_us", box_now(jsonl->box));
    put_number(object, "events", jsonl->events);
    put_text(object, "report", result->report != NULL ? result->report : "");
    write_line(jsonl, object, NULL);
    free(jsonl->packet);
    packet_copy_let_go(jsonl->last);
    free(jsonl->line);
    free(jsonl);
}

observer_t jsonl_observer(const char *option, const char *file)
{
    return (observer_t){.option = option, .file = file, .begin = begin, .end = end};
}
