/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/snoop_file.h"

#include "stack/wire.h"

#include <string.h>

#define VERSION     2
#define RECORD_HLEN 24u

void snoop_file_begin(FILE *out, uint32_t datalink)
{
    uint8_t header[16] = "snoop";
    put32(header + 8, VERSION);
    put32(header + 12, datalink);
    fwrite(header, 1, sizeof(header), out);
}

void snoop_file_packet(FILE *out, uint64_t time_us, const uint8_t *header, size_t header_length,
                       const uint8_t *bytes, size_t length)
{
    static const uint8_t padding[3];
    uint8_t record[RECORD_HLEN] = {0};
    uint32_t whole = (uint32_t)(header_length + length), pad = -whole & 3;
    put32(record, whole);
    put32(record + 4, whole);
    put32(record + 8, RECORD_HLEN + whole + pad);
    put32(record + 16, (uint32_t)(time_us / 1000000));
    put32(record + 20, (uint32_t)(time_us % 1000000));
    fwrite(record, 1, sizeof(record), out);
    fwrite(header, 1, header_length, out);
    fwrite(bytes, 1, length, out);
    fwrite(padding, 1, pad, out);
}
