/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf's language: what it means, shown by the canonical text, and how errors are reported.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_parse.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int load(ipf_stack_t *ifs, const char *text, ipf_error_t *error)
{
    return ipf_load(ifs, text, strlen(text), NULL, error);
}

/* The canonical text of all rules, first the out list as in ipfstat, a line for each. */
static const char *listing(const ipf_stack_t *ifs)
{
    static char text[4096];
    size_t at = 0;

    text[0] = '\0';
    for (int list = 1; list >= 0; list--) {
        for (const frentry_t *fr = ifs->ifs_rules.frs_list[list].frl_head; fr != NULL;
             fr = fr->fr_next) {
            if (at > 0)
                text[at++] = '\n';
            at += (size_t)ipf_rule_text(fr, text + at, sizeof(text) - at);
        }
    }
    return text;
}

typedef struct accepted {
    const char *text;
    const char *canonical; /* NULL: the same */
} accepted_t;

static const accepted_t accepted[] = {
    {"", NULL},
    {"\n \t\r\n# nothing\n", ""},
    {"block in all", NULL},
    {"pass out all", NULL},
    {"block in", "block in all"},
    {"block in all;", "block in all"},
    {"block in all; pass out all", "pass out all\nblock in all"},
    {"block in all # why not", "block in all"},
    {"block in from any to any", NULL},
    {"block in from any", "block in from any to any"},
    {"block in to 10.0.0.1", "block in from any to 10.0.0.1/32"},
    {"block return-rst in on lo0 proto tcp from any to any port = 22", NULL},
    {"block return-rst in on lo0 proto tcp from any to any port = ssh",
     "block return-rst in on lo0 proto tcp from any to any port = 22"},
    {"block return-rst in on lo0 proto tcp \\\n from any to \\\r\n any port = telnet",
     "block return-rst in on lo0 proto tcp from any to any port = 23"},
    {"block \\ in\\\ton lo0 from 10.0.0.1\\ to any", "block in on lo0 from 10.0.0.1/32 to any"},
    {"block in \\ \t\n \\\t\r\nall", "block in all"},
    {"block return-rst in proto udp all", "block return-rst in proto udp from any to any"},
    {"block return-rst out all", NULL},
    {"block in log quick on lo0 all", NULL},
    {"block in on lo0 quick log all", "block in log quick on lo0 all"},
    {"pass in proto 6 all", "pass in proto tcp from any to any"},
    {"pass in proto 0x11 all", "pass in proto udp from any to any"},
    {"pass in proto 200 all", "pass in proto 200 from any to any"},
    {"pass in proto icmp all", "pass in proto icmp from any to any"},
    {"pass in proto tcp/udp from any to any port = domain",
     "pass in proto tcp/udp from any to any port = 53"},
    {"pass in proto tcp-udp all", "pass in proto tcp/udp from any to any"},
    {"pass in from 127.0.0.1 to localhost", "pass in from 127.0.0.1/32 to 127.0.0.1/32"},
    {"pass in from localhost/8", "pass in from 127.0.0.0/8 to any"},
    {"pass in from !10.1.2.3/8 to ! any", "pass in from !10.0.0.0/8 to !any"},
    {"pass in from 128.16/16 to 0/0", "pass in from 128.16.0.0/16 to any"},
    {"pass in from 10/8 to 10.1.2/24", "pass in from 10.0.0.0/8 to 10.1.2.0/24"},
    {"pass in from 10.1.2.3/255.255.0.0", "pass in from 10.1.0.0/16 to any"},
    {"pass in from 10.1.2.3 mask 255.255.255.0", "pass in from 10.1.2.0/24 to any"},
    {"pass in from 10.1.2.3 mask 0xffff0000", "pass in from 10.1.0.0/16 to any"},
    {"pass in from 10.1.2.3/0XFF0000FF", "pass in from 10.0.0.3/255.0.0.255 to any"},
    {"pass in from 10.1.2.3/32", "pass in from 10.1.2.3/32 to any"},
    {"pass in from 255.255.255.255 to 0.0.0.0", "pass in from 255.255.255.255/32 to 0.0.0.0/32"},
    {"pass in proto tcp from any port=1 to any port!=2",
     "pass in proto tcp from any port = 1 to any port != 2"},
    {"pass in proto tcp from port < 3 to port <= 4",
     "pass in proto tcp from any port < 3 to any port <= 4"},
    {"pass in proto tcp from port > 5 to port >= 65535",
     "pass in proto tcp from any port > 5 to any port >= 65535"},
    {"pass in proto tcp from port eq 1 to port ne 2",
     "pass in proto tcp from any port = 1 to any port != 2"},
    {"pass in proto tcp from port lt 1 to port le 2",
     "pass in proto tcp from any port < 1 to any port <= 2"},
    {"pass in proto tcp from port gt 1 to port ge 2",
     "pass in proto tcp from any port > 1 to any port >= 2"},
    {"pass in proto udp from any port 1 <> 2 to any port 3><4",
     "pass in proto udp from any port 1 <> 2 to any port 3 >< 4"},
    {"pass in proto udp from any port 10:20 to any port ntp : snmp",
     "pass in proto udp from any port 10:20 to any port 123:161"},
    {"pass in proto tcp all flags S", "pass in proto tcp from any to any flags S/FSRPAU"},
    {"pass in proto tcp all flags S/SA", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp all flags /SA", "pass in proto tcp from any to any flags /SA"},
    {"pass in proto tcp all flags AUPRSFEC/FSRPAUECW",
     "pass in proto tcp from any to any flags FSRPAUEC/FSRPAUEC"},
    {"pass in proto tcp all flags 0x02/18", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp all flags S / SA;", "pass in proto tcp from any to any flags S/SA"},
    {"pass in proto tcp flags S", "pass in proto tcp from any to any flags S/FSRPAU"},
    {"pass in on e1000g0 all\npass out on net_1.2-x all", "pass out on net_1.2-x all\n"
                                                          "pass in on e1000g0 all"},
    /* words of the language in capitals, as IP Filter reads them; names stay as they are */
    {"PASS IN LOG BODY QUICK ON LO0 INET PROTO TCP FROM ANY TO 10.0.0.1 PORT EQ 22 FLAGS S KEEP "
     "STATE",
     "pass in log body quick on LO0 proto tcp from any to 10.0.0.1/32 port = 22 flags S/FSRPAU "
     "keep "
     "state"},
    {"Block Return-ICMP(Port-Unr) In Proto Udp All Head Abc",
     "block return-icmp(port-unr) in proto udp from any to any head Abc"},
    {"log LEVEL Auth.Info in all With NOT Ipopts, Opt NOP",
     "log level auth.info in inet from any to any with opt nop not ipopts"},
    {"pass in from LocalHost to any", "pass in from 127.0.0.1/32 to any"},
    {"set intercept_loopback true;\nblock in all", "block in all"},
    {"set intercept_loopback false; block in all", "block in all"},
};

static void each_rule_has_its_canonical_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
        const accepted_t *row = &accepted[i];
        const char *want = row->canonical != NULL ? row->canonical : row->text;
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error = {0};
        char text[4096];
        if (load(ifs, row->text, &error) != 0)
            fail_msg("'%s': %d:%d: %s", row->text, error.line, error.column, error.message);
        snprintf(text, sizeof(text), "%s", listing(ifs));
        assert_string_equal(text, want);
        /* The canonical text means the same. */
        assert_int_equal(load(ifs, text, &error), 0);
        assert_string_equal(listing(ifs), want);
        ipf_destroy(ifs);
    }
}

typedef struct refused {
    const char *text;
    int line;
    int column;
    const char *message;
} refused_t;

static void check_refused(const refused_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error = {0};
        char got[320], want[320];
        if (load(ifs, rows[i].text, &error) != EINVAL)
            fail_msg("'%s' was accepted", rows[i].text);
        snprintf(got, sizeof(got), "%d:%d: %s", error.line, error.column, error.message);
        snprintf(want, sizeof(want), "%d:%d: %s", rows[i].line, rows[i].column, rows[i].message);
        if (strcmp(got, want) != 0)
            print_error("in '%s':\n", rows[i].text);
        assert_string_equal(got, want);
        ipf_destroy(ifs);
    }
}

static const refused_t mistakes[] = {
    {"blok in all", 1, 1, "unknown action 'blok'; did you mean 'block'?"},
    {"Pas in all", 1, 1, "unknown action 'Pas'; did you mean 'pass'?"},
    {"deny in all", 1, 1, "unknown action 'deny'"},
    {"cuont in all", 1, 1, "unknown action 'cuont'; did you mean 'count'?"},
    {"= 3", 1, 1, "expected 'pass', 'block' or another action, got '='"},
    {"\n\n  \tblok", 3, 4, "unknown action 'blok'; did you mean 'block'?"},
    {"block in \\\n\\\r\n  qick all", 3, 3, "unknown word 'qick'; did you mean 'quick'?"},
    {"block # in all", 1, 15, "expected 'in' or 'out', got the end of the line"},
    {"block", 1, 6, "expected 'in' or 'out', got the end of the line"},
    {"block\nin", 1, 6, "expected 'in' or 'out', got the end of the line"},
    {"block return-rts in all", 1, 7, "unknown word 'return-rts'; did you mean 'return-rst'?"},
    {"block inn all", 1, 7, "expected 'in' or 'out', got 'inn'"},
    {"pass return-rst in all", 1, 6, "'return-rst' goes with 'block' only"},
    {"pass return-icmp in all", 1, 6, "'return-icmp' goes with 'block' only"},
    {"block in return-rst all", 1, 10, "'return-rst' belongs between 'block' and 'in'"},
    {"block in block in all", 1, 10, "a rule must begin on a line of its own: 'block'"},
    {"block in quick quick all", 1, 16, "duplicate 'quick'"},
    {"block in log on lo0 log all", 1, 21, "duplicate 'log'"},
    {"block in all all", 1, 14, "duplicate 'all'"},
    {"block in proto tcp proto udp", 1, 20, "duplicate 'proto'"},
    {"block in from any from any", 1, 19, "duplicate 'from'"},
    {"block in proto tcp quick all", 1, 20, "'quick' must stand before 'proto'"},
    {"block in all on lo0", 1, 14, "'on' must stand before 'all'"},
    {"block in all proto tcp", 1, 14, "'proto' must stand before 'all'"},
    {"block in proto tcp flags S all", 1, 28, "'all' must stand before 'flags'"},
    {"block in all from any", 1, 14, "'from' cannot follow 'all'"},
    {"block in from any all", 1, 19, "'all' cannot follow 'from'"},
    {"block in to any from any", 1, 17, "'from' must stand before 'to'"},
    {"block in on", 1, 12, "expected an interface after 'on', got the end of the line"},
    {"block in on quick all", 1, 13, "expected an interface after 'on', got 'quick'"},
    {"block in on fastroute all", 1, 13, "expected an interface after 'on', got 'fastroute'"},
    {"block in on any all", 1, 13, "expected an interface after 'on', got 'any'"},
    {"block in on 4 all", 1, 13, "expected an interface after 'on', got '4'"},
    {"block in out all", 1, 10, "a rule has one direction, and it stands first: 'out'"},
    {"pass return-rts in all", 1, 6, "expected 'in' or 'out', got 'return-rts'"},
    {"block in proto tcp to any port = 22 port = 23", 1, 37,
     "'port' follows the address it belongs to, once"},
    {"\xef\xbb\xbf"
     "blok in all",
     1, 1, "unknown action 'blok'; did you mean 'block'?"},
    {"block in on lo0123456789012345678901234567890 all", 1, 13,
     "'lo0123456789012345678901234567890' is too long for an interface"},
    {"block in from lo012345678901234567890123456789/32 to any", 1, 15,
     "'lo012345678901234567890123456789' is too long for an interface"},
    {"block in proto", 1, 15, "expected a protocol, got the end of the line"},
    {"block in proto tpc all", 1, 16, "unknown protocol 'tpc'; did you mean 'tcp'?"},
    {"block in proto banana all", 1, 16, "unknown protocol 'banana'; its number will do"},
    {"block in proto 256 all", 1, 16, "protocol '256' is above 255"},
    {"block in proto udp/tcp all", 1, 16, "the only pair of protocols is 'tcp/udp'"},
    {"block in from", 1, 14, "expected an address, got the end of the line"},
    {"block in from 10.0.0.256", 1, 15, "'10.0.0.256' is not an IPv4 address"},
    {"block in from 10.0.0.01", 1, 15, "'10.0.0.01' is not an IPv4 address"},
    {"block in from 1.2.3.4.5", 1, 15, "'1.2.3.4.5' is not an IPv4 address"},
    {"block in from 1..2/8", 1, 15, "'1..2' is not an IPv4 address"},
    {"block in from 10", 1, 15, "'10' is short for an address: write four octets, or a mask"},
    {"block in to bge0,10.0.0.1 all", 1, 17, "an address after an interface follows ':', not ','"},
    {"block in all set-tag(nat=x)", 1, 22, "'nat=' in set-tag goes with 'out' rules"},
    {"block out all match-tag(nat=x)", 1, 25, "'nat=' in match-tag goes with 'in' rules"},
    {"block in from 10/33", 1, 18,
     "'33' is not a mask: 0 to 32, four octets, or 0x and hex digits"},
    {"block in from 10/", 1, 18, "expected a mask, got the end of the line"},
    {"block in from www.example.com", 1, 15,
     "'www.example.com': names of hosts come from a table (--hosts); or write the address"},
    {"block in proto icmp from port = 1", 1, 26, "'port' needs 'proto tcp', 'udp' or 'tcp/udp'"},
    {"block in proto tcp from port", 1, 29,
     "expected a comparison after 'port', got the end of the line"},
    {"block in proto tcp from port 22", 1, 32,
     "expected '<>', '><' or ':' after '22', got the end of the line; one port is 'port = 22'"},
    {"block in proto tcp from port = 65536", 1, 32, "port '65536' is above 65535"},
    {"block in proto tcp from port = telnte", 1, 32,
     "unknown service 'telnte'; did you mean 'telnet'?"},
    {"block in proto tcp from port = banana", 1, 32,
     "unknown service 'banana'; write the port's number"},
    {"block in proto tcp from port = ;", 1, 32, "expected a port, got ';'"},
    {"block in proto udp all flags S", 1, 24, "'flags' needs 'proto tcp'"},
    {"block in proto tcp/udp all flags S", 1, 28, "'flags' needs 'proto tcp'"},
    {"block in flags S", 1, 10, "'flags' needs 'proto tcp'"},
    {"pass in proto tcp all flags 256", 1, 29,
     "'256' is not a set of TCP flags; the flags are FSRPAUEC"},
    {"pass in proto tcp all flags S/256", 1, 31,
     "'256' is not a set of TCP flags; the flags are FSRPAUEC"},
    {"pass in proto udp all keep state (limit 3 strict)", 1, 43, "'strict' needs 'proto tcp'"},
    {"pass in all keep state (loose)", 1, 25, "'loose' needs 'proto tcp'"},
    {"pass in inet6 all with not v6hdr esp", 1, 28,
     "'v6hdr' cannot be negated: only 'not v6hdrs' can be said"},
    {"pass in proto ipv6-icmp from 10.0.0.1 to any icmp-type echo", 1, 46,
     "no IPv4 packet has ICMPv6 in it"},
    {"pass in on lo0(! all", 1, 18, "expected ')', got 'all'"},
    {"pass in inet inet6 all", 1, 14, "a rule names its family once"},
    {"pass in family inet inet all", 1, 21, "a rule names its family once"},
    {"block in on tcp all", 1, 13, "expected an interface, got 'tcp', a word of the language"},
    {"block in on lo0,frag all", 1, 17,
     "expected an interface, got 'frag', a word of the language"},
    {"block in on lo0 out-via state all", 1, 25,
     "expected an interface, got 'state', a word of the language"},
    {"block in to short all", 1, 13, "expected an interface, got 'short', a word of the language"},
    {"block in all group quick", 1, 20,
     "expected a group after 'group', got 'quick', a word of the language"},
    {"block in all head with", 1, 19,
     "expected a group after 'head', got 'with', a word of the language"},
    {"block in all keep state (icmp-head frag)", 1, 36,
     "expected a group after 'icmp-head', got 'frag', a word of the language"},
    {"block in from pool/in to any", 1, 20,
     "expected a pool's number or name, got 'in', a word of the language"},
    {"block out all set-tag(nat=in)", 1, 27, "expected a tag, got 'in', a word of the language"},
    {"block in proto tcp flags SX", 1, 26,
     "'SX' is not a set of TCP flags; the flags are FSRPAUEC"},
    {"block in proto tcp flags", 1, 25, "expected TCP flags, got the end of the line"},
    {"block in proto tcp flags S/", 1, 28, "expected TCP flags, got the end of the line"},
    {"block in all \\\x01", 1, 14, "after '\\' comes a letter, a blank or the end of the line"},
    {"block in all \\ x", 1, 16, "unexpected 'x' in a rule"},
    {"block in \\ \nqick all", 2, 1, "unknown word 'qick'; did you mean 'quick'?"},
    {"block in \"x\"", 1, 10, "unexpected 'x' in a rule"},
    {"block in \x01", 1, 10, "unexpected '\\x01' in a rule"},
    {"x = 10.0.0.1; pass in from $x", 1, 5,
     "a macro's value is a word, or stands in quotation marks, as in 'x = \"...\";'"},
    {"x = lo0 lo1; pass in on $x", 1, 9,
     "a macro's value is a word, or stands in quotation marks, as in 'x = \"...\";'"},
    {"x = \"lo0\" \"lo1\";", 1, 11,
     "a macro's value is a word, or stands in quotation marks, as in 'x = \"...\";'"},
    {"x = !lo0;", 1, 5,
     "a macro's value is a word, or stands in quotation marks, as in 'x = \"...\";'"},
    {"my-net = lo0;", 1, 1, "a macro's name has letters, digits and '_', and no digit first"},
    {"set intercept_loopback yes;", 1, 24, "'intercept_loopback' is 'true' or 'false', not 'yes'"},
    {"set intercept_loopback true\nblock in all", 1, 28,
     "expected ';' after 'set intercept_loopback true', got the end of the line"},
    {"set intercept_lopback true;", 1, 5,
     "unknown setting 'intercept_lopback'; did you mean 'intercept_loopback'?"},
    {"set", 1, 4, "expected a name after 'set', got the end of the line"},
    {"block in all\nset intercept_loopback true;", 2, 1, "ipf rules before \"set\""},
};

static void mistakes_are_told_with_line_and_column(void **state)
{
    (void)state;
    check_refused(mistakes, sizeof(mistakes) / sizeof(mistakes[0]));
}

/* The text may be part of a longer one: what follows it is not read. */
static void nothing_behind_the_text_is_read(void **state)
{
    static const char text[] = "block in all comment \"abc\"\n";
    const size_t closed = sizeof(text) - 2; /* with the second quotation mark */
    (void)state;
    for (size_t length = closed - 4; length <= closed; length++) {
        ipf_error_t error;
        ipf_stack_t *ifs = ipf_create();
        int expected = length == closed ? 0 : EINVAL;
        assert_int_equal(ipf_load_all(ifs, text, length, 0, &error), expected);
        if (expected != 0)
            assert_int_equal(error.column, 22); /* the string does not end */
        ipf_destroy(ifs);
    }
}

/* What the language has and a host cannot do, and what is outside of the language here. */
static const refused_t not_modelled[] = {
    {"auth in all", 1, 1, "'auth' is not modelled"},
    {"preauth in all", 1, 1, "'preauth' is not modelled"},
    {"call now fr_srcgrpmap/1 in all", 1, 1, "'call' is not modelled"},
    {"map lo0 10/8 -> 0/32", 1, 1, "rules for address translation ('map') are not modelled"},
    {"rdr lo0 0/0 port 80 -> 127.0.0.1", 1, 1,
     "rules for address translation ('rdr') are not modelled"},
    {"pool table/tree", 1, 1, "'pool' belongs into ippool.conf, not among rules"},
    {"set fr_minttl 3;", 1, 5, "'set' of 'fr_minttl' is not modelled"},
    {"block in on e1000g0:1 all", 1, 13, "a logical interface after 'on' is not supported"},
    {"pass in all keep state (nolog,sync)", 1, 31, "'newisn' and 'sync' are not modelled"},
    {"block in from pool/1", 1, 15,
     "a host reads no ippool.conf: write the addresses, as in 'pool=(A, B)'"},
    {"block in from any to hash/a", 1, 22,
     "a host reads no ippool.conf: write the addresses, as in 'pool=(A, B)'"},
    {"block in from dstlist/1", 1, 15, "lists of destinations ('dstlist') are not modelled"},
    {"block in from {10.0.0.1, lo0/peer} to any", 1, 26,
     "no interface has a peer: point-to-point is not modelled"},
    {"block in all with short nat", 1, 25,
     "'with nat' is not modelled: there is no address translation"},
    {"block in all match-tag(log=3)", 1, 14, "'match-tag' is not modelled"},
    {"block out all set-tag(nat=x)", 1, 15, "tags of address translation are not modelled"},
    {"block in all rule-ttl 5", 1, 14, "'rule-ttl' is not modelled: rules do not expire"},
    {"nomatch in all", 1, 1, "'nomatch' is not modelled"},
    {"pass in all\nblock in on lo0 \\\n proto tcp to 10.0.0.1 \\\n\tkeep state (sync)", 4, 14,
     "'newisn' and 'sync' are not modelled"},
    {"x = \"keep state (sync)\"; pass in all $x", 1, 38, "'newisn' and 'sync' are not modelled"},
    {"pass in all group g", 1, 19, "group 'g' has no head before this rule"},
    {"pass in all; $nosuch", 1, 15,
     "there is no macro 'nosuch': say what it is before, as in 'nosuch = ...;'"},
    {"block in bpf-v4 { \"tcp\" }", 1, 10, "'bpf-v4' is not modelled"},
};

static void what_is_not_modelled_is_refused_by_name(void **state)
{
    (void)state;
    check_refused(not_modelled, sizeof(not_modelled) / sizeof(not_modelled[0]));
}

/* The whole language, as `ipf` prints it. */
static const accepted_t language[] = {
    {"log in all", NULL},
    {"log body first or-block level local0.warn in all", NULL},
    {"count in from any to any", NULL},
    {"auth return-rst in all", NULL},
    {"preauth out all", NULL},
    {"skip 3 in all", NULL},
    {"call now fr_srcgrpmap/1 in all", NULL},
    {"100 block in all", NULL},
    {"@1 block in all", "block in all"},
    {"block return-icmp(port-unr) in all", NULL},
    {"block return-icmp-as-dest(3) in all", "block return-icmp-as-dest(port-unr) in all"},
    {"block return-icmp(200) in all", NULL},
    {"block return-icmp(0) in all", "block return-icmp in all"},
    {"block in log level auth.info all", NULL},
    {"block in log level info all", "block in log level local0.info all"},
    {"pass in on lo0,bge0 out-via bge1,bge2 all", NULL},
    {"pass out on lo0 in-via bge1 all", NULL},
    {"pass in dup-to bge0:10.0.0.1 to bge1 reply-to bge2:10.0.0.2 fastroute all",
     "pass in to bge1 dup-to bge0:10.0.0.1 reply-to bge2:10.0.0.2 fastroute inet all"},
    {"pass in route-to bge1:10.0.0.1 all", "pass in to bge1:10.0.0.1 inet all"},
    {"pass in inet all", NULL},
    {"pass in family inet6 all", "pass in inet6 all"},
    {"pass in tos 0x10 ttl 3 proto tcp all", "pass in tos 0x10 ttl 3 proto tcp from any to any"},
    {"pass in ttl (1,2) all", "pass in ttl 1 from any to any\npass in ttl 2 from any to any"},
    {"pass in from ::1 to 2001:db8::/32", "pass in inet6 from ::1/128 to 2001:db8::/32"},
    {"pass in from !2001:db8:1::2/ffff:: to any", "pass in inet6 from !2001::/16 to any"},
    {"pass in from any to {10.0.0.1, 10.0.0.2/8}",
     "pass in inet from any to 10.0.0.1/32\npass in inet from any to 10.0.0.0/8"},
    {"pass in proto tcp from {1.1.1.1,2.2.2.2} to any port = (22,23)",
     "pass in inet proto tcp from 1.1.1.1/32 to any port = 22\n"
     "pass in inet proto tcp from 2.2.2.2/32 to any port = 22\n"
     "pass in inet proto tcp from 1.1.1.1/32 to any port = 23\n"
     "pass in inet proto tcp from 2.2.2.2/32 to any port = 23"},
    {"pass in from lo0/32 to bge0/network", "pass in inet from lo0/32 to bge0/net"},
    {"pass in to 10.0.0.1", "pass in inet from any to 10.0.0.1/32"},
    {"pass in proto icmp all icmp-type {echo,3} code port-unr",
     "pass in inet proto icmp from any to any icmp-type echo code 3\n"
     "pass in inet proto icmp from any to any icmp-type unreach code 3"},
    {"pass in inet6 proto ipv6-icmp all icmp-type toobig",
     "pass in inet6 proto ipv6-icmp from any to any icmp-type toobig"},
    {"block in all with short and not frags, bad",
     "block in from any to any with short,not frag,bad"},
    {"block in all with opt lsrr,ssrr not opt ts",
     "block in inet from any to any with opt lsrr,ssrr not opt ts"},
    {"block in all with opt rr,sec-class topsecret,secret",
     "block in inet from any to any with opt rr,sec-class topsecret,secret"},
    {"block in inet6 all with v6hdr routing,frag not v6hdrs",
     "block in inet6 from any to any with v6hdr routing,frag not v6hdrs"},
    {"block in all with mcast bcast mbcast state oow lowttl nat bad-nat bad-src frag-body ipopts",
     "block in from any to any with "
     "ipopts,frag-body,nat,lowttl,bad-src,bad-nat,oow,mbcast,bcast,mcast,state"},
    {"pass in proto tcp all keep state(limit 3,max-srcs 4,max-per-src 5/24,strict,newisn,icmp-head "
     "g,no-log)",
     "pass in proto tcp from any to any keep state (limit 3,max-nodes 4, max-per-src "
     "5/24,strict,newisn,icmp-head g,nolog)"},
    {"pass in all keep state keep frag (strict)", "pass in all keep state keep frags (strict)"},
    {"pass in all keep state age 10/20", "pass in all keep state (age 10/20)"},
    {"pass in all head 100\npass in all group 100", NULL},
    {"pass in all head one group two", NULL},
    {"pass in all set-tag(log=33) match-tag(nat=y) pps 7 comment \"why not\"", NULL},
    {"pass out all set-tag(log=33, nat=x)", NULL},
    {"net = \"10.0.0.0/8\"; pass in from $net to ${net}",
     "pass in inet from 10.0.0.0/8 to 10.0.0.0/8"},
    {"a = \"10.0.0.0\"; b = \"from $a/8 to ::1\"; c = $b; pass in from $a/8",
     "pass in inet from 10.0.0.0/8 to any"},
    {"a = \"proto tcp\"; b = $a; pass in $b all", "pass in proto tcp from any to any"},
    {"pass in from 1\\\n0.\\\n0.0.1 to any", "pass in inet from 10.0.0.1/32 to any"},
    {"pa\\ss in all", "pass in all"},
};

typedef struct printed {
    char text[8192];
    size_t length;
} printed_t;

static int print(void *arg, const frentry_t *fr)
{
    printed_t *printed = arg;
    if (printed->length > 0)
        printed->text[printed->length++] = '\n';
    printed->length += (size_t)ipf_rule_format(fr, IPF_TEXT_FAMILY, printed->text + printed->length,
                                               sizeof(printed->text) - printed->length);
    return 0;
}

static void the_whole_language_has_its_canonical_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(language) / sizeof(language[0]); i++) {
        const accepted_t *row = &language[i];
        const char *want = row->canonical != NULL ? row->canonical : row->text;
        ipf_intercept_t intercept;
        ipf_error_t error = {0};
        printed_t printed = {.length = 0}, again = {.length = 0};
        if (ipf_parse(row->text, strlen(row->text), 0, print, &printed, &intercept, &error) != 0)
            fail_msg("'%s': %d:%d: %s", row->text, error.line, error.column, error.message);
        assert_string_equal(printed.text, want);
        assert_int_equal(ipf_parse(want, strlen(want), 0, print, &again, &intercept, &error), 0);
        assert_string_equal(again.text, want);
    }
}

/* A host runs the rules of a file in their order; a collection number and @N change it. */
static void rules_stand_where_their_numbers_say(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(load(ifs,
                          "20 block in all\n10 pass in on a all\n10 pass in on b all\n"
                          "pass in on c all\n@1 pass in on d all",
                          NULL),
                     0);
    assert_string_equal(listing(ifs), "pass in on c all\npass in on d all\n10 pass in on a all\n"
                                      "10 pass in on b all\n20 block in all");
    ipf_destroy(ifs);
}

static void a_bad_text_changes_nothing(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    ipf_intercept_t intercept = IPF_INTERCEPT_UNSET;

    assert_int_equal(load(ifs, "block in on lo0 all\npass out on lo0 all", NULL), 0);
    ifs->ifs_rules.frs_list[0].frl_head->fr_hits = 3;
    const char bad[] = "set intercept_loopback true;\npass in all\npass in banana";
    assert_int_equal(ipf_load(ifs, bad, strlen(bad), &intercept, &error), EINVAL);
    assert_int_equal(error.line, 3);
    assert_int_equal(intercept, IPF_INTERCEPT_UNSET);
    assert_string_equal(listing(ifs), "pass out on lo0 all\nblock in on lo0 all");
    assert_int_equal(ifs->ifs_rules.frs_list[0].frl_head->fr_hits, 3);
    assert_true(ipf_covers_interface(ifs, "lo0"));
    assert_false(ipf_covers_interface(ifs, "lo"));

    assert_int_equal(load(ifs, "block in on bge0 all\npass out all", NULL), 0);
    assert_int_equal(ifs->ifs_rules.frs_list[0].frl_head->fr_hits, 0);
    assert_true(ipf_covers_interface(ifs, "lo0"));
    assert_int_equal(load(ifs, "", NULL), 0);
    assert_string_equal(listing(ifs), "");
    ipf_destroy(ifs);
}

static void what_set_says_is_left_to_the_caller(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        ipf_intercept_t intercept;
    } rows[] = {{"block in all", IPF_INTERCEPT_UNSET},
                {"set intercept_loopback true;", IPF_INTERCEPT_TRUE},
                {"set intercept_loopback false;\npass in all", IPF_INTERCEPT_FALSE}};
    ipf_stack_t *ifs = ipf_create();

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_intercept_t intercept = IPF_INTERCEPT_FALSE;
        assert_int_equal(ipf_load(ifs, rows[i].text, strlen(rows[i].text), &intercept, NULL), 0);
        assert_int_equal(intercept, rows[i].intercept);
    }
    ipf_destroy(ifs);
}

static void note(void *arg, int line, int column, const char *message)
{
    snprintf(arg, 100, "%d:%d: %s", line, column, message);
}

static void a_rule_said_twice_is_kept_once_counted_and_told(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    char noted[100] = "";

    ipf_set_note(ifs, note, noted);

    assert_int_equal(load(ifs,
                          "block in proto tcp all\nblock  in proto 6 from any to any\n"
                          "block out proto tcp all\nblock in quick proto tcp all",
                          NULL),
                     0);
    assert_string_equal(listing(ifs), "block out proto tcp from any to any\n"
                                      "block in proto tcp from any to any\n"
                                      "block in quick proto tcp from any to any");
    assert_int_equal(ipf_duplicates(ifs), 1);
    assert_string_equal(noted, "2:1: this rule is there already, in line 1: left out");
    assert_int_equal(load(ifs, "block in all", NULL), 0);
    assert_int_equal(ipf_duplicates(ifs), 0);
    ipf_destroy(ifs);
}

static void a_text_is_cut_to_its_buffer_and_its_length_told(void **state)
{
    (void)state;
    ipf_stack_t *ifs = ipf_create();
    char text[8];

    assert_int_equal(load(ifs, "block in on lo0 all", NULL), 0);
    const frentry_t *fr = ifs->ifs_rules.frs_list[0].frl_head;
    assert_int_equal(ipf_rule_text(fr, text, sizeof(text)), 19);
    assert_string_equal(text, "block i");
    assert_int_equal(ipf_rule_text(fr, NULL, 0), 19);
    ipf_destroy(ifs);
}

static void hostile_texts_are_refused_without_harm(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    static const char bytes[] = {'a', '\\', '(', '\0', '\x7f', '!', '9', '"', '\r'};
    ipf_stack_t *ifs = ipf_create();
    char *text = malloc(SIZE);
    ipf_error_t error;

    for (size_t i = 0; i < sizeof(bytes); i++) {
        memset(text, bytes[i], SIZE);
        assert_int_equal(ipf_load(ifs, text, SIZE, NULL, &error), EINVAL);
        assert_true(strlen(error.message) <= 200);
    }
    memset(text, '\n', SIZE);
    assert_int_equal(ipf_load(ifs, text, SIZE, NULL, &error), 0);
    assert_int_equal(ipf_load(ifs, "block in\0all", 12, NULL, &error), EINVAL);
    assert_string_equal(error.message, "unexpected '\\x00' in a rule");
    assert_int_equal(error.column, 9);
    free(text);
    ipf_destroy(ifs);
}

static void ten_thousand_rules_load(void **state)
{
    (void)state;
    enum { RULES = 10000 };
    ipf_stack_t *ifs = ipf_create();
    char *text = malloc(RULES * 80);
    size_t at = 0;

    for (int i = 0; i < RULES; i++)
        at += (size_t)sprintf(text + at, "pass in quick on lo0 proto tcp from 10.0.%d.%d to any\n",
                              i / 256, i % 256);
    assert_int_equal(ipf_load(ifs, text, at, NULL, NULL), 0);
    assert_int_equal(ifs->ifs_rules.frs_count, RULES);
    assert_int_equal(ipf_duplicates(ifs), 0);
    free(text);
    ipf_destroy(ifs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_its_canonical_text),
        cmocka_unit_test(mistakes_are_told_with_line_and_column),
        cmocka_unit_test(nothing_behind_the_text_is_read),
        cmocka_unit_test(what_is_not_modelled_is_refused_by_name),
        cmocka_unit_test(the_whole_language_has_its_canonical_text),
        cmocka_unit_test(rules_stand_where_their_numbers_say),
        cmocka_unit_test(a_bad_text_changes_nothing),
        cmocka_unit_test(what_set_says_is_left_to_the_caller),
        cmocka_unit_test(a_rule_said_twice_is_kept_once_counted_and_told),
        cmocka_unit_test(a_text_is_cut_to_its_buffer_and_its_length_told),
        cmocka_unit_test(hostile_texts_are_refused_without_harm),
        cmocka_unit_test(ten_thousand_rules_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
