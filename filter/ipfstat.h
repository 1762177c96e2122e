/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter's rules and counters as text. Solaris: ipfstat (cmd/ipf/tools/ipfstat.c).
 */
#ifndef LO0SIM_FILTER_IPFSTAT_H
#define LO0SIM_FILTER_IPFSTAT_H

#include "filter/ipf.h"

#include <stdbool.h>

/* Takes a line, without its end; it is valid only during the call. */
typedef void (*ipf_line_t)(void *arg, const char *line);

#define IPFSTAT_HITS    0x01u /* -h: how often a rule was hit */
#define IPFSTAT_BYTES   0x02u /* -a, -v: the bytes of these hits */
#define IPFSTAT_NUMBERS 0x04u /* -n: @N, its number in its list */
#define IPFSTAT_PORTS   0x08u /* -R: ports as numbers, not as names of services */
#define IPFSTAT_ACCOUNT 0x10u /* -a: the `count` rules */
#define IPFSTAT_VERBOSE 0x20u /* -v: "(!)" after interfaces that do not exist */

/* Prints one list of rules, and after it the groups that its rules head, each once. In each group
 * the numbers begin again.
 * => Returns 0, ENOENT if the list is empty, or ENOMEM; then nothing was printed. */
int ipfstat_rules(const ipf_stack_t *ifs, bool out, unsigned how, ipf_line_t line, void *arg);

/* The same, as rules: calls `each` for every rule of a list and of its groups, with its number in
 * the list or the group that it is in (fr->fr_group; "": no group), from 1.
 * => Returns 0, or ENOMEM; then none was called for. */
typedef void (*ipf_each_t)(void *arg, const frentry_t *fr, unsigned number);
int ipfstat_each(const ipf_stack_t *ifs, bool out, ipf_each_t each, void *arg);

/* Calls `each` with every rule: of both lists, of the `count` rules, and of all groups. */
void ipfstat_each_rule(const ipf_stack_t *ifs, void (*each)(void *arg, const frentry_t *fr),
                       void *arg);

/* Solaris' name of a list: "ipfilter(in)". */
const char *ipfstat_list_name(bool out, unsigned how);

/* The table of states, a line for each: its initiator and other side, the verdict for its packets,
 * and how many seconds it lives on without a packet.
 * => Returns 0, or ENOMEM; then nothing was printed. */
int ipfstat_states(const ipf_stack_t *ifs, ipf_line_t line, void *arg);

/* A state, for callers that read the table; valid only during the call. [0] is the initiator's, [1]
 * the other side's. */
typedef struct ipfstat_state {
    char src[46], dst[46]; /* of the first packet */
    uint16_t sport, dport; /* 0 without ports */
    char proto[16];        /* its name, or its number */
    const frentry_t *rule;
    bool block;
    uint64_t left_us; /* how long it lives on without a packet */
    uint64_t packets[2], bytes[2];
    unsigned tcp[2]; /* TCP: IPFilter's number of the side's state (4: established); else 0 */
} ipfstat_state_t;

/* Calls `each` with every state, oldest first.
 * => Returns 0, or ENOMEM; then with none. */
int ipfstat_each_state(const ipf_stack_t *ifs,
                       void (*each)(void *arg, const ipfstat_state_t *state), void *arg);

/* What `ipfstat -t` shows: the states of one family, those with the most bytes first, without
 * connections that both sides have closed. The title has `name`, and the filter's time of day; time
 * 0 is 15:30:00.
 * => Returns 0, or ENOMEM; then nothing was printed. */
int ipfstat_top(const ipf_stack_t *ifs, const char *name, int family, ipf_line_t line, void *arg);

/* `ipfstat -s`: counts what happened to states. The buckets are those of the table here. */
void ipfstat_state_counters(const ipf_stack_t *ifs, ipf_line_t line, void *arg);

/* `ipfstat -sl`: each state, the newest first, in the layout of ipfstat_dump().
 * => Returns 0, or ENOMEM; then nothing was printed. */
int ipfstat_state_list(const ipf_stack_t *ifs, ipf_line_t line, void *arg);

/* `ipfstat -f`: counts what happened to fragments, and lists the entries, oldest first. */
void ipfstat_frags(const ipf_stack_t *ifs, ipf_line_t line, void *arg);

/* All tables in IPFilter's layout, as `ipftest -D` prints them: states, the newest first; groups;
 * rules with their hits. The tables of address translation, and the second set of rules, do not
 * exist here and are printed empty. `how`: IPFSTAT_PORTS.
 * => Returns 0, or ENOMEM; then what was printed is not the whole. */
int ipfstat_dump(const ipf_stack_t *ifs, unsigned how, ipf_line_t line, void *arg);

/* The page of counters. Counters that are not kept are 0. */
void ipfstat_counters(const ipf_stack_t *ifs, ipf_line_t line, void *arg);

#endif
