/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Captures: the packets that pass one place, as a pcapng file for Wireshark and tcpdump, or as
 * Solaris' snoop writes them. In pcapng, comments on a packet say what the filter did with it.
 *
 * A capture is of one tap only: a packet that is in a file twice would look like a retransmission.
 */
#ifndef LO0SIM_SIM_VIEW_CAPTURE_H
#define LO0SIM_SIM_VIEW_CAPTURE_H

#include "sim/core/observer.h"

#include <stdbool.h>
#include <stddef.h>

/* What precedes each packet; the values are the LINKTYPE_ numbers. */
typedef enum capture_linktype {
    CAPTURE_NULL = 0,   /* the address family, in 4 bytes */
    CAPTURE_RAW = 101,  /* nothing */
    CAPTURE_IPNET = 226 /* what Solaris' snoop has on lo0: 24 bytes */
} capture_linktype_t;

typedef struct capture_options {
    tap_t tap;
    capture_linktype_t linktype;
    bool snoop; /* the file is snoop's, and the link type ipnet */
} capture_options_t;

/* Whether a file of this name gets snoop's format: if it ends in ".snoop". */
bool capture_is_snoop(const char *file);

/* The link type of that name.
 * => Returns false if there is none. capture_linktype_names has the names; NULL after the last. */
bool capture_linktype_find(const char *name, capture_linktype_t *linktype);
extern const char *const capture_linktype_names[];

typedef struct capture capture_t;

/* Adds a capture to the box' trace and begins its file. `comment` is the section's. `box` and
 * `out` must outlive it.
 * => Returns NULL if there is no memory. The caller ends it with capture_end(). */
capture_t *capture_begin(box_t *box, const capture_options_t *options, const char *comment,
                         FILE *out);

/* Why the file is of no use, in words, or NULL: it would have packets of two interfaces, which link
 * type raw cannot have. */
const char *capture_fault(const capture_t *capture);

/* Writes what is left, and statistics up to the time now_us. No event may come after it. */
void capture_end(capture_t *capture, uint64_t now_us);

/* The observer that writes `file` (see observer.h); `options` must outlive it. */
observer_t capture_observer(const char *file, const capture_options_t *options);

#endif
