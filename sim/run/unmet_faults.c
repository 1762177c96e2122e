/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/unmet_faults.h"

#include "sim/base/must.h"
#include "sim/base/visible.h"

#include <stdlib.h>

void unmet_faults_init(unmet_faults_t *unmet, const fault_list_t *faults)
{
    *unmet = (unmet_faults_t){.faults = faults,
                              .sums = must_calloc(faults->count + 1, sizeof(*unmet->sums))};
}

void unmet_faults_fini(unmet_faults_t *unmet)
{
    free(unmet->sums);
}

void unmet_faults_add(unmet_faults_t *unmet, const result_t *result)
{
    if (result->fault_count != unmet->faults->count) {
        unmet->unknown = true; /* it crashed */
        return;
    }
    unmet->tests++;
    for (size_t i = 0; i < result->fault_count; i++)
        fault_tally_add(&unmet->sums[i], &result->faults[i]);
}

/* Whether fault `i` has struck, or may have. */
static bool has_struck(const unmet_faults_t *unmet, size_t i)
{
    return unmet->tests == 0 || unmet->unknown || unmet->sums[i].struck > 0;
}

bool unmet_faults_any(const unmet_faults_t *unmet)
{
    for (size_t i = 0; i < unmet->faults->count; i++) {
        if (!has_struck(unmet, i) &&
            !fault_tally_by_chance(&unmet->faults->list[i], &unmet->sums[i]))
            return true;
    }
    return false;
}

void unmet_faults_write(const unmet_faults_t *unmet, FILE *err)
{
    char text[FAULT_TALLY_MAX];
    for (size_t i = 0; i < unmet->faults->count; i++) {
        const fault_t *fault = &unmet->faults->list[i];
        if (!has_struck(unmet, i))
            visible_printf(
                err, "lo0sim run: --fault '%s': %s\n", fault->text,
                fault_tally_text(fault, &unmet->sums[i], unmet->tests, text, sizeof(text)));
    }
}
