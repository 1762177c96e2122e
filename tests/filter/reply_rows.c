/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/reply_rows.h"

#include "filter/fr_check.h"
#include "filter/ipf_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static int fake_inject(void *stack, inject_t style, net_inject_t *inject)
{
    fake_t *fake = stack;
    assert_int_equal(style, NI_DIRECT_OUT);
    assert_null(fake->injected);
    fake->injected = inject->ni_packet;
    return 0;
}

static int fake_getifaddr(void *stack, phy_if_t phy, int family, uint8_t address[16],
                          unsigned *bits)
{
    static const uint8_t four[4] = {192, 168, 1, 5};
    static const uint8_t six[16] = {0x20, 0x01, 0x0d, 0xb8, [15] = 5};
    (void)stack;
    *bits = 24;
    if (phy != 2)
        return -1;
    memcpy(address, family == AF_INET ? four : six, family == AF_INET ? 4 : 16);
    return 0;
}

static void fake_loopback(void *stack, mblk_t *mp)
{
    ((fake_t *)stack)->injected = mp;
}

const net_protocol_t fake_protocol = {.netp_name = NHF_INET,
                                      .netp_inject = fake_inject,
                                      .netp_getifaddr = fake_getifaddr,
                                      .netp_loopback = fake_loopback};

static void watch(void *arg, const ipf_event_t *event)
{
    fake_t *fake = arg;
    if (event->kind == IPF_EV_REFUSED)
        snprintf(fake->refused, sizeof(fake->refused), "%s", event->reason);
}

const ipf_build_t post_build = {
    .ifb_oow_is_answered = true, .ifb_icmp_quote = 8, .ifb_reply_ttl = 255, .ifb_reply_hops = 127};
const ipf_build_t linux_build = {.ifb_out_is_answered = true,
                                 .ifb_plain_rst = true,
                                 .ifb_icmp_quote = 548,
                                 .ifb_reply_ttl = 64,
                                 .ifb_reply_hops = 64};

mblk_t *packet_of(const char *hex)
{
    mblk_t *mp = allocb(strlen(hex));
    unsigned byte;
    for (const char *p = hex; sscanf(p, "%2x", &byte) == 1; p += p[2] == ' ' ? 3 : 2) {
        *mp->b_wptr++ = (uint8_t)byte;
        if (p[2] == '\0')
            break;
    }
    return mp;
}

void judge(fake_t *fake, const row_t *row, const ipf_build_t *build, ipf_reply_mode_t mode,
           uint32_t flags, phy_if_t phy, mblk_t **mp)
{
    struct net_data net = {.netd_info = &fake_protocol, .netd_stack = fake};
    qpktinfo_t qpi = {.qpi_ifname = "e1000g0", .qpi_ill = phy, .qpi_flags = flags};
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, row->rule, strlen(row->rule), NULL, NULL), 0);
    bool six = (*mp)->b_rptr[0] >> 4 == 6; /* each family has its own */
    ipf_attach(ifs, six ? NULL : &net, six ? &net : NULL);
    ipf_set_build(ifs, build);
    ipf_set_reply_mode(ifs, mode);
    ipf_set_probe(ifs, watch, fake);
    fr_check(ifs, &qpi, false, mp);
    ipf_destroy(ifs);
}

static void same(const row_t *row, const mblk_t *mp)
{
    const char *hex = mp != NULL ? packet_hex(mp->b_rptr, msgdsize(mp)) : "nothing";
    if (strcmp(hex, row->after) != 0)
        fail_msg("%s:\n%s\n%s", row->name, hex, row->after);
}

void turned(const row_t *rows, size_t count, const ipf_build_t *build)
{
    for (size_t i = 0; i < count; i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_of(rows[i].before);
        mp->b_packet = 42;
        judge(&fake, &rows[i], build, IPF_REPLY_REWRITE, FI_NOCKSUM, 1, &mp);
        assert_null(fake.injected);
        same(&rows[i], mp);
        assert_int_equal(mp->b_packet, 42);
        freemsg(mp);
        assert_int_equal(mblk_in_use(), 0);
    }
}

void sent(const row_t *rows, size_t count, const ipf_build_t *build, ipf_reply_mode_t mode,
          uint32_t flags)
{
    for (size_t i = 0; i < count; i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_of(rows[i].before);
        judge(&fake, &rows[i], build, mode, flags, 2, &mp);
        assert_null(mp);
        if (rows[i].after != NULL)
            same(&rows[i], fake.injected);
        else
            assert_string_equal(fake.refused, rows[i].name);
        assert_int_equal(fake.injected != NULL, rows[i].after != NULL);
        freemsg(fake.injected);
        assert_int_equal(mblk_in_use(), 0);
    }
}
