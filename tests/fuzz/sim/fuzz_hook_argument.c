/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any lines as arguments of --hook. What is accepted is the file's name and the object's arguments,
 * byte for byte; loading it finds no such object, and says so with its name.
 */
#include "sim/core/hook_object.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_object(const char *text, const hook_object_t *object)
{
    size_t length = strlen(object->path);
    fuzz_check(length > 0 && strncmp(text, object->path, length) == 0);
    if (text[length] == ':')
        fuzz_check(object->args == text + length + 1);
    else
        fuzz_check(text[length] == '\0' && object->args[0] == '\0');
}

/* What is there is left alone: it could be a shared object. The first that is not ends the loading.
 */
static void check_missing(hook_objects_t *objects)
{
    char error[5000] = "";
    if (objects->count == 0 || strchr(objects->objects[0].path, '/') != NULL)
        return;
    fuzz_check(!hook_objects_open(objects, error, sizeof(error)));
    size_t length = strlen(objects->objects[0].path);
    fuzz_check(length > sizeof(error) - 10 ||
               (strncmp(error, objects->objects[0].path, length) == 0 && error[length] == ':'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size), *rest = text, error[1000];
    hook_objects_t objects = {0};
    fuzz_folder_enter();
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        size_t before = objects.count;
        error[0] = '\0';
        if (hook_objects_add(&objects, line, error, sizeof(error)))
            check_object(line, &objects.objects[objects.count - 1]);
        else
            fuzz_check(strncmp(error, "--hook ", 7) == 0 && objects.count == before);
    }
    check_missing(&objects);
    hook_objects_fini(&objects);
    free(text);
    fuzz_folder_leave();
    return 0;
}
