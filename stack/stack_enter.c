/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Entering and leaving a host. lwIP is called only inside; the timers of its endpoints are
 * set on the way out.
 */
#include "stack/ipclassifier.h"
#include "stack/tcp_endpoint.h"

void stack_enter(ip_stack_t *ips)
{
    if (!lwip_enter(ips))
        tcp_lists_show(ips); /* other callers meanwhile see all connections */
}

void stack_leave(ip_stack_t *ips)
{
    if (lwip_is_entered_once()) {
        tcp_timer_arm(ips);
        tcp_window_use(NULL);
    }
    lwip_leave();
}
