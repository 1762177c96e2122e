/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Recording a run.
 *
 * Rules and endpoints seldom change from one event to the next: their text is kept once for all
 * events at which it is the same.
 */
#include "sim/shell/recording.h"

#include "filter/ipfstat.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts, kept as long as the recording. */
typedef struct texts {
    char **text;
    size_t count;
} texts_t;

/* The endpoints of one host, as they were when they could last be read. */
typedef struct host_view {
    char *name; /* NULL: the box */
    char *endpoints;
} host_view_t;

struct recording {
    box_t *box;
    recorded_event_t *events;
    size_t count, room;
    texts_t rules, endpoints;
    host_view_t hosts[TRACE_HOSTS_MAX];
    size_t host_count;
};

recording_t *recording_create(void)
{
    return calloc(1, sizeof(recording_t));
}

static void free_texts(texts_t *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->text[i]);
    free(texts->text);
}

static void forget(recording_t *recording)
{
    for (size_t i = 0; i < recording->count; i++) {
        trace_event_free(recording->events[i].event);
        free(recording->events[i].text);
    }
    for (size_t i = 0; i < recording->host_count; i++) {
        free(recording->hosts[i].name);
        free(recording->hosts[i].endpoints);
    }
    free(recording->events);
    free_texts(&recording->rules);
    free_texts(&recording->endpoints);
    *recording = (recording_t){0};
}

void recording_destroy(recording_t *recording)
{
    if (recording != NULL)
        forget(recording);
    free(recording);
}

/* Returns the kept copy of a text: the last one if it is equal. Takes `text`. */
static const char *keep(texts_t *texts, char *text)
{
    if (texts->count > 0 && strcmp(texts->text[texts->count - 1], text) == 0) {
        free(text);
        return texts->text[texts->count - 1];
    }
    texts->text = must_realloc(texts->text, (texts->count + 1) * sizeof(*texts->text));
    texts->text[texts->count++] = text;
    return text;
}

/* ---- rules ---- */

typedef struct rules_out {
    FILE *out;
    const char *list;
} rules_out_t;

static void put_rule(void *arg, const char *line)
{
    const rules_out_t *rules = arg;
    fprintf(rules->out, "%-15s %s\n", rules->list, line);
}

static const char *rules_of(recording_t *recording)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    const ipf_stack_t *ifs = recording->box->ifs;
    unsigned how = IPFSTAT_HITS | IPFSTAT_NUMBERS | IPFSTAT_PORTS;
    if (ipfstat_rules(ifs, true, how, put_rule, &(rules_out_t){out, "out rule"}) == ENOMEM ||
        ipfstat_rules(ifs, false, how, put_rule, &(rules_out_t){out, "in rule"}) == ENOMEM)
        must_end();
    fclose(out);
    return keep(&recording->rules, text);
}

/* ---- endpoints ---- */

#define ENDPOINTS_MAX 64 /* shown of a host */

typedef struct endpoint_list {
    so_endpoint_t endpoint[ENDPOINTS_MAX];
    size_t count, more;
} endpoint_list_t;

static void add_endpoint(void *arg, const so_endpoint_t *endpoint)
{
    endpoint_list_t *list = arg;
    if (list->count == ENDPOINTS_MAX)
        list->more++;
    else
        list->endpoint[list->count++] = *endpoint;
}

static int by_end(const ip_endpoint_t *a, const ip_endpoint_t *b)
{
    if (a->ie_port != b->ie_port)
        return a->ie_port < b->ie_port ? -1 : 1;
    return memcmp(&a->ie_addr, &b->ie_addr, sizeof(a->ie_addr));
}

/* By protocol and ends: the stack's own order changes with each packet. */
static int by_endpoint(const void *a, const void *b)
{
    const so_endpoint_t *x = a, *y = b;
    int order = strcmp(x->proto, y->proto);
    order = order != 0 ? order : by_end(&x->local, &y->local);
    return order != 0 ? order : by_end(&x->remote, &y->remote);
}

static void put_end(FILE *out, const ip_endpoint_t *end)
{
    char address[IP_ADDRESS_TEXT_MAX];
    bool any = IN6_IS_ADDR_UNSPECIFIED(&end->ie_addr);
    fprintf(out, "%s.%u", any ? "*" : ip_address_text(&end->ie_addr, address, sizeof(address)),
            end->ie_port);
}

static void put_endpoint(FILE *out, const char *host, const so_endpoint_t *endpoint)
{
    fprintf(out, "%-15s ", endpoint->proto);
    if (host != NULL)
        fprintf(out, "[%s] ", host);
    put_end(out, &endpoint->local);
    if (endpoint->remote.ie_port != 0) {
        fputs(" > ", out);
        put_end(out, &endpoint->remote);
    }
    if (endpoint->state != NULL)
        fprintf(out, "  %s", endpoint->state);
    fputs(endpoint->fused ? ", fused\n" : "\n", out);
}

static host_view_t *view_of(recording_t *recording, const char *host)
{
    for (size_t i = 0; i < recording->host_count; i++) {
        host_view_t *view = &recording->hosts[i];
        if (host == NULL ? view->name == NULL : view->name != NULL && strcmp(view->name, host) == 0)
            return view;
    }
    host_view_t *view = &recording->hosts[recording->host_count++];
    view->name = host != NULL ? text_copy(host) : NULL;
    return view;
}

/* Reads the endpoints of an event's host; those of other hosts have not changed. */
static void look(recording_t *recording, const char *host)
{
    endpoint_list_t list;
    const ip_stack_t *ips = box_host(recording->box, host);
    size_t size;
    list.count = list.more = 0;
    if (ips == NULL || !so_list(ips, add_endpoint, &list))
        return;
    qsort(list.endpoint, list.count, sizeof(list.endpoint[0]), by_endpoint);
    host_view_t *view = view_of(recording, host);
    free(view->endpoints);
    FILE *out = text_open(&view->endpoints, &size);
    for (size_t i = 0; i < list.count; i++)
        put_endpoint(out, host, &list.endpoint[i]);
    if (list.more > 0)
        fprintf(out, "and %zu more\n", list.more);
    fclose(out);
}

static const char *endpoints_of(recording_t *recording)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    for (size_t i = 0; i < recording->host_count; i++) {
        if (recording->hosts[i].endpoints != NULL)
            fputs(recording->hosts[i].endpoints, out);
    }
    fclose(out);
    return keep(&recording->endpoints, text);
}

/* ---- events ---- */

static char *text_of(const trace_event_t *event)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    timeline_t *timeline = timeline_create(out, 0);
    timeline_event(timeline, event);
    timeline_destroy(timeline);
    fclose(out);
    return text;
}

static recorded_event_t *new_event(recording_t *recording)
{
    recording->events = must_grow(recording->events, &recording->room, recording->count + 1,
                                  sizeof(*recording->events));
    return &recording->events[recording->count++];
}

/* An event that the timeline does not show, such as the end of the hooks, is left out. */
static void on_event(void *arg, const trace_event_t *event)
{
    recording_t *recording = arg;
    size_t index = recording->count;
    char *text = text_of(event);
    if (text[0] == '\0') {
        free(text);
        return;
    }
    recorded_event_t *recorded = new_event(recording);
    look(recording, event->host);
    *recorded = (recorded_event_t){.event = trace_event_copy(event),
                                   .text = text,
                                   .rules = rules_of(recording),
                                   .endpoints = endpoints_of(recording),
                                   .packet = index};
    if (trace_shown(event) == NULL && index > 0)
        recorded->packet = recording->events[index - 1].packet;
}

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    recording_t *recording = self->to;
    (void)test;
    (void)out;
    forget(recording); /* a run that was started again */
    recording->box = box;
    trace_add_sink(box->trace, on_event, recording);
    return recording;
}

static void end(void *seen, const result_t *result)
{
    (void)seen;
    (void)result;
}

observer_t recording_observer(recording_t *recording)
{
    return (observer_t){
        .option = "step", .place = OBSERVER_NOWHERE, .begin = begin, .end = end, .to = recording};
}

size_t recording_count(const recording_t *recording)
{
    return recording->count;
}

const recorded_event_t *recording_at(const recording_t *recording, size_t index)
{
    return &recording->events[index];
}
