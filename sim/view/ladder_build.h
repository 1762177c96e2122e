/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder's inside. An event becomes steps between columns (ladder.h) in four files:
 *
 *     ladder_event.c   what each event draws: the only one that knows the trace's stations
 *     ladder_who.c     which packet an event is about, where it is now, and which end sent it:
 *                      client or server, since on loopback addresses do not tell
 *     ladder.c         keeps the steps, folds rounds that went like the one before, names columns
 *     ladder_note.c    sentences below the picture, from what was seen (ladder_seen_t)
 *
 * ladder_text.c and page.c draw finished steps, and include ladder.h alone.
 */
#ifndef LO0SIM_SIM_VIEW_LADDER_BUILD_H
#define LO0SIM_SIM_VIEW_LADDER_BUILD_H

#include "sim/packet/packet.h"
#include "sim/view/ladder.h"

/* Where a packet of the box is now. */
typedef struct ladder_packet {
    uint32_t number;
    ladder_column_t origin, at;
    ladder_tone_t tone;
    char name[48], ports[32];
} ladder_packet_t;

/* What was seen, for the notes. */
typedef struct ladder_seen {
    char before[48], after[48]; /* a rewrite: the packet's names */
    char reply[48];             /* the filter's own reply, which was lost */
    char looped[48];            /* the filter's own reply, which came back on the loopback path */
    char eaten[48];             /* the packet that the filter ate last */
    char snoop[200];            /* what snoop saw, one after the other */
    char refused[48];           /* the packet that fr_make_rst did not take */
    bool by_rst;                /* the rewrite was fr_make_rst's */
    bool snoop_is_full;
    bool snoop_is_late; /* it saw a packet after the LOOPBACK_IN hooks */
    bool timed_out;     /* a connect's timer ran out */
    bool data_changed;  /* a segment without SYN and FIN was turned */
    bool to_caller;     /* a verdict went back to the packet's sender */
    bool on_loopback;
} ladder_seen_t;

struct ladder {
    ladder_step_t *steps;
    size_t count, room;
    bool open; /* the last step is a move that may go on */
    uint32_t open_packet;
    bool finished;
    struct ladder_flow *flows; /* by their ends (ladder_who.c) */
    ladder_packet_t *packets;
    size_t packet_count;
    uint32_t highest_packet;
    size_t blocked;        /* the step in which the filter blocks it; SIZE_MAX: none */
    bool became;           /* the filter has made another packet of it */
    bool stack_answers;    /* the next packet comes from the stack itself */
    ladder_packet_t reply; /* the filter's own, while it looks for a way out */
    char **servers;        /* processes that listen */
    size_t server_count;
    char *hosts[TRACE_HOSTS_MAX]; /* that were seen on the wire */
    size_t host_count;
    unsigned columns; /* 1 << column that was used */
    unsigned kinds;   /* 1 << packet_kind_t that was seen */
    ladder_seen_t seen;
};

/* Adds a step at the event's time; names and texts are copied, and may be NULL.
 * => Returns the step, valid until the next one is added. */
ladder_step_t *ladder_add(ladder_t *ladder, const trace_event_t *event, ladder_kind_t kind,
                          ladder_column_t from, ladder_column_t to);
void ladder_set_packet(ladder_step_t *step, const ladder_packet_t *packet);
void ladder_set_text(ladder_step_t *step, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- ladder_who.c ---- */

/* Names a packet by the event's bytes, for the picture. */
void ladder_name_packet(ladder_t *ladder, const trace_event_t *event, ladder_packet_t *packet);

/* The packet with a number, valid until the next one is added; ladder_find_packet() returns NULL if
 * there is none. ladder_packet_of() adds an unknown packet at the filter: the filter, or a hook,
 * has handed it to net_inject. */
ladder_packet_t *ladder_find_packet(ladder_t *ladder, uint32_t number);
ladder_packet_t *ladder_add_packet(ladder_t *ladder, const trace_event_t *event, ladder_column_t at,
                                   ladder_tone_t tone);
ladder_packet_t *ladder_packet_of(ladder_t *ladder, const trace_event_t *event);

/* Notes the client and the server of a flow, unless they are known. */
void ladder_add_flow(ladder_t *ladder, ip_endpoint_t client, ip_endpoint_t server, bool remote);
void ladder_flows_fini(ladder_t *ladder);

/* The side that an endpoint of the box is on: the client's if it began to talk. A `remote` without
 * a port is ignored. */
ladder_column_t ladder_side(const ladder_t *ladder, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote);
ladder_column_t ladder_side_of_event(const ladder_t *ladder, const trace_event_t *event,
                                     const ip_endpoint_t *local, const ip_endpoint_t *remote);

/* The side that sent the event's packet. The sender of a flow's first packet is its client. */
ladder_column_t ladder_sender(ladder_t *ladder, const trace_event_t *event, bool from_remote);

/* The side of a process that makes a call: a process that has listened is a server. */
ladder_column_t ladder_side_of_process(ladder_t *ladder, const trace_call_t *call);

/* Notes a host on the wire. */
void ladder_see_host(ladder_t *ladder, const char *host);

#endif
