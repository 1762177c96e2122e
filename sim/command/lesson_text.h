/* SPDX-License-Identifier: BSD-3-Clause
 *
 * share/lesson.txt, as cmake/embed.cmake puts it into the program.
 */
#ifndef LO0SIM_SIM_COMMAND_LESSON_TEXT_H
#define LO0SIM_SIM_COMMAND_LESSON_TEXT_H

extern const char lesson_text[]; /* ends with a zero byte */

#endif
