/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What programs do, in the trace: who called what, and what came of it.
 */
#include "sim/base/must.h"
#include "sim/exec/exec_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- who ---- */

/* A process' name: its program's name, and a number from the second one of that name on. The
 * kernel's process numbers would differ in each run. */
struct exec_name {
    struct exec_name *next;
    pid_t pid;
    char program[16];
    char text[32];
};

static void read_program(pid_t pid, char program[16])
{
    char path[64];
    snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read(fd, program, 15) : 0;
    if (fd >= 0)
        close(fd);
    program[length > 0 ? length : 0] = '\0';
    program[strcspn(program, "\n")] = '\0';
}

static const char *name_of(exec_t *exec, task_t *task)
{
    unsigned count = 1;
    struct exec_name **link = &exec->names;
    char program[16];
    if (task->process != NULL)
        return task->process;
    read_program(task->pid, program);
    for (; *link != NULL; link = &(*link)->next) {
        if (strcmp((*link)->program, program) != 0)
            continue;
        if ((*link)->pid == task->pid)
            return task->process = (*link)->text;
        count++;
    }
    struct exec_name *name = *link = must_calloc(1, sizeof(*name));
    name->pid = task->pid;
    snprintf(name->program, sizeof(name->program), "%s", program);
    if (count == 1)
        snprintf(name->text, sizeof(name->text), "%s", program);
    else
        snprintf(name->text, sizeof(name->text), "%s.%u", program, count);
    return task->process = name->text;
}

void exec_names_free(exec_t *exec)
{
    while (exec->names != NULL) {
        struct exec_name *name = exec->names;
        exec->names = name->next;
        free(name);
    }
}

/* ---- what ---- */

static const struct {
    int number;
    trace_verb_t verb;
    const char *name; /* of the calls that wait for several things */
} verbs[] = {
    {SYS_connect, TRACE_VERB_CONNECT, NULL},
    {SYS_bind, TRACE_VERB_BIND, NULL},
    {SYS_listen, TRACE_VERB_LISTEN, NULL},
    {SYS_accept, TRACE_VERB_ACCEPT, NULL},
    {SYS_accept4, TRACE_VERB_ACCEPT, NULL},
    {SYS_write, TRACE_VERB_SEND, NULL},
    {SYS_writev, TRACE_VERB_SEND, NULL},
    {SYS_sendto, TRACE_VERB_SEND, NULL},
    {SYS_sendmsg, TRACE_VERB_SEND, NULL},
    {SYS_sendfile, TRACE_VERB_SEND, NULL},
    {SYS_read, TRACE_VERB_RECV, NULL},
    {SYS_readv, TRACE_VERB_RECV, NULL},
    {SYS_recvfrom, TRACE_VERB_RECV, NULL},
    {SYS_recvmsg, TRACE_VERB_RECV, NULL},
    {SYS_shutdown, TRACE_VERB_SHUTDOWN, NULL},
    {SYS_nanosleep, TRACE_VERB_SLEEP, NULL},
    {SYS_clock_nanosleep, TRACE_VERB_SLEEP, NULL},
    {SYS_poll, TRACE_VERB_POLL, "poll"},
    {SYS_ppoll, TRACE_VERB_POLL, "ppoll"},
    {SYS_select, TRACE_VERB_POLL, "select"},
    {SYS_pselect6, TRACE_VERB_POLL, "pselect"},
    {SYS_epoll_wait, TRACE_VERB_POLL, "epoll_wait"},
    {SYS_epoll_pwait, TRACE_VERB_POLL, "epoll_wait"},
    {SYS_epoll_pwait2, TRACE_VERB_POLL, "epoll_wait"},
};

#define VERB_COUNT (sizeof(verbs) / sizeof(verbs[0]))

static int error_of(const task_t *task)
{
    int error = task->value < 0 ? (int)-task->value : 0;
    return error > 511 ? EINTR : error; /* the kernel's own values for it */
}

static bool is_socket(const file_t *file)
{
    return file != NULL && (file->kind == FILE_STREAM || file->kind == FILE_DGRAM);
}

/* Fills in what a call on a socket was about.
 * => Returns false if it is not a socket of the box, or there is nothing to say. */
static bool describe(exec_t *exec, task_t *task, trace_call_t *call, bool *waits)
{
    const __u64 *args = task->call.data.args;
    file_t *file = file_find(exec, task, (int)args[0]);
    int ignored;
    if (!is_socket(file))
        return false;
    file->owner = name_of(exec, task);
    *waits = !file->nonblock;
    switch (call->verb) {
    case TRACE_VERB_CONNECT:
    case TRACE_VERB_BIND:
        if (file->kind == FILE_DGRAM && call->verb == TRACE_VERB_CONNECT)
            call->verb = TRACE_VERB_UDP_CONNECT;
        *waits = *waits && call->verb == TRACE_VERB_CONNECT;
        return read_address(task, args[1], args[2], file->family, &call->peer, &ignored);
    case TRACE_VERB_LISTEN:
        *waits = false;
        call->port = so_sockname(file->so).ie_port;
        return true;
    case TRACE_VERB_ACCEPT: {
        file_t *child = call->error == 0 ? file_find(exec, task, (int)task->value) : NULL;
        if (child != NULL && child->so != NULL) {
            child->owner = file->owner;
            call->peer = so_remote(child->so);
        }
        return call->error != EAGAIN;
    }
    case TRACE_VERB_SEND:
    case TRACE_VERB_RECV:
        call->bytes = call->error == 0 ? (uint64_t)task->value : 0;
        call->at_end = call->verb == TRACE_VERB_RECV && file->kind == FILE_STREAM &&
                       call->error == 0 && call->bytes == 0;
        return call->error != EAGAIN || *waits;
    default:
        *waits = false;
        return true;
    }
}

/* => Returns VERB_COUNT if the trace says nothing of such a call. */
static size_t find_verb(const task_t *task)
{
    size_t i = 0;
    while (i < VERB_COUNT && verbs[i].number != task->call.data.nr)
        i++;
    return i;
}

void exec_trace(exec_t *exec, task_t *task)
{
    size_t i = find_verb(task);
    if (i == VERB_COUNT || !trace_is_watched(exec->box->trace))
        return;
    trace_call_t call = {.verb = verbs[i].verb, .name = verbs[i].name, .error = error_of(task)};
    uint64_t waited = box_now(exec->box) - task->began_us;
    bool waits = true;
    if (call.verb == TRACE_VERB_SLEEP) {
        call.sleep_us = waited;
    } else if (call.verb == TRACE_VERB_POLL) {
        call.on = task->value > 0;
        if (waited == 0)
            return; /* a look, and no wait */
    } else if (!describe(exec, task, &call, &waits)) {
        return;
    }
    call.process = name_of(exec, task);
    trace_call(exec->box->trace, &call, waits ? &task->began_us : NULL);
}

/* A process that is being killed may have lost its descriptors: so this is asked before. */
void exec_trace_wait(exec_t *exec, task_t *task)
{
    size_t i = find_verb(task);
    task->watched = false;
    if (i < VERB_COUNT && trace_is_watched(exec->box->trace))
        task->watched = verbs[i].verb == TRACE_VERB_POLL ||
                        is_socket(file_find(exec, task, (int)task->call.data.args[0]));
}

void exec_trace_end(exec_t *exec, const task_t *task)
{
    const struct exec_name *name = exec->names;
    char text[96];
    while (name != NULL && name->pid != task->pid)
        name = name->next;
    if (name == NULL || task->first || !task->watched)
        return;
    snprintf(text, sizeof(text), "%s ended in %s()", name->text, call_name(task->call.data.nr));
    trace_note(exec->box->trace, TRACE_NOTE_TEXT, text, 0, 0);
}

void exec_trace_close(exec_t *exec, const file_t *file)
{
    if (file->owner != NULL)
        trace_call(exec->box->trace,
                   &(trace_call_t){.verb = TRACE_VERB_CLOSE, .process = file->owner}, NULL);
}
