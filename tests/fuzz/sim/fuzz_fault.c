/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any text as a fault, of --fault and of box:fault. It is read into what a fault can be, or refused
 * with the column at which it is wrong.
 */
#include "sim/core/fault.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_refusal(const char *text, const char *error)
{
    size_t column;
    int words = 0;
    fuzz_check(sscanf(error, "column %zu: %n", &column, &words) == 1 && words > 0);
    fuzz_check(column >= 1 && column <= strlen(text) + 1 && error[words] != '\0');
}

static void check_fault(const char *text, const fault_t *fault)
{
    const char *rules = fault->rules;
    fuzz_check(fault->kind <= FAULT_SLOW_ACCEPT && fault->packet <= FAULT_ANY);
    fuzz_check(fault->chance <= 1000000 && fault->bytes <= FAULT_BYTES_MAX);
    fuzz_check(fault->text == text && memchr(fault->host, '\0', FAULT_WORD_MAX) != NULL);
    fuzz_check((fault->kind == FAULT_RULES) == (rules != NULL));
    fuzz_check(rules == NULL ||
               (rules > text && rules + fault->rules_length < text + strlen(text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static fault_list_t faults;
    static fault_t fault;
    char *text = fuzz_text(data, size), error[1000] = "";
    if (fault_read(text, &fault, error, sizeof(error)))
        check_fault(text, &fault);
    else
        check_refusal(text, error);
    bool read = error[0] == '\0';
    faults.count = 0;
    error[0] = '\0';
    fuzz_check(fault_list_add(&faults, text, error, sizeof(error)) == read);
    fuzz_check(faults.count == (read ? 1 : 0) && (error[0] == '\0') == read);
    free(text);
    return 0;
}
