/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box' interfaces, and how a program asks for them by ioctl(2): netdevice(7).
 */
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

const exec_link_t exec_links[EXEC_LINKS] = {
    {1, "lo", "127.0.0.1", "::1", 8, 128, ARPHRD_LOOPBACK, IFF_UP | IFF_LOOPBACK | IFF_RUNNING,
     8232},
    {2, BOX_IFNAME, BOX_ADDRESS, BOX_ADDRESS6, BOX_BITS, BOX_BITS6, ARPHRD_ETHER,
     IFF_UP | IFF_BROADCAST | IFF_RUNNING | IFF_MULTICAST, 1500},
};

/* The numbers of linux/sockios.h that are about interfaces, routes and neighbours. */
bool interface_is_asked(uint64_t request)
{
    return request >= SIOCADDRT && request <= SIOCDEVPRIVATE + 15;
}

/* ---- addresses ---- */

static struct sockaddr_in address_of(uint32_t host_order)
{
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = {htonl(host_order)}};
}

static uint32_t number_of(const exec_link_t *link)
{
    in6_addr_t address;
    uint32_t word;
    ip_address_parse(link->address, &address);
    memcpy(&word, address.s6_addr + 12, sizeof(word));
    return ntohl(word);
}

static uint32_t mask_of(const exec_link_t *link)
{
    return UINT32_MAX << (32 - link->bits);
}

static void put_address(struct ifreq *request, uint32_t host_order)
{
    struct sockaddr_in address = address_of(host_order);
    memcpy(&request->ifr_addr, &address, sizeof(address));
}

/* ---- all of them ---- */

/* Without a buffer: only how much room is needed. */
static answer_t list(task_t *task)
{
    struct ifconf conf;
    struct ifreq all[EXEC_LINKS];
    uint64_t at = task->call.data.args[2];
    if (!task_read(task, at, &conf, sizeof(conf)))
        return answer_errno(task, EFAULT);
    memset(all, 0, sizeof(all));
    for (size_t i = 0; i < EXEC_LINKS; i++) {
        strncpy(all[i].ifr_name, exec_links[i].name, IFNAMSIZ - 1);
        put_address(&all[i], number_of(&exec_links[i]));
    }
    size_t room = conf.ifc_len > 0 ? (size_t)conf.ifc_len / sizeof(all[0]) : 0;
    if (conf.ifc_buf == NULL || room > EXEC_LINKS)
        room = EXEC_LINKS;
    conf.ifc_len = (int)(room * sizeof(all[0]));
    if (conf.ifc_buf != NULL &&
        !task_write(task, (uint64_t)(uintptr_t)conf.ifc_buf, all, (size_t)conf.ifc_len))
        return answer_errno(task, EFAULT);
    return task_write(task, at, &conf, sizeof(conf)) ? answer(task, 0) : answer_errno(task, EFAULT);
}

/* ---- one ---- */

/* => Returns NULL if there is none of this name, or, for SIOCGIFNAME, of this index. */
static const exec_link_t *find(const struct ifreq *request, bool by_index)
{
    for (size_t i = 0; i < EXEC_LINKS; i++) {
        if (by_index ? exec_links[i].index == request->ifr_ifindex
                     : strncmp(exec_links[i].name, request->ifr_name, IFNAMSIZ) == 0)
            return &exec_links[i];
    }
    return NULL;
}

/* Fills in what is asked of a link.
 * => Returns false if the box does not know it. */
static bool tell(uint64_t what, const exec_link_t *link, struct ifreq *request)
{
    bool broadcasts = (link->flags & IFF_BROADCAST) != 0;
    memset(&request->ifr_ifru, 0, sizeof(request->ifr_ifru));
    switch (what) {
    case SIOCGIFNAME:
        strncpy(request->ifr_name, link->name, IFNAMSIZ - 1);
        request->ifr_ifindex = link->index;
        return true;
    case SIOCGIFINDEX:
        request->ifr_ifindex = link->index;
        return true;
    case SIOCGIFFLAGS:
        request->ifr_flags = (short)link->flags;
        return true;
    case SIOCGIFMTU:
        request->ifr_mtu = (int)link->mtu;
        return true;
    case SIOCGIFHWADDR: /* all zeros, as by netlink */
        request->ifr_hwaddr.sa_family = (sa_family_t)link->type;
        return true;
    case SIOCGIFADDR:
    case SIOCGIFDSTADDR:
        put_address(request, number_of(link));
        return true;
    case SIOCGIFBRDADDR:
        put_address(request, broadcasts ? number_of(link) | ~mask_of(link) : 0);
        return true;
    case SIOCGIFNETMASK:
        put_address(request, mask_of(link));
        return true;
    default:
        return what == SIOCGIFMETRIC || what == SIOCGIFTXQLEN; /* 0 */
    }
}

static bool changes_something(uint64_t request)
{
    switch (request) {
    case SIOCADDRT:
    case SIOCDELRT:
    case SIOCSIFLINK:
    case SIOCSIFNAME:
    case SIOCSIFFLAGS:
    case SIOCSIFADDR:
    case SIOCSIFDSTADDR:
    case SIOCSIFBRDADDR:
    case SIOCSIFNETMASK:
    case SIOCSIFMETRIC:
    case SIOCSIFMTU:
    case SIOCSIFHWADDR:
    case SIOCSIFTXQLEN:
        return true;
    default:
        return false;
    }
}

answer_t interface_ioctl(exec_t *exec, task_t *task)
{
    uint64_t what = task->call.data.args[1], at = task->call.data.args[2];
    struct ifreq request;
    if (what == SIOCGIFCONF)
        return list(task);
    if (changes_something(what))
        return answer_errno(task, EPERM);
    if (!task_read(task, at, &request, sizeof(request)))
        return answer_errno(task, EFAULT);
    const exec_link_t *link = find(&request, what == SIOCGIFNAME);
    if (link == NULL)
        return answer_errno(task, ENODEV);
    if (!tell(what, link, &request)) {
        exec_not_modelled(exec, task, "ioctl(0x%llx) of %s is not in the box: EOPNOTSUPP",
                          (unsigned long long)what, link->name);
        return answer_errno(task, EOPNOTSUPP);
    }
    return task_write(task, at, &request, sizeof(request)) ? answer(task, 0)
                                                           : answer_errno(task, EFAULT);
}
