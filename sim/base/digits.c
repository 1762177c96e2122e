/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/digits.h"

#include <string.h>

size_t digits_unsigned(char *to, uint64_t number)
{
    char digits[DIGITS_MAX];
    size_t first = sizeof(digits);
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    memcpy(to, digits + first, sizeof(digits) - first);
    return sizeof(digits) - first;
}

size_t digits_signed(char *to, int64_t number)
{
    if (number >= 0)
        return digits_unsigned(to, (uint64_t)number);
    *to = '-';
    return 1 + digits_unsigned(to + 1, -(uint64_t)number);
}

size_t digits_hex(char *to, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < length; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 0x0f];
    }
    return 2 * length;
}

void digits_put(FILE *out, uint64_t number)
{
    char digits[DIGITS_MAX];
    fwrite(digits, 1, digits_unsigned(digits, number), out);
}
