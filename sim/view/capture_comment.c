/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What happens while a packet is passing its hooks becomes a comment on it. Only one packet does so
 * at a time: packets that a hook sends are queued, or go out past all hooks.
 */
#include "sim/view/capture_comment.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/packet/packet_text.h"
#include "sim/view/words.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PACKET_TEXT_MAX 512
#define COMMENT_MAX     (2 * PACKET_TEXT_MAX + 200)

typedef struct comment {
    uint32_t packet;
    char *text;
} comment_t;

struct capture_comments {
    uint32_t packet;   /* the one that is passing its hooks */
    const char *event; /* LOOPBACK_OUT, ...; NULL: no packet is passing its hooks */
    comment_t *list;
    size_t count, room;
    const char *sender; /* the filter's function whose packet is on its way */
};

capture_comments_t *capture_comments_create(void)
{
    return calloc(1, sizeof(capture_comments_t));
}

void capture_comments_clear(capture_comments_t *comments)
{
    for (size_t i = 0; i < comments->count; i++)
        free(comments->list[i].text);
    comments->count = 0;
}

void capture_comments_destroy(capture_comments_t *comments)
{
    if (comments == NULL)
        return;
    capture_comments_clear(comments);
    free(comments->list);
    free(comments);
}

bool capture_comments_within(const capture_comments_t *comments)
{
    return comments->event != NULL;
}

size_t capture_comments_of(const capture_comments_t *comments, uint32_t packet,
                           const char *texts[CAPTURE_COMMENTS_MAX])
{
    size_t found = 0;
    for (size_t i = 0; packet != 0 && i < comments->count && found < CAPTURE_COMMENTS_MAX; i++) {
        if (comments->list[i].packet == packet)
            texts[found++] = comments->list[i].text;
    }
    return found;
}

/* The names of all hook events: the string in an event is valid during the call only. */
static const char *event_name(const char *name)
{
    static const char *const names[] = {NH_LOOPBACK_OUT, NH_LOOPBACK_IN, NH_PHYSICAL_OUT,
                                        NH_PHYSICAL_IN};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return names[i];
    }
    return "hooks";
}

/* ---- comments ---- */

static void add(capture_comments_t *comments, uint32_t packet, char *text)
{
    if (comments->count == comments->room) {
        comments->room = comments->room == 0 ? 8 : comments->room * 2;
        comments->list = realloc(comments->list, comments->room * sizeof(*comments->list));
    }
    if (comments->list == NULL || text == NULL)
        must_end();
    comments->list[comments->count++] = (comment_t){packet, text};
}

/* Adds a comment on `packet` about the hooks that are running. */
__attribute__((format(printf, 3, 4))) static void
comment_on(capture_comments_t *comments, uint32_t packet, const char *format, ...)
{
    char text[sizeof(NH_LOOPBACK_OUT ": ") + COMMENT_MAX];
    va_list args;
    size_t used = strlen(comments->event);
    memcpy(text, comments->event, used);
    text[used++] = ':';
    text[used++] = ' ';
    va_start(args, format);
    vsnprintf(text + used, COMMENT_MAX, format, args);
    va_end(args);
    add(comments, packet, text_copy(text));
}

/* Adds a comment on the packet that is passing its hooks. */
#define COMMENT(comments, ...) comment_on(comments, (comments)->packet, __VA_ARGS__)

static void comment_verdict(capture_comments_t *comments, const trace_event_t *event,
                            const char *by)
{
    const char *verdict = event->rule.block ? "blocked" : "passed";
    char text[IPF_RULE_TEXT_MAX];
    trace_rule_text(event, text);
    if (event->rule.number < 0 && event->station == TRACE_FR_FIREWALL) {
        /* A packet that matches no rule and goes on was not touched. */
        if (event->rule.block)
            COMMENT(comments, "blocked: no rule matched");
    } else if (event->station == TRACE_FR_FIREWALL) {
        COMMENT(comments, "%s by @%s:%d %s", verdict, event->rule.group, event->rule.number, text);
    } else {
        COMMENT(comments, "%s by the %s of %s", verdict, by, text);
    }
}

static void comment_rewrite(capture_comments_t *comments, const trace_event_t *event,
                            const char *function)
{
    char before[PACKET_TEXT_MAX], after[PACKET_TEXT_MAX];
    packet_copy_text(event->rewrite.before, PACKET_NO_OPTIONS, before, sizeof(before));
    packet_copy_text(event->copy, PACKET_NO_OPTIONS, after, sizeof(after));
    COMMENT(comments, "%s: %s became %s", function, before, after);
}

static void comment_send(capture_comments_t *comments, const trace_event_t *event)
{
    char text[PACKET_TEXT_MAX];
    packet_copy_text(event->reply.built, PACKET_NO_OPTIONS, text, sizeof(text));
    COMMENT(comments, "%s: sends %s", event->reply.function, text);
    /* A function's name is a constant of the filter's. */
    comments->sender = event->reply.function;
}

static void comment_hook(capture_comments_t *comments, const trace_event_t *event)
{
    static const char filters[] = "ipfilter_";
    const char *name = event->hook.name;
    if (event->hook.value != 0)
        COMMENT(comments, "eaten by the hook %s", name);
    else if (event->hook.changed && strncmp(name, filters, sizeof(filters) - 1) != 0)
        COMMENT(comments, "changed by the hook %s", name);
}

static void comment_inject(capture_comments_t *comments, const trace_event_t *event)
{
    if (event->inject.error != 0)
        COMMENT(comments, "net_inject: the route is %s, refused: %s",
                words_route(event->inject.route), errno_name(event->inject.error));
}

/* What happens while a packet is in its hooks. */
static void comment(capture_comments_t *comments, const trace_event_t *event)
{
    switch (event->station) {
    case TRACE_HOOK:
        comment_hook(comments, event);
        break;
    case TRACE_HOOKS_END:
        comments->event = NULL;
        comments->sender = NULL;
        break;
    case TRACE_FR_FIREWALL:
        comment_verdict(comments, event, "");
        break;
    case TRACE_FR_CHECKSTATE:
        comment_verdict(comments, event, "state");
        break;
    case TRACE_FR_KNOWNFRAG:
        comment_verdict(comments, event, "fragments");
        break;
    case TRACE_FR_ADDSTATE:
        COMMENT(comments, "%s%s",
                event->kept.reason != NULL ? "no entry in the state table: "
                                           : "an entry in the state table",
                event->kept.reason != NULL ? event->kept.reason : "");
        break;
    case TRACE_LOG:
        COMMENT(comments, "%s", event->kept.reason != NULL ? event->kept.reason : "logged");
        break;
    case TRACE_FR_MAKE_RST:
        comment_rewrite(comments, event, "fr_make_rst");
        break;
    case TRACE_FR_MAKE_ICMP:
        comment_rewrite(comments, event, "fr_make_icmp");
        break;
    case TRACE_FR_REFUSED:
        COMMENT(comments, "%s: %s", event->refused.function, event->refused.reason);
        break;
    case TRACE_FR_SEND:
        comment_send(comments, event);
        break;
    case TRACE_NET_INJECT:
        comment_inject(comments, event);
        break;
    case TRACE_WIRE:
        if (comments->sender != NULL && event->copy != NULL)
            comment_on(comments, event->packet, "sent by %s", comments->sender);
        break;
    case TRACE_FR_FASTROUTE:
        comments->sender = NULL;
        break;
    default:
        break;
    }
}

/* What a fault did to a packet becomes a comment on it, wherever the packet is. */
static void comment_fault(capture_comments_t *comments, const trace_event_t *event)
{
    char text[WORDS_MAX];
    add(comments, event->packet, must_asprintf("fault: %s", words_fault(event, text)));
}

void capture_comments_event(capture_comments_t *comments, const trace_event_t *event)
{
    if (event->station == TRACE_FAULT)
        comment_fault(comments, event);
    if (event->station == TRACE_HOOKS_START) {
        comments->packet = event->packet;
        comments->event = event_name(event->hooks_start.event);
    } else if (comments->event != NULL) {
        comment(comments, event);
    }
}
