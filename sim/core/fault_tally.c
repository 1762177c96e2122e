/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What came of a fault that struck nothing, in words: how far it was from it.
 */
#include "sim/core/fault.h"

#include "sim/base/text.h"
#include "sim/core/trace_station.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fault_tally_add(fault_tally_t *sum, const fault_tally_t *tally)
{
    sum->came += tally->came;
    sum->met += tally->met;
    sum->struck += tally->struck;
    if (tally->most > sum->most)
        sum->most = tally->most;
    if (tally->why[0] != '\0')
        memcpy(sum->why, tally->why, sizeof(sum->why));
}

bool fault_tally_by_chance(const fault_t *fault, const fault_tally_t *tally)
{
    return fault->chance != 0 && tally->met > 0 && tally->why[0] == '\0';
}

static const char *plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

/* "3 packets were sent, the last SYN of a connection is SYN 1" */
static void put_packets(const fault_t *fault, const fault_tally_t *tally, FILE *out)
{
    const char *kind = fault->packet < FAULT_KINDS ? fault_packet_names[fault->packet] : "";
    if (tally->came == 0)
        fprintf(out, "no packet");
    else
        fprintf(out, "%" PRIu64 " packet%s", tally->came, plural(tally->came));
    if (fault->place == FAULT_SENT)
        fprintf(out, tally->came == 1 || tally->came == 0 ? " was sent" : " were sent");
    else
        fprintf(out, " came by %s", trace_place_name((ip_place_t)fault->place));
    if (fault->host[0] != '\0')
        fprintf(out, " on %s", fault->host);
    if (tally->came == 0 || fault->packet == FAULT_ANY)
        return;
    if (fault->packet == FAULT_NUMBER)
        fprintf(out, ", the last is packet %" PRIu64, tally->most);
    else if (fault->packet == FAULT_LIKE)
        fprintf(out,
                tally->most > 0 ? ", only %" PRIu64 " like the pattern" : ", none like the pattern",
                tally->most);
    else if (tally->most == 0)
        fprintf(out, ", no %s among them", kind);
    else
        fprintf(out, ", the last %s%s is %s %" PRIu64, kind,
                fault->packet < FAULT_UDP ? " of a connection" : "", kind, tally->most);
}

static void put_connections(const fault_t *fault, const fault_tally_t *tally, FILE *out)
{
    if (tally->came == 0) {
        fprintf(out, "there was no connection");
        return;
    }
    fprintf(out, "%" PRIu64 " connection%s, ", tally->came, plural(tally->came));
    if (fault->bytes == 0 && fault->kind != FAULT_STALL)
        fprintf(out, "none was established");
    else
        fprintf(out, "whose %s sent %" PRIu64 " byte%s%s", fault->from_client ? "client" : "server",
                tally->most, plural(tally->most), tally->came > 1 ? " at most" : "");
}

/* What there was, of all that a fault could have met. */
static void put_nearest(const fault_t *fault, const fault_tally_t *tally, FILE *out)
{
    if (fault_is_of_packet(fault->kind))
        put_packets(fault, tally, out);
    else if (fault_is_of_connection(fault->kind))
        put_connections(fault, tally, out);
    else if (fault->kind == FAULT_ALLOCATION)
        fprintf(out, "the box wanted %" PRIu64 " blocks", tally->came);
    else if (fault->kind == FAULT_SLOW_ACCEPT)
        fprintf(out, "no connection came to a listener");
    else
        fprintf(out,
                tally->came > 0 ? "%" PRIu64 " instant%s had several events ready"
                                : "no instant had several events ready",
                tally->came, plural(tally->came));
}

const char *fault_tally_text(const fault_t *fault, const fault_tally_t *tally, size_t tests,
                             char *text, size_t size)
{
    char *whole = NULL, in[40] = "";
    size_t length;
    FILE *out = text_open(&whole, &length);
    if (tests > 0)
        snprintf(in, sizeof(in), " in %zu test%s", tests, plural(tests));
    if (tally->met == 0) {
        fprintf(out, "nothing met it%s: ", in);
        put_nearest(fault, tally, out);
    } else if (tally->why[0] != '\0') {
        fprintf(out, "nothing came of it%s: %s", in, tally->why);
    } else {
        fprintf(out, "by chance it struck none of the %" PRIu64 " packet%s that met it%s",
                tally->met, plural(tally->met), in);
    }
    fclose(out);
    snprintf(text, size, "%s", whole);
    free(whole);
    return text;
}
