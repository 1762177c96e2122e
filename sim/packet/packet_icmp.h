/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of ICMP's types and codes: those of ipf.conf, used in the notation of packets.
 */
#ifndef LO0SIM_SIM_PACKET_PACKET_ICMP_H
#define LO0SIM_SIM_PACKET_PACKET_ICMP_H

#include <stdbool.h>
#include <stdint.h>

/* The name of a family's type (AF_INET, AF_INET6).
 * => Returns NULL if the type has no name. */
const char *packet_icmp_type_name(int family, uint8_t type);

/* The name of a code of "unreach"; codes of other types have no names.
 * => Returns NULL if the code has no name. */
const char *packet_icmp_code_name(int family, uint8_t type, uint8_t code);

/* The number of a type, or of a code of "unreach", by its name.
 * => Returns false if the name is unknown. */
bool packet_icmp_type_find(int family, const char *name, uint8_t *type);
bool packet_icmp_code_find(int family, const char *name, uint8_t *code);

#endif
