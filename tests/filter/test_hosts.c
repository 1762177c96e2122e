/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of names of hosts: its lines, what is wrong with one, and who is found by a name.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_hosts.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NAME63 "a23456789-b23456789-c23456789-d23456789-e23456789-f23456789-123"
#define ADDR45 "0000:0000:0000:0000:0000:ffff:192.168.100.228"

/* The table as ipf_host_line() writes it, a line for each name. */
static const char *lines_of(const ipf_hosts_t *hosts)
{
    static char text[4096];
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < hosts->count; i++) {
        char line[IPF_HOST_LINE_MAX];
        ipf_host_line(&hosts->list[i], line);
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s\n", line);
    }
    return text;
}

static void a_line_is_an_address_and_its_names(void **state)
{
    static const struct {
        const char *text, *lines;
    } rows[] = {
        {"", ""},
        {"\n\n", ""},
        {"10.9.8.7 www", "10.9.8.7 www\n"},
        {"\xef\xbb\xbf"
         "10.9.8.7 www\n",
         "10.9.8.7 www\n"},
        {"10.9.8.7\twww \t web.example\n", "10.9.8.7 www\n10.9.8.7 web.example\n"},
        {" 10.9.8.7 www\r\n10.9.8.8 mail\r\n", "10.9.8.7 www\n10.9.8.8 mail\n"},
        {"# 1.1.1.1 a\n2.2.2.2 b # c\n3.3.3.3 d#e\n", "2.2.2.2 b\n3.3.3.3 d\n"},
        {"1:2:3:4:5:6:7:8 all\n", "1:2:3:4:5:6:7:8 all\n"},
        {"102:304:506:708:90a:b0c:d0e:f10 bytes\n", "102:304:506:708:90a:b0c:d0e:f10 bytes\n"},
        {ADDR45 " mapped\n", "::ffff:192.168.100.228 mapped\n"},
        {"1.2.3.4 AZ.az-09_\n", "1.2.3.4 AZ.az-09_\n"},
        {"1.2.3.4 " NAME63 "\n", "1.2.3.4 " NAME63 "\n"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_hosts_t hosts = {0};
        ipf_error_t error;
        assert_int_equal(ipf_hosts_parse(rows[i].text, strlen(rows[i].text), &hosts, &error), 0);
        assert_string_equal(lines_of(&hosts), rows[i].lines);
        ipf_hosts_fini(&hosts);
        assert_int_equal(hosts.count, 0);
    }
}

/* What lies after it does not count. */
static void a_text_ends_where_its_length_says(void **state)
{
    static const struct {
        const char *text, *lines; /* the text up to the `|` */
    } rows[] = {
        {"1.1.1.1 a # b|\n2.2.2.2 c\n", "1.1.1.1 a\n"},
        {"1.1.1.1 a #|b\n2.2.2.2 c\n", "1.1.1.1 a\n"},
        {"1.1.1.1 a|b\n2.2.2.2 c\n", "1.1.1.1 a\n"},
        {"1.1.1.1 a |b\n", "1.1.1.1 a\n"},
        {"1.1.1.1 a\n|2.2.2.2 c\n", "1.1.1.1 a\n"},
        {"1.1.1.1 a|\n2.2.2.2 c\n", "1.1.1.1 a\n"},
        {"|1.1.1.1 a\n", ""},
        {" |1.1.1.1 a\n", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_hosts_t hosts = {0};
        ipf_error_t error;
        char text[60];
        size_t length = strcspn(rows[i].text, "|");
        snprintf(text, sizeof(text), "%.*s%s", (int)length, rows[i].text,
                 rows[i].text + length + 1);
        assert_int_equal(ipf_hosts_parse(text, length, &hosts, &error), 0);
        assert_string_equal(lines_of(&hosts), rows[i].lines);
        ipf_hosts_fini(&hosts);
    }
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"www 10.9.8.7\n", "1:1: 'www' is not an address"},
        {"10.9.8.7 www\n\n\t10.9.8 mail\n", "3:2: '10.9.8' is not an address"},
        {"\xef\xbb\xbfx y\n", "1:1: 'x' is not an address"},
        {"10.9.8.7", "1:1: '10.9.8.7' has no name after it"},
        {"10.9.8.7 # www\n", "1:1: '10.9.8.7' has no name after it"},
        {"10.9.8.7 www www:80\n", "1:14: 'www:80' is not the name of a host"},
        {"10.9.8.7 @\n", "1:10: '@' is not the name of a host"},
        {"10.9.8.7 [\n", "1:10: '[' is not the name of a host"},
        {"10.9.8.7 `\n", "1:10: '`' is not the name of a host"},
        {"10.9.8.7 {\n", "1:10: '{' is not the name of a host"},
        {"10.9.8.7 /\n", "1:10: '/' is not the name of a host"},
        {"10.9.8.7 4" NAME63 "\n",
         "1:10: '4a23456789-b23456789-c23456789-d23456789-e23456789-f23456789' is not the name of "
         "a host"},
        {ADDR45 "5 long\n", "1:1: '" ADDR45 "5' is not an address"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_hosts_t hosts = {0};
        ipf_error_t error;
        char got[300];
        assert_int_equal(ipf_hosts_parse("9.9.9.9 first", 13, &hosts, &error), 0);
        assert_int_equal(ipf_hosts_parse(rows[i].text, strlen(rows[i].text), &hosts, &error),
                         EINVAL);
        snprintf(got, sizeof(got), "%d:%d: %s", error.line, error.column, error.message);
        assert_string_equal(got, rows[i].error);
        assert_string_equal(lines_of(&hosts), "9.9.9.9 first\n");
        ipf_hosts_fini(&hosts);
    }
}

static void a_name_is_found_by_its_family(void **state)
{
    static const char text[] = "2001:db8::1 both six\n"
                               "10.0.0.1 both four\n"
                               "10.0.0.2 both\n"
                               "2001:db8::2 both\n"
                               "10.0.0.3 LOCALHOST6\n";
    static const struct {
        const char *name;
        int family;
        const char *found; /* NULL: none */
    } rows[] = {
        {"both", 0, "10.0.0.1 both"},
        {"both", 4, "10.0.0.1 both"},
        {"both", 6, "2001:db8::1 both"},
        {"BOTH", 6, "2001:db8::1 both"},
        {"six", 0, "2001:db8::1 six"},
        {"six", 6, "2001:db8::1 six"},
        {"six", 4, NULL},
        {"four", 0, "10.0.0.1 four"},
        {"four", 6, NULL},
        {"fou", 0, NULL},
        {"fourth", 0, NULL},
        {"five", 0, NULL},
        {"localhost6", 4, "10.0.0.3 LOCALHOST6"},
        {"localhost", 0, "127.0.0.1 localhost"},
        {"localhost", 4, "127.0.0.1 localhost"},
        {"localhost", 6, "127.0.0.1 localhost"},
        {"LocalHost", 0, "127.0.0.1 localhost"},
        {"local", 0, NULL},
        {"test.host.dots", 4, "254.220.186.152 test.host.dots"},
    };
    ipf_hosts_t hosts = {0};
    (void)state;
    assert_int_equal(ipf_hosts_parse(text, strlen(text), &hosts, NULL), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char line[IPF_HOST_LINE_MAX] = "none";
        const char *want = rows[i].found != NULL ? rows[i].found : "none";
        const ipf_host_t *host =
            ipf_hosts_find(&hosts, rows[i].name, strlen(rows[i].name), rows[i].family);
        if (host != NULL)
            ipf_host_line(host, line);
        if (strcmp(line, want) != 0)
            fail_msg("%s in %d: %s, not %s", rows[i].name, rows[i].family, line, want);
    }
    ipf_hosts_fini(&hosts);
    assert_null(ipf_hosts_find(NULL, "both", 4, 0));
    assert_non_null(ipf_hosts_find(NULL, "localhost", 9, 0));
}

static void what_a_table_says_of_localhost_comes_first(void **state)
{
    ipf_hosts_t hosts = {0};
    (void)state;
    assert_int_equal(ipf_hosts_parse("10.0.0.9 localhost", 18, &hosts, NULL), 0);
    assert_int_equal(ipf_hosts_find(&hosts, "localhost", 9, 4)->address.i6[0], 0x0a000009);
    assert_int_equal(ipf_hosts_find(&hosts, "localhost", 9, 6)->address.i6[0], 0x7f000001);
    ipf_hosts_fini(&hosts);
}

static void a_table_grows(void **state)
{
    static char text[100 * 20];
    ipf_hosts_t hosts = {0};
    size_t length = 0;
    (void)state;
    for (int i = 0; i < 100; i++)
        length += (size_t)snprintf(text + length, sizeof(text) - length, "10.0.0.%d h%d\n", i, i);
    assert_int_equal(ipf_hosts_parse(text, length, &hosts, NULL), 0);
    assert_int_equal(hosts.count, 100);
    assert_int_equal(ipf_hosts_find(&hosts, "h0", 2, 0)->address.i6[0], 0x0a000000);
    assert_int_equal(ipf_hosts_find(&hosts, "h99", 3, 0)->address.i6[0], 0x0a000063);
    ipf_hosts_fini(&hosts);
    assert_null(hosts.list);
}

static void rules_know_the_names_of_the_table_in_use(void **state)
{
    static const char rule[] = "block in from www to any";
    ipf_hosts_t hosts = {0};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_null(ipf_hosts_in_use());
    assert_int_equal(ipf_load(ifs, rule, strlen(rule), NULL, NULL), EINVAL);
    assert_int_equal(ipf_hosts_parse("10.0.0.9 www", 12, &hosts, NULL), 0);
    ipf_hosts_use(&hosts);
    assert_ptr_equal(ipf_hosts_in_use(), &hosts);
    assert_int_equal(ipf_load(ifs, rule, strlen(rule), NULL, NULL), 0);
    ipf_hosts_use(NULL);
    assert_int_equal(ipf_load(ifs, rule, strlen(rule), NULL, NULL), EINVAL);
    ipf_hosts_fini(&hosts);
    ipf_destroy(ifs);
}

/* After `to` stands an interface, whose name may have a dot, unless the table has the name. */
static void a_name_after_to_is_an_interfaces_unless_the_table_has_it(void **state)
{
    static const struct {
        const char *rule, *text;
    } rows[] = {
        {"block in to net.1 all", "block in to net.1 all"},
        {"block in to net.1", "block in to net.1 all"},
        {"block in to www.example", "block in from any to 10.0.0.9/32"},
        {"block in to www", "block in from any to 10.0.0.8/32"},
        {"block in to net.1 to www", "block in to net.1 from any to 10.0.0.8/32"},
    };
    static const char names[] = "10.0.0.9 www.example\n10.0.0.8 www\n";
    ipf_hosts_t hosts = {0};
    (void)state;
    assert_int_equal(ipf_hosts_parse(names, strlen(names), &hosts, NULL), 0);
    ipf_hosts_use(&hosts);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        ipf_stack_t *ifs = ipf_create();
        ipf_error_t error = {0};
        char text[IPF_RULE_TEXT_MAX];
        if (ipf_load_all(ifs, rows[i].rule, strlen(rows[i].rule), 0, &error) != 0)
            fail_msg("%s: %s", rows[i].rule, error.message);
        ipf_rule_format(ifs->ifs_rules.frs_list[0].frl_head, 0, text, sizeof(text));
        assert_string_equal(text, rows[i].text);
        ipf_destroy(ifs);
    }
    ipf_hosts_use(NULL);
    ipf_hosts_fini(&hosts);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_is_an_address_and_its_names),
        cmocka_unit_test(a_text_ends_where_its_length_says),
        cmocka_unit_test(what_is_wrong_is_said_with_its_place),
        cmocka_unit_test(a_name_is_found_by_its_family),
        cmocka_unit_test(what_a_table_says_of_localhost_comes_first),
        cmocka_unit_test(a_table_grows),
        cmocka_unit_test(rules_know_the_names_of_the_table_in_use),
        cmocka_unit_test(a_name_after_to_is_an_interfaces_unless_the_table_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
