/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/cli/command.h"
#include "tests/temporary.h"

#include <errno.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

static char out_text[1 << 20], err_text[1 << 16], file_text[1 << 20];

/* What the program reads of its environment. A test that wants one of them sets it itself: the
 * tests must tell the same on a desk and in CI. */
static const char *const read_by_the_program[] = {"CI", "NO_COLOR", "COLUMNS"};

int folder_setup(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(read_by_the_program) / sizeof(read_by_the_program[0]); i++)
        if (unsetenv(read_by_the_program[i]) != 0)
            return -1;
    if (setenv("LO0SIM_PROGRAM", LO0SIM_PROGRAM, 1) != 0 ||
        setenv("LO0SIM_SOURCE", LO0SIM_SOURCE, 1) != 0)
        return -1;
    const char *folder = temporary_folder();
    /* What failed is remembered there, and not in the home of whoever runs the tests. */
    return chdir(folder) == 0 && setenv("XDG_STATE_HOME", folder, 1) == 0 ? 0 : -1;
}

int folder_teardown(void **state)
{
    (void)state;
    if (chdir("/") != 0)
        return -1;
    temporary_remove();
    return 0;
}

void write_bytes(const char *name, const void *bytes, size_t length)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
}

void write_file(const char *name, const char *text)
{
    write_bytes(name, text, strlen(text));
}

static void slurp(const char *name, char *buffer, size_t size)
{
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    buffer[fread(buffer, 1, size - 1, file)] = '\0';
    fclose(file);
}

const char *read_file(const char *name)
{
    slurp(name, file_text, sizeof(file_text));
    return file_text;
}

/* As system(), but ^C ends the test, too. */
static int run_line(const char *line)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execl("/bin/sh", "sh", "-c", line, (char *)NULL);
        _exit(127);
    }
    assert_true(child > 0);
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

command_t run_command(const char *before, const char *arguments)
{
    char line[2048];
    snprintf(line, sizeof(line), "%s %s </dev/null %s >.out 2>.err", before, PROGRAM, arguments);
    int status = run_line(line);
    slurp(".out", out_text, sizeof(out_text));
    slurp(".err", err_text, sizeof(err_text));
    return (command_t){
        .code = WIFEXITED(status) ? WEXITSTATUS(status) : -1, .out = out_text, .err = err_text};
}

void assert_command(command_t command, int code, const char *in_out, const char *in_err)
{
    if (command.code == code && strstr(command.out, in_out) != NULL &&
        strstr(command.err, in_err) != NULL)
        return;
    fail_msg("expected code %d, '%s' on standard output and '%s' on standard error;\n"
             "got code %d\n-- standard output\n%s\n-- standard error\n%s",
             code, in_out, in_err, command.code, command.out, command.err);
}

void skip_without_terminals(void)
{
    int master, slave;
    if (openpty(&master, &slave, NULL, NULL, NULL) != 0) {
        print_message("there are no terminals here: is /dev/pts mounted?\n");
        skip();
    }
    close(master);
    close(slave);
}
