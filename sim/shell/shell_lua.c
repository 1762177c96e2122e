/* SPDX-License-Identifier: BSD-3-Clause
 *
 * From lines of the shell to Lua.
 */
#include "sim/shell/shell_lua.h"

#include <string.h>

/* The functions that a session's lines call, keyed by the beginning of the calls. */
static const struct {
    const char *call, *text;
} functions[] = {
    {"echo(", "-- A server that sends back what it gets.\n"
              "local function echo(box, host, port)\n"
              "  local listener, err = host:listen(port)\n"
              "  if not listener then\n"
              "    return nil, err\n"
              "  end\n"
              "  local function serve(conn)\n"
              "    local data = conn:recv()\n"
              "    while data and data ~= \"\" do\n"
              "      conn:send(data)\n"
              "      data = conn:recv()\n"
              "    end\n"
              "    conn:close()\n"
              "  end\n"
              "  box:spawn(\"port \" .. port, function()\n"
              "    local conn = listener:accept()\n"
              "    while conn do\n"
              "      local accepted = conn\n"
              "      box:spawn(\"port \" .. port, function() serve(accepted) end)\n"
              "      conn = listener:accept()\n"
              "    end\n"
              "  end)\n"
              "  return listener\n"
              "end\n"},
    {"echo_udp(", "-- The same for datagrams.\n"
                  "local function echo_udp(box, host, port)\n"
                  "  local udp, err = host:udp(port)\n"
                  "  if not udp then\n"
                  "    return nil, err\n"
                  "  end\n"
                  "  box:spawn(\"port \" .. port, function()\n"
                  "    local data, address, from = udp:recv()\n"
                  "    while data do\n"
                  "      udp:sendto(data, address, from)\n"
                  "      data, address, from = udp:recv()\n"
                  "    end\n"
                  "  end)\n"
                  "  return udp\n"
                  "end\n"},
    {"ask(", "-- Sends data and waits for an answer, for a second.\n"
             "local function ask(sock, data)\n"
             "  local sent, err = sock:send(data)\n"
             "  if not sent then\n"
             "    return nil, err\n"
             "  end\n"
             "  return sock:recv(65536, 1)\n"
             "end\n"},
    {"nc(", "-- Sends a datagram and waits for an answer, for a second.\n"
            "local function nc(host, address, port, data)\n"
            "  local udp = host:udp()\n"
            "  local ok, err = udp:connect(address, port)\n"
            "  if ok then\n"
            "    ok, err = udp:send(data)\n"
            "  end\n"
            "  local answer\n"
            "  if ok then\n"
            "    answer, err = udp:recv(1)\n"
            "  end\n"
            "  udp:close()\n"
            "  return answer, not answer and err or nil\n"
            "end\n"},
};

#define FUNCTION_COUNT (sizeof(functions) / sizeof(functions[0]))

void shell_lua_functions(FILE *out)
{
    for (size_t i = 0; i < FUNCTION_COUNT; i++)
        fputs(functions[i].text, out);
    fputs("return echo, echo_udp, ask, nc\n", out);
}

void shell_lua_string(FILE *out, const char *text, size_t length)
{
    putc('"', out);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n')
            fputs("\\n", out);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < ' ' || c >= 0x7f)
            fprintf(out, "\\%03u", c);
        else
            putc(c, out);
    }
    putc('"', out);
}

void shell_lua_seconds(FILE *out, uint64_t us)
{
    char text[40];
    snprintf(text, sizeof(text), "%.6f", (double)us / 1e6);
    size_t length = strlen(text);
    while (text[length - 1] == '0')
        length--;
    length -= text[length - 1] == '.';
    fprintf(out, "%.*s", (int)length, text);
}

/* Several lines are written unchanged between long brackets, if possible. */
static void put_rules(FILE *out, const char *rules)
{
    const char *end = strchr(rules, '\n');
    bool one = end == NULL || end[1] == '\0';
    for (const char *c = rules; *c != '\0'; c++)
        one = one || ((unsigned char)*c < ' ' && *c != '\n' && *c != '\t');
    if (one || strstr(rules, "]=]") != NULL)
        shell_lua_string(out, rules, strlen(rules));
    else
        fprintf(out, "[=[\n%s]=]", rules);
}

static void put_host(FILE *out, const shell_line_t *line)
{
    if (line->host[0] == '\0')
        fputs("box", out);
    else
        fprintf(out, "host[\"%s\"]", line->host);
}

/* The name of a server: "tcp 22", "192.168.1.20 udp 53". */
static void put_server(FILE *out, const shell_line_t *line)
{
    fprintf(out, "server[\"%s%s%s %u\"]", line->host, line->host[0] != '\0' ? " " : "",
            line->udp ? "udp" : "tcp", line->port);
}

static void put_listen(FILE *out, const shell_line_t *line)
{
    put_server(out, line);
    if (!line->on) {
        fputs(":close()", out);
        return;
    }
    fprintf(out, ", err = %s(box, ", line->udp ? "echo_udp" : "echo");
    put_host(out, line);
    fprintf(out, ", %u)", line->port);
}

static void put_options(FILE *out, const shell_line_t *line, const char *verb)
{
    fprintf(out, "answer = box:%s(", verb);
    if (line->text[0] != '\0')
        shell_lua_string(out, line->text, strlen(line->text));
    putc(')', out);
}

bool shell_lua_has_calls(const shell_line_t *line)
{
    switch (line->verb) {
    case SHELL_NOTHING:
    case SHELL_IPF_LIST:
    case SHELL_TIME:
    case SHELL_TRACE:
    case SHELL_HELP:
    case SHELL_HISTORY:
    case SHELL_LADDER:
    case SHELL_WHY:
    case SHELL_SAVE:
    case SHELL_QUIT:
        return false;
    case SHELL_MODE:
    case SHELL_ERA:
        return line->text != NULL;
    default:
        return true;
    }
}

static void put_connect(FILE *out, const shell_line_t *line)
{
    fprintf(out, "sock[%u], err = ", line->connection);
    put_host(out, line);
    fprintf(out, ":connect(\"%s\", %u)", line->address, line->port);
}

static void put_nc(FILE *out, const shell_line_t *line)
{
    fputs("answer, err = nc(", out);
    put_host(out, line);
    fprintf(out, ", \"%s\", %u, ", line->address, line->port);
    shell_lua_string(out, line->text, strlen(line->text));
    putc(')', out);
}

static void put_call(FILE *out, const shell_line_t *line, const char *rules)
{
    switch (line->verb) {
    case SHELL_IPF:
        fputs("box:filter(", out);
        put_rules(out, rules);
        putc(')', out);
        break;
    case SHELL_TELNET:
        put_connect(out, line);
        break;
    case SHELL_LISTEN:
        put_listen(out, line);
        break;
    case SHELL_SEND:
        fprintf(out, "answer, err = ask(sock[%u], ", line->connection);
        shell_lua_string(out, line->text, strlen(line->text));
        putc(')', out);
        break;
    case SHELL_CLOSE:
        fprintf(out, "sock[%u]:close()", line->connection);
        break;
    case SHELL_NC:
        put_nc(out, line);
        break;
    case SHELL_PING:
        fputs("answer, err = ", out);
        put_host(out, line);
        fprintf(out, ":ping(\"%s\")", line->address);
        break;
    case SHELL_SNOOP:
        fprintf(out, "box:snoop(\"lo0\", %s)", line->on ? "true" : "false");
        break;
    case SHELL_IPFSTAT:
        put_options(out, line, "ipfstat");
        break;
    case SHELL_IPMON:
        put_options(out, line, "ipmon");
        break;
    case SHELL_MODE:
        fprintf(out, "box:reply_mode(\"%s\")", line->text);
        break;
    case SHELL_ERA:
        fprintf(out, "box:era(\"%s\")", line->text);
        break;
    case SHELL_FUSION:
        fprintf(out, "box:fusion(%s)", line->on ? "true" : "false");
        break;
    case SHELL_REMOTE:
        fprintf(out, "host[\"%s\"] = box:remote(\"%s\")", line->address, line->address);
        break;
    case SHELL_SLEEP:
        fputs("box:sleep(", out);
        shell_lua_seconds(out, line->us);
        putc(')', out);
        break;
    default:
        break;
    }
}

/* Whether the line sends packets that must arrive before the next line. */
static bool sends(shell_verb_t verb)
{
    return verb == SHELL_TELNET || verb == SHELL_LISTEN || verb == SHELL_SEND ||
           verb == SHELL_CLOSE || verb == SHELL_NC || verb == SHELL_PING || verb == SHELL_SLEEP;
}

void shell_lua_calls(FILE *out, const shell_line_t *line, const char *rules)
{
    fputs("  ", out);
    put_call(out, line, rules);
    fputs(sends(line->verb) ? "\n  box:settle()\n" : "\n", out);
}

/* ---- the scenario ---- */

void shell_lua_scenario(FILE *out, const char *name, const char *body)
{
    static const char *const tables[] = {"host", "sock", "server"};
    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (strstr(body, functions[i].call) != NULL)
            fprintf(out, "%s\n", functions[i].text);
    }
    fputs("test(", out);
    shell_lua_string(out, name, strlen(name));
    fputs(", function(box)\n", out);
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        char use[20];
        snprintf(use, sizeof(use), "%s[", tables[i]);
        if (strstr(body, use) != NULL)
            fprintf(out, "  local %s = {}\n", tables[i]);
    }
    if (strstr(body, "answer") != NULL || strstr(body, "err") != NULL)
        fputs("  local answer, err\n", out);
    fprintf(out, "%send)\n", body);
}
