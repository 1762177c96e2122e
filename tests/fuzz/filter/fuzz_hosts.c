/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a table of hosts. A refusal has a place and a message, and leaves the table
 * unchanged; if the table is accepted, each of its names is found.
 */
#include "filter/ipf_hosts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char before[] = "10.0.0.1 first";
    ipf_hosts_t hosts = {0};
    ipf_error_t error = {0};
    check(ipf_hosts_parse(before, strlen(before), &hosts, &error) == 0);
    if (ipf_hosts_parse((const char *)data, size, &hosts, &error) != 0) {
        check(hosts.count == 1);
        check(error.line >= 1 && error.column >= 1 && error.message[0] != '\0');
    }
    for (size_t i = 0; i < hosts.count; i++) {
        const ipf_host_t *host = &hosts.list[i];
        const ipf_host_t *found =
            ipf_hosts_find(&hosts, host->name, strlen(host->name), host->family);
        check(found != NULL && found->family == host->family && found <= host);
    }
    ipf_hosts_fini(&hosts);
    return 0;
}
