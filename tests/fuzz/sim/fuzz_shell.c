/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Any bytes as lines of `lo0sim shell` and of `lo0sim step`. A line is refused with a message, or
 * read; whatever it says, the calls that it stands for are Lua, with the data as it was typed.
 */
#include "sim/shell/shell_line.h"
#include "sim/shell/shell_lua.h"
#include "sim/shell/step_line.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds)
        abort();
}

static char *write_calls(const shell_line_t *line)
{
    char *calls = NULL;
    size_t size;
    FILE *out = open_memstream(&calls, &size);
    check(out != NULL);
    fputs("local " SHELL_LUA_NAMES " = ...\nlocal answer, err\n", out);
    shell_lua_calls(out, line, line->text != NULL ? line->text : "");
    fputs("return answer, err\n", out);
    fclose(out);
    return calls;
}

/* Text that was written as a Lua string is the same text again. */
static void check_string(lua_State *L, const char *text)
{
    char *chunk = NULL;
    size_t size, length;
    FILE *out = open_memstream(&chunk, &size);
    check(out != NULL);
    fputs("return ", out);
    shell_lua_string(out, text, strlen(text));
    fclose(out);
    check(luaL_loadbufferx(L, chunk, size, "=fuzz", "t") == LUA_OK);
    check(lua_pcall(L, 0, 1, 0) == LUA_OK);
    const char *back = lua_tolstring(L, -1, &length);
    check(length == strlen(text) && memcmp(back, text, length) == 0);
    lua_pop(L, 1);
    free(chunk);
}

static void check_line(lua_State *L, shell_line_t *line)
{
    line->connection = line->connection > 0 ? line->connection : 1;
    if (line->text != NULL)
        check_string(L, line->text);
    if (!shell_lua_has_calls(line))
        return;
    char *calls = write_calls(line);
    check(luaL_loadbufferx(L, calls, strlen(calls), "=fuzz", "t") == LUA_OK);
    lua_pop(L, 1);
    free(calls);
}

static void read_line(lua_State *L, const char *text, size_t length)
{
    static shell_line_t line;
    step_line_t step;
    char error[1000] = "";
    if (shell_line_parse(text, length, &line, error, sizeof(error)))
        check_line(L, &line);
    else
        check(error[0] != '\0');
    error[0] = '\0';
    check(step_line_parse(text, length, &step, error, sizeof(error)) || error[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lua_State *L = luaL_newstate();
    check(L != NULL);
    while (size > 0) {
        const uint8_t *end = memchr(data, '\n', size);
        size_t length = end != NULL ? (size_t)(end - data) : size;
        char *line = malloc(length + 1); /* so that a byte read too many is seen */
        check(line != NULL);
        memcpy(line, data, length);
        read_line(L, line, length);
        free(line);
        length += end != NULL;
        data += length;
        size -= length;
    }
    lua_close(L);
    return 0;
}
