/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Logging: which packets are logged, and their counters. Solaris: fr_dolog() (fil.c).
 *
 * fr_check calls it before the reply stage, so a log shows the packet as it was sent and not the
 * reply that it is turned into.
 */
#include "filter/fr_impl.h"

/* Keeps the packet and reports it to the probe; counts a packet that cannot be kept. */
static bool log_packet(fr_info_t *fin, uint32_t flags)
{
    bool logged = ipflog(fin, flags);
    if (!logged)
        fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_skip++;
    ipf_event_t event = fr_event(fin, IPF_EV_LOG);
    event.block = FR_ISBLOCK(flags);
    event.reason = logged ? NULL : "the log is full: not logged";
    fr_emit(fin, &event);
    return logged;
}

uint32_t fr_logrule(fr_info_t *fin, uint32_t pass)
{
    const frentry_t *fr = fin->fin_fr;
    fin->fin_ifs->ifs_frstats.f_st[fin->fin_out].fr_pkl++;
    if (!log_packet(fin, fr->fr_flags) && (fr->fr_flags & FR_LOGORBLOCK) != 0)
        return FR_BLOCK | FR_QUICK;
    return pass;
}

uint32_t fr_dolog(fr_info_t *fin, uint32_t pass)
{
    filterstats_t *st = &fin->fin_ifs->ifs_frstats.f_st[fin->fin_out];
    uint32_t wanted = fin->fin_ifs->ifs_fr_flags;

    /* Of a packet that could not be parsed there is nothing to log. */
    if (fin->fin_plen == 0)
        return pass;
    if (FR_ISNOMATCH(pass)) {
        if ((wanted & FF_LOGNOMATCH) == 0)
            return pass;
        st->fr_npkl++;
    } else if ((pass & FR_LOGMASK) == FR_LOGP || (FR_ISPASS(pass) && (wanted & FF_LOGPASS) != 0)) {
        st->fr_ppkl++;
    } else if ((pass & FR_LOGMASK) == FR_LOGB || (FR_ISBLOCK(pass) && (wanted & FF_LOGBLOCK))) {
        st->fr_bpkl++;
    } else {
        return pass;
    }
    if (!log_packet(fin, pass) && (pass & FR_LOGORBLOCK) != 0 && FR_ISPASS(pass))
        return (pass & ~FR_CMDMASK) | FR_BLOCK;
    return pass;
}
