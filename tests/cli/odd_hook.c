/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A shared object with hooks that does what its argument says, which is mostly wrong.
 */
#include "stack/hook.h"
#include "stack/neti.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hook_t hooks[2], again[2];
static const char *what;
static mblk_t *kept;

static bool is(const char *word)
{
    return strcmp(what, word) == 0;
}

static int act(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    mblk_t *mp = *info->hpe_mp;
    (void)token;
    (void)arg;
    if (is("eat"))
        return -7;
    if (is("free-and-eat") || is("free-and-pass")) {
        freemsg(mp);
        *info->hpe_mp = NULL;
        return is("free-and-eat") ? 0x7fffffff : 0;
    }
    if (is("replace")) {
        *info->hpe_mp = copymsg(mp);
        (*info->hpe_mp)->b_packet = 0;
        freemsg(mp);
    } else if (is("empty")) {
        mp->b_wptr = mp->b_rptr;
    } else if (is("outside")) {
        mp->b_wptr = mp->b_lim + 100000;
    } else if (is("backwards")) {
        mp->b_rptr = mp->b_wptr + 1;
    } else if (is("noise")) {
        memset(mp->b_rptr, 0x5a, msgdsize(mp));
    } else if (is("address")) { /* what no two memory layouts have in common */
        mp->b_rptr[4] = (uint8_t)((uintptr_t)&info >> 12);
        mp->b_rptr[5] = (uint8_t)((uintptr_t)&info >> 4);
    } else if (is("crash-later")) {
        abort();
    } else if ((is("keep") || is("keep-until-fini")) && kept == NULL) {
        kept = copymsg(mp);
    }
    return 0;
}

static int register_one(net_handle_t net, const char *event, hook_t *hook)
{
    *hook = (hook_t){.h_version = HOOK_VERSION,
                     .h_func = act,
                     .h_name = is("filters-name") ? "ipfilter_hook4_loop_in" : "odd"};
    return net_hook_register(net, event, hook);
}

int lo0sim_hook_init(net_handle_t net, const char *args)
{
    size_t family = strcmp(net->netd_info->netp_name, NHF_INET6) == 0;
    what = args;
    if (is("errno"))
        return EADDRINUSE;
    if (is("errno-in-inet6"))
        return family == 1 ? EPERM : 0;
    if (is("number"))
        return -12345;
    if (is("crash"))
        abort();
    if (is("exit"))
        exit(0);
    if (is("print"))
        return write(STDOUT_FILENO, "hello\n", 6) == 6 ? 0 : EINVAL;
    if (is("unknown-event"))
        return register_one(net, "LOOPBACK", &hooks[family]);
    int error = register_one(net, NH_LOOPBACK_IN, &hooks[family]);
    if (error == 0 && is("twice"))
        error = register_one(net, NH_LOOPBACK_IN, &again[family]);
    return error;
}

void lo0sim_hook_fini(net_handle_t net)
{
    (void)net;
    if (is("keep-until-fini")) {
        freemsg(kept);
        kept = NULL;
    }
}
