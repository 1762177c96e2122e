/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Names of hosts in rules: a table in the form of /etc/hosts. No name service is asked.
 */
#ifndef LO0SIM_FILTER_IPF_HOSTS_H
#define LO0SIM_FILTER_IPF_HOSTS_H

#include "filter/ipf.h"
#include "filter/ipf_rule.h"
#include "stack/memory.h"

#include <stddef.h>

#define IPF_HOST_MAX 64 /* bytes of a name, with its end */

typedef struct ipf_host {
    char name[IPF_HOST_MAX];
    int family; /* 4 or 6 */
    i6addr_t address;
} ipf_host_t;

/* Zeroed, it is empty. */
typedef struct ipf_hosts {
    memory_t *memory; /* of the list; NULL: the process' */
    ipf_host_t *list;
    size_t count, room;
} ipf_hosts_t;

/* Parses text[length], lines of an address and its names, and appends the names to *hosts. A `#`
 * begins a comment.
 * => Returns 0; EINVAL with *error filled in; ENOMEM. On an error *hosts is what it was. */
int ipf_hosts_parse(const char *text, size_t length, ipf_hosts_t *hosts, ipf_error_t *error);

/* The first entry of name[length] in the family, 4 or 6; with 0 in IPv4, or else in IPv6. `hosts`
 * can be NULL. `localhost`, if the table does not have it, is 127.0.0.1 for all rules.
 * => Returns NULL if there is none. */
const ipf_host_t *ipf_hosts_find(const ipf_hosts_t *hosts, const char *name, size_t length,
                                 int family);

void ipf_hosts_fini(ipf_hosts_t *hosts);

/* Writes an entry as the line of such a table, without a newline, into buffer[IPF_HOST_LINE_MAX].
 */
#define IPF_HOST_LINE_MAX (46 + 1 + IPF_HOST_MAX)
void ipf_host_line(const ipf_host_t *host, char *buffer);

/* Sets the table whose names all rules know that the process reads from now on. NULL, the default:
 * rules know no names but those that need no table. `hosts` is not copied. */
void ipf_hosts_use(const ipf_hosts_t *hosts);

/* => Returns that table, or NULL. */
const ipf_hosts_t *ipf_hosts_in_use(void);

#endif
