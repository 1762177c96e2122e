/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Runs a fuzz harness without a fuzzer, once for each file of the folders given as arguments. So a
 * corpus is a regression test, with any compiler.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int failed(const char *what)
{
    perror(what);
    return -1;
}

/* => Returns 0; -1 if the file cannot be read. */
static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return failed(path);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    rewind(file);
    /* Of just this size, so that a byte read too many is seen. */
    uint8_t *data = malloc(size > 0 ? (size_t)size : 1);
    int result = -1;
    if (size < 0 || data == NULL || fread(data, 1, (size_t)size, file) != (size_t)size)
        failed(path);
    else
        result = LLVMFuzzerTestOneInput(data, (size_t)size);
    free(data);
    fclose(file);
    return result;
}

/* => Returns the number of files that were run; -1 if one could not be. */
static int replay_folder(const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, alphasort);
    int run = 0;

    if (count < 0)
        return failed(path);
    for (int i = 0; i < count; i++) {
        char file[4096];
        int length = snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.' && run >= 0)
            run = length < (int)sizeof(file) && replay_file(file) == 0 ? run + 1 : -1;
        free(entries[i]);
    }
    free(entries);
    return run;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int run = replay_folder(argv[i]);
        if (run < 0)
            return EXIT_FAILURE;
        total += run;
    }
    printf("%d inputs\n", total);
    return total > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
