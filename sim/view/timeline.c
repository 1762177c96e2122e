/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The timeline: a line for each event, the time where it changes.
 *
 * From one retransmitted SYN to the next, lines are held back, so that a round that went like the
 * one before can be folded into one line. All others are written at once.
 */
#include "sim/view/timeline.h"

#include "sim/base/errno_name.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_text.h"
#include "sim/view/words.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define TIME_WIDTH    12                           /* with two blanks */
#define STATION_WIDTH 16                           /* with a blank */
#define INDENT        (TIME_WIDTH + STATION_WIDTH) /* where the text begins */

/* The lines from one SYN on: as they are written, and without the parts that differ from SYN to
 * SYN. */
typedef struct round {
    FILE *text;     /* where its lines go */
    FILE *likeness; /* NULL: it is too long to be compared */
    bool held;      /* they are held back, in text_bytes */
    char *text_bytes, *likeness_bytes;
    size_t text_size, likeness_size, lines;
} round_t;

/* A round of more lines is not folded, so that nothing is held back for ever. */
#define ROUND_LINES_MAX 4096

struct timeline {
    FILE *out;
    unsigned flags;
    size_t width;
    uint64_t last_us; /* the time that was written last */
    round_t round;
    bool again; /* it began with a SYN that was sent again */
    uint64_t round_us;
    uint64_t before_us; /* when the round before began */
    char *likeness;     /* of the round before; NULL: none */
    char *bare;         /* timeline_text(): the text goes here, and nothing else is written */
    size_t bare_size;
};

/* ---- rounds ---- */

static void open_round(timeline_t *tl)
{
    round_t *round = &tl->round;
    *round = (round_t){.text = tl->out, .held = tl->again && tl->likeness != NULL};
    if (round->held)
        round->text = text_open(&round->text_bytes, &round->text_size);
    round->likeness = text_open(&round->likeness_bytes, &round->likeness_size);
}

static void drop_likeness(round_t *round)
{
    if (round->likeness == NULL)
        return;
    fclose(round->likeness);
    free(round->likeness_bytes);
    round->likeness = NULL;
    round->likeness_bytes = NULL;
}

/* Writes the lines that are held back unchanged; later lines are written at once. */
static void let_go(timeline_t *tl)
{
    round_t *round = &tl->round;
    if (!round->held)
        return;
    fclose(round->text);
    fwrite(round->text_bytes, 1, round->text_size, tl->out);
    free(round->text_bytes);
    round->text = tl->out;
    round->held = false;
}

static void count_line(timeline_t *tl)
{
    if (++tl->round.lines <= ROUND_LINES_MAX)
        return;
    let_go(tl);
    drop_likeness(&tl->round);
}

static void write_time(FILE *out, uint64_t us)
{
    fprintf(out, "%10.6f  ", (double)us / 1e6);
}

/* Writes the lines that are held back: as one line, if the round went like the one before. */
static void end_round(timeline_t *tl)
{
    round_t *round = &tl->round;
    if (round->likeness != NULL)
        fclose(round->likeness);
    if (round->held && strcmp(tl->likeness, round->likeness_bytes) == 0) {
        write_time(tl->out, tl->round_us);
        fprintf(tl->out, "... %.3f s, SYN again: the same way\n",
                (double)(tl->round_us - tl->before_us) / 1e6);
        fclose(round->text);
        free(round->text_bytes);
    } else {
        let_go(tl);
    }
    free(tl->likeness);
    tl->likeness = round->likeness_bytes;
}

static void begin_round(timeline_t *tl, const trace_event_t *event, bool again)
{
    end_round(tl);
    tl->again = again;
    tl->before_us = tl->round_us;
    tl->round_us = event->time_us;
    open_round(tl);
}

timeline_t *timeline_create(FILE *out, unsigned flags)
{
    timeline_t *tl = calloc(1, sizeof(*tl));
    if (tl == NULL)
        return NULL;
    tl->out = out;
    tl->flags = flags;
    tl->width = (flags & TIMELINE_NARROW) != 0 ? 80 : TIMELINE_WIDTH;
    tl->last_us = UINT64_MAX;
    open_round(tl);
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

void timeline_set_width(timeline_t *tl, size_t width)
{
    if (width < tl->width)
        tl->width = width;
}

/* ---- lines ---- */

/* Writes text from the current column on, broken at blanks if the line would be too long. `over`:
 * by how many columns a long station's name has moved it to the right. */
static void write_wrapped(const timeline_t *tl, const char *text, size_t over)
{
    size_t room = tl->width - 1 - INDENT - (tl->width < TIMELINE_WIDTH ? over : 0);
    while (strnlen(text, room + 1) > room) {
        size_t length = room;
        while (length > 0 && text[length] != ' ')
            length--;
        if (length == 0)
            break;
        fprintf(tl->round.text, "%.*s\n%*s", (int)length, text, INDENT, "");
        text += length + 1;
    }
    fputs(text, tl->round.text);
    fputc('\n', tl->round.text);
}

static void write_blanks(FILE *out, size_t count)
{
    static const char blanks[] = "                            ";
    _Static_assert(sizeof(blanks) == INDENT + 1, "INDENT");
    fwrite(blanks, 1, count, out);
}

/* The station's name, in its column. */
static void write_station(FILE *out, const char *station, size_t length)
{
    fwrite(station, 1, length, out);
    write_blanks(out, length < STATION_WIDTH ? STATION_WIDTH - length : 1);
}

static void write_likeness(FILE *out, const char *station, const char *text)
{
    fputs(station, out);
    fputc(' ', out);
    fputs(text, out);
    fputc('\n', out);
}

/* A line: the time if it differs from the line before, the station, the text. */
static void put_line(timeline_t *tl, const trace_event_t *event, const char *station,
                     const char *text)
{
    FILE *out = tl->round.text;
    size_t length = strlen(station);
    if (event->time_us != tl->last_us)
        write_time(out, event->time_us);
    else
        write_blanks(out, TIME_WIDTH);
    tl->last_us = event->time_us;
    if (text[0] != '\0') {
        write_station(out, station, length);
        write_wrapped(tl, text, length >= STATION_WIDTH ? length - STATION_WIDTH + 1 : 0);
    } else {
        fputs(station, out);
        fputc('\n', out);
    }
    bool alike = event->station != TRACE_CONNECT && event->station != TRACE_TIMER;
    if (alike && tl->round.likeness != NULL)
        write_likeness(tl->round.likeness, station, text);
    count_line(tl);
}

/* The same, of a format. */
__attribute__((format(printf, 4, 5))) static void line(timeline_t *tl, const trace_event_t *event,
                                                       const char *station, const char *format, ...)
{
    char said[IPF_RULE_TEXT_MAX + 200];
    va_list args;
    va_start(args, format);
    int used = event->host != NULL ? snprintf(said, sizeof(said), "[%s] ", event->host) : 0;
    vsnprintf(said + used, sizeof(said) - (size_t)used, format, args);
    va_end(args);
    if (used > 0 && said[used] == '\0')
        said[used - 1] = '\0';
    char *text = visible_line(said);
    if (tl->bare != NULL)
        snprintf(tl->bare, tl->bare_size, "%s", text);
    else
        put_line(tl, event, station, text);
    free(text);
}

/* A further line, in the text column. */
static void more(timeline_t *tl, const char *text)
{
    if (tl->bare != NULL)
        return;
    fprintf(tl->round.text, "%*s", INDENT, "");
    write_wrapped(tl, text, 0);
}

/* A packet's line; when the packet leaves TCP, its options follow below. */
static void packet_line(timeline_t *tl, const trace_event_t *event, const char *station,
                        const char *before)
{
    const packet_copy_t *shown = trace_shown(event);
    char text[512], options[300];
    struct packet p;
    unsigned what = PACKET_NO_OPTIONS;
    if ((tl->flags & TIMELINE_NARROW) != 0)
        what |= PACKET_NO_WINDOW;
    packet_copy_text(shown, what, text, sizeof(text));
    line(tl, event, station, "%s%s", before, text);
    if ((tl->flags & TIMELINE_BRIEF) != 0 || event->station != TRACE_IP_WPUT_IRE ||
        !packet_copy_parse(shown, &p) || p.kind != PACKET_TCP || p.options_length == 0 ||
        (p.flags & PACKET_SYN) == 0)
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
    const packet_copy_t *before = event->rewrite.before, *now = event->copy;
    size_t count = before != NULL && before->length == now->length
                       ? packet_diff(before->bytes, now->bytes, now->length, &before->base,
                                     &now->base, changes)
                       : 0;
    if ((tl->flags & TIMELINE_BRIEF) != 0) {
        packet_line(tl, event, "  fr_make_rst", "the packet is now ");
        return;
    }
    line(tl, event, "  fr_make_rst", "the packet becomes the RST, in place%s",
         tl->bare != NULL ? "" : ":");
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
    char text[IPF_RULE_TEXT_MAX];
    if (event->rule.number < 0)
        line(tl, event, "  fr_firewall", "no rule matched: %s",
             event->rule.block ? "block" : "pass");
    else
        line(tl, event, "  fr_firewall", "@%s:%d %s", event->rule.group, event->rule.number,
             trace_rule_text(event, text));
}

/* A station of the filter: it is indented, since it is inside a hook. */
static const char *set_in(const trace_event_t *event, char *station, size_t size)
{
    snprintf(station, size, "  %s", trace_station_name(event));
    return station;
}

static void put_refused(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    line(tl, event, set_in(event, station, sizeof(station)), "%s", event->refused.reason);
}

static void put_hook(timeline_t *tl, const trace_event_t *event)
{
    if (event->hook.value != 0)
        line(tl, event, "  hook", "%s: eaten", event->hook.name);
    else
        line(tl, event, "  hook", "%s: pass%s", event->hook.name,
             event->hook.changed ? ", the packet changed" : "");
}

/* On loopback the interface is lo0, unless the address is another interface's own. */
static void put_hooks(timeline_t *tl, const trace_event_t *event)
{
    bool lo0 = event->ifname == NULL || strcmp(event->ifname, "lo0") == 0;
    bool any = event->hooks_start.any;
    line(tl, event, event->hooks_start.event, "%s%s%s", lo0 ? "" : event->ifname,
         lo0 || any ? "" : ", ", any ? "" : "no hooks");
}

/* What happens to the value of the hook that ate the packet. 1 is no errno: it only means
 * "eaten". */
static void put_eaten(timeline_t *tl, const trace_event_t *event)
{
    const char *fate = words_hook_fate(event->hooks_end.fate);
    int value = event->hooks_end.value;
    if (fate == NULL || (tl->flags & TIMELINE_BRIEF) != 0)
        return;
    const char *name = errno_name(value);
    /* A hook may return any number. Most return 1, which is no errno. */
    if (value == 1 || strcmp(name, "E?") == 0)
        line(tl, event, "  FW_HOOKS", "%d %s", value, fate);
    else
        line(tl, event, "  FW_HOOKS", "%s %s", name, fate);
}

static void put_wire(timeline_t *tl, const trace_event_t *event)
{
    const char *lost = words_wire(event->wire.fate);
    if (lost != NULL)
        line(tl, event, "wire", "%s", lost);
    else
        packet_line(tl, event, "wire", "");
}

/* A packet's receiver: the endpoint at `local`, which may be connected to `remote`. */
static void put_fanout(timeline_t *tl, const trace_event_t *event)
{
    char local[WORDS_ENDPOINT_MAX], remote[WORDS_ENDPOINT_MAX];
    const char *function = event->fanout.function, *state = event->fanout.state;
    const char *text = event->fanout.reason != NULL ? event->fanout.reason : "";
    const char *colon = event->fanout.reason != NULL ? ": " : "";
    if (event->fanout.local.ie_port == 0) {
        line(tl, event, function, "%s", text);
        return;
    }
    words_endpoint(&event->fanout.local, local);
    words_endpoint(&event->fanout.remote, remote);
    if (state == NULL)
        line(tl, event, function, "finds nobody at %s%s%s", local, colon, text);
    else if (strcmp(state, "LISTEN") == 0)
        line(tl, event, function, "finds the listener at %s%s%s", local, colon, text);
    else if (strcmp(state, "bound") == 0)
        line(tl, event, function, "finds the socket at %s%s%s", local, colon, text);
    else
        line(tl, event, function, "finds %s > %s, %s%s%s", local, remote, state, colon, text);
}

static void put_inject(timeline_t *tl, const trace_event_t *event)
{
    const char *style = event->inject.style, *route = words_route(event->inject.route);
    if (event->inject.error != 0)
        line(tl, event, "  net_inject",
             "%s, interface %u: the route is %s, refused: %s, returns %d", style, event->inject.phy,
             route, errno_name(event->inject.error), event->inject.value);
    else
        line(tl, event, "  net_inject", "%s, interface %u: %s, returns 0", style, event->inject.phy,
             route);
}

static void put_ends_of(timeline_t *tl, const trace_event_t *event, const ip_endpoint_t *local,
                        const ip_endpoint_t *remote, const char *after)
{
    char here[WORDS_ENDPOINT_MAX], there[WORDS_ENDPOINT_MAX];
    line(tl, event, trace_station_name(event), "%s > %s%s%s", words_endpoint(local, here),
         words_endpoint(remote, there), after != NULL ? ": " : "", after != NULL ? after : "");
}

static void put_fusion(timeline_t *tl, const trace_event_t *event)
{
    put_ends_of(tl, event, &event->fusion.local, &event->fusion.remote, words_fusion(event));
}

static void put_end(timeline_t *tl, const trace_event_t *event)
{
    put_ends_of(tl, event, &event->end.local, &event->end.remote,
                event->station == TRACE_ERRNO ? errno_name(event->end.error) : NULL);
}

static void put_timer(timeline_t *tl, const trace_event_t *event)
{
    switch (event->timer.which) {
    case IP_TIMER_SYN:
        line(tl, event, "timer", "SYN again");
        break;
    case IP_TIMER_CONNECT:
        put_ends_of(tl, event, &event->timer.local, &event->timer.remote,
                    "the connect timer has run out");
        break;
    default:
        put_ends_of(tl, event, &event->timer.local, &event->timer.remote, words_timer(event));
    }
}

/* ---- small stations ---- */

static void put_call(timeline_t *tl, const trace_event_t *event)
{
    char text[WORDS_MAX];
    line(tl, event, event->call.process, "%s", words_call_text(&event->call, text));
}

static void put_note(timeline_t *tl, const trace_event_t *event)
{
    char text[WORDS_MAX];
    line(tl, event, "note", "%s", words_note(event, text));
}

static void put_reset(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, trace_station_name(event), "%s", "");
}

static void put_icmp(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, event->icmp.function, "%s", words_icmp(event->icmp.what));
}

static void put_discard(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, "discard", "%s", event->discard.reason);
}

/* What was done to the packet; and the packet itself, if it has changed or had been held back. */
static void put_fault(timeline_t *tl, const trace_event_t *event)
{
    char words[WORDS_MAX], before[WORDS_MAX + 2];
    ip_fault_what_t what = event->fault.what;
    words_fault(event, words);
    if (what == IP_FAULT_CORRUPT || what == IP_FAULT_COPY || what == IP_FAULT_GOES_ON) {
        snprintf(before, sizeof(before), "%s: ", words);
        packet_line(tl, event, "fault", before);
    } else {
        line(tl, event, "fault", "%s", words);
    }
}

static void put_packet(timeline_t *tl, const trace_event_t *event)
{
    packet_line(tl, event, trace_station_name(event), "");
}

/* A copy of fused data is for the hooks only. */
static void put_sent(timeline_t *tl, const trace_event_t *event)
{
    if (event->sent.is_copy)
        packet_line(tl, event, "tcp_fuse_output", "a copy: ");
    else
        put_packet(tl, event);
}

static void put_received(timeline_t *tl, const trace_event_t *event)
{
    if (event->received.depth > 1)
        line(tl, event, "ip_wput_local", "nested %u deep", event->received.depth);
    else
        line(tl, event, "ip_wput_local", "%s", "");
}

static void put_fastroute(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, "  fr_fastroute", "%s", event->fastroute.reason);
}

static void put_known(timeline_t *tl, const trace_event_t *event)
{
    char station[40], text[IPF_RULE_TEXT_MAX];
    line(tl, event, set_in(event, station, sizeof(station)), "known: %s, by %s",
         event->rule.block ? "block" : "pass", trace_rule_text(event, text));
}

static void put_addstate(timeline_t *tl, const trace_event_t *event)
{
    const char *reason = event->kept.reason;
    line(tl, event, "  fr_addstate", "%s%s", reason != NULL ? "no entry: " : "an entry is made",
         reason != NULL ? reason : "");
}

static void put_log(timeline_t *tl, const trace_event_t *event)
{
    line(tl, event, "  log", "%s",
         event->kept.reason != NULL ? event->kept.reason : "the packet, as it came");
}

static void put_icmp_rewrite(timeline_t *tl, const trace_event_t *event)
{
    packet_line(tl, event, "  fr_make_icmp", "the packet is now ");
}

static void put_reply(timeline_t *tl, const trace_event_t *event)
{
    char station[40];
    packet_line(tl, event, set_in(event, station, sizeof(station)), "");
}

static void (*const putters[])(timeline_t *tl, const trace_event_t *event) = {
    [TRACE_CALL] = put_call,
    [TRACE_NOTE] = put_note,
    [TRACE_CONNECT] = put_end,
    [TRACE_CONNECTED] = put_end,
    [TRACE_ERRNO] = put_end,
    [TRACE_TIMER] = put_timer,
    [TRACE_IP_WPUT_IRE] = put_sent,
    [TRACE_HOOKS_START] = put_hooks,
    [TRACE_HOOK] = put_hook,
    [TRACE_HOOKS_END] = put_eaten,
    [TRACE_IP_WPUT_LOCAL] = put_received,
    [TRACE_SNOOP] = put_packet,
    [TRACE_WIRE] = put_wire,
    [TRACE_IP_RPUT] = put_packet,
    [TRACE_FANOUT] = put_fanout,
    [TRACE_RESET] = put_reset,
    [TRACE_ICMP] = put_icmp,
    [TRACE_FUSION] = put_fusion,
    [TRACE_DISCARD] = put_discard,
    [TRACE_FAULT] = put_fault,
    [TRACE_NET_INJECT] = put_inject,
    [TRACE_FR_CHECKSTATE] = put_known,
    [TRACE_FR_KNOWNFRAG] = put_known,
    [TRACE_FR_ADDSTATE] = put_addstate,
    [TRACE_FR_FIREWALL] = put_rule,
    [TRACE_LOG] = put_log,
    [TRACE_FR_MAKE_RST] = put_rewrite,
    [TRACE_FR_MAKE_ICMP] = put_icmp_rewrite,
    [TRACE_FR_REFUSED] = put_refused,
    [TRACE_FR_SEND] = put_reply,
    [TRACE_FR_FASTROUTE] = put_fastroute,
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
    bool again = event->station == TRACE_TIMER && event->timer.which == IP_TIMER_SYN;
    if (event->station == TRACE_CONNECT || again)
        begin_round(tl, event, again);
    else if (event->time_us != tl->round_us && tl->again)
        begin_round(tl, event, false);
    putters[event->station](tl, event);
}

/* ---- the observer ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    const size_t *width = self->arg;
    (void)test;
    timeline_t *timeline = timeline_create(out, 0);
    if (timeline == NULL)
        return NULL;
    if (width != NULL)
        timeline_set_width(timeline, *width);
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

observer_t timeline_observer_narrow(const char *option, const size_t *width)
{
    return (observer_t){
        .option = option, .place = OBSERVER_OUTPUT, .begin = begin, .end = end, .arg = width};
}
