/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/hook.h"

#include <assert.h>
#include <string.h>

mblk_t *allocb_unset(memory_t *memory, size_t size)
{
    mblk_t *mp = memory_alloc(memory, sizeof(*mp) + size);
    if (mp == NULL)
        return NULL;
    mp->b_packet = 0;
    mp->b_base = (uint8_t *)(mp + 1);
    mp->b_lim = mp->b_base + size;
    mp->b_rptr = mp->b_wptr = mp->b_base;
    mp->b_memory = memory;
    memory->me_messages++;
    memory_hold(memory, MEMORY_PACKETS, MEMORY_PER_PACKET + size);
    return mp;
}

mblk_t *allocb_from(memory_t *memory, size_t size)
{
    mblk_t *mp = allocb_unset(memory, size);
    if (mp != NULL)
        memset(mp->b_base, 0, size);
    return mp;
}

mblk_t *allocb(size_t size)
{
    return allocb_from(memory_of_process(), size);
}

mblk_t *copymsg(const mblk_t *mp)
{
    size_t size = msgdsize(mp);
    mblk_t *copy = allocb_unset(mp->b_memory, size);
    if (copy == NULL)
        return NULL;
    memcpy(copy->b_wptr, mp->b_rptr, size);
    copy->b_wptr += size;
    copy->b_packet = mp->b_packet;
    return copy;
}

void freemsg(mblk_t *mp)
{
    if (mp == NULL)
        return;
    assert(mp->b_memory->me_messages > 0);
    mp->b_memory->me_messages--;
    memory_let_go(mp->b_memory, MEMORY_PACKETS,
                  MEMORY_PER_PACKET + (uint64_t)(mp->b_lim - mp->b_base));
    memory_free(mp->b_memory, mp);
}

size_t msgdsize(const mblk_t *mp)
{
    assert(mp->b_rptr <= mp->b_wptr);
    return (size_t)(mp->b_wptr - mp->b_rptr);
}

size_t mblk_in_use(void)
{
    return memory_of_process()->me_messages;
}
