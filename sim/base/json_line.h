/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One JSON object as one line of text, written member by member. Its room is kept from line to
 * line, so that a line is made without allocating. If there is no memory left, must_end() ends the
 * process.
 *
 * JSON is written in three ways, each of which the others cannot do: here, since a trace has
 * millions of lines, and a library would allocate for each member; put_json_string() (json_text.h)
 * for a string within a page's <script>, or in the little JSON of `outcomes` and `explore` that is
 * safe there, too; and libjansson for the report of `run` (sim/run/report_json.c), a nested and
 * indented document that is written once. What is escaped is one function for all: visible.h.
 */
#ifndef LO0SIM_SIM_BASE_JSON_LINE_H
#define LO0SIM_SIM_BASE_JSON_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* {0} is an empty one. The owner frees `text`, which has no NUL. */
typedef struct json_line {
    char *text;
    size_t used, room;
} json_line_t;

/* Begins the line anew with its object, `{`. */
void json_line_begin(json_line_t *line);

/* Begins an object that is a member, or ends the innermost object. */
void json_line_open(json_line_t *line, const char *key);
void json_line_close(json_line_t *line);

/* A member. Keys are names of fields: they are not escaped. A text that is NULL is left out; others
 * are written as visible_text() shows them. */
void json_line_text(json_line_t *line, const char *key, const char *text);
void json_line_unsigned(json_line_t *line, const char *key, uint64_t number);
void json_line_signed(json_line_t *line, const char *key, int64_t number);
void json_line_bool(json_line_t *line, const char *key, bool value);
void json_line_hex(json_line_t *line, const char *key, const uint8_t *bytes, size_t length);

/* A member whose value is JSON already. */
void json_line_json(json_line_t *line, const char *key, const char *json, size_t length);

#endif
