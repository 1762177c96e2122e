/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many schedules a second and core does `lo0sim explore` run? The headline, a blocked connect,
 * and nine packets: each from a copy of the world, with and without checks of the invariants, and
 * with the script loaded again.
 *
 * A prototype in C, with only the stack and the filter, ran 244,000 and 59,000 that way, and
 * 501,000 and 125,000 when each run continued from its last choice; in Lua 44,000 of the nine
 * packets. One step of lwIP and one copy of 12 to 30 KB take 1 to 2 us: some 700,000 and 200,000
 * are the limit.
 *
 * usage: bench_explore [RUNS]
 */
#include "bench/measure.h"
#include "sim/explore/trial.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct {
    const char *name, *script;
} worlds[] = {
    {"headline", "test('t', function(box)\n"
                 "  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')\n"
                 "  box:connect('127.0.0.1', 22)\n"
                 "end)\n"},
    {"nine packets", "test('t', function(box)\n"
                     "  box:filter('pass in on lo0 all')\n"
                     "  box:fusion(false)\n"
                     "  local server = box:spawn('server', function()\n"
                     "    local sock = box:listen(22):accept()\n"
                     "    sock:recv(100)\n"
                     "    sock:recv(100)\n"
                     "    sock:close()\n"
                     "  end)\n"
                     "  local sock = box:connect('127.0.0.1', 22)\n"
                     "  sock:send('hello')\n"
                     "  sock:close()\n"
                     "  server:join()\n"
                     "  box:settle()\n"
                     "end)\n"},
};

/* => Returns schedules a second, and the packets of one schedule in *packets. */
static double measure(const char *script, trial_engine_t engine, bool invariants, unsigned runs,
                      uint32_t *packets)
{
    static const schedule_t none;
    char path[] = "/tmp/bench_explore-XXXXXX", error[1000];
    trial_result_t result;
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL || fputs(script, out) < 0 || fclose(out) != 0)
        exit(3);
    const trial_options_t options = {.path = path,
                                     .kinds = KINDS_DEFAULT,
                                     .places = TRIAL_PLACES,
                                     .engine = engine,
                                     .merge = true,
                                     .script = {.seed = 1,
                                                .no_invariants = !invariants,
                                                .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                                           .virtual_us = BOX_VIRTUAL_US_MAX}}};
    trial_t *trial = trial_open(&options, error, sizeof(error));
    if (trial == NULL) {
        fprintf(stderr, "bench_explore: %s\n", error);
        exit(3);
    }
    double began = cpu_s();
    for (unsigned i = 0; i < runs; i++)
        trial_run(trial, &none, &result);
    double seconds = cpu_s() - began;
    *packets = result.packets;
    trial_close(trial);
    unlink(path);
    return runs / seconds;
}

int main(int argc, char **argv)
{
    unsigned runs = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
    printf("%-14s %8s %16s %16s %16s\n", "schedules/s", "packets", "snapshot", "and invariants",
           "reload");
    for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
        uint32_t packets;
        const char *script = worlds[i].script;
        double plain = measure(script, TRIAL_SNAPSHOT, false, runs, &packets);
        double watched = measure(script, TRIAL_SNAPSHOT, true, runs, &packets);
        double reload = measure(script, TRIAL_RELOAD, true, runs / 20 + 1, &packets);
        printf("%-14s %8u %16.0f %16.0f %16.0f\n", worlds[i].name, packets, plain, watched, reload);
    }
    return 0;
}
