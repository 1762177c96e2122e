/* SPDX-License-Identifier: BSD-3-Clause
 *
 * Lines of the shell: words, and a table of commands.
 */
#include "sim/shell/shell_line.h"

#include "filter/ipf_words.h"
#include "sim/base/nearest.h"
#include "sim/base/terminal.h"
#include "sim/base/wrap.h"
#include "sim/core/era.h"
#include "sim/shell/line_words.h"
#include "sim/view/ipf_text.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 16

typedef struct parser {
    shell_line_t *line;
    const struct command *command;
    char *words[WORDS_MAX];
    size_t count;
    const char *raw; /* the line after the command's name, as typed */
    char *error;
    size_t size;
} parser_t;

typedef struct command {
    const char *name, *arguments;
    shell_verb_t verb;
    bool (*parse)(parser_t *p);
    const char *what;    /* in a line */
    const char *example; /* a correct line */
    const char *more;    /* more about it, or "" */
} command_t;

static bool parse_ipf(parser_t *p);
static bool parse_end_point(parser_t *p);
static bool parse_listen(parser_t *p);
static bool parse_send(parser_t *p);
static bool parse_close(parser_t *p);
static bool parse_nc(parser_t *p);
static bool parse_address(parser_t *p);
static bool parse_switch(parser_t *p);
static bool parse_snoop(parser_t *p);
static bool parse_ipfstat(parser_t *p);
static bool parse_ipmon(parser_t *p);
static bool parse_why(parser_t *p);
static bool parse_mode(parser_t *p);
static bool parse_era(parser_t *p);
static bool parse_sleep(parser_t *p);
static bool parse_nothing(parser_t *p);
static bool parse_help(parser_t *p);
static bool parse_save(parser_t *p);

static const command_t commands[] = {
    {"ipf", "[RULE | [-Fa] [-f FILE]]", SHELL_IPF, parse_ipf, "add rules, list them, remove them",
     "ipf block return-rst in on lo0 proto tcp from any to any port = 22",
     "ipf RULE     adds a rule, and switches interception of loopback on\n"
     "ipf -f FILE  adds a file's rules as they stand: without\n"
     "             `set intercept_loopback true;` they see no packet on lo0\n"
     "ipf -Fa      removes all rules; -Fa -f FILE loads a file in their place\n"
     "ipf          lists them with their numbers\n"
     "The list is loaded anew each time: hits and states begin at nothing.\n"},
    {"telnet", "ADDRESS PORT", SHELL_TELNET, parse_end_point, "connect, and keep the connection",
     "telnet 127.0.0.1 22", "A connection gets a number: send and close take it.\n"},
    {"listen", "[-u] PORT [off]", SHELL_LISTEN, parse_listen,
     "let a server listen that echoes what it gets", "listen 22",
     "-u is a server for UDP; `off` ends it.\n"},
    {"send", "NUMBER DATA", SHELL_SEND, parse_send, "send data on a connection, wait for an answer",
     "send 1 hello", "It waits for an answer for a second of virtual time.\n"},
    {"close", "NUMBER", SHELL_CLOSE, parse_close, "close a connection", "close 1", ""},
    {"nc", "-u ADDRESS PORT DATA", SHELL_NC, parse_nc, "send a datagram, wait for an answer",
     "nc -u 127.0.0.1 53 hello", "It waits for an answer for a second of virtual time.\n"},
    {"ping", "ADDRESS", SHELL_PING, parse_address, "send an echo request, wait for its reply",
     "ping ::1", "It waits for 20 s of virtual time.\n"},
    {"snoop", "on|off", SHELL_SNOOP, parse_snoop, "show the packets that snoop sees on lo0",
     "snoop on", "In the era snv_116 an open snoop un-fuses connections, as it did there.\n"},
    {"ipfstat", "[-ionhavR]", SHELL_IPFSTAT, parse_ipfstat, "the filter's counters, or its rules",
     "ipfstat -hio",
     "-i, -o  the rules of the in list, of the out list\n"
     "-h, -n  before each rule its hits, its number\n"
     "-a      the `count` rules\n"
     "-v, -R  bytes; ports as numbers\n"},
    {"ipmon", "[-snvbx]", SHELL_IPMON, parse_ipmon, "the filter's log", "ipmon", ""},
    {"why", "PACKET", SHELL_WHY, parse_why, "which rules are asked about a packet, and why",
     "why in on lo0 tcp 127.0.0.1,40000 127.0.0.1,22 S",
     "Says of each rule whether it matches, and why not; then the verdict. The packet is only\n"
     "asked about: none is sent. It is written as for ipftest.\n"},
    {"mode", "[NAME]", SHELL_MODE, parse_mode, "the reply mode: which one is it, or another",
     "mode inject",
     "rewrite is the fix, inject what was before it; netinfo and errno were not taken.\n"},
    {"era", "[NAME]", SHELL_ERA, parse_era, "the system that is simulated: which one, or another",
     "era snv_116", "`era` alone lists them.\n"},
    {"fusion", "on|off", SHELL_FUSION, parse_switch, "whether loopback connections are fused",
     "fusion off", "Data of a fused connection goes past IP, and past the filter.\n"},
    {"remote", "ADDRESS", SHELL_REMOTE, parse_address, "put a host on e1000g0's wire",
     "remote 192.168.1.20",
     "`on ADDRESS COMMAND` does a command there: on 192.168.1.20 ping 192.168.1.5.\n"
     "It can be telnet, listen, nc or ping.\n"},
    {"time", "", SHELL_TIME, parse_nothing, "virtual time", "time", ""},
    {"sleep", "SECONDS", SHELL_SLEEP, parse_sleep, "let virtual time pass", "sleep 0.5", ""},
    {"trace", "on|off", SHELL_TRACE, parse_switch, "show every station of every packet", "trace on",
     ""},
    {"ladder", "", SHELL_LADDER, parse_nothing, "draw what the last line did, as a diagram",
     "ladder", "The way of each packet of the last line that sent one.\n"},
    {"help", "[COMMAND]", SHELL_HELP, parse_help, "this list, or more on a command", "help ipf",
     ""},
    {"history", "", SHELL_HISTORY, parse_nothing, "what was typed", "history", ""},
    {"save", "FILE.lua", SHELL_SAVE, parse_save,
     "write what was typed as a scenario that expects what was seen", "save session.lua",
     "`lo0sim run FILE.lua` runs it.\n"},
    {"quit", "", SHELL_QUIT, parse_nothing, "leave; so does the end of input", "quit", ""},
};

#define COMMAND_COUNT (sizeof(commands) / sizeof(commands[0]))

/* ---- mistakes ---- */

__attribute__((format(printf, 2, 3))) static bool fail(parser_t *p, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(p->error, p->size, format, args);
    va_end(args);
    return false;
}

static bool fail_usage(parser_t *p)
{
    return fail(p, "%s takes %s, such as: %s", p->command->name,
                p->command->arguments[0] != '\0' ? p->command->arguments : "nothing",
                p->command->example);
}

/* ---- words ---- */

static char *skip_blanks(char *at)
{
    while (*at == ' ' || *at == '\t')
        at++;
    return at;
}

/* Cuts off the next word at *at, up to a blank or "between quotes", and moves *at past it.
 * => Returns NULL if there is no word, with *at at the end; or if a quote is not closed, with *at
 * at the quote. */
static char *cut_word(char **at)
{
    char *word = skip_blanks(*at), *end;
    *at = word;
    if (*word == '\0')
        return NULL;
    if (*word == '"') {
        end = strchr(word + 1, '"');
        if (end == NULL)
            return NULL;
        word++;
    } else {
        end = word + strcspn(word, " \t");
    }
    *at = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

static bool cut_words(parser_t *p, char *at)
{
    char *word;
    while ((word = cut_word(&at)) != NULL) {
        if (p->count == WORDS_MAX)
            return fail(p, "over %d words: put data with blanks between quotes, \"like this\"",
                        WORDS_MAX);
        p->words[p->count++] = word;
    }
    return *at == '\0' ? true : fail(p, "a quote that is not closed");
}

/* ---- values ---- */

static bool take_address(parser_t *p, const char *word, char *address)
{
    in6_addr_t parsed;
    if (!ip_address_parse(word, &parsed))
        return fail(p, "'%s' is not an IP address such as 127.0.0.1 or ::1, nor localhost", word);
    ip_address_text(&parsed, address, IP_ADDRESS_TEXT_MAX);
    return true;
}

static bool take_number(const char *word, unsigned long most, unsigned long *number)
{
    char *end;
    *number = strtoul(word, &end, 10);
    return word[0] >= '0' && word[0] <= '9' && *end == '\0' && strlen(word) <= 9 && *number >= 1 &&
           *number <= most;
}

static bool take_port(parser_t *p, const char *word)
{
    unsigned long number;
    if (ipf_service_port(word, strlen(word), 0, &p->line->port))
        return true;
    if (!take_number(word, 65535, &number))
        return fail(p, "'%s' is not a port: a number from 1 to 65535, or a service such as ssh",
                    word);
    p->line->port = (uint16_t)number;
    return true;
}

static bool take_connection(parser_t *p, const char *word)
{
    unsigned long number;
    if (!take_number(word, SHELL_CONNECTION_MAX, &number))
        return fail(p, "'%s' is not a connection: telnet prints its number, from 1", word);
    p->line->connection = (unsigned)number;
    return true;
}

/* Fails because a word is not one of `names`, which end with NULL. */
static bool fail_name(parser_t *p, const char *what, const char *word, const char *const *names)
{
    char list[200] = "";
    size_t count = 0, used = 0;
    for (; names[count] != NULL; count++)
        used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", count == 0 ? "" : ", ",
                                 names[count]);
    const char *near = nearest(word, names, count);
    if (near != NULL)
        return fail(p, "there is no %s '%s'; did you mean '%s'?", what, word, near);
    return fail(p, "there is no %s '%s'; there are: %s", what, word, list);
}

/* ---- commands ---- */

/* Options come first; the rest is a rule, as typed. */
static bool parse_ipf(parser_t *p)
{
    shell_line_t *line = p->line;
    if (p->count == 0) {
        line->verb = SHELL_IPF_LIST;
        return true;
    }
    if (p->words[0][0] != '-') {
        line->is_rule = true;
        line->text = p->raw;
        return true;
    }
    for (size_t i = 0; i < p->count; i++) {
        if (strcmp(p->words[i], "-Fa") == 0)
            line->flush = true;
        else if (strcmp(p->words[i], "-f") == 0 && i + 1 < p->count && line->text == NULL)
            line->text = p->words[++i];
        else
            return fail(p, "ipf knows -f FILE, -Fa and a rule, not '%s'", p->words[i]);
    }
    return true;
}

static bool parse_why(parser_t *p)
{
    if (p->count == 0)
        return fail_usage(p);
    p->line->text = p->raw;
    return true;
}

static bool parse_end_point(parser_t *p)
{
    if (p->count != 2)
        return fail_usage(p);
    return take_address(p, p->words[0], p->line->address) && take_port(p, p->words[1]);
}

static bool parse_listen(parser_t *p)
{
    size_t i = 0;
    p->line->udp = i < p->count && strcmp(p->words[i], "-u") == 0;
    i += p->line->udp;
    if (i == p->count)
        return fail_usage(p);
    if (!take_port(p, p->words[i++]))
        return false;
    p->line->on = i == p->count;
    if (p->line->on || (i + 1 == p->count && strcmp(p->words[i], "off") == 0))
        return true;
    return fail_usage(p);
}

static bool parse_send(parser_t *p)
{
    if (p->count != 2)
        return fail(p, "send takes NUMBER DATA, such as: send 1 hello, or: send 1 \"hello there\"");
    if (p->words[1][0] == '\0')
        return fail(p, "there is nothing to send in \"\"");
    p->line->text = p->words[1];
    return take_connection(p, p->words[0]);
}

static bool parse_close(parser_t *p)
{
    return p->count == 1 ? take_connection(p, p->words[0]) : fail_usage(p);
}

static bool parse_nc(parser_t *p)
{
    if (p->count != 4 || strcmp(p->words[0], "-u") != 0)
        return fail(p, "nc takes -u ADDRESS PORT DATA, such as: nc -u 127.0.0.1 53 hello; "
                       "for TCP there are telnet and send");
    p->line->text = p->words[3];
    return take_address(p, p->words[1], p->line->address) && take_port(p, p->words[2]);
}

static bool parse_address(parser_t *p)
{
    return p->count == 1 ? take_address(p, p->words[0], p->line->address) : fail_usage(p);
}

static bool parse_switch(parser_t *p)
{
    if (p->count != 1)
        return fail_usage(p);
    p->line->on = strcmp(p->words[0], "on") == 0;
    return p->line->on || strcmp(p->words[0], "off") == 0 ? true : fail_usage(p);
}

static bool parse_snoop(parser_t *p)
{
    if (p->count == 3 && strcmp(p->words[0], "-d") == 0)
        return fail(p, "snoop looks at lo0 here: snoop on");
    return parse_switch(p);
}

/* Checks the option letters of ipfstat and ipmon, and stores them in `text`. */
static bool each_letter(parser_t *p,
                        bool (*take)(void *options, char letter, char *error, size_t size),
                        void *options)
{
    if (p->count > 1)
        return fail(p, "%s takes its options in one word: %s", p->command->name,
                    p->command->example);
    p->line->text = p->count == 1 ? p->words[0] : "";
    if (p->count == 1 && (p->words[0][0] != '-' || p->words[0][1] == '\0'))
        return fail_usage(p);
    for (size_t i = 1; p->count == 1 && p->words[0][i] != '\0'; i++) {
        if (!take(options, p->words[0][i], p->error, p->size))
            return false;
    }
    return true;
}

static bool take_ipfstat(void *options, char letter, char *error, size_t size)
{
    return ipfstat_option(options, letter, error, size);
}

static bool take_ipmon(void *options, char letter, char *error, size_t size)
{
    return ipmon_option(options, letter, error, size);
}

static bool parse_ipfstat(parser_t *p)
{
    ipfstat_options_t options = {0};
    return each_letter(p, take_ipfstat, &options) &&
           ipfstat_options_done(&options, p->error, p->size);
}

static bool parse_ipmon(parser_t *p)
{
    unsigned how = 0;
    return each_letter(p, take_ipmon, &how);
}

static bool parse_mode(parser_t *p)
{
    ipf_reply_mode_t mode;
    if (p->count > 1)
        return fail_usage(p);
    p->line->text = p->count == 1 ? p->words[0] : NULL;
    if (p->count == 1 && !reply_mode_find(p->words[0], &mode))
        return fail_name(p, "reply mode", p->words[0], reply_mode_names);
    return true;
}

static bool parse_era(parser_t *p)
{
    if (p->count > 1)
        return fail_usage(p);
    p->line->text = p->count == 1 ? p->words[0] : NULL;
    if (p->count == 1 && era_find(p->words[0]) == NULL)
        return fail_name(p, "era", p->words[0], era_names);
    return true;
}

static bool parse_sleep(parser_t *p)
{
    char *end;
    if (p->count != 1)
        return fail_usage(p);
    const char *word = p->words[0];
    double seconds = strtod(word, &end);
    if (strspn(word, "0123456789.") != strlen(word) || *end != '\0' || end == word ||
        seconds > SHELL_SLEEP_MAX_S)
        return fail(p, "'%s' is not a time: seconds from 0 to %d, such as 0.5", word,
                    SHELL_SLEEP_MAX_S);
    p->line->us = (uint64_t)llround(seconds * 1e6);
    return true;
}

static bool parse_nothing(parser_t *p)
{
    return p->count == 0 ? true : fail_usage(p);
}

static void list_names(const char *names[COMMAND_COUNT])
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        names[i] = commands[i].name;
}

static bool fail_command(parser_t *p, const char *word)
{
    const char *names[COMMAND_COUNT];
    list_names(names);
    const char *near = nearest(word, names, COMMAND_COUNT);
    if (near != NULL)
        return fail(p, "there is no command '%s'; did you mean '%s'?", word, near);
    return fail(p, "there is no command '%s'; help lists them", word);
}

static const command_t *find(const char *name)
{
    const char *names[COMMAND_COUNT];
    list_names(names);
    size_t found = line_word_find(name, names, COMMAND_COUNT);
    return found < COMMAND_COUNT ? &commands[found] : NULL;
}

static bool parse_help(parser_t *p)
{
    if (p->count > 1)
        return fail_usage(p);
    p->line->text = p->count == 1 ? p->words[0] : NULL;
    if (p->count == 1 && find(p->words[0]) == NULL)
        return fail_command(p, p->words[0]);
    return true;
}

static bool parse_save(parser_t *p)
{
    if (p->count != 1)
        return fail_usage(p);
    size_t length = strlen(p->words[0]);
    if (length < 5 || strcmp(p->words[0] + length - 4, ".lua") != 0)
        return fail(p, "a scenario's name ends in .lua, such as: save session.lua");
    p->line->text = p->words[0];
    return true;
}

/* ---- the line ---- */

static bool check_text(parser_t *p, const char *text, size_t length)
{
    if (length > SHELL_LINE_MAX)
        return fail(p, "a line has at most %d bytes", SHELL_LINE_MAX);
    for (size_t i = 0; i < length; i++) {
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return fail(p, "a line is text: it has a control character at column %zu", i + 1);
    }
    return true;
}

/* `on ADDRESS` before a command; *at moves past it. */
static bool take_host(parser_t *p, char **at)
{
    char *word = cut_word(at);
    if (word == NULL)
        return fail(p, "on takes ADDRESS COMMAND, such as: on 192.168.1.20 ping 192.168.1.5");
    if (strchr(word, ':') != NULL)
        return fail(p, "a remote host goes by its IPv4 address here, such as: on 192.168.1.20");
    return take_address(p, word, p->line->host);
}

static bool goes_elsewhere(shell_verb_t verb)
{
    return verb == SHELL_TELNET || verb == SHELL_LISTEN || verb == SHELL_NC || verb == SHELL_PING;
}

static bool parse_command(parser_t *p, const char *name, char *at)
{
    p->command = find(name);
    if (p->command == NULL)
        return fail_command(p, name);
    p->line->verb = p->command->verb;
    if (p->line->host[0] != '\0' && !goes_elsewhere(p->line->verb))
        return fail(p, "%s is not done on a remote host; telnet, listen, nc and ping are", name);
    at = skip_blanks(at);
    bool raw = (p->line->verb == SHELL_IPF && *at != '-') || p->line->verb == SHELL_WHY;
    p->raw = at;
    p->count = raw && *at != '\0';
    p->words[0] = at;
    return (raw || cut_words(p, at)) && p->command->parse(p);
}

bool shell_line_parse(const char *text, size_t length, shell_line_t *line, char *error, size_t size)
{
    parser_t p = {.line = line, .error = error, .size = size};
    *line = (shell_line_t){.verb = SHELL_NOTHING};
    if (!check_text(&p, text, length))
        return false;
    memcpy(line->room, text, length);
    char *at = skip_blanks(line->room);
    if (*at == '\0' || *at == '#')
        return true;
    char *name = cut_word(&at);
    if (name != NULL && strcmp(name, "on") == 0) {
        if (!take_host(&p, &at))
            return false;
        name = cut_word(&at);
    }
    if (name == NULL)
        return fail(&p, *at == '"' ? "a quote that is not closed"
                                   : "on takes ADDRESS COMMAND, such as: on 192.168.1.20 ping "
                                     "192.168.1.5");
    return parse_command(&p, name, at);
}

/* ---- help ---- */

static void put_more(FILE *out, const char *more)
{
    while (*more != '\0') {
        size_t length = strcspn(more, "\n");
        fprintf(out, "  %.*s\n", (int)length, more);
        more += length + 1;
    }
}

void shell_line_complete(const char *before, line_completion_t *completion)
{
    static const char *const switches[] = {"on", "off", NULL};
    static const char *const addresses[] = {"localhost", "127.0.0.1", "::1", "192.168.1.5", NULL};
    char name[SHELL_LINE_MAX];
    const char *first = before + strspn(before, " ");
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(first, " "), first);
    const command_t *command = find(name);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (name[0] == '\0' || (command != NULL && command->verb == SHELL_HELP))
            line_completion_add(completion, commands[i].name);
    }
    if (name[0] == '\0' || command == NULL)
        return;
    if (command->verb == SHELL_MODE)
        line_completion_add_all(completion, reply_mode_names);
    else if (command->verb == SHELL_ERA)
        line_completion_add_all(completion, era_names);
    else if (strcmp(command->arguments, "on|off") == 0)
        line_completion_add_all(completion, switches);
    else if (strstr(command->arguments, "ADDRESS") != NULL && command->verb != SHELL_REMOTE)
        line_completion_add_all(completion, addresses);
    else if (command->verb == SHELL_SAVE ||
             (command->verb == SHELL_IPF && strstr(before, " -f ") != NULL))
        line_completion_add_files(completion);
}

bool shell_help(FILE *out, const char *name)
{
    const command_t *command = name != NULL ? find(name) : NULL;
    for (size_t i = 0; name == NULL && i < COMMAND_COUNT; i++) {
        int column = fprintf(out, "  %-8s %-25s ", commands[i].name, commands[i].arguments);
        wrap_print(out, commands[i].what, (size_t)column, (size_t)column, terminal_width(out));
    }
    if (name == NULL)
        return true;
    if (command == NULL)
        return false;
    fprintf(out, "%s%s%s: %s\n", command->name, command->arguments[0] != '\0' ? " " : "",
            command->arguments, command->what);
    put_more(out, command->more);
    fprintf(out, "  example: %s\n", command->example);
    return true;
}
