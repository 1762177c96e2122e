/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The state table: the time to make an entry and to find one, and the memory of one, as the table
 * grows; and a full table, when packets come that would make more entries.
 *
 *   bench_state [ENTRIES]
 *   bench_state --json [ENTRIES]
 */
#include "bench/measure.h"
#include "filter/fr_impl.h"

#include <stdio.h>
#include <string.h>

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

static double median_of_asking(ipf_stack_t *ifs, mblk_t *m, size_t first, size_t count)
{
    double ns[ROUNDS];
    for (int round = 0; round < ROUNDS; round++)
        ns[round] = ask(ifs, m, first, count);
    return median(ns, ROUNDS);
}

static void measure(size_t count, bool json)
{
    char tunables[100];
    snprintf(tunables, sizeof(tunables), "state_max=%zu,state_maxbucket=1000000", count);
    ipf_stack_t *ifs = make(tunables);
    mblk_t *m = segment();
    double before = heap_bytes();
    double start = cpu_s();
    for (size_t i = 0; i < count; i++) {
        set_connection(m, i);
        judge(ifs, m);
    }
    double made = (cpu_s() - start) / (double)count * 1e9;
    double bytes = (heap_bytes() - before) / (double)count;
    if (fr_state_count(&ifs->ifs_states) != count) {
        fprintf(stderr, "bench_state: %zu entries were made of %zu\n",
                fr_state_count(&ifs->ifs_states), count);
        exit(3);
    }
    double found = median_of_asking(ifs, m, 0, count);
    double full = median_of_asking(ifs, m, count, count);
    if (json)
        printf("{\"entries\":%zu,\"make_ns\":%.1f,\"find_ns\":%.1f,\"full_ns\":%.1f,"
               "\"bytes\":%.0f}\n",
               count, made, found, full, bytes);
    else
        printf("%9zu %12.1f %12.1f %12.1f %12.0f\n", count, made, found, full, bytes);
    freemsg(m);
    ipf_destroy(ifs);
}

int main(int argc, char **argv)
{
    bool json = argc > 1 && strcmp(argv[1], "--json") == 0;
    size_t most = argc > 1 + json ? strtoul(argv[1 + json], NULL, 10) : 1000000;
    if (!json)
        printf("%9s %12s %12s %12s %12s\n", "entries", "make, ns", "find, ns", "full, ns",
               "bytes each");
    for (size_t count = 1000; count <= most; count *= 10)
        measure(count, json);
    return 0;
}
