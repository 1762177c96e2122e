/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a script, within small bounds. It ends, within its memory, and the message of an
 * error begins with a place.
 */
#include "sim/script/sandbox.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sandbox_options_t options = {.memory_bytes = 2u << 20, .instructions = 20000, .seed = 1};
    sandbox_t *sandbox = sandbox_create(&options);
    char error[500] = "";
    char *text = malloc(size + 1);

    if (sandbox == NULL || text == NULL)
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (!sandbox_load_text(sandbox, "fuzz.lua", text, size, error, sizeof(error)) &&
        error[0] == '\0')
        abort();
    free(text);
    sandbox_destroy(sandbox);
    return 0;
}
