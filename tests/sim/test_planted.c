/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Bugs that a script cannot have, planted in the stack and the filter: each needs a fault to show,
 * and is found, by the placement of all faults and by chance, with two faults at most.
 */
#include "sim/explore/explore.h"
#include "sim/explore/shrink.h"
#include "sim/script/lua_socket.h"
#include "stack/neti.h"
#include "stack/sonode.h"
#include "tests/temporary.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- the bugs, as globals of the scripts ---- */

static box_t *box_of(lua_State *L)
{
    return runtime_of(L)->box;
}

/* leak(): a packet that nobody frees. */
static int leak(lua_State *L)
{
    assert_non_null(allocb_from(box_of(L)->memory, 10));
    return 0;
}

/* miscount(): a packet that the filter counts and never saw. */
static int miscount(lua_State *L)
{
    friostat_t *stats = (friostat_t *)(uintptr_t)ipf_stats(box_of(L)->ifs);
    stats->f_st[0].fr_pass++;
    return 0;
}

static sonode_t *sonode_at(lua_State *L, int arg)
{
    return ((lua_socket_t *)luaL_checkudata(L, arg, LUA_SOCKET_TYPE))->so;
}

static ip_event_t other_end;

static void end_other(void *arg, err_t error)
{
    (void)arg;
    (void)error;
    ip_emit(stack_entered(), &other_end);
}

/* cross(a, b): what ends a's endpoint ends b's. */
static int cross(lua_State *L)
{
    const sonode_t *a = sonode_at(L, 1), *b = sonode_at(L, 2);
    other_end = (ip_event_t){
        .kind = IP_EV_ERRNO, .local = b->so_local, .remote = b->so_remote, .error = ECONNRESET};
    if (a->so_pcb != NULL)
        a->so_pcb->errf = end_other;
    return 0;
}

static struct tcp_pcb doomed;

static void answer(void *arg, err_t error)
{
    (void)arg;
    (void)error;
    tcp_rst(&doomed, doomed.snd_nxt, doomed.rcv_nxt, &doomed.local_ip, &doomed.remote_ip,
            doomed.local_port, doomed.remote_port);
}

/* quarrel(sock): a RST for this endpoint is answered by a RST. */
static int quarrel(lua_State *L)
{
    struct tcp_pcb *pcb = sonode_at(L, 1)->so_pcb;
    if (pcb == NULL)
        return 0;
    doomed = *pcb;
    pcb->errf = answer;
    return 0;
}

/* Without a checksum, whatever is sent later than at the beginning. */
static int on_packet(hook_event_token_t token, hook_data_t data, void *arg)
{
    hook_pkt_event_t *info = data;
    mblk_t *mp = *info->hpe_mp;
    (void)token;
    (void)arg;
    if (net_now(info->hpe_protocol) > 0 && mp->b_rptr[33] == (0x12))
        memset(mp->b_rptr + 36, 0, 2);
    return 0;
}

/* spoil(): SYN|ACKs have no checksum once time has passed. */
static int spoil(lua_State *L)
{
    static hook_t hook;
    hook = (hook_t){.h_version = HOOK_VERSION, .h_func = on_packet, .h_name = "spoiler"};
    assert_int_equal(
        net_hook_register(ip_stack_net(box_of(L)->ips, NHF_INET), NH_LOOPBACK_OUT, &hook), 0);
    return 0;
}

static void extend(lua_State *L)
{
    static const luaL_Reg functions[] = {{"leak", leak},   {"miscount", miscount},
                                         {"cross", cross}, {"quarrel", quarrel},
                                         {"spoil", spoil}, {NULL, NULL}};
    lua_pushglobaltable(L);
    for (const luaL_Reg *f = functions; f->name != NULL; f++) {
        lua_pushstring(L, f->name);
        lua_pushcfunction(L, f->func);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
}

/* ---- each is found ---- */

#define CONNECTED                                                                                  \
    "box:fusion(false)\n"                                                                          \
    "box:spawn('server', function()\n"                                                             \
    "  local listener = box:listen(80)\n"                                                          \
    "  local first, second = listener:accept(), listener:accept()\n"                               \
    "  box:sleep(1); first:close(); box:sleep(200)\n"                                              \
    "end)\n"                                                                                       \
    "local a, b = box:connect('127.0.0.1', 80), box:connect('127.0.0.1', 80)\n"                    \
    "if not (a and b) then return end\n"                                                           \
    "a:send('x')\n"

static const struct {
    const char *name, *body, *said;
} rows[] = {
    {"a leak", "box:connect('127.0.0.1', 80); if box:now() > 0 then leak() end", "leaked: "},
    {"counters that do not add up",
     "box:filter('pass in all'); local syns = 0\n"
     "box:hook('LOOPBACK_IN', function(p) if p.flags == 'S' then syns = syns + 1 end end)\n"
     "box:connect('127.0.0.1', 80); if syns > 1 then miscount() end; box:sleep(1)",
     "the filter was asked about"},
    {"a checksum that is missing",
     "spoil(); box:spawn('server', function() box:listen(80):accept() end)\n"
     "expect.ok(box:connect('127.0.0.1', 80))",
     "expect.ok failed"},
    {"another's endpoint is ended", CONNECTED "if box:now() > 0 then cross(a, b) end; box:sleep(9)",
     "has ended another endpoint"},
    {"a RST is answered by a RST", CONNECTED "if box:now() > 0 then quarrel(a) end; box:sleep(9)",
     "a RST is answered by a RST"},
};

static void write_script(const char *path, const char *body)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "test('planted', function(box)\n%s\nend)\n", body);
    fclose(out);
}

/* Explores, and checks what is found. */
static void find(size_t row, trial_engine_t engine, uint64_t random)
{
    const char *path = temporary_path("planted.lua");
    char error[1000], text[OUTCOME_EXAMPLE_MAX];
    fault_list_t *faults = calloc(1, sizeof(*faults));
    explore_state_t state = {.level = 0};
    explore_options_t options = {
        .trial = {.path = path,
                  .kinds = KINDS_DEFAULT,
                  .places = TRIAL_PLACES,
                  .engine = engine,
                  .merge = true,
                  .script = {.seed = 1,
                             .extend = extend,
                             .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX,
                                        .virtual_us = BOX_VIRTUAL_US_MAX}}},
        .faults = 2,
        .jobs = 1,
        .random = random,
        .random_seed = 1};
    write_script(path, rows[row].body);
    trial_t *trial = trial_open(&options.trial, error, sizeof(error));
    if (trial == NULL)
        fail_msg("%s: %s", rows[row].name, error);
    options.trial.test = script_test_name(trial_script(trial), 0);
    trial_choose(trial, 0);
    explore_run(trial, &options, &state);
    const outcome_t *found = explore_violation(&options, &state);
    if (found == NULL || strstr(found->text, rows[row].said) == NULL || found->first == 0)
        fail_msg("%s: %s", rows[row].name, found != NULL ? found->text : "not found");
    strcpy(text, found->example);
    assert_true(shrink_read(text, faults));
    if (random > 0)
        shrink(trial, faults, found->status);
    assert_in_range(faults->count, 1, 2);
    explore_fini(&state);
    trial_close(trial);
    free(faults);
}

static void each_is_found_with_two_faults_at_most(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        find(i, TRIAL_SNAPSHOT, 0);
        find(i, TRIAL_RELOAD, 0);
    }
}

static void each_is_found_by_chance_and_made_short(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        find(i, TRIAL_SNAPSHOT, 300);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_found_with_two_faults_at_most),
        cmocka_unit_test(each_is_found_by_chance_and_made_short),
    };
    return cmocka_run_group_tests_name("sim/planted", tests, NULL, NULL);
}
