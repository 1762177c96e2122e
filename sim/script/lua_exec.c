/* SPDX-License-Identifier: BSD-3-Clause
 *
 * box:exec: real programs as processes of the box, under `lo0sim run --allow-exec` only.
 */
#include "sim/exec/exec.h"

#include "sim/base/must.h"
#include "sim/base/text.h"
#include "sim/base/unnamed_file.h"
#include "sim/script/lua_verb.h"
#include "sim/script/script_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM_TYPE "lo0sim.program"

/* A program's output is kept in memory, up to this size for each stream. */
#define OUTPUT_MAX (64 << 20)

/* A program of a test as a Lua object; the runtime owns it. */
struct lua_program {
    struct lua_program *next;
    exec_program_t *program;
    char *name;
    int standard[3]; /* files in memory */
    bool told;       /* those waiting for its end were woken */
};

/* ---- the runtime's part ---- */

/* => Returns the first program that has printed too much, or NULL. */
static const lua_program_t *prints_too_much(const runtime_t *rt)
{
    struct stat st;
    for (const lua_program_t *p = rt->programs; p != NULL; p = p->next) {
        for (int fd = 1; fd < 3; fd++) {
            if (fstat(p->standard[fd], &st) == 0 && st.st_size > OUTPUT_MAX)
                return p;
        }
    }
    return NULL;
}

static void tell_ends(runtime_t *rt)
{
    char text[LUA_MESSAGE_ROOM];
    int code;
    for (lua_program_t *p = rt->programs; p != NULL; p = p->next) {
        if (p->told || !exec_has_ended(p->program, &code))
            continue;
        p->told = true;
        snprintf(text, sizeof(text), "%.100s ended with %d", p->name, code);
        trace_note(rt->box->trace, TRACE_NOTE_TEXT, text, 0, 0);
        process_wake(rt, p);
    }
}

bool lua_exec_goes_on(runtime_t *rt)
{
    exec_state_t state = exec_look(rt->exec);
    tell_ends(rt);
    const lua_program_t *p = state == EXEC_BUSY ? prints_too_much(rt) : NULL;
    if (p != NULL) {
        char *text = must_asprintf("%s: box:exec: %s prints over %d MiB", rt->path, p->name,
                                   OUTPUT_MAX >> 20);
        runtime_fail(rt, RESULT_FAILED, text);
        free(text);
    }
    return state == EXEC_BUSY;
}

bool lua_exec_has(const runtime_t *rt, const char *name)
{
    for (const lua_program_t *p = rt->programs; p != NULL; p = p->next) {
        if (strcmp(p->name, name) == 0)
            return true;
    }
    return false;
}

static void free_program(lua_program_t *p)
{
    for (int fd = 0; fd < 3; fd++)
        close(p->standard[fd]);
    free(p->name);
    free(p);
}

void lua_exec_end(runtime_t *rt)
{
    exec_destroy(rt->exec);
    rt->exec = NULL;
    while (rt->programs != NULL) {
        lua_program_t *p = rt->programs;
        rt->programs = p->next;
        free_program(p);
    }
}

/* ---- starting ---- */

/* => Returns how many words the command has. */
static size_t check_table(lua_State *L)
{
    size_t count = (size_t)lua_rawlen(L, 2);
    for (size_t i = 1; i <= count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i);
        if (!lua_isstring(L, -1))
            luaL_error(L, "box:exec: a word of the command is a %s, not a string",
                       luaL_typename(L, -1));
        lua_tostring(L, -1); /* a number becomes one, which the copy keeps */
        lua_rawseti(L, 2, (lua_Integer)i);
    }
    if (count == 0)
        luaL_error(L, "box:exec takes a command: box:exec{ \"curl\", \"http://localhost/\" }");
    return count;
}

/* A list of strings, ended by NULL, in Lua's memory. */
static const char **new_list(lua_State *L, size_t count)
{
    const char **list = sandbox_new_object(L, (count + 1) * sizeof(*list));
    memset(list, 0, (count + 1) * sizeof(*list));
    return list;
}

/* Words and options of a program have no byte 0 in them. The string stays in its table. */
static const char *check_word(lua_State *L, const char *what)
{
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (strlen(text) != length)
        luaL_error(L, "box:exec: %s has a byte 0 in it", what);
    return text;
}

static const char *const *read_command(lua_State *L, size_t count)
{
    const char **argv = new_list(L, count);
    for (size_t i = 0; i < count; i++) {
        lua_rawgeti(L, 2, (lua_Integer)i + 1);
        assert(lua_type(L, -1) == LUA_TSTRING);
        argv[i] = check_word(L, "a word of the command");
        lua_pop(L, 1);
    }
    return argv;
}

/* Whether `env` replaces our variable "NAME=VALUE". */
static bool is_replaced(lua_State *L, int env, const char *ours)
{
    lua_pushlstring(L, ours, strcspn(ours, "="));
    bool found = lua_rawget(L, env) != LUA_TNIL;
    lua_pop(L, 1);
    return found;
}

/* Our environment, changed by `env`. */
static const char *const *read_environment(lua_State *L)
{
    size_t count = 0, room = 0;
    if (lua_getfield(L, 2, "env") == LUA_TNIL)
        return NULL;
    int env = lua_gettop(L);
    if (!lua_istable(L, env))
        luaL_error(L, "box:exec: 'env' is a table: { NAME = \"value\" }");
    for (char **ours = environ; *ours != NULL; ours++)
        room++;
    for (lua_pushnil(L); lua_next(L, env) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) != LUA_TSTRING || lua_type(L, -1) != LUA_TSTRING)
            luaL_error(L, "box:exec: 'env' is a table: { NAME = \"value\" }");
        room++;
    }
    const char **list = new_list(L, room);
    for (char **ours = environ; *ours != NULL; ours++) {
        if (!is_replaced(L, env, *ours))
            list[count++] = *ours;
    }
    lua_newtable(L); /* keeps the texts */
    int texts = lua_gettop(L);
    for (lua_pushnil(L); lua_next(L, env) != 0; lua_pop(L, 1)) {
        lua_pushfstring(L, "%s=%s", lua_tostring(L, -2), check_word(L, "a variable of 'env'"));
        list[count++] = lua_tostring(L, -1);
        lua_rawseti(L, texts, (lua_Integer)count);
    }
    return list;
}

/* In the script's folder, or `cwd` from there. */
static const char *read_folder(lua_State *L, const runtime_t *rt)
{
    const char *slash = strrchr(rt->path, '/');
    if (slash != NULL)
        lua_pushlstring(L, rt->path, (size_t)(slash - rt->path) + 1);
    else
        lua_pushliteral(L, "./");
    if (lua_getfield(L, 2, "cwd") == LUA_TNIL) {
        lua_pop(L, 1);
        return lua_tostring(L, -1);
    }
    if (lua_type(L, -1) != LUA_TSTRING)
        luaL_error(L, "box:exec: 'cwd' is a folder, from the script's");
    if (check_word(L, "'cwd'")[0] == '/')
        return lua_tostring(L, -1);
    lua_concat(L, 2);
    return lua_tostring(L, -1);
}

/* Three files in memory; the first one is what the program reads. */
static bool open_standard(int standard[3], const char *input, size_t length)
{
    static const char *const names[] = {"stdin", "stdout", "stderr"};
    bool opened = true;
    for (int fd = 0; fd < 3; fd++) {
        standard[fd] = unnamed_file(names[fd]);
        opened = opened && standard[fd] >= 0;
        /* A program may open it anew (/dev/stdout), and then has a place of its own in it: what the
         * others write afterwards goes to the end. */
        if (standard[fd] >= 0 && fd > 0)
            fcntl(standard[fd], F_SETFL, O_APPEND);
    }
    for (size_t done = 0; opened && done < length;) {
        ssize_t written = write(standard[0], input + done, length - done);
        opened = written > 0;
        done += opened ? (size_t)written : 0;
    }
    return opened && lseek(standard[0], 0, SEEK_SET) == 0;
}

static lua_program_t *add_program(runtime_t *rt, const char *name)
{
    lua_program_t **link = &rt->programs;
    while (*link != NULL)
        link = &(*link)->next;
    const char *slash = strrchr(name, '/');
    *link = must_calloc(1, sizeof(**link));
    (*link)->name = text_copy(slash != NULL ? slash + 1 : name);
    return *link;
}

/* The command as one line, for the trace. */
static const char *push_line(lua_State *L, const char *const *argv)
{
    luaL_Buffer b;
    luaL_buffinit(L, &b);
    for (size_t i = 0; argv[i] != NULL; i++) {
        size_t length = strcspn(argv[i], "\n"); /* of a program in a word, its first line */
        luaL_addstring(&b, i > 0 ? " " : "");
        luaL_addlstring(&b, argv[i], length);
        luaL_addstring(&b, argv[i][length] != '\0' ? "..." : "");
    }
    luaL_pushresult(&b);
    return lua_tostring(L, -1);
}

static void start(lua_State *L, runtime_t *rt, const exec_options_t *options, const char *input,
                  size_t length)
{
    char error[LUA_MESSAGE_ROOM];
    lua_program_t *p = add_program(rt, options->argv[0]);
    exec_options_t all = *options;
    all.standard = p->standard;
    if (rt->exec == NULL)
        rt->exec = exec_create(rt->box);
    if (open_standard(p->standard, input, length))
        p->program = exec_start(rt->exec, &all, error, sizeof(error));
    else
        snprintf(error, sizeof(error), "no file in memory: %s", strerror(errno));
    if (p->program == NULL) {
        p->told = true;
        luaL_error(L, "box:exec: %s", error);
    }
    lua_program_t **object = sandbox_new_object(L, sizeof(lua_program_t *));
    luaL_setmetatable(L, PROGRAM_TYPE);
    *object = p;
}

static int box_exec(lua_State *L)
{
    runtime_t *rt = lua_check_runtime(L, "box:exec");
    exec_options_t options = {0};
    size_t length = 0;
    if (!rt->options->allow_exec)
        return luaL_error(L,
                          "box:exec runs a program of this machine, and a scenario may not reach "
                          "the machine: `lo0sim run --allow-exec` allows it");
    lua_settop(L, 2);
    size_t count = check_table(L);
    options.argv = read_command(L, count);
    options.environment = read_environment(L);
    options.folder = read_folder(L, rt);
    if (lua_getfield(L, 2, "stdin") != LUA_TNIL && lua_type(L, -1) != LUA_TSTRING)
        return luaL_error(L, "box:exec: 'stdin' is what the program reads, a string");
    const char *input = lua_tolstring(L, -1, &length);
    LUA_TRACE_CALL(rt, EXEC, .name = push_line(L, options.argv));
    start(L, rt, &options, input, length);
    return 1;
}

/* ---- its verbs ---- */

static void push_output(lua_State *L, int fd)
{
    luaL_Buffer b;
    char bytes[4096];
    ssize_t got;
    luaL_buffinit(L, &b);
    for (off_t at = 0; (got = pread(fd, bytes, sizeof(bytes), at)) > 0; at += got)
        luaL_addlstring(&b, bytes, (size_t)got);
    luaL_pushresult(&b);
}

static int wait_k(lua_State *L, int status, lua_KContext until)
{
    (void)status;
    runtime_t *rt = runtime_of(L);
    lua_program_t **object = luaL_checkudata(L, 1, PROGRAM_TYPE), *p = *object;
    int code;
    if (exec_has_ended(p->program, &code)) {
        lua_pushinteger(L, code);
        push_output(L, p->standard[1]);
        push_output(L, p->standard[2]);
        return 3;
    }
    if (until >= 0 && (uint64_t)until <= box_now(rt->box))
        return lua_push_errno(L, EAGAIN);
    if (until < 0)
        return process_wait(rt, L, p, "program:wait", until, wait_k);
    return process_wait_until(rt, L, p, "program:wait", (uint64_t)until, until, wait_k);
}

static int program_wait(lua_State *L)
{
    const runtime_t *rt = lua_check_runtime(L, "program:wait");
    process_check_wait(L, "program:wait");
    lua_KContext until = -1;
    if (!lua_isnoneornil(L, 2))
        until = (lua_KContext)(box_now(rt->box) + lua_check_seconds(L, 2));
    return wait_k(L, LUA_OK, until);
}

/* "TERM" is SIGTERM; -1 if no signal has the name. */
static int signal_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } signals[] = {
        {"HUP", SIGHUP},     {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ILL", SIGILL},
        {"ABRT", SIGABRT},   {"BUS", SIGBUS},   {"FPE", SIGFPE},   {"KILL", SIGKILL},
        {"USR1", SIGUSR1},   {"SEGV", SIGSEGV}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},
        {"ALRM", SIGALRM},   {"TERM", SIGTERM}, {"CHLD", SIGCHLD}, {"CONT", SIGCONT},
        {"STOP", SIGSTOP},   {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU},
        {"URG", SIGURG},     {"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM},
        {"PROF", SIGPROF},   {"POLL", SIGPOLL}, {"TRAP", SIGTRAP}, {"SYS", SIGSYS},
        {"WINCH", SIGWINCH},
    };
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (strcmp(signals[i].name, name) == 0)
            return signals[i].number;
    return -1;
}

static int program_kill(lua_State *L)
{
    lua_program_t **object = luaL_checkudata(L, 1, PROGRAM_TYPE);
    runtime_t *rt = lua_check_runtime(L, "program:kill");
    const char *name = luaL_optstring(L, 2, "TERM");
    int number = signal_of(name);
    if (number < 0)
        return luaL_error(L, "program:kill: there is no signal '%s'; \"TERM\" and \"INT\" are some",
                          name);
    exec_kill(rt->exec, (*object)->program, number);
    return 0;
}

void lua_exec_open(lua_State *L)
{
    static const sandbox_verb_t box_verbs[] = {
        {"exec", box_exec, "command: {... stdin env cwd}"},
        {NULL, NULL, NULL},
    };
    static const sandbox_verb_t program_verbs[] = {
        {"wait", program_wait, "seconds?: number"},
        {"kill", program_kill, "signal?: string"},
        {NULL, NULL, NULL},
    };
    sandbox_add_verbs(L, LUA_BOX_TYPE, "box", ':', box_verbs);
    sandbox_add_verbs(L, PROGRAM_TYPE, "program", ':', program_verbs);
}
