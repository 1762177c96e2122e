/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMP of both families, for the files of stack/: messages that come, errors that the stack sends,
 * and what errors mean. */
#ifndef LO0SIM_STACK_ICMP_IMPL_H
#define LO0SIM_STACK_ICMP_IMPL_H

#include "stack/ip_impl.h"

/* A message has come: answers an echo, reports an error to the endpoint that it quotes, and shows
 * it to ICMP sockets. Takes `mp`. */
void icmp_inbound(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Tells the host's own endpoint that its packet reached no host: takes `mp`. */
void icmp_host_unreachable(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Answers a packet with an ICMP port unreachable of the stack's own: takes `mp`. */
void icmp_unreachable(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Answers the first fragment of a datagram whose others have not come in time: takes `mp`. */
void icmp_reassembly_exceeded(ip_stack_t *ips, mblk_t *mp, const ip_header_t *iph);

/* Whether a type is an error's. */
bool icmp_is_error(int family, uint8_t type);

/* What an ICMP error means: errno values, or 0 if it is not reported. */
typedef struct icmp_errno {
    int ie_tcp, ie_udp;
    bool ie_later;          /* TCP only remembers it; a connect fails with it when it gives up */
    bool ie_ends_half_open; /* a listener's connection whose SYN|ACK it quotes is forgotten */
} icmp_errno_t;

icmp_errno_t icmp_errno(bool linux_table, int family, uint8_t type, uint8_t code);

/* Reports an ICMP error to the endpoint whose packet it quotes. */
void tcp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted,
                    const icmp_errno_t *means);
void udp_icmp_error(ip_stack_t *ips, const mblk_t *mp, const ip_header_t *quoted, int error);

#endif
