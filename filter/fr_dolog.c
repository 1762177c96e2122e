/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Logging: counting, and telling the probe. Solaris: fr_dolog() (fil.c) and ipflog().
 *
 * fr_check calls it before the reply stage, so a log shows the packet as it was sent and not the
 * reply that it is turned into.
 */
#include "filter/fr_impl.h"

void fr_dolog(fr_info_t *fin, uint32_t pass)
{
    filterstats_t *st = &fin->fin_ifs->ifs_frstats.f_st[fin->fin_out];

    if ((pass & FR_LOGMASK) == FR_LOGP)
        st->fr_ppkl++;
    else if ((pass & FR_LOGMASK) == FR_LOGB)
        st->fr_bpkl++;
    else
        return;
    ipf_event_t event = fr_event(fin, IPF_EV_LOG);
    event.block = FR_ISBLOCK(pass);
    fr_emit(fin, &event);
}
