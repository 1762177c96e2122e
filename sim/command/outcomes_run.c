/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/outcomes_run.h"

#include "filter/fr_verdict.h"
#include "filter/fr_witness.h"
#include "filter/ipf_parse.h"
#include "sim/base/must.h"
#include "sim/core/box.h"
#include "stack/wire.h"

#include <assert.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) must_end()
#include <uthash.h>

#define STEPS_MAX  8    /* packets that the filter is asked about */
#define EVENTS_MAX 1000 /* of one datagram and its answer */
#define IS_CLIENT  1000 /* initial sequence numbers of the packets it is asked about */
#define IS_SERVER  5000

const outcomes_client_t outcomes_clients[OUTCOMES_CLIENTS] = {
    {false, "127.0.0.1"}, {false, "::1"}, {false, BOX_ADDRESS}, {false, BOX_ADDRESS6},
    {true, "127.0.0.1"},  {true, "::1"},  {true, BOX_ADDRESS},  {true, BOX_ADDRESS6},
};

/* The filter's answers for the packets of one connect, as far as they matter to the client:
 * verdicts, and what belongs to them. It is zeroed before it is filled in, because its bytes are
 * compared. */
typedef struct answer {
    struct {
        int kind, block;
        uint32_t flags, icode, statemax, maxsrcs, age[2], pps;
        frdest_t to, dup_to;
    } of[STEPS_MAX];
    int special; /* the client's own port: 1 */
    bool udp, v6;
} answer_t;

/* Who decided, in the same steps. */
typedef struct deciders {
    const frentry_t *rule[STEPS_MAX];
    bool state[STEPS_MAX];
} deciders_t;

/* A connect that was run, for all clients and ports with the same answer. */
typedef struct sample {
    answer_t answer;
    outcome_t outcome;
    UT_hash_handle hh; /* by the answer */
} sample_t;

struct outcomes {
    outcomes_variant_t variant;
    uint64_t seed;
    box_t *judge; /* has the rules, and decides */
    uint16_t source_port[2];
    sample_t *samples;
    /* the last decision */
    ipf_event_kind_t kind;
    const frentry_t *rule;
    bool block;
};

/* ---- boxes ---- */

static box_t *new_box(const outcomes_variant_t *variant, uint64_t seed, ipf_error_t *error)
{
    box_t *box = box_create(seed, NULL, 0);
    if (box == NULL)
        must_end();
    box_set_era(box, variant->era);
    if (variant->mode_chosen)
        box_set_reply_mode(box, variant->mode);
    int err = box_filter(box, variant->text, variant->length, false, error);
    if (err == EINVAL) {
        box_destroy(box);
        return NULL;
    }
    if (err != 0 || (variant->intercept && fr_setipfloopback(box->ifs, true) != 0))
        must_end();
    return box;
}

static in6_addr_t address_of(size_t client)
{
    in6_addr_t address;
    bool parsed = ip_address_parse(outcomes_clients[client].address, &address);
    assert(parsed);
    (void)parsed;
    return address;
}

/* Runs what is on its way at this instant. */
static void settle(box_t *box)
{
    uint64_t at;
    while (vclock_next(box->clock, &at) && at == box_now(box) && box_step(box) == BOX_RAN)
        continue;
}

/* ---- one client on a box of its own ---- */

/* With any other errno, a client that had to wait has hung. */
static outcome_kind_t kind_of(int err, uint64_t time_us)
{
    if (err == 0)
        return OUTCOME_CONNECTS;
    if (err == ECONNREFUSED)
        return OUTCOME_REFUSED;
    return time_us > 0 ? OUTCOME_HANGS : OUTCOME_FAILS;
}

/* Sends a datagram to a server that answers.
 * => Returns 0; EAGAIN if nothing; an errno of the send or of the receive. */
static int ask_by_udp(box_t *box, const in6_addr_t *address, uint16_t port)
{
    sonode_t *server, *client;
    ip_endpoint_t from;
    char byte;
    size_t received;
    if (so_udp(box->ips, &in6addr_any, port, &server) != 0 ||
        so_udp(box->ips, &in6addr_any, 0, &client) != 0)
        return EADDRINUSE;
    int err = so_udp_connect(client, address, port);
    if (err == 0)
        err = so_sendto(client, "?", 1, NULL);
    if (err != 0)
        return err;
    settle(box);
    if (so_recvfrom(server, &byte, 1, &received, &from) == 0)
        (void)so_sendto(server, "!", 1, &from);
    for (int i = 0; i < EVENTS_MAX && box_step(box) == BOX_RAN; i++)
        continue;
    return so_recvfrom(client, &byte, 1, &received, &from);
}

static void run_client(const outcomes_t *outcomes, size_t client, uint16_t port, outcome_t *outcome)
{
    ipf_error_t error;
    in6_addr_t address = address_of(client);
    box_t *box = new_box(&outcomes->variant, outcomes->seed, &error);
    if (box == NULL)
        must_end();
    if (outcomes_clients[client].udp) {
        outcome->err = ask_by_udp(box, &address, port);
        outcome->kind = outcome->err == EAGAIN ? OUTCOME_HANGS : kind_of(outcome->err, 0);
    } else {
        outcome->err = box_connect(box, &address, port, true);
        outcome->time_us = box_now(box);
        outcome->kind = kind_of(outcome->err, outcome->time_us);
    }
    box_destroy(box);
}

/* ---- asking the filter ---- */

static void take_decision(void *arg, const ipf_event_t *event)
{
    outcomes_t *outcomes = arg;
    if (event->kind != IPF_EV_RULE && event->kind != IPF_EV_NOMATCH &&
        event->kind != IPF_EV_STATE && event->kind != IPF_EV_FRAG)
        return;
    outcomes->kind = event->kind;
    outcomes->rule = event->rule;
    outcomes->block = event->block;
}

static void note(answer_t *answer, deciders_t *deciders, size_t i, const outcomes_t *outcomes)
{
    const frentry_t *rule = outcomes->rule;
    deciders->rule[i] = rule;
    deciders->state[i] = outcomes->kind == IPF_EV_STATE;
    answer->of[i].kind = (int)outcomes->kind + 1;
    answer->of[i].block = outcomes->block;
    if (rule == NULL)
        return;
    answer->of[i].flags = rule->fr_flags;
    answer->of[i].icode = rule->fr_icode;
    answer->of[i].statemax = rule->fr_statemax;
    answer->of[i].maxsrcs = rule->fr_maxsrcs;
    memcpy(answer->of[i].age, rule->fr_age, sizeof(rule->fr_age));
    answer->of[i].pps = rule->fr_pps;
    memcpy(&answer->of[i].to, &rule->fr_rare->fr_tif, sizeof(rule->fr_rare->fr_tif));
    memcpy(&answer->of[i].dup_to, &rule->fr_rare->fr_dif, sizeof(rule->fr_rare->fr_dif));
}

/* The packet goes out and comes in: two steps of the answer.
 * => Returns whether it arrives. */
static bool ask(outcomes_t *outcomes, size_t client, const fr_witness_t *packet, answer_t *answer,
                deciders_t *deciders, size_t at)
{
    bool lo0 = client % 4 < 2;
    qpktinfo_t qpi = {.qpi_ifname = lo0 ? "lo0" : BOX_IFNAME, .qpi_flags = FI_NOCKSUM};
    qpi.qpi_ill = net_phylookup(ip_stack_net(outcomes->judge->ips, NHF_INET), qpi.qpi_ifname);
    for (size_t i = 0; i < 2; i++) {
        mblk_t *m = fr_witness_packet(packet);
        if (m == NULL)
            must_end();
        fr_verdict(outcomes->judge->ifs, &qpi, i == 0, m);
        freemsg(m);
        note(answer, deciders, at + i, outcomes);
        if (outcomes->block)
            return false;
    }
    return true;
}

static fr_witness_t witness_of(const outcomes_t *outcomes, size_t client, uint16_t port)
{
    bool udp = outcomes_clients[client].udp;
    in6_addr_t address = address_of(client);
    fr_witness_t packet = {.version = ip_address_family(&address) == AF_INET6 ? 6 : 4,
                           .proto = udp ? IPPROTO_UDP : IPPROTO_TCP,
                           .sport = outcomes->source_port[udp],
                           .dport = port,
                           .seq = IS_CLIENT};
    if (port == packet.sport)
        packet.sport ^= 1; /* the listener has this port, so the client takes another */
    for (size_t i = 0; i < 4 && packet.version == 6; i++)
        packet.src.i6[i] = get32(address.s6_addr + 4 * i);
    if (packet.version == 4)
        packet.src.i6[0] = get32(address.s6_addr + 12);
    packet.dst = packet.src;
    return packet;
}

static fr_witness_t answer_to(const fr_witness_t *packet, uint8_t flags)
{
    fr_witness_t reply = *packet;
    reply.sport = packet->dport;
    reply.dport = packet->sport;
    reply.flags = flags;
    reply.seq = (flags & TH_SYN) != 0 ? IS_SERVER : 0;
    reply.ack = packet->seq + 1;
    return reply;
}

/* The packets of a connect: SYN, SYN|ACK and ACK, and the RST that refuses it. With UDP the first
 * two are a request and its reply. */
static fr_witness_t packet_of(const outcomes_t *outcomes, size_t client, uint16_t port, int which)
{
    fr_witness_t first = witness_of(outcomes, client, port);
    if (which == 1)
        return answer_to(&first, TH_SYN | TH_ACK);
    if (which == 3)
        return answer_to(&first, TH_RST | TH_ACK);
    if (which == 2) {
        first.flags = TH_ACK;
        first.seq = IS_CLIENT + 1;
        first.ack = IS_SERVER + 1;
    }
    return first;
}

/* Asks the filter about them. A packet that does not arrive gets no answer. */
static void ask_all(outcomes_t *outcomes, size_t client, uint16_t port, answer_t *answer,
                    deciders_t *deciders)
{
    bool udp = outcomes_clients[client].udp, arrives = true;
    memset(answer, 0, sizeof(*answer));
    memset(deciders, 0, sizeof(*deciders));
    answer->special = port == outcomes->source_port[udp];
    answer->udp = udp;
    answer->v6 = client % 2 == 1;
    if (!outcomes_intercepts(outcomes))
        return;
    ipf_forget(outcomes->judge->ifs);
    for (int which = 0; which < (udp ? 2 : 4); which++) {
        fr_witness_t packet = packet_of(outcomes, client, port, which);
        if (arrives || which == 3)
            arrives = ask(outcomes, client, &packet, answer, deciders, 2 * (size_t)which);
    }
}

/* Names who decided the outcome: the first who blocks, else the one who lets the client in. */
static void name_decider(const answer_t *answer, const deciders_t *deciders, outcome_t *outcome)
{
    int step = 0;
    while (step < STEPS_MAX - 2 && !answer->of[step].block)
        step++;
    if (step == STEPS_MAX - 2)
        step = 1;
    outcome->step = answer->of[step].kind != 0 ? step : -1;
    outcome->rule = deciders->rule[step];
    outcome->by_state = deciders->state[step];
}

outcome_t outcomes_at(outcomes_t *outcomes, size_t client, uint16_t port)
{
    answer_t answer;
    deciders_t deciders;
    ask_all(outcomes, client, port, &answer, &deciders);
    sample_t *sample;
    HASH_FIND(hh, outcomes->samples, &answer, sizeof(answer), sample);
    if (sample == NULL) {
        sample = must_calloc(1, sizeof(*sample));
        memcpy(&sample->answer, &answer, sizeof(answer));
        run_client(outcomes, client, port, &sample->outcome);
        HASH_ADD(hh, outcomes->samples, answer, sizeof(answer), sample);
    }
    outcome_t outcome = sample->outcome;
    name_decider(&answer, &deciders, &outcome);
    return outcome;
}

void outcomes_packet(const outcomes_t *outcomes, size_t client, uint16_t port, int step, char *text,
                     size_t size)
{
    static const char *const flags[] = {" S", " SA", " A", " RA"};
    bool udp = outcomes_clients[client].udp;
    char src[INET6_ADDRSTRLEN], dst[INET6_ADDRSTRLEN];
    fr_witness_t packet = packet_of(outcomes, client, port, step / 2);
    i6addr_text(&packet.src, packet.version, src);
    i6addr_text(&packet.dst, packet.version, dst);
    snprintf(text, size, "%s on %s %s %s,%u %s,%u%s", step % 2 == 0 ? "out" : "in",
             client % 4 < 2 ? "lo0" : BOX_IFNAME, udp ? "udp" : "tcp", src, packet.sport, dst,
             packet.dport, udp ? "" : flags[step / 2]);
}

/* ---- all of it ---- */

/* The source ports of the first connect and the first datagram of a fresh box. */
static void find_source_ports(outcomes_t *outcomes)
{
    ipf_error_t error;
    in6_addr_t address = address_of(0);
    sonode_t *so;
    box_t *box = new_box(&outcomes->variant, outcomes->seed, &error);
    if (box == NULL || so_listen(box->ips, &in6addr_any, 9, 128, &so) != 0)
        must_end();
    if (so_connect(box->ips, &address, 9, &so) == EINPROGRESS)
        outcomes->source_port[false] = so_local(so).ie_port;
    box_destroy(box);
    box = new_box(&outcomes->variant, outcomes->seed, &error);
    if (box == NULL || so_udp(box->ips, &in6addr_any, 9, &so) != 0)
        must_end();
    if (so_udp(box->ips, &in6addr_any, 0, &so) == 0)
        outcomes->source_port[true] = so_local(so).ie_port;
    box_destroy(box);
}

outcomes_t *outcomes_create(const outcomes_variant_t *variant, uint64_t seed, ipf_error_t *error)
{
    outcomes_t *outcomes = must_calloc(1, sizeof(*outcomes));
    outcomes->variant = *variant;
    outcomes->seed = seed;
    outcomes->judge = new_box(variant, seed, error);
    if (outcomes->judge == NULL) {
        free(outcomes);
        return NULL;
    }
    find_source_ports(outcomes);
    ipf_set_probe(outcomes->judge->ifs, take_decision, outcomes);
    return outcomes;
}

void outcomes_destroy(outcomes_t *outcomes)
{
    if (outcomes == NULL)
        return;
    sample_t *sample, *next;
    HASH_ITER(hh, outcomes->samples, sample, next)
    {
        HASH_DEL(outcomes->samples, sample);
        free(sample);
    }
    box_destroy(outcomes->judge);
    free(outcomes);
}

bool outcomes_intercepts(const outcomes_t *outcomes)
{
    return ipf_intercepts_loopback(outcomes->judge->ifs);
}

uint16_t outcomes_source_port(const outcomes_t *outcomes, bool udp)
{
    return outcomes->source_port[udp];
}

bool outcome_same_result(const outcome_t *a, const outcome_t *b)
{
    return a->kind == b->kind && a->err == b->err && a->time_us == b->time_us;
}

bool outcome_same(const outcome_t *a, const outcome_t *b)
{
    return outcome_same_result(a, b) && a->rule == b->rule && a->by_state == b->by_state;
}

void outcomes_prove(outcomes_t *old, outcomes_t *new, fr_proof_t *proof)
{
    assert(outcomes_intercepts(old) == outcomes_intercepts(new));
    fr_prove_same(old->judge->ifs, new->judge->ifs, FR_PROVE_WORK, proof);
}

/* ---- which ports the rules can tell apart ---- */

static void mark(bool *begins, const frpcmp_t *port)
{
    if (port->frp_cmp == FR_NONE)
        return;
    begins[port->frp_port] = begins[port->frp_port + 1] = true;
    begins[port->frp_top] = begins[port->frp_top + 1] = true;
}

static int mark_rule(void *arg, const frentry_t *fr)
{
    mark(arg, &fr->fr_sport);
    mark(arg, &fr->fr_dport);
    return 0;
}

void outcomes_mark_ports(const outcomes_variant_t *variant, bool *begins)
{
    ipf_intercept_t intercept;
    ipf_error_t error;
    (void)ipf_parse(variant->text, variant->length, 0, mark_rule, begins, &intercept, &error);
}
