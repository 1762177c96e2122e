/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether Linux' own calls are used. What only Linux has is behind these interfaces, and nowhere
 * else: sim/base/unnamed_file.h, sim/base/child.h, sim/exec/exec.h (tests/tidy/linux.sh). A build
 * with -DLO0SIM_PORTABLE does without, as another system would.
 */
#ifndef LO0SIM_SIM_BASE_SYSTEM_H
#define LO0SIM_SIM_BASE_SYSTEM_H

#if defined(__linux__) && !defined(LO0SIM_PORTABLE)
#define LO0SIM_ON_LINUX
#endif

#endif
