/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names of TCP's states, and Solaris' times. */
#include "stack/tcp_endpoint.h"

#include <assert.h>

const char *tcp_state_name(enum tcp_state state)
{
    static const char *const names[] = {"CLOSED",      "LISTEN",     "SYN_SENT",   "SYN_RCVD",
                                        "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2", "CLOSE_WAIT",
                                        "CLOSING",     "LAST_ACK",   "TIME_WAIT"};
    assert((size_t)state < sizeof(names) / sizeof(names[0]));
    return names[state];
}

const tcp_times_t tcp_times_solaris = {
    .tt_rto_first_us = 3375000,
    .tt_rto_min_us = 400000,
    .tt_rto_max_us = 60000000,
    .tt_abort_us = 480000000,
    .tt_orphan_us = 480000000,
    .tt_ack_us = 100000,
    .tt_ack_local_us = 50000,
    .tt_fin_wait_2_us = 675000000,
    .tt_time_wait_us = 60000000,
    .tt_keep_idle_us = 7200000000,
    .tt_keep_abort_us = 480000000,
};
