/* SPDX-License-Identifier: BSD-3-Clause
 *
 * No memory: each allocation of a job is refused in turn, until the job needs no more. What cannot
 * be done then is refused as a whole, nothing changes, and no block stays behind, counted or not.
 * The linker puts __wrap_malloc() and its like in the place of malloc(): see CMakeLists.txt.
 */
#include "filter/fr_check.h"
#include "filter/fr_impl.h"
#include "filter/fr_prove.h"
#include "filter/fr_verdict.h"
#include "filter/ip_lookup.h"
#include "filter/ipf_check.h"
#include "filter/ipf_hosts.h"
#include "filter/ipfstat.h"
#include "tests/filter/packet.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* ---- allocations that fail ---- */

static long granted = -1; /* how many are still granted; -1: all */
static bool was_refused;
static bool only_one; /* after one refusal all are granted again */
static long blocks;   /* that are in use */

static bool grant(void)
{
    if (granted < 0)
        return true;
    if (granted > 0) {
        granted--;
        return !was_refused;
    }
    if (only_one && was_refused)
        return true;
    was_refused = true;
    return false;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static void *counted(void *block)
{
    blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return grant() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return grant() ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *block, size_t size)
{
    if (!grant())
        return NULL;
    return block == NULL ? counted(__real_realloc(block, size)) : __real_realloc(block, size);
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

/* Runs a job again and again; each time one more allocation is granted, and the next one is
 * refused, or all that follow. The job asks was_refused what it must have done. */
static void sweep_so(void (*job)(long n), long least, bool one)
{
    only_one = one;
    long n = 0;
    do {
        long before = blocks;
        was_refused = false;
        job(n);
        granted = -1;
        assert_int_equal(blocks, before);
        for (size_t kind = 0; kind < MEMORY_KINDS; kind++)
            assert_int_equal(memory_of_process()->me_held[kind], 0);
        n++;
    } while (was_refused);
    assert_true(n > least);
}

static void sweep(void (*job)(long n), long least)
{
    sweep_so(job, least, false);
    sweep_so(job, least, true);
}

static void refuse_after(long n)
{
    granted = n;
}

static void refuse_nothing(void)
{
    granted = -1;
}

/* ---- jobs ---- */

static const char *verdict_of(ipf_stack_t *ifs, bool out, const packet_t *packet)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    mblk_t *m = packet_make(packet);
    const char *verdict = fr_verdict(ifs, &qpi, out, m);
    freemsg(m);
    return verdict;
}

static const packet_t syn = {0};

/* All that needs memory: macros, continued words, lists, groups, rare clauses, tables in rules, and
 * more rules than one block has. */
static const char *rules(void)
{
    static char text[8000];
    size_t at =
        (size_t)sprintf(text, "%s",
                        "net = \"10.0.0.0/8\";\n"
                        "pass in quick proto tcp from { 127.0.0\\\n.1, $net } to any port = "
                        "{ 22, 23 } keep state (icmp-head e) head a comment \"why\"\n"
                        "block in proto udp all group a\n"
                        "block in proto icmp all group e\n"
                        "block in from pool = ( 10.1.0.0/16, !10.1.1.1 ) to any\n"
                        "pass out quick on lo\\\n0 all head b set-tag(log=1)\n"
                        "count in all\n");
    for (int i = 0; i < 80; i++)
        at += (size_t)sprintf(text + at, "block in proto udp from any port = %d to 10.%d.0.0/16\n",
                              i + 1, i);
    return text;
}

static void load_rules(long n)
{
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    assert_int_equal(ipf_load(ifs, "block return-rst in all", 23, NULL, &error), 0);
    refuse_after(n);
    int result = ipf_load_all(ifs, rules(), strlen(rules()), 0, &error);
    refuse_nothing();
    if (!was_refused && result != 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    assert_int_equal(result, was_refused && result != 0 ? ENOMEM : 0);
    assert_string_equal(verdict_of(ifs, false, &syn), result != 0 ? "block return-rst" : "pass");
    ipf_destroy(ifs);
}

static void rules_are_loaded_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    sweep(load_rules, 50);
}

static void add_rules(long n)
{
    static const char first[] = "block return-rst in all\nblock in all head x\npass out all";
    static const char more[] = "@1 pass in quick proto tcp all keep state head y\n"
                               "pass in quick on lo0 all group y\n"
                               "pass in all group x\nblock out quick proto 17 all head z";
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    assert_int_equal(ipf_load(ifs, first, strlen(first), NULL, &error), 0);
    refuse_after(n);
    int result = ipf_add(ifs, more, strlen(more), &error);
    refuse_nothing();
    if (!was_refused && result != 0)
        fail_msg("%d:%d: %s", error.line, error.column, error.message);
    assert_int_equal(result, was_refused && result != 0 ? ENOMEM : 0);
    assert_string_equal(verdict_of(ifs, false, &syn), result != 0 ? "block" : "pass");
    assert_string_equal(verdict_of(ifs, true, &(packet_t){.proto = 17}),
                        result != 0 ? "pass" : "block");
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17}),
                        result != 0 ? "block" : "pass");
    ipf_destroy(ifs);
}

/* Those that were added before the one for which there is no memory are taken out again. */
static void rules_are_added_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    sweep(add_rules, 10);
}

static char *many_rules(int count)
{
    static char text[40000];
    size_t at = 0;
    for (int i = 0; i < count; i++)
        at += (size_t)sprintf(text + at, "pass in quick proto udp from any to any port = %d\n",
                              i + 1);
    return text;
}

/* A rule in the middle of as many as one block has: then there are two. */
static void add_in_the_middle(long n)
{
    static const char more[] = "@30 block in quick proto udp from any to any port = 5000";
    const packet_t inserted = {.proto = 17, .dport = 5000};
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    assert_int_equal(ipf_load(ifs, many_rules(64), strlen(many_rules(64)), NULL, &error), 0);
    refuse_after(n);
    int result = ipf_add(ifs, more, strlen(more), &error);
    refuse_nothing();
    assert_int_equal(result, was_refused && result != 0 ? ENOMEM : 0);
    assert_string_equal(verdict_of(ifs, false, &inserted), result != 0 ? "nomatch" : "block");
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17, .dport = 64}), "pass");
    ipf_destroy(ifs);
}

static void a_rule_is_inserted_in_the_middle_or_not_at_all(void **state)
{
    (void)state;
    sweep(add_in_the_middle, 4);
}

/* A list that has a classifier: if that cannot be kept, the list is walked. */
static void change_a_long_list(long n)
{
    static const char more[] = "block in quick proto udp from any to any port = 5000\n"
                               "block in quick from 10.0.0.0/8 to any\n"
                               "block in quick proto udp from any port = 7 to any";
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    int results[2] = {0};
    assert_int_equal(ipf_load(ifs, many_rules(40), strlen(many_rules(40)), NULL, &error), 0);
    refuse_after(n);
    results[0] = ipf_add(ifs, more, strlen(more), &error);
    if (results[0] == 0)
        results[1] = ipf_remove(ifs, more, strlen(more), &error);
    refuse_nothing();
    for (size_t i = 0; i < 2; i++)
        assert_true(results[i] == 0 || (was_refused && results[i] == ENOMEM));
    bool added = results[0] == 0 && results[1] != 0;
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17, .dport = 40}), "pass");
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17, .dport = 41}), "nomatch");
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17, .dport = 5000}),
                        added ? "block" : "nomatch");
    ipf_destroy(ifs);
}

static void a_long_list_is_walked_if_it_cannot_be_classified(void **state)
{
    (void)state;
    sweep(change_a_long_list, 10);
}

/* So many more that its questions are chosen anew, as it grows and as it shrinks. */
static const char *many_more_rules(void)
{
    static char text[60000];
    size_t at = 0;
    for (int i = 0; i < 160 && at < sizeof(text) - 100; i++)
        at += (size_t)sprintf(text + at,
                              i % 2 == 0 ? "block in quick proto udp from any to any port = %d\n"
                                         : "block in quick proto udp from 10.%d.0.0/16 to any\n",
                              i % 2 == 0 ? 1000 + i : i / 2);
    return text;
}

static void grow_a_list(long n)
{
    const char *more = many_more_rules();
    ipf_stack_t *ifs = ipf_create();
    ipf_error_t error;
    int results[2] = {0};
    assert_int_equal(ipf_load(ifs, many_rules(40), strlen(many_rules(40)), NULL, &error), 0);
    refuse_after(n);
    results[0] = ipf_add(ifs, more, strlen(more), &error);
    if (results[0] == 0)
        results[1] = ipf_remove(ifs, more, strlen(more), &error);
    refuse_nothing();
    for (size_t i = 0; i < 2; i++)
        assert_true(results[i] == 0 || (was_refused && results[i] == ENOMEM));
    const char *added = results[0] == 0 && results[1] != 0 ? "block" : "nomatch";
    for (int i = 0; i < 160; i += 38) {
        const packet_t to = {.proto = 17, .dport = 1000 + i};
        const packet_t from = {.proto = 17, .src = "10.19.0.1", .dport = 999};
        assert_string_equal(verdict_of(ifs, false, &to), added);
        assert_string_equal(verdict_of(ifs, false, &from), added);
    }
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17, .dport = 40}), "pass");
    ipf_destroy(ifs);
}

static void a_list_grows_and_shrinks_with_or_without_its_classifier(void **state)
{
    (void)state;
    sweep(grow_a_list, 50);
}

static void read_pools(long n)
{
    static char text[20000];
    ip_table_t *tables = NULL;
    ipf_error_t error;
    if (text[0] == '\0') {
        size_t at = (size_t)sprintf(text, "table role = ipf type = hash number = 1 { 10.0.0.1; };\n"
                                          "group-map in role = ipf number = 2 { 10.0.0.1/32, group "
                                          "= a; };\ntable role = ipf type = tree name = t {");
        for (int i = 0; i < 100; i++)
            at += (size_t)sprintf(text + at, "10.0.%d.0/24; ", i);
        sprintf(text + at, "};\n");
    }
    refuse_after(n);
    int result = ip_tables_parse(text, strlen(text), NULL, &tables, &error);
    refuse_nothing();
    assert_int_equal(result, was_refused ? ENOMEM : 0);
    assert_int_equal(tables != NULL, result == 0);
    if (tables != NULL) {
        refuse_after(n);
        char *lines = ip_table_text(tables->ipt_next->ipt_next, false);
        refuse_nothing();
        assert_true(lines != NULL || was_refused);
        free(lines);
    }
    ip_tables_free(tables);
}

static void print_pools(long n)
{
    ip_table_t *table = ip_table_create(NULL, IP_TREE);
    for (uint32_t i = 0; i < 100; i++)
        assert_true(ip_table_add(table, &(ip_node_t){.in_addr = {{i << 24}},
                                                     .in_mask = {{UINT32_MAX}},
                                                     .in_family = 4,
                                                     .in_bits = 32}));
    refuse_after(n);
    char *text = ip_table_text(table, false);
    refuse_nothing();
    assert_int_equal(text == NULL, was_refused);
    free(text);
    ip_table_drop(table);
}

static void pools_are_read_and_printed_whole_or_not_at_all(void **state)
{
    (void)state;
    sweep(read_pools, 5);
    sweep(print_pools, 1);
}

static void read_hosts(long n)
{
    static char text[2000];
    ipf_hosts_t hosts = {0};
    if (text[0] == '\0') {
        for (size_t i = 0, at = 0; i < 40; i++)
            at += (size_t)sprintf(text + at, "10.0.0.%zu h%zu\n", i, i);
    }
    refuse_after(n);
    int result = ipf_hosts_parse(text, strlen(text), &hosts, NULL);
    refuse_nothing();
    assert_int_equal(result, was_refused ? ENOMEM : 0);
    assert_int_equal(hosts.count, was_refused ? 0 : 40);
    ipf_hosts_fini(&hosts);
}

static void hosts_are_read_as_a_whole_or_not_at_all(void **state)
{
    (void)state;
    sweep(read_hosts, 2);
}

typedef struct said {
    char text[4000];
    size_t errors;
} said_t;

static void take_finding(void *arg, const ipf_finding_t *finding)
{
    said_t *said = arg;
    size_t length = strlen(said->text);
    snprintf(said->text + length, sizeof(said->text) - length, "%d:%d: %s\n", finding->at.line,
             finding->at.column, finding->at.message);
}

/* A check that says that there was memory has found all that there is. */
static void check(const char *text, long n)
{
    static const ipf_check_how_t how = {.hang = "30 s"};
    said_t all = {.errors = 0}, said = {.errors = 0};
    assert_int_equal(ipf_check(text, strlen(text), &how, take_finding, &all, &all.errors), 0);
    refuse_after(n);
    int result = ipf_check(text, strlen(text), &how, take_finding, &said, &said.errors);
    refuse_nothing();
    assert_true(result == 0 || (was_refused && result == ENOMEM));
    assert_string_equal(said.text, result == 0 ? all.text : "");
    if (result == 0)
        assert_int_equal(said.errors, all.errors);
    assert_true(strlen(all.text) > 200);
}

static void check_rules(long n)
{
    check("set intercept_loopback true;\n"
          "block in on lo0 proto tcp from any to any port = 22\n"
          "block in on lo0 proto tcp from any to any port = 23\n"
          "pass in quick all head a\nblock in quick proto tcp all group a\n"
          "pass in all group b\npass out all keep state\nblock in all\n"
          "block in all\nqick\npass in all head c bad\npass in all group c\n",
          n);
}

static void check_loopback(long n)
{
    check("set intercept_loopback true;\npass out quick proto tcp all keep state\n"
          "block in quick on lo0 proto tcp from any to any port = 22\n"
          "block in quick on lo0 proto tcp from any to any port = 23\n"
          "block in proto tcp all head g\nblock in proto tcp all group g\n"
          "block in proto udp from any to any port = 53\n",
          n);
}

static void a_check_without_memory_says_so(void **state)
{
    (void)state;
    sweep(check_rules, 20);
    sweep(check_loopback, 20);
}

static void prove(long n)
{
    static const char *const texts[] = {"pass in quick proto tcp from any to any port = 22\n"
                                        "block in from 10.0.0.0/8 to any",
                                        "block in from 10.0.0.0/8 to any\n"
                                        "pass in proto tcp from any to any port = 22"};
    ipf_stack_t *filters[2];
    fr_proof_t proof;
    for (size_t i = 0; i < 2; i++) {
        filters[i] = ipf_create();
        assert_int_equal(ipf_load(filters[i], texts[i], strlen(texts[i]), NULL, NULL), 0);
    }
    refuse_after(n);
    fr_prove_same(filters[0], filters[1], FR_PROVE_WORK, &proof);
    refuse_nothing();
    assert_int_equal(proof.result, was_refused ? FR_NOT_PROVED : FR_PROVED);
    if (was_refused)
        assert_string_equal(proof.text, "there is no memory");
    ipf_destroy(filters[0]);
    ipf_destroy(filters[1]);
}

static void a_proof_without_memory_says_so(void **state)
{
    (void)state;
    sweep(prove, 1);
}

/* ---- packets ---- */

/* Whether a packet is let through, judged with n allocations. */
static bool passes(ipf_stack_t *ifs, const packet_t *packet, long n)
{
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    mblk_t *m = packet_make(packet);
    refuse_after(n);
    int result = fr_check(ifs, &qpi, false, &m);
    refuse_nothing();
    freemsg(m);
    return result == 0;
}

/* What is counted of one fragment that came, and of which so many entries are there. */
static void assert_fragments(const ipf_stack_t *ifs, size_t frags)
{
    const filterstats_t *stats = &ipf_stats(ifs)->f_st[0];
    assert_int_equal(stats->fr_nfr, frags);
    assert_int_equal(stats->fr_bnfr, 1 - frags);
    assert_int_equal(ifs->ifs_frags.ipfr_stats.made, frags);
    assert_int_equal(ifs->ifs_frags.ipfr_stats.no_memory, 1 - frags);
}

static void judge(long n)
{
    static const char text[] = "pass in quick proto udp all keep state (max-srcs 9)\n"
                               "pass in quick proto 99 all keep frags\n"
                               "pass in log quick proto tcp all\n"
                               "block return-rst in quick from any to any";
    static const packet_t fragment = {.proto = 99, .payload = 8, .frag = 0x2000};
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load_all(ifs, text, strlen(text), 0, &(ipf_error_t){0}), 0);
    bool kept = passes(ifs, &(packet_t){.proto = 17}, n);
    assert_true(passes(ifs, &fragment, n));
    assert_true(passes(ifs, &syn, n));
    assert_false(passes(ifs, &(packet_t){.proto = 98}, n));
    size_t states = fr_state_count(&ifs->ifs_states), frags = fr_frag_count(&ifs->ifs_frags);
    const filterstats_t *stats = &ipf_stats(ifs)->f_st[0];
    assert_int_equal(states, kept);
    assert_int_equal(stats->fr_ads, kept);
    assert_int_equal(stats->fr_bads, !kept);
    assert_int_equal(ifs->ifs_states.is_stats.no_memory, !kept);
    assert_fragments(ifs, frags);
    assert_int_equal(stats->fr_ppkl, 1);
    assert_int_equal(stats->fr_skip, ifs->ifs_log.ipl_used == 0);
    if (!was_refused)
        assert_true(kept && frags == 1 && stats->fr_skip == 0);
    ipf_destroy(ifs);
}

/* A fragment goes on: of it nothing is known later. */
static void a_connection_that_cannot_be_kept_is_not_let_through(void **state)
{
    (void)state;
    sweep(judge, 3);
}

/* Its entry, and the table of entries, which the first one makes. */
static void keep_fragments(long n)
{
    static const char text[] = "pass in quick proto 99 all keep frags";
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, text, strlen(text), NULL, NULL), 0);
    assert_true(passes(ifs, &(packet_t){.proto = 99, .payload = 8, .frag = 0x2000}, n));
    size_t frags = fr_frag_count(&ifs->ifs_frags);
    assert_int_equal(frags, !was_refused);
    assert_fragments(ifs, frags);
    ipf_destroy(ifs);
}

static void a_fragment_that_cannot_be_kept_goes_on_and_leaves_nothing(void **state)
{
    (void)state;
    sweep(keep_fragments, 2);
}

static void log_one(long n)
{
    static const char text[] = "pass in log all";
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, text, strlen(text), NULL, NULL), 0);
    assert_true(passes(ifs, &syn, n));
    const filterstats_t *stats = &ipf_stats(ifs)->f_st[0];
    assert_int_equal(stats->fr_skip, was_refused);
    assert_int_equal(ifs->ifs_log.ipl_used, !was_refused);
    ipf_destroy(ifs);
}

static void what_cannot_be_logged_is_counted(void **state)
{
    (void)state;
    sweep(log_one, 2);
}

static void fill_the_table(long n)
{
    static const char text[] = "pass in proto udp all keep state";
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, text, strlen(text), NULL, NULL), 0);
    for (int i = 0; i < 1100; i++) {
        packet_t packet = {.proto = 17, .sport = i + 1};
        if (i == 1020)
            refuse_after(n); /* the table, of 1,024 lists, grows soon after; packets need memory */
        mblk_t *m;
        long now = granted;
        granted = -1;
        m = packet_make(&packet);
        granted = now;
        qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
        fr_verdict(ifs, &qpi, false, m);
        freemsg(m);
    }
    refuse_nothing();
    size_t known = 0, count = fr_state_count(&ifs->ifs_states);
    for (int i = 0; i < 1100; i++)
        known +=
            strcmp(verdict_of(ifs, false, &(packet_t){.proto = 17, .sport = i + 1}), "pass") == 0;
    assert_true(known >= count);
    ipf_destroy(ifs);
}

/* The table of sources grows, too. */
static void fill_with_sources(long n)
{
    static const char text[] = "pass in proto udp all keep state (max-srcs 5000)";
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    ipf_stack_t *ifs = ipf_create();
    assert_int_equal(ipf_load(ifs, text, strlen(text), NULL, NULL), 0);
    for (int i = 0; i < 300; i++) {
        char src[20];
        snprintf(src, sizeof(src), "10.0.%d.%d", i / 200, i % 200);
        mblk_t *m = packet_make(&(packet_t){.proto = 17, .src = src});
        if (i == 250)
            refuse_after(n);
        bool passes = strcmp(fr_verdict(ifs, &qpi, false, m), "pass") == 0;
        refuse_nothing();
        assert_true(passes || was_refused);
        freemsg(m);
    }
    assert_in_range(fr_state_count(&ifs->ifs_states), 299, 300);
    ipf_destroy(ifs);
}

static void a_table_that_cannot_grow_goes_on(void **state)
{
    (void)state;
    sweep(fill_with_sources, 1);
    sweep(fill_the_table, 1);
}

/* ---- what is shown ---- */

static void count_line(void *arg, const char *line)
{
    assert_true(line[0] != '\n');
    ++*(size_t *)arg;
}

static void count_rule(void *arg, const frentry_t *fr, unsigned number)
{
    assert_true(fr != NULL && number > 0);
    ++*(size_t *)arg;
}

static void show(long n)
{
    static const char text[] = "pass in proto udp from pool = (127.0.0.0/8) to any keep state\n"
                               "block in from hash = (10.0.0.1) to any head g\n"
                               "block in proto tcp all group g";
    ipf_stack_t *ifs = ipf_create();
    enum { SHOWN = 6 };
    size_t lines[SHOWN] = {0};
    int results[SHOWN];
    assert_int_equal(ipf_load_all(ifs, text, strlen(text), 0, &(ipf_error_t){0}), 0);
    assert_string_equal(verdict_of(ifs, false, &(packet_t){.proto = 17}), "pass");
    refuse_after(n);
    results[0] = ipfstat_rules(ifs, false, 0, count_line, &lines[0]);
    results[1] = ipfstat_each(ifs, false, count_rule, &lines[1]);
    results[2] = ipfstat_top(ifs, "localhost", 4, count_line, &lines[2]);
    results[3] = ipfstat_states(ifs, count_line, &lines[3]);
    results[4] = ipfstat_state_list(ifs, count_line, &lines[4]);
    results[5] = ipfstat_dump(ifs, 0, count_line, &lines[5]);
    refuse_nothing();
    bool failed = false;
    for (size_t i = 0; i < SHOWN; i++) {
        failed = failed || results[i] != 0;
        assert_true(results[i] == 0 || results[i] == ENOMEM);
        assert_true(results[i] == 0 || i == 5 || lines[i] == 0);
        assert_true(results[i] != 0 || lines[i] >= 1);
    }
    assert_int_equal(failed, was_refused);
    ipf_destroy(ifs);
}

static void a_list_for_which_there_is_no_memory_is_not_shown_in_part(void **state)
{
    (void)state;
    sweep(show, 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_loaded_as_a_whole_or_not_at_all),
        cmocka_unit_test(rules_are_added_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_rule_is_inserted_in_the_middle_or_not_at_all),
        cmocka_unit_test(a_long_list_is_walked_if_it_cannot_be_classified),
        cmocka_unit_test(a_list_grows_and_shrinks_with_or_without_its_classifier),
        cmocka_unit_test(pools_are_read_and_printed_whole_or_not_at_all),
        cmocka_unit_test(hosts_are_read_as_a_whole_or_not_at_all),
        cmocka_unit_test(a_check_without_memory_says_so),
        cmocka_unit_test(a_proof_without_memory_says_so),
        cmocka_unit_test(a_connection_that_cannot_be_kept_is_not_let_through),
        cmocka_unit_test(a_fragment_that_cannot_be_kept_goes_on_and_leaves_nothing),
        cmocka_unit_test(what_cannot_be_logged_is_counted),
        cmocka_unit_test(a_table_that_cannot_grow_goes_on),
        cmocka_unit_test(a_list_for_which_there_is_no_memory_is_not_shown_in_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
