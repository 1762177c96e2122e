/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim demo --long: six ways that a connect can go. Every line comes from a run that happens now.
 */
#include "sim/base/errno_name.h"
#include "sim/base/must.h"
#include "sim/command/demo_screen.h"
#include "sim/command/path.h"
#include "sim/core/box.h"
#include "sim/packet/packet.h"
#include "sim/packet/packet_diff.h"
#include "sim/view/timeline.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 79
#define RULE  "block return-rst in on lo0 proto tcp from any to any port = 22"
#define SET   "set intercept_loopback true;\n"

/* One run of `telnet localhost 22`, and what it should show. */
typedef struct scene {
    const char *title;
    const char *text;  /* what a reader should know beforehand */
    const char *rules; /* an ipf.conf, loaded unchanged */
    const char *row;   /* the rule's name in the closing table */
    ipf_reply_mode_t mode;
    bool listen;
    bool whole; /* the whole timeline, not only the packets' ways */
    bool bytes; /* the rewrite, byte against byte */
} scene_t;

static const scene_t scenes[] = {
    {.title = "Nobody filters, nobody listens",
     .text = "The stack answers the SYN with a RST of its own, and connect() is refused.",
     .rules = "",
     .row = "none, nobody listens",
     .mode = IPF_REPLY_REWRITE},
    {.title = "Nobody filters, sshd listens",
     .text = "The handshake: each of its packets makes the same way.",
     .rules = "",
     .row = "none, sshd listens",
     .mode = IPF_REPLY_REWRITE,
     .listen = true},
    {.title = "A plain block",
     .text = "The filter eats each SYN on its way in. Nobody is told.",
     .rules = SET "block in on lo0 proto tcp from any to any port = 22\n",
     .row = "block",
     .mode = IPF_REPLY_REWRITE,
     .listen = true},
    {.title = "A rules file that forgot `set intercept_loopback true;`",
     .text = "Without it the loopback hooks are not there, and the rule waits in vain.",
     .rules = RULE "\n",
     .row = "block return-rst, no intercept",
     .mode = IPF_REPLY_REWRITE,
     .listen = true},
    {.title = "block return-rst, before the fix (reply mode `inject`)",
     .text = "The filter eats the SYN and builds a RST. net_inject wants a wire to send it on,\n"
             "lo0 is none, the RST is lost: connect() hangs until its timer runs out.",
     .rules = SET RULE "\n",
     .row = "block return-rst",
     .mode = IPF_REPLY_INJECT,
     .listen = true,
     .whole = true},
    {.title = "block return-rst, after the fix (reply mode `rewrite`)",
     .text = "The SYN itself becomes the RST, in place, and goes on up the stack, where it\n"
             "finds the client: connect() is refused at once.",
     .rules = SET RULE "\n",
     .row = "block return-rst",
     .mode = IPF_REPLY_REWRITE,
     .listen = true,
     .whole = true,
     .bytes = true},
};

#define SCENE_COUNT (sizeof(scenes) / sizeof(scenes[0]))

/* What became of a scene, for the table. */
typedef struct outcome {
    int error;
    uint64_t now_us;
    char seen[60]; /* the flags of the packets that snoop saw */
} outcome_t;

typedef struct demo {
    bool color;
    outcome_t outcomes[SCENE_COUNT];
} demo_t;

static const char *bold(const demo_t *demo)
{
    return demo->color ? "\033[1m" : "";
}

static const char *plain(const demo_t *demo)
{
    return demo->color ? "\033[0m" : "";
}

/* The rewrite, byte against byte, as soon as it happens. */
static void show_bytes(void *arg, const trace_event_t *event)
{
    const demo_t *demo = arg;
    if (event->station != TRACE_FR_MAKE_RST || event->rewrite.before->length != event->copy->length)
        return;
    printf("\n%sThe SYN and the RST it became%s (* marks what fr_make_rst changed)\n\n", bold(demo),
           plain(demo));
    const packet_copy_t *before = event->rewrite.before, *now = event->copy;
    packet_diff_table(stdout, before->bytes, now->bytes, now->length, &before->base, &now->base);
}

static void note_seen(box_t *box, outcome_t *outcome)
{
    const tap_packet_t *packets;
    size_t count = tap_packets(box->taps, tap_find("lo0"), &packets), used = 0;
    outcome->seen[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        struct packet p;
        char flags[PACKET_FLAGS_ROOM];
        if (packet_copy_parse(packets[i].copy, &p) && used + 14 < sizeof(outcome->seen))
            used += (size_t)sprintf(outcome->seen + used, "%s%s", i > 0 ? ", " : "",
                                    packet_flags_text(p.flags, flags));
    }
    if (count == 0)
        strcpy(outcome->seen, "nothing");
}

static const char *outcome_word(const outcome_t *outcome)
{
    return outcome->error == 0 ? "connected" : errno_name(outcome->error);
}

/* => Returns false if the scene's own rules are wrong. */
static bool play(demo_t *demo, box_t *box, const scene_t *scene, outcome_t *outcome)
{
    ipf_error_t error;
    in6_addr_t localhost = ip_address_loopback(AF_INET);
    path_t *path = path_create();
    timeline_t *timeline = timeline_create(stdout, TIMELINE_BRIEF | TIMELINE_NARROW);
    trace_add_sink(box->trace, scene->whole ? timeline_event : path_event,
                   scene->whole ? (void *)timeline : (void *)path);
    box_set_reply_mode(box, scene->mode);
    bool loaded = box_filter(box, scene->rules, strlen(scene->rules), false, &error) == 0;
    outcome->error = box_connect(box, &localhost, 22, scene->listen);
    outcome->now_us = box_now(box);
    timeline_destroy(timeline);
    path_write(path, stdout, 2, WIDTH);
    path_destroy(path);
    note_seen(box, outcome);
    printf("%s%sconnect() %s%s after %.3f s%s\n", scene->whole ? "\n" : "", bold(demo),
           outcome->error == 0 ? "succeeds" : "fails with ",
           outcome->error == 0 ? "" : errno_name(outcome->error), (double)outcome->now_us / 1e6,
           plain(demo));
    return loaded;
}

/* A second run, for the bytes: they are printed below the outcome, not in the middle of the
 * timeline. */
static void play_bytes(demo_t *demo, const scene_t *scene)
{
    ipf_error_t error;
    in6_addr_t localhost = ip_address_loopback(AF_INET);
    box_t *box = box_create(1, NULL, 0);
    if (box == NULL)
        must_end();
    trace_add_sink(box->trace, show_bytes, demo);
    box_set_reply_mode(box, scene->mode);
    box_filter(box, scene->rules, strlen(scene->rules), false, &error);
    box_connect(box, &localhost, 22, scene->listen);
    box_destroy(box);
}

static bool show_scene(demo_t *demo, size_t i)
{
    const scene_t *scene = &scenes[i];
    printf("\n%s%zu. %s%s\n%s\n\n", bold(demo), i + 1, scene->title, plain(demo), scene->text);
    box_t *box = box_create(1, NULL, 0);
    if (box == NULL)
        return false;
    box_want_taps(box);
    bool played = play(demo, box, scene, &demo->outcomes[i]);
    box_destroy(box);
    if (scene->bytes)
        play_bytes(demo, scene);
    return played;
}

static void show_table(const demo_t *demo)
{
    printf("\n%s%-32s %-8s %-13s %10s  %s%s\n", bold(demo), "rule", "mode", "connect()", "time",
           "snoop saw", plain(demo));
    for (size_t i = 0; i < SCENE_COUNT; i++) {
        const outcome_t *outcome = &demo->outcomes[i];
        printf("%-32s %-8s %-13s %8.3f s  %s\n", scenes[i].row,
               scenes[i].rules[0] != '\0' ? reply_mode_name(scenes[i].mode) : "-",
               outcome_word(outcome), (double)outcome->now_us / 1e6, outcome->seen);
    }
}

bool demo_long(bool color)
{
    demo_t demo = {.color = color};
    printf("%stelnet localhost 22%s, on a real TCP stack in virtual time\n", bold(&demo),
           plain(&demo));
    for (size_t i = 0; i < SCENE_COUNT; i++) {
        if (!show_scene(&demo, i))
            return false;
        if (!demo_screen_ends())
            return true;
    }
    show_table(&demo);
    return true;
}
