/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bytes choose a test of a grammar's: verbs, rules, faults, hooks, packets of one's own and time
 * together (fuzz_world_grammar.h). Whatever it says, the test ends as a user's would, nothing
 * leaks, and the simulator's own invariants hold.
 */
#include "tests/fuzz/sim/fuzz_folder.h"
#include "tests/fuzz/sim/fuzz_run.h"
#include "tests/fuzz/sim/fuzz_world_grammar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATEMENTS_MAX 24
#define DEPTH_MAX      6

#define BEGIN                                                                                      \
    "local l, s, u, h, k, p = {}, {}, {}, {}, {}, {}\n"                                            \
    "local function try(fn) local ok, err = pcall(fn) return err end\n"                            \
    "test('world', function(box)\n"
#define END "end)\n"

typedef struct input {
    const uint8_t *data;
    size_t left;
} input_t;

static size_t choose(input_t *in, size_t count)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->data++ % count;
}

static const symbol_t *find(char letter)
{
    for (size_t i = 0; i < sizeof(grammar) / sizeof(grammar[0]); i++) {
        if (grammar[i].letter == letter)
            return &grammar[i];
    }
    abort();
}

/* Writes what a letter stands for, as the input chooses. */
static void expand(FILE *out, input_t *in, char letter, unsigned depth)
{
    const symbol_t *symbol = find(letter);
    size_t count = 0;
    while (symbol->alternatives[count] != NULL)
        count++;
    size_t chosen = choose(in, count);
    if (depth > DEPTH_MAX)
        chosen = 0;
    for (const char *c = symbol->alternatives[chosen]; *c != '\0'; c++) {
        if (*c == '$')
            expand(out, in, *++c, depth + 1);
        else
            fputc(*c, out);
    }
    if (letter == 'S')
        fputc(';', out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t in = {data, size};
    char *script = NULL;
    size_t length;
    FILE *out = open_memstream(&script, &length);
    fuzz_check(out != NULL);
    fputs(BEGIN, out);
    fputs("try(function() ", out);
    expand(out, &in, 'W', 0);
    fputs(" end)\n", out);
    for (int i = 0; i < STATEMENTS_MAX && in.left > 0; i++) {
        fputs("try(function() ", out);
        expand(out, &in, 'S', 0);
        fputs(" end)\n", out);
    }
    fputs(END, out);
    fclose(out);
    if (getenv("FUZZ_SHOW") != NULL)
        fputs(script, stderr);
    fuzz_check(fuzz_run_script(script, length)); /* what the grammar gives is Lua */
    free(script);
    return 0;
}
