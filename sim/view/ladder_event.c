/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder: what each event draws. Events that draw nothing (a hook that passes, an option) are
 * in the timeline and in the page's list of events.
 */
#include "sim/base/errno_name.h"
#include "sim/base/text.h"
#include "sim/core/trace_station.h"
#include "sim/view/ladder.h"
#include "sim/view/ladder_build.h"
#include "sim/view/words.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Moves a packet to a column: in the previous step, if that is part of the same move.
 * => Returns the step; NULL if it is there already. */
static ladder_step_t *move(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet,
                           ladder_column_t to)
{
    ladder_step_t *last = ladder->count > 0 ? &ladder->steps[ladder->count - 1] : NULL;
    if (packet->at == to)
        return NULL;
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
    move(ladder, event, ladder_packet_of(ladder, event), hook_column(event->hooks_start.event));
    ladder->blocked = SIZE_MAX;
    ladder->became = false;
}

static void on_verdict(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    bool known = event->station != TRACE_FR_FIREWALL;
    char rule[64] = "no rule", text[IPF_RULE_TEXT_MAX];
    if (packet == NULL)
        return;
    if (!known && event->rule.number >= 0)
        snprintf(rule, sizeof(rule), "@%.40s:%d", event->rule.group, event->rule.number);
    else if (known)
        snprintf(rule, sizeof(rule), "known");
    if (!event->rule.block) {
        ladder_step_t *look = ladder_add(ladder, event, LADDER_LOOK, packet->at, LADDER_FILTER);
        ladder_set_text(look, "pass: %s", rule);
        return;
    }
    ladder->open = false;
    ladder_step_t *step = move(ladder, event, packet, LADDER_FILTER);
    ladder->open = false;
    if (step == NULL) /* it is being judged again */
        step = ladder_add(ladder, event, LADDER_SAY, LADDER_FILTER, LADDER_FILTER);
    ladder->blocked = (size_t)(step - ladder->steps);
    if (trace_rule_text(event, text) != NULL)
        ladder_set_text(step, "%s %s", rule, text);
    else
        ladder_set_text(step, "%s: block", rule);
}

/* A segment, but not one that fr_make_rst rewrites. */
static bool is_no_syn_or_fin(const packet_copy_t *copy)
{
    struct packet p;
    return packet_copy_parse(copy, &p) && p.kind == PACKET_TCP &&
           (p.flags & (PACKET_SYN | PACKET_FIN)) == 0;
}

static void become(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet,
                   const char *who)
{
    char before[sizeof(packet->name)];
    strcpy(before, packet->name);
    ladder_name_packet(ladder, event, packet);
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
    ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    ladder_seen_t *seen = &ladder->seen;
    if (packet == NULL)
        return;
    strcpy(seen->before, packet->name);
    become(ladder, event, packet, function);
    strcpy(seen->after, packet->name);
    seen->by_rst = event->station == TRACE_FR_MAKE_RST;
    if (seen->by_rst && is_no_syn_or_fin(event->rewrite.before))
        seen->data_changed = true;
}

static void on_refused(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    say(ladder, event, LADDER_FILTER, LADDER_BAD, "%s: %s", event->refused.function,
        event->refused.reason);
    bool rewrite = strcmp(event->refused.function, "fr_make_rst") == 0 ||
                   strcmp(event->refused.function, "fr_make_icmp") == 0;
    if (packet != NULL && rewrite && is_no_syn_or_fin(event->copy))
        strcpy(ladder->seen.refused, packet->name);
}

static void on_reply(ladder_t *ladder, const trace_event_t *event)
{
    ladder->reply = (ladder_packet_t){.at = LADDER_FILTER, .tone = LADDER_REPLY};
    ladder_name_packet(ladder, event, &ladder->reply);
    say(ladder, event, LADDER_FILTER, LADDER_REPLY, "%s: a %s of its own", event->reply.function,
        ladder->reply.name);
}

static void on_inject(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t reply = ladder->reply;
    const char *route = words_route(event->inject.route);
    ladder->reply.name[0] = '\0';
    if (event->inject.error == 0) {
        say(ladder, event, LADDER_FILTER, LADDER_REPLY, "net_inject: %s", route);
        return;
    }
    if (reply.name[0] == '\0') /* a hook's own */
        reply = (ladder_packet_t){.tone = LADDER_REPLY, .name = "packet"};
    ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, LADDER_FILTER, LADDER_FILTER);
    ladder_set_packet(step, &reply);
    ladder_set_text(step, "net_inject: %s, lost: %s", route, errno_name(event->inject.error));
    strcpy(ladder->seen.reply, reply.name);
}

static void on_hook(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    bool ate = event->hook.value != 0;
    if (packet == NULL)
        return;
    if (ate && ladder->blocked != SIZE_MAX) {
        ladder->steps[ladder->blocked].kind = LADDER_LOST;
        strcpy(ladder->seen.eaten, packet->name);
    } else if (ate) {
        ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, packet->at, packet->at);
        ladder_set_packet(step, packet);
        ladder_set_text(step, "%s eats the %s", event->hook.name, packet->name);
    } else if (event->hook.changed && !ladder->became) {
        become(ladder, event, packet, event->hook.name);
    }
    if (!ate && packet->at == LADDER_FILTER) { /* it continues from where it was inspected */
        move(ladder, event, packet, hook_column(event->hook.event));
        ladder->open = false;
    }
    ladder->became = false;
}

/* In mode `errno` the verdict itself is the reply. */
static void on_hooks_end(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    if (event->hooks_end.fate != IP_HOOK_FATE_CALLER || packet == NULL)
        return;
    const char *name = errno_name(event->hooks_end.value);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_MOVE, packet->at, packet->origin);
    step->tone = LADDER_REPLY;
    step->name = text_copy(name);
    ladder_set_text(step, "%s %s", name, words_hook_fate(event->hooks_end.fate));
    ladder->seen.to_caller = true;
}

/* ---- the path ---- */

static void on_wput_ire(ladder_t *ladder, const trace_event_t *event)
{
    ladder_column_t from = ladder_sender(ladder, event, false);
    if (ladder->stack_answers)
        from = LADDER_TRANSPORT;
    ladder->stack_answers = false;
    ladder_packet_t *packet = ladder_add_packet(ladder, event, from, LADDER_SENT);
    if (ladder->reply.name[0] != '\0' && strcmp(ladder->reply.name, packet->name) == 0 &&
        strcmp(ladder->reply.ports, packet->ports) == 0) {
        packet->origin = packet->at = LADDER_FILTER; /* it came by net_loopback */
        packet->tone = LADDER_REPLY;
        strcpy(ladder->seen.looped, packet->name);
        ladder->reply.name[0] = '\0';
    }
    if (!event->sent.is_copy) {
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
    const ladder_packet_t *packet = ladder_packet_of(ladder, event);
    ladder_seen_t *seen = &ladder->seen;
    size_t used = strlen(seen->snoop);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_SNOOP, packet->at, packet->at);
    ladder_set_packet(step, packet);
    if (packet->at == LADDER_LOOPBACK_IN)
        seen->snoop_is_late = true;
    if (used + strlen(packet->name) + 3 < sizeof(seen->snoop) && !seen->snoop_is_full)
        sprintf(seen->snoop + used, "%s%s", used > 0 ? ", " : "", packet->name);
    else
        seen->snoop_is_full = true;
}

static void on_wire(ladder_t *ladder, const trace_event_t *event)
{
    const char *lost = words_wire(event->wire.fate);
    ladder_step_t *step = move(ladder, event, ladder_packet_of(ladder, event), LADDER_REMOTE);
    ladder->open = false;
    if (lost != NULL && step != NULL) {
        step->kind = LADDER_LOST;
        ladder_set_text(step, "%s", lost);
    }
}

static void on_rput(ladder_t *ladder, const trace_event_t *event)
{
    ladder_packet_t *packet = ladder_find_packet(ladder, event->packet);
    ladder_sender(ladder, event, true);
    if (packet == NULL)
        packet = ladder_add_packet(ladder, event, LADDER_REMOTE, LADDER_SENT);
    move(ladder, event, packet, LADDER_IP_RPUT);
}

static void on_fanout(ladder_t *ladder, const trace_event_t *event)
{
    char local[WORDS_ENDPOINT_MAX];
    ladder_packet_t *packet = ladder_packet_of(ladder, event);
    const char *text = event->fanout.reason != NULL ? event->fanout.reason : "";
    const char *colon = event->fanout.reason != NULL ? ": " : "";
    move(ladder, event, packet, LADDER_TRANSPORT);
    if (event->fanout.local.ie_port == 0) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s%s%s", event->fanout.function, colon,
            text);
        ladder->stack_answers = event->fanout.answered;
    } else if (event->fanout.state == NULL) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "nobody at %s%s%s",
            words_endpoint(&event->fanout.local, local), colon, text);
    } else {
        ladder_column_t to = ladder_side(ladder, &event->fanout.local, &event->fanout.remote);
        move(ladder, event, packet, to);
        if (event->fanout.reason != NULL)
            say(ladder, event, to, LADDER_PLAIN, "%s", text);
    }
}

static void on_discard(ladder_t *ladder, const trace_event_t *event)
{
    const ladder_packet_t *packet = ladder_packet_of(ladder, event);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, packet->at, packet->at);
    ladder_set_packet(step, packet);
    ladder_set_text(step, "discarded: %s", event->discard.reason);
}

/* A copy begins where its packet was duplicated; a packet that is held back stays where it is. */
static void on_fault(ladder_t *ladder, const trace_event_t *event)
{
    char text[WORDS_MAX];
    ladder_packet_t *packet = ladder_packet_of(ladder, event);
    ip_fault_what_t what = event->fault.what;
    words_fault(event, text);
    if (what == IP_FAULT_DROP) {
        ladder_step_t *step = ladder_add(ladder, event, LADDER_LOST, packet->at, packet->at);
        ladder_set_packet(step, packet);
        ladder_set_text(step, "fault: %s", text);
    } else if (what == IP_FAULT_CORRUPT) {
        become(ladder, event, packet, "a fault");
        ladder->became = false;
    } else {
        say(ladder, event, packet->at, LADDER_BAD, "fault: the %s: %s", packet->name, text);
    }
    ladder->open = false;
}

static void on_fusion(ladder_t *ladder, const trace_event_t *event)
{
    ladder_column_t from =
        ladder_side_of_event(ladder, event, &event->fusion.local, &event->fusion.remote);
    if (event->fusion.what != IP_HANDED_OVER) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s: %s", event->fusion.function,
            words_fusion(event));
        return;
    }
    ladder_step_t *step = ladder_add(ladder, event, LADDER_MOVE, from,
                                     from == LADDER_CLIENT ? LADDER_SERVER : LADDER_CLIENT);
    step->name = text_copy("data, past IP");
    step->tone = LADDER_GOOD;
}

/* ---- ends, timers, calls ---- */

static void on_end(ladder_t *ladder, const trace_event_t *event)
{
    bool failed = event->station == TRACE_ERRNO;
    ladder_column_t at = ladder_side_of_event(ladder, event, &event->end.local, &event->end.remote);
    ladder_step_t *step = ladder_add(ladder, event, LADDER_END, at, at);
    bool refused = failed && event->end.error == ECONNREFUSED;
    step->failed = failed;
    step->tone = failed && !refused ? LADDER_BAD : LADDER_GOOD;
    ladder_set_text(step, "%s", failed ? errno_name(event->end.error) : "connected");
}

static bool is_connects(const trace_event_t *event)
{
    return event->timer.which == IP_TIMER_SYN || event->timer.which == IP_TIMER_CONNECT;
}

static void on_timer(ladder_t *ladder, const trace_event_t *event)
{
    if (!is_connects(event)) {
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s", words_timer(event));
        return;
    }
    bool again = event->timer.which == IP_TIMER_SYN;
    ladder_step_t *step =
        say(ladder, event,
            ladder_side_of_event(ladder, event, &event->timer.local, &event->timer.remote),
            again ? LADDER_PLAIN : LADDER_BAD, "%s",
            again ? "the SYN again" : "the connect timer has run out");
    step->again = again && event->host == NULL;
    ladder->seen.timed_out = ladder->seen.timed_out || !again;
}

static void on_connect(ladder_t *ladder, const trace_event_t *event)
{
    char remote[WORDS_ENDPOINT_MAX];
    const ip_endpoint_t *from = &event->end.local, *to = &event->end.remote;
    ladder_add_flow(ladder, *from, *to, event->host != NULL);
    ladder_step_t *step = say(ladder, event, ladder_side_of_event(ladder, event, from, to),
                              LADDER_PLAIN, "connect %s", words_endpoint(to, remote));
    step->begins = event->host == NULL;
}

static void on_call(ladder_t *ladder, const trace_event_t *event)
{
    char text[WORDS_MAX];
    ladder->stack_answers = false;
    say(ladder, event, ladder_side_of_process(ladder, &event->call), LADDER_PLAIN, "%s: %s",
        event->call.process, words_call_text(&event->call, text));
}

static void on_note(ladder_t *ladder, const trace_event_t *event)
{
    char text[WORDS_MAX];
    say(ladder, event, LADDER_CLIENT, LADDER_PLAIN, "note: %s", words_note(event, text));
}

/* Of a remote host's events only the ends of connections are drawn. */
static void on_remote(ladder_t *ladder, const trace_event_t *event)
{
    ladder_see_host(ladder, event->host);
    if (event->station == TRACE_CONNECT)
        on_connect(ladder, event);
    else if (event->station == TRACE_CONNECTED || event->station == TRACE_ERRNO)
        on_end(ladder, event);
    else if (event->station == TRACE_TIMER && is_connects(event))
        on_timer(ladder, event);
}

static void on_filter(ladder_t *ladder, const trace_event_t *event)
{
    bool keeps = event->station == TRACE_FR_ADDSTATE || event->station == TRACE_LOG;
    const char *reason = keeps ? event->kept.reason : NULL;
    switch (event->station) {
    case TRACE_FR_FIREWALL:
    case TRACE_FR_CHECKSTATE:
    case TRACE_FR_KNOWNFRAG:
        on_verdict(ladder, event);
        break;
    case TRACE_FR_ADDSTATE:
        say(ladder, event, LADDER_FILTER, LADDER_PLAIN, "keep state: %s%s",
            reason != NULL ? "no entry: " : "an entry is made", reason != NULL ? reason : "");
        break;
    case TRACE_LOG:
        say(ladder, event, LADDER_FILTER, LADDER_PLAIN, "logged%s%s", reason != NULL ? ": " : "",
            reason != NULL ? reason : "");
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
        break; /* fr_fastroute repeats net_inject's result */
    }
}

static void on_box(ladder_t *ladder, const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_CALL:
        on_call(ladder, event);
        break;
    case TRACE_NOTE:
        on_note(ladder, event);
        break;
    case TRACE_CONNECT:
        on_connect(ladder, event);
        break;
    case TRACE_CONNECTED:
    case TRACE_ERRNO:
        on_end(ladder, event);
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
        move(ladder, event, ladder_packet_of(ladder, event), LADDER_IP_WPUT_LOCAL);
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
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s", trace_station_name(event));
        ladder->stack_answers = true;
        break;
    case TRACE_ICMP:
        say(ladder, event, LADDER_TRANSPORT, LADDER_PLAIN, "%s: %s", event->icmp.function,
            words_icmp(event->icmp.what));
        ladder->stack_answers = true;
        break;
    case TRACE_FUSION:
        on_fusion(ladder, event);
        break;
    case TRACE_DISCARD:
        on_discard(ladder, event);
        break;
    case TRACE_FAULT:
        on_fault(ladder, event);
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
