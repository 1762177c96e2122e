/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The fault `kill`: a process of a test dies just before a packet is sent. Nothing of it runs any
 * more. As a kernel does it, its sockets are then closed in the order in which they were made. What
 * it had handed to the kernel is still sent, so a packet of its own goes first; a packet of another
 * waits until the sockets are closed.
 */
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/packet/packet.h"
#include "sim/script/lua_socket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whether one of the process' sockets sends the packet. */
static bool is_sender(const runtime_t *rt, const process_t *process, const struct packet *packet)
{
    const ip_endpoint_t src = {packet->src, packet->sport}, dst = {packet->dst, packet->dport};
    for (const lua_socket_t *sock = rt->sockets; sock != NULL; sock = sock->next) {
        so_ends_t ends = sock->so != NULL ? so_ends(sock->so) : sock->ends;
        if (sock->maker == process && so_ends_send(&ends, packet->proto, &src, &dst))
            return true;
    }
    return false;
}

static void close_sockets(void *arg)
{
    process_t *process = arg;
    runtime_t *rt = process_runtime(process);
    trace_call_t call = {.verb = TRACE_VERB_CLOSE, .process = process_name(process)};
    lua_socket_t *next;
    for (lua_socket_t *sock = rt->sockets; sock != NULL && !rt->over; sock = next) {
        next = sock->next;
        if (sock->maker != process)
            continue;
        trace_call(rt->box->trace, &call, NULL);
        lua_socket_let_go(sandbox_lua(rt->sandbox), sock);
    }
}

/* The fault names no process that has ever been there: the test has a mistake. */
static void fail_unknown(runtime_t *rt, const fault_t *fault)
{
    char *text = NULL;
    size_t size;
    const char *separator = "";
    FILE *out = text_open(&text, &size);
    fprintf(out, "%s: fault '%s': ", rt->path, fault->text);
    if (lua_exec_has(rt, fault->process)) {
        fprintf(out, "'%s' is a real program, which no fault kills: program:kill does",
                fault->process);
    } else {
        fprintf(out, "there is no process '%s'; there are: ", fault->process);
        for (process_t *p = process_next(rt, NULL); p != NULL; p = process_next(rt, p)) {
            fprintf(out, "%s%s", separator, process_name(p));
            separator = ", ";
        }
    }
    fclose(out);
    runtime_fail(rt, RESULT_MISTAKE, text);
    free(text);
}

static box_killed_t on_kill(void *arg, const fault_t *fault, const struct packet *packet)
{
    runtime_t *rt = arg;
    char what[FAULT_WORD_MAX + 40];
    bool known = false, killed = false, sends = false;
    for (process_t *p = process_next(rt, NULL); p != NULL; p = process_next(rt, p)) {
        if (strcmp(process_name(p), fault->process) != 0)
            continue;
        known = true;
        if (process_is_done(p))
            continue;
        killed = true;
        sends = sends || (packet != NULL && is_sender(rt, p, packet));
        process_kill(p, close_sockets);
    }
    if (!known) {
        fail_unknown(rt, fault);
        return BOX_KILLED_NOBODY;
    }
    snprintf(what, sizeof(what), "%s %s", fault->process,
             killed ? "is killed" : "has ended before");
    box_note_fault(rt->box, fault, what);
    if (!killed)
        return BOX_KILLED_NOBODY;
    return sends ? BOX_KILLED : BOX_KILLED_WAIT;
}

/* Whether an earlier process that is alive has the same name: one fault kills both. */
static bool is_known(const runtime_t *rt, const process_t *process)
{
    const process_t *p = process_next(rt, process_next(rt, NULL)); /* after main */
    while (p != process &&
           (process_is_done(p) || strcmp(process_name(p), process_name(process)) != 0))
        p = process_next(rt, p);
    return p != process;
}

/* Nobody is left out silently. */
static void fail_victim(runtime_t *rt, const process_t *process)
{
    char text[LUA_MESSAGE_ROOM];
    snprintf(text, sizeof(text),
             "no fault can name a process that is called main, or with a quote or more than %d "
             "bytes: '%s'",
             FAULT_WORD_MAX - 1, process_name(process));
    runtime_fail(rt, RESULT_MISTAKE, text);
}

static size_t victims(void *arg, size_t which, const char **name)
{
    runtime_t *rt = arg;
    char word[FAULT_WORD_MAX + 2], text[LUA_MESSAGE_ROOM];
    size_t count = 0;
    *name = NULL;
    process_t *p = process_next(rt, NULL); /* main, which is spawned first */
    while ((p = process_next(rt, p)) != NULL) {
        if (process_is_done(p) || is_known(rt, p))
            continue;
        if (!fault_put_process(process_name(p), word)) {
            fail_victim(rt, p);
            continue;
        }
        if (count == BOX_VICTIMS_MAX) {
            snprintf(text, sizeof(text), "there are more than %d processes that could be killed",
                     BOX_VICTIMS_MAX);
            runtime_fail(rt, RESULT_MISTAKE, text);
            return count;
        }
        if (count++ == which)
            *name = process_name(p);
    }
    return count;
}

void lua_kill_begin(runtime_t *rt)
{
    box_set_killer(rt->box, on_kill, victims, rt);
}
