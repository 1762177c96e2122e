/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a golden file. Its timelines are found by their names; written anew they are the
 * same; and how the first two differ is told.
 */
#include "sim/run/golden.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILE_NAME "x.trace"
#define AGAIN     "again.trace"
#define SECTIONS  16

static bool same(const spool_t *a, const spool_t *b)
{
    return spool_difference(a, b) == UINT64_MAX;
}

static golden_t *open_golden(const char *path)
{
    char error[200];
    golden_t *golden;
    fuzz_check(golden_open(path, &golden, error, sizeof(error)) && golden != NULL);
    return golden;
}

/* As a run does with `--update`, and the next run after it. */
static void check_written(const char *test, const spool_t *trace)
{
    spool_t *out = spool_create();
    fuzz_check(golden_write(out, test, trace));
    char *text = spool_text(out, SIZE_MAX - 1);
    fuzz_write(AGAIN, text, (size_t)spool_size(out));
    golden_t *golden = open_golden(AGAIN);
    fuzz_check(same(golden_find(golden, test), trace) && golden_unused(golden) == NULL);
    golden_close(golden);
    free(text);
    spool_free(out);
}

static void check_differ(const spool_t *a, const spool_t *b)
{
    char *said = NULL;
    size_t size;
    if (same(a, b))
        return;
    FILE *out = open_memstream(&said, &size);
    fuzz_check(out != NULL);
    golden_differ(out, a, b);
    fclose(out);
    fuzz_check(strstr(said, "the first difference: ") != NULL);
    free(said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const spool_t *found[SECTIONS];
    const char *name;
    size_t count = 0;
    fuzz_folder_enter();
    fuzz_write(FILE_NAME, data, size);
    golden_t *golden = open_golden(FILE_NAME);
    while (count < SECTIONS && (name = golden_unused(golden)) != NULL) {
        found[count] = golden_find(golden, name);
        fuzz_check(found[count] != NULL);
        count++;
    }
    if (count > 0)
        check_written("a test", found[0]);
    if (count > 1)
        check_differ(found[0], found[1]);
    golden_close(golden);
    fuzz_folder_leave();
    return 0;
}
