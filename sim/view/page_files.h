/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The files of sim/view/html/, as cmake/embed.cmake puts them into the program.
 */
#ifndef LO0SIM_SIM_VIEW_PAGE_FILES_H
#define LO0SIM_SIM_VIEW_PAGE_FILES_H

/* Each ends with a zero byte. */
extern const char page_html[];
extern const char page_css[];
extern const char page_data_js[];
extern const char page_ladder_js[];
extern const char page_run_js[];
extern const char page_js[];

#endif
