/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Most of an arena is never written again after a run has come to its first choice: Lua's
 * libraries, the script, the rules. So the first moment of a series is the base, a whole copy; from
 * then on the pages that are written are noted (page_watch.h), and the moments of the series have
 * only these. A page that was first written after a moment was saved was in it as it is in the
 * base.
 */
#include "sim/explore/moment.h"

#include "sim/base/must.h"
#include "sim/core/page_watch.h"
#include "stack/ip_stack.h"

#include <lcount.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* A piece of memory that was copied from `at`. */
typedef struct piece {
    void *at;
    size_t size;
} piece_t;

enum { RUNNING, NOTES, STACK, PIECES };

struct moment {
    piece_t pieces[PIECES];
    lua_Unsigned owed; /* Lua's work that is not charged yet */
    size_t pages;      /* how many of the pages that were written it has */
    size_t rest;       /* bytes of the arena after the watched ones */
    uint8_t *bytes;    /* the pages, the rest, the pieces, and what the hosts share */
    size_t room;
};

/* The series' base: the watched bytes of the arena, and what the hosts share, as they were. */
static uint8_t *base, *base_shared, *shared_now;
static moment_key_t base_key;

/* ---- keys: sums of words, each mixed with its place ---- */

/* Adds a word at a place. (The finalizer of MurmurHash3, by Austin Appleby.) */
static void add_word(moment_key_t *key, uint64_t place, uint64_t word)
{
    uint64_t x = word ^ (place + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ (x >> 33)) * UINT64_C(0xff51afd7ed558ccd);
    x = (x ^ (x >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
    key->low += x ^ (x >> 33);
    key->high += (x ^ (x >> 29)) * (2 * place + UINT64_C(0xbf58476d1ce4e5b9));
}

/* Some words that are looked at together, since most are as they were. */
enum { STEP_WORDS = 8, STEP = STEP_WORDS * sizeof(uint64_t) };

static bool are_same(const uint8_t *now, const uint8_t *was)
{
    uint64_t a[STEP_WORDS], b[STEP_WORDS], differ = 0;
    memcpy(a, now, STEP);
    memcpy(b, was, STEP);
    for (size_t i = 0; i < STEP_WORDS; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
}

/* Adds those words that differ from what they were; `size` is a multiple of a word. */
static void add_changed(moment_key_t *key, uint64_t place, const uint8_t *now, const uint8_t *was,
                        size_t size)
{
    for (size_t i = 0; i < size; i += STEP) {
        size_t length = size - i < STEP ? size - i : STEP;
        if (length == STEP && are_same(now + i, was + i))
            continue;
        for (size_t j = i; j < i + length; j += sizeof(uint64_t)) {
            uint64_t a, b;
            memcpy(&a, now + j, sizeof(a));
            memcpy(&b, was + j, sizeof(b));
            if (a != b)
                add_word(key, (place + j) / sizeof(a), a);
        }
    }
}

/* Adds those bytes that are not 0. */
static void add_bytes(moment_key_t *key, uint64_t place, const uint8_t *bytes, size_t size)
{
    static const uint8_t zeroes[STEP];
    size_t whole = size / sizeof(uint64_t) * sizeof(uint64_t);
    for (size_t i = 0; i < whole; i += STEP)
        add_changed(key, place + i, bytes + i, zeroes, whole - i < STEP ? whole - i : STEP);
    uint64_t word = 0;
    memcpy(&word, bytes + whole, size - whole);
    if (word != 0)
        add_word(key, (place + whole) / sizeof(word), word);
}

/* The kinds of places in a key: each begins where no other reaches. */
#define PLACE_SHARED  (UINT64_C(1) << 40)
#define PLACE_RUNNING (UINT64_C(2) << 40)
#define PLACE_FACTS   (UINT64_C(3) << 40)

static size_t shared_room(void)
{
    return (ip_stack_shared_size() + sizeof(uint64_t) - 1) / sizeof(uint64_t) * sizeof(uint64_t);
}

/* ---- moments ---- */

moment_t *moment_create(void)
{
    return must_calloc(1, sizeof(moment_t));
}

void moment_free(moment_t *moment)
{
    if (moment == NULL)
        return;
    free(moment->bytes);
    free(moment);
}

void moment_begin_series(const moment_world_t *world)
{
    size_t size;
    void *arena = arena_bytes(world->arena, &size);
    page_watch_begin(arena, size);
    base = must_realloc(base, page_watch_size());
    memcpy(base, arena, page_watch_size());
    free(base_shared);
    free(shared_now);
    base_shared = must_calloc(1, shared_room());
    shared_now = must_calloc(1, shared_room());
    ip_stack_shared_save(base_shared);
    base_key = (moment_key_t){0, 0};
    add_bytes(&base_key, 0, base, page_watch_size());
    add_bytes(&base_key, PLACE_SHARED, base_shared, shared_room());
}

void moment_end_series(void)
{
    page_watch_end();
    free(base);
    free(base_shared);
    free(shared_now);
    base = base_shared = shared_now = NULL;
}

static uint8_t *reserve(moment_t *moment, size_t size)
{
    if (size > moment->room) {
        free(moment->bytes);
        moment->room = size + size / 4;
        moment->bytes = must_malloc(moment->room);
    }
    return moment->bytes;
}

void moment_save(moment_t *moment, const moment_world_t *world)
{
    piece_t *pieces = moment->pieces;
    size_t size, page = page_watch_page(), watched = page_watch_size(),
                 all = ip_stack_shared_size();
    const uint8_t *arena = arena_bytes(world->arena, &size);
    const uint32_t *written = page_watch_written(&moment->pages);
    moment->rest = size > watched ? size - watched : 0;
    pieces[RUNNING].at = script_running(world->script, &pieces[RUNNING].size);
    pieces[NOTES] = (piece_t){world->notes, world->notes_size};
    pieces[STACK].at = fiber_bytes(world->fiber, &pieces[STACK].size);
    assert(pieces[RUNNING].at != NULL && base != NULL);
    for (size_t i = 0; i < PIECES; i++)
        all += pieces[i].size;
    uint8_t *to = reserve(moment, moment->pages * page + moment->rest + all);
    for (size_t i = 0; i < moment->pages; i++, to += page)
        memcpy(to, arena + written[i], page);
    memcpy(to, arena + watched, moment->rest);
    to += moment->rest;
    for (size_t i = 0; i < PIECES; i++) {
        memcpy(to, pieces[i].at, pieces[i].size);
        to += pieces[i].size;
    }
    ip_stack_shared_save(to);
    moment->owed = luai_owed;
}

static const uint8_t *restore_arena(const moment_t *moment, const moment_world_t *world)
{
    size_t size, count, page = page_watch_page();
    uint8_t *arena = arena_bytes(world->arena, &size);
    const uint32_t *written = page_watch_written(&count);
    const uint8_t *from = moment->bytes;
    for (size_t i = 0; i < moment->pages; i++, from += page)
        memcpy(arena + written[i], from, page);
    for (size_t i = moment->pages; i < count; i++)
        memcpy(arena + written[i], base + written[i], page);
    memcpy(arena + page_watch_size(), from, moment->rest);
    return from + moment->rest;
}

void moment_restore(const moment_t *moment, const moment_world_t *world)
{
    const piece_t *pieces = moment->pieces;
    const uint8_t *from = restore_arena(moment, world);
    for (size_t i = 0; i < STACK; i++) {
        memcpy(pieces[i].at, from, pieces[i].size);
        from += pieces[i].size;
    }
    fiber_put_back(world->fiber, pieces[STACK].at, from, pieces[STACK].size);
    ip_stack_shared_restore(from + pieces[STACK].size);
    luai_owed = moment->owed;
    script_goes_on(world->script);
}

/* ---- the key of a world ---- */

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

static void add_arena(moment_key_t *key, const uint8_t *arena, size_t size)
{
    size_t pages, page = page_watch_page(), watched = page_watch_size();
    const uint32_t *written = page_watch_written(&pages);
    for (size_t i = 0; i < pages; i++)
        add_changed(key, written[i], arena + written[i], base + written[i], page);
    if (size > watched)
        add_bytes(key, watched, arena + watched, size - watched);
}

moment_key_t moment_key(const moment_world_t *world, const uint64_t *facts, size_t count)
{
    moment_key_t key = base_key;
    size_t size, running_size;
    const uint8_t *arena = arena_bytes(world->arena, &size);
    const uint8_t *running = script_running(world->script, &running_size);
    uint64_t spent = script_bookkeeping(world->script, set_aside, NULL);
    arena_bookkeeping(world->arena, set_aside, NULL);
    add_arena(&key, arena, size);
    put_asides_back();
    ip_stack_shared_save(shared_now);
    add_changed(&key, PLACE_SHARED, shared_now, base_shared, shared_room());
    add_bytes(&key, PLACE_RUNNING, running, running_size);
    for (size_t i = 0; i < count; i++)
        add_word(&key, PLACE_FACTS + i, facts[i]);
    add_word(&key, PLACE_FACTS + count, spent);
    return key;
}
