/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder in a terminal, compared with reviewed pictures in tests/cli/ladders/ (LADDERS_UPDATE=1
 * in the environment writes them anew), and the page from outside: tests/html checks what is in it.
 */
#include "tests/cli/command.h"

#include <stdbool.h>
#include <unistd.h>

#define RULES     SOURCE "/scenarios/rules/with_intercept.conf"
#define SCENARIOS SOURCE "/scenarios/"
#define CONNECT   "connect --listen -f " RULES " localhost 22 --ladder --mode "
#define RUN       "run --ladder "

/* Scenarios are run without the goldens beside them: here the pictures are compared. */
#define TEST(file, test) RUN "'" file ".lua:" test "'"

static const struct {
    const char *picture, *arguments;
} pictures[] = {
    {"inject_80", CONNECT "inject"},
    {"inject_140", CONNECT "inject --width 140"},
    {"inject_80_ascii", CONNECT "inject --ascii"},
    {"inject_140_ascii", CONNECT "inject --width 140 --ascii"},
    {"rewrite_80", CONNECT "rewrite"},
    {"rewrite_140", CONNECT "rewrite --width 140"},
    {"rewrite_80_ascii", CONNECT "rewrite --ascii"},
    {"rewrite_140_ascii", CONNECT "rewrite --width 140 --ascii"},
    {"rewrite_illumos", CONNECT "rewrite --era illumos"},
    {"netinfo", CONNECT "netinfo"},
    {"errno", CONNECT "errno"},
    {"nobody", "connect --ladder localhost 22"},
    {"handshake_ipv6", "connect --ladder --listen ::1 22"},
    {"ping", TEST("a_ping_makes_four_hook_calls", "out, in, out, in: 127.0.0.1")},
    {"datagram", TEST("only_a_connected_udp_socket_learns_of_icmp",
                      "unconnected, it is never told: 127.0.0.1")},
    {"wire", TEST("a_wire_answers_and_loopback_does_not", "over the wire to 192.168.1.5")},
    {"data", TEST("why_only_syn_and_fin_are_rewritten",
                  "data: its sender is reset, its receiver hears nothing")},
    {"data_dropped",
     TEST("why_only_syn_and_fin_are_rewritten", "as it is, data is dropped and nobody is reset")},
    {"fused", TEST("a_copy_of_fused_data_visits_the_hooks", "a dropped copy un-fuses: 127.0.0.1")},
    {"fin", RUN "a_fin_that_a_rule_hits_resets_its_sender.lua"},
};

#define PICTURES (sizeof(pictures) / sizeof(pictures[0]))

static char expected[1 << 20];

static void a_ladder_is_drawn_as_somebody_has_seen_it(void **state)
{
    (void)state;
    assert_int_equal(system("cp " SCENARIOS "*.lua ."), 0);
    for (size_t i = 0; i < PICTURES; i++) {
        char path[1024];
        snprintf(path, sizeof(path), "%s/tests/cli/ladders/%s.txt", LO0SIM_SOURCE,
                 pictures[i].picture);
        command_t command = run_command("LC_ALL=C COLUMNS=", pictures[i].arguments);
        assert_command(command, 0, "", "");
        if (getenv("LADDERS_UPDATE") != NULL)
            write_file(path, command.out);
        strcpy(expected, read_file(path));
        if (strcmp(expected, command.out) != 0)
            fail_msg("%s is drawn otherwise:\n%s", pictures[i].picture, command.out);
    }
}

static bool is_ascii(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
    }
    return true;
}

static void every_scenario_can_be_drawn(void **state)
{
    (void)state;
    assert_int_equal(system("cp -r " SCENARIOS "*.lua " SCENARIOS "rules ."), 0);
    command_t command = run_command("", RUN "--ascii --html %f.%t.html .");
    assert_command(command, 0, "what the packet became", "");
    assert_true(is_ascii(command.out));
    assert_command(run_command("", RUN "--width 300 ."), 0, "", "");
}

/* The longest line, in characters. */
static size_t widest(const char *text)
{
    size_t width = 0, most = 0;
    for (; *text != '\0'; text++) {
        width += ((unsigned char)*text & 0xc0) != 0x80;
        if (*text == '\n')
            width = 0;
        most = width > most ? width : most;
    }
    return most;
}

static void no_ladder_is_wider_than_asked(void **state)
{
    static const unsigned widths[] = {80, 81, 97, 120, 140, 200};
    (void)state;
    for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
        char before[40];
        snprintf(before, sizeof(before), "COLUMNS=%u", widths[i]);
        command_t command = run_command(before, CONNECT "inject");
        assert_command(command, 0, "the connect timer has run out", "");
        assert_in_range(widest(command.out), widths[i] - 4, widths[i]);
        command = run_command(before, CONNECT "rewrite");
        assert_in_range(widest(command.out), widths[i] - 4, widths[i]);
    }
}

/* `script` runs a command on a terminal of its own.
 * => Returns what the terminal was sent. */
static const char *on_a_terminal(const char *environment)
{
    char line[1024];
    snprintf(line, sizeof(line),
             "%s script -qec '%s connect --ladder localhost 22' .typescript </dev/null >/dev/null",
             environment, PROGRAM);
    assert_int_equal(system(line), 0);
    return read_file(".typescript");
}

static void a_terminal_is_asked_for_its_colour_and_its_letters(void **state)
{
    static const struct {
        const char *environment;
        bool colour, ascii;
    } rows[] = {
        {"LC_ALL=C.UTF-8", true, false},
        {"LC_ALL=C", true, true},
        {"LC_ALL=C.UTF-8 NO_COLOR=1", false, false},
        {"LC_ALL=C NO_COLOR=1", false, true},
    };
    (void)state;
    if (system("command -v script >/dev/null") != 0)
        skip();
    skip_without_terminals();
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *seen = on_a_terminal(rows[i].environment);
        assert_non_null(strstr(seen, "ECONNREFUSED"));
        assert_int_equal(strstr(seen, "\033[") != NULL, rows[i].colour);
        assert_int_equal(is_ascii(seen), rows[i].ascii);
    }
}

static void in_a_pipe_the_locale_changes_nothing(void **state)
{
    (void)state;
    strcpy(expected, run_command("LC_ALL=C", CONNECT "rewrite").out);
    assert_false(is_ascii(expected));
    assert_null(strchr(expected, '\033'));
    assert_string_equal(run_command("LC_ALL=C.UTF-8", CONNECT "rewrite").out, expected);
}

/* What a script says may hold anything: on a terminal it is text, and nothing moves the cursor. */
static void a_ladder_writes_no_control_characters(void **state)
{
    (void)state;
    write_file("nasty.lua", "test('x', function(box)\n"
                            "  box:spawn('a\\27[2Jb\\255\\r', function() box:sleep(1) end)\n"
                            "  box:sleep(2)\n"
                            "end)\n");
    command_t command = run_command("", RUN "nasty.lua");
    assert_command(command, 0, "a\\x1b[2J", "");
    for (const char *at = command.out; *at != '\0'; at++)
        assert_true(*at == '\n' || (unsigned char)*at >= ' ');
}

static void what_the_picture_cannot_be_is_refused(void **state)
{
    (void)state;
    write_file("two.lua", "test('one', function() end)\ntest('two', function() end)\n");
    write_file("bad.conf", "blok in all\n");
    static const struct {
        const char *arguments, *message;
    } rows[] = {
        {"run --ladder --width 39 two.lua", "--width takes a whole number from 40 to 1000"},
        {"connect --ladder --width wide localhost 22", "--width takes a whole number"},
        {"run --html page.html two.lua", "name one test, FILE:TEST, or put %t"},
        {"compare --html page.html two.lua", "name one test, FILE:TEST, or put %t"},
        {"compare --html page.html --eras post,illumos,linux two.lua", "up to 4 runs"},
        {"run --html no/page.html two.lua:one", ""},
        {"connect --html no/page.html localhost 22", "--html: no/page.html: No such file"},
        {"compare --html no/page.html two.lua:one", "--html: no/page.html: No such file"},
        {"connect --html page.html -f bad.conf localhost 22", "bad.conf:1:1"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_command(run_command("", rows[i].arguments), 2, "", rows[i].message);
        assert_int_equal(access("page.html", F_OK), -1);
    }
}

static void a_page_is_the_same_each_time_and_holds_no_markup_of_a_script(void **state)
{
    (void)state;
    write_file("nasty.lua", "test('</script><b>\"&\\255', function(box)\n"
                            "  box:connect('127.0.0.1', 22)\nend)\n");
    assert_command(run_command("", "run --html one.html nasty.lua"), 0, "1 passed", "");
    strcpy(expected, read_file("one.html"));
    assert_non_null(strstr(expected, "<title>&lt;/script&gt;&lt;b&gt;&quot;&amp;\\xff"));
    assert_null(strstr(expected, "</script><b>"));
    assert_null(strstr(expected, "<b>"));
    assert_null(strchr(expected, '\xff'));
    assert_command(run_command("LC_ALL=C", "run --html %t.html nasty.lua"), 0, "1 passed", "");
    assert_string_equal(read_file("script_b_xff.html"), expected);
}

static void a_page_has_both_runs_of_a_comparison(void **state)
{
    (void)state;
    command_t command =
        run_command("", "compare --html two.html " SCENARIOS "telnet_localhost_22.lua");
    assert_command(command, 0, "post  inject   ETIMEDOUT", "");
    const char *page = read_file("two.html");
    assert_non_null(strstr(page, "Reply mode inject (before the fix), era post"));
    assert_non_null(strstr(page, "Reply mode rewrite (the fix), era post"));
    assert_null(strstr(page, "{{"));
    assert_non_null(strstr(page, "</html>"));
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(a_ladder_is_drawn_as_somebody_has_seen_it),
        CLI_TEST(every_scenario_can_be_drawn),
        CLI_TEST(no_ladder_is_wider_than_asked),
        CLI_TEST(a_terminal_is_asked_for_its_colour_and_its_letters),
        CLI_TEST(in_a_pipe_the_locale_changes_nothing),
        CLI_TEST(a_ladder_writes_no_control_characters),
        CLI_TEST(what_the_picture_cannot_be_is_refused),
        CLI_TEST(a_page_is_the_same_each_time_and_holds_no_markup_of_a_script),
        CLI_TEST(a_page_has_both_runs_of_a_comparison),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
