/* SPDX-License-Identifier: BSD-3-Clause */
#include "filter/ipf_hosts.h"

#include "filter/fr_memory.h"
#include "filter/ipf_mark.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Names that need no table. The second is the one that IPFilter's own tests use. */
static const ipf_host_t known[] = {{"localhost", 4, {{0x7f000001}}},
                                   {"test.host.dots", 4, {{0xfedcba98}}}};

/* A word of a line, from its place. */
typedef struct word {
    const char *text;
    size_t length;
    int line, column;
} word_t;

static int fail(ipf_error_t *error, const word_t *word, const char *what)
{
    error->line = word->line;
    error->column = word->column;
    snprintf(error->message, sizeof(error->message), "'%.*s' %s",
             (int)(word->length < 60 ? word->length : 60), word->text, what);
    return EINVAL;
}

/* ---- words ---- */

typedef struct reader {
    const char *at, *end, *line_start;
    int line;
} reader_t;

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line.
 * => Returns false at the line's end, and stays there. */
static bool next_word(reader_t *r, word_t *word)
{
    while (r->at < r->end && is_blank(*r->at))
        r->at++;
    if (r->at < r->end && *r->at == '#') {
        while (r->at < r->end && *r->at != '\n')
            r->at++;
    }
    const char *begin = r->at;
    while (r->at < r->end && !is_blank(*r->at) && *r->at != '\n' && *r->at != '#')
        r->at++;
    *word = (word_t){begin, (size_t)(r->at - begin), r->line, (int)(begin - r->line_start) + 1};
    return word->length > 0;
}

/* => Returns false at the end of the text. */
static bool next_line(reader_t *r)
{
    if (r->at == r->end)
        return false;
    r->line_start = ++r->at;
    r->line++;
    return true;
}

/* ---- entries ---- */

static bool read_address(const word_t *word, ipf_host_t *host)
{
    char text[INET6_ADDRSTRLEN];
    uint8_t bytes[16] = {0};
    if (word->length >= sizeof(text))
        return false;
    memcpy(text, word->text, word->length);
    text[word->length] = '\0';
    host->family = inet_pton(AF_INET, text, bytes) == 1    ? 4
                   : inet_pton(AF_INET6, text, bytes) == 1 ? 6
                                                           : 0;
    for (size_t i = 0; i < 4; i++)
        host->address.i6[i] = (uint32_t)bytes[4 * i] << 24 | (uint32_t)bytes[4 * i + 1] << 16 |
                              (uint32_t)bytes[4 * i + 2] << 8 | bytes[4 * i + 3];
    return host->family != 0;
}

static bool is_name(const word_t *word)
{
    for (size_t i = 0; i < word->length; i++) {
        char c = word->text[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '.' || c == '-' || c == '_'))
            return false;
    }
    return word->length < IPF_HOST_MAX;
}

static int add(ipf_hosts_t *hosts, const ipf_host_t *host)
{
    if (hosts->count == hosts->room) {
        size_t room = hosts->room > 0 ? 2 * hosts->room : 16;
        ipf_host_t *list =
            memory_realloc(fr_memory(hosts->memory), hosts->list, room * sizeof(*list));
        if (list == NULL)
            return ENOMEM;
        hosts->list = list;
        hosts->room = room;
    }
    hosts->list[hosts->count++] = *host;
    return 0;
}

static int parse_line(reader_t *r, ipf_hosts_t *hosts, ipf_error_t *error)
{
    ipf_host_t host = {.family = 0};
    word_t address, word;
    if (!next_word(r, &address))
        return 0;
    if (!read_address(&address, &host))
        return fail(error, &address, "is not an address");
    if (!next_word(r, &word))
        return fail(error, &address, "has no name after it");
    do {
        if (!is_name(&word))
            return fail(error, &word, "is not the name of a host");
        memcpy(host.name, word.text, word.length);
        host.name[word.length] = '\0';
        if (add(hosts, &host) != 0)
            return ENOMEM;
    } while (next_word(r, &word));
    return 0;
}

int ipf_hosts_parse(const char *text, size_t length, ipf_hosts_t *hosts, ipf_error_t *error)
{
    const char *begin = text + ipf_mark_length(text, length);
    reader_t r = {.at = begin, .end = text + length, .line_start = begin, .line = 1};
    size_t before = hosts->count;
    int result;
    do {
        result = parse_line(&r, hosts, error);
    } while (result == 0 && next_line(&r));
    if (result != 0)
        hosts->count = before;
    return result;
}

static const ipf_host_t *find(const ipf_host_t *list, size_t count, const char *name, size_t length,
                              int family)
{
    const ipf_host_t *other = NULL;
    for (size_t i = 0; i < count; i++) {
        const ipf_host_t *host = &list[i];
        if (strlen(host->name) != length || strncasecmp(host->name, name, length) != 0)
            continue;
        if (host->family == family || (family == 0 && host->family == 4))
            return host;
        if (other == NULL && family == 0)
            other = host;
    }
    return other;
}

const ipf_host_t *ipf_hosts_find(const ipf_hosts_t *hosts, const char *name, size_t length,
                                 int family)
{
    assert(family == 0 || family == 4 || family == 6);
    const ipf_host_t *host =
        hosts != NULL ? find(hosts->list, hosts->count, name, length, family) : NULL;
    return host != NULL ? host
                        : find(known, sizeof(known) / sizeof(known[0]), name, length,
                               family == 6 ? 0 : family);
}

void ipf_hosts_fini(ipf_hosts_t *hosts)
{
    memory_free(fr_memory(hosts->memory), hosts->list);
    hosts->list = NULL;
    hosts->count = hosts->room = 0;
}

void ipf_host_line(const ipf_host_t *host, char *buffer)
{
    char text[INET6_ADDRSTRLEN];
    i6addr_text(&host->address, host->family, text);
    snprintf(buffer, IPF_HOST_LINE_MAX, "%s %s", text, host->name);
}

static const ipf_hosts_t *in_use;

void ipf_hosts_use(const ipf_hosts_t *hosts)
{
    in_use = hosts;
}

const ipf_hosts_t *ipf_hosts_in_use(void)
{
    return in_use;
}
