/* SPDX-License-Identifier: BSD-3-Clause
 *
 * One JSON object as one line of text, written member by member. Its room is kept from line to
 * line, so that a line is made without allocating. If there is no memory left, must_end() ends the
 * process.
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
