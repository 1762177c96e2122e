/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/packet_copy.h"

#include "sim/base/must.h"
#include "sim/packet/packet_text.h"

#include <assert.h>
#include <string.h>

packet_copy_t *packet_copy_make(memory_t *memory, const uint8_t *bytes, size_t length)
{
    assert(bytes != NULL || length == 0);
    packet_copy_t *copy = must_have(memory_alloc(memory, sizeof(*copy) + length));
    *copy = (packet_copy_t){.memory = memory, .holders = 1, .length = length};
    memcpy(copy->bytes, bytes, length);
    return copy;
}

packet_copy_t *packet_copy_hold(packet_copy_t *copy)
{
    assert(copy == NULL || copy->holders > 0);
    if (copy != NULL)
        copy->holders++;
    return copy;
}

void packet_copy_let_go(packet_copy_t *copy)
{
    assert(copy == NULL || copy->holders > 0);
    if (copy != NULL && --copy->holders == 0)
        memory_free(copy->memory, copy);
}

bool packet_copy_is(const packet_copy_t *copy, const uint8_t *bytes, size_t length)
{
    return copy != NULL && copy->length == length && memcmp(copy->bytes, bytes, length) == 0;
}

bool packet_copy_parse(const packet_copy_t *copy, struct packet *packet)
{
    return copy != NULL && packet_parse(copy->bytes, copy->length, packet);
}

void packet_copy_text(const packet_copy_t *copy, unsigned what, char *text, size_t size)
{
    static const struct packet_base none;
    packet_text(copy != NULL ? copy->bytes : NULL, copy != NULL ? copy->length : 0,
                copy != NULL ? &copy->base : &none, what, text, size);
}
