/* SPDX-License-Identifier: BSD-3-Clause
 *
 * ip_discard: the end of a packet that cannot go on.
 */
#include "stack/ip_path.h"

#include <assert.h>

void ip_discard(ip_stack_t *ips, const ill_t *ill, mblk_t *mp, const char *why)
{
    assert(mp != NULL && why != NULL);
    ips->ips_stats.in_discards++;
    ip_emit(ips, &(ip_event_t){.kind = IP_EV_DISCARD,
                               .mp = mp,
                               .ifname = ill != NULL ? ill->ill_name : NULL,
                               .reason = why});
    freemsg(mp);
}
