/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The lesson (share/lesson.txt, where its form is described), read into steps.
 */
#ifndef LO0SIM_SIM_COMMAND_LESSON_H
#define LO0SIM_SIM_COMMAND_LESSON_H

#include <stdbool.h>
#include <stddef.h>

#define LESSON_PARTS_MAX 12

typedef struct lesson_choice {
    bool right;
    char *answer, *feedback;
} lesson_choice_t;

typedef struct lesson_step {
    char *title, *ask, *run, *why;
    char *says[LESSON_PARTS_MAX], *more[LESSON_PARTS_MAX];
    size_t say_count, more_count;
    lesson_choice_t choices[LESSON_PARTS_MAX];
    size_t choice_count;
    bool is_number;         /* the answer is a number: that of the only choice */
    char *file_name, *file; /* a script that is run; NULL: none */
} lesson_step_t;

typedef struct lesson {
    lesson_step_t *steps;
    size_t count;
} lesson_t;

/* Reads the lesson that is built into the program.
 * => The caller ends it with lesson_fini(). */
lesson_t lesson_read(void);
void lesson_fini(lesson_t *lesson);

#endif
