/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML.
 */
#ifndef LO0SIM_SIM_BASE_JSON_TEXT_H
#define LO0SIM_SIM_BASE_JSON_TEXT_H

#include <stdio.h>

/* Writes a JSON string with its quotes. It may stand in a <script> of a page, too: `<`, `>` and `&`
 * are escaped. Characters that are not shown as they are are escaped as in visible.h, except ends
 * of lines. */
void put_json_string(FILE *out, const char *text);

/* Writes text for HTML, outside of tags or in an attribute's quotes. Characters that are not shown
 * as they are are escaped as in visible.h, except ends of lines. */
void put_html_text(FILE *out, const char *text);

#endif
