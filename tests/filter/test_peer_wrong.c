/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Rules that IPFilter 6 prints as different rules, or not as rules (docs/ipfilter.md lists the
 * kinds): our text is that of the rule, and reads back to itself.
 */
#include "filter/ipf_parse.h"
#include "filter/ipf_rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOW (IPF_TEXT_FAMILY | IPF_TEXT_NOTFOUND)

static const struct {
    const char *rule;
    const char *theirs; /* what IPFilter 6 prints, lines with | between them */
    const char *text;
} rows[] = {
    {"block out reply-to hme0:127.0.0.1 inet6 proto 254 all",
     "block out reply-to hme0:7f00:1:: inet6 proto 254 from any to any",
     "block out reply-to hme0:127.0.0.1 inet6 proto 254 from any to any"},
    {"block in on - out-via qe0,hme0 from { 10.0.0.1, 10.0.0.2 } to any",
     "block in on - out-via qe0(!),hme0(!) inet from 10.0.0.1/32 to any|"
     "block in on (!) out-via qe0(!),hme0?(!) inet from 10.0.0.2/32 to any",
     "block in on - out-via qe0(!),hme0(!) inet from 10.0.0.1/32 to any|"
     "block in on - out-via qe0(!),hme0(!) inet from 10.0.0.2/32 to any"},
    {"pass in ttl { 1, 2 } proto 7 from any to pool/foo",
     "pass in ttl 1 proto 7 from any to pool/foo|pass in ttl 2 proto 7 from any to pool/",
     "pass in ttl 1 proto 7 from any to pool/foo|pass in ttl 2 proto 7 from any to pool/foo"},
    {"log in ttl { 1, 2 } proto icmp all icmp-type inforep",
     "log in inet ttl 1 proto icmp from any to any icmp-type inforep|"
     "log in ttl 2 proto icmp from any to any icmp-type 16",
     "log in inet ttl 1 proto icmp from any to any icmp-type inforep|"
     "log in inet ttl 2 proto icmp from any to any icmp-type inforep"},
    {"pass in proto tcp from any to any port = { 1, 2 } head 100",
     "pass in proto tcp from any to any port = 2 head 100",
     "pass in proto tcp from any to any port = 1 head 100|"
     "pass in proto tcp from any to any port = 2 head 100"},
    {"block in ttl { 1, 2 } all group g", "block in ttl 2 from any to any group g",
     "block in ttl 1 from any to any group g|block in ttl 2 from any to any group g"},
    {"call now srcgrpmap/7 in all", "call now /7 in all", "call now srcgrpmap/7 in all"},
    {"pass in all match-tag(nat=x)", "pass in all set-tag(nat=x)", "pass in all match-tag(nat=x)"},
    {"pass in all comment \"why\"", "pass in all", "pass in all comment \"why\""},
    {"pass in all keep state (icmp-head G, nolog)", "pass in all keep state",
     "pass in all keep state (icmp-head G,nolog)"},
    {"pass in proto tcp all keep state (loose)", "pass in proto tcp from any to any keep state",
     "pass in proto tcp from any to any keep state (loose)"},
    {"preauth in log body all", "preauth in all", "preauth in log body all"},
    {"call srcgrpmap/7 out log level err all", "call /7 out all",
     "call srcgrpmap/7 out log level local0.err all"},
    {"decapsulate in log quick on lo0 all", "decapsulate in quick on lo0(!) all",
     "decapsulate in log quick on lo0(!) all"},
    {"pass in all with v6hdrs ah", "pass in from any to any with v6hdrs",
     "pass in from any to any with v6hdrs,ah"},
    {"pass in all with opt nop not ipopts", "pass in inet from any to any with opt nop",
     "pass in inet from any to any with opt nop not ipopts"},
    {"pass in log level audit.info all", "pass in log level !!!.info all",
     "pass in log level audit.info all"},
    {"block return-icmp(16) in all", "block return-icmp((null)) in all",
     "block return-icmp(16) in all"},
    {"pass in on e1000g0,bge0 from bge0/broadcast to any",
     "pass in on e1000g0(!),bge0(!) inet from e1000g0/bcast to any",
     "pass in on e1000g0(!),bge0(!) inet from bge0/bcast to any"},
    {"pass in from 10.0.1.0/255.0.255.0 to any", "pass in inet from any to any",
     "pass in inet from 10.0.1.0/255.0.255.0 to any"},
};

typedef struct printed {
    char text[2000];
    size_t length;
} printed_t;

static int print(void *arg, const frentry_t *fr)
{
    printed_t *to = arg;
    if (to->length > 0)
        to->text[to->length++] = '\n';
    to->length +=
        (size_t)ipf_rule_format(fr, HOW, to->text + to->length, sizeof(to->text) - to->length);
    return 0;
}

static printed_t text_of(const char *rules)
{
    printed_t printed = {.length = 0};
    ipf_intercept_t intercept;
    ipf_error_t error;
    if (ipf_parse(rules, strlen(rules), 0, print, &printed, &intercept, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    return printed;
}

static void bars(char *text)
{
    for (; (text = strchr(text, '\n')) != NULL; *text = '|')
        ;
}

static void the_text_is_the_rules_and_reads_back_to_itself(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        printed_t printed = text_of(rows[i].rule), again = text_of(printed.text);
        assert_string_equal(again.text, printed.text);
        bars(printed.text);
        assert_string_equal(printed.text, rows[i].text);
        assert_string_not_equal(printed.text, rows[i].theirs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_the_rules_and_reads_back_to_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
