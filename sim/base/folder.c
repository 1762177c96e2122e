/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/base/folder.h"

#include "sim/base/must.h"

#include <stdio.h>
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

bool folder_of_state(char *path, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length = 0;
    path[0] = '\0';
    if (state != NULL && state[0] == '/')
        length = snprintf(path, size, "%s/lo0sim", state);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, size, "%s/.local/state/lo0sim", home);
    if ((size_t)length >= size)
        path[0] = '\0';
    return path[0] != '\0';
}
