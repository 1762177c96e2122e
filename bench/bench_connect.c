/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How fast is a connect? Refused connects and 30-second time-outs per second of wall time, in a box
 * without observers, compared in the same run with bare lwIP on the shortest possible loop.
 *
 * usage: bench_connect [ROUNDS [CONNECTS]]
 *        bench_connect refused CONNECTS   only those refused by return-rst, to count instructions
 * as the difference of two runs (tests/sim/count_connect.sh)
 */
#include "bench/measure.h"
#include "sim/core/box.h"
#include "stack/ip_impl.h"

#include "lwip/ip.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000
#define TICKS      120 /* 30 s of 250 ms */

static void die(const char *what)
{
    fprintf(stderr, "bench_connect: %s\n", what);
    exit(3);
}

/* ---- a box without observers ---- */

static box_t *make_box(const char *rules)
{
    ipf_error_t error;
    box_t *box = box_create(1, NULL, 0);
    if (box == NULL || box_filter(box, rules, strlen(rules), rules[0] != '\0', &error) != 0)
        die("no box");
    return box;
}

static void connect_once(box_t *box, int expected)
{
    in6_addr_t address = ip_address_loopback(AF_INET);
    sonode_t *so;
    if (so_connect(box->ips, &address, 22, &so) != EINPROGRESS)
        die("connect did not begin");
    while (so_connect_error(so) == EINPROGRESS && vclock_run_next(box->clock))
        continue;
    if (so_connect_error(so) != expected)
        die("connect ended with another errno than it should");
    so_close(so);
}

/* ---- bare lwIP: its own loop, its own RST, its own ticks ---- */

static struct pbuf *bare_queue[64];
static size_t bare_head, bare_tail;
static int bare_drop;
static err_t bare_error;

static err_t bare_output(struct netif *netif, struct pbuf *p, const ip4_addr_t *address)
{
    (void)netif;
    (void)address;
    if (!bare_drop)
        bare_queue[bare_tail++ % 64] = pbuf_clone(PBUF_RAW, PBUF_RAM, p);
    return ERR_OK;
}

static void bare_failed(void *arg, err_t err)
{
    (void)arg;
    bare_error = err;
}

static struct tcp_pcb *bare_connect(uint16_t port)
{
    ip_addr_t address = IPADDR4_INIT_BYTES(127, 0, 0, 1);
    struct tcp_pcb *pcb = tcp_new();
    bare_error = ERR_OK;
    tcp_err(pcb, bare_failed);
    tcp_bind(pcb, &address, port);
    tcp_connect(pcb, &address, 22, NULL);
    return pcb;
}

static void bare_refused(box_t *box, uint16_t port)
{
    bare_drop = 0;
    bare_connect(port);
    while (bare_head != bare_tail)
        ip_input(bare_queue[bare_head++ % 64], &box->ips->ips_ills[0].ill_netif);
    if (bare_error != ERR_RST)
        die("bare lwIP was not refused");
}

static void bare_timeout(uint16_t port)
{
    bare_drop = 1;
    struct tcp_pcb *pcb = bare_connect(port);
    for (int i = 0; i < TICKS; i++)
        tcp_tmr();
    tcp_abandon(pcb, 0);
    if (bare_error != ERR_ABRT)
        die("bare lwIP did not time out");
}

/* ---- measuring ---- */

typedef struct row {
    const char *name;
    double per_s[ROUNDS_MAX], ratio[ROUNDS_MAX];
} row_t;

enum { BARE_REFUSED, STACK_REFUSED, FILTER_REFUSED, BARE_TIMEOUT, FILTER_TIMEOUT, ROWS };

static row_t rows[ROWS] = {
    [BARE_REFUSED] = {.name = "refused, bare lwIP on a loop"},
    [STACK_REFUSED] = {.name = "refused by the stack, no filter"},
    [FILTER_REFUSED] = {.name = "refused by return-rst, rewrite"},
    [BARE_TIMEOUT] = {.name = "30 s without answer, bare lwIP"},
    [FILTER_TIMEOUT] = {.name = "30 s without answer, plain block"},
};

static void run_bare(size_t round, int row, unsigned connects)
{
    box_t *box = make_box("");
    stack_enter(box->ips);
    box->ips->ips_ills[0].ill_netif.output = bare_output;
    double start = now_s();
    for (unsigned i = 0; i < connects; i++) {
        uint16_t port = (uint16_t)(32768 + i % 32768);
        if (row == BARE_REFUSED)
            bare_refused(box, port);
        else
            bare_timeout(port);
    }
    rows[row].per_s[round] = connects / (now_s() - start);
    stack_leave(box->ips);
    box_destroy(box);
}

static void run_ours(size_t round, int row, const char *rules, int expected, unsigned connects)
{
    box_t *box = make_box(rules);
    double start = now_s();
    for (unsigned i = 0; i < connects; i++)
        connect_once(box, expected);
    rows[row].per_s[round] = connects / (now_s() - start);
    box_destroy(box);
}

static const char return_rst[] = "block return-rst in on lo0 proto tcp from any to any port = 22\n";

static void run_round(size_t round, unsigned connects)
{
    static const char block[] = "block in on lo0 proto tcp from any to any port = 22\n";
    run_bare(round, BARE_REFUSED, connects);
    run_ours(round, STACK_REFUSED, "", ECONNREFUSED, connects);
    run_ours(round, FILTER_REFUSED, return_rst, ECONNREFUSED, connects);
    run_bare(round, BARE_TIMEOUT, connects / 4 + 1);
    run_ours(round, FILTER_TIMEOUT, block, ETIMEDOUT, connects / 4 + 1);
    for (int row = 0; row < ROWS; row++) {
        int base = row < BARE_TIMEOUT ? BARE_REFUSED : BARE_TIMEOUT;
        rows[row].ratio[round] = rows[base].per_s[round] / rows[row].per_s[round];
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "refused") == 0) {
        run_ours(0, FILTER_REFUSED, return_rst, ECONNREFUSED, (unsigned)strtoul(argv[2], NULL, 10));
        return 0;
    }
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 15;
    unsigned connects = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20000;
    if (rounds < 1 || rounds > ROUNDS_MAX || connects < 1)
        die("usage: bench_connect [ROUNDS [CONNECTS]]");
    for (size_t round = 0; round < rounds; round++)
        run_round(round, connects);
    printf("%-34s %14s %22s\n", "", "connects/s", "time, bare lwIP = 1");
    for (int row = 0; row < ROWS; row++)
        printf("%-34s %14.0f %22.2f\n", rows[row].name, median(rows[row].per_s, rounds),
               median(rows[row].ratio, rounds));
    printf("\nmedians of %zu rounds of %u connects (time-outs: %u)\n", rounds, connects,
           connects / 4 + 1);
    return 0;
}
