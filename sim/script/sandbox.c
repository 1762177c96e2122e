/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The sandbox: a Lua state with bounds, and files loaded into it. What its libraries lack and what
 * they do differently is in sandbox_base.c.
 */
#include "sim/script/sandbox.h"

#include "filter/ipf_mark.h"
#include "sim/base/file_read.h"
#include "sim/base/must.h"
#include "sim/script/sandbox_base.h"

#include <assert.h>
#include <ctype.h>
#include <lcount.h>
#include <lualib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT_STEP 1000 /* instructions between two looks at the budget */

struct sandbox {
    lua_State *L;
    sandbox_options_t options;
    uint64_t instructions_used;
    bool machine_is_full;                 /* an allocation below the limit failed */
    char memory_place[SANDBOX_PLACE_MAX]; /* where memory ran out, or empty */
};

/* ---- bounds ---- */

/* The limit is enforced in Lua itself (lcount.h), which counts the same on every machine. */
static void *allocate(void *ud, void *block, size_t old_size, size_t new_size)
{
    sandbox_t *sandbox = ud;
    (void)old_size;
    if (new_size == 0) {
        memory_free(sandbox->options.memory, block);
        return NULL;
    }
    void *moved = memory_realloc(sandbox->options.memory, block, new_size);
    if (moved == NULL)
        sandbox->machine_is_full = true;
    return moved;
}

static sandbox_t *sandbox_of(lua_State *L)
{
    void *ud;
    lua_getallocf(L, &ud);
    return ud;
}

bool sandbox_place(lua_State *L, char *place, size_t size)
{
    lua_Debug ar;
    place[0] = '\0';
    for (int level = 0; lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.currentline > 0) {
            snprintf(place, size, "%s:%d", ar.source + (*ar.source == '@'), ar.currentline);
            return true;
        }
    }
    return false;
}

/* Counts work, and ends the script if the budget is exceeded. */
static void spend(lua_State *L, uint64_t work)
{
    sandbox_t *sandbox = sandbox_of(L);
    char place[SANDBOX_PLACE_MAX];
    sandbox->instructions_used += work;
    if (sandbox->instructions_used <= sandbox->options.instructions)
        return;
    sandbox_place(L, place, sizeof(place));
    lua_pushfstring(L,
                    "%s%sover the budget of Lua instructions: a loop that never ends? "
                    "(--max-instructions: %I)",
                    place, place[0] != '\0' ? ": " : "",
                    (LUAI_UACINT)sandbox->options.instructions);
    if (sandbox->options.out_of_instructions != NULL)
        sandbox->options.out_of_instructions(sandbox->options.arg, lua_tostring(L, -1));
    lua_error(L);
}

static void on_count(lua_State *L, lua_Debug *ar)
{
    const sandbox_t *sandbox = sandbox_of(L);
    (void)ar;
    if (sandbox->options.look != NULL)
        sandbox->options.look(L);
    spend(L, COUNT_STEP + lua_takeowed());
}

/* Lua's own functions count their work here; see lua_Meter. */
static void on_work(lua_State *L, lua_Unsigned work)
{
    sandbox_t *sandbox = sandbox_of(L);
    if (work > 0)
        spend(L, work);
    else
        sandbox_place(L, sandbox->memory_place, sizeof(sandbox->memory_place));
}

uint64_t *sandbox_spent(sandbox_t *sandbox)
{
    return &sandbox->instructions_used;
}

bool sandbox_budget_is_spent(lua_State *L)
{
    const sandbox_t *sandbox = sandbox_of(L);
    return sandbox->instructions_used > sandbox->options.instructions;
}

bool sandbox_is_too_large(lua_State *L, uint64_t held)
{
    size_t most = sandbox_of(L)->options.memory_bytes;
    lua_Unsigned used = lua_memoryused(L);
    if (held + used <= most)
        return false;
    if (held <= most) {
        luai_owed += used / 64; /* as lmem.c has it for the same work */
        lua_gc(L, LUA_GCCOLLECT);
    }
    return held + lua_memoryused(L) > most;
}

void sandbox_too_large(lua_State *L, char *text, size_t size)
{
    snprintf(text, size, "out of memory: a script may use %zu MiB (--max-memory)",
             sandbox_of(L)->options.memory_bytes >> 20);
}

void sandbox_charge(lua_State *L)
{
    const sandbox_t *sandbox = sandbox_of(L);
    if (sandbox->options.charge != NULL)
        sandbox->options.charge(L);
}

bool sandbox_machine_is_full(const sandbox_t *sandbox)
{
    return sandbox->machine_is_full;
}

void sandbox_restart_budget(sandbox_t *sandbox)
{
    sandbox->instructions_used = 0;
    lua_forgetwork(sandbox->L); /* earlier work, such as the start, does not count */
}

/* ---- making ---- */

/* Everything that can raise an error when memory runs out, in a protected call. */
static int open_base(lua_State *L)
{
    sandbox_base_open(L, sandbox_of(L)->options.seed);
    return 0;
}

sandbox_t *sandbox_create(const sandbox_options_t *options)
{
    memory_t *memory = options->memory != NULL ? options->memory : memory_of_process();
    sandbox_t *sandbox = memory_zalloc(memory, sizeof(*sandbox));
    if (sandbox == NULL)
        return NULL;
    sandbox->options = *options;
    sandbox->options.memory = memory;
    if (sandbox->options.memory_bytes == 0)
        sandbox->options.memory_bytes = SANDBOX_MEMORY_DEFAULT;
    if (sandbox->options.instructions == 0)
        sandbox->options.instructions = SANDBOX_INSTRUCTIONS_DEFAULT;
    sandbox->L = lua_newstate(allocate, sandbox);
    if (sandbox->L == NULL) {
        memory_free(memory, sandbox);
        return NULL;
    }
    memset(lua_getextraspace(sandbox->L), 0, LUA_EXTRASPACE); /* runtime_of(): none */
    luai_owed = 0;
    lua_setmeter(sandbox->L, on_work);
    lua_limitmemory(sandbox->L, sandbox->options.memory_bytes);
    lua_pushcfunction(sandbox->L, open_base);
    if (lua_pcall(sandbox->L, 0, 0, 0) != LUA_OK) {
        sandbox_destroy(sandbox);
        return NULL;
    }
    lua_sethook(sandbox->L, on_count, LUA_MASKCOUNT, COUNT_STEP); /* threads inherit it */
    return sandbox;
}

void sandbox_destroy(sandbox_t *sandbox)
{
    if (sandbox == NULL)
        return;
    lua_close(sandbox->L);
    memory_free(sandbox->options.memory, sandbox);
}

lua_State *sandbox_lua(sandbox_t *sandbox)
{
    return sandbox->L;
}

lua_State *sandbox_thread(lua_State *L)
{
    lua_State *thread = lua_newthread(L);
    lua_pushboolean(L, true);
    lua_rawset(L, LUA_REGISTRYINDEX);
    lua_work(L, COUNT_STEP); /* its own instructions are counted in thousands */
    return thread;
}

void sandbox_thread_release(sandbox_t *sandbox, lua_State *thread)
{
    lua_pushthread(thread);
    lua_xmove(thread, sandbox->L, 1);
    lua_pushnil(sandbox->L);
    lua_rawset(sandbox->L, LUA_REGISTRYINDEX);
}

/* ---- errors ---- */

bool sandbox_has_place(const char *text)
{
    for (const char *colon = strchr(text, ':'); colon != NULL; colon = strchr(colon + 1, ':')) {
        size_t digits = strspn(colon + 1, "0123456789");
        if (digits > 0 && colon[1 + digits] == ':')
            return true;
    }
    return false;
}

static const char *error_text(lua_State *L, int index)
{
    if (lua_isnil(L, index))
        return lua_pushliteral(L, "an error without a message (nil)");
    return sandbox_tostring(L, index);
}

int sandbox_locate(lua_State *L)
{
    char place[SANDBOX_PLACE_MAX];
    if (lua_isuserdata(L, 1))
        return 1; /* an expectation that failed has its place */
    const char *text = error_text(L, 1);
    if (!sandbox_has_place(text) && sandbox_place(L, place, sizeof(place)))
        lua_pushfstring(L, "%s: %s", place, text);
    return 1;
}

static int text_of_error(lua_State *L)
{
    error_text(L, 1);
    return 1;
}

static char *with_place(const char *place, const char *text)
{
    char *whole = NULL;
    bool located = sandbox_has_place(text);
    whole = must_asprintf("%s%s%s", located ? "" : place, located ? "" : ": ", text);
    return whole;
}

char *sandbox_take_error(sandbox_t *sandbox, lua_State *L, int status, const char *path)
{
    lua_State *S = sandbox->L;
    char place[SANDBOX_PLACE_MAX], memory[SANDBOX_MEMORY_ROOM];
    if (!sandbox_place(L, place, sizeof(place)))
        snprintf(place, sizeof(place), "%s", path);
    if (status == LUA_ERRMEM || !lua_checkstack(S, 5)) {
        lua_pop(L, 1);
        if (sandbox->machine_is_full)
            snprintf(memory, sizeof(memory), "out of memory: this machine has no more");
        else
            sandbox_too_large(L, memory, sizeof(memory));
        return with_place(sandbox->memory_place[0] != '\0' ? sandbox->memory_place : place, memory);
    }
    lua_pushcfunction(S, text_of_error);
    if (L != S)
        lua_xmove(L, S, 1);
    else
        lua_insert(S, -2);
    bool shown = lua_pcall(S, 1, 1, 0) == LUA_OK;
    char *text = with_place(place, shown ? lua_tostring(S, -1) : "an error that cannot be shown");
    lua_pop(S, 1);
    return text;
}

/* ---- loading ---- */

static void take_message(sandbox_t *sandbox, lua_State *L, int status, const char *path,
                         char *error, size_t size)
{
    char *text = sandbox_take_error(sandbox, L, status, path);
    snprintf(error, size, "%s", text);
    free(text);
}

/* Whether a text begins as rules do, after comments: two words, which is never Lua. */
static bool looks_like_rules(const char *text, size_t length)
{
    static const char *const words[] = {"pass", "block", "count", "log", "skip", "auth", "set"};
    const char *end = text + length;
    while (text < end && (*text == '#' || *text == '-' || isspace((unsigned char)*text))) {
        bool comment = !isspace((unsigned char)*text);
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        text = !comment ? text + 1 : newline != NULL ? newline : end;
    }
    size_t word = 0, next;
    while (text + word < end && isalpha((unsigned char)text[word]))
        word++;
    for (next = word; text + next < end && (text[next] == ' ' || text[next] == '\t');)
        next++;
    if (next == word || text + next == end || !isalnum((unsigned char)text[next]))
        return false;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i]) == word && strncmp(text, words[i], word) == 0)
            return true;
    }
    return false;
}

static bool run_text(sandbox_t *sandbox, lua_State *L, const char *name, char *text, size_t length,
                     int results, char *error, size_t size)
{
    if (memchr(text, '\0', length) != NULL || (length > 0 && text[0] == LUA_SIGNATURE[0])) {
        snprintf(error, size, "%s: is not a text file", name);
        return false;
    }
    if (ipf_mark_length(text, length) > 0) {
        text += 3;
        length -= 3;
    }
    if (length > 1 && text[0] == '#' && text[1] != '\n')
        text[0] = text[1] = '-'; /* a first line for the shell */
    else if (length > 0 && text[0] == '#')
        text[0] = ' '; /* an empty one */
    int top = lua_gettop(L);
    sandbox_base_name_chunk(L, name);
    lua_pushfstring(L, "@%s", name);
    int status = luaL_loadbufferx(L, text, length, lua_tostring(L, -1), "t");
    lua_replace(L, -2);
    if (status == LUA_ERRSYNTAX && looks_like_rules(text, length)) {
        snprintf(error, size,
                 "%s: these are rules, and a scenario is Lua; `lo0sim outcomes -f %s` says what "
                 "they do, and a scenario loads them with box:filter",
                 name, name);
        lua_settop(L, top);
        return false;
    }
    if (status == LUA_OK) {
        int handler = lua_gettop(L);
        lua_pushcfunction(L, sandbox_locate);
        lua_insert(L, handler);
        status = lua_pcall(L, 0, results, handler);
        lua_remove(L, handler);
    }
    if (status != LUA_OK)
        take_message(sandbox, L, status, name, error, size);
    assert(lua_gettop(L) == top || (status == LUA_OK && results == LUA_MULTRET));
    return status == LUA_OK;
}

bool sandbox_load_text(sandbox_t *sandbox, const char *name, char *text, size_t length, char *error,
                       size_t size)
{
    return run_text(sandbox, sandbox->L, name, text, length, 0, error, size);
}

static bool load_file(sandbox_t *sandbox, lua_State *L, const char *path, int results, char *error,
                      size_t size)
{
    size_t length;
    char *text = strcmp(path, "-") == 0 ? file_read_or_stdin(path, &length, error, size)
                                        : file_read(path, &length, error, size);
    if (text == NULL)
        return false;
    bool loaded = run_text(sandbox, L, path, text, length, results, error, size);
    free(text);
    return loaded;
}

bool sandbox_load(sandbox_t *sandbox, const char *path, char *error, size_t size)
{
    return load_file(sandbox, sandbox->L, path, 0, error, size);
}

bool sandbox_include(sandbox_t *sandbox, lua_State *L, const char *path, char *error, size_t size)
{
    return load_file(sandbox, L, path, LUA_MULTRET, error, size);
}

void sandbox_set_global(lua_State *L, const char *name)
{
    lua_pushglobaltable(L);
    lua_pushstring(L, name);
    lua_rotate(L, -3, -1);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}
