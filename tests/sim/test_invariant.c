/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Each invariant, broken on purpose by events that no correct stack reports.
 */
#include "sim/core/invariant.h"

#include "sim/packet/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PORT(n)                                                                                    \
    {                                                                                              \
        .ie_port = (n)                                                                             \
    }

/* A segment from port 1 to port 2, with right checksums. */
static mblk_t *segment(uint8_t flags, uint32_t number)
{
    mblk_t *mp = allocb(40);
    mp->b_wptr += 40;
    memcpy(mp->b_rptr, (const uint8_t[]){0x45, 0, 0, 40, 0,   1, 0x40, 0, 64, 6, 0, 0,
                                         127,  0, 0, 1,  127, 0, 0,    1, 0,  1, 0, 2},
           24);
    mp->b_rptr[32] = 0x50;
    mp->b_rptr[33] = flags;
    packet_fix_checksums(mp->b_rptr, 40);
    mp->b_packet = number;
    return mp;
}

typedef struct seen {
    invariants_t *invariants;
    mblk_t *mp, *rst, *bad, *other;
} seen_t;

static void ip(seen_t *seen, ip_event_t event)
{
    invariants_ip(seen->invariants, seen, 5, &event);
}

static void ipf(seen_t *seen, ipf_event_t event)
{
    invariants_ipf(seen->invariants, &event);
}

#define HOOKS(e)                                                                                   \
    (ip_event_t)                                                                                   \
    {                                                                                              \
        .kind = IP_EV_HOOKS_START, .mp = seen->mp, .event = (e)                                    \
    }
#define HOOK(name, value)                                                                          \
    (ip_event_t)                                                                                   \
    {                                                                                              \
        .kind = IP_EV_HOOK, .mp = seen->mp, .packet = 1, .hook = (name), .verdict = (value)        \
    }
#define END(p)                                                                                     \
    (ip_event_t)                                                                                   \
    {                                                                                              \
        .kind = IP_EV_HOOKS_END, .mp = (p), .packet = 1, .event = NH_LOOPBACK_IN                   \
    }
#define FANOUT(p, s)                                                                               \
    (ip_event_t)                                                                                   \
    {                                                                                              \
        .kind = IP_EV_FANOUT, .mp = (p), .event = "ip_fanout_tcp", .state = (s), .local = PORT(2), \
        .remote = PORT(1)                                                                          \
    }

static void time_goes_back(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    invariants_ip(seen->invariants, seen, 4, &(ip_event_t){.kind = IP_EV_TIMER});
}

static void what_was_eaten_goes_on(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_OUT));
    ip(seen, HOOK("x", 1));
    ip(seen, END(NULL));
    ip(seen, (ip_event_t){.kind = IP_EV_WPUT_LOCAL, .mp = seen->mp});
}

static void what_was_lost_goes_on(seen_t *seen)
{
    ip(seen,
       (ip_event_t){.kind = IP_EV_FAULT, .mp = seen->mp, .fault = {.if_what = IP_FAULT_DROP}});
    ip(seen, HOOKS(NH_LOOPBACK_OUT));
}

static void what_was_discarded_goes_on(seen_t *seen)
{
    ip(seen, (ip_event_t){.kind = IP_EV_DISCARD, .mp = seen->mp});
    ip(seen, FANOUT(seen->mp, NULL));
}

static void a_verdict_is_ignored(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ip(seen, HOOK("x", 1));
    ip(seen, END(seen->mp));
}

static void a_block_is_ignored(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ipf(seen, (ipf_event_t){.kind = IPF_EV_RULE, .packet_number = 1, .block = true});
    ip(seen, HOOK("ipfilter_hook4_loop_in", 0));
}

static void the_hooks_are_met_twice(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ip(seen, HOOKS(NH_LOOPBACK_IN));
}

static void a_rewrite_is_rewritten(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ipf(seen, (ipf_event_t){.kind = IPF_EV_MAKE_RST, .packet_number = 1});
    ipf(seen, (ipf_event_t){.kind = IPF_EV_MAKE_RST, .packet_number = 1});
}

static void a_rewrite_is_answered_by_one(seen_t *seen)
{
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ipf(seen, (ipf_event_t){.kind = IPF_EV_MAKE_RST, .packet_number = 1});
    ip(seen, FANOUT(seen->mp, "ESTABLISHED"));
    ip(seen, (ip_event_t){.kind = IP_EV_WPUT_IRE, .mp = seen->other});
    ipf(seen, (ipf_event_t){.kind = IPF_EV_MAKE_ICMP, .packet_number = 2});
}

static void a_checksum_is_missing(seen_t *seen)
{
    ip(seen, FANOUT(seen->bad, "ESTABLISHED"));
}

static void a_rst_ends_anothers_endpoint(seen_t *seen)
{
    ip(seen, FANOUT(seen->rst, "SYN_SENT"));
    ip(seen, (ip_event_t){
                 .kind = IP_EV_ERRNO, .local = PORT(9), .remote = PORT(1), .error = ECONNREFUSED});
}

static void an_endpoint_goes_back(seen_t *seen)
{
    ip(seen, FANOUT(seen->mp, "TIME_WAIT"));
    ip(seen, FANOUT(seen->mp, "ESTABLISHED"));
}

static void a_packet_is_not_counted(seen_t *seen)
{
    ipf_stack_t *ifs = ipf_create();
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ip(seen, HOOK("ipfilter_hook4_loop_in", 0));
    invariants_count(seen->invariants, ifs);
    ipf_destroy(ifs);
}

/* And what looks like it, and is right. */
static void a_normal_way(seen_t *seen)
{
    ip(seen, (ip_event_t){.kind = IP_EV_WPUT_IRE, .mp = seen->mp});
    ip(seen, HOOKS(NH_LOOPBACK_OUT));
    ip(seen, HOOK("x", 0));
    ip(seen, HOOKS(NH_LOOPBACK_IN));
    ip(seen, FANOUT(seen->mp, "SYN_SENT"));
    ip(seen, FANOUT(seen->rst, "ESTABLISHED"));
    ip(seen,
       (ip_event_t){.kind = IP_EV_ERRNO, .local = PORT(2), .remote = PORT(1), .error = ECONNRESET});
    ip(seen, FANOUT(seen->rst, "SYN_RCVD"));
}

static void each_is_seen_when_it_is_broken(void **state)
{
    static const struct {
        void (*plant)(seen_t *seen);
        const char *said; /* NULL: nothing */
    } rows[] = {
        {time_goes_back, "time went back"},
        {what_was_eaten_goes_on, "packet 1 goes on, and was gone"},
        {what_was_lost_goes_on, "packet 1 goes on, and was gone"},
        {what_was_discarded_goes_on, "packet 1 goes on, and was gone"},
        {a_verdict_is_ignored, "packet 1 was eaten by a hook, and goes on"},
        {a_block_is_ignored, "packet 1 is blocked, and goes on as it was"},
        {the_hooks_are_met_twice, "packet 1 met the hooks of LOOPBACK_IN twice"},
        {a_rewrite_is_rewritten, "packet 1, which has become one, becomes a reply"},
        {a_rewrite_is_answered_by_one, "packet 2, which answers one, becomes a reply"},
        {a_checksum_is_missing, "the checksum of packet 4 is wrong, which nothing has touched"},
        {a_rst_ends_anothers_endpoint,
         "a RST or an ICMP error has ended another endpoint, of port 9"},
        {an_endpoint_goes_back, "an endpoint went back to ESTABLISHED"},
        {a_packet_is_not_counted, "the filter was asked about 1 packets, and counts 0"},
        {a_normal_way, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        seen_t seen = {.invariants = invariants_create(memory_of_process()),
                       .mp = segment(PACKET_ACK, 1),
                       .other = segment(PACKET_ACK, 2),
                       .rst = segment(PACKET_RST, 3),
                       .bad = segment(PACKET_ACK, 4)};
        seen.bad->b_rptr[36] ^= 1;
        rows[i].plant(&seen);
        const char *said = invariants_broken(seen.invariants);
        if (rows[i].said == NULL)
            assert_null(said);
        else
            assert_string_equal(said != NULL ? said : "", rows[i].said);
        invariants_destroy(seen.invariants);
        freemsg(seen.mp);
        freemsg(seen.other);
        freemsg(seen.rst);
        freemsg(seen.bad);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_is_seen_when_it_is_broken)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
