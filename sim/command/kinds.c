/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/kinds.h"

#include "filter/ipf_check.h"
#include "sim/base/color.h"
#include "sim/base/mistake.h"
#include "sim/base/nearest.h"
#include "sim/core/era.h"
#include "sim/core/tap.h"
#include "sim/run/report.h"
#include "sim/view/capture.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *kind;
    const char *const *words;
} kinds[] = {
    {"eras", era_names},          {"modes", reply_mode_names},
    {"taps", tap_names},          {"linktypes", capture_linktype_names},
    {"formats", report_names},    {"warnings", ipf_warning_names},
    {"colors", color_when_names},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static int unknown(const char *kind)
{
    const char *names[KIND_COUNT];
    for (size_t i = 0; i < KIND_COUNT; i++)
        names[i] = kinds[i].kind;
    const char *near = nearest(kind, names, KIND_COUNT);
    if (near != NULL)
        fprintf(stderr, "lo0sim: there are no words of the kind '%s'; did you mean '%s'?\n", kind,
                near);
    else
        fprintf(stderr,
                "lo0sim: there are no words of the kind '%s'; `lo0sim --words` lists the "
                "kinds\n",
                kind);
    return EXIT_MISTAKE;
}

int kinds_print(const char *kind)
{
    for (size_t i = 0; i < KIND_COUNT; i++) {
        if (kind == NULL) {
            puts(kinds[i].kind);
        } else if (strcmp(kind, kinds[i].kind) == 0) {
            for (const char *const *word = kinds[i].words; *word != NULL; word++)
                puts(*word);
            return 0;
        }
    }
    return kind == NULL ? 0 : unknown(kind);
}
