/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Checks the leak check: takes one of each thing that is counted without returning it, and the
 * check names it.
 */
#include "stack/ip_impl.h"
#include "tests/stack/host.h"

#include "lwip/mem.h"
#include "lwip/memp.h"
#include "lwip/stats.h"

static const char *leak_of(host_t *host)
{
    static char leak[200];
    leak[0] = '\0';
    return ip_stack_drain(host->ips, leak, sizeof(leak)) ? "nothing" : leak;
}

static void a_host_that_did_nothing_leaks_nothing(void **state)
{
    assert_string_equal(leak_of(*state), "nothing");
}

static void a_host_that_talked_leaks_nothing(void **state)
{
    host_t *host = *state;
    sonode_t *listener, *client, *server;
    connect_pair(host, &listener, &client, &server);
    assert_string_equal(leak_of(host), "nothing");
}

static void a_packet_that_nobody_frees_is_a_leak(void **state)
{
    mblk_t *one = allocb(20), *two = allocb(20);
    assert_string_equal(leak_of(*state), "2 packets, 0 bytes of lwIP's heap, pool none");
    freemsg(one);
    assert_string_equal(leak_of(*state), "1 packets, 0 bytes of lwIP's heap, pool none");
    freemsg(two);
    assert_string_equal(leak_of(*state), "nothing");
}

static void *take_heap(host_t *host, size_t size)
{
    stack_enter(host->ips);
    void *block = mem_malloc((mem_size_t)size);
    stack_leave(host->ips);
    assert_non_null(block);
    return block;
}

static void give_heap(host_t *host, void *block)
{
    stack_enter(host->ips);
    mem_free(block);
    stack_leave(host->ips);
}

static void a_block_of_lwips_heap_that_nobody_frees_is_a_leak(void **state)
{
    host_t *host = *state;
    unsigned packets = 0;
    unsigned long bytes = 0;
    char pool[20] = "";
    void *block = take_heap(host, 100);
    assert_int_equal(sscanf(leak_of(host), "%u packets, %lu bytes of lwIP's heap, pool %19s",
                            &packets, &bytes, pool),
                     3);
    assert_int_equal(packets, 0);
    assert_true(bytes >= 100 && bytes < 200);
    assert_string_equal(pool, "none");
    give_heap(host, block);
    assert_string_equal(leak_of(host), "nothing");
}

/* Each pool by itself: a sum that leaves one out would miss it. */
static void a_block_of_any_pool_that_nobody_frees_is_a_leak_of_that_pool(void **state)
{
    host_t *host = *state;
    for (int pool = 0; pool < MEMP_MAX; pool++) {
        char expected[100];
        stack_enter(host->ips);
        void *block = memp_malloc((memp_t)pool);
        snprintf(expected, sizeof(expected), ", pool %s", lwip_stats.memp[pool]->name);
        stack_leave(host->ips);
        assert_non_null(block);
        const char *leak = leak_of(host), *name = strstr(leak, ", pool ");
        assert_string_equal(name != NULL ? name : leak, expected);
        stack_enter(host->ips);
        memp_free((memp_t)pool, block);
        stack_leave(host->ips);
        assert_string_equal(leak_of(host), "nothing");
    }
}

static void a_leak_in_one_host_is_not_another_hosts(void **state)
{
    host_t *host = *state;
    char leak[200];
    add_wire(host, 1000, 0);
    void *block = take_heap(host, 100);
    assert_true(ip_stack_drain(host->remote, leak, sizeof(leak)));
    assert_false(ip_stack_drain(host->ips, leak, sizeof(leak)));
    give_heap(host, block);
}

int main(void)
{
#define test(name) cmocka_unit_test_setup_teardown(name, host_setup, host_teardown)
    const struct CMUnitTest tests[] = {
        test(a_host_that_did_nothing_leaks_nothing),
        test(a_host_that_talked_leaks_nothing),
        test(a_packet_that_nobody_frees_is_a_leak),
        test(a_block_of_lwips_heap_that_nobody_frees_is_a_leak),
        test(a_block_of_any_pool_that_nobody_frees_is_a_leak_of_that_pool),
        test(a_leak_in_one_host_is_not_another_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
