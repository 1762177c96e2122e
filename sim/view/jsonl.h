/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace as JSON lines, one object per line: first the test, then each event, last the result.
 * docs/jsonl.md describes them.
 */
#ifndef LO0SIM_SIM_VIEW_JSONL_H
#define LO0SIM_SIM_VIEW_JSONL_H

#include "sim/core/observer.h"

/* The format's version: it changes when readers of the previous version would break. */
#define JSONL_VERSION 2

/* The observer that writes `file`, for `option`; both must outlive it. */
observer_t jsonl_observer(const char *option, const char *file);

#endif
