/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any two texts, separated by a zero byte, as timelines that differ. The report on them ends with
 * the first difference; making it visible does not change it.
 */
#include "sim/base/visible.h"
#include "sim/run/golden.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *said)
{
    char *once = visible_text(said), *twice = visible_text(once);
    if (strcmp(once, twice) != 0)
        abort();
    free(once);
    free(twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(size + 2, 1), *said = NULL;
    size_t said_size;
    if (text == NULL)
        abort();
    if (size > 0)
        memcpy(text, data, size);
    const char *golden = text, *now = text + strlen(text) + 1;
    FILE *out = open_memstream(&said, &said_size);
    if (out == NULL)
        abort();
    if (now <= text + size && strcmp(golden, now) != 0)
        golden_diff(out, &(golden_part_t){.text = golden}, &(golden_part_t){.text = now});
    else
        fprintf(out, "the first difference: none");
    fclose(out);
    if (strstr(said, "the first difference: ") == NULL)
        abort();
    check_text(said);
    free(said);
    free(text);
    return 0;
}
