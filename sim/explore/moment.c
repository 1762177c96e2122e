/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/moment.h"

#include "sim/base/must.h"
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

enum { ARENA, RUNNING, NOTES, STACK, PIECES };

struct moment {
    piece_t pieces[PIECES];
    lua_Unsigned owed; /* Lua's work that is not charged yet */
    uint8_t *bytes;    /* of all pieces, followed by what the hosts share */
    size_t room;
};

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

void moment_save(moment_t *moment, const moment_world_t *world)
{
    piece_t *pieces = moment->pieces;
    size_t size = ip_stack_shared_size();
    pieces[ARENA].at = arena_bytes(world->arena, &pieces[ARENA].size);
    pieces[RUNNING].at = script_running(world->script, &pieces[RUNNING].size);
    pieces[NOTES] = (piece_t){world->notes, world->notes_size};
    pieces[STACK].at = fiber_bytes(world->fiber, &pieces[STACK].size);
    assert(pieces[RUNNING].at != NULL);
    for (size_t i = 0; i < PIECES; i++)
        size += pieces[i].size;
    if (size > moment->room) {
        free(moment->bytes);
        moment->room = size + size / 4;
        moment->bytes = must_malloc(moment->room);
    }
    uint8_t *to = moment->bytes;
    for (size_t i = 0; i < PIECES; i++) {
        memcpy(to, pieces[i].at, pieces[i].size);
        to += pieces[i].size;
    }
    ip_stack_shared_save(to);
    moment->owed = luai_owed;
}

void moment_restore(const moment_t *moment, const moment_world_t *world)
{
    const piece_t *pieces = moment->pieces;
    const uint8_t *from = moment->bytes;
    for (size_t i = 0; i < STACK; i++) {
        memcpy(pieces[i].at, from, pieces[i].size);
        from += pieces[i].size;
    }
    fiber_put_back(world->fiber, pieces[STACK].at, from, pieces[STACK].size);
    ip_stack_shared_restore(from + pieces[STACK].size);
    luai_owed = moment->owed;
}
