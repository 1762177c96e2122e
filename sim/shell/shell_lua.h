/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Translates lines of `lo0sim shell` to Lua: a line's calls, the functions that they use, and the
 * scenario that a session is saved as.
 */
#ifndef LO0SIM_SIM_SHELL_SHELL_LUA_H
#define LO0SIM_SIM_SHELL_SHELL_LUA_H

#include "sim/shell/shell_line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The names that a line's calls can use, in this order: locals of a saved scenario, arguments of a
 * chunk in the shell. The last four are functions of shell_lua_functions(). */
#define SHELL_LUA_NAMES "box, host, sock, server, echo, echo_udp, ask, nc"

/* A chunk that returns the four functions. */
void shell_lua_functions(FILE *out);

/* Whether a line makes any calls. */
bool shell_lua_has_calls(const shell_line_t *line);

/* Writes a line's calls, each indented by two; they assign to `answer` and `err`. `rules` are all
 * rules, for SHELL_IPF; what telnet opens is sock[line->connection]. */
void shell_lua_calls(FILE *out, const shell_line_t *line, const char *rules);

/* Writes text as a Lua string. */
void shell_lua_string(FILE *out, const char *text, size_t length);

/* Writes a time in seconds, as a Lua number. */
void shell_lua_seconds(FILE *out, uint64_t us);

/* Writes a scenario around the calls and expectations of a session. */
void shell_lua_scenario(FILE *out, const char *name, const char *body);

#endif
