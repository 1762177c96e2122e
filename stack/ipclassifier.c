/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Which endpoint a segment is for, and which ports are taken. Solaris: inet/ip/ipclassifier.c
 * (ipcl_classify_v4: the connected hash, then the bind hash).
 */
#include "stack/ipclassifier.h"
#include "stack/sonode.h"

#define ANON_PORT_COUNT 32768

struct tcp_pcb *ipcl_connected(const ip_stack_t *ips, const ip_endpoint_t *local,
                               const ip_endpoint_t *remote)
{
    return tcp_lists_find(ips, local, remote);
}

struct tcp_pcb *ipcl_active(const ip_stack_t *ips, const ip_endpoint_t *local,
                            const ip_endpoint_t *remote)
{
    struct tcp_pcb *pcb = tcp_lists_find(ips, local, remote);
    return pcb != NULL && pcb->state != TIME_WAIT ? pcb : NULL;
}

/* No two listeners take the same connection: so_is_hindered(). Those of a port are the first in its
 * chain. */
sonode_t *ipcl_listener(const ip_stack_t *ips, const ip_endpoint_t *local)
{
    for (sonode_t *so = so_on_port(ips, local->ie_port); so != NULL && so->so_listener;
         so = so->so_port_next) {
        if (so->so_local.ie_port == local->ie_port && so_accepts_address(so, &local->ie_addr))
            return so;
    }
    return NULL;
}

static bool port_is_used(const ip_stack_t *ips, so_type_t type, uint16_t port)
{
    for (const sonode_t *so = so_on_port(ips, port); so != NULL; so = so->so_port_next) {
        if (so->so_type == type && so->so_local.ie_port == port)
            return true;
    }
    return type == SO_TCP && tcp_lists_port_is_used(ips, port);
}

uint16_t so_anonymous_port(ip_stack_t *ips, so_type_t type, uint16_t not_this)
{
    uint32_t start = ip_stack_random(ips) % ANON_PORT_COUNT;
    bool *full = &ips->ips_ports_full[type == SO_TCP];
    if (*full) {
        ips->ips_ports_tried += ANON_PORT_COUNT;
        return 0;
    }
    for (uint32_t i = 0; i < ANON_PORT_COUNT; i++) {
        uint16_t port = (uint16_t)(ANON_PORT_LOWEST + (start + i) % ANON_PORT_COUNT);
        ips->ips_ports_tried++;
        if (port != not_this && !port_is_used(ips, type, port))
            return port;
    }
    *full = not_this == 0;
    return 0;
}
