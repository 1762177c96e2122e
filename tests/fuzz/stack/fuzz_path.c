/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes in the place of a connection's packets. A hook at LOOPBACK_OUT takes an instruction
 * from the input for each packet that it sees; when the input is at its end all pass. Whatever
 * arrives, neither our path nor lwIP may read or write a byte too many, nothing may be left when
 * all is drained, and lwIP's own assertions hold.
 *
 * An instruction is a byte and its arguments: 0 pass; 1 eat; 2 OFFSET LENGTH BYTES overwrite;
 * 3 the same, checksums put right; 4 LENGTH BYTES in place of the packet.
 */
#include "sim/packet.h"
#include "stack/ip_stack.h"
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
static const ip_build_t build = {
    .ib_syns = {syns, 4, 30000000}, .ib_icmp_quote = 64, .ib_icmp_ttl = 255};

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

/* A client and a server that say something and close, as far as they get. */
static void talk(ip_stack_t *ips, vclock_t *clock)
{
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *listener, *client, *server = NULL;
    char buffer[64];
    size_t n, budget = EVENTS_MAX;
    check(so_listen(ips, &lo, 22, 5, &listener) == 0);
    check(so_connect(ips, &lo, 22, &client) == EINPROGRESS);
    while (so_connect_error(client) == EINPROGRESS && budget > 0 && vclock_run_next(clock))
        budget--;
    so_send(client, "hello", 5, &n);
    for (int i = 0; i < 20 && budget > 0 && vclock_run_next(clock); i++)
        budget--;
    if (so_accept(listener, &server) == 0) {
        so_recv(server, buffer, sizeof(buffer), &n);
        so_send(server, "world", 5, &n);
        so_shutdown(server);
    }
    run(clock, &budget);
    so_close(client);
    so_close(server);
    so_close(listener);
    run(clock, &budget);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char leak[200];
    input_t in = {data, size};
    hook_t hook = {.h_version = HOOK_VERSION, .h_func = on_packet, .h_name = "fuzz", .h_arg = &in};
    vclock_t *clock = vclock_create();
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);

    check(ips != NULL);
    check(net_hook_register(ip_stack_net(ips, NHF_INET), NH_LOOPBACK_OUT, &hook) == 0);
    talk(ips, clock);
    check(net_hook_unregister(ip_stack_net(ips, NHF_INET), NH_LOOPBACK_OUT, &hook) == 0);
    check(ip_stack_drain(ips, leak, sizeof(leak)));
    ip_stack_destroy(ips);
    vclock_destroy(clock);
    check(mblk_in_use() == 0);
    return 0;
}
