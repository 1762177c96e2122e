/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any text as packets of ipftest. A refusal has a line number within the text, and a message; a
 * packet that is read stays within its bounds, and can be judged.
 */
#ifndef LO0SIM_TESTS_FUZZ_SIM_FUZZ_IPFTEST_H
#define LO0SIM_TESTS_FUZZ_SIM_FUZZ_IPFTEST_H

#include "sim/ipftest/ipftest_packet.h"

/* Reads all of data[size] with `read`, and judges each packet. */
void fuzz_ipftest(const uint8_t *data, size_t size,
                  int (*read)(ipftest_input_t *in, ipftest_packet_t *packet));

#endif
