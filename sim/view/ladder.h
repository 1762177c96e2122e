/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder: a run as a sequence diagram whose columns are the stations of one host, since on
 * loopback both ends have one address. Here the picture is not drawn yet: it is a list of steps
 * between columns. ladder_text.c draws it for a terminal, page.c for a browser.
 */
#ifndef LO0SIM_SIM_VIEW_LADDER_H
#define LO0SIM_SIM_VIEW_LADDER_H

#include "sim/core/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer wait is a step of its own in the picture, of one height. */
#define LADDER_GAP_US 100000

/* From left to right. */
typedef enum ladder_column {
    LADDER_REMOTE, /* the hosts on the wire; the way to them is not drawn further */
    LADDER_CLIENT,
    LADDER_IP_WPUT_IRE,
    LADDER_LOOPBACK_OUT,
    LADDER_PHYSICAL_OUT,
    LADDER_IP_WPUT_LOCAL,
    LADDER_IP_RPUT,
    LADDER_LOOPBACK_IN,
    LADDER_PHYSICAL_IN,
    LADDER_FILTER,
    LADDER_TRANSPORT, /* TCP, UDP, ICMP: whose packets there are */
    LADDER_SERVER,
    LADDER_COLUMNS
} ladder_column_t;

typedef enum ladder_kind {
    LADDER_MOVE,   /* a packet goes from `from` to `to` through `stops`; `text` may say why */
    LADDER_LOST,   /* the same, and there it ends */
    LADDER_LOOK,   /* the filter, or a hook, looks at a packet at `from` and lets it pass */
    LADDER_BECOME, /* a packet at `from` becomes another, which has another tone */
    LADDER_SNOOP,  /* snoop sees a packet at `from` */
    LADDER_SAY,    /* something happens at `from` */
    LADDER_END,    /* an endpoint at `from` is connected, or fails if `failed`; `tone` says whether
                    * that is good: ECONNREFUSED is, since the caller need not wait */
    LADDER_AGAIN   /* a SYN is sent again and goes the same way as the one before */
} ladder_kind_t;

/* What a line's colour and stroke mean. */
typedef enum ladder_tone {
    LADDER_SENT,    /* a packet as it was sent */
    LADDER_CHANGED, /* one that a hook has changed: the rewrite */
    LADDER_REPLY,   /* the filter's own reply, and an errno that goes back */
    LADDER_GOOD,
    LADDER_BAD,
    LADDER_PLAIN
} ladder_tone_t;

typedef struct ladder_step {
    ladder_kind_t kind;
    ladder_tone_t tone;
    uint64_t time_us;
    uint64_t sequence; /* of its first event */
    ladder_column_t from, to;
    unsigned stops; /* of a move: 1 << each column that it stopped at, including its end */
    size_t shown;   /* the step that is drawn for it: itself, or the one it is folded into */
    char *name;     /* of the packet: "RST|ACK"; NULL: there is none */
    char *ports;    /* "22 > 34448"; NULL */
    char *text;     /* in words; NULL */
    bool failed;    /* of an end */
    bool again;     /* it begins a round: a SYN is sent again */
    bool begins;    /* it begins a round: a connect */
} ladder_step_t;

typedef struct ladder ladder_t;

/* => Returns NULL if there is no memory. The caller ends it with ladder_destroy(). */
ladder_t *ladder_create(void);
void ladder_destroy(ladder_t *ladder);

/* The trace's sink; `arg` is a ladder_t. */
void ladder_event(void *arg, const trace_event_t *event);

/* How many steps there are, including the one that is still growing. After ladder_event() an event
 * that is drawn is in the last step. */
size_t ladder_count(const ladder_t *ladder);

/* Ends the last step and folds each round that went like the one before. Events after it are
 * ignored. */
void ladder_finish(ladder_t *ladder);

/* A step, after ladder_finish(). A step whose `shown` is not its own number is not drawn. */
const ladder_step_t *ladder_step(const ladder_t *ladder, size_t step);

/* Whether a column is in the picture, after ladder_finish(). */
bool ladder_shows(const ladder_t *ladder, ladder_column_t column);

/* A column's heading into lines[0] and lines[1], each at most `room` characters if the name can be
 * split so; "" for an empty second line. */
#define LADDER_HEADING_MAX 48
void ladder_heading(const ladder_t *ladder, ladder_column_t column, size_t room,
                    char lines[2][LADDER_HEADING_MAX]);

/* How many events a picture takes: nobody looks at a larger one, and it stays in memory until its
 * columns are known. It says how many there were. */
#define LADDER_EVENTS_MAX 20000

/* What stands where time goes by and nothing happens, into text[size]. */
void ladder_wait(uint64_t us, char *text, size_t size);

/* The picture in words: sentences about what happened, for readers who do not know the path by
 * heart.
 * => Returns how many, and the text of each in notes[]; the caller frees each. */
#define LADDER_NOTES_MAX 8
size_t ladder_notes(const ladder_t *ladder, char *notes[LADDER_NOTES_MAX]);

#endif
