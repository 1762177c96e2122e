/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The timeline: a line for each event, the time where it changes.
 *
 * Lines are held back from one SYN of a connect to the next, so that a round that went as the one
 * before can be folded into one line.
 */
#include "sim/view/timeline.h"

#include "sim/base/errno_name.h"
#include "sim/base/text.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define STATION_WIDTH 16
#define ENDPOINT_MAX  (IP_ADDRESS_TEXT_MAX + 6)
#define INDENT        28 /* where the text begins: time, two blanks, station, blank */

/* What happened from one SYN on: as it is written, and without what differs from SYN to SYN. */
typedef struct round {
    FILE *text, *likeness;
    char *text_bytes, *likeness_bytes;
    size_t text_size, likeness_size;
} round_t;

struct timeline {
    FILE *out;
    unsigned flags;
    uint64_t last_us; /* the time that was written last */
    round_t round;    /* what is held back */
    bool again;       /* it began with a SYN that was sent again */
    uint64_t round_us;
    uint64_t before_us; /* when the round before began */
    char *likeness;     /* of the round before; NULL: none */
    char *bare;         /* timeline_text(): where the text goes, and nothing else is written */
    size_t bare_size;
};

/* ---- rounds ---- */

static void open_round(round_t *round)
{
    *round = (round_t){0};
    round->text = text_open(&round->text_bytes, &round->text_size);
    round->likeness = text_open(&round->likeness_bytes, &round->likeness_size);
}

static void write_time(FILE *out, uint64_t us)
{
    fprintf(out, "%10.6f  ", (double)us / 1e6);
}

/* Writes what is held back: as one line, if it went as the round before. */
static void end_round(timeline_t *tl)
{
    fclose(tl->round.text);
    fclose(tl->round.likeness);
    if (tl->again && tl->likeness != NULL && strcmp(tl->likeness, tl->round.likeness_bytes) == 0) {
        write_time(tl->out, tl->round_us);
        fprintf(tl->out, "... %.3f s, SYN again: the same way\n",
                (double)(tl->round_us - tl->before_us) / 1e6);
    } else {
        fwrite(tl->round.text_bytes, 1, tl->round.text_size, tl->out);
    }
    free(tl->likeness);
    tl->likeness = tl->round.likeness_bytes;
    free(tl->round.text_bytes);
}

static void begin_round(timeline_t *tl, const trace_event_t *event, bool again)
{
    end_round(tl);
    tl->again = again;
    tl->before_us = tl->round_us;
    tl->round_us = event->time_us;
    open_round(&tl->round);
}

timeline_t *timeline_create(FILE *out, unsigned flags)
{
    timeline_t *tl = calloc(1, sizeof(*tl));
    if (tl == NULL)
        return NULL;
    tl->out = out;
    tl->flags = flags;
    tl->last_us = UINT64_MAX;
    open_round(&tl->round);
    return tl;
}

void timeline_destroy(timeline_t *tl)
{
    if (tl == NULL)
        return;
    end_round(tl);
    free(tl->likeness);
    free(tl);
}

/* ---- lines ---- */

/* Writes text from the present column on, broken at blanks where the line would be too long. */
static void write_wrapped(const timeline_t *tl, const char *text)
{
    size_t room = ((tl->flags & TIMELINE_NARROW) != 0 ? 79 : 99) - INDENT;
    while (strlen(text) > room) {
        size_t length = room;
        while (length > 0 && text[length] != ' ')
            length--;
        if (length == 0)
            break;
        fprintf(tl->round.text, "%.*s\n%*s", (int)length, text, INDENT, "");
        text += length + 1;
    }
    fprintf(tl->round.text, "%s\n", text);
}

/* A line: the time if it is another than on the line before, the station, the text. */
__attribute__((format(printf, 4, 5))) static void line(timeline_t *tl, const trace_event_t *event,
                                                       const char *station, const char *format, ...)
{
    char text[1024];
    va_list args;
    va_start(args, format);
    int used = event->host != NULL ? snprintf(text, sizeof(text), "[%s] ", event->host) : 0;
    vsnprintf(text + used, sizeof(text) - (size_t)used, format, args);
    va_end(args);
    if (used > 0 && text[used] == '\0')
        text[used - 1] = '\0';
    if (tl->bare != NULL) {
        snprintf(tl->bare, tl->bare_size, "%s", text);
        return;
    }

    FILE *out = tl->round.text;
    if (event->time_us != tl->last_us)
        write_time(out, event->time_us);
    else
        fprintf(out, "%12s", "");
    tl->last_us = event->time_us;
    if (text[0] != '\0')
        fprintf(out, "%-*s ", STATION_WIDTH - 1, station);
    if (text[0] != '\0')
        write_wrapped(tl, text);
    else
        fprintf(out, "%s\n", station);
    if (event->station != TRACE_CONNECT && event->station != TRACE_TIMER)
        fprintf(tl->round.likeness, "%s %s\n", station, text);
}

/* A line below the one before, in its text column. */
static void more(timeline_t *tl, const char *text)
{
    if (tl->bare == NULL)
        fprintf(tl->round.text, "%*s%s\n", INDENT, "", text);
}

static const char *endpoint(ip_endpoint_t e, char *buffer, size_t size)
{
    char address[IP_ADDRESS_TEXT_MAX];
    snprintf(buffer, size, "%s.%u", ip_address_text(&e.ie_addr, address, sizeof(address)),
             e.ie_port);
    return buffer;
}

/* The packet on a line; as it leaves TCP with its options below. */
static void packet_line(timeline_t *tl, const trace_event_t *event, const char *station,
                        const char *before)
{
    char text[512], options[300];
    struct packet p;
    unsigned what = PACKET_NO_OPTIONS;
    if ((tl->flags & TIMELINE_NARROW) != 0)
        what |= PACKET_NO_WINDOW;
    packet_text(event->bytes, event->length, &event->base, what, text, sizeof(text));
    line(tl, event, station, "%s%s", before, text);
    if ((tl->flags & TIMELINE_BRIEF) != 0 || event->station != TRACE_IP_WPUT_IRE ||
        !packet_parse(event->bytes, event->length, &p) || p.kind != PACKET_TCP ||
        p.options_length == 0 || (p.flags & PACKET_SYN) == 0)
        return;
    packet_options_text(p.options, p.options_length, text, sizeof(text));
    snprintf(options, sizeof(options), "<%.290s>", text);
    more(tl, options);
}

/* ---- the stations ---- */

static void put_rewrite(timeline_t *tl, const trace_event_t *event)
{
    struct packet_change changes[PACKET_CHANGES_MAX];
    char text[200];
    size_t count = event->before_length == event->length
                       ? packet_diff(event->before, event->bytes, event->length,
                                     &event->before_base, &event->base, changes)
                       : 0;
    if ((tl->flags & TIMELINE_BRIEF) != 0) {
        packet_line(tl, event, "  fr_make_rst", "the packet is now ");
        return;
    }
    line(tl, event, "  fr_make_rst", "the packet becomes the RST, in place:");
    for (size_t i = 0; i < count; i++) {
        if (!changes[i].changed)
            continue;
        snprintf(text, sizeof(text), "%-16s  %s -> %s", changes[i].name, changes[i].from,
                 changes[i].to);
        more(tl, text);
    }
}

static void put_rule(timeline_t *tl, const trace_event_t *event)
{
    if (event->number < 0)
        line(tl, event, "  fr_firewall", "no rule matched: %s", event->verdict ? "block" : "pass");
    else
        line(tl, event, "  fr_firewall", "@%s:%d %s", event->group != NULL ? event->group : "0",
             event->number, event->text);
}

static void put_refused(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    snprintf(station, sizeof(station), "  %s", event->name);
    line(tl, event, station, "%s", event->text);
}

static void put_hook(timeline_t *tl, const trace_event_t *event)
{
    if (event->verdict != 0)
        line(tl, event, "  hook", "%s: eaten", event->hook);
    else
        line(tl, event, "  hook", "%s: pass%s", event->hook,
             event->changed ? ", the packet changed" : "");
}

/* On loopback the interface is lo0, unless the address is another interface's own. */
static void put_hooks(timeline_t *tl, const trace_event_t *event)
{
    bool lo0 = event->ifname == NULL || strcmp(event->ifname, "lo0") == 0;
    line(tl, event, event->name, "%s%s%s", lo0 ? "" : event->ifname,
         lo0 || event->interested ? "" : ", ", event->interested ? "" : "no hooks");
}

/* Where the value of the hook that ate the packet goes. 1 is no errno: it says "eaten", no more. */
static void put_eaten(timeline_t *tl, const trace_event_t *event)
{
    if (event->text == NULL || (tl->flags & TIMELINE_BRIEF) != 0)
        return;
    const char *name = errno_name(event->verdict);
    /* A hook may return any number; 1 is what most of them do, and no errno. */
    if (event->verdict == 1 || strcmp(name, "E?") == 0)
        line(tl, event, "  FW_HOOKS", "%d %s", event->verdict, event->text);
    else
        line(tl, event, "  FW_HOOKS", "%s %s", name, event->text);
}

static void put_wire(timeline_t *tl, const trace_event_t *event)
{
    if (event->text != NULL)
        line(tl, event, "wire", "%s", event->text);
    else
        packet_line(tl, event, "wire", "");
}

/* Who a packet is for: the endpoint at `local`, which may be connected to `remote`. */
static void put_fanout(timeline_t *tl, const trace_event_t *event)
{
    char local[ENDPOINT_MAX], remote[ENDPOINT_MAX];
    const char *text = event->text != NULL ? event->text : "";
    const char *colon = event->text != NULL ? ": " : "";
    if (event->local.ie_port == 0) {
        line(tl, event, event->name, "%s", text);
        return;
    }
    endpoint(event->local, local, sizeof(local));
    endpoint(event->remote, remote, sizeof(remote));
    if (event->state == NULL)
        line(tl, event, event->name, "finds nobody at %s%s%s", local, colon, text);
    else if (strcmp(event->state, "LISTEN") == 0)
        line(tl, event, event->name, "finds the listener at %s%s%s", local, colon, text);
    else if (strcmp(event->state, "bound") == 0)
        line(tl, event, event->name, "finds the socket at %s%s%s", local, colon, text);
    else
        line(tl, event, event->name, "finds %s > %s, %s%s%s", local, remote, event->state, colon,
             text);
}

static void put_inject(timeline_t *tl, const trace_event_t *event)
{
    if (event->error != 0)
        line(tl, event, "  net_inject",
             "%s, interface %u: the route is %s, refused: %s, returns %d", event->name, event->phy,
             event->text, errno_name(event->error), event->verdict);
    else
        line(tl, event, "  net_inject", "%s, interface %u: %s, returns 0", event->name, event->phy,
             event->text);
}

static void put_endpoint(timeline_t *tl, const trace_event_t *event, const char *before,
                         const char *after)
{
    char local[ENDPOINT_MAX], remote[ENDPOINT_MAX];
    line(tl, event, trace_station_name(event), "%s%s > %s%s", before,
         endpoint(event->local, local, sizeof(local)),
         endpoint(event->remote, remote, sizeof(remote)), after);
}

static void put_fusion(timeline_t *tl, const trace_event_t *event)
{
    char after[80];
    snprintf(after, sizeof(after), ": %s", event->text);
    put_endpoint(tl, event, "", after);
}

static void put_errno(timeline_t *tl, const trace_event_t *event)
{
    char after[40];
    snprintf(after, sizeof(after), ": %s", errno_name(event->error));
    put_endpoint(tl, event, "", after);
}

static void put_timer(timeline_t *tl, const trace_event_t *event)
{
    if (event->remote.ie_port == 0)
        line(tl, event, "timer", "%s", event->text);
    else if (strcmp(event->text, "SYN again") == 0)
        line(tl, event, "timer", "%s", event->text);
    else
        put_endpoint(tl, event, "", ": the connect timer has run out");
}

/* ---- small stations ---- */

static void put_text(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, trace_station_name(event), "%s", event->text != NULL ? event->text : "");
}

static void put_ends(timeline_t *tl, const trace_event_t *event)
{
    put_endpoint(tl, event, "", "");
}

static void put_packet(timeline_t *tl, const trace_event_t *event)
{
    packet_line(tl, event, trace_station_name(event), "");
}

/* A copy of fused data is for the hooks, and goes no further. */
static void put_wput_ire(timeline_t *tl, const trace_event_t *event)
{
    if (event->text != NULL)
        packet_line(tl, event, "tcp_fuse_output", "a copy: ");
    else
        put_packet(tl, event);
}

static void put_wput_local(timeline_t *tl, const trace_event_t *event)
{
    if (event->verdict > 1)
        line(tl, event, "ip_wput_local", "nested %d deep", event->verdict);
    else
        line(tl, event, "ip_wput_local", "%s", "");
}

/* Stations of the filter are set in: they happen inside of a hook. */
static void put_filters_text(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    snprintf(station, sizeof(station), "  %s", trace_station_name(event));
    line(tl, event, station, "%s", event->text != NULL ? event->text : "");
}

static void put_known(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    snprintf(station, sizeof(station), "  %s", trace_station_name(event));
    line(tl, event, station, "known: %s, by %s", event->verdict ? "block" : "pass", event->text);
}

static void put_addstate(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, "  fr_addstate", "%s%s",
         event->text != NULL ? "no entry: " : "an entry is made",
         event->text != NULL ? event->text : "");
}

static void put_log(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, "  log", "%s", event->text != NULL ? event->text : "the packet, as it came");
}

static void put_icmp_rewrite(timeline_t *tl, const trace_event_t *event)
{
    packet_line(tl, event, "  fr_make_icmp", "the packet is now ");
}

static void put_send(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    snprintf(station, sizeof(station), "  %s", event->name);
    packet_line(tl, event, station, "");
}

static void (*const putters[])(timeline_t *tl, const trace_event_t *event) = {
    [TRACE_CALL] = put_text,
    [TRACE_NOTE] = put_text,
    [TRACE_CONNECT] = put_ends,
    [TRACE_CONNECTED] = put_ends,
    [TRACE_ERRNO] = put_errno,
    [TRACE_TIMER] = put_timer,
    [TRACE_IP_WPUT_IRE] = put_wput_ire,
    [TRACE_HOOKS_START] = put_hooks,
    [TRACE_HOOK] = put_hook,
    [TRACE_HOOKS_END] = put_eaten,
    [TRACE_IP_WPUT_LOCAL] = put_wput_local,
    [TRACE_SNOOP] = put_packet,
    [TRACE_WIRE] = put_wire,
    [TRACE_IP_RPUT] = put_packet,
    [TRACE_FANOUT] = put_fanout,
    [TRACE_RESET] = put_text,
    [TRACE_ICMP] = put_text,
    [TRACE_FUSION] = put_fusion,
    [TRACE_DISCARD] = put_text,
    [TRACE_NET_INJECT] = put_inject,
    [TRACE_FR_CHECKSTATE] = put_known,
    [TRACE_FR_KNOWNFRAG] = put_known,
    [TRACE_FR_ADDSTATE] = put_addstate,
    [TRACE_FR_FIREWALL] = put_rule,
    [TRACE_LOG] = put_log,
    [TRACE_FR_MAKE_RST] = put_rewrite,
    [TRACE_FR_MAKE_ICMP] = put_icmp_rewrite,
    [TRACE_FR_REFUSED] = put_refused,
    [TRACE_FR_SEND] = put_send,
    [TRACE_FR_FASTROUTE] = put_filters_text,
};

void timeline_text(const trace_event_t *event, char *text, size_t size)
{
    timeline_t tl = {.bare = text, .bare_size = size};
    text[0] = '\0';
    putters[event->station](&tl, event);
}

void timeline_event(void *arg, const trace_event_t *event)
{
    timeline_t *tl = arg;
    bool again = event->station == TRACE_TIMER && event->remote.ie_port != 0 &&
                 strcmp(event->text, "SYN again") == 0;
    if (event->station == TRACE_CONNECT || again)
        begin_round(tl, event, again);
    else if (event->time_us != tl->round_us && tl->again)
        begin_round(tl, event, false);
    putters[event->station](tl, event);
}

/* ---- the observer ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)self;
    (void)test;
    timeline_t *timeline = timeline_create(out, 0);
    if (timeline != NULL)
        trace_add_sink(box->trace, timeline_event, timeline);
    return timeline;
}

static void end(void *seen, const result_t *result)
{
    (void)result;
    timeline_destroy(seen);
}

observer_t timeline_observer(const char *option)
{
    return (observer_t){.option = option, .place = OBSERVER_TIMELINE, .begin = begin, .end = end};
}
