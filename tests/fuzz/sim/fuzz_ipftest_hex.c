/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any text as ipftest's packets in the format "hex": fuzz_ipftest.h.
 */
#include "tests/fuzz/sim/fuzz_ipftest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_ipftest(data, size, ipftest_read_hex);
    return 0;
}
