/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The commands. Each has its table of options (option.h) in its file.
 */
#ifndef LO0SIM_SIM_COMMAND_COMMAND_H
#define LO0SIM_SIM_COMMAND_COMMAND_H

#include "sim/command/option.h"

extern const command_t command_run, command_connect, command_compare, command_shell, command_step,
    command_demo, command_exec, command_ipf, command_check, command_ipftest, command_ipfstat,
    command_ipmon, command_ippool, command_new, command_outcomes, command_why, command_tour,
    command_explore;

#endif
