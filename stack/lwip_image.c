/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lwIP keeps its state in global variables. The build links it into one object and puts them into
 * the sections lwip_data and lwip_bss (cmake/lwip.cmake); the linker marks their ends. Each host
 * has an image of these bytes; lwip_enter() puts the right one in place. The image that is in place
 * stays there until another host needs it.
 */
#include "stack/ip_impl.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

extern uint8_t __start_lwip_data[], __stop_lwip_data[];
extern uint8_t __start_lwip_bss[], __stop_lwip_bss[];

static uint8_t *pristine_image; /* lwIP as it is linked, before lwip_init() */
static ip_stack_t *resident;    /* the host whose state is in place */
static unsigned depth;          /* of lwip_enter() */

/* AddressSanitizer keeps red zones between the variables, which belong to the image too. So the
 * bytes are copied by a loop that it does not see, and by memcpy() elsewhere. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LO0SIM_RED_ZONES
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define LO0SIM_RED_ZONES
#endif

#ifdef LO0SIM_RED_ZONES
/* A fuzzer that learned of each comparison here would do nothing else. */
#ifdef __clang__
#define UNSEEN __attribute__((no_sanitize("address", "coverage"), noinline))
#else
#define UNSEEN __attribute__((no_sanitize("address"), noinline))
#endif

/* At any address. */
typedef struct word {
    uint64_t bytes;
} __attribute__((packed, may_alias)) word_t;

UNSEEN static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    size_t i = 0;
    for (; size - i >= sizeof(word_t); i += sizeof(word_t))
        ((volatile word_t *)(to + i))->bytes = ((const word_t *)(from + i))->bytes;
    for (; i < size; i++)
        ((volatile uint8_t *)to)[i] = from[i];
}
#else
static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    memcpy(to, from, size);
}
#endif

static size_t data_size(void)
{
    return (size_t)(__stop_lwip_data - __start_lwip_data);
}

static size_t bss_size(void)
{
    return (size_t)(__stop_lwip_bss - __start_lwip_bss);
}

/* In an image lwip_bss begins where any variable may lie. */
static size_t data_room(void)
{
    size_t align = _Alignof(max_align_t);
    return (data_size() + align - 1) / align * align;
}

static size_t image_size(void)
{
    return data_room() + bss_size();
}

static void save(uint8_t *image)
{
    copy(image, __start_lwip_data, data_size());
    copy(image + data_room(), __start_lwip_bss, bss_size());
}

static void load(const uint8_t *image)
{
    copy(__start_lwip_data, image, data_size());
    copy(__start_lwip_bss, image + data_room(), bss_size());
}

uint8_t *lwip_image_create(memory_t *memory)
{
    if (pristine_image == NULL) {
        pristine_image = calloc(1, image_size());
        if (pristine_image == NULL)
            return NULL;
        save(pristine_image);
    }
    uint8_t *image = memory_alloc(memory, image_size());
    if (image != NULL)
        memcpy(image, pristine_image, image_size());
    return image;
}

IP_RARE static void put_in_place(ip_stack_t *ips)
{
    assert(depth == 0); /* one host at a time */
    if (resident != NULL)
        save(resident->ips_image);
    load(ips->ips_image);
    resident = ips;
}

bool lwip_enter(ip_stack_t *ips)
{
    if (resident != ips)
        put_in_place(ips);
    return depth++ == 0;
}

bool lwip_is_entered_once(void)
{
    return depth == 1;
}

bool lwip_is_entered(void)
{
    return depth > 0;
}

void lwip_leave(void)
{
    assert(depth > 0);
    depth--;
}

ip_stack_t *stack_entered(void)
{
    return resident;
}

void ip_stack_abandon(void)
{
    resident = NULL;
    depth = 0;
}

/* They follow lwIP's variables in a copy. */
typedef struct shared {
    ip_stack_t *resident;
    unsigned depth;
} shared_t;

size_t ip_stack_shared_size(void)
{
    return image_size() + sizeof(shared_t);
}

void ip_stack_shared_save(uint8_t *to)
{
    shared_t shared = {.resident = resident, .depth = depth};
    save(to);
    memcpy(to + image_size(), &shared, sizeof(shared));
}

void ip_stack_shared_restore(const uint8_t *from)
{
    shared_t shared;
    load(from);
    memcpy(&shared, from + image_size(), sizeof(shared));
    resident = shared.resident;
    depth = shared.depth;
}

void *lwip_variable_of(ip_stack_t *ips, void *variable)
{
    uint8_t *at = variable;
    if (resident == ips)
        return at;
    assert(at >= __start_lwip_bss && at < __stop_lwip_bss);
    return ips->ips_image + data_room() + (at - __start_lwip_bss);
}

void lwip_forget(const ip_stack_t *ips)
{
    if (resident == ips)
        resident = NULL;
}
