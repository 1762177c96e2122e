/* SPDX-License-Identifier: BSD-3-Clause
 *
 * rtnetlink(7), as far as a program asks which interfaces and addresses there are: lo and e1000g0,
 * as the box has them. All else is EOPNOTSUPP.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef struct reply {
    _Alignas(8) uint8_t bytes[4096];
    size_t length;
    const struct nlmsghdr *request;
} reply_t;

static void *put(reply_t *reply, const void *from, size_t length)
{
    void *at = reply->bytes + reply->length;
    memset(at, 0, NLMSG_ALIGN(length));
    if (from != NULL)
        memcpy(at, from, length);
    reply->length += NLMSG_ALIGN(length);
    return at;
}

static struct nlmsghdr *begin(reply_t *reply, uint16_t type)
{
    struct nlmsghdr header = {.nlmsg_type = type,
                              .nlmsg_flags = NLM_F_MULTI,
                              .nlmsg_seq = reply->request->nlmsg_seq,
                              .nlmsg_pid = reply->request->nlmsg_pid};
    return put(reply, &header, sizeof(header));
}

static void end(reply_t *reply, struct nlmsghdr *header)
{
    header->nlmsg_len = (uint32_t)(reply->bytes + reply->length - (uint8_t *)header);
}

static void attribute(reply_t *reply, uint16_t type, const void *value, size_t length)
{
    struct rtattr head = {.rta_len = (uint16_t)RTA_LENGTH(length), .rta_type = type};
    put(reply, &head, sizeof(head));
    put(reply, value, length);
}

/* ---- what there is ---- */

/* `only` is the index of one link, from 0; EXEC_LINKS means all. */
static void put_links(reply_t *reply, size_t only)
{
    static const uint8_t hardware[6] = {0};
    for (size_t i = 0; i < EXEC_LINKS; i++) {
        if (only != EXEC_LINKS && only != i)
            continue;
        struct nlmsghdr *header = begin(reply, RTM_NEWLINK);
        struct ifinfomsg info = {.ifi_family = AF_UNSPEC,
                                 .ifi_type = (uint16_t)exec_links[i].type,
                                 .ifi_index = exec_links[i].index,
                                 .ifi_flags = exec_links[i].flags,
                                 .ifi_change = UINT32_MAX};
        put(reply, &info, sizeof(info));
        attribute(reply, IFLA_IFNAME, exec_links[i].name, strlen(exec_links[i].name) + 1);
        attribute(reply, IFLA_MTU, &exec_links[i].mtu, sizeof(exec_links[i].mtu));
        attribute(reply, IFLA_ADDRESS, hardware, sizeof(hardware));
        end(reply, header);
    }
}

static void put_address(reply_t *reply, const exec_link_t *link, const char *text, unsigned bits)
{
    in6_addr_t address;
    ip_address_parse(text, &address);
    int own = ip_address_family(&address);
    const uint8_t *bytes = address.s6_addr + (own == AF_INET ? 12 : 0);
    size_t length = own == AF_INET ? 4 : 16;
    struct nlmsghdr *header = begin(reply, RTM_NEWADDR);
    struct ifaddrmsg info = {.ifa_family = (uint8_t)own,
                             .ifa_prefixlen = (uint8_t)bits,
                             .ifa_flags = IFA_F_PERMANENT,
                             .ifa_scope = link->index == 1 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
                             .ifa_index = (uint32_t)link->index};
    put(reply, &info, sizeof(info));
    attribute(reply, IFA_ADDRESS, bytes, length);
    if (own == AF_INET) {
        attribute(reply, IFA_LOCAL, bytes, length);
        attribute(reply, IFA_LABEL, link->name, strlen(link->name) + 1);
    }
    end(reply, header);
}

static void put_addresses(reply_t *reply, int family)
{
    for (size_t i = 0; i < EXEC_LINKS && family != AF_INET6; i++)
        put_address(reply, &exec_links[i], exec_links[i].address, exec_links[i].bits);
    for (size_t i = 0; i < EXEC_LINKS && family != AF_INET; i++)
        put_address(reply, &exec_links[i], exec_links[i].address6, exec_links[i].bits6);
}

static void put_error(reply_t *reply, int error)
{
    struct nlmsghdr *header = begin(reply, NLMSG_ERROR);
    struct nlmsgerr what = {.error = -error, .msg = *reply->request};
    header->nlmsg_flags = 0;
    put(reply, &what, sizeof(what));
    end(reply, header);
}

/* The link that bytes[length], an RTM_GETLINK, asks for by its index or its name.
 * => Returns EXEC_LINKS if there is none. */
static size_t asked_link(const uint8_t *bytes, size_t length)
{
    struct ifinfomsg info = {0};
    size_t at = NLMSG_HDRLEN + NLMSG_ALIGN(sizeof(info));
    struct rtattr head;
    char name[IFNAMSIZ] = "";
    if (length < at)
        return EXEC_LINKS;
    memcpy(&info, bytes + NLMSG_HDRLEN, sizeof(info));
    for (; at + sizeof(head) <= length; at += RTA_ALIGN(head.rta_len)) {
        memcpy(&head, bytes + at, sizeof(head));
        if (head.rta_len < sizeof(head) || at + head.rta_len > length)
            break;
        size_t size = head.rta_len - sizeof(head);
        if (head.rta_type == IFLA_IFNAME && size < sizeof(name))
            memcpy(name, bytes + at + sizeof(head), size);
    }
    size_t i = 0;
    while (i < EXEC_LINKS && exec_links[i].index != info.ifi_index &&
           strcmp(exec_links[i].name, name) != 0)
        i++;
    return i;
}

/* One link, and nothing after it. */
static void respond_link(reply_t *reply, const uint8_t *bytes, size_t length)
{
    size_t link = asked_link(bytes, length);
    if (link == EXEC_LINKS) {
        put_error(reply, ENODEV);
        return;
    }
    put_links(reply, link);
    ((struct nlmsghdr *)(void *)reply->bytes)->nlmsg_flags = 0;
}

static void respond(reply_t *reply, const struct nlmsghdr *request, int family)
{
    int done = 0;
    if (request->nlmsg_type == RTM_GETLINK)
        put_links(reply, EXEC_LINKS);
    else if (request->nlmsg_type == RTM_GETADDR)
        put_addresses(reply, family);
    else if (request->nlmsg_type != RTM_GETROUTE && request->nlmsg_type != RTM_GETRULE &&
             request->nlmsg_type != RTM_GETNEIGH) {
        put_error(reply, EOPNOTSUPP);
        return;
    }
    struct nlmsghdr *header = begin(reply, NLMSG_DONE);
    put(reply, &done, sizeof(done));
    end(reply, header);
}

/* ---- the calls ---- */

void netlink_free(file_t *file)
{
    free(file->netlink);
    file->netlink = NULL;
    file->netlink_length = 0;
}

int netlink_send(file_t *file, const uint8_t *bytes, size_t length)
{
    struct nlmsghdr request;
    struct rtgenmsg family = {0};
    reply_t reply = {.length = 0};
    if (length < sizeof(request))
        return EINVAL;
    memcpy(&request, bytes, sizeof(request));
    if (length >= NLMSG_HDRLEN + sizeof(family))
        memcpy(&family, bytes + NLMSG_HDRLEN, sizeof(family));
    request.nlmsg_pid = file->netlink_pid;
    reply.request = &request;
    if (request.nlmsg_type == RTM_GETLINK && (request.nlmsg_flags & NLM_F_DUMP) != NLM_F_DUMP)
        respond_link(&reply, bytes, length);
    else
        respond(&reply, &request, family.rtgen_family);
    netlink_free(file);
    file->netlink = must_malloc(reply.length);
    memcpy(file->netlink, reply.bytes, reply.length);
    file->netlink_length = reply.length;
    file->changes++;
    return 0;
}

answer_t netlink_address(task_t *task, const file_t *file, uint64_t at, uint64_t length_at,
                         bool kernel)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK,
                                  .nl_pid = kernel ? 0 : file->netlink_pid};
    uint32_t room, size = sizeof(address);
    if (!task_read(task, length_at, &room, sizeof(room)) ||
        !task_write(task, at, &address, room < size ? room : size) ||
        !task_write(task, length_at, &size, sizeof(size)))
        return answer_errno(task, EFAULT);
    return answer(task, 0);
}
