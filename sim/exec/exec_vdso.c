/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The vDSO tells the time without a call. Its functions are written over, in each program as it
 * starts, with the call that they save.
 */
#include "sim/exec/exec_impl.h"

#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    uint32_t number;
} functions[] = {
    {"__vdso_clock_gettime", SYS_clock_gettime},
    {"__vdso_gettimeofday", SYS_gettimeofday},
    {"__vdso_time", SYS_time},
    {"__vdso_clock_getres", SYS_clock_getres},
    {"__vdso_getrandom", SYS_getrandom},
};

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

/* The offsets of the functions in the vDSO. All processes of a kernel have the same one, so our own
 * is read. 0: there is none. */
static void find_functions(uint64_t offsets[FUNCTION_COUNT])
{
    const uint8_t *base = (const uint8_t *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)(const void *)base;
    memset(offsets, 0, FUNCTION_COUNT * sizeof(*offsets));
    if (base == NULL)
        return;
    const Elf64_Phdr *segments = (const Elf64_Phdr *)(const void *)(base + header->e_phoff);
    const Elf64_Dyn *dynamic = NULL;
    uint64_t bias = 0;
    for (int i = 0; i < header->e_phnum; i++) {
        if (segments[i].p_type == PT_LOAD)
            bias = segments[i].p_vaddr - segments[i].p_offset;
        if (segments[i].p_type == PT_DYNAMIC)
            dynamic = (const Elf64_Dyn *)(const void *)(base + segments[i].p_offset);
    }
    const Elf64_Sym *symbols = NULL;
    const char *strings = NULL;
    for (; dynamic != NULL && dynamic->d_tag != DT_NULL; dynamic++) {
        const uint8_t *at = base + (dynamic->d_un.d_ptr - bias);
        if (dynamic->d_tag == DT_SYMTAB)
            symbols = (const Elf64_Sym *)(const void *)at;
        if (dynamic->d_tag == DT_STRTAB)
            strings = (const char *)at;
    }
    /* The string table follows the symbols, so their number is known without the hash table. */
    if (symbols == NULL || strings == NULL)
        return;
    const Elf64_Sym *end = (const Elf64_Sym *)(const void *)strings;
    for (const Elf64_Sym *symbol = symbols; symbol + 1 <= end; symbol++) {
        for (size_t i = 0; i < FUNCTION_COUNT; i++) {
            if (symbol->st_value != 0 && strcmp(strings + symbol->st_name, functions[i].name) == 0)
                offsets[i] = symbol->st_value - bias;
        }
    }
}

/* The address of a process' vDSO; 0: it has none. */
static uint64_t base_in(pid_t pid)
{
    char path[64], line[512];
    unsigned long base = 0, start;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (maps == NULL)
        return 0;
    while (base == 0 && fgets(line, sizeof(line), maps) != NULL) {
        if (strstr(line, "[vdso]") != NULL && sscanf(line, "%lx-", &start) == 1)
            base = start;
    }
    fclose(maps);
    return base;
}

void vdso_replace(pid_t pid)
{
    uint64_t offsets[FUNCTION_COUNT], base = base_in(pid);
    char path[64];
    find_functions(offsets);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
    int fd = base != 0 ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        uint8_t code[8] = {0xb8, 0, 0, 0, 0, 0x0f, 0x05, 0xc3}; /* mov eax, N; syscall; ret */
        memcpy(code + 1, &functions[i].number, sizeof(uint32_t));
        if (offsets[i] != 0 &&
            pwrite(fd, code, sizeof(code), (off_t)(base + offsets[i])) != (ssize_t)sizeof(code))
            break;
    }
    close(fd);
}
