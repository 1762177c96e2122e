/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The names and meanings of the trace's stations: one table, from which the timeline's names, the
 * words of JSON lines, the schema and explanations come.
 */
#ifndef LO0SIM_SIM_CORE_TRACE_STATION_H
#define LO0SIM_SIM_CORE_TRACE_STATION_H

#include "sim/core/trace.h"

/* An event's name in the timeline: that of its station, process, hooks or function. */
const char *trace_station_name(const trace_event_t *event);

/* A station's word in JSON lines, from a fixed list. */
const char *trace_station_word(trace_station_t station);

/* What events of that name are, for people who do not know the path by heart: "the rule that
 * decided". Any name that no station has is taken for a process' name. */
const char *trace_station_meaning(const char *name);

/* A place of faults, as --fault has it. */
const char *trace_place_name(ip_place_t place);

/* A call's verb in JSON lines, and as a script writes it. */
const char *trace_verb_word(trace_verb_t verb);

/* Whether other rules are loaded after a call of it. */
bool trace_verb_changes_rules(trace_verb_t verb);

#endif
