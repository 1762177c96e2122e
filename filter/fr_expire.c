/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The end of entries of the state table. Solaris: fr_timeoutstate() (ip_state.c), which has queues
 * by time-out.
 *
 * Entries lie in a heap, ordered by the earliest time at which they may end. A packet that prolongs
 * its connection leaves the heap as it is. When the entry is reached there, it is put where it
 * belongs. */
#include "filter/fr_state_impl.h"

#include <assert.h>

static void put(fr_states_t *states, size_t at, fr_wake_t wake)
{
    states->is_heap[at] = wake;
    wake.fw_state->is_wake = (uint32_t)at;
}

static void sift_up(fr_states_t *states, size_t at, fr_wake_t wake)
{
    for (; at > 0 && states->is_heap[(at - 1) / 2].fw_us > wake.fw_us; at = (at - 1) / 2)
        put(states, at, states->is_heap[(at - 1) / 2]);
    put(states, at, wake);
}

/* In a heap of `count`. */
static void sift_down(fr_states_t *states, size_t count, size_t at, fr_wake_t wake)
{
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && states->is_heap[child + 1].fw_us < states->is_heap[child].fw_us)
            child++;
        if (states->is_heap[child].fw_us >= wake.fw_us)
            break;
        put(states, at, states->is_heap[child]);
    }
    put(states, at, wake);
}

bool fr_expire_add(fr_states_t *states, ipstate_t *is)
{
    if (states->is_count == states->is_heap_room) {
        size_t room = states->is_heap_room + states->is_heap_room / 16 + 16;
        fr_wake_t *heap =
            memory_realloc(fr_memory(states->is_memory), states->is_heap, room * sizeof(*heap));
        if (heap == NULL)
            return false;
        states->is_heap = heap;
        states->is_heap_room = room;
    }
    sift_up(states, states->is_count, (fr_wake_t){is->is_die_us, is});
    return true;
}

void fr_expire_forget(fr_states_t *states, const ipstate_t *is)
{
    size_t last = states->is_count - 1;
    fr_wake_t wake = states->is_heap[last];
    if (wake.fw_state == is)
        return;
    size_t at = is->is_wake;
    if (at > 0 && states->is_heap[(at - 1) / 2].fw_us > wake.fw_us)
        sift_up(states, at, wake);
    else
        sift_down(states, last, at, wake);
}

void fr_expire_at(fr_states_t *states, ipstate_t *is, uint64_t die_us)
{
    bool is_later = die_us >= is->is_die_us; /* the heap's time is not later than that */
    is->is_die_us = die_us;
    if (is_later)
        return;
    assert(states->is_heap[is->is_wake].fw_state == is); /* a new entry's time is 0 until it is */
    if (die_us < states->is_heap[is->is_wake].fw_us)
        sift_up(states, is->is_wake, (fr_wake_t){die_us, is});
}

void fr_expire(const fr_info_t *fin, ipstate_t **link)
{
    while (*link != NULL) {
        if ((*link)->is_die_us <= fr_now(fin))
            fr_state_end(&fin->fin_ifs->ifs_states, *link);
        else
            link = &(*link)->is_next;
    }
}

void fr_expire_all(const fr_info_t *fin)
{
    fr_states_t *states = &fin->fin_ifs->ifs_states;
    while (states->is_count > 0 && states->is_heap[0].fw_us <= fr_now(fin)) {
        ipstate_t *is = states->is_heap[0].fw_state;
        if (is->is_die_us > fr_now(fin))
            sift_down(states, states->is_count, 0, (fr_wake_t){is->is_die_us, is});
        else
            fr_state_end(states, is);
    }
}
