/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP in the state table: compares sequence numbers with windows. Solaris: fr_tcpinwindow(),
 * fr_tcpstate() and fr_tcpoptions() (ip_state.c). */
#include "filter/fr_impl.h"

#include <assert.h>
#include <netinet/tcp.h>

#define MAXACKWINDOW 66000
#define TH_OPENING   (TH_SYN | TH_ACK)
#define TH_ECN       0xc0
#define TCP_HLEN_MIN 20u

#define KIND_EOL    0
#define KIND_NOP    1
#define KIND_MSS    2
#define KIND_WSCALE 3
#define KIND_SACK   4
#define WSCALE_MAX  14

typedef struct segment {
    uint32_t seq, end, ack, win;
    uint8_t flags;
} segment_t;

static const uint8_t *tcp_header(const fr_info_t *fin)
{
    return fin->fin_m->b_rptr + fin->fin_hlen;
}

static segment_t read_segment(const fr_info_t *fin)
{
    const uint8_t *tcp = tcp_header(fin);
    uint8_t flags = fin->fin_tcpf;
    uint32_t data = (uint32_t)fin->fin_dlen - (tcp[12] >> 4) * 4u;
    segment_t seg = {
        .seq = get32(tcp + 4), .ack = get32(tcp + 8), .win = get16(tcp + 14), .flags = flags};
    seg.end = seg.seq + data + ((flags & TH_SYN) != 0) + ((flags & TH_FIN) != 0);
    return seg;
}

/* ---- the options of a SYN ---- */

static bool read_option(const uint8_t *option, size_t length, tcpdata_t *td)
{
    switch (option[0]) {
    case KIND_WSCALE:
        if (length != 3)
            return false;
        td->td_winscale = option[2] >= 0x80 ? 0 : option[2] < WSCALE_MAX ? option[2] : WSCALE_MAX;
        td->td_scale_seen = td->td_scale_first = true;
        return true;
    case KIND_MSS:
        return length == 4;
    case KIND_SACK:
        if (length != 2)
            return false;
        td->td_sack = true;
        return true;
    default:
        return true;
    }
}

/* => Returns whether each examined option has its proper length. */
static bool fr_tcpoptions(const fr_info_t *fin, tcpdata_t *td)
{
    const uint8_t *tcp = tcp_header(fin);
    size_t size = (tcp[12] >> 4) * 4u;
    bool good = true;
    if (fin->fin_dlen < (int32_t)size)
        return true;
    if (fin->fin_hlen + size > msgdsize(fin->fin_m))
        size = msgdsize(fin->fin_m) - fin->fin_hlen;
    for (size_t i = TCP_HLEN_MIN; i < size && tcp[i] != KIND_EOL;) {
        size_t length = tcp[i] == KIND_NOP ? 1 : (i + 1 < size ? tcp[i + 1] : 0);
        if (tcp[i] != KIND_NOP) {
            if (length < 2 || length > size - i)
                break;
            good = read_option(tcp + i, length, td) && good;
        }
        i += length;
    }
    return good;
}

static void read_options(fr_info_t *fin, tcpdata_t *td)
{
    if (!fr_tcpoptions(fin, td))
        fin->fin_flx |= FI_BAD;
}

/* ---- the window ---- */

void fr_tcpbegin(fr_info_t *fin, tcpinfo_t *ts)
{
    segment_t seg = read_segment(fin);
    tcpdata_t *from = &ts->ts_data[0], *to = &ts->ts_data[1];
    ts->ts_fsm = (seg.flags & TH_OPENING) == TH_SYN;
    from->td_end = from->td_maxend = seg.end;
    from->td_maxwin = seg.win > 0 ? seg.win : 1;
    to->td_maxwin = 1;
    if ((seg.flags & ~(TH_FIN | TH_ACK | TH_ECN)) == TH_SYN)
        read_options(fin, from);
    if (!ts->ts_fsm) {
        /* It was found in progress: what this segment acknowledges is what the other side has sent.
         */
        to->td_end = to->td_maxend = seg.ack;
        to->td_maxwin = from->td_maxwin * 4;
    }
    fr_tcp_age(fin, ts);
}

static bool seq_ge(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) >= 0;
}

/* For two numbers that are half of all numbers apart, neither seq_ge() nor seq_gt() holds. */
static bool seq_gt(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}

/* A segment without an ACK counts as acknowledging what the other side has sent; so does the
 * RST|ACK of stacks that leave out the number. */
static uint32_t ack_of(const segment_t *seg, const tcpdata_t *to)
{
    bool ack = (seg->flags & TH_ACK) != 0;
    return !ack || ((seg->flags & TH_RST) != 0 && seg->ack == 0) ? to->td_end : seg->ack;
}

/* Of a connection that was found in progress too little is known for an exact check. */
static bool near_window(const segment_t *seg, int32_t skew, const tcpdata_t *from,
                        const tcpdata_t *to)
{
    if (from->td_scale_seen)
        return false;
    return (seg->seq == from->td_maxend && skew == 0) ||
           seq_ge(seg->seq + to->td_maxwin, from->td_end - to->td_maxwin);
}

/* Whether an ACK is near what has been sent. In 32 bits -2^31 is its own negative, so an ACK that
 * is half of all numbers away is near, too. */
static bool near_ack(int32_t skew, const tcpdata_t *from)
{
    bool half = skew == INT32_MIN;
    return half || (-skew <= MAXACKWINDOW && skew <= (int64_t)MAXACKWINDOW << from->td_winscale);
}

static bool in_window(const segment_t *seg, uint32_t ack, const tcpinfo_t *ts, bool rev)
{
    const tcpdata_t *from = &ts->ts_data[rev], *to = &ts->ts_data[!rev];
    int32_t skew = (int32_t)(to->td_end - ack);
    assert(from->td_maxwin > 0 && to->td_maxwin > 0 && from->td_winscale <= 14);
    if (seq_ge(from->td_maxend, seg->end) && seq_ge(seg->seq, from->td_end - to->td_maxwin) &&
        near_ack(skew, from))
        return true;
    /* A segment after a gap, with SACK; or a RST of which only the ACK fits. */
    if (seg->seq == from->td_maxend && skew == 0 && from->td_sack && to->td_sack)
        return true;
    if (seg->seq == 0 && seg->flags == (TH_RST | TH_ACK) && skew >= -1 && skew <= 1)
        return true;
    return !ts->ts_fsm && near_window(seg, skew, from, to);
}

static void move_windows(const segment_t *seg, uint32_t ack, tcpdata_t *from, tcpdata_t *to)
{
    if (!seq_ge(to->td_end, ack))
        to->td_end = ack;
    if (from->td_maxwin < seg->win)
        from->td_maxwin = seg->win;
    if (seq_gt(seg->end, from->td_end))
        from->td_end = seg->end;
    if (seq_ge(ack + seg->win, to->td_maxend))
        to->td_maxend = ack + seg->win;
}

/* A window is scaled, except in a SYN. 0 would be useless here. */
static void scale_window(segment_t *seg, tcpdata_t *from)
{
    bool syn = (seg->flags & TH_SYN) != 0;
    if (!syn)
        seg->win <<= from->td_winscale;
    if (seg->win == 0)
        seg->win = 1;
    if (!syn && from->td_scale_first) {
        from->td_scale_first = false;
        from->td_maxwin = seg->win;
    }
}

static bool fr_tcpinwindow(const fr_info_t *fin, tcpinfo_t *ts)
{
    segment_t seg = read_segment(fin);
    tcpdata_t *from = &ts->ts_data[fin->fin_rev], *to = &ts->ts_data[!fin->fin_rev];

    scale_window(&seg, from);
    if (from->td_end == 0 && (!ts->ts_fsm || (seg.flags & TH_OPENING) == TH_OPENING)) {
        /* The SYN|ACK that answers the SYN. */
        from->td_end = seg.end - 1;
        from->td_maxwin = 1;
        from->td_maxend = seg.end + seg.win;
    }
    uint32_t ack = ack_of(&seg, to);
    if (ts->ts_strict && seg.seq != from->td_end)
        return false;
    if (!in_window(&seg, ack, ts, fin->fin_rev))
        return false;
    move_windows(&seg, ack, from, to);
    return true;
}

tcp_fit_t fr_tcpstate(fr_info_t *fin, tcpinfo_t *ts)
{
    if (!ts->ts_loose && !fr_tcpinwindow(fin, ts))
        return TCP_OUT_OF_WINDOW;
    tcp_fit_t fit = fr_tcp_age(fin, ts);
    uint8_t flags = fin->fin_tcpf & (uint8_t) ~(TH_FIN | TH_ECN);
    if (fit != TCP_NO_TRANSITION && (flags == TH_SYN || flags == TH_OPENING))
        read_options(fin, &ts->ts_data[fin->fin_rev]);
    return fit;
}
