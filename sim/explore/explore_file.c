/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/explore_file.h"

#include "filter/fnv.h"
#include "sim/base/must.h"
#include "sim/base/output.h"
#include "sim/base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SUM_LENGTH (sizeof("sum 0123456789abcdef\n") - 1)

static void put_sum(char *line, const char *bytes, size_t length)
{
    snprintf(line, SUM_LENGTH + 1, "sum %016" PRIx64 "\n", fnv1a_64(bytes, length));
}

bool explore_file_write(const explore_options_t *options, const explore_state_t *state,
                        const char *path)
{
    char about[2000], sum[SUM_LENGTH + 1], *bytes = NULL;
    size_t length = 0;
    output_t *output = output_to_file(path, 0);
    if (output == NULL)
        return false;
    explore_about(options, about, sizeof(about));
    FILE *all = text_open(&bytes, &length);
    explore_write(state, about, all);
    fclose(all);
    put_sum(sum, bytes, length);
    fwrite(bytes, 1, length, output_stream(output));
    fputs(sum, output_stream(output));
    free(bytes);
    return output_commit(output);
}

/* => Returns all that is left of a file, which the caller frees. */
static char *read_all(FILE *in, size_t *length)
{
    char *bytes = NULL, piece[1 << 14];
    FILE *all = text_open(&bytes, length);
    for (size_t count; (count = fread(piece, 1, sizeof(piece), in)) > 0;)
        fwrite(piece, 1, count, all);
    fclose(all);
    return bytes;
}

static bool has_its_sum(const char *bytes, size_t length)
{
    char sum[SUM_LENGTH + 1];
    if (length <= SUM_LENGTH)
        return false;
    put_sum(sum, bytes, length - SUM_LENGTH);
    return memcmp(bytes + length - SUM_LENGTH, sum, SUM_LENGTH) == 0;
}

explore_file_t explore_file_read(const char *path, explore_state_t *state, char *about, size_t size)
{
    FILE *in = fopen(path, "r");
    if (in == NULL)
        return EXPLORE_FILE_MISSING;
    size_t length = 0;
    char *bytes = read_all(in, &length);
    fclose(in);
    bool read = has_its_sum(bytes, length);
    if (read) {
        FILE *text = must_have(fmemopen(bytes, length - SUM_LENGTH, "r"));
        read = explore_read(state, about, size, text);
        fclose(text);
    }
    free(bytes);
    return read ? EXPLORE_FILE_READ : EXPLORE_FILE_WRONG;
}
