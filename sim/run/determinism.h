/* SPDX-License-Identifier: BSD-3-Clause
 *
 * `lo0sim run --check-determinism`: runs everything twice, and compares every byte.
 *
 * Each run is a program of its own with another memory layout: with and without address space
 * randomisation, another filling of malloc's memory, another size of the environment; and in
 * another time zone and language, with another number of tests at once.
 */
#ifndef LO0SIM_SIM_RUN_DETERMINISM_H
#define LO0SIM_SIM_RUN_DETERMINISM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

typedef struct determinism_options {
    char *const *options; /* of `lo0sim run`, for both runs */
    size_t option_count;
    const char *const *paths; /* files, folders, FILE:TEST */
    size_t path_count;
    bool programs; /* box:exec is allowed: its programs may cause a difference */
    unsigned jobs; /* in the second run; the first does one test at a time */
} determinism_options_t;

/* Runs each file twice and prints a line for it to `out`; below it the first line that differs.
 * It compares what -v prints, and each file that an observer writes.
 * => Returns the exit code: 3 if two runs differ, otherwise that of `lo0sim run`. */
int determinism_check(const determinism_options_t *options, FILE *out, FILE *err);

#endif
