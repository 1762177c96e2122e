/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A line for each test: the file's absolute path, a tab, the test's name.
 */
#include "sim/run/last_failed.h"

#include "sim/base/file_read.h"
#include "sim/base/folder.h"
#include "sim/base/must.h"
#include "sim/base/output.h"
#include "sim/base/text.h"
#include "sim/script/script_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#define uthash_fatal(message) must_end()
#include <uthash.h>

#define HEAD "# The tests that failed when they last ran: lo0sim run --last-failed\n"

/* A file's test. */
typedef struct line {
    char *path, *test;
} line_t;

/* A remembered line; lines are found by their text, and keep their order. */
typedef struct entry {
    char *text; /* path, a tab, test */
    line_t line;
    UT_hash_handle hh;
} entry_t;

typedef struct lines {
    entry_t *first;
} lines_t;

/* This run's changes. They are applied at the end of the run, to the file's content at that time.
 */
typedef struct note {
    line_t line; /* without a test: the whole file is forgotten */
    bool did_fail;
} note_t;

struct last_failed {
    char folder[PATH_MAX_TEXT]; /* "" if there is none */
    lines_t lines;
    note_t *notes;
    size_t note_count, note_room;
    const char **files; /* what last_failed_files() returned */
    char *trouble;      /* why the file cannot be read; NULL: it was, or there is none */
};

/* ---- lines ---- */

static char *copy(const char *text)
{
    return text != NULL ? text_copy(text) : NULL;
}

static void free_line(line_t *line)
{
    free(line->path);
    free(line->test);
}

static char *text_of(const char *path, const char *test)
{
    size_t size = strlen(path) + strlen(test) + 2;
    char *text = must_calloc(1, size);
    snprintf(text, size, "%s\t%s", path, test);
    return text;
}

static entry_t *find_line(const lines_t *lines, const char *path, const char *test)
{
    entry_t *entry;
    char *text = text_of(path, test);
    HASH_FIND_STR(lines->first, text, entry);
    free(text);
    return entry;
}

static bool has_line(const lines_t *lines, const char *path, const char *test)
{
    return find_line(lines, path, test) != NULL;
}

static void add_line(lines_t *lines, const char *path, const char *test)
{
    if (has_line(lines, path, test))
        return;
    entry_t *entry = must_calloc(1, sizeof(*entry));
    *entry = (entry_t){.text = text_of(path, test), .line = {copy(path), copy(test)}};
    HASH_ADD_KEYPTR(hh, lines->first, entry->text, strlen(entry->text), entry);
}

static void drop_line(lines_t *lines, entry_t *entry)
{
    HASH_DEL(lines->first, entry);
    free_line(&entry->line);
    free(entry->text);
    free(entry);
}

static void free_lines(lines_t *lines)
{
    while (lines->first != NULL)
        drop_line(lines, lines->first);
}

static size_t count_lines(const lines_t *lines)
{
    return HASH_COUNT(lines->first);
}

/* Without a test, all of the file. */
static void drop_lines(lines_t *lines, const char *path, const char *test)
{
    entry_t *entry = test != NULL ? find_line(lines, path, test) : NULL, *next;
    if (entry != NULL)
        drop_line(lines, entry);
    if (test != NULL)
        return;
    HASH_ITER(hh, lines->first, entry, next)
    {
        if (strcmp(entry->line.path, path) == 0)
            drop_line(lines, entry);
    }
}

/* ---- the file ---- */

static void file_path(const last_failed_t *failed, const char *name, char *path, size_t size)
{
    snprintf(path, size, "%s/%s", failed->folder, name);
}

/* => Returns false, with the reason in failed->trouble, if there is a file that cannot be read. */
static bool read_lines(last_failed_t *failed, lines_t *lines)
{
    char path[PATH_MAX_TEXT + 20], error[PATH_MAX_TEXT + 200];
    size_t length;
    file_path(failed, "last-failed", path, sizeof(path));
    if (!file_is_there(path))
        return true;
    char *text = file_read(path, &length, error, sizeof(error));
    char *rest = text;
    if (text == NULL && failed->trouble == NULL)
        failed->trouble = text_copy(error);
    if (text == NULL)
        return false;
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char *tab = strchr(line, '\t');
        if (line[0] != '/' || tab == NULL)
            continue;
        *tab = '\0';
        add_line(lines, line, tab + 1);
    }
    free(text);
    return true;
}

last_failed_t *last_failed_open(void)
{
    last_failed_t *failed = must_calloc(1, sizeof(*failed));
    if (folder_of_state(failed->folder, PATH_MAX_TEXT))
        read_lines(failed, &failed->lines);
    else
        failed->trouble = text_copy("neither XDG_STATE_HOME nor HOME names a folder, so nothing is "
                                    "remembered");
    return failed;
}

const char *last_failed_trouble(const last_failed_t *failed)
{
    return failed->trouble;
}

void last_failed_close(last_failed_t *failed)
{
    for (size_t i = 0; i < failed->note_count; i++)
        free_line(&failed->notes[i].line);
    free(failed->notes);
    free(failed->files);
    free(failed->trouble);
    free_lines(&failed->lines);
    free(failed);
}

/* The path in the form in which lines contain it.
 * => Returns false for a file that cannot be remembered. */
static bool absolute(const char *path, char *full)
{
    char *real = realpath(path, NULL);
    bool fits = real != NULL && strlen(real) < PATH_MAX_TEXT && strpbrk(real, "\t\n") == NULL;
    if (fits)
        strcpy(full, real);
    free(real);
    return fits;
}

/* Whether a line's path is of a file, in the form in which lines are written: the text may be
 * somebody else's. */
static bool is_file(const char *path)
{
    char full[PATH_MAX_TEXT];
    struct stat st;
    return absolute(path, full) && strcmp(path, full) == 0 && stat(path, &st) == 0 &&
           !S_ISDIR(st.st_mode);
}

bool last_failed_has(const last_failed_t *failed, const char *path, const char *test)
{
    char full[PATH_MAX_TEXT];
    return absolute(path, full) &&
           (has_line(&failed->lines, full, "") || has_line(&failed->lines, full, test));
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t last_failed_files(last_failed_t *failed, const char *const **paths)
{
    char folder[PATH_MAX_TEXT];
    size_t count = 0, kept = 0;
    free(failed->files);
    failed->files = must_calloc(count_lines(&failed->lines) + 1, sizeof(*failed->files));
    *paths = failed->files;
    if (!absolute(".", folder)) /* this folder was removed, or it cannot be remembered */
        return 0;
    size_t length = strcmp(folder, "/") == 0 ? 0 : strlen(folder);
    for (const entry_t *entry = failed->lines.first; entry != NULL; entry = entry->hh.next) {
        const char *path = entry->line.path;
        if (strncmp(path, folder, length) == 0 && path[length] == '/' && is_file(path))
            failed->files[count++] = path + length + 1;
    }
    qsort(failed->files, count, sizeof(*failed->files), by_bytes);
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(failed->files[kept - 1], failed->files[i]) != 0)
            failed->files[kept++] = failed->files[i];
    }
    *paths = failed->files;
    return kept;
}

/* ---- noting ---- */

static void add_note(last_failed_t *failed, const char *path, const char *test, bool did_fail)
{
    char full[PATH_MAX_TEXT];
    if (failed->folder[0] == '\0' || !absolute(path, full))
        return;
    if (failed->note_count == failed->note_room) {
        failed->note_room = failed->note_room > 0 ? failed->note_room * 2 : 64;
        failed->notes = must_realloc(failed->notes, failed->note_room * sizeof(*failed->notes));
    }
    failed->notes[failed->note_count++] =
        (note_t){.line = {.path = copy(full), .test = copy(test)}, .did_fail = did_fail};
}

void last_failed_note(last_failed_t *failed, const char *path, const char *test, bool did_fail)
{
    add_note(failed, path, test, did_fail);
}

void last_failed_forget(last_failed_t *failed, const char *path)
{
    add_note(failed, path, NULL, false);
}

/* => Returns whether anything changed. */
static bool apply(const last_failed_t *failed, lines_t *lines)
{
    lines_t before = {0};
    for (const entry_t *entry = lines->first; entry != NULL; entry = entry->hh.next)
        add_line(&before, entry->line.path, entry->line.test);
    for (size_t i = 0; i < failed->note_count; i++) {
        const note_t *note = &failed->notes[i];
        if (note->did_fail)
            add_line(lines, note->line.path, note->line.test);
        else
            drop_lines(lines, note->line.path, note->line.test);
    }
    bool same = count_lines(&before) == count_lines(lines);
    for (const entry_t *entry = before.first; same && entry != NULL; entry = entry->hh.next)
        same = has_line(lines, entry->line.path, entry->line.test);
    free_lines(&before);
    return !same;
}

static void write_lines(const last_failed_t *failed, const lines_t *lines)
{
    char path[PATH_MAX_TEXT + 20];
    file_path(failed, "last-failed", path, sizeof(path));
    output_t *output = output_to_file(path, 0);
    if (output == NULL)
        return;
    FILE *out = output_stream(output);
    fputs(HEAD, out);
    for (const entry_t *entry = lines->first; entry != NULL; entry = entry->hh.next)
        fprintf(out, "%s\n", entry->text);
    output_commit(output);
}

void last_failed_save(last_failed_t *failed)
{
    lines_t lines = {0};
    if (failed->folder[0] == '\0')
        return;
    /* First without the lock: most runs pass, and write nothing. */
    bool changes = read_lines(failed, &lines) && apply(failed, &lines);
    free_lines(&lines);
    if (!changes)
        return;
    char path[PATH_MAX_TEXT + 20];
    file_path(failed, "last-failed", path, sizeof(path));
    folder_make_for(path, 0700);
    FILE *folder = fopen(failed->folder, "r");
    if (folder == NULL)
        return;
    if (flock(fileno(folder), LOCK_EX) == 0) {
        /* Another run can have ended meanwhile. */
        if (read_lines(failed, &lines) && apply(failed, &lines))
            write_lines(failed, &lines);
        free_lines(&lines);
    }
    fclose(folder);
}
