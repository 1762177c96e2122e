/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Options, parsed as their table says.
 */
#include "sim/command/option.h"

#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/nearest.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 64

/* All rows of a command and of its groups, in order. */
typedef struct option_list {
    const option_row_t *rows[ROWS_MAX];
    void *where[ROWS_MAX];
    size_t count;
} option_list_t;

static void collect(option_list_t *list, const option_row_t *row, void *settings)
{
    for (; !option_row_is_last(row); row++) {
        void *where = (char *)settings + row->offset;
        if (row->group != NULL) {
            collect(list, row->group, where);
        } else if (row->set != NULL) {
            assert(list->count < ROWS_MAX);
            list->rows[list->count] = row;
            list->where[list->count++] = where;
        }
    }
}

/* ---- setters ---- */

bool option_flag(void *where, const option_given_t *given)
{
    bool *flag = where;
    (void)given;
    *flag = true;
    return true;
}

bool option_text(void *where, const option_given_t *given)
{
    const char **text = where;
    if (*text != NULL) {
        command_mistake(given->command->name, "%s is given twice", given->name);
        return false;
    }
    *text = given->text;
    return true;
}

bool option_number(void *where, const option_given_t *given)
{
    return option_parse_number(given->command, given->name, given->text, given->row->low,
                               given->row->high, where);
}

bool option_word(void *where, const option_given_t *given)
{
    int *value = where;
    for (int i = 0; given->row->words[i] != NULL; i++) {
        if (strcmp(given->row->words[i], given->text) == 0) {
            *value = i;
            return true;
        }
    }
    return option_unknown(given->command, given->name, given->text, given->row->words);
}

bool option_help(void *where, const option_given_t *given)
{
    (void)where;
    (void)given;
    return true;
}

bool option_parse_number(const command_t *command, const char *what, const char *text, uint64_t low,
                         uint64_t high, uint64_t *value)
{
    char *end;
    errno = 0;
    *value = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value >= low &&
        *value <= high)
        return true;
    command_mistake(command->name, "%s takes a whole number from %llu to %llu, not '%s'", what,
                    (unsigned long long)low, (unsigned long long)high, text);
    return false;
}

bool option_unknown(const command_t *command, const char *what, const char *word,
                    const char *const *names)
{
    char text[1000];
    command_mistake(command->name, "%s", there_is_no(text, sizeof(text), what, word, names));
    return false;
}

/* ---- a command line ---- */

typedef struct walk {
    const command_t *command;
    option_list_t list;
    char **argv;
    int argc, next; /* the argument that is looked at next */
    bool helped;
} walk_t;

static int no_option(const walk_t *walk, const char *given)
{
    const char *names[ROWS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < walk->list.count; i++) {
        if (walk->list.rows[i]->name != NULL)
            names[count++] = walk->list.rows[i]->name;
    }
    const char *near = strncmp(given, "--", 2) == 0 ? nearest(given + 2, names, count) : NULL;
    if (near != NULL)
        return command_mistake(walk->command->name, "there is no option '%s'; did you mean '--%s'?",
                               given, near);
    return command_mistake(walk->command->name,
                           "there is no option '%s'; `lo0sim %s --help` lists them", given,
                           walk->command->name);
}

/* => Returns 0, or EXIT_MISTAKE, and reports why. `name` is how it was given. */
static int take(walk_t *walk, size_t row, const char *name, const char *text)
{
    const option_given_t given = {walk->command, walk->list.rows[row], name, text};
    if (given.row->set == option_help)
        walk->helped = true;
    return given.row->set(walk->list.where[row], &given) ? 0 : EXIT_MISTAKE;
}

/* The argument of an option: the rest of its word, or the next word. */
static const char *argument_of(walk_t *walk, const option_row_t *row, const char *name,
                               const char *behind)
{
    if (behind != NULL)
        return behind;
    if (walk->next < walk->argc)
        return walk->argv[walk->next++];
    command_mistake(walk->command->name, "%s needs an argument: %s %s", name, name, row->argument);
    return NULL;
}

static int other_letter(const walk_t *walk, const char *name)
{
    const option_given_t given = {.command = walk->command, .name = name};
    if (walk->command->other == NULL || walk->command->other(NULL, &given))
        return no_option(walk, name);
    return EXIT_MISTAKE;
}

/* Several letters in one word; the last can have an argument, in the same word or in the next. */
static int take_letters(walk_t *walk, const char *letters)
{
    for (; *letters != '\0'; letters++) {
        const char name[] = {'-', *letters, '\0'}, *text = NULL;
        size_t row = 0;
        while (row < walk->list.count && walk->list.rows[row]->letter != *letters)
            row++;
        if (row == walk->list.count)
            return other_letter(walk, name);
        if (walk->list.rows[row]->argument != NULL) {
            text = argument_of(walk, walk->list.rows[row], name,
                               letters[1] != '\0' ? letters + 1 : NULL);
            if (text == NULL)
                return EXIT_MISTAKE;
        }
        int code = take(walk, row, name, text);
        if (code != 0 || walk->helped || text != NULL)
            return code;
    }
    return 0;
}

/* The row of a long name, or of the only one that begins so.
 * => Returns -1 if there is none, or several, and reports it. */
static int find_long(const walk_t *walk, const char *given, size_t length)
{
    char shortened[100], candidates[400] = "";
    size_t count = 0, used = 0;
    int found = -1;
    snprintf(shortened, sizeof(shortened), "--%.*s", (int)length, given);
    for (size_t i = 0; i < walk->list.count; i++) {
        const char *name = walk->list.rows[i]->name;
        if (name == NULL || strncmp(name, given, length) != 0)
            continue;
        if (name[length] == '\0')
            return (int)i;
        if (used < sizeof(candidates))
            used += (size_t)snprintf(candidates + used, sizeof(candidates) - used, "%s --%s",
                                     count > 0 ? "," : "", name);
        found = (int)i;
        count++;
    }
    if (count == 1)
        return found;
    if (count == 0 || length == 0)
        no_option(walk, shortened);
    else
        command_mistake(walk->command->name, "'%s' can be:%s", shortened, candidates);
    return -1;
}

static int take_long(walk_t *walk, const char *given)
{
    char name[100];
    size_t length = strcspn(given, "=");
    const char *text = given[length] == '=' ? given + length + 1 : NULL;
    int found = find_long(walk, given, length);
    if (found < 0)
        return EXIT_MISTAKE;
    const option_row_t *row = walk->list.rows[found];
    snprintf(name, sizeof(name), "--%s", row->name);
    if (row->argument == NULL && text != NULL)
        return command_mistake(walk->command->name, "%s takes no argument", name);
    if (row->argument != NULL) {
        text = argument_of(walk, row, name, text);
        if (text == NULL)
            return EXIT_MISTAKE;
    }
    return take(walk, (size_t)found, name, text);
}

/* Takes argv[next] and what belongs to it.
 * => Returns 0, or EXIT_MISTAKE and reports why. */
static int take_next(walk_t *walk)
{
    const char *given = walk->argv[walk->next++];
    return given[1] == '-' ? take_long(walk, given + 2) : take_letters(walk, given + 1);
}

/* "-" is standard input, and "-:TEST" a test in it. */
static bool is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0' && word[1] != ':';
}

int options_take(const command_t *command, int argc, char **argv, void *settings,
                 option_words_t *words)
{
    walk_t walk = {.command = command, .argv = argv, .argc = argc, .next = 1};
    char **rest = must_calloc((size_t)argc, sizeof(*rest));
    size_t count = 0;
    int code = 0, put = 1;
    collect(&walk.list, command->rows, settings);
    while (walk.next < argc && code == 0 && !walk.helped) {
        int from = walk.next;
        if (strcmp(argv[from], "--") == 0) {
            for (walk.next++; walk.next < argc;)
                rest[count++] = argv[walk.next++];
        } else if (!is_option(argv[from])) {
            do
                rest[count++] = argv[walk.next++];
            while (command->command_follows && walk.next < argc);
        } else {
            code = take_next(&walk);
            while (from < walk.next)
                argv[put++] = argv[from++];
        }
    }
    memcpy(argv + put, rest, count * sizeof(*rest));
    argv[(size_t)put + count] = NULL; /* a `--` was removed */
    free(rest);
    *words = (option_words_t){(const char *const *)argv + put, count, argv + 1, (size_t)put - 1};
    if (code == 0 && walk.helped)
        return options_help(command, stdout) ? 0 : EXIT_FAILED;
    return code == 0 ? -1 : code;
}
