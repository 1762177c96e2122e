/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command.h"
int command_demo(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    return 0;
}
