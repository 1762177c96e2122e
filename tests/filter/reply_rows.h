/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs tables of packets and the replies to them, byte for byte, with a stack that is none: it
 * keeps what it is given to send, and its interface 2 has the addresses 192.168.1.5 and
 * 2001:db8::5.
 */
#ifndef LO0SIM_TESTS_FILTER_REPLY_ROWS_H
#define LO0SIM_TESTS_FILTER_REPLY_ROWS_H

#include "filter/ipf.h"
#include "stack/neti.h"
#include "tests/filter/packet.h"

#include <stddef.h>
#include <stdint.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

typedef struct row {
    const char *name, *rule;
    const char *before; /* the packet, in hexadecimal, a blank after each four bytes */
    const char *after;  /* NULL: nothing is sent, and the name is why */
} row_t;

typedef struct fake {
    mblk_t *injected;  /* what was sent; the caller frees it */
    char refused[100]; /* why nothing was */
} fake_t;

/* Of the stack that is none; its netd_stack is a fake_t. */
extern const net_protocol_t fake_protocol;

extern const ipf_build_t post_build, linux_build;

/* => Returns a packet of these bytes; the caller frees it with freemsg(). */
mblk_t *packet_of(const char *hex);

/* Shows a packet that comes in on interface `phy`, with `flags` of FI_*, to the row's rule. What
 * fr_check() makes of it is left in *mp (NULL: eaten) and in the fake. */
void judge(fake_t *fake, const row_t *row, const ipf_build_t *build, ipf_reply_mode_t mode,
           uint32_t flags, phy_if_t phy, mblk_t **mp);

/* The packet itself becomes the reply, on loopback. */
void turned(const row_t *rows, size_t count, const ipf_build_t *build);

/* A reply is built and sent by interface 2; the packet is eaten. */
void sent(const row_t *rows, size_t count, const ipf_build_t *build, ipf_reply_mode_t mode,
          uint32_t flags);

#endif
