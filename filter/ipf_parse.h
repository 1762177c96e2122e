/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf into rules. Solaris: cmd/ipf/tools/ipf_y.y.
 *
 *     file    := { set | rule | newline }
 *     set     := "set" "intercept_loopback" ("true" | "false") ";"
 *     rule    := action dir { option } [ proto ] [ srcdst ] [ flags ] (";" | newline)
 *     action  := "pass" | "block" [ "return-rst" ]
 *     option  := "log" | "quick" | "on" NAME                   in any order, each once
 *     proto   := "proto" (NAME | NUMBER | "tcp/udp")
 *     srcdst  := "all" | "from" object [ "to" object ] | "to" object
 *     object  := [ "!" ] address [ port ] | port
 *     address := "any" | "localhost" | ADDRESS [ ("/" | "mask") MASK ]
 *     port    := "port" (COMPARE PORT | PORT ("<>" | "><" | ":") PORT)
 *     flags   := "flags" ( SET [ "/" SET ] | "/" SET )
 *
 * All else that ipf.conf knows is refused by its name.
 */
#ifndef LO0SIM_FILTER_IPF_PARSE_H
#define LO0SIM_FILTER_IPF_PARSE_H

#include "filter/frrequest.h"
#include "filter/ipf.h"

#include <stddef.h>

/* Parses text[length] and adds its rules to *set. *intercept is set to what the text says; `note`
 * (may be NULL) is told of rules that are there already.
 * => Returns 0; EINVAL with *error filled in, ENOMEM. What has been added to the set stays there
 *    and is the caller's to free. */
int ipf_parse(const char *text, size_t length, fr_ruleset_t *set, ipf_intercept_t *intercept,
              ipf_note_t note, void *note_arg, ipf_error_t *error);

#endif
