/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the stack's tests share: hosts on one clock, a record of what happened, hooks that do one
 * thing, and the check that nothing leaked.
 */
#ifndef LO0SIM_TESTS_STACK_HOST_H
#define LO0SIM_TESTS_STACK_HOST_H

#include "stack/ip_stack.h"
#include "stack/link.h"
#include "stack/socket.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A build with the post's schedule and no limits. */
extern const ip_build_t post_build;

/* Linux' times after the handshake; and a build with them and Linux' sockets, whose connect sends
 * two SYNs in 3 s. */
extern const tcp_times_t linux_times;
extern const ip_build_t linux_times_build;

/* Where each test's host lives. `log` has one line for each event; lines of the remote host begin
 * with "[remote] ". */
typedef struct host {
    vclock_t *clock;
    ip_stack_t *ips;
    link_t *link; /* NULL: no wire */
    ip_stack_t *remote;
    char log[32768];
} host_t;

/* cmocka fixtures: *state is a host_t. The teardown fails if anything leaked. */
int host_setup(void **state);
int host_teardown(void **state);

/* Gives the host e1000g0 with 192.168.1.5 and 2001:db8::5 on a wire. At the other end is a second
 * host with 192.168.1.20 and 2001:db8::20, which ends with the first. */
void add_wire(host_t *host, uint64_t latency_us, uint64_t rate_bps);

extern const in6_addr_t loopback; /* 127.0.0.1 */

/* The address in a text, which must be valid. */
in6_addr_t address_of(const char *text);

/* Runs timers until none is left at or before `until_us`. */
void run_until(host_t *host, uint64_t until_us);

/* Runs timers until the connect has ended. */
void run_connect(host_t *host, sonode_t *so);

/* Makes an established pair on port 22. */
void connect_pair(host_t *host, sonode_t **listener, sonode_t **client, sonode_t **server);

/* How often `needle` occurs in the log. */
size_t log_count(const host_t *host, const char *needle);

/* A hook that eats every segment whose TCP flags, under `mask`, are `flags`. */
typedef struct eater {
    hook_t hook;
    uint8_t mask, flags;
    unsigned count, limit; /* eats `limit` at most; 0: all */
} eater_t;
void eat(host_t *host, const char *event, eater_t *eater);

#endif
