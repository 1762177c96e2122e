/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The trace as JSON lines: one object a line, the test first, then each event, its result last.
 * docs/jsonl.md says what stands in them.
 */
#ifndef LO0SIM_SIM_VIEW_JSONL_H
#define LO0SIM_SIM_VIEW_JSONL_H

#include "sim/core/observer.h"

/* The version of what is written: it changes where a reader of the one before would stumble. */
#define JSONL_VERSION 2

/* The observer that writes `file`, for `option`; both must outlive it. */
observer_t jsonl_observer(const char *option, const char *file);

#endif
