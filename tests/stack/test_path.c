/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The path below the sockets: what ip_wput_local lets through, which endpoint ip_fanout_tcp finds
 * and what becomes of the segment there, the stack's own RST, and net_inject.
 */
#include "stack/in_cksum.h"
#include "stack/wire.h"
#include "tests/stack/host.h"

#include <arpa/inet.h>

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, PSH = 0x08, ACK = 0x10, URG = 0x20 };

/* ---- a hook that changes one packet ---- */

/* What the fan-out is to see in place of the first packet that has these flags. */
typedef struct change {
    uint8_t on;       /* the packet's flags */
    uint8_t flags;    /* the new ones */
    int32_t seq, ack; /* what is added */
    bool done;
    hook_t hook;
} change_t;

static void fix_checksums(mblk_t *mp)
{
    uint8_t *ip = mp->b_rptr;
    size_t length = get16(ip + 2) - 20u;
    put16(ip + 36, 0);
    put16(ip + 36, in_cksum_pseudo(ip + 12, ip + 16, 4, IPPROTO_TCP, ip + 20, length));
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, 20));
}

static int change_one(hook_event_token_t token, hook_data_t data, void *arg)
{
    change_t *change = arg;
    uint8_t *tcp = (*((hook_pkt_event_t *)data)->hpe_mp)->b_rptr + 20;
    (void)token;
    if (change->done || tcp[13] != change->on)
        return 0;
    change->done = true;
    tcp[13] = change->flags;
    put32(tcp + 4, get32(tcp + 4) + (uint32_t)change->seq);
    put32(tcp + 8, get32(tcp + 8) + (uint32_t)change->ack);
    fix_checksums(*((hook_pkt_event_t *)data)->hpe_mp);
    return 0;
}

static void install(host_t *host, change_t *change)
{
    change->hook = (hook_t){
        .h_version = HOOK_VERSION, .h_func = change_one, .h_name = "change", .h_arg = change};
    assert_int_equal(
        net_hook_register(ip_stack_net(host->ips, NHF_INET), NH_LOOPBACK_IN, &change->hook), 0);
}

/* ---- the fan-out ---- */

/* Rows: what the answer to the SYN is changed to, and what the client makes of it. Where it is
 * ignored, the next SYN is answered by the SYN|ACK; where it is answered, the server's endpoint
 * dies of the RST and the next SYN connects. */
static void a_segment_for_syn_sent_is_judged_by_its_flags_and_its_ack(void **state)
{
    static const struct {
        const char *name;
        uint8_t flags;
        int32_t ack;
        const char *log;
        int error;
        uint64_t now_us;
    } rows[] = {
        {"a RST with the right ack", RST | ACK, 0, "SYN_SENT flags 14", ECONNREFUSED, 0},
        {"a RST with a wrong ack", RST | ACK, 1, "SYN_SENT: wrong ack: RST ignored", 0, 3375000},
        {"a RST without an ACK", RST, 0, "SYN_SENT: RST without ACK: ignored", 0, 3375000},
        {"an ACK with a wrong ack", SYN | ACK, 5, "SYN_SENT: wrong ack: answered with a RST", 0,
         3375000},
        {"an ACK alone", ACK, 0, "SYN_SENT: neither SYN nor RST: ignored", 0, 3375000},
        {"a SYN alone", SYN, 0, "SYN_SENT: a simultaneous open: answered with a SYN|ACK",
         ECONNREFUSED, 0}, /* by the listener's endpoint, which expects no SYN|ACK */
        {"no flag that counts", FIN, 0, "SYN_SENT: neither SYN nor RST: ignored", 0, 3375000},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        change_t change = {.on = SYN | ACK, .flags = rows[i].flags, .ack = rows[i].ack};
        sonode_t *listener, *so;
        install(host, &change);
        assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_connect(host, so);
        if (log_count(host, rows[i].log) == 0 || so_connect_error(so) != rows[i].error ||
            vclock_now(host->clock) != rows[i].now_us)
            fail_msg("%s: error %d at %lu us\n%s", rows[i].name, so_connect_error(so),
                     (unsigned long)vclock_now(host->clock), host->log);
        so_close(so);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
    (void)state;
}

/* Rows: what the SYN is changed to, on its way to a listener. */
static void a_listener_takes_syns_and_answers_acks_with_a_rst(void **state)
{
    static const struct {
        uint8_t flags;
        const char *log;
        size_t resets;
    } rows[] = {
        {SYN, "fanout ip_fanout_tcp LISTEN flags 2", 0},
        {ACK, "LISTEN: not a SYN: answered with a RST", 1},
        {SYN | ACK, "LISTEN: not a SYN: answered with a RST", 1},
        {RST, "LISTEN: not a SYN: ignored", 0},
        {RST | ACK, "LISTEN: not a SYN: ignored", 0},
        {FIN, "LISTEN: not a SYN: ignored", 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        change_t change = {.on = SYN, .flags = rows[i].flags};
        sonode_t *listener, *so;
        install(host, &change);
        assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_until(host, 0);
        if (log_count(host, rows[i].log) != 1 ||
            ip_stack_stats(host->ips)->resets_sent != rows[i].resets)
            fail_msg("flags %02x: %s\n%s", rows[i].flags, rows[i].log, host->log);
        so_close(so);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
    (void)state;
}

/* Rows: what the last packet of the handshake is changed to. */
static void an_ack_that_does_not_end_the_handshake_is_answered_with_a_rst(void **state)
{
    static const struct {
        uint8_t flags;
        int32_t seq, ack;
        const char *log;
    } rows[] = {
        {SYN | ACK, -1, 0, "SYN_RCVD: SYN|ACK: answered with a RST"},
        {ACK, 0, 1, "SYN_RCVD: wrong ack: answered with a RST"},
        {ACK, 0, -1, "SYN_RCVD: wrong ack: answered with a RST"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        change_t change = {
            .on = ACK, .flags = rows[i].flags, .seq = rows[i].seq, .ack = rows[i].ack};
        sonode_t *listener, *so;
        install(host, &change);
        assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_until(host, 0);
        if (log_count(host, rows[i].log) != 1 || ip_stack_stats(host->ips)->resets_sent != 1)
            fail_msg("%s\n%s", rows[i].log, host->log);
        so_close(so);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
    (void)state;
}

/* Rows: the first data segment becomes a RST; whether its receiver dies of it. Solaris takes any
 * seq inside of the window; lwIP alone would take only the next one. */
static void an_established_endpoint_dies_of_a_rst_inside_its_window(void **state)
{
    static const struct {
        int32_t seq;
        int error;
    } rows[] = {
        {0, ECONNRESET}, {1, ECONNRESET}, {1000, ECONNRESET}, {-1, EAGAIN}, {70000, EAGAIN}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        change_t change = {.on = PSH | ACK, .flags = RST, .seq = rows[i].seq};
        sonode_t *listener, *client, *server;
        char buffer[10];
        size_t n;
        connect_pair(host, &listener, &client, &server);
        install(host, &change);
        assert_int_equal(so_send(client, "hello", 5, &n), 0);
        run_until(host, vclock_now(host->clock));
        assert_true(change.done);
        assert_int_equal(so_recv(server, buffer, sizeof(buffer), &n), rows[i].error);
        assert_int_equal(log_count(host, "RST outside the window: ignored"),
                         rows[i].error == EAGAIN);
        so_close(client);
        so_close(server);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
    (void)state;
}

/* lwIP frees an endpoint after the call that tells us: the socket was gone by then. */
static void a_connection_that_is_reset_before_it_is_accepted_leaves_its_listener(void **state)
{
    host_t *host = *state;
    change_t change = {.on = PSH | ACK, .flags = RST};
    sonode_t *listener, *client, *server;
    size_t n;
    install(host, &change);
    assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &client), EINPROGRESS);
    run_connect(host, client);
    assert_int_equal(so_send(client, "hello", 5, &n), 0);
    run_until(host, vclock_now(host->clock));
    assert_true(change.done);
    assert_int_equal(so_accept(listener, &server), EAGAIN);
    so_close(client);
    so_close(listener);
}

/* ---- what ip_wput_local discards ---- */

typedef struct patch {
    size_t at;
    uint8_t byte;
    bool fix; /* the IP checksum */
    bool all; /* both checksums, in a packet that has a TCP header */
    hook_t hook;
} patch_t;

static int patch_byte(hook_event_token_t token, hook_data_t data, void *arg)
{
    const patch_t *patch = arg;
    uint8_t *ip = (*((hook_pkt_event_t *)data)->hpe_mp)->b_rptr;
    (void)token;
    if (patch->at >= msgdsize(*((hook_pkt_event_t *)data)->hpe_mp))
        return 0;
    ip[patch->at] = patch->byte;
    if (patch->all)
        fix_checksums(*((hook_pkt_event_t *)data)->hpe_mp);
    if (patch->fix) {
        put16(ip + 10, 0);
        put16(ip + 10, in_cksum(ip, (size_t)(ip[0] & 0x0f) * 4));
    }
    return 0;
}

static void what_cannot_be_delivered_is_discarded_with_its_reason(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        bool fix;
        const char *reason;
    } rows[] = {
        {0, 0x55, true, "not an IP packet"},
        {0, 0x65, false, "bad IP length"},
        {0, 0x44, true, "bad IP length"},
        {2, 0x01, true, "bad IP length"},
        {3, 0x13, true, "bad IP length"},
        {3, 0x20, true, "TCP header cut short"},
        {8, 0x01, false, "bad IP checksum"},
        {6, 0x20, true, "a fragment of a wrong length"},
        {9, IPPROTO_UDP, true, "bad UDP length"},
        {9, IPPROTO_IGMP, true, "not TCP, UDP or ICMP: other protocols are not modelled"},
        {19, 2, true, "its destination is not the host's"},
        {32, 0x40, false, "bad TCP header length"},
        {32, 0xf0, false, "bad TCP header length"},
        {40, 0xff, false, "bad TCP checksum"},
    };
    host_t *host = *state;
    sonode_t *so;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_handle_t inet = ip_stack_net(host->ips, NHF_INET);
        patch_t patch = {.at = rows[i].at, .byte = rows[i].byte, .fix = rows[i].fix};
        patch.hook = (hook_t){
            .h_version = HOOK_VERSION, .h_func = patch_byte, .h_name = "patch", .h_arg = &patch};
        assert_int_equal(net_hook_register(inet, NH_LOOPBACK_OUT, &patch.hook), 0);
        host->log[0] = '\0';
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_until(host, 0);
        if (log_count(host, rows[i].reason) != 1 || log_count(host, "discard") != 1)
            fail_msg("%s\n%s", rows[i].reason, host->log);
        assert_int_equal(ip_stack_stats(host->ips)->in_discards, i + 1);
        so_close(so);
        assert_int_equal(net_hook_unregister(inet, NH_LOOPBACK_OUT, &patch.hook), 0);
    }
}

/* lwIP would read a malformed option over the end of the packet; Solaris stops at it. */
static void malformed_options_end_the_options_and_not_the_connection(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
    } rows[] = {{41, 0}, {41, 1}, {41, 45}, {41, 255}, {62, 1}, {62, 99}, {63, 254}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        void *own;
        host_setup(&own);
        host_t *host = own;
        sonode_t *listener, *so;
        patch_t patch = {.at = rows[i].at, .byte = rows[i].byte, .all = true};
        patch.hook = (hook_t){
            .h_version = HOOK_VERSION, .h_func = patch_byte, .h_name = "patch", .h_arg = &patch};
        assert_int_equal(
            net_hook_register(ip_stack_net(host->ips, NHF_INET), NH_LOOPBACK_OUT, &patch.hook), 0);
        assert_int_equal(so_listen(host->ips, &loopback, 22, 5, &listener), 0);
        assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
        run_connect(host, so);
        if (so_connect_error(so) != 0 || vclock_now(host->clock) != 0)
            fail_msg("byte %zu = %u\n%s", rows[i].at, rows[i].byte, host->log);
        so_close(so);
        so_close(listener);
        assert_int_equal(host_teardown(&own), 0);
    }
    (void)state;
}

/* ---- the stack's own RST ---- */

typedef struct kept {
    uint8_t bytes[128];
    size_t size;
    hook_t hook;
} kept_t;

static int keep_rst(hook_event_token_t token, hook_data_t data, void *arg)
{
    kept_t *kept = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    (void)token;
    if ((mp->b_rptr[33] & RST) != 0) {
        kept->size = msgdsize(mp);
        memcpy(kept->bytes, mp->b_rptr, kept->size);
    }
    return 0;
}

static void the_stacks_own_rst_is_40_bytes_and_passes_both_hooks(void **state)
{
    host_t *host = *state;
    kept_t out = {0}, in = {0};
    sonode_t *so;
    net_handle_t inet = ip_stack_net(host->ips, NHF_INET);
    out.hook =
        (hook_t){.h_version = HOOK_VERSION, .h_func = keep_rst, .h_name = "out", .h_arg = &out};
    in.hook = (hook_t){.h_version = HOOK_VERSION, .h_func = keep_rst, .h_name = "in", .h_arg = &in};
    assert_int_equal(net_hook_register(inet, NH_LOOPBACK_OUT, &out.hook), 0);
    assert_int_equal(net_hook_register(inet, NH_LOOPBACK_IN, &in.hook), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    uint16_t port = so_local(so).ie_port;
    run_connect(host, so);

    static const uint8_t head[12] = {0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, IPPROTO_TCP, 0x3c, 0xce};
    assert_int_equal(out.size, 40);
    assert_memory_equal(out.bytes, head, sizeof(head));
    assert_int_equal(get16(out.bytes + 20), 22);
    assert_int_equal(get16(out.bytes + 22), port);
    assert_int_equal(get32(out.bytes + 24), 0);
    assert_int_equal(out.bytes[32], 0x50);
    assert_int_equal(out.bytes[33], RST | ACK);
    assert_int_equal(get16(out.bytes + 34), 0);
    assert_int_equal(in_cksum_pseudo(out.bytes + 12, out.bytes + 16, 4, 6, out.bytes + 20, 20), 0);
    assert_int_equal(in.size, 40);
    assert_memory_equal(in.bytes, out.bytes, 40);
    so_close(so);
    assert_int_equal(net_hook_unregister(inet, NH_LOOPBACK_OUT, &out.hook), 0);
    assert_int_equal(net_hook_unregister(inet, NH_LOOPBACK_IN, &in.hook), 0);
}

/* ---- net_inject ---- */

static net_inject_t packet_to(const char *address, phy_if_t phy)
{
    net_inject_t inject = {
        .ni_version = NETINFO_VERSION, .ni_packet = allocb(40), .ni_physical = phy};
    struct sockaddr_in sin = {.sin_family = AF_INET};
    inject.ni_packet->b_wptr += 40;
    memset(inject.ni_packet->b_rptr, 0, 40);
    inet_pton(AF_INET, address, &sin.sin_addr);
    memcpy(&inject.ni_addr, &sin, sizeof(sin));
    return inject;
}

/* The reason for all this: the route to the host's own address leads to no wire. */
static void net_inject_finds_no_way_out_and_takes_the_packet(void **state)
{
    static const struct {
        inject_t style;
        const char *address;
        phy_if_t phy;
        const char *log;
    } rows[] = {
        {NI_DIRECT_OUT, "127.0.0.1", 1, "net_inject NI_DIRECT_OUT: IRE_LOOPBACK"},
        {NI_DIRECT_OUT, "192.0.2.1", 1, "net_inject NI_DIRECT_OUT: no route"},
        {NI_QUEUE_IN, "127.0.0.1", 1, "net_inject NI_QUEUE_IN: no input"},
        {NI_QUEUE_IN, "127.0.0.1", 9, "net_inject NI_QUEUE_IN: no input"},
    };
    host_t *host = *state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        net_inject_t inject = packet_to(rows[i].address, rows[i].phy);
        host->log[0] = '\0';
        assert_int_equal(net_inject(ip_stack_net(host->ips, NHF_INET), rows[i].style, &inject), 1);
        assert_int_equal(log_count(host, rows[i].log), 1);
        assert_int_equal(ip_stack_stats(host->ips)->out_discards, i + 1);
        assert_int_equal(mblk_in_use(), 0);
    }
}

static void what_is_queued_outbound_passes_the_path_later_and_its_fate_is_not_told(void **state)
{
    host_t *host = *state;
    net_inject_t inject = packet_to("127.0.0.1", 1);
    assert_int_equal(net_inject(ip_stack_net(host->ips, NHF_INET), NI_QUEUE_OUT, &inject), 0);
    assert_int_equal(log_count(host, "ip_wput_ire"), 0);
    run_until(host, 0);
    assert_int_equal(log_count(host, "ip_wput_ire"), 1);
    assert_int_equal(log_count(host, "discard: not an IP packet"), 1);
}

static void interfaces_are_found_by_name_and_by_index(void **state)
{
    host_t *host = *state;
    net_handle_t inet = ip_stack_net(host->ips, NHF_INET);
    char name[32];
    assert_int_equal(net_phylookup(inet, "lo0"), 1);
    assert_int_equal(net_phylookup(inet, "bge0"), 0);
    assert_int_equal(net_phylookup(inet, ""), 0);
    assert_int_equal(net_getifname(inet, 1, name, sizeof(name)), 0);
    assert_string_equal(name, "lo0");
    assert_int_equal(net_getifname(inet, 2, name, sizeof(name)), -1);
    assert_int_equal(net_getifname(inet, 1, name, 3), -1);
}

/* ---- families ---- */

static int count_call(hook_event_token_t token, hook_data_t data, void *arg)
{
    (void)token;
    (void)data;
    ++*(int *)arg;
    return 0;
}

static void ipv4_packets_do_not_reach_the_hooks_of_inet6(void **state)
{
    host_t *host = *state;
    int calls = 0;
    hook_t hook = {
        .h_version = HOOK_VERSION, .h_func = count_call, .h_name = "six", .h_arg = &calls};
    sonode_t *so;
    net_handle_t inet6 = ip_stack_net(host->ips, NHF_INET6);
    assert_non_null(inet6);
    assert_int_equal(net_hook_register(inet6, NH_LOOPBACK_IN, &hook), 0);
    assert_int_equal(so_connect(host->ips, &loopback, 22, &so), EINPROGRESS);
    run_connect(host, so);
    assert_int_equal(calls, 0);
    so_close(so);
    assert_int_equal(net_hook_unregister(inet6, NH_LOOPBACK_IN, &hook), 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_segment_for_syn_sent_is_judged_by_its_flags_and_its_ack),
        cmocka_unit_test(a_listener_takes_syns_and_answers_acks_with_a_rst),
        cmocka_unit_test(an_ack_that_does_not_end_the_handshake_is_answered_with_a_rst),
        cmocka_unit_test(an_established_endpoint_dies_of_a_rst_inside_its_window),
        test(a_connection_that_is_reset_before_it_is_accepted_leaves_its_listener),
        test(what_cannot_be_delivered_is_discarded_with_its_reason),
        cmocka_unit_test(malformed_options_end_the_options_and_not_the_connection),
        test(the_stacks_own_rst_is_40_bytes_and_passes_both_hooks),
        test(net_inject_finds_no_way_out_and_takes_the_packet),
        test(what_is_queued_outbound_passes_the_path_later_and_its_fate_is_not_told),
        test(interfaces_are_found_by_name_and_by_index),
        test(ipv4_packets_do_not_reach_the_hooks_of_inet6),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
