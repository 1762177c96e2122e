/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The tables of states and fragments, and the dump of all tables, of a filter that has seen a bit
 * of everything.
 */
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/ipfstat.h"
#include "tests/filter/packet.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CLIENT "10.0.0.1"
#define SERVER "192.168.100.200"
#define GOES(...)                                                                                  \
    {                                                                                              \
        .src = CLIENT, .dst = SERVER, __VA_ARGS__                                                  \
    }
#define COMES_TO(port, ...)                                                                        \
    {                                                                                              \
        .src = SERVER, .dst = CLIENT, .sport = 22, .dport = (port), __VA_ARGS__                    \
    }
#define COMES(...) COMES_TO(33001, __VA_ARGS__)

static char text[16384];

static void add_line(void *arg, const char *line)
{
    (void)arg;
    strcat(strcat(text, line), "\n");
}

static void judge(ipf_stack_t *ifs, const char *ifname, bool out, mblk_t *m)
{
    qpktinfo_t qpi = {.qpi_ifname = ifname, .qpi_ill = 1};
    fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
}

static const char rules[] =
    "block in quick proto tcp from any to !127.0.0.2 port = 23 keep state (strict) keep frags\n"
    "pass out log first quick proto tcp all flags S keep state set-tag(log=7)\n"
    "block return-rst in log body quick on bge1 proto tcp from !127.0.0.2 to any keep state "
    "(loose)\n"
    "pass in quick proto icmp all keep state\n"
    "pass in quick proto gre all keep state\n"
    "pass in quick proto 254 all keep state\n"
    "pass in quick proto udp all with frag keep frags\n"
    "pass in quick proto udp all keep state head g\n"
    "count in proto tcp all head c\ncount in all group c\n"
    "pass in inet6 all keep state\n"
    "block in proto ospf from pool = (10.0.0.0/8, !10.0.0.9) to hash = (10.1.0.0/16)\n"
    "pass in from any to any port = 22 group g\n";

static const char pools[] =
    "table role = ipf type = tree name = trees { 10.0.0.0/8; !10.1.0.0/16; };\n"
    "table role = auth type = hash number = 7 { 10.0.0.1; };\n"
    "table role = all type = tree number = 3 { 10.0.0.1; };\n";

static mblk_t *ping6(void)
{
    static const uint8_t ip[] = {0x60, 0, 0, 0, 0, 8, 58, 64};
    mblk_t *m = allocb(48);
    memset(m->b_rptr, 0, 48);
    memcpy(m->b_rptr, ip, sizeof(ip));
    m->b_rptr[23] = 1;
    m->b_rptr[39] = 2;
    memcpy(m->b_rptr + 40, "\200\0\x7e\xb8\1\2\0\0", 8);
    m->b_wptr = m->b_rptr + 48;
    return m;
}

/* Two connections, one of which is closed, and one of each other kind, at different times. */
static ipf_stack_t *busy_filter(void)
{
    static const struct {
        double at_s;
        bool out;
        const char *ifname;
        packet_t packet;
    } steps[] = {
        {0, true, "bge0", GOES(.flags = "S", .seq = 100, .win = 1000, .options = 4)},
        {0, false, "bge0", COMES(.flags = "SA", .seq = 500, .ack = 101, .options = 4)},
        {0, true, "bge0", GOES(.flags = "A", .seq = 101, .ack = 501, .payload = 10)},
        {1, true, "bge0", GOES(.flags = "S", .seq = 100, .sport = 4000)},
        {1, false, "bge0", COMES_TO(4000, .flags = "SA", .seq = 500, .ack = 101)},
        {1, true, "bge0", GOES(.flags = "FA", .seq = 101, .ack = 501, .sport = 4000)},
        {1, false, "bge0", COMES_TO(4000, .flags = "FA", .seq = 501, .ack = 102)},
        {1, true, "bge0", GOES(.flags = "RA", .seq = 102, .ack = 502, .sport = 4000)},
        {1, true, "bge0", GOES(.flags = "S", .seq = 100, .sport = 5000)},
        {1, false, "bge0", COMES_TO(5000, .flags = "SA", .seq = 500, .ack = 101)},
        {1, true, "bge0", GOES(.flags = "A", .seq = 101, .ack = 501, .sport = 5000)},
        {1, false, "bge0", COMES_TO(5000, .flags = "A", .seq = 501, .ack = 101)},
        {1, true, "bge0", GOES(.flags = "FA", .seq = 101, .ack = 501, .sport = 5000)},
        {1, false, "bge0", COMES_TO(5000, .flags = "FA", .seq = 501, .ack = 102)},
        {1, true, "bge0", GOES(.flags = "A", .seq = 102, .ack = 502, .sport = 5000)},
        {1, false, "bge0", COMES_TO(5000, .flags = "A", .seq = 502, .ack = 102)},
        {2, false, "bge1", {.dport = 23, .seq = 7}},
        {2, false, "bge1", {.src = "127.0.0.3", .dport = 24, .seq = 7, .win = 9}},
        {3, false, "lo0", {.proto = 1, .icmp = 8 << 8, .query = 0x102, .payload = 56}},
        {3.5, false, "lo0", {.proto = 47, .payload = 8}},
        {4, false, "lo0", {.proto = 254, .payload = 8}},
        {4, false, "lo0", {.proto = 17, .dport = 53, .payload = 100}},
        {4, true, "lo0", {.proto = 17, .sport = 53, .dport = 33001, .payload = 7}},
        {4, true, "lo0", {.proto = 17, .sport = 53, .dport = 33001, .payload = 9}},
        {5, false, "lo0", {.proto = 17, .frag = 0x2000, .payload = 8, .id = 0xabc}},
        {5, false, "lo0", {.proto = 17, .frag = 0x2002, .payload = 8, .id = 0xabc}},
        {5, false, "lo0", {.proto = 17, .frag = 0x2002, .payload = 8, .id = 0xabd}},
        {5, false, "lo0", {.proto = 17, .frag = 0x2000, .payload = 8, .id = 0xabc}},
    };
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_pools(ifs, pools, strlen(pools), &error), 0);
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        fr_verdict_set_time(ifs, (uint64_t)(steps[i].at_s * 1e6));
        judge(ifs, steps[i].ifname, steps[i].out, packet_make(&steps[i].packet));
    }
    judge(ifs, "lo0", false, ping6());
    fr_verdict_set_time(ifs, 7250000);
    return ifs;
}

static void busy_filter_end(ipf_stack_t *ifs)
{
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}

static void assert_page(const char *expected)
{
    if (strcmp(text, expected) != 0)
        fail_msg("\n%s, not\n%s", text, expected);
}

/* ---- states ---- */

static const char states[] = "10.0.0.1,33001 -> 192.168.100.200,22 PR tcp pass ttl 431992\n"
                             "10.0.0.1,4000 -> 192.168.100.200,22 PR tcp pass ttl 23\n"
                             "10.0.0.1,5000 -> 192.168.100.200,22 PR tcp pass ttl 233\n"
                             "127.0.0.1,33001 -> 127.0.0.1,23 PR tcp block ttl 234\n"
                             "127.0.0.3,33001 -> 127.0.0.1,24 PR tcp block ttl 234\n"
                             "127.0.0.1 -> 127.0.0.1 PR icmp pass ttl 55\n"
                             "127.0.0.1 -> 127.0.0.1 PR gre pass ttl 56\n"
                             "127.0.0.1 -> 127.0.0.1 PR 254 pass ttl 56\n"
                             "127.0.0.1,33001 -> 127.0.0.1,53 PR udp pass ttl 8\n"
                             "::1 -> ::2 PR ipv6-icmp pass ttl 57\n";

static const char state_list[] =
    "6:ipv6-icmp src:::1 dst:::2\n"
    "\tid 513 seq 0 type 128\n"
    "\tFWD: IN pkts 1 bytes 48 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2008402 = pass in keep state\n"
    "\tinterfaces: in X[lo0],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:udp src:127.0.0.1,33001 dst:127.0.0.1,53\n"
    "\tFWD: IN pkts 1 bytes 128 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 2 bytes 72\n"
    "\ttag 0 pass 0x2008502 = pass in quick keep state\n"
    "\tinterfaces: in X[lo0],X[] out X[],X[lo0]\n"
    "\tSync status: not synchronized\n"
    "4:254 src:127.0.0.1 dst:127.0.0.1\n"
    "\tFWD: IN pkts 1 bytes 36 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2008502 = pass in quick keep state\n"
    "\tinterfaces: in X[lo0],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:gre src:127.0.0.1 dst:127.0.0.1\n"
    "\tcall 0/0\n"
    "\tFWD: IN pkts 1 bytes 36 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2008502 = pass in quick keep state\n"
    "\tinterfaces: in X[lo0],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:icmp src:127.0.0.1 dst:127.0.0.1\n"
    "\tid 513 seq 0 type 8\n"
    "\tFWD: IN pkts 1 bytes 84 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2008502 = pass in quick keep state\n"
    "\tinterfaces: in X[lo0],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:tcp src:127.0.0.3,33001 dst:127.0.0.1,24 state:1/0\n"
    "\t8:0 9<<0:1<<0\n"
    "\tFWD: IN pkts 1 bytes 40 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2099551 = block return-rst in log body quick keep state ( loose )\n"
    "\tinterfaces: in X[bge1],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:tcp src:127.0.0.1,33001 dst:127.0.0.1,23 state:1/0\n"
    "\t8:0 49152<<0:1<<0\n"
    "\tFWD: IN pkts 1 bytes 40 OUT pkts 0 bytes 0\n"
    "\tREV: IN pkts 0 bytes 0 OUT pkts 0 bytes 0\n"
    "\ttag 0 pass 0x2208781 = block in quick keep frags keep state ( strict )\n"
    "\tinterfaces: in X[bge1],X[] out X[],X[]\n"
    "\tSync status: not synchronized\n"
    "4:tcp src:10.0.0.1,5000 dst:192.168.100.200,22 state:8/10\n"
    "\t66:1f6 49152<<0:49152<<0\n"
    "\tFWD: IN pkts 0 bytes 0 OUT pkts 4 bytes 160\n"
    "\tREV: IN pkts 4 bytes 160 OUT pkts 0 bytes 0\n"
    "\ttag 7 pass 0x2004502 = pass out quick keep state\n"
    "\tinterfaces: in X[],X[bge0] out X[bge0],X[]\n"
    "\tSync status: not synchronized\n"
    "4:tcp src:10.0.0.1,4000 dst:192.168.100.200,22 state:11/6\n"
    "\t66:1f6 49152<<0:49152<<0\n"
    "\tFWD: IN pkts 0 bytes 0 OUT pkts 3 bytes 120\n"
    "\tREV: IN pkts 2 bytes 80 OUT pkts 0 bytes 0\n"
    "\ttag 7 pass 0x2004502 = pass out quick keep state\n"
    "\tinterfaces: in X[],X[bge0] out X[bge0],X[]\n"
    "\tSync status: not synchronized\n"
    "4:tcp src:10.0.0.1,33001 dst:192.168.100.200,22 state:4/2\n"
    "\t6f:1f5 0<<2:49152<<2\n"
    "\tFWD: IN pkts 0 bytes 0 OUT pkts 2 bytes 94\n"
    "\tREV: IN pkts 1 bytes 44 OUT pkts 0 bytes 0\n"
    "\ttag 7 pass 0x2004502 = pass out quick keep state\n"
    "\tinterfaces: in X[],X[bge0] out X[bge0],X[]\n"
    "\tSync status: not synchronized\n";

static void states_are_listed_oldest_first_with_what_is_left_of_them(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_states(ifs, add_line, NULL);
    assert_page(states);
    busy_filter_end(ifs);
}

/* One that has ended, and that nobody has looked at since, is passed over. */
static void those_that_have_ended_are_not_listed(void **state)
{
    static const char own[] =
        "pass in quick proto udp from any to any port = 2 keep state (age 10)\n"
        "pass in quick proto udp all keep state (age 100)";
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load(ifs, own, strlen(own), NULL, NULL), 0);
    fr_verdict_set_time(ifs, 0);
    for (int port = 1; port <= 3; port++) {
        mblk_t *m = packet_make(&(packet_t){.proto = 17, .dport = port});
        assert_string_equal(fr_verdict(ifs, &qpi, false, m), "pass");
        freemsg(m);
    }
    for (int late = 0; late < 2; late++) {
        fr_verdict_set_time(ifs, late ? 50000000 : 5000000);
        text[0] = '\0';
        ipfstat_states(ifs, add_line, NULL);
        assert_non_null(strstr(text, "127.0.0.1,1 PR udp"));
        assert_int_equal(strstr(text, "127.0.0.1,2 PR udp") == NULL, late);
        assert_non_null(strstr(text, "127.0.0.1,3 PR udp"));
        text[0] = '\0';
        ipfstat_state_list(ifs, add_line, NULL);
        assert_non_null(strstr(text, "dst:127.0.0.1,1\n"));
        assert_int_equal(strstr(text, "dst:127.0.0.1,2\n") == NULL, late);
        assert_non_null(strstr(text, "dst:127.0.0.1,3\n"));
    }
    ipf_destroy(ifs);
}

static void each_state_has_its_layout_newest_first(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_state_list(ifs, add_line, NULL);
    assert_page(state_list);
    busy_filter_end(ifs);
}

static void put_state(void *arg, const ipfstat_state_t *s)
{
    char line[300];
    (void)arg;
    snprintf(line, sizeof(line),
             "%s,%u %s,%u %s line %d %s %" PRIu64 " us, %" PRIu64 "/%" PRIu64 " packets, %" PRIu64
             "/%" PRIu64 " bytes, %u/%u",
             s->src, s->sport, s->dst, s->dport, s->proto, s->rule->fr_line,
             s->block ? "block" : "pass", s->left_us, s->packets[0], s->packets[1], s->bytes[0],
             s->bytes[1], s->tcp[0], s->tcp[1]);
    add_line(NULL, line);
}

static void each_state_can_be_read(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_each_state(ifs, put_state, NULL);
    assert_page(
        "10.0.0.1,33001 192.168.100.200,22 tcp line 2 pass 431992750000 us, 2/1 packets, 94/44 "
        "bytes, 4/2\n"
        "10.0.0.1,4000 192.168.100.200,22 tcp line 2 pass 23750000 us, 3/2 packets, 120/80 bytes, "
        "11/6\n"
        "10.0.0.1,5000 192.168.100.200,22 tcp line 2 pass 233750000 us, 4/4 packets, 160/160 "
        "bytes, 8/10\n"
        "127.0.0.1,33001 127.0.0.1,23 tcp line 1 block 234750000 us, 1/0 packets, 40/0 bytes, 1/0\n"
        "127.0.0.3,33001 127.0.0.1,24 tcp line 3 block 234750000 us, 1/0 packets, 40/0 bytes, 1/0\n"
        "127.0.0.1,0 127.0.0.1,0 icmp line 4 pass 55750000 us, 1/0 packets, 84/0 bytes, 0/0\n"
        "127.0.0.1,0 127.0.0.1,0 gre line 5 pass 56250000 us, 1/0 packets, 36/0 bytes, 0/0\n"
        "127.0.0.1,0 127.0.0.1,0 254 line 6 pass 56750000 us, 1/0 packets, 36/0 bytes, 0/0\n"
        "127.0.0.1,33001 127.0.0.1,53 udp line 8 pass 8750000 us, 1/2 packets, 128/72 bytes, 0/0\n"
        "::1,0 ::2,0 ipv6-icmp line 11 pass 57750000 us, 1/0 packets, 48/0 bytes, 0/0\n");
    busy_filter_end(ifs);
}

/* Those that both sides have closed are left out. */
static void the_top_has_those_with_the_most_bytes_first(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_top(ifs, "host", 4, add_line, NULL);
    assert_page(
        "                  host - IP Filter: v4.1.9 - state top                  15:30:07\n"
        "\n"
        "Src: 0.0.0.0, Dest: 0.0.0.0, Proto: any, Sorted by: # bytes\n"
        "\n"
        "Source IP             Destination IP         ST   PR   #pkts    #bytes       ttl\n"
        "127.0.0.1,33001       127.0.0.1,53          0/0  udp       1       128      0:08\n"
        "10.0.0.1,4000         192.168.100.200,22    B/6  tcp       3       120      0:23\n"
        "10.0.0.1,33001        192.168.100.200,22    4/2  tcp       2        94 119:59:52\n"
        "127.0.0.1             127.0.0.1             0/0 icmp       1        84      0:55\n"
        "127.0.0.3,33001       127.0.0.1,24          1/0  tcp       1        40      3:54\n"
        "127.0.0.1,33001       127.0.0.1,23          1/0  tcp       1        40      3:54\n"
        "127.0.0.1             127.0.0.1             0/0  254       1        36      0:56\n"
        "127.0.0.1             127.0.0.1             0/0  gre       1        36      0:56\n");
    text[0] = '\0';
    ipfstat_top(ifs, "a name that is longer than any screen", 6, add_line, NULL);
    assert_page(
        "          a name that is longe - IP Filter: v4.1.9 - state top          15:30:07\n"
        "\n"
        "Src: ::, Dest: ::, Proto: any, Sorted by: # bytes\n"
        "\n"
        "Source IP             Destination IP         ST   PR   #pkts    #bytes       ttl\n"
        "::1                   ::2                   0/0 icmp       1        48      0:57\n");
    busy_filter_end(ifs);
}

/* Also where that is the one with the most bytes. */
static void columns_are_as_wide_as_the_longest_address(void **state)
{
    static const char own[] = "pass in quick inet6 all keep state";
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load(ifs, own, strlen(own), NULL, NULL), 0);
    fr_verdict_set_time(ifs, 0);
    mblk_t *m = ping6();
    m->b_rptr[6] = 99;
    memset(m->b_rptr + 8, 0x20, 32);
    judge(ifs, "lo0", false, m);
    text[0] = '\0';
    ipfstat_top(ifs, "host", 6, add_line, NULL);
    static const char end[] =
        "Source IP                                     Destination IP                         "
        "        ST   PR   #pkts    #bytes       ttl\n"
        "2020:2020:2020:2020:2020:2020:2020:2020       2020:2020:2020:2020:2020:2020:2020:2020"
        "       0/0   99       1        48      1:00\n";
    const char *from = strstr(text, "Source IP");
    assert_non_null(from);
    assert_string_equal(from, end);
    ipf_destroy(ifs);
}

/* Hours are only shown where there is one. */
static void what_is_left_is_told_in_hours_minutes_and_seconds(void **state)
{
    static const struct {
        unsigned at_s;
        const char *left;
    } rows[] = {{0, " 2:00:00"},  {1, " 1:59:59"},  {3600, " 1:00:00"},
                {3601, " 59:59"}, {7140, "  1:00"}, {7141, "  0:59"}};
    static const char own[] = "pass in quick proto udp all keep state (age 7200)";
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load(ifs, own, strlen(own), NULL, NULL), 0);
    fr_verdict_set_time(ifs, 0);
    judge(ifs, "lo0", false, packet_make(&(packet_t){.proto = 17, .dport = 53}));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        size_t length = strlen(rows[i].left);
        fr_verdict_set_time(ifs, (uint64_t)rows[i].at_s * 1000000);
        text[0] = '\0';
        ipfstat_top(ifs, "host", 4, add_line, NULL);
        assert_true(strlen(text) > length + 1);
        const char *end = text + strlen(text) - 1 - length;
        if (strncmp(end, rows[i].left, length) != 0)
            fail_msg("%s after %u s, not %s", end, rows[i].at_s, rows[i].left);
    }
    ipf_destroy(ifs);
}

static void what_happened_to_states_is_counted(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_state_counters(ifs, add_line, NULL);
    assert_page("IP states added:\n"
                "\t5 TCP\n"
                "\t1 UDP\n"
                "\t2 ICMP\n"
                "\t15 hits\n"
                "\t11 misses\n"
                "\t0 bucket full\n"
                "\t0 maximum rule references\n"
                "\t0 maximum\n"
                "\t0 no memory\n"
                "\t10 bkts in use\n"
                "\t10 active\n"
                "\t0 expired\n"
                "\t0 closed\n"
                "State logging disabled\n"
                "\n"
                "State table bucket statistics:\n"
                "\t10 in use\t\n"
                "\t100% hash efficiency\n"
                "\t0.98% bucket usage\n"
                "\t0 minimal length\n"
                "\t1 maximal length\n"
                "\t1.000 average length\n"
                "\n");
    text[0] = '\0';
    fr_verdict_set_time(ifs, 130000000); /* none of them was looked at since it ended */
    ipfstat_state_counters(ifs, add_line, NULL);
    assert_non_null(strstr(text, "4 active\n\t5 expired\n\t1 closed\n"));
    /* those that are looked for go, and make room for new ones */
    judge(ifs, "lo0", false, packet_make(&(packet_t){.proto = 17, .dport = 53}));
    judge(ifs, "bge0", true, packet_make(&(packet_t)GOES(.flags = "S", .sport = 4000)));
    text[0] = '\0';
    ipfstat_state_counters(ifs, add_line, NULL);
    assert_page("IP states added:\n"
                "\t6 TCP\n"
                "\t2 UDP\n"
                "\t2 ICMP\n"
                "\t15 hits\n"
                "\t13 misses\n"
                "\t0 bucket full\n"
                "\t0 maximum rule references\n"
                "\t0 maximum\n"
                "\t0 no memory\n"
                "\t6 bkts in use\n"
                "\t6 active\n"
                "\t5 expired\n"
                "\t1 closed\n"
                "State logging disabled\n"
                "\n"
                "State table bucket statistics:\n"
                "\t6 in use\t\n"
                "\t100% hash efficiency\n"
                "\t0.59% bucket usage\n"
                "\t0 minimal length\n"
                "\t1 maximal length\n"
                "\t1.000 average length\n"
                "\n");
    busy_filter_end(ifs);
    ifs = ipf_create();
    text[0] = '\0';
    ipfstat_state_counters(ifs, add_line, NULL);
    assert_non_null(strstr(text, "\t0 in use\t\n\t0% hash efficiency\n\t0.00% bucket usage\n"
                                 "\t0 minimal length\n\t0 maximal length\n"
                                 "\t0.000 average length\n"));
    ipf_destroy(ifs);
}

/* Rules of `log` and `auth` make no state; what `log first` has logged is not logged again. */
static void a_state_has_the_words_of_its_rule(void **state)
{
    static const struct {
        const char *rule, *verdict; /* NULL: there is no state */
    } rows[] = {
        {"pass in all keep state", "0x2008402 = pass in keep state"},
        {"block in quick all keep state", "0x2008501 = block in quick keep state"},
        {"count in quick all keep state", "0x2008505 = count in quick keep state"},
        {"preauth in quick all keep state", "0x2008504 = preauth in quick keep state"},
        {"nomatch in quick all keep state", "0xa008500 =  in quick keep state"},
        {"auth in quick all keep state", NULL},
        {"log in quick all keep state", NULL},
        {"pass in all keep state\nlog body first in all", "0x2008402 = pass in keep state"},
        {"block return-icmp in all keep state", "0x200a401 = block return-icmp in keep state"},
        {"block return-icmp-as-dest in quick all keep state",
         "0x200b501 = block return-icmp-as-dest in quick keep state"},
        {"pass in log all keep state", "0x2008412 = pass in log keep state"},
        {"pass in log first body quick all keep state", "0x2018502 = pass in quick keep state"},
        {"pass in log body quick all keep state", "0x2018512 = pass in log body quick keep state"},
        {"pass in log or-block quick all keep state keep frags (strict)",
         "0x2148712 = pass in log or-block quick keep frags keep state"},
        {"pass in all keep state (sync)", "0x3008402 = pass in keep state ( sync )"},
        {"pass in from !1.1.1.1 to any keep state", "0x2008442 = pass in keep state"},
        {"pass in from any to !1.1.1.1 keep state", "0x2008482 = pass in keep state"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        assert_int_equal(ipf_load_all(ifs, rows[i].rule, strlen(rows[i].rule), 0, &error), 0);
        judge(ifs, "lo0", false, packet_make(&(packet_t){.proto = 17}));
        text[0] = '\0';
        ipfstat_state_list(ifs, add_line, NULL);
        char *verdict = strstr(text, "tag 0 pass ");
        if (verdict != NULL) {
            verdict += strlen("tag 0 pass ");
            verdict[strcspn(verdict, "\n")] = '\0';
        }
        if ((verdict != NULL) != (rows[i].verdict != NULL) ||
            (verdict != NULL && strcmp(verdict, rows[i].verdict) != 0))
            fail_msg("%s: %s", rows[i].rule, verdict != NULL ? verdict : "no state");
        ipf_destroy(ifs);
    }
}

/* ---- the rest ---- */

static void fragments_are_counted_and_listed(void **state)
{
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    text[0] = '\0';
    ipfstat_frags(ifs, add_line, NULL);
    assert_page("IP fragment states:\n"
                "\t2 new\n"
                "\t0 expired\n"
                "\t1 hits\n"
                "\t1 retrans\n"
                "\t0 too short\n"
                "\t0 no memory\n"
                "\t1 already exist\n"
                "\t2 inuse\n"
                "\n"
                "inet 127.0.0.1 -> 127.0.0.1 id abc ttl 115 pr 17 pkts 2 bytes 72 seen0 1\n"
                "inet 127.0.0.1 -> 127.0.0.1 id abd ttl 115 pr 17 pkts 1 bytes 36 seen0 0\n");
    busy_filter_end(ifs);
}

static void a_dump_has_all_tables(void **state)
{
    static const char before[] = "List of active MAP/Redirect filters:\n"
                                 "\n"
                                 "List of active sessions:\n"
                                 "\n"
                                 "Hostmap table:\n"
                                 "List of active state sessions:\n";
    static const char after[] = "List of configured pools\n"
                                "table role=all type=tree number=3\n"
                                "\t{ 10.0.0.1/32; };\n"
                                "table role=ipf type=tree name=trees\n"
                                "\t{ 10.0.0.0/8; ! 10.1.0.0/16; };\n"
                                "List of configured hash tables\n"
                                "table role=auth type=hash number=7 size=1\n"
                                "\t{ 10.0.0.1/32; };\n"
                                "List of groups configured (set 0)\n"
                                "Dev.0. Group g Ref 2 Flags 0x8000\n"
                                "0 pass in proto udp from any to any port = 22 group g\n"
                                "Dev.7. Group c Ref 2 Flags 0x8000\n"
                                "9 count in all group c\n"
                                "List of groups configured (set 1)\n"
                                "Rules configured (set 0, in)\n"
                                "1 block in quick inet proto tcp from any to !127.0.0.2/32 port = "
                                "telnet keep state (strict) keep frags\n"
                                "1 block return-rst in log body quick on bge1 inet proto tcp from "
                                "!127.0.0.2/32 to any keep state (loose)\n"
                                "1 pass in quick proto icmp from any to any keep state\n"
                                "1 pass in quick proto gre from any to any keep state\n"
                                "1 pass in quick proto 254 from any to any keep state\n"
                                "3 pass in quick proto udp from any to any with frag keep frags\n"
                                "1 pass in quick proto udp from any to any keep state head g\n"
                                "1 pass in inet6 all keep state\n"
                                "0 block in proto ospf from pool/0 to hash/0\n"
                                "Rules configured (set 0, out)\n"
                                "3 pass out log first quick proto tcp from any to any flags "
                                "S/FSRPAU keep state set-tag(log=7)\n"
                                "Rules configured (set 1, in)\n"
                                "Rules configured (set 1, out)\n"
                                "Accounting rules configured (set 0, in)\n"
                                "9 count in proto tcp from any to any head c\n"
                                "Accounting rules configured (set 0, out)\n"
                                "Accounting rules configured (set 1, in)\n"
                                "Accounting rules configured (set 1, out)\n";
    char expected[sizeof(before) + sizeof(state_list) + sizeof(after)];
    ipf_stack_t *ifs = busy_filter();
    (void)state;
    snprintf(expected, sizeof(expected), "%s%s%s", before, state_list, after);
    text[0] = '\0';
    ipfstat_dump(ifs, 0, add_line, NULL);
    assert_page(expected);
    text[0] = '\0';
    ipfstat_dump(ifs, IPFSTAT_PORTS, add_line, NULL);
    assert_non_null(strstr(text, "4:6 src:10.0.0.1,33001"));
    assert_non_null(strstr(text, " port = 23 "));
    busy_filter_end(ifs);
}

static void put_rule(void *arg, const frentry_t *fr)
{
    char line[40];
    (void)arg;
    snprintf(line, sizeof(line), "%d", fr->fr_line);
    add_line(NULL, line);
}

static void put_numbered(void *arg, const frentry_t *fr, unsigned number)
{
    char line[60];
    (void)arg;
    snprintf(line, sizeof(line), "%d: @%u %s", fr->fr_line, number, fr->fr_group);
    add_line(NULL, line);
}

static void each_rule_can_be_read(void **state)
{
    static const char few[] = "pass in all head a\nblock in all group a\ncount out all\n"
                              "pass out all\npass in all\ncount in all\n";
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(ipf_load(ifs, few, strlen(few), NULL, NULL), 0);
    text[0] = '\0';
    ipfstat_each_rule(ifs, put_rule, NULL);
    assert_page("1\n5\n6\n4\n3\n2\n");
    text[0] = '\0';
    ipfstat_each(ifs, false, put_numbered, NULL);
    assert_page("1: @1 \n5: @2 \n2: @1 a\n");
    ipf_destroy(ifs);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_are_listed_oldest_first_with_what_is_left_of_them),
        cmocka_unit_test(those_that_have_ended_are_not_listed),
        cmocka_unit_test(each_state_has_its_layout_newest_first),
        cmocka_unit_test(each_state_can_be_read),
        cmocka_unit_test(the_top_has_those_with_the_most_bytes_first),
        cmocka_unit_test(columns_are_as_wide_as_the_longest_address),
        cmocka_unit_test(what_is_left_is_told_in_hours_minutes_and_seconds),
        cmocka_unit_test(what_happened_to_states_is_counted),
        cmocka_unit_test(a_state_has_the_words_of_its_rule),
        cmocka_unit_test(fragments_are_counted_and_listed),
        cmocka_unit_test(a_dump_has_all_tables),
        cmocka_unit_test(each_rule_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
