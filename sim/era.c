/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of eras, and the names of the reply modes.
 */
#include "sim/era.h"

#include <stddef.h>
#include <string.h>

#define SECONDS(s) ((uint64_t)((s)*1000000 + 0.5))

static const uint64_t post_syns[] = {SECONDS(0), SECONDS(3.375), SECONDS(10.125), SECONDS(23.625)};

static const era_t eras[] = {
    {.name = "post", .syns = {post_syns, 4, SECONDS(30)}, .mode = IPF_REPLY_REWRITE},
};

const char *const reply_mode_names[] = {
    [IPF_REPLY_INJECT] = "inject",
    [IPF_REPLY_REWRITE] = "rewrite",
    NULL,
};

const era_t *era_find(const char *name)
{
    for (size_t i = 0; i < sizeof(eras) / sizeof(eras[0]); i++) {
        if (strcmp(eras[i].name, name) == 0)
            return &eras[i];
    }
    return NULL;
}

const era_t *era_default(void)
{
    return &eras[0];
}

bool reply_mode_find(const char *name, ipf_reply_mode_t *mode)
{
    for (size_t i = 0; reply_mode_names[i] != NULL; i++) {
        if (strcmp(reply_mode_names[i], name) == 0) {
            *mode = (ipf_reply_mode_t)i;
            return true;
        }
    }
    return false;
}

const char *reply_mode_name(ipf_reply_mode_t mode)
{
    return reply_mode_names[mode];
}
