/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines of step: a command and at most one word after it.
 */
#include "sim/shell/step_line.h"

#include "sim/base/nearest.h"
#include "sim/base/terminal.h"
#include "sim/base/wrap.h"
#include "sim/core/trace_station.h"
#include "sim/shell/line_words.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 200
#define TIME_MAX_S     1e9

typedef struct parser {
    step_line_t *line;
    const char *word; /* after the command, or NULL */
    char *error;
    size_t size;
} parser_t;

typedef struct command {
    const char *name, *alias, *argument;
    step_verb_t verb;
    bool (*parse)(parser_t *p);
    const char *what;
} command_t;

__attribute__((format(printf, 2, 3))) static bool fail(parser_t *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, p->size, format, args);
    va_end(args);
    return false;
}

static bool is_number(const char *word, unsigned *number)
{
    size_t length = strlen(word);
    *number = (unsigned)strtoul(word, NULL, 10);
    return length > 0 && length <= 9 && strspn(word, "0123456789") == length;
}

static bool is_time(const char *word, uint64_t *us)
{
    char *end;
    double seconds = strtod(word, &end);
    if (strspn(word, "0123456789.") != strlen(word) || *end != '\0' || end == word ||
        seconds > TIME_MAX_S)
        return false;
    *us = (uint64_t)llround(seconds * 1e6);
    return true;
}

static bool parse_count(parser_t *p)
{
    p->line->count = 1;
    if (p->word == NULL || (is_number(p->word, &p->line->count) && p->line->count > 0))
        return true;
    return fail(p, "'%s' is no number of events, such as 3", p->word);
}

static bool parse_nothing(parser_t *p)
{
    return p->word == NULL ? true : fail(p, "'%s' is one word too many", p->word);
}

static bool parse_time(parser_t *p)
{
    if (p->word != NULL && is_time(p->word, &p->line->us))
        return true;
    return fail(p, "to takes a time in seconds, such as: to 3.375");
}

static bool parse_delay(parser_t *p)
{
    if (p->word != NULL && is_time(p->word, &p->line->us) && p->line->us > 0)
        return true;
    return fail(p, "delayed takes a time in seconds, such as: delayed 0.5");
}

static bool parse_rule(parser_t *p, step_point_t *point)
{
    const char *colon = strchr(p->word, ':');
    point->kind = STEP_AT_RULE;
    if (colon == NULL || colon == p->word + 1 || !is_number(colon + 1, &point->rule))
        return fail(p, "'%s' is no rule: @GROUP:NUMBER as the timeline shows it, such as @0:1",
                    p->word);
    snprintf(point->word, sizeof(point->word), "%.*s", (int)(colon - p->word - 1), p->word + 1);
    return true;
}

static bool parse_point(parser_t *p)
{
    step_point_t *point = &p->line->point;
    if (p->word == NULL)
        return fail(p, "break takes a station, a rule or a time, such as: break snoop, break @0:1, "
                       "break 3.375");
    if (strlen(p->word) >= STEP_WORD_MAX)
        return fail(p, "the word after break is too long");
    if (p->word[0] == '@')
        return parse_rule(p, point);
    if (is_time(p->word, &point->us)) {
        point->kind = STEP_AT_TIME;
        return true;
    }
    point->kind = STEP_AT_STATION;
    snprintf(point->word, sizeof(point->word), "%s", p->word);
    return true;
}

static bool parse_delete(parser_t *p)
{
    if (p->word == NULL || (is_number(p->word, &p->line->count) && p->line->count > 0))
        return true;
    return fail(p, "'%s' is no breakpoint's number: list shows them", p->word);
}

static const command_t commands[] = {
    {"next", "n", "[COUNT]", STEP_NEXT, parse_count, "one event forward, or COUNT"},
    {"back", "u", "[COUNT]", STEP_BACK, parse_count, "one event back, or COUNT"},
    {"continue", "c", "", STEP_CONTINUE, parse_nothing, "to the next breakpoint, or the end"},
    {"reverse", "r", "", STEP_REVERSE, parse_nothing, "to the breakpoint before, or the beginning"},
    {"to", "", "TIME", STEP_TO, parse_time, "to the first event at or after a time"},
    {"break", "b", "STATION|@G:N|TIME", STEP_BREAK, parse_point,
     "stop at a station, at a rule, at a time"},
    {"delete", "", "[NUMBER]", STEP_DELETE, parse_delete, "remove a breakpoint, or all"},
    {"list", "", "", STEP_LIST, parse_nothing, "the breakpoints"},
    {"packet", "p", "", STEP_PACKET, parse_nothing, "the packet: its fields and its bytes"},
    {"rules", "", "", STEP_RULES, parse_nothing, "all rules with their hits"},
    {"endpoints", "", "", STEP_ENDPOINTS, parse_nothing, "all endpoints with their states"},
    {"where", "w", "", STEP_WHERE, parse_nothing, "the events around this one"},
    {"lost", "", "", STEP_LOST, parse_nothing, "another way: the packet is lost here"},
    {"doubled", "", "", STEP_DOUBLED, parse_nothing, "another way: a copy of it follows"},
    {"delayed", "", "TIME", STEP_DELAYED, parse_delay, "another way: it is held back so long"},
    {"undo", "", "", STEP_UNDO, parse_nothing, "the way before the last of these"},
    {"help", "h", "", STEP_HELP, parse_nothing, "this list"},
    {"quit", "q", "", STEP_QUIT, parse_nothing, "leave; so does the end of input"},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

void step_help(FILE *out)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        const char *alias = commands[i].alias;
        char name[40];
        snprintf(name, sizeof(name), "%s%s%s", commands[i].name, alias[0] != '\0' ? ", " : "",
                 alias);
        int column = fprintf(out, "  %-11s %-18s ", name, commands[i].argument);
        wrap_print(out, commands[i].what, (size_t)column, (size_t)column, terminal_width(out));
    }
    fprintf(out, "  A command may be shortened. An empty line repeats the last next, back,\n"
                 "  continue or reverse.\n");
}

static const command_t *find(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].alias, name) == 0)
            return &commands[i];
        names[i] = commands[i].name;
    }
    size_t found = line_word_find(name, names, COMMAND_COUNT);
    return found < COMMAND_COUNT ? &commands[found] : NULL;
}

void step_line_complete(const char *before, line_completion_t *completion)
{
    char name[LINE_MAX_BYTES + 1];
    const char *first = before + strspn(before, " ");
    for (size_t i = 0; i < COMMAND_COUNT && *first == '\0'; i++)
        line_completion_add(completion, commands[i].name);
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(first, " "), first);
    const command_t *command = *first != '\0' ? find(name) : NULL;
    if (command == NULL || command->verb != STEP_BREAK)
        return;
    for (int station = 0; station < TRACE_STATIONS; station++)
        line_completion_add(completion, trace_station_word(station));
}

static bool fail_command(parser_t *p, const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
    const char *near = nearest(name, names, COMMAND_COUNT);
    if (near != NULL)
        return fail(p, "there is no command '%s'; did you mean '%s'?", name, near);
    return fail(p, "there is no command '%s'; help lists them", name);
}

static bool check_text(parser_t *p, const char *text, size_t length)
{
    if (length > LINE_MAX_BYTES)
        return fail(p, "a line has at most %d bytes", LINE_MAX_BYTES);
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return fail(p, "a line is text: it has a control character at column %zu", i + 1);
    }
    return true;
}

bool step_line_parse(const char *text, size_t length, step_line_t *line, char *error, size_t size)
{
    char copy[LINE_MAX_BYTES + 1];
    char *rest = NULL;
    parser_t p = {.line = line, .error = error, .size = size};
    *line = (step_line_t){.verb = STEP_AGAIN};
    if (!check_text(&p, text, length))
        return false;
    snprintf(copy, sizeof(copy), "%.*s", (int)length, text);
    const char *name = strtok_r(copy, " \t", &rest);
    if (name == NULL)
        return true;
    const command_t *command = find(name);
    if (command == NULL)
        return fail_command(&p, name);
    line->verb = command->verb;
    p.word = strtok_r(NULL, " \t", &rest);
    const char *more = p.word != NULL ? strtok_r(NULL, " \t", &rest) : NULL;
    if (more != NULL)
        return fail(&p, "'%s' is one word too many", more);
    return command->parse(&p);
}
