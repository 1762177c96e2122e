/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lwIP's options: one thread, no timers and no loop interface of its own, and the numbers that
 * make its SYN the one Solaris sends on lo0 (MSS 8192, window 49152, timestamps, window scale 0,
 * SACK permitted: 44 bytes of TCP header).
 */
#ifndef LO0SIM_LWIPOPTS_H
#define LO0SIM_LWIPOPTS_H

/* There is one thread, and we drive the timers (stack/tcp_timer.c). */
#define NO_SYS                                1
#define SYS_LIGHTWEIGHT_PROT                  0
#define LWIP_TIMERS                           0
#define LWIP_NETCONN                          0
#define LWIP_SOCKET                           0
#define LWIP_DONT_PROVIDE_BYTEORDER_FUNCTIONS 1

#define LWIP_IPV4                     1
#define LWIP_IPV6                     1
#define LWIP_TCP                      1
#define LWIP_UDP                      1
#define LWIP_RAW                      1
#define LWIP_ARP                      0
#define LWIP_ETHERNET                 0
#define LWIP_DHCP                     0
#define LWIP_AUTOIP                   0
#define LWIP_DNS                      0
#define LWIP_IGMP                     0
#define LWIP_IPV6_MLD                 0
#define LWIP_IPV6_AUTOCONFIG          0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_ND6_QUEUEING             0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0

/* lo0 is ours (stack/ip_wput_ire.c), and lwIP forwards and fragments nothing. */
#define LWIP_NETIF_LOOPBACK 0
#define LWIP_HAVE_LOOPIF    0
#define IP_FORWARD          0
#define IP_FRAG             0
#define IP_REASSEMBLY       0
#define LWIP_IPV6_FRAG      0
#define LWIP_IPV6_REASS     0

/* Memory comes from the host's own, block by block, and is counted: the sanitizers see each block,
 * and a leak shows in lwip_stats. 2.1 and 2.2 have different names for this. */
#include "lwip/init.h"
#if LWIP_VERSION_MINOR < 2
#define MEM_LIBC_MALLOC 1
#define mem_clib_malloc lwip_malloc
#define mem_clib_calloc lwip_calloc
#define mem_clib_free   lwip_free
#else
#define MEM_CUSTOM_ALLOCATOR 1
#define MEM_CUSTOM_MALLOC    lwip_malloc
#define MEM_CUSTOM_CALLOC    lwip_calloc
#define MEM_CUSTOM_FREE      lwip_free
#endif
#define MEMP_MEM_MALLOC    1
#define MEM_ALIGNMENT      8
#define LWIP_STATS         1
#define LWIP_STATS_LARGE   1
#define MEM_STATS          1
#define MEMP_STATS         1
#define LWIP_STATS_DISPLAY 1 /* the pools have names */

/* Our own path verifies the checksums (ill.c switches lwIP's off) and gives the packet itself to
 * lwIP, without a copy (ip_to_lwip.c). */
#define LWIP_CHECKSUM_CTRL_PER_NETIF 1
#define LWIP_SUPPORT_CUSTOM_PBUF     1

/* TCP as it looks on Solaris' lo0 (MTU 8192 + 40). */
#define TCP_MSS                    8192
#define LWIP_WND_SCALE             1
#define LWIP_TCP_TIMESTAMPS        1
#define LWIP_TCP_SACK_OUT          1
#define TCP_SND_BUF                49152
#define TCP_SND_QUEUELEN           8192
#define MEMP_NUM_TCP_SEG           8192
#define TCP_TTL                    64
#define TCP_LISTEN_BACKLOG         1
#define SO_REUSE                   1
#define TCP_CALCULATE_EFF_SEND_MSS 1
#define TCP_MSL                    30000UL /* TIME_WAIT is 60 s on Linux and on Solaris */

/* The window of the connection that lwIP works on, and its scale (stack/tcp_window.c); to the
 * preprocessor the variables are 0. */
#define TCP_WND_FIRST 49152u
#define TCP_WND       (TCP_WND_FIRST + lwip_window_more)
#define TCP_RCV_SCALE lwip_window_scale

/* The SYN schedule is the socket layer's (stack/so_connect.c): no era sends this many. */
#define TCP_SYNMAXRTX 12

/* Its socket, and its places in our lists (PCB_ARGS of stack/ip_impl.h). */
#define LWIP_TCP_PCB_NUM_EXT_ARGS 12

struct ip_globals;
struct tcp_pcb;
#include <stdint.h>
uint32_t lwip_isn(void);
extern uint32_t lwip_window_more;
extern uint8_t lwip_window_scale;

/* An active SYN carries this minus 1, a SYN|ACK this number. */
#define LWIP_HOOK_TCP_ISN(local_ip, local_port, remote_ip, remote_port) lwip_isn()

/* Before a segment's checksum is made: what lwIP writes in another way on machines of another byte
 * order (stack/lwip_arch.c). */
struct tcp_hdr;
uint32_t lwip_time_stamp(uint32_t ts_recent);
uint32_t *lwip_same_bytes(struct tcp_hdr *header, uint32_t *options_end);
#define LWIP_HOOK_TCP_OUT_ADD_TCPOPTS(p, header, pcb, options) lwip_same_bytes(header, options)

#endif
