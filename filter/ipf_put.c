/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_put.h"

#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>

void ipf_put(ipf_out_t *o, const char *format, ...)
{
    bool room = o->length < o->size;
    va_list args;

    va_start(args, format);
    int added = vsnprintf(room ? o->buffer + o->length : NULL, room ? o->size - o->length : 0,
                          format, args);
    va_end(args);
    if (added > 0)
        o->length += (size_t)added;
}

void ipf_put_ip(ipf_out_t *o, const i6addr_t *address, int family)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr in6;
    uint32_t a = address->i6[0];
    if (family != 6) {
        ipf_put(o, "%u.%u.%u.%u", a >> 24, a >> 16 & 0xff, a >> 8 & 0xff, a & 0xff);
        return;
    }
    for (size_t i = 0; i < 16; i++)
        in6.s6_addr[i] = (uint8_t)(address->i6[i / 4] >> (24 - 8 * (i % 4)));
    ipf_put(o, "%s", inet_ntop(AF_INET6, &in6, text, sizeof(text)));
}
