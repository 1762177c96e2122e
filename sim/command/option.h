/* SPDX-License-Identifier: BSD-3-Clause
 *
 * A command's options, as a table: a row has the names, the argument, the help and the function
 * that takes it. Parsing, `--help` (and so the completion, which asks it) and the messages about
 * mistakes come from the rows. Rows that several commands share are written once, in shared.h.
 *
 * The settings of a command are a struct; a row says where in the struct its value is. A row with
 * `group` stands for other rows, whose settings are a struct at that place.
 */
#ifndef LO0SIM_SIM_COMMAND_OPTION_H
#define LO0SIM_SIM_COMMAND_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

typedef struct command command_t;
typedef struct option_row option_row_t;

/* An option as it was given. */
typedef struct option_given {
    const command_t *command;
    const option_row_t *row;
    const char *name; /* as typed: "-j", "--jobs" */
    const char *text; /* its argument; NULL: it takes none */
} option_given_t;

/* Takes an option into the settings at `where`.
 * => Returns false and reports on standard error what is wrong. */
typedef bool option_set_t(void *where, const option_given_t *given);

struct option_row {
    char letter;          /* 0: none */
    const char *name;     /* the long one, without its dashes; NULL: none */
    const char *argument; /* what help calls it; NULL: it takes none */
    const char *help;     /* a sentence, %w in it: the words; alone: a heading */
    option_set_t *set;
    size_t offset;             /* where in the settings */
    uint64_t low, high;        /* of option_number */
    const char *const *words;  /* what it takes, of option_word and of help; NULL after the last */
    const option_row_t *group; /* other rows, up to an empty one */
};

static inline bool option_row_is_last(const option_row_t *row)
{
    return row->letter == 0 && row->name == NULL && row->help == NULL && row->group == NULL;
}

/* The setters that most rows have. */
option_set_t option_flag;   /* bool: true */
option_set_t option_text;   /* const char *: the argument, which may be given once */
option_set_t option_number; /* uint64_t: a whole number, from low to high */
option_set_t option_word;   /* int or an enum of its size: which of `words` */

/* The last row of each table: -h and --help; and for a command whose -h is something else. */
option_set_t option_help;
#define OPTION_HELP                                                                                \
    {                                                                                              \
        .letter = 'h', .name = "help", .help = "this text", .set = option_help                     \
    }
#define OPTION_HELP_LONG                                                                           \
    {                                                                                              \
        .name = "help", .help = "this text", .set = option_help                                    \
    }

/* A command. */
struct command {
    const char *name;
    const char *what; /* in a line, for `lo0sim --help` */
    int (*run)(int argc, char **argv);
    /* What --help prints: "usage: lo0sim NAME SYNOPSIS", the text, the rows, and the tail. Lines
     * are broken where they are printed. */
    const char *synopsis, *text;
    const option_row_t *rows; /* up to an empty one */
    const char *tail;
    bool command_follows;    /* the first word is another command's: what follows it is its own */
    bool knows_machine;      /* it reads a user's own rules: services_of_machine() */
    option_set_t *other;     /* of a letter without a row: returns false after reporting a mistake;
                              * NULL: there is no such option */
    bool (*more)(FILE *out); /* prints what follows; NULL: nothing follows */
};

/* The words that are not options. */
typedef struct option_words {
    const char *const *list;
    size_t count;
    char **options; /* the options before them, with their arguments, as they were given */
    size_t option_count;
} option_words_t;

/* Takes a command line into `settings`. Options can be anywhere before a `--`; a long name can be
 * shortened if no other begins the same way. argv is reordered: the options, then the words.
 * => Returns -1 to go on, else the exit code: after --help, or after a mistake, which is reported.
 */
int options_take(const command_t *command, int argc, char **argv, void *settings,
                 option_words_t *words);

/* Prints what --help prints.
 * => Returns false if `out` cannot be written. */
bool options_help(const command_t *command, FILE *out);

/* Reads a whole number from `low` to `high` for `what`.
 * => Returns false and reports on standard error if the text is not one. */
bool option_parse_number(const command_t *command, const char *what, const char *text, uint64_t low,
                         uint64_t high, uint64_t *value);

/* Reports that there is no such word, and names the nearest one, or all.
 * => Returns false. */
bool option_unknown(const command_t *command, const char *what, const char *word,
                    const char *const *names);

#endif
