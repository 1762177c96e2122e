/* SPDX-License-Identifier: BSD-3-Clause
 *
 * PF-Hooks: the packet and the hooks it meets on its way.
 *
 * This header and neti.h are all that a packet filter sees of the stack; no line of lwIP is in
 * them. Names and behaviour are those of Solaris: hook_t(9S), hook_pkt_event(9S),
 * net_hook_register(9F), io/hook.c.
 */
#ifndef LO0SIM_STACK_HOOK_H
#define LO0SIM_STACK_HOOK_H

#include "stack/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- the packet: a message block, as in STREAMS (msgb(9S)), always of one piece ---- */

typedef struct mblk {
    uint8_t *b_rptr;    /* the first byte, which is the IP header's */
    uint8_t *b_wptr;    /* one past the last byte */
    uint8_t *b_base;    /* the buffer */
    uint8_t *b_lim;     /* one past the buffer's end */
    uint32_t b_packet;  /* the packet's number in the trace; a rewrite keeps it; 0: no number */
    memory_t *b_memory; /* its memory comes from here and goes back here */
    uint64_t b_own[8];  /* used by the stack once its transport has the packet */
} mblk_t;

/* A message of capacity `size` bytes, empty (b_rptr == b_wptr), its buffer zeroed.
 * => Returns NULL if there is no memory. The caller owns it and ends it with freemsg(). */
mblk_t *allocb(size_t size);

/* The same, from a given memory, which must outlive it; allocb() uses memory_of_process(). */
mblk_t *allocb_from(memory_t *memory, size_t size);

/* The same, with an uninitialised buffer, for a caller that fills it at once. */
mblk_t *allocb_unset(memory_t *memory, size_t size);

/* A copy of `mp`, bytes and packet number, from the same memory.
 * => Returns NULL if there is no memory. The caller owns the copy. */
mblk_t *copymsg(const mblk_t *mp);

/* Frees `mp`; NULL is allowed. */
void freemsg(mblk_t *mp);

/* The number of bytes in `mp`. */
size_t msgdsize(const mblk_t *mp);

/* The number of messages of memory_of_process() that are allocated and not yet freed. Messages of
 * another memory are counted in it (me_messages). */
size_t mblk_in_use(void);

/* ---- families and events ---- */

#define NHF_INET  "NHF_INET"
#define NHF_INET6 "NHF_INET6"

#define NH_PHYSICAL_IN  "PHYSICAL_IN"
#define NH_PHYSICAL_OUT "PHYSICAL_OUT"
#define NH_FORWARDING   "FORWARDING"
#define NH_LOOPBACK_IN  "LOOPBACK_IN"
#define NH_LOOPBACK_OUT "LOOPBACK_OUT"
#define NH_NIC_EVENTS   "NIC_EVENTS"

typedef struct net_data *net_handle_t;             /* neti.h */
typedef struct hook_family_int hook_family_int_t;  /* one family of one stack */
typedef struct hook_event_int *hook_event_token_t; /* one event of a family */
typedef unsigned int phy_if_t;                     /* an interface's index; 0: no interface */
typedef void *hook_data_t;

#define HPE_MULTICAST 0x01
#define HPE_BROADCAST 0x02

/* What a packet event hands to a hook. On LOOPBACK_OUT hpe_ofp is set and hpe_ifp is 0, on
 * LOOPBACK_IN the reverse. */
typedef struct hook_pkt_event {
    net_handle_t hpe_protocol;
    phy_if_t hpe_ifp;
    phy_if_t hpe_ofp;
    void *hpe_hdr;      /* the IP header: (*hpe_mp)->b_rptr */
    mblk_t **hpe_mp;    /* the packet; a hook may change it in place or replace it */
    mblk_t *hpe_mb;     /* the block that holds hpe_hdr */
    uint32_t hpe_flags; /* HPE_MULTICAST, HPE_BROADCAST */
} hook_pkt_event_t;

/* A hook's function.
 * => Returns 0 to let the packet go on, changed or not. Anything else eats it.
 * => A hook that eats may have freed the packet; it then sets *hpe_mp to NULL. What it leaves in
 *    *hpe_mp belongs to the caller of hook_run(), which frees it.
 * => A hook that returns 0 and leaves NULL in *hpe_mp has eaten the packet, too: hook_run() treats
 *    it as if it had returned 1.
 * => A hook that replaces *hpe_mp frees the old packet. hook_run() then brings hpe_hdr and hpe_mb
 *    in step, and keeps the packet's number.
 * => A packet whose pointers lie outside of its buffer is made empty. */
typedef int (*hook_func_t)(hook_event_token_t token, hook_data_t info, void *arg);

typedef enum hook_hint {
    HH_NONE = 0, /* at the end, but before an HH_LAST */
    HH_FIRST,
    HH_LAST,
    HH_BEFORE, /* h_hintvalue names the other hook */
    HH_AFTER   /* h_hintvalue names the other hook */
} hook_hint_t;

#define HOOK_VERSION 1

/* One hook, filled in by the caller, who owns the struct and its strings; they must stay
 * until hook_unregister() has returned and, if it was called from inside this very hook,
 * until the hook has returned too. */
typedef struct hook {
    int h_version; /* HOOK_VERSION */
    hook_func_t h_func;
    const char *h_name; /* unique in its event */
    int h_flags;        /* 0 */
    hook_hint_t h_hint;
    const char *h_hintvalue; /* for HH_BEFORE and HH_AFTER */
    void *h_arg;             /* given to h_func */
} hook_t;

/* A family with the six events above and no hooks; `memory` is what it and its hooks are made of.
 * => Returns NULL if there is no memory. The caller owns it and ends it with
 *    hook_family_remove(). */
hook_family_int_t *hook_family_add(memory_t *memory, const char *name);

/* Frees a family and what is registered in it. */
void hook_family_remove(hook_family_int_t *hfi);

/* The token of an event.
 * => Returns NULL if the family has no event of that name. */
hook_event_token_t hook_event_find(hook_family_int_t *hfi, const char *event);

/* The name of the event that a token stands for. */
const char *hook_event_name(hook_event_token_t token);

/* Puts a hook into an event's list, at the place that its hint names (io/hook.c: hook_insert).
 * => Returns 0; EINVAL for an invalid version, function, name or hint; ENXIO if the family has no
 *    such event; EEXIST if the event has a hook of that name; EBUSY for a second HH_FIRST or
 *    HH_LAST, for HH_BEFORE an HH_FIRST hook and for HH_AFTER an HH_LAST hook; ENOMEM.
 * => An HH_BEFORE or HH_AFTER whose other hook is unknown is placed like HH_NONE. */
int hook_register(hook_family_int_t *hfi, const char *event, hook_t *h);

/* Takes a hook out. It may be called from inside a hook, its own included.
 * => Returns 0; ENXIO if there is no such event, or the hook is not in it. */
int hook_unregister(hook_family_int_t *hfi, const char *event, hook_t *h);

/* Whether an event has any hook (he_interested). If not, FW_HOOKS does not run. */
bool hook_interested(hook_event_token_t token);

/* Calls the hooks of an event, in order, until one returns something other than 0.
 * => Returns 0, or what that hook returned.
 * => The packet stays the caller's, as hook_func_t says. */
int hook_run(hook_family_int_t *hfi, hook_event_token_t token, hook_pkt_event_t *info);

/* Called after each hook that ran, with the event, the hook, what it returned and the packet as it
 * left it (NULL if the hook freed it). It must change nothing. */
typedef void (*hook_probe_t)(void *arg, hook_event_token_t token, const hook_t *h, int verdict,
                             const mblk_t *mp);

/* Sets the one probe of a family; NULL removes it. */
void hook_family_probe(hook_family_int_t *hfi, hook_probe_t probe, void *arg);

/* kstats: how often an event's hooks were run, and how often a hook was called.
 * => hook_hits() returns 0 for a hook that is not in the event. */
uint64_t hook_events(hook_event_token_t token);
uint64_t hook_hits(hook_event_token_t token, const hook_t *h);

/* Tells what of a family is bookkeeping: these counts. */
void hook_family_bookkeeping(hook_family_int_t *hfi, memory_bookkeeping_t tell, void *arg);

#endif
