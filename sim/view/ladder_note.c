/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The ladder in words. Each sentence stands for something that happened in this run, except the
 * one on SYN and FIN, which says why a thing never happens.
 */
#include "sim/view/ladder.h"

#include "sim/base/must.h"
#include "sim/view/ladder_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct notes {
    char **text;
    size_t count;
} notes_t;

__attribute__((format(printf, 2, 3))) static void add(notes_t *notes, const char *format, ...)
{
    va_list args;
    if (notes->count == LADDER_NOTES_MAX)
        return;
    va_start(args, format);
    notes->text[notes->count++] = must_vasprintf(format, args);
    va_end(args);
}

static void note_rewrite(const ladder_seen_t *seen, notes_t *notes)
{
    add(notes,
        "The rewrite (the fix): the %s itself became the %s, in place, inside the hook, and went "
        "on up the stack. There %s who sent it.",
        seen->before, seen->after,
        seen->by_rst ? "its addresses and ports, now swapped, find" : "what it quotes finds");
    if (seen->data_changed)
        add(notes, "Any segment is rewritten here, which the fix never does: the sender is reset, "
                   "the receiver has heard nothing and stays half open.");
    else if (seen->by_rst)
        add(notes,
            "Only SYN and FIN are rewritten. The post's reason is fusion: fused data goes past "
            "IP, and no hook sees it, or at most a copy. The code has its own: the RST "
            "acknowledges "
            "seq + 1, which is right for a SYN or a bare FIN, and wrong for data by its length.");
}

static void note_lost_reply(const ladder_seen_t *seen, notes_t *notes)
{
    add(notes,
        "The filter ate the %s and built a %s of its own. net_inject sends by a wire, and lo0 is "
        "not one, so the reply is lost%s",
        seen->eaten, seen->reply,
        seen->timed_out ? ", and the client waits until its timer runs out." : ".");
}

/* Whether a packet of this name is in the list of what snoop saw. */
static bool snoop_saw(const ladder_seen_t *seen, const char *name)
{
    size_t length = strlen(name);
    for (const char *at = seen->snoop; *at != '\0'; at += strspn(at, ", ")) {
        size_t one = strcspn(at, ",");
        if (one == length && strncmp(at, name, one) == 0)
            return true;
        at += one;
    }
    return false;
}

static void note_snoop(const ladder_seen_t *seen, notes_t *notes)
{
    if (seen->snoop[0] != '\0' && seen->after[0] != '\0' && !snoop_saw(seen, seen->before))
        add(notes, "snoop saw: %s%s. %s it sees what the %s became, and never the %s.", seen->snoop,
            seen->snoop_is_full ? ", and more" : "",
            seen->snoop_is_late ? "In the eras post and snv_116 it looks after LOOPBACK_IN:"
                                : "Where it looks, the packet has changed already:",
            seen->before, seen->before);
    else if (seen->snoop[0] != '\0' && seen->after[0] != '\0' && !seen->snoop_is_late &&
             !snoop_saw(seen, seen->after))
        add(notes,
            "snoop saw: %s%s. In the eras illumos and linux it looks before LOOPBACK_IN: it sees "
            "the %s, and never what that became.",
            seen->snoop, seen->snoop_is_full ? ", and more" : "", seen->before);
    else if (seen->snoop[0] != '\0')
        add(notes, "snoop saw: %s%s.", seen->snoop, seen->snoop_is_full ? ", and more" : "");
    else
        add(notes, "snoop saw nothing: no packet came to where it looks.");
}

size_t ladder_notes(const ladder_t *ladder, char *notes[LADDER_NOTES_MAX])
{
    const ladder_seen_t *seen = &ladder->seen;
    notes_t all = {.text = notes};
    if (seen->reply[0] != '\0')
        note_lost_reply(seen, &all);
    else if (seen->looped[0] != '\0')
        add(&all,
            "The filter ate the %s and answered with a %s of its own, which took the loopback path "
            "from its beginning: both hooks and their rules see it, too.",
            seen->eaten, seen->looped);
    else if (seen->to_caller)
        add(&all,
            "The filter ate the %s, and its verdict went back through the hooks to the call "
            "that sent it: no packet answers. Only who is in a call is told so: of a SYN that is "
            "sent again nobody would be, and the connect would hang.",
            seen->eaten);
    else if (seen->eaten[0] != '\0' && seen->timed_out)
        add(&all,
            "The filter ate the %s and answered nothing: the client waits until its timer runs "
            "out.",
            seen->eaten);
    if (seen->after[0] != '\0')
        note_rewrite(seen, &all);
    if (seen->refused[0] != '\0')
        add(&all,
            "Of the %s the filter makes no reply: only SYN and FIN are rewritten. It is dropped, "
            "and neither end learns of it.",
            seen->refused);
    if (seen->on_loopback)
        note_snoop(seen, &all);
    return all.count;
}
