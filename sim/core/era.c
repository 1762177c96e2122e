/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The table of eras, and the names of the reply modes.
 */
#include "sim/core/era.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#define US(s)    ((uint64_t)((s)*1000000.0 + 0.5))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const uint64_t post_syns[] = {US(0), US(3.375), US(10.125), US(23.625)};

/* tcp_rexmit_interval_initial 3 s, tcp_ip_abort_cinterval 180 s. */
static const uint64_t snv_116_syns[] = {US(0),      US(3.375),   US(10.125), US(23.625),
                                        US(50.625), US(104.625), US(164.625)};

/* The initial interval is 1 s. */
static const uint64_t illumos_syns[] = {US(0),      US(1.125),  US(3.375),  US(7.875),
                                        US(16.875), US(34.875), US(70.875), US(130.875)};

/* tcp_syn_retries 6, tcp_syn_linear_timeouts 4. */
static const uint64_t linux_syns[] = {US(0), US(1),  US(2),  US(3),  US(4), US(5),
                                      US(7), US(11), US(19), US(35), US(67)};

/* tcp_synack_retries 5. */
static const uint64_t linux_syn_ack_times[] = {US(0), US(1), US(3), US(7), US(15), US(31)};
static const syn_schedule_t linux_syn_acks = {linux_syn_ack_times, COUNT(linux_syn_ack_times),
                                              US(63)};

/* tcp_ip_abort_interval 5 min, tcp_fin_wait_2_flush_interval 60 s, tcp_rexmit_interval_initial 1 s:
 * the rest is as it was. */
static const tcp_times_t illumos_times = {
    .tt_rto_first_us = US(1.125),
    .tt_rto_min_us = US(0.4),
    .tt_rto_max_us = US(60),
    .tt_abort_us = US(300),
    .tt_orphan_us = US(300),
    .tt_ack_us = US(0.1),
    .tt_ack_local_us = US(0.05),
    .tt_fin_wait_2_us = US(60),
    .tt_time_wait_us = US(60),
    .tt_keep_idle_us = US(7200),
    .tt_keep_abort_us = US(480),
};

/* TCP_RTO_MIN, TCP_RTO_MAX, tcp_retries2 15, tcp_orphan_retries 8, TCP_DELACK_MIN,
 * tcp_fin_timeout, TCP_TIMEWAIT_LEN, tcp_keepalive_time, _intvl, _probes. */
static const tcp_times_t linux_times = {
    .tt_rto_first_us = US(1),
    .tt_rto_min_us = US(0.2),
    .tt_rto_max_us = US(120),
    .tt_abort_us = US(924.6),
    .tt_orphan_us = US(102.2),
    .tt_ack_us = US(0.04),
    .tt_ack_local_us = US(0.04),
    .tt_fin_wait_2_us = US(60),
    .tt_time_wait_us = US(60),
    .tt_keep_idle_us = US(7200),
    .tt_keep_interval_us = US(75),
    .tt_keep_count = 9,
};

#define SOLARIS_ICMP .ib_icmp_quote = 64, .ib_icmp_ttl = 255
#define SOLARIS_REPLIES                                                                            \
    .ifb_oow_is_passed_over = true, .ifb_state_is_hit = true, .ifb_icmp_quote = 8,                 \
    .ifb_reply_ttl = 255, .ifb_reply_hops = 127
#define LINUX_QUOTE 528 /* 576 bytes in all, of a packet without IP options */

static const era_t eras[] = {
    {
        .name = "post",
        .stack = {.ib_syns = {post_syns, COUNT(post_syns), US(30)},
                  .ib_snoop = IP_SNOOP_AFTER_IN,
                  .ib_hook_error = IP_HOOK_ERROR_LOST,
                  .ib_fusion = IP_FUSION_BYPASS,
                  SOLARIS_ICMP},
        .filter = {.ifb_oow_is_answered = true, SOLARIS_REPLIES},
        .mode = IPF_REPLY_REWRITE,
    },
    {
        .name = "snv_116",
        .stack = {.ib_syns = {snv_116_syns, COUNT(snv_116_syns), US(224.625)},
                  .ib_snoop = IP_SNOOP_AFTER_IN,
                  .ib_hook_error = IP_HOOK_ERROR_LOST,
                  .ib_fusion = IP_FUSION_COPY,
                  .ib_snoop_unfuses = true,
                  .ib_nested_delivery = true,
                  .ib_resets_per_s = 40,
                  .ib_icmp_burst = 10,
                  SOLARIS_ICMP},
        .filter = {.ifb_oow_is_answered = true, .ifb_cr_6845913 = true, SOLARIS_REPLIES},
        .mode = IPF_REPLY_REWRITE,
    },
    {
        .name = "illumos",
        .stack = {.ib_syns = {illumos_syns, COUNT(illumos_syns), US(190.875)},
                  .ib_times = &illumos_times,
                  .ib_snoop = IP_SNOOP_BETWEEN,
                  .ib_hook_error = IP_HOOK_ERROR_ULP,
                  .ib_fusion = IP_FUSION_COPY,
                  .ib_inject_local = true,
                  .ib_resets_per_s = 40,
                  .ib_icmp_burst = 10,
                  SOLARIS_ICMP},
        .filter = {SOLARIS_REPLIES},
        .mode = IPF_REPLY_REWRITE,
    },
    {
        .name = "linux",
        .stack = {.ib_syns = {linux_syns, COUNT(linux_syns), US(131)},
                  .ib_syn_acks = &linux_syn_acks,
                  .ib_times = &linux_times,
                  .ib_snoop = IP_SNOOP_BETWEEN,
                  .ib_hook_error = IP_HOOK_ERROR_EPERM,
                  .ib_fusion = IP_FUSION_NONE,
                  .ib_inject_local = true,
                  .ib_icmp_quote = LINUX_QUOTE,
                  .ib_icmp_ttl = 64,
                  .ib_quick_ack = true,
                  .ib_linux_sockets = true,
                  .ib_linux_errnos = true},
        .filter = {.ifb_oow_is_passed_over = true,
                   .ifb_state_is_hit = true,
                   .ifb_out_is_answered = true,
                   .ifb_plain_rst = true,
                   .ifb_icmp_quote = LINUX_QUOTE,
                   .ifb_reply_ttl = 64,
                   .ifb_reply_hops = 64},
        .mode = IPF_REPLY_NETINFO,
        .has_syn_options = true,
    },
};

const char *const era_names[] = {"post", "snv_116", "illumos", "linux", NULL};

const char *const reply_mode_names[] = {
    [IPF_REPLY_INJECT] = "inject",
    [IPF_REPLY_REWRITE] = "rewrite",
    [IPF_REPLY_NETINFO] = "netinfo",
    [IPF_REPLY_ERRNO] = "errno",
    NULL,
};

const char *reply_mode_meaning(ipf_reply_mode_t mode)
{
    static const char *const meanings[] = {
        [IPF_REPLY_INJECT] = "before the fix",
        [IPF_REPLY_REWRITE] = "the fix",
        [IPF_REPLY_NETINFO] = "not taken",
        [IPF_REPLY_ERRNO] = "not taken",
    };
    assert(mode <= IPF_REPLY_ERRNO);
    return meanings[mode];
}

const era_t *era_find(const char *name)
{
    for (size_t i = 0; i < COUNT(eras); i++) {
        if (strcmp(eras[i].name, name) == 0)
            return &eras[i];
    }
    return NULL;
}

const era_t *era_default(void)
{
    return &eras[0];
}

syn_schedule_t era_linux_schedule(unsigned retries, unsigned linear, uint64_t *at_us)
{
    uint64_t at = 0;
    size_t count = 0;
    assert(retries <= ERA_SYN_RETRIES_MAX && linear <= ERA_SYN_LINEAR_MAX);
    at_us[count++] = at;
    for (unsigned i = 0; i < linear + retries; i++) {
        at += i < linear ? US(1) : US(1) << (i - linear);
        at_us[count++] = at;
    }
    return (syn_schedule_t){at_us, count, at + (US(1) << retries)};
}

bool reply_mode_find(const char *name, ipf_reply_mode_t *mode)
{
    for (size_t i = 0; reply_mode_names[i] != NULL; i++) {
        if (strcmp(reply_mode_names[i], name) == 0) {
            *mode = (ipf_reply_mode_t)i;
            return true;
        }
    }
    return false;
}

const char *reply_mode_name(ipf_reply_mode_t mode)
{
    assert(mode <= IPF_REPLY_ERRNO);
    return reply_mode_names[mode];
}
