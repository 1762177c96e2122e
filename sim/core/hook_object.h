/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Shared objects with hooks: `--hook FILE.so[:ARGS]`. What an object must define is at the end of
 * stack/neti.h.
 */
#ifndef LO0SIM_SIM_CORE_HOOK_OBJECT_H
#define LO0SIM_SIM_CORE_HOOK_OBJECT_H

#include "stack/neti.h"

#include <stdbool.h>
#include <stddef.h>

#define HOOK_OBJECTS_MAX      16
#define HOOK_OBJECT_ERROR_MAX 1024 /* room for each message */

typedef struct hook_object {
    char *path;       /* as given, without the colon and ARGS */
    const char *args; /* ARGS; "" if not given */
    void *handle;
    int (*init)(net_handle_t net, const char *args);
    void (*fini)(net_handle_t net); /* can be NULL */
} hook_object_t;

typedef struct hook_objects {
    size_t count;
    size_t *turn; /* set to the object that is being called; can be NULL */
    hook_object_t objects[HOOK_OBJECTS_MAX];
} hook_objects_t;

/* Adds an object to the list; the file is not read yet. `text` must outlive the list.
 * => Returns false, with a message in error[size], if there are HOOK_OBJECTS_MAX already, or the
 *    text has no file's name. */
bool hook_objects_add(hook_objects_t *objects, const char *text, char *error, size_t size);

/* Loads the objects. hook_trial() must come first: an object can do anything while it is loaded.
 * => Returns true; false, with a message in error[size], for a missing file, a file that is not a
 *    shared object, a missing symbol, an object that is given twice. */
bool hook_objects_open(hook_objects_t *objects, char *error, size_t size);

/* Frees what hook_objects_add() made. The objects stay loaded until the process ends. */
void hook_objects_fini(hook_objects_t *objects);

/* The hooks registered in one host. */
typedef struct hook_attachment {
    const hook_objects_t *objects;
    net_handle_t nets[2];
    size_t count; /* how many calls of lo0sim_hook_init() returned 0 */
} hook_attachment_t;

/* Registers the objects' hooks in both families of a host, in the order in which the objects were
 * given.
 * => Returns true; or false with a message in error[size].
 * => In either case hook_attachment_end() must end it before the host ends. */
bool hook_objects_attach(const hook_objects_t *objects, net_handle_t inet, net_handle_t inet6,
                         hook_attachment_t *attachment, char *error, size_t size);

/* Tells the objects that no more events follow (lo0sim_hook_fini()). A second call does nothing. */
void hook_attachment_end(hook_attachment_t *attachment);

#endif
