/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs of the box, except sockets and hooks.
 */
#include "sim/base/errno_name.h"
#include "sim/base/file_read.h"
#include "sim/base/nearest.h"
#include "sim/base/text.h"
#include "sim/core/rules_error.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_pattern.h"
#include "sim/packet/packet_text.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_socket.h"
#include "sim/script/script_file.h"

#include <assert.h>
#include <errno.h>
#include <lcount.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define PROCESS_TYPE "lo0sim.process"
#define US_PER_S     1000000.0

/* ---- filter ---- */

#define RULES_WORK 4 /* what a byte of rules costs of the budget of instructions */

/* Adds the faulty line to the error's message, which is on top of the stack. */
static void push_underlined(lua_State *L, const char *text, size_t length, const ipf_error_t *error)
{
    char *shown = NULL;
    size_t size;
    FILE *out = text_open(&shown, &size);
    rules_underline(out, text, length, error);
    fclose(out);
    if (size > 0) {
        lua_pushstring(L, "\n");
        lua_pushlstring(L, shown, size - 1);
        lua_concat(L, 3);
    }
    free(shown);
}

/* Raises the error at the rule's line in the script, if the script contains that line; otherwise at
 * the call. */
static int rules_error(lua_State *L, runtime_t *rt, const char *text, const ipf_error_t *error)
{
    int line, column;
    if (script_file_locate(rt->path, text, error, &line, &column)) {
        lua_pushfstring(L, "%s:%d:%d: %s", rt->path, line, column, error->message);
        push_underlined(L, text, strlen(text), error);
        return lua_error(L);
    }
    luaL_where(L, 1);
    lua_pushfstring(L, "in the rules, line %d, column %d: %s", error->line, error->column,
                    error->message);
    lua_concat(L, 2);
    push_underlined(L, text, strlen(text), error);
    return lua_error(L);
}

static int filter_file(lua_State *L, runtime_t *rt)
{
    ipf_error_t error;
    char path[PATH_MAX_TEXT], why[PATH_MAX_TEXT + 200];
    size_t length;
    lua_getfield(L, 2, "file");
    if (lua_type(L, -1) != LUA_TSTRING)
        return luaL_argerror(L, 2, "rules as a string, or { file = \"x.conf\" }");
    if (!script_file_beside(rt->path, lua_tostring(L, -1), path, sizeof(path), why, sizeof(why)))
        return luaL_error(L, "%s", why);
    if (rt->options->reads != NULL)
        rt->options->reads(rt->options->reads_arg, lua_tostring(L, -1));
    char *text = file_read(path, &length, why, sizeof(why));
    if (text == NULL)
        return luaL_error(L, "%s", why);
    luai_owed += RULES_WORK * length;
    int err = box_filter(rt->box, text, length, false, &error);
    if (err == EINVAL) {
        lua_pushfstring(L, "%s:%d:%d: %s", path, error.line, error.column, error.message);
        push_underlined(L, text, length, &error);
    }
    free(text);
    if (err == EINVAL)
        return lua_error(L);
    if (err != 0)
        return luaL_error(L, "%s: %s", path, errno_name(err));
    LUA_TRACE_CALL(rt, FILTER, .name = lua_tostring(L, -1));
    runtime_charge(L);
    return 0;
}

static int box_filter_verb(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:filter");
    ipf_error_t error;
    size_t length;
    if (lua_istable(L, 2))
        return filter_file(L, rt);
    const char *text = luaL_checklstring(L, 2, &length);
    lua_work(L, RULES_WORK * length);
    int err = box_filter(rt->box, text, length, true, &error);
    if (err == EINVAL)
        return rules_error(L, rt, text, &error);
    if (err != 0)
        return luaL_error(L, "box:filter: %s", errno_name(err));
    LUA_TRACE_CALL(rt, FILTER, .no_rules = length == 0);
    runtime_charge(L);
    return 0;
}

/* Adds the rules at 2 to those that are loaded, or removes them. */
static int change_rules(lua_State *L, const char *verb, trace_verb_t call,
                        int (*change)(ipf_stack_t *ifs, const char *text, size_t length,
                                      ipf_error_t *error))
{
    runtime_t *rt = lua_check_runtime(L, verb);
    ipf_error_t error;
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    lua_work(L, RULES_WORK * length);
    int err = change(rt->box->ifs, text, length, &error);
    if (err == EINVAL)
        return rules_error(L, rt, text, &error);
    if (err != 0)
        return luaL_error(L, "%s: %s", verb, errno_name(err));
    lua_trace_call(rt, (trace_call_t){.verb = call});
    runtime_charge(L);
    return 0;
}

static int box_ipf_add(lua_State *L)
{
    return change_rules(L, "box:ipf_add", TRACE_VERB_IPF_ADD, ipf_add);
}

static int box_ipf_remove(lua_State *L)
{
    return change_rules(L, "box:ipf_remove", TRACE_VERB_IPF_REMOVE, ipf_remove);
}

/* ---- modes and eras ---- */

static int box_reply_mode(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:reply_mode");
    const char *name = luaL_checkstring(L, 2);
    ipf_reply_mode_t mode;
    if (!reply_mode_find(name, &mode))
        return lua_unknown_name(L, 2, "reply mode", reply_mode_names);
    bool forced = rt->options->forced_mode != NULL;
    if (!forced)
        box_set_reply_mode(rt->box, mode);
    LUA_TRACE_CALL(rt, REPLY_MODE, .name = name, .overridden = forced);
    return 0;
}

/* An option of an era: a number from `low` to `high`. */
static unsigned era_option(lua_State *L, const char *name, lua_Integer otherwise, lua_Integer high)
{
    int is_integer;
    if (lua_getfield(L, 3, name) == LUA_TNIL)
        return (unsigned)otherwise;
    lua_Integer value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer || value < 0 || value > high)
        luaL_error(L, "box:era: '%s' is an integer from 0 to %d", name, (int)high);
    return (unsigned)value;
}

static int box_era(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:era");
    const char *name = luaL_checkstring(L, 2);
    const era_t *era = era_find(name);
    if (era == NULL)
        return lua_unknown_name(L, 2, "era", era_names);
    bool more = !lua_isnoneornil(L, 3);
    if (more && !era->has_syn_options)
        return luaL_error(L, "box:era: the era '%s' has no options", name);
    bool forced = rt->options->forced_era != NULL;
    LUA_TRACE_CALL(rt, ERA, .name = name, .overridden = forced);
    if (forced)
        return 0;
    box_set_era(rt->box, era);
    if (more) {
        unsigned retries = era_option(L, "syn_retries", 6, ERA_SYN_RETRIES_MAX);
        box_set_syns(rt->box, retries, era_option(L, "syn_linear", 4, ERA_SYN_LINEAR_MAX));
    }
    return 0;
}

/* ---- time and processes ---- */

static int box_now_verb(lua_State *L)
{
    runtime_t *rt = runtime_of(L);
    assert(rt != NULL); /* a box is there in a test only */
    lua_pushnumber(L, (lua_Number)box_now(rt->box) / US_PER_S);
    return 1;
}

static int sleep_k(lua_State *L, int status, lua_KContext context)
{
    (void)L;
    (void)status;
    (void)context;
    return 0;
}

static int box_sleep(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:sleep");
    process_check_wait(L, "box:sleep");
    uint64_t us = lua_check_seconds(L, 2);
    uint64_t unused;
    process_end_call(rt, &unused); /* not traced: it always takes as long as the script says */
    LUA_TRACE_CALL(rt, SLEEP, .sleep_us = us);
    return process_sleep(rt, L, box_now(rt->box) + us, sleep_k);
}

static int settle_k(lua_State *L, int status, lua_KContext context);

/* Until nothing is left to run at this instant but processes that wait for just that. */
static int settle(runtime_t *rt, lua_State *L)
{
    if (!vclock_has_more_due(rt->box->clock, rt->settling))
        return 0;
    rt->settling++;
    return process_sleep_last(rt, L, settle_k);
}

static int settle_k(lua_State *L, int status, lua_KContext context)
{
    runtime_t *rt = runtime_of(L);
    (void)status;
    (void)context;
    rt->settling--;
    return settle(rt, L);
}

static int box_settle(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:settle");
    uint64_t unused;
    process_check_wait(L, "box:settle");
    process_end_call(rt, &unused); /* not traced: it takes no time */
    return settle(rt, L);
}

static int box_spawn(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:spawn");
    const char *name = lua_check_name(L, 2, "box:spawn");
    lua_settop(L, 3);
    process_t **process = sandbox_new_object(L, sizeof(process_t *));
    luaL_setmetatable(L, PROCESS_TYPE);
    lua_insert(L, 3);
    *process = process_spawn(rt, L, name, 0);
    lua_settop(L, 3);
    return 1;
}

static int join_k(lua_State *L, int status, lua_KContext context)
{
    (void)status;
    (void)context;
    process_t **process = luaL_checkudata(L, 1, PROCESS_TYPE);
    if (process_is_done(*process)) {
        int results = process_push_results(L, *process);
        return results;
    }
    return process_wait(runtime_of(L), L, *process, "process:join", 0, join_k);
}

static int process_join(lua_State *L)
{
    lua_check_runtime(L, "process:join");
    process_check_wait(L, "process:join");
    return join_k(L, LUA_OK, 0);
}

/* ---- counters and numbers ---- */

static void set_counter(lua_State *L, const char *name, uint64_t value)
{
    lua_pushinteger(L, (lua_Integer)value);
    lua_setfield(L, -2, name);
}

/* One direction, under the names of the kstats "ipf:inbound" and "ipf:outbound". */
static void push_direction(lua_State *L, const filterstats_t *st)
{
    lua_newtable(L);
    set_counter(L, "pass", st->fr_pass);
    set_counter(L, "block", st->fr_block);
    set_counter(L, "nomatch", st->fr_nom);
    set_counter(L, "short", st->fr_short);
    set_counter(L, "pass_logged", st->fr_ppkl);
    set_counter(L, "block_logged", st->fr_bpkl);
    set_counter(L, "nomatch_logged", st->fr_npkl);
    set_counter(L, "return_sent", st->fr_ret);
}

static int box_counters(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:counters");
    box_show_counters(rt->box);
    const friostat_t *stats = ipf_stats(rt->box->ifs);
    const ip_stats_t *ip = ip_stack_stats(rt->box->ips);
    lua_newtable(L);
    push_direction(L, &stats->f_st[0]);
    lua_setfield(L, -2, "inbound");
    push_direction(L, &stats->f_st[1]);
    lua_setfield(L, -2, "outbound");
    set_counter(L, "fastroute_successes", stats->f_froute[0]);
    set_counter(L, "fastroute_failures", stats->f_froute[1]);
    set_counter(L, "loopback_packets", ip->loopback_packets);
    set_counter(L, "in_discards", ip->in_discards);
    set_counter(L, "out_discards", ip->out_discards);
    set_counter(L, "resets_sent", ip->resets_sent);
    set_counter(L, "resets_limited", ip->resets_limited);
    set_counter(L, "icmp_sent", ip->icmp_sent);
    set_counter(L, "icmp_limited", ip->icmp_limited);
    set_counter(L, "icmp_cksum_errors", ip->icmp_cksum_errors);
    set_counter(L, "fused_bytes", ip->fused_bytes);
    set_counter(L, "depth_max", ip->depth_max);
    return 1;
}

static int box_rand(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:rand");
    lua_Integer low = luaL_optinteger(L, 2, 0), high = luaL_optinteger(L, 3, UINT32_MAX);
    if (low > high || (lua_Unsigned)high - (lua_Unsigned)low > UINT32_MAX)
        luaL_argerror(L, 3, "box:rand(low, high) takes two integers at most 2^32 - 1 apart");
    uint64_t span = (uint64_t)high - (uint64_t)low + 1;
    lua_pushinteger(L, low + (lua_Integer)(ip_stack_random(rt->box->ips) % span));
    return 1;
}

/* ---- switches ---- */

static int box_snoop(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:snoop");
    const char *name = luaL_checkstring(L, 2);
    if (strcmp(name, "lo0") != 0)
        return luaL_error(L, "box:snoop: only \"lo0\" is modelled, not '%s'", name);
    bool open = lua_isnoneornil(L, 3) || lua_toboolean(L, 3);
    ip_stack_set_snoop(rt->box->ips, open);
    LUA_TRACE_CALL(rt, SNOOP, .on = open);
    return 0;
}

static int box_fusion(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:fusion");
    ip_stack_set_fusion(rt->box->ips, lua_toboolean(L, 2));
    LUA_TRACE_CALL(rt, FUSION, .on = lua_toboolean(L, 2));
    return 0;
}

static int box_rewrite_any_segment(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:rewrite_any_segment");
    ipf_set_rewrite_any(rt->box->ifs, lua_toboolean(L, 2));
    LUA_TRACE_CALL(rt, REWRITE_ANY, .on = lua_toboolean(L, 2));
    return 0;
}

/* ---- notes ---- */

#define NOTE_MAX 900 /* it fits into a line of the timeline */

/* What a note costs of the budget of instructions: it is an event, and is not free. */
#define NOTE_WORK 10

static int box_note(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:note");
    size_t length;
    const char *text = luaL_checklstring(L, 2, &length);
    if (length > NOTE_MAX)
        luaL_argerror(L, 2, "box:note takes at most 900 bytes");
    if (memchr(text, '\n', length) != NULL)
        luaL_argerror(L, 2, "box:note takes one line of text");
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)text[i] < ' ')
            luaL_argerror(L, 2, "box:note takes text without tabs and other control characters");
    }
    luai_owed += NOTE_WORK;
    trace_note(rt->box->trace, TRACE_NOTE_TEXT, text, 0, 0);
    return 0;
}

void lua_box_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"filter", box_filter_verb, "rules: string|{file}"},
        {"ipf_add", box_ipf_add, "rules: string"},
        {"ipf_remove", box_ipf_remove, "rules: string"},
        {"reply_mode", box_reply_mode, "name: string"},
        {"era", box_era, "name: string, options?: {syn_retries syn_linear}"},
        {"spawn", box_spawn, "name: string, fn: function"},
        {"now", box_now_verb, ""},
        {"sleep", box_sleep, "seconds: number"},
        {"settle", box_settle, ""},
        {"snoop", box_snoop, "interface: string, open?: boolean"},
        {"fusion", box_fusion, "on: boolean"},
        {"rewrite_any_segment", box_rewrite_any_segment, "on: boolean"},
        {"counters", box_counters, ""},
        {"rand", box_rand, "low?: number, high?: number"},
        {"note", box_note, "text: string"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t process_verbs[] = {
        {"join", process_join, ""},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
    sandbox_add_verbs(L, PROCESS_TYPE, "process", ':', process_verbs);
}
