/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/jsonl.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/utf8.h"
#include "sim/packet/packet_text.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

typedef struct jsonl {
    FILE *out;
    const box_t *box;
    uint64_t events;
    char *line; /* room for one */
    size_t line_room;
    /* The last packet, as it is written: most events are about the one of the event before. */
    char *packet;
    uint8_t *bytes;
    size_t length, room;
    uint32_t number;
    struct packet_base base;
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
    char *clean = utf8_text(text, false);
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

/* A packet; `number` is 0 where it is not known. */
static json_t *make_packet(uint32_t number, const uint8_t *bytes, size_t length,
                           const struct packet_base *base)
{
    char text[1024];
    json_t *value = json_object();
    if (number != 0)
        put_number(value, "number", number);
    put_number(value, "length", length);
    packet_text(bytes, length, base, 0, text, sizeof(text));
    put_text(value, "text", text);
    put_hex(value, "hex", bytes, length);
    return value;
}

static bool is_last_packet(const jsonl_t *jsonl, const trace_event_t *event)
{
    const struct packet_base *a = &jsonl->base, *b = &event->base;
    return jsonl->packet != NULL && jsonl->number == event->packet &&
           jsonl->length == event->length && a->has_seq == b->has_seq && a->seq == b->seq &&
           a->has_ack == b->has_ack && a->ack == b->ack &&
           memcmp(jsonl->bytes, event->bytes, event->length) == 0;
}

static void keep_packet(jsonl_t *jsonl, const trace_event_t *event)
{
    if (jsonl->room < event->length + 1) {
        jsonl->room = event->length + 1;
        jsonl->bytes = must_realloc(jsonl->bytes, jsonl->room);
    }
    memcpy(jsonl->bytes, event->bytes, event->length);
    jsonl->length = event->length;
    jsonl->number = event->packet;
    jsonl->base = event->base;
    json_t *packet = make_packet(event->packet, event->bytes, event->length, &event->base);
    free(jsonl->packet);
    jsonl->packet = json_dumps(packet, JSON_COMPACT);
    json_decref(packet);
    if (jsonl->packet == NULL)
        must_end();
}

/* => Returns the event's packet as it is written, or NULL if there is none. */
static const char *packet_of(jsonl_t *jsonl, const trace_event_t *event)
{
    if (event->bytes == NULL)
        return NULL;
    if (!is_last_packet(jsonl, event))
        keep_packet(jsonl, event);
    return jsonl->packet;
}

/* ---- an event ---- */

/* What a station is called here: a word of a fixed list, where the timeline has the name of a
 * process, of a function or of hooks. */
static const char *station_word(const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_CALL:
        return "call";
    case TRACE_HOOKS_START:
        return "hooks_start";
    case TRACE_HOOK:
        return "hook";
    case TRACE_HOOKS_END:
        return "hooks_end";
    case TRACE_FANOUT:
        return "ip_fanout";
    case TRACE_ICMP:
        return "icmp";
    case TRACE_FUSION:
        return "fusion";
    case TRACE_FR_SEND:
        return "fr_send";
    case TRACE_FR_REFUSED:
        return "fr_refused";
    default:
        return trace_station_name(event);
    }
}

/* What `name` is the name of. */
static const char *name_key(trace_station_t station)
{
    switch (station) {
    case TRACE_CALL:
        return "process";
    case TRACE_HOOKS_START:
    case TRACE_HOOK:
    case TRACE_HOOKS_END:
        return "event";
    case TRACE_NET_INJECT:
        return "style";
    default:
        return "function";
    }
}

static void put_rule(json_t *object, const trace_event_t *event)
{
    put_text(object, "verdict", event->verdict != 0 ? "block" : "pass");
    if (event->text == NULL)
        return;
    json_t *rule = json_object();
    if (event->number > 0) {
        put_text(rule, "group", event->group != NULL ? event->group : "0");
        put_value(rule, "number", event->number);
    }
    put_text(rule, "text", event->text);
    put(object, "rule", rule);
}

static void put_hook(json_t *object, const trace_event_t *event)
{
    put_text(object, "hook", event->hook);
    put_text(object, "verdict", event->verdict != 0 ? "eaten" : "pass");
    put_value(object, "value", event->verdict);
    put_bool(object, "changed", event->changed);
}

static void put_inject(json_t *object, const trace_event_t *event)
{
    put_number(object, "interface_index", event->phy);
    put_value(object, "value", event->verdict);
    if (event->error != 0)
        put_text(object, "errno", errno_name(event->error));
    put_text(object, "text", event->text);
}

/* What only this station has. */
static void put_own(json_t *object, const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_FR_FIREWALL:
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
        put_rule(object, event);
        return;
    case TRACE_HOOK:
        put_hook(object, event);
        return;
    case TRACE_NET_INJECT:
        put_inject(object, event);
        return;
    case TRACE_HOOKS_START:
        put_bool(object, "hooks", event->interested);
        break;
    case TRACE_HOOKS_END:
        put_text(object, "verdict", event->bytes == NULL ? "eaten" : "pass");
        put_value(object, "value", event->verdict);
        break;
    case TRACE_IP_WPUT_LOCAL:
        put_number(object, "depth", event->verdict > 0 ? (uint64_t)event->verdict : 1);
        break;
    case TRACE_ERRNO:
        put_text(object, "errno", errno_name(event->error));
        break;
    case TRACE_FR_FASTROUTE:
        put_value(object, "value", event->error);
        break;
    case TRACE_CALL:
        if (event->waits)
            put_number(object, "waited_us", event->waited_us);
        break;
    default:
        break;
    }
    put_text(object, "text", event->text);
}

/* Writes an object, and frees it; into it goes `packet`, unless that is NULL. */
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
    bool filters = event->station >= TRACE_FR_CHECKSTATE;
    put_text(object, "type", "event");
    put_number(object, "sequence", event->sequence);
    put_number(object, "time_us", event->time_us);
    put_text(object, "station", station_word(event));
    put_text(object, "host", event->host);
    put_text(object, name_key(event->station), event->name);
    put_text(object, "interface", event->ifname);
    if (filters)
        put_text(object, "direction", event->out ? "out" : "in");
    put_endpoint(object, "local", event->local);
    put_endpoint(object, "remote", event->remote);
    put_text(object, "state", event->state);
    put_own(object, event);
    if (event->before != NULL)
        put(object, "before",
            make_packet(0, event->before, event->before_length, &event->before_base));
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
    /* A seed has 64 bits, and a number of JSON's in many readers 53. */
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
    free(jsonl->bytes);
    free(jsonl->line);
    free(jsonl);
}

observer_t jsonl_observer(const char *option, const char *file)
{
    return (observer_t){.option = option, .file = file, .begin = begin, .end = end};
}
