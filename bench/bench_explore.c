/* SPDX-License-Identifier: BSD-3-Clause
 *
 * How many schedules a second and core does `lo0sim explore` run? The headline, a blocked connect,
 * with up to three faults of all kinds that change packets, and nine packets with up to two: going
 * on from the last choice that a run shares with the one before (snapshot), with and without checks
 * of the invariants; and with the script loaded for each run (reload), on a part of them. The last
 * row is the nine packets in every order of what is ready at one instant, with up to one fault.
 *
 * A prototype in C, with only the stack and the filter, ran 501,000 and 125,000 that way, and
 * 244,000 and 59,000 from the beginning; in Lua 78,000 of the nine packets. One step of lwIP and
 * one copy of 12 to 30 KB take 1 to 2 us: some 700,000 and 200,000 are the limit.
 *
 * usage: bench_explore
 */
#include "bench/measure.h"
#include "sim/explore/explore.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#define KINDS_CHANGING (KINDS_DEFAULT | KIND_BIT(KIND_CORRUPT))

static const char blocked[] =
    "test('t', function(box)\n"
    "  box:filter('block return-rst in on lo0 proto tcp from any to any port = 22')\n"
    "  box:connect('127.0.0.1', 22)\n"
    "end)\n";

static const char nine_packets[] = "test('t', function(box)\n"
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
                                   "end)\n";

static const struct {
    const char *name;
    unsigned faults, kinds;
    bool orders;
    const char *script;
} worlds[] = {
    {"headline", 3, KINDS_CHANGING, false, blocked},
    {"nine packets", 2, KINDS_DEFAULT, false, nine_packets},
    {"in every order", 1, KINDS_DEFAULT, true, nine_packets},
};

/* Processor time of the processes that explored. */
static double children_s(void)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* => Returns schedules a second, and how many there were in *count. */
static double measure(size_t world, trial_engine_t engine, unsigned faults, bool invariants,
                      uint64_t *count)
{
    char path[] = "/tmp/bench_explore-XXXXXX", error[1000];
    explore_state_t state = {.level = 0};
    explore_options_t options = {
        .trial = {.path = path,
                  .test = "t",
                  .kinds = worlds[world].kinds | (worlds[world].orders ? KIND_BIT(KIND_ORDER) : 0),
                  .places = TRIAL_PLACES,
                  .engine = engine,
                  .merge = true,
                  .script = {.seed = 1,
                             .no_invariants = !invariants,
                             .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                        .virtual_us = BOX_VIRTUAL_US_MAX}}},
        .faults = faults,
        .orders = worlds[world].orders,
        .jobs = 1,
        .keep_going = true};
    int fd = mkstemp(path);
    FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (out == NULL || fputs(worlds[world].script, out) < 0 || fclose(out) != 0)
        exit(3);
    trial_t *trial = trial_open(&options.trial, error, sizeof(error));
    if (trial == NULL) {
        fprintf(stderr, "bench_explore: %s\n", error);
        exit(3);
    }
    double began = children_s() + cpu_s();
    explore_run(trial, &options, &state);
    double seconds = children_s() + cpu_s() - began;
    *count = 0;
    for (unsigned i = 0; i <= faults; i++)
        *count += state.ran[i];
    explore_fini(&state);
    trial_close(trial);
    unlink(path);
    return (double)*count / seconds;
}

int main(void)
{
    uint64_t count, part;
    printf("%-14s %8s %10s %16s %16s %16s\n", "schedules/s", "faults", "schedules", "snapshot",
           "and invariants", "reload");
    for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
        unsigned faults = worlds[i].faults;
        double plain = measure(i, TRIAL_SNAPSHOT, faults, false, &count);
        double watched = measure(i, TRIAL_SNAPSHOT, faults, true, &count);
        double reload = measure(i, TRIAL_RELOAD, faults - 1, true, &part);
        printf("%-14s %8u %10llu %16.0f %16.0f %16.0f\n", worlds[i].name, faults,
               (unsigned long long)count, plain, watched, reload);
    }
    return 0;
}
