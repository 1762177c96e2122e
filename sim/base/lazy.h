/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Libraries that are loaded when they are first used. Most runs read no capture, edit no line and
 * write no JSON; loading libpcap and its dependencies takes longer than a small run.
 *
 * lazy_NAME.c defines the functions of a library that are called here, under their own names and by
 * their own headers; each looks up the real one and calls it. So callers use a library as if it
 * were linked.
 */
#ifndef LO0SIM_SIM_BASE_LAZY_H
#define LO0SIM_SIM_BASE_LAZY_H

#include <stdbool.h>

typedef struct lazy_library {
    const char *soname;           /* "libpcap.so.0.8" */
    void *handle;                 /* once it is loaded */
    void (*loaded)(void *handle); /* called then; can be NULL */
} lazy_library_t;

/* Loads a library, if it is not loaded yet.
 * => Returns whether it is loaded. */
bool lazy_load(lazy_library_t *library);

/* Finds a function of a library, which is loaded if it is not yet. `slot` keeps the function.
 * => Returns the function. If it is missing, reports that on standard error and ends the process
 * with EXIT_MISTAKE, or with EXIT_CRASHED if the library is there and cannot be loaded: a caller
 * that can go on without it calls lazy_load() first. */
void *lazy_function(lazy_library_t *library, const char *name, void **slot);

/* Defines a function NAME with PARAMETERS that calls the library's with ARGUMENTS and returns its
 * result. */
#define LAZY(library, type, name, parameters, arguments)                                           \
    type name parameters                                                                           \
    {                                                                                              \
        static void *slot;                                                                         \
        type(*real) parameters;                                                                    \
        *(void **)&real = lazy_function(&(library), #name, &slot);                                 \
        return real arguments;                                                                     \
    }

#define LAZY_VOID(library, name, parameters, arguments)                                            \
    void name parameters                                                                           \
    {                                                                                              \
        static void *slot;                                                                         \
        void(*real) parameters;                                                                    \
        *(void **)&real = lazy_function(&(library), #name, &slot);                                 \
        real arguments;                                                                            \
    }

/* Whether libjansson, or libpcap, can be loaded. */
bool lazy_json(void);
bool lazy_pcap(void);

#endif
