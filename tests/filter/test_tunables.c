/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Tunables: each with its two names, its default, and the numbers that it takes.
 */
#include "filter/fr_impl.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT(field) offsetof(ipf_tunables_t, field)

/* Times in ticks, two a second. */
static const struct {
    const char *name, *solaris;
    size_t field;
    uint32_t initial, least;
    unsigned long most;
} rows[] = {
    {"min_ttl", "fr_minttl", AT(minttl), 4, 0, 255},
    {"icmp_minfragmtu", "fr_icmpminfragmtu", AT(icmpminfragmtu), 68, 0, 65535},
    {"state_max", "fr_statemax", AT(state_max), 4013, 1, 2147483647},
    {"state_maxbucket", "fr_state_maxbucket", AT(state_maxbucket), 26, 1, 2147483647},
    {"frag_size", "ipfr_size", AT(frag_size), 257, 1, 2147483647},
    {"frag_ttl", "fr_ipfrttl", AT(frag_ttl), 120, 1, 2147483647},
    {"tcp_idle_timeout", "fr_tcpidletimeout", AT(tcp_idle), 864000, 1, 2147483647},
    {"tcp_close_wait", "fr_tcpclosewait", AT(tcp_close_wait), 14400, 1, 2147483647},
    {"tcp_last_ack", "fr_tcplastack", AT(tcp_last_ack), 60, 1, 2147483647},
    {"tcp_timeout", "fr_tcptimeout", AT(tcp_timeout), 480, 1, 2147483647},
    {"tcp_closed", "fr_tcpclosed", AT(tcp_closed), 60, 1, 2147483647},
    {"tcp_half_closed", "fr_tcphalfclosed", AT(tcp_half_closed), 14400, 1, 2147483647},
    {"udp_timeout", "fr_udptimeout", AT(udp), 240, 1, 2147483647},
    {"udp_ack_timeout", "fr_udpacktimeout", AT(udp_ack), 24, 1, 2147483647},
    {"icmp_timeout", "fr_icmptimeout", AT(icmp), 120, 1, 2147483647},
    {"icmp_ack_timeout", "fr_icmpacktimeout", AT(icmp_ack), 12, 1, 2147483647},
    {"ip_timeout", "fr_iptimeout", AT(ip), 120, 1, 2147483647},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static uint32_t value_of(const ipf_stack_t *ifs, size_t field)
{
    uint32_t value;
    memcpy(&value, (const char *)&ifs->ifs_tunables + field, sizeof(value));
    return value;
}

static const char *set(ipf_stack_t *ifs, const char *name, const char *value)
{
    static char message[200];
    message[0] = '\0';
    int error = ipf_set_tunable(ifs, name, value, message, sizeof(message));
    if (error != EINVAL && error != 0)
        fail_msg("%s=%s: %d: %s", name, value, error, message);
    assert_int_equal(error != 0, message[0] != '\0');
    return message;
}

static void each_tunable_has_its_default(void **state)
{
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    assert_int_equal(sizeof(ipf_tunables_t), ROWS * sizeof(uint32_t));
    for (size_t i = 0; i < ROWS; i++)
        assert_int_equal(value_of(ifs, rows[i].field), rows[i].initial);
    ipf_destroy(ifs);
}

static void each_tunable_takes_what_is_in_its_range_by_each_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        ipf_stack_t *ifs = ipf_create();
        char value[40], expected[200];
        snprintf(value, sizeof(value), "%u", rows[i].least);
        assert_string_equal(set(ifs, rows[i].name, value), "");
        assert_int_equal(value_of(ifs, rows[i].field), rows[i].least);
        snprintf(value, sizeof(value), "%lu", rows[i].most);
        assert_string_equal(set(ifs, rows[i].solaris, value), "");
        assert_int_equal(value_of(ifs, rows[i].field), rows[i].most);
        snprintf(value, sizeof(value), "%lu", rows[i].most + 1);
        snprintf(expected, sizeof(expected), "'%s' is %u to %lu, not '%s'", rows[i].name,
                 rows[i].least, rows[i].most, value);
        assert_string_equal(set(ifs, rows[i].name, value), expected);
        if (rows[i].least > 0) {
            snprintf(expected, sizeof(expected), "'%s' is %u to %lu, not '0'", rows[i].name,
                     rows[i].least, rows[i].most);
            assert_string_equal(set(ifs, rows[i].solaris, "0"), expected);
        }
        assert_int_equal(value_of(ifs, rows[i].field), rows[i].most);
        for (size_t k = 0; k < ROWS; k++) { /* and no other has changed */
            if (k != i)
                assert_int_equal(value_of(ifs, rows[k].field), rows[k].initial);
        }
        ipf_destroy(ifs);
    }
}

static void solaris_names_are_taken_with_ipf_too(void **state)
{
    ipf_stack_t *ifs = ipf_create();
    char message[200];
    (void)state;
    assert_string_equal(set(ifs, "ipf_statemax", "7"), "");
    assert_int_equal(ifs->ifs_tunables.state_max, 7);
    assert_int_equal(ipf_set_tunable(ifs, "ipfr_statemax", "7", message, sizeof(message)), ENOENT);
    assert_int_equal(ipf_set_tunable(ifs, "ipf_r_size", "7", message, sizeof(message)), ENOENT);
    assert_int_equal(ipf_set_tunable(ifs, "xpf_statemax", "7", message, sizeof(message)), ENOENT);
    assert_int_equal(ipf_set_tunable(ifs, "ipf_state_max", "7", message, sizeof(message)), ENOENT);
    ipf_destroy(ifs);
}

static void what_is_no_number_is_refused(void **state)
{
    static const char *const values[] = {
        "",           " 7",  "7 ", "7x", "x", "-1", "+1", "42949672960", "99999999999",
        "4294967296", "0x7", ":",  "/"};
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char expected[200];
        snprintf(expected, sizeof(expected), "'state_max' is 1 to 2147483647, not '%s'", values[i]);
        assert_string_equal(set(ifs, "state_max", values[i]), expected);
        assert_int_equal(ifs->ifs_tunables.state_max, 4013);
    }
    assert_string_equal(set(ifs, "state_max", "0000000007"), "");
    assert_int_equal(ifs->ifs_tunables.state_max, 7);
    ipf_destroy(ifs);
}

static void several_are_set_up_to_the_first_that_is_wrong(void **state)
{
    static const struct {
        const char *text;
        int error;
        uint32_t minttl, state_max;
        const char *message;
    } sets[] = {
        {"fr_minttl=1,fr_statemax=2", 0, 1, 2, ""},
        {"fr_minttl=1,fr_statemax=x,fr_minttl=9", EINVAL, 1, 4013,
         "'state_max' is 1 to 2147483647, not 'x'"},
        {"fr_minttl=1,", EINVAL, 1, 4013, "expected NAME=VALUE, got ''"},
        {"fr_minttl,fr_statemax=2", EINVAL, 4, 4013, "expected NAME=VALUE, got 'fr_minttl'"},
        {"fr_minttl", EINVAL, 4, 4013, "expected NAME=VALUE, got 'fr_minttl'"},
        {"a-name-that-is-much-longer-than-forty-bytes-all-in-all", EINVAL, 4, 4013,
         "expected NAME=VALUE, got 'a-name-that-is-much-longer-than-forty-by'"},
        {"0123456789012345678901234567890123456789012345678901234567890123=1", EINVAL, 4, 4013,
         "expected NAME=VALUE, got '0123456789012345678901234567890123456789'"},
        {"012345678901234567890123456789012345678901234567890123456789012=1", ENOENT, 4, 4013,
         "there is no tunable '0123456789012345678901234567890123456789'; there are fr_pass, "
         "fr_minttl, fr_statemax and others"},
        {"fr_minttl=0123456789012345678901234567890123456789012345678901234567890123", EINVAL, 4,
         4013, "expected NAME=VALUE, got 'fr_minttl=012345678901234567890123456789'"},
        {"fr_minttl=012345678901234567890123456789012345678901234567890123456789012", EINVAL, 4,
         4013, "'min_ttl' is 0 to 255, not '0123456789012345678901234567890123456789'"},
        {"stat_max=1", ENOENT, 4, 4013,
         "there is no tunable 'stat_max'; did you mean 'state_max'?"},
        {"fr_tcpclose=1", ENOENT, 4, 4013,
         "there is no tunable 'fr_tcpclose'; did you mean 'fr_tcpclosed'?"},
        {"log_all=1", ENOENT, 4, 4013, "the tunable 'log_all' is not modelled"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        ipf_stack_t *ifs = ipf_create();
        char message[300] = "";
        assert_int_equal(ipf_set_tunables(ifs, sets[i].text, message, sizeof(message)),
                         sets[i].error);
        assert_string_equal(message, sets[i].message);
        assert_int_equal(ifs->ifs_tunables.minttl, sets[i].minttl);
        assert_int_equal(ifs->ifs_tunables.state_max, sets[i].state_max);
        ipf_destroy(ifs);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_tunable_has_its_default),
        cmocka_unit_test(each_tunable_takes_what_is_in_its_range_by_each_name),
        cmocka_unit_test(solaris_names_are_taken_with_ipf_too),
        cmocka_unit_test(what_is_no_number_is_refused),
        cmocka_unit_test(several_are_set_up_to_the_first_that_is_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
