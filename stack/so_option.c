/* SPDX-License-Identifier: BSD-3-Clause
 *
 * setsockopt and getsockopt. What an option does is where it does it: this file keeps them.
 */
#include "stack/ip_impl.h"

#include <errno.h>

#define S(n) ((int64_t)(n)*1000000)

/* Each option's value at first, and what it may be. */
static const struct option_range {
    int64_t first, least, most;
} ranges[SO_OPT_COUNT] = {
    [SO_OPT_REUSEADDR] = {0, 0, 1},
    [SO_OPT_V6ONLY] = {0, 0, 1},
    [SO_OPT_NODELAY] = {0, 0, 1},
    [SO_OPT_KEEPALIVE] = {0, 0, 1},
    [SO_OPT_KEEPIDLE] = {S(7200), S(1), S(32767)},
    [SO_OPT_KEEPINTVL] = {S(75), S(1), S(32767)},
    [SO_OPT_KEEPCNT] = {9, 1, 127},
    [SO_OPT_USER_TIMEOUT] = {0, 0, INT64_C(2147483647) * 1000},
    [SO_OPT_LINGER] = {-1, -1, S(65535)},
    [SO_OPT_RCVBUF] = {TCP_WND, 1, INT32_MAX},
    [SO_OPT_SNDBUF] = {TCP_SND_BUF, 1, INT32_MAX},
    [SO_OPT_RCVTIMEO] = {0, 0, S(1000000000)},
    [SO_OPT_SNDTIMEO] = {0, 0, S(1000000000)},
};

void so_options_init(sonode_t *so)
{
    for (size_t i = 0; i < SO_OPT_COUNT; i++)
        so->so_options[i] = ranges[i].first;
}

/* The peer may send no more than the buffer has room for: the rest of lwIP's window, which has one
 * size, is kept from it. */
static void keep_window(sonode_t *so)
{
    struct tcp_pcb *pcb = so->so_pcb;
    int64_t buffer = so->so_options[SO_OPT_RCVBUF];
    size_t reserve = buffer < TCP_WND ? (size_t)(TCP_WND - buffer) : 0;
    if (reserve > so->so_rcvreserve) {
        size_t more = reserve - so->so_rcvreserve;
        more = more < pcb->rcv_wnd ? more : pcb->rcv_wnd;
        pcb->rcv_wnd -= (tcpwnd_size_t)more;
        so->so_rcvreserve += more;
    } else if (reserve < so->so_rcvreserve) {
        size_t less = so->so_rcvreserve - reserve;
        so->so_rcvreserve = reserve;
        tcp_recved(pcb, (u16_t)less);
    }
}

void so_apply_options(sonode_t *so)
{
    if (so->so_pcb == NULL || so->so_listener)
        return;
    tcp_lists_set_reuse(so->so_pcb, so->so_options[SO_OPT_REUSEADDR] != 0);
    if (so->so_options[SO_OPT_NODELAY] != 0)
        tcp_nagle_disable(so->so_pcb);
    else
        tcp_nagle_enable(so->so_pcb);
    if (so->so_open)
        keep_window(so);
}

void so_give_window_back(sonode_t *so)
{
    if (so->so_rcvreserve > 0 && so->so_pcb != NULL)
        so->so_pcb->rcv_wnd += (tcpwnd_size_t)so->so_rcvreserve;
    so->so_rcvreserve = 0;
}

int so_set_option(sonode_t *so, so_option_t option, int64_t value)
{
    bool is_free = so->so_stack->ips_build->ib_linux_sockets && so_linux_port_is_free(so);
    bool bound = so->so_port_link != NULL && !is_free;
    if (option >= SO_OPT_COUNT || value < ranges[option].least || value > ranges[option].most)
        return EINVAL;
    if (option == SO_OPT_V6ONLY && (bound || so->so_family != AF_INET6))
        return EINVAL;
    so->so_options[option] = value;
    stack_enter(so->so_stack);
    so_apply_options(so);
    if (option == SO_OPT_NODELAY && value != 0 && so->so_pcb != NULL && !so->so_listener) {
        tcp_output(so->so_pcb); /* what waited goes */
        tcp_timer_touch(so->so_stack, so->so_pcb);
    }
    stack_leave(so->so_stack);
    return 0;
}

int64_t so_option(const sonode_t *so, so_option_t option)
{
    return so->so_options[option];
}
