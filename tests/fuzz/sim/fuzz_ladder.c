/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any order of events, with any bytes as packets and any text, for the ladder: it is drawn, of
 * characters only, and so is the text in a page. An event is five bytes and what they say follows:
 * station, packet, flags, time, length.
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

/* These stations have a text only where there is something to say. */
static bool may_be_silent(trace_station_t station)
{
    return station == TRACE_IP_WPUT_IRE || station == TRACE_FANOUT || station == TRACE_WIRE ||
           station == TRACE_RESET || station == TRACE_FR_ADDSTATE || station == TRACE_LOG ||
           station == TRACE_FR_FIREWALL || station == TRACE_HOOKS_END;
}

static void send_event(ladder_t *ladder, const uint8_t *head, const uint8_t *body, size_t length,
                       uint64_t *now_us)
{
    static const char *const names[] = {"LOOPBACK_OUT", "LOOPBACK_IN", "PHYSICAL_OUT",
                                        "PHYSICAL_IN"};
    static const char *const states[] = {NULL, "LISTEN", "SYN_SENT", "bound"};
    static const char *const hosts[] = {NULL, NULL, NULL, "192.168.1.20", NULL, NULL, "::1", NULL};
    static uint64_t sequence;
    char text[TEXT_MAX];
    snprintf(text, sizeof(text), "%.*s", (int)length, (const char *)body);
    *now_us += (uint64_t)head[3] * 10000;
    trace_event_t event = {
        .time_us = *now_us,
        .sequence = ++sequence,
        .station = (trace_station_t)(head[0] % (TRACE_FR_FASTROUTE + 1)),
        .packet = head[1] % 16,
        .bytes = (head[2] & 1) != 0 || length == 0 ? NULL : body,
        .length = length,
        .before = body,
        .before_length = length,
        .local = {ip_address_loopback(AF_INET), (uint16_t)(head[2] & 6)},
        .remote = {ip_address_loopback(AF_INET), (uint16_t)(head[2] & 24)},
        .host = hosts[head[1] >> 5],
        .name = names[head[2] >> 6],
        .hook = "hook1",
        .state = states[head[1] >> 4 & 3],
        .text = text,
        .number = head[2] & 1 ? -1 : 1,
        .verdict = head[2] >> 5 & 1,
        .error = head[2] >> 4 & 1,
        .changed = (head[2] & 8) != 0,
    };
    if ((head[2] & 2) != 0 && may_be_silent(event.station))
        event.text = NULL;
    if (event.bytes == NULL)
        event.length = 0;
    ladder_event(ladder, &event);
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
