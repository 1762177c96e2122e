/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The key of a world: a sum of words, each mixed with its place. Words of the series' base count
 * only where they have changed.
 *
 * Blocks that are newer than the base lie where there was room, so two worlds that are alike but
 * for the order in which things were made have them at other addresses. Such a block is known by
 * its number instead: blocks are numbered as their addresses are first found, from what is older
 * on. So is an address in one: by the number, and how far into the block it is. Nothing that a
 * world does depends on addresses. (Heap canonicalization: Musuvathi, Dill 2005.)
 */
#include "sim/explore/moment_inside.h"

#include "sim/base/must.h"
#include "sim/core/page_watch.h"
#include "stack/ip_stack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOT ARENA_HEADER /* blocks begin at multiples of it */

/* Of a slot where a block begins: its number in the key that is made. */
typedef struct numbered {
    uint32_t key, number;
} numbered_t;

/* The series, and what is reused from key to key. */
static struct {
    const uint8_t *base;
    size_t base_size;
    uint8_t *shared, *shared_now; /* what the hosts share, as it was, and is */
    moment_key_t key;             /* of the base */
    size_t first;                 /* the first block's header */
    uint32_t *starts;             /* of each slot: the one where its block begins */
    numbered_t *numbers;
    size_t start_room, number_room;
    uint32_t *pages; /* that were written, ascending */
    size_t page_count, page_room;
    uint32_t nth;   /* key */
    uint32_t *news; /* new blocks, by their numbers */
    size_t new_count, new_room;
} series;

/* A key that is made. */
typedef struct making {
    moment_key_t key;
    const uint8_t *arena;
    size_t size;
} making_t;

/* The kinds of places in a key: each begins where no other reaches. */
#define PLACE_SHARED  (UINT64_C(1) << 40)
#define PLACE_RUNNING (UINT64_C(2) << 40)
#define PLACE_FACTS   (UINT64_C(3) << 40)
#define PLACE_FREED   (UINT64_C(4) << 40) /* of a block that was there: it is not any more */
#define PLACE_NEW     (UINT64_C(1) << 60) /* of a new block, by its number */
#define PLACE_ADDRESS (UINT64_C(1) << 62) /* the word is an address in a new block */

/* ---- sums ---- */

/* Adds a word at a place. (The finalizer of MurmurHash3, by Austin Appleby.) */
static void add_word(moment_key_t *key, uint64_t place, uint64_t word)
{
    uint64_t x = word ^ (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    key->low += x ^ (x >> 33);
    key->high += (x ^ (x >> 29)) * (2 * place + UINT64_C(0xbf58476d1ce4e5b9));
}

static uint64_t word_at(const uint8_t *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* The number of a new block, by the slot where it begins. */
static uint32_t number_of(uint32_t start)
{
    numbered_t *numbered = &series.numbers[start];
    if (numbered->key == series.nth)
        return numbered->number;
    *numbered = (numbered_t){series.nth, (uint32_t)series.new_count};
    series.news =
        must_grow(series.news, &series.new_room, series.new_count + 1, sizeof(*series.news));
    series.news[series.new_count] = start;
    return (uint32_t)series.new_count++;
}

/* Adds a word, which can be an address in a new block, or right after it. */
static void add(making_t *making, uint64_t place, uint64_t word)
{
    uint64_t offset = word - (uint64_t)(uintptr_t)making->arena;
    if (offset > series.first && offset <= making->size) {
        uint32_t start = series.starts[(offset - 1) / SLOT];
        if (arena_use(making->arena + start * SLOT) == ARENA_NEW) {
            word = ((uint64_t)number_of(start) << 32) + (offset - start * SLOT);
            place |= PLACE_ADDRESS;
        }
    }
    add_word(&making->key, place, word);
}

/* Some words that are looked at together, since most are as they were. */
enum { STEP_WORDS = 8, STEP = STEP_WORDS * sizeof(uint64_t), LEAP = 8 * STEP };

static bool are_same(const uint8_t *now, const uint8_t *was)
{
    uint64_t a[STEP_WORDS], b[STEP_WORDS], differ = 0;
    memcpy(a, now, STEP);
    memcpy(b, was, STEP);
    for (size_t i = 0; i < STEP_WORDS; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

static bool is_zero(const uint8_t *now)
{
    static const uint8_t zero[STEP];
    return are_same(now, zero);
}

/* ---- the arena ---- */

/* A word of the base, at an offset, has changed. Of headers only one thing counts: that a block
 * which was in use is not any more, though a new one can lie there. */
static void add_changed_word(making_t *making, size_t offset, uint64_t word)
{
    if (offset >= series.first) {
        size_t start = series.starts[offset / SLOT] * SLOT;
        arena_use_t use = arena_use(making->arena + start);
        if (offset < start + ARENA_HEADER) {
            if (offset > start && arena_use(series.base + start) == ARENA_OLD && use != ARENA_OLD)
                add_word(&making->key, PLACE_FREED + start, 1);
            return;
        }
        if (use != ARENA_OLD)
            return;
    }
    add(making, offset / sizeof(word), word);
}

/* Adds those words of the arena's bytes from..to that are not as they were in the base. */
static void add_changed(making_t *making, size_t from, size_t to)
{
    const uint8_t *now = making->arena, *was = series.base;
    for (size_t i = from; i < to; i += STEP) {
        size_t end = to - i < STEP ? to : i + STEP;
        if (i % LEAP == 0 && to - i >= LEAP && memcmp(now + i, was + i, LEAP) == 0) {
            i += LEAP - STEP;
            continue;
        }
        if (end - i == STEP && are_same(now + i, was + i))
            continue;
        for (size_t j = i; j < end; j += sizeof(uint64_t)) {
            uint64_t word = word_at(now + j);
            if (word != word_at(was + j))
                add_changed_word(making, j, word);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const uint32_t *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

/* The pages that were written, in the order of their addresses. */
static void sort_pages(void)
{
    size_t count;
    const uint32_t *written = page_watch_written(&count);
    if (count == series.page_count)
        return;
    series.pages = must_grow(series.pages, &series.page_room, count, sizeof(*series.pages));
    memcpy(series.pages, written, count * sizeof(*written));
    qsort(series.pages, count, sizeof(*series.pages), by_value);
    series.page_count = count;
}

static void add_old(making_t *making)
{
    size_t page = page_watch_page();
    sort_pages();
    for (size_t i = 0; i < series.page_count; i++)
        add_changed(making, series.pages[i], series.pages[i] + page);
    add_changed(making, page_watch_size(), series.base_size);
}

/* Notes where blocks begin, from a header up to the arena's top. */
static void note_starts(const arena_t *arena, size_t header, size_t top)
{
    size_t slots = top / SLOT + 1, had = series.number_room;
    series.starts = must_grow(series.starts, &series.start_room, slots, sizeof(*series.starts));
    series.numbers = must_grow(series.numbers, &series.number_room, slots, sizeof(*series.numbers));
    memset(series.numbers + had, 0, (series.number_room - had) * sizeof(*series.numbers));
    while (header < top) {
        size_t next = arena_next_block(arena, header);
        for (size_t slot = header / SLOT; slot < next / SLOT; slot++)
            series.starts[slot] = (uint32_t)(header / SLOT);
        header = next;
    }
}

/* Adds what is in a new block. Its size is that of its slots. */
static void add_new(making_t *making, uint32_t number)
{
    size_t start = series.news[number], slot = start + 1, slots = making->size / SLOT;
    uint64_t place = PLACE_NEW + ((uint64_t)number << 28);
    while (slot < slots && series.starts[slot] == start)
        slot++;
    for (size_t i = start * SLOT + ARENA_HEADER; i < slot * SLOT; i += sizeof(uint64_t)) {
        uint64_t word = word_at(making->arena + i);
        if (word != 0)
            add(making, place + (i / sizeof(word) - start * SLOT / sizeof(word)), word);
        else if (i % STEP == 0 && slot * SLOT - i >= STEP && is_zero(making->arena + i))
            i += STEP - sizeof(word);
    }
    add_word(&making->key, place, slot - start);
}

/* Adds the new blocks that were found, and those that are found in them; at last those to which
 * nothing leads, as they lie. There are `count`. */
static void add_all_new(making_t *making, size_t count)
{
    size_t added = 0, slots = making->size / SLOT;
    for (size_t slot = series.first / SLOT;; slot++) {
        for (; added < series.new_count; added++)
            add_new(making, (uint32_t)added);
        if (added == count)
            return;
        assert(slot < slots);
        if (series.starts[slot] == slot && arena_use(making->arena + slot * SLOT) == ARENA_NEW)
            number_of((uint32_t)slot);
    }
}

/* ---- bookkeeping ---- */

/* Bytes that are zeroed while a key is made, and what they were. */
typedef struct aside {
    void *at;
    size_t size;
} aside_t;

static struct {
    aside_t *list;
    size_t count, room;
    uint8_t *bytes;
    size_t used, bytes_room;
} asides;

static void set_aside(void *arg, void *at, size_t size)
{
    (void)arg;
    asides.list = must_grow(asides.list, &asides.room, asides.count + 1, sizeof(*asides.list));
    asides.bytes = must_grow(asides.bytes, &asides.bytes_room, asides.used + size, 1);
    asides.list[asides.count++] = (aside_t){at, size};
    memcpy(asides.bytes + asides.used, at, size);
    asides.used += size;
    memset(at, 0, size);
}

static void put_asides_back(void)
{
    while (asides.count > 0) {
        const aside_t *aside = &asides.list[--asides.count];
        asides.used -= aside->size;
        memcpy(aside->at, asides.bytes + asides.used, aside->size);
    }
}

/* ---- keys ---- */

static size_t shared_room(void)
{
    return (ip_stack_shared_size() + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

void moment_key_begin(const moment_world_t *world, const uint8_t *base, size_t size)
{
    moment_key_end();
    series.base = base;
    series.base_size = size;
    series.first = arena_first_block(world->arena);
    series.shared = must_calloc(1, shared_room());
    series.shared_now = must_calloc(1, shared_room());
    ip_stack_shared_save(series.shared);
    note_starts(world->arena, series.first, size);
    for (size_t i = 0; i < size; i += sizeof(uint64_t))
        add_word(&series.key, i / sizeof(uint64_t), word_at(base + i));
    for (size_t i = 0; i < shared_room(); i += sizeof(uint64_t))
        add_word(&series.key, PLACE_SHARED + i, word_at(series.shared + i));
}

void moment_key_end(void)
{
    free(series.shared);
    free(series.shared_now);
    free(series.starts);
    free(series.numbers);
    free(series.pages);
    free(series.news);
    memset(&series, 0, sizeof(series));
}

/* What hosts share is lwIP's. Of an address in a free block, which it has left behind, it only
 * looks whether there is one.
 * => Returns whether the word is one. */
static bool is_left_behind(const making_t *making, uint64_t word)
{
    uint64_t offset = word - (uint64_t)(uintptr_t)making->arena;
    if (offset <= series.first || offset > making->size)
        return false;
    return arena_use(making->arena + series.starts[(offset - 1) / SLOT] * SLOT) == ARENA_FREE;
}

static void add_shared(making_t *making)
{
    ip_stack_shared_save(series.shared_now);
    for (size_t i = 0; i < shared_room(); i += sizeof(uint64_t)) {
        uint64_t word = word_at(series.shared_now + i);
        if (is_left_behind(making, word))
            add_word(&making->key, PLACE_SHARED + PLACE_ADDRESS + i, 0);
        else if (word != word_at(series.shared + i))
            add(making, PLACE_SHARED + i, word);
    }
}

static void add_running(making_t *making, const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i += sizeof(uint64_t)) {
        uint64_t word = 0;
        memcpy(&word, bytes + i, size - i < sizeof(word) ? size - i : sizeof(word));
        if (word != 0)
            add(making, PLACE_RUNNING + i, word);
    }
}

moment_key_t moment_key(const moment_world_t *world, const uint64_t *facts, size_t count)
{
    size_t running_size;
    const uint8_t *running = script_running(world->script, &running_size);
    making_t making = {.key = series.key};
    making.arena = arena_bytes(world->arena, &making.size);
    note_starts(world->arena, series.base_size, making.size);
    series.nth++;
    series.new_count = 0;
    uint64_t spent = script_bookkeeping(world->script, set_aside, NULL);
    arena_bookkeeping(world->arena, set_aside, NULL);
    for (size_t i = 0; i < count; i++)
        add(&making, PLACE_FACTS + i, facts[i]);
    add_word(&making.key, PLACE_FACTS + count, spent);
    add_shared(&making);
    add_running(&making, running, running_size);
    add_old(&making);
    add_all_new(&making, arena_new_count(world->arena));
    put_asides_back();
    return making.key;
}
