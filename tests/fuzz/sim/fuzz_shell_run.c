/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as what is typed into `lo0sim shell`, carried out: as if standard input were a pipe.
 * The session ends with 0, or with 2 after a mistake that was told.
 */
#include "sim/base/mistake.h"
#include "sim/shell/shell.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define LINES_MAX 40

/* `save` writes a file, and `ipf -f` reads one: only in our folder. */
static bool stays_here(const char *text)
{
    size_t lines = 0;
    for (const char *line = text; *line != '\0' && lines < LINES_MAX; lines++) {
        size_t length = strcspn(line, "\n");
        bool is_rule = strncmp(line, "ipf ", 4) == 0;
        if (memchr(line, '/', length) != NULL && !is_rule)
            return false;
        line += length + (line[length] == '\n');
    }
    return lines < LINES_MAX && strstr(text, "/dev") == NULL && strstr(text, "/proc") == NULL &&
           strstr(text, "/sys") == NULL;
}

static int run(char *text, FILE *out, FILE *err)
{
    FILE *old_in = stdin, *old_out = stdout, *old_err = stderr;
    const shell_options_t options = {.seed = 1};
    stdin = fmemopen(text, strlen(text), "r");
    fuzz_check(stdin != NULL && out != NULL && err != NULL);
    stdout = out;
    stderr = err;
    int code = shell_run(&options);
    fclose(stdin);
    fclose(stdout);
    fclose(stderr);
    stdin = old_in;
    stdout = old_out;
    stderr = old_err;
    return code;
}

/* Nothing that was typed reaches the terminal as a control character; ipfstat's lines have tabs. */
static void check_visible(const char *said)
{
    for (const char *c = said; *c != '\0'; c++)
        fuzz_check((unsigned char)*c >= ' ' || *c == '\n' || *c == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *said = NULL, *printed = NULL;
    size_t said_size, printed_size;
    if (text[0] != '\0' && stays_here(text)) {
        fuzz_folder_enter();
        int code =
            run(text, open_memstream(&printed, &printed_size), open_memstream(&said, &said_size));
        fuzz_folder_leave();
        fuzz_check(code == 0 || (code <= EXIT_MISTAKE && said[0] != '\0'));
        check_visible(printed);
        check_visible(said);
    }
    free(printed);
    free(said);
    free(text);
    return 0;
}
