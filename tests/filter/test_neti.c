/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the filter asks a stack and hands to it: addresses of interfaces for rules, next hops for
 * packets that a rule sends elsewhere, and its hooks. The stack is none: it notes what it gets.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "filter/ipfstat.h"
#include "stack/neti.h"
#include "tests/filter/packet.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char injected[400];
static int inject_result;

static int fake_inject(void *stack, inject_t style, net_inject_t *inject)
{
    char hop[INET6_ADDRSTRLEN] = "its destination", line[200];
    struct sockaddr_in sin;
    struct sockaddr_in6 sin6;
    (void)stack;
    memcpy(&sin, &inject->ni_addr, sizeof(sin));
    memcpy(&sin6, &inject->ni_addr, sizeof(sin6));
    if (sin.sin_family == AF_INET)
        inet_ntop(AF_INET, &sin.sin_addr, hop, sizeof(hop));
    else if (sin.sin_family == AF_INET6)
        inet_ntop(AF_INET6, &sin6.sin6_addr, hop, sizeof(hop));
    snprintf(line, sizeof(line), "%zu bytes, %s, by %u to %s\n", msgdsize(inject->ni_packet),
             style == NI_DIRECT_OUT ? "direct" : "queued", (unsigned)inject->ni_physical, hop);
    strcat(injected, line);
    freemsg(inject->ni_packet);
    return inject_result;
}

static const char *const names[] = {"lo0", "e1000g0", "bge0"};

static phy_if_t fake_phylookup(void *stack, const char *name)
{
    (void)stack;
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(names[i], name) == 0)
            return (phy_if_t)i + 1;
    }
    return 0;
}

static int fake_getifname(void *stack, phy_if_t phy, char *buffer, size_t size)
{
    (void)stack;
    if (phy == 0 || phy > 3)
        return -1;
    snprintf(buffer, size, "%s", names[phy - 1]);
    return 0;
}

static int fake_getifaddr(void *stack, phy_if_t phy, int family, uint8_t address[16],
                          unsigned *bits)
{
    static const struct {
        const char *v4, *v6;
        unsigned bits4, bits6;
    } rows[] = {{"127.0.0.1", "::1", 8, 128},
                {"192.168.77.130", "2001:db8:aaaa:bbbb:cccc::9", 26, 68},
                {"10.1.2.3", "fe80::1:ffff", 0, 120}};
    (void)stack;
    if (phy == 0 || phy > 3)
        return -1;
    inet_pton(family, family == AF_INET ? rows[phy - 1].v4 : rows[phy - 1].v6, address);
    *bits = family == AF_INET ? rows[phy - 1].bits4 : rows[phy - 1].bits6;
    return 0;
}

static uint64_t fake_now(void *stack)
{
    (void)stack;
    return 0;
}

static const net_protocol_t fake_protocol = {.netp_inject = fake_inject,
                                             .netp_phylookup = fake_phylookup,
                                             .netp_getifname = fake_getifname,
                                             .netp_getifaddr = fake_getifaddr,
                                             .netp_now = fake_now};

typedef struct box {
    struct net_data inet, inet6;
    ipf_stack_t *ifs;
} box_t;

static void box_init(box_t *box)
{
    *box = (box_t){.inet = {.netd_info = &fake_protocol,
                            .netd_hooks = hook_family_add(memory_of_process(), NHF_INET)},
                   .inet6 = {.netd_info = &fake_protocol,
                             .netd_hooks = hook_family_add(memory_of_process(), NHF_INET6)},
                   .ifs = ipf_create()};
    assert_int_equal(ipf_attach(box->ifs, &box->inet, &box->inet6), 0);
    injected[0] = '\0';
    inject_result = 0;
}

static void box_fini(box_t *box)
{
    ipf_destroy(box->ifs);
    hook_family_remove(box->inet.netd_hooks);
    hook_family_remove(box->inet6.netd_hooks);
    assert_int_equal(mblk_in_use(), 0);
}

static const char *load(box_t *box, const char *text)
{
    static char message[300];
    ipf_error_t error;
    if (ipf_load(box->ifs, text, strlen(text), NULL, &error) == 0)
        return "";
    snprintf(message, sizeof(message), "%d:%d: %s", error.line, error.column, error.message);
    return message;
}

/* ---- rules that name an interface for its address ---- */

static void an_interface_stands_for_its_address(void **state)
{
    static const struct {
        const char *rule, *address, *mask;
    } rows[] = {
        {"pass in from lo0/32 to any", "127.0.0.1", "255.255.255.255"},
        {"pass in from e1000g0/32 to any", "192.168.77.130", "255.255.255.255"},
        {"pass in from e1000g0/network to any", "192.168.77.128", "255.255.255.192"},
        {"pass in from e1000g0/netmasked to any", "192.168.77.128", "255.255.255.192"},
        {"pass in from e1000g0/broadcast to any", "192.168.77.191", "255.255.255.255"},
        {"pass in from lo0/network to any", "127.0.0.0", "255.0.0.0"},
        {"pass in from bge0/network to any", "0.0.0.0", "0.0.0.0"},
        {"pass in from bge0/broadcast to any", "255.255.255.255", "255.255.255.255"},
        {"pass in from <thishost> to any", "192.168.77.130", "255.255.255.255"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        char address[INET6_ADDRSTRLEN], mask[INET6_ADDRSTRLEN];
        box_init(&box);
        const char *error = load(&box, rows[i].rule);
        if (*error != '\0')
            fail_msg("%s: %s", rows[i].rule, error);
        const frentry_t *fr = box.ifs->ifs_rules.frs_list[0].frl_head;
        assert_int_equal(fr->fr_family, 4);
        assert_true(fr->fr_src.fra_known && !fr->fr_dst.fra_known);
        i6addr_text(&fr->fr_src.fra_addr, 4, address);
        i6addr_text(&fr->fr_src.fra_mask, 4, mask);
        if (strcmp(address, rows[i].address) != 0 || strcmp(mask, rows[i].mask) != 0)
            fail_msg("%s: %s mask %s", rows[i].rule, address, mask);
        box_fini(&box);
    }
}

static void a_rule_names_only_interfaces_that_are_there(void **state)
{
    static const struct {
        const char *rule, *error;
    } rows[] = {
        {"pass in inet6 from bge0/32 to any",
         "1:20: a rule has addresses of one family: IPv4 or IPv6"},
        {"pass in from any to net0/32", "1:21: there is no interface 'net0'"},
        {"pass in on nowhere0 all", ""}, /* it may come */
        {"pass in quick on lo0 to net0 all", "1:22: there is no interface 'net0'"},
        {"pass in on lo0 dup-to net1 all", "1:16: there is no interface 'net1'"},
        {"pass in on lo0 reply-to net2 all", "1:16: there is no interface 'net2'"},
        {"pass in on lo0 dup-to bge0 all\npass in on lo0 to bge0 all\n"
         "pass in on lo0 reply-to lo0 all",
         ""},
        {"pass in all group a", "1:19: group 'a' has no head before this rule"},
        {"pass out all head a\npass in all group a", "2:19: group 'a' is for 'out' rules"},
        {"pass in all head a\npass out all group a", "2:20: group 'a' is for 'in' rules"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        box_init(&box);
        const char *error = load(&box, rows[i].rule);
        if (strcmp(error, rows[i].error) != 0)
            fail_msg("%s: '%s'", rows[i].rule, error);
        box_fini(&box);
    }
}

static void take_line(void *arg, const char *line)
{
    strcpy(arg, line);
}

/* `ipfstat -v` marks the interfaces that are not there, each of which has another index. */
static void an_interface_that_is_not_there_is_marked(void **state)
{
    static const char *const rules[][2] = {
        {"pass in on lo0 all", "pass in on lo0 all"},
        {"pass in on bge0 all", "pass in on bge0 all"},
        {"pass in on nowhere0 all", "pass in on nowhere0(!) all"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        box_t box;
        char line[200] = "";
        box_init(&box);
        assert_string_equal(load(&box, rules[i][0]), "");
        assert_int_equal(ipfstat_rules(box.ifs, false, IPFSTAT_VERBOSE, take_line, line), 0);
        const char *rule = strstr(line, "pass ");
        assert_non_null(rule);
        assert_string_equal(rule, rules[i][1]);
        box_fini(&box);
    }
}

/* ---- packets that a rule sends elsewhere ---- */

/* An IPv6 packet without anything. */
static mblk_t *empty6(void)
{
    mblk_t *m = allocb(48);
    memset(m->b_rptr, 0, 48);
    m->b_rptr[0] = 0x60;
    m->b_rptr[5] = 8;
    m->b_rptr[6] = 59;
    m->b_rptr[7] = 64;
    m->b_rptr[23] = m->b_rptr[39] = 1;
    m->b_wptr = m->b_rptr + 48;
    return m;
}

static void a_rule_sends_packets_to_its_next_hop(void **state)
{
    static const struct {
        const char *rule;
        bool v6, goes_on;
        const char *injected;
    } rows[] = {
        {"pass in quick on lo0 to bge0 all", false, false,
         "40 bytes, direct, by 3 to its destination\n"},
        {"pass in quick on lo0 to bge0:10.9.8.7 all", false, false,
         "40 bytes, direct, by 3 to 10.9.8.7\n"},
        {"pass in quick on lo0 to bge0:2001:db8::1:2 inet6 all", true, false,
         "48 bytes, direct, by 3 to 2001:db8::1:2\n"},
        {"pass in quick on lo0 dup-to e1000g0:1.2.3.4 all", false, true,
         "40 bytes, direct, by 2 to 1.2.3.4\n"},
        {"pass in quick on lo0 dup-to e1000g0:1.2.3.4 to bge0 all", false, false,
         "40 bytes, direct, by 2 to 1.2.3.4\n40 bytes, direct, by 3 to its destination\n"},
        {"pass in quick on lo0 reply-to bge0 all", false, true, ""},
        {"pass in quick on lo0 fastroute all", false, false,
         "40 bytes, direct, by 0 to its destination\n"},
        {"pass in quick on lo0 all", false, true, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        box_init(&box);
        const char *error = load(&box, rows[i].rule);
        if (*error != '\0')
            fail_msg("%s: %s", rows[i].rule, error);
        mblk_t *m = rows[i].v6 ? empty6() : packet_make(&(packet_t){0});
        assert_int_equal(fr_check(box.ifs, &qpi, false, &m), 0);
        if ((m != NULL) != rows[i].goes_on || strcmp(injected, rows[i].injected) != 0)
            fail_msg("%s: %s%s", rows[i].rule, injected, m != NULL ? "goes on" : "");
        freemsg(m);
        box_fini(&box);
    }
}

static void what_is_sent_elsewhere_is_counted(void **state)
{
    static const struct {
        bool attached;
        int result;
        uint64_t sent, failed;
    } rows[] = {{true, 0, 1, 0}, {true, 1, 1, 0}, {true, -1, 0, 1}, {false, 0, 0, 1}};
    static const char rule[] = "pass in quick on lo0 to bge0 all";
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        box_t box;
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        box_init(&box);
        assert_string_equal(load(&box, rule), "");
        inject_result = rows[i].result;
        if (!rows[i].attached)
            assert_int_equal(ipf_attach(box.ifs, NULL, NULL), 0);
        mblk_t *m = packet_make(&(packet_t){0});
        assert_int_equal(fr_check(box.ifs, &qpi, false, &m), 0);
        assert_null(m);
        assert_int_equal(ipf_stats(box.ifs)->f_froute[0], rows[i].sent);
        assert_int_equal(ipf_stats(box.ifs)->f_froute[1], rows[i].failed);
        box_fini(&box);
    }
}

/* ---- hooks ---- */

static bool is_at(const struct net_data *net, const char *event)
{
    return hook_interested(hook_event_find(net->netd_hooks, event));
}

static void each_family_has_its_hooks(void **state)
{
    static const char *const wires[] = {NH_PHYSICAL_IN, NH_PHYSICAL_OUT};
    static const char *const loops[] = {NH_LOOPBACK_IN, NH_LOOPBACK_OUT};
    (void)state;
    for (unsigned families = 0; families < 4; families++) {
        box_t box;
        bool v4 = (families & 1) != 0, v6 = (families & 2) != 0;
        box_init(&box);
        assert_int_equal(ipf_attach(box.ifs, v4 ? &box.inet : NULL, v6 ? &box.inet6 : NULL), 0);
        assert_int_equal(fr_setipfloopback(box.ifs, true), families != 0 ? 0 : ENXIO);
        assert_int_equal(ipf_intercepts_loopback(box.ifs), families != 0);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(is_at(&box.inet, wires[i]), v4);
            assert_int_equal(is_at(&box.inet6, wires[i]), v6);
            assert_int_equal(is_at(&box.inet, loops[i]), v4);
            assert_int_equal(is_at(&box.inet6, loops[i]), v6);
        }
        assert_int_equal(fr_setipfloopback(box.ifs, false), 0);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(is_at(&box.inet, wires[i]), v4);
            assert_int_equal(is_at(&box.inet6, wires[i]), v6);
            assert_false(is_at(&box.inet, loops[i]) || is_at(&box.inet6, loops[i]));
        }
        box_fini(&box);
    }
}

static void each_hook_judges_by_its_list_and_its_interface(void **state)
{
    static const struct {
        const char *event;
        bool v6, out, loopback;
    } rows[] = {{NH_PHYSICAL_IN, false, false, false}, {NH_PHYSICAL_OUT, false, true, false},
                {NH_PHYSICAL_IN, true, false, false},  {NH_PHYSICAL_OUT, true, true, false},
                {NH_LOOPBACK_IN, false, false, true},  {NH_LOOPBACK_OUT, false, true, true},
                {NH_LOOPBACK_IN, true, false, true},   {NH_LOOPBACK_OUT, true, true, true}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (uint32_t cast = 0; cast < 3; cast++) {
            box_t box;
            box_init(&box);
            assert_int_equal(fr_setipfloopback(box.ifs, true), 0);
            assert_string_equal(load(&box, "block in on bge0 all with mcast\n"
                                           "block out on e1000g0 all with not bcast\n"
                                           "count in all with mbcast\ncount in all with bcast\n"),
                                "");
            mblk_t *m = rows[i].v6 ? empty6() : packet_make(&(packet_t){0});
            struct net_data *net = rows[i].v6 ? &box.inet6 : &box.inet;
            hook_pkt_event_t info = {.hpe_protocol = net,
                                     .hpe_ifp = rows[i].out ? 1 : 3,
                                     .hpe_ofp = rows[i].out ? 2 : 1,
                                     .hpe_hdr = m->b_rptr,
                                     .hpe_flags = cast == 1   ? HPE_MULTICAST
                                                  : cast == 2 ? HPE_BROADCAST
                                                              : 0,
                                     .hpe_mp = &m,
                                     .hpe_mb = m};
            int result =
                hook_run(net->netd_hooks, hook_event_find(net->netd_hooks, rows[i].event), &info);
            assert_int_equal(result != 0, rows[i].out ? cast != 2 : cast == 1);
            const filterstats_t *stats = &ipf_stats(box.ifs)->f_st[rows[i].out];
            assert_int_equal(stats->fr_block, result != 0);
            assert_int_equal(stats->fr_nom, result == 0);
            assert_int_equal(stats->fr_ipv6, rows[i].v6);
            assert_int_equal(stats->fr_acct, !rows[i].out && cast != 0);
            freemsg(m);
            box_fini(&box);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_interface_stands_for_its_address),
        cmocka_unit_test(a_rule_names_only_interfaces_that_are_there),
        cmocka_unit_test(an_interface_that_is_not_there_is_marked),
        cmocka_unit_test(a_rule_sends_packets_to_its_next_hop),
        cmocka_unit_test(what_is_sent_elsewhere_is_counted),
        cmocka_unit_test(each_family_has_its_hooks),
        cmocka_unit_test(each_hook_judges_by_its_list_and_its_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
