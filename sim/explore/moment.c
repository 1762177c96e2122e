/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Most of an arena is never written again after a run has come to its first choice: Lua's
 * libraries, the script, the rules. So the first moment of a series is the base, a whole copy; from
 * then on the pages that are written are noted (page_watch.h), and the moments of the series have
 * only these. A page that was first written after a moment was saved was in it as it is in the
 * base.
 */
#include "sim/explore/moment_inside.h"

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

/* The series' base: the arena, as it was. */
static uint8_t *base;

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
    arena_tell_new(world->arena);
    void *arena = arena_bytes(world->arena, &size);
    page_watch_begin(arena, size);
    base = must_realloc(base, size);
    memcpy(base, arena, size);
    moment_key_begin(world, base, size);
}

void moment_end_series(void)
{
    page_watch_end();
    moment_key_end();
    free(base);
    base = NULL;
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
