/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule, and the bits of a verdict. Solaris: frentry_t and FR_* in netinet/ip_fil.h.
 *
 * A verdict ("pass" in fr_check) is the flags word of the rule that decided, so it carries what
 * the reply stage and the log have to do. Bits have their Solaris values; those of actions that
 * are not done yet keep their place.
 */
#ifndef LO0SIM_FILTER_IPF_RULE_H
#define LO0SIM_FILTER_IPF_RULE_H

#include "filter/ipf.h"

#include <stdbool.h>
#include <stdint.h>

#define FR_BLOCK   0x00000001u
#define FR_PASS    0x00000002u
#define FR_CMDMASK 0x0000000fu
#define FR_LOG     0x00000010u
#define FR_LOGB    (FR_LOG | FR_BLOCK)
#define FR_LOGP    (FR_LOG | FR_PASS)
#define FR_LOGMASK (FR_LOG | FR_CMDMASK)
#define FR_QUICK   0x00000100u
#define FR_RETRST  0x00001000u
#define FR_RETICMP 0x00002000u
#define FR_RETMASK 0x00003000u
#define FR_OUTQUE  0x00004000u
#define FR_INQUE   0x00008000u
#define FR_NOMATCH 0x08000000u

#define FR_ISBLOCK(pass)   (((pass)&FR_CMDMASK) == FR_BLOCK)
#define FR_ISPASS(pass)    (((pass)&FR_CMDMASK) == FR_PASS)
#define FR_ISNOMATCH(pass) (((pass)&FR_NOMATCH) != 0)

/* What fr_makefrip finds out about a packet, and what a rule may ask of it. */
#define FI_TCPUDP   0x0001u
#define FI_OPTIONS  0x0002u
#define FI_FRAG     0x0004u
#define FI_SHORT    0x0008u
#define FI_BAD      0x0400u
#define FI_FRAGBODY 0x2000u

#define LIFNAMSIZ 32

/* The mask of `flags S`: FSRPAU. The ECN bits are left out. */
#define FR_TCPFMAX 0x3f

/* What a port is compared with, and how. */
typedef enum fr_port_op {
    FR_NONE, /* not compared */
    FR_EQUAL,
    FR_NEQUAL,
    FR_LESST,
    FR_GREATERT,
    FR_LESSTE,
    FR_GREATERTE,
    FR_OUTRANGE, /* P1 <> P2: below P1 or above P2 */
    FR_INRANGE,  /* P1 >< P2: strictly between */
    FR_INCRANGE  /* P1:P2: between, both included */
} fr_port_op_t;

typedef struct frpcmp {
    fr_port_op_t frp_cmp;
    uint16_t frp_port;
    uint16_t frp_top; /* the second port of a range */
} frpcmp_t;

/* An address and mask, in host order; `negated` for "!". No bit of fra_addr is outside the mask. */
typedef struct fraddr {
    uint32_t fra_addr;
    uint32_t fra_mask;
    bool fra_negated;
} fraddr_t;

typedef enum fr_type {
    FR_T_NONE, /* `all`: there is nothing to compare */
    FR_T_IPF
} fr_type_t;

struct frentry {
    frentry_t *fr_next;
    uint32_t fr_flags; /* FR_* */
    fr_type_t fr_type;
    fraddr_t fr_src;
    fraddr_t fr_dst;
    frpcmp_t fr_sport;
    frpcmp_t fr_dport;
    uint32_t fr_flx;  /* FI_* that a packet must have: FI_TCPUDP for `proto tcp/udp` */
    bool fr_hasproto; /* whether fr_proto is compared */
    uint8_t fr_proto;
    uint8_t fr_tcpf; /* `flags S/M`: the bits of M that are set must be just those of S */
    uint8_t fr_tcpfm;
    char fr_ifname[LIFNAMSIZ]; /* empty: every interface */
    int fr_line;               /* where it stands in its text, from 1 */
    uint64_t fr_hits;
    uint64_t fr_bytes;
};

#endif
