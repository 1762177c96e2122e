/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes in place of a connection's packets. A hook at LOOPBACK_OUT takes an instruction from
 * the input for each packet that it sees; after the end of the input all packets pass. Whatever
 * arrives, neither our path nor lwIP may read or write out of bounds, nothing may be left when
 * all is drained, and lwIP's own assertions hold.
 *
 * An instruction is a byte and its arguments: 0 pass; 1 eat; 2 OFFSET LENGTH BYTES overwrite;
 * 3 the same, checksums put right; 4 LENGTH BYTES in place of the packet.
 *
 * An input whose first byte is 0xf0 or more is another conversation than TCP over IPv4 on loopback:
 * 1 IPv6, 2 with a remote host over a wire (its hooks are fed, too), 4 UDP, 8 echo. A second byte
 * says what the stack is: see builds.
 */
#include "sim/packet/packet.h"
#include "stack/ip_stack.h"
#include "stack/link.h"
#include "stack/socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DO_PASS, DO_EAT, DO_PATCH, DO_PATCH_RIGHT, DO_REPLACE, DO_COUNT };

#define EVENTS_MAX 3000

typedef struct input {
    const uint8_t *data;
    size_t left;
} input_t;

static const uint64_t syns[] = {0, 3375000, 10125000, 23625000};
#define SYNS    .ib_syns = {syns, 4, 30000000}
#define REPLIES .ib_icmp_quote = 64, .ib_icmp_ttl = 255

static const ip_build_t builds[] = {
    {SYNS, REPLIES},
    {SYNS, REPLIES, .ib_fusion = IP_FUSION_BYPASS},
    {SYNS, REPLIES, .ib_fusion = IP_FUSION_COPY, .ib_nested_delivery = true, .ib_resets_per_s = 40,
     .ib_icmp_burst = 10},
    {SYNS, REPLIES, .ib_fusion = IP_FUSION_COPY, .ib_snoop = IP_SNOOP_BETWEEN,
     .ib_hook_error = IP_HOOK_ERROR_ULP},
    {SYNS, .ib_icmp_quote = 548, .ib_icmp_ttl = 64, .ib_snoop = IP_SNOOP_BETWEEN,
     .ib_hook_error = IP_HOOK_ERROR_EPERM, .ib_linux_errnos = true},
};

#define SELECTS 0xf0
enum { WITH_IPV6 = 1, WITH_WIRE = 2, WITH_UDP = 4, WITH_ECHO = 8 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static uint8_t take(input_t *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++;
}

static size_t take_bytes(input_t *in, uint8_t *to, size_t size)
{
    size_t count = size < in->left ? size : in->left;
    memcpy(to, in->data, count);
    in->data += count;
    in->left -= count;
    return count;
}

static void patch(input_t *in, mblk_t *mp, bool right)
{
    struct packet p;
    size_t size = msgdsize(mp), offset = take(in), length = take(in) % 16u;
    if (offset < size)
        take_bytes(in, mp->b_rptr + offset, length < size - offset ? length : size - offset);
    if (right && packet_parse(mp->b_rptr, size, &p))
        packet_fix_checksums(mp->b_rptr, size);
}

static mblk_t *replace(input_t *in, mblk_t *mp)
{
    size_t size = take(in);
    mblk_t *copy = allocb(size);
    check(copy != NULL);
    copy->b_packet = mp->b_packet;
    copy->b_wptr += take_bytes(in, copy->b_rptr, size);
    freemsg(mp);
    return copy;
}

static int on_packet(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    input_t *in = arg;
    uint8_t what = (uint8_t)(take(in) % DO_COUNT);
    (void)token;
    if (what == DO_EAT)
        return 1;
    if (what == DO_PATCH || what == DO_PATCH_RIGHT)
        patch(in, *info->hpe_mp, what == DO_PATCH_RIGHT);
    if (what == DO_REPLACE)
        *info->hpe_mp = replace(in, *info->hpe_mp);
    return 0;
}

static void run(vclock_t *clock, size_t *budget)
{
    while (*budget > 0 && vclock_run_next(clock))
        (*budget)--;
}

/* The hosts of one input: `server` is the box, `client` the box or a remote host. */
typedef struct world {
    vclock_t *clock;
    ip_stack_t *server, *client;
    link_t *link;
    in6_addr_t address; /* the server's */
    size_t budget;
} world_t;

static in6_addr_t address_of(const char *text)
{
    in6_addr_t address;
    check(ip_address_parse(text, &address));
    return address;
}

/* A client and a server that say something and close, as far as they get. */
static void talk_tcp(world_t *w)
{
    sonode_t *listener, *client, *server = NULL;
    char buffer[64];
    size_t n;
    check(so_listen(w->server, &w->address, 22, 5, &listener) == 0);
    check(so_connect(w->client, &w->address, 22, &client) == EINPROGRESS);
    while (so_connect_error(client) == EINPROGRESS && w->budget > 0 && vclock_run_next(w->clock))
        w->budget--;
    so_send(client, "hello", 5, &n);
    for (int i = 0; i < 20 && w->budget > 0 && vclock_run_next(w->clock); i++)
        w->budget--;
    if (so_accept(listener, &server) == 0) {
        so_recv(server, buffer, sizeof(buffer), &n);
        so_send(server, "world", 5, &n);
        so_shutdown(server);
    }
    run(w->clock, &w->budget);
    so_close(client);
    so_close(server);
    so_close(listener);
    run(w->clock, &w->budget);
}

/* Datagrams to a socket and to nobody, and what is heard of them. */
static void talk_udp(world_t *w)
{
    sonode_t *server, *client, *lost;
    char buffer[64];
    size_t n;
    ip_endpoint_t from, to = {w->address, 53};
    check(so_udp(w->server, &in6addr_any, 53, &server) == 0);
    check(so_udp(w->client, &in6addr_any, 1000, &client) == 0);
    check(so_udp(w->client, &in6addr_any, 1001, &lost) == 0);
    check(so_udp_connect(lost, &w->address, 54) == 0);
    for (int i = 0; i < 3; i++) {
        so_sendto(client, "question", 8, &to);
        so_sendto(lost, "anybody?", 8, NULL);
        run(w->clock, &w->budget);
        if (so_recvfrom(server, buffer, sizeof(buffer), &n, &from) == 0)
            so_sendto(server, buffer, n, &from);
        run(w->clock, &w->budget);
        so_recvfrom(client, buffer, sizeof(buffer), &n, &from);
        so_recvfrom(lost, buffer, sizeof(buffer), &n, &from);
    }
    so_close(server);
    so_close(client);
    so_close(lost);
}

static void talk_echo(world_t *w)
{
    bool v4 = ip_address_family(&w->address) == AF_INET;
    uint8_t request[16] = {v4 ? 8 : 128};
    uint8_t buffer[64];
    sonode_t *so;
    size_t n;
    ip_endpoint_t from, to = {w->address, 0};
    check(so_icmp(w->client, v4 ? AF_INET : AF_INET6, &so) == 0);
    for (int i = 0; i < 3; i++) {
        so_sendto(so, request, sizeof(request), &to);
        run(w->clock, &w->budget);
        while (so_recvfrom(so, buffer, sizeof(buffer), &n, &from) == 0)
            continue;
    }
    so_close(so);
}

/* ---- the hosts ---- */

static void plumb(ip_stack_t *ips, const char *v4, const char *v6)
{
    in6_addr_t a4 = address_of(v4), a6 = address_of(v6);
    check(ip_stack_plumb(ips, "e1000g0", &a4, 24, &a6, 64) == 0);
}

static void connect_hosts(world_t *w, const ip_build_t *build)
{
    w->client = ip_stack_create(w->clock, 2, build);
    w->link = link_create(w->clock, 250, 0);
    check(w->client != NULL && w->link != NULL);
    plumb(w->server, "192.168.1.5", "2001:db8::5");
    plumb(w->client, "192.168.1.20", "2001:db8::20");
    check(link_attach(w->link, w->server, "e1000g0") == 0);
    check(link_attach(w->link, w->client, "e1000g0") == 0);
}

static void begin(world_t *w, unsigned with, const ip_build_t *build)
{
    static const char *const addresses[] = {"127.0.0.1", "::1", "192.168.1.5", "2001:db8::5"};
    *w = (world_t){.clock = vclock_create(), .budget = EVENTS_MAX};
    w->client = w->server = ip_stack_create(w->clock, 1, build);
    check(w->server != NULL);
    if ((with & WITH_WIRE) != 0)
        connect_hosts(w, build);
    w->address = address_of(addresses[with & (WITH_IPV6 | WITH_WIRE)]);
}

static void end(world_t *w)
{
    char leak[200];
    if (w->link != NULL)
        link_flush(w->link);
    ip_stack_stop(w->server);
    ip_stack_stop(w->client);
    check(ip_stack_drain(w->server, leak, sizeof(leak)));
    if (w->client != w->server)
        check(ip_stack_drain(w->client, leak, sizeof(leak)));
    ip_stack_destroy(w->server);
    if (w->client != w->server)
        ip_stack_destroy(w->client);
    link_destroy(w->link);
    vclock_destroy(w->clock);
    check(mblk_in_use() == 0);
}

/* ---- the hooks ---- */

static const char *const families[] = {NHF_INET, NHF_INET6};
static const char *const events[] = {NH_LOOPBACK_OUT, NH_PHYSICAL_OUT, NH_PHYSICAL_IN};
enum { HOOKS = 6 };

/* Both families', and the wire's, only where the input asks for them. */
static size_t hooks_of(unsigned with)
{
    return (with & WITH_WIRE) != 0 ? HOOKS : 2;
}

static void hook_all(world_t *w, hook_t *hooks, size_t count, input_t *in)
{
    for (size_t i = 0; i < count; i++) {
        hooks[i] =
            (hook_t){.h_version = HOOK_VERSION, .h_func = on_packet, .h_name = "fuzz", .h_arg = in};
        check(net_hook_register(ip_stack_net(w->server, families[i % 2]), events[i / 2],
                                &hooks[i]) == 0);
    }
}

static void unhook_all(world_t *w, hook_t *hooks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check(net_hook_unregister(ip_stack_net(w->server, families[i % 2]), events[i / 2],
                                  &hooks[i]) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    hook_t hooks[HOOKS];
    world_t w;
    unsigned with = 0;
    size_t build = 0;
    if (size > 0 && data[0] >= SELECTS) {
        with = take(&in) & (unsigned)~SELECTS;
        build = take(&in) % (sizeof(builds) / sizeof(builds[0]));
    }
    begin(&w, with, &builds[build]);
    hook_all(&w, hooks, hooks_of(with), &in);
    if ((with & (WITH_UDP | WITH_ECHO)) == 0)
        talk_tcp(&w);
    if ((with & WITH_UDP) != 0)
        talk_udp(&w);
    if ((with & WITH_ECHO) != 0)
        talk_echo(&w);
    unhook_all(&w, hooks, hooks_of(with));
    end(&w);
    return 0;
}
