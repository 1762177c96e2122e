/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim shell and lo0sim step, driven through a pipe.
 */
#include "tests/cli/command.h"

#include <stdbool.h>

#define RULE "block return-rst in on lo0 proto tcp from any to any port = 22\n"

static command_t type(const char *arguments, const char *lines)
{
    char command[300];
    write_file("lines", lines);
    snprintf(command, sizeof(command), "%s <lines", arguments);
    return run_command("", command);
}

/* ---- shell ---- */

static void what_is_typed_is_done_and_told(void **state)
{
    static const struct {
        const char *lines, *out;
    } rows[] = {
        {"telnet 127.0.0.1 22\n",
         "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n"},
        {"tel ::1 22\n", "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n"},
        {"time\nexit\nxyzzy\n", "0.000000 s\n"},
        {"?\n", "  quit      "},
        {"h ipf\n", "ipf [RULE"},
        {"telnet localhost 22\n",
         "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n"},
        {"telnet 192.0.2.1 22\n", "ENETUNREACH after 0.000 s: there is no route; "},
        {"listen 22\ntelnet ::1 22\n", "connected after 0.000 s: connection 1\n"},
        {"listen 22\ntelnet ::1 22\nsend 1 \"hello there\"\n", "answer: hello there\n"},
        {"listen 22\nlisten 22 off\ntelnet ::1 22\n",
         "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 22\n"},
        {"ipf " RULE "listen 22\ntelnet ::1 22\n", "ECONNREFUSED after 0.000 s: rule @0:1, "},
        {"ipf block in all\ntelnet ::1 22\ntime\n",
         "ETIMEDOUT after 30.000 s: rule @0:1 ate 4 SYNs\n30.000000 s\n"},
        {"mode inject\nipf " RULE "telnet ::1 22\n",
         "ETIMEDOUT after 30.000 s: rule @0:1 ate 4 SYNs; its "},
        {"era linux\nipf block in all\ntelnet ::1 22\n", "ETIMEDOUT after 131.000 s: rule "},
        {"mode inject\nmode\n", "inject, of: inject rewrite netinfo errno\n"},
        {"era\n", "post, of: post snv_116 illumos linux\n"},
        {"ipf block in all\nipf pass in all\nipf\n", "@1 block in all\n@2 pass in all\n"},
        {"ipf block in all\nipf set intercept_loopback false;\nlisten 22\ntelnet ::1 22\n",
         "connected after 0.000 s"},
        {"ipf block in all\nipf -Fa\nipf\n",
         "empty list for ipfilter(out)\nempty list for ipfilter(in)\n"},
        {"ipf pass in on lo0 all\nping ::1\nipfstat -hi\n", "2 pass in on lo0 all\n"},
        {"ping 127.0.0.1\n", "127.0.0.1 is alive, 0.000000 s\n"},
        {"ipf block in proto icmp all\nping 127.0.0.1\ntime\n",
         "no answer from 127.0.0.1 in 20 s\n20.000000 s\n"},
        {"nc -u 127.0.0.1 53 hello\n",
         "ECONNREFUSED after 0.000 s: the stack, nobody listens on port 53\n"},
        {"listen -u 53\nnc -u 127.0.0.1 53 hello\n", "answer: hello\n"},
        {"ipf block in all\nnc -u 127.0.0.1 53 hello\n", "no answer in 1 s\n"},
        {"remote 192.168.1.20\non 192.168.1.20 listen 80\ntelnet 192.168.1.20 80\n",
         "connected after 0.001 s: connection 1; no rule matched\n"},
        {"remote 192.168.1.20\non 192.168.1.20 telnet 192.168.1.5 22\n",
         "ECONNREFUSED after 0.001 s"},
        {"snoop on\ntelnet ::1 22\n",
         "snoop           ::1.34448 > ::1.22 S 0:0(0) win 49152\n"
         "  0.000000  snoop           ::1.22 > ::1.34448 R. 0:0(0) ack 1 win 0\n"},
        {"snoop on\nsnoop off\ntelnet ::1 22\n", "ECONNREFUSED"},
        {"trace on\nping ::1\n", "  0.000000  ip_wput_ire     ::1 > ::1 icmp echo\n"},
        {"ipf block return-rst in log proto tcp from any to any port = 22\ntelnet ::1 22\nipmon\n",
         "16/06/2009 15:30:00.000000 lo0 @0:1 b ::1,34448 -> ::1,22 PR tcp len 40"},
        {"sleep 1.5\ntime\n", "1.500000 s\n"},
        {"ladder\n", "nothing has happened yet"},
        {"ping ::1\nsleep 9\nladder\n", "━ icmp echo ━"},
        {"telnet ::1 22\nping ::1\nladder\n", "━ icmp echo ━"},
        {"ipf " RULE "why in on lo0 tcp 127.0.0.1,40000 127.0.0.1,22 S\n",
         "in on lo0  127.0.0.1.40000 > 127.0.0.1.22 S 0:0(0)"},
        {"ipf block in proto udp all\nipf " RULE "why in on lo0 tcp 127.0.0.1,9 127.0.0.1,22 S\n",
         "  no   @0:1: block in proto udp from any to any: the protocol is another\n"
         "  yes  @0:2: block return-rst in on lo0 proto tcp from any to any port = 22: it\n"
         "         decides, unless a later one does\n"
         "  => block return-rst, by rule @0:2: "},
        {"ipf count in proto tcp all\nwhy in on lo0 tcp 127.0.0.1,9 127.0.0.1,22 S\n",
         "no rule matched"},
        {"ipf log in proto tcp all\nwhy in on lo0 tcp 127.0.0.1,9 127.0.0.1,22 S\n",
         "no rule matched"},
        {"why in on lo0 icmp 127.0.0.1 127.0.0.1\n", "  no rule is asked\n  => "},
        {"ipf " RULE "ipf -Fa\nwhy in tcp 127.0.0.1,9 127.0.0.1,22 S\n", "  no rule is asked\n"},
        {"ipf block in all\nwhy in tcp 127.0.0.1,9 127.0.0.1,22 S\nipfstat -hi\n",
         "by rule @0:1: block in all\n0 block in all\n"},
        {"help telnet\n", "telnet ADDRESS PORT: connect, and keep the connection\n"},
        {"time\nhistory\n", "    1  time\n    2  history\n"},
        {"# a comment\n\n  \ntime\n", "0.000000 s\n"},
        {"quit\ntime\n", ""},
        {"listen 22\ntelnet ::1 22\nclose 1\ntelnet ::1 22\nsend 2 x\n", "answer: x\n"},
        {"fusion off\nlisten 22\nsnoop on\ntelnet ::1 22\nsend 1 x\n", "P. 1:2(1) ack 1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_t command = type("shell", rows[i].lines);
        if (command.code != 0 || strstr(command.out, rows[i].out) == NULL || command.err[0] != '\0')
            fail_msg("%s: %d\n%s%s", rows[i].lines, command.code, command.out, command.err);
    }
}

static void a_line_that_is_a_mistake_is_told_and_the_shell_goes_on(void **state)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"telnt ::1 22", "there is no command 'telnt'; did you mean 'telnet'?"},
        {"xyzzy", "there is no command 'xyzzy'; help lists them"},
        {"telnet ::1", "telnet takes ADDRESS PORT, such as: telnet 127.0.0.1 22"},
        {"telnet nowhere 22", "'nowhere' is not an IP address such as 127.0.0.1 or ::1"},
        {"telnet ::1 0", "'0' is not a port: a number from 1 to 65535"},
        {"telnet ::1 65536", "'65536' is not a port"},
        {"ipf block in qick all",
         "in the rule, column 10: unknown word 'qick'; did you mean 'quick'?\n"
         "    block in qick all\n"
         "             ^^^^"},
        {"ipf -f missing", "missing: No such file or directory"},
        {"ipf -f bad", "bad:2:1: "},
        {"ipf -f nul", "nul:"},
        {"ipf -Z", "ipf knows -f FILE, -Fa and a rule, not '-Z'"},
        {"mode fix", "there is no reply mode 'fix'; there are: inject, rewrite, netinfo, errno"},
        {"mode injct", "did you mean 'inject'?"},
        {"era solaris", "there is no era 'solaris'"},
        {"send 1 x", "there is no connection 1: telnet opens one and prints its number"},
        {"send 1", "send takes NUMBER DATA"},
        {"close one", "'one' is not a connection"},
        {"nc ::1 22 x", "nc takes -u ADDRESS PORT DATA"},
        {"nc -u ::1 53 \"x", "a quote that is not closed"},
        {"ping", "ping takes ADDRESS, such as: ping ::1"},
        {"snoop", "snoop takes on|off, such as: snoop on"},
        {"ipfstat -A", "'-A': "},
        {"ipfstat -h", "say which list, -i, -o or -io"},
        {"ipmon -Q", "ipmon has no option '-Q'"},
        {"why", "why takes PACKET, such as: why in on lo0 tcp 127.0.0.1,40000 127.0.0.1,22 S"},
        {"why in on lo0 tpc 127.0.0.1,9 127.0.0.1,22", "'tpc'"},
        {"why #", "there is no packet"},
        {"remote 10.0.0.1", "a remote host's address is of the box' network"},
        {"remote 192.168.1.5", "192.168.1.5 is the box itself"},
        {"on 192.168.1.9 ping ::1", "there is no remote host 192.168.1.9: remote 192.168.1.9"},
        {"on 2001:db8::9 ping ::1", "a remote host goes by its IPv4 address here"},
        {"on 192.168.1.9 mode", "mode is not done on a remote host"},
        {"on 192.168.1.9", "on takes ADDRESS COMMAND"},
        {"sleep -1", "'-1' is not a time: seconds from 0 to 86400"},
        {"sleep nan", "'nan' is not a time"},
        {"listen 22 of", "listen takes [-u] PORT [off]"},
        {"listen 23 off", "no server listens on port 23"},
        {"save x.txt", "a scenario's name ends in .lua"},
        {"save x.lua", "there is nothing to save yet"},
        {"help telnt", "did you mean 'telnet'?"},
        {"time \001", "it has a control character at column 6"},
    };
    (void)state;
    write_file("bad", "block in all\nnonsense\n");
    write_bytes("nul", "block in all\n\0\n", 15);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char lines[300];
        snprintf(lines, sizeof(lines), "# first\n%s\ntime\n", rows[i].line);
        command_t command = type("shell", lines);
        bool told = strncmp(command.err, "line 2: ", 8) == 0 &&
                    strstr(command.err, rows[i].message) != NULL;
        if (command.code != 2 || !told || strcmp(command.out, "0.000000 s\n") != 0)
            fail_msg("%s: %d\n%s%s", lines, command.code, command.out, command.err);
    }
}

static void a_rule_with_a_mistake_changes_nothing(void **state)
{
    (void)state;
    command_t command =
        type("shell", "ipf " RULE "ipf nonsense\nipf\ntelnet ::1 22\nipfstat -hi\n");
    assert_command(command, 2, "1 block return-rst in on lo0", "line 2: in the rule, column 1");
    assert_null(strstr(command.out, "nonsense"));
}

static void a_file_is_taken_as_it_stands_and_a_typed_rule_intercepts(void **state)
{
    (void)state;
    write_file("r.conf", RULE);
    assert_command(type("shell", "listen 22\nipf -f r.conf\ntelnet ::1 22\n"), 0,
                   "without `set intercept_loopback true;` no packet on lo0 reaches the rules\n"
                   "  0.000000  port 22         accept: ::1.34448\n"
                   "connected after 0.000 s: connection 1; no rule was asked, since the rules lack "
                   "`set intercept_loopback true;`\n",
                   "");
    assert_command(type("shell", "listen 22\nipf -f r.conf\nipf pass out all\ntelnet ::1 22\n"), 0,
                   "ECONNREFUSED after 0.000 s: rule @0:1, the SYN became the RST|ACK\n", "");
    write_file("set.conf", "set intercept_loopback true;\n" RULE);
    assert_command(type("shell", "ipf block in all\nipf -Fa -f set.conf\ntelnet ::1 22\nipf\n"), 0,
                   "ECONNREFUSED after 0.000 s: rule @0:1, the SYN became the RST|ACK\nempty list "
                   "for ipfilter(out)\n@1 block return-rst",
                   "");
}

static const char session[] =
    "era snv_116\nlisten 22\nsnoop on\ntelnet 127.0.0.1 22\nsend 1 \"a b\n"
    "send 1 \"]=] \303\251\"\nfusion off\nipf " RULE "ipf block in log proto udp all\n"
    "telnet 127.0.0.1 22\nmode inject\ntelnet ::1 22\nlisten -u 53\nnc -u ::1 53 hi\nping ::1\n"
    "remote 192.168.1.20\non 192.168.1.20 listen 80\ntelnet 192.168.1.20 80\n"
    "on 192.168.1.20 telnet 192.168.1.5 23\non 192.168.1.20 ping 192.168.1.5\nclose 1\nclose 2\n"
    "sleep 0.25\nlisten 22 off\ntelnet ::1 22\nipfstat\nipfstat -hio\nipmon\nsave a_session.lua\n";

static void what_was_typed_is_saved_as_a_scenario_that_passes(void **state)
{
    (void)state;
    assert_command(type("shell", session), 2, "saved; to run it: lo0sim run a_session.lua\n",
                   "line 5: a quote that is not closed\n");
    assert_command(run_command("", "run a_session.lua"), 0, "  ok    a session ", "");
    assert_command(run_command("", "run --seed 7 a_session.lua"), 0, "1 passed, 0 failed", "");
    assert_command(type("shell", "time\ntelnet ::1 22\nsave a_session.lua\n"), 2, "",
                   "line 3: a_session.lua is there already: take another name\n");
    assert_command(type("shell", "telnet ::1 22\nsave b.lua\nping ::1\nsave b.lua\n"), 0, "", "");
    assert_command(run_command("", "run b.lua"), 0, "1 passed", "");
    assert_non_null(strstr(read_file("b.lua"), "box:ping(\"::1\")"));
}

/* A saved scenario is worth something: where the box does otherwise, it fails. */
static void a_saved_scenario_fails_where_something_else_is_seen(void **state)
{
    static const struct {
        const char *lines, *from, *to;
    } rows[] = {
        {"telnet ::1 22\n", "\"ECONNREFUSED\"", "\"ETIMEDOUT\"   "},
        {"telnet ::1 22\n", "> ::1.22 S ", "> ::1.22 F "},
        {"sleep 2\n", "now(), 2", "now(), 3"},
        {"listen 22\ntelnet ::1 22\nsend 1 x\n", "answer, \"x\"", "answer, \"y\""},
        {"ipf pass in all\nping ::1\nipfstat -hi\n", "\n2 pass", "\n3 pass"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char lines[300], text[8000];
        snprintf(lines, sizeof(lines), "%ssave s%zu.lua\n", rows[i].lines, i);
        assert_command(type("shell", lines), 0, "saved", "");
        char name[40], run[60];
        snprintf(name, sizeof(name), "s%zu.lua", i);
        snprintf(run, sizeof(run), "run %s", name);
        assert_command(run_command("", run), 0, "1 passed", "");
        snprintf(text, sizeof(text), "%s", read_file(name));
        char *place = strstr(text, rows[i].from);
        assert_non_null(place);
        memcpy(place, rows[i].to, strlen(rows[i].to));
        write_file(name, text);
        assert_command(run_command("", run), 1, "0 passed, 1 failed", "");
    }
}

static void a_session_prints_the_same_each_time(void **state)
{
    (void)state;
    char *first = strdup(type("shell", session).out);
    remove("a_session.lua");
    assert_string_equal(type("shell", session).out, first);
    remove("a_session.lua");
    assert_string_not_equal(type("shell --seed 2", session).out, first);
    free(first);
}

static void the_shells_options_are_lines_that_come_first(void **state)
{
    (void)state;
    write_file("a b.conf", "set intercept_loopback true;\n" RULE);
    assert_command(
        type("shell -f 'a b.conf' --mode inject --era snv_116", "telnet ::1 22\nera\nsave x.lua\n"),
        0, "its replies had no way out\nsnv_116, of:", "");
    assert_command(run_command("", "run x.lua"), 0, "1 passed", "");
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"shell --era solaris", "lo0sim shell: there is no era 'solaris'"},
        {"shell --mode fix", "lo0sim shell: there is no reply mode 'fix'"},
        {"shell -f missing", "lo0sim shell: missing: No such file"},
        {"shell --seed x", "--seed takes a whole number"},
        {"shell x", "takes no arguments"},
        {"shell -f 'a\"b'", "has a quote in it"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(type(rows[i].arguments, "time\n"), 2, "", rows[i].message);
    assert_command(run_command("", "shell --help"), 0, "usage: lo0sim shell", "");
}

/* ---- step ---- */

#define SCENARIO                                                                                   \
    "test('refused', function(box)\n"                                                              \
    "  box:filter([[" RULE "]])\n"                                                                 \
    "  box:connect('127.0.0.1', 22)\n"                                                             \
    "  box:sleep(2)\n"                                                                             \
    "  box:filter('')\n"                                                                           \
    "  box:udp():sendto('x', '::1', 53)\n"                                                         \
    "end)\n"

static void a_run_is_walked_forward_and_back(void **state)
{
    static const struct {
        const char *lines, *out;
    } rows[] = {
        {"", "event 1 of 2"},
        {"next\n", "event 2 of 2"},
        {"n 5\nu 2\n", "event 4 of 2"},
        {"n 2\n\n", "event 5 of 2"},
        {"u\n", "this is the first event\n"},
        {"n 999\nn\n", "the end: the test passed after 2.000 s\n"},
        {"break fr_make_rst\nc\n", "breakpoint 1, fr_make_rst\nevent "},
        {"break snoop\nn 999\nr\n", "breakpoint 1, snoop\nevent "},
        {"break @0:1\nc\n", "*           in rule         1 @1 block return-rst"},
        {"break 1.5\nc\n", "breakpoint 1, 1.500000 s\nevent "},
        {"break ipfilter_hook4_loop_in\nc\n", "ipfilter_hook4_loop_in: pass, the packet changed\n"},
        {"to 2\n", "  2.000000  main            no rules are loaded\n"},
        {"break errno\nc\n", "  0.000000  errno           127.0.0.1.34448 > 127.0.0.1.22: ECONN"},
        {"break ip_wput_ire\nc\n", "*           tcp             127.0.0.1.34448 > 127.0.0.1.22  "
                                   "SYN_SENT\n"},
        {"break errno\nc\nn\n",
         "-           tcp             127.0.0.1.34448 > 127.0.0.1.22  SYN_SENT"},
        {"break snoop\nbreak @0:1\nlist\n", "  1  snoop, 2 events\n  2  @0:1, 1 event\n"},
        {"break snoop\ndelete 1\nlist\n", "no breakpoints\n"},
        {"break snoop\ndelete\nlist\n", "no breakpoints\n"},
        {"packet\n", "no packet has been seen yet\n"},
        {"break fr_make_rst\nc\npacket\n",
         "* 0x21  flags              02           -> 14           S -> R.\n"},
        {"break fr_make_rst\nc\npacket\n", "  0x0030  00 00 00 00"},
        {"n 999\npacket\n", "  0x2a  destination port   00 35                        53\n"},
        {"rules\n", "in rule         0 @1 block return-rst"},
        {"n 999\nendpoints\n", "udp             *."},
        {"break snoop\nc\nwhere\n", ">    12   0.000000  snoop  "},
        {"help\n", "break, b    STATION|@G:N|TIME  stop at a station, at a rule, at a time\n"},
        {"quit\nn\n", "event 1 of 2"},
        {"exit\nn\n", "event 1 of 2"},
        {"b snoop\nlist\n", "  1  snoop"},
        {"?\n", "  quit, q  "},
        {"h\n", "  quit, q  "},
        {"b snoop\ncont\nbac\n", "event 12 of 2"},
        {"ru\n", "in rule         0 @1 block return-rst"},
        {"break ip_wput_local\nc\nlost\n", "another way: drop packet 1 at LOOPBACK_IN\n"},
        {"break ip_wput_local\nc\nlost\n", "  0.000000  fault           lost before LOOPBACK_IN"},
        {"break ip_wput_local\nc\nlost\nn\n", "  3.375000  "},
        {"break ip_wput_ire\nc\ndoubled\n", "another way: duplicate packet 1\n"},
        {"break snoop\nc\ndelayed 0.5\n", "delay packet 1 by 0.500000 at ip_fanout\n"},
        {"break snoop\nc\ndelayed 0.5\nundo\n",
         "without: delay packet 1 by 0.500000 at ip_fanout\n"},
        {"break ip_wput_local\nc\nlost\nc\nlost\nundo\nundo\nrules\n",
         "in rule         0 @1 block return-rst"},
    };
    (void)state;
    write_file("s.lua", SCENARIO);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        command_t command = type("step s.lua", rows[i].lines);
        if (command.code != 0 || strstr(command.out, rows[i].out) == NULL || command.err[0] != '\0')
            fail_msg("%s: %d\n%s%s", rows[i].lines, command.code, command.out, command.err);
    }
}

static void walking_forward_and_back_shows_the_same(void **state)
{
    (void)state;
    write_file("s.lua", SCENARIO);
    char *forth = strdup(strstr(type("step s.lua", "n 11\n").out, "event 12 of"));
    char *back = strdup(type("step s.lua", "n 999\nto 0\nn 14\nu 3\n").out);
    assert_non_null(strstr(back, forth));
    free(forth);
    free(back);
}

static void what_step_cannot_do_it_says(void **state)
{
    static const struct {
        const char *line, *message;
    } rows[] = {
        {"nxt", "line 1: there is no command 'nxt'; did you mean 'next'?"},
        {"next x", "line 1: 'x' is no number of events"},
        {"next 0", "line 1: '0' is no number of events"},
        {"next 1 2", "line 1: '2' is one word too many"},
        {"where x", "line 1: 'x' is one word too many"},
        {"to", "line 1: to takes a time in seconds, such as: to 3.375"},
        {"to 99", "line 1: this run ends before 99.000000 s"},
        {"break", "line 1: break takes a station, a rule or a time"},
        {"break snop", "line 1: no event of this run is at 'snop'; did you mean 'snoop'?"},
        {"break @0", "line 1: '@0' is no rule: @GROUP:NUMBER"},
        {"break @0:9", "line 1: no packet of this run meets the rule @0:9"},
        {"delete 1", "line 1: there is no breakpoint 1"},
        {"delete x", "line 1: 'x' is no breakpoint's number"},
        {"lost", "line 1: this event is about no packet"},
        {"delayed", "line 1: delayed takes a time in seconds, such as: delayed 0.5"},
        {"delayed 0", "line 1: delayed takes a time in seconds"},
        {"undo", "line 1: this is the way that the test went"},
    };
    (void)state;
    write_file("s.lua", SCENARIO);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char lines[100];
        snprintf(lines, sizeof(lines), "%s\nlist\n", rows[i].line);
        assert_command(type("step s.lua", lines), 2, "no breakpoints\n", rows[i].message);
    }
}

static void step_takes_one_test(void **state)
{
    static const struct {
        const char *arguments, *message;
        int code;
    } rows[] = {
        {"step", "one scenario is needed: lo0sim step FILE[:TEST]", 2},
        {"step missing.lua", "missing.lua: No such file or directory", 2},
        {"step two.lua", "two.lua has 2 tests: name one, FILE:TEST; there are:\n  a\n  b\n", 2},
        {"step two.lua:c", "there is no test 'c'", 2},
        {"step mistake.lua", "mistake.lua:1", 2},
        {"step skipped.lua", "the test 'x' is skipped: not now", 4},
        {"step empty.lua", "there is no test in it", 4},
        {"step --seed x two.lua", "--seed takes a whole number", 2},
    };
    (void)state;
    write_file("two.lua", "test('a', function(box) box:ping('::1') end)\n"
                          "test('b', function(box) end)\n");
    write_file("mistake.lua", "tst('x')\n");
    write_file("skipped.lua", "test('x', { skip = 'not now' }, function(box) end)\n");
    write_file("empty.lua", "");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(type(rows[i].arguments, ""), rows[i].code, "", rows[i].message);
    assert_command(type("step two.lua:a", "n\n"), 0, "event 2 of", "");
    assert_command(type("step two.lua:b", "n\n"), 0,
                   "nothing happened in this run\nthe end: the test p", "");
    assert_command(run_command("", "step --help"), 0, "usage: lo0sim step", "");
}

static void a_run_that_fails_is_walked_all_the_same(void **state)
{
    static const struct {
        const char *script, *out;
        int code;
    } rows[] = {
        {"test('x', function(box) box:ping('::1') expect.eq(1, 2) end)\n",
         "the end: the test failed after 0.000 s\nx.lua:1: expect.eq failed\n", 1},
        {"test('x', function(box) box:ping('::1') box:pong() end)\n",
         "the end: the test ended with a mistake after 0.000 s\nx.lua:1: ", 2},
        {"test('x', function(box) box:ping('::1') while true do end end)\n",
         "the end: the test failed after 0.000 s\nx.lua:1: over the budget of Lua instructions", 1},
        {"test('x', function(box) box:listen(22):accept() end)\n",
         "the end: the test failed after 0.000 s\nx.lua: deadlock", 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file("x.lua", rows[i].script);
        assert_command(type("step x.lua", "n 999\nn 999\n"), rows[i].code, rows[i].out, "");
    }
}

/* Without a line, and without an event, too: both programs run the same test. */
static void step_exits_as_run_does_and_says_why(void **state)
{
    static const struct {
        const char *body, *out;
        int code;
    } rows[] = {
        {"box:ping('::1')", "event 1 of ", 0},
        {"", "nothing happened in this run\nthe end: the test passed after", 0},
        {"box:ping('::1') expect.eq(1, 2)", "the end: the test failed after", 1},
        {"expect.eq(1, 2)", "in this run\nthe end: the test failed after", 1},
        {"box:ping('::1') box:pong()", "the end: the test ended with a mistake after", 2},
        {"box:pong()", "in this run\nthe end: the test ended with a mistake after", 2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[200];
        snprintf(script, sizeof(script), "test('x', function(box) %s end)\n", rows[i].body);
        write_file("x.lua", script);
        assert_int_equal(run_command("", "run x.lua").code, rows[i].code);
        assert_command(run_command("", "step x.lua"), rows[i].code, rows[i].out, "");
    }
    write_file("x.lua", "test('x', function(box) box:ping('::1') expect.eq(1, 2) end)\n");
    assert_command(type("step x.lua", "nxt\n"), 2, "", "did you mean 'next'?");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(what_is_typed_is_done_and_told),
        CLI_TEST(a_line_that_is_a_mistake_is_told_and_the_shell_goes_on),
        CLI_TEST(a_rule_with_a_mistake_changes_nothing),
        CLI_TEST(a_file_is_taken_as_it_stands_and_a_typed_rule_intercepts),
        CLI_TEST(what_was_typed_is_saved_as_a_scenario_that_passes),
        CLI_TEST(a_saved_scenario_fails_where_something_else_is_seen),
        CLI_TEST(a_session_prints_the_same_each_time),
        CLI_TEST(the_shells_options_are_lines_that_come_first),
        CLI_TEST(a_run_is_walked_forward_and_back),
        CLI_TEST(walking_forward_and_back_shows_the_same),
        CLI_TEST(what_step_cannot_do_it_says),
        CLI_TEST(step_takes_one_test),
        CLI_TEST(a_run_that_fails_is_walked_all_the_same),
        CLI_TEST(step_exits_as_run_does_and_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
