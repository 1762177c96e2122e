/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any text as FILE:TEST, among files whose names have colons, too. The file is the shortest
 * beginning that is one, the test is all of the rest; or the text is refused with its file's name.
 * TEST is also tried as a pattern of -k.
 */
#include "sim/run/file_list.h"
#include "sim/run/selection.h"
#include "sim/script/script_file.h"
#include "tests/fuzz/sim/fuzz_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void make_files(void)
{
    static const char *const files[] = {"a.lua", "a:b.lua", "a:b.lua:c", "d/e.lua", "d/f/g:h.lua",
                                        "d/n",   ".lua",    ":",         "x:"};
    static bool made;
    if (made)
        return;
    made = true;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        fuzz_write(files[i], "", 0);
}

static void check_split(const char *text)
{
    char path[PATH_MAX_TEXT];
    const char *test = file_list_split(text, path, sizeof(path));
    size_t length = strlen(path);
    bool cut = length == sizeof(path) - 1;
    fuzz_check(strncmp(text, path, cut ? length - 3 : length) == 0);
    if (test == NULL)
        return;
    fuzz_check(test == text + length + 1 && text[length] == ':');
    fuzz_check(strcmp(path, "-") == 0 || access(path, F_OK) == 0);
}

static void check_list(const char *text)
{
    char error[PATH_MAX_TEXT + 200] = "";
    file_list_t list = {0};
    if (file_list_add(&list, text, error, sizeof(error))) {
        for (size_t i = 0; i < list.count; i++)
            fuzz_check(strcmp(list.files[i], "-") == 0 || access(list.files[i], F_OK) == 0);
        if (list.count == 1 && list.tests[0] != NULL)
            fuzz_check(strncmp(text, list.files[0], strlen(list.files[0])) == 0 &&
                       strcmp(text + strlen(list.files[0]) + 1, list.tests[0]) == 0);
    } else {
        size_t length = strcspn(text, ":");
        fuzz_check(list.count == 0 && strncmp(error, text, length < 4000 ? length : 4000) == 0);
    }
    file_list_fini(&list);
}

/* Without stars, a name has itself as a part; with them at both ends, any text around it. */
static void check_pattern(const char *text)
{
    char words[PATH_MAX_TEXT];
    const selection_t one = {.patterns = {text}, .pattern_count = 1, .shards = 1, .shard = 1};
    const selection_t half = {.shards = 2, .shard = 1}, other = {.shards = 2, .shard = 2};
    if (strlen(text) >= 1000)
        return;
    bool taken = selection_takes(&one, "a.lua", text, "");
    fuzz_check(taken || strchr(text, '*') != NULL);
    selection_takes(&one, "a.lua", "a SYN is *answered*", "slow");
    fuzz_check(selection_takes(&half, "a.lua", text, "") !=
               selection_takes(&other, "a.lua", text, ""));
    selection_text(&one, words, sizeof(words));
    fuzz_check(strncmp(words, "-k ", 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    fuzz_folder_enter();
    make_files();
    if (text[0] != '/' && strstr(text, "..") == NULL) {
        check_split(text);
        check_list(text);
    }
    check_pattern(text);
    free(text);
    fuzz_folder_leave();
    return 0;
}
