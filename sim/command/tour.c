/* SPDX-License-Identifier: BSD-3-Clause
 *
 * lo0sim tour: the lesson in a terminal. Each step asks before it shows the result; on paper, or in
 * a pager, the answers are at the end.
 */
#include "sim/base/color.h"
#include "sim/base/mistake.h"
#include "sim/base/must.h"
#include "sim/base/terminal.h"
#include "sim/base/wrap.h"
#include "sim/command/command.h"
#include "sim/command/lesson.h"
#include "sim/command/shared.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS_MAX 16

typedef struct tour_options {
    bool paper;
    color_when_t color;
} tour_options_t;

typedef struct tour {
    lesson_t lesson;
    size_t width;
    bool color;
} tour_t;

static void paragraph(const tour_t *tour, const char *text)
{
    wrap_print(stdout, text, 0, 0, tour->width);
}

static void heading(const tour_t *tour, size_t number)
{
    printf("%s%zu. %s%s\n\n", tour->color ? "\033[1m" : "", number + 1,
           tour->lesson.steps[number].title, tour->color ? "\033[0m" : "");
}

/* ---- running a step's command ---- */

/* The words of a command line, whose quotes are single ones; they point into `line`, which is
 * changed.
 * => Returns how many. */
static int split(char *line, char **words)
{
    int count = 0;
    while (*line != '\0' && count < WORDS_MAX) {
        bool quoted = *line == '\'';
        line += quoted;
        words[count++] = line;
        line += strcspn(line, quoted ? "'" : " ");
        if (*line != '\0')
            *line++ = '\0';
        line += strspn(line, " ");
    }
    return count;
}

static int run_words(int count, char **words)
{
    static const command_t *const commands[] = {&command_connect, &command_run, &command_compare};
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i]->name, words[0]) == 0)
            return commands[i]->run(count, words);
    }
    return EXIT_CRASHED;
}

static bool write_file(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");
    if (out == NULL)
        return false;
    bool whole = fputs(text, out) >= 0;
    return fclose(out) == 0 && whole;
}

/* Runs a script in a folder of its own, which is then removed.
 * => Returns false and reports why if the folder cannot be made. */
static bool run_in_folder(const lesson_step_t *step, int count, char **words)
{
    const char *base = getenv("TMPDIR");
    char *folder = must_asprintf("%s/lo0sim-tour-XXXXXX", base != NULL ? base : "/tmp");
    char here[4096];
    bool made = getcwd(here, sizeof(here)) != NULL && mkdtemp(folder) != NULL && chdir(folder) == 0;
    if (made && write_file(step->file_name, step->file))
        run_words(count, words);
    else
        command_mistake("tour", "no file can be written in %s", folder);
    if (made) {
        unlink(step->file_name);
        made = chdir(here) == 0 && rmdir(folder) == 0;
    }
    free(folder);
    return made;
}

/* => Returns false if lo0sim itself failed. */
static bool run_step(const lesson_step_t *step)
{
    char *words[WORDS_MAX];
    char *line = must_strdup(step->run);
    bool ran = true;
    printf("$ lo0sim %s\n", step->run);
    fflush(stdout);
    int count = split(line, words);
    if (step->file_name != NULL)
        ran = run_in_folder(step, count, words);
    else
        ran = run_words(count, words) < EXIT_CRASHED;
    free(line);
    return ran;
}

/* ---- asking ---- */

static void show_question(const tour_t *tour, const lesson_step_t *step)
{
    for (size_t i = 0; i < step->say_count; i++) {
        paragraph(tour, step->says[i]);
        putchar('\n');
    }
    if (step->file != NULL)
        printf("%s:\n\n%s\n", step->file_name, step->file);
    paragraph(tour, step->ask);
    for (size_t i = 0; i < step->choice_count && !step->is_number; i++)
        printf("  %zu  %s\n", i + 1, step->choices[i].answer);
}

#define ENOUGH     (-1) /* the reader wants to stop */
#define NO_ANSWERS (-2) /* the input has ended */

/* Reads an answer, a number.
 * => Returns ENOUGH or NO_ANSWERS if there is none. */
static long read_answer(const lesson_step_t *step)
{
    char line[80];
    long top = step->is_number ? 1000000 : (long)step->choice_count;
    for (;;) {
        printf("\n%s (q: enough) ",
               step->is_number ? "Your number?" : "Your answer, by its number?");
        fflush(stdout);
        if (fgets(line, sizeof(line), stdin) == NULL)
            return isatty(STDIN_FILENO) ? ENOUGH : NO_ANSWERS;
        if (line[0] == 'q')
            return ENOUGH;
        char *end;
        long answer = strtol(line, &end, 10);
        if (end != line && isspace((unsigned char)*end) && answer >= (step->is_number ? 0 : 1) &&
            answer <= top)
            return answer;
        printf("%sA number%s is wanted.\n", isatty(STDIN_FILENO) ? "" : "\n",
               step->is_number ? "" : " of the list");
    }
}

/* => Returns the choice that is right, or for a number the only one. */
static size_t right_choice(const lesson_step_t *step)
{
    size_t i = 0;
    while (i + 1 < step->choice_count && !step->choices[i].right)
        i++;
    return i;
}

/* What was otherwise than was thought; and where the answer is wrong, the right one. */
static void show_verdict(const tour_t *tour, const lesson_step_t *step, long answer)
{
    size_t best = right_choice(step);
    const lesson_choice_t *right = &step->choices[best];
    bool is_right = step->is_number ? atol(right->answer) == answer : (size_t)answer == best + 1;
    const char *verdict = is_right ? "So it is." : "It is otherwise.";
    char *text = step->is_number
                     ? must_asprintf("%s It is %s. %s", verdict, right->answer, right->feedback)
                     : must_asprintf("%s %s", verdict, step->choices[answer - 1].feedback);
    putchar('\n');
    paragraph(tour, text);
    free(text);
    if (is_right || step->is_number)
        return;
    text = must_asprintf("Right is %zu, %s: %s", best + 1, right->answer, right->feedback);
    putchar('\n');
    paragraph(tour, text);
    free(text);
}

static void show_why(const tour_t *tour, const lesson_step_t *step)
{
    putchar('\n');
    paragraph(tour, step->why);
    for (size_t i = 0; i < step->more_count; i++) {
        putchar('\n');
        paragraph(tour, step->more[i]);
    }
}

/* ---- on paper ---- */

static void show_answer(const tour_t *tour, const lesson_step_t *step)
{
    for (size_t i = 0; i < step->choice_count; i++) {
        const lesson_choice_t *choice = &step->choices[i];
        char *text =
            must_asprintf("%s %s: %s", choice->right ? "*" : " ", choice->answer, choice->feedback);
        wrap_print(stdout, text, 0, 4, tour->width);
        free(text);
    }
    show_why(tour, step);
}

static void print_questions(const tour_t *tour, size_t first)
{
    for (size_t i = first; i < tour->lesson.count; i++) {
        heading(tour, i);
        show_question(tour, &tour->lesson.steps[i]);
        printf("\n$ lo0sim %s\n\n", tour->lesson.steps[i].run);
    }
}

static void print_answers(const tour_t *tour, size_t first)
{
    printf("Answers; the right ones have a star.\n\n");
    for (size_t i = first; i < tour->lesson.count; i++) {
        heading(tour, i);
        show_answer(tour, &tour->lesson.steps[i]);
        putchar('\n');
    }
}

static int print_all(const tour_t *tour, size_t first)
{
    print_questions(tour, first);
    print_answers(tour, first);
    return 0;
}

/* ---- asking all ---- */

/* The input has ended at question `at`: without any answer the rest is as on paper. */
static void no_more_answers(const tour_t *tour, size_t first, size_t at)
{
    if (at > first) {
        printf("No more answers were given. `lo0sim tour %zu` goes on here.\n", at + 1);
        return;
    }
    putchar('\n');
    print_questions(tour, first + 1);
    print_answers(tour, first);
}

/* => Returns the exit code. */
static int ask_all(const tour_t *tour, size_t first)
{
    for (size_t i = first; i < tour->lesson.count; i++) {
        const lesson_step_t *step = &tour->lesson.steps[i];
        heading(tour, i);
        show_question(tour, step);
        long answer = read_answer(step);
        putchar('\n');
        if (answer == NO_ANSWERS)
            no_more_answers(tour, first, i);
        if (answer < 0)
            return 0;
        show_verdict(tour, step, answer);
        putchar('\n');
        if (!run_step(step))
            return EXIT_CRASHED;
        show_why(tour, step);
        putchar('\n');
    }
    printf("That is all. `lo0sim new NAME` writes a scenario of your own to begin with.\n");
    return 0;
}

/* ---- the command ---- */

static const option_row_t rows[] = {
    {.name = "paper",
     .help = "all questions, and after them all answers: to be printed, or read in a pager",
     .set = option_flag,
     .offset = offsetof(tour_options_t, paper)},
    OPTION_COLOR(offsetof(tour_options_t, color)),
    OPTION_HELP,
    {0}};

static int run(int argc, char **argv)
{
    tour_options_t options = {.color = COLOR_AUTO};
    option_words_t words;
    uint64_t first = 1;
    int code = options_take(&command_tour, argc, argv, &options, &words);
    if (code >= 0)
        return code;
    if (words.count > 1)
        return command_mistake("tour", "takes one step to begin with, such as: lo0sim tour 4");
    tour_t tour = {.lesson = lesson_read(),
                   .width = terminal_width(stdout),
                   .color = color_wanted(stdout, options.color)};
    if (words.count == 1 &&
        !option_parse_number(&command_tour, "STEP", words.list[0], 1, tour.lesson.count, &first))
        code = EXIT_MISTAKE;
    else if (options.paper || (isatty(STDIN_FILENO) && !isatty(STDOUT_FILENO)))
        code = print_all(&tour, first - 1);
    else
        code = ask_all(&tour, first - 1);
    lesson_fini(&tour.lesson);
    return code;
}

const command_t command_tour = {
    .name = "tour",
    .what = "the fix in eight steps, each a question and a run",
    .run = run,
    .synopsis = "[OPTION...] [STEP]",
    .text =
        "Explains the fix in eight steps. Each has a question, which you answer before anything "
        "is run; then it runs, and says why. Into a pipe all questions are printed, and after "
        "them all answers. Where standard input is no terminal, answers are read from it, a line "
        "each; if it has none, the questions and answers are printed, too.",
    .rows = rows,
    .tail = "exit: 0 its end, or you had enough, 2 a mistake on the command line, 3 lo0sim itself "
            "failed",
};
