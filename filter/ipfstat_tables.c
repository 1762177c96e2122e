/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state and the fragment table as ipfstat shows them: -t, -s, -f. Solaris: topipstates(),
 * showipstates() and showfrstates() (cmd/ipf/tools/ipfstat.c).
 */
#include "filter/fr_impl.h"
#include "filter/ipf_put.h"
#include "filter/ipf_words.h"
#include "filter/ipfstat.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCREEN_WIDTH 80
#define CLOCK_WIDTH  8
#define DAY_S        86400u
#define DAY_BEGIN_S  (15u * 3600 + 30 * 60) /* the time of day at time 0 */
#define END_WIDTH    15                     /* least width of an address's column */
#define PORT_WIDTH   6
#define END_MAX      64

typedef struct page {
    ipf_line_t line;
    void *arg;
} page_t;

static void put_line(const page_t *page, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void put_line(const page_t *page, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    page->line(page->arg, text);
}

static uint64_t now_of(const ipf_stack_t *ifs)
{
    return ifs->ifs_inet != NULL ? net_now(ifs->ifs_inet) : ifs->ifs_now_us;
}

/* ---- one state ---- */

typedef struct visit {
    void (*each)(void *arg, const ipfstat_state_t *state);
    void *arg;
} visit_t;

static void put_address(char *text, size_t size, const i6addr_t *address, int family)
{
    ipf_out_t o = {.buffer = text, .size = size};
    ipf_put_ip(&o, address, family);
}

static void visit_state(void *arg, const fr_state_view_t *view)
{
    const visit_t *visit = arg;
    const ipf_name_t *proto = ipf_name_of(ipf_protocols, view->p);
    ipfstat_state_t state = {.sport = view->sport,
                             .dport = view->dport,
                             .rule = view->rule,
                             .block = view->block,
                             .left_us = view->left_us};
    put_address(state.src, sizeof(state.src), &view->src, view->v);
    put_address(state.dst, sizeof(state.dst), &view->dst, view->v);
    if (proto != NULL)
        snprintf(state.proto, sizeof(state.proto), "%s", proto->name);
    else
        snprintf(state.proto, sizeof(state.proto), "%u", view->p);
    for (size_t i = 0; i < 2; i++) {
        state.packets[i] = view->packets[i][0] + view->packets[i][1];
        state.bytes[i] = view->bytes[i][0] + view->bytes[i][1];
        state.tcp[i] = view->p == IPPROTO_TCP ? (unsigned)view->tcp->ts_data[i].td_state : 0;
    }
    visit->each(visit->arg, &state);
}

int ipfstat_each_state(const ipf_stack_t *ifs,
                       void (*each)(void *arg, const ipfstat_state_t *state), void *arg)
{
    visit_t visit = {each, arg};
    return fr_state_each(&ifs->ifs_states, now_of(ifs), false, visit_state, &visit);
}

/* ---- -t ---- */

typedef struct row {
    char src[END_MAX], dst[END_MAX];
    int src_width, dst_width; /* of the addresses, without ports */
    char state[8], proto[8];
    uint64_t packets, bytes, ttl_s;
    size_t order; /* the newest first */
} row_t;

typedef struct rows {
    int family;
    row_t *list; /* room for all states */
    size_t count;
} rows_t;

/* => Returns the width of the address. */
static int put_end(char *text, const i6addr_t *address, const fr_state_view_t *view, uint16_t port)
{
    ipf_out_t o = {.buffer = text, .size = END_MAX};
    ipf_put_ip(&o, address, view->v);
    int width = (int)o.length;
    if (view->p == IPPROTO_TCP || view->p == IPPROTO_UDP)
        ipf_put(&o, ",%u", port);
    return width;
}

/* The first four letters of the protocol. */
static void put_proto(char *text, size_t size, uint8_t proto)
{
    const ipf_name_t *name = ipf_name_of(ipf_protocols, proto);
    if (proto == IPPROTO_ICMPV6)
        snprintf(text, size, "icmp");
    else if (name != NULL)
        snprintf(text, size, "%.4s", name->name);
    else
        snprintf(text, size, "%u", proto);
}

static bool is_closed(const fr_state_view_t *view)
{
    return view->p == IPPROTO_TCP && view->tcp->ts_data[0].td_state >= TCPS_LAST_ACK &&
           view->tcp->ts_data[1].td_state >= TCPS_LAST_ACK;
}

static void add_row(void *arg, const fr_state_view_t *view)
{
    rows_t *rows = arg;
    bool tcp = view->p == IPPROTO_TCP;
    if (view->v != rows->family || is_closed(view))
        return;
    row_t *row = &rows->list[rows->count];
    row->order = rows->count++;
    row->src_width = put_end(row->src, &view->src, view, view->sport);
    row->dst_width = put_end(row->dst, &view->dst, view, view->dport);
    snprintf(row->state, sizeof(row->state), "%X/%X",
             tcp ? (unsigned)view->tcp->ts_data[0].td_state : 0,
             tcp ? (unsigned)view->tcp->ts_data[1].td_state : 0);
    put_proto(row->proto, sizeof(row->proto), view->p);
    row->packets = view->packets[0][0] + view->packets[0][1];
    row->bytes = view->bytes[0][0] + view->bytes[0][1];
    row->ttl_s = view->left_us / 1000000;
}

static int by_bytes(const void *a, const void *b)
{
    const row_t *x = a, *y = b;
    if (x->bytes != y->bytes)
        return x->bytes > y->bytes ? -1 : 1;
    return (x->order > y->order) - (x->order < y->order);
}

static void put_title(const ipf_stack_t *ifs, const char *name, const page_t *page)
{
    uint64_t clock = (now_of(ifs) / 1000000 + DAY_BEGIN_S) % DAY_S;
    char title[60];
    snprintf(title, sizeof(title), "%.20s - IP Filter: v4.1.9 - state top", name);
    int length = (int)strlen(title), before = (SCREEN_WIDTH - CLOCK_WIDTH - length) / 2;
    put_line(page, "%*s%s%*s%02" PRIu64 ":%02" PRIu64 ":%02" PRIu64, before, "", title,
             SCREEN_WIDTH - CLOCK_WIDTH - before - length, "", clock / 3600, clock / 60 % 60,
             clock % 60);
}

static void put_row(const row_t *row, int src_width, int dst_width, const page_t *page)
{
    char ttl[24];
    unsigned hours = (unsigned)(row->ttl_s / 3600), minutes = (unsigned)(row->ttl_s / 60 % 60);
    unsigned seconds = (unsigned)(row->ttl_s % 60);
    if (hours > 0)
        snprintf(ttl, sizeof(ttl), "%2u:%02u:%02u", hours, minutes, seconds);
    else
        snprintf(ttl, sizeof(ttl), "%2u:%02u", minutes, seconds);
    put_line(page, "%-*s %-*s %3s %4s %7" PRIu64 " %9" PRIu64 " %9s", src_width, row->src,
             dst_width, row->dst, row->state, row->proto, row->packets, row->bytes, ttl);
}

int ipfstat_top(const ipf_stack_t *ifs, const char *name, int family, ipf_line_t line, void *arg)
{
    page_t page = {line, arg};
    int src = END_WIDTH, dst = END_WIDTH;
    const char *any = family == 6 ? "::" : "0.0.0.0";
    rows_t rows = {.family = family,
                   .list = calloc(fr_state_count(&ifs->ifs_states) + 1, sizeof(row_t))};
    assert(family == 4 || family == 6);
    if (rows.list == NULL ||
        fr_state_each(&ifs->ifs_states, now_of(ifs), true, add_row, &rows) != 0) {
        free(rows.list);
        return ENOMEM;
    }
    qsort(rows.list, rows.count, sizeof(row_t), by_bytes);
    for (size_t i = 0; i < rows.count; i++) {
        src = rows.list[i].src_width > src ? rows.list[i].src_width : src;
        dst = rows.list[i].dst_width > dst ? rows.list[i].dst_width : dst;
    }
    put_title(ifs, name, &page);
    put_line(&page, "%s", "");
    put_line(&page, "Src: %s, Dest: %s, Proto: any, Sorted by: # bytes", any, any);
    put_line(&page, "%s", "");
    put_line(&page, "%-*s %-*s %3s %4s %7s %9s %9s", src + PORT_WIDTH, "Source IP",
             dst + PORT_WIDTH, "Destination IP", "ST", "PR", "#pkts", "#bytes", "ttl");
    for (size_t i = 0; i < rows.count; i++)
        put_row(&rows.list[i], src + PORT_WIDTH, dst + PORT_WIDTH, &page);
    free(rows.list);
    return 0;
}

/* ---- -s ---- */

static void put_count(const page_t *page, uint64_t count, const char *what)
{
    put_line(page, "\t%" PRIu64 " %s", count, what);
}

/* How the entries are spread over the table's lists. */
static void put_buckets(const fr_buckets_t *buckets, const page_t *page)
{
    size_t active = buckets->active;
    put_line(page, "State table bucket statistics:");
    put_line(page, "\t%zu in use\t", buckets->used);
    put_line(page, "\t%zu%% hash efficiency", active > 0 ? buckets->used * 100 / active : 0);
    put_line(page, "\t%2.2f%% bucket usage",
             buckets->size > 0 ? (double)buckets->used * 100 / (double)buckets->size : 0);
    put_line(page, "\t%zu minimal length", buckets->shortest);
    put_line(page, "\t%zu maximal length", buckets->longest);
    put_line(page, "\t%.3f average length",
             buckets->used > 0 ? (double)active / (double)buckets->used : 0);
}

void ipfstat_state_counters(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    page_t page = {line, arg};
    const fr_states_t *states = &ifs->ifs_states;
    const fr_state_stats_t *stats = &states->is_stats;
    fr_buckets_t buckets = fr_state_buckets(states, now_of(ifs));
    put_line(&page, "IP states added:");
    put_count(&page, stats->added[0], "TCP");
    put_count(&page, stats->added[1], "UDP");
    put_count(&page, stats->added[2], "ICMP");
    put_count(&page, states->is_hits, "hits");
    put_count(&page, states->is_misses, "misses");
    put_count(&page, stats->full, "bucket full");
    put_count(&page, stats->maximum_ref, "maximum rule references");
    put_count(&page, stats->maximum, "maximum");
    put_count(&page, stats->no_memory, "no memory");
    put_count(&page, buckets.used, "bkts in use");
    put_count(&page, buckets.active, "active");
    put_count(&page, stats->expired + buckets.ended, "expired");
    put_count(&page, stats->closed + buckets.closed, "closed");
    put_line(&page, "State logging disabled");
    put_line(&page, "%s", "");
    put_buckets(&buckets, &page);
    put_line(&page, "%s", "");
}

/* ---- -f ---- */

static void put_frag(void *arg, const fr_frag_view_t *view)
{
    const page_t *page = arg;
    char text[200] = "";
    ipf_out_t o = {.buffer = text, .size = sizeof(text)};
    ipf_put(&o, view->v == 6 ? "inet6 " : "inet ");
    ipf_put_ip(&o, &view->src, view->v);
    ipf_put(&o, " -> ");
    ipf_put_ip(&o, &view->dst, view->v);
    ipf_put(&o, " id %" PRIx32 " ttl %" PRIu64 " pr %u pkts %" PRIu64 " bytes %" PRIu64 " seen0 %d",
            view->id, view->left_us * IPF_TICKS_PER_S / 1000000, view->p, view->packets,
            view->bytes, view->seen0);
    page->line(page->arg, text);
}

void ipfstat_frags(const ipf_stack_t *ifs, ipf_line_t line, void *arg)
{
    page_t page = {line, arg};
    const fr_frag_stats_t *stats = &ifs->ifs_frags.ipfr_stats;
    put_line(&page, "IP fragment states:");
    put_count(&page, stats->made, "new");
    put_count(&page, stats->expired, "expired");
    put_count(&page, stats->hits, "hits");
    put_count(&page, stats->again, "retrans");
    put_count(&page, stats->too_short, "too short");
    put_count(&page, stats->no_memory, "no memory");
    put_count(&page, stats->exists, "already exist");
    put_count(&page, fr_frag_count(&ifs->ifs_frags), "inuse");
    put_line(&page, "%s", "");
    fr_frag_each(&ifs->ifs_frags, now_of(ifs), put_frag, &page);
}
