/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What a TCP endpoint has beside lwIP's: timers, window, Linux' checks, TIME_WAIT, fusion. */
#ifndef LO0SIM_STACK_TCP_ENDPOINT_H
#define LO0SIM_STACK_TCP_ENDPOINT_H

#include "stack/ip_impl.h"

/* The name of a TCP state. */
const char *tcp_state_name(enum tcp_state state);

/* ---- tcp_timer.c: the timers of connections ---- */

/* The times of a host's build. */
static inline const tcp_times_t *tcp_times_of(const ip_stack_t *ips)
{
    const tcp_times_t *times = ips->ips_build->ib_times;
    return times != NULL ? times : &tcp_times_solaris;
}

/* Sets the timers that the touched connections need. */
void tcp_timer_arm(ip_stack_t *ips);

/* lwIP works on a connection, which may need other timers afterwards. */
void tcp_timer_touch(ip_stack_t *ips, struct tcp_pcb *pcb);

/* An endpoint's application has sent `length` bytes, or its peer has acknowledged them: counts what
 * waits in between, until the endpoint is freed. */
void tcp_queue_grows(const struct tcp_pcb *pcb, size_t length);
void tcp_queue_shrinks(const struct tcp_pcb *pcb, size_t length);

/* lwIP frees a connection. */
void tcp_timer_forget(ip_stack_t *ips, const struct tcp_pcb *pcb);

/* Its socket's options about keepalive have changed. */
void tcp_timer_keepalive_changed(ip_stack_t *ips, struct tcp_pcb *pcb);

/* tcp_ack.c: called before a segment is delivered to a connection, and afterwards if that still
 * exists. lwIP would acknowledge every second segment: it is made to delay each, and the era's rule
 * decides.
 * => tcp_ack_before() returns how many bytes wait for their ACK: an argument of tcp_ack_after(). */
uint32_t tcp_ack_before(struct tcp_pcb *pcb);
void tcp_ack_after(ip_stack_t *ips, struct tcp_pcb *pcb, uint32_t delayed);

/* tcp_ack.c: data is sent, which may be an answer. */
void tcp_ack_data_sent(ip_stack_t *ips, const struct tcp_pcb *pcb);

/* tcp_ack.c: sends a full segment that lwIP holds back by Nagle's algorithm (RFC 896), since with
 * the bytes of the time stamps it would be longer. Called after lwIP has sent what it sends. */
void tcp_send_full(struct tcp_pcb *pcb);

/* ---- tcp_window.c ---- */

/* A connection of a socket, or of a listener, is about to begin: sets its window in lwIP. */
void tcp_window_begin(const struct sonode *so);

/* The connection has begun, and keeps that window from now on. */
void tcp_window_keep(struct tcp_pcb *pcb);

/* lwIP is about to work on a connection; NULL if that is not known. */
void tcp_window_use(const struct tcp_pcb *pcb);

/* The buffer has a new size now: the window follows it, as far as its scale allows. */
void tcp_window_change(struct tcp_pcb *pcb, uint64_t buffer);

/* There are `room` bytes of room, which the peer may send. What was promised before the buffer
 * became smaller is still accepted. */
void tcp_window_open(struct tcp_pcb *pcb, size_t room);

/* ---- tcp_validate.c: what Linux looks at before a segment's data ---- */

/* A segment; `ts_length` is that of its data. */
typedef struct tcp_seen {
    uint32_t ts_seq, ts_ack;
    uint8_t ts_flags;
    size_t ts_length;
} tcp_seen_t;

/* For an endpoint in a synchronized state but TIME_WAIT.
 * => Returns NULL if the endpoint takes the segment; else why not, in words, and in *answers
 *    whether an ACK is to be sent. */
const char *tcp_validate_incoming(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                  const tcp_seen_t *seen, bool *answers);

/* The same in TIME_WAIT, of a segment that is neither a RST nor a SYN that opens anew. */
const char *tcp_validate_time_wait(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                   const tcp_seen_t *seen, bool *answers);

/* What a listener's connection does with a segment until the handshake is over. */
typedef enum tcp_half_open {
    TCP_HALF_OPEN_TAKES, /* it acknowledges the SYN|ACK; or the SYN, once more */
    TCP_HALF_OPEN_IGNORES,
    TCP_HALF_OPEN_ACKS,
    TCP_HALF_OPEN_RESETS, /* a RST, and it stays */
    TCP_HALF_OPEN_ENDS_WITH_RST,
    TCP_HALF_OPEN_ENDS
} tcp_half_open_t;
tcp_half_open_t tcp_validate_half_open(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                       const tcp_seen_t *seen);

/* What a closed socket's connection does with a segment in FIN_WAIT_2: Linux keeps it like one in
 * TIME_WAIT. */
typedef enum tcp_orphan {
    TCP_ORPHAN_TAKES, /* the FIN: into TIME_WAIT */
    TCP_ORPHAN_IGNORES,
    TCP_ORPHAN_ACKS,
    TCP_ORPHAN_RESETS, /* it ends with a RST */
    TCP_ORPHAN_ENDS
} tcp_orphan_t;
tcp_orphan_t tcp_validate_orphan(ip_stack_t *ips, const struct tcp_pcb *pcb,
                                 const tcp_seen_t *seen);

/* Whether a segment goes on after all that an endpoint will ever read: data or a FIN ahead for one
 * that has closed both directions (it reads no more in FIN_WAIT_1 and FIN_WAIT_2), or what has
 * begun before the peer's FIN and ends after it: tcp_rcv_state_process(). A segment that ends
 * CLOSING or LAST_ACK is not looked at any further. */
bool tcp_has_data_for_nobody(const struct tcp_pcb *pcb, const tcp_seen_t *seen);

/* Whether a RST has the number of the peer's FIN: it ends the connection as one with the number
 * after it does: tcp_reset_check(). */
bool tcp_is_reset_before_fin(const struct tcp_pcb *pcb, const tcp_seen_t *seen);

/* ---- tcp_both.c: both ends open at once ---- */

/* The peer's SYN, with sequence number `seq`, meets a connect in progress: takes `mp`, and answers
 * with a SYN|ACK. */
void tcp_both_open(struct sonode *so, mblk_t *mp, uint32_t seq);

/* The peer has acknowledged our SYN in a segment without a SYN. Its own SYN came before: makes a
 * SYN|ACK of the two.
 * => Returns the packet, which the caller owns, and its header in *iph; NULL if no SYN had come. */
mblk_t *tcp_both_take(struct sonode *so, ip_header_t *iph);

/* ---- tcp_time_wait.c ---- */

/* Moves a connection that has entered TIME_WAIT from lwIP's list to the host's queue. */
void tcp_time_wait_append(ip_stack_t *ips, struct tcp_pcb *pcb);

/* Its time begins anew, as if it had just entered TIME_WAIT. */
void tcp_time_wait_restart(ip_stack_t *ips, struct tcp_pcb *pcb);

/* Ends it without a packet. */
void tcp_time_wait_end(ip_stack_t *ips, struct tcp_pcb *pcb);

/* The tcp_t of an endpoint ends: takes it out of the queue. */
void tcp_time_wait_remove(tcp_t *tcp);

/* The one after `pcb`, or the first if `pcb` is NULL. Returns NULL if there is none. */
struct tcp_pcb *tcp_time_wait_next(const ip_stack_t *ips, const struct tcp_pcb *pcb);

/* ---- tcp_fusion.c ---- */

/* Fuses a connection with its other end, if that is possible. */
void tcp_fuse(struct sonode *so);

/* The connection goes through IP from now on. If `why` is NULL, nothing is reported. */
void tcp_unfuse(struct sonode *so, const char *why);

/* Hands data to the other end. *sent is how many bytes that took: 0 if it has no room.
 * => Returns false if the connection is not, or is no longer, fused: the data goes through IP. */
bool tcp_fuse_output(struct sonode *so, const void *data, size_t length, size_t *sent);

/* The application of a fused connection has taken `n` bytes. */
void tcp_fuse_received(struct sonode *so, size_t n);

#endif
