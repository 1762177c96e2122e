/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_put.h"
#include "stack/wire.h"

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

void i6addr_text(const i6addr_t *address, int family, char *text)
{
    uint8_t bytes[16];
    for (size_t i = 0; i < 4; i++)
        put32(bytes + 4 * i, address->i6[i]);
    inet_ntop(family == 6 ? AF_INET6 : AF_INET, bytes, text, INET6_ADDRSTRLEN);
}

void ipf_put_ip(ipf_out_t *o, const i6addr_t *address, int family)
{
    char text[INET6_ADDRSTRLEN];
    i6addr_text(address, family, text);
    ipf_put(o, "%s", text);
}
