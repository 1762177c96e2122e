/* SPDX-License-Identifier: BSD-3-Clause
 *
 * All that belongs to a box, and to a script's Lua, comes from the memory that it was made in.
 */
#include "sim/core/box.h"
#include "sim/script/sandbox.h"

#include <lauxlib.h>
#include <lua.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
/* after what it needs */
#include <cmocka.h>

/* An arena: blocks are handed out one after the other and never again. What malloc() gives is told
 * apart from it by its address. */
typedef struct arena {
    uint8_t *bytes;
    size_t used, size;
    size_t blocks; /* handed out and not yet given back */
} arena_t;

#define ARENA_SIZE ((size_t)64 << 20)
#define HEAD       16u

static void *arena_alloc(void *arg, size_t size)
{
    arena_t *arena = arg;
    size_t whole = HEAD + (size + 15) / 16 * 16;
    if (arena->used + whole > arena->size)
        return NULL;
    uint8_t *block = arena->bytes + arena->used;
    memcpy(block, &size, sizeof(size));
    arena->used += whole;
    arena->blocks++;
    return block + HEAD;
}

static void arena_free(void *arg, void *block)
{
    arena_t *arena = arg;
    assert_true((uint8_t *)block > arena->bytes);
    assert_true((uint8_t *)block < arena->bytes + arena->used);
    arena->blocks--;
}

static void *arena_realloc(void *arg, void *block, size_t size)
{
    size_t before = 0;
    void *moved = arena_alloc(arg, size);
    if (block == NULL || moved == NULL)
        return moved;
    memcpy(&before, (uint8_t *)block - HEAD, sizeof(before));
    memcpy(moved, block, before < size ? before : size);
    arena_free(arg, block);
    return moved;
}

static memory_t memory_in(arena_t *arena)
{
    *arena = (arena_t){.bytes = aligned_alloc(16, ARENA_SIZE), .size = ARENA_SIZE};
    assert_non_null(arena->bytes);
    return (memory_t){.me_alloc = arena_alloc,
                      .me_realloc = arena_realloc,
                      .me_free = arena_free,
                      .me_arg = arena};
}

static const char rules[] =
    "block return-rst in on lo0 proto tcp from any to any port = 22\n"
    "block return-icmp(port-unr) in log on lo0 proto tcp from any to any port = 23\n"
    "pass in on lo0 proto tcp from any to any port = 80 flags S keep state keep frags\n"
    "block in on lo0 proto udp from any to any port = 1 head 10\n"
    "pass in on lo0 proto udp from any to 127.0.0.1 port = 1 group 10\n";

static void use(box_t *box)
{
    static const uint16_t ports[] = {22, 23, 80, 81};
    in6_addr_t localhost = ip_address_loopback(AF_INET), peer;
    ipf_error_t error;
    ip_stack_t *remote;
    assert_int_equal(box_filter(box, rules, strlen(rules), true, &error), 0);
    for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
        box_connect(box, &localhost, ports[i], ports[i] == 80);
    assert_true(ip_address_parse("192.168.1.20", &peer));
    assert_null(box_add_remote(box, &peer, "peer", 250, 1000000000, &remote));
    box_connect(box, &peer, 80, false);
}

static void a_box_lives_in_the_memory_that_it_was_made_in(void **state)
{
    (void)state;
    arena_t arena;
    memory_t memory = memory_in(&arena);
    box_t *first = box_create_in(&memory, memory_of_process(), 1, NULL, 0);
    use(first); /* what the C library keeps for itself it has now */
    size_t before = mallinfo2().uordblks;
    box_t *box = box_create_in(&memory, memory_of_process(), 2, NULL, 0);
    use(box);
    /* The trace is an observer's, and the box has one though nobody asked for events. */
    assert_true(mallinfo2().uordblks - before < 4096);
    assert_true(arena.blocks > 20);
    box_destroy(box);
    box_destroy(first);
    assert_int_equal(arena.blocks, 0);
    free(arena.bytes);
}

static void so_does_a_scripts_lua(void **state)
{
    (void)state;
    arena_t arena;
    memory_t memory = memory_in(&arena);
    size_t before = mallinfo2().uordblks;
    sandbox_t *sandbox = sandbox_create(&(sandbox_options_t){.memory = &memory, .seed = 1});
    assert_non_null(sandbox);
    lua_State *L = sandbox_lua(sandbox);
    assert_int_equal(luaL_dostring(L, "t = {} for i = 1, 1000 do t[i] = ('x'):rep(i) end"), LUA_OK);
    assert_true(mallinfo2().uordblks - before < 4096);
    assert_true(arena.blocks > 1000);
    sandbox_destroy(sandbox);
    assert_int_equal(arena.blocks, 0);
    free(arena.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_box_lives_in_the_memory_that_it_was_made_in),
        cmocka_unit_test(so_does_a_scripts_lua),
    };
    return cmocka_run_group_tests_name("sim/memory", tests, NULL, NULL);
}
