/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Reads a text from its first line to its last, and goes on after mistakes. */
#include "filter/ipf_parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Reports a group that a refused line would head, if the current token is its name. */
static void tell_head(const ipf_reading_t *reading, const ipf_token_t *name)
{
    char group[FR_GROUPLEN] = "";
    if (reading->lost_head == NULL || name->kind != IPF_TOK_WORD || name->length >= sizeof(group))
        return;
    memcpy(group, name->text, name->length);
    reading->lost_head(reading->arg, group);
}

/* After a mistake, if reading goes on: goes to the end of the line that began with `token`, or
 * after `token` if that is the end of the line before. Macros are not replaced meanwhile. */
static bool next_line(ipf_parser_t *p, const ipf_reading_t *reading, const ipf_lex_t *lex,
                      const ipf_token_t *token)
{
    if (p->result != EINVAL || reading->mistake == NULL ||
        !reading->mistake(reading->arg, p->error))
        return false;
    p->result = 0;
    ipf_rewind(p, lex, token);
    do {
        bool head = ipf_token_is(&p->token, "head");
        p->token = ipf_lex_next(&p->lex);
        if (head)
            tell_head(reading, &p->token);
    } while (p->token.kind != IPF_TOK_NEWLINE && p->token.kind != IPF_TOK_END);
    return true;
}

static void fini(ipf_parser_t *p)
{
    ipf_lex_fini(&p->lex);
    ipf_macros_fini(&p->macros);
    free(p->rules);
    free(p->rares);
    struct ipf_head *head, *next;
    HASH_ITER(hh, p->heads, head, next)
    {
        HASH_DEL(p->heads, head);
        free(head);
    }
    ip_tables_free(p->tables);
}

int ipf_read(const char *text, size_t length, const ipf_reading_t *reading, ipf_error_t *error)
{
    ipf_parser_t p = {.func = reading->func,
                      .func_arg = reading->arg,
                      .intercept = reading->intercept,
                      .error = error,
                      .places = reading->places,
                      .memory = reading->memory,
                      .family = reading->family};

    ipf_lex_init(&p.lex, text, length);
    ipf_lex_t lex = p.lex; /* where the present line begins, and its first token */
    ipf_token_t first = p.token;
    ipf_advance(&p);
    while ((p.result == 0 || next_line(&p, reading, &lex, &first)) && p.token.kind != IPF_TOK_END) {
        lex = p.lex;
        first = p.token;
        ipf_parse_line(&p);
    }
    if (p.lex.no_memory)
        p.result = ENOMEM;
    fini(&p);
    return p.result;
}

int ipf_parse(const char *text, size_t length, int family, ipf_rule_func_t func, void *arg,
              ipf_intercept_t *intercept, ipf_error_t *error)
{
    ipf_reading_t reading = {.family = family, .func = func, .arg = arg, .intercept = intercept};
    return ipf_read(text, length, &reading, error);
}
