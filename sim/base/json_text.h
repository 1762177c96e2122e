/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Text in JSON and in HTML.
 */
#ifndef LO0SIM_SIM_BASE_JSON_TEXT_H
#define LO0SIM_SIM_BASE_JSON_TEXT_H

#include <stdio.h>

/* Writes a JSON string with its quotes. It is safe in a page's <script>, too: `<`, `>` and `&`
 * are escaped. A byte that is not UTF-8 becomes U+FFFD. */
void put_json_string(FILE *out, const char *text);

/* Writes text for HTML, outside of tags or in an attribute's quotes. A byte that is not UTF-8, and
 * a control character that HTML does not allow, become U+FFFD. */
void put_html_text(FILE *out, const char *text);

#endif
