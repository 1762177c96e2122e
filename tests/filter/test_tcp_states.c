/* SPDX-License-Identifier: BSD-3-Clause
 *
 * keep state for TCP: what becomes of one side's state when it sends flags, for each state of the
 * other side; and how long each state lives.
 */
#include "filter/fr_impl.h"
#include "tests/filter/packet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* A letter for each state, in the order of tcp_side_t. FIN_WAIT_2 is never reached. */
static const char letters[] = "LSRHEW1CK-TX";
#define OTHERS "LSRHEW1CKTX"

static tcp_side_t side_of(char letter)
{
    return (tcp_side_t)(strchr(letters, letter) - letters);
}

/* `becomes` has a letter for each state of the other side, in the order of OTHERS: the new state;
 * `=` if it stays and the connection lives no longer for it; `.` if these flags cannot be sent. */
static const struct {
    bool from_syn; /* the connection began with a SYN */
    char from;
    const char *flags;
    const char *becomes;
} transitions[] = {
    {true, 'L', "S SE SF", "SSSSSSSSSSS"},
    {true, 'L', "SA SAE SFA", "RRRRRRRRRRR"},
    {true, 'L', "A FA F PA PAC P", "..........."},
    {false, 'L', "S SE SF", "SSSSSSSSSSS"},
    {false, 'L', "SA SAE SFA", "RRRRRRRRRRR"},
    {false, 'L', "A PA PAC", "H.HEE......"},
    {false, 'L', "FA F P", "..........."},
    {true, 'S', "S SE", "==========="},
    {true, 'S', "SA SAE", "RRRRRRRRRRR"},
    {true, 'S', "SF SFA FA F", "11111111111"},
    {true, 'S', "A PA PAC", "EEEEEEEEEEE"},
    {true, 'S', "P", "..........."},
    {true, 'R', "S SE P", "..........."},
    {true, 'R', "SA SAE", "==========="},
    {true, 'R', "SF SFA FA F", "11111111111"},
    {true, 'R', "A PA PAC", "EEEEEEEEEEE"},
    {true, 'H', "S SE SA SAE P", "..........."},
    {true, 'H', "SF SFA FA F", "11111111111"},
    {true, 'H', "A PA PAC", "HHHEE......"},
    {true, 'E', "S SE P", "EEEEEEEEEEE"},
    {true, 'E', "SA SAE A PA PAC", "EEEEEEWEEEE"},
    {true, 'E', "SF SFA FA F", "111111C1111"},
    {true, 'W', "S SE SA SAE A PA PAC P", "WWWWWWWWWWW"},
    {true, 'W', "SF SFA FA F", "KKKKKKKKKKK"},
    {true, '1', "S SE SF F P", "11111111111"},
    {true, '1', "SA SAE SFA A FA PA PAC", "111111KKKKK"},
    {true, 'C', "S SE SF SFA FA F P", "CCCCCCCCCCC"},
    {true, 'C', "SA SAE A PA PAC", "TTTTTTTTTTT"},
    {true, 'K', "S SE SF F P", "..........."},
    {true, 'K', "SA SAE SFA A FA PA PAC", "KKKKKKKKKKK"},
    {true, 'T', "S SE SA SAE SF SFA A FA F PA PAC P", "========X=="},
    {true, 'X', "S SE SA SAE SF SFA A FA F PA PAC P", "==========="},
};

static char after(ipf_stack_t *ifs, bool from_syn, char from, char other, const char *flags)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
    mblk_t *m = packet_make(&(packet_t){.flags = flags});
    fr_info_t fin = {.fin_ifs = ifs, .fin_qpi = &qpi, .fin_m = m, .fin_rule = -1};
    tcpinfo_t ts = {.ts_fsm = from_syn};
    ts.ts_data[0].td_state = side_of(from);
    ts.ts_data[1].td_state = side_of(other);
    assert_int_equal(fr_makefrip(&fin), 0);
    tcp_fit_t fit = fr_tcp_age(&fin, &ts);
    freemsg(m);
    assert_int_equal(ts.ts_data[1].td_state, side_of(other));
    if (fit != TCP_FITS)
        assert_int_equal(ts.ts_data[0].td_state, side_of(from));
    return fit == TCP_NO_TRANSITION     ? '.'
           : fit == TCP_FITS_NO_REFRESH ? '='
                                        : letters[ts.ts_data[0].td_state];
}

static void flags_move_the_state_of_their_side(void **state)
{
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    for (size_t i = 0; i < sizeof(transitions) / sizeof(transitions[0]); i++) {
        char list[64];
        snprintf(list, sizeof(list), "%s", transitions[i].flags);
        for (char *flags = strtok(list, " "); flags != NULL; flags = strtok(NULL, " ")) {
            char got[sizeof(OTHERS)] = "";
            for (size_t k = 0; OTHERS[k] != '\0'; k++)
                got[k] = after(ifs, transitions[i].from_syn, transitions[i].from, OTHERS[k], flags);
            if (strcmp(got, transitions[i].becomes) != 0)
                fail_msg("%c, %s: %s, not %s", transitions[i].from, flags, got,
                         transitions[i].becomes);
        }
    }
    ipf_destroy(ifs);
}

/* A RST without PUSH and data closes its side; any other one leaves it half open. */
static void a_rst_ends_both_sides(void **state)
{
    static const struct {
        packet_t packet;
        char other;
        const char *sides; /* its own, the other */
    } rows[] = {
        {{.flags = "R"}, 'L', "XW"},
        {{.flags = "RA"}, 'S', "XW"},
        {{.flags = "RA"}, 'E', "XW"},
        {{.flags = "RA"}, 'W', "XW"},
        {{.flags = "RA"}, '1', "X1"},
        {{.flags = "RA"}, 'X', "XX"},
        {{.flags = "RPA"}, 'E', "WW"},
        {{.flags = "RA", .payload = 1}, 'E', "WW"},
        {{.flags = "RA", .options = 24}, 'E', "XW"},
    };
    ipf_stack_t *ifs = ipf_create();
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (int rev = 0; rev < 2; rev++) {
            qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1};
            mblk_t *m = packet_make(&rows[i].packet);
            fr_info_t fin = {.fin_ifs = ifs, .fin_qpi = &qpi, .fin_m = m, .fin_rule = -1};
            tcpinfo_t ts = {.ts_fsm = true};
            ts.ts_data[rev].td_state = TCPS_ESTABLISHED;
            ts.ts_data[!rev].td_state = side_of(rows[i].other);
            assert_int_equal(fr_makefrip(&fin), 0);
            fin.fin_rev = rev;
            assert_int_equal(fr_tcp_age(&fin, &ts), TCP_FITS);
            assert_int_equal(ts.ts_data[rev].td_state, side_of(rows[i].sides[0]));
            assert_int_equal(ts.ts_data[!rev].td_state, side_of(rows[i].sides[1]));
            freemsg(m);
        }
    }
    ipf_destroy(ifs);
}

static void each_state_has_its_time(void **state)
{
    static const struct {
        const char *states;
        uint32_t seconds;
    } rows[] = {{"LSRHCT", 240}, {"E", 432000}, {"W1", 7200}, {"K", 30}, {"X", 30}};
    ipf_stack_t *ifs = ipf_create();
    fr_info_t fin = {.fin_ifs = ifs};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (const char *letter = rows[i].states; *letter != '\0'; letter++) {
            tcpinfo_t ts = {0};
            ts.ts_data[1].td_state = side_of(*letter);
            assert_int_equal(fr_tcpttl(&fin, &ts, true), rows[i].seconds * IPF_TICKS_PER_S);
            assert_int_equal(fr_tcpttl(&fin, &ts, false), 240 * IPF_TICKS_PER_S);
        }
    }
    ipf_destroy(ifs);
}

static void a_connection_closes_when_both_sides_do(void **state)
{
    (void)state;
    for (const char *one = OTHERS; *one != '\0'; one++) {
        for (const char *other = OTHERS; *other != '\0'; other++) {
            tcpinfo_t ts = {0};
            ts.ts_data[0].td_state = side_of(*one);
            ts.ts_data[1].td_state = side_of(*other);
            bool both = strchr("W1CKTX", *one) != NULL && strchr("W1CKTX", *other) != NULL;
            assert_int_equal(fr_tcpclosing(&ts), both);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_move_the_state_of_their_side),
        cmocka_unit_test(a_rst_ends_both_sides),
        cmocka_unit_test(each_state_has_its_time),
        cmocka_unit_test(a_connection_closes_when_both_sides_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
