/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Records of the log as lines. Solaris: ipmon, print_ipflog() (cmd/ipf/tools/ipmon.c).
 *
 *     16/06/2009 15:30:00.000123 lo0 @0:1 b 127.0.0.1,33001 -> 127.0.0.1,22 PR tcp len 20 64 -S IN
 */
#ifndef LO0SIM_FILTER_IPMON_H
#define LO0SIM_FILTER_IPMON_H

#include "filter/ip_log.h"
#include "filter/ipfstat.h"

#include <stddef.h>

#define IPMON_SYSLOG  0x01u /* -s: without the date, after facility and priority */
#define IPMON_NAMES   0x02u /* -n: names of services, and localhost */
#define IPMON_VERBOSE 0x04u /* -v: seq, ack and window of TCP */
#define IPMON_BODY    0x08u /* -b: the bytes after the headers, if the rule logs them */
#define IPMON_PACKET  0x10u /* -x: all kept bytes */

/* Virtual time 0: 2009-06-16 15:30:00 UTC, in seconds since 1970. */
#define IPMON_EPOCH INT64_C(1245166200)

/* A record's line into buffer[size], always terminated; `how` is some of IPMON_SYSLOG to
 * IPMON_VERBOSE.
 * => Returns the length that the whole line has (as snprintf). */
int ipmon_format(const iplog_t *record, unsigned how, char *buffer, size_t size);

/* All records, oldest first: a line for each, and its bytes below if that is asked for. */
void ipmon_lines(const ipf_stack_t *ifs, unsigned how, ipf_line_t line, void *arg);

#endif
