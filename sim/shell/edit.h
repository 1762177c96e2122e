/* SPDX-License-Identifier: BSD-3-Clause
 *
 * libedit, which is loaded when somebody types at a terminal (sim/base/lazy.h). Several of its
 * functions take any number of arguments and cannot be wrapped, so they are called by pointers.
 */
#ifndef LO0SIM_SIM_SHELL_EDIT_H
#define LO0SIM_SIM_SHELL_EDIT_H

#include <histedit.h>
#include <stdbool.h>

typedef struct edit {
    EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
    void (*end)(EditLine *);
    int (*set)(EditLine *, int, ...);
    int (*get)(EditLine *, int, ...);
    void (*resize)(EditLine *);
    const char *(*gets)(EditLine *, int *);
    const LineInfo *(*line)(EditLine *);
    int (*insert)(EditLine *, const char *);
    History *(*history_init)(void);
    void (*history_end)(History *);
    int (*history)(History *, HistEvent *, int, ...);
} edit_t;

/* => Returns the library, or NULL if it is not on this machine. */
const edit_t *edit_load(void);

#endif
