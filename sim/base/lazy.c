/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/lazy.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool lazy_load(lazy_library_t *library)
{
    if (library->handle != NULL)
        return true;
    errno = 0;
    library->handle = dlopen(library->soname, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL && errno == ENOMEM)
        must_end();
    if (library->handle != NULL && library->loaded != NULL)
        library->loaded(library->handle);
    return library->handle != NULL;
}

void *lazy_function(lazy_library_t *library, const char *name, void **slot)
{
    if (*slot == NULL && lazy_load(library))
        *slot = dlsym(library->handle, name);
    if (*slot == NULL) {
        int error = errno;
        fflush(stdout);
        if (error == 0 || error == ENOENT)
            fprintf(stderr, "lo0sim: this needs %s, which is not on this machine\n",
                    library->soname);
        else
            fprintf(stderr, "lo0sim: %s cannot be loaded: %s\n", library->soname, strerror(error));
        _exit(error == 0 || error == ENOENT ? EXIT_MISTAKE : EXIT_CRASHED);
    }
    return *slot;
}
