/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lists the endpoints of a host. Solaris: netstat -an, through tcp_snmp_get().
 *
 * It lists lwIP's endpoints, since a connection lives on after its socket is closed. */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

static void list_one(const struct tcp_pcb *pcb,
                     void (*func)(void *arg, const so_endpoint_t *endpoint), void *arg)
{
    so_endpoint_t endpoint = {.proto = "tcp",
                              .local = {from_lwip(&pcb->local_ip), pcb->local_port},
                              .state = tcp_state_name(pcb->state)};
    if (pcb->state != LISTEN) { /* a listener is a shorter structure */
        endpoint.remote = (ip_endpoint_t){from_lwip(&pcb->remote_ip), pcb->remote_port};
        endpoint.fused = so_of_pcb(pcb) != NULL && so_of_pcb(pcb)->so_peer != NULL;
    }
    func(arg, &endpoint);
}

static void list_tcp(const struct tcp_pcb *list,
                     void (*func)(void *arg, const so_endpoint_t *endpoint), void *arg)
{
    for (const struct tcp_pcb *pcb = list; pcb != NULL; pcb = pcb->next)
        list_one(pcb, func, arg);
}

bool so_list(const ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint),
             void *arg)
{
    if (stack_entered() != ips)
        return false;
    list_tcp(ips->ips_hidden ? ips->ips_hidden_active : NULL, func, arg);
    list_tcp(tcp_listen_pcbs.pcbs, func, arg);
    list_tcp(tcp_active_pcbs, func, arg);
    for (const struct tcp_pcb *pcb = NULL; (pcb = tcp_time_wait_next(ips, pcb)) != NULL;)
        list_one(pcb, func, arg);
    for (const sonode_t *so = ips->ips_sockets; so != NULL; so = so->so_next) {
        if (so->so_type != SO_UDP)
            continue;
        func(arg, &(so_endpoint_t){.proto = "udp", .local = so->so_local, .remote = so->so_remote});
    }
    return true;
}

bool so_list_now(ip_stack_t *ips, void (*func)(void *arg, const so_endpoint_t *endpoint), void *arg)
{
    if (lwip_is_entered() && stack_entered() != ips)
        return false;
    lwip_enter(ips);
    bool listed = so_list(ips, func, arg);
    lwip_leave();
    return listed;
}

const char *so_state(const sonode_t *so)
{
    if (so->so_peer_syn != NULL)
        return tcp_state_name(SYN_RCVD);
    return tcp_state_name(so->so_pcb != NULL ? so->so_pcb->state : CLOSED);
}
