/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What Linux looks at before a segment's data: tcp_validate_incoming(), tcp_ack()
 * (net/ipv4/tcp_input.c); before the handshake is over tcp_check_req(), and in TIME_WAIT
 * tcp_timewait_state_process() (net/ipv4/tcp_minisocks.c). Measured by script/kernel-check.
 *
 * A segment that is refused is answered with an ACK, but one without data at most every
 * tcp_invalid_ratelimit: so two ends that believe in different numbers do not answer each other for
 * ever. */
#include "stack/tcp_impl.h"

#define INVALID_RATELIMIT_US 500000

/* Why a segment is refused. */
typedef enum refusal {
    OLD_OR_BEYOND,
    RST_IN_WINDOW,
    A_SYN,
    ACK_TOO_OLD,
    ACK_UNSENT,
    IN_TIME_WAIT
} refusal_t;

static const char *const words[][2] = {
    [OLD_OR_BEYOND] = {"outside the window: ignored", "outside the window: answered with an ACK"},
    [RST_IN_WINDOW] = {"RST in the window, not at its edge: ignored",
                       "RST in the window, not at its edge: answered with an ACK"},
    [A_SYN] = {"a SYN: ignored", "a SYN: answered with an ACK"},
    [ACK_TOO_OLD] = {"it acknowledges what was never outstanding: ignored",
                     "it acknowledges what was never outstanding: answered with an ACK"},
    [ACK_UNSENT] = {"it acknowledges what was not sent: ignored",
                    "it acknowledges what was not sent: answered with an ACK"},
    [IN_TIME_WAIT] = {"ignored", "answered with an ACK"},
};

static uint32_t end_of(const tcp_seen_t *seen)
{
    return seen->ts_seq + (uint32_t)seen->ts_length + ((seen->ts_flags & TCP_SYN) != 0) +
           ((seen->ts_flags & TCP_FIN) != 0);
}

/* Whether there was an answer a short time ago: tcp_oow_rate_limited(). */
static bool is_limited(ip_stack_t *ips, const struct tcp_pcb *pcb)
{
    tcp_t *tcp = tcp_of_pcb(pcb);
    uint64_t now_us = vclock_now(ips->ips_clock);
    if (tcp == NULL)
        return false;
    uint64_t *last_us = &tcp->tcp_refused_us[pcb->state == TIME_WAIT];
    if (*last_us != NEVER && now_us - *last_us < INVALID_RATELIMIT_US)
        return true;
    *last_us = now_us;
    return false;
}

static const char *refuse(ip_stack_t *ips, const struct tcp_pcb *pcb, const tcp_seen_t *seen,
                          refusal_t why, bool *answers)
{
    bool has_data = end_of(seen) != seen->ts_seq && (seen->ts_flags & TCP_SYN) == 0;
    bool always = has_data && (why == OLD_OR_BEYOND || why == IN_TIME_WAIT);
    *answers = always || !is_limited(ips, pcb);
    return words[why][*answers];
}

/* tcp_sequence(): from the last number that was acknowledged to the end of the window that was
 * told.
 */
static bool is_outside(const struct tcp_pcb *pcb, const tcp_seen_t *seen)
{
    return TCP_SEQ_LT(end_of(seen), pcb->ts_lastacksent) ||
           TCP_SEQ_GT(seen->ts_seq, pcb->rcv_ann_right_edge);
}

bool tcp_is_reset_before_fin(const struct tcp_pcb *pcb, const tcp_seen_t *seen)
{
    bool has_fin = pcb->state == CLOSE_WAIT || pcb->state == LAST_ACK || pcb->state == CLOSING;
    return has_fin && seen->ts_seq == pcb->rcv_nxt - 1;
}

static const char *validate_rst(ip_stack_t *ips, const struct tcp_pcb *pcb, const tcp_seen_t *seen,
                                bool *answers)
{
    if (seen->ts_seq == pcb->rcv_nxt || tcp_is_reset_before_fin(pcb, seen))
        return NULL;
    if (is_outside(pcb, seen))
        return "RST outside the window: ignored";
    return refuse(ips, pcb, seen, RST_IN_WINDOW, answers);
}

/* An ACK may be older than what is acknowledged by as much as could have been in flight, and never
 * by more than was acknowledged at all (RFC 5961 section 5.2). */
static bool is_too_old(const struct tcp_pcb *pcb, uint32_t ack)
{
    const tcp_t *tcp = tcp_of_pcb(pcb);
    uint32_t most = pcb->snd_wnd_max;
    if (tcp != NULL && pcb->lastack - tcp->tcp_first_una < most)
        most = pcb->lastack - tcp->tcp_first_una;
    return TCP_SEQ_LT(ack, pcb->lastack - most);
}

const char *tcp_validate_incoming(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                  const tcp_seen_t *seen, bool *answers)
{
    *answers = false;
    if ((seen->ts_flags & (TCP_SYN | TCP_ACK | TCP_RST)) == 0)
        return "without ACK: ignored";
    if ((seen->ts_flags & TCP_RST) != 0)
        return validate_rst(ips, pcb, seen, answers);
    if ((seen->ts_flags & TCP_SYN) != 0)
        return refuse(ips, pcb, seen, A_SYN, answers);
    if (is_outside(pcb, seen))
        return refuse(ips, pcb, seen, OLD_OR_BEYOND, answers);
    if (TCP_SEQ_GT(seen->ts_ack, pcb->snd_nxt))
        return refuse(ips, pcb, seen, ACK_UNSENT, answers);
    if (is_too_old(pcb, seen->ts_ack))
        return refuse(ips, pcb, seen, ACK_TOO_OLD, answers);
    return NULL;
}

/* tcp_in_window(). */
static bool is_in(const tcp_seen_t *seen, uint32_t first, uint32_t end)
{
    if (seen->ts_seq == first || (TCP_SEQ_GT(end_of(seen), first) && TCP_SEQ_LT(seen->ts_seq, end)))
        return true;
    return seen->ts_seq == end && end_of(seen) == end;
}

/* A RST at the edge of the window ends it, whatever it acknowledges. */
static tcp_half_open_t rst_half_open(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                     const tcp_seen_t *seen)
{
    if (seen->ts_seq == pcb->rcv_nxt)
        return TCP_HALF_OPEN_ENDS;
    bool is_in_window = is_in(seen, pcb->rcv_nxt, pcb->rcv_ann_right_edge);
    return is_in_window && !is_limited(ips, pcb) ? TCP_HALF_OPEN_ACKS : TCP_HALF_OPEN_IGNORES;
}

/* tcp_check_req(). */
tcp_half_open_t tcp_validate_half_open(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                       const tcp_seen_t *seen)
{
    bool syn = (seen->ts_flags & TCP_SYN) != 0, ack = (seen->ts_flags & TCP_ACK) != 0;
    bool is_first = seen->ts_seq == pcb->rcv_nxt - 1, answers;
    if ((seen->ts_flags & TCP_RST) != 0)
        return rst_half_open(ips, pcb, seen);
    if (is_first && syn && !ack)
        return is_limited(ips, pcb) ? TCP_HALF_OPEN_IGNORES : TCP_HALF_OPEN_TAKES;
    if (ack && seen->ts_ack != pcb->snd_nxt)
        return TCP_HALF_OPEN_RESETS;
    if (!is_in(seen, pcb->rcv_nxt, pcb->rcv_ann_right_edge)) {
        refuse(ips, pcb, seen, OLD_OR_BEYOND, &answers);
        return answers ? TCP_HALF_OPEN_ACKS : TCP_HALF_OPEN_IGNORES;
    }
    if (syn && !is_first)
        return TCP_HALF_OPEN_ENDS_WITH_RST;
    return ack ? TCP_HALF_OPEN_TAKES : TCP_HALF_OPEN_IGNORES;
}

tcp_orphan_t tcp_validate_orphan(ip_stack_t *ips, const struct tcp_pcb *pcb, const tcp_seen_t *seen)
{
    uint32_t next = pcb->rcv_nxt, end = end_of(seen);
    if (!is_in(seen, next, pcb->rcv_ann_right_edge)) {
        bool answers;
        refuse(ips, pcb, seen, OLD_OR_BEYOND, &answers);
        return answers ? TCP_ORPHAN_ACKS : TCP_ORPHAN_IGNORES;
    }
    if ((seen->ts_flags & TCP_RST) != 0)
        return TCP_ORPHAN_ENDS;
    if ((seen->ts_flags & TCP_SYN) != 0 && TCP_SEQ_GEQ(seen->ts_seq, next))
        return TCP_ORPHAN_RESETS;
    if ((seen->ts_flags & TCP_ACK) == 0 || TCP_SEQ_LEQ(end, next) || end == seen->ts_seq)
        return TCP_ORPHAN_IGNORES;
    if ((seen->ts_flags & TCP_FIN) == 0 || end != next + 1)
        return TCP_ORPHAN_RESETS;
    return TCP_ORPHAN_TAKES;
}

bool tcp_has_data_for_nobody(const struct tcp_pcb *pcb, const tcp_seen_t *seen)
{
    bool is_over = pcb->state == CLOSE_WAIT || pcb->state == CLOSING || pcb->state == LAST_ACK;
    bool is_last = pcb->state != CLOSE_WAIT && is_over && seen->ts_ack == pcb->snd_nxt;
    uint32_t end = end_of(seen);
    if (is_over ? TCP_SEQ_GEQ(seen->ts_seq, pcb->rcv_nxt)
                : pcb->state != FIN_WAIT_1 && pcb->state != FIN_WAIT_2)
        return false;
    return !is_last && end != seen->ts_seq &&
           TCP_SEQ_GT(end - ((seen->ts_flags & TCP_FIN) != 0), pcb->rcv_nxt);
}

const char *tcp_validate_time_wait(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                   const tcp_seen_t *seen, bool *answers)
{
    *answers = false;
    if (seen->ts_seq == pcb->rcv_nxt && end_of(seen) == seen->ts_seq)
        return NULL;
    return refuse(ips, pcb, seen, (seen->ts_flags & TCP_SYN) != 0 ? A_SYN : IN_TIME_WAIT, answers);
}
