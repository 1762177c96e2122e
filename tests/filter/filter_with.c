/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/filter/filter_with.h"

#include "filter/fr_impl.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

ipf_stack_t *filter_with(const char *rules)
{
    ipf_error_t error;
    ipf_stack_t *ifs = ipf_create();
    assert_non_null(ifs);
    if (ipf_load_all(ifs, rules, strlen(rules), 0, &error) != 0)
        fail_msg("'%s': %d:%d: %s", rules, error.line, error.column, error.message);
    return ifs;
}
