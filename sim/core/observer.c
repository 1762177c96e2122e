/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/core/observer.h"

#include "sim/base/file_name.h"
#include "sim/base/must.h"
#include "sim/base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

bool observer_takes_many(const observer_t *observer)
{
    return observer->place != OBSERVER_FILE || strstr(observer->file, "%t") != NULL;
}

bool observer_takes_scripts(const observer_t *observer)
{
    return observer->place != OBSERVER_FILE || strstr(observer->file, "%f") != NULL;
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.';
}

/* => Returns how long the name is. */
static size_t add_name(const char *test, char *to, size_t size)
{
    size_t used = 0;
    for (; *test != '\0' && used + 1 < size; test++) {
        if (is_plain(*test))
            to[used++] = *test;
        else if (used > 0 && to[used - 1] != '_')
            to[used++] = '_';
    }
    while (used > 0 && to[used - 1] == '_')
        used--;
    return used;
}

/* The script's path without .lua. */
static size_t add_script(const char *script, char *to, size_t size)
{
    size_t length = strlen(script), used;
    char *copy = text_copy(script);
    if (length > 4 && strcmp(copy + length - 4, ".lua") == 0)
        copy[length - 4] = '\0';
    used = add_name(copy, to, size);
    free(copy);
    return used;
}

bool observer_path(const observer_t *observer, const char *script, const char *test, char *path,
                   size_t size)
{
    size_t used = 0;
    for (const char *from = observer->file; *from != '\0' && used + 1 < size; from++) {
        bool mark = from[0] == '%' && (from[1] == 't' || from[1] == 'f');
        if (!mark)
            path[used++] = *from;
        else if (*++from == 't')
            used += add_name(test, path + used, size - used);
        else
            used += add_script(script, path + used, size - used);
    }
    path[used] = '\0';
    file_name_fit(path);
    return used + 1 < size;
}

bool observer_spoils(const char *path, const char *source)
{
    static const char *const by_hand[] = {".lua", ".conf", ".trace"};
    struct stat to, from;
    const char *dot = strrchr(path, '.');
    if (stat(path, &to) != 0)
        return false;
    if (source != NULL && stat(source, &from) == 0 && to.st_dev == from.st_dev &&
        to.st_ino == from.st_ino)
        return true;
    for (size_t i = 0; dot != NULL && i < sizeof(by_hand) / sizeof(by_hand[0]); i++) {
        if (strcmp(dot, by_hand[i]) == 0)
            return true;
    }
    return false;
}

/* => Returns false and writes to error[OBSERVER_ERROR_MAX] why there is no file. */
static bool open_file(observing_t *o, const test_info_t *test, uint64_t limit, char *error)
{
    const observer_t *observer = o->observer;
    if (!observer_path(observer, test->path, test->name, o->path, sizeof(o->path))) {
        snprintf(error, OBSERVER_ERROR_MAX, "the name of a file to write is too long");
        return false;
    }
    if (observer_spoils(o->path, test->source)) {
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s " OBSERVER_SPOILS, observer->option, o->path);
        return false;
    }
    o->output = output_to_file(o->path, limit);
    if (o->output == NULL)
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s: %s", observer->option, o->path,
                 strerror(errno));
    return o->output != NULL;
}

static bool is_in_memory(const observer_t *observer)
{
    return observer->place != OBSERVER_FILE && observer->place != OBSERVER_NOWHERE;
}

bool observing_begin(observing_t *o, const observer_t *observer, box_t *box,
                     const test_info_t *test, uint64_t limit, char *error)
{
    *o = (observing_t){.observer = observer};
    limit = limit > 0 ? limit : OBSERVER_BYTES_MAX;
    if (observer->place == OBSERVER_FILE && !open_file(o, test, limit, error))
        return false;
    if (is_in_memory(observer))
        o->output = output_to_spool(limit);
    o->seen = must_have(
        observer->begin(observer, box, test, o->output != NULL ? output_stream(o->output) : NULL));
    return true;
}

void observing_look(observing_t *o)
{
    if (o->seen == NULL || o->looked)
        return;
    o->looked = true;
    if (o->observer->look != NULL)
        o->observer->look(o->seen);
}

bool observing_is_over(const observing_t *o)
{
    return o->output != NULL && output_is_over(o->output);
}

/* => Returns false with errno if not all of it could be kept. */
static bool take_text(observing_t *o, result_t *result)
{
    int error;
    spool_t **to = &result->output;
    if (o->observer->place == OBSERVER_TIMELINE)
        to = &result->trace;
    if (o->observer->place == OBSERVER_COVERAGE)
        to = &result->coverage;
    spool_t *text = output_take(o->output, &error);
    if (*to == NULL) {
        *to = text;
    } else {
        if (!spool_add(*to, text) && error == 0)
            error = errno;
        spool_free(text);
    }
    errno = error;
    return error == 0;
}

/* => Returns false with errno if not everything it wrote is there. */
static bool end_output(observing_t *o, result_t *result, bool useless)
{
    if (o->output == NULL)
        return true;
    if (o->observer->place != OBSERVER_FILE)
        return take_text(o, result);
    if (!useless)
        return output_commit(o->output);
    output_drop(o->output);
    return true;
}

result_status_t observing_end(observing_t *o, result_t *result, char *error)
{
    if (o->seen == NULL)
        return RESULT_PASSED;
    const observer_t *observer = o->observer;
    observing_look(o);
    const char *why = observer->fault != NULL ? observer->fault(o->seen) : NULL;
    observer->end(o->seen, result);
    o->seen = NULL;
    bool whole = end_output(o, result, why != NULL);
    o->output = NULL;
    if (!whole) {
        bool file = observer->place == OBSERVER_FILE;
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s%scould not be written: %s", observer->option,
                 file ? o->path : "", file ? ": " : "", strerror(errno));
        return RESULT_CRASHED;
    }
    if (why != NULL)
        snprintf(error, OBSERVER_ERROR_MAX, "%s: %s: %s", observer->option, o->path, why);
    return why == NULL ? RESULT_PASSED : RESULT_MISTAKE;
}

void observing_rescue(observing_t *o)
{
    if (o->seen != NULL && o->observer->place == OBSERVER_FILE)
        output_commit(o->output);
    o->output = NULL;
    o->seen = NULL;
}

void observing_drop(observing_t *o)
{
    result_t result = {0};
    if (o->seen != NULL)
        o->observer->end(o->seen, &result);
    output_drop(o->output);
    o->output = NULL;
    o->seen = NULL;
}
