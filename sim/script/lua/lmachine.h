/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Included before every file of Lua's: replaces what Lua would otherwise take from the machine. The
 * seed of hashes is fixed, the accounts of memory are 64 bits wide, a decimal point is a point.
 */
#ifndef LO0SIM_SIM_SCRIPT_LUA_LMACHINE_H
#define LO0SIM_SIM_SCRIPT_LUA_LMACHINE_H

#include "lmath.h"

#include <stdint.h>

#define luai_makeseed(L)        0x6c6f3073u
#define LUAI_MEM                int64_t
#define LUAI_UMEM               uint64_t
#define lua_getlocaledecpoint() '.'

#endif
