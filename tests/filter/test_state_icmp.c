/* SPDX-License-Identifier: BSD-3-Clause
 *
 * keep state for ICMP: queries and their answers, and errors about known connections.
 */
#include "filter/fr_check.h"
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"
#include "tests/filter/steps.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ECHO(id)     .proto = ICMP, .icmp = 8 << 8, .query = (id)
#define RULES        "block in all\nblock out all\n"
#define UDP_IN       "block out all\npass in quick proto udp all keep state"
#define UDP_OUT      RULES "pass out quick proto udp all keep state"
#define ERROR(code)  .proto = ICMP, .icmp = (code)
#define PORT_UNREACH (3 << 8 | 3)

static const packet_t question = GOES(.proto = UDP);
static const packet_t other_question = GOES(.proto = UDP, .dport = 99);
static const packet_t echo = GOES(ECHO(7));
static const packet_t unreach = GOES(ERROR(PORT_UNREACH));
static const packet_t ospf = GOES(.proto = 89);

static void queries_are_answered_by_their_type_and_numbers(void **state)
{
    static const step_t steps[] = {
        {"echo", 0, true, GOES(ECHO(7)), "pass"},
        {"echo the other way", 0, false, COMES(ECHO(7)), "block"},
        {"timestamp", 0, true, GOES(.proto = ICMP, .icmp = 13 << 8, .query = 7, .payload = 12),
         "pass"},
        {"its answer", 0, false, COMES(.proto = ICMP, .icmp = 14 << 8, .query = 7, .payload = 12),
         "pass"},
        {"of another identifier", 0, false,
         COMES(.proto = ICMP, .icmp = 14 << 8, .query = 8, .payload = 12), "block"},
        {"of another sequence number: that is not compared", 0, false,
         COMES(.proto = ICMP, .icmp = 14 << 8, .query = 1 << 16 | 7, .payload = 12), "pass"},
        {"mask", 0, true, GOES(.proto = ICMP, .icmp = 17 << 8, .query = 9, .payload = 4), "pass"},
        {"its answer", 0, false, COMES(.proto = ICMP, .icmp = 18 << 8, .query = 9, .payload = 4),
         "pass"},
        {"an answer begins nothing", 0, true,
         GOES(.proto = ICMP, .icmp = 18 << 8, .query = 5, .payload = 4), "block"},
        {"nor does an error", 0, true, GOES(ERROR(PORT_UNREACH), .quotes = &question), "block"},
    };
    (void)state;
    RUN(RULES "pass out quick proto icmp all keep state", steps);
}

static void an_error_for_a_known_packet_belongs_to_its_connection(void **state)
{
    static const step_t steps[] = {
        {"an error about nothing", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question),
         "block"},
        {"the question", 0, true, GOES(.proto = UDP), "pass"},
        {"an error about another", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &other_question),
         "block"},
        {"the error, from anybody",
         0,
         false,
         {.src = "9.9.9.9", .dst = CLIENT, ERROR(PORT_UNREACH), .quotes = &question},
         "pass"},
        {"as many more as there were packets", 0, false,
         COMES(ERROR(PORT_UNREACH), .quotes = &question), "pass"},
        {"more errors than packets", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question),
         "block"},
        {"one more packet", 0, true, GOES(.proto = UDP), "pass"},
        {"one more error", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question), "pass"},
        {"to somebody else",
         0,
         false,
         {.src = SERVER, .dst = "10.0.0.9", ERROR(PORT_UNREACH), .quotes = &question},
         "block"},
        {"out: it may be forwarded", 0, true, COMES(ERROR(PORT_UNREACH), .quotes = &question),
         "pass"},
        {"half a quotation", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question, .cut = 9),
         "block"},
    };
    static const step_t about_icmp[] = {
        {"echo", 0, true, GOES(ECHO(7)), "pass"},
        {"an error about an error", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &unreach),
         "block"},
        {"an error about the query", 0, false, COMES(ERROR(11 << 8), .quotes = &echo), "pass"},
    };
    static const step_t about_others[] = {
        {"OSPF", 0, true, GOES(.proto = 89), "pass"},
        {"an error about it", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &ospf), "block"},
    };
    (void)state;
    RUN(UDP_OUT, steps);
    RUN(RULES "pass out quick proto icmp all keep state", about_icmp);
    RUN(RULES "pass out quick all keep state", about_others);
}

static void no_icmp_err_keeps_errors_out(void **state)
{
    static const step_t steps[] = {
        {"the question", 0, true, GOES(.proto = UDP), "pass"},
        {"the error", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question), "block"},
        {"the answer", 0, false, COMES(.proto = UDP), "pass"},
    };
    (void)state;
    RUN(UDP_OUT " (no-icmp-err)", steps);
}

static void the_group_of_icmp_head_chooses_among_errors(void **state)
{
    static const step_t steps[] = {
        {"the question", 0, true, GOES(.proto = UDP), "pass"},
        {"a redirect", 0, false, COMES(ERROR(5 << 8), .quotes = &question), "block return-rst"},
        {"unreachable", 0, false, COMES(ERROR(PORT_UNREACH), .quotes = &question), "pass"},
    };
    (void)state;
    RUN("block return-rst in all\npass out proto udp all keep state (icmp-head e)\n"
        "block in proto icmp all icmp-type redir group e",
        steps);
}

static const char *verdict_of(ipf_stack_t *ifs, bool out, uint32_t flags, const packet_t *packet)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1, .qpi_flags = flags};
    mblk_t *m = packet_make(packet);
    const char *verdict = fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    return verdict;
}

static void who_is_asked_as_many_is_answered_once(void **state)
{
    /* the address alone does not make it a multicast: what the link layer says does */
    static const step_t steps[] = {
        {"to all hosts", 0, true, {.proto = UDP, .src = CLIENT, .dst = "224.0.0.1"}, "pass"},
        {"an answer from one", 0, false, COMES(.proto = UDP), "block"},
    };
    static const packet_t asked = {.proto = UDP, .src = SERVER, .dst = "224.0.0.1"};
    static const packet_t answers[] = {
        {.proto = UDP, .src = "10.0.0.3", .dst = SERVER, .sport = 22, .dport = 33001},
        {.proto = UDP, .src = "10.0.0.4", .dst = SERVER, .sport = 22, .dport = 33001}};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    RUN(UDP_OUT, steps);
    assert_int_equal(ipf_load(ifs, UDP_IN, strlen(UDP_IN), NULL, NULL), 0);
    assert_string_equal(verdict_of(ifs, false, FI_MULTICAST | FI_MBCAST, &asked), "pass");
    assert_string_equal(verdict_of(ifs, true, 0, &answers[0]), "pass");
    assert_string_equal(verdict_of(ifs, true, 0, &answers[0]), "block"); /* so it is there, too */
    assert_string_equal(verdict_of(ifs, true, 0, &answers[1]), "block"); /* one has answered */
    ipf_destroy(ifs);
}

static bool passes(ipf_stack_t *ifs, bool out, const char *hex)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    mblk_t *m = allocb(strlen(hex) / 2);
    for (unsigned byte; sscanf(hex, "%2x", &byte) == 1; hex += 2)
        *m->b_wptr++ = (uint8_t)byte;
    bool result = fr_check(ifs, &qpi, out, &m) == 0;
    freemsg(m);
    return result;
}

/* Whether an error belongs to a datagram from port 0 to port 0, if it quotes 41 bytes of one from
 * port 33001 to port 53, or 42. */
static void of_a_port_that_is_quoted_in_part_nothing_is_known(void **state)
{
    static const char rules[] = "block in all\npass out quick proto udp all keep state";
    static const char datagram[] =
        "600000000008114020010db800000000000000000000000120010db8000000000000000000000002"
        "000000000008a469";
    static const char one[] =
        "6000000000313a4020010db800000000000000000000000220010db8000000000000000000000001"
        "0104563f00000000600000000026114020010db800000000000000000000000120010db800000000"
        "000000000000000280";
    static const char two[] =
        "6000000000323a4020010db800000000000000000000000220010db8000000000000000000000001"
        "0104555500000000600000000026114020010db800000000000000000000000120010db800000000"
        "000000000000000280e9";
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, rules, strlen(rules), NULL, NULL), 0);
    assert_true(passes(ifs, true, datagram));
    assert_false(passes(ifs, false, two));
    assert_true(passes(ifs, false, one));
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(queries_are_answered_by_their_type_and_numbers),
        cmocka_unit_test(an_error_for_a_known_packet_belongs_to_its_connection),
        cmocka_unit_test(no_icmp_err_keeps_errors_out),
        cmocka_unit_test(the_group_of_icmp_head_chooses_among_errors),
        cmocka_unit_test(of_a_port_that_is_quoted_in_part_nothing_is_known),
        cmocka_unit_test(who_is_asked_as_many_is_answered_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
