/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of initial sequence numbers, by sender and receiver.
 */
#include "sim/core/isn.h"

#include "sim/base/must.h"

#include <assert.h>
#include <string.h>

/* The table's own memory, too; `table` is in scope wherever uthash needs some. */
#define uthash_malloc(size)      must_have(memory_alloc((table)->memory, (size)))
#define uthash_free(block, size) memory_free((table)->memory, (block))
/* Ports differ more than anything else does. */
#define HASH_FUNCTION(key, size, hash) ((hash) = hash_of((key), (size)))
#include <uthash.h>

typedef struct isn_key {
    in6_addr_t src, dst;
    uint16_t sport, dport;
} isn_key_t;

static unsigned hash_of(const void *bytes, size_t size)
{
    const isn_key_t *key = bytes;
    uint32_t src, dst;
    assert(size == sizeof(*key));
    (void)size;
    memcpy(&src, key->src.s6_addr + 12, sizeof(src));
    memcpy(&dst, key->dst.s6_addr + 12, sizeof(dst));
    uint32_t hash = ((uint32_t)key->sport << 16 | key->dport) * 2654435761u;
    hash = (hash ^ src) * 2246822519u;
    hash = (hash ^ dst) * 3266489917u;
    return hash ^ hash >> 15;
}

typedef struct isn_entry {
    isn_key_t key;
    uint32_t isn;
    UT_hash_handle hh;
} isn_entry_t;

struct isn_table {
    memory_t *memory;
    isn_entry_t *entries;
};

isn_table_t *isn_create(memory_t *memory)
{
    isn_table_t *table = memory_zalloc(memory, sizeof(*table));
    if (table != NULL)
        table->memory = memory;
    return table;
}

void isn_destroy(isn_table_t *table)
{
    if (table == NULL)
        return;
    isn_entry_t *entry, *next;
    HASH_ITER(hh, table->entries, entry, next)
    {
        HASH_DEL(table->entries, entry);
        memory_free(table->memory, entry);
    }
    memory_free(table->memory, table);
}

static isn_entry_t *find(const isn_table_t *table, const isn_key_t *key)
{
    isn_entry_t *entry;
    HASH_FIND(hh, table->entries, key, sizeof(*key), entry);
    return entry;
}

static isn_key_t key_of(const struct packet *p)
{
    return (isn_key_t){p->src, p->dst, p->sport, p->dport};
}

bool isn_learn(isn_table_t *table, const struct packet *packet)
{
    if (packet->kind != PACKET_TCP || (packet->flags & (PACKET_SYN | PACKET_RST)) != PACKET_SYN)
        return false;
    isn_key_t key = key_of(packet);
    isn_entry_t *entry = find(table, &key);
    if (entry == NULL) {
        entry = must_have(memory_zalloc(table->memory, sizeof(*entry)));
        entry->key = key;
        HASH_ADD(hh, table->entries, key, sizeof(entry->key), entry);
    }
    entry->isn = packet->seq;
    return true;
}

struct packet_base isn_base(const isn_table_t *table, const struct packet *packet)
{
    struct packet_base base = {0};
    if (packet->kind != PACKET_TCP)
        return base;
    isn_key_t key = key_of(packet);
    isn_key_t reverse = {key.dst, key.src, key.dport, key.sport};
    const isn_entry_t *sender = find(table, &key), *receiver = find(table, &reverse);
    if (sender != NULL) {
        base.has_seq = true;
        base.seq = sender->isn;
    }
    if (receiver != NULL) {
        base.has_ack = true;
        base.ack = receiver->isn;
    }
    return base;
}
