/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which endpoint a segment is for, and which ports are taken. Solaris: inet/ip/ipclassifier.c
 * (ipcl_classify_v4: the connected hash, then the bind hash).
 */
#include "stack/ip_impl.h"

#define ANON_PORT_LOWEST 32768 /* tcp_smallest_anon_port */
#define ANON_PORT_COUNT  32768

static struct tcp_pcb *find_in(struct tcp_pcb *list, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote)
{
    ip_addr_t here = to_lwip(&local->ie_addr), there = to_lwip(&remote->ie_addr);
    for (struct tcp_pcb *pcb = list; pcb != NULL; pcb = pcb->next) {
        if (pcb->remote_port == remote->ie_port && pcb->local_port == local->ie_port &&
            ip_addr_cmp_zoneless(&pcb->remote_ip, &there) &&
            ip_addr_cmp_zoneless(&pcb->local_ip, &here))
            return pcb;
    }
    return NULL;
}

struct tcp_pcb *ipcl_active(const ip_endpoint_t *local, const ip_endpoint_t *remote)
{
    return find_in(tcp_active_pcbs, local, remote);
}

struct tcp_pcb *ipcl_connected(const ip_endpoint_t *local, const ip_endpoint_t *remote)
{
    struct tcp_pcb *pcb = ipcl_active(local, remote);
    return pcb != NULL ? pcb : find_in(tcp_tw_pcbs, local, remote);
}

bool ipcl_is_listened_on(const ip_stack_t *ips, const ip_endpoint_t *local)
{
    for (const sonode_t *so = ips->ips_sockets; so != NULL; so = so->so_next) {
        if (so->so_listener && so->so_local.ie_port == local->ie_port &&
            so_accepts_address(so, &local->ie_addr))
            return true;
    }
    return false;
}

const char *tcp_state_name(enum tcp_state state)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RCVD",
                                        "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                        "CLOSING",     "LAST_ACK",   "TIME_WAIT"};
    return names[state];
}

static bool port_is_used(const ip_stack_t *ips, so_type_t type, uint16_t port)
{
    for (const sonode_t *so = ips->ips_sockets; so != NULL; so = so->so_next) {
        if (so->so_type == type && so->so_local.ie_port == port)
            return true;
    }
    if (type != SO_TCP)
        return false;
    for (const struct tcp_pcb *pcb = tcp_active_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->local_port == port)
            return true;
    for (const struct tcp_pcb *pcb = tcp_tw_pcbs; pcb != NULL; pcb = pcb->next)
        if (pcb->local_port == port)
            return true;
    return false;
}

uint16_t so_anonymous_port(ip_stack_t *ips, so_type_t type, uint16_t not_this)
{
    uint32_t start = ip_stack_random(ips) % ANON_PORT_COUNT;
    for (uint32_t i = 0; i < ANON_PORT_COUNT; i++) {
        uint16_t port = (uint16_t)(ANON_PORT_LOWEST + (start + i) % ANON_PORT_COUNT);
        if (port != not_this && !port_is_used(ips, type, port))
            return port;
    }
    return 0;
}
