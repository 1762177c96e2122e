/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/stack/segment.h"

#include "stack/in_cksum.h"
#include "stack/wire.h"

#define IPV4_HLEN 20u
#define IPV6_HLEN 40u
#define TCP_HLEN  20u

size_t transport_at(const mblk_t *mp)
{
    return mp->b_rptr[0] >> 4 == 6 ? IPV6_HLEN : (size_t)(mp->b_rptr[0] & 0x0f) * 4;
}

static void fix4(uint8_t *ip)
{
    size_t header = (size_t)(ip[0] & 0x0f) * 4;
    put16(ip + 10, 0);
    put16(ip + 10, in_cksum(ip, header));
}

static size_t sum_at(uint8_t proto)
{
    return proto == IPPROTO_TCP ? 16 : proto == IPPROTO_UDP ? 6 : 2;
}

void packet_fix(mblk_t *mp)
{
    uint8_t *ip = mp->b_rptr;
    bool v6 = ip[0] >> 4 == 6;
    uint8_t proto = v6 ? ip[6] : ip[9];
    uint8_t *payload = ip + transport_at(mp);
    size_t length = (size_t)(mp->b_wptr - payload), at = sum_at(proto);
    if (!v6)
        fix4(ip);
    if (length < at + 2)
        return;
    put16(payload + at, 0);
    put16(payload + at, proto == IPPROTO_ICMP
                            ? in_cksum(payload, length)
                            : in_cksum_pseudo(ip + (v6 ? 8 : 12), ip + (v6 ? 24 : 16), v6 ? 16 : 4,
                                              proto, payload, length));
}

mblk_t *packet_of(const in6_addr_t *src, const in6_addr_t *dst, uint8_t proto,
                  const uint8_t *payload, size_t length)
{
    bool v6 = ip_address_family(src) == AF_INET6;
    size_t header = v6 ? IPV6_HLEN : IPV4_HLEN;
    mblk_t *mp = allocb(header + length);
    uint8_t *ip = mp->b_rptr;
    mp->b_wptr += header + length;
    ip[0] = v6 ? 0x60 : 0x45;
    put16(ip + (v6 ? 4 : 2), (uint16_t)(v6 ? length : header + length));
    ip[v6 ? 7 : 8] = 64;
    ip[v6 ? 6 : 9] = proto;
    ip_address_put(src, ip + (v6 ? 8 : 12));
    ip_address_put(dst, ip + (v6 ? 24 : 16));
    if (length > 0)
        memcpy(ip + header, payload, length);
    packet_fix(mp);
    return mp;
}

mblk_t *segment_of(const ip_endpoint_t *src, const ip_endpoint_t *dst, uint8_t flags, uint32_t seq,
                   uint32_t ack)
{
    uint8_t tcp[TCP_HLEN] = {0};
    put16(tcp, src->ie_port);
    put16(tcp + 2, dst->ie_port);
    put32(tcp + 4, seq);
    put32(tcp + 8, ack);
    tcp[12] = 0x50;
    tcp[13] = flags;
    put16(tcp + 14, 49152);
    return packet_of(&src->ie_addr, &dst->ie_addr, IPPROTO_TCP, tcp, sizeof(tcp));
}

mblk_t *icmp_about(const in6_addr_t *src, const in6_addr_t *dst, uint8_t type, uint8_t code,
                   const uint8_t *quoted, size_t length)
{
    uint8_t icmp[256] = {type, code};
    assert_true(length + 8 <= sizeof(icmp));
    memcpy(icmp + 8, quoted, length);
    bool v6 = ip_address_family(src) == AF_INET6;
    return packet_of(src, dst, v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, icmp, 8 + length);
}

void put_udp(uint8_t *udp, uint16_t sport, uint16_t dport, const void *data, size_t length)
{
    put16(udp, sport);
    put16(udp + 2, dport);
    put16(udp + 4, (uint16_t)(8 + length));
    put16(udp + 6, 0);
    if (length > 0)
        memcpy(udp + 8, data, length);
}

void send_packet(host_t *host, mblk_t *mp)
{
    net_loopback(ip_stack_net(host->ips, NHF_INET), mp);
    run_until(host, vclock_now(host->clock));
}

/* ---- the watch ---- */

static void note(sent_t *sent, const mblk_t *mp, const uint8_t *tcp)
{
    uint8_t flags = tcp[13];
    size_t data = (size_t)(mp->b_wptr - tcp) - (size_t)(tcp[12] >> 4) * 4;
    uint32_t length = (uint32_t)data + ((flags & SYN) != 0) + ((flags & FIN) != 0);
    if ((flags & SYN) != 0)
        sent->iss = get32(tcp + 4);
    if ((flags & ACK) != 0)
        sent->rcv_nxt = get32(tcp + 8);
    sent->snd_nxt = get32(tcp + 4) + length;
    if (length == 0)
        return;
    sent->last_length = msgdsize(mp) < sizeof(sent->last) ? msgdsize(mp) : sizeof(sent->last);
    memcpy(sent->last, mp->b_rptr, sent->last_length);
}

static int on_packet(hook_event_token_t token, hook_data_t data, void *arg)
{
    watch_t *watch = arg;
    const mblk_t *mp = *((hook_pkt_event_t *)data)->hpe_mp;
    const uint8_t *tcp = mp->b_rptr + transport_at(mp);
    (void)token;
    if (watch->off || mp->b_rptr[mp->b_rptr[0] >> 4 == 6 ? 6 : 9] != IPPROTO_TCP)
        return 0;
    unsigned side = get16(tcp) == 22 ? SERVER : CLIENT;
    note(&watch->sent[side], mp, tcp);
    return (watch->eats >> side & 1) != 0 && (tcp[13] & watch->mask) == watch->flags;
}

void watch_install(host_t *host, watch_t *watch)
{
    static const char *const families[] = {NHF_INET, NHF_INET6};
    for (size_t i = 0; i < 2; i++) {
        watch->hooks[i] = (hook_t){
            .h_version = HOOK_VERSION, .h_func = on_packet, .h_name = "watch", .h_arg = watch};
        assert_int_equal(net_hook_register(ip_stack_net(host->ips, families[i]), NH_LOOPBACK_OUT,
                                           &watch->hooks[i]),
                         0);
    }
}
