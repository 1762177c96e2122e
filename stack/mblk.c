/* SPDX-License-Identifier: BSD-3-Clause */
#include "stack/hook.h"

#include <stdlib.h>
#include <string.h>

static size_t in_use;

mblk_t *allocb(size_t size)
{
    mblk_t *mp = calloc(1, sizeof(*mp) + size);
    if (mp == NULL)
        return NULL;
    mp->b_base = (uint8_t *)(mp + 1);
    mp->b_lim = mp->b_base + size;
    mp->b_rptr = mp->b_wptr = mp->b_base;
    in_use++;
    return mp;
}

mblk_t *copymsg(const mblk_t *mp)
{
    size_t size = msgdsize(mp);
    mblk_t *copy = allocb(size);
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
    in_use--;
    free(mp);
}

size_t msgdsize(const mblk_t *mp)
{
    return (size_t)(mp->b_wptr - mp->b_rptr);
}

size_t mblk_in_use(void)
{
    return in_use;
}
