/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The box: one host with its filter and a clock of its own, and the trace of everything that
 * happens.
 *
 * Scripts drive a box through verbs (lua_box.c); `lo0sim connect` and `lo0sim demo` drive it
 * directly.
 */
#ifndef LO0SIM_SIM_CORE_BOX_H
#define LO0SIM_SIM_CORE_BOX_H

#include "filter/ipf.h"
#include "sim/core/era.h"
#include "sim/core/fault.h"
#include "sim/core/hook_object.h"
#include "sim/core/tap.h"
#include "sim/core/trace.h"
#include "stack/ip_stack.h"
#include "stack/link.h"
#include "stack/socket.h"
#include "stack/vclock.h"

#include <stdbool.h>
#include <stdint.h>

/* Limits. */
typedef struct box_limits {
    uint64_t instant_events; /* timers at one instant during which no process of a script runs */
    uint64_t virtual_us;     /* virtual time */
} box_limits_t;

#define BOX_INSTANT_EVENTS_MAX 100000
#define BOX_VIRTUAL_US_MAX     (UINT64_C(86400) * 1000000)

struct packet;

typedef enum box_killed {
    BOX_KILLED_NOBODY, /* they had ended */
    BOX_KILLED,
    BOX_KILLED_WAIT /* the packet must wait until their sockets are closed */
} box_killed_t;

/* Kills the processes that a fault names, just before a packet is sent, which is NULL if it cannot
 * be read. It is called from inside of the stack. */
typedef box_killed_t (*box_kill_func_t)(void *arg, const fault_t *fault,
                                        const struct packet *packet);

/* Tells which processes a fault could kill now: the names of those that are alive, each once.
 * => Returns how many there are, BOX_VICTIMS_MAX at most, and the name `which`, from 0, in *name.
 */
#define BOX_VICTIMS_MAX 1000
typedef size_t (*box_victims_func_t)(void *arg, size_t which, const char **name);

typedef struct box {
    memory_t *memory; /* of the box, its hosts, their packets, and the filter */
    memory_t *watch;  /* of what watches it: trace, taps, invariants, faults */
    vclock_t *clock;
    ip_stack_t *ips;
    ipf_stack_t *ifs;
    trace_t *trace;
    taps_t *taps; /* NULL until box_want_taps() */
    const era_t *era;
    ip_build_t build; /* the era's, with its options */
    uint64_t syn_times[ERA_SYNS_MAX];
    bool mode_chosen; /* the user chose a reply mode other than the era's */
    box_limits_t limits;
    uint64_t instant_base; /* events of this instant before the last run of a process */
    uint64_t seed;
    link_t *link;                   /* e1000g0's wire, once there is a remote host */
    struct remote *remotes;         /* the hosts on it */
    hook_attachment_t hooks;        /* of shared objects */
    struct counted_memory *counted; /* counts the memory's blocks; NULL: not counted */
    bool owns_counted;
    box_faults_t *faults;          /* NULL: none */
    struct invariants *invariants; /* NULL: they are not checked */
    ip_fault_func_t choose;        /* asked after the faults; can be NULL */
    void *choose_arg;
    box_kill_func_t kill; /* NULL: there are no processes */
    box_victims_func_t victims;
    void *kill_arg;
    bool *counters_shown; /* set once a script asks for counters; NULL: nobody wants to know */
} box_t;

/* A script asks for counters: they are no bookkeeping then. */
static inline void box_show_counters(const box_t *box)
{
    if (box->counters_shown != NULL)
        *box->counters_shown = true;
}

/* A box of the default era, without rules. `keep` events are kept for a failure's report.
 * => Returns NULL if there is no memory. The caller ends it with box_destroy(). */
box_t *box_create(uint64_t seed, const box_limits_t *limits, size_t keep);
void box_destroy(box_t *box);

/* Frees the parts of a box that are outside of its memory, before that memory is freed or
 * restored. */
void box_forget(box_t *box);

/* Like box_create(), which takes memory_of_process(), but from `memory`, which must outlive the
 * box: what belongs to the box is allocated there; what watches it (trace, taps, invariants,
 * faults) in `watch`, and views in the process' memory. */
box_t *box_create_in(memory_t *memory, memory_t *watch, uint64_t seed, const box_limits_t *limits,
                     size_t keep);

/* How much the box holds, in units that are the same on every machine (stack/memory.h). */
uint64_t box_held(const box_t *box);

/* What there is most of in it, in words: "rules and pools". */
const char *box_holds_mostly(const box_t *box);

/* Checks the invariants (invariant.h) from now on. */
void box_want_invariants(box_t *box);

/* Lets the box keep what passes its taps from now on (box->taps). Without taps, other sinks of the
 * trace and `keep`, a box costs no more than its stack and its filter. */
void box_want_taps(box_t *box);

/* Ends everything in the box without sending a packet, and counts.
 * => Returns true if nothing leaked; otherwise false, and names the leak in buffer[size]. */
bool box_drain(box_t *box, char *buffer, size_t size);

/* The other interface, besides lo0, that every box has, and its addresses. */
#define BOX_IFNAME   "e1000g0"
#define BOX_ADDRESS  "192.168.1.5"
#define BOX_BITS     24
#define BOX_ADDRESS6 "2001:db8::5"
#define BOX_BITS6    64
#define BOX_NETS     "192.168.1.0/24 and 2001:db8::/64"

/* The wire of a remote host by default. */
#define BOX_LATENCY_S 0.000250
#define BOX_RATE_BPS  1e9

/* Puts a host, a stack of its own of the box' era, on e1000g0's wire. The first host makes the
 * wire. `address` is an IPv4 address of the box' network; the host's IPv6 address has the same last
 * number: 192.168.1.20 is 2001:db8::20, too. `name` is its name in the trace.
 * => Returns NULL, with the stack, which the box owns, in *ips; or the reason in words. */
const char *box_add_remote(box_t *box, const in6_addr_t *address, const char *name,
                           uint64_t latency_us, uint64_t rate_bps, ip_stack_t **ips);

/* The stack of the host named `host` in the trace; NULL is the box.
 * => Returns NULL if there is no such host. */
ip_stack_t *box_host(const box_t *box, const char *host);

/* The name of a host's stack in the trace; NULL for the box' own. */
const char *box_host_name(const box_t *box, const ip_stack_t *ips);

/* Changes the box' era from now on, and its reply mode to the era's, unless the user chose one. */
void box_set_era(box_t *box, const era_t *era);

/* Sets the schedule of an era whose options define one (era_linux_schedule()). */
void box_set_syns(box_t *box, unsigned retries, unsigned linear);

/* Chooses a reply mode, which replaces the era's. */
void box_set_reply_mode(box_t *box, ipf_reply_mode_t mode);

/* Registers the hooks of shared objects, once, in both families of the box, not of the remote
 * hosts. `objects` must outlive the box.
 * => Returns true; false, with a message in error[size], if an object refused. */
bool box_attach_hooks(box_t *box, const hook_objects_t *objects, char *error, size_t size);

/* Lets faults happen from now on (box_faults_add()).
 * => Returns NULL, or the reason in words. */
const char *box_add_fault(box_t *box, const fault_t *fault);
const char *box_add_faults(box_t *box, const fault_list_t *faults);

/* Sets the function that is called at each place of each packet's way, on all hosts, if none of the
 * box' own faults has affected the packet. */
void box_set_chooser(box_t *box, ip_fault_func_t choose, void *arg);

/* Sets the functions that carry out `kill`, and that tell who could be killed. */
void box_set_killer(box_t *box, box_kill_func_t kill, box_victims_func_t victims, void *arg);

/* Writes into the trace what a fault has done. */
void box_note_fault(box_t *box, const fault_t *fault, const char *what);

/* For fault_box.c and box_remote.c: makes the stacks call box_suffers() at each place. */
void box_ask_at_places(box_t *box);
ip_fault_t box_carry_out(box_t *box, const fault_t *fault, mblk_t **mp);
ip_fault_t box_suffers(void *arg, ip_stack_t *ips, ip_place_t place, mblk_t **mp);

/* Loads rules and interception in place of the old ones. `intercept` is the default for a text
 * without `set intercept_loopback`: true for rules in a script, false for a file. A note in the
 * trace tells if rules name lo0 but cannot work.
 * => Returns 0; or EINVAL with *error filled in, or ENOMEM: then nothing has changed. */
int box_filter(box_t *box, const char *text, size_t length, bool intercept, ipf_error_t *error);

typedef enum box_step {
    BOX_RAN,        /* one timer ran */
    BOX_IDLE,       /* no timer is set: nothing will ever happen again */
    BOX_BOUNCING,   /* too many events at one instant, without a script */
    BOX_OUT_OF_TIME /* the next timer is after the limit of virtual time */
} box_step_t;

/* Call it when a process of a script runs: the events of this instant are then not a bounce. */
void box_note_progress(box_t *box);

/* Runs the next timer. */
box_step_t box_step(box_t *box);

/* Connects to address and port (host order), and runs timers until the connect has ended. If
 * `listen` is set, a socket listens there first. The sockets stay open.
 * => Returns 0 when connected, or the errno that the application sees. */
int box_connect(box_t *box, const in6_addr_t *address, uint16_t port, bool listen);

/* Tells what of a box is bookkeeping, between two events: counters, numbers of events, what is
 * counted for limits. Before that the clock's timers are numbered anew, which changes nothing else.
 */
void box_bookkeeping(box_t *box, memory_bookkeeping_t tell, void *arg);

/* Virtual time since the box was made, in microseconds. */
uint64_t box_now(const box_t *box);

#endif
