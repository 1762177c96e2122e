/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/page_watch.h"

#include "sim/base/must.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* A signal's handler has no other way to it. */
static struct {
    uint8_t *begin;
    size_t size, page;
    uint32_t *written;
    size_t count, room;
} watch;

/* A write to a page that is not noted yet; any other fault is one, and happens again. */
static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    size_t at = (size_t)((uint8_t *)info->si_addr - watch.begin);
    (void)context;
    if (watch.begin == NULL || at >= watch.size || watch.count == watch.room) {
        signal(signal_number, SIG_DFL);
        return;
    }
    at -= at % watch.page;
    watch.written[watch.count++] = (uint32_t)at;
    mprotect(watch.begin + at, watch.page, PROT_READ | PROT_WRITE);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
}

void page_watch_begin(void *at, size_t wanted)
{
    page_watch_end();
    watch.page = (size_t)sysconf(_SC_PAGESIZE);
    assert((uintptr_t)at % watch.page == 0);
    watch.size = wanted - wanted % watch.page;
    watch.count = 0;
    if (watch.size / watch.page > watch.room) {
        watch.room = watch.size / watch.page;
        watch.written = must_realloc(watch.written, watch.room * sizeof(*watch.written));
    }
    watch.begin = at;
    catch_faults();
    if (watch.size > 0)
        mprotect(watch.begin, watch.size, PROT_READ);
}

void page_watch_end(void)
{
    if (watch.begin == NULL)
        return;
    if (watch.size > 0)
        mprotect(watch.begin, watch.size, PROT_READ | PROT_WRITE);
    watch.begin = NULL;
    watch.size = 0;
    signal(SIGSEGV, SIG_DFL);
}

size_t page_watch_size(void)
{
    return watch.size;
}

size_t page_watch_page(void)
{
    return watch.page;
}

const uint32_t *page_watch_written(size_t *count)
{
    *count = watch.count;
    return watch.written;
}
