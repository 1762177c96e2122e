/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reports to the probe. No counterpart in Solaris, where DTrace looks at fr_check from outside.
 */
#include "filter/fr_impl.h"

#include <assert.h>

static const char *group_of(const frentry_t *fr)
{
    if (fr == NULL)
        return "-1";
    return fr->fr_group[0] != '\0' ? fr->fr_group : "0";
}

ipf_event_t fr_event_by(const fr_info_t *fin, ipf_event_kind_t kind, const fr_decider_t *by)
{
    assert(by->rule == NULL || by->index >= 0);
    return (ipf_event_t){.kind = kind,
                         .packet_number = fin->fin_m->b_packet,
                         .out = fin->fin_out,
                         .ifname = fin->fin_qpi->qpi_ifname,
                         .rule = by->rule,
                         .group = group_of(by->rule),
                         .number = by->rule != NULL ? by->index + 1 : -1,
                         .block = true,
                         .packet = fin->fin_m->b_rptr,
                         .length = msgdsize(fin->fin_m)};
}

ipf_event_t fr_event(const fr_info_t *fin, ipf_event_kind_t kind)
{
    return fr_event_by(fin, kind, &(fr_decider_t){fin->fin_fr, fin->fin_rule});
}

void fr_emit(const fr_info_t *fin, const ipf_event_t *event)
{
    if (fin->fin_ifs->ifs_probe != NULL)
        fin->fin_ifs->ifs_probe(fin->fin_ifs->ifs_probe_arg, event);
}
