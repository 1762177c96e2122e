/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule and a packet as words of bits, so that the rules for a packet can be looked up.
 *
 * A rule has one key or several. A key has in each word a mask, and the value that a matching
 * packet has under it; and the ports, from low to high. A key asks nothing that its rule does not
 * ask, so a packet that matches a rule fits one of its keys. A packet that fits a key need not
 * match: what is not in a key (negated addresses, long pools, security classes) is left to whoever
 * compares the rule itself. */
#ifndef LO0SIM_FILTER_CLASSIFY_FR_KEY_H
#define LO0SIM_FILTER_CLASSIFY_FR_KEY_H

#include "filter/ipf_rule.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fr_info;

/* The words of a key. */
enum {
    KEY_SRC = 0, /* 4 words; IPv4 in the first */
    KEY_DST = 4,
    KEY_BYTES = 8,    /* protocol, TOS, TTL, TCP flags */
    KEY_PORTS = 9,    /* source, destination; of a range the bits that all share */
    KEY_ICMP = 10,    /* type, code, IP version, and whether there are ports to compare */
    KEY_IFNAME = 11,  /* a hash of the interface's name */
    KEY_FLX = 12,     /* FI_* */
    KEY_OPTIONS = 13, /* IP options or IPv6 extension headers */
    KEY_WORDS
};

/* The ports of a key. */
enum { KEY_SPORT, KEY_DPORT, KEY_RANGES };

/* The most keys that a rule can have: `port A <> B` makes two for each port, a short pool one for
 * each address. */
#define KEYS_MAX 16

typedef struct fr_key {
    uint32_t value[KEY_WORDS]; /* no bits outside the mask */
    uint32_t mask[KEY_WORDS];
    uint16_t low[KEY_RANGES], high[KEY_RANGES]; /* 0 and 65535: not asked */
} fr_key_t;

typedef struct fr_packet_key {
    uint32_t value[KEY_WORDS];
    uint16_t port[KEY_RANGES];
} fr_packet_key_t;

/* The keys of a rule, always in the same order.
 * => Returns how many there are: 0 if no packet can match it. */
size_t fr_keys_of_rule(const frentry_t *fr, fr_key_t keys[KEYS_MAX]);

/* The key of a packet on an interface. `portcmp`: it has ports to compare. */
void fr_key_of_packet(const struct fr_info *fin, const char *ifname, bool portcmp,
                      fr_packet_key_t *key);

#endif
