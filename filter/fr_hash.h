/* SPDX-License-Identifier: BSD-3-Clause
 *
 * uthash without its exit(): if there is no memory, HASH_ADD() leaves the element out, and its
 * hh.tbl is NULL. Each caller looks at that.
 */
#ifndef LO0SIM_FILTER_FR_HASH_H
#define LO0SIM_FILTER_FR_HASH_H

#define HASH_NONFATAL_OOM            1
#define uthash_nonfatal_oom(element) ((element)->hh.tbl = NULL)
#include <uthash.h>

#endif
