/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/run/progress.h"

#include "sim/base/visible.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COLUMNS_MAX 80 /* columns, even if the terminal has more */

static uint64_t now_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* How many characters of text fit: a line that is as wide as the terminal, or wider, cannot be
 * erased completely. The window's size can have changed since the last time. */
static size_t room(FILE *out)
{
    struct winsize size;
    if (ioctl(fileno(out), TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_col > COLUMNS_MAX)
        return COLUMNS_MAX - 1;
    return size.ws_col - 1u;
}

/* Whether the results go to another program: it can be a pager, which then uses the terminal. */
static bool is_piped(void)
{
    struct stat st;
    return fstat(STDOUT_FILENO, &st) == 0 && S_ISFIFO(st.st_mode);
}

void progress_init(progress_t *progress, FILE *out)
{
    const char *term = getenv("TERM");
    bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    *progress = (progress_t){
        .out = out, .on = !dumb && isatty(fileno(out)) && !is_piped(), .start_ms = now_ms()};
}

void progress_show(progress_t *progress, const char *text)
{
    assert(progress->on);
    uint64_t now = now_ms();
    if (now - progress->start_ms < PROGRESS_AFTER_MS || now - progress->last_ms < PROGRESS_EVERY_MS)
        return;
    fprintf(progress->out, "\r\033[K");
    visible_print(progress->out, text, room(progress->out));
    fflush(progress->out);
    progress->last_ms = now;
    progress->shown = true;
}

void progress_clear(progress_t *progress)
{
    if (!progress->shown)
        return;
    fprintf(progress->out, "\r\033[K");
    fflush(progress->out);
    progress->shown = false;
}
