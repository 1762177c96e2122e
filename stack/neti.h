/* SPDX-License-Identifier: BSD-3-Clause
 *
 * netinfo: what a packet filter can ask the stack and hand to it: netinfo(9F),
 * net_inject(9F), net_phylookup(9F), net_getifname(9F).
 *
 * A stack fills in a net_protocol_t for each family; the functions below call through it. So a
 * filter is built and tested without a stack, and a stack without a filter.
 */
#ifndef LO0SIM_STACK_NETI_H
#define LO0SIM_STACK_NETI_H

#include "stack/hook.h"

#include <stddef.h>
#include <sys/socket.h>

typedef enum inject {
    NI_QUEUE_IN = 1, /* as if received on ni_physical */
    NI_QUEUE_OUT,    /* as if sent by this host: the hooks see it */
    NI_DIRECT_OUT    /* straight to the wire: no hook sees it */
} inject_t;

#define NETINFO_VERSION 1

typedef struct net_inject {
    int ni_version;                  /* NETINFO_VERSION */
    mblk_t *ni_packet;               /* a whole IP packet */
    struct sockaddr_storage ni_addr; /* the next hop; AF_UNSPEC: the packet's destination */
    phy_if_t ni_physical;            /* the interface; 0: the stack chooses */
} net_inject_t;

/* What a stack offers to a filter, for one family. */
typedef struct net_protocol {
    const char *netp_name; /* NHF_INET or NHF_INET6 */
    int (*netp_inject)(void *stack, inject_t style, net_inject_t *packet);
    phy_if_t (*netp_phylookup)(void *stack, const char *name);
    int (*netp_getifname)(void *stack, phy_if_t phy, char *buffer, size_t size);
    int (*netp_getifaddr)(void *stack, phy_if_t phy, int family, uint8_t address[16],
                          unsigned *bits);
    void (*netp_loopback)(void *stack, mblk_t *mp);
    uint64_t (*netp_now)(void *stack); /* virtual time, in microseconds */
} net_protocol_t;

/* A net_handle_t points to this. The stack owns it. */
struct net_data {
    const net_protocol_t *netd_info;
    void *netd_stack;
    hook_family_int_t *netd_hooks;
    memory_t *netd_memory; /* NULL: memory_of_process() */
};

/* Sends a packet that the filter built.
 * => Returns 0, which for the queued styles means only that it is queued; -1 if there is no memory;
 *    1 for any other failure, also if there is no way out: NI_DIRECT_OUT cannot send to loopback.
 * => Takes ni_packet, whatever it returns. */
int net_inject(net_handle_t net, inject_t style, net_inject_t *packet);

/* The index of the interface called `name`.
 * => Returns 0 if there is no such interface. */
phy_if_t net_phylookup(net_handle_t net, const char *name);

/* The name of an interface, into buffer[size], always terminated.
 * => Returns 0; -1 if there is no such interface, or its name does not fit. */
int net_getifname(net_handle_t net, phy_if_t phy, char *buffer, size_t size);

/* An interface's address of a family, AF_INET or AF_INET6, in network order into address[16], and
 * its prefix in bits. (net_getifaddr, net_getlifaddr)
 * => Returns 0; -1 if there is no such interface. */
int net_getifaddr(net_handle_t net, phy_if_t phy, int family, uint8_t address[16], unsigned *bits);

/* Hands a packet to the local stack as if the stack had sent it: it passes both loopback hooks,
 * after the current send has returned. Solaris has no such function: it is the second solution that
 * the 2009 post considers and rejects.
 * => Takes `mp`. */
void net_loopback(net_handle_t net, mblk_t *mp);

/* The memory of which everything of the host is made, a filter's rules and states, too. */
memory_t *net_memory(net_handle_t net);

/* allocb() from the host's memory. */
mblk_t *net_allocb(net_handle_t net, size_t size);

/* Virtual time, in microseconds since the stack's clock began. */
uint64_t net_now(net_handle_t net);

/* hook_register() and hook_unregister() for the family of a handle (net_hook_register(9F)). */
int net_hook_register(net_handle_t net, const char *event, hook_t *h);
int net_hook_unregister(net_handle_t net, const char *event, hook_t *h);

/* ---- shared objects with hooks: `lo0sim run --hook FILE.so[:ARGS]` (docs/hooks.md) ---- */

/* Keeps these two visible when an object is compiled with hidden symbols. */
#define LO0SIM_HOOK_ENTRY __attribute__((visibility("default")))

/* The object defines it. It registers the object's hooks in one family of a host, and is called
 * for each family: net->netd_info->netp_name is first NHF_INET, then NHF_INET6. `args` is the text
 * after the colon, or ""; it stays valid.
 * => Returns 0, or an errno: then nothing is run. */
LO0SIM_HOOK_ENTRY int lo0sim_hook_init(net_handle_t net, const char *args);

/* The object can define it. It is called once for each family whose lo0sim_hook_init() returned 0,
 * when nothing more happens in the host, and frees the packets that the object still holds: they
 * are counted afterwards. Hooks need not be unregistered. */
LO0SIM_HOOK_ENTRY void lo0sim_hook_fini(net_handle_t net);

#endif
