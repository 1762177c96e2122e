/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Ports on the command line, by number or by the name of a service.
 *
 * A script prints the same bytes on every machine, so `run` and all other commands that run or
 * write scripts know only the names that are built in. Commands that look at a user's own rules
 * read them as this machine's ipf would: they know its services, too (/etc/services,
 * getservbyname(3)).
 */
#ifndef LO0SIM_SIM_COMMAND_SERVICES_H
#define LO0SIM_SIM_COMMAND_SERVICES_H

#include "sim/command/option.h"

/* From now on rules and ports can have the names of this machine's services. */
void services_of_machine(void);

/* Reads a TCP port, 1 to 65535.
 * => Returns false with a message if the text is not one. */
bool services_port(const command_t *command, const char *what, const char *text, uint16_t *port);

#endif
