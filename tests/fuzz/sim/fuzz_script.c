/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a script, with all verbs, within small bounds. It ends, within its memory, and what
 * is wrong with it is told.
 */
#include "tests/fuzz/sim/fuzz_run.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_run_script((const char *)data, size);
    return 0;
}
