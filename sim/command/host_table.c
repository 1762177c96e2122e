/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/host_table.h"

#include "filter/ipf_hosts.h"
#include "sim/core/rules_error.h"

#include <stdlib.h>

bool option_hosts(void *where, const option_given_t *given)
{
    static ipf_hosts_t table; /* of the process, to its end */
    size_t length;
    ipf_error_t error;
    (void)where;
    char *text = rules_read(given->text, &length);
    if (text == NULL)
        return false;
    int err = ipf_hosts_parse(text, length, &table, &error);
    int code = rules_report(given->text, text, length, err, &error);
    free(text);
    ipf_hosts_use(&table);
    return code == 0;
}
