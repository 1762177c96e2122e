/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/steps.h"

#include "filter/fr_verdict.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

void run_steps(const char *rules, const step_t *steps, size_t count)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    qpktinfo_t qpi = {.qpi_ifname = "bge0", .qpi_ill = 1};
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    for (size_t i = 0; i < count; i++) {
        mblk_t *m = packet_make(&steps[i].packet);
        fr_verdict_set_time(ifs, (uint64_t)(steps[i].at_s * 1e6));
        const char *got = fr_verdict(ifs, &qpi, steps[i].out, m);
        if (strcmp(got, steps[i].verdict) != 0)
            fail_msg("%s: %s, not %s", steps[i].what, got, steps[i].verdict);
        freemsg(m);
    }
    ipf_destroy(ifs);
    assert_int_equal(mblk_in_use(), 0);
}
