/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim ipfstat, ipmon, check, and what ipftest does besides judging text, seen from outside.
 */
#include "tests/cli/command.h"

#define SCENARIO                                                                                   \
    "test('one', function(box)\n"                                                                  \
    "  box:filter('block return-rst in log on lo0 proto tcp from any to any port = 22')\n"         \
    "  box:connect('127.0.0.1', 22)\n"                                                             \
    "end)\n"
#define SECOND                                                                                     \
    "test('two: with a colon', { modes = { 'inject', 'rewrite' } }, function(box)\n"               \
    "  box:filter('block in on lo0 all')\n"                                                        \
    "end)\n"

static void ipfstat_prints_rules_with_hits_and_the_out_list_first(void **state)
{
    (void)state;
    write_file("s.lua", SCENARIO);
    command_t command = run_command("", "ipfstat -hnio s.lua");
    assert_command(command, 0,
                   "1 @1 block return-rst in log on lo0 proto tcp from any to any port = ssh\n",
                   "empty list for ipfilter(out)\n");
    assert_int_equal(command.out[0], '1'); /* one test has no heading */
    assert_command(run_command("", "ipfstat -iR s.lua:one"), 0, "port = 22\n", "");
    assert_command(run_command("", "ipfstat -a s.lua"), 0, "",
                   "empty list for ipacct(out)\nempty list for ipacct(in)\n");
    assert_command(run_command("", "ipfstat -iv s.lua"), 0, "64 block return-rst in log on lo0 ",
                   "");
}

/* A RST that the fix makes is counted as an ICMP reply; before it, a RST that never left is sent.
 */
static void ipfstat_without_options_prints_the_counters(void **state)
{
    (void)state;
    write_file("s.lua", SCENARIO);
    command_t command = run_command("", "ipfstat s.lua");
    assert_command(command, 0, "ICMP replies:\t1\tTCP RSTs sent:\t0\n", "");
    assert_command(command, 0,
                   " input packets:\t\tblocked 1 passed 0 nomatch 0 counted 0 short 0\n", "");
    assert_command(command, 0, " input packets logged:\tblocked 1 passed 0\n", "");
    write_file("inject.lua", "test('x', { modes = { 'inject' } }, function(box)\n"
                             "  box:filter('block return-rst in on lo0 proto tcp all')\n"
                             "  box:connect('127.0.0.1', 22)\nend)\n");
    command = run_command("", "ipfstat inject.lua");
    assert_command(command, 0, "ICMP replies:\t0\tTCP RSTs sent:\t4\n", "");
    assert_command(command, 0, "Fastroute successes:\t4\tfailures:\t0\n", "");
    assert_command(command, 0, "IPF Ticks:\t60\n", "");
}

/* On loopback a datagram goes out and comes in: it is two packets of the state. */
static void ipfstat_shows_states_and_fragments(void **state)
{
    (void)state;
    write_file("s.lua", "test('one', function(box)\n"
                        "  box:filter('pass out quick proto udp all keep state')\n"
                        "  box:udp():sendto('abc', '127.0.0.1', 9)\n"
                        "  box:sleep(3)\n"
                        "  local states = box:states()\n"
                        "  expect.eq(#states, 1)\n"
                        "  expect.eq(states[1].proto .. states[1].dst .. states[1].dport,\n"
                        "    'udp127.0.0.19')\n"
                        "  expect.eq(states[1].verdict, 'pass')\n"
                        "  expect.eq(states[1].ttl, 117)\n"
                        "  expect.eq(states[1].packets, 2)\n"
                        "  expect.eq(states[1].rule, 'pass out quick proto udp from any to any "
                        "keep state')\n"
                        "end)\n");
    command_t command = run_command("", "ipfstat -t s.lua");
    assert_command(command, 0,
                   "localhost - IP Filter: v4.1.9 - state top                15:30:03\n", "");
    assert_command(command, 0,
                   "\nSource IP             Destination IP         ST   PR   #pkts    #bytes       "
                   "ttl\n127.0.0.1,",
                   "");
    assert_command(command, 0, " 127.0.0.1,9           0/0  udp       2        62      1:57\n", "");
    command = run_command("", "ipfstat -t6 s.lua");
    assert_command(command, 0, "Src: ::, Dest: ::, Proto: any, Sorted by: # bytes\n", "");
    assert_null(strstr(command.out, "127.0.0.1"));
    assert_command(run_command("", "ipfstat -s s.lua"), 0,
                   "IP states added:\n\t0 TCP\n\t1 UDP\n\t0 ICMP\n", "");
    assert_command(run_command("", "ipfstat -sl s.lua"), 0, "4:udp src:127.0.0.1,", "");
    assert_command(run_command("", "ipfstat -f s.lua"), 0, "IP fragment states:\n\t0 new\n", "");
}

static void pools_are_read_and_printed(void **state)
{
    (void)state;
    write_file("pools.conf", "table role = ipf type = tree number = 5 { 10/8; !10.1.0.0/16; };\n");
    write_file("good.conf",
               "table role = ipf type = tree number = 5 { 10.0.0.0/8; !10.1.0.0/16; };\n");
    assert_string_equal(run_command("", "ippool -nvf good.conf").out,
                        "table role=ipf type=tree number=5\n\t{ 10.0.0.0/8; ! 10.1.0.0/16; };\n");
    assert_string_equal(run_command("", "ippool -f good.conf").out, "");
    assert_string_equal(run_command("", "ippool -lRf - <good.conf").out,
                        run_command("", "ippool -vf good.conf").out);
    assert_command(run_command("", "ippool -vf pools.conf"), 2, "", "pools.conf:1:43: ");
}

/* As by IPFilter 6: before the rule, a tree from its last address to the first, a hash as written.
 */
static void pools_in_a_rule_are_printed_before_it(void **state)
{
    (void)state;
    write_file("r.conf", "block in from hash=(9.9.9.9, 10.1.0.0/16, 3.3.3.3) to pool=(8.0.0.0/8, "
                         "!8.8.8.8, 2001:db8::/32)\nblock out from hash=(1.1.1.1) to any\n");
    assert_string_equal(run_command("", "ipf -nvf r.conf").out,
                        "table role=ipf type=hash name= size=5\n"
                        "\t{ 9.9.9.9/32; 10.1.0.0/16; 3.3.3.3/32; };\n"
                        "table role=ipf type=tree number=\n"
                        "\t{ 2001:db8::/32; ! 8.8.8.8/32; 8.0.0.0/8; };\n"
                        "block in from hash/0 to pool/0\n"
                        "table role=ipf type=hash name= size=1\n"
                        "\t{ 1.1.1.1/32; };\n"
                        "block out from hash/0 to any\n");
    assert_string_equal(run_command("", "ipf -nf r.conf").out, "");
}

static void names_of_hosts_come_from_a_table(void **state)
{
    (void)state;
    write_file("hosts", "10.9.8.7 www web.example # two names\n2001:db8::9\twww\n\n"
                        "192.168.1.77 thishost\n");
    write_file("r.conf", "block in from www to <thishost>\npass out inet6 from any to www\n"
                         "pass in to bge0:web.example from web.example/24 to localhost\n");
    assert_string_equal(run_command("", "ipf -nvf r.conf --hosts hosts").out,
                        "block in inet from 10.9.8.7/32 to 192.168.1.77/32\n"
                        "pass out inet6 from any to 2001:db8::9/128\n"
                        "pass in to bge0:10.9.8.7 inet from 10.9.8.0/24 to 127.0.0.1/32\n");
    assert_command(
        run_command("", "ipf -f r.conf"), 2, "",
        "r.conf:1:15: 'www': names of hosts come from a table (--hosts); or write the address\n");
    assert_command(run_command("", "check --hosts hosts r.conf"), 0, "", "");
    write_file("other.conf", "block in inet6 from web.example to any\n");
    assert_command(run_command("", "check --hosts hosts other.conf"), 2,
                   "the table of hosts has no 'web.example' of this family", "");
    write_file("p.txt", "in udp 10.9.8.7,1 192.168.1.77,2\nin udp 10.9.8.6,1 192.168.1.77,2\n");
    assert_string_equal(run_command("", "ipftest -b -r r.conf -i p.txt --hosts hosts").out,
                        "block\nnomatch\n");
    write_file("bad", "10.9.8.7 www\n10.9.8 web\n");
    assert_command(run_command("", "ipf -f r.conf --hosts bad"), 2, "",
                   "bad:2:1: '10.9.8' is not an address\n");
    write_file("bad", "10.9.8.7\n");
    assert_command(run_command("", "ipftest -r r.conf -i p.txt --hosts bad"), 2, "",
                   "bad:1:1: '10.9.8.7' has no name after it\n");
    write_file("bad", "10.9.8.7 a$b\n");
    assert_command(run_command("", "check --hosts bad r.conf"), 2, "",
                   "bad:1:10: 'a$b' is not the name of a host\n");
}

static void every_command_that_reads_rules_knows_the_names_of_the_table(void **state)
{
    static const struct {
        const char *command, *out;
    } rows[] = {
        {"why --hosts hosts -f r.conf 'in on lo0 tcp 127.0.0.1,1025 127.0.0.1,22 S'",
         "from any to 127.0.0.1/32 port = 22"},
        {"outcomes --hosts hosts --ports 22 --proto tcp -f r.conf", "refused"},
        {"connect --hosts hosts -f r.conf 127.0.0.1 22", "ECONNREFUSED"},
        {"connect --hosts=hosts --rule 'block in proto udp from any to loop' "
         "--rule 'block return-rst in proto tcp from any to loop' 127.0.0.1 22",
         "ECONNREFUSED"},
        {"compare --hosts hosts --eras post t.lua", "ECONNREFUSED"},
        {"explore --hosts hosts --faults 0 t.lua", ""},
        {"ipfstat --hosts hosts -io t.lua", "to 127.0.0.1/32 port = ssh"},
        {"ipmon --hosts hosts -n t.lua", "-> localhost,ssh"},
        {"shell --hosts hosts -f r.conf <in", "any to 127.0.0.1/32 port = ssh"},
        {"run --hosts hosts --hosts more t.lua", "1 passed, 0 failed"},
        {"run -j2 --check-determinism --hosts hosts t.lua", "0 differ"},
    };
    (void)state;
    write_file("hosts", "127.0.0.1 loop\n");
    write_file("more", "10.0.0.1 other\n");
    write_file("r.conf", "set intercept_loopback true;\n"
                         "block return-rst in on lo0 proto tcp from any to loop port = 22\n");
    write_file("in", "ipf\n");
    write_file("t.lua",
               "test('names', function(box)\n"
               "  box:filter('block return-rst in log proto tcp from any to loop port = 22')\n"
               "  local s = box:connect('127.0.0.1', 22)\n"
               "  assert(s == nil)\nend)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].command), 0, rows[i].out, "");
    assert_command(run_command("", "run t.lua"), 2, "'loop': names of hosts come from a table", "");
    assert_command(run_command("", "run --hosts none t.lua"), 2, "", "none");
}

static void a_bundle_has_the_names_of_the_table(void **state)
{
    (void)state;
    write_file("hosts", "127.0.0.1 loop # home\n2001:db8::9 six\n");
    write_file("f.lua", "test('names', function(box)\n"
                        "  box:filter('block in from any to loop')\n  assert(false)\nend)\n");
    assert_command(run_command("", "run --hosts hosts --bundle b f.lua"), 2, "assertion failed",
                   "");
    assert_string_equal(read_file("b/f.names/hosts"), "127.0.0.1 loop\n2001:db8::9 six\n");
    assert_non_null(strstr(read_file("b/f.names/repeat"), " --hosts hosts "));
}

static void ipmon_prints_the_log(void **state)
{
    (void)state;
    write_file("s.lua", SCENARIO);
    assert_command(run_command("", "ipmon s.lua"), 0, "16/06/2009 15:30:00.000000 lo0 @0:1 b 127.",
                   "");
    assert_command(run_command("", "ipmon s.lua"), 0, " -> 127.0.0.1,22 PR tcp len 20 64 -S IN\n",
                   "");
    assert_command(run_command("", "ipmon -sn s.lua:one"), 0,
                   "local0.warning 15:30:00.000000 lo0 @0:1 b localhost,", "");
    command_t command = run_command("", "ipmon --seed 7 s.lua");
    char first[200];
    strcpy(first, command.out);
    assert_string_not_equal(first, run_command("", "ipmon s.lua").out);
    assert_string_equal(first, run_command("", "ipmon --seed 7 s.lua").out);
}

static void each_of_several_tests_has_a_heading_and_one_can_be_chosen(void **state)
{
    (void)state;
    write_file("s.lua", SCENARIO SECOND);
    assert_string_equal(run_command("", "ipfstat -i s.lua").out,
                        "# one\n"
                        "block return-rst in log on lo0 proto tcp from any to any port = ssh\n"
                        "\n# two: with a colon [inject]\nblock in on lo0 all\n"
                        "\n# two: with a colon [rewrite]\nblock in on lo0 all\n");
    assert_string_equal(run_command("", "ipfstat -i 's.lua:two: with a colon [rewrite]'").out,
                        "block in on lo0 all\n");
    assert_string_equal(run_command("", "ipfstat -i 's.lua:two: with a colon'").out,
                        "# two: with a colon [inject]\nblock in on lo0 all\n"
                        "\n# two: with a colon [rewrite]\nblock in on lo0 all\n");
    assert_command(run_command("", "ipfstat s.lua:ona"), 2, "",
                   "s.lua: there is no test 'ona'; did you mean 'one'?\n");
    assert_command(run_command("", "ipmon s.lua:banana"), 2, "",
                   "s.lua: there is no test 'banana'; the first one is 'one'\n");
    write_file("a:b.lua", SCENARIO);
    assert_command(run_command("", "ipfstat -i a:b.lua:one"), 0, "block return-rst", "");
}

static void what_went_wrong_in_a_test_is_said_beside_what_it_shows(void **state)
{
    static const struct {
        const char *body;
        int code;
        const char *err;
    } rows[] = {
        {"expect.eq(1, 2)", 1, "s.lua:1: the test 'x' failed:\n    s.lua:2: expect.eq failed\n"},
        {"box:conect()", 2, "s.lua:1: the test 'x' ended with a mistake:\n"},
        {"while true do end", 1, "over the budget of Lua instructions"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char text[300];
        snprintf(text, sizeof(text),
                 "test('x', function(box) box:filter('block in on lo0 all')\n%s end)\n",
                 rows[i].body);
        write_file("s.lua", text);
        assert_command(run_command("", "ipfstat -i s.lua"), rows[i].code, "block in on lo0 all\n",
                       rows[i].err);
    }
    write_file("s.lua", "test('x', { skip = 'not today' }, function() end)\n");
    assert_command(run_command("", "ipfstat s.lua"), 4, "",
                   "s.lua:1: the test 'x' is skipped: not today\n");
    write_file("s.lua", "local x = 1\n");
    assert_command(run_command("", "ipmon s.lua"), 4, "", "s.lua: there is no test in it\n");
    write_file("s.lua", "test(\n");
    assert_command(run_command("", "ipmon s.lua"), 2, "", "s.lua:");
    assert_command(run_command("", "ipmon missing.lua:x"), 2, "", "missing.lua: No such file");
}

static void options_without_a_meaning_here_are_refused_by_name(void **state)
{
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"ipfstat -I s.lua", "ipfstat: '-I': there is no inactive set of rules"},
        {"ipfstat -6io s.lua", "-6 goes with -t: rules and states of both families stand in one"},
        {"ipfstat -A s.lua", "'-A': authentication is not modelled"},
        {"ipfstat -T s.lua", "'-T': a table of states shows all that are open, once"},
        {"ipfstat -ti s.lua", "rules, -s, -t and -f are asked for one at a time"},
        {"ipfstat -sf s.lua", "rules, -s, -t and -f are asked for one at a time"},
        {"ipfstat -l s.lua", "-l goes with -s: the states themselves"},
        {"ippool", "a file of pools is needed: lo0sim ippool -nvf FILE"},
        {"ippool -f s.lua s.lua", "a file of pools is needed"},
        {"ipfstat -h s.lua", "these options are about rules: say which list"},
        {"ipfstat -z s.lua", "lo0sim ipfstat: there is no option '-z'"},
        {"ipfstat", "one scenario is needed: lo0sim ipfstat FILE[:TEST]"},
        {"ipfstat s.lua s.lua", "one scenario is needed"},
        {"ipfstat --seed x s.lua", "--seed takes a whole number"},
        {"ipmon -N s.lua", "ipmon: '-N': there is one log here"},
        {"ipmon -D s.lua", "'-D': it has nothing to do here"},
        {"ipmon", "one scenario is needed: lo0sim ipmon FILE[:TEST]"},
    };
    (void)state;
    write_file("s.lua", SCENARIO);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
}

static void check_prints_all_findings_and_exits_with_2_for_errors_only(void **state)
{
    (void)state;
    write_file("good.conf", "set intercept_loopback true;\n"
                            "block return-rst in on lo0 proto tcp from any to any port = 22\n");
    command_t command = run_command("", "check good.conf");
    assert_command(command, 0, "", "");
    assert_string_equal(command.out, "");
    write_file("warn.conf", "pass in all\nblock return-rst in proto udp all\n");
    assert_string_equal(run_command("", "check warn.conf").out,
                        "warn.conf:2:7: warning: there is no RST for this protocol: its packets "
                        "are dropped without "
                        "an answer; 'return-icmp(port-unr)' refuses UDP [return]\n"
                        "    block return-rst in proto udp all\n"
                        "          ^^^^^^^^^^\n");
    assert_command(run_command("", "check warn.conf good.conf"), 0, "warn.conf:2:7: ", "");
    write_file("bad.conf", "block in qick all\npass in all\npass in from 10.300\n");
    assert_string_equal(run_command("", "check -q bad.conf").out,
                        "bad.conf:1:10: error: unknown word 'qick'; did you mean 'quick'?\n"
                        "bad.conf:3:14: error: '10.300' is not an IPv4 address\n");
    assert_command(run_command("", "check bad.conf good.conf"), 2, "             ^^^^\n", "");
    assert_command(run_command("", "check -q - <warn.conf"), 0, "-:2:7: warning: ", "");
    assert_command(run_command("", "check"), 2, "", "a rules file is needed");
    assert_command(run_command("", "check missing.conf warn.conf"), 2, "warn.conf:2:7", "missing");
    assert_command(run_command("", "check -z good.conf"), 2, "",
                   "lo0sim check: there is no option '-z'");
    assert_string_equal(run_command("", "check --ignore return warn.conf").out, "");
    assert_string_equal(run_command("", "check --ignore=hangs,return warn.conf").out, "");
    assert_command(run_command("", "check --ignore retrun warn.conf"), 2, "",
                   "there is no warning 'retrun'; did you mean 'return'?");
    write_file("hang.conf", "set intercept_loopback true;\n"
                            "block in on lo0 proto tcp from any to any port = 22\n");
    assert_command(run_command("", "check hang.conf"), 0, "gives up after 30 s (era post)", "");
    assert_command(run_command("", "check --era illumos hang.conf"), 0, "after 190.875 s (", "");
    assert_command(run_command("", "check --era snv_117 hang.conf"), 2, "",
                   "there is no era 'snv_117'; did you mean 'snv_116'?");
}

static void check_shows_lines_that_are_not_ascii_and_marks_them_by_characters(void **state)
{
    static const struct {
        const char *rules, *shown;
    } rows[] = {
        {"block in from h\xc3\xa9 to any\n", "    block in from h\xc3\xa9 to any\n"
                                             "                  ^^\n"},
        {"block in on \"\xc3\xa9\xc3\xa9\" qick all\n",
         "    block in on \"\xc3\xa9\xc3\xa9\" qick all"},
        {"pass in all # \xe2\x82\xac\nblock in qick all # \xe2\x82\xac\n",
         "    block in qick all # \xe2\x82\xac\n             ^^^^\n"},
        {"block in qick all # \033[2J\xff\x7f\xc2\x9b\n",
         "    block in qick all # \\x1b[2J\\xff\\x7f\\u{9b}\n"
         "             ^^^^\n"},
        {"block in on \"\033\" all\n", "    block in on \"\\x1b\" all\n                ^^^^^^\n"},
        {"block in \xc3\xa9 all\n", "    block in \xc3\xa9 all\n             ^\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        write_file("r.conf", rows[i].rules);
        command_t command = run_command("", "check r.conf");
        assert_command(command, 2, rows[i].shown, "");
        assert_null(strchr(command.out, '\033'));
    }
}

#define CAPTURES SOURCE "/tests/fuzz/corpus/sim_pcap/"

static void ipftest_reads_captures_of_each_link_type(void **state)
{
    static const struct {
        const char *name;
        int code;
        const char *out, *err; /* `out` is all that is printed */
    } rows[] = {
        {"null", 0, "block return-rst\nnomatch\n", ""},
        {"null_big_endian", 0, "block return-rst\n", ""},
        {"loop", 0, "block return-rst\n", ""},
        {"raw", 0, "block return-rst\nnomatch\n", "1 of 3 frames are not IP packets"},
        {"ipv4", 0, "block return-rst\n", ""},
        {"ipv6", 0, "nomatch\n", ""},
        {"ethernet", 0,
         "block return-rst\nnomatch\nblock return-rst\nblock return-rst\npass\npass\n",
         "2 of 8 frames are not IP packets"},
        {"ipnet", 0, "block return-rst\nauth\nblock return-rst\n", ""},
        {"nanoseconds", 0, "block return-rst\n", ""},
        {"pcapng", 0, "block return-rst\nnomatch\n", ""},
        {"cut_packet", 0, "bad-packet\nbad-packet\n", ""},
        {"empty_capture", 0, "", ""},
        {"cut_file", 2, "block return-rst\n", "cut_file: frame 2: truncated dump file"},
        {"pcapng_cut", 2, "", "pcapng_cut: frame 1: truncated pcapng dump file"},
        {"cut_head", 2, "", "cut_head: no capture: truncated dump file"},
        {"no_capture", 2, "", "no_capture: no capture: unknown file format"},
        {"length_that_lies", 2, "", "length_that_lies: frame 1: "},
        {"other_link", 2, "",
         "the link type IEEE802_11 (105) is not known here; it can be NULL, LOOP, RAW, IPV4, "
         "IPV6, EN10MB, PPP, PPP_SERIAL, PPP_ETHER, LINUX_SLL, LINUX_SLL2 or IPNET"},
        {"sll", 0, "block return-rst\nauth\npass\nblock return-rst\n", "2 of 6 frames are not IP"},
        {"sll2", 0, "block return-rst\nauth\npass\n", "2 of 5 frames are not IP packets"},
        {"ppp", 0, "block return-rst\nblock return-rst\nblock return-rst\nblock return-rst\n",
         "2 of 6 frames are not IP packets"},
        {"ppp_serial", 0, "block return-rst\nblock return-rst\nblock return-rst\n",
         "1 of 4 frames are not IP packets"},
        {"ppp_ether", 0, "block return-rst\n", "1 of 2 frames are not IP packets"},
        {"ppp_with_dir", 0, "block return-rst\nauth\n", "1 of 3 frames are not IP packets"},
        {"ipnet_zones", 0,
         "block return-rst\nauth\nblock return-rst\nblock return-rst\nauth\nblock return-rst\n",
         ""},
        {"snoop_ethernet", 0, "block return-rst\nblock return-rst\n", "1 of 3 frames are not IP"},
        {"snoop_ipnet", 0, "block return-rst\nauth\n", ""},
        {"snoop_tunnel", 0, "block return-rst\n", ""},
        {"snoop_no_padding", 0, "block return-rst\nblock return-rst\n", ""},
        {"snoop_empty", 0, "", ""},
        {"snoop_cut", 2, "block return-rst\n",
         "snoop_cut: frame 2: the record says 54 bytes, and 26 are left"},
        {"snoop_cut_header", 2, "block return-rst\n", "frame 2: the record's header is cut"},
        {"snoop_cut_file", 2, "", "a snoop file has a header of 16 bytes; this one has 12"},
        {"snoop_record_that_lies", 2, "",
         "frame 1: the record says 30 bytes in all, and 54 of its packet"},
        {"snoop_version_3", 2, "", "a snoop file of version 3; 2 is known"},
        {"snoop_other_link", 2, "", "the datalink 0x8 of this snoop file is not known here"},
        {"gzip_raw", 0, "block return-rst\nblock return-rst\n", ""},
        {"gzip_two_members", 0, "block return-rst\nblock return-rst\n", ""},
        {"gzip_snoop", 0, "block return-rst\n", ""},
        {"gzip_empty", 2, "", "gzip_empty: no capture: the file is empty"},
        {"gzip_cut", 2, "", "gzip_cut: no capture: packed by gzip, and it is cut"},
        {"gzip_damaged", 2, "", "gzip_damaged: no capture: packed by gzip, and it is damaged"},
    };
    (void)state;
    write_file("r.conf", "block return-rst in proto tcp all flags S\n"
                         "pass in proto tcp all with mbcast\nauth out all\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[400];
        snprintf(arguments, sizeof(arguments), "ipftest -b -F pcap -r r.conf -i %s%s", CAPTURES,
                 rows[i].name);
        command_t command = run_command("", arguments);
        assert_command(command, rows[i].code, rows[i].out, rows[i].err);
        assert_string_equal(command.out, rows[i].out);
    }
    write_file("empty", "");
    assert_command(run_command("", "ipftest -F pcap -r r.conf -i empty"), 2, "",
                   "empty: no capture: the file is empty");
}

static void a_capture_has_the_interface_and_direction_that_are_said(void **state)
{
    (void)state;
    write_file("r.conf", "block in on bge0 all\npass out on bge0 all\n");
    assert_command(run_command("", "ipftest -F pcap -r r.conf -i " CAPTURES "loop"), 0,
                   "nomatch                  in on anon0 ", "");
    assert_command(run_command("", "ipftest -I bge0 -F pcap -r r.conf -i " CAPTURES "loop"), 0,
                   "block                    in on bge0 ", "");
    assert_command(
        run_command("", "ipftest -I bge0 -S 127.0.0.1 -F pcap -r r.conf -i " CAPTURES "loop"), 0,
        "block                    in on bge0 ", "");
    assert_command(
        run_command("", "ipftest -I bge0 -S 10.0.0.1 -F pcap -r r.conf -i " CAPTURES "loop"), 0,
        "pass                     out on bge0 ", "");
    assert_command(run_command("", "ipftest -S 10.0.0.1 -r r.conf -i r.conf"), 2, "",
                   "-S goes with -F pcap: text packets say themselves");
    assert_command(run_command("", "ipftest -S lo0 -r r.conf -i r.conf"), 2, "",
                   "-S takes an IPv4 address, not 'lo0'");
    assert_command(run_command("", "ipftest -I '' -r r.conf -i r.conf"), 2, "",
                   "-I takes the name of an interface");
}

static void ipftest_dumps_rules_and_states_behind_the_packets(void **state)
{
    (void)state;
    write_file("r.conf", "pass in quick proto udp all keep state\ncount in all\n"
                         "block out proto tcp all\n");
    write_file("p.txt", "in udp 10.0.0.1,53 10.0.0.2,5353\nin udp 10.0.0.1,53 10.0.0.2,5353\n");
    assert_string_equal(run_command("", "ipftest -bD -r r.conf -i p.txt").out,
                        "pass\npass\n"
                        "List of active MAP/Redirect filters:\n"
                        "\n"
                        "List of active sessions:\n"
                        "\n"
                        "Hostmap table:\n"
                        "List of active state sessions:\n"
                        "4:udp src:10.0.0.1,53 dst:10.0.0.2,5353\n"
                        "\tFWD: IN pkts 2 bytes 56 OUT pkts 0 bytes 0\n"
                        "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
                        "\ttag 0 pass 0x2008502 = pass in quick keep state\n"
                        "\tinterfaces: in X[anon0],X[] out X[],X[]\n"
                        "\tSync status: not synchronized\n"
                        "List of configured pools\n"
                        "List of configured hash tables\n"
                        "List of groups configured (set 0)\n"
                        "List of groups configured (set 1)\n"
                        "Rules configured (set 0, in)\n"
                        "1 pass in quick proto udp from any to any keep state\n"
                        "Rules configured (set 0, out)\n"
                        "0 block out proto tcp from any to any\n"
                        "Rules configured (set 1, in)\n"
                        "Rules configured (set 1, out)\n"
                        "Accounting rules configured (set 0, in)\n"
                        "2 count in all\n"
                        "Accounting rules configured (set 0, out)\n"
                        "Accounting rules configured (set 1, in)\n"
                        "Accounting rules configured (set 1, out)\n");
}

static void ipftest_sets_tunables_or_refuses_them(void **state)
{
    static const struct {
        const char *options;
        int code;
        const char *out, *err;
    } rows[] = {
        {"", 0, "nomatch\nbad-packet\n", ""},
        {"-T fr_pass=block", 0, "block\nbad-packet\n", ""},
        {"-T ipf_pass=pass", 0, "nomatch\nbad-packet\n", ""},
        {"-T fr_minttl=63", 0, "nomatch\nbad-packet\n", ""},
        {"-T fr_minttl=64", 0, "auth\nbad-packet\n", ""},
        {"-T fr_minttl=64,fr_pass=block -T ipf_minttl=0", 0, "block\nbad-packet\n", ""},
        {"-T fr_pass=what", 2, "", "ipftest: -T: 'fr_pass' is pass or block, not 'what'"},
        {"-T banana=1", 2, "", "ipftest: -T: there is no tunable 'banana'; there are fr_pass,"},
        {"-T fr_chksrc=1", 2, "", "-T: the tunable 'fr_chksrc' is not modelled"},
    };
    (void)state;
    write_file("r.conf", "auth in all with lowttl\n");
    write_file("p.hex", "[in]45000014 00000000 3f000000 01010101 02020202\n\n[in]45\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[300];
        snprintf(arguments, sizeof(arguments), "ipftest %s -b -F hex -r r.conf -i p.hex",
                 rows[i].options);
        command_t command = run_command("", arguments);
        assert_command(command, rows[i].code, "", rows[i].err);
        assert_string_equal(command.out, rows[i].out);
    }
}

static void a_mistake_in_a_scripts_rules_is_underlined(void **state)
{
    (void)state;
    write_file("s.lua", "test('x', function(box)\n  box:filter('block in qick all')\nend)\n");
    assert_command(run_command("", "run s.lua"), 2,
                   "        s.lua:2:24: unknown word 'qick'; did you mean 'quick'?\n"
                   "            block in qick all\n"
                   "                     ^^^^\n",
                   "");
    write_file("s.lua", "test('x', function(box)\n  box:filter{ file = 'r.conf' }\nend)\n");
    write_file("r.conf", "pass in all\n\tblock in \\\n to bge0 all\n");
    assert_command(run_command("", "run s.lua"), 2,
                   "        r.conf:3:2: there is no interface 'bge0'\n"
                   "             to bge0 all\n"
                   "             ^^\n",
                   "");
}

static void help_says_what_each_tool_does(void **state)
{
    (void)state;
    assert_command(run_command("", "ipfstat --help"), 0, "usage: lo0sim ipfstat", "");
    assert_command(run_command("", "ipmon --help"), 0, "usage: lo0sim ipmon", "");
    assert_command(run_command("", "check --help"), 0, "usage: lo0sim check", "");
    assert_command(run_command("", "--help"), 0, "  ipmon ", "");
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(ipfstat_prints_rules_with_hits_and_the_out_list_first),
        CLI_TEST(ipfstat_without_options_prints_the_counters),
        CLI_TEST(every_command_that_reads_rules_knows_the_names_of_the_table),
        CLI_TEST(a_bundle_has_the_names_of_the_table),
        CLI_TEST(ipmon_prints_the_log),
        CLI_TEST(each_of_several_tests_has_a_heading_and_one_can_be_chosen),
        CLI_TEST(what_went_wrong_in_a_test_is_said_beside_what_it_shows),
        CLI_TEST(ipfstat_shows_states_and_fragments),
        CLI_TEST(pools_are_read_and_printed),
        CLI_TEST(pools_in_a_rule_are_printed_before_it),
        CLI_TEST(names_of_hosts_come_from_a_table),
        CLI_TEST(options_without_a_meaning_here_are_refused_by_name),
        CLI_TEST(check_prints_all_findings_and_exits_with_2_for_errors_only),
        CLI_TEST(check_shows_lines_that_are_not_ascii_and_marks_them_by_characters),
        CLI_TEST(ipftest_reads_captures_of_each_link_type),
        CLI_TEST(a_capture_has_the_interface_and_direction_that_are_said),
        CLI_TEST(ipftest_dumps_rules_and_states_behind_the_packets),
        CLI_TEST(ipftest_sets_tunables_or_refuses_them),
        CLI_TEST(a_mistake_in_a_scripts_rules_is_underlined),
        CLI_TEST(help_says_what_each_tool_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
