/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What tests of `lo0sim run` share.
 */
#ifndef LO0SIM_TESTS_CLI_RUN_H
#define LO0SIM_TESTS_CLI_RUN_H

/* So that loops that never end take less than a second under ASan. */
#define FEW_INSTRUCTIONS "--max-instructions 2000000"

/* Two hooks that bounce a packet: what lo0 takes in comes out again with the ends swapped. */
#define BOUNCE                                                                                     \
    "test('bounce', function(box)\n"                                                               \
    "  box:hook('LOOPBACK_IN', function(p)\n"                                                      \
    "    if p.flags == 'R.' then p.flags, p.ack = '.', 7 end\n"                                    \
    "  end)\n"                                                                                     \
    "  box:hook('LOOPBACK_OUT', function(p)\n"                                                     \
    "    if p.flags == 'R' then p.flags = '.' end\n"                                               \
    "  end)\n"                                                                                     \
    "  box:connect('127.0.0.1', 22)\n"                                                             \
    "end)\n"                                                                                       \
    "test('after', function(box) end)\n"

#endif
