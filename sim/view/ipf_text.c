/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/ipf_text.h"

#include "sim/base/must.h"

#include "filter/ipfstat.h"
#include "filter/ipmon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* An option of the real command that has nothing to show here, and the reason. */
typedef struct refused {
    const char *letters;
    const char *why;
} refused_t;

static bool refuse(const char *command, char letter, const refused_t *rows, const char *known,
                   char *error, size_t size)
{
    for (; rows->letters != NULL; rows++) {
        if (strchr(rows->letters, letter) != NULL) {
            snprintf(error, size, "'-%c': %s", letter, rows->why);
            return false;
        }
    }
    snprintf(error, size, "%s has no option '-%c'; there are: %s", command, letter, known);
    return false;
}

/* ---- ipfstat ---- */

bool ipfstat_option(ipfstat_options_t *options, char letter, char *error, size_t size)
{
    static const refused_t rows[] = {
        {"I", "there is no inactive set of rules"},
        {"A", "authentication is not modelled"},
        {"g", "groups are printed after the list that heads them: -i, -o"},
        {"CDPST", "a table of states shows all that are open, once"},
        {"dFMN", "it has nothing to show here"},
        {NULL, NULL},
    };
    switch (letter) {
    case 's':
        options->states = true;
        return true;
    case 'l':
        options->list = true;
        return true;
    case 't':
        options->top = true;
        return true;
    case '6':
        options->inet6 = true;
        return true;
    case 'f':
        options->frags = true;
        return true;
    case 'i':
        options->in = true;
        return true;
    case 'o':
        options->out = true;
        return true;
    case 'h':
        options->how |= IPFSTAT_HITS;
        return true;
    case 'n':
        options->how |= IPFSTAT_NUMBERS;
        return true;
    case 'a':
        options->how |= IPFSTAT_ACCOUNT | IPFSTAT_BYTES;
        return true;
    case 'v':
        options->how |= IPFSTAT_VERBOSE | IPFSTAT_BYTES;
        return true;
    case 'R':
        options->how |= IPFSTAT_PORTS;
        return true;
    default:
        return refuse("ipfstat", letter, rows, "-i -o -h -n -a -v -R -s -l -t -6 -f", error, size);
    }
}

/* Why options of tables cannot be combined, or NULL. */
static const char *tables_mistake(const ipfstat_options_t *options)
{
    bool rules = options->in || options->out || options->how != 0;
    if (options->states + options->top + options->frags + rules > 1)
        return "rules, -s, -t and -f are asked for one at a time";
    if (options->list && !options->states)
        return "-l goes with -s: the states themselves, not their counters";
    if (options->inet6 && !options->top)
        return "-6 goes with -t: rules and states of both families stand in one list here";
    return NULL;
}

bool ipfstat_options_done(ipfstat_options_t *options, char *error, size_t size)
{
    const char *mistake = tables_mistake(options);
    if (mistake != NULL) {
        snprintf(error, size, "%s", mistake);
        return false;
    }
    if (options->in || options->out || options->how == 0)
        return true;
    if ((options->how & IPFSTAT_ACCOUNT) == 0) {
        snprintf(error, size, "these options are about rules: say which list, -i, -o or -io");
        return false;
    }
    options->in = options->out = true; /* -a alone */
    return true;
}

static void write_line(void *arg, const char *line)
{
    fprintf(arg, "%s\n", line);
}

/* Ends the process if `error` is ENOMEM. */
static int must_be_there(int error)
{
    if (error == ENOMEM)
        must_end();
    return error;
}

static void write_list(const ipf_stack_t *ifs, bool is_out, const ipfstat_options_t *options,
                       FILE *out, const char *aside)
{
    if (must_be_there(ipfstat_rules(ifs, is_out, options->how, write_line, out)) == ENOENT)
        fprintf(out, "%sempty list for %s\n", aside, ipfstat_list_name(is_out, options->how));
}

/* => Returns whether a table is asked for. */
static bool write_tables(const ipf_stack_t *ifs, const ipfstat_options_t *options, FILE *out)
{
    if (options->states && options->list)
        must_be_there(ipfstat_state_list(ifs, write_line, out));
    else if (options->states)
        ipfstat_state_counters(ifs, write_line, out);
    else if (options->top)
        must_be_there(ipfstat_top(ifs, "localhost", options->inet6 ? 6 : 4, write_line, out));
    else if (options->frags)
        ipfstat_frags(ifs, write_line, out);
    return options->states || options->top || options->frags;
}

void ipfstat_write(const ipf_stack_t *ifs, const ipfstat_options_t *options, FILE *out,
                   const char *aside)
{
    if (write_tables(ifs, options, out))
        return;
    if (!options->in && !options->out) {
        ipfstat_counters(ifs, write_line, out);
        return;
    }
    if (options->out)
        write_list(ifs, true, options, out, aside);
    if (options->in)
        write_list(ifs, false, options, out, aside);
}

/* ---- ipmon ---- */

bool ipmon_option(unsigned *how, char letter, char *error, size_t size)
{
    static const refused_t rows[] = {
        {"INOS", "there is one log here, that of the filter"},
        {"FPLBCDfotTO", "it has nothing to do here: the log of one test is read once, at its end"},
        {NULL, NULL},
    };
    switch (letter) {
    case 's':
        *how |= IPMON_SYSLOG;
        return true;
    case 'n':
        *how |= IPMON_NAMES;
        return true;
    case 'v':
        *how |= IPMON_VERBOSE;
        return true;
    case 'b':
        *how |= IPMON_BODY;
        return true;
    case 'x':
        *how |= IPMON_PACKET;
        return true;
    case 'a':
        return true; /* all logs: there is one */
    default:
        return refuse("ipmon", letter, rows, "-s -n -v -b -x", error, size);
    }
}

void ipmon_write(const ipf_stack_t *ifs, unsigned how, FILE *out)
{
    ipmon_lines(ifs, how, write_line, out);
}

/* ---- observers ---- */

typedef struct looking {
    const observer_t *observer;
    const box_t *box;
    FILE *out;
} looking_t;

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    (void)test;
    looking_t *looking = must_malloc(sizeof(*looking));
    *looking = (looking_t){.observer = self, .box = box, .out = out};
    return looking;
}

static void end(void *seen, const result_t *result)
{
    (void)result;
    free(seen);
}

static void look_ipfstat(void *seen)
{
    const looking_t *looking = seen;
    ipfstat_write(looking->box->ifs, looking->observer->arg, looking->out, OBSERVER_ASIDE);
}

static void look_ipmon(void *seen)
{
    const looking_t *looking = seen;
    const unsigned *how = looking->observer->arg;
    ipmon_write(looking->box->ifs, *how, looking->out);
}

observer_t ipfstat_observer(const ipfstat_options_t *options)
{
    return (observer_t){.option = "ipfstat",
                        .place = OBSERVER_OUTPUT,
                        .begin = begin,
                        .look = look_ipfstat,
                        .end = end,
                        .arg = options};
}

observer_t ipmon_observer(const unsigned *how)
{
    return (observer_t){.option = "ipmon",
                        .place = OBSERVER_OUTPUT,
                        .begin = begin,
                        .look = look_ipmon,
                        .end = end,
                        .arg = how};
}
