/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What happens to a client on loopback, according to the filter itself: for each rule that blocks,
 * the packet with which a client would begin goes out and comes in.
 */
#include "filter/fr_covers.h"
#include "filter/fr_impl.h"
#include "filter/fr_verdict.h"
#include "filter/fr_witness.h"
#include "filter/ipf_check_impl.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Any will do, where a rule names none. */
#define CLIENT_PORT 33001
#define SERVER_PORT 9

/* What decided about a packet. */
typedef struct decision {
    ipf_event_kind_t kind;
    const frentry_t *rule;
    bool block;
} decision_t;

/* The rules that one state bypasses; the finding is at the first of them. */
typedef struct undone {
    struct undone *next;
    int line, column, by_line;
    int others[IPF_CHECK_LINES + 1]; /* lines of others: the first few */
    size_t count;
} undone_t;

typedef struct trial {
    check_t *check;
    ipf_stack_t *ifs;
    decision_t decision;
    undone_t *undone; /* the newest first */
} trial_t;

/* ---- the packet ---- */

/* A port for which the comparison holds; false if there is none. */
static bool choose_port(const frpcmp_t *port, uint16_t wanted, uint16_t *chosen)
{
    frpcmp_t one = {FR_EQUAL, wanted, 0};
    if (fr_ports_cover(port, &one)) {
        *chosen = wanted;
        return true;
    }
    const int around[] = {port->frp_port, port->frp_port + 1, port->frp_port - 1,
                          port->frp_top + 1};
    for (size_t i = 0; i < 4; i++) {
        one.frp_port = (uint16_t)around[i];
        if (around[i] < 1 || around[i] > 65535 || !fr_ports_cover(port, &one))
            continue;
        *chosen = one.frp_port;
        return true;
    }
    return false;
}

/* The packet with which a client of a rule's ports begins. */
static bool choose_packet(const frentry_t *fr, fr_witness_t *packet)
{
    static const i6addr_t loopback4 = {{0x7f000001}}, loopback6 = {{0, 0, 0, 1}};
    *packet = (fr_witness_t){.version = fr->fr_family == 6 ? 6 : 4, .proto = IPPROTO_TCP};
    packet->src = packet->dst = packet->version == 6 ? loopback6 : loopback4;
    if (fr->fr_hasproto)
        packet->proto = fr->fr_proto;
    if (packet->proto != IPPROTO_TCP && packet->proto != IPPROTO_UDP)
        return false;
    return choose_port(&fr->fr_sport, CLIENT_PORT, &packet->sport) &&
           choose_port(&fr->fr_dport, SERVER_PORT, &packet->dport);
}

/* ---- the trial ---- */

/* The last one is about the verdict. */
static void take_event(void *arg, const ipf_event_t *event)
{
    trial_t *trial = arg;
    trial->decision = (decision_t){event->kind, event->rule, event->block};
}

/* Without memory a state or a log entry is not kept, and the packet may not pass for that. */
static bool ran_short(const ipf_stack_t *ifs, bool out)
{
    return ifs->ifs_states.is_stats.no_memory > 0 || ifs->ifs_frstats.f_st[out].fr_skip > 0;
}

static decision_t judge(trial_t *trial, const fr_witness_t *packet, bool out)
{
    qpktinfo_t qpi = {.qpi_ifname = "lo0", .qpi_flags = FI_NOCKSUM};
    mblk_t *m = fr_witness_packet(packet);
    trial->decision = (decision_t){.kind = IPF_EV_NOMATCH};
    if (m != NULL)
        fr_verdict(trial->ifs, &qpi, out, m);
    if (m == NULL || ran_short(trial->ifs, out))
        trial->check->no_memory = true;
    freemsg(m);
    return trial->decision;
}

/* The same, of a packet before which no other has come. */
static decision_t judge_first(trial_t *trial, const fr_witness_t *packet, bool out)
{
    ipf_forget(trial->ifs);
    return judge(trial, packet, out);
}

static bool is_rule(const decision_t *decision, const frentry_t *fr)
{
    return decision->kind == IPF_EV_RULE && decision->rule != NULL &&
           decision->rule->fr_line == fr->fr_line && decision->rule->fr_column == fr->fr_column;
}

/* ---- what is said ---- */

/* A line with lists makes several rules. */
static bool is_noted(const undone_t *undone, int line)
{
    return line == (undone->count > 0 ? undone->others[undone->count - 1] : undone->line);
}

static void note_undone(trial_t *trial, const frentry_t *fr, const frentry_t *by)
{
    undone_t *undone = trial->undone;
    while (undone != NULL && undone->by_line != by->fr_line)
        undone = undone->next;
    if (undone == NULL) {
        undone = calloc(1, sizeof(*undone));
        if (undone == NULL) {
            trial->check->no_memory = true;
            return;
        }
        *undone = (undone_t){.next = trial->undone,
                             .line = fr->fr_line,
                             .column = fr->fr_column,
                             .by_line = by->fr_line};
        trial->undone = undone;
        return;
    }
    if (!is_noted(undone, fr->fr_line) && undone->count <= IPF_CHECK_LINES)
        undone->others[undone->count++] = fr->fr_line;
}

static void say_undone(trial_t *trial)
{
    while (trial->undone != NULL) {
        undone_t *undone = trial->undone;
        char lines[80] = "";
        trial->undone = undone->next;
        if (undone->count > 0)
            ipf_check_say_lines(undone->others, undone->count, lines, sizeof(lines));
        ipf_check_warn(trial->check, IPF_WARN_UNDONE, undone->line, undone->column,
                       "on loopback this blocks nothing: the 'out' rule in line %d keeps state, "
                       "which lets the same packet in%s%s",
                       undone->by_line, undone->count > 0 ? "; so it is with " : "", lines);
        free(undone);
    }
}

static void say_hangs(trial_t *trial, const frentry_t *fr, const fr_witness_t *packet)
{
    if (packet->proto == IPPROTO_TCP)
        ipf_check_warn(
            trial->check, IPF_WARN_HANGS, fr->fr_line, fr->fr_column,
            "local clients hang: their SYNs are dropped without an answer, and a connect "
            "gives up after %.40s; 'block return-rst' refuses it at once",
            trial->check->how->hang);
    else
        ipf_check_warn(trial->check, IPF_WARN_HANGS, fr->fr_line, fr->fr_column,
                       "local clients hear nothing: their datagrams are dropped without an answer; "
                       "'block return-icmp(%s)' refuses them at once",
                       packet->version == 6 ? "4" : "port-unr");
}

static void try_rule(trial_t *trial, const frentry_t *fr)
{
    fr_witness_t packet;
    bool answers = (fr->fr_flags & FR_RETMASK) != 0;
    if (!FR_ISBLOCK(fr->fr_flags) || FR_ISLOG(fr->fr_flags) || !choose_packet(fr, &packet))
        return;
    decision_t alone = judge_first(trial, &packet, false);
    if (!is_rule(&alone, fr))
        return;
    decision_t out = judge_first(trial, &packet, true);
    if (out.block)
        return;
    decision_t in = judge(trial, &packet, false);
    if (in.kind == IPF_EV_STATE && !in.block) {
        if (answers || ipf_check_on_lo0(fr))
            note_undone(trial, fr, in.rule);
    } else if (!answers && is_rule(&in, fr)) {
        say_hangs(trial, fr, &packet);
    }
}

static void try_list(trial_t *trial, const fr_list_t *list)
{
    for (const frentry_t *fr = list->frl_head; fr != NULL && !trial->check->no_memory;
         fr = fr->fr_next)
        try_rule(trial, fr);
}

void ipf_check_loopback(check_t *check)
{
    ipf_error_t error;
    trial_t trial = {.check = check, .ifs = ipf_create()};
    if (trial.ifs == NULL ||
        ipf_load_all(trial.ifs, check->text, check->length, check->how->family, &error) != 0) {
        check->no_memory = true;
        ipf_destroy(trial.ifs);
        return;
    }
    ipf_set_probe(trial.ifs, take_event, &trial);
    try_list(&trial, &check->set.frs_list[0]);
    for (const frgroup_t *group = check->set.frs_groups; group != NULL; group = group->fg_next) {
        if (group->fg_inout == FR_INQUE)
            try_list(&trial, &group->fg_list);
    }
    say_undone(&trial);
    ipf_destroy(trial.ifs);
}
