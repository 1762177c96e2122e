/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any order of events, with any bytes as packets and any text, for the ladder: it is drawn, with
 * characters only, and so is the text in a page. An event is five bytes (station, packet, flags,
 * time, length) and what they announce.
 */
#include "sim/base/json_text.h"
#include "sim/view/ladder.h"
#include "sim/view/ladder_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVENTS_MAX 300
#define TEXT_MAX   64

static const char *const names[] = {"LOOPBACK_OUT", "LOOPBACK_IN", "PHYSICAL_OUT", "PHYSICAL_IN"};

/* The part that goes with the station, from the flags in `bits`. `reason` may be NULL where there
 * may be nothing to say; `text` is never. */
static void fill(trace_event_t *event, unsigned bits, const char *text, const char *reason,
                 packet_copy_t *other)
{
    static const char *const states[] = {NULL, "LISTEN", "SYN_SENT", "bound"};
    const ip_endpoint_t local = {ip_address_loopback(AF_INET), (uint16_t)(bits & 6)};
    const ip_endpoint_t remote = {ip_address_loopback(AF_INET), (uint16_t)(bits & 24)};
    const char *hooks = names[bits >> 6 & 3];
    bool flag = (bits & 8) != 0;
    switch (event->station) {
    case TRACE_CALL:
        event->call = (trace_call_t){.verb = (trace_verb_t)(bits % TRACE_VERBS),
                                     .process = text,
                                     .peer = remote,
                                     .name = reason,
                                     .event = hooks,
                                     .at_end = flag,
                                     .error = (int)(bits & 16),
                                     .waits = flag};
        break;
    case TRACE_NOTE:
        event->note.kind = (trace_note_kind_t)(bits % 3);
        event->note.text = text;
        break;
    case TRACE_CONNECT:
    case TRACE_CONNECTED:
    case TRACE_ERRNO:
        event->end.local = local;
        event->end.remote = remote;
        event->end.error = (int)(bits & 16);
        break;
    case TRACE_TIMER:
        event->timer.which = (ip_timer_t)(bits % 3);
        event->timer.local = local;
        event->timer.remote = remote;
        break;
    case TRACE_IP_WPUT_IRE:
        event->sent.is_copy = flag;
        break;
    case TRACE_HOOKS_START:
        event->hooks_start.event = hooks;
        event->hooks_start.any = flag;
        break;
    case TRACE_HOOK:
        event->hook.event = hooks;
        event->hook.name = text;
        event->hook.value = (int)(bits >> 5 & 1);
        event->hook.changed = flag;
        break;
    case TRACE_HOOKS_END:
        event->hooks_end.event = hooks;
        event->hooks_end.value = (int)(bits & 16);
        event->hooks_end.fate = (ip_hook_fate_t)(bits % 6);
        break;
    case TRACE_IP_WPUT_LOCAL:
        event->received.depth = bits & 7;
        break;
    case TRACE_WIRE:
        event->wire.fate = (ip_wire_t)(bits & 3);
        break;
    case TRACE_FANOUT:
        event->fanout.function = "ip_fanout_tcp";
        event->fanout.local = local;
        event->fanout.remote = remote;
        event->fanout.state = states[bits >> 4 & 3];
        event->fanout.reason = reason;
        event->fanout.answered = flag;
        break;
    case TRACE_ICMP:
        event->icmp.function = "icmp_inbound";
        event->icmp.what = (ip_icmp_t)(bits & 1);
        break;
    case TRACE_FUSION:
        event->fusion.function = "tcp_fuse";
        event->fusion.local = local;
        event->fusion.remote = remote;
        event->fusion.what = (ip_fused_t)(bits % 3);
        event->fusion.reason = text;
        break;
    case TRACE_DISCARD:
        event->discard.reason = text;
        break;
    case TRACE_FAULT:
        event->fault.place = (ip_place_t)(bits % IP_PLACES);
        event->fault.what = (ip_fault_what_t)(1 + (bits >> 3) % IP_FAULT_GOES_ON);
        event->fault.delay_us = bits & 15;
        break;
    case TRACE_NET_INJECT:
        event->inject.style = "NI_DIRECT_OUT";
        event->inject.route = (ip_route_t)(bits % 7);
        event->inject.error = (int)(bits & 16);
        break;
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
    case TRACE_FR_FIREWALL:
        event->rule = (trace_rule_t){.copied = reason,
                                     .group = "0",
                                     .number = (bits & 1) != 0 ? -1 : 1,
                                     .block = (bits >> 5 & 1) != 0};
        break;
    case TRACE_FR_ADDSTATE:
    case TRACE_LOG:
        event->kept.reason = reason;
        break;
    case TRACE_FR_MAKE_RST:
    case TRACE_FR_MAKE_ICMP:
        event->rewrite.before = other;
        break;
    case TRACE_FR_REFUSED:
        event->refused.function = flag ? "fr_make_rst" : "fr_check";
        event->refused.reason = text;
        break;
    case TRACE_FR_SEND:
        event->reply.function = "fr_send_reset";
        event->reply.built = other;
        break;
    case TRACE_FR_FASTROUTE:
        event->fastroute.reason = text;
        break;
    default:
        break;
    }
}

static void send_event(ladder_t *ladder, const uint8_t *head, const uint8_t *body, size_t length,
                       uint64_t *now_us)
{
    static const char *const hosts[] = {NULL, NULL, NULL, "192.168.1.20", NULL, NULL, "::1", NULL};
    static uint64_t sequence;
    char text[TEXT_MAX];
    packet_copy_t *copy = packet_copy_make(memory_of_process(), body, length);
    snprintf(text, sizeof(text), "%.*s", (int)length, (const char *)body);
    *now_us += (uint64_t)head[3] * 10000;
    trace_event_t event = {
        .time_us = *now_us,
        .sequence = ++sequence,
        .station = (trace_station_t)(head[0] % TRACE_STATIONS),
        .host = hosts[head[1] >> 5],
        .packet = head[1] % 16,
        .copy = (head[2] & 1) != 0 || length == 0 ? NULL : copy,
    };
    fill(&event, head[2], text, (head[2] & 2) != 0 ? NULL : text, copy);
    ladder_event(ladder, &event);
    packet_copy_let_go(copy);
}

static void draw(const ladder_t *ladder, const ladder_style_t *style)
{
    char *picture = NULL;
    size_t length;
    FILE *out = open_memstream(&picture, &length);
    if (out == NULL)
        abort();
    ladder_print(ladder, style, out);
    fclose(out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)picture[i];
        if ((c < ' ' && c != '\n') || c == 0x7f || (style->ascii && c >= 0x80))
            abort();
    }
    free(picture);
}

static void escape(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size), *page = NULL;
    size_t length;
    FILE *out = open_memstream(&page, &length);
    if (out == NULL || text == NULL)
        abort();
    put_json_string(out, text);
    put_html_text(out, text);
    fclose(out);
    if (strpbrk(page, "<>") != NULL)
        abort();
    free(page);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ladder_t *ladder = ladder_create();
    uint64_t now_us = 0;
    if (ladder == NULL)
        abort();
    escape(data, size);
    for (int i = 0; i < EVENTS_MAX && size >= 5; i++) {
        size_t length = data[4] < size - 5 ? data[4] : size - 5;
        send_event(ladder, data, data + 5, length, &now_us);
        data += 5 + length;
        size -= 5 + length;
    }
    ladder_finish(ladder);
    draw(ladder, &(ladder_style_t){.width = 80});
    draw(ladder, &(ladder_style_t){.width = 140, .ascii = true});
    ladder_destroy(ladder);
    return 0;
}
