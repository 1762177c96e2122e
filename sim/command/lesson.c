/* SPDX-License-Identifier: BSD-3-Clause */
#include "sim/command/lesson.h"

#include "sim/base/must.h"
#include "sim/command/lesson_text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* While it is read. */
typedef struct reading {
    lesson_t *lesson;
    lesson_step_t *step; /* the last one; NULL before the first */
    char **goes_on;      /* the text that an indented line belongs to */
    bool in_file;
} reading_t;

static void append(char **text, const char *more, size_t length, const char *between)
{
    char *whole = must_asprintf("%s%s%.*s", *text != NULL ? *text : "",
                                *text != NULL ? between : "", (int)length, more);
    free(*text);
    *text = whole;
}

static void begin_step(reading_t *r)
{
    lesson_t *lesson = r->lesson;
    lesson->steps = must_realloc(lesson->steps, (lesson->count + 1) * sizeof(*lesson->steps));
    r->step = &lesson->steps[lesson->count++];
    *r->step = (lesson_step_t){0};
}

/* Where the text of a line of this kind is stored; NULL: the line is for another reader. */
static char **place_of(reading_t *r, const char *kind)
{
    if (strcmp(kind, "step") == 0) {
        begin_step(r);
        return &r->step->title;
    }
    assert(r->step != NULL);
    lesson_step_t *step = r->step;
    assert(step->say_count < LESSON_PARTS_MAX && step->more_count < LESSON_PARTS_MAX &&
           step->choice_count < LESSON_PARTS_MAX);
    if (strcmp(kind, "say") == 0)
        return &step->says[step->say_count++];
    if (strcmp(kind, "more") == 0)
        return &step->more[step->more_count++];
    if (strcmp(kind, "ask") == 0)
        return &step->ask;
    if (strcmp(kind, "run") == 0)
        return &step->run;
    if (strcmp(kind, "why") == 0)
        return &step->why;
    if (strcmp(kind, "choice") == 0 || strcmp(kind, "right") == 0 || strcmp(kind, "number") == 0) {
        step->is_number |= kind[0] == 'n';
        step->choices[step->choice_count].right = kind[0] != 'c';
        return &step->choices[step->choice_count++].answer;
    }
    if (strcmp(kind, "script") == 0) {
        r->in_file = true;
        return &step->file_name;
    }
    return NULL;
}

static void read_line(reading_t *r, const char *line, size_t length)
{
    char kind[16] = "";
    size_t word = strcspn(line, " \n");
    if (r->in_file) {
        r->in_file = strncmp(line, "end\n", 4) != 0;
        if (r->in_file)
            append(&r->step->file, length > 4 ? line + 4 : "\n", length > 4 ? length - 3 : 1, "");
        return;
    }
    if (length == 0 || line[0] == '#')
        return;
    if (line[0] == ' ') {
        if (r->goes_on != NULL)
            append(r->goes_on, line + 2, length - 2, " ");
        return;
    }
    assert(word < sizeof(kind));
    memcpy(kind, line, word);
    r->goes_on = place_of(r, kind);
    if (r->goes_on != NULL && word < length)
        append(r->goes_on, line + word + 1, length - word - 1, "");
}

/* "3 | why": the answer, and the reply to it. */
static void part(lesson_choice_t *choice)
{
    char *bar = strstr(choice->answer, " | ");
    assert(bar != NULL);
    choice->feedback = must_strdup(bar + 3);
    *bar = '\0';
}

lesson_t lesson_read(void)
{
    lesson_t lesson = {0};
    reading_t r = {.lesson = &lesson};
    for (const char *line = lesson_text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        read_line(&r, line, length);
        line += length + (line[length] == '\n');
    }
    for (size_t i = 0; i < lesson.count; i++) {
        for (size_t k = 0; k < lesson.steps[i].choice_count; k++)
            part(&lesson.steps[i].choices[k]);
    }
    return lesson;
}

static void free_step(lesson_step_t *step)
{
    free(step->title);
    free(step->ask);
    free(step->run);
    free(step->why);
    free(step->file_name);
    free(step->file);
    for (size_t i = 0; i < LESSON_PARTS_MAX; i++) {
        free(step->says[i]);
        free(step->more[i]);
        free(step->choices[i].answer);
        free(step->choices[i].feedback);
    }
}

void lesson_fini(lesson_t *lesson)
{
    for (size_t i = 0; i < lesson->count; i++)
        free_step(&lesson->steps[i]);
    free(lesson->steps);
}
