/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What benchmarks share: time, and medians.
 */
#ifndef LO0SIM_BENCH_MEASURE_H
#define LO0SIM_BENCH_MEASURE_H

#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <time.h>

/* Seconds of a monotonic clock. */
static inline double now_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Seconds of processor time that this process has used: other processes do not count. */
static inline double cpu_s(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Bytes in use on the heap; always 0 with a C library that does not tell. */
static inline double heap_bytes(void)
{
#ifdef __GLIBC__
    struct mallinfo2 info = mallinfo2();
    return (double)(info.uordblks + info.hblkhd);
#else
    return 0;
#endif
}

static inline int measure_by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The median of values[count]; sorts them. */
static inline double median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), measure_by_value);
    return values[count / 2];
}

#endif
