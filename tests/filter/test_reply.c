/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The reply stage: fr_make_rst byte for byte, fr_send_reset byte for byte, and what each mode
 * counts, returns and reports.
 */
#include "filter/fr_check.h"
#include "stack/in_cksum.h"
#include "stack/neti.h"
#include "tests/filter/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define UDP 17
#define MF  0x2000
#define DF  0x4000

/* A stack that is none: it keeps what was injected. */
typedef struct fake {
    ipf_stack_t *ifs;
    int result; /* what net_inject returns */
    int injected;
    inject_t style;
    phy_if_t physical;
    char next_hop[INET_ADDRSTRLEN];
    char packet[512];
    bool sums_right;
    char events[512];
} fake_t;

static int fake_inject(void *stack, inject_t style, net_inject_t *inject)
{
    fake_t *fake = stack;
    struct sockaddr_in sin;

    memcpy(&sin, &inject->ni_addr, sizeof(sin));
    inet_ntop(AF_INET, &sin.sin_addr, fake->next_hop, sizeof(fake->next_hop));
    fake->injected++;
    fake->style = style;
    fake->physical = inject->ni_physical;
    snprintf(fake->packet, sizeof(fake->packet), "%s",
             packet_hex(inject->ni_packet->b_rptr, msgdsize(inject->ni_packet)));
    fake->sums_right = packet_sums_right(inject->ni_packet);
    freemsg(inject->ni_packet);
    return fake->result;
}

static const net_protocol_t fake_protocol = {.netp_name = NHF_INET, .netp_inject = fake_inject};

static void watch(void *arg, const ipf_event_t *event)
{
    static const char *const names[] = {
        [IPF_EV_RULE] = "RULE",
        [IPF_EV_NOMATCH] = "NOMATCH",
        [IPF_EV_STATE] = "STATE",
        [IPF_EV_ADDSTATE] = "ADDSTATE",
        [IPF_EV_LOG] = "LOG",
        [IPF_EV_MAKE_RST] = "MAKE_RST",
        [IPF_EV_MAKE_ICMP] = "MAKE_ICMP",
        [IPF_EV_INJECTED] = "INJECTED",
    };
    fake_t *fake = arg;
    size_t at = strlen(fake->events);

    assert_non_null(event->packet);
    at += (size_t)snprintf(fake->events + at, sizeof(fake->events) - at, "%s%s", at > 0 ? " " : "",
                           names[event->kind] != NULL ? names[event->kind] : event->function);
    if (event->reason != NULL)
        at += (size_t)snprintf(fake->events + at, sizeof(fake->events) - at, "(%s)", event->reason);
    if (event->kind == IPF_EV_INJECTED)
        snprintf(fake->events + at, sizeof(fake->events) - at, "=%d", event->value);
    if (event->kind != IPF_EV_RULE)
        assert_true(event->block); /* what is answered is blocked */
    if (event->kind == IPF_EV_MAKE_RST) {
        assert_string_equal(event->function, "fr_make_rst");
        assert_int_equal(event->before_length, event->length);
        assert_memory_equal(event->before + 12, event->packet + 16, 4);
        assert_int_equal(event->packet[33], 0x14);
    }
}

static const char block_all[] = "block return-rst in on lo0 all\nblock return-rst out all";

/* Judges a packet through the loopback-in hook's eyes; what is left of it is *mp. */
static int judge_with(fake_t *fake, const char *rules, ipf_reply_mode_t mode, bool out,
                      uint32_t flags, mblk_t **mp)
{
    struct net_data net = {.netd_info = &fake_protocol, .netd_stack = fake};
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 7, .qpi_flags = flags};
    fake->ifs = ipf_create();
    assert_int_equal(ipf_load(fake->ifs, rules, strlen(rules), NULL, NULL), 0);
    ipf_attach(fake->ifs, &net, NULL);
    ipf_set_reply_mode(fake->ifs, mode);
    ipf_set_probe(fake->ifs, watch, fake);
    int result = fr_check(fake->ifs, &qpi, out, mp);
    ipf_attach(fake->ifs, NULL, NULL);
    return result;
}

static void check_stats(const fake_t *fake, const filterstats_t *in, const filterstats_t *out,
                        uint64_t routed, uint64_t failed)
{
    friostat_t want = {.f_froute = {routed, failed}};
    if (in != NULL)
        want.f_st[0] = *in;
    if (out != NULL)
        want.f_st[1] = *out;
    assert_memory_equal(ipf_stats(fake->ifs), &want, sizeof(want));
}

/* ---- fr_make_rst ---- */

typedef struct rewritten {
    const char *name;
    packet_t packet;
    const char *before;
    const char *after;
} rewritten_t;

static const rewritten_t rewritten[] = {
    {"a SYN keeps its options, its window and its length",
     {.options = 24, .frag = DF},
     "45000040 12344000 40062a82 7f000001 7f000001 80e90016 01020304 00000000 b002c000 d8a50000 "
     "02042000 0101080a 00000007 00000000 01030300 01010402",
     "45000040 12344000 40062a82 7f000001 7f000001 001680e9 00000000 01020305 b014c000 d8920000 "
     "02042000 0101080a 00000007 00000000 01030300 01010402"},
    {"the addresses change places",
     {.dst = "10.1.2.3"},
     "45000028 12340000 4006dd97 7f000001 0a010203 80e90016 01020304 00000000 5002c000 dfd70000",
     "45000028 12340000 4006dd97 0a010203 7f000001 001680e9 00000000 01020305 5014c000 dfc40000"},
    {"a SYN|ACK gives its ack as seq, and seq + 1 wraps",
     {.flags = "SA", .seq = 0xffffffff, .ack = 0xa0b0c0d0},
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 ffffffff a0b0c0d0 5012c000 0f4f0000",
     "45000028 12340000 40066a9a 7f000001 7f000001 001680e9 a0b0c0d0 00000000 5014c000 0f4d0000"},
    {"a FIN|ACK, and seq + 1 carries",
     {.flags = "FA", .seq = 0xffff, .ack = 5},
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 0000ffff 00000005 5011c000 70cc0000",
     "45000028 12340000 40066a9a 7f000001 7f000001 001680e9 00000005 00010000 5014c000 70c80000"},
    {"a FIN with data keeps the data, and ack is seq + 1",
     {.flags = "FPA", .ack = 0x11223344, .payload = 3},
     "4500002b 12340000 40066a97 7f000001 7f000001 80e90016 01020304 11223344 5019c000 37e10000 "
     "787878",
     "4500002b 12340000 40066a97 7f000001 7f000001 001680e9 11223344 01020305 5014c000 37e50000 "
     "787878"},
    {"a SYN|RST is answered, too",
     {.flags = "SR"},
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 01020304 00000000 5006c000 6cd60000",
     "45000028 12340000 40066a9a 7f000001 7f000001 001680e9 00000000 01020305 5014c000 6cc70000"},
    {"the ECN flags go",
     {.flags = "SEC"},
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 01020304 00000000 50c2c000 6c1a0000",
     "45000028 12340000 40066a9a 7f000001 7f000001 001680e9 00000000 01020305 5014c000 6cc70000"},
    {"a checksum that was wrong stays as wrong as it was",
     {.bad_sum = true},
     "45000028 12340000 40066a9a 7f000001 7f000001 80e90016 01020304 00000000 5002c000 39da0000",
     "45000028 12340000 40066a9a 7f000001 7f000001 001680e9 00000000 01020305 5014c000 39c70000"},
};

static void each_field_of_a_rewrite_is_as_in_solaris(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rewritten) / sizeof(rewritten[0]); i++) {
        fake_t fake = {0};
        print_message("%s\n", rewritten[i].name);
        mblk_t *mp = packet_make(&rewritten[i].packet);
        mblk_t *same = mp;
        mp->b_packet = 42;
        assert_string_equal(packet_hex(mp->b_rptr, msgdsize(mp)), rewritten[i].before);
        assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_REWRITE, false, FI_NOCKSUM, &mp),
                         0);
        assert_ptr_equal(mp, same);
        assert_int_equal(mp->b_packet, 42);
        assert_string_equal(packet_hex(mp->b_rptr, msgdsize(mp)), rewritten[i].after);
        assert_int_equal(packet_sums_right(mp), !rewritten[i].packet.bad_sum);
        assert_string_equal(fake.events, "RULE MAKE_RST");
        check_stats(&fake, &(filterstats_t){.fr_block = 1, .fr_ret = 1}, NULL, 0, 0);
        freemsg(mp);
        ipf_destroy(fake.ifs);
        assert_int_equal(mblk_in_use(), 0);
    }
}

typedef struct gone {
    packet_t packet;
    const char *events;
} gone_t;

static const gone_t not_rewritten[] = {
    {{.flags = "A"}, "RULE fr_make_rst(neither SYN nor FIN is set)"},
    {{.flags = "PA", .payload = 5}, "RULE fr_make_rst(neither SYN nor FIN is set)"},
    {{.flags = "R"}, "RULE fr_make_rst(neither SYN nor FIN is set)"},
    {{.flags = "RA"}, "RULE fr_make_rst(neither SYN nor FIN is set)"},
    {{.proto = UDP, .payload = 40}, "RULE fr_make_rst(not TCP)"},
};

static void what_cannot_be_rewritten_is_freed_and_eaten(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(not_rewritten) / sizeof(not_rewritten[0]); i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&not_rewritten[i].packet);
        assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_REWRITE, false, FI_NOCKSUM, &mp),
                         0);
        assert_null(mp);
        assert_int_equal(mblk_in_use(), 0);
        assert_string_equal(fake.events, not_rewritten[i].events);
        check_stats(&fake, &(filterstats_t){.fr_block = 1}, NULL, 0, 0);
        ipf_destroy(fake.ifs);
    }
}

/* box:rewrite_any_segment: what Solaris does not turn into a RST becomes one. */
static void any_segment_can_be_rewritten_if_that_is_switched_on(void **state)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 7, .qpi_flags = FI_NOCKSUM};
    (void)state;
    for (int on = 0; on < 2; on++) {
        ipf_stack_t *ifs = ipf_create();
        mblk_t *mp = packet_make(&(packet_t){.flags = "A"});
        assert_int_equal(ipf_load(ifs, block_all, strlen(block_all), NULL, NULL), 0);
        ipf_set_reply_mode(ifs, IPF_REPLY_REWRITE);
        ipf_set_rewrite_any(ifs, on == 1);
        assert_int_equal(fr_check(ifs, &qpi, false, &mp), 0);
        assert_int_equal(mp != NULL, on);
        if (mp != NULL)
            assert_int_equal(mp->b_rptr[33], 0x14); /* RST|ACK */
        freemsg(mp);
        ipf_destroy(ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* Half a header is no rewrite that failed: the packet is dropped as by any `block`. */
static void a_short_packet_is_dropped_without_a_reply(void **state)
{
    (void)state;
    for (int mode = IPF_REPLY_INJECT; mode <= IPF_REPLY_REWRITE; mode++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&(packet_t){.cut = 1});
        assert_int_equal(
            judge_with(&fake, block_all, (ipf_reply_mode_t)mode, false, FI_NOCKSUM, &mp),
            ENETUNREACH);
        assert_null(mp);
        assert_string_equal(fake.events,
                            "RULE fr_check(the packet is short: it is dropped, not answered)");
        check_stats(&fake, &(filterstats_t){.fr_block = 1, .fr_short = 1}, NULL, 0, 0);
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* The first fragment has the header and is answered; a later one is not looked at closer than in
 * Solaris, but for bytes that it does not have. */
static void fragments_are_not_told_apart(void **state)
{
    (void)state;
    fake_t fake = {0};
    mblk_t *mp = packet_make(&(packet_t){.frag = MF, .payload = 4});
    assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_REWRITE, false, FI_NOCKSUM, &mp), 0);
    assert_non_null(mp);
    freemsg(mp);
    ipf_destroy(fake.ifs);

    fake = (fake_t){0};
    mp = packet_make(&(packet_t){.frag = 8});
    mp->b_wptr -= 10; /* ten bytes of a later fragment */
    mp->b_rptr[3] -= 10;
    assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_REWRITE, false, FI_NOCKSUM, &mp), 0);
    assert_null(mp);
    assert_string_equal(fake.events, "RULE fr_make_rst(the TCP header is not complete)");
    ipf_destroy(fake.ifs);
    assert_int_equal(mblk_in_use(), 0);
}

static void outbound_a_reply_is_never_built(void **state)
{
    (void)state;
    for (int mode = IPF_REPLY_INJECT; mode <= IPF_REPLY_REWRITE; mode++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&(packet_t){0});
        assert_int_equal(
            judge_with(&fake, block_all, (ipf_reply_mode_t)mode, true, FI_NOCKSUM, &mp),
            ECONNRESET);
        assert_null(mp);
        assert_string_equal(fake.events,
                            "RULE fr_check(outbound packets are dropped, not answered)");
        assert_int_equal(fake.injected, 0);
        check_stats(&fake, NULL, &(filterstats_t){.fr_block = 1}, 0, 0);
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

/* The flag of return-icmp-as-dest has that of return-rst in it. */
static void outbound_the_error_is_that_of_the_reply_asked_for(void **state)
{
    static const struct {
        const char *rules;
        int error;
    } rows[] = {{"block out all", ENETUNREACH},
                {"block return-icmp out all", ENETUNREACH},
                {"block return-icmp-as-dest out all", ECONNRESET},
                {"block return-rst out all", ECONNRESET}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&(packet_t){0});
        assert_int_equal(judge_with(&fake, rows[i].rules, IPF_REPLY_REWRITE, true, FI_NOCKSUM, &mp),
                         rows[i].error);
        assert_null(mp);
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static void nobody_watching_changes_nothing(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 7, .qpi_flags = FI_NOCKSUM};
    mblk_t *mp = packet_make(&rewritten[0].packet);

    assert_int_equal(ipf_load(ifs, block_all, strlen(block_all), NULL, NULL), 0);
    assert_int_equal(ipf_reply_mode(ifs), IPF_REPLY_REWRITE);
    assert_int_equal(fr_check(ifs, &qpi, false, &mp), 0);
    assert_string_equal(packet_hex(mp->b_rptr, msgdsize(mp)), rewritten[0].after);
    freemsg(mp);
    ipf_destroy(ifs);
}

/* ---- fr_send_reset ---- */

#define LIE "1 is not below 0: counted as sent"

/* net_inject() fails with 1 on loopback, and the counters of before the fix did not notice. */
static void before_the_fix_the_counters_lied(void **state)
{
    (void)state;
    fake_t fake = {.result = 1};
    mblk_t *mp = packet_make(&(packet_t){.options = 24});

    assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_INJECT, false, FI_NOCKSUM, &mp),
                     ENETUNREACH);
    assert_null(mp);
    assert_string_equal(fake.events, "RULE fr_send_reset INJECTED(" LIE ")=1");
    check_stats(&fake, &(filterstats_t){.fr_block = 1}, &(filterstats_t){.fr_ret = 1}, 1, 0);
    assert_int_equal(fake.style, NI_DIRECT_OUT);
    assert_int_equal(fake.physical, 7);
    assert_string_equal(fake.next_hop, "127.0.0.1");
    ipf_destroy(fake.ifs);
    assert_int_equal(mblk_in_use(), 0);
}

static void no_memory_in_net_inject_is_counted_as_a_failure(void **state)
{
    (void)state;
    fake_t fake = {.result = -1};
    mblk_t *mp = packet_make(&(packet_t){0});

    assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_INJECT, false, FI_NOCKSUM, &mp),
                     ENETUNREACH);
    assert_string_equal(fake.events, "RULE fr_send_reset INJECTED(counted as failed)=-1");
    check_stats(&fake, &(filterstats_t){.fr_block = 1}, NULL, 0, 1);
    ipf_destroy(fake.ifs);
    assert_int_equal(mblk_in_use(), 0);
}

typedef struct sent {
    const char *name;
    packet_t packet;
    const char *reset;
} sent_t;

static const sent_t sent[] = {
    {"a SYN: seq 0, ack seq + 1",
     {.options = 24},
     "45000028 00004000 ff06f1cc 7f000001 0a010101 "
     "001680e9 00000000 01020305 50140000 a0c70000"},
    {"a SYN|ACK: the bare RST",
     {.flags = "SA", .ack = 5},
     "45000028 00004000 ff06f1cc 7f000001 0a010101 "
     "001680e9 00000005 00000000 50040000 a4d90000"},
    {"data: the bare RST",
     {.flags = "PA", .ack = 6, .payload = 9},
     "45000028 00004000 ff06f1cc 7f000001 0a010101 "
     "001680e9 00000006 00000000 50040000 a4d80000"},
    {"no flags: ack seq",
     {.flags = ""},
     "45000028 00004000 ff06f1cc 7f000001 0a010101 "
     "001680e9 00000000 01020304 50140000 a0c80000"},
    {"FIN with data: ack seq + 1",
     {.flags = "F", .payload = 9},
     "45000028 00004000 ff06f1cc 7f000001 0a010101 "
     "001680e9 00000000 01020305 50140000 a0c70000"},
};

static void a_reset_is_a_new_packet_of_40_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
        fake_t fake = {0};
        packet_t packet = sent[i].packet;
        packet.src = "10.1.1.1";
        print_message("%s\n", sent[i].name);
        mblk_t *mp = packet_make(&packet);
        /* On a wire the mode makes no difference. */
        assert_int_equal(
            judge_with(&fake, "block return-rst in all", IPF_REPLY_REWRITE, false, 0, &mp),
            ENETUNREACH);
        assert_string_equal(fake.packet, sent[i].reset);
        assert_true(fake.sums_right);
        assert_string_equal(fake.next_hop, "10.1.1.1");
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static const gone_t not_sent[] = {
    {{.flags = "R"}, "RULE fr_send_reset(a RST is not answered)"},
    {{.flags = "SR"}, "RULE fr_send_reset(a RST is not answered)"},
    {{.proto = UDP, .payload = 40}, "RULE fr_send_reset(not TCP)"},
};

/* Solaris writes no checksum on loopback, and verifies none there; from a wire it does. */
static void a_wrong_checksum_is_answered_on_loopback_and_dropped_from_a_wire(void **state)
{
    (void)state;
    for (int wire = 0; wire < 2; wire++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&(packet_t){.bad_sum = true});
        assert_int_equal(
            judge_with(&fake, block_all, IPF_REPLY_INJECT, false, wire ? 0 : FI_NOCKSUM, &mp),
            ENETUNREACH);
        assert_int_equal(fake.injected, wire ? 0 : 1);
        if (wire)
            assert_string_equal(fake.events, "RULE fr_send_reset(the TCP checksum is wrong)");
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

static void what_is_not_answered_by_a_reset_is_dropped(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(not_sent) / sizeof(not_sent[0]); i++) {
        fake_t fake = {0};
        mblk_t *mp = packet_make(&not_sent[i].packet);
        assert_int_equal(judge_with(&fake, block_all, IPF_REPLY_INJECT, false, FI_NOCKSUM, &mp),
                         ENETUNREACH);
        assert_null(mp);
        assert_int_equal(fake.injected, 0);
        assert_string_equal(fake.events, not_sent[i].events);
        check_stats(&fake, &(filterstats_t){.fr_block = 1}, NULL, 0, 0);
        ipf_destroy(fake.ifs);
    }
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_field_of_a_rewrite_is_as_in_solaris),
        cmocka_unit_test(what_cannot_be_rewritten_is_freed_and_eaten),
        cmocka_unit_test(any_segment_can_be_rewritten_if_that_is_switched_on),
        cmocka_unit_test(a_short_packet_is_dropped_without_a_reply),
        cmocka_unit_test(fragments_are_not_told_apart),
        cmocka_unit_test(outbound_a_reply_is_never_built),
        cmocka_unit_test(outbound_the_error_is_that_of_the_reply_asked_for),
        cmocka_unit_test(nobody_watching_changes_nothing),
        cmocka_unit_test(before_the_fix_the_counters_lied),
        cmocka_unit_test(no_memory_in_net_inject_is_counted_as_a_failure),
        cmocka_unit_test(a_reset_is_a_new_packet_of_40_bytes),
        cmocka_unit_test(a_wrong_checksum_is_answered_on_loopback_and_dropped_from_a_wire),
        cmocka_unit_test(what_is_not_answered_by_a_reset_is_dropped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
