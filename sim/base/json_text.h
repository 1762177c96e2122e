/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML.
 */
#ifndef LO0SIM_SIM_BASE_JSON_TEXT_H
#define LO0SIM_SIM_BASE_JSON_TEXT_H

#include <stdio.h>

/* Writes a JSON string with its quotes. It can also be used in a page's <script>: `<`, `>` and `&`
 * are escaped. So are characters that visible.h escapes, except ends of lines. */
void put_json_string(FILE *out, const char *text);

/* Writes text for HTML, outside of tags or in an attribute's quotes. Characters that visible.h
 * escapes are escaped, except ends of lines. */
void put_html_text(FILE *out, const char *text);

#endif
