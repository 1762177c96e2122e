/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Loads shared objects with hooks, and registers their hooks.
 */
#include "sim/core/hook_object.h"

#include "sim/base/errno_name.h"
#include "sim/base/must.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- one object ---- */

/* Checks what is at `path`: dlopen()'s messages are less clear.
 * => Returns NULL for a shared object, or in words what is wrong. */
static const char *fault_of_file(const char *path)
{
    unsigned char head[EI_NIDENT + 2];
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return strerror(errno);
    const char *fault = NULL;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        fault = "is a directory";
    else if (read(fd, head, sizeof(head)) != (ssize_t)sizeof(head) ||
             memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_NIDENT] + head[EI_NIDENT + 1] != ET_DYN)
        fault = "is not a shared object: `cc -shared -fPIC` makes one";
    close(fd);
    return fault;
}

/* dlopen() looks for a name without a slash in the system's folders; its error begins with the
 * name. */
static void *open_path(const char *path, char *error, size_t size)
{
    char file[4096];
    snprintf(file, sizeof(file), "%s%s", strchr(path, '/') != NULL ? "" : "./", path);
    void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        const char *why = dlerror();
        size_t length = strlen(file);
        if (strncmp(why, file, length) == 0 && strncmp(why + length, ": ", 2) == 0)
            why += length + 2;
        snprintf(error, size, "%s: cannot be loaded: %s", path, why);
    }
    return handle;
}

static bool open_object(hook_object_t *object, char *error, size_t size)
{
    const char *fault = fault_of_file(object->path);
    if (fault != NULL) {
        snprintf(error, size, "%s: %s", object->path, fault);
        return false;
    }
    object->handle = open_path(object->path, error, size);
    if (object->handle == NULL)
        return false;
    /* POSIX: a pointer from dlsym() can be converted to a function's. */
    *(void **)&object->init = dlsym(object->handle, "lo0sim_hook_init");
    *(void **)&object->fini = dlsym(object->handle, "lo0sim_hook_fini");
    if (object->init == NULL)
        snprintf(error, size, "%s: defines no lo0sim_hook_init(), which would register its hooks",
                 object->path);
    return object->init != NULL;
}

static void take_turn(const hook_objects_t *objects, size_t i)
{
    if (objects->turn != NULL)
        *objects->turn = i;
}

/* A loaded object has one state, so it cannot be given twice. */
static const char *given_before(const hook_objects_t *objects, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (objects->objects[j].handle == objects->objects[i].handle)
            return objects->objects[j].path;
    }
    return NULL;
}

bool hook_objects_open(hook_objects_t *objects, char *error, size_t size)
{
    for (size_t i = 0; i < objects->count; i++) {
        hook_object_t *object = &objects->objects[i];
        take_turn(objects, i);
        if (!open_object(object, error, size))
            return false;
        if (given_before(objects, i) != NULL) {
            snprintf(error, size, "%s: is given twice; an object is loaded once, with one state",
                     object->path);
            return false;
        }
    }
    return true;
}

/* ---- registering ---- */

static void describe_refusal(const hook_object_t *object, const char *family, int returned,
                             char *error, size_t size)
{
    const char *name = errno_name(returned);
    if (strcmp(name, "E?") != 0)
        snprintf(error, size, "%s: lo0sim_hook_init(%s, \"%s\") returned %s", object->path, family,
                 object->args, name);
    else
        snprintf(error, size, "%s: lo0sim_hook_init(%s, \"%s\") returned %d; 0 is success",
                 object->path, family, object->args, returned);
}

bool hook_objects_attach(const hook_objects_t *objects, net_handle_t inet, net_handle_t inet6,
                         hook_attachment_t *attachment, char *error, size_t size)
{
    *attachment = (hook_attachment_t){.objects = objects, .nets = {inet, inet6}};
    for (size_t i = 0; i < objects->count; i++) {
        const hook_object_t *object = &objects->objects[i];
        take_turn(objects, i);
        for (size_t family = 0; family < 2; family++) {
            net_handle_t net = attachment->nets[family];
            int returned = object->init(net, object->args);
            if (returned != 0) {
                describe_refusal(object, net->netd_info->netp_name, returned, error, size);
                return false;
            }
            attachment->count++;
        }
    }
    return true;
}

void hook_attachment_end(hook_attachment_t *attachment)
{
    while (attachment->count > 0) {
        size_t i = --attachment->count;
        const hook_object_t *object = &attachment->objects->objects[i / 2];
        if (object->fini != NULL)
            object->fini(attachment->nets[i % 2]);
    }
}

/* ---- all objects ---- */

bool hook_objects_add(hook_objects_t *objects, const char *text, char *error, size_t size)
{
    size_t length = strcspn(text, ":");
    if (length == 0) {
        snprintf(error, size, "--hook takes FILE.so[:ARGS], not '%s'", text);
        return false;
    }
    if (objects->count == HOOK_OBJECTS_MAX) {
        snprintf(error, size, "--hook is given more than %d times", HOOK_OBJECTS_MAX);
        return false;
    }
    char *path = must_strndup(text, length);
    objects->objects[objects->count++] =
        (hook_object_t){.path = path, .args = text[length] == ':' ? text + length + 1 : ""};
    return true;
}

void hook_objects_fini(hook_objects_t *objects)
{
    for (size_t i = 0; i < objects->count; i++)
        free(objects->objects[i].path);
    objects->count = 0;
}
