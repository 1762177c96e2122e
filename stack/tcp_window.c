/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Gives each connection a receive window according to its SO_RCVBUF. lwIP has one window for all,
 * the macro TCP_WND. Here the macro is a variable, set before lwIP works on a connection. A buffer
 * of more than 65535 bytes needs a window scale, which only a SYN can announce (RFC 7323 section
 * 2.2). */
#include "stack/sonode.h"
#include "stack/tcp_endpoint.h"

#define SCALE_MAX   14
#define SCALE_SHIFT 32

uint32_t lwip_window_more;
uint8_t lwip_window_scale;

static void use(uint32_t window, uint8_t scale)
{
    lwip_window_more = window - TCP_WND_FIRST;
    lwip_window_scale = scale;
}

void tcp_window_begin(const sonode_t *so)
{
    uint8_t scale = 0;
    uint32_t buffer = (uint32_t)so->so_options[SO_OPT_RCVBUF];
    while (scale < SCALE_MAX && buffer >> scale > UINT16_MAX)
        scale++;
    uint32_t most = (uint32_t)UINT16_MAX << scale;
    use(buffer < most ? buffer : most, scale);
}

void tcp_window_keep(struct tcp_pcb *pcb)
{
    uint64_t kept = (uint64_t)lwip_window_scale << SCALE_SHIFT | TCP_WND;
    tcp_ext_arg_set(pcb, PCB_WINDOW, (void *)(uintptr_t)kept);
}

void tcp_window_use(const struct tcp_pcb *pcb)
{
    uint64_t kept = pcb != NULL ? (uintptr_t)pcb->ext_args[PCB_WINDOW].data : 0;
    if (kept == 0)
        use(TCP_WND_FIRST, 0);
    else
        use((uint32_t)kept, (uint8_t)(kept >> SCALE_SHIFT));
}

void tcp_window_change(struct tcp_pcb *pcb, uint64_t buffer)
{
    uint64_t most = (uint64_t)UINT16_MAX << pcb->rcv_scale;
    tcp_window_use(pcb);
    use((uint32_t)(buffer < most ? buffer : most), lwip_window_scale);
    tcp_window_keep(pcb);
}

void tcp_window_open(struct tcp_pcb *pcb, size_t room)
{
    tcp_window_use(pcb);
    while (room > pcb->rcv_wnd && pcb->rcv_wnd < TCP_WND_MAX(pcb)) {
        size_t more = room - pcb->rcv_wnd;
        tcp_recved(pcb, (u16_t)(more < UINT16_MAX ? more : UINT16_MAX));
    }
}
