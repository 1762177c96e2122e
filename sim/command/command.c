/* SPDX-License-Identifier: BSD-3-Clause
 *
 * What the subcommands' command lines have in common.
 */
#include "sim/command/command.h"

#include "sim/command/hook_trial.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

bool command_number(const char *command, const char *option, const char *text, uint64_t low,
                    uint64_t high, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value >= low &&
        *value <= high)
        return true;
    command_mistake(command, "%s takes a whole number from %llu to %llu, not '%s'", option,
                    (unsigned long long)low, (unsigned long long)high, text);
    return false;
}

bool command_hook(const char *command, hook_objects_t *objects, const char *text)
{
    char error[1024];
    if (hook_objects_add(objects, text, error, sizeof(error)))
        return true;
    command_mistake(command, "%s", error);
    return false;
}

bool command_hooks_open(const char *command, hook_objects_t *objects)
{
    char error[1024];
    if (objects->count == 0 || (hook_trial(objects, error, sizeof(error)) &&
                                hook_objects_open(objects, error, sizeof(error))))
        return true;
    command_mistake(command, "%s", error);
    return false;
}

bool command_observe(const char *command, command_observers_t *observers, observer_t observer)
{
    if (observer.file[0] == '\0' || strcmp(observer.file, "-") == 0) {
        command_mistake(command, "%s takes the name of a file%s", observer.option,
                        observer.file[0] == '-' ? ": the results are on standard output" : "");
        return false;
    }
    for (size_t i = 0; i < observers->count; i++) {
        if (strcmp(observers->list[i].option, observer.option) == 0) {
            command_mistake(command, "%s is given twice", observer.option);
            return false;
        }
        const char *file = observers->list[i].file;
        if (file != NULL && strcmp(file, observer.file) == 0) {
            command_mistake(command, "%s and %s name one file, %s", observers->list[i].option,
                            observer.option, observer.file);
            return false;
        }
    }
    command_observe_too(observers, observer);
    return true;
}

void command_observe_too(command_observers_t *observers, observer_t observer)
{
    observers->list[observers->count] = observer;
    observers->pointers[observers->count] = &observers->list[observers->count];
    observers->count++;
}
