/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Choice points: where a run could have gone differently. Each visit of a packet to a place is one,
 * and so is each block of memory, and each event that is not alone at its instant. A point's class
 * says what could have happened there. An alternative says what did; 0: nothing.
 */
#ifndef LO0SIM_SIM_EXPLORE_POINT_H
#define LO0SIM_SIM_EXPLORE_POINT_H

#include "sim/core/fault.h"
#include "stack/ip_stack.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kinds of faults that are tried. */
typedef enum point_kind {
    KIND_DROP,
    KIND_DUPLICATE,
    KIND_DELAY, /* by 1 ms, by 4 s */
    KIND_REORDER,
    KIND_CORRUPT,    /* eight of a segment, four of a datagram, two of any other packet */
    KIND_HOOKS,      /* the filter's hooks are removed from one packet on */
    KIND_PROCESS,    /* a process dies just before a packet is sent */
    KIND_ALLOCATION, /* an allocation fails */
    KIND_ORDER,      /* another event of the same instant goes first */
    KINDS
} point_kind_t;

extern const char *const point_kind_names[KINDS + 1]; /* NULL after the last */

#define KIND_BIT(kind) (1u << (kind))
#define KINDS_DEFAULT  (KIND_BIT(KIND_DROP) | KIND_BIT(KIND_DUPLICATE) | KIND_BIT(KIND_DELAY))

typedef uint16_t point_class_t;

/* Whether a packet is only just sent at a place: there the box can change, and processes can die.
 */
bool point_is_sent(ip_place_t place);

/* => Returns the class of a packet at a place; there `victims` processes, BOX_VICTIMS_MAX at most,
 *    could be killed. */
point_class_t point_class_of(ip_place_t place, const mblk_t *mp, size_t victims);

/* The class of a block of memory; that of `count` events of one instant, 2 to POINT_READY_MAX. */
#define POINT_READY_MAX    16
#define POINT_ALLOCATION   ((point_class_t)0x4000)
#define POINT_READY(count) ((point_class_t)(0x8000 + (count)))

/* How many alternatives points of a class have if `kinds` are tried. */
unsigned point_alternatives(point_class_t class, unsigned kinds);

/* Which of the processes dies with alternative `which` of a packet, from 0.
 * => Returns false if none does. */
bool point_victim(point_class_t class, unsigned which, unsigned kinds, size_t *victim);

/* What happened at a point: as much of it as its words need. */
typedef struct point_fault {
    point_kind_t kind;
    const struct variant *variant; /* of a packet: what happened to it, */
    ip_place_t place;              /* where, */
    char host[41];                 /* "": in the box, */
    uint32_t packet;               /* its number, */
    uint32_t value;                /* and the new value of a field */
    uint64_t nth;                  /* KIND_ALLOCATION, KIND_ORDER: which block, which instant */
    unsigned first;                /* KIND_ORDER: which event goes first */
    char process[FAULT_WORD_MAX];  /* KIND_PROCESS: which one dies */
} point_fault_t;

/* Alternative `which`, from 1, of a packet of a class at a place; `host` is NULL for the box,
 * `process` the name of the one that dies, or NULL. */
typedef struct point_visit {
    point_class_t class;
    ip_place_t place;
    const char *host;
    const mblk_t *mp;
    const char *process;
} point_visit_t;

void point_packet_fault(unsigned which, unsigned kinds, const point_visit_t *visit,
                        point_fault_t *point);

/* The same for box_carry_out(). Its text is empty. */
void point_make_fault(const point_fault_t *point, fault_t *fault);

/* Writes what happened to a packet, without which packet and where, into text[POINT_TEXT_MAX]:
 * "delay by 4". */
void point_fault_label(const point_fault_t *point, char *text);

/* Writes it in the words of --fault into text[POINT_TEXT_MAX]. */
#define POINT_TEXT_MAX 224
void point_fault_text(const point_fault_t *point, char *text);

#endif
