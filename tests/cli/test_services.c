/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A port can be the name of a service wherever a port is accepted; and which names are known where.
 */
#include "tests/cli/command.h"

#include <netdb.h>

static void a_port_of_a_script_can_be_a_name(void **state)
{
    (void)state;
    write_file("s.lua",
               "test('t', function(box)\n"
               "  box:filter('block return-rst in on lo0 proto tcp from any to any port = smtps')\n"
               "  local _, err = box:connect('127.0.0.1', 'smtps')\n"
               "  expect.eq(err, 'ECONNREFUSED')\n"
               "  box:expect_packets('lo0', { 'localhost.smtps > localhost.* R. 0:0(0) ack 1' })\n"
               "  box:listen('ssh')\n"
               "  expect.ok(box:connect('127.0.0.1', 22, { port = 'x11' }))\n"
               "  local server = box:udp('domain')\n"
               "  box:udp():sendto('x', '127.0.0.1', 'domain')\n"
               "  expect.eq(server:recv(), 'x')\n"
               "end)\n");
    assert_command(run_command("", "run s.lua"), 0, "1 passed", "");
}

static void a_name_that_is_none_is_refused_with_what_is_near(void **state)
{
    static const struct {
        const char *call, *why;
    } rows[] = {
        {"box:connect('127.0.0.1', 'shh')", "there is no service 'shh'; did you mean 'ssh'?"},
        {"box:listen('zzzzz')", "there is no service 'zzzzz'; write the port's number"},
        {"box:listen('')", "there is no service ''; write the port's number"},
        {"box:udp('ssh')", "ssh is no service of udp; its port elsewhere is 22"},
        {"box:connect('127.0.0.1', 70000)", "a port is a number from 1 to 65535"},
        {"box:expect_packets('lo0', { 'localhost.shh > * S' })",
         "'shh' is neither a port, nor a service such as ssh, nor *"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char script[300];
        snprintf(script, sizeof(script), "test('t', function(box)\n  %s\nend)\n", rows[i].call);
        write_file("s.lua", script);
        assert_command(run_command("", "run s.lua"), 2, rows[i].why, "");
    }
}

static void so_can_one_of_a_command(void **state)
{
    (void)state;
    write_file("r.conf", "set intercept_loopback true;\n"
                         "block return-rst in on lo0 proto tcp from any to any port = smtps\n");
    assert_command(run_command("", "connect -f r.conf localhost smtps"), 0, "ECONNREFUSED", "");
    assert_command(run_command("", "connect localhost shh"), 2, "", "did you mean 'ssh'?");
    assert_command(run_command("", "outcomes -f r.conf --ports smtps,80-90"), 0, "465 ", "");
    assert_command(run_command("", "outcomes -f r.conf --ports shh"), 2, "", "such as ssh,80-90");
    assert_command(run_command("", "why -f r.conf in on lo0 tcp 127.0.0.1,1024 127.0.0.1,smtps S"),
                   0, "=> block return-rst, by rule @0:1", "");
    write_file("typed", "telnet localhost smtps\n");
    assert_command(run_command("", "shell <typed"), 0, "nobody listens on port 465", "");
}

/* => Returns a service that this machine alone knows, or NULL. */
static const char *service_of_machine_alone(void)
{
    static const char *const names[] = {"sieve", "zabbix-agent", "asp", "dicom"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (getservbyname(names[i], "tcp") != NULL)
            return names[i];
    }
    return NULL;
}

/* A script prints the same on every machine; a user's rules are read as this machine's ipf would.
 */
static void the_machines_services_are_for_rules_and_not_for_scripts(void **state)
{
    char text[300];
    const char *name = service_of_machine_alone();
    (void)state;
    if (name == NULL)
        skip();
    snprintf(text, sizeof(text),
             "set intercept_loopback true;\nblock in on lo0 proto tcp from any to any port = %s\n",
             name);
    write_file("r.conf", text);
    assert_command(run_command("", "ipf -nvf r.conf"), 0, "block in on lo0", "");
    snprintf(text, sizeof(text), "connect localhost %s", name);
    assert_command(run_command("", text), 0, "ECONNREFUSED", "");
    write_file("s.lua", "test('t', function(box) box:filter { file = 'r.conf' } end)\n");
    assert_command(run_command("", "run s.lua"), 2, "unknown service", "");
}

int main(void)
{
#define SERVICES_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        SERVICES_TEST(a_port_of_a_script_can_be_a_name),
        SERVICES_TEST(a_name_that_is_none_is_refused_with_what_is_near),
        SERVICES_TEST(so_can_one_of_a_command),
        SERVICES_TEST(the_machines_services_are_for_rules_and_not_for_scripts),
    };
    return cmocka_run_group_tests_name("cli/services", tests, NULL, NULL);
}
