/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/child.h"
#include "sim/base/system.h"

#include <unistd.h>

#ifdef LO0SIM_ON_LINUX

#include <signal.h>
#include <sys/personality.h>
#include <sys/prctl.h>

bool child_ends_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    return getppid() == parent;
}

void child_adopt_orphans(void)
{
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

const char *child_own_program(void)
{
    return "/proc/self/exe";
}

void child_fix_addresses(void)
{
    personality(ADDR_NO_RANDOMIZE);
}

#else

bool child_ends_with(pid_t parent)
{
    return getppid() == parent;
}

void child_adopt_orphans(void)
{
}

const char *child_own_program(void)
{
    return NULL;
}

void child_fix_addresses(void)
{
}

#endif
