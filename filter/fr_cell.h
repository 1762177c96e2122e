/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Cells: sets of packets that are compared with rules at once. No counterpart in Solaris. Not for
 * use outside of filter/. */
#ifndef LO0SIM_FILTER_FR_CELL_H
#define LO0SIM_FILTER_FR_CELL_H

#include "filter/fr_impl.h"

#define NAMES_MAX 64 /* interfaces that rules name; one more stands for all others */

/* What is a number from low to high. Addresses of IPv4 are the first 32 of 128 bits. */
typedef enum cell_range {
    CELL_IFNAME,
    CELL_PROTO,
    CELL_TOS,
    CELL_TTL,
    CELL_SPORT,
    CELL_DPORT,
    CELL_SRC,
    CELL_DST,
    CELL_RANGES
} cell_range_t;

/* What is bits, each known or not. */
typedef enum cell_word {
    CELL_FLX,     /* FI_* */
    CELL_OPTIONS, /* fin_optmsk */
    CELL_SECRET,  /* fin_secmsk */
    CELL_ICMP,    /* fin_icmp */
    CELL_FLAGS,   /* fin_tcpf */
    CELL_MORE,    /* CELL_HAS_* */
    CELL_WORDS
} cell_word_t;

#define CELL_HAS_PORTS 1u /* TCP or UDP, not a later fragment, and long enough */
#define CELL_HAS_ICMP  2u /* a type and a code, not in a later fragment */

typedef struct wide {
    uint64_t high, low;
} wide_t;

/* All packets of one direction and family within these bounds. */
typedef struct cell {
    bool out;
    uint8_t family; /* 4 or 6 */
    wide_t from[CELL_RANGES], to[CELL_RANGES];
    uint32_t known[CELL_WORDS], value[CELL_WORDS];
} cell_t;

/* The names of interfaces, by CELL_IFNAME. */
typedef struct cell_names {
    const char *name[NAMES_MAX];
    size_t count;
} cell_names_t;

/* Adds the name after `on`, which must stay, unless it is there or means any interface.
 * => Returns false if there is no room for it. */
bool cell_names_add(cell_names_t *names, const char *on);

/* Where a cell is to be divided: a range after `last`, or a word at one bit. */
typedef struct cell_cut {
    bool is_bit;
    int where; /* cell_range_t or cell_word_t */
    wide_t last;
    uint32_t bit;
} cell_cut_t;

typedef enum cell_match { CELL_NONE, CELL_ALL, CELL_SOME } cell_match_t;

bool wide_less(wide_t a, wide_t b);

/* All packets of a direction and a family. */
cell_t cell_whole(bool out, uint8_t family, const cell_names_t *names);

/* Whether no packet is in a cell, because of what excludes each other. */
bool cell_is_empty(const cell_t *cell);

/* Divides a cell in two: *cell becomes the first half. => Returns the second. */
cell_t cell_divide(cell_t *cell, const cell_cut_t *cut);

/* Whether an address is a range of CELL_SRC or CELL_DST, or all but a range: not that of a pool or
 * of an interface, nor one whose mask is no prefix. */
bool cell_is_range(const fraddr_t *fra);

/* Whether a mask is 1s followed by 0s. */
bool cell_is_prefix(const i6addr_t *mask);

/* Whether a rule matches the packets of a cell, as matches() in fr_firewall.c.
 * => Returns CELL_SOME, and *cut is where to divide the cell, if it depends on the packet. */
cell_match_t cell_matches(const cell_t *cell, const frentry_t *fr, const cell_names_t *names,
                          const ipf_build_t *build, cell_cut_t *cut);

#endif
