/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/explore/shrink.h"

#include <string.h>

/* The "; " after the first fault of a list, which is not inside of quotes.
 * => Returns NULL: it is the last. */
static char *end_of_fault(char *text)
{
    bool quoted = false;
    for (; *text != '\0'; text++) {
        if (*text == '"')
            quoted = !quoted;
        if (!quoted && strncmp(text, "; ", 2) == 0)
            return text;
    }
    return NULL;
}

bool shrink_read(char *text, fault_list_t *faults)
{
    char error[1000];
    faults->count = 0;
    while (*text != '\0') {
        char *end = end_of_fault(text);
        if (end != NULL)
            *end = '\0';
        if (!fault_list_add(faults, text, error, sizeof(error)))
            return false;
        text = end != NULL ? end + 2 : text + strlen(text);
    }
    return true;
}

static bool fails(trial_t *trial, const fault_list_t *faults, result_status_t status)
{
    trial_result_t result;
    trial_run_faults(trial, faults, &result);
    return result.status == status;
}

/* Copies the list without `count` faults from `at` on. */
static void without(const fault_list_t *faults, size_t at, size_t count, fault_list_t *fewer)
{
    *fewer = *faults;
    memmove(&fewer->list[at], &fewer->list[at + count],
            (faults->count - at - count) * sizeof(faults->list[0]));
    fewer->count -= count;
}

void shrink(trial_t *trial, fault_list_t *faults, result_status_t status)
{
    fault_list_t fewer;
    for (size_t size = faults->count / 2; size > 0;) {
        bool shorter = false;
        for (size_t at = 0; at + size <= faults->count && !shorter; at++) {
            without(faults, at, size, &fewer);
            if (fails(trial, &fewer, status)) {
                *faults = fewer;
                shorter = true;
            }
        }
        if (!shorter || size > faults->count)
            size = size > faults->count ? faults->count : size - 1;
    }
    if (faults->count == 1) {
        fewer.count = 0;
        if (fails(trial, &fewer, status))
            faults->count = 0;
    }
}
