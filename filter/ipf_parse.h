/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf's language, read by hand. Solaris and IPFilter: ipf_y.y, lexer.c.
 *
 *     file    := { line }
 *     line    := [ set | assign | rule ] [ ";" ] newline
 *     set     := "set" "intercept_loopback" ("true" | "false") ";"   before any rule
 *     assign  := NAME "=" VALUE ";"                                  used as $NAME or ${NAME}
 *     rule    := [ "@" N | N ] action ("in" | "out") { option } [ family ] [ tos ] [ ttl ]
 *                [ proto ] [ "all" | [ "from" object ] [ "to" object ] ] [ flags ] [ icmp ]
 *                { with } { keep } [ head ] [ group ] [ set-tag ] [ match-tag ] [ pps ] [ comment ]
 *     action  := "pass" | "block" [ return ] | "log" [ logopt ] | "count" | "auth" [ "return-rst" ]
 *                | "preauth" | "skip" N | "call" [ "now" ] FUNC "/" N
 *
 * Several rules may share a line, with ";" between them.
 *
 * Each clause has its grammar beside its function, in ipf_parse_option.c (what is done with a
 * packet), ipf_parse_object.c (addresses and ports), ipf_parse_match.c (the other fields) and
 * ipf_parse_tail.c (with, keep, tags). A list, in () or {}, makes a rule for each of its items.
 */
#ifndef LO0SIM_FILTER_IPF_PARSE_H
#define LO0SIM_FILTER_IPF_PARSE_H

#include "filter/ipf_rule.h"

#include <stddef.h>

/* Takes a rule that was read; it is valid only during the call.
 * => Returns 0, or an errno that ends the reading. */
typedef int (*ipf_rule_func_t)(void *arg, const frentry_t *fr);

/* What a message about a rule can point at. */
typedef enum ipf_place {
    IPF_PLACE_ACTION,
    IPF_PLACE_RETURN, /* return-rst and its like */
    IPF_PLACE_CODE,   /* of return-icmp, between the brackets */
    IPF_PLACE_ON,     /* the interface after `on` */
    IPF_PLACE_TO,     /* the keywords `to` an interface, `route-to` */
    IPF_PLACE_DUP_TO,
    IPF_PLACE_REPLY_TO,
    IPF_PLACE_FASTROUTE,
    IPF_PLACE_PROTO, /* the protocol */
    IPF_PLACE_SRC,   /* addresses */
    IPF_PLACE_DST,
    IPF_PLACE_SPORT, /* what follows `port` */
    IPF_PLACE_DPORT,
    IPF_PLACE_FLAGS,  /* what follows `flags` */
    IPF_PLACE_STATE,  /* the word after `keep` */
    IPF_PLACE_IFADDR, /* an address that is an interface's */
    IPF_PLACE_NAT,    /* the word after `with` */
    IPF_PLACE_SYNC,   /* the options of `keep state` */
    IPF_PLACE_ICMP_HEAD,
    IPF_PLACE_HEAD, /* the group's name */
    IPF_PLACE_GROUP,
    IPF_PLACE_SET_TAG, /* the keywords */
    IPF_PLACE_MATCH_TAG,
    IPF_PLACE_RULE_TTL,
    IPF_PLACE_POOL, /* pool, hash */
    IPF_PLACE_COUNT
} ipf_place_t;

/* The places of a line's clauses, from 1. A missing clause has the place of the line's action; a
 * list has that of its last item. */
typedef struct ipf_places {
    struct {
        int line, column;
    } at[IPF_PLACE_COUNT];
} ipf_places_t;

/* How a text is read. */
typedef struct ipf_reading {
    int family;       /* of rules that do not name it: 0, 4 or 6 */
    memory_t *memory; /* of pools within rules; NULL: the process' */
    ipf_rule_func_t func;
    void *arg; /* of func and of mistake */
    ipf_intercept_t *intercept;
    ipf_places_t *places; /* filled in before each call of func; can be NULL */
    /* Called for each mistake, also for func's. It returns whether reading goes on at the next
     * line. If it is NULL, the first mistake ends the reading. */
    bool (*mistake)(void *arg, const ipf_error_t *error);
    /* Called, after a mistake, for each group that the refused line heads; can be NULL. */
    void (*lost_head)(void *arg, const char *group);
} ipf_reading_t;

/* Parses text[length] according to *reading. `func` reports a mistake of its own by filling in
 * *error and returning EINVAL.
 * => Returns 0, also if mistakes were reported and reading went on; otherwise like ipf_parse(). */
int ipf_read(const char *text, size_t length, const ipf_reading_t *reading, ipf_error_t *error);

/* Finds something in a rule that the language has but a host here cannot carry out, and its place.
 * => Returns NULL if there is nothing. (ipf_load.c) */
const char *ipf_not_modelled(const frentry_t *fr, ipf_place_t *where);

/* Parses text[length] and hands its rules to `func`, in their order. *intercept is set as in
 * the text.
 * => Returns 0; EINVAL with *error filled in, ENOMEM, or what `func` returned. */
int ipf_parse(const char *text, size_t length, int family, ipf_rule_func_t func, void *arg,
              ipf_intercept_t *intercept, ipf_error_t *error);

#endif
