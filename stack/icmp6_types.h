/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ICMPv6's types and codes (RFC 4443), under the names of netinet/icmp6.h, which cannot be
 * included together with lwIP's headers: both have a struct icmp6_hdr.
 */
#ifndef LO0SIM_STACK_ICMP6_TYPES_H
#define LO0SIM_STACK_ICMP6_TYPES_H

#define ICMP6_DST_UNREACH             1
#define ICMP6_DST_UNREACH_NOROUTE     0
#define ICMP6_DST_UNREACH_ADMIN       1
#define ICMP6_DST_UNREACH_BEYONDSCOPE 2
#define ICMP6_DST_UNREACH_ADDR        3
#define ICMP6_DST_UNREACH_NOPORT      4
#define ICMP6_DST_UNREACH_POLICY      5
#define ICMP6_DST_UNREACH_REJECT      6
#define ICMP6_ECHO_REQUEST            128
#define ICMP6_ECHO_REPLY              129

#endif
