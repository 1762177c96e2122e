/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A world is a value: its owner provides all of its memory, many exist side by side, and a failed
 * allocation is an errno or a lost packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "stack/in_cksum.h"
#include "stack/link.h"
#include "stack/socket.h"
#include "stack/tcp_impl.h"
#include "stack/wire.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t syns_us[] = {0, 3375000};
static const ip_build_t build = {.ib_syns = {syns_us, 2, 30000000}};

/* A memory that counts its blocks, and refuses one. */
typedef struct counted {
    memory_t memory;
    size_t blocks; /* that are there */
    size_t asked;
    size_t refuse; /* which request, from 1; 0: none */
    bool all_after;
} counted_t;

static bool refused(counted_t *counted)
{
    counted->asked++;
    return counted->refuse != 0 && (counted->all_after ? counted->asked >= counted->refuse
                                                       : counted->asked == counted->refuse);
}

static void *counted_alloc(void *arg, size_t size)
{
    counted_t *counted = arg;
    if (refused(counted))
        return NULL;
    void *block = malloc(size);
    memset(block, 0xa5, size);
    counted->blocks++;
    return block;
}

static void *counted_realloc(void *arg, void *block, size_t size)
{
    counted_t *counted = arg;
    if (refused(counted))
        return NULL;
    counted->blocks += block == NULL;
    return realloc(block, size);
}

static void counted_free(void *arg, void *block)
{
    ((counted_t *)arg)->blocks--;
    free(block);
}

static void counted_init(counted_t *counted, size_t refuse, bool all_after)
{
    *counted = (counted_t){.memory = {.me_alloc = counted_alloc,
                                      .me_realloc = counted_realloc,
                                      .me_free = counted_free,
                                      .me_arg = counted},
                           .refuse = refuse,
                           .all_after = all_after};
}

static void run(vclock_t *clock)
{
    for (int i = 0; i < 10000 && vclock_run_next(clock); i++)
        continue;
}

/* What a world did, as one number, and whether a want of memory was told: by an errno, or by an
 * event of the trace. */
typedef struct heard {
    unsigned sum;
    bool told;
} heard_t;

static heard_t heard;

static void hear(void *arg, const ip_event_t *e)
{
    (void)arg;
    heard.sum = heard.sum * 31 + (unsigned)e->kind;
    for (const uint8_t *at = e->mp != NULL ? e->mp->b_rptr : NULL;
         at != NULL && at < e->mp->b_wptr;)
        heard.sum = heard.sum * 31 + *at++;
    heard.told = heard.told || (e->kind == IP_EV_DISCARD && strstr(e->reason, "memory") != NULL) ||
                 (e->kind == IP_EV_WIRE && e->wire == IP_WIRE_NO_MEMORY);
}

static bool one_of(int error, const int *allowed)
{
    heard.told = heard.told || error == ENOMEM;
    while (*allowed >= 0 && *allowed != error)
        allowed++;
    return *allowed == error;
}

#define assert_one_of(error, ...) assert_true(one_of(error, (const int[]){__VA_ARGS__, -1}))

/* A connection with data both ways, as far as memory goes. */
static void talk_tcp(vclock_t *clock, ip_stack_t *ips, const in6_addr_t *address)
{
    static char data[20000];
    char buffer[4000];
    sonode_t *listener, *client, *server = NULL;
    size_t n;
    int error = so_listen(ips, address, 22, 5, &listener);
    assert_one_of(error, 0, ENOMEM);
    if (error != 0)
        return;
    error = so_connect(ips, address, 22, &client);
    assert_one_of(error, EINPROGRESS, ENOMEM);
    if (error == EINPROGRESS) {
        run(clock);
        error = so_connect_error(client);
        assert_one_of(error, 0, ETIMEDOUT);
        if (error == 0 && so_accept(listener, &server) == 0) {
            assert_one_of(so_send(client, data, sizeof(data), &n), 0, EAGAIN, ENOMEM);
            run(clock);
            assert_one_of(so_recv(server, buffer, sizeof(buffer), &n), 0, EAGAIN);
            assert_one_of(so_send(server, data, 100, &n), 0, EAGAIN, ENOMEM);
            run(clock);
        }
        so_close(server);
        so_close(client);
    }
    so_close(listener);
    run(clock);
}

/* A datagram to a socket, one to a port without a socket, and a ping. */
static void talk_udp(vclock_t *clock, ip_stack_t *ips, const in6_addr_t *address)
{
    static const uint8_t ping[8] = {8};
    sonode_t *udp, *icmp;
    ip_endpoint_t to = {*address, 7}, nobody = {*address, 9};
    int error = so_udp(ips, address, 7, &udp);
    assert_one_of(error, 0, ENOMEM);
    if (error != 0)
        return;
    assert_one_of(so_sendto(udp, "x", 1, &to), 0, ENOMEM);
    assert_one_of(so_sendto(udp, "x", 1, &nobody), 0, ENOMEM);
    run(clock);
    error = so_icmp(ips, AF_INET, &icmp);
    assert_one_of(error, 0, ENOMEM);
    if (error == 0) {
        assert_one_of(so_sendto(icmp, ping, sizeof(ping), &to), 0, ENOMEM);
        run(clock);
        so_close(icmp);
    }
    so_close(udp);
}

static bool is_unwatched; /* no probe hears of the want */

static ip_stack_t *make_host(vclock_t *clock, link_t *link, const char *v4)
{
    in6_addr_t a4, a6;
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);
    if (ips == NULL)
        return NULL;
    ip_address_parse(v4, &a4);
    ip_address_parse(v4[strlen(v4) - 1] == '5' ? "2001:db8::5" : "2001:db8::6", &a6);
    assert_int_equal(ip_stack_plumb(ips, "e1000g0", &a4, 24, &a6, 64), 0);
    assert_int_equal(link_attach(link, ips, "e1000g0"), 0);
    ip_stack_set_probe(ips, is_unwatched ? NULL : hear, NULL);
    return ips;
}

/* ---- what else takes memory ---- */

static ip_build_t rich_build;

static ip_fault_t suffer(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp)
{
    static const ip_fault_what_t kinds[] = {IP_FAULT_DUPLICATE, IP_FAULT_DELAY, IP_FAULT_REORDER};
    unsigned *count = arg;
    (void)ips, (void)mp;
    if (place != IP_AT_LOOPBACK_IN || *count >= 3)
        return (ip_fault_t){.if_what = IP_FAULT_NONE};
    return (ip_fault_t){kinds[(*count)++], 10};
}

static int let_pass(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token, (void)data, (void)arg;
    return 0;
}

/* A fragment of 8 bytes, from the host's memory. */
static void put_fragment(ip_stack_t *ips, unsigned unit, bool more)
{
    static const uint8_t header[20] = {0x45, 0, 0,   28, 0, 9, 0,   0, 64, 17,
                                       0,    0, 127, 0,  0, 1, 127, 0, 0,  1};
    mblk_t *mp = net_allocb(ip_stack_net(ips, NHF_INET), 28);
    if (mp == NULL) {
        heard.told = true;
        return;
    }
    memcpy(mp->b_rptr, header, sizeof(header));
    mp->b_rptr[6] = more ? 0x20 : 0;
    mp->b_rptr[7] = (uint8_t)unit;
    put16(mp->b_rptr + 10, in_cksum(mp->b_rptr, 20));
    mp->b_wptr += 28;
    assert_int_equal(ip_inject(ips, IP_STATION_WPUT_LOCAL, mp), 0);
}

/* net_inject() returns -1 without memory, and takes the packet in any case. */
static void inject_queued(ip_stack_t *ips)
{
    net_handle_t net = ip_stack_net(ips, NHF_INET);
    net_inject_t packet = {.ni_packet = net_allocb(net, 28)};
    if (packet.ni_packet == NULL) {
        heard.told = true;
        return;
    }
    packet.ni_packet->b_wptr += 28;
    int result = net_inject(net, NI_QUEUE_OUT, &packet);
    assert_true(result == 0 || result == -1);
    heard.told = heard.told || result == -1;
}

/* What has no room in the queue is discarded, and that is told. */
static void loop_back(ip_stack_t *ips)
{
    net_handle_t net = ip_stack_net(ips, NHF_INET);
    mblk_t *mp = net_allocb(net, 28);
    if (mp == NULL) {
        heard.told = true;
        return;
    }
    memset(mp->b_wptr, 0, 28);
    mp->b_wptr += 28;
    net_loopback(net, mp);
}

static void send_datagrams(ip_stack_t *ips, const char *to, size_t count)
{
    sonode_t *udp;
    ip_endpoint_t remote = {.ie_port = 7};
    in6_addr_t any;
    ip_address_parse("0.0.0.0", &any);
    ip_address_parse(to, &remote.ie_addr);
    int error = so_udp(ips, &any, 0, &udp);
    assert_one_of(error, 0, ENOMEM);
    for (size_t i = 0; i < count && error == 0; i++)
        assert_one_of(so_sendto(udp, "x", 1, &remote), 0, ENOMEM);
    so_close(udp);
}

/* A fused connection whose hooks see copies, hooks, faults, fragments, a queued packet, a neighbour
 * that does not answer. */
static void live_richly(vclock_t *clock, ip_stack_t *ips, unsigned *faults)
{
    in6_addr_t lo = ip_address_loopback(AF_INET);
    hook_t hook = {.h_version = HOOK_VERSION, .h_func = let_pass, .h_name = "passes"};
    rich_build = build;
    rich_build.ib_fusion = IP_FUSION_COPY;
    assert_int_equal(ip_stack_set_build(ips, &rich_build), 0);
    int error = net_hook_register(ip_stack_net(ips, NHF_INET), NH_LOOPBACK_IN, &hook);
    assert_one_of(error, 0, ENOMEM);
    talk_tcp(clock, ips, &lo);
    rich_build.ib_linux_sockets = true;
    rich_build.ib_icmp_quote = 64;
    ip_stack_set_fault(ips, suffer, faults);
    send_datagrams(ips, "127.0.0.1", 4);
    run(clock);
    ip_stack_set_fault(ips, NULL, NULL);
    for (unsigned unit = 0; unit < 3; unit++)
        put_fragment(ips, unit, unit < 2);
    put_fragment(ips, 0, true); /* of another one, which is not whole in time */
    inject_queued(ips);
    loop_back(ips);
    send_datagrams(ips, "192.168.1.9", 2);
    run(clock);
    if (error == 0)
        net_hook_unregister(ip_stack_net(ips, NHF_INET), NH_LOOPBACK_IN, &hook);
}

static bool is_rich;

static void live(vclock_t *clock)
{
    in6_addr_t lo = ip_address_loopback(AF_INET), far;
    ip_address_parse("192.168.1.6", &far);
    link_t *link = link_create(clock, 100, 0);
    ip_stack_t *ips = link != NULL ? make_host(clock, link, "192.168.1.5") : NULL;
    ip_stack_t *remote = ips != NULL ? make_host(clock, link, "192.168.1.6") : NULL;
    if (remote != NULL) {
        sonode_t *so;
        unsigned faults = 0;
        talk_tcp(clock, ips, &lo);
        talk_udp(clock, ips, &lo);
        if (is_rich)
            live_richly(clock, ips, &faults);
        int error = so_connect(ips, &far, 22, &so);
        assert_one_of(error, EINPROGRESS, ENOMEM);
        if (error == EINPROGRESS) {
            run(clock);
            assert_one_of(so_connect_error(so), ECONNREFUSED, ETIMEDOUT);
            so_close(so);
        }
    }
    link_t *gone = link;
    if (link != NULL)
        link_flush(gone);
    ip_stack_destroy(remote);
    ip_stack_destroy(ips);
    link_destroy(link);
}

/* A whole life in a memory.
 * => Returns how many blocks it asked for; *left are those that were not freed. */
static size_t live_in(size_t refuse, bool all_after, size_t *left)
{
    counted_t counted;
    counted_init(&counted, refuse, all_after);
    heard = (heard_t){0};
    vclock_t *clock = vclock_create_in(&counted.memory);
    if (clock != NULL) {
        live(clock);
        vclock_destroy(clock);
    }
    *left = counted.blocks + counted.memory.me_messages;
    return counted.asked;
}

static void all_memory_of_a_world_is_its_owners(void **state)
{
    (void)state;
    size_t left, before = mblk_in_use();
    assert_true(live_in(0, false, &left) > 50);
    assert_int_equal(left, 0);
    assert_int_equal(mblk_in_use(), before);
}

static void each_block_that_is_refused_is_an_errno_or_a_lost_packet(void **state)
{
    (void)state;
    size_t left;
    is_rich = true;
    size_t asked = live_in(0, false, &left);
    for (int all_after = 0; all_after <= 1; all_after++) {
        is_unwatched = all_after;
        for (size_t n = 1; n <= asked; n++) {
            live_in(n, all_after, &left);
            if (left != 0)
                print_error("block %zu refused (%s): %zu leaked\n", n,
                            all_after ? "and all later" : "alone", left);
            assert_int_equal(left, 0);
        }
    }
    is_unwatched = false;
}

/* A packet that is lost for want of memory must not look like one that the network lost. */
static void what_is_lost_for_want_of_memory_is_told(void **state)
{
    (void)state;
    size_t left, silent = 0;
    is_rich = true;
    size_t asked = live_in(0, false, &left);
    unsigned whole = heard.sum;
    for (size_t n = 1; n <= asked; n++) {
        live_in(n, false, &left);
        if (heard.sum == 0 || heard.sum == whole || heard.told)
            continue; /* no world, nothing lost, or told */
        print_error("block %zu refused: something else happens, and nothing says why\n", n);
        silent++;
    }
    assert_int_equal(silent, 0);
}

/* ---- tables that cannot grow ---- */

/* Refuses what is larger than a connection's own blocks. */
static void *alloc_small(void *arg, size_t size)
{
    return size <= 4096 ? counted_alloc(arg, size) : NULL;
}

#define MANY 1500

static void many_connections_and_sockets_are_found_though_no_table_grows(void **state)
{
    (void)state;
    static sonode_t *clients[MANY], *servers[MANY];
    for (int small = 0; small <= 1; small++) {
        counted_t counted;
        sonode_t *listener;
        size_t n;
        char byte;
        counted_init(&counted, 0, false);
        in6_addr_t lo = ip_address_loopback(AF_INET);
        vclock_t *clock = vclock_create_in(&counted.memory);
        ip_stack_t *ips = ip_stack_create(clock, 1, &build);
        if (small)
            counted.memory.me_alloc = alloc_small;
        assert_int_equal(so_listen(ips, &lo, 22, MANY, &listener), 0);
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(so_connect(ips, &lo, 22, &clients[i]), EINPROGRESS);
            run(clock);
            assert_int_equal(so_accept(listener, &servers[i]), 0);
        }
        for (size_t i = 0; i < MANY; i++) {
            assert_int_equal(so_send(clients[i], "x", 1, &n), 0);
            run(clock);
            assert_int_equal(so_recv(servers[i], &byte, 1, &n), 0);
            assert_int_equal(so_recv(servers[i], &byte, 1, &n), EAGAIN);
        }
        for (size_t i = 0; i < MANY; i++) {
            so_close(i % 2 ? clients[i] : servers[i]);
            so_close(i % 2 ? servers[i] : clients[i]);
        }
        so_close(listener);
        run(clock);
        ip_stack_destroy(ips);
        vclock_destroy(clock);
        assert_int_equal(counted.blocks, 0);
    }
}

static bool times_refused;

static void *alloc_without_times(void *arg, size_t size)
{
    return times_refused && size == sizeof(tcp_t) ? NULL : counted_alloc(arg, size);
}

/* A connection whose times have no memory gets them later, however often that fails. */
static void times_without_memory_are_tried_again_until_there_is_some(void **state)
{
    (void)state;
    counted_t counted;
    sonode_t *listener, *client;
    uint64_t at_us;
    counted_init(&counted, 0, false);
    counted.memory.me_alloc = alloc_without_times;
    in6_addr_t lo = ip_address_loopback(AF_INET);
    vclock_t *clock = vclock_create_in(&counted.memory);
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);
    times_refused = true;
    assert_int_equal(so_listen(ips, &lo, 22, 5, &listener), 0);
    assert_int_equal(so_connect(ips, &lo, 22, &client), EINPROGRESS);
    for (int i = 0; i < 50; i++) {
        assert_true(vclock_next(clock, &at_us));
        vclock_run_next(clock);
    }
    assert_true(at_us > 1000000);
    times_refused = false;
    for (int i = 0; i < 50 && vclock_next(clock, &at_us) && at_us < vclock_now(clock) + 1000000;
         i++)
        vclock_run_next(clock);
    assert_false(vclock_next(clock, &at_us) && at_us < vclock_now(clock) + 300000);
    ip_stack_destroy(ips);
    vclock_destroy(clock);
    assert_int_equal(counted.blocks, 0);
}

static void a_listener_without_memory_is_enomem(void **state)
{
    (void)state;
    counted_t counted;
    counted_init(&counted, 0, true);
    in6_addr_t lo = ip_address_loopback(AF_INET);
    sonode_t *so;
    vclock_t *clock = vclock_create_in(&counted.memory);
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);
    for (size_t n = 1; n <= 3; n++) { /* the socket, its endpoint, the shorter one of a listener */
        counted.refuse = n;
        counted.asked = 0;
        assert_int_equal(so_listen(ips, &lo, 22, 5, &so), ENOMEM);
        assert_null(so);
    }
    counted.refuse = 0;
    assert_int_equal(so_listen(ips, &lo, 22, 5, &so), 0);
    ip_stack_destroy(ips);
    vclock_destroy(clock);
}

/* Nothing is on its way that the caller could wait for: ENOMEM; else EAGAIN. */
static void a_send_without_memory_says_whether_to_wait(void **state)
{
    (void)state;
    for (int in_flight = 0; in_flight <= 1; in_flight++) {
        counted_t counted;
        sonode_t *listener, *client;
        size_t n;
        counted_init(&counted, 0, true);
        in6_addr_t lo = ip_address_loopback(AF_INET);
        vclock_t *clock = vclock_create_in(&counted.memory);
        ip_stack_t *ips = ip_stack_create(clock, 1, &build);
        assert_int_equal(so_listen(ips, &lo, 22, 5, &listener), 0);
        assert_int_equal(so_connect(ips, &lo, 22, &client), EINPROGRESS);
        run(clock);
        if (in_flight)
            assert_int_equal(so_send(client, "x", 1, &n), 0);
        counted.refuse = 1;
        counted.asked = 0;
        assert_int_equal(so_send(client, "x", 1, &n), in_flight ? EAGAIN : ENOMEM);
        assert_int_equal(n, 0);
        counted.refuse = 0;
        ip_stack_destroy(ips);
        vclock_destroy(clock);
    }
}

/* ---- many at once ---- */

#define WORLDS 200

typedef struct world {
    counted_t counted;
    vclock_t *clock;
    ip_stack_t *ips;
    sonode_t *listener, *client;
    uint16_t port;
    char record[4000];
    size_t length;
} world_t;

static void record(void *arg, const ip_event_t *e)
{
    world_t *w = arg;
    unsigned sum = 0;
    for (const uint8_t *at = e->mp != NULL ? e->mp->b_rptr : NULL;
         at != NULL && at < e->mp->b_wptr;)
        sum = sum * 31 + *at++;
    w->length += (size_t)snprintf(w->record + w->length, sizeof(w->record) - w->length, "%d %x\n",
                                  (int)e->kind, sum);
    assert_true(w->length < sizeof(w->record));
}

static void begin(world_t *w)
{
    in6_addr_t lo = ip_address_loopback(AF_INET);
    counted_init(&w->counted, 0, false);
    w->clock = vclock_create_in(&w->counted.memory);
    w->ips = ip_stack_create(w->clock, 7, &build);
    w->length = 0;
    ip_stack_set_probe(w->ips, record, w);
    assert_int_equal(so_listen(w->ips, &lo, 22, 5, &w->listener), 0);
    assert_int_equal(so_connect(w->ips, &lo, 22, &w->client), EINPROGRESS);
    w->port = so_local(w->client).ie_port;
}

static void end(world_t *w)
{
    char leak[128];
    assert_int_equal(so_connect_error(w->client), 0);
    so_close(w->client);
    so_close(w->listener);
    assert_true(ip_stack_drain(w->ips, leak, sizeof(leak)));
    ip_stack_destroy(w->ips);
    vclock_destroy(w->clock);
    assert_int_equal(w->counted.blocks, 0);
}

static void two_hundred_hosts_one_after_another_do_the_same(void **state)
{
    static world_t first, w;
    (void)state;
    begin(&first);
    run(first.clock);
    end(&first);
    for (size_t i = 1; i < WORLDS; i++) {
        begin(&w);
        run(w.clock);
        end(&w);
        assert_string_equal(w.record, first.record);
    }
}

/* In turn, one timer of each. */
static void two_hundred_hosts_side_by_side_do_the_same(void **state)
{
    (void)state;
    world_t *worlds = calloc(WORLDS, sizeof(*worlds));
    for (size_t i = 0; i < WORLDS; i++)
        begin(&worlds[i]);
    for (size_t busy = WORLDS; busy > 0;) {
        busy = 0;
        for (size_t i = 0; i < WORLDS; i++)
            busy += vclock_run_next(worlds[i].clock);
    }
    for (size_t i = 0; i < WORLDS; i++) {
        end(&worlds[i]);
        assert_string_equal(worlds[i].record, worlds[0].record);
    }
    free(worlds);
}

/* ---- contracts ---- */

static void a_schedule_that_is_none_is_einval(void **state)
{
    (void)state;
    static const uint64_t late[] = {1, 2}, twice[] = {0, 5, 5};
    static const struct {
        const char *name;
        syn_schedule_t syns;
    } rows[] = {{"empty", {syns_us, 0, 30000000}},
                {"does not begin at 0", {late, 2, 30000000}},
                {"does not ascend", {twice, 3, 30000000}},
                {"has no end", {syns_us, 2, 0}},
                {"ends before its last SYN", {syns_us, 2, 3374999}}};
    vclock_t *clock = vclock_create();
    ip_stack_t *ips = ip_stack_create(clock, 1, &build);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ip_build_t odd = {.ib_syns = rows[i].syns};
        errno = 0;
        if (ip_stack_create(clock, 1, &odd) != NULL || errno != EINVAL)
            fail_msg("a schedule that is %s is taken", rows[i].name);
        assert_int_equal(ip_stack_set_build(ips, &odd), EINVAL);
    }
    assert_int_equal(ip_stack_set_build(ips, &build), 0);
    ip_stack_destroy(ips);
    vclock_destroy(clock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_memory_of_a_world_is_its_owners),
        cmocka_unit_test(each_block_that_is_refused_is_an_errno_or_a_lost_packet),
        cmocka_unit_test(what_is_lost_for_want_of_memory_is_told),
        cmocka_unit_test(many_connections_and_sockets_are_found_though_no_table_grows),
        cmocka_unit_test(a_listener_without_memory_is_enomem),
        cmocka_unit_test(a_send_without_memory_says_whether_to_wait),
        cmocka_unit_test(two_hundred_hosts_one_after_another_do_the_same),
        cmocka_unit_test(two_hundred_hosts_side_by_side_do_the_same),
        cmocka_unit_test(a_schedule_that_is_none_is_einval),
        cmocka_unit_test(times_without_memory_are_tried_again_until_there_is_some),
    };
    return cmocka_run_group_tests_name("stack/memory", tests, NULL, NULL);
}
