/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ippool.conf.
 *
 *     table     := "table" "role" "=" ROLE "type" "=" ("tree" | "hash") { option } nodes
 *     map       := "group-map" ("in" | "out") "role" "=" ROLE { option } nodes
 *     pool      := "pool" ROLE "/" ("tree" | "hash") "(" { ("name" | "number" | "size") WORD ";" }
 *                  ")" nodes
 *     option    := ("number" | "name" | "size" | "seed" | "group") "=" WORD
 *     nodes     := "{" { node ";" } "}" ";"
 *     node      := [ "!" ] ADDRESS [ "/" (BITS | MASK) ] [ "," "group" "=" WORD ]
 */
#include "filter/ip_lookup.h"

#include "filter/ipf_mark.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD_MAX 64

typedef struct reader {
    const char *at, *end, *line_start;
    int line;
    char word[WORD_MAX]; /* the current one; empty at the end */
    int word_line, word_column;
    memory_t *memory;
    ipf_error_t *error;
    int result;
} reader_t;

static bool fail(reader_t *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(reader_t *r, const char *format, ...)
{
    va_list args;
    r->result = EINVAL;
    r->error->line = r->word_line;
    r->error->column = r->word_column;
    va_start(args, format);
    vsnprintf(r->error->message, sizeof(r->error->message), format, args);
    va_end(args);
    return false;
}

static bool no_memory(reader_t *r)
{
    r->result = ENOMEM;
    return false;
}

static bool expected(reader_t *r, const char *what)
{
    if (r->word[0] == '\0')
        return fail(r, "expected %s, got the end of the file", what);
    return fail(r, "expected %s, got '%s'", what, r->word);
}

/* ---- words ---- */

static void pass_blanks(reader_t *r)
{
    for (; r->at < r->end; r->at++) {
        if (*r->at == '#') {
            while (r->at + 1 < r->end && r->at[1] != '\n')
                r->at++;
        } else if (*r->at == '\n') {
            r->line++;
            r->line_start = r->at + 1;
        } else if (*r->at != ' ' && *r->at != '\t' && *r->at != '\r') {
            return;
        }
    }
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr(".:_-", c) != NULL);
}

static bool next(reader_t *r)
{
    size_t length = 0;
    pass_blanks(r);
    r->word_line = r->line;
    r->word_column = (int)(r->at - r->line_start) + 1;
    while (r->at < r->end && is_word(*r->at) && length < WORD_MAX - 1)
        r->word[length++] = *r->at++;
    if (length == 0 && r->at < r->end) {
        if (*r->at < ' ' || *r->at > '~') {
            r->word[0] = '\0';
            return fail(r, "a byte that is no text: 0x%02x", (unsigned)(unsigned char)*r->at);
        }
        r->word[length++] = *r->at++;
    }
    r->word[length] = '\0';
    if (r->at < r->end && length == WORD_MAX - 1 && is_word(*r->at))
        return fail(r, "'%s...' is too long", r->word);
    return true;
}

static bool is(const reader_t *r, const char *word)
{
    return strcmp(r->word, word) == 0;
}

static bool expect(reader_t *r, const char *word)
{
    char what[WORD_MAX + 2];
    snprintf(what, sizeof(what), "'%s'", word);
    return is(r, word) ? next(r) : expected(r, what);
}

/* Copies the current word, a name, into buffer[size]. */
static bool take_name(reader_t *r, const char *what, char *buffer, size_t size)
{
    size_t length = strlen(r->word);
    if (!is_word(r->word[0]))
        return expected(r, what);
    if (length >= size)
        return fail(r, "'%s' is too long for %s: %zu characters at most", r->word, what, size - 1);
    memcpy(buffer, r->word, length + 1);
    return next(r);
}

static bool take_number(reader_t *r, const char *what, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(r->word, &end, 10);
    if (r->word[0] < '0' || r->word[0] > '9' || *end != '\0' || errno != 0 || value > INT32_MAX)
        return expected(r, what);
    *number = (uint32_t)value;
    return next(r);
}

/* ---- nodes ---- */

static void set_mask(ip_node_t *node, unsigned bits)
{
    node->in_bits = (uint8_t)bits;
    for (unsigned i = 0; i < 4; i++) {
        unsigned left = bits > 32 * i ? bits - 32 * i : 0;
        node->in_mask.i6[i] = left >= 32 ? UINT32_MAX : left == 0 ? 0 : ~(UINT32_MAX >> left);
        node->in_addr.i6[i] &= node->in_mask.i6[i];
    }
}

static bool take_mask(reader_t *r, ip_node_t *node)
{
    unsigned most = node->in_family == 6 ? 128 : 32;
    uint32_t bits;
    struct in_addr mask;
    if (strchr(r->word, '.') != NULL && node->in_family == 4 &&
        inet_pton(AF_INET, r->word, &mask) == 1) {
        uint32_t value = ntohl(mask.s_addr);
        for (bits = 0; bits < 32 && (value & 0x80000000u >> bits) != 0; bits++)
            ;
        if (bits < 32 && (value & UINT32_MAX >> bits) != 0)
            return fail(r, "'%s' is no mask: its bits have a gap", r->word);
        set_mask(node, bits);
        return next(r);
    }
    if (!take_number(r, "a mask", &bits))
        return false;
    if (bits > most)
        return fail(r, "an address has %u bits at most", most);
    set_mask(node, bits);
    return true;
}

static bool take_address(reader_t *r, ip_node_t *node)
{
    uint32_t words[4] = {0};
    if (inet_pton(AF_INET, r->word, words) == 1)
        node->in_family = 4;
    else if (inet_pton(AF_INET6, r->word, words) == 1)
        node->in_family = 6;
    else
        return expected(r, "an address");
    for (size_t i = 0; i < 4; i++)
        node->in_addr.i6[i] = ntohl(words[i]);
    set_mask(node, node->in_family == 6 ? 128 : 32);
    if (!next(r))
        return false;
    return !is(r, "/") || (next(r) && take_mask(r, node));
}

static bool take_node(reader_t *r, ip_table_t *table)
{
    ip_node_t node = {0};
    if (is(r, "!")) {
        if (table->ipt_type != IP_TREE)
            return fail(r, "only a tree has addresses that are negated");
        node.in_negated = true;
        if (!next(r))
            return false;
    }
    if (!take_address(r, &node))
        return false;
    if (is(r, ",")) {
        if (table->ipt_type != IP_GROUP_MAP)
            return fail(r, "only a group-map has groups; addresses end with ';'");
        if (!next(r) || !expect(r, "group") || !expect(r, "=") ||
            !take_name(r, "a group", node.in_group, sizeof(node.in_group)))
            return false;
    }
    if (table->ipt_type == IP_GROUP_MAP && node.in_group[0] == '\0' && table->ipt_group[0] == '\0')
        return fail(r, "an address of a group-map needs a group");
    if (!expect(r, ";"))
        return false;
    return ip_table_add(table, &node) || no_memory(r);
}

static bool take_nodes(reader_t *r, ip_table_t *table)
{
    if (!expect(r, "{"))
        return false;
    do {
        if (!take_node(r, table))
            return false;
    } while (!is(r, "}"));
    return next(r) && expect(r, ";");
}

/* ---- tables ---- */

static bool take_role(reader_t *r, ip_table_t *table)
{
    static const char *const roles[] = {"ipf", "nat", "auth", "count", "all", NULL};
    for (size_t i = 0; roles[i] != NULL; i++) {
        if (is(r, roles[i])) {
            strcpy(table->ipt_role, roles[i]);
            return next(r);
        }
    }
    return expected(r, "a role: ipf, nat, auth, count or all");
}

static bool take_type(reader_t *r, ip_table_t *table)
{
    if (!is(r, "tree") && !is(r, "hash"))
        return is(r, "dstlist") ? fail(r, "lists of destinations (dstlist) are not modelled")
                                : expected(r, "'tree' or 'hash'");
    table->ipt_type = is(r, "tree") ? IP_TREE : IP_HASH;
    return next(r);
}

/* Sets the value of a table's option, after its "=". */
static bool take_option(reader_t *r, ip_table_t *table, const char *option)
{
    if (strcmp(option, "number") == 0 || strcmp(option, "name") == 0) {
        uint32_t number;
        table->ipt_named = strcmp(option, "name") == 0;
        if (table->ipt_named)
            return take_name(r, "a name", table->ipt_name, sizeof(table->ipt_name));
        if (!take_number(r, "a number", &number))
            return false;
        snprintf(table->ipt_name, sizeof(table->ipt_name), "%u", number);
        return true;
    }
    if (strcmp(option, "size") == 0)
        return take_number(r, "a size", &table->ipt_size);
    if (strcmp(option, "seed") == 0)
        return take_number(r, "a seed", &table->ipt_seed);
    return take_name(r, "a group", table->ipt_group, sizeof(table->ipt_group));
}

static bool is_option(const reader_t *r, const ip_table_t *table)
{
    return is(r, "number") || is(r, "name") || is(r, "size") || is(r, "seed") ||
           (is(r, "group") && table->ipt_type == IP_GROUP_MAP);
}

static bool take_options(reader_t *r, ip_table_t *table)
{
    while (is_option(r, table)) {
        char option[WORD_MAX];
        memcpy(option, r->word, sizeof(option));
        if (!next(r) || !expect(r, "=") || !take_option(r, table, option))
            return false;
    }
    return take_nodes(r, table);
}

/* "pool" ROLE "/" TYPE "(" ... ")", after "pool". */
static bool take_pool(reader_t *r, ip_table_t *table)
{
    if (!take_role(r, table) || !expect(r, "/") || !take_type(r, table) || !expect(r, "("))
        return false;
    while (!is(r, ")")) {
        char option[WORD_MAX];
        memcpy(option, r->word, sizeof(option));
        if (!is(r, "number") && !is(r, "name") && !is(r, "size"))
            return expected(r, "'name', 'number', 'size' or ')'");
        if (!next(r) || !take_option(r, table, option) || !expect(r, ";"))
            return false;
    }
    return next(r) && take_nodes(r, table);
}

static bool take_map(reader_t *r, ip_table_t *table)
{
    table->ipt_type = IP_GROUP_MAP;
    if (!is(r, "in") && !is(r, "out"))
        return expected(r, "'in' or 'out'");
    table->ipt_inout = is(r, "in") ? FR_INQUE : FR_OUTQUE;
    return next(r) && expect(r, "role") && expect(r, "=") && take_role(r, table) &&
           take_options(r, table);
}

static bool take_table(reader_t *r, ip_table_t *table)
{
    if (is(r, "table"))
        return next(r) && expect(r, "role") && expect(r, "=") && take_role(r, table) &&
               expect(r, "type") && expect(r, "=") && take_type(r, table) && take_options(r, table);
    if (is(r, "group-map"))
        return next(r) && take_map(r, table);
    if (is(r, "pool"))
        return next(r) && take_pool(r, table);
    return expected(r, "'table', 'pool' or 'group-map'");
}

/* Parses one table and appends it to the others. */
static bool add_table(reader_t *r, ip_table_t **tables)
{
    int line = r->word_line, column = r->word_column;
    ip_table_t *table = ip_table_create(r->memory, IP_TREE);
    if (table == NULL)
        return no_memory(r);
    bool taken = take_table(r, table);
    if (taken && ip_tables_find(*tables, table->ipt_type, table->ipt_name) != NULL) {
        r->word_line = line;
        r->word_column = column;
        taken = fail(r, "there is a table '%s' already", table->ipt_name);
    }
    if (!taken) {
        ip_table_drop(table);
        return false;
    }
    if (table->ipt_type != IP_TREE && table->ipt_size == 0)
        table->ipt_size = (uint32_t)(table->ipt_count > 1 ? table->ipt_count * 2 - 1 : 1);
    while (*tables != NULL)
        tables = &(*tables)->ipt_next;
    *tables = table;
    return true;
}

int ip_tables_parse(const char *text, size_t length, memory_t *memory, ip_table_t **tables,
                    ipf_error_t *error)
{
    const char *begin = text + ipf_mark_length(text, length);
    reader_t r = {.at = begin,
                  .end = text + length,
                  .line_start = begin,
                  .line = 1,
                  .memory = memory,
                  .error = error};
    ip_table_t *last = *tables;
    while (last != NULL && last->ipt_next != NULL)
        last = last->ipt_next;
    if (next(&r)) {
        while (r.word[0] != '\0' && add_table(&r, tables))
            ;
    }
    if (r.result != 0) {
        ip_table_t **added = last != NULL ? &last->ipt_next : tables;
        ip_tables_free(*added);
        *added = NULL;
    }
    return r.result;
}
