/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The verbs that show the filter as its commands (ipfstat, ipmon) do.
 */
#include "filter/ipfstat.h"
#include "sim/base/text.h"
#include "sim/script/lua_verb.h"
#include "sim/view/ipf_text.h"

#include <lcount.h>
#include <stdlib.h>
#include <string.h>

/* Options as on a command line: "-hio", "-h -io", or nothing. */
static void take_options(lua_State *L, const char *verb,
                         bool (*take)(void *options, char letter, char *error, size_t size),
                         void *options)
{
    char error[LUA_MESSAGE_ROOM];
    const char *text = luaL_optstring(L, 2, "");
    for (const char *at = text; *at != '\0'; at++) {
        bool begins = at == text || at[-1] == ' ';
        if (*at == ' ')
            continue;
        if (begins && (*at != '-' || at[1] == ' ' || at[1] == '\0'))
            luaL_error(L, "%s: options are written as on a command line, such as \"-io\"", verb);
        if (!begins && !take(options, *at, error, sizeof(error)))
            luaL_error(L, "%s: %s", verb, error);
    }
}

static bool take_ipfstat(void *options, char letter, char *error, size_t size)
{
    return ipfstat_option(options, letter, error, size);
}

static bool take_ipmon(void *options, char letter, char *error, size_t size)
{
    return ipmon_option(options, letter, error, size);
}

/* What a byte of a report costs of the budget of instructions. */
#define TEXT_WORK 4

static int box_ipfstat(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:ipfstat");
    box_show_counters(rt->box);
    ipfstat_options_t options = {0};
    char error[LUA_MESSAGE_ROOM], *text = NULL;
    size_t size;
    take_options(L, "box:ipfstat", take_ipfstat, &options);
    if (!ipfstat_options_done(&options, error, sizeof(error)))
        return luaL_error(L, "box:ipfstat: %s", error);
    FILE *out = text_open(&text, &size);
    ipfstat_write(rt->box->ifs, &options, out, ""); /* as on a terminal */
    fclose(out);
    lua_pushlstring(L, text, size);
    free(text);
    lua_work(L, TEXT_WORK * size);
    return 1;
}

static int box_ipmon(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:ipmon");
    unsigned how = 0;
    char *text = NULL;
    size_t size;
    take_options(L, "box:ipmon", take_ipmon, &how);
    FILE *out = text_open(&text, &size);
    ipmon_write(rt->box->ifs, how, out);
    fclose(out);
    lua_pushlstring(L, text, size);
    free(text);
    lua_work(L, TEXT_WORK * size);
    return 1;
}

static void set_text(lua_State *L, const char *name, const char *text)
{
    lua_pushstring(L, text);
    lua_setfield(L, -2, name);
}

static void set_number(lua_State *L, const char *name, uint64_t number)
{
    lua_pushinteger(L, (lua_Integer)number);
    lua_setfield(L, -2, name);
}

/* Appends a state to the list on the top of the stack. */
static void push_state(void *arg, const ipfstat_state_t *state)
{
    lua_State *L = arg;
    char text[IPF_RULE_TEXT_MAX];
    lua_createtable(L, 0, 14);
    set_text(L, "proto", state->proto);
    set_text(L, "src", state->src);
    set_text(L, "dst", state->dst);
    set_number(L, "sport", state->sport);
    set_number(L, "dport", state->dport);
    set_text(L, "verdict", state->block ? "block" : "pass");
    ipf_rule_text(state->rule, text, sizeof(text));
    set_text(L, "rule", text);
    lua_pushnumber(L, (double)state->left_us / 1e6);
    lua_setfield(L, -2, "ttl");
    snprintf(text, sizeof(text), "%X/%X", state->tcp[0], state->tcp[1]);
    set_text(L, "state", text);
    set_number(L, "packets", state->packets[0]);
    set_number(L, "bytes", state->bytes[0]);
    set_number(L, "packets_back", state->packets[1]);
    set_number(L, "bytes_back", state->bytes[1]);
    lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

/* The state table, oldest entry first. */
static int box_states(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:states");
    box_show_counters(rt->box);
    lua_newtable(L);
    if (ipfstat_each_state(rt->box->ifs, push_state, L) != 0)
        return luaL_error(L, "box:states: out of memory");
    return 1;
}

/* Sets which packets are logged without a rule's `log`: `ipf -l`. */
static int box_ipf_log(lua_State *L)
{
    static const char *const words[] = {"pass", "block", "nomatch"};
    static const uint32_t bits[] = {FF_LOGPASS, FF_LOGBLOCK, FF_LOGNOMATCH};
    runtime_t *rt = lua_check_runtime(L, "box:ipf_log");
    uint32_t flags = 0;
    for (int i = 2; i <= lua_gettop(L); i++) {
        const char *word = luaL_checkstring(L, i);
        size_t which = 0;
        while (which < 3 && strcmp(words[which], word) != 0)
            which++;
        if (which == 3)
            return luaL_error(L, "box:ipf_log takes 'pass', 'block' and 'nomatch', not '%s'", word);
        flags |= bits[which];
    }
    ipf_set_log_flags(rt->box->ifs, flags);
    return 0;
}

void lua_ipf_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"ipfstat", box_ipfstat, "options?: string"},
        {"ipmon", box_ipmon, "options?: string"},
        {"states", box_states, ""},
        {"ipf_log", box_ipf_log, "...: string"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
}
