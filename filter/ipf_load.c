/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Replaces the rules by those of a text. Solaris: what `ipf -Fa -f` does, but all or nothing. */
#include "filter/fr_impl.h"
#include "filter/ip_lookup.h"
#include "filter/ipf_parse.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct load {
    ipf_stack_t *ifs;
    bool all; /* also what is not modelled */
    fr_ruleset_t set;
    fr_ruleset_t *into; /* `set`, or the rules that are loaded; then: */
    frentry_t **rules;  /* those of the text */
    size_t count, room;
    ipf_places_t places;
    ipf_error_t *error;
} load_t;

static const char *at(ipf_place_t *where, ipf_place_t place, const char *why)
{
    *where = place;
    return why;
}

/* Whether it is a pool that the rule names, and not one within the rule. */
static bool is_named(const fraddr_t *fra)
{
    return (fra->fra_type == FRI_POOL || fra->fra_type == FRI_HASH) && fra->fra_table == NULL;
}

const char *ipf_not_modelled(const frentry_t *fr, ipf_place_t *where)
{
    *where = IPF_PLACE_ACTION;
    if (FR_ISAUTH(fr->fr_flags))
        return "'auth' is not modelled";
    if (FR_ISPREAUTH(fr->fr_flags))
        return "'preauth' is not modelled";
    if ((fr->fr_flags & FR_CMDMASK) == FR_CALL)
        return "'call' is not modelled";
    if (FR_ISDECAPS(fr->fr_flags))
        return "'decapsulate' is not modelled";
    if ((fr->fr_flags & FR_CMDMASK) == 0 && !FR_ISLOG(fr->fr_flags))
        return "'nomatch' is not modelled";
    if (fr->fr_rulettl != 0)
        return at(where, IPF_PLACE_RULE_TTL, "'rule-ttl' is not modelled: rules do not expire");
    if ((fr->fr_flags & (FR_NEWISN | FR_STATESYNC)) != 0)
        return at(where, IPF_PLACE_SYNC, "'newisn' and 'sync' are not modelled");
    if ((fr->fr_mflx & (FI_NATED | FI_BADNAT)) != 0)
        return at(where, IPF_PLACE_NAT,
                  "'with nat' is not modelled: there is no address translation");
    if (fr->fr_rare->fr_matchtag[0] != '\0' || fr->fr_rare->fr_nattag[0] != '\0')
        return at(where,
                  fr->fr_rare->fr_nattag[0] != '\0' ? IPF_PLACE_SET_TAG : IPF_PLACE_MATCH_TAG,
                  "tags of address translation are not modelled");
    if (fr->fr_matchlogtag != FR_NOLOGTAG)
        return at(where, IPF_PLACE_MATCH_TAG, "'match-tag' is not modelled");
    const fraddr_t *named = is_named(&fr->fr_src)   ? &fr->fr_src
                            : is_named(&fr->fr_dst) ? &fr->fr_dst
                                                    : NULL;
    if (named != NULL)
        return at(where, named == &fr->fr_src ? IPF_PLACE_SRC : IPF_PLACE_DST,
                  "a host reads no ippool.conf: write the addresses, as in 'pool=(A, B)'");
    if (fr->fr_src.fra_type == FRI_PEERADDR || fr->fr_dst.fra_type == FRI_PEERADDR)
        return at(where, IPF_PLACE_IFADDR,
                  "no interface has a peer: point-to-point is not modelled");
    return NULL;
}

static int refuse(load_t *load, ipf_place_t place, const char *why)
{
    load->error->line = load->places.at[place].line;
    load->error->column = load->places.at[place].column;
    snprintf(load->error->message, sizeof(load->error->message), "%s", why);
    return EINVAL;
}

/* Notes why a rule is not loaded, though it is no mistake. */
static void tell(const load_t *load, const frentry_t *fr, const char *message)
{
    if (load->ifs->ifs_note != NULL)
        load->ifs->ifs_note(load->ifs->ifs_note_arg, fr->fr_line, fr->fr_column, message);
}

/* => Returns false. */
static bool leave_out(const load_t *load, const frentry_t *fr, const char *what, const char *name)
{
    char message[100];
    snprintf(message, sizeof(message), "there is no %s '%.31s': this rule is left out", what, name);
    tell(load, fr, message);
    return false;
}

/* IPFilter 6 takes no rule that keeps state of segments out of the window. */
static bool keeps_oow(const frentry_t *fr)
{
    return (fr->fr_flags & FR_KEEPSTATE) != 0 && (fr->fr_flx & fr->fr_mflx & FI_OOW) != 0;
}

/* ---- what the stack knows: interfaces and their addresses ---- */

static net_handle_t any_net(const ipf_stack_t *ifs)
{
    return ifs->ifs_inet != NULL ? ifs->ifs_inet : ifs->ifs_inet6;
}

static int no_interface(load_t *load, ipf_place_t place, const char *name)
{
    char message[100];
    snprintf(message, sizeof(message), "there is no interface '%s'", name);
    return refuse(load, place, message);
}

/* The interfaces to which a rule sends packets must exist. */
static int check_dests(load_t *load, const frentry_t *fr)
{
    const struct {
        const frdest_t *dest;
        ipf_place_t place;
    } rows[] = {{&fr->fr_rare->fr_dif, IPF_PLACE_DUP_TO},
                {&fr->fr_rare->fr_tif, IPF_PLACE_TO},
                {&fr->fr_rare->fr_rif, IPF_PLACE_REPLY_TO}};
    for (size_t i = 0; i < 3; i++) {
        const char *name = rows[i].dest->fd_name;
        if (name[0] != '\0' && net_phylookup(any_net(load->ifs), name) == 0)
            return no_interface(load, rows[i].place, name);
    }
    return 0;
}

/* Sets the interface's address, or the part of it that the rule means. It is IPv4's: rules for IPv6
 * cannot name an interface so. */
static void set_address(fraddr_t *fra, const uint8_t *address, unsigned bits)
{
    uint32_t own = get32(address), net = bits == 0 ? 0 : UINT32_MAX << (32 - bits);
    bool network = fra->fra_type == FRI_NETWORK || fra->fra_type == FRI_NETMASKED;
    assert(bits <= 32);
    fra->fra_mask.i6[0] = network ? net : UINT32_MAX;
    fra->fra_addr.i6[0] = network ? own & net : fra->fra_type == FRI_BROADCAST ? own | ~net : own;
    fra->fra_known = true;
}

/* => Returns 0 if there is none. */
static phy_if_t find_interface(const load_t *load, const char *name)
{
    char found[LIFNAMSIZ];
    if (strcmp(name, IPF_THISHOST) != 0)
        return net_phylookup(any_net(load->ifs), name);
    for (phy_if_t phy = 1; net_getifname(any_net(load->ifs), phy, found, sizeof(found)) == 0;
         phy++) {
        if (strcmp(found, "lo0") != 0)
            return phy;
    }
    return 0;
}

static int resolve(load_t *load, frentry_t *fr)
{
    fraddr_t *addresses[2] = {&fr->fr_src, &fr->fr_dst};
    for (size_t i = 0; i < 2; i++) {
        uint8_t address[16];
        unsigned bits;
        if (addresses[i]->fra_type == FRI_NORMAL || addresses[i]->fra_table != NULL)
            continue;
        phy_if_t phy = find_interface(load, fr->fr_rare->fr_addrnames[i]);
        assert(fr->fr_family == 4);
        if (phy == 0 || net_getifaddr(any_net(load->ifs), phy, AF_INET, address, &bits) != 0)
            return no_interface(load, IPF_PLACE_IFADDR, fr->fr_rare->fr_addrnames[i]);
        set_address(addresses[i], address, bits);
    }
    return 0;
}

/* Without a stack nothing is known, so nothing is refused. */
static int ask_stack(load_t *load, frentry_t *fr)
{
    if (load->all || any_net(load->ifs) == NULL)
        return 0;
    int error = check_dests(load, fr);
    return error != 0 ? error : resolve(load, fr);
}

/* A rule's group does not exist, or has rules of the other direction. */
static int no_group(load_t *load, const frentry_t *fr)
{
    char message[100];
    if (fr_group_is_other(load->into, fr))
        snprintf(message, sizeof(message), "group '%.15s' is for '%s' rules", fr->fr_group,
                 (fr->fr_flags & FR_OUTQUE) != 0 ? "in" : "out");
    else
        snprintf(message, sizeof(message), "group '%.15s' has no head before this rule",
                 fr->fr_group);
    return refuse(load, IPF_PLACE_GROUP, message);
}

/* Finds what a rule asks by a number or name.
 * => Returns false, and has noted it, if something does not exist: the rule is left out. */
static bool find_tables(load_t *load, frentry_t *fr)
{
    fraddr_t *const addresses[] = {&fr->fr_src, &fr->fr_dst};
    ip_table_t *tables = load->ifs->ifs_tables;
    for (size_t i = 0; i < 2; i++) {
        fraddr_t *fra = addresses[i];
        if (!is_named(fra))
            continue;
        bool hash = fra->fra_type == FRI_HASH;
        fra->fra_table =
            ip_tables_find(tables, hash ? IP_HASH : IP_TREE, fr->fr_rare->fr_addrnames[i]);
        if (fra->fra_table == NULL)
            return leave_out(load, fr, hash ? "hash" : "pool", fr->fr_rare->fr_addrnames[i]);
    }
    if (FR_ISCALL(fr->fr_flags)) {
        char name[16];
        snprintf(name, sizeof(name), "%u", fr->fr_arg);
        fr->fr_map = ip_tables_find(tables, IP_GROUP_MAP, name);
        if (fr->fr_map == NULL)
            return leave_out(load, fr, "group-map", name);
        if ((fr->fr_flags & fr->fr_map->ipt_inout) == 0)
            return leave_out(
                load, fr, (fr->fr_flags & FR_OUTQUE) != 0 ? "group-map out" : "group-map in", name);
    }
    return true;
}

/* The groups that maps name exist, even if no rule heads them.
 * => Returns 0; ENOMEM. */
static int add_map_groups(load_t *load)
{
    for (const ip_table_t *map = load->ifs->ifs_tables; map != NULL; map = map->ipt_next) {
        for (size_t i = 0; map->ipt_type == IP_GROUP_MAP && i < map->ipt_count; i++) {
            const ip_node_t *node = &map->ipt_nodes[i];
            frgroup_t *group =
                fr_addgroup(load->into, node->in_group[0] != '\0' ? node->in_group : map->ipt_group,
                            map->ipt_inout, false);
            if (group != NULL)
                group->fg_ref++;
        }
    }
    return fr_group_failed(load->into) ? ENOMEM : 0;
}

/* Makes room to remember one more rule.
 * => Returns 0; ENOMEM. */
static int reserve(load_t *load)
{
    if (load->count < load->room)
        return 0;
    size_t room = load->room * 2 + 16;
    frentry_t **rules = realloc(load->rules, room * sizeof(*rules));
    if (rules == NULL)
        return ENOMEM;
    load->rules = rules;
    load->room = room;
    return 0;
}

/* Remembers a rule that was added singly, or that is to be removed: after reserve(). */
static void remember(load_t *load, const frentry_t *fr)
{
    union {
        const frentry_t *from;
        frentry_t *to;
    } rule = {fr};
    assert(load->count < load->room);
    load->rules[load->count++] = rule.to;
}

static int add_rule(void *arg, const frentry_t *given)
{
    load_t *load = arg;
    frentry_t own = *given, *fr = &own;
    const frentry_t *same;
    char message[100];
    ipf_place_t place;
    const char *why = load->all ? NULL : ipf_not_modelled(fr, &place);
    if (why != NULL)
        return refuse(load, place, why);
    if (load->all && keeps_oow(fr)) {
        tell(load, fr, "'keep state' and 'oow' do not go together: this rule is left out");
        return 0;
    }
    if (load->all && !find_tables(load, fr))
        return 0;
    int unknown = ask_stack(load, fr);
    if (unknown != 0)
        return unknown;
    /* Solaris knows a group when a rule has headed it; IPFilter 6 makes it. */
    uint32_t inout = fr->fr_flags & (FR_INQUE | FR_OUTQUE);
    if (load->all && fr->fr_group[0] != '\0')
        fr_addgroup(load->into, fr->fr_group, inout, FR_ISACCOUNT(fr->fr_flags));
    if (fr_group_failed(load->into))
        return ENOMEM;
    bool singly = load->into != &load->set;
    int error = singly ? reserve(load) : 0; /* before: what is added must be remembered */
    if (error == 0)
        error = frrequest(load->into, fr, &same);
    if (error == ESRCH)
        return no_group(load, fr);
    if (error == 0 && singly)
        remember(load, same);
    if (error == EEXIST) {
        snprintf(message, sizeof(message), "this rule is there already, in line %d: left out",
                 same->fr_line);
        tell(load, fr, message);
        return 0;
    }
    return error;
}

static int load_text(load_t *load, const char *text, size_t length, int family,
                     ipf_intercept_t *said)
{
    ipf_reading_t reading = {.family = family,
                             .memory = load->ifs->ifs_memory,
                             .func = add_rule,
                             .arg = load,
                             .intercept = said,
                             .places = &load->places};
    load->into = &load->set;
    int result = add_map_groups(load);
    if (result == 0)
        result = ipf_read(text, length, &reading, load->error);
    if (result != 0) {
        fr_ruleset_fini(&load->set);
        return result;
    }
    if (load->ifs->ifs_leave != NULL)
        load->ifs->ifs_leave(load->ifs->ifs_leave_arg);
    fr_ruleset_seal(&load->set);
    fr_frags_fini(&load->ifs->ifs_frags);
    fr_states_fini(&load->ifs->ifs_states); /* states point to the rules that made them */
    fr_ruleset_fini(&load->ifs->ifs_rules);
    load->ifs->ifs_rules = load->set;
    return 0;
}

int ipf_load(ipf_stack_t *ifs, const char *text, size_t length, ipf_intercept_t *intercept,
             ipf_error_t *error)
{
    ipf_intercept_t said = IPF_INTERCEPT_UNSET;
    ipf_error_t ignored;
    load_t load = {.ifs = ifs,
                   .set = {.frs_memory = ifs->ifs_memory},
                   .error = error != NULL ? error : &ignored};

    int result = load_text(&load, text, length, 0, &said);
    if (result == 0 && intercept != NULL)
        *intercept = said;
    return result;
}

int ipf_load_all(ipf_stack_t *ifs, const char *text, size_t length, int family, ipf_error_t *error)
{
    ipf_intercept_t said;
    load_t load = {.ifs = ifs, .set = {.frs_memory = ifs->ifs_memory}, .error = error, .all = true};
    return load_text(&load, text, length, family, &said);
}

/* ---- rule by rule ---- */

static int remove_all(load_t *load)
{
    int error = 0;
    for (size_t i = load->count; i > 0 && error == 0; i--) {
        if (load->rules[i - 1]->fr_block != NULL) /* else the text has it twice */
            error = frremove(load->into, load->rules[i - 1]);
    }
    return error;
}

int ipf_add(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error)
{
    ipf_intercept_t said = IPF_INTERCEPT_UNSET;
    load_t load = {.ifs = ifs, .into = &ifs->ifs_rules, .error = error};
    ipf_reading_t reading = {.memory = ifs->ifs_memory,
                             .func = add_rule,
                             .arg = &load,
                             .intercept = &said,
                             .places = &load.places};
    ifs->ifs_rules.frs_sealed = true;
    int result = ipf_read(text, length, &reading, error);
    if (result == 0 && said != IPF_INTERCEPT_UNSET && ifs->ifs_inet != NULL)
        result = fr_setipfloopback(ifs, said == IPF_INTERCEPT_TRUE);
    if (result != 0)
        remove_all(&load);
    free(load.rules);
    return result;
}

/* All of them must be found before the first is removed. */
static int find_rule(void *arg, const frentry_t *given)
{
    load_t *load = arg;
    frentry_t own = *given, *found;
    int unknown = ask_stack(load, &own);
    if (unknown != 0)
        return unknown;
    int error = frfind(load->into, &own, &found);
    if (error == ESRCH)
        return refuse(load, IPF_PLACE_ACTION, "there is no such rule");
    if (error == 0)
        error = reserve(load);
    if (error == 0)
        remember(load, found);
    return error;
}

int ipf_remove(ipf_stack_t *ifs, const char *text, size_t length, ipf_error_t *error)
{
    ipf_intercept_t ignored;
    load_t load = {.ifs = ifs, .into = &ifs->ifs_rules, .error = error};
    ipf_reading_t reading = {.memory = ifs->ifs_memory,
                             .func = find_rule,
                             .arg = &load,
                             .intercept = &ignored,
                             .places = &load.places};
    int result = ipf_read(text, length, &reading, error);
    if (result == 0)
        result = remove_all(&load);
    free(load.rules);
    return result;
}
