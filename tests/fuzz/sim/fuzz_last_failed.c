/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as the file of tests that failed; an @ in them is the working folder. Its files are
 * below that folder, in order and once each; and what is noted is there when it is read again.
 */
#include "sim/run/last_failed.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define STATE "state/lo0sim/last-failed"

static const char *folder;

static void make_files(void)
{
    char state[5000];
    static bool made;
    if (made)
        return;
    made = true;
    snprintf(state, sizeof(state), "%s/state", folder);
    setenv("XDG_STATE_HOME", state, 1);
    fuzz_write("a.lua", "", 0);
    fuzz_write("b/c.lua", "", 0);
}

static void write_state(const uint8_t *data, size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *out = open_memstream(&text, &length);
    fuzz_check(out != NULL);
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '@')
            fputs(folder, out);
        else
            fputc(data[i], out);
    }
    fclose(out);
    fuzz_write(STATE, text, length);
    free(text);
}

static void check_files(last_failed_t *failed)
{
    const char *const *paths;
    size_t count = last_failed_files(failed, &paths);
    for (size_t i = 0; i < count; i++) {
        fuzz_check(paths[i][0] != '\0' && access(paths[i], F_OK) == 0);
        fuzz_check(i == 0 || strcmp(paths[i - 1], paths[i]) < 0);
    }
}

/* Notes one test's end, and reads the file again. => Returns whether the test is remembered. */
static bool note(const char *path, const char *test, bool did_fail)
{
    last_failed_t *failed = last_failed_open();
    last_failed_note(failed, path, test, did_fail);
    last_failed_save(failed);
    last_failed_close(failed);
    failed = last_failed_open();
    check_files(failed);
    bool has = last_failed_has(failed, path, test);
    last_failed_close(failed);
    return has;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    folder = fuzz_folder_enter();
    make_files();
    write_state(data, size);
    last_failed_t *failed = last_failed_open();
    check_files(failed);
    last_failed_has(failed, "a.lua", "a test");
    bool whole = last_failed_has(failed, "a.lua", "");
    last_failed_close(failed);
    fuzz_check(note("a.lua", "a test", true));
    fuzz_check(note("a.lua", "a test", false) == whole);
    fuzz_folder_leave();
    return 0;
}
