/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/outcomes_proof.h"

#include "sim/base/terminal.h"
#include "sim/base/wrap.h"

#include <limits.h>

static void say(const fr_proof_t *proof, const char *const paths[2], FILE *out)
{
    size_t width = terminal_width_or(out, UINT_MAX);
    if (proof->result == FR_PROVED)
        wrap_printf(out, 0, width, "any packet: the same verdict, proved (%llu cells)",
                    (unsigned long long)proof->cells);
    else if (proof->result == FR_DIFFERS)
        wrap_printf(out, 0, width, "any packet: they differ, as about: %s", proof->text);
    else if (proof->which >= 0)
        wrap_printf(out, 0, width,
                    "any packet: not proved, only local clients are tried: %s:%d has %s",
                    paths[proof->which], proof->line, proof->text);
    else
        wrap_printf(out, 0, width, "any packet: not proved, only local clients are tried: %s",
                    proof->text);
}

bool outcomes_compare_any(outcomes_t *old, outcomes_t *new, const char *old_path,
                          const char *new_path, FILE *out)
{
    const char *const paths[2] = {old_path, new_path};
    fr_proof_t proof = {.result = FR_NOT_PROVED,
                        .which = -1,
                        .text = "only one of the files asks its rules on loopback"};
    if (outcomes_intercepts(old) == outcomes_intercepts(new))
        outcomes_prove(old, new, &proof);
    if (out != NULL) {
        fputc('\n', out);
        say(&proof, paths, out);
    }
    return proof.result == FR_DIFFERS;
}
