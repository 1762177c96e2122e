/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as a packet for the code that shows it and changes it: the notation, the comparison of
 * two packets, and the fields that a hook reads and assigns.
 */
#include "sim/packet/packet_diff.h"
#include "sim/packet/packet_fields.h"
#include "sim/packet/packet_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const uint8_t *bytes, size_t size)
{
    struct packet_base base = {0};
    char text[64], whole[4096];
    int length = packet_text(bytes, size, &base, 0, whole, sizeof(whole));
    if (length < 0 || packet_text(bytes, size, &base, 0, text, sizeof(text)) != length ||
        strncmp(text, whole, sizeof(text) - 1) != 0)
        abort();
}

static void compare(const uint8_t *bytes, size_t size)
{
    struct packet_change changes[PACKET_CHANGES_MAX];
    struct packet_base base = {0};
    uint8_t *other = malloc(size + 1);
    if (other == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        other[i] = (uint8_t)~bytes[i];
    packet_diff(bytes, other, size, &base, &base, changes);
    memcpy(other, bytes, size);
    size_t count = packet_diff(bytes, other, size, &base, &base, changes);
    for (size_t i = 0; i < count; i++) {
        if (changes[i].changed)
            abort();
    }
    free(other);
}

/* Reads each field and assigns what was read: a packet whose checksums are right stays as it is. */
static void assign(const uint8_t *bytes, size_t size)
{
    mblk_t *mp = allocb(size);
    if (mp == NULL)
        abort();
    memcpy(mp->b_wptr, bytes, size);
    mp->b_wptr += size;
    for (size_t i = 0; packet_field_names[i] != NULL; i++) {
        struct packet_value value;
        char error[200];
        if (!packet_field_get(mp->b_rptr, msgdsize(mp), packet_field_names[i], &value))
            continue;
        mblk_t *changed = packet_field_set(mp, packet_field_names[i], &value, error, sizeof(error));
        if (changed != NULL)
            mp = changed;
    }
    freemsg(mp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    show(data, size);
    compare(data, size);
    assign(data, size);
    if (mblk_in_use() != 0)
        abort();
    return 0;
}
