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
    KIND_ALLOCATION, /* an allocation fails */
    KIND_ORDER,      /* another event of the same instant goes first */
    KINDS
} point_kind_t;

extern const char *const point_kind_names[KINDS + 1]; /* NULL after the last */

#define KIND_BIT(kind) (1u << (kind))
#define KINDS_DEFAULT  (KIND_BIT(KIND_DROP) | KIND_BIT(KIND_DUPLICATE) | KIND_BIT(KIND_DELAY))

typedef uint8_t point_class_t;

/* => Returns the class of a packet at a place. */
point_class_t point_class_of(ip_place_t place, const mblk_t *mp);

/* The class of a block of memory; that of `count` events of one instant, 2 to POINT_READY_MAX. */
#define POINT_READY_MAX    16
#define POINT_ALLOCATION   ((point_class_t)64)
#define POINT_READY(count) ((point_class_t)(128 + (count)))

/* How many alternatives points of a class have if `kinds` are tried. */
unsigned point_alternatives(point_class_t class, unsigned kinds);

/* Writes alternative `which`, from 1, of a packet at a place in the words of --fault into
 * text[POINT_TEXT_MAX]; `host` is NULL for the box. */
#define POINT_TEXT_MAX 160
void point_packet_text(unsigned which, unsigned kinds, ip_place_t place, const char *host,
                       const mblk_t *mp, char *text);

#endif
