/* SPDX-License-Identifier: BSD-3-Clause
 *
 * PF-Hooks: the lists of hooks and running them. Solaris: io/hook.c.
 *
 * A hook may unregister itself or another while the list is being run: its entry is then marked,
 * skipped, and freed when the run is over.
 */
#include "stack/hook.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

/* Solaris: hook_int_t. */
typedef struct hook_int {
    struct hook_int *hi_next;
    hook_t *hi_hook; /* NULL once unregistered */
    uint64_t hi_hits;
} hook_int_t;

struct hook_event_int {
    const char *he_name;
    hook_family_int_t *he_family;
    hook_int_t *he_head;
    bool he_interested;
    bool he_has_gone;    /* an entry is marked */
    unsigned he_running; /* depth of hook_run() on this event */
    uint64_t he_events;
};

#define EVENT_COUNT 6

struct hook_family_int {
    memory_t *hfi_memory;
    const char *hfi_name;
    struct hook_event_int hfi_events[EVENT_COUNT];
    hook_probe_t hfi_probe;
    void *hfi_probe_arg;
};

static const char *const event_names[EVENT_COUNT] = {
    NH_PHYSICAL_IN, NH_PHYSICAL_OUT, NH_FORWARDING, NH_LOOPBACK_IN, NH_LOOPBACK_OUT, NH_NIC_EVENTS,
};

hook_family_int_t *hook_family_add(memory_t *memory, const char *name)
{
    hook_family_int_t *hfi = memory_zalloc(memory, sizeof(*hfi));
    if (hfi == NULL)
        return NULL;
    hfi->hfi_memory = memory;
    hfi->hfi_name = name;
    for (size_t i = 0; i < EVENT_COUNT; i++)
        hfi->hfi_events[i] = (struct hook_event_int){.he_name = event_names[i], .he_family = hfi};
    return hfi;
}

void hook_family_remove(hook_family_int_t *hfi)
{
    if (hfi == NULL)
        return;
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        hook_int_t *hi = hfi->hfi_events[i].he_head;
        while (hi != NULL) {
            hook_int_t *next = hi->hi_next;
            memory_free(hfi->hfi_memory, hi);
            hi = next;
        }
    }
    memory_free(hfi->hfi_memory, hfi);
}

hook_event_token_t hook_event_find(hook_family_int_t *hfi, const char *event)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        if (strcmp(hfi->hfi_events[i].he_name, event) == 0)
            return &hfi->hfi_events[i];
    }
    return NULL;
}

const char *hook_event_name(hook_event_token_t token)
{
    return token->he_name;
}

/* The link that points to the hook called `name`; NULL if there is none. */
static hook_int_t **find_by_name(hook_event_token_t he, const char *name)
{
    for (hook_int_t **link = &he->he_head; *link != NULL; link = &(*link)->hi_next) {
        if ((*link)->hi_hook != NULL && strcmp((*link)->hi_hook->h_name, name) == 0)
            return link;
    }
    return NULL;
}

/* The link that points to the first hook with a hint; NULL if there is none. */
static hook_int_t **find_by_hint(hook_event_token_t he, hook_hint_t hint)
{
    for (hook_int_t **link = &he->he_head; *link != NULL; link = &(*link)->hi_next) {
        if ((*link)->hi_hook != NULL && (*link)->hi_hook->h_hint == hint)
            return link;
    }
    return NULL;
}

static hook_int_t **tail(hook_event_token_t he)
{
    hook_int_t **link = &he->he_head;
    while (*link != NULL)
        link = &(*link)->hi_next;
    return link;
}

/* At the end, but before the one HH_LAST. */
static hook_int_t **plain_place(hook_event_token_t he)
{
    hook_int_t **last = find_by_hint(he, HH_LAST);
    return last != NULL ? last : tail(he);
}

/* Finds where a hook belongs by its hint, as hook_insert() does in Solaris.
 * => Returns 0 and the link to insert at, or EBUSY. */
static int find_place(hook_event_token_t he, const hook_t *h, hook_int_t ***place)
{
    hook_int_t **other;

    switch (h->h_hint) {
    case HH_FIRST:
        if (find_by_hint(he, HH_FIRST) != NULL)
            return EBUSY;
        *place = &he->he_head;
        return 0;
    case HH_LAST:
        if (find_by_hint(he, HH_LAST) != NULL)
            return EBUSY;
        *place = tail(he);
        return 0;
    case HH_BEFORE:
        other = find_by_name(he, h->h_hintvalue);
        if (other != NULL && (*other)->hi_hook->h_hint == HH_FIRST)
            return EBUSY;
        *place = other != NULL ? other : plain_place(he);
        return 0;
    case HH_AFTER:
        other = find_by_name(he, h->h_hintvalue);
        if (other != NULL && (*other)->hi_hook->h_hint == HH_LAST)
            return EBUSY;
        *place = other != NULL ? &(*other)->hi_next : plain_place(he);
        return 0;
    default:
        *place = plain_place(he);
        return 0;
    }
}

static bool well_formed(const hook_t *h)
{
    if (h->h_version != HOOK_VERSION || h->h_func == NULL || h->h_name == NULL)
        return false;
    if (h->h_hint == HH_BEFORE || h->h_hint == HH_AFTER)
        return h->h_hintvalue != NULL;
    return h->h_hint == HH_NONE || h->h_hint == HH_FIRST || h->h_hint == HH_LAST;
}

int hook_register(hook_family_int_t *hfi, const char *event, hook_t *h)
{
    hook_event_token_t he = hook_event_find(hfi, event);
    if (he == NULL)
        return ENXIO;
    if (!well_formed(h))
        return EINVAL;
    if (find_by_name(he, h->h_name) != NULL)
        return EEXIST;
    hook_int_t **place;
    int error = find_place(he, h, &place);
    if (error != 0)
        return error;
    hook_int_t *hi = memory_zalloc(hfi->hfi_memory, sizeof(*hi));
    if (hi == NULL)
        return ENOMEM;
    hi->hi_hook = h;
    hi->hi_next = *place;
    *place = hi;
    he->he_interested = true;
    return 0;
}

/* Frees the entries that were unregistered. Never while the list is being run. */
static void sweep(hook_event_token_t he)
{
    hook_int_t **link = &he->he_head;
    he->he_has_gone = false;
    while (*link != NULL) {
        hook_int_t *hi = *link;
        if (hi->hi_hook == NULL) {
            *link = hi->hi_next;
            memory_free(he->he_family->hfi_memory, hi);
        } else {
            link = &hi->hi_next;
        }
    }
}

static hook_int_t *find_hook(hook_event_token_t he, const hook_t *h)
{
    hook_int_t *hi = he->he_head;
    while (hi != NULL && hi->hi_hook != h)
        hi = hi->hi_next;
    return hi;
}

int hook_unregister(hook_family_int_t *hfi, const char *event, hook_t *h)
{
    hook_event_token_t he = hook_event_find(hfi, event);
    if (he == NULL)
        return ENXIO;
    hook_int_t *hi = find_hook(he, h);
    if (hi == NULL)
        return ENXIO;
    hi->hi_hook = NULL;
    he->he_has_gone = true;

    he->he_interested = false;
    for (hi = he->he_head; hi != NULL; hi = hi->hi_next) {
        if (hi->hi_hook != NULL)
            he->he_interested = true;
    }
    if (he->he_running == 0)
        sweep(he);
    return 0;
}

bool hook_interested(hook_event_token_t token)
{
    return token->he_interested;
}

static bool lies_in_its_buffer(const mblk_t *mp)
{
    return mp->b_base <= mp->b_rptr && mp->b_rptr <= mp->b_wptr && mp->b_wptr <= mp->b_lim;
}

/* Kept apart, since no hook but a broken one needs it. */
__attribute__((noinline)) static void make_empty(mblk_t *mp)
{
    mp->b_rptr = mp->b_wptr = mp->b_base;
}

/* Calls one hook, and repairs the packet that it leaves.
 * => Returns what the hook returned; hook_func_t says what that means. */
static int call(hook_event_token_t token, const hook_t *h, hook_pkt_event_t *info)
{
    bool had_packet = *info->hpe_mp != NULL;
    uint32_t number = had_packet ? (*info->hpe_mp)->b_packet : 0;
    int verdict = h->h_func(token, info, h->h_arg);
    mblk_t *mp = *info->hpe_mp;

    info->hpe_mb = mp;
    if (mp == NULL) {
        info->hpe_hdr = NULL;
        return verdict == 0 && had_packet ? 1 : verdict;
    }
    if (!lies_in_its_buffer(mp))
        make_empty(mp);
    info->hpe_hdr = mp->b_rptr;
    mp->b_packet = number;
    return verdict;
}

int hook_run(hook_family_int_t *hfi, hook_event_token_t token, hook_pkt_event_t *info)
{
    int verdict = 0;

    assert(token->he_family == hfi);
    token->he_events++;
    token->he_running++;
    for (hook_int_t *hi = token->he_head; hi != NULL && verdict == 0; hi = hi->hi_next) {
        hook_t *h = hi->hi_hook;
        if (h == NULL)
            continue;
        hi->hi_hits++;
        verdict = call(token, h, info);
        if (hfi->hfi_probe != NULL)
            hfi->hfi_probe(hfi->hfi_probe_arg, token, h, verdict, *info->hpe_mp);
    }
    if (--token->he_running == 0 && token->he_has_gone)
        sweep(token);
    return verdict;
}

void hook_family_probe(hook_family_int_t *hfi, hook_probe_t probe, void *arg)
{
    hfi->hfi_probe = probe;
    hfi->hfi_probe_arg = arg;
}

uint64_t hook_events(hook_event_token_t token)
{
    return token->he_events;
}

uint64_t hook_hits(hook_event_token_t token, const hook_t *h)
{
    const hook_int_t *hi = find_hook(token, h);
    return hi != NULL ? hi->hi_hits : 0;
}

void hook_family_bookkeeping(hook_family_int_t *hfi, memory_bookkeeping_t tell, void *arg)
{
    for (size_t i = 0; i < EVENT_COUNT; i++) {
        struct hook_event_int *event = &hfi->hfi_events[i];
        tell(arg, &event->he_events, sizeof(event->he_events));
        for (hook_int_t *hi = event->he_head; hi != NULL; hi = hi->hi_next)
            tell(arg, &hi->hi_hits, sizeof(hi->hi_hits));
    }
}
