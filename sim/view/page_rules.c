/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/view/page_rules.h"

#include "filter/ipf_rule.h"
#include "filter/ipfstat.h"
#include "sim/base/json_text.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/core/trace_station.h"

#include <stdlib.h>
#include <string.h>

#define PER_RULE 128 /* what one is counted as, besides its text */

/* One list while it is read. */
typedef struct reading {
    page_rules_t *rules;
    bool out;
} reading_t;

static void add(void *arg, const frentry_t *fr, unsigned number)
{
    reading_t *reading = arg;
    page_rules_t *rules = reading->rules;
    char text[IPF_RULE_TEXT_MAX];
    ipf_rule_text(fr, text, sizeof(text));
    rules->held += PER_RULE + strlen(text);
    rules->list = must_realloc(rules->list, (rules->count + 1) * sizeof(*rules->list));
    rules->list[rules->count++] =
        (page_rule_t){.set = rules->sets,
                      .out = reading->out,
                      .group = text_copy(fr->fr_group[0] != '\0' ? fr->fr_group : "0"),
                      .number = (int)number,
                      .text = text_copy(text)};
}

static void read_all(page_rules_t *rules, const box_t *box)
{
    for (int out = 0; out < 2; out++) {
        reading_t reading = {.rules = rules, .out = out != 0};
        if (ipfstat_each(box->ifs, reading.out, add, &reading) != 0)
            must_end();
    }
    rules->sets++;
    rules->known = true;
}

static bool names_a_rule(const trace_event_t *event)
{
    return (event->station == TRACE_FR_FIREWALL || event->station == TRACE_FR_CHECKSTATE ||
            event->station == TRACE_FR_KNOWNFRAG) &&
           event->rule.fr != NULL && event->rule.number > 0;
}

size_t page_rules_event(page_rules_t *rules, const box_t *box, const trace_event_t *event)
{
    if (event->station == TRACE_CALL && trace_verb_changes_rules(event->call.verb))
        rules->known = false;
    if (!names_a_rule(event) || event->host != NULL)
        return SIZE_MAX;
    if (!rules->known)
        read_all(rules, box);
    for (size_t i = rules->count; i > 0; i--) {
        const page_rule_t *rule = &rules->list[i - 1];
        if (rule->set + 1 == rules->sets && rule->out == event->out &&
            rule->number == event->rule.number && strcmp(rule->group, event->rule.group) == 0)
            return i - 1;
    }
    return SIZE_MAX; /* a rule whose state outlived it */
}

void page_rules_write(const page_rules_t *rules, FILE *out)
{
    fputc('[', out);
    for (size_t i = 0; i < rules->count; i++) {
        const page_rule_t *rule = &rules->list[i];
        char *at = must_asprintf("@%s:%d", rule->group, rule->number);
        fprintf(out, "%s{\"set\":%zu,\"out\":%s,\"at\":", i > 0 ? "," : "", rule->set,
                rule->out ? "true" : "false");
        put_json_string(out, at);
        fputs(",\"text\":", out);
        put_json_string(out, rule->text);
        fputc('}', out);
        free(at);
    }
    fputc(']', out);
}

void page_rules_fini(page_rules_t *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        free(rules->list[i].group);
        free(rules->list[i].text);
    }
    free(rules->list);
}
