/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as ippool.conf. A refusal has a place and a message that can be shown; an accepted
 * text is printed as a text that is accepted, and printed as the same again.
 */
#include "filter/ip_lookup.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void check_error(const ipf_error_t *error)
{
    size_t length = strnlen(error->message, sizeof(error->message));
    check(error->line >= 1 && error->column >= 1 && length > 0);
    for (size_t i = 0; i < length; i++)
        check(error->message[i] >= 0x20 && error->message[i] < 0x7f);
}

/* A table without number and name has no text that could be read. */
static void check_table(const ip_table_t *table)
{
    ip_table_t *again = NULL;
    ipf_error_t error;
    if (table->ipt_name[0] == '\0')
        return;
    char *text = ip_table_text(table, false);
    check(ip_tables_parse(text, strlen(text), NULL, &again, &error) == 0);
    char *other = ip_table_text(again, false);
    check(strcmp(text, other) == 0);
    for (size_t i = 0; i < table->ipt_count; i++) {
        const ip_node_t *node = &table->ipt_nodes[i];
        const ip_node_t *found = ip_table_find(table, &node->in_addr, node->in_family);
        check(found != NULL && found->in_bits >= node->in_bits);
    }
    free(text);
    free(other);
    ip_tables_free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    ip_table_t *tables = NULL;
    ipf_error_t error = {0};
    int result = ip_tables_parse((const char *)data, size, NULL, &tables, &error);
    if (result != 0) {
        check(tables == NULL);
        check_error(&error);
        return 0;
    }
    for (const ip_table_t *table = tables; table != NULL; table = table->ipt_next)
        check_table(table);
    ip_tables_free(tables);
    return 0;
}
