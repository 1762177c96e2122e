/* SPDX-License-Identifier: BSD-3-Clause
 *
 * setsockopt and getsockopt. This file stores the options; their effects are where they happen. */
#include "stack/ipclassifier.h"
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#include <errno.h>

#define S(n) ((int64_t)(n)*1000000)

/* What each option can be. For keepalive 0 stands for the era's value. */
static const struct option_range {
    int64_t least, most;
} ranges[SO_OPT_COUNT] = {
    [SO_OPT_REUSEADDR] = {0, 1},
    [SO_OPT_V6ONLY] = {0, 1},
    [SO_OPT_NODELAY] = {0, 1},
    [SO_OPT_KEEPALIVE] = {0, 1},
    [SO_OPT_KEEPIDLE] = {S(1), S(32767)},
    [SO_OPT_KEEPINTVL] = {S(1), S(32767)},
    [SO_OPT_KEEPCNT] = {1, 127},
    [SO_OPT_USER_TIMEOUT] = {0, INT64_C(2147483647) * 1000},
    [SO_OPT_LINGER] = {-1, S(65535)},
    [SO_OPT_RCVBUF] = {1, INT32_MAX},
    [SO_OPT_SNDBUF] = {1, INT32_MAX},
    [SO_OPT_RCVTIMEO] = {0, S(1000000000)},
    [SO_OPT_SNDTIMEO] = {0, S(1000000000)},
};

/* Those that are not named are 0, as they are in new memory. */
void so_options_init(sonode_t *so)
{
    so->so_options[SO_OPT_LINGER] = -1;
    so->so_options[SO_OPT_RCVBUF] = TCP_WND_FIRST;
    so->so_options[SO_OPT_SNDBUF] = TCP_SND_BUF;
}

/* lwIP's send buffer is at least as large as the socket's; so_room() applies the socket's limit. */
static void grow_send_buffer(sonode_t *so)
{
    size_t buffer = (size_t)so->so_options[SO_OPT_SNDBUF];
    if (buffer <= so->so_sndmax)
        return;
    so->so_pcb->snd_buf += (tcpwnd_size_t)(buffer - so->so_sndmax);
    so->so_sndmax = buffer;
}

void so_open_window(sonode_t *so)
{
    size_t buffer = (size_t)so->so_options[SO_OPT_RCVBUF];
    if (buffer > so->so_rcvlen)
        tcp_window_open(so->so_pcb, buffer - so->so_rcvlen);
}

void so_apply_options(sonode_t *so)
{
    if (so->so_pcb == NULL || so->so_listener)
        return;
    tcp_lists_keep_options(so->so_pcb, so);
    if (so->so_options[SO_OPT_NODELAY] != 0)
        tcp_nagle_disable(so->so_pcb);
    else
        tcp_nagle_enable(so->so_pcb);
    if (!so->so_open)
        return;
    grow_send_buffer(so);
    tcp_window_change(so->so_pcb, (uint64_t)so->so_options[SO_OPT_RCVBUF]);
    so_open_window(so);
}

bool so_has_option(const sonode_t *so, so_option_t option)
{
    bool is_of_tcp =
        option == SO_OPT_NODELAY || (option > SO_OPT_KEEPALIVE && option <= SO_OPT_USER_TIMEOUT);
    return !is_of_tcp || so->so_type == SO_TCP;
}

int so_set_option(sonode_t *so, so_option_t option, int64_t value)
{
    bool is_free = so->so_stack->ips_build->ib_linux_sockets && so_linux_port_is_free(so);
    bool bound = so->so_port_link != NULL && !is_free;
    if (!so_has_option(so, option))
        return ENOPROTOOPT;
    if (option >= SO_OPT_COUNT || value < ranges[option].least || value > ranges[option].most)
        return EINVAL;
    if (option == SO_OPT_V6ONLY && (bound || so->so_family != AF_INET6))
        return EINVAL;
    so->so_options[option] = value;
    stack_enter(so->so_stack);
    so_apply_options(so);
    if (so->so_open && so->so_pcb != NULL && option >= SO_OPT_KEEPALIVE &&
        option <= SO_OPT_USER_TIMEOUT)
        tcp_timer_keepalive_changed(so->so_stack, so->so_pcb);
    if (option == SO_OPT_NODELAY && value != 0 && so->so_pcb != NULL && !so->so_listener) {
        tcp_output(so->so_pcb); /* what waited is sent */
        tcp_timer_touch(so->so_stack, so->so_pcb);
    }
    stack_leave(so->so_stack);
    return 0;
}

int64_t so_option(const sonode_t *so, so_option_t option)
{
    const tcp_times_t *times = tcp_times_of(so->so_stack);
    if (so->so_options[option] != 0)
        return so->so_options[option];
    switch (option) {
    case SO_OPT_KEEPIDLE:
        return (int64_t)times->tt_keep_idle_us;
    case SO_OPT_KEEPINTVL:
        return (int64_t)times->tt_keep_interval_us;
    case SO_OPT_KEEPCNT:
        return (int64_t)times->tt_keep_count;
    default:
        return 0;
    }
}
