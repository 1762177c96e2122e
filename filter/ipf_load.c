/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A rules text in place of the rules before. Solaris: what `ipf -Fa -f` does, but all or nothing.
 */
#include "filter/fr_impl.h"
#include "filter/ipf_parse.h"

int ipf_load(ipf_stack_t *ifs, const char *text, size_t length, ipf_intercept_t *intercept,
             ipf_error_t *error)
{
    fr_ruleset_t set = {0};
    ipf_intercept_t said = IPF_INTERCEPT_UNSET;
    ipf_error_t ignored;

    int result = ipf_parse(text, length, &set, &said, ifs->ifs_note, ifs->ifs_note_arg,
                           error != NULL ? error : &ignored);
    fr_ruleset_seal(&set);
    if (result != 0) {
        fr_ruleset_fini(&set);
        return result;
    }
    fr_ruleset_fini(&ifs->ifs_rules);
    ifs->ifs_rules = set;
    if (intercept != NULL)
        *intercept = said;
    return 0;
}
