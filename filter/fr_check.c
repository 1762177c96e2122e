/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A packet's way through the filter. Solaris: fr_check() (inet/ipf/fil.c), in its order: parse,
 * accounting, fragments, state, rules, log, reply, counters.
 *
 * The reply stage is where the 2009 fix (CR 6747420) sits. */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"

#include <assert.h>
#include <errno.h>

#define TTL_AT 8 /* in an IPv4 header */

/* return-icmp(port-unr) */
#define ICMP_UNREACH_PORT 3

static void tell_verdict(const fr_info_t *fin, ipf_event_kind_t kind, uint32_t pass,
                         const char *reason)
{
    if (fin->fin_ifs->ifs_probe == NULL)
        return;
    ipf_event_t event = fr_event_by(fin, kind, &fin->fin_decider);
    event.block = !FR_ISPASS(pass);
    event.reason = reason;
    fr_emit(fin, &event);
}

/* `keep state` of a rule that is not quick; a quick rule has done it in the walk. A packet for
 * which no state can be kept does not pass. A packet that waits for `auth` is gone already. */
static uint32_t keep_state(fr_info_t *fin, uint32_t pass)
{
    if ((pass & FR_KEEPSTATE) == 0 || (fin->fin_flx & FI_STATE) != 0 || fin->fin_kept ||
        fr_addstate(fin, pass) || !FR_ISPASS(pass))
        return pass;
    return (pass & ~FR_CMDMASK) | FR_BLOCK;
}

/* Whether the fragment or the state table knows the packet. */
static bool is_known(fr_info_t *fin, ipf_event_kind_t *kind, uint32_t *pass)
{
    *kind = IPF_EV_FRAG;
    if ((fin->fin_flx & FI_FRAG) != 0 && fr_knownfrag(fin, pass))
        return true;
    *kind = IPF_EV_STATE;
    return fr_checkstate(fin, pass);
}

/* Fragments, states, rules: the first that knows the packet decides. A `nomatch` rule that kept the
 * packet has decided nothing; its verdict counts only if there are no rules at all. */
static uint32_t decide(fr_info_t *fin, ipf_event_kind_t *kind)
{
    uint32_t pass = fin->fin_ifs->ifs_fr_pass;
    if (is_known(fin, kind, &pass) && !FR_ISNOMATCH(pass)) {
        fin->fin_decider = (fr_decider_t){fin->fin_fr, fin->fin_rule};
        return pass;
    }
    fin->fin_fr = NULL;
    fin->fin_decider = (fr_decider_t){NULL, -1};
    pass = fr_firewall(fin, pass);
    *kind = fin->fin_decider.rule == NULL ? IPF_EV_NOMATCH : IPF_EV_RULE;
    return pass;
}

uint32_t fr_judge(fr_info_t *fin)
{
    assert(fin->fin_ifs != NULL && fin->fin_qpi != NULL && fin->fin_m != NULL &&
           fin->fin_rule == -1);
    filterstats_t *st = &fin->fin_ifs->ifs_frstats.f_st[fin->fin_out];
    ipf_event_kind_t kind;

    if (fr_makefrip(fin) != 0) {
        st->fr_bad++;
        tell_verdict(fin, IPF_EV_NOMATCH, FR_BLOCK, "no IP header that could be judged");
        fin->fin_plen = 0; /* for fr_dolog() */
        return FR_BLOCK;
    }
    if ((fin->fin_flx & FI_SHORT) != 0)
        st->fr_short++;
    if (fin->fin_v == 6)
        st->fr_ipv6++;
    if (!fin->fin_out)
        fr_acctpkt(fin);
    uint32_t pass = keep_state(fin, decide(fin, &kind));
    if (fin->fin_out && FR_ISPASS(pass))
        fr_acctpkt(fin);
    tell_verdict(fin, kind, pass, NULL);
    return pass;
}

/* The fix: the packet itself becomes the reply, which goes on up the stack in its place.
 * fr_ret is counted for the direction of the *packet*, so ipfstat shows these RSTs as "ICMP
 * replies", as it did. */
static void reply_rewrite(fr_info_t *fin, uint32_t pass, mblk_t **mp)
{
    filterstats_t *st = &fin->fin_ifs->ifs_frstats.f_st[fin->fin_out];
    int made = (pass & FR_RETICMP) != 0 ? fr_make_icmp(fin, mp) : fr_make_rst(fin);

    if (made == 0) {
        st->fr_ret++;
    } else {
        freemsg(*mp);
        *mp = NULL;
    }
    st->fr_block++;
}

/* A reply of its own. An ICMP error is counted whether or not it was sent. */
static void reply_send(fr_info_t *fin, uint32_t pass)
{
    friostat_t *stats = &fin->fin_ifs->ifs_frstats;
    if ((pass & FR_RETICMP) != 0) {
        fr_send_icmp_err(fin, (pass & FR_RETMASK) == FR_FAKEICMP);
        stats->f_st[fin->fin_out].fr_ret++;
    } else if (fr_send_reset(fin) == 0) {
        stats->f_st[1].fr_ret++;
    }
}

/* The way not taken: the verdict itself is the reply to a caller that is still sending the packet.
 * Only a verdict that means "refused" is a reply. */
static void reply_errno(fr_info_t *fin, uint32_t pass)
{
    if ((pass & FR_RETICMP) == 0 || fin->fin_icode == ICMP_UNREACH_PORT)
        fin->fin_error = ECONNREFUSED;
}

/* Why a packet whose rule has a return is not answered; NULL if it is. */
static const char *no_reply(const fr_info_t *fin, uint32_t pass)
{
    const ipf_build_t *build = fin->fin_ifs->ifs_build;
    if (fin->fin_out && !build->ifb_out_is_answered)
        return "outbound packets are dropped, not answered";
    if ((fin->fin_flx & FI_OOW) != 0 && !build->ifb_oow_is_answered)
        return "it is outside of its window: dropped, not answered";
    if ((pass & FR_RETICMP) == 0 && (fin->fin_flx & FI_SHORT) != 0)
        return "the packet is short: it is dropped, not answered";
    return NULL;
}

/* The reply stage.
 * => Returns whether the packet is done with: it became its own reply, or it is gone. */
static bool reply(fr_info_t *fin, uint32_t pass, mblk_t **mp)
{
    const char *reason = no_reply(fin, pass);
    bool loopback = IPF_IS_LOOPBACK(fin->fin_qpi->qpi_flags) && FR_ISBLOCK(pass);
    ipf_reply_mode_t mode = loopback ? fin->fin_ifs->ifs_reply_mode : IPF_REPLY_INJECT;

    if (fin->fin_out && (pass & FR_RETRST) != 0)
        fin->fin_error = ECONNRESET;
    if (reason != NULL) {
        fr_refuse(fin, "fr_check", reason);
        return false;
    }
    if (mode == IPF_REPLY_REWRITE) {
        reply_rewrite(fin, pass, mp);
        return true;
    }
    if (mode == IPF_REPLY_ERRNO)
        reply_errno(fin, pass);
    else
        reply_send(fin, pass);
    return false;
}

/* Whether nothing is asked about the packets of a direction, and nobody looks: they pass. */
static bool is_idle(const ipf_stack_t *ifs, bool out)
{
    return ifs->ifs_rules.frs_list[out].frl_head == NULL &&
           ifs->ifs_rules.frs_acct[out].frl_head == NULL && ifs->ifs_states.is_count == 0 &&
           ifs->ifs_fr_flags == 0 && ifs->ifs_fr_pass == (FR_PASS | FR_NOMATCH) &&
           ifs->ifs_probe == NULL;
}

/* Whether there is nothing about the packet itself that would be counted. */
static bool is_plain(const ipf_stack_t *ifs, bool out, const mblk_t *mp)
{
    return fr_is_usual(mp->b_rptr, msgdsize(mp)) &&
           (out || mp->b_rptr[TTL_AT] >= ifs->ifs_tunables.minttl);
}

/* fr_check() of a packet that something is asked about. Kept apart, since the others need no room
 * for what is known of a packet. */
__attribute__((noinline)) static int fr_check_asked(ipf_stack_t *ifs, const qpktinfo_t *qpi,
                                                    bool out, mblk_t **mp)
{
    filterstats_t *st = &ifs->ifs_frstats.f_st[out];
    fr_info_t fin = {.fin_ifs = ifs,
                     .fin_qpi = qpi,
                     .fin_m = *mp,
                     .fin_out = out,
                     .fin_host = true,
                     .fin_flx =
                         qpi->qpi_flags & (FI_NOCKSUM | FI_MBCAST | FI_MULTICAST | FI_BROADCAST),
                     .fin_rule = -1,
                     .fin_error = ENETUNREACH};

    uint32_t pass = fr_judge(&fin);
    pass = fr_dolog(&fin, pass);
    if ((pass & FR_RETMASK) != 0 && reply(&fin, pass, mp))
        return 0;

    bool gone = fr_route(&fin, pass, mp);
    if (FR_ISPASS(pass)) {
        st->fr_pass++;
        return 0;
    }
    st->fr_block++;
    if (!gone)
        freemsg(*mp);
    *mp = NULL;
    return fin.fin_error;
}

int fr_check(ipf_stack_t *ifs, const qpktinfo_t *qpi, bool out, mblk_t **mp)
{
    if (!is_idle(ifs, out) || !is_plain(ifs, out, *mp))
        return fr_check_asked(ifs, qpi, out, mp);
    ifs->ifs_frstats.f_st[out].fr_nom++;
    ifs->ifs_frstats.f_st[out].fr_pass++;
    return 0;
}
