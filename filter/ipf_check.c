/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What is told of a rule when it is read is told by check_rule(); what can be told only of the
 * whole set, behind it.
 */
#include "filter/ipf_check.h"

#include "filter/fr_covers.h"
#include "filter/fr_quick.h"
#include "filter/frrequest.h"
#include "filter/ipf_parse.h"
#include "filter/ipf_words.h"

#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct finding {
    ipf_error_t at;
    bool warning;
    size_t sequence;
} finding_t;

/* A rule that heads a group, and where it says so. */
typedef struct head {
    struct head *next;
    frentry_t fr;
    int line, column;
} head_t;

typedef struct check {
    fr_ruleset_t set;
    ipf_places_t places; /* of the present rule */
    ipf_intercept_t intercept;
    ipf_error_t error;
    finding_t *findings;
    size_t count, room, errors;
    head_t *heads; /* the newest first */
    bool no_memory;
    bool names_lo0; /* some rule does, and the first one did here: */
    int lo0_line, lo0_column;
} check_t;

/* ---- findings ---- */

static void add(check_t *check, const ipf_error_t *at, bool warning)
{
    if (check->count == check->room) {
        size_t room = check->room > 0 ? check->room * 2 : 16;
        finding_t *findings = realloc(check->findings, room * sizeof(*findings));
        if (findings == NULL) {
            check->no_memory = true;
            return;
        }
        check->findings = findings;
        check->room = room;
    }
    check->findings[check->count] = (finding_t){*at, warning, check->count};
    check->count++;
    check->errors += !warning;
}

static void warn_at(check_t *check, int line, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void warn_at(check_t *check, int line, int column, const char *format, ...)
{
    ipf_error_t at = {.line = line, .column = column};
    va_list args;
    va_start(args, format);
    vsnprintf(at.message, sizeof(at.message), format, args);
    va_end(args);
    add(check, &at, true);
}

#define WARN(check, place, ...)                                                                    \
    warn_at(check, (check)->places.at[place].line, (check)->places.at[place].column, __VA_ARGS__)

static bool take_mistake(void *arg, const ipf_error_t *error)
{
    check_t *check = arg;
    add(check, error, false);
    return !check->no_memory;
}

/* ---- one rule: what becomes of `return-...` ---- */

/* The protocol that all packets of a rule have, or that of the rule that heads its group; -1 if
 * that is not said, -2 for tcp/udp. */
static int proto_of(const check_t *check, const frentry_t *fr)
{
    const head_t *head = check->heads;
    if (fr->fr_hasproto)
        return fr->fr_proto;
    if ((fr->fr_flx & FI_TCPUDP) != 0)
        return -2;
    if (fr->fr_group[0] == '\0')
        return -1;
    while (head != NULL && (strcmp(head->fr.fr_grhead, fr->fr_group) != 0 ||
                            ((head->fr.fr_flags ^ fr->fr_flags) & FR_OUTQUE) != 0))
        head = head->next;
    return head != NULL && head->fr.fr_hasproto ? head->fr.fr_proto : -1;
}

static bool is_on_lo0(const frentry_t *fr)
{
    return strcmp(fr->fr_ifnames[0], "lo0") == 0 || strcmp(fr->fr_ifnames[1], "lo0") == 0;
}

/* fr_make_rst() makes a RST of segments with SYN or FIN only. */
static void check_rst_flags(check_t *check, const frentry_t *fr)
{
    uint8_t begin_or_end = TH_SYN | TH_FIN;
    if (is_on_lo0(fr) && (fr->fr_tcpfm & begin_or_end) == begin_or_end &&
        (fr->fr_tcpf & begin_or_end) == 0)
        WARN(check, IPF_PLACE_RETURN,
             "on lo0 'return-rst' answers segments with SYN or FIN: those of this rule have "
             "neither, and are dropped without an answer");
}

static void check_return_rst(check_t *check, const frentry_t *fr)
{
    int proto = proto_of(check, fr);
    if (proto == IPPROTO_TCP) {
        check_rst_flags(check, fr);
        return;
    }
    if (proto == -1)
        WARN(check, IPF_PLACE_RETURN,
             "'return-rst' answers TCP only: without 'proto tcp', all other packets are dropped "
             "without an answer");
    else if (proto == -2)
        WARN(check, IPF_PLACE_RETURN,
             "'return-rst' answers TCP only: the UDP packets of 'tcp/udp' are dropped without an "
             "answer");
    else
        WARN(check, IPF_PLACE_RETURN,
             "there is no RST for this protocol: its packets are dropped without an answer%s",
             proto == IPPROTO_UDP ? "; 'return-icmp(port-unr)' refuses UDP" : "");
}

/* What a client makes of the code. Solaris: tcp_icmp_error(), udp_icmp_error() and their kin for
 * IPv6. On loopback the code goes into an ICMPv6 message as it is (fr_make_icmp_v6). */
static void check_return_icmp(check_t *check, const frentry_t *fr, bool has_code)
{
    int proto = proto_of(check, fr);
    if (proto >= 0 && proto != IPPROTO_TCP && proto != IPPROTO_UDP)
        return; /* no connection that could be refused */
    ipf_place_t place = has_code ? IPF_PLACE_CODE : IPF_PLACE_RETURN;
    if (fr->fr_family == 6) {
        if (fr->fr_icode != ICMP6_DST_UNREACH_NOPORT)
            WARN(check, place,
                 "no client of IPv6 takes code %u for a refusal%s; write 'return-icmp(4)'",
                 fr->fr_icode, fr->fr_icode == 3 ? ": 3 is address unreachable there" : "");
        return;
    }
    if (fr->fr_icode == ICMP_PORT_UNREACH || fr->fr_icode == ICMP_PROT_UNREACH)
        return;
    if (!has_code)
        WARN(check, place,
             "'return-icmp' without a code is net-unr, which no client takes for a refusal: TCP "
             "goes on trying, UDP does not hear of it; write 'return-icmp(port-unr)'");
    else
        WARN(check, place,
             "no client takes this code for a refusal: TCP goes on trying, UDP does not hear of "
             "it; write 'port-unr'");
}

static void check_return(check_t *check, const frentry_t *fr)
{
    if ((fr->fr_flags & FR_RETMASK) == 0)
        return;
    bool has_code = check->places.at[IPF_PLACE_CODE].line != check->places.at[0].line ||
                    check->places.at[IPF_PLACE_CODE].column != check->places.at[0].column;
    if ((fr->fr_flags & FR_OUTQUE) != 0)
        WARN(check, IPF_PLACE_RETURN,
             "outbound packets are dropped, not answered: this belongs to an 'in' rule");
    else if ((fr->fr_flags & FR_RETMASK) == FR_RETRST)
        check_return_rst(check, fr);
    else
        check_return_icmp(check, fr, has_code);
}

/* ---- one rule: lo0 ---- */

static bool is_elsewhere(const fraddr_t *fra, int family)
{
    static const fraddr_t loopback4 = {.fra_addr = {{0x7f000000}}, .fra_mask = {{0xff000000}}};
    static const fraddr_t loopback6 = {
        .fra_addr = {{0, 0, 0, 1}}, .fra_mask = {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}};
    return fr_addresses_apart(fra, family == 6 ? &loopback6 : &loopback4);
}

/* Traffic to one's own address shows the interface that has the address, though it goes by the
 * loopback path. */
static void check_lo0(check_t *check, const frentry_t *fr)
{
    static const ipf_place_t places[] = {IPF_PLACE_SRC, IPF_PLACE_DST};
    const fraddr_t *const addresses[] = {&fr->fr_src, &fr->fr_dst};
    if (!is_on_lo0(fr))
        return;
    if (!check->names_lo0) {
        check->names_lo0 = true;
        check->lo0_line = check->places.at[IPF_PLACE_ON].line;
        check->lo0_column = check->places.at[IPF_PLACE_ON].column;
    }
    if (fr->fr_ifnames[1][0] != '\0' && strcmp(fr->fr_ifnames[0], fr->fr_ifnames[1]) != 0)
        return; /* it names the other one, too */
    for (size_t i = 0; i < 2; i++) {
        if (is_elsewhere(addresses[i], fr->fr_family))
            WARN(check, places[i],
                 "on lo0 this is never seen: traffic to and from an address of one's own shows the "
                 "interface that has it, not lo0");
    }
}

/* ---- rules as they are read ---- */

static void remember_head(check_t *check, const frentry_t *fr)
{
    head_t *head = malloc(sizeof(*head));
    if (head == NULL) {
        check->no_memory = true;
        return;
    }
    *head = (head_t){.next = check->heads,
                     .fr = *fr,
                     .line = check->places.at[IPF_PLACE_HEAD].line,
                     .column = check->places.at[IPF_PLACE_HEAD].column};
    check->heads = head;
}

static int take_rule(void *arg, const frentry_t *fr)
{
    check_t *check = arg;
    const frentry_t *same;
    ipf_place_t place;
    int error = frrequest(&check->set, fr, &same);
    if (error == ESRCH) {
        check->error.line = check->places.at[IPF_PLACE_GROUP].line;
        check->error.column = check->places.at[IPF_PLACE_GROUP].column;
        snprintf(check->error.message, sizeof(check->error.message),
                 "group '%s' has no head before this rule", fr->fr_group);
        return EINVAL;
    }
    if (error == EEXIST) {
        WARN(check, IPF_PLACE_ACTION, "this rule is there already, in line %d: it is left out",
             same->fr_line);
        return 0;
    }
    if (error != 0)
        return error;
    if (fr->fr_grhead[0] != '\0')
        remember_head(check, fr);
    check_return(check, fr);
    check_lo0(check, fr);
    const char *why = ipf_not_modelled(fr, &place);
    if (why != NULL)
        WARN(check, place, "a host refuses this rule here: %s", why);
    return check->no_memory ? ENOMEM : 0;
}

/* ---- the whole set ---- */

/* Whether the walk ends at a rule whenever it matches. A `log` rule decides nothing, `keep state`
 * can fail, and in a group another rule can decide. */
static bool ends_the_walk(const frentry_t *fr)
{
    uint32_t command = fr->fr_flags & FR_CMDMASK;
    return (fr->fr_flags & FR_QUICK) != 0 && !FR_ISLOG(fr->fr_flags) && command != FR_SKIP &&
           command != FR_CALL && (fr->fr_flags & FR_KEEPSTATE) == 0 && fr->fr_grp == NULL;
}

/* `skip` over more rules than there are: what was meant to follow is not in this list. */
static void check_skip(check_t *check, const frentry_t *skip)
{
    uint32_t follow = 0;
    for (const frentry_t *fr = skip->fr_next; fr != NULL && follow <= skip->fr_arg;
         fr = fr->fr_next)
        follow++;
    if (follow < skip->fr_arg)
        warn_at(check, skip->fr_line, skip->fr_column,
                "'skip %u' passes over more rules than follow in its list, which are %u",
                skip->fr_arg, follow);
}

static void check_list(check_t *check, const fr_list_t *list)
{
    uint64_t skipped = 0; /* rules that an earlier `skip` may pass over */
    fr_quick_t *quick = fr_quick_create();
    check->no_memory = check->no_memory || quick == NULL;
    for (const frentry_t *fr = list->frl_head; fr != NULL && !check->no_memory; fr = fr->fr_next) {
        const frentry_t *cover = fr_quick_find(quick, fr);
        if (cover != NULL)
            warn_at(check, fr->fr_line, fr->fr_column,
                    "this rule can never match: the 'quick' rule in line %d takes all of its "
                    "packets",
                    cover->fr_line);
        if (ends_the_walk(fr) && skipped == 0 && !fr_quick_add(quick, fr))
            check->no_memory = true;
        skipped -= skipped > 0;
        if (FR_ISSKIP(fr->fr_flags)) {
            check_skip(check, fr);
            skipped = fr->fr_arg > skipped ? fr->fr_arg : skipped;
        }
    }
    fr_quick_destroy(quick);
}

static void check_heads(check_t *check)
{
    for (const head_t *head = check->heads; head != NULL; head = head->next) {
        const frgroup_t *group = check->set.frs_groups;
        bool account = FR_ISACCOUNT(head->fr.fr_flags);
        while (group != NULL &&
               (strcmp(group->fg_name, head->fr.fr_grhead) != 0 || group->fg_account != account))
            group = group->fg_next;
        if (group != NULL && group->fg_list.frl_head == NULL)
            warn_at(check, head->line, head->column, "no rule is in group '%s'",
                    head->fr.fr_grhead);
    }
}

static void check_set(check_t *check)
{
    for (size_t i = 0; i < 2; i++) {
        check_list(check, &check->set.frs_list[i]);
        check_list(check, &check->set.frs_acct[i]);
    }
    for (const frgroup_t *group = check->set.frs_groups; group != NULL; group = group->fg_next)
        check_list(check, &group->fg_list);
    check_heads(check);
    if (check->names_lo0 && check->intercept != IPF_INTERCEPT_TRUE)
        warn_at(check, check->lo0_line, check->lo0_column,
                "no packet on lo0 reaches these rules: the file has no `set intercept_loopback "
                "true;` before them");
}

/* ---- in order ---- */

static int by_place(const void *left, const void *right)
{
    const finding_t *a = left, *b = right;
    if (a->at.line != b->at.line)
        return a->at.line < b->at.line ? -1 : 1;
    if (a->at.column != b->at.column)
        return a->at.column < b->at.column ? -1 : 1;
    return a->sequence < b->sequence ? -1 : a->sequence > b->sequence;
}

/* A line whose lists make several rules says the same of each. */
static bool is_said(const check_t *check, size_t i)
{
    const finding_t *this = &check->findings[i];
    for (size_t j = i; j-- > 0;) {
        const finding_t *before = &check->findings[j];
        if (before->at.line != this->at.line || before->at.column != this->at.column)
            return false;
        if (strcmp(before->at.message, this->at.message) == 0)
            return true;
    }
    return false;
}

static void hand_over(check_t *check, ipf_finding_func_t func, void *arg)
{
    if (check->count > 0)
        qsort(check->findings, check->count, sizeof(*check->findings), by_place);
    for (size_t i = 0; i < check->count; i++) {
        if (!is_said(check, i))
            func(arg, &check->findings[i].at, check->findings[i].warning);
    }
}

int ipf_check(const char *text, size_t length, int family, ipf_finding_func_t func, void *arg,
              size_t *errors)
{
    check_t check = {.intercept = IPF_INTERCEPT_UNSET};
    ipf_reading_t reading = {.family = family,
                             .func = take_rule,
                             .arg = &check,
                             .intercept = &check.intercept,
                             .places = &check.places,
                             .mistake = take_mistake};
    int result = ipf_read(text, length, &reading, &check.error);
    fr_ruleset_seal(&check.set);
    if (result == 0)
        check_set(&check);
    if (check.no_memory)
        result = ENOMEM;
    if (result == 0)
        hand_over(&check, func, arg);
    *errors = check.errors;
    fr_ruleset_fini(&check.set);
    while (check.heads != NULL) {
        head_t *head = check.heads;
        check.heads = head->next;
        free(head);
    }
    free(check.findings);
    return result;
}
