/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/fr_verdict.h"

#include "filter/fr_impl.h"

void fr_verdict_set_time(ipf_stack_t *ifs, uint64_t now_us)
{
    ifs->ifs_now_us = now_us;
}

const char *fr_verdict(ipf_stack_t *ifs, const qpktinfo_t *qpi, bool out, mblk_t *m)
{
    static const char *const returns[] = {"", "block return-rst", "block return-icmp",
                                          "block return-icmp-as-dest"};
    fr_info_t fin = {.fin_ifs = ifs,
                     .fin_qpi = qpi,
                     .fin_m = m,
                     .fin_out = out,
                     .fin_flx = qpi->qpi_flags,
                     .fin_sums = true,
                     .fin_rule = -1};
    uint64_t bad = ifs->ifs_frstats.f_st[out].fr_bad;
    uint32_t pass = fr_judge(&fin);

    if (ifs->ifs_frstats.f_st[out].fr_bad != bad)
        return "bad-packet";
    if (FR_ISNOMATCH(pass) && (fin.fin_fr != NULL || !FR_ISBLOCK(pass)))
        return FR_ISPASS(pass) ? "nomatch" : "bad-packet"; /* a `nomatch` rule drops it */
    if ((pass & FR_RETMASK) != 0)
        return returns[(pass & FR_RETMASK) >> 12];
    switch (pass & FR_CMDMASK) {
    case FR_BLOCK:
        return "block";
    case FR_AUTH:
        return "auth";
    case FR_PREAUTH:
        return "preauth";
    case FR_ACCOUNT:
        return "account";
    default:
        return "pass";
    }
}
