/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a browser does not have: shared objects, a second process, libpcap. Each
 * refuses with a message, so that no option is silently ignored.
 */
#include "sim/base/lazy.h"
#include "sim/base/mistake.h"
#include "sim/command/hook_trial.h"
#include "sim/run/determinism.h"

#include <stdio.h>

#define NOT_HERE "is not there in a browser: the lo0sim of the command line has it"

bool lazy_json(void)
{
    return true; /* jansson is linked */
}

bool lazy_pcap(void)
{
    return false;
}

/* ---- shared objects ---- */

bool hook_objects_add(hook_objects_t *objects, const char *text, char *error, size_t size)
{
    (void)objects;
    (void)text;
    snprintf(error, size, "--hook " NOT_HERE);
    return false;
}

bool hook_objects_open(hook_objects_t *objects, char *error, size_t size)
{
    (void)objects;
    (void)error;
    (void)size;
    return true; /* there are none */
}

void hook_objects_fini(hook_objects_t *objects)
{
    (void)objects;
}

bool hook_objects_attach(const hook_objects_t *objects, net_handle_t inet, net_handle_t inet6,
                         hook_attachment_t *attachment, char *error, size_t size)
{
    (void)objects;
    (void)inet;
    (void)inet6;
    (void)error;
    (void)size;
    *attachment = (hook_attachment_t){0};
    return true;
}

void hook_attachment_end(hook_attachment_t *attachment)
{
    (void)attachment;
}

bool hook_trial(hook_objects_t *objects, char *error, size_t size)
{
    (void)objects;
    (void)error;
    (void)size;
    return true;
}

/* ---- a second process ---- */

int determinism_check(const determinism_options_t *options, FILE *out, FILE *err)
{
    (void)options;
    (void)out;
    fprintf(err, "lo0sim run: --check-determinism " NOT_HERE "\n");
    return EXIT_MISTAKE;
}
