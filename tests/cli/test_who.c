/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Who answered, according to the last line of `lo0sim connect`, compared with the trace; and
 * `lo0sim why` and the short demo, seen from outside.
 */
#include "tests/cli/command.h"

#include <string.h>

#define RST "'block return-rst in on lo0 proto tcp from any to any port = 22'"

#define NO_ROUTE                                                                                   \
    "there is no route; the box reaches its own addresses, and 192.168.1.0/24 and "                \
    "2001:db8::/64, where a script has hosts by box:remote"

static void the_last_line_of_connect_says_who_answered(void **state)
{
    static const struct {
        const char *arguments, *last;
        const char *fact; /* stands in the timeline above it */
    } rows[] = {
        {"localhost 22", "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n",
         "tcp_xmit_listeners_reset"},
        {"--listen --rule " RST " localhost 22",
         "ECONNREFUSED after 0.000 s: rule @0:1, the SYN became the RST|ACK\n", "fr_make_rst"},
        {"--listen --mode inject --rule " RST " localhost 22",
         "ETIMEDOUT after 30.000 s: rule @0:1 ate 4 SYNs; its replies had no way out\n",
         "refused: ENONET"},
        {"--listen --mode netinfo --rule " RST " localhost 22",
         "ECONNREFUSED after 0.000 s: rule @0:1, the filter answered the SYN with a RST|ACK of its "
         "own\n",
         "fr_send_reset"},
        {"--listen --mode errno --rule " RST " localhost 22",
         "ECONNREFUSED after 0.000 s: rule @0:1, its verdict went back to the call\n",
         "goes back to the caller"},
        {"--listen --rule 'block out from any to any port = 22' localhost 22",
         "ETIMEDOUT after 30.000 s: rule @0:1 (out) ate 4 SYNs\n",
         "ipfilter_hook4_loop_out: eaten"},
        {"--listen --rule 'block in proto tcp from any port = 22 to any' localhost 22",
         "SYN|ACKs\n", "S. 0:0(0) ack 1"},
        {"--listen --rule 'block return-icmp in from any to any port = 22' localhost 22",
         "ENETUNREACH after 30.000 s: rule @0:1, 4 SYNs became icmp unreach net-unr, which refuses "
         "no connect at once\n",
         "fr_make_icmp"},
        {"--listen --rule 'pass in proto tcp from any to any port = 22' ::1 22",
         "connected after 0.000 s: rule @0:1 passed it\n", "finds the listener"},
        {"--listen --rule 'block in all' --rule 'pass in quick all' --rule 'block in all' ::1 22",
         "connected after 0.000 s: rule @0:2 passed it\n", "@0:2 pass in quick all"},
        {"192.168.1.77 22", "ETIMEDOUT after 30.000 s: there is nobody at the other end\n", ""},
        {"--era linux 192.168.1.77 22",
         "EHOSTUNREACH after 3.000 s: there is nobody at the other end\n", "host unreachable"},
        {"0.0.0.0 22", "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n",
         "127.0.0.1.22"},
        {"10.0.0.1 22", "ENETUNREACH after 0.000 s: " NO_ROUTE "\n", ""},
        {"--era linux 8.8.8.8 22", "ENETUNREACH after 0.000 s: " NO_ROUTE "\n", ""},
        {"fe80::1 22", "ENETUNREACH after 0.000 s: " NO_ROUTE "\n", ""},
        {"127.0.0.2 22",
         "ENETUNREACH after 0.000 s: there is no route; on Solaris lo0 has 127.0.0.1 only, and in "
         "the era linux all of 127.0.0.0/8\n",
         ""},
        {"224.0.0.1 22", "ENETUNREACH after 0.000 s: multicast and broadcast are not modelled\n",
         ""},
        {"--listen --fault 'fail allocation 3' localhost 22",
         "ENOMEM after 0.000 s: there was no memory for it in the box\n", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "connect %s", rows[i].arguments);
        command_t command = run_command("", arguments);
        const char *last = strstr(command.out, rows[i].last);
        if (command.code != 0 || last == NULL || last[strlen(rows[i].last)] != '\0' ||
            strstr(command.out, rows[i].fact) == NULL)
            fail_msg("%s: %d\n%s%s", arguments, command.code, command.out, command.err);
    }
}

/* Not by who answered the conversation before it. */
static void a_datagram_without_a_route_is_not_explained_by_another_conversation(void **state)
{
    (void)state;
    write_file("t.lua", "test('t', function(box)\n"
                        "  box:connect('127.0.0.1', 22)\n"
                        "  expect.ok(box:udp():sendto('x', '10.0.0.1', 53))\n"
                        "end)\n"
                        "test('ping', function(box) expect.ok(box:ping('10.0.0.1')) end)\n");
    command_t command = run_command("", "run t.lua");
    assert_command(command, 1, "the call  ping 10.0.0.1: ENETUNREACH: " NO_ROUTE "\n", "");
    assert_null(strstr(command.out, "the call  send"));
}

static void rules_that_do_not_see_loopback_are_told_beside_the_result(void **state)
{
    (void)state;
    write_file("r.conf", "block return-rst in on lo0 proto tcp from any to any port = 22\n");
    assert_command(run_command("", "connect -f r.conf localhost 22"), 0,
                   "nobody listens on port 22\n"
                   "no rule of r.conf was asked: it lacks `set intercept_loopback true;`\n",
                   "");
    assert_command(run_command("", "connect --listen -f r.conf localhost 22"), 0,
                   "connected after 0.000 s: no rule was asked, since the rules lack `set "
                   "intercept_loopback true;`\n",
                   "");
}

static void a_connect_that_ends_otherwise_than_expected_is_1(void **state)
{
    static const struct {
        const char *arguments;
        int code;
        const char *err;
    } rows[] = {
        {"--expect ECONNREFUSED localhost 22", 0, ""},
        {"--expect ECONNREFUSED,within=0 localhost 22", 0, ""},
        {"--expect connected --listen localhost 22", 0, ""},
        {"--expect connected localhost 22", 1,
         "lo0sim connect: not as expected: --expect connected\n"},
        {"--expect ETIMEDOUT,within=29.9 --rule 'block in all' localhost 22", 1,
         "not as expected: --expect ETIMEDOUT,within=29.9\n"},
        {"--expect ETIMEDOUT,within=30 --rule 'block in all' localhost 22", 0, ""},
        {"--expect EREFUSED localhost 22", 2, "--expect takes an errno or connected"},
        {"--expect ECONNREFUSED,within= localhost 22", 2, "--expect takes an errno or connected"},
        {"--expect ECONNREFUSED,within=-1 localhost 22", 2, "--expect takes an errno or connected"},
        {"--expect ECONNREFUSED,in=1 localhost 22", 2, "--expect takes an errno or connected"},
        {"--expect '' localhost 22", 2, "--expect takes an errno or connected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        snprintf(arguments, sizeof(arguments), "connect %s", rows[i].arguments);
        assert_command(run_command("", arguments), rows[i].code, "", rows[i].err);
    }
}

#define WHY_RULES                                                                                  \
    "set intercept_loopback true;\n"                                                               \
    "pass in quick on e1000g0 all\n"                                                               \
    "block in on lo0 proto udp all\n"                                                              \
    "block in on lo0 proto tcp all head 10\n"                                                      \
    "pass in on lo0 proto tcp from any to any port = 80 group 10\n"                                \
    "block return-rst in quick on lo0 proto tcp from any to any port = 22 flags S/SA group 10\n"   \
    "skip 1 in on lo0 from any to any\n"                                                           \
    "block in from 10.0.0.0/8 to any\n"                                                            \
    "pass in proto tcp from any to any port = 25 keep state\n"

/* A UDP datagram. */
#define HEX_PACKET "4500001c00010000401100007f0000017f00000100040035 00080000"

static void why_says_of_each_rule_that_is_asked_whether_it_matches(void **state)
{
    static const struct {
        const char *packets, *out;
    } rows[] = {
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 S",
         "  no   @0:1 line 2: pass in quick on e1000g0 all: the interface is another\n"},
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 S", "the protocol is another\n"},
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 S",
         "  no     @10:1 line 5: pass in on lo0 proto tcp from any to any port = 80 group 10: the "
         "destination port is another\n"},
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 S",
         "  => block return-rst, by rule @10:2, line 6"},
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 S",
         "  a client to 127.0.0.1 port 22, where somebody listens: ECONNREFUSED after 0.000 s\n"},
        {"in on lo0 tcp 127.0.0.1,4 127.0.0.1,22 A", "the flags are others\n"},
        {"in on lo0 udp 127.0.0.1,4 127.0.0.1,53", "  => block, by rule @0:2, line 3"},
        {"in on lo0 udp 127.0.0.1,4 127.0.0.1,53", "line 8: block in from 10.0.0.0/8 to any: it is "
                                                   "skipped\n"},
        {"in on lo0 udp 127.0.0.1,4 127.0.0.1,53", "somebody listens: no answer\n"},
        {"in on e1000g0 udp 127.0.0.1,4 10.9.9.9,53", "is quick: the search ends\n  => pass, by"},
        {"out on e1000g0 udp 127.0.0.1,4 10.9.9.9,53", "  no rule is asked\n  => nomatch: no rule"},
        {"'in on lo0 tcp 127.0.0.1,4 127.0.0.1,25 S seq=1' "
         "'out on lo0 tcp 127.0.0.1,25 127.0.0.1,4 SA seq=1 ack=2'",
         "  the state table knows the packet, and the rules are not asked\n"
         "  => pass, by the state of rule @0:6, line 9"},
    };
    (void)state;
    write_file("w.conf", WHY_RULES);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "why -f w.conf %s", rows[i].packets);
        command_t command = run_command("COLUMNS=300", arguments);
        if (command.code != 0 || strstr(command.out, rows[i].out) == NULL)
            fail_msg("%s: %d\n%s%s", arguments, command.code, command.out, command.err);
    }
    write_file("n.conf", "block in all\n");
    assert_command(run_command("", "why -f n.conf in on lo0 tcp 127.0.0.1,4 127.0.0.1,25 S"), 0,
                   "on loopback none is asked\n", "");
    assert_command(run_command("", "why -f w.conf in on lo0 tcp nowhere"), 2, "", "PACKET:1: ");
    assert_command(run_command("", "why -f w.conf"), 2, "", "rules and a packet are needed");
    assert_command(run_command("", "why in on lo0"), 2, "", "rules and a packet are needed");
}

static void why_tells_what_a_rule_asks_and_what_comes_of_it(void **state)
{
    static const struct {
        const char *rules, *packet, *out;
    } rows[] = {
        {"count in all\n", "in on lo0 udp 127.0.0.1,4 127.0.0.1,53",
         "  yes  @0:1 line 1: count in all: it decides nothing\n"},
        {"log in all\nblock in log all\n", "in on lo0 udp 127.0.0.1,4 127.0.0.1,53",
         "it decides nothing\n"},
        {"pass in all with mcast\n", "[in,lo0+mcast]" HEX_PACKET, "it decides, unless a later one"},
        {"pass in all with mcast\n", "[in,lo0]" HEX_PACKET,
         "what it asks for by `with` is not so\n"},
        {"pass in all with bcast\n", "[in,lo0+bcast]" HEX_PACKET, "it decides, unless a later one"},
        {"pass in all\n", "[in,lo0]4500001c", "  => bad-packet: no IP header"},
        {"pass in proto udp all keep frags\n",
         "[in,lo0]4500001c0001200040115cce0a0000010a00000200040035 00080000\n\n"
         "[in,lo0]4500001c0001000140117ccd0a0000010a00000200040035 00080000",
         "  the fragment cache knows the packet, and the rules are not asked\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[100];
        write_file("w.conf", rows[i].rules);
        write_file("packets", rows[i].packet);
        snprintf(arguments, sizeof(arguments), "why -F %s -f w.conf -i packets",
                 rows[i].packet[0] == '[' ? "hex" : "text");
        assert_command(run_command("COLUMNS=300", arguments), 0, rows[i].out, "");
    }
}

static void the_demo_is_a_question_two_pictures_and_their_answer(void **state)
{
    (void)state;
    command_t command = run_command("COLUMNS=80", "demo");
    static const char *const lines[] = {
        "telnet localhost 22 hangs for 30 s under a rule that should refuse it. Why?\n",
        "ETIMEDOUT after 30.000 s: rule @0:1 ate 4 SYNs; its replies had no way out\n",
        "ECONNREFUSED after 0.000 s: rule @0:1, the SYN became the RST|ACK\n",
        "lo0sim outcomes -f ipf.conf",
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        assert_command(command, 0, lines[i], "");
    assert_command(run_command("", "demo --svg d.svg"), 0, "", "");
    const char *svg = read_file("d.svg");
    assert_non_null(strstr(svg, "prefers-color-scheme:dark"));
    assert_non_null(strstr(svg, "ETIMEDOUT after 30.000 s: rule @0:1"));
    assert_non_null(strstr(svg, "</svg>\n"));
    assert_command(run_command("", "demo --long --svg d.svg"), 2, "", "without --long");
}

static void refused_at_once_is_not_red(void **state)
{
    (void)state;
    command_t command = run_command("", "connect --ladder --color always --rule " RST " ::1 22");
    assert_command(command, 0, "\033[32mECONNREFUSED", "");
    assert_null(strstr(command.out, "\033[1;31mECONNREFUSED"));
    command =
        run_command("", "connect --ladder --color always --mode inject --rule " RST " ::1 22");
    assert_command(command, 0, "\033[1;31mETIMEDOUT", "");
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLI_TEST(the_last_line_of_connect_says_who_answered),
        CLI_TEST(a_datagram_without_a_route_is_not_explained_by_another_conversation),
        CLI_TEST(rules_that_do_not_see_loopback_are_told_beside_the_result),
        CLI_TEST(a_connect_that_ends_otherwise_than_expected_is_1),
        CLI_TEST(why_says_of_each_rule_that_is_asked_whether_it_matches),
        CLI_TEST(why_tells_what_a_rule_asks_and_what_comes_of_it),
        CLI_TEST(the_demo_is_a_question_two_pictures_and_their_answer),
        CLI_TEST(refused_at_once_is_not_red),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
