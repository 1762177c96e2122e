/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What does -w cost? Connects on a box with its trace, without and with a capture of the loopback
 * path, in the same process.
 *
 * usage: bench_capture [ROUNDS [CONNECTS]]
 */
#include "bench/measure.h"
#include "sim/core/box.h"
#include "sim/view/capture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS_MAX 1000

typedef struct row {
    const char *name;
    int tap; /* -1: no capture */
    double per_s[ROUNDS_MAX], ratio[ROUNDS_MAX];
} row_t;

static row_t rows[] = {
    {.name = "no capture", .tap = -1},
    {.name = "-w, snoop's place", .tap = TAP_SNOOP},
    {.name = "-w --tap LOOPBACK_IN:before", .tap = TAP_LOOPBACK_IN_BEFORE},
    {.name = "-w --tap wire: no packet passes", .tap = TAP_WIRE},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void die(const char *what)
{
    fprintf(stderr, "bench_capture: %s\n", what);
    exit(3);
}

static box_t *make_box(void)
{
    static const char rule[] = "block return-rst in on lo0 proto tcp from any to any port = 22\n";
    ipf_error_t error;
    box_t *box = box_create(1, NULL, 24);
    if (box == NULL || box_filter(box, rule, strlen(rule), true, &error) != 0)
        die("no box");
    return box;
}

static void run(row_t *row, size_t round, unsigned connects)
{
    in6_addr_t address = ip_address_loopback(AF_INET);
    capture_options_t options = {.tap = (tap_t)row->tap};
    box_t *box = make_box();
    FILE *out = tmpfile();
    if (out == NULL)
        die("no file");
    double start = now_s();
    capture_t *capture = row->tap >= 0 ? capture_begin(box, &options, "", out) : NULL;
    for (unsigned i = 0; i < connects; i++)
        box_connect(box, &address, 22, false);
    if (capture != NULL)
        capture_end(capture, box_now(box));
    fclose(out);
    row->per_s[round] = connects / (now_s() - start);
    row->ratio[round] = rows[0].per_s[round] / row->per_s[round];
    box_destroy(box);
}

int main(int argc, char **argv)
{
    size_t rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 15;
    unsigned connects = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 5000;
    if (rounds < 1 || rounds > ROUNDS_MAX || connects < 1)
        die("usage: bench_capture [ROUNDS [CONNECTS]]");
    for (size_t round = 0; round < rounds; round++) {
        for (size_t i = 0; i < ROWS; i++)
            run(&rows[i], round, connects);
    }
    printf("%-34s %14s %22s\n", "", "connects/s", "time, no capture = 1");
    for (size_t i = 0; i < ROWS; i++)
        printf("%-34s %14.0f %22.2f\n", rows[i].name, median(rows[i].per_s, rounds),
               median(rows[i].ratio, rounds));
    printf("\nmedians of %zu rounds of %u connects, each refused by return-rst\n", rounds,
           connects);
    return 0;
}
