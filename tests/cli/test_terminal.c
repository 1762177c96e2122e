/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim shell and lo0sim step at a terminal: a prompt, line editing, colour.
 */
#include "tests/cli/command.h"

#include <pty.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

typedef struct typed {
    int code;
    char out[20000];
} typed_t;

/* A prompt ends in "s> " or, of step, in a number and "> "; a packet has a blank before its ">". */
static bool has_prompt(const char *text)
{
    const char *end = text;
    while ((end = strstr(end, "> ")) != NULL) {
        if (end > text && end[-1] != ' ')
            return true;
        end++;
    }
    return false;
}

/* Reads until a prompt follows *used, or the end of output. */
static void read_on(typed_t *typed, int fd, size_t *used, bool to_prompt)
{
    size_t from = *used;
    ssize_t count;
    while (!(to_prompt && has_prompt(typed->out + from)) &&
           (count = read(fd, typed->out + *used, sizeof(typed->out) - 1 - *used)) > 0) {
        for (ssize_t i = 0; i < count; i++) /* a terminal's padding */
            typed->out[*used + (size_t)i] += typed->out[*used + (size_t)i] == '\0' ? '\r' : 0;
        *used += (size_t)count;
        typed->out[*used] = '\0';
    }
}

/* The prompt comes a moment before the terminal is in raw mode, and a ^D that arrives in between is
 * lost. */
static void wait_for_raw_mode(int fd)
{
    struct termios mode;
    for (int i = 0; i < 10000 && tcgetattr(fd, &mode) == 0 && (mode.c_lflag & ICANON) != 0; i++)
        usleep(1000);
}

/* Types each line, ended by a NULL, when the prompt is there. */
static const typed_t *at_terminal(const char *no_color, char *const argv[],
                                  const char *const lines[])
{
    static typed_t typed;
    size_t used = 0;
    int fd, status;
    typed = (typed_t){0};
    skip_without_terminals();
    pid_t pid = forkpty(&fd, NULL, NULL, NULL);
    assert_true(pid >= 0);
    if (pid == 0) {
        setenv("TERM", "vt100", 1);
        setenv("NO_COLOR", no_color, 1);
        execv(LO0SIM_PROGRAM, argv);
        _exit(127);
    }
    for (size_t i = 0; lines[i] != NULL; i++) {
        read_on(&typed, fd, &used, true);
        wait_for_raw_mode(fd);
        assert_int_equal(write(fd, lines[i], strlen(lines[i])), strlen(lines[i]));
    }
    read_on(&typed, fd, &used, false);
    waitpid(pid, &status, 0);
    close(fd);
    typed.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return &typed;
}

static void assert_typed(const typed_t *typed, int code, const char *text)
{
    if (typed->code != code || strstr(typed->out, text) == NULL)
        fail_msg("%d, expected %s in\n%s", typed->code, text, typed->out);
}

static char program[] = "lo0sim";

static void the_prompt_shows_virtual_time(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"sleep 2.5\n", "quit\n", NULL};
    assert_typed(at_terminal("", argv, lines), 0, "2.500 s> ");
}

static void a_mistake_that_was_typed_is_no_failure(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"telnt\n", "\004", NULL};
    assert_typed(at_terminal("", argv, lines), 0, "did you mean 'telnet'?");
}

static void the_line_before_can_be_had_again(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"sleep 2\n", "\020\n", "quit\n", NULL}; /* ^P */
    assert_typed(at_terminal("", argv, lines), 0, "4.000 s> ");
}

static void what_was_typed_is_there_in_the_next_session(void **state)
{
    static const struct {
        const char *program, *first[3], *again[3], *seen;
    } rows[] = {
        {"shell", {"sleep 3\n", "quit\n"}, {"\020\020\n", "\004"}, "3.000 s> "},
        {"step", {"break snoop\n", "q\n"}, {"\020\020\n", "\004"}, "breakpoint 1 at snoop"},
    };
    (void)state;
    write_file("p.lua", "test('p', function(box) box:ping('::1') end)\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char command[8], file[] = "p.lua";
        strcpy(command, rows[i].program);
        char *argv[] = {program, command, i == 1 ? file : NULL, NULL};
        at_terminal("", argv, rows[i].first);
        assert_typed(at_terminal("", argv, rows[i].again), 0, rows[i].seen);
    }
}

static void tab_completes_a_word(void **state)
{
    static const struct {
        const char *lines[4], *seen;
    } rows[] = {
        {{"sle\t2.5\n", "quit\n"}, "2.500 s> "},
        {{"era ill\t\n", "era\n", "quit\n"}, "illumos, of: "},
        {{"mode inj\t\n", "mode\n", "quit\n"}, "inject, of: "},
        {{"ipf -f rul\t\n", "ipf\n", "quit\n"}, "@1 block in all"},
        {{"tel\tlocalh\t22\n", "quit\n"}, "ECONNREFUSED"},
        {{"ipf\t", "\025quit\n"}, "ipf  ipfstat\r\n"},
        {{"save sub\tx.lua\n", "quit\n"}, "nothing to save yet"},
        {{"help ping\t\n", "qui\t\n"}, "ping ADDRESS: "},
    };
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    write_file("rules.conf", "block in all\n");
    mkdir("sub", 0777);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_typed(at_terminal("", argv, rows[i].lines), 0, rows[i].seen);
    char step[] = "step", file[] = "p.lua";
    char *step_argv[] = {program, step, file, NULL};
    const char *const station[] = {"break ip_wput_l\t\n", "q\n", NULL};
    write_file("p.lua", "test('p', function(box) box:ping('::1') end)\n");
    assert_typed(at_terminal("", step_argv, station), 0, "breakpoint 1 at ip_wput_local");
}

static void step_is_coloured_unless_no_color_is_set(void **state)
{
    (void)state;
    char step[] = "step", file[] = "p.lua";
    char *argv[] = {program, step, file, NULL};
    const char *const lines[] = {"n\n", "q\n", NULL};
    write_file("p.lua", "test('p', function(box) box:ping('::1') end)\n");
    assert_typed(at_terminal("", argv, lines), 0, "\033[1m  0.000000  LOOPBACK_OUT");
    const typed_t *typed = at_terminal("1", argv, lines);
    assert_typed(typed, 0, "  0.000000  LOOPBACK_OUT");
    assert_null(strstr(typed->out, "\033[1m"));
}

/* The box is the same one: its time goes on. */
static void an_interrupt_drops_the_line_and_not_the_session(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"sleep 2\n", "sleep 9\003", "\003", "sleep 1\n", "quit\n", NULL};
    const typed_t *typed = at_terminal("", argv, lines);
    assert_typed(typed, 0, "3.000 s> ");
    assert_typed(typed, 0, "^C\r\n");
    assert_null(strstr(typed->out, "11.000 s"));
}

static void an_interrupt_does_not_end_the_walk(void **state)
{
    (void)state;
    char step[] = "step", file[] = "p.lua";
    char *argv[] = {program, step, file, NULL};
    const char *const lines[] = {"n\n", "n 9\003", "n\n", "q\n", NULL};
    write_file("p.lua", "test('p', function(box) box:ping('::1') end)\n");
    assert_typed(at_terminal("1", argv, lines), 0, "event 3 of");
}

static void a_character_that_cannot_be_edited_rings_the_bell(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"sl\xc3\xa9"
                                 "eep 2\n",
                                 "quit\n", NULL};
    const typed_t *typed = at_terminal("", argv, lines);
    assert_typed(typed, 0, "2.000 s> ");
    assert_non_null(strchr(typed->out, '\a'));
}

static void a_signal_that_ends_the_program_ends_it_at_the_prompt(void **state)
{
    (void)state;
    char shell[] = "shell";
    char *argv[] = {program, shell, NULL};
    const char *const lines[] = {"sleep 2\n", "\034", NULL}; /* SIGQUIT */
    assert_int_equal(at_terminal("", argv, lines)->code, -1);
}

int main(void)
{
#define CLI_TEST(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)
    const struct CMUnitTest tests[] = {
        CLI_TEST(the_prompt_shows_virtual_time),
        CLI_TEST(a_mistake_that_was_typed_is_no_failure),
        CLI_TEST(the_line_before_can_be_had_again),
        CLI_TEST(what_was_typed_is_there_in_the_next_session),
        CLI_TEST(tab_completes_a_word),
        CLI_TEST(step_is_coloured_unless_no_color_is_set),
        CLI_TEST(an_interrupt_drops_the_line_and_not_the_session),
        CLI_TEST(an_interrupt_does_not_end_the_walk),
        CLI_TEST(a_character_that_cannot_be_edited_rings_the_bell),
        CLI_TEST(a_signal_that_ends_the_program_ends_it_at_the_prompt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
