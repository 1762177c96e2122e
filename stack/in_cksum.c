/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/in_cksum.h"

static uint32_t add_bytes(uint32_t sum, const uint8_t *data, size_t length)
{
    for (size_t i = 0; i + 1 < length; i += 2) {
        sum += (uint32_t)data[i] << 8 | data[i + 1];
        sum = (sum & 0xffff) + (sum >> 16);
    }
    if (length % 2 == 1)
        sum += (uint32_t)data[length - 1] << 8;
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

uint16_t in_cksum(const uint8_t *data, size_t length)
{
    return (uint16_t)~fold(add_bytes(0, data, length));
}

uint16_t in_cksum_pseudo(const uint8_t *src, const uint8_t *dst, size_t addr_size, uint8_t protocol,
                         const uint8_t *segment, size_t length)
{
    uint32_t sum = add_bytes(0, src, addr_size);
    sum = add_bytes(sum, dst, addr_size);
    sum += protocol;
    sum += (uint32_t)(length >> 16) + (uint32_t)(length & 0xffff);
    return (uint16_t)~fold(add_bytes(fold(sum), segment, length));
}

uint16_t in_cksum_update(uint16_t sum, uint16_t from, uint16_t to)
{
    return (uint16_t)~fold((uint32_t)(uint16_t)~sum + (uint16_t)~from + to);
}
