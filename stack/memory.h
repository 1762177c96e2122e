/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Where memory comes from. Everything that belongs to one world (a clock, the hosts on it, their
 * packets, lwIP, and whatever else its owner gives it to) takes its blocks from one memory_t, so
 * that its owner can count, limit, save and restore them.
 *
 * If there is no memory a block is NULL; the process never ends. Each caller decides what that
 * means.
 */
#ifndef LO0SIM_STACK_MEMORY_H
#define LO0SIM_STACK_MEMORY_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/* What a world's memory is in, of what a test can make grow without end. It is counted in units
 * that are the same on 32 and on 64 bit, and with each release of lwIP: bytes that are carried or
 * kept, and for each thing a number of its own, about its size on a 64-bit machine. */
typedef enum memory_kind {
    MEMORY_PACKETS, /* messages, wherever they are: in queues, on a wire, held back */
    MEMORY_SOCKETS, /* and endpoints without a socket, such as in TIME_WAIT */
    MEMORY_UNREAD,  /* data in sockets' buffers, of both directions */
    MEMORY_RULES,   /* of a filter, and the addresses in its pools */
    MEMORY_STATES,  /* its entries for connections */
    MEMORY_LOG,     /* records that it keeps */
    MEMORY_KINDS
} memory_kind_t;

enum {
    MEMORY_PER_PACKET = 128, /* besides its bytes; and so for a datagram and a record of a log */
    MEMORY_PER_SOCKET = 2048,
    MEMORY_PER_ENDPOINT = 1024,
    MEMORY_PER_RULE = 512,
    MEMORY_PER_POOL_NODE = 64,
    MEMORY_PER_STATE = 512,
};

/* An allocator, filled in by its owner, who keeps it as long as anything made from it exists.
 * Blocks are aligned for any type. */
typedef struct memory {
    /* A block of `size` bytes, at least 1, uninitialised.
     * => Returns NULL if there is no memory. */
    void *(*me_alloc)(void *arg, size_t size);

    /* Makes a block `size` bytes long, at least 1; a new one if `block` is NULL.
     * => Returns the block, perhaps moved; NULL if there is no memory: then `block` stays. */
    void *(*me_realloc)(void *arg, void *block, size_t size);

    /* `block` is never NULL. */
    void (*me_free)(void *arg, void *block);

    void *me_arg;
    size_t me_messages;             /* mblk.c's count; 0 at first */
    uint64_t me_held[MEMORY_KINDS]; /* in units, of memory_hold(); 0 at first */
} memory_t;

/* malloc()'s memory, used where no other is given. */
memory_t *memory_of_process(void);

void *memory_alloc(const memory_t *memory, size_t size);
void *memory_realloc(const memory_t *memory, void *block, size_t size);

/* Told of bytes of a world that only tell what has been: counters that are shown, numbers for
 * messages. What happens from now on does not depend on them, so two worlds that differ in nothing
 * else go on alike. */
typedef void (*memory_bookkeeping_t)(void *arg, void *at, size_t size);

/* A zeroed block. */
void *memory_zalloc(const memory_t *memory, size_t size);

/* Of most processors whose pages have 4 KiB. */
#define MEMORY_LARGE_PAGE (2u << 20)

/* Says that all of a block will be in use, and in no order: a large one gets large pages where a
 * system has them. It changes nothing else. */
void memory_want_large_pages(void *block, size_t size);

/* NULL is allowed. */
void memory_free(const memory_t *memory, void *block);

/* Counts units that are in use from now on, and that are no longer. What is counted must be given
 * back. */
static inline void memory_hold(memory_t *memory, memory_kind_t kind, uint64_t units)
{
    memory->me_held[kind] += units;
}

static inline void memory_let_go(memory_t *memory, memory_kind_t kind, uint64_t units)
{
    assert(memory->me_held[kind] >= units);
    memory->me_held[kind] -= units;
}

#endif
