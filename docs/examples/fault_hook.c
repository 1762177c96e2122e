/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Injures packets on lo0: `drop=3` eats every third that is sent, `flip=3` flips a bit of every
 * third, in its last byte.
 */
#include "stack/hook.h"
#include "stack/neti.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

typedef struct fault {
    hook_t hook;
    char kind; /* 'd' or 'f' */
    unsigned every;
    unsigned count; /* of the packets so far */
} fault_t;

static fault_t faults[2]; /* of NHF_INET and of NHF_INET6 */

static int injure(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    fault_t *fault = arg;
    (void)token;
    if (++fault->count % fault->every != 0)
        return 0;
    if (fault->kind == 'd')
        return 1; /* eaten: who called the hooks frees the packet */
    (*info->hpe_mp)->b_wptr[-1] ^= 1;
    return 0;
}

int lo0sim_hook_init(net_handle_t net, const char *args)
{
    fault_t *fault = &faults[strcmp(net->netd_info->netp_name, NHF_INET6) == 0];
    char rest;
    *fault = (fault_t){.kind = args[0]};
    if (sscanf(args, "drop=%u%c", &fault->every, &rest) != 1 &&
        sscanf(args, "flip=%u%c", &fault->every, &rest) != 1)
        return EINVAL;
    if (fault->every == 0)
        return EINVAL;
    fault->hook = (hook_t){.h_version = HOOK_VERSION,
                           .h_func = injure,
                           .h_name = "fault",
                           .h_hint = HH_FIRST,
                           .h_arg = fault};
    return net_hook_register(net, NH_LOOPBACK_OUT, &fault->hook);
}
