/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf's language, read by hand. Solaris and IPFilter: ipf_y.y, lexer.c.
 *
 *     file    := { line }
 *     line    := [ set | assign | rule ] [ ";" ] newline        several rules may share a line with
 * ";" set     := "set" "intercept_loopback" ("true" | "false") ";"          before any rule assign
 * := NAME "=" VALUE ";"                             used as $NAME or ${NAME} rule    := [ "@" N | N
 * ] action ("in" | "out") { option } [ family ] [ tos ] [ ttl ] [ proto ] [ "all" | [ "from" object
 * ] [ "to" object ] ] [ flags ] [ icmp ] { with } { keep } [ head ] [ group ] [ set-tag ] [
 * match-tag ] [ pps ] [ comment ] action  := "pass" | "block" [ return ] | "log" [ logopt ] |
 * "count" | "auth" [ "return-rst" ] | "preauth" | "skip" N | "call" [ "now" ] FUNC "/" N
 *
 * Each clause has its grammar beside its function, in ipf_parse_option.c (what is done with a
 * packet), ipf_parse_object.c (addresses and ports), ipf_parse_match.c (the other fields) and
 * ipf_parse_tail.c (with, keep, tags). A list, in () or {}, makes a rule of each of its items.
 */
#ifndef LO0SIM_FILTER_IPF_PARSE_H
#define LO0SIM_FILTER_IPF_PARSE_H

#include "filter/ipf_rule.h"

#include <stddef.h>

/* Takes a rule as it was read; it is good during the call only.
 * => Returns 0, or an errno that ends the reading. */
typedef int (*ipf_rule_func_t)(void *arg, const frentry_t *fr);

/* Parses text[length] and hands its rules to `func`, in their order. *intercept is set to what the
 * text says.
 * => Returns 0; EINVAL with *error filled in, ENOMEM, or what `func` returned. */
int ipf_parse(const char *text, size_t length, int family, ipf_rule_func_t func, void *arg,
              ipf_intercept_t *intercept, ipf_error_t *error);

#endif
