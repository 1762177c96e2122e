/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/services.h"

#include "filter/ipf_words.h"
#include "sim/base/mistake.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>

static bool find_of(const char *name, const char *proto, uint16_t *port)
{
    const struct servent *found = getservbyname(name, proto);
    if (found != NULL)
        *port = ntohs((uint16_t)found->s_port);
    return found != NULL;
}

/* A rule for both protocols needs a port that is the same for both. */
static bool find(const char *text, size_t length, unsigned protos, uint16_t *port)
{
    char name[100];
    uint16_t other;
    if (length >= sizeof(name))
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)length, text);
    if (protos == IPF_SERVICE_UDP)
        return find_of(name, "udp", port);
    if (protos == (IPF_SERVICE_TCP | IPF_SERVICE_UDP) &&
        !(find_of(name, "udp", &other) && find_of(name, "tcp", port) && other == *port))
        return false;
    return find_of(name, protos == IPF_SERVICE_TCP ? "tcp" : NULL, port);
}

void services_of_machine(void)
{
    ipf_services_of_machine(find);
}

bool services_port(const command_t *command, const char *what, const char *text, uint16_t *port)
{
    uint64_t number;
    size_t length = strlen(text);
    if (text[0] >= '0' && text[0] <= '9') {
        if (!option_parse_number(command, what, text, 1, 65535, &number))
            return false;
        *port = (uint16_t)number;
        return true;
    }
    if (ipf_service_port(text, length, IPF_SERVICE_TCP, port))
        return true;
    const char *near = ipf_service_near(text, length);
    if (near != NULL)
        command_mistake(command->name, "%s: there is no service '%s'; did you mean '%s'?", what,
                        text, near);
    else
        command_mistake(command->name,
                        "%s takes a number from 1 to 65535 or the name of a service, not '%s'",
                        what, text);
    return false;
}
