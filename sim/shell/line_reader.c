/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines from standard input.
 */
#include "sim/shell/line_reader.h"

#include "filter/ipf_mark.h"
#include "sim/base/folder.h"
#include "sim/base/must.h"
#include "sim/shell/edit.h"
#include "sim/shell/line_signals.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_LINES 1000

struct line_reader {
    const edit_t *edit;
    EditLine *el;   /* NULL without a terminal or libedit */
    bool begun;     /* a line of standard input has been read */
    bool plain;     /* a terminal without libedit: only the terminal's own line editing */
    History *lines; /* the typed lines */
    char *file;     /* where they are remembered; NULL: nowhere */
    const char *prompt;
    char shown[80]; /* the prompt, as libedit wants it */
    line_complete_t *complete;
    line_signals_t signals;
    bool dropped; /* the typed line, by ^C */
    char *line;
    size_t room;
    int error; /* of standard input */
};

static char *prompt_of(EditLine *el)
{
    line_reader_t *reader;
    edit_load()->get(el, EL_CLIENTDATA, &reader);
    snprintf(reader->shown, sizeof(reader->shown), "%s", reader->prompt);
    return reader->shown;
}

/* In the locale "C", which this program keeps so that no output depends on the locale, libedit can
 * only edit ASCII. */
static void refuse(void)
{
    ssize_t ignored = write(STDOUT_FILENO, "\a", 1);
    (void)ignored;
}

static void show_words(const line_completion_t *completion)
{
    printf("\n");
    for (size_t i = 0; i < completion->count; i++)
        printf("%s%s", i > 0 ? "  " : "", completion->words[i]);
    printf("\n");
    fflush(stdout);
}

/* Tab: inserts the common beginning of all words, and a blank after the word if it is the only one;
 * or else shows them. This is done while a character is read, and not in a function added to
 * libedit, which never frees the names of such functions. */
static void complete(line_reader_t *reader, EditLine *el)
{
    const LineInfo *info = reader->edit->line(el);
    const char *word = info->cursor;
    while (word > info->buffer && word[-1] != ' ')
        word--;
    char *before = must_strndup(info->buffer, (size_t)(word - info->buffer));
    char *typed = must_strndup(word, (size_t)(info->cursor - word));
    line_completion_t completion = {.word = typed};
    reader->complete(before, &completion);
    size_t common = line_completion_common(&completion);
    bool rings = true;
    if (common > strlen(typed) || completion.count == 1) {
        char *rest = must_asprintf(
            "%.*s%s", (int)(common - strlen(typed)), completion.words[0] + strlen(typed),
            completion.count == 1 && completion.words[0][common - 1] != '/' ? " " : "");
        rings = reader->edit->insert(el, rest) != 0;
        free(rest);
    } else if (completion.count > 1) {
        show_words(&completion);
        rings = false;
    }
    line_completion_fini(&completion);
    free(typed);
    free(before);
    if (rings)
        refuse();
    reader->edit->set(el, EL_REFRESH);
}

/* Reads a character for libedit.
 * => Returns 1; 0 at the end of input; -1 at an error, or if the line is dropped. */
static int next_character(EditLine *el, wchar_t *character)
{
    line_reader_t *reader;
    unsigned char byte;
    ssize_t count;
    edit_load()->get(el, EL_CLIENTDATA, &reader);
    do {
        if (!line_signals_wait(&reader->signals, el)) {
            reader->dropped = true;
            return -1;
        }
        count = read(STDIN_FILENO, &byte, 1);
        if (count > 0 && byte == '\t')
            complete(reader, el);
        if (count > 0 && byte >= 0xc0) /* a character's first byte */
            refuse();
    } while (count > 0 && (byte >= 0x80 || byte == '\t'));
    *character = byte;
    return (int)count;
}

static void open_history(line_reader_t *reader, const char *name)
{
    char folder[PATH_MAX];
    HistEvent event;
    reader->lines = must_have(reader->edit->history_init());
    reader->edit->history(reader->lines, &event, H_SETSIZE, HISTORY_LINES);
    reader->edit->history(reader->lines, &event, H_SETUNIQUE, 1);
    if (name == NULL || !folder_of_state(folder, sizeof(folder)))
        return;
    reader->file = must_asprintf("%s/%s", folder, name);
    reader->edit->history(reader->lines, &event, H_LOAD, reader->file);
}

/* Writes a new file and renames it, so that a full disk does not destroy the history. libedit wants
 * a file of its own, which an output_t is not, and keeps it from others' eyes. */
static void save_history(const line_reader_t *reader)
{
    HistEvent event;
    char *beside = must_asprintf("%s.%ld", reader->file, (long)getpid());
    folder_make_for(reader->file, 0700);
    bool saved = reader->edit->history(reader->lines, &event, H_SAVE, beside) >= 0;
    if (!saved || rename(beside, reader->file) != 0)
        unlink(beside);
    free(beside);
}

static void open_terminal(line_reader_t *reader, const char *program, const char *history)
{
    const edit_t *edit = edit_load();
    if (edit == NULL) {
        reader->plain = true;
        return;
    }
    reader->edit = edit;
    open_history(reader, history);
    reader->el = edit->init(program, stdin, stdout, stderr);
    must_have(reader->el);
    edit->set(reader->el, EL_CLIENTDATA, reader);
    edit->set(reader->el, EL_PROMPT, prompt_of);
    edit->set(reader->el, EL_EDITOR, "emacs");
    edit->set(reader->el, EL_GETCFN, next_character);
    edit->set(reader->el, EL_HIST, edit->history, reader->lines);
}

line_reader_t *line_reader_create(const char *program, const char *history,
                                  line_complete_t *complete_word)
{
    line_reader_t *reader = calloc(1, sizeof(*reader));
    if (reader != NULL)
        reader->complete = complete_word;
    if (reader != NULL && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
        open_terminal(reader, program, history);
    return reader;
}

void line_reader_destroy(line_reader_t *reader)
{
    if (reader == NULL)
        return;
    if (reader->el != NULL)
        reader->edit->end(reader->el);
    if (reader->file != NULL)
        save_history(reader);
    if (reader->lines != NULL)
        reader->edit->history_end(reader->lines);
    free(reader->file);
    free(reader->line);
    free(reader);
}

bool line_reader_is_terminal(const line_reader_t *reader)
{
    return reader->el != NULL || reader->plain;
}

int line_reader_error(const line_reader_t *reader)
{
    return reader->error;
}

static const char *without_end(const char *line, size_t *length)
{
    *length -= *length > 0 && line[*length - 1] == '\n';
    *length -= *length > 0 && line[*length - 1] == '\r';
    return line;
}

/* Reads a line; after ^C another one. */
static const char *edited(line_reader_t *reader, int *count)
{
    const char *line;
    do {
        reader->dropped = false;
        line_signals_begin(&reader->signals);
        line = reader->edit->gets(reader->el, count);
        line_signals_end(&reader->signals);
        if (reader->dropped)
            puts("^C");
    } while (reader->dropped);
    return line;
}

static const char *next_typed(line_reader_t *reader, const char *prompt, size_t *length)
{
    HistEvent event;
    int count;
    reader->prompt = prompt;
    const char *line = edited(reader, &count);
    if (line == NULL || count <= 0)
        return NULL;
    if (line[0] != '\n')
        reader->edit->history(reader->lines, &event, H_ENTER, line);
    *length = (size_t)count;
    return without_end(line, length);
}

const char *line_reader_next(line_reader_t *reader, const char *prompt, size_t *length)
{
    if (reader->el != NULL)
        return next_typed(reader, prompt, length);
    if (reader->plain) {
        fputs(prompt, stdout);
        fflush(stdout);
    }
    ssize_t count = getline(&reader->line, &reader->room, stdin);
    if (count < 0) {
        reader->error = ferror(stdin) != 0 ? errno : 0;
        return NULL;
    }
    size_t mark = reader->begun ? 0 : ipf_mark_length(reader->line, (size_t)count);
    reader->begun = true;
    *length = (size_t)count - mark;
    return without_end(reader->line + mark, length);
}
