/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim outcomes, seen from outside, and compared with `lo0sim connect` at single ports.
 */
#include "tests/cli/command.h"

#include <stdbool.h>
#include <stdint.h>

#define SET "set intercept_loopback true;\n"

static void each_range_of_ports_has_its_outcome_and_its_rule(void **state)
{
    static const struct {
        const char *rules, *arguments, *out; /* stands in what is printed */
    } rows[] = {
        {SET "block return-rst in on lo0 proto tcp from any to any port = 22\n", "",
         "tcp to 127.0.0.1, ::1\n"
         "  ports        outcome                   by\n"
         "  1-21         connects                  no rule\n"
         "  22           refused                   line 2: block return-rst in on lo0 proto tcp "
         "from "
         "any to any port = 22\n"
         "  23-65535     connects                  no rule\n"
         "\n"
         "tcp to 192.168.1.5, 2001:db8::5\n"
         "  1-65535      connects                  no rule\n"
         "\n"
         "udp to 127.0.0.1, ::1, 192.168.1.5, 2001:db8::5\n"
         "  1-65535      answered                  no rule\n"},
        {SET "block in proto tcp from any to any port 20 >< 23\n", "--proto tcp",
         "  21-22        hangs 30 s                line 2: block in"},
        {SET "block in proto tcp from any to any port 20 >< 23\n", "--era illumos",
         "  21-22        hangs 190.875 s           line 2: block in"},
        {SET "block in proto tcp from any to any port = 22\n", "--era all --ports 22",
         "  22           hangs 30 s       hangs 224.625 s  hangs 190.875 s  hangs 131 s      line "
         "2"},
        {SET "block return-rst in proto tcp from any to any port = 22\n",
         "--mode inject --ports 22", "  22           hangs 30 s                line 2"},
        {SET "block out proto tcp from any port = 443 to any flags SA/SA\n", "",
         "  443          hangs 30 s                line 2: block out"},
        {SET "block return-icmp(port-unr) in proto udp from any to any port = 53\n", "",
         "udp to 127.0.0.1, 192.168.1.5\n"
         "  1-52         answered                  no rule\n"
         "  53           refused                   line 2: block return-icmp(port-unr) in proto "
         "udp"},
        {SET "block return-icmp(port-unr) in proto udp from any to any port = 53\n", "",
         "udp to ::1, 2001:db8::5\n"
         "  1-52         answered                  no rule\n"
         "  53           no answer                 line 2"},
        {SET "pass out quick all keep state\nblock return-rst in quick proto tcp all\n", "",
         "  1-65535      connects                  the state of line 2: pass out quick all keep "
         "state"},
        {"block in all\n", "",
         "no rule is asked on loopback (--intercept: as if it had)\n\ntcp to 127.0.0.1, ::1, "
         "192.168.1.5, 2001:db8::5\n"},
        {"block in all\n", "--intercept --proto tcp", "  1-65535      hangs 30 s"},
        {SET "block return-rst in proto tcp from any to any port < 1024\n", "--ports 22,1020-1030",
         "  22           refused "},
        {SET "block return-rst in proto tcp from any to any port < 1024\n", "--ports 22,1020-1030",
         "  1024-1030    connects"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        write_file("r.conf", rows[i].rules);
        snprintf(arguments, sizeof(arguments), "outcomes %s -f r.conf", rows[i].arguments);
        assert_command(run_command("", arguments), 0, rows[i].out, "");
    }
}

/* What `connect` says at a port, in the words of `outcomes`. */
static void say_connect(const char *era, const char *address, unsigned port, char *word,
                        size_t size)
{
    char arguments[200], result[32] = "";
    double time = -1;
    snprintf(arguments, sizeof(arguments), "connect --listen --era %s -f r.conf %s %u", era,
             address, port);
    command_t command = run_command("", arguments);
    const char *line = strstr(command.out, "\n\n");
    assert_int_equal(command.code, 0);
    while (line != NULL && strstr(line + 2, "\n\n") != NULL)
        line = strstr(line + 2, "\n\n");
    assert_non_null(line);
    assert_int_equal(sscanf(line, " %31s after %lf s", result, &time), 2);
    if (strcmp(result, "connected") == 0)
        snprintf(word, size, " connects ");
    else if (strcmp(result, "ECONNREFUSED") == 0 && time == 0)
        snprintf(word, size, " refused ");
    else
        snprintf(word, size, " hangs %.10g s", time);
}

/* The clients stand above their row, with the others of the same outcome. */
static void assert_row(const command_t *command, const char *address, unsigned port,
                       const char *word)
{
    const char *row = strstr(command->out, address);
    row = row != NULL ? strstr(row, "\n  ") : NULL;
    while (row != NULL && (row[3] < '0' || row[3] > '9'))
        row = strstr(row + 1, "\n  ");
    assert_non_null(row);
    const char *end = strchr(row + 1, '\n'), *found = strstr(row, word);
    if (found == NULL || found > end)
        fail_msg("%s port %u: it is%s\n%s", address, port, word, command->out);
}

static void ports_at_random_agree_with_connect(void **state)
{
    static const char *const files[] = {
        SET "block return-rst in on lo0 proto tcp from any to any port 1000 >< 30000\n"
            "block in proto tcp from any to any port > 50000\n"
            "block out proto tcp from any port 40000:45000 to any flags SA/SA\n",
        SET "block in all\npass out quick proto tcp from any to any port < 20000 keep state\n"
            "block return-rst in proto tcp from any to any port != 25000\n",
        SET
        "pass in from any to any head 1\nskip 1 in proto tcp from any to any port > 9999 group 1\n"
        "block return-icmp(port-unr) in proto tcp from any to any group 1\n",
    };
    static const char *const addresses[] = {"127.0.0.1", "::1", "192.168.1.5", "2001:db8::5"};
    static const char *const eras[] = {"post", "illumos", "linux"};
    uint32_t seed = 7;
    (void)state;
    for (size_t i = 0; i < 30; i++) {
        char arguments[200], word[40];
        seed = seed * 1664525u + 1013904223u;
        unsigned port = (seed >> 8) % 65535 + 1;
        write_file("r.conf", files[i % 3]);
        say_connect(eras[i / 10], addresses[i % 4], port, word, sizeof(word));
        snprintf(arguments, sizeof(arguments), "outcomes --proto tcp --era %s --ports %u -f r.conf",
                 eras[i / 10], port);
        command_t command = run_command("", arguments);
        assert_row(&command, addresses[i % 4], port, word);
    }
}

/* What a client learns of `port`, where a server echoes: " answered", " refused", " no answer", or
 * the errno of its send. */
static void say_udp(const char *era, const char *address, unsigned port, char *word, size_t size)
{
    char script[700];
    snprintf(script, sizeof(script),
             "test('udp', function(box)\n"
             "  box:era('%s')\n  box:filter{ file = 'r.conf' }\n"
             "  local server = box:udp(%u, '%s')\n"
             "  box:spawn('server', function()\n"
             "    local data, from, port = server:recv(9)\n"
             "    if data then server:sendto(data, from, port) end\n  end)\n"
             "  local client = box:udp()\n  client:connect('%s', %u)\n"
             "  local sent, fault = client:send('x')\n"
             "  local data, err = client:recv(10)\n"
             "  box:note('it is ' .. (not sent and fault or data and 'answered'\n"
             "    or err == 'ECONNREFUSED' and 'refused' or 'no answer'))\nend)\n",
             era, port, address, address, port);
    write_file("x.lua", script);
    command_t command = run_command("", "run -v x.lua");
    assert_int_equal(command.code, 0);
    const char *note = strstr(command.out, "it is");
    assert_non_null(note);
    snprintf(word, size, "%.*s", (int)strcspn(note + 5, "\n"), note + 5);
}

static void udp_ports_at_random_agree_with_a_script(void **state)
{
    static const char *const files[] = {
        SET "block return-icmp(port-unr) in proto udp from any to any port 1000 >< 30000\n"
            "block in proto udp from any to any port > 50000\n",
        SET
        "block in all\npass out quick proto udp from any to any port < 20000 keep state\n"
        "block return-icmp-as-dest(port-unr) in on lo0 proto udp from any to any port > 40000\n",
    };
    static const char *const addresses[] = {"127.0.0.1", "::1", "192.168.1.5", "2001:db8::5"};
    static const char *const eras[] = {"post", "snv_116", "illumos", "linux"};
    uint32_t seed = 11;
    (void)state;
    for (size_t i = 0; i < 24; i++) {
        char arguments[200], word[40];
        seed = seed * 1664525u + 1013904223u;
        unsigned port = (seed >> 8) % 65535 + 1;
        write_file("r.conf", files[i % 2]);
        say_udp(eras[i / 6], addresses[i / 2 % 4], port, word, sizeof(word));
        snprintf(arguments, sizeof(arguments), "outcomes --proto udp --era %s --ports %u -f r.conf",
                 eras[i / 6], port);
        command_t command = run_command("", arguments);
        assert_row(&command, addresses[i / 2 % 4], port, word);
    }
}

static void of_two_files_what_changes_is_told_with_a_packet(void **state)
{
    (void)state;
    write_file("old.conf", SET "block return-rst in on lo0 proto tcp from any to any port = 22\n");
    write_file("new.conf", SET "block in on lo0 proto tcp from any to any port 21 >< 24\n");
    command_t command = run_command("", "outcomes --proto tcp old.conf new.conf");
    assert_command(
        command, 0,
        "  22           refused                   hangs 30 s                line 2: block "
        "return-rst in on lo0 proto tcp from any to any port = 22 -> line 2: block in on "
        "lo0 proto tcp from any to any port 21 >< 24\n"
        "               witness: in on lo0 tcp 127.0.0.1,34448 127.0.0.1,22 S\n",
        "");
    assert_null(strstr(command.out, "192.168.1.5"));
    assert_command(run_command("", "outcomes old.conf old.conf"), 0, "nothing changes for anybody",
                   "");
    assert_command(run_command("", "outcomes --require same old.conf old.conf"), 0, "", "");
    assert_command(run_command("", "outcomes --require same old.conf new.conf"), 1, "22 ",
                   "--require same does not hold");
}

static void of_two_files_any_packet_is_compared(void **state)
{
    static const struct {
        const char *new, *arguments, *out;
        int code; /* with --require same */
    } rows[] = {
        {SET "block in quick from 10.0.0.0/9 to any\nblock in from 10.128.0.0/9 to any\n", "",
         "nothing changes for anybody\n\nany packet: the same verdict, proved (", 0},
        {SET "block in from 10.0.0.0/9 to any\n", "",
         "nothing changes for anybody\n\nany packet: they differ, as about: in on lo0 tcp "
         "10.128.0.0,40000 127.0.0.1,1 S\n",
         1},
        {SET "block in from 10.0.0.0/9 to any\n", "--json", "[\n]\n", 1},
        {SET "block in from 10.0.0.0/9 to any\n", "--proto tcp", "nothing changes for anybody\n",
         0},
        {SET "block in from 10.0.0.0/8 to any\npass in all with bad\n", "",
         "any packet: not proved, only local clients are tried: new.conf:3 has 'with bad'", 0},
        {"block in from 10.0.0.0/8 to any\n", "",
         "any packet: not proved, only local clients are tried: only one of the files asks", 0},
    };
    (void)state;
    write_file("old.conf", SET "block in from 10.0.0.0/8 to any\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        write_file("new.conf", rows[i].new);
        snprintf(arguments, sizeof(arguments), "outcomes %s --require same old.conf new.conf",
                 rows[i].arguments);
        assert_command(run_command("", arguments), rows[i].code, rows[i].out,
                       rows[i].code != 0 ? "--require same does not hold" : "");
    }
    assert_null(
        strstr(run_command("", "outcomes --proto tcp old.conf new.conf").out, "any packet"));
}

static void what_is_required_makes_the_exit_code(void **state)
{
    static const struct {
        const char *arguments;
        int code;
    } rows[] = {
        {"--require refused --ports 22 --proto tcp", 0},
        {"--require refused --ports 22", 1},
        {"--require refused --ports 22-23 --proto tcp", 1},
        {"--require connects --proto udp", 0},
        {"--require hangs --ports 22", 1},
        {"--require connects", 1},
    };
    (void)state;
    write_file("r.conf", SET "block return-rst in proto tcp from any to any port = 22\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char arguments[200];
        snprintf(arguments, sizeof(arguments), "outcomes %s -f r.conf", rows[i].arguments);
        assert_int_equal(run_command("", arguments).code, rows[i].code);
    }
}

static void json_has_each_row_of_each_client(void **state)
{
    (void)state;
    write_file("r.conf",
               SET "block return-rst in on lo0 inet proto tcp from any to any port = 22\n");
    command_t command = run_command("", "outcomes --json --ports 22 --proto tcp -f r.conf");
    assert_command(command, 0, "\"address\": \"127.0.0.1\"", "");
    assert_command(command, 0, "\"result\": \"refused\"", "");
    assert_command(command, 0, "\"errno\": \"ECONNREFUSED\"", "");
    assert_command(command, 0, "\"line\": 2", "");
}

static void bad_command_lines_of_outcomes_say_so(void **state)
{
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"outcomes", "rules are needed, -f FILE, or two files, OLD NEW"},
        {"outcomes r.conf r.conf r.conf", "rules are needed"},
        {"outcomes -f r.conf r.conf", "rules are needed"},
        {"outcomes -f missing.conf", "missing.conf"},
        {"outcomes -f bad.conf", "bad.conf:1:10: unknown word 'qick'"},
        {"outcomes --era nosuch -f r.conf", "there is no era 'nosuch'; there are: post, snv_116"},
        {"outcomes --era all r.conf r.conf", "two files are compared under one era"},
        {"outcomes --ports 0 -f r.conf", "--ports takes ports from 1 to 65535"},
        {"outcomes --ports 22, -f r.conf", "--ports takes ports"},
        {"outcomes --ports 30-22 -f r.conf", "--ports takes ports"},
        {"outcomes --ports 65536 -f r.conf", "--ports takes ports"},
        {"outcomes --require same -f r.conf", "--require same goes with two files"},
        {"outcomes --require nosuch -f r.conf", "there is no --require 'nosuch'"},
        {"outcomes --proto icmp -f r.conf", "there is no --proto 'icmp'"},
    };
    (void)state;
    write_file("r.conf", "pass in all\n");
    write_file("bad.conf", "block in qick all\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
}

#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CLI_TEST(each_range_of_ports_has_its_outcome_and_its_rule),
        CLI_TEST(ports_at_random_agree_with_connect),
        CLI_TEST(udp_ports_at_random_agree_with_a_script),
        CLI_TEST(of_two_files_what_changes_is_told_with_a_packet),
        CLI_TEST(of_two_files_any_packet_is_compared),
        CLI_TEST(what_is_required_makes_the_exit_code),
        CLI_TEST(json_has_each_row_of_each_client),
        CLI_TEST(bad_command_lines_of_outcomes_say_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
