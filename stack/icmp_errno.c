/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which errno an ICMP error becomes, for TCP and for UDP: two tables. Solaris: tcp_icmp_error()
 * (inet/tcp/tcp.c) and udp_icmp_error() (inet/udp/udp.c); Linux: measured.
 */
#include "stack/icmp6_types.h"
#include "stack/icmp_impl.h"

#include <errno.h>
#include <netinet/ip_icmp.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

#define FATAL(e)                                                                                   \
    {                                                                                              \
        .ie_tcp = (e), .ie_udp = (e), .ie_ends_half_open = true                                    \
    }

/* By the code of a destination unreachable; a code that is not listed means nothing. */
static const icmp_errno_t solaris4[] = {
    [ICMP_NET_UNREACH] = {.ie_tcp = ENETUNREACH, .ie_later = true},
    [ICMP_HOST_UNREACH] = {.ie_tcp = EHOSTUNREACH, .ie_later = true},
    [ICMP_PROT_UNREACH] = FATAL(ECONNREFUSED),
    [ICMP_PORT_UNREACH] = FATAL(ECONNREFUSED),
};

/* All codes but NOPORT, even undefined ones, mean that the host cannot be reached. */
static const icmp_errno_t solaris6_other = {.ie_tcp = EHOSTUNREACH, .ie_later = true};
static const icmp_errno_t solaris6_noport = FATAL(ECONNREFUSED);

/* On Linux, UDP sockets get only those errors that are final. Of connections that wait for their
 * listener's SYN|ACK to be answered, those errors end an IPv6 one, and only the two that are not
 * final an IPv4 one: tcp_req_err(). */
#define SOFT(e)                                                                                    \
    {                                                                                              \
        .ie_tcp = (e)                                                                              \
    }
#define SOFT_BUT_HALF_OPEN(e)                                                                      \
    {                                                                                              \
        .ie_tcp = (e), .ie_ends_half_open = true                                                   \
    }
#define FINAL(e)                                                                                   \
    {                                                                                              \
        .ie_tcp = (e), .ie_udp = (e)                                                               \
    }

static const icmp_errno_t linux4[] = {
    [ICMP_NET_UNREACH] = SOFT_BUT_HALF_OPEN(ENETUNREACH),
    [ICMP_HOST_UNREACH] = SOFT_BUT_HALF_OPEN(EHOSTUNREACH),
    [ICMP_PROT_UNREACH] = FINAL(ENOPROTOOPT),
    [ICMP_PORT_UNREACH] = FINAL(ECONNREFUSED),
    [ICMP_FRAG_NEEDED] = SOFT(0), /* for path MTU discovery */
    [ICMP_SR_FAILED] = SOFT(EOPNOTSUPP),
    [ICMP_NET_UNKNOWN] = FINAL(ENETUNREACH),
    [ICMP_HOST_UNKNOWN] = FINAL(EHOSTDOWN),
    [ICMP_HOST_ISOLATED] = FINAL(ENONET),
    [ICMP_NET_ANO] = FINAL(ENETUNREACH),
    [ICMP_HOST_ANO] = FINAL(EHOSTUNREACH),
    [ICMP_NET_UNR_TOS] = SOFT(ENETUNREACH),
    [ICMP_HOST_UNR_TOS] = SOFT(EHOSTUNREACH),
    [ICMP_PKT_FILTERED] = FINAL(EHOSTUNREACH),
    [ICMP_PREC_VIOLATION] = FINAL(EHOSTUNREACH),
    [ICMP_PREC_CUTOFF] = FINAL(EHOSTUNREACH),
};

static const icmp_errno_t linux6[] = {
    [ICMP6_DST_UNREACH_NOROUTE] = SOFT(ENETUNREACH),
    [ICMP6_DST_UNREACH_ADMIN] = FATAL(EACCES),
    [ICMP6_DST_UNREACH_BEYONDSCOPE] = SOFT(EHOSTUNREACH),
    [ICMP6_DST_UNREACH_ADDR] = SOFT(EHOSTUNREACH),
    [ICMP6_DST_UNREACH_NOPORT] = FATAL(ECONNREFUSED),
    [ICMP6_DST_UNREACH_POLICY] = FATAL(EACCES),
    [ICMP6_DST_UNREACH_REJECT] = FATAL(EACCES),
};

static icmp_errno_t in_table(const icmp_errno_t *table, size_t count, uint8_t code)
{
    return code < count ? table[code] : (icmp_errno_t){0};
}

icmp_errno_t icmp_errno(bool linux_table, int family, uint8_t type, uint8_t code)
{
    bool v4 = family == AF_INET;
    if (type != (v4 ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH))
        return (icmp_errno_t){0};
    if (linux_table)
        return v4 ? in_table(linux4, COUNT(linux4), code) : in_table(linux6, COUNT(linux6), code);
    if (v4)
        return in_table(solaris4, COUNT(solaris4), code);
    return code == ICMP6_DST_UNREACH_NOPORT ? solaris6_noport : solaris6_other;
}

bool icmp_is_error(int family, uint8_t type)
{
    if (family == AF_INET6)
        return type < ICMP6_ECHO_REQUEST;
    return type == ICMP_DEST_UNREACH || type == ICMP_SOURCE_QUENCH || type == ICMP_REDIRECT ||
           type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}
