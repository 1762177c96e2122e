/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any text as a pattern of expect_packets. A refusal has a column within the text, or just
 * after it; an accepted pattern can be matched.
 */
#include "sim/packet/packet_pattern.h"
#include "tests/sim/packets.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct packet_pattern pattern;
    struct packet_pattern_error error = {0};
    struct packet_base base = {0};
    struct packet packet;
    char *text = malloc(size + 1);

    if (text == NULL || !packet_parse(syn_packet, sizeof(syn_packet), &packet))
        abort();
    memcpy(text, data, size);
    text[size] = '\0';
    if (packet_pattern_parse(text, &pattern, &error) == 0)
        packet_pattern_match(&pattern, &packet, &base);
    else if (error.column < 1 || (size_t)error.column > strlen(text) + 1 ||
             error.message[0] == '\0')
        abort();
    free(text);
    return 0;
}
