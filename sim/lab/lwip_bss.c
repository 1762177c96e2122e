/* SPDX-License-Identifier: BSD-3-Clause
 *
 * On WebAssembly all of lwIP's state is in the section lwip_data (cmake/lwip_wasm.cmake). This byte
 * gives stack/lwip_image.c the other section it knows, lwip_bss.
 */
extern char lab_lwip_bss[];
char lab_lwip_bss[1] __attribute__((section("lwip_bss"), used)) = {0};
