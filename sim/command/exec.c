/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `lo0sim exec`: a real program in the box.
 */
#include "sim/exec/exec.h"

#include "sim/base/must.h"
#include "sim/command/command.h"
#include "sim/core/rules_error.h"
#include "sim/view/timeline.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

int command_exec(int argc, char **argv)
{
    static const struct option rows[] = {{"mode", required_argument, NULL, 'm'},
                                         {"era", required_argument, NULL, 'e'},
                                         {"seed", required_argument, NULL, 's'},
                                         {"stats", no_argument, NULL, 'S'},
                                         {NULL, 0, NULL, 0}};
    uint64_t seed = 1;
    char error[1024];
    bool verbose = false, stats = false;
    int option;
    size_t length = 0;
    char *rules = NULL;
    const char *path = NULL;
    box_t *box;
    const era_t *era = era_default();
    ipf_reply_mode_t mode;
    bool has_mode = false;
    while ((option = getopt_long(argc, argv, "+f:v", rows, NULL)) != -1) {
        switch (option) {
        case 'f':
            path = optarg;
            rules = rules_read(optarg, &length);
            if (rules == NULL)
                return EXIT_MISTAKE;
            break;
        case 'v':
            verbose = true;
            break;
        case 'S':
            stats = true;
            break;
        case 's':
            seed = strtoull(optarg, NULL, 10);
            break;
        case 'e':
            if ((era = era_find(optarg)) == NULL)
                return command_mistake("exec", "there is no era '%s'", optarg);
            break;
        case 'm':
            if (!reply_mode_find(optarg, &mode))
                return command_mistake("exec", "there is no reply mode '%s'", optarg);
            has_mode = true;
            break;
        default:
            return EXIT_MISTAKE;
        }
    }
    if (optind == argc)
        return command_mistake("exec", "there is no command to run");
    box = must_have(box_create(seed, NULL, 0));
    box_set_era(box, era);
    if (has_mode)
        box_set_reply_mode(box, mode);
    if (rules != NULL) {
        ipf_error_t at;
        int err = box_filter(box, rules, length, false, &at);
        if (err != 0)
            return rules_report(path, rules, length, err, &at);
    }
    timeline_t *timeline = verbose ? timeline_create(stderr, 0) : NULL;
    if (timeline != NULL)
        trace_add_sink(box->trace, timeline_event, timeline);
    exec_result_t result;
    exec_options_t options = {.argv = argv + optind};
    bool ran = exec_run(box, &options, &result, error, sizeof(error));
    if (timeline != NULL)
        timeline_destroy(timeline);
    if (!ran)
        result.code = command_mistake("exec", "%s", error);
    else if (stats)
        fprintf(stderr, "lo0sim exec: %.3f s of virtual time, %llu calls\n",
                (double)box_now(box) / 1e6, (unsigned long long)result.calls);
    box_destroy(box);
    free(rules);
    return result.code;
}
