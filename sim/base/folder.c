/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/folder.h"

#include "sim/base/must.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

void folder_make_for(const char *path, mode_t mode)
{
    for (size_t i = 1; path[i] != '\0'; i++) {
        if (path[i] != '/')
            continue;
        char *folder = must_strndup(path, i);
        mkdir(folder, mode);
        free(folder);
    }
}
