/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ip_lookup.h"

#include "filter/fr_memory.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

ip_table_t *ip_table_create(memory_t *memory, ip_table_type_t type)
{
    ip_table_t *table = memory_zalloc(fr_memory(memory), sizeof(*table));
    if (table == NULL)
        return NULL;
    table->ipt_memory = memory;
    table->ipt_type = type;
    table->ipt_refs = 1;
    strcpy(table->ipt_role, "ipf");
    return table;
}

void ip_table_hold(ip_table_t *table)
{
    assert(table->ipt_refs > 0);
    table->ipt_refs++;
}

void ip_table_drop(ip_table_t *table)
{
    if (table == NULL || --table->ipt_refs > 0)
        return;
    memory_let_go(fr_memory(table->ipt_memory), MEMORY_RULES,
                  MEMORY_PER_POOL_NODE * table->ipt_count);
    memory_free(fr_memory(table->ipt_memory), table->ipt_nodes);
    memory_free(fr_memory(table->ipt_memory), table);
}

void ip_tables_free(ip_table_t *tables)
{
    while (tables != NULL) {
        ip_table_t *table = tables;
        tables = table->ipt_next;
        ip_table_drop(table);
    }
}

/* A node's address has no bits outside of its mask. */
static bool is_masked(const ip_node_t *node)
{
    bool masked = true;
    for (size_t i = 0; i < 4; i++)
        masked = masked && (node->in_addr.i6[i] & ~node->in_mask.i6[i]) == 0;
    return masked;
}

bool ip_table_add(ip_table_t *table, const ip_node_t *node)
{
    assert((node->in_family == 4 || node->in_family == 6) && is_masked(node));
    if (table->ipt_count == table->ipt_room) {
        size_t room = table->ipt_room > 0 ? table->ipt_room * 2 : 8;
        ip_node_t *nodes =
            memory_realloc(fr_memory(table->ipt_memory), table->ipt_nodes, room * sizeof(*nodes));
        if (nodes == NULL)
            return false;
        table->ipt_nodes = nodes;
        table->ipt_room = room;
    }
    table->ipt_nodes[table->ipt_count++] = *node;
    memory_hold(fr_memory(table->ipt_memory), MEMORY_RULES, MEMORY_PER_POOL_NODE);
    return true;
}

static bool has(const ip_node_t *node, const i6addr_t *address)
{
    for (size_t i = 0; i < 4; i++) {
        if ((address->i6[i] & node->in_mask.i6[i]) != node->in_addr.i6[i])
            return false;
    }
    return true;
}

const ip_node_t *ip_table_find(const ip_table_t *table, const i6addr_t *address, int family)
{
    const ip_node_t *best = NULL;
    for (size_t i = 0; i < table->ipt_count; i++) {
        const ip_node_t *node = &table->ipt_nodes[i];
        if (node->in_family == family && (best == NULL || node->in_bits > best->in_bits) &&
            has(node, address))
            best = node;
    }
    return best;
}

bool ip_table_has(const ip_table_t *table, const i6addr_t *address, int family)
{
    const ip_node_t *node = ip_table_find(table, address, family);
    return node != NULL && !node->in_negated;
}

const char *ip_map_find(const ip_table_t *map, const i6addr_t *address, int family)
{
    const ip_node_t *node = ip_table_find(map, address, family);
    if (node == NULL)
        return NULL;
    return node->in_group[0] != '\0' ? node->in_group : map->ipt_group;
}

ip_table_t *ip_tables_find(ip_table_t *tables, ip_table_type_t type, const char *name)
{
    while (tables != NULL && (tables->ipt_type != type || strcmp(tables->ipt_name, name) != 0))
        tables = tables->ipt_next;
    return tables;
}

/* ---- as text ---- */

typedef struct text {
    char *bytes; /* NULL: there is no memory */
    size_t length, room;
} text_t;

static void put(text_t *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* At most 200 bytes. */
static void put(text_t *to, const char *format, ...)
{
    va_list args;
    if (to->bytes == NULL)
        return;
    if (to->room - to->length < 200) {
        char *bytes = realloc(to->bytes, to->room * 2);
        if (bytes == NULL)
            free(to->bytes);
        to->bytes = bytes;
        to->room *= 2;
    }
    if (to->bytes == NULL)
        return;
    va_start(args, format);
    int length = vsnprintf(to->bytes + to->length, to->room - to->length, format, args);
    va_end(args);
    to->length += (size_t)length;
}

static void print_head(const ip_table_t *table, text_t *to)
{
    if (table->ipt_type == IP_GROUP_MAP)
        put(to, "group-map %s role=%s", table->ipt_inout == FR_OUTQUE ? "out" : "in",
            table->ipt_role);
    else
        put(to, "table role=%s type=%s", table->ipt_role,
            table->ipt_type == IP_TREE ? "tree" : "hash");
    put(to, " %s=%s", table->ipt_named ? "name" : "number", table->ipt_name);
    if (table->ipt_type != IP_TREE)
        put(to, " size=%u", table->ipt_size);
    if (table->ipt_seed != 0)
        put(to, " seed=%u", table->ipt_seed);
    put(to, "\n\t{");
}

static void print_node(const ip_table_t *table, const ip_node_t *node, text_t *to)
{
    char text[INET6_ADDRSTRLEN];
    i6addr_text(&node->in_addr, node->in_family, text);
    put(to, " %s%s/%u", node->in_negated ? "! " : "", text, node->in_bits);
    if (table->ipt_type == IP_GROUP_MAP)
        put(to, ", group=%s", node->in_group[0] != '\0' ? node->in_group : table->ipt_group);
    put(to, ";");
}

char *ip_table_text(const ip_table_t *table, bool reverse)
{
    text_t to = {.bytes = malloc(1024), .room = 1024};
    print_head(table, &to);
    for (size_t i = 0; i < table->ipt_count; i++)
        print_node(table, &table->ipt_nodes[reverse ? table->ipt_count - 1 - i : i], &to);
    put(&to, " };\n");
    return to.bytes;
}
