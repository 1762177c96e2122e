/* SPDX-License-Identifier: BSD-3-Clause
 *
 * TCP in the state table: sequence numbers against windows. Solaris: fr_tcpinwindow(),
 * fr_tcp_age() and fr_tcpoptions() (ip_state.c).
 */
#include "filter/fr_impl.h"

#include <netinet/tcp.h>

#define MAXACKWINDOW 66000

/* Seconds: fr_tcpclosed, fr_tcptimeout, fr_tcphalfclosed, fr_tcplastack, fr_tcpidletimeout. */
#define TTL_CLOSED      30
#define TTL_OPENING     60
#define TTL_HALF_CLOSED 7200
#define TTL_LAST_ACK    30
#define TTL_ESTABLISHED 432000

#define TCPOPT_KIND_EOL    0
#define TCPOPT_KIND_NOP    1
#define TCPOPT_KIND_WSCALE 3

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
    uint32_t data = fin->fin_plen - fin->fin_hlen - (tcp[12] >> 4) * 4u;
    segment_t seg = {
        .seq = get32(tcp + 4), .ack = get32(tcp + 8), .win = get16(tcp + 14), .flags = flags};
    seg.end = seg.seq + data + ((flags & TH_SYN) != 0) + ((flags & TH_FIN) != 0);
    return seg;
}

/* The window scale that a SYN offers; 0 if none. */
static uint32_t window_scale(const fr_info_t *fin)
{
    const uint8_t *tcp = tcp_header(fin);
    size_t size = (tcp[12] >> 4) * 4u;
    for (size_t i = 20; i < size && tcp[i] != TCPOPT_KIND_EOL;) {
        size_t length = tcp[i] == TCPOPT_KIND_NOP ? 1 : (i + 1 < size ? tcp[i + 1] : 0);
        if (length == 0 || length > size - i)
            return 0;
        if (tcp[i] == TCPOPT_KIND_WSCALE && length == 3)
            return tcp[i + 2] < 14 ? tcp[i + 2] : 14;
        i += length;
    }
    return 0;
}

void fr_tcpbegin(const fr_info_t *fin, tcpinfo_t *ts)
{
    segment_t seg = read_segment(fin);
    tcpdata_t *from = &ts->ts_data[0], *to = &ts->ts_data[1];
    ts->ts_fsm = (seg.flags & (TH_SYN | TH_ACK | TH_RST)) == TH_SYN;
    from->td_end = from->td_maxend = seg.end;
    from->td_maxwin = seg.win > 0 ? seg.win : 1;
    from->td_winscale = (seg.flags & TH_SYN) != 0 ? window_scale(fin) : 0;
    to->td_maxwin = 1;
    if (!ts->ts_fsm) {
        /* It was under way before: what the other side may send is what is acknowledged here. */
        to->td_end = seg.ack;
        to->td_maxend = seg.ack + seg.win;
        from->td_maxend = seg.end + MAXACKWINDOW;
    }
}

static bool seq_ge(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) >= 0;
}

/* What the other side has sent is acknowledged by a segment without an ACK, too, and by the RST|ACK
 * of stacks that leave the number out. */
static uint32_t ack_of(const segment_t *seg, const tcpdata_t *to)
{
    bool ack = (seg->flags & TH_ACK) != 0;
    return !ack || ((seg->flags & TH_RST) != 0 && seg->ack == 0) ? to->td_end : seg->ack;
}

static bool in_window(const segment_t *seg, uint32_t ack, const tcpdata_t *from,
                      const tcpdata_t *to)
{
    int64_t skew = (int32_t)(to->td_end - ack);
    return seq_ge(from->td_maxend, seg->end) && seq_ge(seg->seq, from->td_end - to->td_maxwin) &&
           -skew <= MAXACKWINDOW && skew <= (int64_t)MAXACKWINDOW << from->td_winscale;
}

static void move_windows(const segment_t *seg, uint32_t ack, tcpdata_t *from, tcpdata_t *to)
{
    if (!seq_ge(to->td_end, ack))
        to->td_end = ack;
    if (from->td_maxwin < seg->win)
        from->td_maxwin = seg->win;
    if (!seq_ge(from->td_end, seg->end))
        from->td_end = seg->end;
    if (seq_ge(ack + seg->win, to->td_maxend))
        to->td_maxend = ack + seg->win;
    from->td_fin = from->td_fin || (seg->flags & TH_FIN) != 0;
    from->td_acked = from->td_acked || (seg->flags & TH_ACK) != 0;
}

bool fr_tcpinwindow(const fr_info_t *fin, const frentry_t *rule, tcpinfo_t *ts, bool rev)
{
    segment_t seg = read_segment(fin);
    tcpdata_t *from = &ts->ts_data[rev], *to = &ts->ts_data[!rev];
    bool syn = (seg.flags & TH_SYN) != 0;

    if (syn && rev && from->td_winscale == 0)
        from->td_winscale = window_scale(fin);
    if (!syn)
        seg.win <<= from->td_winscale;
    if (from->td_end == 0 &&
        (!ts->ts_fsm || (seg.flags & (TH_SYN | TH_ACK)) == (TH_SYN | TH_ACK))) {
        /* The SYN|ACK that answers the SYN. */
        from->td_end = seg.end - 1;
        from->td_maxwin = 1;
        from->td_maxend = seg.end + seg.win;
    }
    if ((rule->fr_flags & FR_STSTRICT) != 0 && seg.seq != from->td_end && !syn)
        return false;
    uint32_t ack = ack_of(&seg, to);
    if ((rule->fr_flags & FR_STLOOSE) == 0 && !in_window(&seg, ack, from, to))
        return false;
    move_windows(&seg, ack, from, to);
    ts->ts_reset = ts->ts_reset || (seg.flags & TH_RST) != 0;
    return true;
}

uint32_t fr_tcpttl(const tcpinfo_t *ts)
{
    const tcpdata_t *a = &ts->ts_data[0], *b = &ts->ts_data[1];
    if (ts->ts_reset)
        return TTL_CLOSED;
    if (a->td_fin && b->td_fin)
        return TTL_LAST_ACK;
    if (a->td_fin || b->td_fin)
        return TTL_HALF_CLOSED;
    return a->td_acked && b->td_acked ? TTL_ESTABLISHED : TTL_OPENING;
}
