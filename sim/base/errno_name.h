/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of errno values.
 */
#ifndef LO0SIM_SIM_BASE_ERRNO_NAME_H
#define LO0SIM_SIM_BASE_ERRNO_NAME_H

/* The name of an errno value: "ECONNREFUSED"; "E?" if it has no name here.
 * => The string is static. */
const char *errno_name(int error);

#endif
