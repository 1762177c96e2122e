/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rule, and the bits of a verdict. Solaris: frentry_t and FR_* in netinet/ip_fil.h.
 *
 * A verdict ("pass" in fr_check) is the flags word of the rule that decided, so it carries what
 * the reply stage, the log and the state table have to do. Bits have their Solaris values.
 */
#ifndef LO0SIM_FILTER_IPF_RULE_H
#define LO0SIM_FILTER_IPF_RULE_H

#include "filter/ipf.h"

#include <stdbool.h>
#include <stdint.h>

/* ---- fr_flags: the action, in FR_CMDMASK, and what goes with it ---- */

#define FR_BLOCK      0x00000001u
#define FR_PASS       0x00000002u
#define FR_AUTH       0x00000003u
#define FR_PREAUTH    0x00000004u
#define FR_ACCOUNT    0x00000005u
#define FR_SKIP       0x00000006u
#define FR_CALL       0x00000007u /* `call FUNC/N`: no verdict of its own */
#define FR_DECAPS     0x00000008u /* `decapsulate`: no verdict of its own */
#define FR_CMDMASK    0x0000000fu
#define FR_LOG        0x00000010u
#define FR_CALLNOW    0x00000020u
#define FR_LOGB       (FR_LOG | FR_BLOCK)
#define FR_LOGP       (FR_LOG | FR_PASS)
#define FR_LOGMASK    (FR_LOG | FR_CMDMASK)
#define FR_QUICK      0x00000100u
#define FR_KEEPFRAG   0x00000200u
#define FR_KEEPSTATE  0x00000400u
#define FR_FASTROUTE  0x00000800u
#define FR_RETRST     0x00001000u
#define FR_RETICMP    0x00002000u
#define FR_FAKEICMP   0x00003000u
#define FR_RETMASK    0x00003000u
#define FR_OUTQUE     0x00004000u
#define FR_INQUE      0x00008000u
#define FR_LOGBODY    0x00010000u
#define FR_LOGFIRST   0x00020000u
#define FR_LOGORBLOCK 0x00040000u
#define FR_STLOOSE    0x00080000u
#define FR_FRSTRICT   0x00100000u
#define FR_STSTRICT   0x00200000u
#define FR_NEWISN     0x00400000u
#define FR_NOICMPERR  0x00800000u
#define FR_STATESYNC  0x01000000u
#define FR_NOMATCH    0x08000000u

#define FR_ISBLOCK(pass)   (((pass)&FR_CMDMASK) == FR_BLOCK)
#define FR_ISPASS(pass)    (((pass)&FR_CMDMASK) == FR_PASS)
#define FR_ISAUTH(pass)    (((pass)&FR_CMDMASK) == FR_AUTH)
#define FR_ISPREAUTH(pass) (((pass)&FR_CMDMASK) == FR_PREAUTH)
#define FR_ISACCOUNT(pass) (((pass)&FR_CMDMASK) == FR_ACCOUNT)
#define FR_ISCALL(pass)    (((pass)&FR_CMDMASK) == FR_CALL)
#define FR_ISSKIP(pass)    (((pass)&FR_CMDMASK) == FR_SKIP)
#define FR_ISDECAPS(pass)  (((pass)&FR_CMDMASK) == FR_DECAPS)
#define FR_ISLOG(pass)     (((pass)&FR_LOGMASK) == FR_LOG)
#define FR_ISNOMATCH(pass) (((pass)&FR_NOMATCH) != 0)

/* ---- what fr_makefrip finds out about a packet, and a rule may ask for ---- */

#define FI_TCPUDP    0x00001u
#define FI_OPTIONS   0x00002u
#define FI_FRAG      0x00004u
#define FI_SHORT     0x00008u
#define FI_NATED     0x00010u
#define FI_MULTICAST 0x00020u
#define FI_BROADCAST 0x00040u
#define FI_MBCAST    0x00080u
#define FI_STATE     0x00100u
#define FI_BADNAT    0x00200u
#define FI_BAD       0x00400u
#define FI_OOW       0x00800u
#define FI_ICMPERR   0x01000u
#define FI_FRAGBODY  0x02000u
#define FI_BADSRC    0x04000u
#define FI_LOWTTL    0x08000u
#define FI_V6EXTHDR  0x10000u
#define FI_AH        0x200000u

#define LIFNAMSIZ   32
#define FR_GROUPLEN 16
#define IPFTAG_LEN  16

/* The mask of `flags S`: FSRPAU. The ECN bits are left out. */
#define FR_TCPFMAX 0x3f

#define FR_NOLOGTAG    0u
#define FR_NOLOGLEVEL  0xffffu
#define FR_COMMENT_MAX 64

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

/* An address of either family, in host order. IPv4 is in the first word; the others are 0. */
typedef struct i6addr {
    uint32_t i6[4];
} i6addr_t;

/* Writes an address to text[INET6_ADDRSTRLEN]; family is 4 or 6, and any other is 4. */
void i6addr_text(const i6addr_t *address, int family, char *text);

/* In place of an interface's name: the first one that is not lo0. */
#define IPF_THISHOST "<thishost>"

/* Where an address comes from: written down, or an interface's. */
typedef enum fr_atype {
    FRI_NORMAL,
    FRI_DYNAMIC,   /* IFNAME/32: the interface's own */
    FRI_BROADCAST, /* IFNAME/broadcast */
    FRI_PEERADDR,  /* IFNAME/peer */
    FRI_NETWORK,   /* IFNAME/network */
    FRI_NETMASKED, /* IFNAME/netmasked */
    FRI_POOL,      /* pool/NAME: what a tree has, ip_lookup.h */
    FRI_HASH       /* hash/NAME */
} fr_atype_t;

/* An address and mask; `negated` for "!". fra_addr has no bits outside the mask. */
typedef struct fraddr {
    i6addr_t fra_addr;
    i6addr_t fra_mask;
    fr_atype_t fra_type; /* unless FRI_NORMAL: the address of the interface in fr_addrnames */
    bool fra_negated;
    bool fra_known;             /* then: the interface exists, and fra_addr is its address */
    struct ip_table *fra_table; /* of FRI_POOL and FRI_HASH; NULL: not known, or not yet */
} fraddr_t;

typedef enum fr_type {
    FR_T_NONE, /* `all`: there is nothing to compare */
    FR_T_IPF
} fr_type_t;

/* Where `to`, `dup-to` and `reply-to` send a packet. */
typedef struct frdest {
    char fd_name[LIFNAMSIZ]; /* empty: not said */
    i6addr_t fd_ip;
    int fd_family; /* 0: no address */
} frdest_t;

typedef struct frgroup frgroup_t; /* the rules of a group: frrequest.h */

/* What only few rules say; zero means not said. */
typedef struct frentry_rare {
    char fr_vianames[2][LIFNAMSIZ];  /* `in-via`, `out-via` A,B */
    char fr_addrnames[2][LIFNAMSIZ]; /* whose address fr_src and fr_dst are */
    char fr_func[16];
    frdest_t fr_tif, fr_rif, fr_dif;  /* `to`, `reply-to`, `dup-to` */
    char fr_nattag[IPFTAG_LEN + 1];   /* `set-tag(nat=...)` */
    char fr_matchtag[IPFTAG_LEN + 1]; /* `match-tag(nat=...)` */
    char fr_icmphead[FR_GROUPLEN];
    char fr_comment[FR_COMMENT_MAX];
} frentry_rare_t;

extern const frentry_rare_t fr_says_nothing;

struct frentry {
    frentry_t *fr_next;
    struct fr_block *fr_block; /* its block in its list (fr_order.h); NULL once removed */
    uint32_t fr_place;         /* its probable place in the block */
    uint32_t fr_label;         /* grows along its list, once the list has a classifier; from 1 */
    uint32_t fr_flags;         /* FR_* */
    fr_type_t fr_type;

    /* together: what it matches, since every packet reads this of every rule */
    int fr_family;     /* 0: either; 4, 6 */
    bool fr_anyfamily; /* fr_family is that of `to IF:ADDRESS`, in a rule that compares nothing */
    bool fr_hastos;    /* whether fr_tos is compared; the same below */
    bool fr_hasttl;
    bool fr_hasproto;
    uint8_t fr_tos;
    uint8_t fr_ttl;
    uint8_t fr_proto;
    uint8_t fr_tcpf; /* `flags S/M`: of the bits in M exactly those of S must be set */
    uint8_t fr_tcpfm;
    uint32_t fr_flx; /* FI_*: of the bits in fr_mflx exactly these must be set */
    uint32_t fr_mflx;
    uint32_t fr_optbits; /* IP options or IPv6 extension headers, the same */
    uint32_t fr_optmask;
    uint16_t fr_secbits; /* security classes, the same */
    uint16_t fr_secmask;
    uint16_t fr_icmp; /* type << 8 | code, under the mask */
    uint16_t fr_icmpm;
    fraddr_t fr_src;
    fraddr_t fr_dst;
    frpcmp_t fr_sport;
    frpcmp_t fr_dport;
    char fr_ifnames[2][LIFNAMSIZ]; /* `on` A,B; empty: not said */

    uint32_t fr_collect; /* the collection number: its place in the list */
    uint32_t fr_insert;  /* `@N`: before which rule, from 0; UINT32_MAX: at the end */

    /* what is done */
    uint8_t fr_icode;     /* return-icmp's */
    uint16_t fr_loglevel; /* facility and priority as of syslog, or FR_NOLOGLEVEL */
    uint32_t fr_arg;      /* skip N, call FUNC/N */
    uint32_t fr_logtag;
    uint32_t fr_matchlogtag; /* `match-tag(log=...)`, or FR_NOLOGTAG */
    uint32_t fr_pps;
    uint32_t fr_rulettl; /* `rule-ttl`, seconds */

    /* keep state, keep frags */
    uint32_t fr_statemax;
    uint32_t fr_maxsrcs;
    uint32_t fr_maxpersrc;
    uint32_t fr_maxpersrcbits;
    uint32_t fr_age[2];
    bool fr_nolog;

    char fr_group[FR_GROUPLEN];  /* the group it is in; empty: none */
    char fr_grhead[FR_GROUPLEN]; /* the group it heads */
    const frgroup_t *fr_grp;     /* the same, when the rules are loaded */
    const frgroup_t *fr_icmpgrp; /* `icmp-head` */
    struct ip_table *fr_map;     /* of `call` */
    const frentry_rare_t
        *fr_rare; /* never NULL in a list; fr_says_nothing if it says nothing of it */

    int fr_line; /* where its action stands in the text, from 1 */
    int fr_column;
    uint64_t fr_hits;
    uint64_t fr_bytes;
    uint64_t fr_pps_start_us; /* virtual time at which the second began that is being counted */
    uint32_t fr_pps_count;    /* 0: none has begun */
    uint32_t fr_statecnt;
};

#endif
