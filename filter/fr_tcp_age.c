/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP in the state table: which flags a side may send, and its next state. Solaris: fr_tcp_age()
 * (ip_state.c). Each transition is decided by what a side has *sent*: the filter sees no more. */
#include "filter/fr_impl.h"

#include <assert.h>
#include <netinet/tcp.h>

#define TH_OPENING (TH_SYN | TH_ACK)
#define TH_ACKMASK (TH_FIN | TH_SYN | TH_RST | TH_ACK)
#define TH_ECN     0xc0

/* A transition: the next state, and whether the segment fits and refreshes. */
typedef struct step {
    tcp_side_t to;
    tcp_fit_t fit;
} step_t;

static step_t fits(tcp_side_t to)
{
    return (step_t){to, TCP_FITS};
}

static step_t fits_not(tcp_side_t from)
{
    return (step_t){from, TCP_NO_TRANSITION};
}

static step_t stays(tcp_side_t from)
{
    return (step_t){from, TCP_FITS_NO_REFRESH};
}

/* A connection that was found in progress: an ACK counts as a sign of life. */
static step_t from_listen(uint8_t flags, tcp_side_t other, bool fsm)
{
    if (!fsm && (flags & TH_ACKMASK) == TH_ACK) {
        if (other == TCPS_LISTEN || other == TCPS_SYN_RECEIVED)
            return fits(TCPS_HALF_ESTAB);
        if (other == TCPS_HALF_ESTAB || other == TCPS_ESTABLISHED)
            return fits(TCPS_ESTABLISHED);
    }
    if ((flags & TH_OPENING) == TH_OPENING)
        return fits(TCPS_SYN_RECEIVED);
    return (flags & TH_OPENING) == TH_SYN ? fits(TCPS_SYN_SENT) : fits_not(TCPS_LISTEN);
}

static step_t from_syn_sent(uint8_t flags)
{
    if ((flags & ~TH_ECN) == TH_SYN)
        return stays(TCPS_SYN_SENT); /* another SYN does not prolong the time for connecting */
    if ((flags & (TH_SYN | TH_FIN | TH_ACK)) == TH_ACK)
        return fits(TCPS_ESTABLISHED);
    if ((flags & TH_FIN) != 0)
        return fits(TCPS_FIN_WAIT_1);
    return (flags & TH_OPENING) == TH_OPENING ? fits(TCPS_SYN_RECEIVED) : fits_not(TCPS_SYN_SENT);
}

static step_t from_syn_received(uint8_t flags)
{
    if ((flags & (TH_SYN | TH_FIN | TH_ACK)) == TH_ACK)
        return fits(TCPS_ESTABLISHED);
    if ((flags & ~TH_ECN) == TH_OPENING)
        return stays(TCPS_SYN_RECEIVED);
    return (flags & TH_FIN) != 0 ? fits(TCPS_FIN_WAIT_1) : fits_not(TCPS_SYN_RECEIVED);
}

static step_t from_half_estab(uint8_t flags, tcp_side_t other)
{
    if ((flags & TH_FIN) != 0)
        return fits(TCPS_FIN_WAIT_1);
    if ((flags & TH_ACKMASK) != TH_ACK || other > TCPS_ESTABLISHED)
        return fits_not(TCPS_HALF_ESTAB);
    return fits(other < TCPS_HALF_ESTAB ? TCPS_HALF_ESTAB : TCPS_ESTABLISHED);
}

static step_t from_established(uint8_t flags, tcp_side_t other)
{
    if ((flags & TH_FIN) != 0)
        return fits(other == TCPS_FIN_WAIT_1 ? TCPS_CLOSING : TCPS_FIN_WAIT_1);
    if ((flags & TH_ACK) != 0 && other == TCPS_FIN_WAIT_1)
        return fits(TCPS_CLOSE_WAIT);
    return fits(TCPS_ESTABLISHED);
}

static step_t from_closing_states(uint8_t flags, tcp_side_t from, tcp_side_t other)
{
    switch (from) {
    case TCPS_CLOSE_WAIT:
        return fits((flags & TH_FIN) != 0 ? TCPS_LAST_ACK : TCPS_CLOSE_WAIT);
    case TCPS_FIN_WAIT_1:
        return fits((flags & TH_ACK) != 0 && other > TCPS_CLOSE_WAIT ? TCPS_LAST_ACK
                                                                     : TCPS_FIN_WAIT_1);
    case TCPS_CLOSING:
        return fits((flags & (TH_FIN | TH_ACK)) == TH_ACK ? TCPS_TIME_WAIT : TCPS_CLOSING);
    case TCPS_LAST_ACK:
        return (flags & TH_ACK) != 0 ? fits(TCPS_LAST_ACK) : fits_not(TCPS_LAST_ACK);
    case TCPS_TIME_WAIT:
        return other == TCPS_LAST_ACK ? fits(TCPS_CLOSED) : stays(TCPS_TIME_WAIT);
    default:
        assert(from == TCPS_CLOSED); /* nothing leads to FIN_WAIT_2 */
        return stays(TCPS_CLOSED);
    }
}

static step_t transition(uint8_t flags, tcp_side_t from, tcp_side_t other, bool fsm)
{
    switch (from) {
    case TCPS_LISTEN:
        return from_listen(flags, other, fsm);
    case TCPS_SYN_SENT:
        return from_syn_sent(flags);
    case TCPS_SYN_RECEIVED:
        return from_syn_received(flags);
    case TCPS_HALF_ESTAB:
        return from_half_estab(flags, other);
    case TCPS_ESTABLISHED:
        return from_established(flags, other);
    default:
        return from_closing_states(flags, from, other);
    }
}

tcp_fit_t fr_tcp_age(const fr_info_t *fin, tcpinfo_t *ts)
{
    tcpdata_t *from = &ts->ts_data[fin->fin_rev], *to = &ts->ts_data[!fin->fin_rev];
    int32_t header = (fin->fin_m->b_rptr[fin->fin_hlen + 12] >> 4) * 4;
    if ((fin->fin_tcpf & TH_RST) != 0) {
        bool bare = (fin->fin_tcpf & TH_PUSH) == 0 && fin->fin_dlen == header;
        from->td_state = bare ? TCPS_CLOSED : TCPS_CLOSE_WAIT;
        if (to->td_state <= TCPS_ESTABLISHED)
            to->td_state = TCPS_CLOSE_WAIT;
        return TCP_FITS;
    }
    step_t step = transition(fin->fin_tcpf, from->td_state, to->td_state, ts->ts_fsm);
    if (step.fit == TCP_FITS)
        from->td_state = step.to;
    return step.fit;
}

uint32_t fr_tcpttl(const fr_info_t *fin, const tcpinfo_t *ts, bool rev)
{
    const ipf_tunables_t *t = &fin->fin_ifs->ifs_tunables;
    switch (ts->ts_data[rev].td_state) {
    case TCPS_ESTABLISHED:
        return t->tcp_idle;
    case TCPS_CLOSE_WAIT:
        return t->tcp_close_wait;
    case TCPS_FIN_WAIT_1:
        return t->tcp_half_closed;
    case TCPS_LAST_ACK:
        return t->tcp_last_ack;
    case TCPS_CLOSED:
        return t->tcp_closed;
    default:
        return t->tcp_timeout;
    }
}

bool fr_tcpclosing(const tcpinfo_t *ts)
{
    return ts->ts_data[0].td_state > TCPS_ESTABLISHED && ts->ts_data[1].td_state > TCPS_ESTABLISHED;
}
