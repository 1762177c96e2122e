/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the timeline says of an event: a function for each station.
 */
#include "sim/base/errno_name.h"
#include "sim/core/trace_station.h"
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_text.h"
#include "sim/view/timeline_impl.h"
#include "sim/view/words.h"

#include <string.h>

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
    timeline_line(tl, event, station, "%s%s", before, text);
    if ((tl->flags & TIMELINE_BRIEF) != 0 || event->station != TRACE_IP_WPUT_IRE ||
        !packet_copy_parse(shown, &p) || p.kind != PACKET_TCP || p.options_length == 0 ||
        (p.flags & PACKET_SYN) == 0)
        return;
    packet_options_text(p.options, p.options_length, text, sizeof(text));
    snprintf(options, sizeof(options), "<%.290s>", text);
    timeline_more(tl, options);
}

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
    timeline_line(tl, event, "  fr_make_rst", "the packet becomes the RST, in place%s",
                  tl->bare != NULL ? "" : ":");
    for (size_t i = 0; i < count; i++) {
        if (!changes[i].changed)
            continue;
        snprintf(text, sizeof(text), "%-16s  %s -> %s", changes[i].name, changes[i].from,
                 changes[i].to);
        timeline_more(tl, text);
    }
}

static void put_rule(timeline_t *tl, const trace_event_t *event)
{
    char text[IPF_RULE_TEXT_MAX];
    if (event->rule.number < 0)
        timeline_line(tl, event, "  fr_firewall", "no rule matched: %s",
                      event->rule.block ? "block" : "pass");
    else
        timeline_line(tl, event, "  fr_firewall", "@%s:%d %s", event->rule.group,
                      event->rule.number, trace_rule_text(event, text));
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
    timeline_line(tl, event, set_in(event, station, sizeof(station)), "%s", event->refused.reason);
}

static void put_hook(timeline_t *tl, const trace_event_t *event)
{
    if (event->hook.value != 0)
        timeline_line(tl, event, "  hook", "%s: eaten", event->hook.name);
    else
        timeline_line(tl, event, "  hook", "%s: pass%s", event->hook.name,
                      event->hook.changed ? ", the packet changed" : "");
}

/* On loopback the interface is lo0, unless the address is another interface's own. */
static void put_hooks(timeline_t *tl, const trace_event_t *event)
{
    bool lo0 = event->ifname == NULL || strcmp(event->ifname, "lo0") == 0;
    bool any = event->hooks_start.any;
    timeline_line(tl, event, event->hooks_start.event, "%s%s%s", lo0 ? "" : event->ifname,
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
        timeline_line(tl, event, "  FW_HOOKS", "%d %s", value, fate);
    else
        timeline_line(tl, event, "  FW_HOOKS", "%s %s", name, fate);
}

static void put_wire(timeline_t *tl, const trace_event_t *event)
{
    const char *lost = words_wire(event->wire.fate);
    if (lost != NULL)
        timeline_line(tl, event, "wire", "%s", lost);
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
        timeline_line(tl, event, function, "%s", text);
        return;
    }
    words_endpoint(&event->fanout.local, local);
    words_endpoint(&event->fanout.remote, remote);
    if (state == NULL)
        timeline_line(tl, event, function, "finds nobody at %s%s%s", local, colon, text);
    else if (strcmp(state, "LISTEN") == 0)
        timeline_line(tl, event, function, "finds the listener at %s%s%s", local, colon, text);
    else if (strcmp(state, "bound") == 0)
        timeline_line(tl, event, function, "finds the socket at %s%s%s", local, colon, text);
    else
        timeline_line(tl, event, function, "finds %s > %s, %s%s%s", local, remote, state, colon,
                      text);
}

static void put_inject(timeline_t *tl, const trace_event_t *event)
{
    const char *style = event->inject.style, *route = words_route(event->inject.route);
    if (event->inject.error != 0)
        timeline_line(
            tl, event, "  net_inject", "%s, interface %u: the route is %s, refused: %s, returns %d",
            style, event->inject.phy, route, errno_name(event->inject.error), event->inject.value);
    else
        timeline_line(tl, event, "  net_inject", "%s, interface %u: %s, returns 0", style,
                      event->inject.phy, route);
}

static void put_ends_of(timeline_t *tl, const trace_event_t *event, const ip_endpoint_t *local,
                        const ip_endpoint_t *remote, const char *after)
{
    char here[WORDS_ENDPOINT_MAX], there[WORDS_ENDPOINT_MAX];
    timeline_line(tl, event, trace_station_name(event), "%s > %s%s%s", words_endpoint(local, here),
                  words_endpoint(remote, there), after != NULL ? ": " : "",
                  after != NULL ? after : "");
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
        timeline_line(tl, event, "timer", "SYN again");
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
    timeline_line(tl, event, event->call.process, "%s", words_call_text(&event->call, text));
}

static void put_note(timeline_t *tl, const trace_event_t *event)
{
    char text[WORDS_MAX];
    timeline_line(tl, event, "note", "%s", words_note(event, text));
}

static void put_reset(timeline_t *tl, const trace_event_t *event)
{
    timeline_line(tl, event, trace_station_name(event), "%s", "");
}

static void put_icmp(timeline_t *tl, const trace_event_t *event)
{
    timeline_line(tl, event, event->icmp.function, "%s", words_icmp(event->icmp.what));
}

static void put_discard(timeline_t *tl, const trace_event_t *event)
{
    timeline_line(tl, event, "discard", "%s", event->discard.reason);
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
        timeline_line(tl, event, "fault", "%s", words);
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
        timeline_line(tl, event, "ip_wput_local", "nested %u deep", event->received.depth);
    else
        timeline_line(tl, event, "ip_wput_local", "%s", "");
}

static void put_fastroute(timeline_t *tl, const trace_event_t *event)
{
    timeline_line(tl, event, "  fr_fastroute", "%s", event->fastroute.reason);
}

static void put_known(timeline_t *tl, const trace_event_t *event)
{
    char station[40], text[IPF_RULE_TEXT_MAX];
    timeline_line(tl, event, set_in(event, station, sizeof(station)), "known: %s, by %s",
                  event->rule.block ? "block" : "pass", trace_rule_text(event, text));
}

static void put_addstate(timeline_t *tl, const trace_event_t *event)
{
    const char *reason = event->kept.reason;
    timeline_line(tl, event, "  fr_addstate", "%s%s",
                  reason != NULL ? "no entry: " : "an entry is made", reason != NULL ? reason : "");
}

static void put_log(timeline_t *tl, const trace_event_t *event)
{
    timeline_line(tl, event, "  log", "%s",
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

void timeline_station(timeline_t *tl, const trace_event_t *event)
{
    putters[event->station](tl, event);
}
