/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which endpoint a packet is for. For the host that is entered. */
#ifndef LO0SIM_STACK_IPCLASSIFIER_H
#define LO0SIM_STACK_IPCLASSIFIER_H

#include "stack/ip_impl.h"

/* ---- tcp_lists.c: connections by their ends and ports ---- */

/* The hashes of connections, empty; and their memory is freed. */
void tcp_lists_begin(ip_stack_t *ips);
void tcp_lists_end(ip_stack_t *ips);

/* A connection has been put at the front of lwIP's active list. */
void tcp_lists_insert(ip_stack_t *ips, struct tcp_pcb *pcb);

/* The connection between two ends, in TIME_WAIT too; NULL if there is none. */
struct tcp_pcb *tcp_lists_find(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote);

/* Whether a connection without a socket (most often in TIME_WAIT) has a socket's own address and
 * port, and is in its way. It is not if the socket has SO_REUSEADDR and, on Linux, the connection's
 * former socket had it, too. */
bool tcp_lists_is_left_over(const struct sonode *so);

/* A listener ends: so do its connections whose handshake is not over. Solaris sends each a RST
 * (tcp_eager_kill()); Linux forgets them, and what comes later finds nobody. */
void tcp_lists_end_half_open(ip_stack_t *ips, const struct tcp_pcb *listener);

/* Records those of its socket's options that count when the socket is gone. */
void tcp_lists_keep_options(struct tcp_pcb *pcb, const struct sonode *so);

/* A listener ends: so do its connections whose handshake is not over. Solaris sends each a RST
 * (tcp_eager_kill()); Linux forgets them, and what comes later finds nobody. */
void tcp_lists_end_half_open(ip_stack_t *ips, const struct tcp_pcb *listener);

/* Records whether its socket has SO_REUSEADDR, for when the socket is gone. */
void tcp_lists_set_reuse(struct tcp_pcb *pcb, bool reuse);

/* Whether a connection, in TIME_WAIT too, has a port for its own. */
bool tcp_lists_port_is_used(const ip_stack_t *ips, uint16_t port);

/* How many ACKs of data that it never sent a connection has answered; and counts one more. */
unsigned tcp_lists_unsent_acks(const struct tcp_pcb *pcb);
void tcp_lists_count_unsent_ack(struct tcp_pcb *pcb);

/* Shows lwIP the connections again that were hidden from it, together with those made meanwhile. */
void tcp_lists_show(ip_stack_t *ips);

/* ip_to_lwip() for a connection's segment, or for a listener's (`pcb` NULL).
 * => Returns whether the connection is still there, and not in TIME_WAIT. */
bool tcp_lists_deliver(ip_stack_t *ips, struct tcp_pcb *pcb, ill_t *ill, mblk_t *mp,
                       const ip_header_t *iph);

/* ---- ipclassifier.c ---- */

/* The connection between two ends, or NULL; ipcl_connected() finds those in TIME_WAIT, too. */
struct tcp_pcb *ipcl_active(const ip_stack_t *ips, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote);
struct tcp_pcb *ipcl_connected(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote);

/* The listener on a port, at that address or at any; NULL if there is none. */
sonode_t *ipcl_listener(const ip_stack_t *ips, const ip_endpoint_t *local);

#endif
