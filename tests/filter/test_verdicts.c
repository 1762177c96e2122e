/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The files of verdicts/: rules, and packets with their verdicts, judged in order with one table,
 * as by ipftest.
 *
 *     # what the block shows
 *     RULES
 *
 *     VERDICT <tab> PACKET        a line of words, or "[in,IF]" and hexadecimal digits
 *
 * An empty line ends a block.
 */
#include "filter/fr_verdict.h"
#include "filter/ipf_rule.h"
#include "sim/ipftest/ipftest_packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define RULES_MAX 8192

typedef struct reading {
    const char *file, *next;
    int line;
    const char *what; /* of the block */
    ipf_stack_t *ifs;
    mblk_t *m; /* ipftest takes the buffer of a packet again that was let through */
    size_t packets, blocks;
} reading_t;

static char *read_file(const char *name)
{
    char path[300];
    snprintf(path, sizeof(path), VERDICTS "/%s", name);
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s cannot be read", path);
    fseek(file, 0, SEEK_END);
    size_t size = (size_t)ftell(file);
    char *text = malloc(size + 1);
    rewind(file);
    assert_int_equal(fread(text, 1, size, file), size);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* The next line, which is then terminated; NULL at the end. */
static char *take_line(reading_t *r)
{
    char *line = (char *)(uintptr_t)r->next;
    if (*line == '\0')
        return NULL;
    char *end = strchr(line, '\n');
    assert_non_null(end);
    *end = '\0';
    r->next = end + 1;
    r->line++;
    return line;
}

static bool is_let_through(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 || strcmp(verdict, "nomatch") == 0;
}

static void judge(reading_t *r, const char *want, const char *text)
{
    static ipftest_packet_t packet;
    ipftest_input_t in = {.next = text, .end = text + strlen(text)};
    int got = *text == '[' ? ipftest_read_hex(&in, &packet) : ipftest_read_text(&in, &packet);
    if (got != 1)
        fail_msg("%s:%d: %s", r->file, r->line, in.error);
    qpktinfo_t qpi = {.qpi_ifname = packet.ifname, .qpi_left = IPFTEST_PACKET_MAX};
    qpi.qpi_flags = (packet.multicast ? FI_MULTICAST | FI_MBCAST : 0) |
                    (packet.broadcast ? FI_BROADCAST | FI_MBCAST : 0);
    if (r->m == NULL)
        r->m = allocb(IPFTEST_PACKET_MAX);
    memcpy(r->m->b_rptr, packet.bytes, packet.length);
    r->m->b_wptr = r->m->b_rptr + packet.length;
    const char *verdict = fr_verdict(r->ifs, &qpi, packet.out, r->m);
    if (strcmp(verdict, want) != 0)
        fail_msg("%s:%d: %s, not %s: %s: %.200s", r->file, r->line, verdict, want, r->what, text);
    if (!is_let_through(verdict)) {
        freemsg(r->m);
        r->m = NULL;
    }
    r->packets++;
}

/* The rules of a block, after the line that says what it shows. */
static void load(reading_t *r)
{
    char rules[RULES_MAX] = "", *line;
    ipf_error_t error;
    while ((line = take_line(r)) != NULL && *line != '\0')
        strcat(strcat(rules, line), "\n");
    r->ifs = ipf_create();
    if (ipf_load_all(r->ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("%s:%d: %d:%d: %s", r->file, r->line, error.line, error.column, error.message);
}

static void check_block(reading_t *r)
{
    char *line;
    load(r);
    while ((line = take_line(r)) != NULL && *line != '\0') {
        char *tab = strchr(line, '\t');
        assert_non_null(tab);
        *tab = '\0';
        judge(r, line, tab + 1);
    }
    ipf_destroy(r->ifs);
    freemsg(r->m);
    r->m = NULL;
    r->blocks++;
}

static void check_file(const char *name, size_t packets)
{
    char *text = read_file(name), *line;
    reading_t r = {.file = name, .next = text};
    while ((line = take_line(&r)) != NULL) {
        bool begins = *line == '#' && *r.next != '\0' && *r.next != '\n' && *r.next != '#';
        r.what = line;
        if (begins)
            check_block(&r);
    }
    assert_true(r.blocks > 0);
    assert_true(r.packets >= packets);
    assert_int_equal(mblk_in_use(), 0);
    free(text);
}

static void what_was_learnt(void **state)
{
    (void)state;
    check_file("learnt.txt", 40);
}

static void edges(void **state)
{
    (void)state;
    check_file("edges.txt", 400);
}

static void connections_over_ipv4(void **state)
{
    (void)state;
    check_file("state_ipv4.txt", 500);
}

static void connections_over_ipv6(void **state)
{
    (void)state;
    check_file("state_ipv6.txt", 200);
}

static void icmp(void **state)
{
    (void)state;
    check_file("icmp.txt", 100);
}

static void fragments(void **state)
{
    (void)state;
    check_file("fragments.txt", 200);
}

static void packets_alone(void **state)
{
    (void)state;
    check_file("packets.txt", 200);
}

static void rules(void **state)
{
    (void)state;
    check_file("rules.txt", 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_learnt),
        cmocka_unit_test(edges),
        cmocka_unit_test(connections_over_ipv4),
        cmocka_unit_test(connections_over_ipv6),
        cmocka_unit_test(icmp),
        cmocka_unit_test(fragments),
        cmocka_unit_test(packets_alone),
        cmocka_unit_test(rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
