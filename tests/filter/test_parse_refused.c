/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ipf.conf's language: what is refused, at which line and column, and in which words.
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

static void a_macros_value_has_4096_bytes_at_most(void **state)
{
    (void)state;
    for (int size = 4095; size <= 4097; size++) {
        static char text[5000];
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error;
        /* Two words and the blank between them. */
        int length = snprintf(text, sizeof(text), "x = \"%0*d %0*d\";\n", size - 101, 0, 100, 0);
        int result = ipf_load(ifs, text, (size_t)length, NULL, &error);
        assert_int_equal(result, size <= 4096 ? 0 : EINVAL);
        if (result != 0)
            assert_string_equal(error.message, "a macro's value is 4096 bytes at most");
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_told_with_line_and_column),
        cmocka_unit_test(nothing_behind_the_text_is_read),
        cmocka_unit_test(what_is_not_modelled_is_refused_by_name),
        cmocka_unit_test(hostile_texts_are_refused_without_harm),
        cmocka_unit_test(a_macros_value_has_4096_bytes_at_most),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
