/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The filter of one host: its life, and what is asked of it. Solaris: ipf_stack_t.
 */
#include "filter/ipf.h"
#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in the post, until ipf_set_build(). */
static const ipf_build_t default_build = {
    .ifb_oow_is_answered = true, .ifb_icmp_quote = 8, .ifb_reply_ttl = 255, .ifb_reply_hops = 127};

ipf_stack_t *ipf_create(void)
{
    return ipf_create_in(memory_of_process());
}

ipf_stack_t *ipf_create_in(memory_t *memory)
{
    ipf_stack_t *ifs = memory_zalloc(memory, sizeof(*ifs));
    if (ifs == NULL)
        return NULL;
    ifs->ifs_memory = memory;
    ifs->ifs_rules.frs_memory = memory;
    ifs->ifs_states.is_memory = memory;
    ifs->ifs_frags.ipfr_memory = memory;
    ifs->ifs_log.ipl_memory = memory;
    ifs->ifs_fr_pass = FR_PASS | FR_NOMATCH;
    ipf_tunables_init(&ifs->ifs_tunables);
    ifs->ifs_reply_mode = IPF_REPLY_REWRITE;
    ifs->ifs_build = &default_build;
    return ifs;
}

void ipf_destroy(ipf_stack_t *ifs)
{
    if (ifs == NULL)
        return;
    ipf_attach(ifs, NULL, NULL);
    fr_frags_fini(&ifs->ifs_frags);
    fr_states_fini(&ifs->ifs_states);
    fr_ruleset_fini(&ifs->ifs_rules);
    ip_log_fini(&ifs->ifs_log);
    ip_tables_free(ifs->ifs_tables);
    memory_free(ifs->ifs_memory, ifs);
}

/* How many states the rules of a list have, by their own counts. */
static size_t states_of(const fr_list_t *list)
{
    size_t count = 0;
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next)
        count += fr->fr_statecnt;
    return count;
}

static size_t states_of_all(const fr_ruleset_t *set)
{
    size_t count = 0;
    for (size_t i = 0; i < 2; i++)
        count += states_of(&set->frs_list[i]) + states_of(&set->frs_acct[i]);
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        count += states_of(&group->fg_list);
    return count;
}

void ipf_forget(ipf_stack_t *ifs)
{
    fr_frags_fini(&ifs->ifs_frags);
    fr_states_fini(&ifs->ifs_states);
    ip_log_fini(&ifs->ifs_log);
}

bool ipf_drain(ipf_stack_t *ifs, char *buffer, size_t size)
{
    ipf_forget(ifs);
    size_t states = fr_state_count(&ifs->ifs_states), frags = fr_frag_count(&ifs->ifs_frags);
    size_t believed = states_of_all(&ifs->ifs_rules);
    if (states == 0 && frags == 0 && believed == 0)
        return true;
    snprintf(buffer, size, "%zu states, %zu fragments, %zu states in the rules' counts", states,
             frags, believed);
    return false;
}

size_t ipf_duplicates(const ipf_stack_t *ifs)
{
    return ifs->ifs_rules.frs_duplicates;
}

static bool list_covers(const fr_list_t *list, const char *name)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        if (fr->fr_ifnames[0][0] == '\0' || strcmp(fr->fr_ifnames[0], name) == 0)
            return true;
    }
    return false;
}

bool ipf_covers_interface(const ipf_stack_t *ifs, const char *name)
{
    return list_covers(&ifs->ifs_rules.frs_list[0], name) ||
           list_covers(&ifs->ifs_rules.frs_list[1], name);
}

void ipf_set_build(ipf_stack_t *ifs, const ipf_build_t *build)
{
    ifs->ifs_build = build;
}

void ipf_set_rewrite_any(ipf_stack_t *ifs, bool on)
{
    ifs->ifs_rewrite_any = on;
}

void ipf_set_reply_mode(ipf_stack_t *ifs, ipf_reply_mode_t mode)
{
    ifs->ifs_reply_mode = mode;
}

ipf_reply_mode_t ipf_reply_mode(const ipf_stack_t *ifs)
{
    return ifs->ifs_reply_mode;
}

const friostat_t *ipf_stats(const ipf_stack_t *ifs)
{
    return &ifs->ifs_frstats;
}

static void tell_hits(const fr_list_t *list, memory_bookkeeping_t tell, void *arg)
{
    for (frentry_t *fr = list->frl_head; fr != NULL; fr = fr->fr_next) {
        tell(arg, &fr->fr_hits, sizeof(fr->fr_hits));
        tell(arg, &fr->fr_bytes, sizeof(fr->fr_bytes));
    }
}

void ipf_bookkeeping(ipf_stack_t *ifs, memory_bookkeeping_t tell, void *arg)
{
    const fr_ruleset_t *set = &ifs->ifs_rules;
    fr_states_t *states = &ifs->ifs_states;
    tell(arg, &ifs->ifs_frstats, sizeof(ifs->ifs_frstats));
    tell(arg, &states->is_hits, sizeof(states->is_hits));
    tell(arg, &states->is_misses, sizeof(states->is_misses));
    tell(arg, &states->is_stats, sizeof(states->is_stats));
    tell(arg, &ifs->ifs_frags.ipfr_stats, sizeof(ifs->ifs_frags.ipfr_stats));
    for (int out = 0; out < 2; out++) {
        tell_hits(&set->frs_list[out], tell, arg);
        tell_hits(&set->frs_acct[out], tell, arg);
    }
    for (const frgroup_t *group = set->frs_groups; group != NULL; group = group->fg_next)
        tell_hits(&group->fg_list, tell, arg);
}

void ipf_set_log_flags(ipf_stack_t *ifs, uint32_t flags)
{
    ifs->ifs_fr_flags = flags;
}

uint32_t ipf_log_flags(const ipf_stack_t *ifs)
{
    return ifs->ifs_fr_flags;
}

void ipf_set_log_limit(ipf_stack_t *ifs, size_t records)
{
    ip_log_limit(&ifs->ifs_log, records);
}

void ipf_log_clear(ipf_stack_t *ifs)
{
    ip_log_clear(&ifs->ifs_log);
}

void ipf_set_note(ipf_stack_t *ifs, ipf_note_t note, void *arg)
{
    ifs->ifs_note = note;
    ifs->ifs_note_arg = arg;
}

void ipf_set_leave(ipf_stack_t *ifs, ipf_leave_t leave, void *arg)
{
    ifs->ifs_leave = leave;
    ifs->ifs_leave_arg = arg;
}

void ipf_set_probe(ipf_stack_t *ifs, ipf_probe_t probe, void *arg)
{
    ifs->ifs_probe = probe;
    ifs->ifs_probe_arg = arg;
}

int ipf_load_pools(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error)
{
    return ip_tables_parse(text, length, ifs->ifs_memory, &ifs->ifs_tables, error);
}
