/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lwIP's mutable state as bytes. The build links lwIP into one object and puts its variables into
 * the sections lwip_data and lwip_bss (cmake/lwip.cmake); the linker marks their ends.
 */
#include "stack/ip_impl.h"

#include <string.h>

extern uint8_t __start_lwip_data[], __stop_lwip_data[];
extern uint8_t __start_lwip_bss[], __stop_lwip_bss[];

/* AddressSanitizer keeps red zones between the variables, which belong to the image too. So the
 * bytes are copied by a loop that it does not see. */
#if defined(__clang__)
#define UNSEEN __attribute__((no_sanitize("address"), noinline))
#else
#define UNSEEN __attribute__((no_sanitize_address, noinline))
#endif

UNSEEN static void copy(uint8_t *to, const uint8_t *from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((volatile uint8_t *)to)[i] = from[i];
}

static size_t data_size(void)
{
    return (size_t)(__stop_lwip_data - __start_lwip_data);
}

static size_t bss_size(void)
{
    return (size_t)(__stop_lwip_bss - __start_lwip_bss);
}

size_t lwip_image_size(void)
{
    return data_size() + bss_size();
}

void lwip_image_save(uint8_t *image)
{
    copy(image, __start_lwip_data, data_size());
    copy(image + data_size(), __start_lwip_bss, bss_size());
}

void lwip_image_load(const uint8_t *image)
{
    copy(__start_lwip_data, image, data_size());
    copy(__start_lwip_bss, image + data_size(), bss_size());
}
