/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Whether a rule takes all packets of another one, told from their conditions alone, and that the
 * first of many that does is found.
 */
#include "filter/fr_covers.h"
#include "filter/fr_impl.h"
#include "filter/fr_quick.h"
#include "tests/filter/filter_with.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- rules ---- */

/* Conditions, each narrower than the one before it; what stands in different rows is not compared.
 * A packet that the second asks for is one that the first asks for, and not the other way round. */
static const char *const narrower[][2] = {
    {"all", "from any to any"},
    {"all", "proto tcp all"},
    {"all", "inet all"},
    {"all", "inet6 all"},
    {"all", "from 10.0.0.0/8 to any"},
    {"all", "from !10.0.0.0/8 to any"},
    {"all", "from bge0/32 to any"},
    {"all", "from any to bge0/32"},
    {"all", "from pool = (10.0.0.1) to any"},
    {"all", "tos 0 all"},
    {"all", "ttl 0 all"},
    {"all", "all with frag"},
    {"all", "all with not frag"},
    {"all", "all with opt rr"},
    {"all", "all with not opt rr"},
    {"all", "all with opt sec-class secret"},
    {"tos 8 all", "tos 8 proto tcp all"},
    {"ttl 8 all", "ttl 8 proto tcp all"},
    {"tos 8 all", "tos 8 ttl 1 all"},
    {"inet proto tcp/udp all", "inet proto tcp all"},
    {"inet proto tcp/udp all", "inet proto udp all"},
    {"proto tcp/udp all", "proto tcp from any port = 1 to any"},
    {"proto tcp/udp all", "proto udp from any to any port = 1"},
    {"proto tcp/udp all", "proto tcp all flags S/SA"},
    {"proto tcp/udp all", "proto tcp all flags /S"},
    {"proto tcp all", "proto tcp all flags S"},
    {"proto tcp all flags S/S", "proto tcp all flags S/SA"},
    {"proto tcp all flags /A", "proto tcp all flags S/SA"},
    {"proto tcp all flags /A", "proto tcp all flags /SA"},
    {"proto icmp all", "proto icmp all icmp-type echo"},
    {"proto icmp all icmp-type unreach", "proto icmp all icmp-type unreach code 3"},
    {"all with frag", "all with frag,short"},
    {"all with frag", "all with frag,not short"},
    {"all with not frag", "all with not frag,short"},
    {"inet all with opt rr", "inet all with opt rr,ts"},
    {"inet all with opt rr", "inet all with opt rr not opt ts"},
    /* networks */
    {"from 10.0.0.0/8 to any", "from 10.0.0.0/9 to any"},
    {"from 10.0.0.0/8 to any", "from 10.128.0.0/9 to any"},
    {"from 10.0.0.0/8 to any", "from 10.255.255.255 to any"},
    {"from any to 10.0.0.0/8", "from any to 10.0.0.0/9"},
    {"from any to 10.0.0.0/8", "from 1.1.1.1 to 10.0.0.0/8"},
    {"from !10.0.0.0/9 to any", "from !10.0.0.0/8 to any"},
    {"from !10.0.0.1 to any", "from !10.0.0.0/8 to any"},
    {"from !10.0.0.0/8 to any", "from 11.0.0.0/8 to any"},
    {"from !10.0.0.0/9 to any", "from 10.128.0.0/9 to any"},
    {"from any to !10.0.0.0/8", "from any to 9.0.0.0/8"},
    {"from 2001:db8::/32 to any", "from 2001:db8:1::/48 to any"},
    {"from 2001:db8::/32 to any", "from 2001:db8:0:0:1::/80 to any"},
    {"from 2001:db8:0:1::/64 to any", "from 2001:db8:0:1:2::/80 to any"},
    {"from 2001:db8:0:1:0:2::/96 to any", "from 2001:db8:0:1:0:2::3/128 to any"},
    {"from !2001:db8::1 to any", "from 2001:db8::2 to any"},
    {"from !2001:db8::1 to any", "from 2001:db8::1:0:1 to any"},
    {"from !2001:db8::1 to any", "from 2001:db8:0:1::1 to any"},
    {"from !2001:db8::1 to any", "from 2001:db9::1 to any"},
    /* ports */
    {"proto tcp all", "proto tcp from any to any port = 22"},
    {"proto tcp all", "proto tcp from any port = 22 to any"},
    {"proto tcp from any to any port > 21", "proto tcp from any to any port = 22"},
    {"proto tcp from any port > 21 to any", "proto tcp from any port = 22 to any"},
    {"proto tcp from any to any port < 23", "proto tcp from any to any port = 22"},
    {"proto tcp from any to any port 20:22", "proto tcp from any to any port 21:22"},
    {"proto tcp from any to any port = 22", "proto tcp from any port = 1 to any port = 22"},
    {"proto tcp/udp from any to any port = 22", "proto tcp from any to any port = 22"},
    /* interfaces */
    {"all", "on lo0 all"},
    {"on - all", "on lo0 all"},
    {"on * all", "on lo0 all"},
    {"on lo0 all", "on lo0 proto tcp all"},
    {"on lo0,bge0 all", "on lo0 proto tcp all"},
    {"on lo0 all", "on lo0 out-via bge0 all"},
    {"all", "on lo0 out-via bge0,bge1 all"},
    {"on lo0 out-via bge0 all", "on lo0 out-via bge0 proto tcp all"},
    {"on lo0 out-via bge0,bge1 all", "on lo0 out-via bge0,bge1 proto tcp all"},
};

/* Neither takes all packets of the other. */
static const char *const apart[][2] = {
    {"inet all", "inet6 all"},
    {"tos 0 all", "tos 1 all"},
    {"tos 0 all", "ttl 0 all"},
    {"ttl 0 all", "ttl 1 all"},
    {"proto tcp all", "proto udp all"},
    {"proto tcp/udp all", "proto tcp all"}, /* over IPv6 a later fragment is not of both */
    {"inet6 proto tcp/udp all", "inet6 proto udp all"},
    {"inet proto tcp/udp all", "inet proto icmp all"},
    {"proto icmp all", "proto tcp/udp all"},
    {"proto tcp all flags S/S", "proto tcp all flags A/A"},
    {"proto tcp all flags S/S", "proto tcp all flags /S"},
    {"proto icmp all icmp-type echo", "proto icmp all icmp-type unreach"},
    {"all with frag", "all with short"},
    {"all with frag", "all with not frag"},
    {"all with opt rr", "all with opt ts"},
    {"all with opt rr", "all with not opt rr"},
    {"all with opt sec-class secret", "all with opt sec-class topsecret"},
    {"from 10.0.0.0/8 to any", "from 11.0.0.0/8 to any"},
    {"from 10.0.0.0/8 to any", "from !10.0.0.0/8 to any"},
    {"from !10.0.0.0/8 to any", "from !11.0.0.0/8 to any"},
    {"from !10.0.0.0/9 to any", "from 10.0.0.0/8 to any"},
    {"from 10.0.0.0/8 to any", "from any to 10.0.0.0/8"},
    {"from 10.0.0.1 to 10.0.0.2", "from 10.0.0.2 to 10.0.0.1"},
    {"from 2001:db8::1 to any", "from 2001:db8::2 to any"},
    {"from 2001:db8::/64 to any", "from 2001:db8:0:1::/64 to any"},
    {"from 2001:db8:0:0:0:1::/96 to any", "from 2001:db8:0:0:0:2::/96 to any"},
    {"from !2001:db8::1 to any", "from 2001:db8::1 to any"},
    {"from bge0/32 to any", "from lo0/32 to any"},
    {"from bge0/32 to any", "from !bge0/32 to any"},
    {"from bge0/32 to any", "from 10.0.0.0/8 to any"},
    {"from bge0/32 to any", "from bge0/network to any"},
    {"from any to bge0/32", "from bge0/32 to any"},
    {"from pool = (10.0.0.1) to any", "from pool = (10.0.0.1) to any"},
    {"from pool = (10.0.0.1) to any", "from 10.0.0.1 to any"},
    {"from !pool = (10.0.0.1) to any", "from 10.0.0.0/8 to any"},
    {"proto tcp from any to any port = 22", "proto tcp from any port = 22 to any"},
    {"proto tcp from any to any port < 22", "proto tcp from any to any port = 22"},
    {"proto tcp from any to any port < 22", "proto tcp from any to any port > 22"},
    {"proto tcp from any to any port 20:22", "proto tcp from any to any port 21:23"},
    {"proto tcp from any to any port = 22", "proto udp from any to any port = 22"},
    {"on lo0 all", "on bge0 all"},
    {"on lo0 all", "proto tcp all"},
    {"on lo0 all", "on lo proto tcp all"},
    {"on lo0 out-via bge0 all", "on lo0 out-via bge1 all"},
    {"on lo0 out-via bge0,bge1 all", "on lo0 out-via bge0,bge2 all"},
    {"on lo0 out-via bge0,bge1 all", "on lo0 out-via bge2,bge1 all"},
    {"on lo0 out-via bge0,bge1 all", "on lo0 out-via bge0 all"},
    {"on lo0 out-via bge0 all", "on lo0 proto tcp all flags S"},
    /* what also depends on something else covers nothing; nor does it with itself */
    {"all match-tag(log=1)", "all match-tag(log=1)"},
    {"all match-tag(nat=x)", "all match-tag(nat=x)"},
};

/* Whether `block in A` covers `block in B`. */
static bool covers(const char *a, const char *b)
{
    char rules[400];
    snprintf(rules, sizeof(rules), "block in %s\npass in %s", a, b);
    ipf_stack_t *ifs = filter_with(rules);
    const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head;
    bool result = fr_covers(fr, fr->fr_next);
    ipf_destroy(ifs);
    return result;
}

static void a_rule_covers_one_that_asks_for_more_and_no_other(void **state)
{
    size_t wrong = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(narrower) / sizeof(narrower[0]); i++) {
        const char *a = narrower[i][0], *b = narrower[i][1];
        bool same = strcmp(a, "on - all") == 0 || i == 0;
        if (!covers(a, b) || (!same && covers(b, a))) {
            print_error("'%s' and '%s'\n", a, b);
            wrong++;
        }
    }
    for (size_t i = 0; i < sizeof(apart) / sizeof(apart[0]); i++) {
        const char *a = apart[i][0], *b = apart[i][1];
        if (covers(a, b) || covers(b, a)) {
            print_error("'%s' and '%s' are apart\n", a, b);
            wrong++;
        }
    }
    assert_int_equal(wrong, 0);
}

/* ---- the first of many ---- */

/* Whatever the order in which rules come, the one that is found is the first that covers. */
static void the_first_rule_that_covers_another_is_found(void **state)
{
    static char rules[20000];
    const frentry_t *list[200];
    size_t count = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(narrower) / sizeof(narrower[0]); i++) {
        for (size_t j = 0; j < 2 && strstr(narrower[i][j], "all") != narrower[i][j]; j++)
            sprintf(rules + strlen(rules), "block in %s\n", narrower[i][j]);
    }
    ipf_stack_t *ifs = filter_with(rules);
    for (const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head; fr != NULL; fr = fr->fr_next)
        list[count++] = fr;
    assert_in_range(count, 50, 100);
    for (size_t turn = 0; turn < count; turn++) {
        fr_quick_t *quick = fr_quick_create();
        for (size_t added = 0; added <= count; added++) {
            for (size_t i = 0; i < count && added % 9 == 0; i++) {
                const frentry_t *want = NULL;
                for (size_t j = 0; j < added && want == NULL; j++) {
                    const frentry_t *fr = list[(turn * 7 + j * 11) % count];
                    want = fr_covers(fr, list[i]) ? fr : NULL;
                }
                assert_ptr_equal(fr_quick_find(quick, list[i]), want);
            }
            if (added < count)
                assert_true(fr_quick_add(quick, list[(turn * 7 + added * 11) % count]));
        }
        fr_quick_destroy(quick);
    }
    ipf_destroy(ifs);
}

/* ---- ports ---- */

static bool holds(const frpcmp_t *port, int p)
{
    switch (port->frp_cmp) {
    case FR_NONE:
        return true;
    case FR_EQUAL:
        return p == port->frp_port;
    case FR_NEQUAL:
        return p != port->frp_port;
    case FR_LESST:
        return p < port->frp_port;
    case FR_GREATERT:
        return p > port->frp_port;
    case FR_LESSTE:
        return p <= port->frp_port;
    case FR_GREATERTE:
        return p >= port->frp_port;
    case FR_OUTRANGE:
        return p < port->frp_port || p > port->frp_top;
    case FR_INRANGE:
        return p > port->frp_port && p < port->frp_top;
    case FR_INCRANGE:
        return p >= port->frp_port && p <= port->frp_top;
    }
    return false;
}

static void what_comparisons_of_ports_hold_for_is_counted_port_by_port(void **state)
{
    static const uint16_t ends[] = {0, 1, 2, 3, 65533, 65534, 65535};
    enum { ENDS = sizeof(ends) / sizeof(ends[0]), MOST = 10 * ENDS * ENDS };
    static frpcmp_t ports[MOST];
    static bool tells[MOST][8]; /* for 0 to 4, and the last three */
    static const int tried[8] = {0, 1, 2, 3, 4, 65533, 65534, 65535};
    size_t count = 0;
    (void)state;
    for (int cmp = FR_NONE; cmp <= FR_INCRANGE; cmp++) {
        for (size_t i = 0; i < ENDS; i++) {
            for (size_t j = 0; j < (cmp >= FR_OUTRANGE ? (size_t)ENDS : 1); j++)
                ports[count++] =
                    (frpcmp_t){.frp_cmp = cmp, .frp_port = ends[i], .frp_top = ends[j]};
        }
    }
    for (size_t i = 0; i < count; i++) {
        size_t held = 0;
        for (size_t t = 0; t < 8; t++)
            held += tells[i][t] = holds(&ports[i], tried[t]);
        assert_int_equal(fr_ports_none(&ports[i]), held == 0);
        assert_int_equal(fr_ports_all(&ports[i]), held == 8 && ports[i].frp_cmp != FR_NONE);
        fr_port_ranges_t ranges = fr_port_ranges(&ports[i]);
        for (size_t t = 0; t < 8; t++) {
            bool in = false;
            for (size_t r = 0; r < 2; r++)
                in = in || (tried[t] >= ranges.low[r] && tried[t] <= ranges.high[r]);
            assert_int_equal(in, tells[i][t]);
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            bool covered = ports[i].frp_cmp == FR_NONE || ports[j].frp_cmp != FR_NONE;
            for (size_t t = 0; t < 8; t++)
                covered = covered && (tells[i][t] || !tells[j][t]);
            /* of one whose two ranges touch it is not known */
            bool touches = ports[i].frp_cmp == FR_OUTRANGE && ports[i].frp_top < ports[i].frp_port;
            if (touches ? fr_ports_cover(&ports[i], &ports[j]) && !covered
                        : fr_ports_cover(&ports[i], &ports[j]) != covered)
                fail_msg("%d %u %u, %d %u %u", ports[i].frp_cmp, ports[i].frp_port,
                         ports[i].frp_top, ports[j].frp_cmp, ports[j].frp_port, ports[j].frp_top);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_covers_one_that_asks_for_more_and_no_other),
        cmocka_unit_test(the_first_rule_that_covers_another_is_found),
        cmocka_unit_test(what_comparisons_of_ports_hold_for_is_counted_port_by_port),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
