/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/host_table.h"

#include "sim/base/mistake.h"
#include "sim/core/rules_error.h"

#include <stdlib.h>

int host_table_read(const char *file, ipf_hosts_t *hosts)
{
    size_t length;
    ipf_error_t error;
    if (file == NULL)
        return 0;
    char *text = rules_read(file, &length);
    if (text == NULL)
        return EXIT_MISTAKE;
    int err = ipf_hosts_parse(text, length, hosts, &error);
    int code = rules_report(file, text, length, err, &error);
    free(text);
    return code;
}
