/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The shell: reads lines, makes their calls, and prints the results.
 *
 * The loop is a C function that runs as the process `main` of a test. A line's chunk can wait: then
 * the loop goes on in its continuation, when virtual time has passed.
 */
#include "sim/shell/shell.h"

#include "filter/ipfstat.h"
#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/visible.h"
#include "sim/script/lua_expect.h"
#include "sim/script/lua_verb.h"
#include "sim/shell/line_reader.h"
#include "sim/shell/shell_known.h"
#include "sim/shell/shell_lua.h"
#include "sim/shell/shell_record.h"
#include "sim/shell/shell_rules.h"
#include "sim/shell/shell_say.h"
#include "sim/shell/shell_watch.h"
#include "sim/view/ipf_text.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define ARGUMENTS 8 /* SHELL_LUA_NAMES */

typedef struct shell {
    const shell_options_t *options;
    script_options_t script;
    line_reader_t *reader;
    shell_record_t *record;
    runtime_t rt;
    box_t *box;
    int arguments[ARGUMENTS]; /* references in Lua's registry */
    size_t first;             /* the next of the options' lines */
    unsigned long line_number;
    bool mistaken, over;
    bool failed; /* a mistake was none of the user's: a full disk */
    shell_watch_t watch;
    shell_rules_t rules;
    shell_known_t known;
    char **history;
    size_t history_count;
    /* The current line. */
    shell_line_t line;
    char *typed, *calls;
    shell_rules_t next_rules;
    uint64_t began_us;
} shell_t;

/* ---- mistakes ---- */

/* Reports it, before the next output on standard output. */
__attribute__((format(printf, 2, 3))) static void mistake(shell_t *shell, const char *format, ...)
{
    va_list args;
    fflush(stdout);
    shell->mistaken = true;
    if (shell->line_number > 0)
        fprintf(stderr, "line %lu: ", shell->line_number);
    else
        fprintf(stderr, "lo0sim shell: ");
    va_start(args, format);
    char *said = must_vasprintf(format, args);
    va_end(args);
    visible_printf(stderr, "%s\n", said);
    free(said);
}

/* The rules after the line, in next_rules. */
static bool take_rules(shell_t *shell)
{
    char *why = shell_rules_add(&shell->rules, &shell->line, &shell->next_rules);
    if (why != NULL)
        mistake(shell, "%s", why);
    free(why);
    return why == NULL;
}

/* ---- what a session knows ---- */

static bool check_sleep(shell_t *shell)
{
    if (box_now(shell->box) + shell->line.us <= shell->script.limits.virtual_us)
        return true;
    mistake(shell, "virtual time ends at %llu s",
            (unsigned long long)(shell->script.limits.virtual_us / 1000000));
    return false;
}

/* Whether a line is possible now; if not, reports why. */
static bool check_line(shell_t *shell)
{
    char error[200];
    if (!shell_known_check(&shell->known, &shell->line, error, sizeof(error))) {
        mistake(shell, "%s", error);
        return false;
    }
    if (shell->line.verb == SHELL_TELNET)
        shell->line.connection = shell->known.connections + 1;
    if (shell->line.verb == SHELL_IPF)
        return take_rules(shell);
    return shell->line.verb != SHELL_SLEEP || check_sleep(shell);
}

/* ---- lines without calls ---- */

static void show_name(const char *name, const char *const *names)
{
    printf("%s, of:", name);
    for (size_t i = 0; names[i] != NULL; i++)
        printf(" %s", names[i]);
    printf("\n");
}

static void show_rules(const shell_t *shell)
{
    const ipfstat_options_t options = {.in = true, .out = true, .how = IPFSTAT_NUMBERS};
    ipfstat_write(shell->box->ifs, &options, stdout, "");
}

static void show_why(shell_t *shell)
{
    char *wrong = shell_rules_why(&shell->rules, shell->line.text);
    if (wrong != NULL)
        mistake(shell, "%s", wrong);
    free(wrong);
}

static void save(shell_t *shell)
{
    char error[SHELL_LINE_MAX + 200];
    shell_saved_t saved = shell_record_save(shell->record, shell->line.text, error, sizeof(error));
    shell->failed = shell->failed || saved == SHELL_SAVE_FAILED;
    if (saved != SHELL_SAVED)
        mistake(shell, "%s", error);
    else
        visible_printf(stdout, "saved; to run it: lo0sim run %s\n", shell->line.text);
}

static void show_history(const shell_t *shell)
{
    for (size_t i = 0; i < shell->history_count; i++)
        visible_printf(stdout, "%5zu  %s\n", i + 1, shell->history[i]);
}

static void do_at_once(shell_t *shell)
{
    switch (shell->line.verb) {
    case SHELL_IPF_LIST:
        show_rules(shell);
        break;
    case SHELL_WHY:
        show_why(shell);
        break;
    case SHELL_MODE:
        show_name(reply_mode_name(ipf_reply_mode(shell->box->ifs)), reply_mode_names);
        break;
    case SHELL_ERA:
        show_name(shell->box->era->name, era_names);
        break;
    case SHELL_TIME:
        printf("%.6f s\n", (double)box_now(shell->box) / 1e6);
        break;
    case SHELL_TRACE:
        shell->watch.trace = shell->line.on;
        break;
    case SHELL_HELP:
        shell_help(stdout, shell->line.text);
        break;
    case SHELL_HISTORY:
        show_history(shell);
        break;
    case SHELL_LADDER:
        shell_watch_show_ladder(&shell->watch);
        break;
    case SHELL_SAVE:
        save(shell);
        break;
    case SHELL_QUIT:
        shell->over = true;
        break;
    default:
        break;
    }
}

/* ---- results of calls ---- */

static void note_rules(shell_t *shell)
{
    shell_rules_free(&shell->rules);
    shell->rules = shell->next_rules;
    shell->next_rules = (shell_rules_t){0};
}

/* Keeps the effect of a line that later lines depend on. */
static void keep_line(shell_t *shell, const shell_answer_t *answer)
{
    if (shell->line.verb == SHELL_IPF)
        note_rules(shell);
    if (shell->line.verb == SHELL_SNOOP)
        shell->watch.snoop = shell->line.on;
    shell_known_keep(&shell->known, &shell->line, answer->err == NULL);
}

/* ---- calls ---- */

/* What a chunk returned, at the top of the stack; valid while it is there. */
static shell_answer_t take_answer(lua_State *L)
{
    shell_answer_t answer = {0};
    if (lua_type(L, -1) == LUA_TSTRING)
        answer.err = lua_tostring(L, -1);
    if (lua_type(L, -2) == LUA_TSTRING) {
        answer.text = lua_tolstring(L, -2, &answer.length);
    } else if (lua_type(L, -2) == LUA_TNUMBER) {
        answer.has_seconds = true;
        answer.us = (uint64_t)llround(lua_tonumber(L, -2) * 1e6);
    }
    return answer;
}

/* A verb's message, without the place in the chunk and the verb's name. */
static void say_error(shell_t *shell, lua_State *L)
{
    const char *text = sandbox_tostring(L, -1);
    const char *words = strstr(text, ": ");
    if (strncmp(text, "shell:", 6) == 0 && words != NULL)
        text = words + 2;
    words = strstr(text, ": ");
    if (strncmp(text, "box:", 4) == 0 && words != NULL)
        text = words + 2;
    mistake(shell, "%s", text);
}

static void forget_line(shell_t *shell)
{
    shell_watch_end(&shell->watch);
    free(shell->typed);
    free(shell->calls);
    shell_rules_free(&shell->next_rules);
    shell->typed = shell->calls = NULL;
    fflush(stdout);
}

/* The line's chunk has ended: `status` is lua_pcallk()'s. */
static void finish_calls(shell_t *shell, lua_State *L, int status)
{
    shell_watch_end(&shell->watch);
    if (status != LUA_OK && status != LUA_YIELD) {
        say_error(shell, L);
    } else {
        shell_answer_t answer = take_answer(L);
        shell_say(&shell->line, &answer, box_now(shell->box) - shell->began_us,
                  who_last_by(shell->rt.who));
        keep_line(shell, &answer);
        shell_record_add(shell->record, shell->typed, &shell->line, shell->calls, &answer,
                         box_now(shell->box));
    }
    forget_line(shell);
    lua_settop(L, 0);
}

static char *write_calls(const shell_t *shell)
{
    char *calls = NULL;
    size_t size;
    FILE *out = text_open(&calls, &size);
    char *rules = shell->line.verb == SHELL_IPF ? shell_rules_text(&shell->next_rules) : NULL;
    shell_lua_calls(out, &shell->line, rules);
    free(rules);
    fclose(out);
    return calls;
}

/* Pushes the line's chunk and its arguments. */
static void push_calls(shell_t *shell, lua_State *L)
{
    char *chunk = must_asprintf("local " SHELL_LUA_NAMES " = ...\nlocal answer, err\n%s"
                                "return answer, err\n",
                                shell->calls);
    int status = luaL_loadbufferx(L, chunk, strlen(chunk), "=shell", "t");
    free(chunk);
    if (status != LUA_OK)
        lua_error(L); /* a bug of ours: what shell_lua.c writes must compile */
    for (int i = 0; i < ARGUMENTS; i++)
        lua_rawgeti(L, LUA_REGISTRYINDEX, shell->arguments[i]);
}

/* ---- the loop ---- */

static const char *next_line(shell_t *shell, size_t *length)
{
    char prompt[40];
    if (shell->first < shell->options->first_count) {
        const char *line = shell->options->first[shell->first++];
        *length = strlen(line);
        return line;
    }
    shell->line_number++;
    snprintf(prompt, sizeof(prompt), "%.3f s> ", (double)box_now(shell->box) / 1e6);
    return line_reader_next(shell->reader, prompt, length);
}

static void keep_in_history(shell_t *shell)
{
    shell->history =
        must_realloc(shell->history, (shell->history_count + 1) * sizeof(*shell->history));
    shell->history[shell->history_count++] = text_copy(shell->typed);
}

/* Reads a line and does what needs no calls.
 * => Returns true if calls must be made. */
static bool take_line(shell_t *shell, const char *text, size_t length)
{
    char error[SHELL_LINE_MAX + 300];
    if (!shell_line_parse(text, length, &shell->line, error, sizeof(error))) {
        mistake(shell, "%s", error);
        return false;
    }
    if (shell->line.verb == SHELL_NOTHING)
        return false;
    shell->typed = strndup(text, length);
    if (shell->line_number > 0)
        keep_in_history(shell);
    if (!check_line(shell))
        return false;
    if (shell_lua_has_calls(&shell->line))
        return true;
    do_at_once(shell);
    return false;
}

/* Whether to go on. A mistake in the options' lines ends the session, since it cannot be corrected
 * there. */
static bool goes_on(const shell_t *shell)
{
    return !shell->over && !(shell->mistaken && shell->line_number == 0);
}

static int loop(lua_State *L, int status, lua_KContext context)
{
    shell_t *shell = (shell_t *)context; // NOLINT: how Lua hands a pointer over
    const char *text;
    size_t length;
    if (shell->calls != NULL)
        finish_calls(shell, L, status);
    while (goes_on(shell) && (text = next_line(shell, &length)) != NULL) {
        if (!take_line(shell, text, length)) {
            forget_line(shell);
            continue;
        }
        sandbox_restart_budget(shell->rt.sandbox);
        shell->calls = write_calls(shell);
        shell->began_us = box_now(shell->box);
        shell_watch_begin(&shell->watch);
        push_calls(shell, L);
        finish_calls(shell, L, lua_pcallk(L, ARGUMENTS, 2, 0, context, loop));
    }
    shell_watch_over(&shell->watch);
    return 0;
}

static int begin_loop(lua_State *L)
{
    shell_t *shell = lua_touserdata(L, lua_upvalueindex(1));
    lua_settop(L, 0);
    return loop(L, LUA_OK, (lua_KContext)shell);
}

/* ---- the session ---- */

static void *begin(const observer_t *self, box_t *box, const test_info_t *test, FILE *out)
{
    shell_t *shell = self->to;
    (void)test;
    (void)out;
    shell->box = box;
    trace_add_sink(box->trace, shell_watch_event, &shell->watch);
    trace_add_sink(box->trace, shell_record_event, shell->record);
    return shell;
}

static void end(void *seen, const result_t *result)
{
    (void)seen;
    (void)result;
}

static void out_of_instructions(void *arg, const char *text)
{
    (void)text;
    runtime_abandon(arg, RESULT_FAILED, "over the budget of Lua instructions");
}

/* Called when the session is ended from deep inside. */
static void on_abandon(void *arg, const result_t *result)
{
    (void)arg;
    fflush(stdout);
    visible_printf(stderr, "%s", result->report);
    exit((int)result->status);
}

/* The chunks' arguments, in the order of SHELL_LUA_NAMES. */
static void make_arguments(shell_t *shell, lua_State *L)
{
    char *text = NULL;
    size_t size;
    FILE *out = text_open(&text, &size);
    shell_lua_functions(out);
    fclose(out);
    lua_push_box(L);
    for (int i = 0; i < 3; i++)
        lua_newtable(L);
    if (luaL_loadbufferx(L, text, size, "=shell", "t") != LUA_OK || lua_pcall(L, 0, 4, 0) != LUA_OK)
        must_end();
    free(text);
    for (int i = ARGUMENTS - 1; i >= 0; i--)
        shell->arguments[i] = luaL_ref(L, LUA_REGISTRYINDEX);
}

static void open_sandbox(shell_t *shell)
{
    const sandbox_options_t options = {.seed = shell->options->seed,
                                       .out_of_instructions = out_of_instructions,
                                       .arg = &shell->rt};
    shell->rt.sandbox = sandbox_create(&options);
    if (shell->rt.sandbox == NULL)
        must_end();
    lua_State *L = sandbox_lua(shell->rt.sandbox);
    lua_verbs_open(L);
    make_arguments(shell, L);
    lua_pushlightuserdata(L, shell);
    lua_pushcclosure(L, begin_loop, 1);
}

static void end_session(shell_t *shell)
{
    forget_line(shell);
    sandbox_destroy(shell->rt.sandbox);
    shell_record_destroy(shell->record);
    line_reader_destroy(shell->reader);
    for (size_t i = 0; i < shell->history_count; i++)
        free(shell->history[i]);
    free(shell->history);
    shell_watch_fini(&shell->watch);
    shell_rules_free(&shell->rules);
}

static int run(shell_t *shell)
{
    result_t result = {0};
    if (line_reader_is_terminal(shell->reader))
        printf("A box in virtual time. `help` lists the commands, `quit` leaves.\n");
    runtime_run(&shell->rt, NULL, NULL, &result);
    if (line_reader_is_terminal(shell->reader) && !shell->over)
        printf("\n"); /* after the prompt at which the end of input was typed */
    if (line_reader_error(shell->reader) != 0)
        mistake(shell, "standard input: %s", strerror(line_reader_error(shell->reader)));
    if (result.status != RESULT_PASSED) {
        fflush(stdout);
        visible_printf(stderr, "%s", result.report);
    }
    bool told =
        shell->mistaken && (shell->line_number == 0 || !line_reader_is_terminal(shell->reader));
    int code = told ? (shell->failed ? RESULT_CRASHED : RESULT_MISTAKE) : RESULT_PASSED;
    if (result.status != RESULT_PASSED)
        code = (int)result.status;
    result_fini(&result);
    return code;
}

int shell_run(const shell_options_t *options)
{
    shell_t *shell = must_calloc(1, sizeof(*shell));
    const observer_t observer = {
        .option = "shell", .place = OBSERVER_NOWHERE, .begin = begin, .end = end, .to = shell};
    shell->options = options;
    shell->script = (script_options_t){
        .seed = options->seed,
        .limits = {.instant_events = BOX_INSTANT_EVENTS_MAX, .virtual_us = BOX_VIRTUAL_US_MAX},
        .keep_events = true, /* a session cannot be run again */
        .observers = (const observer_t *const[]){&observer},
        .observer_count = 1,
        .abandon = on_abandon};
    shell->rt =
        (runtime_t){.options = &shell->script, .path = "shell", .test = "shell", .taps = true};
    shell->reader = line_reader_create("lo0sim", "shell-history", shell_line_complete);
    shell->record = shell_record_create();
    if (shell->reader == NULL || shell->record == NULL)
        must_end();
    open_sandbox(shell);
    int code = run(shell);
    end_session(shell);
    free(shell);
    return code;
}
