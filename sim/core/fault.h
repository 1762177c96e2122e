/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Faults that rules cannot make, in words: `--fault 'drop SYN 1'`, box:fault("drop SYN 1").
 *
 * Of a packet, where it is sent or at a PLACE:
 *
 *     drop WHICH                          it is lost
 *     duplicate WHICH [by SECONDS]        a copy follows
 *     delay WHICH by SECONDS              it is held back
 *     reorder WHICH                       the next packet that passes the place overtakes it
 *     corrupt WHICH bit N                 one bit of it, from 0, is another one
 *     corrupt WHICH field NAME VALUE      a field is another one, and the checksums are right
 *     truncate WHICH to N bytes           its end is missing
 *
 * each followed by [at PLACE] [on HOST] [chance P]. WHICH is
 *
 *     packet N          the one with that number
 *     KIND [N]          SYN, SYN|ACK, ACK (without data), DATA, FIN, RST, UDP or ICMP: each, or the
 *                       N-th of each connection (of UDP and ICMP: of the host)
 *     "PATTERN" [N]     as box:expect_packets has them: each, or the N-th
 *     any [N]           each packet, or the N-th
 *
 * Of the box, just before a packet is sent, and of its memory:
 *
 *     rules "TEXT" before WHICH           these rules replace the old ones
 *     hooks on|off before WHICH           the filter's loopback hooks come or go
 *     kill NAME before WHICH              the test's processes of that name die, and the kernel
 *                                         closes their sockets
 *     fail allocation N                   there is no memory for the N-th block from now on
 *     order N first M                     the N-th time that several events are ready at one
 * instant, the M-th of them goes first
 *
 * Of a connection:
 *
 *     reset after N bytes [from END]      both ends are reset once END has sent that much
 *     stall after N bytes [from END]      what END sends after that never arrives
 *     close half [after N bytes [from END]]   the server's end is gone, and the client is not told
 *     slow accept SECONDS                 a server gets each connection that much later
 *
 * END is `client`, the end that connects, or `server`, the default.
 */
#ifndef LO0SIM_SIM_CORE_FAULT_H
#define LO0SIM_SIM_CORE_FAULT_H

#include "sim/packet/packet_pattern.h"
#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum fault_kind {
    FAULT_DROP, /* of a packet */
    FAULT_DUPLICATE,
    FAULT_DELAY,
    FAULT_REORDER,
    FAULT_CORRUPT,
    FAULT_TRUNCATE,
    FAULT_RULES, /* of the box */
    FAULT_KILL,
    FAULT_HOOKS,
    FAULT_ALLOCATION,
    FAULT_ORDER,
    FAULT_RESET, /* of a connection */
    FAULT_STALL,
    FAULT_CLOSE_HALF,
    FAULT_SLOW_ACCEPT
} fault_kind_t;

static inline bool fault_is_of_packet(fault_kind_t kind)
{
    return kind <= FAULT_HOOKS;
}

static inline bool fault_is_of_connection(fault_kind_t kind)
{
    return kind == FAULT_RESET || kind == FAULT_STALL || kind == FAULT_CLOSE_HALF;
}

typedef enum fault_packet {
    FAULT_SYN,
    FAULT_SYN_ACK,
    FAULT_ACK,
    FAULT_DATA,
    FAULT_FIN,
    FAULT_RST,
    FAULT_UDP,
    FAULT_ICMP,
    FAULT_KINDS,
    FAULT_NUMBER = FAULT_KINDS, /* `nth` is the packet's number */
    FAULT_LIKE,                 /* as `pattern` says */
    FAULT_ANY
} fault_packet_t;

/* Of the kinds, then packet and any; NULL after the last. */
extern const char *const fault_packet_names[];

#define FAULT_WORD_MAX 64
#define FAULT_SENT     (-1) /* as a place: where the packet is sent, or comes from the wire */

typedef struct fault {
    fault_kind_t kind;
    fault_packet_t packet; /* which */
    uint64_t nth;          /* from 1; 0: each */
    struct packet_pattern pattern;
    int place;                  /* ip_place_t, or FAULT_SENT */
    char host[FAULT_WORD_MAX];  /* ""; the box */
    uint32_t chance;            /* of a million; 0: always */
    uint64_t us;                /* `by`; of `slow accept` */
    bool by_field;              /* `corrupt`: a field, not a bit */
    char field[FAULT_WORD_MAX]; /* the field's name; `value` is its new value */
    char value[FAULT_WORD_MAX];
    uint64_t bytes;   /* a bit's number; the length that `truncate` leaves; after how many bytes */
    bool from_client; /* which end has sent them */
    bool on;          /* `hooks` */
    char process[FAULT_WORD_MAX]; /* `kill`: the process' name */
    const char *rules;            /* in `text`, rules_length bytes */
    size_t rules_length;
    const char *text; /* as it was given */
} fault_t;

#define FAULTS_MAX 64

typedef struct fault_list {
    fault_t list[FAULTS_MAX];
    size_t count;
} fault_list_t;

#define FAULT_BYTES_MAX 1000000000u

/* Writes a process' name as `kill` takes it, in quotes if it must be, into text[FAULT_WORD_MAX +
 * 2].
 * => Returns false if `kill` cannot say it: it is `main`, has a quote in it, or FAULT_WORD_MAX
 * bytes or more. */
bool fault_put_process(const char *name, char *text);

/* Reads a fault; `text` must outlive it.
 * => Returns true; false with what is wrong, "column 6: there is no ...", in error[size]. */
bool fault_read(const char *text, fault_t *fault, char *error, size_t size);

/* The same as an option's argument, for a list; `text` must outlive it.
 * => Returns true if the fault was added; else false with what is wrong in error[size]. */
bool fault_list_add(fault_list_t *faults, const char *text, char *error, size_t size);

/* ---- what came of one (fault_tally.c) ---- */

#define FAULT_WHY_MAX 256

/* Counts, so far. */
typedef struct fault_tally {
    uint64_t came;   /* packets at its place; of a connection's fault, connections; of `order`,
                      * instants with several events; of `fail allocation`, blocks */
    uint64_t met;    /* those that it is for */
    uint64_t struck; /* those to which it happened */
    uint64_t most;   /* what came closest: the highest number of such a packet, the most bytes */
    bool noted;      /* when it met one in vain, a note in the trace said why */
    char why[FAULT_WHY_MAX]; /* why it did not happen to one that it is for; "": by chance */
} fault_tally_t;

/* Adds what came of it in another box. */
void fault_tally_add(fault_tally_t *sum, const fault_tally_t *tally);

/* What a fault came to that has struck nothing, after its text: "nothing met it: 3 packets were
 * sent, the last SYN of a connection is SYN 1". `tests` is in how many tests; 0: it is not said.
 * => Returns text[size]. */
#define FAULT_TALLY_MAX 400
const char *fault_tally_text(const fault_t *fault, const fault_tally_t *tally, size_t tests,
                             char *text, size_t size);

/* Whether chance alone was against it: what was asked for has happened then, too. */
bool fault_tally_by_chance(const fault_t *fault, const fault_tally_t *tally);

/* ---- in a box (fault_box.c, fault_flow.c) ---- */

struct box;
typedef struct box_faults box_faults_t;

/* => Returns NULL if there is no memory; box_destroy() ends it. */
box_faults_t *box_faults_create(struct box *box);
void box_faults_destroy(box_faults_t *faults);

/* Lets a fault happen from now on; it is copied, with its text. A fault does not see fused data, so
 * nothing is fused from now on, unless the fault is for a packet with a certain number.
 * => Returns NULL, or the reason in words: there are FAULTS_MAX already, no memory, no processes
 *    that `kill` could kill, or a mistake in the rules. The string is good until the next call. */
const char *box_faults_add(box_faults_t *faults, const fault_t *fault);

/* => Returns how many there are. `faults` can be NULL. */
size_t box_faults_count(const box_faults_t *faults);

/* What has come of fault `i`, counted from 0 as they were added.
 * => Returns the fault; its strings are the box'. */
const fault_t *box_faults_tally(const box_faults_t *faults, size_t i, fault_tally_t *tally);

/* Tells what of the faults is bookkeeping: what has come of them. */
void box_faults_bookkeeping(box_faults_t *faults, memory_bookkeeping_t tell, void *arg);

#endif
