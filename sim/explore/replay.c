/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A violation as a scenario of its own: it runs the user's script with a `test` that keeps only the
 * one test, and sets the faults before it.
 */
#include "sim/base/file_read.h"
#include "sim/base/output.h"
#include "sim/explore/shrink.h"
#include "sim/script/script_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The beginning of what is written. */
#define HEAD "-- lo0sim explore found this"

/* Writes a string as Lua source. */
static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

/* A test's name without " [era]" and " [mode]". */
static void put_name(FILE *out, const script_t *script, size_t test)
{
    char name[1024];
    size_t length = strlen(script_test_name(script, test));
    const char *mode = script_test_mode(script, test), *era = script_test_era(script, test);
    length -= mode != NULL ? strlen(mode) + 3 : 0;
    length -= era != NULL ? strlen(era) + 3 : 0;
    snprintf(name, sizeof(name), "%.*s", (int)length, script_test_name(script, test));
    put_string(out, name);
}

/* era = { "post" }, if the test is run in several eras. */
static void put_choice(FILE *out, const char *what, const char *word)
{
    if (word != NULL)
        fprintf(out, "  options.%s = { \"%s\" }\n", what, word);
}

static void put_head(FILE *out, const script_t *script, size_t test, const trial_options_t *options,
                     const fault_list_t *faults, const char *why)
{
    const era_t *era = options->script.forced_era;
    const ipf_reply_mode_t *mode = options->script.forced_mode;
    fprintf(out, HEAD " in %s:\n--   %s\n", options->path, why);
    fprintf(out, "-- It fails alone with these faults; all below is the script itself.\n");
    fprintf(out, "local every_test = test\n");
    fprintf(out, "local function test(name, options, fn)\n");
    fprintf(out, "  if fn == nil then options, fn = {}, options end\n  if name ~= ");
    put_name(out, script, test);
    fprintf(out, " then return end\n");
    put_choice(out, "modes",
               mode != NULL ? reply_mode_names[*mode] : script_test_mode(script, test));
    put_choice(out, "eras", era != NULL ? era->name : script_test_era(script, test));
    fprintf(out, "  every_test(name, options, function(box)\n");
    for (size_t i = 0; i < faults->count; i++) {
        fprintf(out, "    box:fault(");
        put_string(out, faults->list[i].text);
        fprintf(out, ")\n");
    }
    fprintf(out, "    fn(box)\n  end)\nend\n\n");
}

bool replay_write(const char *path, const script_t *script, size_t test,
                  const trial_options_t *options, const fault_list_t *faults, const char *why)
{
    char error[PATH_MAX_TEXT + 200];
    size_t length;
    char *text = file_read(options->path, &length, error, sizeof(error));
    output_t *output = text != NULL ? output_to_file(path, 0) : NULL;
    if (output == NULL) {
        free(text);
        return false;
    }
    FILE *out = output_stream(output);
    put_head(out, script, test, options, faults, why);
    fwrite(text[0] == '#' ? "--" : "", 1, text[0] == '#' ? 2 : 0, out);
    fwrite(text, 1, length, out);
    free(text);
    return output_commit(output);
}

bool replay_spoils(const char *path)
{
    char head[sizeof(HEAD)] = "";
    struct stat st;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size == 0)
        return false;
    FILE *in = fopen(path, "re");
    if (in == NULL)
        return false;
    (void)!fread(head, 1, sizeof(head) - 1, in);
    fclose(in);
    return strcmp(head, HEAD) != 0;
}
