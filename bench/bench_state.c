/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: the time to make an entry and to find one, and the memory of one, as the table
 * grows; and a full table, when packets come that would make more entries. Beside it a hash of
 * entries that are as large, without anything of a filter: what memory alone costs.
 *
 *   bench_state [ENTRIES]
 *   bench_state --json [ENTRIES]
 */
#include "bench/measure.h"
#include "filter/fr_impl.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS  5
#define PACKETS 20000

static const char rules[] = "pass in quick proto tcp from any to any port = 22 flags S keep state\n"
                            "pass in all\n";

static mblk_t *segment(void)
{
    static const uint8_t bytes[40] = {0x45, 0, 0,   40, 0,    0, 0x40, 0,    64, 6,  0, 0, 10, 0,
                                      0,    0, 127, 0,  0,    1, 0x80, 0xe9, 0,  22, 0, 0, 0,  1,
                                      0,    0, 0,   0,  0x50, 2, 0x10, 0,    0,  0,  0, 0};
    mblk_t *m = allocb(sizeof(bytes));
    if (m == NULL)
        abort();
    memcpy(m->b_wptr, bytes, sizeof(bytes));
    m->b_wptr += sizeof(bytes);
    return m;
}

/* Makes the packet that of connection `i`: sets the source's address and port. */
static void set_connection(mblk_t *m, size_t i)
{
    put32(m->b_rptr + 12, 0x0a000000u | (uint32_t)(i / 50000));
    put16(m->b_rptr + 20, (uint16_t)(1024 + i % 50000));
}

static void judge(ipf_stack_t *ifs, mblk_t *m)
{
    static const qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    if (fr_check(ifs, &qpi, false, &m) != 0)
        abort(); /* all of them pass */
}

static ipf_stack_t *make(const char *tunables)
{
    char message[200];
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    if (ifs == NULL || ipf_load(ifs, rules, strlen(rules), NULL, &error) != 0 ||
        ipf_set_tunables(ifs, tunables, message, sizeof(message)) != 0)
        abort();
    return ifs;
}

/* Nanoseconds a packet, for packets of random connections. */
static double ask(ipf_stack_t *ifs, mblk_t *m, size_t first, size_t count)
{
    double start = cpu_s();
    for (size_t i = 0; i < PACKETS; i++) {
        set_connection(m, first + i * 2654435761u % count);
        judge(ifs, m);
    }
    return (cpu_s() - start) / PACKETS * 1e9;
}

/* ---- what it is held against: the least that a table of so many entries can be ---- */

/* As large as an entry of ours. It is found by its ends, and something is counted in it. */
typedef struct bare {
    struct bare *next;
    uint64_t ends;
    uint64_t rest[28], count, last;
} bare_t;

typedef struct bare_table {
    bare_t **table, *entries;
    size_t size;
} bare_table_t;

static uint64_t bare_ends(size_t i)
{
    return (uint64_t)(0x0a000000u | i / 50000) << 32 | (1024 + i % 50000) << 16 | 22;
}

static bare_t **bare_bucket(const bare_table_t *bare, uint64_t ends)
{
    return &bare->table[(ends * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (bare->size - 1)];
}

static void *pages(size_t size)
{
    void *block = malloc(size);
    if (block == NULL)
        abort();
    memory_want_large_pages(block, size);
    return memset(block, 0, size);
}

static bare_table_t bare_make(size_t count)
{
    bare_table_t bare = {.size = 1};
    while (bare.size < count)
        bare.size *= 2;
    bare.table = pages(bare.size * sizeof(bare_t *));
    bare.entries = pages(count * sizeof(bare_t));
    for (size_t i = 0; i < count; i++) {
        bare_t *entry = &bare.entries[i], **bucket = bare_bucket(&bare, bare_ends(i));
        entry->ends = bare_ends(i);
        entry->next = *bucket;
        *bucket = entry;
    }
    return bare;
}

static double bare_ask(const bare_table_t *bare, size_t count)
{
    double start = cpu_s();
    uint64_t none = 0; /* the next packet comes when this one is done with */
    for (size_t i = 0; i < PACKETS; i++) {
        uint64_t ends = bare_ends((i * 2654435761u + none) % count);
        bare_t *entry = *bare_bucket(bare, ends);
        while (entry->ends != ends)
            entry = entry->next;
        entry->count++;
        none = entry->rest[13]; /* in another line than its ends */
    }
    return (cpu_s() - start) / PACKETS * 1e9;
}

static double median_of_asking(ipf_stack_t *ifs, mblk_t *m, size_t first, size_t count)
{
    double ns[ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        ns[round] = ask(ifs, m, first, count);
    return median(ns, ROUNDS);
}

/* Bytes of memory that the process has in use, but for what is free in malloc(). */
static size_t resident(void)
{
    unsigned long pages = 0;
    malloc_trim(0);
    FILE *in = fopen("/proc/self/statm", "r");
    if (in == NULL || fscanf(in, "%*u %lu", &pages) != 1)
        pages = 0;
    if (in != NULL)
        fclose(in);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static void measure(size_t count, bool json)
{
    char tunables[100];
    snprintf(tunables, sizeof(tunables), "state_max=%zu,state_maxbucket=1000000", count);
    ipf_stack_t *ifs = make(tunables);
    mblk_t *m = segment();
    size_t before = resident();
    double start = cpu_s();
    for (size_t i = 0; i < count; i++) {
        set_connection(m, i);
        judge(ifs, m);
    }
    double made = (cpu_s() - start) / (double)count * 1e9;
    double bytes = (double)(resident() - before) / (double)count;
    if (fr_state_count(&ifs->ifs_states) != count) {
        fprintf(stderr, "bench_state: %zu entries were made of %zu\n",
                fr_state_count(&ifs->ifs_states), count);
        exit(3);
    }
    double ours[ROUNDS], theirs[ROUNDS];
    bare_table_t bare = bare_make(count);
    for (int round = 0; round < ROUNDS; round++) { /* they take turns */
        ours[round] = ask(ifs, m, 0, count);
        theirs[round] = bare_ask(&bare, count);
    }
    free(bare.table);
    free(bare.entries);
    double found = median(ours, ROUNDS), bare_ns = median(theirs, ROUNDS);
    double full = median_of_asking(ifs, m, count, count);
    if (json)
        printf("{\"entries\":%zu,\"make_ns\":%.1f,\"find_ns\":%.1f,\"full_ns\":%.1f,"
               "\"bare_ns\":%.1f,\"bytes\":%.0f}\n",
               count, made, found, full, bare_ns, bytes);
    else
        printf("%9zu %12.1f %12.1f %12.1f %12.1f %12.0f\n", count, made, found, bare_ns, full,
               bytes);
    freemsg(m);
    ipf_destroy(ifs);
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    size_t most = argc > 1 + json ? strtoul(argv[1 + json], NULL, 10) : 1000000;
    mallopt(M_MMAP_THRESHOLD, 128 * 1024); /* freed tables leave no holes that would be counted */
    if (!json)
        printf("%9s %12s %12s %12s %12s %12s\n", "entries", "make, ns", "find, ns", "bare, ns",
               "full, ns", "bytes each");
    for (size_t count = 1000; count <= most; count *= 10)
        measure(count, json);
    return 0;
}
