/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/packet/packet_icmp.h"

#include "filter/ipf_words.h"

#include <string.h>
#include <sys/socket.h>

static const ipf_name_t icmp6_codes[] = {
    {"no-route", 0, 0}, {"admin-prohib", 1, 0}, {"beyond-scope", 2, 0},
    {"addr-unr", 3, 0}, {"port-unr", 4, 0},     {NULL, 0, 0},
};

static const ipf_name_t *types_of(int family)
{
    return family == AF_INET6 ? ipf_icmp6_types : ipf_icmp_types;
}

static const ipf_name_t *codes_of(int family)
{
    return family == AF_INET6 ? icmp6_codes : ipf_icmp_codes;
}

const char *packet_icmp_type_name(int family, uint8_t type)
{
    const ipf_name_t *name = ipf_name_of(types_of(family), type);
    return name != NULL ? name->name : NULL;
}

const char *packet_icmp_code_name(int family, uint8_t type, uint8_t code)
{
    const char *type_name = packet_icmp_type_name(family, type);
    if (type_name == NULL || strcmp(type_name, "unreach") != 0)
        return NULL;
    const ipf_name_t *name = ipf_name_of(codes_of(family), code);
    return name != NULL ? name->name : NULL;
}

static bool find(const ipf_name_t *table, const char *text, uint8_t *number)
{
    const ipf_name_t *name = ipf_name_find(table, text, strlen(text));
    if (name != NULL)
        *number = (uint8_t)name->number;
    return name != NULL;
}

bool packet_icmp_type_find(int family, const char *name, uint8_t *type)
{
    return find(types_of(family), name, type);
}

bool packet_icmp_code_find(int family, const char *name, uint8_t *code)
{
    return find(codes_of(family), name, code);
}
