/* SPDX-License-Identifier: BSD-3-Clause
 *
 * IP Filter: rules in, verdict and reply out.
 *
 * One ipf_stack_t is the filter of one host (Solaris: ipf_stack_t). It knows packets only as bytes,
 * and the stack only as net_handle_t. It prints nothing: it reports what happens to a probe. */
#ifndef LO0SIM_FILTER_IPF_H
#define LO0SIM_FILTER_IPF_H

#include "stack/hook.h"
#include "stack/neti.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ipf_stack ipf_stack_t;
typedef struct frentry frentry_t; /* a rule: ipf_rule.h */

/* A filter without rules, reply mode IPF_REPLY_REWRITE, not attached to any hook.
 * => Returns NULL if there is no memory. The caller ends it with ipf_destroy(). */
ipf_stack_t *ipf_create(void);

/* The same with its rules, states, fragments and log in `memory`, which must outlive the filter.
 * ipf_create() takes memory_of_process(). */
ipf_stack_t *ipf_create_in(memory_t *memory);

/* Takes the filter off its hooks and frees it. */
void ipf_destroy(ipf_stack_t *ifs);

/* Ends what packets have made: states, fragments and the log. The rules stay. */
void ipf_forget(ipf_stack_t *ifs);

/* The same; then checks that all their counts are back at 0.
 * => Returns true if nothing is left; else false, and names what is left in buffer[size]. */
bool ipf_drain(ipf_stack_t *ifs, char *buffer, size_t size);

/* ---- rules ---- */

/* Where and why a rules text was refused. `line` and `column` count from 1; `column` counts
 * bytes. */
typedef struct ipf_error {
    int line;
    int column;
    char message[256];
} ipf_error_t;

/* What `set intercept_loopback` said. */
typedef enum ipf_intercept {
    IPF_INTERCEPT_UNSET,
    IPF_INTERCEPT_TRUE,
    IPF_INTERCEPT_FALSE
} ipf_intercept_t;

/* Parses text[length] in ipf.conf's language and, if all of it is right, replaces the rules that
 * were loaded before, with fresh hit counts. `set intercept_loopback` is only reported, in
 * *intercept (may be NULL); the caller acts on it.
 * => Returns 0; EINVAL with *error filled in, ENOMEM. On an error nothing has changed.
 * => The text is not kept. */
int ipf_load(ipf_stack_t *ifs, const char *text, size_t length, ipf_intercept_t *intercept,
             ipf_error_t *error);

/* Adds the rules of the text to those that are loaded, as `ipf -f` does: each goes where it
 * belongs, also with `@N`. Hits, states, fragments and the log stay. A rule that is there already
 * is left out, and the note says so. In a stack, `set intercept_loopback` has its effect.
 * => Returns as ipf_load() does. On an error nothing has changed. */
int ipf_add(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error);

/* Removes the rules of the text, as `ipf -r -f` does. States that they have made stay.
 * => Returns as ipf_load() does; EINVAL, too, if there is no such rule. On an error nothing has
 *    changed. */
int ipf_remove(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error);

/* The same as ipf_load(), but only for judging packets, as ipftest does: it takes also rules that
 * no host can carry out. A rule that asks a table that does not exist is left out, and the note
 * says so. `family` is that of rules that do not say it: 0, 4 or 6. */
int ipf_load_all(ipf_stack_t *ifs, const char *text, size_t length, int family, ipf_error_t *error);

/* Parses text[length] as ippool.conf, and adds its tables for rules that are loaded later.
 * => Returns 0; EINVAL with *error filled in, ENOMEM. On an error nothing has changed. */
int ipf_load_pools(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error);

/* How many rules of the loaded text repeated an earlier one. They were left out, as Solaris does
 * (EEXIST); that is no error. */
size_t ipf_duplicates(const ipf_stack_t *ifs);

/* Called while rules are loaded, for what is worth a note without being an error: a rule that was
 * left out. The message is valid only during the call. */
typedef void (*ipf_note_t)(void *arg, int line, int column, const char *message);

/* Sets this function; NULL removes it. */
void ipf_set_note(ipf_stack_t *ifs, ipf_note_t note, void *arg);

/* Called before ipf_load() replaces the rules: the old ones can still be read, with their hits. */
typedef void (*ipf_leave_t)(void *arg);

/* Sets this function; NULL removes it. */
void ipf_set_leave(ipf_stack_t *ifs, ipf_leave_t leave, void *arg);

/* Whether a loaded rule is for packets on the interface `name`: its `on` names it, or it has no
 * `on`. */
bool ipf_covers_interface(const ipf_stack_t *ifs, const char *name);

/* How a rule is written. Without any of these: as Solaris' ipfstat -R prints it. */
#define IPF_TEXT_FAMILY   0x1u /* `inet` and `inet6` wherever they hold, as IPFilter 6 does */
#define IPF_TEXT_NOTFOUND 0x2u /* "(!)" after interfaces that are not there: ipf -v */
#define IPF_TEXT_COUNT    0x4u /* "# count N" after `keep state`: ipf -v */
#define IPF_TEXT_SERVICES 0x8u /* names of services, not numbers */

/* The canonical text of a rule into buffer[size], always terminated; `how` is 0 or some of the
 * flags above. It parses to the same rule.
 * => Returns the length that the whole text has (as snprintf). */
int ipf_rule_format(const frentry_t *fr, unsigned how, char *buffer, size_t size);

/* The same with `how` 0. */
int ipf_rule_text(const frentry_t *fr, char *buffer, size_t size);

/* More than the longest canonical text. */
#define IPF_RULE_TEXT_MAX 2048

/* ---- hooks ---- */

/* Gives the filter the handles through which it reaches the stack, and registers its hooks for
 * wires, PHYSICAL_IN and PHYSICAL_OUT. First it removes all hooks at the handles before. Either may
 * be NULL. The handles must outlive the filter, or be taken back with two NULLs.
 * => Returns 0; else what net_hook_register() returned, and then the filter is not attached. */
int ipf_attach(ipf_stack_t *ifs, net_handle_t inet, net_handle_t inet6);

/* Registers or unregisters the four loopback hooks (SIOCIPFLP; `set intercept_loopback`): in each
 * family "ipfilter_hook4_loop_in" and "ipfilter_hook4_loop_out", or "..hook6..".
 * => Returns 0, also if nothing had to change; ENXIO if the filter is not attached; else what
 *    net_hook_register() returned, and then none is registered. */
int fr_setipfloopback(ipf_stack_t *ifs, bool on);

/* Whether the loopback hooks are registered. */
bool ipf_intercepts_loopback(const ipf_stack_t *ifs);

/* ---- replies ---- */

/* How the reply stage answers a blocked loopback packet. */
typedef enum ipf_reply_mode {
    IPF_REPLY_INJECT,  /* before the fix: build a reply and hand it to net_inject() */
    IPF_REPLY_REWRITE, /* the fix: turn the packet itself into the reply */
    IPF_REPLY_NETINFO, /* not taken: build a reply and hand it to net_loopback() */
    IPF_REPLY_ERRNO    /* not taken: the verdict is ECONNREFUSED, for the sender's call */
} ipf_reply_mode_t;

/* What the filter of one build does differently from another's. */
typedef struct ipf_build {
    bool ifb_cr_6845913;      /* return-icmp answers any TCP segment, not only SYN and FIN */
    bool ifb_oow_is_answered; /* so are segments out of their window (until CR 6929403) */
    bool ifb_out_is_answered; /* `block return-* out` answers; else it only drops */
    bool ifb_plain_rst;       /* a RST has 40 bytes (60 with IPv6), window 0 and identifier 0, and
                               * acknowledges the data, and an ICMP error has TOS 0xc0 and no DF;
                               * else they are as Solaris' */
    bool ifb_oow_is_passed_over; /* rules with `keep state` do not match segments outside of their
                                  * window; else they do, and cannot keep them */
    bool ifb_state_is_hit; /* a packet in the state or fragment table counts as a hit of its rule */
    uint16_t ifb_icmp_quote; /* bytes that an ICMP error of its own quotes, after the IPv4 header */
    uint8_t ifb_reply_ttl;   /* of replies that are built, not rewritten; below: with IPv6 */
    uint8_t ifb_reply_hops;
} ipf_build_t;

/* Changes the build from now on; `build` must outlive the filter. */
void ipf_set_build(ipf_stack_t *ifs, const ipf_build_t *build);

void ipf_set_reply_mode(ipf_stack_t *ifs, ipf_reply_mode_t mode);
ipf_reply_mode_t ipf_reply_mode(const ipf_stack_t *ifs);

/* Whether fr_make_rst() rewrites any segment, not only SYN and FIN: to show why it must not. Off at
 * first. */
void ipf_set_rewrite_any(ipf_stack_t *ifs, bool on);

/* ---- counters: friostat, filterstats (the kstats "ipf:inbound" and "ipf:outbound") ---- */

typedef struct filterstats {
    uint64_t fr_pass;
    uint64_t fr_block;
    uint64_t fr_nom; /* matched no rule */
    uint64_t fr_short;
    uint64_t fr_ppkl;   /* passed and logged */
    uint64_t fr_bpkl;   /* blocked and logged */
    uint64_t fr_npkl;   /* no match and logged */
    uint64_t fr_pkl;    /* logged by a `log` rule */
    uint64_t fr_skip;   /* should have been logged, and could not */
    uint64_t fr_acct;   /* counted by a `count` rule */
    uint64_t fr_ipv6;   /* of IPv6, whatever happened to them */
    uint64_t fr_badttl; /* below fr_minttl */
    uint64_t fr_ret;    /* a return was sent: [0] is printed as ICMP replies, [1] as TCP RSTs */
    uint64_t fr_bad;
    uint64_t fr_notip;
    uint64_t fr_drop;
    uint64_t fr_bads;   /* no state entry could be made */
    uint64_t fr_ads;    /* state entries made */
    uint64_t fr_bnfr;   /* no fragment entry could be made */
    uint64_t fr_nfr;    /* fragment entries made */
    uint64_t fr_cfr;    /* `keep frags` met a packet that is no fragment */
    uint64_t fr_ppshit; /* over a rule's packets a second */
} filterstats_t;

typedef struct friostat {
    filterstats_t f_st[2]; /* [0] in, [1] out */
    uint64_t f_froute[2];  /* fr_fastroute: [0] successes, [1] failures */
} friostat_t;

/* The counters. They belong to the filter and live as long as it does. */
const friostat_t *ipf_stats(const ipf_stack_t *ifs);

/* Tells what of a filter is bookkeeping: its counters, and the hits of its rules. The packets of a
 * state are not: fr_checkicmpmatchingstate() looks at them. */
void ipf_bookkeeping(ipf_stack_t *ifs, memory_bookkeeping_t tell, void *arg);

/* ---- the log ---- */

/* What is logged without a rule that says so: `ipf -l`. */
#define FF_LOGPASS    0x00000001u
#define FF_LOGBLOCK   0x00000002u
#define FF_LOGNOMATCH 0x00000004u
void ipf_set_log_flags(ipf_stack_t *ifs, uint32_t flags);
uint32_t ipf_log_flags(const ipf_stack_t *ifs);

/* Sets how many records the log takes. A packet beyond that is not logged (fr_skip), and is blocked
 * if its rule says `log or-block`. */
void ipf_set_log_limit(ipf_stack_t *ifs, size_t records);

/* Forgets what was logged. */
void ipf_log_clear(ipf_stack_t *ifs);

/* ---- tunables: ipf -T ---- */

/* Sets a tunable by its name, Solaris' or IPFilter's: fr_pass (pass, block), fr_minttl (0 to 255).
 * => Returns 0; ENOENT if there is no such tunable, EINVAL if it cannot have this value. On an
 *    error message[size] says why. */
int ipf_set_tunable(ipf_stack_t *ifs, const char *name, const char *value, char *message,
                    size_t size);

/* The same for several, NAME=VALUE{,NAME=VALUE}. Those before a wrong one are set. */
int ipf_set_tunables(ipf_stack_t *ifs, const char *text, char *message, size_t size);

/* ---- the probe ---- */

typedef enum ipf_event_kind {
    IPF_EV_RULE,      /* fr_firewall decided: `rule` */
    IPF_EV_NOMATCH,   /* fr_firewall decided: no rule matched */
    IPF_EV_STATE,     /* fr_checkstate decided: a connection that `rule` has begun */
    IPF_EV_ADDSTATE,  /* fr_addstate made an entry for `rule`; with `reason`, it could not */
    IPF_EV_LOG,       /* the packet was logged; with `reason`, it could not be */
    IPF_EV_MAKE_RST,  /* fr_make_rst turned `before` into `packet` */
    IPF_EV_MAKE_ICMP, /* fr_make_icmp did */
    IPF_EV_SEND,      /* `function` built `packet` and hands it to the stack */
    IPF_EV_REFUSED,   /* `function` answers nothing: `reason` */
    IPF_EV_INJECTED,  /* net_inject returned `value`; `reason` says what became of that */
    IPF_EV_FRAG       /* fr_knownfrag decided: a datagram that a fragment met `rule` before */
} ipf_event_kind_t;

/* One thing that the filter did. All pointers are valid only during the call. */
typedef struct ipf_event {
    ipf_event_kind_t kind;
    uint32_t packet_number; /* of the packet that is judged, in the stack's trace; 0: none */
    bool out;               /* which list: in or out */
    const char *ifname;     /* the interface the packet was judged on */
    const frentry_t *rule;  /* the rule that decided, or NULL */
    const char *group;      /* its group, "0" outside of all groups; "-1" if there is no rule */
    int number;             /* its number in its list, from 1 (ipmon's @GROUP:NUMBER); -1 none */
    bool block;             /* the verdict */
    const uint8_t *packet;  /* the packet as it is now */
    size_t length;
    const uint8_t *before; /* the packet as it was, for a rewrite; else NULL */
    size_t before_length;
    const char *function; /* fr_make_rst, fr_send_reset, ...; NULL where the kind says it */
    const char *reason;   /* in words, why not; else NULL */
    int value;
} ipf_event_t;

typedef void (*ipf_probe_t)(void *arg, const ipf_event_t *event);

/* Sets the one probe; NULL removes it. It must change nothing. */
void ipf_set_probe(ipf_stack_t *ifs, ipf_probe_t probe, void *arg);

#endif
