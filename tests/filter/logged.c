/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/logged.h"

#include "filter/fr_check.h"
#include "filter/ipf_rule.h"
#include "filter/ipmon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void add_line(void *arg, const char *line)
{
    char *text = arg;
    strcat(strcat(text, line), "\n");
}

const char *log_of(const ipf_stack_t *ifs, unsigned how)
{
    static char text[16384];
    text[0] = '\0';
    ipmon_lines(ifs, how, add_line, text);
    return text;
}

void check_mblk(ipf_stack_t *ifs, bool out, mblk_t *m)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_ill = 1, .qpi_flags = FI_NOCKSUM};
    fr_check(ifs, &qpi, out, &m);
    freemsg(m);
    assert_int_equal(mblk_in_use(), 0);
}

void check(ipf_stack_t *ifs, bool out, const packet_t *packet)
{
    check_mblk(ifs, out, packet_make(packet));
}
